"""Graphs of ONNX as sessions on the processor; what its runtime raises becomes ours."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, LoquiturError, MissingError

if TYPE_CHECKING:
    from collections.abc import Iterator


def open_graph(graph: bytes, threads: int, shown: str) -> Any:
    """An `onnxruntime.InferenceSession` of a graph.

    Raises:
        InputError: It is none.
        MissingError: ONNX Runtime is not installed.
    """
    with translated(f"{shown} cannot be loaded", InputError):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = max(1, threads)
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # fatal only: errors come back as exceptions
        return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


@contextlib.contextmanager
def translated(what: str, error: type[LoquiturError]) -> Iterator[None]:
    """Turns what ONNX Runtime raises into ours; its exceptions share no base but Exception."""
    try:
        from onnxruntime.capi import onnxruntime_pybind11_state as state
    except ImportError as exc:
        raise MissingError(
            "the package onnxruntime is not installed",
            hint="pip install onnxruntime",
            code="LQ-NO-PACKAGE",
        ) from exc
    failures: tuple[type[Exception], ...] = (
        *(each for each in vars(state).values() if _is_exception(each)),
        *(RuntimeError, ValueError, TypeError),
    )
    try:
        yield
    except failures as exc:
        lines = str(exc).strip().splitlines() or [type(exc).__name__]
        raise error(f"{what}: {lines[0][:200]}", code="LQ-NO-MODEL") from exc


def _is_exception(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Exception)
