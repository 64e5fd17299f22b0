"""The suite of engines that read opinions out of texts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from loquitur.testing.conformance.plain import check_pickles, check_share, quiet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.sentiment import Sentiment
    from loquitur.protocols import SentimentReader

_UNKNOWN = "qaa"
"""For private use (ISO 639-2): no engine knows it."""
_CLOSE = 1e-3
"""Between a text alone and among others: models add up in another order in a batch."""
_TEXTS = (
    "I had a really horrible day. It was the worst day ever!",
    "a really good day that makes me happy :)",
    "the train leaves at nine",
    "",
    "   \n\t ",
    "🔥🔥❤️👨‍👩‍👧",
    "نهار سعيد جدا",
    "ㅋㅋㅋ 최고 ㅠㅠ",
    "bueno, very good, 最高!",
    "good \x00\x07\x1b[31m bad \u202e",
    "!!!!????",
    "=HYPERLINK(\"x\") <script>alert('good')</script>",
)


def check_sentiment_reader(engine: SentimentReader, *, language: str = "en") -> None:
    """One sentiment a text, of plain types, from that text alone; what is not known is missing.

    Args:
        engine: Made and ready.
        language: One that it knows.
    """
    found = _read(engine, _TEXTS, language)
    assert _read(engine, _TEXTS, language) == found, "alike each time"
    for text, among in zip(_TEXTS, found, strict=True):
        (alone,) = _read(engine, [text], language)
        _check_close(alone, among, text)
    backwards = _read(engine, _TEXTS[::-1], language)[::-1]
    for text, one, other in zip(_TEXTS, found, backwards, strict=True):
        _check_close(one, other, text)
    assert any(one.polarity is not None for one in found[:2]), "it knows plain words"
    assert not _read(engine, [], language), "no texts, no sentiments"
    for text, one in zip(_TEXTS[3:5], found[3:5], strict=True):
        assert one.polarity is None, f"nothing is known of {text!r}, so nothing is said"
        assert one.coverage == 0.0, f"nothing is known of {text!r}"
    _check_languages(engine)
    _check_hard(engine, language)


def _check_languages(engine: SentimentReader) -> None:
    """Two languages at once; one that the engine does not know is missing, never 0."""
    mixed = list(engine.score(["good", "good"], languages=["en", _UNKNOWN]))
    assert [one.language for one in mixed] == ["en", _UNKNOWN], "languages are given back"
    if engine.languages:
        assert mixed[1].polarity is None, "a language it does not know is missing, not 0"
        assert mixed[1].subjectivity is None, "a language it does not know is missing, not 0"
        assert mixed[1].coverage == 0.0, "it knows nothing of a language it does not know"


def _check_hard(engine: SentimentReader, language: str) -> None:
    """Texts that are long, or no Unicode; they end, and give one sentiment each."""
    long = ("good " * 20_000, "x" * 100_000, "!" * 100_000, "👍" * 20_000)
    with quiet():
        found = list(engine.score(long, languages=[language] * len(long)))
        broken = list(engine.score(["good \ud800 day"], languages=[language]))
    for one in (*found, *broken):
        _check_plain(one)


def _read(engine: SentimentReader, texts: Sequence[str], language: str) -> list[Sentiment]:
    with quiet():
        found = list(engine.score(texts, languages=[language] * len(texts)))
    assert len(found) == len(texts), "one sentiment for each text"
    for one in found:
        _check_plain(one)
        assert one.language == language, "the language is as given"
    check_pickles(found)
    return found


def _check_plain(one: Sentiment) -> None:
    assert one.engine, "the engine says its name"
    if one.polarity is not None:
        assert type(one.polarity) is float, f"polarity is a plain float: {one!r}"
        assert -1.0 <= one.polarity <= 1.0, f"polarity is in -1..1, not {one.polarity}"
        assert one.coverage > 0.0, f"nothing is said of what is not known: {one!r}"
    check_share(one.subjectivity, "subjectivity")
    check_share(one.coverage, "coverage")
    for part in one.assessments:
        assert part.words, f"an assessment has words: {part!r}"
        assert -1.0 <= part.polarity <= 1.0, f"an assessment is in -1..1: {part!r}"
        check_share(part.subjectivity, "subjectivity")
    names = [name for name, _ in one.scores]
    assert len(set(names)) == len(names), f"each score once: {one.scores!r}"
    assert all(type(score) is float and math.isfinite(score) for _, score in one.scores)


def _check_close(one: Sentiment, other: Sentiment, text: str) -> None:
    assert (one.polarity is None) == (other.polarity is None), f"of {text!r} alone"
    assert one.coverage == other.coverage, f"of {text!r} alone"
    if one.polarity is not None and other.polarity is not None:
        assert abs(one.polarity - other.polarity) <= _CLOSE, f"of {text!r} alone"
