"""One track as several: at given times, by length, or by chapters. No cue is cut or lost."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from loquitur.errors import UsageError
from loquitur.subtitles.joining import end_ms as last_end_ms
from loquitur.subtitles.moving import Line
from loquitur.subtitles.moving import placed as moved_cue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.captions import Block, CaptionTrack, Cue

Border = Literal["longer", "start"]
MOST_PARTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a track.

    Args:
        track: Its cues.
        start_ms: Where it begins in the whole.
        title: Of the chapter, where it is one.
        clamped: Cues that began before the border they were moved over, and begin at it now.
    """

    track: CaptionTrack
    start_ms: int
    title: str = ""
    clamped: int = 0


def parted(
    track: CaptionTrack,
    borders_ms: Sequence[int],
    *,
    restart: bool = True,
    border: Border = "longer",
    titles: Sequence[str] = (),
) -> tuple[Part, ...]:
    """A track cut at some times.

    Args:
        track: What to cut.
        borders_ms: Where; the parts are one more.
        restart: Whether times of a part count from its border; else they stay.
        border: To which side a cue over a border goes: where it is shown longer, or where it
            starts. Of the two only `start` never moves the start of a cue.
        titles: Of the parts, where they have any.

    Raises:
        UsageError: The times are not rising, or before zero.
    """
    starts = [0, *borders_ms]
    if any(one >= other for one, other in pairwise(starts)):
        raise UsageError(
            "the times to split at must rise, and be after zero",
            hint="for example --at 10:00 --at 20:00",
        )
    if len(starts) > MOST_PARTS:
        raise UsageError(f"that makes {len(starts)} parts; at most {MOST_PARTS} are written")
    shares: list[list[tuple[int, Cue]]] = [[] for _ in starts]
    for index, cue in enumerate(track.cues):
        shares[_side(cue, starts, border)].append((index, cue))
    return tuple(
        _part(track, share, start_ms, restart=restart, title=titles[number] if titles else "")
        for number, (share, start_ms) in enumerate(zip(shares, starts, strict=True))
    )


def by_length(track: CaptionTrack, length_ms: int) -> list[int]:
    """The borders that cut a track into parts of a length; the last one may be shorter.

    Raises:
        UsageError: The length is not positive, or makes too many parts.
    """
    if length_ms <= 0:
        raise UsageError("a part is longer than nothing")
    end = last_end_ms(track)
    if end // length_ms > MOST_PARTS:
        raise UsageError(f"that makes more than {MOST_PARTS} parts", hint="take longer ones")
    return list(range(length_ms, end, length_ms))


def by_chapters(chapters: Sequence[tuple[int, str]]) -> tuple[list[int], list[str]]:
    """Borders and titles of chapters, given as (start in ms, title).

    What comes before the first chapter is a part of its own, unless that begins at zero.

    Raises:
        UsageError: There are none, or two begin at once.
    """
    if not chapters:
        raise UsageError("there are no chapters to split by", hint="give --at or --every")
    ordered = sorted(chapters, key=lambda chapter: chapter[0])
    borders = [start for start, _ in ordered]
    titles = [title for _, title in ordered]
    if borders[0] <= 0:
        return borders[1:], titles
    return borders, ["", *titles]


def _side(cue: Cue, starts: Sequence[int], border: Border) -> int:
    """The part that a cue belongs to."""
    first = max(0, bisect_right(starts, cue.start_ms) - 1)
    if border == "start" or cue.end_ms <= cue.start_ms:
        return first
    best, longest = first, 0
    for at in range(first, len(starts)):
        until = starts[at + 1] if at + 1 < len(starts) else cue.end_ms
        shown = min(until, cue.end_ms) - max(starts[at] if at else cue.start_ms, cue.start_ms)
        if shown > longest:
            best, longest = at, shown
        if until >= cue.end_ms:
            break
    return best


def _part(
    track: CaptionTrack,
    share: Sequence[tuple[int, Cue]],
    start_ms: int,
    *,
    restart: bool,
    title: str,
) -> Part:
    line = Line(offset_ms=Fraction(-start_ms))
    cues, clamped = [], 0
    for _, cue in share:
        there = moved_cue(cue, line) if restart and start_ms else cue
        if there.start_ms < 0 <= cue.start_ms:
            there, clamped = replace(there, start_ms=0), clamped + 1
        cues.append(there)
    return Part(
        track=replace(
            track,
            cues=tuple(cues),
            blocks=_blocks(track, [index for index, _ in share], first=start_ms == 0),
            diagnostics=(),
        ),
        start_ms=start_ms,
        title=title,
        clamped=clamped,
    )


def _blocks(track: CaptionTrack, origins: Sequence[int], *, first: bool) -> tuple[Block, ...]:
    """The blocks that go with the cues of some old numbers: styles with all, a comment with one."""
    place = {old: new for new, old in enumerate(origins)}
    count = len(track.cues)
    kept = []
    for block in track.blocks:
        if block.kind in ("style", "region"):
            kept.append(replace(block, before=0))
        elif block.before in place:
            kept.append(replace(block, before=place[block.before]))
        elif block.before >= count and (count - 1 in place or (first and not count)):
            kept.append(replace(block, before=len(origins)))
    return tuple(kept)
