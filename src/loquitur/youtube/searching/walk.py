"""The walk by date: calls, kept page by page. It goes on where it stopped, on whatever day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.youtube import values
from loquitur.youtube.complaints import RefusedInputError
from loquitur.youtube.searching.place import Place
from loquitur.youtube.searching.query import METHOD

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loquitur.youtube.collecting.collection import Collection
    from loquitur.youtube.collecting.page import Page
    from loquitur.youtube.collecting.tally import Tally
    from loquitur.youtube.searching.query import Query

VIDEO = "video"
WALK = "walk"
DEAD_TOKEN = "invalidPageToken"  # noqa: S105 - the name of an error


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is.

    Args:
        done: Rows that are there.
        calls: Calls of this run in this process.
        total: Rows to expect, None where nobody knows.
        note: What is being done.
    """

    done: int
    calls: int
    total: int | None = None
    note: str = ""


def ignore(progress: Progress) -> None:
    """Listen to nothing."""
    del progress


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A video on a page of results: its id, its date (Unix seconds), the whole answer."""

    ident: str
    at_s: int | None
    item: dict[str, Any]


def walk(
    caller: Tally,
    collection: Collection,
    query: Query,
    *,
    most: int | None = None,
    listener: Callable[[Progress], None] = ignore,
) -> Place:
    """Go back in time through all that the query finds.

    Args:
        caller: Who calls.
        collection: What is kept; its run is the one that goes on.
        query: With the order `date`; with any other, the first 500 or so are all there is.
        most: Stop when the run has so many videos.
        listener: Is told after each page.

    Returns:
        Where the walk stands; `done` where it came to its end.

    Raises:
        QuotaError: The bucket is spent; what was found is kept.
    """
    run = collection.run.number
    place = Place.kept(collection.place(WALK))
    have = collection.count(VIDEO, run=run)
    while not place.done and (most is None or have < most):
        answer, place = _page(caller, query, place)
        found = results(answer)
        token = str(answer.get("nextPageToken") or "")
        with collection.page() as page:
            fresh = [item for item in found if keep(page, item, by=WALK)]
            place = place.after_page(
                [item.at_s for item in found if item.at_s is not None],
                [item.at_s for item in fresh if item.at_s is not None],
                token,
            )
            if query.order != "date" and not token:
                place = Place(done=True, most=place.most, reads=place.reads)
            page.place(WALK, place.plain())
            page.spend(caller.taken())
        if place.reads == 0 and "claimed" not in collection.run.facts:
            collection.state({"claimed": values.count(values.at(answer, "pageInfo.totalResults"))})
        have += len(fresh)
        listener(Progress(done=have, calls=caller.calls, total=most, note="searching"))
    return place


def results(answer: Mapping[str, Any]) -> list[Found]:
    """The videos of a page, none twice."""
    found: dict[str, Found] = {}
    for item in answer.get("items") or ():
        ident = values.at(item, "id.videoId")
        moment = values.moment(values.at(item, "snippet.publishedAt"))
        if isinstance(ident, str) and ident not in found:
            at_s = int(moment.timestamp()) if moment else None
            found[ident] = Found(ident=ident, at_s=at_s, item=item)
    return list(found.values())


def keep(page: Page, found: Found, *, by: str) -> bool:
    """Keep a video; True where this run did not have it."""
    if not page.note(VIDEO, found.ident):
        return False
    page.put(VIDEO, found.ident, {**found.item, "found_by": by})
    return True


def _page(caller: Tally, query: Query, place: Place) -> tuple[dict[str, Any], Place]:
    """The next page; where its token has died meanwhile, the first page of its range."""
    try:
        given = query.parameters(before=place.before, token=place.token)
        return caller.call(METHOD, body=None, **given), place
    except RefusedInputError as error:
        if not place.token or error.reason != DEAD_TOKEN:
            raise
    place = place.restarted()
    return caller.call(METHOD, body=None, **query.parameters(before=place.before)), place
