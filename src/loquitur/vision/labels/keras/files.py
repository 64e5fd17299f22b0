"""Models in Keras's own format, without trust: a file holds numbers and names, no code."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import msgspec

from loquitur.errors import InputError
from loquitur.vision.labels.keras import MODEL
from loquitur.vision.labels.keras.model import KerasLabeller

if TYPE_CHECKING:
    from collections.abc import Iterator


def model_bytes(model: KerasLabeller) -> bytes:
    """A model as a file of Keras's format."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / MODEL
        model.save(path)
        return path.read_bytes()


def read_model(path: Path) -> KerasLabeller:
    """A model that `model_bytes` or `model.save` wrote.

    Raises:
        InputError: It is damaged, or a model of another kind.
    """
    hint = "name the model.keras of a run of `label train --framework keras`"
    if not path.is_file():
        raise InputError(f"{path}: is no file", hint=hint)
    try:
        found = keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, msgspec.ValidationError) as exc:
        reason = next(_lines(exc), type(exc).__name__)
        raise InputError(f"{path}: is no model of Keras that labels ({reason})", hint=hint) from exc
    if not isinstance(found, KerasLabeller):
        kind = type(found).__name__
        raise InputError(f"{path}: is a {kind}, not a model that labels", hint=hint)
    return found


def _lines(exc: Exception) -> Iterator[str]:
    return (line.strip()[:200] for line in str(exc).splitlines() if line.strip())
