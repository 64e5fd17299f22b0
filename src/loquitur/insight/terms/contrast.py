"""Two sets of videos held against each other: how they are judged, and which words mark them.

A word marks a set where its share of all words is higher there, with the videos as what varies: a
word that one video repeats marks that video, not the set (Gries 2008 on dispersion; Brezina and
Meyerhoff 2014 on tests that take words for independent).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.insight import differences
from loquitur.insight.terms.candidates import terms_in
from loquitur.insight.terms.judging import MEASURES, RATE, Scored, compare, figure_of, with_rates
from loquitur.insight.texts.passages import clustered
from loquitur.insight.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.insight.terms.judging import Comparison, Judging
    from loquitur.insight.texts.passages import Clustered, Gathered, Passage

_LEAST_VIDEOS = 5
_LEAST_USES = 10
_MOST_TESTED = 2000
_MOST_SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """A word that one set uses more.

    Args:
        term: The word, or two in a row.
        first: How often the first set has it.
        second: How often the other has it.
        ratio_log2: How many times as often per word, in doublings; above 0 where the first has it
            more. Half a use is added on both sides.
        p: Two-sided, by Student's t of the difference of rates with the jackknife's error.
        q: The rate of false discoveries among all words tested.
    """

    term: str
    first: int
    second: int
    ratio_log2: float
    p: float | None
    q: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """Two sets of videos.

    Args:
        against: The other set.
        kinds: What was drawn together, in the first set and in the other.
        clusters: How many of them.
        polarity: The first set against the other.
        subjectivity: Likewise.
        keywords: Words that mark the first set or the other, the surest first.
        tested: How many words were tested.
    """

    against: Gathered
    kinds: tuple[str, str]
    clusters: tuple[int, int]
    polarity: Comparison
    subjectivity: Comparison
    keywords: tuple[Keyword, ...]
    tested: int


def contrast_of(
    gathered: Gathered, scored: Scored, against: Gathered, judging: Judging
) -> Contrast:
    """Hold one set of texts against another.

    Raises:
        InputError: The other has no text.
    """
    if not against.passages:
        raise InputError(f"no text in {', '.join(against.sources)}", hint="nothing to hold against")
    other = Scored.of(against.passages, judging)
    drawn = _apart(gathered.passages), _apart(against.passages)
    labels = tuple([f"{side}\n{one}" for one in each.labels] for side, each in enumerate(drawn))
    polarity, subjectivity = with_rates(
        [
            compare(
                (
                    [figure_of(one, measure) for one in scored.sentiments],
                    [figure_of(one, measure) for one in other.sentiments],
                ),
                (labels[0], labels[1]),
                judging,
            )
            for measure in MEASURES
        ]
    )
    keywords, tested = _keywords(scored.texts, other.texts, drawn)
    return Contrast(
        against=against,
        kinds=(drawn[0].kind, drawn[1].kind),
        clusters=(len(set(drawn[0].labels)), len(set(drawn[1].labels))),
        polarity=polarity,
        subjectivity=subjectivity,
        keywords=keywords,
        tested=tested,
    )


def _apart(passages: Sequence[Passage]) -> Clustered:
    return clustered(passages, least_videos=_LEAST_VIDEOS)


def _keywords(
    first: Sequence[str], second: Sequence[str], drawn: tuple[Clustered, Clustered]
) -> tuple[tuple[Keyword, ...], int]:
    sides = [
        _counted(texts, each.labels) for texts, each in zip((first, second), drawn, strict=True)
    ]
    totals = [_summed(uses for uses, _ in side) for side in sides]
    words = [sum(words for _, words in side) for side in sides]
    if not all(words):
        return (), 0
    common = (totals[0] + totals[1]).most_common(_MOST_TESTED)
    tested = [term for term, uses in common if uses >= _LEAST_USES]
    found: list[tuple[str, float | None]] = []
    for term in tested:
        uses = [([uses[term] for uses, _ in side], [words for _, words in side]) for side in sides]
        found.append((term, differences.rates_differ(uses[0], uses[1])))
    rates = differences.benjamini_hochberg([p for _, p in found])
    keywords = [
        Keyword(
            term=term,
            first=totals[0][term],
            second=totals[1][term],
            ratio_log2=math.log2(
                (totals[0][term] + 0.5) / words[0] / ((totals[1][term] + 0.5) / words[1])
            ),
            p=p,
            q=q,
        )
        for (term, p), q in zip(found, rates, strict=True)
        if q is not None and q <= RATE
    ]
    keywords.sort(key=lambda one: (one.q or 0.0, -abs(one.ratio_log2), one.term))
    return tuple(keywords[:_MOST_SHOWN]), len(tested)


def _summed(counts: Iterable[Counter[str]]) -> Counter[str]:
    """In place: `+` would copy the sum for each cluster."""
    total: Counter[str] = Counter()
    for some in counts:
        total.update(some)
    return total


def _counted(texts: Sequence[str], labels: Sequence[str]) -> list[tuple[Counter[str], int]]:
    """Of each cluster how often it has each term, and how many words."""
    uses: dict[str, Counter[str]] = {}
    words: Counter[str] = Counter()
    for text, label in zip(texts, labels, strict=True):
        uses.setdefault(label, Counter()).update(terms_in(text))
        words[label] += len(tokens(text))
    return [(found, words[label]) for label, found in uses.items() if words[label]]
