"""The GE2E graph in ONNX Runtime: windows of mel spectra to embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.engines.ge2e import graph
from loquitur.errors import EngineError, MissingError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_BATCH = 64


class Encoder:
    """A loaded graph.

    Args:
        models: The model cache.
        threads: How many threads it may use.

    Raises:
        MissingError: The graph is not there, damaged or no graph, with the command that mends it.
    """

    def __init__(self, models: Path, *, threads: int) -> None:
        graph.checked_digest(models)
        self._session = _session(models, threads)

    def embed(self, mels: NDArray[np.float32]) -> NDArray[np.float32]:
        """One embedding per window.

        Args:
            mels: Mel power spectra at the level the encoder wants (`speech.embedding`), shape
                [n, frames, 40].

        Returns:
            Shape [n, 256], unit length; not a number where nothing excites the encoder.

        Raises:
            EngineError: The runtime failed.
        """
        found = np.zeros((len(mels), graph.WIDTH), np.float32)
        for begin in range(0, len(mels), _BATCH):
            found[begin : begin + _BATCH] = self._run(mels[begin : begin + _BATCH])
        return found

    def _run(self, mels: NDArray[np.float32]) -> NDArray[np.float32]:
        from onnxruntime.capi.onnxruntime_pybind11_state import Fail, RuntimeException

        try:
            (embeddings,) = self._session.run(None, {"mels": mels})
        except (Fail, RuntimeException) as exc:
            raise EngineError(f"the speaker model failed: {str(exc)[:200]}") from exc
        found: NDArray[np.float32] = embeddings
        return found


def _session(models: Path, threads: int) -> Any:
    """An inference session on the graph, single in and out, with so many threads."""
    import onnxruntime
    from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidGraph, InvalidProtobuf

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = max(1, threads)
    settings.inter_op_num_threads = 1
    settings.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(
            str(graph.graph_path(models)), settings, providers=["CPUExecutionProvider"]
        )
    except (Fail, InvalidGraph, InvalidProtobuf) as exc:
        raise MissingError(
            f"the speaker model cannot be loaded: {str(exc)[:200]}", hint=graph.COMMAND
        ) from exc
