"""One sentence out of several: that of the frame with which the others agree most.

Describers of single pictures see each frame alone. What most frames show is what the span is
about; a sentence that no other one shares words with is the odd one out.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from loquitur.model.vision import Alternative
from loquitur.vision.vocabulary import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def agreed(sentences: Sequence[Alternative]) -> tuple[Alternative, ...]:
    """The sentences, each once, those first whose words the others share most.

    Shared is the F1 of two bags of words (as ROUGE-1 counts them), on average over all others;
    equal ones go by their score, then by their order.

    Args:
        sentences: At least one.

    >>> said = [Alternative(text=text) for text in ("a dog runs", "a car", "the dog runs")]
    >>> [one.text for one in agreed(said)]
    ['a dog runs', 'the dog runs', 'a car']
    """
    bags = [Counter(words_of(one.text)) for one in sentences]
    shares = [
        sum(_shared(bag, other) for at, other in enumerate(bags) if at != mine)
        for mine, bag in enumerate(bags)
    ]
    order = sorted(
        range(len(sentences)),
        key=lambda at: (
            not bags[at], -round(shares[at], 9), -_score(sentences[at]), at,
        ),
    )  # fmt: skip
    kept: dict[str, Alternative] = {}
    for at in order:
        kept.setdefault(sentences[at].text, sentences[at])
    return tuple(kept.values())


def _shared(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0


def _score(one: Alternative) -> float:
    return float("-inf") if one.score is None else one.score
