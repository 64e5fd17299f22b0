"""What an engine finds in a text: how it judges, how personally, and how much of it it knew."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """Words that an engine judged together.

    Args:
        words: As they were judged: `("really", "horrible")`.
        polarity: -1..1.
        subjectivity: 0..1; None where the engine has none.
        label: What it is where it is no plain word: TextBlob's `mood`, `irony`, `profanity`; of
            the chat tables the kind of an entry; None else.
    """

    words: tuple[str, ...]
    polarity: float
    subjectivity: float | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentiment:
    """The sentiment of one text. What an engine cannot tell is None, never 0.

    Args:
        polarity: -1 (against) to 1 (for); None where the engine does not know the language, or
            nothing in the text.
        subjectivity: 0 (facts) to 1 (opinion); None as above, and where the engine has none.
        coverage: Share of the text's tokens that the engine knew, 0..1.
        language: BCP 47; `und` where it could not be told.
        engine: Name of the engine, as in the registry.
        assessments: What the figures were made of, in the order of the text.
        scores: Further figures under the engine's own names (`neg`, `neu`, `pos`, `compound`;
            classes of a model).
    """

    polarity: float | None
    subjectivity: float | None
    coverage: float
    language: str
    engine: str
    assessments: tuple[Assessment, ...] = ()
    scores: tuple[tuple[str, float], ...] = ()

    @classmethod
    def unscored(cls, *, language: str, engine: str) -> Sentiment:
        """What an engine says of a text it knows nothing of, or whose language it does not know."""
        return cls(polarity=None, subjectivity=None, coverage=0.0, language=language, engine=engine)
