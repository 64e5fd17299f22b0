"""How varied sentences are: whether a model describes clips, or says one thing of all of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

COLLAPSED = 0.5
"""From more than this share of identical sentences on, a model has collapsed."""
_FEWEST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Diversity:
    """What sentences are like among themselves; None where there is nothing to divide by.

    Args:
        sentences: How many there are.
        empty: How many have no word.
        distinct: How many different ones.
        distinct_1: Different words over all words (Li et al. 2016, "A Diversity-Promoting Objective
            Function for Neural Conversation Models").
        distinct_2: Different pairs of neighbours over all such pairs.
        words: How many different words.
        known_words: What share of the references' different words is used.
        novel: What share of the sentences no training sentence equals; None without training text.
        length: Words a sentence.
        reference_length: Words a reference.
        commonest: The sentence that is there most often.
        commonest_share: What share of all it is.
    """

    sentences: int
    empty: int
    distinct: int
    distinct_1: float | None
    distinct_2: float | None
    words: int
    known_words: float | None
    novel: float | None
    length: float | None
    reference_length: float | None
    commonest: str
    commonest_share: float | None

    @property
    def collapsed(self) -> bool:
        """Whether more than half of the sentences are one and the same."""
        share = self.commonest_share or 0.0
        return self.sentences >= _FEWEST and share > COLLAPSED


def diversity(
    sentences: Sequence[Sequence[str]],
    references: Sequence[Sequence[Sequence[str]]],
    training: Collection[Sequence[str]] = (),
) -> Diversity:
    """Of tokenised sentences, one a clip, beside the references of each clip.

    Args:
        sentences: Tokens of each.
        references: Tokens of each reference of each clip.
        training: Tokens of the sentences a model was trained on; none: novelty is not told.
    """
    counts = Counter(tuple(one) for one in sentences)
    words = Counter(word for one in sentences for word in one)
    pairs = Counter(pair for one in sentences for pair in pairwise(one))
    wanted = {word for clip in references for one in clip for word in one}
    seen = {tuple(one) for one in training}
    lengths = [len(one) for clip in references for one in clip]
    commonest, times = min(counts.items(), key=lambda one: (-one[1], one[0]), default=((), 0))
    return Diversity(
        sentences=len(sentences),
        empty=counts.get((), 0),
        distinct=len(counts),
        distinct_1=_share(len(words), words.total()),
        distinct_2=_share(len(pairs), pairs.total()),
        words=len(words),
        known_words=_share(len(wanted & words.keys()), len(wanted)),
        novel=_share(sum(tuple(one) not in seen for one in sentences), len(sentences))
        if seen
        else None,
        length=_share(words.total(), len(sentences)),
        reference_length=_share(sum(lengths), len(lengths)),
        commonest=" ".join(commonest),
        commonest_share=_share(times, len(sentences)),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
