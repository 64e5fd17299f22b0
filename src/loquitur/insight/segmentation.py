"""Where the subject changes: borders between pieces of speech, by what is said on either side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.insight.pieces import Piece

    Floats = NDArray[np.float64]


def vectors(pieces: Sequence[Piece], *, dimensions: int = 64) -> Floats:
    """Each piece as the sum of its words' places in a latent space made of this text alone.

    Latent semantic analysis (Deerwester and others 1990): words by blocks of about 50 tokens,
    tf-idf, the first singular vectors. Shape (pieces, dimensions).
    """
    from scipy import sparse
    from scipy.sparse.linalg import svds

    index: dict[str, int] = {}
    rows, columns = [], []
    for at, piece in enumerate(pieces):
        for word in piece.tokens:
            columns.append(index.setdefault(word, len(index)))
            rows.append(at)
    counts = sparse.csr_matrix(
        (np.ones(len(rows)), (rows, columns)), shape=(len(pieces), len(index))
    )
    sizes = np.array([len(piece.tokens) for piece in pieces])
    block = (np.cumsum(sizes) - sizes) // 50
    gather = sparse.csr_matrix(
        (np.ones(len(pieces)), (block, np.arange(len(pieces)))), shape=(block[-1] + 1, len(pieces))
    )
    blocks = (gather @ counts).tocsr()
    seen = np.asarray((blocks > 0).sum(axis=0)).ravel()
    idf = np.log((1 + blocks.shape[0]) / (1 + seen))
    weighted = blocks.copy()
    weighted.data = 1 + np.log(weighted.data)
    weighted = weighted @ sparse.diags(idf)
    rank = min(dimensions, min(weighted.shape) - 1)
    if rank < 1:
        return np.asarray((counts @ sparse.diags(idf)).todense())[:, :dimensions]
    start = np.ones(min(weighted.shape))
    _, strength, right = svds(weighted, k=rank, v0=start)
    order = np.argsort(-strength)
    return np.asarray(counts @ sparse.diags(idf) @ right[order].T)


def depth(pieces: Sequence[Piece], found: Floats, *, window: int = 150) -> Floats:
    """How unlike the two sides of each border are, 0..2: one minus the cosine of their sums."""
    sizes = np.array([len(piece.tokens) for piece in pieces])
    ends = np.cumsum(sizes)
    total = np.vstack([np.zeros((1, found.shape[1])), np.cumsum(found, axis=0)])
    begins = ends - sizes
    low = np.searchsorted(begins, begins - window, side="left")
    high = np.searchsorted(ends, begins + window, side="left") + 1
    high = np.minimum(high, len(pieces))
    at = np.arange(len(pieces))
    left, right = total[at] - total[low], total[high] - total[at]
    norms = np.linalg.norm(left, axis=1) * np.linalg.norm(right, axis=1)
    cosine = np.einsum("ij,ij->i", left, right) / np.where(norms > 0, norms, 1)
    return np.where(norms > 0, 1 - cosine, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A place where a chapter may begin: before piece `at`."""

    at: int
    start_ms: int
    score: float
