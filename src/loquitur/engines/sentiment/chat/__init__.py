"""Chat messages: our tables of chat language over VADER's lexicon and rules.

The tables of `loquitur.insight.chat_language` go before VADER's lexicon: they know slang, emotes,
emoji, laughter, and words of Korean, Japanese and Spanish. The rules stand in `weighing`.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from loquitur.engines.sentiment.chat import weighing
from loquitur.errors import InputError
from loquitur.insight.chat_language import Matcher, own_tables, read_table
from loquitur.insight.chat_language.normalising import KNOWN
from loquitur.insight.chat_language.tables import FOLDER
from loquitur.languages import primary
from loquitur.model.sentiment import Assessment, Sentiment
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.engines.sentiment.chat.weighing import Token
    from loquitur.insight.chat_language import Entry

NAME = "chat"
_LONGEST_KEPT, _KEPT = 100, 400_000
_LONGEST_CHUNK, _CHUNKS = 60, 200_000
_NONE = (math.nan, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatOptions:
    """Options of the engine.

    Args:
        tables: Tables of your own in the format of ours, with commas between; their rows go before
            ours. In a key stands their digest.
    """

    tables: str = field(default="", metadata={"keyed": False})


class ChatSentiment:
    """Chat language (`loquitur.protocols.SentimentReader`): English, Korean, Japanese, Spanish.

    Args:
        options: See `ChatOptions`.
        resources: Unused.

    Raises:
        MissingError: vaderSentiment is not installed.
        InputError: A table of the user's cannot be read.
    """

    Options: ClassVar[type] = ChatOptions
    languages: ClassVar[tuple[str, ...]] = KNOWN

    def __init__(self, options: ChatOptions, resources: Resources) -> None:
        del resources
        self._vader = weighing.vader()
        self._entries = (*own_tables(), *(e for path in _own(options) for e in read_table(path)))
        self._tongues: dict[str, _Tongue] = {}
        self._kept: dict[tuple[str, str], tuple[float, float]] = {}

    @classmethod
    def identity(cls, options: ChatOptions, resources: Resources) -> Identity:
        """VADER's version and the digest of the tables.

        Raises:
            MissingError: vaderSentiment is not installed.
            InputError: A table of the user's cannot be read.
        """
        del resources
        try:
            version = importlib.metadata.version("vaderSentiment")
        except importlib.metadata.PackageNotFoundError as exc:
            raise weighing.absent() from exc
        seen = hashlib.sha256()
        for path in (*sorted(FOLDER.glob("*.tsv")), *_own(options)):
            try:
                seen.update(path.read_bytes())
            except OSError as exc:
                raise InputError(f"{path} cannot be read as a chat table: {exc}") from exc
        return Identity(version=version, model="tables", model_digest=seen.hexdigest())

    def score(self, texts: Sequence[str], *, languages: Sequence[str]) -> Iterator[Sentiment]:
        """One sentiment for each message; `scores` has the raw `compound`, 0 for what is unknown.

        Assessments are the units that say something, with what they weigh in the message.
        """
        for text, language in zip(texts, languages, strict=True):
            tongue = self._tongue(language)
            if tongue is None:
                yield Sentiment.unscored(language=language, engine=NAME)
            else:
                yield self._score(text, tongue, language)

    def _score(self, text: str, tongue: _Tongue, language: str) -> Sentiment:
        units = tongue.matcher.units(text)
        tokens = [self._vader.token(unit) for unit in units]
        weights = weighing.weigh(tokens)
        raw = weighing.compound(sum(weights.values()), text)
        told, known = _counts([(unit.counts, unit.known) for unit in units])
        return Sentiment(
            polarity=raw if weights else None,
            subjectivity=None,
            coverage=known / told if told else 0.0,
            language=language,
            engine=NAME,
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
        kept = self._kept
        found: tuple[float, float] | None
        for at, (text, language) in enumerate(zip(texts, languages, strict=True)):
            found = kept.get((text, language))
            if found is None:
                tongue = self._tongue(language)
                found = tongue.figures(text) if tongue is not None else _NONE
                if len(text) <= _LONGEST_KEPT:
                    if len(kept) >= _KEPT:
                        kept.clear()
                    kept[text, language] = found
            polarity[at], coverage[at] = found
        return polarity, coverage

    def _tongue(self, language: str) -> _Tongue | None:
        """The tables as they are read for a language; None for one that they do not know."""
        name = primary(language) or "und"
        if name != "und" and name not in KNOWN:
            return None
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
        # of each chunk: its tokens, how many count and are known, whether any says something or
        # begins a phrase
        self._chunks: dict[str, tuple[tuple[Token, ...], int, int, bool, bool]] = {}

    def figures(self, text: str) -> tuple[float, float]:
        """Polarity (NaN where missing) and coverage."""
        tokens: list[Token] = []
        told = known = 0
        speaks = phrased = False
        chunks = self._chunks
        for chunk in text.split():
            seen = chunks.get(chunk)
            if seen is None:
                seen = self._enter(chunk)
            tokens += seen[0]
            told += seen[1]
            known += seen[2]
            speaks = speaks or seen[3]
            phrased = phrased or seen[4]
        if phrased and self._has_phrase(tokens):
            units = self.matcher.units(text)
            told, known = _counts([(unit.counts, unit.known) for unit in units])
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
        units = self.matcher.chunk(chunk)
        tokens = tuple(self._vader.token(unit) for unit in units)
        told, known = _counts([(unit.counts, unit.known) for unit in units])
        speaks = any(token.role in (weighing.WORD, weighing.SIGN) for token in tokens)
        phrased = any(self.matcher.begins_phrase(unit.key) for unit in units)
        made = (tokens, told, known, speaks, phrased)
        if len(chunk) <= _LONGEST_CHUNK:
            if len(self._chunks) >= _CHUNKS:
                self._chunks.clear()
            self._chunks[chunk] = made
        return made


def _counts(units: Sequence[tuple[bool, bool]]) -> tuple[int, int]:
    """How many units count, and how many of these are known."""
    return sum(counts for counts, _ in units), sum(counts and known for counts, known in units)


def _own(options: ChatOptions) -> list[Path]:
    return [Path(name.strip()).expanduser() for name in options.tables.split(",") if name.strip()]
