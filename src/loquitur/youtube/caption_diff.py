"""What changes between two caption tracks: whole cues, by their times and their words."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.markup import write
from loquitur.text import counted, display
from loquitur.timing import clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.model.captions import CaptionTrack, Cue

_AROUND = 2
"""Cues that stay and are shown around a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a new text does to an old one.

    Args:
        added: Cues that only the new one has.
        removed: Cues that only the old one has.
        changed: Cues with other words or other times.
        kept: Cues that stay as they are.
        restyled: Cues of the same words and times with another style or place.
        lines: A unified diff, a line for each cue.
    """

    added: int = 0
    removed: int = 0
    changed: int = 0
    kept: int = 0
    restyled: int = 0
    lines: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing changes, styles included."""
        return not (self.added or self.removed or self.changed or self.restyled)

    def __str__(self) -> str:
        if self.same:
            return f"no difference in {counted(self.kept, 'cue')}"
        parts = [
            f"{count} {word}"
            for count, word in (
                (self.added, "added"), (self.removed, "removed"), (self.changed, "changed"),
                (self.restyled, "with another style or place"), (self.kept, "kept"),
            )
            if count or word == "kept"
        ]  # fmt: skip
        return "cues: " + ", ".join(parts)


def difference(old: CaptionTrack, new: CaptionTrack, *, before: str, after: str) -> Difference:
    """What the new track does to the old one; names stand at the head of the diff."""
    was, becomes = [_line(cue) for cue in old.cues], [_line(cue) for cue in new.cues]
    matcher = difflib.SequenceMatcher(None, was, becomes, autojunk=False)
    added = removed = changed = kept = restyled = 0
    for kind, low, high, first, last in matcher.get_opcodes():
        if kind == "equal":
            pairs = zip(old.cues[low:high], new.cues[first:last], strict=True)
            others = sum(_style(one) != _style(other) for one, other in pairs)
            restyled += others
            kept += high - low - others
            continue
        both = min(high - low, last - first)
        changed += both
        removed += high - low - both
        added += last - first - both
    return Difference(
        added=added,
        removed=removed,
        changed=changed,
        kept=kept,
        restyled=restyled,
        lines=tuple(_unified(matcher, was, becomes, before, after)),
    )


def _unified(
    matcher: difflib.SequenceMatcher[str],
    was: list[str],
    becomes: list[str],
    before: str,
    after: str,
) -> Iterator[str]:
    """The groups of changes as `diff -u` writes them; cues are counted, not lines."""
    first = True
    for group in matcher.get_grouped_opcodes(_AROUND):
        if first:
            yield f"--- {display(before)}"
            yield f"+++ {display(after)}"
            first = False
        old_at, new_at = group[0][1], group[0][3]
        old_count, new_count = group[-1][2] - old_at, group[-1][4] - new_at
        yield f"@@ -{old_at + 1},{old_count} +{new_at + 1},{new_count} @@"
        for kind, low, high, start, end in group:
            if kind == "equal":
                yield from (f" {line}" for line in was[low:high])
                continue
            yield from (f"-{line}" for line in was[low:high])
            yield from (f"+{line}" for line in becomes[start:end])


def _line(cue: Cue) -> str:
    words = " / ".join(" ".join(line.split()) for line in cue.text.split("\n"))
    return f"{clock(cue.start_ms)} --> {clock(cue.end_ms)}  {display(words)}"


def _style(cue: Cue) -> tuple[object, ...]:
    """What a cue has beside its words and times, whatever format it comes from."""
    return write(cue.tree, "vtt")[0], cue.settings
