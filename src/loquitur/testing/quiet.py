"""Keeps the talk of libraries away while tiny models are made."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def saved() -> Iterator[None]:
    """No progress bars and no advice from transformers."""
    import transformers

    transformers.logging.disable_progress_bar()
    transformers.logging.set_verbosity_error()
    yield
