"""Checks of the walk: other looks at the same dates, by another order, and what they show.

The order by date does not show everything. So calls that are left go to random small ranges, read
without an order, which the service then sorts by relevance: what stands there and was not found
says how much the walk missed. Where that is much, the whole time is read again in windows small
enough to be shown whole.
"""

from __future__ import annotations

import bisect
import dataclasses
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.youtube import values
from loquitur.youtube.collecting.progress import Progress, ignore
from loquitur.youtube.complaints import RefusedInputError
from loquitur.youtube.searching.matching import matches
from loquitur.youtube.searching.query import METHOD, PAGE, SHOWN
from loquitur.youtube.searching.walk import VIDEO, WALK, dates_of, keep, results

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.youtube.collecting.collection import Collection
    from loquitur.youtube.collecting.progress import Listener
    from loquitur.youtube.collecting.tally import Tally
    from loquitur.youtube.searching.query import Query

AUDIT = "audit"
WINDOWS = "windows"
WINDOWED = "windowed"
"""What the second reading showed, whether the walk had it or not."""
_AIM = PAGE
"""Videos in an audited range, as the walk knows it: about what one page shows."""
_WINDOW_AIM = SHOWN * 3 // 5
_DEEPEST = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one check showed.

    Args:
        at_s: The middle of its range, Unix seconds.
        shown: Videos that it showed.
        had: Of them those that the walk had found.
    """

    at_s: int
    shown: int
    had: int


def audit(
    caller: Tally,
    collection: Collection,
    query: Query,
    *,
    calls: int,
    listener: Listener = ignore,
) -> list[Look]:
    """Spend calls on random ranges within what the walk has read; new videos are kept.

    Args:
        caller: Who calls.
        collection: Of the walk, which is done.
        query: Of the walk.
        calls: At most so many, those of earlier processes for the same run counted.
        listener: Is told after each call.
    """
    looks = looks_of(collection)
    dates = _dates(collection)
    dice = random.Random(f"{collection.path.stem}:{collection.run.number}")  # noqa: S311 - no secret
    ranges = [_range(dates, dice) for _ in range(max(calls, len(looks)))] if dates else []
    for after, before in ranges[len(looks) : calls]:
        answer = caller.call(
            METHOD, body=None, **query.parameters(after=after, before=before, order="")
        )
        found = results(answer)
        judged = [item for item in found if _fits(query, item.item)] or found
        had = sum(_walked(collection, item.ident) for item in judged)
        looks.append(Look(at_s=(after + before) // 2, shown=len(judged), had=had))
        with collection.page() as page:
            for item in found:
                keep(page, item, by=AUDIT)
            page.place(AUDIT, {"looks": [dataclasses.asdict(look) for look in looks]})
            page.spend(caller.taken())
        have = collection.count(VIDEO, run=collection.run.number)
        listener(Progress(done=have, calls=caller.calls, note="auditing"))
    return looks


def looks_of(collection: Collection) -> list[Look]:
    """What the checks of this run have shown so far."""
    return [Look(**entry) for entry in collection.place(AUDIT).get("looks", [])]


def recall(looks: Sequence[Look]) -> float | None:
    """The share of what checks showed that the walk had; None where they showed nothing."""
    shown = sum(look.shown for look in looks)
    return sum(look.had for look in looks) / shown if shown else None


def falls_short(looks: Sequence[Look], share: float) -> bool:
    """Whether checks say that the walk had less than such a share."""
    known = recall(looks)
    return known is not None and known < share


def read_windows(
    caller: Tally,
    collection: Collection,
    query: Query,
    *,
    most: int | None = None,
    listener: Listener = ignore,
) -> None:
    """Read the whole time again in windows that the service shows whole, without an order.

    Each window is made as long as the density of the one before it allows; one that turns out to
    hold more than is shown is halved.
    """
    place = collection.place(WINDOWS) or _first(collection, query)
    have = collection.count(VIDEO, run=collection.run.number)
    while not place.get("done") and (most is None or have < most):
        answer = _window_page(caller, query, place)
        found = results(answer)
        with collection.page() as page:
            have += sum(keep(page, item, by=WINDOWS) for item in found)
            for item in found:
                page.note(WINDOWED, item.ident)
            place = _after(place, len(found), str(answer.get("nextPageToken") or ""))
            page.place(WINDOWS, place)
            page.spend(caller.taken())
        listener(Progress(done=have, calls=caller.calls, note="reading windows"))


def _walked(collection: Collection, ident: str) -> bool:
    """Whether this run's walk had found a video; what other checks found does not count."""
    run = collection.run.number
    return (
        collection.has(VIDEO, ident, run=run)
        and (collection.get(VIDEO, ident) or {}).get("found_by") == WALK
    )


def _dates(collection: Collection) -> list[int]:
    """The dates of all that this run found, in order."""
    return sorted(dates_of(collection, run=collection.run.number).values())


def _range(dates: Sequence[int], dice: random.Random) -> tuple[int, int]:
    """A range with about so many videos; half of them by time, so that gaps are looked into too."""
    if dice.random() < 0.5:
        at = dice.randrange(len(dates))
    else:
        at = bisect.bisect_left(dates, dice.uniform(dates[0], dates[-1]))
    first = max(0, min(at, len(dates) - 1) - _AIM // 2)
    last = min(len(dates) - 1, first + _AIM - 1)
    return dates[first], dates[last] + 1


def _fits(query: Query, item: dict[str, Any]) -> bool:
    texts = [values.at(item, f"snippet.{name}") for name in ("title", "description")]
    return matches(query.text, texts, complete=False) is True


def _first(collection: Collection, query: Query) -> dict[str, Any]:
    """The first window: the newest time, as long as the walk's own density allows."""
    dates = _dates(collection)
    if not dates:
        return {"done": True}
    floor = int(query.after.timestamp()) if query.after else dates[0]
    end = int(query.before.timestamp()) if query.before else dates[-1] + 1
    newest = dates[max(0, len(dates) - _WINDOW_AIM // 2)]
    return {
        "before": end, "after": max(floor, newest), "floor": floor, "token": "", "items": 0,
        "done": False, "halved": 0,
    }  # fmt: skip


def _window_page(caller: Tally, query: Query, place: dict[str, Any]) -> dict[str, Any]:
    def asked(token: str) -> dict[str, Any]:
        given = query.parameters(
            after=place["after"], before=place["before"], token=token, order=""
        )
        return caller.call(METHOD, body=None, **given)

    try:
        return asked(place["token"])
    except RefusedInputError as error:
        if not place["token"] or error.reason != values.DEAD_TOKEN:
            raise
    place["items"] = 0
    return asked("")


def _after(place: dict[str, Any], shown: int, token: str) -> dict[str, Any]:
    """The next page of a window, its halves where it was cut off, or the next window."""
    items = place["items"] + shown
    if token:
        return {**place, "token": token, "items": items}
    before, after, floor = place["before"], place["after"], place["floor"]
    span = before - after
    if items >= SHOWN - PAGE and span > 1 and place["halved"] < _DEEPEST:
        middle = before - span // 2
        return {**place, "after": middle, "token": "", "items": 0, "halved": place["halved"] + 1}
    if after <= floor:
        return {**place, "done": True}
    length = max(1, int(span * _WINDOW_AIM / items)) if items else span * 2
    return {
        **place, "before": after, "after": max(floor, after - min(length, span * 8)), "token": "",
        "items": 0, "halved": 0,
    }  # fmt: skip
