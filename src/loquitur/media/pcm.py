"""The file of decoded sound: 16 kHz mono signed 16-bit little-endian samples, and nothing else."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import CorruptError, FullError, StoreError
from loquitur.media.containers import shown
from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.timing import to_samples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Self

    from numpy.typing import NDArray

    from loquitur.model.media import Audio

SAMPLE_BYTES = 2
_HOLE_SAMPLES = 1 << 19
"""Longer silence (33 s) is left out of the file as a hole, which takes no room on the disk."""

_ANEW = "run again: what is damaged is made anew"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM})


class MappedSamples:
    """Decoded sound read by media time; the `Samples` of `loquitur.protocols`.

    Every read maps its own window of the file and lets it go again, so that memory stays at the
    size of what was asked for however long the sound is. Reads may run side by side.

    Args:
        path: The PCM file.
        audio: What is known of it.

    Raises:
        CorruptError: The file is not as long as `audio` says.
    """

    def __init__(self, path: Path, audio: Audio) -> None:
        self._path = path
        self._count = audio.sample_count
        self._offset_ms = audio.offset_ms
        try:
            size_bytes = path.stat().st_size
        except OSError as error:
            raise _unreadable(path, error) from error
        if size_bytes != self._count * SAMPLE_BYTES:
            raise CorruptError(
                f"{shown(path)}: {size_bytes} bytes of sound instead of "
                f"{self._count * SAMPLE_BYTES}",
                hint=_ANEW,
            )

    @property
    def offset_ms(self) -> int:
        """Media time of the first sample."""
        return self._offset_ms

    @property
    def end_ms(self) -> int:
        """Media time after the last sample, rounded up."""
        return self._offset_ms - (-self._count * 1000 // SAMPLE_RATE_HZ)

    def read(self, start_ms: int, end_ms: int) -> NDArray[np.float32]:
        """The samples of `[start_ms, end_ms)`, zeros where there are none; shape [n].

        Raises:
            CorruptError: The file has gone or lost its end since it was opened.
            StoreError: It cannot be read.
        """
        start = to_samples(start_ms - self._offset_ms, SAMPLE_RATE_HZ)
        stop = to_samples(end_ms - self._offset_ms, SAMPLE_RATE_HZ)
        samples = np.zeros(max(0, stop - start), dtype=np.float32)
        low, high = max(0, start), min(stop, self._count)
        if high > low:
            window = self._window(low, high)
            np.multiply(window, np.float32(1 / 32768), out=samples[low - start : high - start])
        return samples

    def _window(self, low: int, high: int) -> NDArray[np.int16]:
        try:
            return np.memmap(
                self._path,
                dtype="<i2",
                mode="r",
                offset=low * SAMPLE_BYTES,
                shape=(high - low,),
            )
        except OSError as error:
            raise _unreadable(self._path, error) from error
        except ValueError as error:  # mmap's word for a file that is too short
            raise CorruptError(
                f"{shown(self._path)}: the sound has lost its end", hint=_ANEW
            ) from error

    def blocks(self, length_ms: int) -> Iterator[NDArray[np.float32]]:
        """All samples from the first on, in blocks of `length_ms` (the last may be shorter)."""
        if length_ms <= 0:
            raise ValueError(f"length_ms must be positive: {length_ms}")
        size = to_samples(length_ms, SAMPLE_RATE_HZ)
        for first in range(0, self._count, size):
            start_ms = self._offset_ms + first * 1000 // SAMPLE_RATE_HZ
            yield self.read(start_ms, start_ms + length_ms)[: self._count - first]


class PcmFile:
    """Writes samples to a file; a context that closes it.

    Raises:
        FullError: The disk is full, or the place cannot be written.
        StoreError: The disk fails otherwise.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hole = False
        try:
            self._file = path.open("wb", buffering=1 << 20)
        except OSError as error:
            raise self._failed(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: Any) -> None:
        if kind is not None:
            with suppress(OSError):  # the first error is the one to tell
                self._file.close()
            return
        try:
            if self._hole:
                self._file.truncate(self._file.tell())
            self._file.close()
        except OSError as error:
            with suppress(OSError):
                self._file.close()
            raise self._failed(error) from error

    def write(self, samples: NDArray[np.int16]) -> None:
        """Take samples; shape [n]."""
        try:
            self._file.write(samples.astype("<i2", copy=False).tobytes())
        except OSError as error:
            raise self._failed(error) from error
        self._hole = False

    def skip(self, count: int) -> None:
        """Take `count` zeros."""
        if count <= _HOLE_SAMPLES:
            self.write(np.zeros(count, dtype=np.int16))
            return
        try:
            self._file.seek(count * SAMPLE_BYTES, os.SEEK_CUR)
        except OSError as error:
            raise self._failed(error) from error
        self._hole = True

    def _failed(self, error: OSError) -> StoreError:
        message = f"cannot write the sound to {shown(self._path)}: {error.strerror}"
        if error.errno in _FULL:
            return FullError(
                message, hint="one hour of sound takes 115 MB: make room or name another folder"
            )
        return StoreError(message)


def _unreadable(path: Path, error: OSError) -> StoreError:
    """The error for sound that cannot be read; one that is gone counts as damaged."""
    if isinstance(error, FileNotFoundError):
        return CorruptError(f"{shown(path)}: the sound is missing", hint=_ANEW)
    return StoreError(f"cannot read sound from {shown(path)}: {error.strerror}")
