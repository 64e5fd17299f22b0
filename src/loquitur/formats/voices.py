"""Speakers in formats that have no voices: the name stands before the text where it changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.written import one_line
from loquitur.markup import Node, write

if TYPE_CHECKING:
    from loquitur.markup import Notation
    from loquitur.model.captions import CaptionTrack, Cue

_FEELING = re.compile(r"(.+) \([a-z][a-z _-]*\)")
"""`Name (feeling)`, as cues are annotated; names in capitals keep their brackets."""

_DASH = re.compile(r"\A[-\u2010-\u2015] ?(?=\S)")

LOST = "voice tags (names stand where the speaker changes)"


class Voices:
    """Follows who speaks through the cues of a track.

    Args:
        track: Whose cues are then given in order.
        notation: In which texts are written.
    """

    def __init__(self, track: CaptionTrack, notation: Notation = "srt") -> None:
        self._notation = notation
        self._voice = ""
        self._shared = False
        self._any = any("<v" in cue.payload for cue in track.cues if cue.notation == "vtt")

    def prefixed(self, cue: Cue) -> tuple[tuple[str, tuple[str, ...]], list[str]]:
        """A cue's payload with names, with what its notation lost; and what of voices was lost."""
        if not self._any or "<v" not in cue.payload:
            return write(cue.tree, self._notation), []
        lost: dict[str, None] = {}
        voices = [item for item in cue.tree if isinstance(item, Node) and item.tag == "v"]
        self._shared = len({one_line(voice.annotation) for voice in voices}) > 1
        tree = tuple(self._named(item, lost) for item in cue.tree)
        payload, losses = write(tree, self._notation)
        return (payload, tuple(loss for loss in losses if loss != "voice tags")), list(lost)

    def _named(self, item: str | Node, lost: dict[str, None]) -> str | Node:
        if isinstance(item, str):
            return item
        children = tuple(self._named(child, lost) for child in item.children)
        if item.tag == "v":
            lost[LOST] = None
            name = one_line(item.annotation)
            if match := _FEELING.fullmatch(name):
                lost["feelings"] = None
                name = match[1]
            if name and self._shared:  # the name says what the dash of a dialogue says
                children = _undashed(children)
            if name and (self._shared or name != self._voice):
                self._voice = name
                children = (f"{name}: ", *children)
        return Node(
            tag=item.tag, classes=item.classes, annotation=item.annotation, children=children,
            start_ms=item.start_ms,
        )  # fmt: skip


def _undashed(children: tuple[str | Node, ...]) -> tuple[str | Node, ...]:
    """What a voice says, without the dash that it may begin with."""
    if children and isinstance(children[0], str):
        return (_DASH.sub("", children[0], count=1), *children[1:])
    return children


def speaker_of(cue: Cue) -> str:
    """The first voice of a cue, without its feeling; empty where it names none."""
    if "<v" not in cue.payload or cue.notation == "plain":
        return ""
    for item in cue.tree:
        if isinstance(item, Node) and item.tag == "v":
            name = one_line(item.annotation)
            match = _FEELING.fullmatch(name)
            return match[1] if match else name
    return ""
