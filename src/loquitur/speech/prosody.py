"""Loudness, pitch and rate of short stretches of speech, and the arousal they suggest.

Arousal raises energy, pitch and rate in nearly every study of the voice (Scherer 2003, "Vocal
communication of emotion"); valence hardly shows in them, so none is guessed. What counts is the
difference from how the same person speaks otherwise in the same medium, since microphones, distance
and voices differ more than moods do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.media import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.model.speech import Activity

LABELS = ("calm", "neutral", "excited")
BOUND = math.atanh(0.7)  # of the weighted deviation: arousal below 0.15 is calm, above 0.85 excited
SHORTEST_MS = 3000
LONGEST_MS = 10_000
BASELINE_WINDOWS = 5

_WEIGHTS = {"energy_db": 0.5, "f0_st": 0.35, "rate_hz": 0.15}
_FLOORS = {"energy_db": 2.0, "f0_st": 1.5, "rate_hz": 0.6}  # less spread than this is not a mood
_FARTHEST = 3.0
_SHARPNESS = 1.5
_HONESTY = 0.6  # the rest is spread evenly: prosody alone is right about that often

_HOP = SAMPLE_RATE_HZ // 100
_FRAME = 4 * _HOP  # 40 ms hold three periods of 75 Hz
_LOWEST_HZ, _HIGHEST_HZ = 75.0, 500.0
_DECIMATION = 2
_PITCH_BAND_HZ = 800.0  # above, formants only blur the peaks (Markel 1972); gone at twice that
_VOICED = 0.45
_OCTAVE_COST = 0.06
_RANGE_DB = 30.0
_DIP_DB = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What one stretch sounds like; None where there is nothing to measure it on.

    Args:
        energy_db: Mean level of its speech, dB re full scale.
        f0_st: Median pitch of its voiced frames, semitones re 1 Hz.
        f0_range_st: Distance of the 10th from the 90th percentile of pitch, semitones.
        voiced_ratio: Share of its speech frames that are voiced, 0..1.
        rate_hz: Energy peaks (nearly: syllables) a second of speech.
    """

    energy_db: float | None = None
    f0_st: float | None = None
    f0_range_st: float | None = None
    voiced_ratio: float = 0.0
    rate_hz: float | None = None


def cut_windows(start_ms: int, end_ms: int, activity: Activity) -> list[tuple[int, int]]:
    """A turn as consecutive windows of 3-10 s, cut where the voice is least active.

    Args:
        start_ms: The turn's start.
        end_ms: Its end.
        activity: Voice activity in the same media time.

    Returns:
        Spans that cover the turn; one, where it is not longer than 10 s.
    """
    windows: list[tuple[int, int]] = []
    while end_ms - start_ms > LONGEST_MS:
        last_ms = min(start_ms + LONGEST_MS, end_ms - SHORTEST_MS)
        cut_ms = _quietest(start_ms + SHORTEST_MS, last_ms, activity)
        windows.append((start_ms, cut_ms))
        start_ms = cut_ms
    windows.append((start_ms, end_ms))
    return windows


def measure(samples: NDArray[np.float32], speech: NDArray[np.bool_] | None = None) -> Voice:
    """Loudness, pitch and rate of one stretch.

    Args:
        samples: float32, 16 kHz mono, shape [n].
        speech: Whether somebody speaks, one value per 10 ms, shape [n / 160]; None for "find the
            frames within 30 dB of the loudest".
    """
    sound = np.asarray(samples, dtype=np.float32)
    if len(sound) < _FRAME:
        return Voice()
    level_db = _levels(sound)
    loud = level_db > max(float(level_db.max()) - _RANGE_DB, -90.0)
    if speech is not None:
        spoken = loud & _fitted(speech, len(loud))
        loud = spoken if spoken.any() else loud
    if not loud.any():
        return Voice()
    f0_hz = track_pitch(sound)[: len(loud)]
    speaking = loud[: len(f0_hz)]
    voiced = f0_hz[speaking & (f0_hz > 0)]
    energy_db = 10.0 * math.log10(float(np.mean(10.0 ** (level_db[loud] / 10.0))))
    pitch = 12.0 * np.log2(voiced) if len(voiced) >= 5 else None
    low_st, middle_st, high_st = (
        (None, None, None) if pitch is None else np.percentile(pitch, (10, 50, 90)).tolist()
    )
    return Voice(
        energy_db=energy_db,
        f0_st=middle_st,
        f0_range_st=None if low_st is None else high_st - low_st,
        voiced_ratio=len(voiced) / max(1, int(speaking.sum())),
        rate_hz=_count_peaks(level_db, loud) / max(0.3, float(loud.sum()) / 100.0),
    )


