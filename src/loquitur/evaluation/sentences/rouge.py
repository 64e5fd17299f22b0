"""ROUGE-L of a caption: the longest common subsequence, as coco-caption weighs it.

Source: Lin: ROUGE: A Package for Automatic Evaluation of Summaries, 2004. coco-caption takes the
best precision and the best recall over the references, which may be of different references, and
beta 1.2; `rouge-score` and others take F1 of each reference, which is another number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BETA = 1.2


def rouge_l(hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """ROUGE-L of one sentence, from 0 to 1.

    >>> rouge_l(["a", "cat", "sits"], [["a", "cat"]])
    0.8356164383561644
    """
    if not hypothesis:
        return 0.0
    places: dict[str, int] = {}
    for at, token in enumerate(hypothesis):
        places[token] = places.get(token, 0) | 1 << at
    precision = recall = 0.0
    for reference in references:
        if reference:
            common = _common(places, len(hypothesis), reference)
            precision = max(precision, common / len(hypothesis))
            recall = max(recall, common / len(reference))
    if not precision or not recall:
        return 0.0
    return (1 + BETA**2) * precision * recall / (recall + BETA**2 * precision)


def _common(places: dict[str, int], length: int, reference: Sequence[str]) -> int:
    """The length of the longest common subsequence, a row of the table in one integer.

    Source: Hyyrö: Bit-parallel LCS-length computation revisited, 2004.
    """
    every = (1 << length) - 1
    row = every
    for token in reference:
        met = row & places.get(token, 0)
        row = ((row + met) | (row - met)) & every
    return length - row.bit_count()
