"""Libraries that the extra `insight` brings, imported where they are needed."""

from __future__ import annotations

import importlib
from typing import Any

from loquitur.errors import MissingError

INSTALL = 'pip install "loquitur[insight]"'


def library(name: str, lacking: str) -> Any:
    """A module of a library.

    Args:
        name: Of the module: `polars`, `scipy.special`.
        lacking: What is said where it is not installed.

    Raises:
        MissingError: It is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as exc:
        raise MissingError(lacking, hint=INSTALL, code="LQ-NO-PACKAGE") from exc
