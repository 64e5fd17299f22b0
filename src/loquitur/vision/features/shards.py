"""One shard: columns of several clips in a file of the safetensors format, mapped when read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.conversion import decoder
from loquitur.errors import InputError
from loquitur.store import writing
from loquitur.text import display
from loquitur.vision import tensorfile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

SCHEMA = "loquitur/feature-shard/1"
_PREFIX, _SUFFIX = "clips-", ".safetensors"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """The features of one clip: `fingerprint` tells of which pictures."""

    clip_id: str
    fingerprint: str
    times_ms: NDArray[np.int64]
    matrix: NDArray[np.float16]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shard:
    """A shard that is open: its columns are mapped, not read.

    Args:
        path: The file.
        clips: Each clip's name and fingerprint, in order.
        features: float16 [total, d].
        times_ms: int64 [total].
        offsets: int64 [clips + 1]: clip i has the rows offsets[i] to offsets[i + 1].
    """

    path: Path
    clips: tuple[tuple[str, str], ...]
    features: NDArray[np.float16]
    times_ms: NDArray[np.int64]
    offsets: NDArray[np.int64]


_CLIPS = decoder(tuple[tuple[str, str], ...])


def shards_of(folder: Path) -> list[Path]:
    """The shards of a set, in the order in which they were made."""
    return sorted(folder.glob(f"{_PREFIX}*{_SUFFIX}"))


def next_shard(folder: Path) -> Path:
    """Where the next shard of a set is to be."""
    taken = [path.stem.removeprefix(_PREFIX) for path in shards_of(folder)]
    last = max((int(number) for number in taken if number.isdecimal()), default=-1)
    return folder / f"{_PREFIX}{last + 1:05d}{_SUFFIX}"


def write_shard(path: Path, rows: Sequence[Row]) -> None:
    """Write a shard, whole or not at all.

    Raises:
        FullError: No space, or no right to write.
        StoreError: Another failure of the disk.
    """
    lengths = [len(row.matrix) for row in rows]
    columns = {
        "features": np.concatenate([row.matrix for row in rows]).astype("<f2"),
        "times_ms": np.concatenate([row.times_ms for row in rows]).astype("<i8"),
        "offsets": np.cumsum([0, *lengths], dtype="<i8"),
    }
    clips = [[row.clip_id, row.fingerprint] for row in rows]
    head = tensorfile.header(
        {name: (column.dtype.str, column.shape) for name, column in columns.items()},
        {"schema": SCHEMA, "clips": json.dumps(clips, ensure_ascii=True)},
    )
    data = b"".join((head, *(column.tobytes() for column in columns.values())))
    writing.write_over(path, data, mode=0o644)


def read_shard(path: Path, dimension: int) -> Shard:
    """Open a shard.

    Args:
        path: The file.
        dimension: Numbers a frame, by the set's index.

    Raises:
        InputError: It is none, damaged, or of another dimension.
    """
    try:
        clips, columns = _opened(path)
    except tensorfile.ERRORS as exc:
        raise InputError(
            f"{display(str(path))} is no shard of features: {str(exc)[:120]}",
            hint="remove it, and `loquitur describe features` makes its clips again",
            code="LQ-NO-FEATURES",
        ) from exc
    _check(path, columns, len(clips), dimension)
    return Shard(path=path, clips=clips, **columns)


def _opened(path: Path) -> tuple[tuple[tuple[str, str], ...], dict[str, NDArray[Any]]]:
    """The clips and columns of a shard; ValueError where they are none."""
    metadata, places = tensorfile.read_header(path)
    if metadata.get("schema") != SCHEMA:
        raise ValueError(f"no schema {SCHEMA}")
    kinds = {"features": "F16", "times_ms": "I64", "offsets": "I64"}
    columns = {}
    for name, kind in kinds.items():
        if tensorfile.name_of(places[name].kind) != kind:
            raise ValueError(f"'{name}' is not {kind}")
        columns[name] = tensorfile.mapped(path, places[name])
    return _CLIPS.decode(metadata["clips"]), columns


def _check(path: Path, columns: dict[str, NDArray[Any]], clips: int, dimension: int) -> None:
    features, times_ms, offsets = columns["features"], columns["times_ms"], columns["offsets"]
    fits = (
        features.ndim == 2
        and times_ms.shape == features.shape[:1]
        and offsets.shape == (clips + 1,)
        and offsets[0] == 0
        and offsets[-1] == len(features)
        and bool((np.diff(offsets) >= 0).all())
    )
    if not fits or features.shape[1] != dimension:
        found = f"features {list(features.shape)}, {clips} clips"
        raise InputError(
            f"{display(str(path))} does not fit its set of {dimension} numbers a frame: {found}",
            code="LQ-NO-FEATURES",
        )
