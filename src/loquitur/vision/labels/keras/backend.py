"""Keras, loaded with torch behind it."""

from __future__ import annotations

from typing import Any

from loquitur.errors import MissingError, UsageError
from loquitur.settings import keras_on_torch

_HINT = 'pip install "loquitur[keras]"'


def load() -> Any:
    """The module `keras`, on torch.

    Raises:
        MissingError: It is not installed.
        UsageError: This process, or its environment, has Keras on something else already.
    """
    wanted = keras_on_torch()
    if wanted != "torch":
        raise UsageError(
            f"KERAS_BACKEND is '{wanted}'; Loquitur's nets in Keras run on torch",
            hint="unset KERAS_BACKEND, or set it to torch",
        )
    try:
        import keras
    except ImportError as exc:
        if (exc.name or "").partition(".")[0] not in ("keras", "torch"):
            raise
        raise MissingError(
            f"the package {exc.name} is not installed; --framework keras runs on it",
            hint=_HINT,
            code="LQ-NO-PACKAGE",
        ) from exc
    found = keras.backend.backend()
    if found != "torch":
        raise UsageError(
            f"Keras runs on {found} in this process already",
            hint="import loquitur.vision.labels.keras.backend and call load() before keras",
        )
    return keras
