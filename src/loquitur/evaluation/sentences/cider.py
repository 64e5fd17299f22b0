"""CIDEr-D and CIDEr: n-grams weighed by how rare they are among the clips.

Source: Vedantam, Zitnick, Parikh: CIDEr: Consensus-based Image Description Evaluation, CVPR 2015.
What coco-caption calls CIDEr is CIDEr-D: counts are clipped, and a Gaussian (sigma 6) punishes a
difference in length; the scale is 0 to 10. Words are not stemmed, as there.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Tokens = Sequence[str]
    Gram = tuple[str, ...]

ORDERS = 4
SIGMA = 6.0
SCALE = 10.0
ONE_CLIP = (
    "CIDEr weighs words by how few clips have them: of one clip it says nothing without the "
    "document frequencies of a corpus"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFrequencies:
    """In the references of how many clips each n-gram stands.

    Args:
        clips: Of how many clips in all.
        counts: N-gram (tokens) to number of clips.
    """

    clips: int
    counts: Mapping[tuple[str, ...], int]

    @classmethod
    def of(cls, references: Iterable[Sequence[Tokens]]) -> DocumentFrequencies:
        """Those of the clips themselves: one sequence of tokenised references each."""
        counts: Counter[Gram] = Counter()
        clips = 0
        for clip in references:
            counts.update({gram for reference in clip for gram in _grams(reference)})
            clips += 1
        return cls(clips=clips, counts=counts)


@dataclass(frozen=True, slots=True)
class _Vector:
    """Weights of n-grams by order, their norms, and the number of bigrams."""

    weights: tuple[dict[Gram, float], ...]
    norms: tuple[float, ...]
    length: int


class Cider:
    """CIDEr-D (or plain CIDEr) of sentences, given document frequencies.

    Raises:
        UsageError: They are of one clip or none: every n-gram would weigh log(1) = 0.
    """

    def __init__(self, frequencies: DocumentFrequencies, *, plain: bool = False) -> None:
        if frequencies.clips < 2:
            raise UsageError(ONE_CLIP, hint="score several clips, or give document frequencies")
        self._all = math.log(frequencies.clips)
        self._counts = frequencies.counts
        self._plain = plain

    def score(self, hypothesis: Tokens, references: Sequence[Tokens]) -> float:
        """The score of one sentence against its references, 0 to 10."""
        vector = self._vector(hypothesis)
        total = sum(self._similarity(vector, self._vector(one)) for one in references)
        return SCALE * total / len(references)

    def _vector(self, tokens: Tokens) -> _Vector:
        weights: tuple[dict[Gram, float], ...] = tuple({} for _ in range(ORDERS))
        squares = [0.0] * ORDERS
        for gram, count in _grams(tokens).items():
            weight = count * (self._all - math.log(max(1, self._counts.get(gram, 0))))
            weights[len(gram) - 1][gram] = weight
            squares[len(gram) - 1] += weight * weight
        length = max(0, len(tokens) - 1)
        return _Vector(weights, tuple(map(math.sqrt, squares)), length)

    def _similarity(self, hypothesis: _Vector, reference: _Vector) -> float:
        """The mean over the orders of (clipped) cosines."""
        found = 0.0
        for order in range(ORDERS):
            norm = hypothesis.norms[order] * reference.norms[order]
            if not norm:
                continue
            ours, theirs = hypothesis.weights[order], reference.weights[order]
            if self._plain:
                product = sum(weight * theirs.get(gram, 0.0) for gram, weight in ours.items())
            else:
                product = sum(
                    min(weight, theirs[gram]) * theirs[gram]
                    for gram, weight in ours.items()
                    if gram in theirs
                )
            found += product / norm
        if not self._plain:
            delta = hypothesis.length - reference.length
            found *= math.exp(-(delta**2) / (2 * SIGMA**2))
        return found / ORDERS


def _grams(tokens: Tokens) -> Counter[Gram]:
    tokens = tuple(tokens)
    count: Counter[Gram] = Counter()
    for order in range(1, ORDERS + 1):
        count.update(zip(*(tokens[at:] for at in range(order)), strict=False))
    return count
