"""Any decoded audio frame to 16 kHz mono, across changes of rate, layout and sample format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.model.media import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

RATES_HZ = range(1000, 1_536_001)
"""Sample rates that are believed: beyond them one frame could become gigabytes."""

OPPOSITE_SHARE = 0.04
"""Where the sum of two channels has less than this share (-14 dB) of the energy of their
difference, they cancel each other out."""

_KINDS = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "flt": np.float32, "dbl": np.float64}
_FULL_SCALE = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0, "flt": 1.0, "dbl": 1.0}


class Mixer:
    """Mixes down and resamples frames of one shape at a time.

    Layouts that FFmpeg knows are mixed by its rules (5.1: centre and fronts at -3 dB, normalised);
    where the container does not say what the channels are, they are averaged. Two channels in
    opposite phase (a microphone wired the wrong way round, a recorder's fault) would be silence:
    there the second is turned over first. Each frame is judged alone, so that a section is the same
    sound as in the whole.

    Args:
        channel: Take this channel alone, counted from 0, and mix nothing; a frame that has fewer
            gives its first. None for all of them together.
    """

    def __init__(self, channel: int | None = None) -> None:
        self._channel = channel
        self._shape: tuple[int, str, str] | None = None
        self._resampler: Any = None

    def fits(self, frame: Any) -> bool:
        """Whether the frame has the shape of the one before."""
        return self._shape == _shape(frame)

    def push(self, frame: Any) -> Iterator[NDArray[np.int16]]:
        """The samples that are ready after this frame; a frame of another shape needs `flush`.

        Raises:
            ValueError: The frame cannot be converted, or has an incredible rate.
            av.error.FFmpegError: Likewise.
        """
        import av

        if frame.sample_rate not in RATES_HZ:
            raise ValueError(f"a sample rate of {frame.sample_rate} Hz")
        if self._resampler is None:
            self._shape = _shape(frame)
            self._resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
        if self._channel is not None:
            frame = _alone(frame, self._channel)
        elif frame.layout.nb_channels == 2 and _is_opposite(frame):
            frame = _turned(frame)
        if frame.layout.name.endswith(" channels"):
            frame = _average(frame)
        yield from map(_samples, self._resampler.resample(frame))

    def flush(self) -> Iterator[NDArray[np.int16]]:
        """The samples still inside; the next frame may have any shape."""
        resampler, self._resampler, self._shape = self._resampler, None, None
        if resampler is not None:
            yield from map(_samples, resampler.resample(None))

    def reset(self) -> None:
        """Forget what is inside."""
        self._resampler, self._shape = None, None


def _shape(frame: Any) -> tuple[int, str, str]:
    return frame.sample_rate, frame.layout.name, frame.format.name


def _samples(frame: Any) -> NDArray[np.int16]:
    return np.frombuffer(frame.planes[0], dtype=np.int16, count=frame.samples)


def _channels(frame: Any) -> NDArray[Any]:
    """The numbers of a frame as they are, shape [channels, samples]."""
    values: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    return values


def _is_opposite(frame: Any) -> bool:
    """Whether two channels cancel each other out; not where either has no sound."""
    kind = frame.format.name.removesuffix("p")
    if kind not in _KINDS:  # numpy gets no numbers of other formats
        return False
    # Read in place: this is asked of every frame, and a copy costs as much as all the rest.
    count = frame.samples if frame.format.is_planar else 2 * frame.samples
    planes = [np.frombuffer(plane, _KINDS[kind], count) for plane in frame.planes]
    if not frame.format.is_planar:
        planes = [planes[0][0::2], planes[0][1::2]]
    left, right = (plane.astype(np.float32) for plane in planes)
    if kind == "u8":
        left, right = left - 128.0, right - 128.0
    product = float(np.dot(left, right))
    if not product < 0.0:
        return False
    energy = float(np.dot(left, left)) + float(np.dot(right, right))
    return energy + 2 * product < OPPOSITE_SHARE * (energy - 2 * product)


def _turned(frame: Any) -> Any:
    """A frame of two channels with the second upside down; the same format."""
    values = _channels(frame).copy()
    if values.dtype.kind == "f":
        values[1] = -values[1]
    else:
        values[1] = ~values[1]  # -x - 1, since the lowest number has no opposite
    if not frame.format.is_planar:
        values = values.T.reshape(1, -1)
    return _like(frame, values, frame.format.name, frame.layout.name)


def _alone(frame: Any, channel: int) -> Any:
    """One channel of a frame; a frame of one channel as it is."""
    count = frame.layout.nb_channels
    if count == 1:
        return frame
    return _mono(frame, _channels(frame)[channel if channel < count else 0].astype(np.float64))


def _average(frame: Any) -> Any:
    return _mono(frame, _channels(frame).mean(axis=0, dtype=np.float64))


def _mono(frame: Any, values: NDArray[np.float64]) -> Any:
    """Numbers of a frame's own scale, shape [samples], as a frame of one channel."""
    kind = frame.format.name.removesuffix("p")
    middle = 128.0 if kind == "u8" else 0.0
    mono = (values - middle) / _FULL_SCALE[kind]
    return _like(frame, mono[None, :].astype(np.float32), "flt", "mono")


def _like(frame: Any, values: NDArray[Any], form: str, layout: str) -> Any:
    """A frame of other numbers at the place of a frame."""
    import av

    made = av.AudioFrame.from_ndarray(np.ascontiguousarray(values), form, layout)
    made.sample_rate, made.pts, made.time_base = frame.sample_rate, frame.pts, frame.time_base
    return made
