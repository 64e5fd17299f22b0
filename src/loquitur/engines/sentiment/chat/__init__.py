"""Chat messages: our tables of chat language over VADER's lexicon and rules.

The tables of `loquitur.insight.chat_language` go before VADER's lexicon: they know slang, emotes,
emoji, laughter, and words of Korean, Japanese and Spanish. The rules stand in `weighing`.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from loquitur.engines import lexicons
from loquitur.engines.sentiment.chat import weighing
from loquitur.errors import InputError
from loquitur.insight.chat_language import Matcher, own_tables, read_table
from loquitur.insight.chat_language.normalising import KNOWN
from loquitur.insight.chat_language.tables import own_files
from loquitur.languages import is_among, primary
from loquitur.model.sentiment import Assessment, Sentiment
from loquitur.protocols import Identity, Resources
from loquitur.text import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.engines.sentiment.chat.weighing import Token
    from loquitur.insight.chat_language import Entry, Unit

_LONGEST_KEPT, _KEPT = 100, 400_000
_LONGEST_CHUNK, _CHUNKS = 60, 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOptions:
    """Options of the engine.

    Args:
        tables: Tables of your own in the format of ours, with commas between; their rows go before
            ours. In a key stands their digest.
    """

    tables: str = field(default="", metadata={"keyed": False})


class ChatSentiment(lexicons.Lexicon):
    """Chat language (`loquitur.protocols.SentimentReader`): English, Korean, Japanese, Spanish.

    Args:
        options: See `ChatOptions`.
        resources: Unused.

    Raises:
        MissingError: vaderSentiment is not installed.
        InputError: A table of the user's cannot be read.
    """

    Options: ClassVar[type] = ChatOptions
    name: ClassVar[str] = "chat"
    languages: ClassVar[tuple[str, ...]] = KNOWN

    def __init__(self, options: ChatOptions, resources: Resources) -> None:
        del resources
        self._vader = weighing.vader()
        self._entries = (*own_tables(), *(e for path in _own(options) for e in read_table(path)))
        self._tongues: dict[str, _Tongue] = {}
        self._kept = lru_cache(maxsize=_KEPT)(self._figures)

    @classmethod
    def identity(cls, options: ChatOptions, resources: Resources) -> Identity:
        """VADER's version and the digest of the tables.

        Raises:
            MissingError: vaderSentiment is not installed.
            InputError: A table of the user's cannot be read.
        """
        del resources
        version = lexicons.version(weighing.PACKAGE)
        seen = hashlib.sha256()
        for path in (*own_files(), *_own(options)):
            try:
                seen.update(path.read_bytes())
            except OSError as exc:
                raise InputError(f"{path} cannot be read as a chat table: {exc}") from exc
        return Identity(version=version, model="tables", model_digest=seen.hexdigest())

    def _score(self, text: str, language: str) -> Sentiment:
        """Its assessments are the units that say something, with what they weigh in the message."""
        tongue = self._tongue(language)
        units = tongue.matcher.units(text)
        tokens = [self._vader.token(unit) for unit in units]
        weights = weighing.weigh(tokens)
        raw = weighing.compound(sum(weights.values()), text)
        told, known = _counts(units)
        return Sentiment(
            polarity=raw if weights else None,
            subjectivity=None,
            coverage=known / told if told else 0.0,
            language=language,
            engine=self.name,
            assessments=tuple(
                Assessment(
                    words=(units[at].surface,),
                    polarity=max(-1.0, min(1.0, weight / weighing.SCALE)),
                    label=tokens[at].kind or None,
                )
                for at, weight in weights.items()
            ),
            scores=(("compound", raw),),
        )

    def score_column(
        self, texts: Sequence[str], languages: Sequence[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Polarity and coverage of many messages, each shape [n]; NaN is a missing polarity.

        The same figures as `score`, without the objects; equal short messages are looked at once.
        """
        polarity = np.full(len(texts), np.nan)
        coverage = np.zeros(len(texts))
        for at, (text, language) in enumerate(zip(texts, languages, strict=True)):
            look = self._kept if len(text) <= _LONGEST_KEPT else self._figures
            polarity[at], coverage[at] = look(text, language)
        return polarity, coverage

    def _figures(self, text: str, language: str) -> tuple[float, float]:
        """Polarity and coverage of a message; NaN is a missing polarity."""
        if not is_among(language, self.languages):
            return math.nan, 0.0
        return self._tongue(language).figures(text)

    def _tongue(self, language: str) -> _Tongue:
        """The tables as they are read for a language that they know, or that nobody knows."""
        name = primary(language) or "und"
        made = self._tongues.get(name)
        if made is None:
            made = self._tongues[name] = _Tongue(name, self._entries, self._vader)
        return made


class _Tongue:
    """The tables of one language, and the chunks of text that were seen in it."""

    def __init__(self, name: str, entries: Sequence[Entry], vader: weighing.Vader) -> None:
        lexicon = vader.lexicon if name in ("en", "und") else vader.signs
        self.matcher = Matcher(entries, language=name, lexicon=lexicon)
        self._vader = vader
        self._kept = lru_cache(maxsize=_CHUNKS)(self._enter)

    def figures(self, text: str) -> tuple[float, float]:
        """Polarity (NaN where missing) and coverage."""
        tokens: list[Token] = []
        told = known = 0
        speaks = phrased = False
        for chunk in text.split():
            look = self._kept if len(chunk) <= _LONGEST_CHUNK else self._enter
            more, counted, knew, says, begins = look(chunk)
            tokens += more
            told += counted
            known += knew
            speaks = speaks or says
            phrased = phrased or begins
        if phrased and self._has_phrase(tokens):
            units = self.matcher.units(text)
            told, known = _counts(units)
            tokens = [self._vader.token(unit) for unit in units]
            speaks = True
        coverage = known / told if told else 0.0
        weights = weighing.weigh(tokens) if speaks else {}
        if not weights:
            return math.nan, coverage
        return weighing.compound(sum(weights.values()), text), coverage

    def _has_phrase(self, tokens: Sequence[Token]) -> bool:
        keys = [token.key.lower() for token in tokens]
        return any(self.matcher.phrase_at(keys, at) for at in range(len(keys) - 1))

    def _enter(self, chunk: str) -> tuple[tuple[Token, ...], int, int, bool, bool]:
        """Its tokens, how many count and are known, whether any says something, begins a phrase."""
        units = self.matcher.chunk(chunk)
        tokens = tuple(self._vader.token(unit) for unit in units)
        speaks = any(token.role in (weighing.WORD, weighing.SIGN) for token in tokens)
        phrased = any(self.matcher.begins_phrase(unit.key) for unit in units)
        return (tokens, *_counts(units), speaks, phrased)


def _counts(units: Sequence[Unit]) -> tuple[int, int]:
    """How many units count, and how many of these are known."""
    return sum(unit.counts for unit in units), sum(unit.counts and unit.known for unit in units)


def _own(options: ChatOptions) -> list[Path]:
    return [Path(name).expanduser() for name in listed(options.tables)]
