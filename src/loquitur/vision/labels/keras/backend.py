"""Keras, loaded with torch behind it; and which nets there are in it, without loading it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.errors import MissingError, UsageError
from loquitur.settings import keras_on_torch
from loquitur.vision.labels.keras import KERAS_ENCODERS, KERAS_NETS

if TYPE_CHECKING:
    from loquitur.vision.labels.nets.config import LabelNetConfig

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


def check(config: LabelNetConfig) -> None:
    """Hold that there is such a net in Keras.

    Raises:
        UsageError: There is none.
    """
    names = {config.encoder_of(one) for one in config.inputs}
    if config.architecture not in KERAS_NETS or not names <= set(KERAS_ENCODERS):
        strange = min(names - set(KERAS_ENCODERS), default=config.architecture)
        raise UsageError(
            f"there is no '{strange}' in Keras, only {', '.join(KERAS_NETS)}",
            hint="take --framework torch for it",
        )
