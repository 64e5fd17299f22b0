"""Speakers in formats that have no voices: the name stands before the text where it changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.written import one_line
from loquitur.markup import Node, plain_text, write

if TYPE_CHECKING:
    from loquitur.markup import Notation
    from loquitur.model.captions import CaptionTrack, Cue

_FEELING = re.compile(r"(.+) \([a-z][a-z _-]*\)")
"""`Name (feeling)`, as cues are annotated; names in capitals keep their brackets."""

_USUAL_WIDTH = 32
"""The narrowest line of the guidelines for wide pictures."""
_TELLING, _NARROW = 20, 24
"""Lines for upright pictures are up to 24 long; a track of shorter ones says nothing of it."""
_NAMELESS = re.compile(r"\ASPEAKER_\d+: ")
_DASH = re.compile(r"\A[-\u2010-\u2015] ?(?=\S)")

LOST = "voice tags (names stand where the speaker changes)"


class Voices:
    """Follows who speaks through the cues of a track.

    A name makes a line longer than its cutter knew. Where that would be longer than any line of the
    track, the cue's lines are broken anew, and a cue of two speakers behind dashes keeps the dashes
    in place of names.

    Args:
        track: Whose cues are then given in order.
        notation: In which texts are written.
    """

    def __init__(self, track: CaptionTrack, notation: Notation = "srt") -> None:
        self._notation = notation
        self._voice = ""
        self._any = any("<v" in cue.payload for cue in track.cues if cue.notation == "vtt")
        lines = (line for cue in track.cues for line in cue.text.split("\n")) if self._any else ()
        longest = max(map(len, lines), default=0)
        told = longest > _USUAL_WIDTH or _TELLING <= longest <= _NARROW
        self._width = longest if told else _USUAL_WIDTH

    def prefixed(self, cue: Cue) -> tuple[tuple[str, tuple[str, ...]], list[str]]:
        """A cue's payload with names, with what its notation lost; and what of voices was lost."""
        if not self._any or "<v" not in cue.payload:
            return write(cue.tree, self._notation), []
        lost: dict[str, None] = {LOST: None}
        voices = [item for item in cue.tree if isinstance(item, Node) and item.tag == "v"]
        shared = len({one_line(voice.annotation) for voice in voices}) > 1
        dashed = shared and all(_DASH.match(plain_text(voice)) for voice in voices)
        before = self._voice
        tree = tuple(self._named(item, lost, shared=shared, dashed=dashed) for item in cue.tree)
        payload, losses = write(tree, self._notation)
        if dashed and max(map(len, payload.split("\n"))) > self._width:
            payload, losses = write(cue.tree, self._notation)
            self._voice = ""  # whoever speaks next is named
        elif not shared and self._voice != before:
            payload = self._broken_anew(payload)
        return (payload, tuple(loss for loss in losses if loss != "voice tags")), list(lost)

    def _named(
        self, item: str | Node, lost: dict[str, None], *, shared: bool, dashed: bool
    ) -> str | Node:
        if isinstance(item, str):
            return item
        children = tuple(
            self._named(child, lost, shared=shared, dashed=dashed) for child in item.children
        )
        if item.tag == "v":
            name = one_line(item.annotation)
            if match := _FEELING.fullmatch(name):
                lost["feelings"] = None
                name = match[1]
            if dashed:  # the name says what the dash says
                children = _undashed(children)
            if name and (shared or name != self._voice):
                self._voice = name
                children = (f"{name}: ", *children)
        return Node(
            tag=item.tag, classes=item.classes, annotation=item.annotation, children=children,
            start_ms=item.start_ms,
        )  # fmt: skip

    def _broken_anew(self, payload: str) -> str:
        """The lines of a cue with a name, none longer than the track's where two lines hold it.

        Where they do not, a speaker without a name of his own (`SPEAKER_01`) is the sign `>>` of a
        change alone, and no sign where that has no room either.
        """
        if "<" in payload or payload.count("\n") > 1:
            return payload
        shorter = (_NAMELESS.sub(sign, payload, count=1) for sign in (">> ", ""))
        for text in dict.fromkeys((payload, *shorter)):
            if max(map(len, text.split("\n"))) <= self._width:
                return text
            words = text.split()
            breaks = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
            fitting = [pair for pair in breaks if max(len(pair[0]), len(pair[1])) <= self._width]
            if fitting:  # a label has a line of its own, where what is said has one
                alone = [pair for pair in fitting if pair[0].endswith(":")][:1]
                even = sorted(fitting, key=lambda pair: abs(len(pair[0]) - len(pair[1])))
                upper, lower = (alone or even)[0]
                return f"{upper}\n{lower}"
        return payload


def _undashed(children: tuple[str | Node, ...]) -> tuple[str | Node, ...]:
    """What a voice says, without the dash that it begins with."""
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
