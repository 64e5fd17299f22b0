"""Scores as matrices: `.npz` and `.safetensors` of any tool; nothing in them is ever unpickled."""

from __future__ import annotations

import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from loquitur.conversion import convert
from loquitur.errors import InputError, MissingError
from loquitur.evaluation.labels.columns import Predictions, Truth
from loquitur.text import display

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SUFFIXES = (".npz", ".safetensors")
# what numpy and zipfile say of an archive with wrong bytes in it
_DAMAGED = (ValueError, KeyError, EOFError, MemoryError, RuntimeError, TypeError, OverflowError,
            SyntaxError, struct.error, zipfile.BadZipFile, zlib.error)  # fmt: skip
_IDS = ("video_ids", "video_id", "ids", "id")
_SCORES = ("scores", "predictions", "probabilities")
_INDICES = ("indices", "predicted")
_LABELS = ("labels", "truth")


def read_matrix(path: Path) -> Predictions:
    """Predictions: `scores` [n, classes], or `scores` [n, k] of `indices` [n, k]; `video_ids` [n].

    Without ids rows are those of the data set, in its order. In safetensors ids are JSON in the
    metadata.

    Raises:
        InputError: It is not there, or no such file.
        MissingError: safetensors is not installed.
    """
    arrays, ids = _arrays(path)
    scores, shown = _named(arrays, _SCORES), display(str(path))
    if scores is None or scores.ndim != 2 or scores.dtype.kind != "f":
        raise InputError(
            f"{shown}: no matrix of scores in it, it has {_listed(arrays)}",
            hint="scores [videos, labels], floating",
        )
    _check_ids(ids, len(scores), shown)
    indices = _named(arrays, _INDICES)
    if indices is None:
        empty = np.empty(0, dtype=np.int32)
        return Predictions(
            name=path.name, video_ids=ids, labels=empty, scores=scores,
            offsets=np.empty(0, dtype=np.int64),
        )  # fmt: skip
    if indices.shape != scores.shape or indices.dtype.kind not in "iu":
        raise InputError(
            f"{shown}: indices {list(indices.shape)} {indices.dtype}, "
            f"scores {list(scores.shape)}: expected the same, integers"
        )
    there = indices >= 0
    if there.any() and int(indices.max()) >= 1 << 31:
        raise InputError(f"{shown}: label {int(indices.max())} is none")
    return Predictions(
        name=path.name,
        video_ids=ids,
        labels=indices[there].astype(np.int32),
        scores=scores[there].astype(np.float32),
        offsets=np.concatenate(([0], np.cumsum(there.sum(axis=1)))).astype(np.int64),
    )


def read_truth_matrix(path: Path) -> Truth:
    """What holds: `labels` [n, k], padded with -1, or [n, classes] of booleans; `video_ids` [n].

    Raises:
        InputError: It is not there, or no such file.
        MissingError: safetensors is not installed.
    """
    arrays, ids = _arrays(path)
    labels, shown = _named(arrays, _LABELS), display(str(path))
    if labels is None or labels.ndim != 2 or labels.dtype.kind not in "biu":
        raise InputError(f"{shown}: no matrix of labels in it, it has {_listed(arrays)}")
    if labels.dtype.kind == "b":
        counts = labels.sum(axis=1)
        rows, columns = np.nonzero(labels)
        held = np.full((len(labels), max(1, int(counts.max(initial=0)))), -1, dtype=np.int64)
        held[rows, np.arange(len(rows)) - np.concatenate(([0], np.cumsum(counts)))[rows]] = columns
        labels = held
    if not ids:
        raise InputError(f"{shown}: labels without ids of videos", hint="an array `video_ids`")
    _check_ids(ids, len(labels), shown)
    if not labels.shape[1]:
        labels = np.full((len(labels), 1), -1)
    return Truth(name=path.name, video_ids=ids, labels=labels.astype(np.int64))


def _arrays(path: Path) -> tuple[dict[str, NDArray[Any]], tuple[str, ...]]:
    shown = display(str(path))
    try:
        if path.suffix.lower() == ".npz":
            with np.load(path, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            ids = _named(arrays, _IDS)
            return arrays, () if ids is None else tuple(map(_text, ids.ravel().tolist()))
        return _safetensors(path)
    except OSError as exc:
        raise InputError(f"{shown}: {exc.strerror or 'cannot be read'}") from exc
    except _DAMAGED as exc:
        raise InputError(f"{shown}: cannot be read: {display(str(exc))}") from exc


def _safetensors(path: Path) -> tuple[dict[str, NDArray[Any]], tuple[str, ...]]:
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as exc:
        raise MissingError(
            "safetensors files need safetensors", hint="pip install safetensors, or write .npz"
        ) from exc
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            told = file.metadata() or {}
    except SafetensorError as exc:
        raise InputError(f"{display(str(path))}: cannot be read: {exc}") from exc
    text = next((told[name] for name in _IDS if name in told), "")
    try:
        ids = convert(msgspec.json.decode(text), tuple[str, ...]) if text else ()
    except msgspec.MsgspecError as exc:
        raise InputError(f"{display(str(path))}: its ids are no list of texts: {exc}") from exc
    return arrays, ids


def _check_ids(ids: tuple[str, ...], rows: int, shown: str) -> None:
    if ids and len(ids) != rows:
        raise InputError(f"{shown}: {len(ids)} ids of {rows} rows")
    if len(set(ids)) < len(ids):
        raise InputError(f"{shown}: an id stands twice")


def _named(arrays: dict[str, NDArray[Any]], names: tuple[str, ...]) -> NDArray[Any] | None:
    return next((arrays[name] for name in names if name in arrays), None)


def _listed(arrays: dict[str, NDArray[Any]]) -> str:
    told = [f"{display(name[:40])} {list(one.shape)}" for name, one in list(arrays.items())[:8]]
    return ", ".join(told) or "nothing"


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
