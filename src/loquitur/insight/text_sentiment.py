"""The sentiment of one text, for those who have just that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.insight.scoring import DEFAULT, score

if TYPE_CHECKING:
    from loquitur.model.sentiment import Sentiment


def sentiment(text: str, *, engine: str = DEFAULT, language: str = "") -> Sentiment:
    """Polarity and subjectivity of a text, and what they were made of.

    ```python
    lq.insight.sentiment("I had a really horrible day.").polarity
    ```

    Args:
        text: A sentence, a comment, a message; many are scored faster by `insight.scoring.score`.
        engine: `NAME` or `NAME:MODEL` of the kind `sentiment`, as in `loquitur engines`.
        language: BCP 47; found out where empty.

    Returns:
        The figures; None, never 0, for what the engine cannot tell.

    Raises:
        UsageError: No such engine.
        MissingError: A package or model is absent, with the command that brings it.
    """
    return score([text], engine=engine, languages=[language] if language else None)[0]
