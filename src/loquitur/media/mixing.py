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

_FULL_SCALE = {"u8": 128.0, "s16": 32768.0, "s32": 2147483648.0, "flt": 1.0, "dbl": 1.0}


class Mixer:
    """Mixes down and resamples frames of one shape at a time.

    Layouts that FFmpeg knows are mixed by its rules (5.1: centre and fronts at -3 dB, normalised);
    where the container does not say what the channels are, they are averaged.
    """

    def __init__(self) -> None:
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


def _average(frame: Any) -> Any:
    import av

    values = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    kind = frame.format.name.removesuffix("p")
    middle = 128.0 if kind == "u8" else 0.0
    mono = (values.mean(axis=0, dtype=np.float64) - middle) / _FULL_SCALE[kind]
    mixed = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(mono[None, :], dtype=np.float32), format="flt", layout="mono"
    )
    mixed.sample_rate, mixed.pts, mixed.time_base = frame.sample_rate, frame.pts, frame.time_base
    return mixed
