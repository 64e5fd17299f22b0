"""The sound under the sample's voices: a plucked tune, a pad and the sea, all computed.

The tune is ours (four chords in D, plucked upwards); nothing is recorded. Everything follows from
a fixed seed, so that the same numpy gives the same samples.
"""

from __future__ import annotations

import numpy as np

RATE_HZ = 48_000
SPEECH_RMS = 0.085
_VOICE_RATE_HZ = 16_000
_SEA_RMS = 0.0022
_TUNE_PEAK = 0.13
_TUNE_PEAK_UNDER_SPEECH = 0.01
_SEED = 20_260
_BAR_S = 2.4
_CHORDS_HZ = (
    (146.83, 220.00, 293.66, 369.99),  # D
    (123.47, 185.00, 246.94, 293.66),  # B minor
    (98.00, 196.00, 246.94, 293.66),  # G
    (110.00, 164.81, 220.00, 277.18),  # A
)
_PATTERN = (0, 1, 2, 3, 2, 1, 3, 2)


def mix(
    *,
    duration_ms: int,
    voices: list[tuple[int, np.ndarray, float]],
    speech: list[tuple[int, int]],
    music: list[tuple[int, int]],
) -> np.ndarray:
    """Lay voices, music and sea over one another.

    `voices` are (start_ms, samples at 16 kHz, place 0 left .. 1 right); `speech` and `music` are
    spans in ms: the music steps back under speech. Gives int16, shape (samples, 2), at 48 kHz.
    """
    length = duration_ms * RATE_HZ // 1000
    out = _SEA_RMS * _sea(length, _SEED)
    out += _tune_level(length, speech, music)[:, None] * _tune(length)
    for start_ms, samples, place in voices:
        start = start_ms * RATE_HZ // 1000
        loud = _triple_rate(samples)
        sides = np.sqrt(2) * np.array([np.sqrt(1 - place), np.sqrt(place)])
        out[start : start + len(loud)] += loud[:, None] * sides
    fade = np.minimum(1, (length - np.arange(length)) / RATE_HZ)
    out = np.tanh(out * fade[:, None])
    return np.round(out * 32767).astype("<i2")


def _tune_level(
    length: int, speech: list[tuple[int, int]], music: list[tuple[int, int]]
) -> np.ndarray:
    """Give the music's gain: on in `music`, stepped back around `speech`, without jumps."""
    step_ms = 10
    level = np.zeros(length * 1000 // RATE_HZ // step_ms + 1)
    for start_ms, end_ms in music:
        level[start_ms // step_ms : end_ms // step_ms] = _TUNE_PEAK
    for start_ms, end_ms in speech:
        part = slice(max(0, start_ms - 300) // step_ms, (end_ms + 700) // step_ms)
        level[part] = np.minimum(level[part], _TUNE_PEAK_UNDER_SPEECH)
    bell = np.hanning(61)
    level = np.convolve(level, bell / bell.sum(), mode="same")
    return np.interp(np.arange(length), np.arange(len(level)) * step_ms * RATE_HZ // 1000, level)


def _triple_rate(samples: np.ndarray) -> np.ndarray:
    """Go from 16 kHz to 48 kHz by filling the spectrum with zeros (exact below 8 kHz)."""
    spectrum = np.fft.rfft(samples)
    ratio = RATE_HZ // _VOICE_RATE_HZ
    return np.fft.irfft(spectrum, len(samples) * ratio) * ratio


def _tune(length: int) -> np.ndarray:
    """Give `length` samples of stereo music, shape (length, 2), peak 1."""
    out = np.zeros((length, 2))
    step = int(_BAR_S / len(_PATTERN) * RATE_HZ)
    for index, start in enumerate(range(0, length, step)):
        chord = _CHORDS_HZ[index // len(_PATTERN) % len(_CHORDS_HZ)]
        note = _pluck(chord[_PATTERN[index % len(_PATTERN)]] * 2)
        pan = 0.5 + 0.3 * np.sin(index * 1.7)
        _add(out, note, start, (1 - pan, pan))
    for index, start in enumerate(range(0, length, step * len(_PATTERN))):
        for rank, pitch_hz in enumerate(_CHORDS_HZ[index % len(_CHORDS_HZ)]):
            side = 0.35 + 0.1 * rank
            _add(out, 0.22 * _pad(pitch_hz), start, (side, 1 - side))
    out /= np.abs(out).max()
    return out


def _sea(length: int, seed: int) -> np.ndarray:
    """Give `length` samples of stereo surf, shape (length, 2), root mean square 1."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(length) / RATE_HZ
    sides = []
    for side in range(2):
        spectrum = np.fft.rfft(rng.standard_normal(length))
        frequency_hz = np.fft.rfftfreq(length, 1 / RATE_HZ)
        tilt = np.sqrt(np.maximum(frequency_hz, 1) / 300)
        spectrum *= tilt / (1 + (np.maximum(frequency_hz, 1) / 500) ** 1.6)
        swell = 0.62 + 0.38 * np.sin(2 * np.pi * (0.11 * time_s + 0.12 * side))
        sides.append(np.fft.irfft(spectrum, length) * swell)
    out = np.stack(sides, axis=1)
    out /= np.sqrt((out**2).mean())
    return out


def _pluck(pitch_hz: float, length_s: float = 1.6) -> np.ndarray:
    time_s = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    note = np.zeros_like(time_s)
    for harmonic in range(1, 9):
        decay = np.exp(-time_s * (2.2 + 1.6 * harmonic))
        note += np.sin(2 * np.pi * harmonic * pitch_hz * time_s) * decay / harmonic**1.3
    attack = np.minimum(1, time_s / 0.004)
    release = np.minimum(1, (length_s - time_s) / 0.1)
    shaped: np.ndarray = note * attack * release
    return shaped


def _pad(pitch_hz: float) -> np.ndarray:
    length_s = _BAR_S * 1.25
    time_s = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
    swell = np.sin(np.pi * time_s / length_s) ** 0.8
    detuned = [np.sin(2 * np.pi * pitch_hz * detune * time_s) for detune in (0.997, 1.0, 1.003)]
    shaped: np.ndarray = swell * np.sum(detuned, axis=0)
    return shaped


def _add(out: np.ndarray, note: np.ndarray, start: int, sides: tuple[float, float]) -> None:
    part = note[: max(0, len(out) - start)]
    out[start : start + len(part)] += part[:, None] * np.array(sides)
