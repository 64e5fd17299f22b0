"""Words placed by the company they keep in one text: no model, no other text.

Latent semantic analysis (Deerwester, Dumais, Furnas, Landauer and Harshman 1990): terms by blocks
of the text, weighted by tf-idf, and of that the first singular vectors. Two stretches that share no
word are still alike where their words stand together elsewhere.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from loquitur.insight.libraries import library

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy import sparse

    Floats = NDArray[np.float64]

_BLOCK = 50  # tokens of a block: some sentences
_BINS = 1 << 15  # of hashed words
_LACKING = "chapters by what is said need scipy"


def vectors(texts: Sequence[Sequence[str]], *, dimensions: int = 32) -> Floats:
    """The place of each piece of a text: the sum of the places of its words.

    Args:
        texts: The tokens of each piece, in the order of the text.
        dimensions: At most so many.

    Returns:
        Floats of the shape (pieces, dimensions).

    Raises:
        MissingError: scipy is not installed.
    """
    sp = library("scipy.sparse", _LACKING)
    svds = library("scipy.sparse.linalg", _LACKING).svds
    counts = _counts(texts)
    sizes = np.array([len(one) for one in texts])
    block = (np.cumsum(sizes) - sizes) // _BLOCK
    pieces = len(texts)
    gather = sp.csr_matrix((np.ones(pieces), (block, np.arange(pieces))))
    blocks = (gather @ counts).tocsr()
    seen = np.asarray((blocks > 0).sum(axis=0)).ravel()
    weight = sp.diags(np.where(seen > 1, np.log((1 + blocks.shape[0]) / (1 + seen)), 0.0))
    damped = blocks.astype(float)
    damped.data = 1 + np.log(damped.data)
    damped = damped @ weight
    rank = min(dimensions, min(damped.shape) - 1)
    if rank < 1 or damped.count_nonzero() == 0:
        return np.zeros((pieces, 1))
    _, strength, right = svds(damped, k=rank, v0=np.ones(min(damped.shape)))
    kept = np.argsort(-strength)[: int((strength > 1e-9).sum())]
    return np.asarray(counts @ weight @ right[kept].T)


def _counts(texts: Sequence[Sequence[str]]) -> sparse.csr_matrix:
    """How often each term stands in each piece."""
    index: dict[str, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    for at, words in enumerate(texts):
        columns += [index.setdefault(word, len(index)) for word in words]
        rows += [at] * len(words)
    shape = (len(texts), len(index))
    sp = library("scipy.sparse", _LACKING)
    return sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


def hashed_words(texts: Sequence[Sequence[str]], *, dimensions: int = 512) -> Floats:
    """Each piece's words in fewer numbers, signed and hashed, rare words weighing more.

    The order of the pieces has no part in it. Inner products are kept on average (Weinberger and
    others 2009, "Feature Hashing for Large Scale Multitask Learning"). Shape (pieces, dimensions).
    """
    seen = Counter(word for words in texts for word in set(words))
    places = {}
    for word, count in seen.items():
        code = hashed(word)
        sign = 1.0 if hashed(f"{word}$") & 1 else -1.0
        places[word] = (code % dimensions, sign * math.log((1 + len(texts)) / (1 + count)))
    found = np.zeros((len(texts), dimensions))
    for at, words in enumerate(texts):
        for word in words:
            column, value = places[word]
            found[at, column] += value
    return found


def hashed(word: str) -> int:
    """A bin of 0..32767, the same on every machine: FNV-1a, 32 bits, folded."""
    value = 0x811C9DC5
    for byte in word.encode("utf-8", "surrogatepass"):
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return (value ^ (value >> 15)) % _BINS
