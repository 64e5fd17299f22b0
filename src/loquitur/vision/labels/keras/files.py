"""Models in Keras's own format, without trust: a file holds numbers and names, no code."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import msgspec

from loquitur.conversion import convert, decoder
from loquitur.errors import InputError, UsageError
from loquitur.vision.labels.keras import MODEL
from loquitur.vision.labels.keras.model import KerasLabeller
from loquitur.vision.labels.nets.config import LabelNetConfig
from loquitur.vision.labels.nets.contract import weight_count

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"
_LONGEST_CONFIG = 1 << 20
_BYTES_A_WEIGHT = 2
"""Half of what float32 takes: a twin in torch has a second bias of each recurrent layer."""


def model_bytes(model: KerasLabeller) -> bytes:
    """A model as a file of Keras's format."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL
        model.save(path)
        return path.read_bytes()


def read_model(path: Path) -> KerasLabeller:
    """A model that `model_bytes` or `model.save` wrote.

    Raises:
        InputError: It is damaged, a model of another kind, or holds NaN.
    """
    hint = "name the model.keras of a run of `label train --framework keras`"
    if not path.is_file():
        raise InputError(f"{path}: is no file", hint=hint)
    try:
        _look(path)
        found = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (
        OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile, NotImplementedError,
        msgspec.MsgspecError, UsageError,
    ) as exc:  # fmt: skip
        reason = next(_lines(exc), type(exc).__name__)
        raise InputError(f"{path}: is no model of Keras that labels ({reason})", hint=hint) from exc
    if not isinstance(found, KerasLabeller):
        kind = type(found).__name__
        raise InputError(f"{path}: is a {kind}, not a model that labels", hint=hint)
    for one in found.weights:
        if not keras.ops.all(keras.ops.isfinite(one)):
            raise InputError(
                f"{path}: weights of '{one.path}' are NaN or infinite: the training broke down",
                hint="take an earlier checkpoint, or train with a lower rate or with clipping",
                code="LQ-NO-MODEL",
            )
    return found


def _look(path: Path) -> None:
    """Hold that a file is what it says before Keras makes anything of it.

    Raises:
        ValueError: It is of another class, or has not the weights of the net that it names.
        LookupError: It is not whole.
        msgspec.MsgspecError: What it says is no configuration.
        zipfile.BadZipFile: It is no archive.
    """
    with zipfile.ZipFile(path) as archive:
        weights = archive.getinfo(_WEIGHTS).file_size
        if archive.getinfo(_CONFIG).file_size > _LONGEST_CONFIG:
            raise ValueError("its configuration is too long")
        said = decoder(dict[str, Any]).decode(archive.read(_CONFIG))
    if said.get("registered_name") != keras.saving.get_registered_name(KerasLabeller):
        raise ValueError(f"it is a {said.get('class_name')}")
    inside = said.get("config")
    net = convert(inside.get("net") if isinstance(inside, dict) else None, LabelNetConfig)
    many = weight_count(net)
    if weights < _BYTES_A_WEIGHT * many:
        raise ValueError(f"{weights} bytes hold no net of {many} weights")


def _lines(exc: Exception) -> Iterator[str]:
    return (line.strip()[:200] for line in str(exc).splitlines() if line.strip())
