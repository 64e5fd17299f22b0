"""Chat messages: our tables of chat language over VADER's lexicon and rules.

VADER (Hutto and Gilbert 2014) gives the words of English, the constants and the rules: negation
within three words, boosters, capitals, exclamation marks, `but`. The tables of
`loquitur.insight.chat_language` go before its lexicon: they know slang, emotes, emoji, laughter
and words of Korean, Japanese and Spanish. What is added to the rules is said at each of them.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import math
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from loquitur.errors import InputError, MissingError
from loquitur.insight.chat_language import Matcher, own_tables, read_table
from loquitur.insight.chat_language.normalising import KNOWN
from loquitur.insight.chat_language.tables import FOLDER
from loquitur.languages import primary
from loquitur.model.sentiment import Assessment, Sentiment
from loquitur.protocols import Identity, Resources

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.insight.chat_language import Unit

NAME = "chat"
_SCALE = 4.0
"""VADER's valences are -4..4, ours -1..1."""
_ALPHA = 15.0
_CAPITALS, _NEGATION = 0.733, -0.74
_REACH = (1.0, 0.95, 0.9)
_BUT_BEFORE, _BUT_AFTER = 0.5, 1.5
_EXCLAMATION, _MOST_EXCLAMATIONS = 0.292, 4
_REPEATED = 0.25
"""Of its weight for an emote or emoji that is there again: ten hearts are no ten opinions."""
_LAUGHED_AT = 0.5
"""Of laughter's weight beside words that say something: they say what is laughed about."""
_SIGNS = frozenset({"emote", "emoji", "emoji-either", "laughter", "crying", "applause"})
_FEELINGS = frozenset({"emoji-either", "crying"})
_LONGEST_KEPT, _KEPT = 100, 400_000


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
        self._vader = _vader()
        self._entries = (*own_tables(), *(e for path in _own(options) for e in read_table(path)))
        self._matchers: dict[str, Matcher] = {}
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
            raise _absent() from exc
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
            tongue = _tongue(language)
            if not tongue:
                yield Sentiment(
                    polarity=None, subjectivity=None, coverage=0.0, language=language, engine=NAME
                )
                continue
            units = self._units(text, tongue)
            weights = self._weights(units, text)
            told = sum(unit.counts for unit in units)
            compound = _compound(weights, text)
            yield Sentiment(
                polarity=compound if weights else None,
                subjectivity=None,
                coverage=min(1.0, sum(u.counts and u.known for u in units) / told) if told else 0.0,
                language=language,
                engine=NAME,
                assessments=tuple(
                    Assessment(
                        words=(units[at].surface,),
                        polarity=max(-1.0, min(1.0, weight / _SCALE)),
                        label=_label(units[at]),
                    )
                    for at, weight in weights.items()
                ),
                scores=(("compound", compound),),
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
        tongues: dict[str, str] = {}
        for at, (text, language) in enumerate(zip(texts, languages, strict=True)):
            tongue = tongues.get(language)
            if tongue is None:
                tongue = tongues[language] = _tongue(language)
            if not tongue:
                continue
            found = kept.get((text, tongue))
            if found is None:
                found = self._figures(text, tongue)
                if len(text) <= _LONGEST_KEPT:
                    if len(kept) >= _KEPT:
                        kept.clear()
                    kept[text, tongue] = found
            polarity[at], coverage[at] = found
        return polarity, coverage

    def _figures(self, text: str, tongue: str) -> tuple[float, float]:
        units = self._units(text, tongue)
        told = known = 0
        for unit in units:
            if unit.counts:
                told += 1
                known += unit.entry is not None or unit.said is not None
        weights = self._weights(units, text) if known else {}
        return (
            _compound(weights, text) if weights else math.nan,
            min(1.0, known / told) if told else 0.0,
        )

    def _units(self, text: str, tongue: str) -> list[Unit]:
        """The units in their order; places are not needed here, so the chunks' own units serve."""
        matcher = self._matchers.get(tongue)
        if matcher is None:
            lexicon = self._vader.lexicon if tongue in ("en", "und") else self._vader.signs
            matcher = self._matchers[tongue] = Matcher(
                self._entries, language=tongue, lexicon=lexicon
            )
        found: list[Unit] = []
        phrased = False
        for chunk in text.split():
            for unit in matcher.chunk(chunk):
                found.append(unit)
                phrased = phrased or matcher.begins_phrase(unit)
        return list(matcher.joined(found)) if phrased else found

    def _weights(self, units: list[Unit], text: str) -> dict[int, float]:
        """What each unit that says something weighs, in VADER's scale, by its place."""
        found: dict[int, float] = {}
        signs: dict[str, int] = {}
        worded = 0.0
        capitals = _has_capital_contrast(units) if not text.islower() else False
        but = -1
        for at, unit in enumerate(units):
            entry = unit.entry
            if entry is not None:
                if entry.polarity is None or entry.kind.startswith("negation"):
                    if entry.kind == "negation-after" and at - 1 in found:
                        found[at - 1] *= _NEGATION
                    continue
                weight = entry.polarity * _SCALE
                if entry.kind in _SIGNS:
                    signs[unit.key] = signs.get(unit.key, 0) + 1
                    found[at] = weight if signs[unit.key] == 1 else weight * _REPEATED
                    continue
            elif unit.said is not None and unit.key not in self._vader.boosters:
                weight = unit.said
            else:
                if unit.key == "but":
                    but = at
                continue
            found[at] = self._in_place(weight, units, at, capitals=capitals)
            worded += found[at]
        if not found:
            return found
        _settle_signs(found, units, worded)
        if but >= 0:
            for at in found:
                found[at] *= _BUT_BEFORE if at < but else _BUT_AFTER
        return found

    def _in_place(self, weight: float, units: list[Unit], at: int, *, capitals: bool) -> float:
        """A word's weight after what stands before it, by VADER's rules."""
        if capitals and units[at].surface.isupper() and len(units[at].surface) > 1:
            weight += math.copysign(_CAPITALS, weight) if weight else 0.0
        for back, reach in enumerate(_REACH, 1):
            if back > at:
                break
            before = units[at - back]
            step = self._vader.boosters.get(before.key)
            if step is not None:
                weight += math.copysign(step, step * weight) * reach if weight else 0.0
            elif before.key in self._vader.negations or (
                before.entry is not None and before.entry.kind == "negation"
            ):
                weight *= _NEGATION
            elif before.said is not None or (before.entry is not None and before.entry.polarity):
                break  # another opinion stands between
        return weight


def _settle_signs(found: dict[int, float], units: list[Unit], worded: float) -> None:
    """Laughter and strong feeling go with the words beside them."""
    laughter = sum(
        weight
        for at, weight in found.items()
        if (entry := units[at].entry) is not None and entry.kind in ("laughter", "applause")
    )
    favour = worded + laughter
    for at in found:
        entry = units[at].entry
        kind = entry.kind if entry is not None else ""
        if kind in _FEELINGS and favour:
            found[at] = math.copysign(abs(found[at]), favour) * _LAUGHED_AT
        elif kind == "laughter" and worded:
            found[at] *= _LAUGHED_AT


def _compound(weights: dict[int, float], text: str) -> float:
    total = sum(weights.values())
    if not total:
        return 0.0
    marks = min(text.count("!"), _MOST_EXCLAMATIONS) * _EXCLAMATION
    total += math.copysign(marks, total)
    return total / math.sqrt(total * total + _ALPHA)


def _has_capital_contrast(units: list[Unit]) -> bool:
    words = [unit.surface for unit in units if unit.surface[:1].isalpha()]
    upper = sum(map(str.isupper, words))
    return 0 < upper < len(words)


def _label(unit: Unit) -> str | None:
    return unit.entry.kind if unit.entry is not None else None


def _tongue(language: str) -> str:
    """Of which language the tables are read; empty for one that they do not know."""
    found = primary(language) or "und"
    return found if found == "und" or found in KNOWN else ""


def _own(options: ChatOptions) -> list[Path]:
    return [Path(name.strip()).expanduser() for name in options.tables.split(",") if name.strip()]


@dataclass(frozen=True, slots=True)
class _Vader:
    """What is taken of VADER: its words, its signs (emoticons, emoji), and lists of its rules."""

    lexicon: dict[str, float]
    signs: dict[str, float]
    boosters: dict[str, float]
    negations: frozenset[str]


@lru_cache(maxsize=1)
def _vader() -> _Vader:
    try:
        from vaderSentiment import vaderSentiment
    except ImportError as exc:
        raise _absent() from exc
    made: Any = vaderSentiment.SentimentIntensityAnalyzer()
    words: dict[str, float] = dict(made.lexicon)
    signs = {key: value for key, value in words.items() if not key[:1].isalnum()}
    for emoji, name in made.emojis.items():
        said = [words[word] for word in name.split() if word in words]
        if said:
            signs[emoji] = max(-_SCALE, min(_SCALE, sum(said)))
    return _Vader(
        lexicon=words | signs,
        signs=signs,
        boosters=dict(vaderSentiment.BOOSTER_DICT),
        negations=frozenset({*vaderSentiment.NEGATE, "no"}),
    )


def _absent() -> MissingError:
    return MissingError(
        "the tables of chat language lie over VADER, which is not installed",
        hint='pip install "loquitur[insight]"',
        code="LQ-NO-PACKAGE",
    )
