"""A cue that is too long cut into several: after sentences, commas or lines, times by length."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from loquitur.subtitles.check.endings import hangs, seam
from loquitur.subtitles.check.pairs import voices
from loquitur.subtitles.check.relaying import Unit, breakable, units_of
from loquitur.subtitles.graphemes import blank_length, measure
from loquitur.subtitles.layout import ends_phrase, ends_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.subtitles.check.scene import Scene, View

LEAST_SIZE = 16
"""Characters of a part: a cue whose text is shorter than two of these is ended, not split."""
SENTENCE_WORTH = 1.0
PHRASE_WORTH = 0.4
MARKED_WORTH = 1.5
HANG_COST = 0.8
PART_COST = 0.15
SHORT_COST = 4.0
"""Of a part that is gone before it is read."""


class Part(NamedTuple):
    """One of the cues a cue is split into; `start` and `end` are places in its text."""

    start: int
    end: int
    start_ms: int
    end_ms: int


def splittable(view: View, scene: Scene) -> bool:
    """Whether a cue can be split so that each part fits and can be read."""
    return split_plan(view, scene) is not None


def split_plan(view: View, scene: Scene) -> list[Part] | None:
    """The parts of a cue that is too long for the screen or stays too long on it.

    Parts that get less time than the shortest a cue may have are no better than what was there, so
    then there is no plan; but time up to the next cue is used where reading asks for it.
    """
    if len(voices(view)) > 1 or not breakable(view.text):
        return None
    limits = scene.limits
    total_ms = _time_for(view, scene)
    fewest = measure("".join(view.text.split()), limits.counting) / (
        limits.line_width * limits.line_count
    )
    if fewest * limits.shortest_ms > total_ms + limits.shortest_ms:
        return None
    units = units_of(view.text)
    sizes = _sizes(units, scene)
    farthest = _farthest(units, sizes, scene)
    least = _greedy(farthest)
    size = sum(sizes)
    shown_ms = min(view.duration_ms, total_ms)
    by_time = min(ceil(shown_ms / limits.longest_ms), int(size // LEAST_SIZE))
    count = max(len(least), by_time, 1)
    if count < 2:
        return None
    least_size = size * limits.shortest_ms / max(total_ms, 1)
    best = _best(units, sizes, farthest, (size / count, least_size), scene)
    for cuts in (best, least):
        parts = [*cuts, len(units)]
        if len(parts) > 1 and total_ms >= len(parts) * limits.shortest_ms:
            return _timed(view, units, sizes, parts, total_ms)
    return None


def _sizes(units: Sequence[Unit], scene: Scene) -> list[float]:
    blank = blank_length(scene.limits)
    return [
        measure(unit.text, scene.limits.counting) + (blank if unit.spaced else 0) for unit in units
    ]


def _farthest(units: Sequence[Unit], sizes: Sequence[float], scene: Scene) -> list[int]:
    """For each unit, the index after the last one that fits into a cue beginning with it."""
    width, count = scene.limits.line_width, len(units)
    line, end, filled = [0] * count, 0, 0.0
    blank = blank_length(scene.limits)
    for start in range(count):
        if end <= start:
            end, filled = start + 1, sizes[start]
        first = blank if units[start].spaced else 0
        while end < count and not units[end].forced and filled - first + sizes[end] <= width:
            filled += sizes[end]
            end += 1
        line[start] = end
        filled -= sizes[start]
    farthest = []
    for start in range(count):
        at = start
        for _ in range(scene.limits.line_count):
            at = line[at] if at < count else at
        farthest.append(at)
    return farthest


def _greedy(farthest: Sequence[int]) -> list[int]:
    cuts, position = [], farthest[0] if farthest else 0
    while position < len(farthest):
        cuts.append(position)
        position = farthest[position]
    return cuts


def _time_for(view: View, scene: Scene) -> int:
    """How long the parts may be on screen together."""
    limits = scene.limits
    reading = view.size * 1000 / limits.speed_cps if limits.speed_cps else 0.0
    room = scene.end_ms
    if view.next is not None:
        room = min(room, view.next.start_ms - limits.gap_ms)
    if view.heard is not None:
        room = min(room, view.heard[1] + scene.speech.lag_ms)
    end_ms = min(max(view.end_ms, view.start_ms + int(reading)), max(room, view.start_ms))
    return end_ms - view.start_ms


def _best(
    units: Sequence[Unit],
    sizes: Sequence[float],
    farthest: Sequence[int],
    wanted: tuple[float, float],
    scene: Scene,
) -> list[int]:
    """The cuts of least cost: parts of like length that end where sentences do.

    `wanted` is the length of a part as it should be, and the least for which there is time.
    """
    count, (target, least) = len(units), wanted
    after = [_cut_cost(units, at, scene.language) for at in range(count)]
    best, cut = [0.0] * (count + 1), [count] * (count + 1)
    for start in range(count - 1, -1, -1):
        lowest, filled = float("inf"), 0.0
        for end in range(start + 1, farthest[start] + 1):
            filled += sizes[end - 1]
            off = (filled - target) / target
            cost = PART_COST + off * off + best[end] + (SHORT_COST if filled < least else 0)
            if end < count:
                cost += after[end - 1]
            if cost < lowest:
                lowest, cut[start] = cost, end
            if filled > 2 * target:
                break
        best[start] = lowest
    cuts, position = [], cut[0]
    while position < count:
        cuts.append(position)
        position = cut[position]
    return cuts


def _cut_cost(units: Sequence[Unit], at: int, language: str) -> float:
    following = units[at + 1] if at + 1 < len(units) else None
    if following is not None and following.forced:
        return -MARKED_WORTH
    word = units[at].text
    if ends_sentence(word):
        return -SENTENCE_WORTH
    if ends_phrase(word):
        return -PHRASE_WORTH
    ahead = following.text if following else ""
    return HANG_COST if hangs(word, ahead, language) else seam(word, ahead)


def _timed(
    view: View,
    units: Sequence[Unit],
    sizes: Sequence[float],
    ends: Sequence[int],
    total_ms: int,
) -> list[Part]:
    parts: list[Part] = []
    size, said, first, start_ms = sum(sizes), 0.0, 0, view.start_ms
    for end in ends:
        said += sum(sizes[first:end])
        end_ms = view.start_ms + round(total_ms * said / size)
        parts.append(Part(units[first].start, units[end - 1].end, start_ms, end_ms))
        first, start_ms = end, end_ms
    return parts
