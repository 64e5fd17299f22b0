"""The sentiment of a chat: over time, in all, and what of it could not be read.

Each different text is read once. A message of which the engine knew nothing is unscored, which is
not neutral. Authors are the clusters of every interval: what one person repeats is one opinion.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from loquitur.insight import inference
from loquitur.insight.texts import scoring
from loquitur.insight.texts.identification import identify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.insight.chats.columns import Messages
    from loquitur.insight.chats.minutes import Minutes
    from loquitur.insight.chats.wording import Wording

    Floats = NDArray[np.float64]

ENGINE = "chat"
CLEAR = 0.05
"""From here on a polarity is positive (Hutto and Gilbert 2014, for VADER's compound)."""
LEAST_AUTHORS = 5
"""Of a minute, for an interval."""
_EXAMPLES = 5
_LEAST_WORDS = 3
_LONGEST = 200
_CHUNK = 100_000
_LOOKED_AT = 2_000
Sign = Literal["positive", "negative", "neutral", "unscored"]
SIGNS: tuple[Sign, ...] = ("positive", "negative", "neutral", "unscored")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What an engine says of each different text.

    Args:
        engine: Its name in the registry.
        polarity: -1..1, NaN for a missing one.
        coverage: Share of the tokens it knew.
        languages: BCP 47, `und` where it could not be told.
    """

    engine: str
    polarity: Floats
    coverage: Floats
    languages: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A message that shows what a share is made of: its place, and how it was scored."""

    sign: Sign
    place: int
    polarity: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """The sentiment of a chat; stickers without words and what was taken away are not in it.

    Args:
        engine: Its name.
        messages: How many were read.
        scored: Of how many it knew something.
        mean: Polarity of the scored ones, with its interval by authors.
        coverage: Mean share of tokens known, of all that were read.
        shares: Of all that were read, with Wilson's intervals.
        languages: Messages by language, the commonest first.
        examples: Up to five of each sign, by different authors.
        by_minute: Mean polarity of each row of the minutes, NaN without a scored message.
        low: Of its interval at 95 %; NaN with fewer than `LEAST_AUTHORS` authors.
        high: Of its interval.
        scored_by_minute: How many messages it is made of.
    """

    engine: str
    messages: int
    scored: int
    mean: inference.Interval
    coverage: float | None
    shares: dict[Sign, inference.Interval]
    languages: tuple[tuple[str, int], ...]
    examples: tuple[Example, ...]
    by_minute: Floats
    low: Floats
    high: Floats
    scored_by_minute: NDArray[np.int64]


def score_texts(texts: Sequence[str], *, engine: str = ENGINE, language: str = "") -> Scores:
    """The scores of texts.

    Args:
        texts: Each different one once.
        engine: `NAME` or `NAME:MODEL` of the kind `sentiment`.
        language: BCP 47 of all of them; found out for each where empty.

    Raises:
        UsageError: No such engine.
        MissingError: A package or model is absent.
    """
    reader = scoring.reader(engine)
    polarity = np.full(len(texts), np.nan)
    coverage = np.zeros(len(texts))
    languages: list[str] = []
    for begin in range(0, len(texts), _CHUNK):
        some = texts[begin : begin + _CHUNK]
        tongues = [language] * len(some) if language else identify(some)
        languages += tongues
        found, knew = scoring.column_of(reader, some, tongues)
        polarity[begin : begin + len(some)] = found
        coverage[begin : begin + len(some)] = knew
    return Scores(
        engine=engine.partition(":")[0], polarity=polarity, coverage=coverage, languages=languages
    )


def read_mood(
    messages: Messages, scores: Scores, wording: Wording, minutes: Minutes | None
) -> Mood:
    """The mood of a chat out of the scores of its texts."""
    has_text = np.array([bool(text) for text in messages.texts], dtype=bool)
    read = ~messages.is_deleted & has_text[messages.text] if has_text.size else ~messages.is_deleted
    polarity = scores.polarity[messages.text]
    scored = read & np.isfinite(polarity)
    count = int(read.sum())
    signs = {
        "positive": int((polarity[scored] >= CLEAR).sum()),
        "negative": int((polarity[scored] <= -CLEAR).sum()),
        "unscored": count - int(scored.sum()),
    }
    signs["neutral"] = count - sum(signs.values())
    by_minute, low, high, made_of = _over_time(messages, polarity, scored, minutes)
    return Mood(
        engine=scores.engine,
        messages=count,
        scored=int(scored.sum()),
        mean=_mean(messages, polarity, scored),
        coverage=float(scores.coverage[messages.text][read].mean()) if count else None,
        shares={sign: inference.wilson(signs[sign], count) for sign in SIGNS},
        languages=_languages(messages, scores, read),
        examples=tuple(_examples(messages, polarity, scored, read, wording)),
        by_minute=by_minute, low=low, high=high, scored_by_minute=made_of,
    )  # fmt: skip


def _mean(messages: Messages, polarity: Floats, scored: NDArray[np.bool_]) -> inference.Interval:
    """The mean with authors as clusters.

    Few authors have no interval, as in the rows of minutes; none leaves what polarity can be.
    """
    own = _clusters(messages, messages.author[scored])
    mean = inference.bootstrap_mean(polarity[scored], clusters=own.tolist())
    if mean.low is None or mean.high is None:
        return mean
    if len(np.unique(own)) < LEAST_AUTHORS:
        return replace(mean, low=None, high=None)
    return replace(mean, low=max(-1.0, mean.low), high=min(1.0, mean.high))


def _clusters(messages: Messages, author: NDArray[np.int32]) -> NDArray[np.int64]:
    """The authors of some messages; each message without one stands alone."""
    own = author.astype(np.int64)
    alone = own < 0
    own[alone] = len(messages.authors) + np.arange(int(alone.sum()))
    return own


def _languages(
    messages: Messages, scores: Scores, read: NDArray[np.bool_]
) -> tuple[tuple[str, int], ...]:  # fmt: skip
    times = np.bincount(messages.text[read], minlength=len(scores.languages))
    found: Counter[str] = Counter()
    for language, count in zip(scores.languages, times.tolist(), strict=True):
        if count:
            found[language] += count
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _over_time(
    messages: Messages, polarity: Floats, scored: NDArray[np.bool_], minutes: Minutes | None
) -> tuple[Floats, Floats, Floats, NDArray[np.int64]]:  # fmt: skip
    """Mean and interval of each minute.

    The interval is that of a ratio of sums over clusters, by linearisation (Cochran 1977, chapter
    6), with the quantiles of Student's law: a bootstrap of each minute would say the same and take
    hundreds of times as long.
    """
    if minutes is None:
        none = np.zeros(0)
        return none, none, none, np.zeros(0, dtype=np.int64)
    size = len(minutes)
    timed = scored[: messages.timed]
    at = (messages.times // minutes.every_ms - minutes.first)[timed]
    values = polarity[: messages.timed][timed]
    author = _clusters(messages, messages.author[: messages.timed][timed])
    made_of = np.bincount(at, minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(at, weights=values, minlength=size) / made_of
        pairs, place = np.unique(author * size + at, return_inverse=True)
        own = np.bincount(place, minlength=len(pairs)).astype(np.float64)
        sums = np.bincount(place, weights=values, minlength=len(pairs))
        minute = pairs % size
        authors = np.bincount(minute, minlength=size)
        away = sums - mean[minute] * own
        squares = np.bincount(minute, weights=away * away, minlength=size)
        error = np.sqrt(squares * authors / (authors - 1)) / made_of
    half = error * _student(authors - 1)
    half[(authors < LEAST_AUTHORS) | ~np.isfinite(half)] = np.nan
    return mean, np.maximum(-1, mean - half), np.minimum(1, mean + half), made_of


def _student(freedom: NDArray[np.int64]) -> Floats:
    """The 97.5 % quantile of Student's law, after Cornish and Fisher; exact to 0.001 from 4 on."""
    z = 1.959963984540054
    n = np.maximum(freedom, 1).astype(np.float64)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    found: Floats = np.full(len(n), z)
    for power, term in enumerate(terms, start=1):
        found += term / n**power
    return found


def _examples(
    messages: Messages,
    polarity: Floats,
    scored: NDArray[np.bool_],
    read: NDArray[np.bool_],
    wording: Wording,
) -> list[Example]:
    """The clearest messages of some length, no author and no text twice."""
    words = np.diff(wording.starts)[messages.text]
    lengths = np.array([len(text) for text in messages.texts])[messages.text]
    short = lengths <= _LONGEST
    found: list[Example] = []
    telling = scored & short & (words >= _LEAST_WORDS)
    known = np.nan_to_num(polarity)
    clear: tuple[tuple[Sign, Floats], ...] = (("positive", known), ("negative", -known))
    for sign, strength in clear:
        places = np.flatnonzero(telling & (strength >= CLEAR))
        order = places[np.argsort(-strength[places], kind="stable")]
        found += _different(sign, order[:_LOOKED_AT], messages, polarity)
    times = np.bincount(messages.text[read], minlength=len(messages.texts))
    rest: tuple[tuple[Sign, NDArray[np.bool_]], ...] = (
        ("neutral", telling & (np.abs(known) < CLEAR)),
        ("unscored", read & short & ~np.isfinite(polarity)),
    )
    for sign, which in rest:
        places = np.flatnonzero(which)
        order = places[np.argsort(-times[messages.text[places]], kind="stable")]
        _, first = np.unique(messages.text[order], return_index=True)
        found += _different(sign, order[np.sort(first)][:_LOOKED_AT], messages, polarity)
    return found


def _different(
    sign: Sign, places: NDArray[np.int64], messages: Messages, polarity: Floats
) -> list[Example]:
    found: list[Example] = []
    authors: set[int] = set()
    texts: set[int] = set()
    for place in places.tolist():
        author, text = int(messages.author[place]), int(messages.text[place])
        if text in texts or (author >= 0 and author in authors):
            continue
        authors.add(author)
        texts.add(text)
        value = float(polarity[place])
        found.append(
            Example(sign=sign, place=place, polarity=value if math.isfinite(value) else None)
        )
        if len(found) == _EXAMPLES:
            break
    return found
