"""What is held against each other: who said what, when, as files of any format tell it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedWord:
    """A word with its time in ms; of no length where the source has it so."""

    start_ms: int
    end_ms: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row, cue, utterance or segment of a source.

    Times are ms, None where the source has none; `speaker` is empty where it names none; `words`
    are there only where the source has the time of each.
    """

    recording: str
    text: str = ""
    speaker: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    words: tuple[TimedWord, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """All that a source says of one or more recordings, in the order of its rows.

    Args:
        path: Where it was read.
        entries: What it says.
        named: Whether the source itself names its recordings; else the file's name does.
        whole: Whether an entry is a whole utterance, in which numbers and phrases are complete;
            a caption or a row of a CTM is only a piece of one.
        language: A BCP 47 tag where the source tells it, else empty.
        notes: What a reader of the figures should know.
    """

    path: str
    entries: tuple[Entry, ...]
    named: bool = False
    whole: bool = False
    language: str = ""
    notes: tuple[str, ...] = ()

    @property
    def recordings(self) -> tuple[str, ...]:
        """The recordings, in order of first appearance."""
        return tuple(dict.fromkeys(entry.recording for entry in self.entries))

    def of(self, recording: str) -> Sheet:
        """What it says of one recording, by time where all entries have one."""
        chosen = [entry for entry in self.entries if entry.recording == recording]
        return dataclasses.replace(self, entries=tuple(in_order(chosen)), notes=())


def in_order(entries: list[Entry]) -> list[Entry]:
    """Entries by start; as they are where one has no time."""
    if any(entry.start_ms is None for entry in entries):
        return entries
    return sorted(entries, key=lambda entry: entry.start_ms or 0)
