"""Options that say which passages of a library are looked at: `search`, `ask`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from loquitur.cli.options import with_options
from loquitur.errors import UsageError
from loquitur.library.search import narrowing
from loquitur.model.library import KINDS, Filters

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MINUTE_MS = 60_000


def filter_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--speaker`, `--channel` ...: what `filters_of` reads."""
    return with_options(command, _OPTIONS)


def filters_of(given: Mapping[str, Any]) -> Filters:
    """The filters that options stand for.

    Raises:
        UsageError: A day is none.
    """
    return Filters(
        speakers=given["speakers"],
        channels=given["channels"],
        languages=given["languages"],
        emotions=given["emotions"],
        kinds=given["kinds"],
        media_ids=tuple(map(narrowing.media_id, given["media_ids"])),
        after=_day(given["after"]),
        before=_day(given["before"]),
        shortest_ms=_ms(given["shortest"]),
        longest_ms=_ms(given["longest"]),
    )


def _day(text: str) -> str:
    if not text:
        return ""
    found = narrowing.day(text)
    if found is None:
        raise UsageError(f"no day: '{text}'", hint="expected YYYY-MM-DD, YYYY-MM or YYYY")
    return found


def _ms(minutes: float | None) -> int | None:
    return None if minutes is None else round(minutes * _MINUTE_MS)


_OPTIONS = (
    click.option("--speaker", "speakers", multiple=True, metavar="NAME", help="Who speaks in it."),
    click.option("--channel", "channels", multiple=True, metavar="NAME", help="Whose videos."),
    click.option(
        "--language", "languages", multiple=True, metavar="CODE", help="In what language."
    ),
    click.option("--emotion", "emotions", multiple=True, metavar="MOOD", help="In what mood."),
    click.option(
        "--kind",
        "kinds",
        multiple=True,
        type=click.Choice(KINDS),
        help="Of what is said or written.",
    ),
    click.option("--in", "media_ids", multiple=True, metavar="ID", help="In these videos alone."),
    click.option("--after", default="", metavar="DAY", help="Of videos of this day or later."),
    click.option("--before", default="", metavar="DAY", help="Of videos before this day."),
    click.option(
        "--min-length",
        "shortest",
        type=float,
        metavar="MINUTES",
        help="Of videos at least so long.",
    ),
    click.option(
        "--max-length", "longest", type=float, metavar="MINUTES", help="Of videos at most so long."
    ),
)
