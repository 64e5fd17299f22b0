"""What every suite asks of what an engine gives: plain types, and silence on the terminal."""

from __future__ import annotations

import io
import json
import os
import pickle
import sys
import tempfile
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator


def check_share(value: object, name: str) -> None:
    """A plain float in 0..1, or None."""
    if value is None:
        return
    assert type(value) is float, f"{name} is a plain float, not {type(value).__name__}"
    assert 0.0 <= value <= 1.0, f"{name} is in 0..1, not {value}"


def check_pickles(values: list[Any]) -> None:
    """What an engine gives crosses processes, and becomes JSON."""
    assert pickle.loads(pickle.dumps(values)) == values, "results cross processes"  # noqa: S301
    json.loads(msgspec.json.encode(values))


def check_vectors(dimension: int, found: Any, count: int) -> None:
    """So many finite vectors, float32, that fit into the half precision they are kept in."""
    assert isinstance(found, np.ndarray), "vectors are an array"
    assert found.dtype == np.float32, f"vectors are float32, not {found.dtype}"
    assert found.shape == (count, dimension), f"shape {found.shape}"
    assert np.isfinite(found).all(), "vectors are finite"
    assert np.abs(found).max() < np.finfo(np.float16).max, "vectors fit into float16"


@contextmanager
def quiet() -> Iterator[None]:
    """Asserts that nothing is written to stdout or stderr, neither by Python nor by C code."""
    sys.stdout.flush()
    sys.stderr.flush()
    said = io.StringIO()
    with tempfile.TemporaryFile() as caught:
        kept = [os.dup(1), os.dup(2)]
        try:
            os.dup2(caught.fileno(), 1)
            os.dup2(caught.fileno(), 2)
            with redirect_stdout(said), redirect_stderr(said):
                yield
        finally:
            for target, source in zip((1, 2), kept, strict=True):
                os.dup2(source, target)
                os.close(source)
        caught.seek(0)
        written = said.getvalue()[:400] or caught.read(400).decode("utf-8", "replace")
    assert not written, f"an engine is silent; it wrote {written!r}"
