"""Videos, channels, playlists and comments as orders: what is asked for, and the table of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError
from loquitur.youtube import values
from loquitur.youtube.collecting import listings, remarks
from loquitur.youtube.collecting.details import (
    BATCH,
    DETAILS,
    LIST,
    NUMBERS,
    STATISTICS,
    add_details,
)
from loquitur.youtube.collecting.job import Job
from loquitur.youtube.columns import CHANNEL as CHANNEL_COLUMNS
from loquitur.youtube.columns import COMMENT, ITEM, ITEM_DETAILS, VIDEO, Source, row
from loquitur.youtube.columns import NUMBERS as NUMBER_COLUMNS
from loquitur.youtube.gathering import Order
from loquitur.youtube.references import ChannelReference, video_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.tables.cells import Cell
    from loquitur.youtube.collecting.collection import Collection
    from loquitur.youtube.collecting.tally import Tally
    from loquitur.youtube.gathering import Listener

    Rows = Iterator[tuple[Cell, ...]]

_ASKED = "asked"
_INVALID = "invalid"


def videos_order(given: Sequence[str], *, numbers: bool = False, endpoint: str = "") -> Order:
    """Videos by ids and addresses; what names no video is a row that says so.

    Args:
        given: As users write them; each video is one row, in this order.
        numbers: Statistics alone, through `videos.batchGetStats` and its own bucket.
        endpoint: Of a service that stands in.

    Raises:
        InputError: None of them names a video.
    """
    names = _read(given)
    idents = [ident for ident, good in names.items() if good]
    if not idents:
        first = next(iter(given), "")
        if first:
            video_id(first)  # the error says what is wrong with it
        raise InputError(
            "no video was given", hint="give ids, addresses, or `-` for standard input"
        )
    kind, fields = (NUMBERS, NUMBER_COLUMNS) if numbers else (DETAILS, VIDEO)

    def collect(caller: Tally, collection: Collection, listener: Listener) -> None:
        _ask(collection, idents)
        add_details(caller, collection, _ASKED, numbers=numbers, listener=listener)
        collection.finish()

    def rows(collection: Collection) -> Rows:
        for ident, good in names.items():
            kept = collection.row(kind, ident) if good else None
            more = {} if good and kept else {"status": "not asked" if good else _INVALID}
            yield row(
                fields,
                Source(
                    item=kept.data if kept else {},
                    ident=ident,
                    collected_s=kept.collected_s if kept else collection.now(),
                    more=more,
                ),
            )

    def summary(collection: Collection) -> dict[str, Any]:
        missing = [ident for ident in idents if collection.get(kind, ident) == {}]
        wrong = [ident for ident, good in names.items() if not good]
        return {"rows": len(names), "missing": missing, "invalid": wrong}

    def calls(collection: Collection | None) -> dict[str, int]:
        done = collection.count(kind, run=collection.run.number) if collection else 0
        return {STATISTICS if numbers else LIST: _batches(len(idents) - done)}

    return Order(
        name="videos",
        what="videos",
        job=Job(
            verb="videos",
            arguments={"ids": sorted(idents), "numbers": numbers},
            endpoint=endpoint,
        ),
        fields=fields,
        collect=collect,
        rows=rows,
        summary=summary,
        calls=calls,
        least=lambda collection: _batches(len(idents)) * len(collection.runs()),
    )


def channels_order(
    given: Sequence[ChannelReference],
    *,
    videos: bool = True,
    details: bool = True,
    most: int | None = None,
    endpoint: str = "",
) -> Order:
    """Channels: their own rows, or the rows of all their videos.

    Args:
        given: Which.
        videos: The table is of their videos; otherwise of the channels themselves.
        details: Ask for each video's statistics too.
        most: Of each channel only the newest so many videos.
        endpoint: Of a service that stands in.
    """
    names = {f"{one.kind}:{one.value}": one for one in given}

    def collect(caller: Tally, collection: Collection, listener: Listener) -> None:
        run = collection.run.number
        for name, reference in names.items():
            if not collection.has(listings.CHANNEL, name, run=run):
                found = listings.channel_of(caller, reference)
                with collection.page() as page:
                    page.put(listings.CHANNEL, name, found)
                    page.spend(caller.taken())
        if not videos:
            collection.finish()
            return
        for name in names:
            found = collection.get(listings.CHANNEL, name) or {}
            listings.list_items(
                caller,
                collection,
                _uploads(found),
                most=most,
                total=values.count(values.at(found, "statistics.videoCount")),
                listener=listener,
            )
        if details:
            add_details(caller, collection, listings.ITEM, listener=listener)
        collection.finish()

    def rows(collection: Collection) -> Rows:
        if videos:
            yield from _listed_rows(collection, details=details)
            return
        for name in names:
            kept = collection.row(listings.CHANNEL, name)
            if kept:
                yield row(
                    CHANNEL_COLUMNS,
                    Source(
                        item=kept.data,
                        ident=str(kept.data.get("id", "")),
                        collected_s=kept.collected_s,
                    ),
                )

    def summary(collection: Collection) -> dict[str, Any]:
        listed = collection.tally(listings.ENTRY, "playlist_id", run=collection.run.number)
        told = []
        for name in names:
            found = collection.get(listings.CHANNEL, name) or {}
            told.append(_channel_told(found, listed.get(_uploads(found), 0) if videos else None))
        return {"rows": sum(1 for _ in rows(collection)), "channels": told}

    def calls(collection: Collection | None) -> dict[str, int]:
        needed = {listings.CHANNELS_LIST: len(names)}
        if not videos:
            return needed
        if collection is None:
            return (
                needed | {listings.ITEMS_LIST: len(names)}
                if most is None
                else _listing(needed, most * len(names), details=details)
            )
        run = collection.run.number
        counted = sum(
            values.count(values.at(collection.get(listings.CHANNEL, name) or {}, _COUNT)) or 0
            for name in names
        )
        done = collection.count(listings.ENTRY, run=run)
        found = _listing({}, counted - done, details=False)
        if details:
            found[LIST] = _batches(counted - collection.count(DETAILS, run=run))
        return found

    return Order(
        name="channel",
        what="videos" if videos else "channels",
        job=Job(
            verb="channel",
            arguments={"channels": sorted(names)},
            endpoint=endpoint,
        ),
        fields=(ITEM_DETAILS if details else ITEM) if videos else CHANNEL_COLUMNS,
        collect=collect,
        rows=rows,
        summary=summary,
        calls=calls,
        least=lambda collection: (
            len(names) + _least_listing(collection, details=details, videos=videos)
        ),
    )


def playlists_order(
    given: Sequence[str],
    *,
    details: bool = True,
    most: int | None = None,
    endpoint: str = "",
) -> Order:
    """The videos of playlists, in their order; one that stands there twice is there twice.

    Args:
        given: Ids of playlists.
        details: Ask for each video's statistics too.
        most: Of each list only the first so many.
        endpoint: Of a service that stands in.
    """
    names = list(dict.fromkeys(given))

    def collect(caller: Tally, collection: Collection, listener: Listener) -> None:
        _ask_playlists(caller, collection, names)
        for name in names:
            told = collection.get(listings.PLAYLIST, name) or {}
            total = values.count(values.at(told, "contentDetails.itemCount"))
            status = listings.list_items(
                caller, collection, name, most=most, total=total, listener=listener
            )
            if status != "ok" and told.get("status") != status:
                with collection.page() as page:
                    page.put(listings.PLAYLIST, name, {**told, "status": status})
        if details:
            add_details(caller, collection, listings.ITEM, listener=listener)
        collection.finish()

    def summary(collection: Collection) -> dict[str, Any]:
        listed = collection.tally(listings.ENTRY, "playlist_id", run=collection.run.number)
        told = []
        for name in names:
            found = collection.get(listings.PLAYLIST, name) or {}
            told.append(
                {
                    "playlist_id": name,
                    "title": values.at(found, "snippet.title"),
                    "status": found.get("status", "ok"),
                    "items_counted": values.count(values.at(found, "contentDetails.itemCount")),
                    "items_listed": listed.get(name, 0),
                }
            )
        rows = collection.count(listings.ENTRY, run=collection.run.number)
        return {"rows": rows, "playlists": told}

    def calls(collection: Collection | None) -> dict[str, int]:
        needed = {listings.PLAYLISTS_LIST: _batches(len(names))}
        if collection is None:
            return (
                needed | {listings.ITEMS_LIST: len(names)}
                if most is None
                else _listing(needed, most * len(names), details=details)
            )
        run = collection.run.number
        counted = sum(
            values.count(values.at(collection.get(listings.PLAYLIST, name) or {}, _ITEMS)) or 0
            for name in names
        )
        found = _listing({}, counted - collection.count(listings.ENTRY, run=run), details=False)
        if details:
            found[LIST] = _batches(counted - collection.count(DETAILS, run=run))
        return found

    return Order(
        name="playlist",
        what="videos",
        job=Job(verb="playlist", arguments={"playlists": sorted(names)}, endpoint=endpoint),
        fields=ITEM_DETAILS if details else ITEM,
        collect=collect,
        rows=lambda collection: _listed_rows(collection, details=details),
        summary=summary,
        calls=calls,
        least=lambda collection: (
            _batches(len(names)) + _least_listing(collection, details=details, videos=True)
        ),
    )


def comments_order(given: Sequence[str], *, most: int | None = None, endpoint: str = "") -> Order:
    """The comments of videos with all replies, each reply behind the comment it answers.

    Args:
        given: Ids and addresses of videos.
        most: Of each video about so many comments of the newest threads.
        endpoint: Of a service that stands in.

    Raises:
        InputError: Something names no video.
    """
    idents = list(dict.fromkeys(video_id(text) for text in given))

    def collect(caller: Tally, collection: Collection, listener: Listener) -> None:
        remarks.collect_comments(caller, collection, idents, most=most, listener=listener)
        collection.finish()

    def rows(collection: Collection) -> Rows:
        for kept in collection.rows(remarks.COMMENT, run=collection.run.number):
            yield row(COMMENT, Source(item=kept.data, ident=kept.id, collected_s=kept.collected_s))

    def summary(collection: Collection) -> dict[str, Any]:
        run = collection.run.number
        listed = collection.tally(remarks.COMMENT, "video_id", run=run)
        told = [
            {
                "video_id": ident,
                "title": (known := collection.get(remarks.VIDEO, ident) or {}).get("title"),
                "status": known.get("status", "not asked"),
                "comments_counted": values.count(known.get("commentCount")),
                "comments_listed": listed.get(ident, 0),
            }
            for ident in idents
        ]
        return {"rows": collection.count(remarks.COMMENT, run=run), "videos": told}

    def calls(collection: Collection | None) -> dict[str, int]:
        if collection is None:
            needed = {LIST: _batches(len(idents)), remarks.THREADS: len(idents)}
            if most is not None:
                needed[remarks.THREADS] = len(idents) * -(-most // remarks.PAGE)
            return needed
        counted = sum(
            values.count((collection.get(remarks.VIDEO, ident) or {}).get("commentCount")) or 0
            for ident in idents
        )
        left = max(0, counted - collection.count(remarks.COMMENT, run=collection.run.number))
        return {remarks.THREADS: -(-left // remarks.PAGE)} if left else {}

    def least(collection: Collection) -> int:
        found = collection.count(remarks.COMMENT, run=collection.run.number)
        return _batches(len(idents)) + max(len(idents), -(-found // remarks.PAGE))

    return Order(
        name="comments",
        what="comments",
        job=Job(verb="comments", arguments={"videos": sorted(idents)}, endpoint=endpoint),
        fields=COMMENT,
        collect=collect,
        rows=rows,
        summary=summary,
        calls=calls,
        least=least,
    )


_COUNT = "statistics.videoCount"
_ITEMS = "contentDetails.itemCount"


def _read(given: Sequence[str]) -> dict[str, bool]:
    """What was given, each once: ids of videos (True) and texts that name none (False)."""
    found: dict[str, bool] = {}
    for text in given:
        try:
            found.setdefault(video_id(text), True)
        except InputError:
            found.setdefault(text.strip()[:200], False)
    return found


def _ask(collection: Collection, idents: Sequence[str]) -> None:
    run = collection.run.number
    if collection.count(_ASKED, run=run) == len(idents):
        return
    with collection.page() as page:
        for ident in idents:
            page.put(_ASKED, ident, {})


def _ask_playlists(caller: Tally, collection: Collection, names: Sequence[str]) -> None:
    run = collection.run.number
    left = [name for name in names if not collection.has(listings.PLAYLIST, name, run=run)]
    for batch in _cut(left):
        answer = caller.call(
            listings.PLAYLISTS_LIST,
            id=list(batch),
            part=["snippet", "contentDetails"],
            maxResults=BATCH,
            fields="items(id,snippet(title,channelId),contentDetails(itemCount))",
        )
        found = {item["id"]: item for item in answer.get("items") or ()}
        with collection.page() as page:
            for name in batch:
                page.put(listings.PLAYLIST, name, found.get(name, {}))
            page.spend(caller.taken())


def _cut(items: Sequence[str]) -> Iterator[Sequence[str]]:
    return (items[at : at + BATCH] for at in range(0, len(items), BATCH))


def _listed_rows(collection: Collection, *, details: bool) -> Rows:
    for entry in collection.rows(listings.ENTRY, run=collection.run.number):
        ident = str(values.at(entry.data, "contentDetails.videoId"))
        more = listings.item_more(entry.data)
        kept = collection.row(DETAILS, ident) if details else None
        if kept is not None and kept.data:
            more["status"] = "ok"
        elif details and more["status"] == "ok":
            more["status"] = "missing" if kept is not None else "not asked"
        yield row(
            ITEM_DETAILS if details else ITEM,
            Source(
                item=(kept.data if kept and kept.data else entry.data),
                ident=ident,
                collected_s=kept.collected_s if kept else entry.collected_s,
                more=more,
            ),
        )


def _channel_told(found: dict[str, Any], listed: int | None) -> dict[str, Any]:
    source = Source(item=found, ident=str(found.get("id", "")), collected_s=0)
    cells = dict(
        zip((f.column.name for f in CHANNEL_COLUMNS), row(CHANNEL_COLUMNS, source), strict=True)
    )
    told = {name: cells[name] for name in ("channel_id", "title", "handle", "subscribers")}
    return told | {"videos_counted": cells["videos"], "videos_listed": listed}


def _uploads(found: dict[str, Any]) -> str:
    uploads = values.text(values.at(found, "contentDetails.relatedPlaylists.uploads"))
    return uploads or "UU" + str(found.get("id", ""))[2:]


def _batches(count: int) -> int:
    return -(-max(0, count) // BATCH)


def _listing(needed: dict[str, int], count: int, *, details: bool) -> dict[str, int]:
    found = needed | {listings.ITEMS_LIST: _batches(count)}
    return found | {LIST: _batches(count)} if details else found


def _least_listing(collection: Collection, *, details: bool, videos: bool) -> int:
    if not videos:
        return 0
    run = collection.run.number
    pages = _batches(collection.count(listings.ENTRY, run=run))
    return pages + (_batches(collection.count(listings.ITEM, run=run)) if details else 0)
