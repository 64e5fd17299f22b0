"""Values as the service writes them, as plain ones: what is absent or hidden is None, never 0."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from loquitur.tables.cells import MOST_INT, read_time

if TYPE_CHECKING:
    from collections.abc import Mapping

_DURATION = re.compile(
    r"P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})(?:\.\d+)?S)?)?",
    re.ASCII,
)
_SECONDS = re.compile(r"(\d{1,10})(?:\.\d+)?s", re.ASCII)
_STEPS_S = (604_800, 86_400, 3_600, 60, 1)
_UNENDED = ("P0D", "P")

DEAD_TOKEN = "invalidPageToken"  # noqa: S105 - the name of an error
"""The reason with which a page token is refused that has grown too old."""

SHORTS_START = datetime(2025, 3, 31, tzinfo=UTC)
UNIFIED = datetime(2026, 8, 27, tzinfo=UTC)
"""When the meaning of a view changed, by the API's revision history."""


def duration_s(text: object) -> int | None:
    """Whole seconds of an ISO 8601 duration; None where it is none.

    A stream that has not ended says `P0D`: its length is not 0, it is not known.

    >>> duration_s("P1DT2H3M4S"), duration_s("PT0S"), duration_s("P0D"), duration_s("213.5s")
    (93784, 0, None, 213)
    """
    if not isinstance(text, str) or text in _UNENDED:
        return None
    seconds = _SECONDS.fullmatch(text)
    if seconds:
        return int(seconds[1])
    found = _DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    return sum(step * int(part or 0) for step, part in zip(_STEPS_S, found.groups(), strict=True))


def count(value: object) -> int | None:
    """A count, which comes as a text of digits or as a number; None where it is absent.

    >>> count("48123456"), count(7), count(None), count("")
    (48123456, 7, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value <= MOST_INT else None
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value) if int(value[:20]) <= MOST_INT else None
    return None


def text(value: object) -> str | None:
    """A text, None where there is none."""
    return value if isinstance(value, str) else None


def flag(value: object) -> bool | None:
    """True or false, which the service sometimes writes as text (`contentDetails.caption`)."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


def moment(value: object) -> datetime | None:
    """A time in UTC, None where there is none."""
    return read_time(value) if isinstance(value, str) else None


def texts(value: object) -> tuple[str, ...] | None:
    """A list of texts, None where there is none."""
    return tuple(str(item) for item in value) if isinstance(value, list) else None


def at(item: Mapping[str, Any], path: str) -> Any:
    """What stands at `snippet.title` inside an answer; None where any step is missing."""
    found: Any = item
    for step in _steps(path):
        if not isinstance(found, dict):
            return None
        found = found.get(step)
    return found


def by_id(answer: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The items of an answer by their ids."""
    return {item["id"]: item for item in answer.get("items") or () if isinstance(item, dict)}


@lru_cache(maxsize=256)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def ratio(part: int | None, whole: int | None) -> float | None:
    """A part of a whole; None where one of them is missing or there is no whole."""
    return part / whole if part is not None and whole else None


def views_definition(collected: datetime) -> str:
    """What a view meant when a count was read.

    Until 31 March 2025 all formats counted after some watching; from then on Shorts counted when
    playback started, since 27 August 2026 all formats do.
    """
    if collected < SHORTS_START:
        return "pre-2025-03-31"
    return "shorts-start" if collected < UNIFIED else "unified-2026-08-27"
