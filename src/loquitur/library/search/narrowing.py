"""Which passages are looked at: fields typed in a query, and how bounds join."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from loquitur.model.library import ALL, KINDS, Filters

if TYPE_CHECKING:
    from collections.abc import Callable

_LENGTH = re.compile(r"(?:(\d{1,5})h)?(?:(\d{1,5})m(?:in)?)?(?:(\d{1,6})s)?")
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):([0-5]\d)")
_VIDEO = re.compile(r"[\w-]{11}")
_DAY = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?|\d{4})?")


def length_ms(text: str) -> int | None:
    """A length as people write it, in ms; None for what is none.

    >>> length_ms("90m"), length_ms("1h30m"), length_ms("1:30:00"), length_ms("20"), length_ms("x")
    (5400000, 5400000, 5400000, 1200000, None)
    """
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(one or 0) for one in clock.groups())
    elif text.isdecimal() and len(text) < 6:  # minutes
        hours, minutes, seconds = 0, int(text), 0
    elif text and (match := _LENGTH.fullmatch(text)):
        hours, minutes, seconds = (int(one or 0) for one in match.groups())
    else:
        return None
    return ((hours * 60 + minutes) * 60 + seconds) * 1000


def day(text: str) -> str | None:
    """A day `YYYY-MM-DD`, the first of a month or year where only that is said; None else.

    >>> day("2024"), day("2024-05"), day("20240501"), day("2024-02-30")
    ('2024-01-01', '2024-05-01', '2024-05-01', None)
    """
    if not _DAY.fullmatch(text):
        return None
    whole = text + "-01-01"[len(text) - 4 :] if len(text) < 8 else text
    try:
        return date.fromisoformat(whole).isoformat()
    except ValueError:
        return None


def media_id(text: str) -> str:
    """A volume by what people call it: the bare id of a video of YouTube is enough.

    >>> media_id("t5qgjJIBy9g"), media_id("file:/talk.srt")
    ('youtube:t5qgjJIBy9g', 'file:/talk.srt')
    """
    return f"youtube:{text}" if _VIDEO.fullmatch(text) else text


def _filters_of(name: str, value: str) -> Filters | None:
    """The bound that a field means; None where it means none."""
    makers: dict[str, Callable[[], Filters | None]] = {
        "speaker": lambda: Filters(speakers=(value,)),
        "channel": lambda: Filters(channels=(value,)),
        "lang": lambda: Filters(languages=(value,)),
        "language": lambda: Filters(languages=(value,)),
        "emotion": lambda: Filters(emotions=(value,)),
        "kind": lambda: next((Filters(kinds=(one,)) for one in KINDS if one == value), None),
        "in": lambda: Filters(media_ids=(media_id(value),)),
        "after": lambda: Filters(after=found) if (found := day(value)) else None,
        "before": lambda: Filters(before=found) if (found := day(value)) else None,
        "longer": lambda: _at(value, "shortest_ms"),
        "shorter": lambda: _at(value, "longest_ms"),
    }
    return makers[name]() if value and name in makers else None


def _at(value: str, name: Literal["shortest_ms", "longest_ms"]) -> Filters | None:
    found = length_ms(value)
    if found is None:
        return None
    return Filters(shortest_ms=found) if name == "shortest_ms" else Filters(longest_ms=found)


def narrowed(filters: Filters | None, name: str, value: str) -> Filters | Literal[False] | None:
    """Filters with a field of a query added; False where the field is none, and so is words.

    One field more than once means either: `speaker:Anna speaker:Ben`.
    """
    more = _filters_of(name, value)
    if more is None:
        return False
    if filters is None:
        return None
    changed: dict[str, Any] = {}
    for one in fields(Filters):
        old, new = getattr(filters, one.name), getattr(more, one.name)
        if isinstance(old, tuple):
            changed[one.name] = old + tuple(item for item in new if item not in old)
        else:
            changed[one.name] = old if new in (None, "") else new
    return replace(ALL, **changed)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def _language_within(one: str, other: str) -> bool:
    """Whether a language is another, or a variety of it: `en-GB` of `en`."""
    return f"{one}-".casefold().startswith(f"{other}-".casefold())


def both(first: Filters, second: Filters) -> Filters | None:
    """What fits one and the other; None where nothing can."""
    changed: dict[str, Any] = {}
    for one in fields(Filters):
        here, there = getattr(first, one.name), getattr(second, one.name)
        if here in (None, "", ()) or there in (None, "", ()):
            changed[one.name] = there if here in (None, "", ()) else here
        elif isinstance(here, tuple):
            within = _language_within if one.name == "languages" else _same
            kept = tuple(item for item in here if any(within(item, other) for other in there))
            kept += tuple(
                item for item in there
                if not any(_same(item, old) for old in kept)
                and any(within(item, other) for other in here)
            )  # fmt: skip
            if not kept:
                return None
            changed[one.name] = kept
        else:
            larger = one.name in ("after", "shortest_ms")
            changed[one.name] = max(here, there) if larger else min(here, there)
    return replace(ALL, **changed)
