"""The day of the quota: from midnight to midnight in California, 23 or 25 hours twice a year."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from zoneinfo import ZoneInfo

_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86_400


@lru_cache(maxsize=1)
def _zone() -> ZoneInfo:
    return ZoneInfo("America/Los_Angeles")


def day_of(at_s: float) -> dt.date:
    """The quota day of an instant, given in Unix seconds.

    >>> day_of(1_762_153_200.0)  # 2025-11-03 07:00 UTC is 23:00 of the day before there
    datetime.date(2025, 11, 2)
    """
    return dt.datetime.fromtimestamp(at_s, _zone()).date()


def start_s(day: dt.date) -> float:
    """When a quota day begins, Unix seconds."""
    return dt.datetime.combine(day, dt.time(), _zone()).timestamp()


def reset_s(at_s: float) -> float:
    """When the buckets of an instant's day are filled again, Unix seconds."""
    return start_s(day_of(at_s) + dt.timedelta(days=1))


def utc_text(at_s: float) -> str:
    """An instant as `2026-11-04T08:00:00Z`."""
    return dt.datetime.fromtimestamp(at_s, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local_text(at_s: float, zone: dt.tzinfo | None = None) -> str:
    """An instant for people in their own time: `Wed 4 Nov 09:00 CET`.

    Args:
        at_s: Unix seconds.
        zone: The zone; the machine's own where none is given.
    """
    moment = dt.datetime.fromtimestamp(at_s, dt.UTC).astimezone(zone)
    return f"{moment:%a} {moment.day} {moment:%b %H:%M} {moment.tzname() or ''}".rstrip()


def comes_back(at_s: float, now_s: float, zone: dt.tzinfo | None = None) -> str:
    """When something is there again, for people: `Wed 4 Nov 09:00 CET, in 6 h 20 min`."""
    return f"{local_text(at_s, zone)}, in {span_text(at_s - now_s)}"


def span_text(seconds: float) -> str:
    """A length of time for people.

    >>> span_text(22_800), span_text(90), span_text(12), span_text(200_000)
    ('6 h 20 min', '2 min', '12 s', '2 d 7 h')
    """
    whole = max(0, -int(-seconds // 1))
    if whole < _MINUTE_S:
        return f"{whole} s"
    minutes = -(-whole // _MINUTE_S)
    if minutes * _MINUTE_S < _HOUR_S:
        return f"{minutes} min"
    if whole < _DAY_S:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{whole // _DAY_S} d {whole % _DAY_S // _HOUR_S} h"
