"""Which words may come next, whatever the net would like to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import EngineError
from loquitur.vision.vocabulary import BOS, EOS, PAD, UNK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.vision.decoding.options import Decoding

NEVER = (PAD, BOS, UNK)
"""Words that no sentence holds."""


def restrict(
    scores: NDArray[np.float32], written: Sequence[Sequence[int]], decoding: Decoding
) -> NDArray[np.float32]:
    """Log-probabilities [rows, v], -inf for what may not follow.

    Never `<pad>`, `<bos>`, `<unk>`; no end before the shortest length; no run of words again. Where
    nothing is left the sentence may end.

    Args:
        scores: What the net says.
        written: The words of each row so far.
        decoding: The search.

    Raises:
        EngineError: The net says NaN.
    """
    if np.isnan(scores).any():
        raise EngineError(
            "the net answers with NaN: its weights or the features are broken",
            hint="make the features again; or take an earlier checkpoint",
        )
    allowed = scores.copy()
    ends = scores[:, EOS]
    allowed[:, NEVER] = -np.inf
    for row, words in enumerate(written):
        if len(words) < decoding.least:
            allowed[row, EOS] = -np.inf
        if decoding.no_repeat:
            allowed[row, _closing(words, decoding.no_repeat)] = -np.inf
    unending = np.flatnonzero(np.isneginf(allowed[:, EOS]))
    stuck = unending[np.isneginf(allowed[unending]).all(axis=1)]
    allowed[stuck, EOS] = np.maximum(ends[stuck], np.finfo(np.float32).min)
    return allowed


def _closing(words: Sequence[int], run: int) -> list[int]:
    """The words that would repeat a run of the sentence."""
    tail = tuple(words[len(words) - run + 1 :])
    if len(tail) < run - 1:
        return []
    return [
        words[at + run - 1]
        for at in range(len(words) - run + 1)
        if tuple(words[at : at + run - 1]) == tail
    ]
