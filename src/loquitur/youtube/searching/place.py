"""Where a walk by date stands, and where it goes from there. No calls here.

The service shows about the newest 500 videos of a range. The walk reads them page by page, makes
the oldest date (one second later, since a second may hold several videos) the end of the next
range, and so goes back in time with one call for 50 videos, near the fewest possible.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.youtube.searching.query import PAGE, SHOWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FULL_SHARE = 0.8
"""A read with this share of the most that any read gave may have been cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The state of a walk between two calls.

    Args:
        before: The end of the range that is read (exclusive), Unix seconds; None: the query's own.
        token: Of the next page of this range, empty for the first.
        items: Videos that this range has given so far.
        new: Of them those that the run did not have.
        pages: Pages of this range with anything on them.
        oldest: The oldest date of this range, None before there is one.
        last: The date of the last new video, to see whether they are in order.
        ordered: Whether the new ones came newest first.
        tail: The dates of the last page with anything on it.
        most: The most videos that any range gave.
        reads: Ranges that were read to their end.
        saturated: Seconds of which the service did not show all.
        done: Whether the walk has come to its end.
    """

    before: int | None = None
    token: str = ""
    items: int = 0
    new: int = 0
    pages: int = 0
    oldest: int | None = None
    last: int | None = None
    ordered: bool = True
    tail: tuple[int, ...] = ()
    most: int = 0
    reads: int = 0
    saturated: tuple[int, ...] = ()
    done: bool = False

    def plain(self) -> dict[str, Any]:
        """As plain values, to be kept."""
        return dataclasses.asdict(self)

    @classmethod
    def kept(cls, values: Mapping[str, Any]) -> Place:
        """The place that was kept; the beginning where none was."""
        found = dict(values)
        for name in ("tail", "saturated"):
            found[name] = tuple(found.get(name, ()))
        return cls(**found)

    def restarted(self) -> Place:
        """The same range from its first page: the page token has died."""
        return Place(before=self.before, most=self.most, reads=self.reads, saturated=self.saturated)

    def after_page(self, dates: Sequence[int], fresh: Sequence[int], token: str) -> Place:
        """Where the walk stands after a page.

        Args:
            dates: Of all videos on it, Unix seconds.
            fresh: Of those that the run did not have, in their order.
            token: Of the next page, empty where there is none.
        """
        ordered, last = self.ordered, self.last
        for at_s in fresh:
            ordered = ordered and (last is None or at_s <= last)
            last = at_s
        oldest = min([*dates, *([self.oldest] if self.oldest is not None else [])], default=None)
        here = dataclasses.replace(
            self,
            token=token,
            items=self.items + len(dates),
            new=self.new + len(fresh),
            pages=self.pages + bool(dates),
            oldest=oldest,
            last=last,
            ordered=ordered,
            tail=tuple(dates) or self.tail,
        )
        return here if token else _next_range(here)


def _next_range(here: Place) -> Place:
    """The range after this one, which has been read to its end."""
    most = max(here.most, here.items)
    begun = Place(most=most, reads=here.reads + 1, saturated=here.saturated)
    if not here.items or here.oldest is None:
        return dataclasses.replace(begun, before=here.before, done=True)
    if here.reads and here.pages <= 1 and here.items <= PAGE and most >= SHOWN // 2:
        # other ranges gave ten times as much: this one was not cut off, it is the last
        return dataclasses.replace(begun, before=here.before, done=True)
    edge = _edge(here) + 1
    if here.before is None or edge < here.before:
        return dataclasses.replace(begun, before=edge, done=not here.new)
    if not here.new and here.items <= PAGE:
        return dataclasses.replace(begun, before=here.before, done=True)
    # A whole range of one second: it cannot be divided, so step over it, and say so.
    second = here.before - 1
    cut = here.items >= _FULL_SHARE * most and here.items > PAGE
    marked = (*here.saturated, second) if cut else here.saturated
    return dataclasses.replace(begun, before=second, saturated=marked)


def _edge(here: Place) -> int:
    """The date to which this range is known to be read.

    Where the videos came in order that is the oldest one. Where they did not, a single stray
    one must not carry the walk past videos nobody has seen: the middle of the last page does.
    """
    if here.oldest is None or here.ordered:
        return here.oldest or 0
    return sorted(here.tail)[len(here.tail) // 2]
