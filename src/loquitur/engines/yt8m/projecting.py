"""The published PCA: out of the files that it was published in, and onto a network's numbers.

Pictures: y = (x - mean) V / sqrt(lambda + 1e-4), the first 1,024 of 2,048 components
(`feature_extractor.py` of google/youtube-8m: `mean.npy` [2048, 1], `eigenvals.npy` [>= 1024, 1],
`eigenvecs.npy` with an eigenvector a row). Sound: y = M (x - mean), whitening within M
(`vggish_postprocess.py` of tensorflow/models: `pca_eigen_vectors` [128, 128], `pca_means`).
MediaPipe's `.pb` of either are messages `MatrixData` (mediapipe/framework/formats/
matrix_data.proto), a mean and a matrix that holds the whitening too.

Then 8 bits, as published: cut to -2..2, q = floor((y + 2) * 255 / 4).
"""

from __future__ import annotations

import math
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import InputError
from loquitur.text import display
from loquitur.vision.labels.records.quantising import dequantise, quantise
from loquitur.vision.labels.records.wire import (
    BYTES,
    FIXED32,
    VARINT,
    WireError,
    fields,
    read_varint,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_EPSILON = 1e-4
"""Beside the eigenvalues, `feature_extractor.py`."""
_MOST_BYTES = 256 << 20
"""Of a file; the largest published one has 32 MiB."""
_VECTORS, _MEANS = "pca_eigen_vectors", "pca_means"
_ROWS, _COLS, _DATA, _LAYOUT = 1, 2, 3, 4
_ROW_MAJOR = 1
_MOST_SIDE = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pca:
    """A PCA with whitening.

    Args:
        mean: float32 [d].
        matrix: float32 [d, k].
        scale: float32 [k], by which is divided in the end.
    """

    mean: NDArray[np.float32]
    matrix: NDArray[np.float32]
    scale: NDArray[np.float32]

    def apply(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows [n, d] of a network as YouTube-8M has them: projected, of 256 levels; [n, k].

        They are the numbers that 8 bits stand for, so that keeping them as 8 bits once more loses
        nothing. Each row goes by itself: its levels do not depend on what stands beside it.
        """
        found = np.empty((len(rows), self.matrix.shape[1]), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # what is no number is told below
            for at, row in enumerate(rows):
                found[at] = ((row - self.mean) @ self.matrix) / self.scale
        if np.isnan(found).any():
            raise InputError(
                "the published PCA makes what are no numbers: it is damaged, or the network is",
                code="LQ-NO-MODEL",
            )
        return dequantise(quantise(found))


def read_pca(files: Sequence[Path], read: int, given: int) -> Pca:
    """The PCA in files of one of the forms of `files.Needed`.

    Args:
        files: As `files.find` gave them.
        read: Numbers a row that the network gives.
        given: Numbers a row in YouTube-8M.

    Raises:
        InputError: A file is damaged, of another size, or holds what is no number.
    """
    first = files[0]
    ones = np.ones(given, np.float32)
    if first.suffix == ".npz":
        named = _archive(first)
        mean = _column(named[_MEANS], read, first)
        matrix = _sized(named[_VECTORS], (given, read), first).T
        found = Pca(mean=mean, matrix=np.ascontiguousarray(matrix), scale=ones)
    elif first.suffix == ".npy":
        mean, values, vectors = (_array(path) for path in files)
        values = _first_column(values, given, files[1])
        if (values < 0).any():
            raise _refused(files[1], "has eigenvalues below 0")
        vectors = vectors[:given] if vectors.ndim == 2 else vectors
        found = Pca(
            mean=_column(mean, read, first),
            matrix=np.ascontiguousarray(_sized(vectors, (given, read), files[2]).T),
            scale=np.sqrt(values + np.float32(_EPSILON)),
        )
    else:
        matrix = _sized(read_matrix(files[1]), (given, read), files[1]).T
        found = Pca(
            mean=_column(read_matrix(first), read, first),
            matrix=np.ascontiguousarray(matrix),
            scale=ones,
        )
    for name in ("mean", "matrix", "scale"):
        if not np.isfinite(getattr(found, name)).all():
            raise InputError(
                f"{display(str(first.parent))}: the PCA holds what is no number",
                hint="bring its files once more",
                code="LQ-NO-MODEL",
            )
    return found


def read_matrix(path: Path) -> NDArray[np.float32]:
    """A matrix out of a message `MatrixData` of MediaPipe; float32 [rows, cols].

    Raises:
        InputError: It is none.
    """
    data = memoryview(_bytes(path))
    sizes = {_ROWS: 0, _COLS: 0, _LAYOUT: 0}
    pieces: list[memoryview] = []
    try:
        for number, kind, start, stop in fields(data, 0, len(data)):
            if number in sizes and kind == VARINT:
                sizes[number] = read_varint(data, start, stop)[0]
            elif number == _DATA and kind in (BYTES, FIXED32):
                pieces.append(data[start:stop])
    except WireError as exc:
        raise _refused(path, f"is no matrix of MediaPipe: {exc}") from exc
    rows, cols = sizes[_ROWS], sizes[_COLS]
    content = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    if max(rows, cols) > _MOST_SIDE or len(content) != 4 * rows * cols or not len(content):
        raise _refused(path, f"says {rows} x {cols} and has {len(content)} bytes of numbers")
    values = np.frombuffer(content, dtype="<f4")
    if sizes[_LAYOUT] == _ROW_MAJOR:
        return values.reshape(rows, cols)
    return values.reshape(cols, rows).T


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _refused(path, "is too large for a PCA")
        return path.read_bytes()
    except OSError as exc:
        raise _refused(path, f"cannot be read: {exc.strerror}") from exc


def _array(path: Path) -> NDArray[Any]:
    """What an `.npy` holds; nothing in it is run."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise _refused(path, "is too large for a PCA")
        found: NDArray[Any] = np.load(path, allow_pickle=False, mmap_mode=None)
    except (OSError, ValueError, EOFError, MemoryError, SyntaxError) as exc:
        raise _refused(path, f"is no array: {str(exc)[:120]}") from exc
    return found


def _archive(path: Path) -> dict[str, NDArray[Any]]:
    """The two arrays of an `.npz`, which unpacked are as large as they say."""
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(one.file_size for one in archive.infolist()) > _MOST_BYTES:
                raise _refused(path, "is too large for a PCA")
        with np.load(path, allow_pickle=False) as opened:
            return {name: opened[name] for name in (_VECTORS, _MEANS)}
    except KeyError as exc:
        raise _refused(path, f"has no array {exc}") from exc
    except (OSError, ValueError, EOFError, MemoryError, SyntaxError, zipfile.BadZipFile) as exc:
        raise _refused(path, f"is no archive of arrays: {str(exc)[:120]}") from exc


def _sized(values: NDArray[Any], shape: tuple[int, int], path: Path) -> NDArray[np.float32]:
    if values.shape != shape or values.dtype.kind != "f":
        raise _refused(
            path, f"holds {values.dtype} {list(values.shape)}, expected floats {list(shape)}"
        )
    with np.errstate(over="ignore"):  # what is beyond float32 is infinite, and told as such
        found: NDArray[np.float32] = values.astype(np.float32)
    return found


def _column(values: NDArray[Any], count: int, path: Path) -> NDArray[np.float32]:
    """A vector, whether it was kept as [n], [n, 1] or [1, n]."""
    if values.ndim > 2 or math.prod(values.shape) != max((1, *values.shape)):
        raise _refused(path, f"holds {list(values.shape)}, expected a vector of {count}")
    found: NDArray[np.float32] = _sized(values.reshape(1, -1), (1, count), path)[0]
    return found


def _first_column(values: NDArray[Any], count: int, path: Path) -> NDArray[np.float32]:
    """The first numbers of a vector that may have more."""
    flat = values[:, 0] if values.ndim == 2 and values.shape[1] else values
    return _column(flat[:count] if flat.ndim else flat, count, path)


def _refused(path: Path, why: str) -> InputError:
    return InputError(
        f"{display(str(path))} {why}", hint="bring the file once more", code="LQ-NO-MODEL"
    )
