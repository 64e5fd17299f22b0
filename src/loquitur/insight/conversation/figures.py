"""The plots of a conversation: who speaks when, how the floor changes, moods over time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from loquitur.insight.account import Axis, Figure, Mark, Series
from loquitur.insight.conversation.floor import united
from loquitur.insight.links import moment
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.conversation.floor import Stretch
    from loquitur.insight.conversation.talk import SpeakerTalk, Talk

_MOST_LINES = 8
_FINEST = 400
"""Bars nearer to each other than this part of the whole are drawn as one."""
_BIN_MS = 100
_FARTHEST_MS = 3000
_MOST_MARKS = 5


def timeline(talk: Talk) -> tuple[Figure, ...]:
    """A bar for each stretch of speech, a row for each speaker."""
    shown = talk.speakers[:_MOST_LINES]
    finest_ms = (talk.end_ms - talk.start_ms) // _FINEST
    series = tuple(
        _bars(one.name, united(one.speech, bridged_ms=finest_ms), row)
        for row, one in enumerate(shown)
    )
    foremost = talk.floor.interruptions[:_MOST_MARKS]
    left_out = len(talk.speakers) - len(shown)
    more = f" The {left_out} who speak least are not drawn." if left_out else ""
    first = shown[0]
    return (
        Figure(
            name="timeline",
            title="Who speaks when",
            says=f"{first.name} speaks most, {short_clock(first.speaking_ms)} of "
            f"{short_clock(talk.end_ms - talk.start_ms)}; marks are interruptions.{more}",
            x=Axis(label="time", scale="clock"),
            y=Axis(label="speaker", names=tuple(one.name for one in shown)),
            series=series,
            marks=tuple(
                Mark(
                    x=entry.start_ms,
                    label=f"{entry.speaker} interrupts",
                    url=moment(talk.spoken.origin, entry.start_ms),
                )
                for entry in sorted(foremost, key=lambda one: one.start_ms)
            ),
            origin=talk.spoken.origin,
        ),
    )


def offsets(talk: Talk) -> tuple[Figure, ...]:
    """The histogram of floor transfer offsets; none without any."""
    values = talk.offsets_ms
    if not values:
        return ()
    inside = [one for one in values if -_FARTHEST_MS <= one < _FARTHEST_MS]
    first = min(inside, default=0) // _BIN_MS
    last = max(inside, default=0) // _BIN_MS
    counts = [0] * (last - first + 1)
    for one in inside:
        counts[one // _BIN_MS - first] += 1
    edges = tuple(at * _BIN_MS / 1000 for at in range(first, last + 2))
    overlaps = sum(one < 0 for one in values)
    outside = len(values) - len(inside)
    more = f"; {outside} beyond 3 s are not drawn" if outside else ""
    return (
        Figure(
            name="offsets",
            title="Floor transfer offsets",
            says=f"Of {len(values)} changes of the floor {overlaps} overlap (below 0) and "
            f"{len(values) - overlaps} come after a gap{more}.",
            x=Axis(label="offset", unit="s"),
            y=Axis(label="changes of the floor"),
            series=(
                Series(
                    name="changes",
                    x=tuple((low + high) / 2 for low, high in pairwise(edges)),
                    y=tuple(map(float, counts)),
                    edges=edges,
                    drawn="bars",
                ),
            ),
        ),
    )


def moods(talk: Talk) -> tuple[Figure, ...]:
    """Arousal and valence over time, as far as anybody's is known."""
    felt = [one for one in talk.speakers if one.curve is not None][:_MOST_LINES]
    return tuple(
        figure
        for name in ("arousal", "valence")
        if (figure := _curves(talk, felt, name)) is not None
    )


def _curves(talk: Talk, felt: Sequence[SpeakerTalk], name: str) -> Figure | None:
    series = []
    window_ms = 0
    for one in felt:
        curve = one.curve
        if curve is None:
            continue
        values = curve.arousal if name == "arousal" else curve.valence
        window_ms = curve.window_ms
        if any(value is not None for value in values):
            middles = (curve.start_ms + (at + 0.5) * window_ms for at in range(len(values)))
            series.append(Series(name=one.name, x=tuple(middles), y=values))
    if not series:
        return None
    known = sum(value is not None for one in series for value in one.y)
    whole = sum(len(one.y) for one in series)
    return Figure(
        name=f"mood-{name}",
        title=f"{name.capitalize()} over time",
        says=f"Means of {window_ms // 1000} s, known in {known} of {whole} windows of the "
        "speakers; a gap is where nothing is known.",
        x=Axis(label="time", scale="clock"),
        y=Axis(label=f"{name}, 0 to 1"),
        series=tuple(series),
        origin=talk.spoken.origin,
    )


def _bars(name: str, stretches: Sequence[Stretch], row: int) -> Series:
    """A line at the height of a row, with a gap behind each stretch."""
    x: list[float] = []
    y: list[float | None] = []
    for start, end in stretches:
        x += [start, end, end]
        y += [row, row, None]
    return Series(name=name, x=tuple(x), y=tuple(y))
