"""The walk by date: calls, kept page by page. It goes on where it stopped, on whatever day."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.youtube import values
from loquitur.youtube.collecting.progress import Progress, ignore
from loquitur.youtube.complaints import RefusedInputError
from loquitur.youtube.searching.place import Place
from loquitur.youtube.searching.query import METHOD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.youtube.collecting.collection import Collection, Run
    from loquitur.youtube.collecting.page import Page
    from loquitur.youtube.collecting.progress import Listener
    from loquitur.youtube.collecting.tally import Tally
    from loquitur.youtube.searching.query import Query

VIDEO = "video"
WALK = "walk"
_IN_HTML = ("title", "description", "channelTitle")


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
    listener: Listener = ignore,
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
    """The videos of a page, none twice, in plain text: search alone answers in HTML."""
    found: dict[str, Found] = {}
    for item in answer.get("items") or ():
        ident = values.at(item, "id.videoId")
        if isinstance(ident, str) and ident not in found:
            found[ident] = Found(ident=ident, at_s=published_s(item), item=_plain(item))
    return list(found.values())


def published_s(item: Mapping[str, Any]) -> int | None:
    """When a video came out, Unix seconds; None where that is not said."""
    moment = values.moment(values.at(item, "snippet.publishedAt"))
    return int(moment.timestamp()) if moment else None


def dates_of(collection: Collection, *, run: int | None = None) -> dict[str, int]:
    """The date of each video that a run found, or any, Unix seconds."""
    dates = ((row.id, published_s(row.data)) for row in collection.rows(VIDEO, run=run))
    return {ident: at_s for ident, at_s in dates if at_s is not None}


def is_whole(run: Run) -> bool:
    """Whether a run came to its end, and did not stop where as many were found as were wanted."""
    return run.finished_s is not None and not run.facts.get("stopped_at")


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    """What stands in a result, with `&amp;` and `&#39;` as the signs that they stand for."""
    snippet = values.at(item, "snippet") or {}
    texts = {
        name: html.unescape(snippet[name])
        for name in _IN_HTML
        if isinstance(snippet.get(name), str)
    }
    return {**item, "snippet": {**snippet, **texts}}


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
        if not place.token or error.reason != values.DEAD_TOKEN:
            raise
    place = place.restarted()
    return caller.call(METHOD, body=None, **query.parameters(before=place.before)), place
