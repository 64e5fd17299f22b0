"""Features of an encoder brought to the size and the range in which a data set keeps them.

YouTube-8M's features went through a PCA with whitening and were cut to -2..2 before they became
8 bits (Abu-El-Haija et al. 2016, https://arxiv.org/abs/1609.08675, section 3.2). The same is done
here, with figures of one's own: they are fitted on rows of training videos, kept in a file beside
the shards, and go with every model that is trained on them. Features that went through another
projection are other features.

- `pca`: y = (x - mean) V / sqrt(lambda + floor): the components of most variance, each of
  variance 1. The floor, a hundredth of the mean variance, keeps noise from being blown up.
- `standard`: y = (x - mean) / (std + floor), for features that are to keep their size.

The file is a safetensors file of `mean` [d] and `matrix` [d, k] (`pca`) or `scale` [d].
"""

from __future__ import annotations

import hashlib
import json
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import numpy as np

from loquitur.conversion import convert, decoder
from loquitur.errors import InputError, UsageError
from loquitur.vision.labels.dataset import HIGH, LOW

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from loquitur.vision.labels.dataset import DatasetInfo

Kind = Literal["pca", "standard"]
SCHEMA = "loquitur/label-projection/1"
_FLOOR = 0.01
_LEAST_STD = 1e-6
_MOST_BYTES = 1 << 30
_MOST_HEADER = 1 << 16
_TENSORS: dict[str, tuple[str, ...]] = {"pca": ("mean", "matrix"), "standard": ("mean", "scale")}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projection:
    """Figures that bring features to their size and range.

    Args:
        kind: See above.
        mean: float32 [d].
        matrix: float32 [d, k] of `pca`, else empty [0, 0].
        scale: float32 [d] of `standard`, else empty.
        rows: On how many rows it was fitted.
        kept: Share of the variance that is kept, 0 to 1.
        stream: Of which stream.
    """

    kind: Kind
    mean: NDArray[np.float32]
    matrix: NDArray[np.float32]
    scale: NDArray[np.float32]
    rows: int
    kept: float
    stream: str = ""

    @property
    def read(self) -> int:
        """Numbers a row that it takes."""
        return len(self.mean)

    @property
    def dimension(self) -> int:
        """Numbers a row that it gives."""
        return self.matrix.shape[1] if self.kind == "pca" else len(self.mean)

    def apply(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Rows [n, d] as rows [n, k], cut to -2..2.

        Raises:
            InputError: They are of another size, or come out as no numbers: the projection is
                damaged.
        """
        if rows.ndim != 2 or rows.shape[1] != self.read:
            raise InputError(
                f"a projection of {self.read} numbers a row was given {list(rows.shape)}",
                hint="it is of another encoder",
                code="LQ-OTHER-ENCODER",
            )
        centred = np.asarray(rows, dtype=np.float32) - self.mean
        with np.errstate(over="ignore", invalid="ignore"):  # what is no number is told below
            found = centred @ self.matrix if self.kind == "pca" else centred * self.scale
        if np.isnan(found).any():
            raise InputError(
                "a projection makes rows that are no numbers: it is damaged, or they are",
                hint="make the features again, or fit another projection",
            )
        return np.clip(found, np.float32(LOW), np.float32(HIGH))

    def to_bytes(self) -> bytes:
        """The file; the same figures give the same bytes."""
        header: dict[str, Any] = {
            "__metadata__": {
                "schema": SCHEMA,
                "kind": self.kind,
                "rows": str(self.rows),
                "kept": f"{self.kept:.6f}",
                "stream": self.stream,
            }
        }
        pieces, at = [], 0
        for name in _TENSORS[self.kind]:
            tensor = np.ascontiguousarray(getattr(self, name), dtype="<f4")
            where = [at, at + tensor.nbytes]
            header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": where}
            pieces.append(tensor.tobytes())
            at += tensor.nbytes
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        return b"".join((struct.pack("<Q", len(text)), text, *pieces))


class Fitting:
    """Means and covariances of rows as they come; memory is d x d.

    Args:
        dimension: Numbers a row.
    """

    def __init__(self, dimension: int) -> None:
        self._rows = 0
        self._mean = np.zeros(dimension, np.float64)
        self._products = np.zeros((dimension, dimension), np.float64)

    @property
    def rows(self) -> int:
        """How many were added."""
        return self._rows

    def add(self, rows: NDArray[Any]) -> None:
        """Rows [n, d] of one training video.

        Raises:
            InputError: What is no number, or of another size.
        """
        if rows.ndim != 2 or rows.shape[1] != len(self._mean):
            raise InputError(f"rows of {list(rows.shape)}, expected {len(self._mean)} numbers each")
        if not len(rows):
            return
        values = np.asarray(rows, dtype=np.float64)
        if not np.isfinite(values).all():
            raise InputError("features hold what is no number")
        # the means of old and new rows are put together as in Chan, Golub and LeVeque 1979
        mean = values.mean(axis=0)
        centred = values - mean
        apart = mean - self._mean
        total = self._rows + len(values)
        self._products += centred.T @ centred
        self._products += np.outer(apart, apart) * (self._rows * len(values) / total)
        self._mean += apart * (len(values) / total)
        self._rows = total

    def result(self, dimension: int | None = None, *, stream: str = "") -> Projection:
        """The projection to so many components; to each number by itself where None.

        Raises:
            InputError: There are fewer than two rows, or not more of them than components.
            UsageError: More components than numbers.
        """
        if self._rows < 2:
            raise InputError(
                f"nothing to fit a projection on: {self._rows} rows of training videos",
                hint="give more videos of the part train, or leave this stream out",
            )
        covariance = self._products / (self._rows - 1)
        if dimension is None:
            return self._standard(np.diag(covariance), stream)
        if not 1 <= dimension <= len(self._mean):
            raise UsageError(
                f"{dimension} components out of {len(self._mean)} numbers",
                hint=f"from 1 to {len(self._mean)}",
            )
        if self._rows <= dimension:
            raise InputError(
                f"{self._rows} rows of training videos are too few for {dimension} components",
                hint="give more videos, or fewer --dimensions",
            )
        values, vectors = np.linalg.eigh(covariance)
        values, vectors = values[::-1], vectors[:, ::-1]
        values = np.maximum(values, 0.0)
        # either way round a component is the same one: its largest number is above 0
        largest = np.abs(vectors).argmax(axis=0)
        vectors = vectors * np.where(vectors[largest, np.arange(len(values))] < 0, -1.0, 1.0)
        total = float(values.sum())
        floor = max(_FLOOR * total / len(values), _LEAST_STD**2)
        matrix = vectors[:, :dimension] / np.sqrt(values[:dimension] + floor)
        return Projection(
            kind="pca",
            mean=self._mean.astype(np.float32),
            matrix=matrix.astype(np.float32),
            scale=np.zeros(0, np.float32),
            rows=self._rows,
            kept=float(values[:dimension].sum()) / total if total else 1.0,
            stream=stream,
        )

    def _standard(self, variance: NDArray[np.float64], stream: str) -> Projection:
        std = np.sqrt(np.maximum(variance, 0.0))
        floor = max(_FLOOR * float(std.mean()), _LEAST_STD)
        return Projection(
            kind="standard",
            mean=self._mean.astype(np.float32),
            matrix=np.zeros((0, 0), np.float32),
            scale=(1 / (std + floor)).astype(np.float32),
            rows=self._rows,
            kept=1.0,
            stream=stream,
        )


def digest_of(data: bytes) -> str:
    """By which a projection is known: the sha256 of its file."""
    return hashlib.sha256(data).hexdigest()


def file_name(stream: str) -> str:
    """What the projection of a stream is called, beside shards and in a model's folder."""
    return f"projection-{stream}.safetensors"


def projections_in(folder: Path, info: DatasetInfo) -> dict[str, bytes]:
    """The projection files of a data set, by stream, held against its `dataset.json`.

    Raises:
        InputError: One is gone, or is not the one that the shards were made with.
    """
    found = {}
    for stream in info.streams:
        if not stream.projection:
            continue
        path = folder / file_name(stream.name)
        data = read_file(path)
        if digest_of(data) != stream.projection:
            raise InputError(
                f"{path} is not the projection that the shards were made with",
                hint="the one that belongs there, or `loquitur label features` anew",
            )
        found[stream.name] = data
    return found


def read_file(path: Path) -> bytes:
    """The bytes of a projection's file.

    Raises:
        InputError: It is not there, or too large for one.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{path} is too large for a projection")
        return path.read_bytes()
    except OSError as exc:
        raise InputError(f"{path}: no projection can be read: {exc.strerror}") from exc


@dataclass(frozen=True, slots=True)
class _Tensor:
    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Metadata:
    schema: str
    kind: Kind
    rows: str
    kept: str
    stream: str = ""


def read_projection(data: bytes) -> Projection:
    """A projection out of the bytes of its file.

    Raises:
        InputError: They are none, damaged, or hold what is no number.
    """
    try:
        return _read(data)
    except (ValueError, KeyError, struct.error, msgspec.MsgspecError, RecursionError) as exc:
        raise InputError(
            f"no projection: {str(exc)[:120]}", hint="`loquitur label features` writes them"
        ) from exc


def _read(data: bytes) -> Projection:
    (length,) = struct.unpack("<Q", data[:8])
    if not 0 < length <= min(len(data) - 8, _MOST_HEADER):
        raise ValueError("it has no header")
    header = decoder(dict[str, msgspec.Raw]).decode(data[8 : 8 + length])
    metadata = convert(decoder(dict[str, str]).decode(header["__metadata__"]), _Metadata)
    if metadata.schema != SCHEMA:
        raise ValueError(f"its schema is not {SCHEMA}")
    found = {
        name: _tensor(decoder(_Tensor).decode(header[name]), data[8 + length :])
        for name in _TENSORS[metadata.kind]
    }
    mean, other = found["mean"], found[_TENSORS[metadata.kind][1]]
    fits = mean.ndim == 1 and len(mean) == len(other)
    if not fits or other.ndim != (2 if metadata.kind == "pca" else 1) or not other.size:
        raise ValueError("its tensors do not fit one another")
    rows, kept = int(metadata.rows), float(metadata.kept)
    if rows < 0 or not 0 <= kept <= 1:
        raise ValueError("its figures cannot be")
    return Projection(
        kind=metadata.kind,
        mean=mean,
        matrix=other if metadata.kind == "pca" else np.zeros((0, 0), np.float32),
        scale=other if metadata.kind == "standard" else np.zeros(0, np.float32),
        rows=rows,
        kept=kept,
        stream=metadata.stream,
    )


def _tensor(told: _Tensor, content: bytes) -> NDArray[np.float32]:
    first, last = told.data_offsets
    count = 1
    for side in told.shape:
        count *= side
    if told.dtype != "F32" or min(told.shape, default=0) < 0 or not 0 <= first <= last:
        raise ValueError(f"a tensor of {told.dtype} {told.shape}")
    if last - first != 4 * count or last > len(content):
        raise ValueError("it ends early")
    found = np.frombuffer(content[first:last], dtype="<f4").reshape(told.shape).astype(np.float32)
    if not np.isfinite(found).all():
        raise ValueError("it holds what is no number")
    return found
