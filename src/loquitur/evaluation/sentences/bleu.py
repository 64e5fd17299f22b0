"""BLEU-1 to BLEU-4 of a corpus, as coco-caption counts them.

Source: Papineni et al.: BLEU: a Method for Automatic Evaluation of Machine Translation, ACL 2002;
the reference length is the one closest to the hypothesis (the shorter of two), and the small
constants are those of coco-caption, which keep a corpus without a match of four words above 0.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Tokens = Sequence[str]
    Floats = NDArray[np.float64]

ORDERS = 4
_TINY, _SMALL = 1e-15, 1e-9


def ngrams(tokens: Tokens, order: int) -> Counter[tuple[str, ...]]:
    """How often each run of `order` tokens stands there."""
    return Counter(zip(*(tokens[at:] for at in range(order)), strict=False))


def statistics(hypothesis: Tokens, references: Sequence[Tokens]) -> list[float]:
    """What is added up over a corpus: 4 counts of matches, 4 of n-grams, both lengths."""
    matches: list[float] = []
    for order in range(1, ORDERS + 1):
        wanted: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            wanted |= ngrams(reference, order)
        matches.append((ngrams(hypothesis, order) & wanted).total())
    length = len(hypothesis)
    guesses = [max(0, length - order) for order in range(ORDERS)]
    closest = min((abs(len(one) - length), len(one)) for one in references)[1]
    return [*matches, *guesses, length, closest]


def combine(sums: Floats, order: int) -> Floats:
    """BLEU-`order` of added statistics, [..., 10] to [...]."""
    precision = (sums[..., :order] + _TINY) / (sums[..., ORDERS : ORDERS + order] + _SMALL)
    value = np.prod(precision, axis=-1) ** (1 / order)
    ratio = (sums[..., 8] + _TINY) / (sums[..., 9] + _SMALL)
    penalty = np.where(ratio < 1, np.exp(1 - 1 / ratio), 1.0)
    found: Floats = np.where(sums[..., 8] > 0, value * penalty, 0.0)
    return found
