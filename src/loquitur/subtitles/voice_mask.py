"""When somebody speaks, in a form that is asked where cues fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.floating[Any]]

_AWAY_MS = 2_000
"""A fit that is this near to the best one is the same."""
_LEAST_CORRELATION = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceMask:
    """When somebody speaks.

    Args:
        levels: How sure speech is, 0..1 for each frame; shape [n].
        frame_ms: The length of a frame.
        offset_ms: Media time of the first frame.
    """

    levels: Floats
    frame_ms: int
    offset_ms: int = 0

    def __post_init__(self) -> None:
        if self.frame_ms <= 0 or self.levels.ndim != 1:
            raise ValueError("a voice mask has one row of frames of some length")

    @classmethod
    def of_bytes(cls, probabilities: bytes, frame_ms: int, offset_ms: int = 0) -> VoiceMask:
        """The mask of stored activity, one byte per frame (`model.speech.Activity`)."""
        levels = np.frombuffer(probabilities, dtype=np.uint8).astype(np.float64) / 255.0
        return cls(levels=levels, frame_ms=frame_ms, offset_ms=offset_ms)


class VoiceField:
    """The voice activity in a form that is asked for sums over spans, at once for many offsets."""

    def __init__(self, mask: VoiceMask) -> None:
        self.frame_ms = mask.frame_ms
        self.offset_ms = mask.offset_ms
        self.levels = mask.levels
        self.length_ms = mask.levels.size * mask.frame_ms
        # speech counts for a cue and silence against it; the mean of both is naught
        self._signed = np.clip(mask.levels, 0.02, 0.98) - 0.5
        self._sums = np.concatenate([[0.0], np.cumsum(self._signed)]) * mask.frame_ms / 1000.0
        self._left = 0
        self._padded: Floats = self._sums

    def upto(self, times_ms: Floats) -> Floats:
        """Speech less silence from the beginning up to some media times, in seconds / 2.

        Outside of the sound there is silence.
        """
        inside = (times_ms - self.offset_ms) / self.frame_ms
        held = np.clip(inside, 0, self._signed.size)
        low = held.astype(np.int64)
        after = np.minimum(low + 1, self._signed.size)
        part = held - low
        sums = self._sums[low] * (1 - part) + self._sums[after] * part
        return np.asarray(sums - 0.5 * (inside - held) * self.frame_ms / 1000.0)

    def upto_row(self, first_ms: float, step: int, count: int) -> Floats:
        """`upto` for a row of times with so many frames from one to the next."""
        place = (first_ms - self.offset_ms) / self.frame_ms
        low = int(np.floor(place))
        part = place - low
        last = low + step * (count - 1) + 1
        if low < self._left or last >= self._left + self._padded.size:
            self._pad(low, last)
        at = low - self._left
        end = at + step * (count - 1) + 1
        row = self._padded[at:end:step] * (1 - part)
        row += self._padded[at + 1 : end + 1 : step] * part
        return row

    def _pad(self, low: int, last: int) -> None:
        """Sums from a frame to another one, silence outside of the sound."""
        self._left = min(low, self._left) - self._sums.size
        right = max(last, self._left + self._padded.size) + self._sums.size
        places = np.arange(self._left, right + 1, dtype=np.float64)
        self._padded = self.upto(places * self.frame_ms + self.offset_ms)

    def correlations(self, spans: Floats) -> tuple[Floats, int]:
        """Correlation of speech with a mask of cues at every lag in frames; and the lag of [0].

        At lag k the cues are moved later by k frames.
        """
        count = self.levels.size
        first = min(0.0, float(spans[:, 0].min()) - self.offset_ms)
        last = max(float(spans[:, 1].max()) - self.offset_ms, 1.0)
        base = int(np.floor(first / self.frame_ms))
        width = int(np.ceil(last / self.frame_ms)) - base + 1
        cues = coverage((spans - self.offset_ms) / self.frame_ms - base, width)
        voice = self.levels - self.levels.mean()
        cues = cues - cues.mean()
        size = 1 << int(np.ceil(np.log2(count + width + 1)))
        product = np.fft.irfft(np.fft.rfft(voice, size) * np.conj(np.fft.rfft(cues, size)), size)
        norm = float(np.sqrt((voice**2).sum() * (cues**2).sum())) or 1.0
        ordered = np.concatenate([product[size - width :], product[:count]]) / norm
        return ordered, -width - base

    def sureness(self, spans: Floats) -> tuple[float, float]:
        """Of cues where they are: how much better than elsewhere, and the correlation itself."""
        values, first = self.correlations(spans)
        away = max(1, _AWAY_MS // self.frame_ms)
        near = int(np.clip(-first, 0, values.size - 1))
        low, high = max(0, near - away), near + away + 1
        here = float(values[max(0, near - 8) : near + 9].max())
        rest = np.concatenate([values[:low], values[high:]])
        elsewhere = max(float(rest.max()) if rest.size else 0.0, _LEAST_CORRELATION)
        return here / elsewhere, here


def coverage(spans: Floats, width: int) -> Floats:
    """How much of each frame some spans cover, 0..1; spans in frames, over one another once."""
    steps = np.zeros(width + 2)
    merged: list[list[float]] = []
    for start, end in sorted(spans.tolist()):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    for start, end in merged:
        for place, sign in ((start, 1.0), (end, -1.0)):
            held = min(max(place, 0.0), float(width))
            low = int(held)
            steps[low] += sign * (1 - (held - low))
            steps[low + 1] += sign * (held - low)
    return np.asarray(np.cumsum(steps)[:width])
