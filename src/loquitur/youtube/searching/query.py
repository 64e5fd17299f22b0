"""What is searched for: words, a range of dates, an order, filters; held against the API first."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from loquitur.errors import UsageError, near
from loquitur.tables.cells import read_time, shown_time
from loquitur.youtube import methods
from loquitur.youtube.columns import SEARCH_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.youtube.methods import Value

METHOD = "search.list"
PAGE = 50
"""The most that one call gives."""
SHOWN = 500
"""About the most that one query gives, whatever it says of its total."""
ORDERS = ("date", "relevance", "viewCount", "rating", "title")
_OWN = (
    *("part", "q", "type", "order", "maxResults", "pageToken", "publishedAfter", "fields"),
    *("publishedBefore", "forContentOwner", "forDeveloper", "forMine", "onBehalfOfContentOwner"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search for videos.

    Args:
        text: What is typed into the field; `|` is or, `-` is not, quotes keep words together.
        after: The earliest publication (inclusive), None for no limit.
        before: The latest (exclusive), None for no limit.
        order: `date` walks through everything; any other order shows the first 500 or so.
        filters: Further parameters of `search.list` by their names (`channelId`, `regionCode`,
            `videoDuration` ...).

    Raises:
        UsageError: Something that the service would refuse.
    """

    text: str
    after: datetime | None = None
    before: datetime | None = None
    order: str = "date"
    filters: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.text.strip() and not self.filters.get("channelId"):
            raise UsageError("an empty query finds nothing", hint="give words to search for")
        if self.order not in ORDERS:
            raise UsageError(f"no order '{self.order}'", hint=near(self.order, ORDERS))
        if self.after and self.before and self.after >= self.before:
            raise UsageError("the range of dates ends before it begins")
        known = methods.find(METHOD).parameters
        for name in self.filters:
            if name in _OWN or name not in known:
                hint = near(name, set(known) - set(_OWN))
                raise UsageError(f"no filter '{name}'", hint=hint)
        methods.address(methods.find(METHOD), {"part": "snippet", **self.filters})

    def parameters(
        self,
        *,
        after: int | None = None,
        before: int | None = None,
        token: str = "",
        order: str | None = None,
    ) -> dict[str, Value]:
        """The parameters of a call.

        Args:
            after: Unix seconds, inclusive; the query's own where it is None.
            before: Unix seconds, exclusive; the query's own where it is None.
            token: Of the page.
            order: Another one than the query's; empty for none.
        """
        own_after = int(self.after.timestamp()) if self.after else None
        own_before = int(self.before.timestamp()) if self.before else None
        chosen: dict[str, Any] = {
            "q": self.text,
            "order": self.order if order is None else order,
            "publishedAfter": stamp(own_after if after is None else after),
            "publishedBefore": stamp(own_before if before is None else before),
            "pageToken": token,
        }
        given = {name: value for name, value in chosen.items() if value}
        fixed = {"part": "snippet", "type": "video", "maxResults": PAGE, "fields": SEARCH_FIELDS}
        return {**fixed, **self.filters, **given}

    def arguments(self) -> dict[str, Any]:
        """What makes it this search and no other, as plain values."""
        return {
            "text": " ".join(self.text.split()),
            "after": shown_time(self.after) if self.after else None,
            "before": shown_time(self.before) if self.before else None,
            "order": self.order,
            "filters": dict(sorted(self.filters.items())),
        }

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> Query:
        """The query that `arguments` came from."""
        times = {
            name: read_time(arguments[name]) if arguments.get(name) else None
            for name in ("after", "before")
        }
        return cls(
            text=arguments["text"],
            after=times["after"],
            before=times["before"],
            order=arguments["order"],
            filters=arguments["filters"],
        )


def stamp(at_s: int | None) -> str:
    """A time as the service takes it, RFC 3339 to the second; empty for None.

    >>> stamp(1_772_366_400)
    '2026-03-01T12:00:00Z'
    """
    return shown_time(datetime.fromtimestamp(at_s, UTC)) if at_s is not None else ""


def given_time(text: str) -> datetime:
    """A date or time that a user typed, in UTC: `2026-03-01`, `2026-03-01T12:00+01:00`.

    Every form of ISO 8601 will do; where no offset is said it is UTC.

    Raises:
        UsageError: It is neither.
    """
    try:
        found = datetime.fromisoformat(text.strip())
        moment = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as exc:
        hint = "expected YYYY-MM-DD, or YYYY-MM-DDTHH:MM:SSZ"
        raise UsageError(f"not a date: '{text[:40]}'", hint=hint) from exc
    return moment.replace(microsecond=0)
