"""The sentiment of one text, or of all texts of a file: what an engine says, and of how much.

Results come as `Told`: plain values, a table, an account.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError, UsageError
from loquitur.formats.document import Document
from loquitur.insight.account import Account, Told
from loquitur.insight.inference import Interval, bootstrap_mean, wilson
from loquitur.insight.spoken.windows import parse_window
from loquitur.insight.texts import scoring, telling
from loquitur.insight.texts.identification import UNKNOWN, identify, settle
from loquitur.insight.texts.passages import MESSAGES, Gathered, Passage, clustered, gather
from loquitur.insight.texts.sides import count_sides
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.insight.texts.sides import Side
    from loquitur.model.sentiment import Sentiment
    from loquitur.protocols import Resources
    from loquitur.tables.table import Table

_LINES = (".txt", ".text", ".md", "")
_TAG = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")


@dataclass(frozen=True, slots=True)
class Reading(Told):
    """What an engine says of one text.

    Args:
        text: As it was given.
        sentiment: What the engine says.
    """

    text: str
    sentiment: Sentiment

    def plain(self) -> dict[str, Any]:
        """`polarity`, `subjectivity`, `coverage`, `language`, `engine`, `assessments`."""
        return telling.plain_sentiment(self.sentiment)

    def table(self) -> Table:
        """One row."""
        return telling.table_of(
            [Passage(text=self.text, video="")], [self.sentiment], self.sentiment.engine
        )

    def account(self) -> Account:
        """What a person reads."""
        return telling.account_of_one(self.text, self.sentiment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings(Told):
    """What an engine says of many texts.

    Args:
        gathered: The texts and where they come from.
        sentiments: One for each, in their order.
        engine: As it was named: `textblob`, `transformers:MODEL`.
        shares: Of the scored texts those on each side, and of all texts those unscored; intervals
            by Wilson.
        mean: Mean polarity of the scored texts; its interval by bootstrap over `clusters`.
        clusters: What was drawn together: `videos`, `authors`, `stretches of 5 in a row`.
    """

    gathered: Gathered
    sentiments: tuple[Sentiment, ...]
    engine: str
    shares: Mapping[Side, Interval]
    mean: Interval
    clusters: str

    @property
    def counts(self) -> dict[Side, int]:
        """How many texts are on each side."""
        return count_sides(self.sentiments)

    def plain(self) -> dict[str, Any]:
        """Counts, shares with intervals, and a row for each text."""
        return telling.plain_of(self)

    def table(self) -> Table:
        """A row for each text."""
        return telling.table_of(self.gathered.passages, self.sentiments, self.engine)

    def account(self) -> Account:
        """What a person reads."""
        return telling.account_of(self)


def sentiment(
    source: str | Path | Iterable[str],
    *,
    engine: str = "",
    language: str = "",
    window: str = "sentence",
    column: str = "",
    options: Mapping[str, Any] | None = None,
    resources: Resources | None = None,
) -> Reading | Readings:
    """Polarity, subjectivity and coverage of a text, of many, or of those of a file.

    Args:
        source: A text (a plain string is never taken for a file); a `Path`; or texts.
        engine: `NAME` or `NAME:MODEL`; `textblob` where empty, `chat` for a recorded chat.
        language: BCP 47, of all of it; found out where empty.
        window: How speech of a file is cut: `words:300`, `time:5m`, `sentence`, `paragraph`.
        column: Of a table: where its texts are.
        options: Of the engine.
        resources: Model cache and threads; as the settings say where None.

    Returns:
        A `Reading` of a string, `Readings` of all else.

    Raises:
        InputError: The file cannot be read, or holds no texts.
        UsageError: No such engine, option, window or language.
        MissingError: A package or model is absent.
    """
    parse_window(window)  # also where nothing is cut: a slip of the pen is told
    if language and not _TAG.fullmatch(language):
        raise UsageError(f"not a language: '{display(language)}'", hint="BCP 47: en, pt-BR, ko")
    if isinstance(source, str):
        (found,) = scoring.score(
            [source],
            engine=engine or scoring.DEFAULT,
            languages=[language] if language else None,
            options=options,
            resources=resources,
        )
        return Reading(source, found)
    if isinstance(source, Path):
        gathered = _gathered(source, window=window, column=column, language=language)
    else:
        gathered = _listed(source, language)
    chosen = engine or (scoring.CHAT if gathered.unit == MESSAGES else scoring.DEFAULT)
    sentiments = scoring.score(
        [one.text for one in gathered.passages],
        engine=chosen,
        languages=_languages(gathered.passages),
        options=options,
        resources=resources,
    )
    return readings_of(gathered, sentiments, engine=chosen)


def readings_of(gathered: Gathered, sentiments: Sequence[Sentiment], *, engine: str) -> Readings:
    """Shares and the mean of texts that were scored.

    Args:
        gathered: The texts.
        sentiments: One for each.
        engine: That scored them.
    """
    counts = count_sides(sentiments)
    scored = len(sentiments) - counts["unscored"]
    shares: dict[Side, Interval] = {
        side: wilson(count, len(sentiments) if side == "unscored" else scored)
        for side, count in counts.items()
    }
    told = [
        (passage, one.polarity)
        for passage, one in zip(gathered.passages, sentiments, strict=True)
        if one.polarity is not None
    ]
    drawn = clustered([passage for passage, _ in told])
    mean = bootstrap_mean([polarity for _, polarity in told], clusters=drawn.labels)
    return Readings(
        gathered=gathered, sentiments=tuple(sentiments), engine=engine, shares=shares, mean=mean,
        clusters=drawn.kind,
    )  # fmt: skip


def _gathered(path: Path, *, window: str, column: str, language: str) -> Gathered:
    if path.suffix.lower() in _LINES:
        text = Document.load(path, language=language).decoded().text.removeprefix("\ufeff")
        if "-->" not in text:  # captions under the name of a text are cut as speech
            gathered = _listed(text.splitlines(), language, name=path.name)
            if not gathered.passages:
                raise InputError(f"{path} holds no text")
            return gathered
    gathered = gather([path], window=window, column=column, language=language)
    if not gathered.passages:
        raise InputError(f"{path} holds no text", hint="; ".join(gathered.notes))
    return gathered


def _listed(texts: Iterable[str], language: str, *, name: str = "texts") -> Gathered:
    """Texts one by one; empty ones are left out."""
    kept = [text for text in texts if text.strip()]
    passages = tuple(
        Passage(text=text, video=name, language=language or UNKNOWN, position=at)
        for at, text in enumerate(kept)
    )
    return Gathered(passages=passages, unit="texts", sources=(name,))


def _languages(passages: Sequence[Passage]) -> list[str]:
    """Of each text: as its file says, else found out, else that of its author and of the rest."""
    unknown = [at for at, one in enumerate(passages) if one.language == UNKNOWN]
    texts = [passages[at].text for at in unknown]
    groups = [passages[at].author or "" for at in unknown]
    found = settle(texts, identify(texts), groups)
    languages = [one.language for one in passages]
    for at, language in zip(unknown, found, strict=True):
        languages[at] = language
    return languages
