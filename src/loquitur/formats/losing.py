"""What writers of simpler formats leave out, told in the same words by all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.formats.voices import Voices
from loquitur.formats.written import clean, full_lines
from loquitur.model.captions import PLAIN_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loquitur.markup import Node
    from loquitur.model.captions import CaptionTrack, Cue

_BLOCKS = {"style": "style sheets", "region": "regions", "note": "notes"}
_TAGS = {
    "ruby": "ruby text (written behind its base)",
    "rt": "ruby text (written behind its base)",
    "lang": "languages inside cues",
    "time": "times inside cues",
    "c": "classes",
    "v": "who speaks",
}
NEGATIVE = "times before zero (written as zero)"


class Losses:
    """Gathers what a format could not carry, each thing once."""

    def __init__(self) -> None:
        self._told: dict[str, None] = {}

    def add(self, *what: str) -> None:
        """Tell some things."""
        self._told.update(dict.fromkeys(what))

    def of_track(self, track: CaptionTrack, *, form: str, kept: Iterable[str] = ()) -> None:
        """What stands beside the cues.

        Args:
            track: What is written.
            form: The format; what only its own files have is kept by its writer.
            kept: Kinds of blocks that the writer writes.
        """
        for block in track.blocks:
            if block.kind in kept:
                continue
            if block.kind in _BLOCKS:
                self.add(_BLOCKS[block.kind])
            elif track.format != form:
                self.add("blocks that are no cues")
            if block.text.startswith("Draft quality"):
                self.add("the mark of draft quality")
        if track.header and track.format != form:
            self.add("header lines")
        if track.format != form and any(not name.startswith("vtt.") for name, _ in track.extra):
            self.add(f"what only {track.format or 'its own format'} says of the whole")

    def of_cue(self, cue: Cue, *, kept: Iterable[str] = ()) -> None:
        """What a cue has beside its text: its id, its place, what only its own format says.

        Args:
            cue: What is written.
            kept: Of `id`, `settings` and names of `extra` those that the writer writes.
        """
        if cue.id and "id" not in kept:
            self.add("cue ids")
        if "settings" not in kept and cue.settings != PLAIN_SETTINGS:
            self.add("cue settings")
        for name, _ in cue.extra:
            if name not in kept:
                self.add(f"'{name}' of cues")

    def of_tags(self, cue: Cue, *, kept: Iterable[str] = ()) -> None:
        """The tags of a cue's text that are not kept."""
        if "<" in cue.payload and cue.notation != "plain":
            self._of_items(cue.tree, frozenset(kept))

    def _of_items(self, items: Iterable[str | Node], kept: frozenset[str]) -> None:
        for item in items:
            if not isinstance(item, str):
                if item.tag not in kept:
                    self.add(_TAGS.get(item.tag, "tags of the text"))
                self._of_items(item.children, kept)

    def times(self, cue: Cue) -> tuple[int, int]:
        """A cue's times, none before zero."""
        if cue.start_ms < 0 or cue.end_ms < 0:
            self.add(NEGATIVE)
            return max(cue.start_ms, 0), max(cue.end_ms, 0)
        return cue.start_ms, cue.end_ms

    def all(self) -> tuple[str, ...]:
        """Everything told, in its order."""
        return tuple(self._told)


class PlainTexts:
    """The texts of a track's cues in order, without tags; names stand where the speaker changes."""

    def __init__(self, track: CaptionTrack, losses: Losses) -> None:
        self._voices = Voices(track, "plain")
        self._losses = losses

    def lines(self, cue: Cue) -> list[str]:
        """The lines of a cue that are not blank."""
        if cue.notation == "plain":
            payload = cue.payload
        else:
            (payload, lost), told = self._voices.prefixed(cue)
            self._losses.add(*told, *lost)
        payload = clean(payload)
        lines = full_lines(payload)
        if len(lines) < payload.count("\n") + 1 and payload:
            self._losses.add("blank lines inside cues")
        return lines
