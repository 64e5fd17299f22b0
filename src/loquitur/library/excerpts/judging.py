"""Which sentence answers best, and how sure that any does: two linear models with few features.

The confidence is a logistic regression (Cox 1958) on how the question is covered; it is a
probability for questions like those it was fitted on, half of them asked of a library without
their article. Weights and how they came about are in `calibration.toml`.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loquitur.library.excerpts.evidence import coverage
from loquitur.library.excerpts.questions import defining
from loquitur.library.excerpts.spans import FEATURES, looks_wanted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.library.excerpts.evidence import Found, Sentence
    from loquitur.library.excerpts.questions import Question

SENTENCE = ("coverage", "beside", "passage", "wanted", "pairs", "defines")
CONFIDENCE = ("sentence", "passage", "names", "rarest", "pairs", "margin", "told")

_BEHIND = 16
"""Characters behind a word within which it is explained."""
_BEFORE, _NAMED = 10, 0.7
"""Characters before a word within which it is named, and what that counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The weights of `calibration.toml`, in the order of the names above.

    Args:
        sentence: Of a sentence's features, shape [6].
        meaning: Of the cosine between the question and a sentence.
        confidence: Of the features of a whole answer, shape [7], and `intercept` before them.
        intercept: See there.
        answer: Of the features of a run of words, shape [18].
        refuse_below: The confidence below which there is no answer.
    """

    sentence: NDArray[np.float64]
    meaning: float
    confidence: NDArray[np.float64]
    intercept: float
    answer: NDArray[np.float64]
    refuse_below: float


@lru_cache(maxsize=1)
def calibration() -> Calibration:
    """The weights that come with the package."""
    path = Path(__file__).with_name("calibration.toml")
    read = tomllib.loads(path.read_text(encoding="utf-8"))

    def row(table: str, names: Sequence[str]) -> NDArray[np.float64]:
        return np.array([float(read[table][name]) for name in names])

    return Calibration(
        sentence=row("sentence", SENTENCE),
        meaning=float(read["sentence"]["meaning"]),
        confidence=row("confidence", CONFIDENCE),
        intercept=float(read["confidence"]["intercept"]),
        answer=row("answer", FEATURES),
        refuse_below=float(read["threshold"]["refuse_below"]),
    )


def sentence_features(sentences: Sequence[Sentence], question: Question) -> NDArray[np.float64]:
    """What is seen of each sentence, shape [sentences, len(SENTENCE)]."""
    rows = [
        [
            coverage(one.found.asked, one.matched),
            coverage(
                one.found.asked,
                [max(0.0, near - here) for near, here in zip(one.beside, one.matched, strict=True)],
            ),
            one.found.score,
            looks_wanted(one, question),
            one.pairs,
            defines(one, question),
        ]
        for one in sentences
    ]
    return np.array(rows, np.float64).reshape(len(sentences), len(SENTENCE))


def defines(sentence: Sentence, question: Question) -> float:
    """1 where a meaning is asked for and a sentence explains it: `X is`; less for `is called X`."""
    if question.wanted != "meaning":
        return 0.0
    asked = {
        one.term for one, has in zip(sentence.found.asked, sentence.matched, strict=True) if has
    }
    pattern = defining(sentence.found.passage.language)
    text = sentence.found.passage.text.lower()
    best = 0.0
    for token in sentence.found.tokens:
        if sentence.start <= token.start < sentence.end and token.term in asked:
            behind = min(sentence.end, token.end + _BEHIND)
            before = max(sentence.start, token.start - _BEFORE)
            if pattern.search(text, token.end, behind) is not None:
                return 1.0
            if pattern.search(text, before, token.start) is not None:
                best = _NAMED
    return best


def confidence_features(best: Sentence, found: Sequence[Found]) -> NDArray[np.float64]:
    """What is seen of the whole answer, shape [len(CONFIDENCE)].

    Where nothing is written like a name (in scripts without capitals, or typed in haste), all words
    stand for them.

    Args:
        best: The sentence that answers best.
        found: All passages that were found, the best first.
    """
    asked = best.found.asked
    here = best.found.matched
    named = [at for at, one in enumerate(asked) if one.named]
    rarest = max(range(len(asked)), key=lambda at: (asked[at].weight, -at)) if asked else None
    whole = [coverage(one.asked, one.matched) for one in found]
    others = sorted(whole, reverse=True)[3:8]
    total = sum(one.weight for one in asked)
    told = total * coverage(asked, best.matched)
    return np.array(
        [
            coverage(asked, [max(*pair) for pair in _half(best)]),
            coverage(asked, here),
            coverage([asked[at] for at in named] or asked, [here[at] for at in named] or here),
            here[rarest] if rarest is not None else 0.0,
            best.pairs,
            coverage(asked, here) - (sum(others) / len(others) if others else 0.0),
            math.log1p(told),
        ]
    )


def _half(sentence: Sentence) -> list[tuple[float, float]]:
    """What stands in the sentence, and half of what stands beside it."""
    return [(here, near / 2) for here, near in zip(sentence.matched, sentence.beside, strict=True)]


def confidence(features: NDArray[np.float64], weights: Calibration) -> float:
    """How likely it is that the question is answered, 0 to 1."""
    return float(1 / (1 + math.exp(-(weights.intercept + features @ weights.confidence))))
