"""Rolling captions as whole lines: every line once, from when it comes to when it goes.

Automatic captions of YouTube come in two shapes. In WebVTT two rows roll: each cue shows the line
before it again, above the new one, and a cue of 10 ms holds the picture between two of them. In
SubRip, json3 and transcripts a cue has its new line alone and stays until the next one scrolls it
away, so that each overlaps the next. Lines are compared whole, never by words: what is said twice
is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from loquitur.markup import Node
from loquitur.model.captions import PLAIN_SETTINGS
from loquitur.subtitles.arrangement import arranged
from loquitur.subtitles.cue_text import (
    compact,
    has_times,
    joined,
    lines_of,
    one_line,
    rewritten,
    with_children,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from loquitur.model.captions import CaptionTrack, Cue
    from loquitur.subtitles.cue_text import Item, Tree

Shape = Literal["carried", "overlapping", ""]

CONTIGUOUS_MS = 100
"""A line is carried over to a cue that begins at most this long after the one before it."""
HOLD_MS = 200
"""A cue that is shown shorter only holds the picture between two others; YouTube's take 10 ms."""
LEAST_CARRIED = 2
SHARE = 0.5
"""The share of cues from which on a track counts as rolling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unrolled:
    """A track whose lines stand once.

    Args:
        track: Its cues sorted, none over another.
        shape: How the lines rolled; empty where they did not, and the track is as it was.
        lines_dropped: Lines shown again that were left out.
        cues_dropped: Cues in which nothing was new.
        ends_moved: Cues that stayed while the next one was there.
    """

    track: CaptionTrack
    shape: Shape
    lines_dropped: int = 0
    cues_dropped: int = 0
    ends_moved: int = 0


def shape_of(track: CaptionTrack) -> Shape:
    """How the lines of a track roll: by the cues themselves, whatever the file says of itself."""
    if len(track.cues) < 2:
        return ""
    carried = multi = overlapping = 0
    before: list[str] = []
    end_ms = start_ms = 0
    for number, cue in enumerate(track.cues):
        rows = lines_of(cue.tree)
        texts = [text for line in rows if (text := one_line(line))]
        follows = -CONTIGUOUS_MS <= cue.start_ms - end_ms <= CONTIGUOUS_MS
        if len(texts) > 1:
            multi += 1
            carried += bool(before) and before[-1] in texts[:-1] and follows
        elif texts == before[-1:] and follows and _holds(cue, rows):
            multi, carried = multi + 1, carried + 1
        overlapping += number > 0 and start_ms < cue.start_ms < end_ms
        before = texts or before
        start_ms, end_ms = cue.start_ms, cue.end_ms
    if carried >= LEAST_CARRIED and carried >= SHARE * multi:
        return "carried"
    return "overlapping" if overlapping > SHARE * (len(track.cues) - 1) else ""


def unrolled(track: CaptionTrack, shape: Shape | None = None) -> Unrolled:
    """A rolling track as whole lines; a track that does not roll as it is.

    Words keep the times that stand before them in the cue. The place on screen is dropped: it was
    that of the rolling window.

    Args:
        track: In the order of its file.
        shape: How it rolls; None to find out.
    """
    shape = shape_of(track) if shape is None else shape
    if not shape:
        return Unrolled(track=track, shape="")
    fresh: list[tuple[int, Cue]] = []
    lines_dropped = cues_dropped = 0
    rows = _carried(track) if shape == "carried" else _alone(track)
    for number, cue, tree, dropped in rows:
        lines_dropped += dropped
        if tree:
            bare = compact(_untagged(tree))
            fresh.append((number, replace(rewritten(cue, bare), settings=PLAIN_SETTINGS)))
            continue
        cues_dropped += 1
        if dropped and fresh and cue.start_ms - fresh[-1][1].end_ms <= CONTIGUOUS_MS:
            before = fresh[-1][1]
            fresh[-1] = (fresh[-1][0], replace(before, end_ms=max(before.end_ms, cue.end_ms)))
    cues, ends_moved = _apart(fresh)
    return Unrolled(
        track=arranged(track, cues),
        shape=shape,
        lines_dropped=lines_dropped,
        cues_dropped=cues_dropped,
        ends_moved=ends_moved,
    )


def _carried(track: CaptionTrack) -> Iterator[tuple[int, Cue, Tree, int]]:
    """Each cue with what is new in it, and how many lines of it were there before."""
    shown: list[str] = []
    end_ms = 0
    for number, cue in enumerate(track.cues):
        rows = lines_of(cue.tree)
        lines = [line for line in rows if one_line(line)]
        texts = [one_line(line) for line in lines]
        old = 0
        if lines and one_line(rows[0]) and cue.start_ms - end_ms <= CONTIGUOUS_MS:
            timed = next((at for at, line in enumerate(lines) if has_times(line)), len(lines))
            old = min(_old_lines(shown, texts, holds=_holds(cue, rows)), timed)
        shown, end_ms = texts, cue.end_ms
        yield number, cue, joined(lines[old:]), old


def _holds(cue: Cue, rows: list[Tree]) -> bool:
    """Whether a cue is there to hold the picture: its time is short, or its last row empty."""
    return cue.duration_ms <= HOLD_MS or (len(rows) > 1 and not one_line(rows[-1]))


def _old_lines(shown: list[str], texts: list[str], *, holds: bool) -> int:
    """How many of the first lines are the last ones of what was shown before.

    A cue that does not hold the picture brings a line, even one that was just said. Only where all
    lines are there again and no fewer of them fit is it the same picture once more.
    """
    most = min(len(shown), len(texts))
    counts = range(most, 0, -1)
    fitting = [count for count in counts if texts[:count] == shown[-count:]]
    if holds or not fitting:
        return fitting[0] if fitting else 0
    partial = [count for count in fitting if count < len(texts)]
    if partial:
        return partial[0]
    return fitting[0] if len(texts) > 1 else 0


def _alone(track: CaptionTrack) -> Iterator[tuple[int, Cue, Tree, int]]:
    """Each cue with its own lines, by the time it begins; those of one moment are one cue."""
    ordered = sorted(enumerate(track.cues), key=lambda pair: pair[1].start_ms)
    at = 0
    while at < len(ordered):
        number, cue = ordered[at]
        lines: list[Tree] = []
        while at < len(ordered) and ordered[at][1].start_ms == cue.start_ms:
            other = ordered[at][1]
            lines += [line for line in lines_of(other.tree) if one_line(line)]
            cue = replace(cue, end_ms=max(cue.end_ms, other.end_ms))
            at += 1
        yield number, cue, joined(lines), 0


def _untagged(tree: Iterable[Item]) -> Iterator[Item]:
    """The tree without `c` tags: YouTube puts one around each word, with idle colours."""
    for item in tree:
        if isinstance(item, Node) and item.tag == "c":
            yield from _untagged(item.children)
        elif isinstance(item, Node):
            yield with_children(item, _untagged(item.children))
        else:
            yield item


def _apart(cues: list[tuple[int, Cue]]) -> tuple[list[tuple[int, Cue]], int]:
    """The cues sorted, none longer than to the next one; and how many were cut."""
    cues = sorted(cues, key=lambda pair: pair[1].start_ms)
    moved, result = 0, []
    for (number, cue), (_, after) in zip(cues, [*cues[1:], (0, None)], strict=False):
        if after is not None and cue.start_ms < after.start_ms < cue.end_ms:
            cue, moved = replace(cue, end_ms=after.start_ms), moved + 1  # noqa: PLW2901
        result.append((number, cue))
    return result, moved
