"""When cues are on screen: this module alone changes spans.

The repairs in the order that converges (Netflix Timed Text, "Timing Guidelines"): the bounds of the
speech, cuts, the time to read, a lead where the end has no room, short gaps closed, the least gap.
What comes out depends on the speech, the text and the cuts alone, so fitting twice is fitting once.

A cue never appears later than its first word, nor earlier than two frames before it; it ends before
the next one begins, whoever speaks then, and with the medium. Where nobody says when the words are
spoken, the spans themselves are taken for it; only then are starts moved to cuts farther away.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from loquitur.subtitles.graphemes import measure
from loquitur.subtitles.lattice import LINGER_MS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.captions import Cue
    from loquitur.subtitles.limits import Limits

LEAD_FRAMES = 2
"""How far before its first word a cue may appear (Netflix: 1 or 2 frames are tolerated)."""
NEAR_CUT_MS = 500
"""Starts and ends nearer to a cut than this, half a second, are moved (12 frames at 24)."""
TO_CUT_MS = 333
"""Starts up to this long before a cut (8 frames at 24) go to it, others half a second before it."""
NO_END = 1 << 60
MOST_ROUNDS = 20
"""One repair may make room for another; three rounds are the most that were seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """When the words of a cue are said: from the first one's start to the last one's end, ms."""

    start_ms: int
    end_ms: int


def fit(
    cues: Sequence[Cue],
    *,
    limits: Limits,
    cuts: Sequence[int] = (),
    duration_ms: int | None = None,
    spoken: Sequence[Spoken] | None = None,
) -> tuple[Cue, ...]:
    """Cues with spans that can be read and follow the guideline.

    Args:
        cues: What is shown; sorted by start where nothing else is said.
        limits: The guideline's numbers.
        cuts: Where the picture changes, ms.
        duration_ms: The length of the medium; None where it is not known.
        spoken: When each cue's words are said, sorted by start; None where nobody knows: then the
            cues' own spans are taken for it.

    Returns:
        The cues in order of their starts: apart, never past the medium's end, none shown longer
        than the limit, and as long as reading them takes where there is room. Applied to its own
        result, with the same arguments, it changes nothing.

    Raises:
        ValueError: `spoken` has another length, or is not sorted.
    """
    if spoken is None:
        cues = sorted(cues, key=lambda cue: cue.start_ms)
    elif len(spoken) != len(cues):
        raise ValueError(f"{len(spoken)} spans of speech for {len(cues)} cues")
    needs = [needed_ms(cue.text.split("\n"), limits) for cue in cues]
    if spoken is None:
        shown = [(max(0, cue.start_ms), cue.end_ms) for cue in cues]
        spans = _settled(shown, needs, limits, cuts, duration_ms)
    else:
        spans = fit_spans(spoken, needs, limits=limits, cuts=cuts, duration_ms=duration_ms)
    return tuple(
        replace(cue, start_ms=start_ms, end_ms=end_ms)
        for cue, (start_ms, end_ms) in zip(cues, spans, strict=True)
    )


def _settled(
    shown: list[tuple[int, int]],
    needs: Sequence[int],
    limits: Limits,
    cuts: Sequence[int],
    duration_ms: int | None,
) -> list[tuple[int, int]]:
    """Spans that fitting changes no more, from those that a file has."""
    for _ in range(MOST_ROUNDS):
        own = [Spoken(start_ms=start, end_ms=max(start, end)) for start, end in shown]
        made = fit_spans(own, needs, limits=limits, cuts=cuts, duration_ms=duration_ms, heard=False)
        if made == shown:
            break
        shown = made
    return shown


