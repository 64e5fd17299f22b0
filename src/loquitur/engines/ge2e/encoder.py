"""The GE2E graph in ONNX Runtime: windows of mel spectra to embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.engines.ge2e import graph
from loquitur.engines.sessions import Session

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
        self._session = Session(
            graph.graph_path(models),
            threads=threads,
            what="the speaker model",
            hint=graph.COMMAND,
        )

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
            found[begin : begin + _BATCH] = self._session.run(mels[begin : begin + _BATCH])
        return found