def track_pitch(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """Fundamental frequency per 10 ms, 0 where there is no voice.

    The autocorrelation of the windowed sound divided by that of the window, its highest peak
    between 75 and 500 Hz with a small cost per octave down, refined by a parabola: Boersma 1993,
    "Accurate short-term analysis of the fundamental frequency", without his path search. At 8 kHz,
    since no voice has its pitch above.

    Args:
        samples: float32, 16 kHz mono, shape [n].

    Returns:
        Hz, shape [(n - 640) / 160 + 1]; frame `i` covers samples `[160 i, 160 i + 640)`.
    """
    if len(samples) < _FRAME:
        return np.zeros(0)
    even = len(samples) // _DECIMATION * _DECIMATION
    slow = samples[:even].reshape(-1, _DECIMATION).mean(axis=1)
    rate_hz = SAMPLE_RATE_HZ / _DECIMATION
    length, hop = _FRAME // _DECIMATION, _HOP // _DECIMATION
    frames = np.lib.stride_tricks.sliding_window_view(slow, length)[::hop]
    window = np.hanning(length + 2)[1:-1].astype(np.float32)
    frames = (frames - frames.mean(axis=1, keepdims=True)) * window
    size = 1 << (2 * length - 1).bit_length()
    tilt = np.clip(2.0 - np.fft.rfftfreq(size, 1.0 / rate_hz) / _PITCH_BAND_HZ, 0.0, 1.0)
    correlation = np.fft.irfft(np.abs(np.fft.rfft(frames, size)) ** 2 * tilt, size)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2, size)
    first, last = int(rate_hz / _HIGHEST_HZ), int(rate_hz / _LOWEST_HZ) + 1
    power = correlation[:, :1]
    normal = correlation[:, first - 1 : last + 2] / np.maximum(power, 1e-9)
    normal = normal / (own[first - 1 : last + 2] / own[0])
    lags = np.arange(first, last + 1)
    before, at, after = normal[:, :-2], normal[:, 1:-1], normal[:, 2:]
    bend = np.minimum(before - 2 * at + after, -1e-9)
    shift = 0.5 * (before - after) / bend
    height = at - 0.25 * (before - after) * shift
    peak = (at >= before) & (at > after)
    strength = np.where(peak, height - _OCTAVE_COST * np.log2(lags / first), -np.inf)
    rows, best = np.arange(len(frames)), strength.argmax(axis=1)
    heard = (strength[rows, best] > _VOICED) & (power[:, 0] > 1e-9)
    return np.where(heard, rate_hz / (lags[best] + shift[rows, best]), 0.0)


def deviations(voices: Sequence[Voice], speakers: Sequence[str]) -> list[float]:
    """How far each stretch lies from its speaker's own manner: weighted robust z-scores.

    0.5 zEnergy + 0.35 zPitch + 0.15 zRate, each |z| at most 3. Median and scaled median deviation
    stand for mean and spread (Iglewicz and Hoaglin 1993), so that one outburst among five stretches
    does not become its own baseline. A speaker with fewer than five stretches is compared with all
    of them in energy and rate, but in pitch with himself only: a woman among men is not excited.

    Args:
        voices: One per stretch.
        speakers: Who speaks it; same length.

    Returns:
        One number per stretch, about -3..3; 0 where nothing can be compared.
    """
    totals = np.zeros(len(voices))
    labels = np.array(speakers, dtype=object)
    for name, weight in _WEIGHTS.items():
        values = np.array(
            [math.nan if (v := getattr(voice, name)) is None else v for voice in voices],
            dtype=np.float64,
        )
        totals += weight * _scores(values, labels, floor=_FLOORS[name], own=name == "f0_st")
    return [float(total) for total in totals]


