"""VADER: a lexicon and rules for short texts on the web (Hutto and Gilbert 2014, ICWSM)."""

from __future__ import annotations

from typing import Any, ClassVar

from loquitur.engines import lexicons
from loquitur.model.sentiment import Sentiment
from loquitur.protocols import Identity, Resources

_PACKAGE = "vaderSentiment"


class Vader(lexicons.Lexicon):
    """VADER as published (`loquitur.protocols.SentimentReader`); English.

    Polarity is its `compound`; it has no subjectivity. `scores` holds `neg`, `neu`, `pos` and
    `compound`, as it gives them also for a text of which it knows nothing.

    Args:
        options: None.
        resources: Unused.

    Raises:
        MissingError: vaderSentiment is not installed.
    """

    Options: ClassVar[type] = lexicons.NoOptions
    name: ClassVar[str] = "vader"
    languages: ClassVar[tuple[str, ...]] = ("en",)

    def __init__(self, options: lexicons.NoOptions, resources: Resources) -> None:
        del options, resources
        try:
            from vaderSentiment import vaderSentiment
        except ImportError as exc:
            raise lexicons.absent(_PACKAGE) from exc
        self._split: Any = vaderSentiment.SentiText
        self._analyser: Any = vaderSentiment.SentimentIntensityAnalyzer()

    @classmethod
    def identity(cls, options: lexicons.NoOptions, resources: Resources) -> Identity:
        """VADER's version.

        Raises:
            MissingError: It is not installed.
        """
        del options, resources
        return Identity(version=lexicons.version(_PACKAGE))

    def _score(self, text: str, language: str) -> Sentiment:
        raw = self._analyser.polarity_scores(text)
        known, told = self._counts(text)
        return Sentiment(
            polarity=float(raw["compound"]) if known else None,
            subjectivity=None,
            coverage=known / told if told else 0.0,
            language=language,
            engine=self.name,
            scores=tuple((name, float(raw[name])) for name in ("neg", "neu", "pos", "compound")),
        )

    def _counts(self, text: str) -> tuple[int, int]:
        """Tokens known and all tokens, an emoji being one (known if its name says something)."""
        known = told = 0
        for token in self._split(text).words_and_emoticons:
            emoji = [sign for sign in token if sign in self._analyser.emojis]
            known += sum(map(self._is_said, emoji))
            rest = "".join(sign for sign in token if sign not in self._analyser.emojis)
            told += len(emoji)
            if not emoji or any(sign.isalnum() for sign in rest):
                told += 1
                known += (rest if emoji else token).lower() in self._analyser.lexicon
        return known, told

    def _is_said(self, emoji: str) -> bool:
        return any(word in self._analyser.lexicon for word in self._analyser.emojis[emoji].split())
