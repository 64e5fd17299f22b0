"""Captions brought to the sound they belong to, by when somebody speaks.

The cues are a mask of time, and so is the voice activity of the sound. Where the two fit best is
found by cross-correlation over all offsets, once for each ratio of the usual frame rates. Then a
dynamic programme over cues and offsets asks whether pieces fit better at offsets of their own, as
where advertisements were put in or taken out: each jump must earn its price, and cues keep their
order. Last, each piece is set by its onsets: a caption begins with its speech, and stays longer.

How sure a fit is, is told by its peak: how much better it is than the best one elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import InputError
from loquitur.subtitles.moving import Line, Moved, moved
from loquitur.subtitles.voice_mask import VoiceField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.model.captions import CaptionTrack, Cue
    from loquitur.subtitles.voice_mask import VoiceMask

    Floats = NDArray[np.floating[Any]]

RATES = (Fraction(24_000, 1001), Fraction(24), Fraction(25))
RATIOS = tuple(sorted({one / other for one in RATES for other in RATES}, key=lambda r: abs(r - 1)))
"""How captions of a film at one rate are stretched for the same film at another; 1 first."""
LAG_MS = 70
"""Voice activity comes so much later than the captions of it: 36 to 72 ms later than the words, by
their forced times, and a caption is up to 120 ms early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncOptions:
    """How to sync.

    Args:
        ratios: Which stretches to try; only the first where it fits as well as another.
        reach_ms: How far a piece may be moved.
        pieces: Whether pieces may have offsets of their own.
        jump_cost: What a jump between two pieces must earn, in seconds of speech that fits.
        lag_ms: How much later than captions speech is in the mask; 70 for voice activity, 0 where
            the mask is made of captions.
        least_ratio: The least peak ratio at which the result is believed; 0 to believe it anyway.
            Of wrong films (32 pairs, real speech) the best had 1.42, of right ones the worst 1.61.
        least_correlation: The least correlation of cues and speech at which it is believed; right
            films have 0.65 and more, wrong ones that look sure had 0.41 at most.
    """

    ratios: tuple[Fraction, ...] = RATIOS
    reach_ms: int = 600_000
    pieces: bool = True
    jump_cost: float = 4.0
    lag_ms: int = LAG_MS
    least_ratio: float = 1.5
    least_correlation: float = 0.4

    def __post_init__(self) -> None:
        if not self.ratios or self.reach_ms <= 0 or self.jump_cost < 0:
            raise ValueError(f"not a way to sync: {self}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Cues that were moved alike.

    Args:
        first: Number of the first one in the order of time, from 0.
        count: How many.
        line: Where their times went.
        start_ms: When the first one began before.
    """

    first: int
    count: int
    line: Line
    start_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """A track that fits its sound.

    Args:
        track: The result.
        pieces: How it was moved; one where nothing was cut.
        peak_ratio: How many times better the fit is than the best one elsewhere.
        correlation: Of cues and speech, -1..1.
        moved: What became of cues at the edge; see `moving.Moved`.
    """

    track: CaptionTrack
    pieces: tuple[Piece, ...]
    peak_ratio: float
    correlation: float
    moved: Moved


LEAST_CUES = 3
_GAP_MS = 1_500
"""So much silence around a cue counts for where it fits."""
_GRID_MS = 128
_MOST_RATIOS = 3
_FEW = 15
_FEW_MORE = 0.2
"""With fewer cues chance fits better, and more is asked for: 1.59 was seen with ten of them."""
_BETWEEN_MS = 500.0
_LEAST_CORRELATION = 0.02
_MOST_CELLS = 60_000_000
_EDGE_MS = 1_000.0
_LEAST_GAP_MS = 40.0
_END_WEIGHT = 0.5
"""A caption begins with its speech, and stays after it: its end tells less."""
_RATIO_MARGIN = 1.006
"""So much better another frame rate must fit than none."""
_WORTH_A_LOOK = 0.1


def synced(track: CaptionTrack, mask: VoiceMask, *, options: SyncOptions | None = None) -> Synced:
    """A track moved to where its sound is.

    Args:
        track: What to move.
        mask: When somebody speaks in the sound.
        options: How.

    Raises:
        InputError: There are too few cues, no speech, or no place where they clearly fit.
    """
    options = options or SyncOptions()
    order = _by_time(track)
    if len(order) < LEAST_CUES:
        raise InputError(
            f"{len(order)} cues are too few to find where they fit: at least {LEAST_CUES}",
            code="LQ-SYNC-UNSURE",
        )
    spans = np.array([(track.cues[at].start_ms, track.cues[at].end_ms) for at in order], float)
    if mask.levels.size == 0 or mask.levels.max() < 0.5:
        raise InputError("nobody speaks in this sound", code="LQ-SYNC-UNSURE")
    field = VoiceField(mask)
    pieces = _best(field, spans, options)
    peak_ratio, correlation = _sureness(field, spans, pieces, options)
    needed = options.least_ratio + (_FEW_MORE if len(order) < _FEW and options.least_ratio else 0)
    if peak_ratio < needed or correlation < options.least_correlation:
        raise InputError(
            f"it is not clear where these captions fit this sound (peak ratio {peak_ratio:.2f} of "
            f"{needed:.2f}, correlation {correlation:.2f} of {options.least_correlation:.2f})",
            hint="is it the same film and language? `subs shift` moves a file by hand",
            code="LQ-SYNC-UNSURE",
        )
    lines: dict[int, Line] = {}
    for piece in pieces:
        for at in order[piece.first : piece.first + piece.count]:
            lines[at] = piece.line
    result = _moved(track, lines)
    return Synced(
        track=result.track,
        pieces=tuple(pieces),
        peak_ratio=round(peak_ratio, 3),
        correlation=round(correlation, 3),
        moved=result,
    )


def _best(field: VoiceField, spans: Floats, options: SyncOptions) -> list[Piece]:
    """The pieces of the ratio that fits best; another than the first must be clearly better."""
    peaks = {ratio: _peak(field, spans * float(ratio), options) for ratio in options.ratios}
    likely = sorted(peaks, key=lambda ratio: -peaks[ratio][1])[:_MOST_RATIOS]
    fits = [
        (_fit(field, spans * float(ratio), peaks[ratio][0], options), ratio)
        for ratio in options.ratios
        if ratio in likely or ratio == options.ratios[0]
    ]
    most = max(fit.score for fit, _ in fits)
    found: list[tuple[float, list[Piece]]] = []
    for fit, ratio in fits:
        if fit.score < most - _WORTH_A_LOOK * abs(most):
            continue
        pieces = _settled(field, spans, fit, ratio, options.lag_ms)
        score = float(_local(field, _mapped(spans, pieces) + options.lag_ms, np.zeros(1)).sum())
        score -= options.jump_cost * (len(pieces) - 1)
        found.append((score * (_RATIO_MARGIN if ratio == options.ratios[0] else 1.0), pieces))
    return max(found, key=lambda item: item[0])[1]


def _sureness(
    field: VoiceField, spans: Floats, pieces: Sequence[Piece], options: SyncOptions
) -> tuple[float, float]:
    """How much better the fit is than elsewhere, and than cues get that cannot fit; correlation.

    The same cues run backwards, or with their halves exchanged, have the rhythm of these and belong
    to no sound: the best they get by the same search is what chance gives.
    """
    peak_ratio, correlation = field.sureness(_mapped(spans, pieces) + options.lag_ms)
    ratio = pieces[0].line.ratio
    chance = replace(options, ratios=(ratio,), pieces=len(pieces) > 1)
    by_chance = [
        field.sureness(_mapped(other, _best(field, other, chance)) + chance.lag_ms)[1]
        for other in _scrambled(spans)
    ]
    usual = max(sum(by_chance) / len(by_chance), _LEAST_CORRELATION)
    return min(peak_ratio, correlation / usual), correlation


def _scrambled(spans: Floats) -> tuple[Floats, ...]:
    """Cues backwards, with their halves exchanged, and both."""

    def backwards(rows: Floats) -> Floats:
        return np.asarray((rows[:, 1].max() + rows[:, 0].min() - rows)[::-1, ::-1])

    def exchanged(rows: Floats) -> Floats:
        half = len(rows) // 2
        first, last = rows[:half], rows[half:]
        early = last - last[0, 0] + rows[0, 0]
        return np.concatenate([early, first - first[0, 0] + early[:, 1].max() + _BETWEEN_MS])

    return backwards(spans), exchanged(spans), exchanged(backwards(spans))


def _by_time(track: CaptionTrack) -> list[int]:
    """The numbers of the cues that last, by when they begin."""
    lasting = [at for at, cue in enumerate(track.cues) if cue.end_ms > cue.start_ms]
    return sorted(lasting, key=lambda at: track.cues[at].start_ms)


def _moved(track: CaptionTrack, lines: dict[int, Line]) -> Moved:
    """The track with each cue where its line says; those without one go with the one before."""
    known = sorted(lines)
    last: Line | None = lines[known[0]] if known else None
    all_lines = []
    for at in range(len(track.cues)):
        last = lines.get(at, last)
        all_lines.append(last)
    numbers = iter(all_lines)

    def chosen(_: Cue) -> Line | None:
        return next(numbers)

    return moved(track, chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """A row of cues at offsets, in ms: `score` is seconds of time that fits, less the jumps."""

    score: float
    offsets: Floats


def _local(field: VoiceField, spans: Floats, offsets: Floats, *, frames: int = 0) -> Floats:
    """How well each cue fits at each offset, in seconds; shape [cues, offsets].

    Speech in the cue and silence around it count for it, up to half the gap to its neighbours.

    Args:
        field: The sound.
        spans: Of the cues.
        offsets: Any, or a row with so many `frames` from one to the next, which is faster.
        frames: 0 for any.
    """
    before = np.empty(len(spans))
    after = np.empty(len(spans))
    gaps = np.maximum(spans[1:, 0] - spans[:-1, 1], 0.0) / 2
    before[0], after[-1] = _GAP_MS, _GAP_MS
    before[1:], after[:-1] = np.minimum(gaps, _GAP_MS), np.minimum(gaps, _GAP_MS)
    rows = np.empty((len(spans), offsets.size), dtype=np.float32)

    def upto(time_ms: float) -> Floats:
        if frames:
            return field.upto_row(time_ms + offsets[0], frames, offsets.size)
        return field.upto(time_ms + offsets)

    for number, (start, end) in enumerate(spans):
        row = upto(end)
        row -= upto(start)
        row *= 2
        row += upto(start - before[number])
        row -= upto(end + after[number])
        rows[number] = row
    return rows


def _peak(field: VoiceField, spans: Floats, options: SyncOptions) -> tuple[float, float]:
    """The offset within reach at which all cues together fit best, and how they correlate there."""
    values, first = field.correlations(spans)
    lags = (np.arange(values.size) + first) * field.frame_ms
    values = np.where(np.abs(lags) <= options.reach_ms, values, -1.0)
    at = int(np.argmax(values))
    return float(lags[at]), float(values[at])


def _fit(field: VoiceField, spans: Floats, peak: float, options: SyncOptions) -> _Fit:
    """The best offsets of cues: the one for all, or pieces where those fit better."""
    single = float(_local(field, spans, np.array([peak])).sum())
    fit = _Fit(score=single, offsets=np.full(len(spans), peak))
    if not options.pieces:
        return fit
    pieces = _in_pieces(field, spans, options)
    return pieces if pieces.score > fit.score else fit


def _in_pieces(field: VoiceField, spans: Floats, options: SyncOptions) -> _Fit:
    """Offsets by dynamic programming: cues keep their order, each jump has its price."""
    low = max(-options.reach_ms, field.offset_ms - float(spans[-1, 1]))
    high = min(float(options.reach_ms), field.offset_ms + field.length_ms - float(spans[0, 0]))
    least = max(_GRID_MS, int((high - low) * len(spans) / _MOST_CELLS) + 1)
    frames = -(-least // field.frame_ms)
    step = frames * field.frame_ms
    offsets = low + step * np.arange(max(1, int((high - low) // step) + 1))
    local = _local(field, spans, offsets, frames=frames)
    best = local[0].astype(np.float64)
    origin = np.empty((len(spans), offsets.size), dtype=np.int32)
    origin[0] = np.arange(offsets.size)
    everywhere = np.arange(offsets.size)
    for number in range(1, len(spans)):
        # the cue before lies at an offset so large at most that it still begins earlier
        slack = int((spans[number, 0] - spans[number - 1, 0]) // step)
        summit, at = _running_best(best)
        reachable = np.minimum(everywhere + slack, offsets.size - 1)
        jumped = summit[reachable] - options.jump_cost
        stays = best >= jumped
        origin[number] = np.where(stays, everywhere, at[reachable])
        best = np.where(stays, best, jumped) + local[number]
    chosen = np.empty(len(spans))
    place = int(np.argmax(best))
    score = float(best[place])
    for number in range(len(spans) - 1, -1, -1):
        chosen[number] = offsets[place]
        place = int(origin[number][place])
    return _Fit(score=score, offsets=chosen)


def _running_best(values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The greatest value so far at each place, and where it stands."""
    summit = np.maximum.accumulate(values)
    fresh = values >= summit
    at = np.maximum.accumulate(np.where(fresh, np.arange(values.size), 0))
    return summit, at


def _edges(field: VoiceField, spans: Floats, offsets: Floats) -> Floats:
    """How well the starts and ends of cues fit at each offset; shape [offsets].

    An edge that lies against the next cue tells nothing.
    """
    total = np.zeros(offsets.size)
    gaps = np.maximum(spans[1:, 0] - spans[:-1, 1], 0.0) / 2
    before = np.minimum(np.concatenate([[_EDGE_MS], gaps]), _EDGE_MS)
    after = np.minimum(np.concatenate([gaps, [_EDGE_MS]]), _EDGE_MS)
    inside = np.minimum((spans[:, 1] - spans[:, 0]) / 2, _EDGE_MS)
    for (start, end), silent, quiet, reach in zip(spans, before, after, inside, strict=True):
        at = start + offsets
        if silent >= _LEAST_GAP_MS:
            total += field.upto(at + reach) - 2 * field.upto(at) + field.upto(at - silent)
        at = end + offsets
        if quiet >= _LEAST_GAP_MS:
            falls = 2 * field.upto(at) - field.upto(at - reach) - field.upto(at + quiet)
            total += _END_WEIGHT * falls
    return total


def _settled(
    field: VoiceField, spans: Floats, fit: _Fit, ratio: Fraction, lag_ms: int
) -> list[Piece]:
    """The pieces of a fit, each at the offset at which its onsets are."""
    stretched = spans * float(ratio)
    borders = [0, *(np.flatnonzero(np.diff(fit.offsets)) + 1).tolist(), len(spans)]
    pieces = []
    for first, last in pairwise(borders):
        own = stretched[first:last]
        offset = _refined(field, own, float(fit.offsets[first]))
        line = Line(ratio=ratio, offset_ms=Fraction(round(offset) - lag_ms))
        start_ms = int(spans[first, 0])
        pieces.append(Piece(first=first, count=last - first, line=line, start_ms=start_ms))
    return pieces


def _refined(field: VoiceField, spans: Floats, offset: float) -> float:
    """The offset near one at which cues fit best."""
    near = offset + 64 * np.arange(-5, 6)
    offset = float(near[int(np.argmax(_local(field, spans, near).sum(axis=0)))])
    for step, count in ((32, 8), (16, 4), (4, 6)):
        near = offset + step * np.arange(-count, count + 1)
        offset = float(near[int(np.argmax(_edges(field, spans, near)))])
    return offset


def _mapped(spans: Floats, pieces: Sequence[Piece]) -> Floats:
    result = spans.copy()
    for piece in pieces:
        own = slice(piece.first, piece.first + piece.count)
        result[own] = spans[own] * float(piece.line.ratio) + float(piece.line.offset_ms)
    return result
