"""The CAM++ graph in ONNX Runtime: filterbanks to embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.engines.sessions import Session

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_BATCH = 16


class Encoder:
    """A loaded graph.

    Args:
        path: The graph.
        threads: How many threads it may use.
        hint: The command that mends it.

    Raises:
        MissingError: It is no graph.
    """

    def __init__(self, path: Path, *, threads: int, hint: str) -> None:
        self._session = Session(path, threads=threads, what="the speaker model", hint=hint)
        self.width = self._session.width

    def embed(self, feats: NDArray[np.float32]) -> NDArray[np.float32]:
        """One embedding per piece of sound.

        Args:
            feats: Filterbanks (`speech.fbank`), shape [n, frames, 80]; their mean over time is
                taken from them here, so how loud somebody speaks is no matter.

        Returns:
            Shape [n, width], of any length.

        Raises:
            EngineError: The runtime failed.
        """
        even = feats - feats.mean(axis=1, keepdims=True)
        return np.concatenate(
            [self._session.run(even[at : at + _BATCH]) for at in range(0, len(even), _BATCH)]
        )