def arousal(deviation: float) -> float:
    """A deviation as arousal in 0..1; 0.5 is the speaker's usual manner."""
    return 0.5 + 0.5 * math.tanh(deviation)


def label_scores(deviation: float) -> tuple[tuple[str, float], ...]:
    """A distribution over calm, neutral, excited whose best label changes at `BOUND`.

    A softmax over the deviation, drawn towards even odds: no score exceeds 0.74, since prosody
    alone is a weak witness.
    """
    logits = np.array([-deviation, BOUND, deviation]) * _SHARPNESS
    odds = np.exp(logits - logits.max())
    shares = _HONESTY * odds / odds.sum() + (1.0 - _HONESTY) / len(LABELS)
    return tuple((label, float(share)) for label, share in zip(LABELS, shares, strict=True))


def _quietest(first_ms: int, last_ms: int, activity: Activity) -> int:
    probabilities = np.frombuffer(activity.probabilities, dtype=np.uint8)
    first = max(0, (first_ms - activity.offset_ms) // activity.frame_ms)
    last = min(len(probabilities), (last_ms - activity.offset_ms) // activity.frame_ms)
    if last <= first:
        return last_ms
    around = np.pad(probabilities.astype(np.float64)[first:last], 5, mode="edge")
    smooth = np.convolve(around, np.ones(11) / 11, mode="valid")
    lowest = np.flatnonzero(smooth <= smooth.min() + 1e-9)
    frame = first + int(lowest[-1])  # the last of equals: fewer, longer windows
    middle_ms = activity.offset_ms + frame * activity.frame_ms + activity.frame_ms // 2
    return min(max(middle_ms, first_ms), last_ms)


def _levels(sound: NDArray[np.float32]) -> NDArray[np.float64]:
    """Level per 10 ms in dB, over 40 ms; shape [(n - 640) / 160 + 1]."""
    squares = np.concatenate(([0.0], np.cumsum(sound.astype(np.float64) ** 2)))
    starts = np.arange(0, len(sound) - _FRAME + 1, _HOP)
    power = (squares[starts + _FRAME] - squares[starts]) / _FRAME
    return 10.0 * np.log10(np.maximum(power, 1e-10))


def _fitted(speech: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
    fitted = np.zeros(count, dtype=np.bool_)
    fitted[: min(count, len(speech))] = speech[:count]
    return fitted


def _count_peaks(level_db: NDArray[np.float64], loud: NDArray[np.bool_]) -> int:
    """Peaks of loudness with dips of 2 dB between (de Jong and Wempe 2009: syllable nuclei)."""
    smooth = np.convolve(np.pad(level_db, 2, mode="edge"), np.ones(5) / 5, mode="valid")
    turns = np.flatnonzero(np.diff(np.sign(np.diff(smooth))) != 0) + 1
    points = [0, *turns.tolist(), len(smooth) - 1]
    count, highest, lowest, at = 0, -math.inf, math.inf, 0
    rising = True
    for index in points:
        value = float(smooth[index])
        if rising:
            if value > highest:
                highest, at = value, index
            elif value < highest - _DIP_DB:
                count += bool(loud[at])
                rising, lowest = False, value
        elif value < lowest:
            lowest = value
        elif value > lowest + _DIP_DB:
            rising, highest, at = True, value, index
    return count + int(rising and highest > -math.inf and bool(loud[at]))


def _scores(
    values: NDArray[np.float64], labels: NDArray[np.object_], *, floor: float, own: bool
) -> NDArray[np.float64]:
    scores = np.zeros(len(values))
    known = np.isfinite(values)
    for label in dict.fromkeys(labels.tolist()):
        mine = known & (labels == label)
        enough = int(mine.sum()) >= BASELINE_WINDOWS
        basis = mine if enough or own else known
        if not basis.any():
            continue
        centre = float(np.median(values[basis]))
        spread = max(floor, 1.4826 * float(np.median(np.abs(values[basis] - centre))))
        scores[mine] = np.clip((values[mine] - centre) / spread, -_FARTHEST, _FARTHEST)
    return scores
