"""METEOR 1.5 with the matchers `exact` and `stem`, without Java.

Source: Denkowski, Lavie: Meteor Universal: Language Specific Translation Evaluation for Any Target
Language, WMT 2014 (the parameters of English); Banerjee, Lavie 2005 (fragmentation). The number
that papers print as METEOR also matches synonyms and paraphrases: it is higher, and another one.

A corpus' METEOR is not the mean of its sentences: the statistics of the best reference of each
sentence are added up and the formula is applied once, as the program does it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from loquitur.evaluation.sentences import function_words
from loquitur.evaluation.sentences.alignment import align
from loquitur.evaluation.sentences.stems import stem
from loquitur.languages import primary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ALPHA, BETA, GAMMA, STEM_WEIGHT = 0.85, 0.2, 0.6, 0.6
STATISTICS = 14
"""Of the hypothesis, then of the reference: length, function words, exact matches of content and of
function words, stem matches of content and of function words; then chunks, and sentences. One
chunk that covers both sides is no fragment: it counts 0, in the sums of a corpus too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteorOptions:
    """How METEOR weighs words.

    Args:
        delta: Weight of content words, function words have 1 - delta: the program's is .75; at .5
            all words count alike, and the result is the program's to 1e-6 whatever the list.
        language: BCP 47 tag, whose stems are matched.
        function_words: Those of the language; None takes ours of English, and of any other
            language none, at delta .5.
    """

    delta: float = 0.75
    language: str = "en"
    function_words: frozenset[str] | None = None

    def words(self) -> frozenset[str]:
        """The function words that count."""
        if self.function_words is not None:
            return self.function_words
        return function_words.ENGLISH if primary(self.language) in ("", "en") else frozenset()

    def weight(self) -> float:
        """The delta that counts: without function words all words count alike."""
        return self.delta if self.words() else 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteorScore:
    """A sentence's best reference: its score, and what a corpus adds up."""

    value: float
    statistics: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Side:
    """A tokenised sentence, its stems, and which tokens are function words."""

    tokens: tuple[str, ...]
    stems: tuple[str, ...]
    function: tuple[bool, ...]


@dataclass(slots=True)
class Meteor:
    """METEOR of sentences under one set of options."""

    options: MeteorOptions = field(default_factory=MeteorOptions)
    _words: frozenset[str] = field(init=False)
    _delta: float = field(init=False)
    _sides: dict[tuple[str, ...], _Side] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._words = self.options.words()
        self._delta = self.options.weight()

    def score(self, hypothesis: Sequence[str], references: Sequence[Sequence[str]]) -> MeteorScore:
        """Of the reference that scores best, the first of several; tokens in lower case."""
        ours = self._side(tuple(hypothesis))
        best: MeteorScore | None = None
        for reference in references:
            found = self._against(ours, self._side(tuple(reference)))
            if best is None or found.value > best.value:
                best = found
        if best is None:
            raise ValueError("METEOR needs a reference")
        return best

    def _side(self, tokens: tuple[str, ...]) -> _Side:
        found = self._sides.get(tokens)
        if found is None:
            language = self.options.language
            found = _Side(
                tokens,
                tuple(stem(token, language) for token in tokens),
                tuple(token in self._words for token in tokens),
            )
            if len(self._sides) < 1 << 16:
                self._sides[tokens] = found
        return found

    def _against(self, ours: _Side, theirs: _Side) -> MeteorScore:
        matches, chunks = align(ours.tokens, theirs.tokens, ours.stems, theirs.stems)
        row = [0.0] * STATISTICS
        for side, start in ((ours, 0), (theirs, 6)):
            row[start] = len(side.tokens)
            row[start + 1] = sum(side.function)
        for at, other, stemmed in matches:
            row[2 + 2 * stemmed + ours.function[at]] += 1
            row[8 + 2 * stemmed + theirs.function[other]] += 1
        whole = chunks == 1 and len(ours.tokens) == len(theirs.tokens) == len(matches)
        row[12], row[13] = 0 if whole else chunks, 1
        return MeteorScore(value=_formula(row, self._delta), statistics=tuple(row))


def _formula(row: Sequence[float], delta: float) -> float:
    """The score of one sentence's statistics; see `formula`."""
    precision = _share(row, 0, delta)
    recall = _share(row, 6, delta)
    if not precision or not recall:
        return 0.0
    mean = precision * recall / (ALPHA * precision + (1 - ALPHA) * recall)
    ours, theirs = sum(row[2:6]), sum(row[8:12])
    fragments = row[12] / ((ours + theirs) / 2)
    return float(mean * (1 - GAMMA * fragments**BETA))


def _share(row: Sequence[float], start: int, delta: float) -> float:
    length, function, exact, exact_f, stem_, stem_f = row[start : start + 6]
    weighed = delta * (length - function) + (1 - delta) * function
    if not weighed:
        return 0.0
    content, functional = exact + STEM_WEIGHT * stem_, exact_f + STEM_WEIGHT * stem_f
    return (delta * content + (1 - delta) * functional) / weighed


def formula(sums: Floats, delta: float) -> Floats:
    """The score of statistics, of many at once: [..., 14] to [...].

    F = P R / (alpha P + (1 - alpha) R), times 1 - gamma (chunks / matches) ^ beta.
    """
    flat = sums.reshape(-1, STATISTICS)
    found = np.array([_formula(row, delta) for row in flat.tolist()], dtype=np.float64)
    return found.reshape(sums.shape[:-1])
