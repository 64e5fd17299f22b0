"""Studies of many texts, from files to results: effects of terms, opinions by aspect."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.insight.texts.passages import gather

if TYPE_CHECKING:
    from loquitur.insight.opinions.tallies import Opinions
    from loquitur.insight.terms.effects import TermEffects
    from loquitur.insight.terms.judging import Judging

Files = str | Path | Sequence[str | Path]


def keywords(
    files: Files,
    terms: Sequence[str] = (),
    *,
    against: Files = (),
    window: str = "sentence",
    column: str = "",
    language: str = "",
    judging: Judging | None = None,
) -> TermEffects:
    """What goes with terms in polarity and subjectivity, over many videos.

    Args:
        files: Transcripts, captions, recorded chats, tables with a column of texts.
        terms: Words, phrases, `word*`; the commonest where there are none.
        against: Files that these are held against as a whole.
        window: How speech is cut: `words:300`, `time:5m`, `sentence`, `paragraph`.
        column: Of tables: where their texts are; found by its name where empty.
        language: BCP 47, of all texts; found out where empty.
        judging: By which engine and with which draws: `Judging(engine="vader")`.

    Raises:
        InputError: A file cannot be read, has no texts, or a table no such column.
        UsageError: No such window or engine, or a term is none.
        MissingError: A package or model is absent.
    """
    from loquitur.insight.terms.effects import effects_of

    others = _paths(against)
    return effects_of(
        gather(_paths(files), window=window, column=column, language=language),
        terms,
        against=gather(others, window=window, column=column, language=language) if others else None,
        judging=judging,
    )


def reviews(
    files: Files,
    *,
    preset: str = "product",
    aspects: str | Path = "",
    window: str = "sentence",
    column: str = "",
    language: str = "",
) -> Opinions:
    """What is liked and what is complained of, by aspect.

    Args:
        files: Transcripts, captions, recorded chats, tables with a column of texts.
        preset: `product` or `live-shopping`; empty for your own aspects alone.
        aspects: A TOML file of your own aspects.
        window: As for `keywords`.
        column: As for `keywords`.
        language: As for `keywords`.

    Raises:
        InputError: A file cannot be read, has no texts, or a table no such column.
        UsageError: No such preset or window.
        MissingError: A package is absent.
    """
    from loquitur.insight.opinions.tallies import reviews_of

    return reviews_of(
        gather(_paths(files), window=window, column=column, language=language),
        preset=preset,
        aspects=str(aspects),
    )


def _paths(files: Files) -> list[str | Path]:
    return [files] if isinstance(files, str | Path) else list(files)
