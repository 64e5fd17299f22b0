"""Graphs that we wrote ourselves in ONNX Runtime: loaded, run, its complaints translated.

One float input, one float output, on the processor: what the embedded encoders are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.errors import EngineError, MissingError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


class Session:
    """A loaded graph.

    Args:
        path: The graph.
        threads: How many threads it may use.
        what: What it is, as in "the speaker model".
        hint: The command that mends it.

    Raises:
        MissingError: It is no graph.
    """

    def __init__(self, path: Path, *, threads: int, what: str, hint: str) -> None:
        self._what = what
        self._session = _session(path, threads, what, hint)
        self._input = self._session.get_inputs()[0].name
        self.width = int(self._session.get_outputs()[0].shape[-1])  # of what it gives

    def run(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the graph makes of an array.

        Raises:
            EngineError: The runtime failed.
        """
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail, RuntimeException

        try:
            (found,) = self._session.run(None, {self._input: values})
        except (Fail, RuntimeException) as exc:
            raise EngineError(f"{self._what} failed: {str(exc)[:200]}") from exc
        array: NDArray[np.float32] = found
        return array


def _session(path: Path, threads: int, what: str, hint: str) -> Any:
    import onnxruntime
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = max(1, threads)
    settings.inter_op_num_threads = 1
    settings.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])
    except (Fail, InvalidGraph, InvalidProtobuf) as exc:
        raise MissingError(f"{what} cannot be loaded: {str(exc)[:200]}", hint=hint) from exc
