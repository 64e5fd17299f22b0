"""Who speaks on which channel, where every speaker has one: what a line hears of the others goes.

A microphone also hears the neighbour's speaker, and a telephone line its own echo: quieter than
whom it belongs to, and voice to any detector. How much quieter is measured here for each ordered
pair of channels, from the moments in which one of them speaks; what is not clearly louder than that
is not that channel's own speech. Two who speak at once are both far louder than each other's bleed,
and both stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float32]
    Flags = NDArray[np.bool_]

LOWEST_DB = -100.0
SAME = 0.9999
"""Two channels that are one sound, whatever their loudness, correlate by more than this."""
ALIKE = 0.7
"""Over this one voice is in both channels: a stereo picture, not a channel each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrosstalkOptions:
    """What is taken for the sound of another channel.

    Args:
        margin_db: Own speech is so much louder than what the channel hears of the other.
        least_db: Even a channel that hears nothing of the other owns only what is not more than so
            much below it; negative.
        smooth_frames: Levels are compared over so many frames.
        voice: Speech probability from which a channel counts as speaking, 0..1.
    """

    margin_db: float = 9.0
    least_db: float = -30.0
    smooth_frames: int = 7
    voice: float = 0.35


class Likeness:
    """Sums from which the correlation of all pairs of channels follows, block by block."""

    def __init__(self, count: int) -> None:
        self._products = np.zeros((count, count))

    def add(self, block: Array) -> None:
        """Take the samples of all channels; shape [channels, n]."""
        wide = block.astype(np.float64)
        self._products += wide @ wide.T

    @property
    def sounding(self) -> Flags:
        """Which channels have any sound; shape [channels]."""
        return np.asarray(np.diag(self._products) > 0.0)

    def of(self, one: int, other: int) -> float:
        """The correlation of two channels, 0..1; 0 where one has no sound."""
        energy = self._products[one, one] * self._products[other, other]
        return abs(self._products[one, other]) / energy**0.5 if energy > 0.0 else 0.0

    def pairs(self, least: float) -> list[tuple[int, int]]:
        """The pairs that correlate by more than that."""
        pairs = combinations(range(len(self._products)), 2)
        return [pair for pair in pairs if self.of(*pair) > least]


def frame_levels_db(samples: Array, frame_samples: int) -> Array:
    """The level of each frame in dB of full scale; the last may be shorter.

    Args:
        samples: float32, shape [channels, n].
        frame_samples: Samples of a frame.

    Returns:
        Shape [channels, frames].
    """
    channels, count = samples.shape
    frames = -(-count // frame_samples)
    padded = np.zeros((channels, frames * frame_samples), np.float32)
    padded[:, :count] = samples
    power: Array = np.square(padded.reshape(channels, frames, frame_samples)).mean(axis=2)
    return _in_db(power)


def own_speech(
    levels_db: Array, probabilities: Array, *, options: CrosstalkOptions | None = None
) -> Flags:
    """Which frames of each channel can be its own speaker's; memory is linear in the frames.

    Args:
        levels_db: The level of each frame; shape [channels, frames].
        probabilities: Of speech, 0..1; shape [channels, frames].
        options: What counts as bleed.

    Returns:
        Shape [channels, frames]; True where nothing speaks against it, in silence too.
    """
    options = options or CrosstalkOptions()
    smooth = np.stack([_smoothed(row, options.smooth_frames) for row in levels_db])
    speaking = probabilities >= options.voice
    near = np.stack([_widened(row, options.smooth_frames) for row in speaking])
    own = np.ones(levels_db.shape, np.bool_)
    for one, other in combinations(range(len(levels_db)), 2):
        ratio = smooth[one] - smooth[other]
        low = _bleed_db(ratio, smooth[other], speaking[other])
        high = _bleed_db(-ratio, smooth[one], speaking[one])
        own[one] &= ~near[other] | (ratio >= _least_db(low, high, options))
        own[other] &= ~near[one] | (-ratio >= _least_db(high, low, options))
    return own


def _bleed_db(ratio: Array, other: Array, speaking: Flags) -> float | None:
    """How much louder a channel is than another that speaks, in dB; None where that never does.

    The bleed is what is left of a channel while the other alone speaks loudly: in any talk the
    lower end of their ratio.
    """
    if not speaking.any():
        return None
    loud = speaking & (other >= np.median(other[speaking]))
    return float(np.percentile(ratio[loud], 20))


def _least_db(bleed: float | None, back: float | None, options: CrosstalkOptions) -> float:
    """How much louder own speech is at least than another channel that speaks, in dB.

    Own speech and bleed are two heaps of the ratio, and the border lies in between. Where there is
    one heap, one voice is in both channels all the time: it belongs where it is louder.
    """
    if bleed is None or back is None:
        return options.least_db
    if -back - bleed < 2 * options.margin_db:
        return 0.0
    return max(min(bleed + options.margin_db, (bleed - back) / 2), options.least_db)


def _smoothed(levels_db: Array, frames: int) -> Array:
    """Levels of the mean power over a window around each frame."""
    power = np.power(10.0, levels_db / 10.0, dtype=np.float64)
    sums = np.concatenate([[0.0], np.cumsum(power)])
    half, count = frames // 2, len(levels_db)
    places = np.arange(count)
    low, high = np.maximum(places - half, 0), np.minimum(places + half + 1, count)
    mean = np.maximum(sums[high] - sums[low], 0.0) / (high - low)
    return _in_db(mean)


def _in_db(power: NDArray[Any]) -> Array:
    levels_db: Array = np.maximum(10.0 * np.log10(power + 1e-12), LOWEST_DB).astype(np.float32)
    return levels_db


def _widened(flags: Flags, frames: int) -> Flags:
    """Flags that also hold half a window before and after."""
    sums = np.concatenate([[0], np.cumsum(flags)])
    half, count = frames // 2, len(flags)
    places = np.arange(count)
    low, high = np.maximum(places - half, 0), np.minimum(places + half + 1, count)
    return np.asarray(sums[high] > sums[low])


def speaker_of(channel: int) -> str:
    """The label of whoever speaks on a channel, counted from 0."""
    return f"SPEAKER_{channel:02d}"
