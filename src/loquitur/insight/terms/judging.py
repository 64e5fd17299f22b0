"""Texts judged, and two sides of them compared: what effects of terms and contrasts share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from loquitur.insight import differences, inference
from loquitur.insight.terms.patterns import comparable
from loquitur.insight.texts.identification import UNKNOWN, identify, majority
from loquitur.insight.texts.scoring import score

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.differences import RankTest
    from loquitur.insight.inference import Interval
    from loquitur.insight.texts.passages import Passage
    from loquitur.model.sentiment import Sentiment

Measure = Literal["polarity", "subjectivity"]
Verdict = Literal["higher", "lower", "no difference shown", "undecided", "too few to say"]
MEASURES: tuple[Measure, ...] = ("polarity", "subjectivity")
LEAST_TEXTS = 20
"""Scored texts on each side; with fewer nothing is said."""
LEAST_CLUSTERS = 5
"""Videos (authors, stretches) on each side."""
RATE = 0.05
"""Of false discoveries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """How texts are judged.

    Args:
        engine: `NAME` or `NAME:MODEL` of the kind `sentiment`.
        level: Of confidence, of every interval.
        resamples: Draws of each bootstrap.
        seed: Of the draws.
        most: Candidate terms at most, where none is given.
    """

    engine: str = "textblob"
    level: float = 0.95
    resamples: int = 2000
    seed: int = 0
    most: int = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Texts with their scores.

    Args:
        texts: In the composition that terms are compared in.
        languages: Of each.
        sentiments: Of each.
    """

    texts: tuple[str, ...]
    languages: tuple[str, ...]
    sentiments: tuple[Sentiment, ...]

    @classmethod
    def of(cls, passages: Sequence[Passage], judging: Judging) -> Scored:
        """Score passages; what tells too little of its language has that of most others."""
        texts = tuple(comparable(one.text) for one in passages)
        languages = tuple(languages_of(passages, texts))
        sentiments = score(texts, engine=judging.engine, languages=languages)
        return cls(texts=texts, languages=languages, sentiments=tuple(sentiments))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two sides in one measure; differences are the first less the second.

    Args:
        first: Scored texts of the first side.
        second: Scored texts of the second.
        clusters: Videos (authors, stretches) of the side that has fewer.
        mean_first: None where there is no text.
        mean_second: None where there is no text.
        difference: Of the means, with its interval.
        ranks: Mann and Whitney's test, and Cliff's delta.
        g: Hedges' g.
        q: The rate of false discoveries at which this would be found, among the tests of a run;
            None where there are too few to test.
        verdict: In words.
    """

    first: int
    second: int
    clusters: int
    mean_first: float | None
    mean_second: float | None
    difference: Interval
    ranks: RankTest
    g: Interval
    q: float | None = None
    verdict: Verdict = "too few to say"

    @property
    def suffices(self) -> bool:
        """Whether there are texts and clusters enough on both sides to say anything."""
        return min(self.first, self.second) >= LEAST_TEXTS and self.clusters >= LEAST_CLUSTERS


def languages_of(passages: Sequence[Passage], texts: Sequence[str]) -> list[str]:
    """The language of each passage: its own, else found out, else that of most others."""
    unknown = [at for at, one in enumerate(passages) if one.language == UNKNOWN]
    told = identify([texts[at] for at in unknown])
    usual = majority(told) or UNKNOWN
    languages = [one.language for one in passages]
    for at, tag in zip(unknown, told, strict=True):
        languages[at] = usual if tag == UNKNOWN else tag
    return languages


def figure_of(sentiment: Sentiment, measure: Measure) -> float | None:
    """The figure of a measure."""
    return sentiment.polarity if measure == "polarity" else sentiment.subjectivity


def compare(
    sides: tuple[Sequence[float | None], Sequence[float | None]],
    labels: tuple[Sequence[str], Sequence[str]],
    judging: Judging,
) -> Comparison:
    """Two sides held against each other; `with_rates` then says which differ.

    Args:
        sides: Scores; missing ones are left out.
        labels: The cluster of each; equal ones on both sides are the same cluster.
        judging: Level, draws and seed.
    """
    known = [[value for value in side if value is not None] for side in sides]
    groups = [
        len({name for name, value in zip(names, side, strict=True) if value is not None})
        for names, side in zip(labels, sides, strict=True)
    ]
    means = [sum(side) / len(side) if side else None for side in known]
    return Comparison(
        first=len(known[0]),
        second=len(known[1]),
        clusters=min(groups),
        mean_first=means[0],
        mean_second=means[1],
        difference=inference.bootstrap_difference(
            *sides,
            first_clusters=labels[0],
            second_clusters=labels[1],
            level=judging.level,
            resamples=judging.resamples,
            seed=judging.seed,
        ),
        ranks=differences.mann_whitney(
            *sides, first_clusters=labels[0], second_clusters=labels[1], level=judging.level
        ),
        g=inference.hedges_g(*sides, level=judging.level),
    )


def with_rates(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """Comparisons with rates of false discoveries and verdicts; too small ones are no tests."""
    rates = differences.benjamini_hochberg(
        [one.ranks.p if one.suffices else None for one in comparisons]
    )
    return [
        replace(one, q=q, verdict=_verdict(one, q)) if one.suffices else one
        for one, q in zip(comparisons, rates, strict=True)
    ]


def _verdict(one: Comparison, q: float | None) -> Verdict:
    """A difference is said to be one where test and interval agree.

    Where neither side varies there is no interval: two sides wholly apart are then different.
    """
    difference = one.difference
    if q is None or q > RATE or difference.value is None:
        return "no difference shown"
    if difference.low is None or difference.high is None:
        apart = one.ranks.delta.value is not None and abs(one.ranks.delta.value) == 1
    else:
        apart = difference.low > 0 or difference.high < 0
    if not apart:
        return "undecided"
    return "higher" if difference.value > 0 else "lower"
