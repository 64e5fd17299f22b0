"""Lexicons with rules: which texts are theirs to score, and what TextBlob's rules made of one.

The engines that are lexicons share this page; each brings its own way to score a text.
"""

from __future__ import annotations

import importlib.metadata
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from loquitur.errors import MissingError
from loquitur.languages import is_among
from loquitur.model.sentiment import Assessment, Sentiment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

Assessed = tuple[list[str], float, float, "str | None"]
"""The words, polarity, subjectivity and label of an assessment, as TextBlob gives them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOptions:
    """Options of the engine: it has none."""


class Lexicon(ABC):
    """An engine that scores texts one by one, in the languages that its words are of."""

    name: ClassVar[str]
    languages: ClassVar[tuple[str, ...]]

    def score(self, texts: Sequence[str], *, languages: Sequence[str]) -> Iterator[Sentiment]:
        """One sentiment for each text; `scores` has the raw figures, also where nothing is known.

        Args:
            texts: In any language.
            languages: BCP 47, one for each; texts in one that is not the lexicon's are unscored.
        """
        for text, language in zip(texts, languages, strict=True):
            if is_among(language, self.languages):
                yield self._score(text, language)
            else:
                yield Sentiment.unscored(language=language, engine=self.name)

    @abstractmethod
    def _score(self, text: str, language: str) -> Sentiment:
        """The sentiment of a text in a language of the lexicon's, or in one that nobody knows."""


def put_together(
    assessed: Sequence[Assessed],
    raw: tuple[float, float],
    tokens: Iterable[str],
    *,
    language: str,
    engine: str,
) -> Sentiment:
    """The sentiment of a text by what TextBlob's rules found in it.

    Args:
        assessed: Its assessments.
        raw: Its polarity and subjectivity, 0 where there are no assessments.
        tokens: All that the text is made of; lone punctuation does not count.
        language: Of the text.
        engine: The engine's name.
    """
    told = sum(len(token) > 1 or token.isalnum() for token in tokens)
    known = sum(word != "!" for words, *_ in assessed for word in words)
    return Sentiment(
        polarity=raw[0] if assessed else None,
        subjectivity=raw[1] if assessed else None,
        coverage=min(1.0, known / told) if told else 0.0,
        language=language,
        engine=engine,
        assessments=tuple(
            Assessment(words=tuple(words), polarity=p, subjectivity=s, label=label)
            for words, p, s, label in assessed
        ),
        scores=(("polarity", raw[0]), ("subjectivity", raw[1])),
    )


def version(package: str, *, extra: str = "insight") -> str:
    """The installed version of a package.

    Raises:
        MissingError: It is not installed.
    """
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError as exc:
        raise absent(package, extra=extra) from exc


def absent(package: str, *, extra: str = "insight") -> MissingError:
    """The error where a package is not installed."""
    return MissingError(
        f"the package {package} is not installed",
        hint=f'pip install "loquitur[{extra}]"',
        code="LQ-NO-PACKAGE",
    )