def needed_ms(lines: Sequence[str], limits: Limits) -> int:
    """How long a text has to stay to be read; no longer than a cue may be shown."""
    need = float(limits.shortest_ms)
    if limits.speed_cps:
        size = sum(measure(line.strip(), limits.counting) for line in lines)
        need = max(need, size * 1000 / limits.speed_cps)
    if limits.speed_wpm:
        words = sum(any(map(str.isalnum, word)) for line in lines for word in line.split())
        need = max(need, words * 60_000 / limits.speed_wpm)
    return min(-int(-need // 1), limits.longest_ms)


def fit_spans(
    spoken: Sequence[Spoken],
    needs: Sequence[int],
    *,
    limits: Limits,
    cuts: Sequence[int] = (),
    duration_ms: int | None = None,
    heard: bool = True,
) -> list[tuple[int, int]]:
    """The spans of cues, given when their words are said and how long they need to be read.

    Args:
        spoken: Of each cue, sorted by start.
        needs: Of each cue, ms.
        limits: The guideline's numbers.
        cuts: Where the picture changes, ms.
        duration_ms: The length of the medium; None where it is not known.
        heard: Whether `spoken` is when words are said, and not when cues were shown.

    Raises:
        ValueError: The speech is not sorted.
    """
    if any(two.start_ms < one.start_ms for one, two in pairwise(spoken)):
        raise ValueError("cues to be fitted must be sorted by when they are said")
    shots = _Shots(cuts, limits.gap_ms)
    starts = _starts(spoken, limits)
    starts = _starts_at_cuts(starts, spoken, limits, shots, heard=heard)
    ends = []
    for index, start_ms in enumerate(starts):
        last_ms = _latest(index, starts, spoken, limits, duration_ms, heard=heard)
        wanted_ms = max(spoken[index].end_ms, start_ms + needs[index])
        ends.append(max(start_ms + 1, min(wanted_ms, last_ms)))
    if heard:
        _lead(starts, ends, spoken, needs, limits, shots)
    for index, end_ms in enumerate(ends):
        last_ms = _latest(index, starts, spoken, limits, duration_ms, heard=heard)
        ends[index] = _closed(index, end_ms, starts, last_ms, limits)
    for index, end_ms in enumerate(ends):
        last_ms = _latest(index, starts, spoken, limits, duration_ms, heard=heard)
        ends[index] = _end_at_cut(end_ms, starts[index], last_ms, needs[index], limits, shots)
    return list(zip(starts, ends, strict=True))


class _Shots:
    """Cuts, those too close together to end a cue between them left out."""

    def __init__(self, cuts: Sequence[int], gap_ms: int) -> None:
        self._cuts: list[int] = []
        for cut in sorted(cuts):
            if not self._cuts or cut - self._cuts[-1] > 2 * gap_ms + 1:
                self._cuts.append(cut)

    def near(self, at_ms: int) -> int | None:
        """The nearest cut less than half a second away."""
        place = bisect_left(self._cuts, at_ms)
        some = self._cuts[max(0, place - 1) : place + 1]
        cut = min(some, key=lambda one: abs(one - at_ms), default=None)
        return cut if cut is not None and abs(cut - at_ms) < NEAR_CUT_MS else None

    def last_in(self, start_ms: int, end_ms: int) -> int | None:
        """The last cut from a time up to another, both included."""
        place = bisect_left(self._cuts, end_ms + 1)
        return self._cuts[place - 1] if place and self._cuts[place - 1] >= start_ms else None


def _starts(spoken: Sequence[Spoken], limits: Limits) -> list[int]:
    """Strictly rising starts: cues said from the same moment on share the time they have."""
    starts: list[int] = []
    first = 0
    while first < len(spoken):
        start_ms = spoken[first].start_ms
        last = first
        while last < len(spoken) and spoken[last].start_ms == start_ms:
            last += 1
        room_ms = max(item.end_ms for item in spoken[first:last]) - start_ms
        room_ms = max(room_ms, (limits.shortest_ms + limits.gap_ms) * (last - first))
        if last < len(spoken):
            room_ms = min(room_ms, spoken[last].start_ms - start_ms)
        for rank in range(last - first):
            share_ms = start_ms + room_ms * rank // (last - first)
            starts.append(max(share_ms, starts[-1] + 1) if starts else share_ms)
        first = last
    return starts


def _starts_at_cuts(
    starts: Sequence[int],
    spoken: Sequence[Spoken],
    limits: Limits,
    shots: _Shots,
    *,
    heard: bool,
) -> list[int]:
    found: list[int] = []
    for index, start_ms in enumerate(starts):
        free_ms = found[-1] + limits.shortest_ms + limits.gap_ms if found else 0
        to_ms = start_ms
        if heard:
            cut = shots.last_in(start_ms - _lead_ms(limits), start_ms)
            to_ms = start_ms if cut is None else cut
        else:
            target_ms = _to_cut(start_ms, shots)
            stays = spoken[index].end_ms - target_ms >= limits.shortest_ms
            if _to_cut(target_ms, shots) == target_ms and (stays or target_ms < start_ms):
                to_ms = target_ms
        if to_ms != start_ms and (to_ms < free_ms or to_ms >= _following(starts, index)):
            to_ms = start_ms
        found.append(max(to_ms, found[-1] + 1) if found else max(0, to_ms))
    return found


def _following(starts: Sequence[int], index: int) -> int:
    return starts[index + 1] if index + 1 < len(starts) else NO_END


def _lead_ms(limits: Limits) -> int:
    return int(LEAD_FRAMES * 1000 / limits.fps)


def _to_cut(start_ms: int, shots: _Shots) -> int:
    cut = shots.near(start_ms)
    if cut is None:
        return start_ms
    return cut if cut - start_ms <= TO_CUT_MS else max(0, cut - NEAR_CUT_MS)


def _latest(
    index: int,
    starts: Sequence[int],
    spoken: Sequence[Spoken],
    limits: Limits,
    duration_ms: int | None,
    *,
    heard: bool,
) -> int:
    """When a cue must have gone."""
    start_ms = starts[index]
    latest_ms = start_ms + limits.longest_ms
    if heard:
        latest_ms = min(latest_ms, spoken[index].end_ms + LINGER_MS)
    if duration_ms is not None and duration_ms > start_ms:
        latest_ms = min(latest_ms, duration_ms)
    if index + 1 < len(starts):
        following_ms = starts[index + 1]
        apart_ms = following_ms - limits.gap_ms
        # Where there is no room for a gap the cue itself comes first.
        latest_ms = min(latest_ms, apart_ms if apart_ms > start_ms else following_ms)
    return max(latest_ms, start_ms + 1)


def _lead(
    starts: list[int],
    ends: Sequence[int],
    spoken: Sequence[Spoken],
    needs: Sequence[int],
    limits: Limits,
    shots: _Shots,
) -> None:
    """Lets cues that can not be read in time appear a little before their first word."""
    lead_ms = _lead_ms(limits)
    for index, start_ms in enumerate(starts):
        missing_ms = needs[index] - (ends[index] - start_ms)
        if missing_ms <= 0 or start_ms > spoken[index].start_ms:
            continue
        from_ms = max(0, spoken[index].start_ms - min(lead_ms, missing_ms))
        if index:
            from_ms = max(from_ms, ends[index - 1] + limits.gap_ms)
        cut = shots.last_in(from_ms, start_ms)
        from_ms = from_ms if cut is None else cut
        if from_ms < start_ms and ends[index] - from_ms <= limits.longest_ms:
            starts[index] = from_ms


def _closed(index: int, end_ms: int, starts: Sequence[int], last_ms: int, limits: Limits) -> int:
    """The end, moved up to the next cue where the gap would flicker."""
    gap_ms = _following(starts, index) - end_ms
    if not limits.gap_ms < gap_ms < limits.chain_ms:
        return end_ms
    return max(end_ms, min(starts[index + 1] - limits.gap_ms, last_ms))


def _end_at_cut(
    end_ms: int, start_ms: int, last_ms: int, need_ms: int, limits: Limits, shots: _Shots
) -> int:
    """The end, moved before the cut it is near, where there is time for that."""
    cut = shots.near(end_ms)
    if cut is None:
        return end_ms
    to_ms = cut - limits.gap_ms
    enough = to_ms - start_ms >= min(need_ms, end_ms - start_ms)
    return to_ms if enough and start_ms < to_ms <= last_ms else end_ms
