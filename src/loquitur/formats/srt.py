"""SubRip: numbered cues, `<i> <b> <u>`, nothing else that players agree on, and no escapes.

The speaker's name stands before the text where the speaker changes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.written import Written, clean, full_lines, one_line
from loquitur.timing import clock

if TYPE_CHECKING:
    from loquitur.model.captions import CaptionTrack, Cue, Node

TAGS = frozenset({"i", "b", "u"})

_FEELING = re.compile(r"(.+) \([a-z][a-z _-]*\)")
"""`Name (feeling)`, as cues are annotated; names in capitals keep their brackets."""
_LIKE_MARKUP = re.compile(r"<(?=[A-Za-z/!?]|\Z)|\{(?=\\|\Z)")


def write(track: CaptionTrack) -> Written:
    """A track as SubRip."""
    rendering = _Rendering()
    if track.notes:
        rendering.lost("notes")
    if any(note.startswith("Draft quality") for note in track.notes):
        rendering.lost("the mark of draft quality")
    if track.header:
        rendering.lost("header lines")
    blocks: list[str] = []
    for cue in track.cues:
        if cue.settings:
            rendering.lost("cue settings")
        if cue.id:
            rendering.lost("cue ids")
        payload = rendering.of_cue(cue)
        lines = full_lines(payload)
        if not cue.text.strip() or not lines:
            rendering.lost("cues without text")
            continue
        if len(lines) < payload.count("\n") + 1:
            rendering.lost("blank lines inside cues")
        times = f"{clock(cue.start_ms, decimal=',')} --> {clock(cue.end_ms, decimal=',')}"
        blocks.append("\n".join([str(len(blocks) + 1), times, *lines]))
    return Written(text="\n\n".join(blocks) + "\n", losses=tuple(rendering.losses))


class _Rendering:
    """The text of nodes in order; remembers who spoke last and what was lost."""

    def __init__(self) -> None:
        self.losses: dict[str, None] = {}
        self._voice = ""

    def lost(self, what: str) -> None:
        self.losses[what] = None

    def of_cue(self, cue: Cue) -> str:
        """The text of a cue, in which no player finds a timing line."""
        payload = "".join(self.of(item) for item in cue.tree)
        if "-->" in payload:
            self.lost("arrows said as text (written as →)")
        return payload.replace("-->", "→")

    def of(self, item: str | Node) -> str:
        """The text of one node."""
        if isinstance(item, str):
            return self._plain(item)
        prefix = self._name(item.annotation) if item.tag == "v" else ""
        inside = "".join(self.of(child) for child in item.children)
        if item.classes:
            self.lost("classes")
        if item.tag in TAGS:
            return f"<{item.tag}>{inside}</{item.tag}>"
        if item.tag != "v":
            self.lost(
                {"time": "times inside cues", "lang": "languages inside cues"}.get(
                    item.tag, f"the tag '{one_line(item.tag)}'"
                )
            )
        return prefix + inside

    def _name(self, annotation: str) -> str:
        self.lost("voice tags (names stand where the speaker changes)")
        name = one_line(annotation)
        if match := _FEELING.fullmatch(name):
            self.lost("feelings")
            name = match[1]
        if not name or name == self._voice:
            return ""
        self._voice = name
        return self._plain(name) + ": "

    def _plain(self, text: str) -> str:
        """Text that no player takes for a tag or an override."""
        text = clean(text)
        kept = _LIKE_MARKUP.sub(lambda match: {"<": "‹", "{": "("}[match[0]], text)
        if kept != text:
            self.lost("tags said as text (written with other signs)")
        return kept
