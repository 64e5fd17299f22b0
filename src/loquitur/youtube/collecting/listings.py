"""Channels and playlists: what they say of themselves, and every video in their lists.

A channel's videos are read from its list of uploads, one unit for 50, never through the search.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError
from loquitur.youtube import columns, values
from loquitur.youtube.collecting.details import DETAILS, LIST, batches
from loquitur.youtube.collecting.progress import Progress, ignore
from loquitur.youtube.columns import CHANNEL_FIELDS, CHANNEL_PARTS, ITEM_FIELDS, ITEM_PARTS
from loquitur.youtube.complaints import ClosedError, GoneError, RefusedInputError
from loquitur.youtube.references import ChannelReference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loquitur.tables.cells import Cell
    from loquitur.youtube.collecting.collection import Collection, Row
    from loquitur.youtube.collecting.page import Page
    from loquitur.youtube.collecting.progress import Listener
    from loquitur.youtube.collecting.tally import Tally

PAGE = 50
CHANNEL = "channel"
ENTRY = "entry"
"""One place in a list."""
ITEM = "item"
"""A video that stands in a list, once however often it stands there."""
CHANNELS_LIST = "channels.list"
ITEMS_LIST = "playlistItems.list"
_NAMES = {"handle": "forHandle", "either": "forHandle", "user": "forUsername"}
_PRIVACY = {"private": "private", "privacyStatusUnspecified": "deleted"}


def channel_of(caller: Tally, reference: ChannelReference) -> dict[str, Any]:
    """What the service says of a channel; one unit, two where a video names it.

    Raises:
        InputError: There is no such channel, or it is named in a way the API cannot look up.
    """
    named = f"{reference.kind} {reference.value}"
    if reference.kind == "custom":
        raise InputError(
            f"/c/{reference.value}: the API cannot look up custom addresses",
            hint="give the channel's handle (@name, on its page) or its id (UC...)",
        )
    asked: dict[str, Any]
    if reference.kind == "video":
        asked = {"id": _owner(caller, reference.value)}
    elif reference.kind == "id":
        asked = {"id": reference.value}
    else:
        asked = {_NAMES[reference.kind]: reference.value}
    answer = caller.call(
        CHANNELS_LIST, part=list(CHANNEL_PARTS), fields=CHANNEL_FIELDS, maxResults=1, **asked
    )
    items = answer.get("items") or []
    if not items and reference.kind == "either":
        return channel_of(caller, ChannelReference(kind="video", value=reference.value))
    if not items:
        hint = "handles are written @name, old user names youtube.com/user/name"
        raise InputError(f"no channel answers to {named}", hint=hint)
    found: dict[str, Any] = items[0]
    return found


def _owner(caller: Tally, video: str) -> str:
    """The id of the channel of a video."""
    answer = caller.call(LIST, id=video, part="snippet", fields="items(snippet(channelId))")
    owners = [values.at(item, "snippet.channelId") for item in answer.get("items") or ()]
    if not owners:
        hint = "it is deleted, private, or was never there"
        raise InputError(f"video {video} is not there", hint=hint)
    return str(owners[0])


def list_items(
    caller: Tally,
    collection: Collection,
    playlist: str,
    *,
    most: int | None = None,
    total: int | None = None,
    listener: Listener = ignore,
) -> str:
    """Read a playlist to its end, page by page.

    Where a page token has died the list is read again from its start; what is there stays.

    Args:
        caller: Who calls.
        collection: What is kept.
        playlist: Its id.
        most: Stop when the run has so many places of it.
        total: How many there should be, for progress.
        listener: Is told after each page.

    Returns:
        `ok`, `missing` (no such list, or not public) or `closed`.
    """
    name = place_name(playlist)
    place = collection.place(name)
    have = collection.tally(ENTRY, "playlist_id", run=collection.run.number).get(playlist, 0)
    while not place.get("done") and (most is None or have < most):
        try:
            answer = _items(caller, playlist, str(place.get("token") or ""))
        except RefusedInputError as error:
            if not place.get("token") or error.reason != values.DEAD_TOKEN:
                raise
            place = {"token": ""}
            continue
        except (GoneError, ClosedError) as error:
            place = {
                "done": True,
                "status": "closed" if isinstance(error, ClosedError) else "missing",
            }
            with collection.page() as page:
                page.place(name, place)
                page.spend(caller.taken())
            break
        token = str(answer.get("nextPageToken") or "")
        place = {"token": token, "done": not token, "status": "ok"}
        with collection.page() as page:
            for item in answer.get("items") or ():
                have += _put_entry(page, playlist, item)
            page.place(name, place)
            page.spend(caller.taken())
        listener(Progress(done=have, calls=caller.calls, total=total, note="listing"))
    return str(place.get("status", "ok"))


def place_name(playlist: str) -> str:
    """What the place in a list is kept under."""
    return f"list {playlist}"


def rows(collection: Collection, *, details: bool) -> Iterator[tuple[Cell, ...]]:
    """The rows of the places that this run listed, with what is known of their videos."""
    for entry in _in_order(collection):
        ident = str(values.at(entry.data, "contentDetails.videoId"))
        more = item_more(entry.data)
        kept = collection.row(DETAILS, ident) if details else None
        if kept is not None and kept.data:
            more["status"] = "ok"
        elif details and more["status"] == "ok":
            more["status"] = "missing" if kept is not None else "not asked"
        source = columns.Source(
            item=kept.data
            if kept is not None and kept.data
            else known(entry.data, details=details),
            ident=ident,
            collected_s=kept.collected_s if kept is not None else entry.collected_s,
            more=more,
        )
        yield columns.row(columns.ITEM_DETAILS if details else columns.ITEM, source)


def _in_order(collection: Collection) -> Iterator[Row]:
    """The places that this run listed, in the order of their lists.

    Rows stand as they were first found: that is this order in the first run, and no longer where a
    later one found a list that has grown at its head.
    """
    run = collection.run.number
    if run == 1:
        yield from collection.rows(ENTRY, run=run)
        return
    lists: dict[object, int] = {}
    places = []
    for entry in collection.rows(ENTRY, run=run):
        at = lists.setdefault(entry.data.get("playlist_id"), len(lists))
        places.append((at, values.count(values.at(entry.data, "snippet.position")) or 0, entry.id))
    for _, _, ident in sorted(places):
        found = collection.row(ENTRY, ident)
        if found is not None:
            yield found


def known(item: Mapping[str, Any], *, details: bool) -> Mapping[str, Any]:
    """What a list says of a video, where `videos.list` says nothing.

    In a list `publishedAt` is when the video was put there; it came out at another time.
    """
    if not details:
        return item
    names = {"title": "title", "channelId": "videoOwnerChannelId",
             "channelTitle": "videoOwnerChannelTitle"}  # fmt: skip
    snippet = {name: values.at(item, f"snippet.{other}") for name, other in names.items()}
    snippet["publishedAt"] = values.at(item, "contentDetails.videoPublishedAt")
    return {"snippet": snippet, "status": item.get("status", {})}


def needed(listed: int, detailed: int) -> dict[str, int]:
    """The calls that so many places and so many videos take."""
    calls = {ITEMS_LIST: batches(listed), LIST: batches(detailed)}
    return {method: count for method, count in calls.items() if count}


def left(
    collection: Collection, counted: Mapping[str, int], *, most: int | None, details: bool
) -> dict[str, int]:
    """The calls that lists still take.

    Args:
        collection: What is there.
        counted: How many places each list should have, by its id.
        most: How many of each are wanted, None for all.
        details: Whether the videos are asked for too.
    """
    run = collection.run.number
    listed = collection.tally(ENTRY, "playlist_id", run=run)
    unlisted = calls = 0
    for playlist, count in counted.items():
        have, wanted = listed.get(playlist, 0), min(count, most or count)
        if not collection.place(place_name(playlist)).get("done") and have < wanted:
            unlisted += wanted - have
            calls += batches(wanted - have)
    undetailed = unlisted + collection.count(ITEM, run=run) - collection.count(DETAILS, run=run)
    found = {ITEMS_LIST: calls, LIST: batches(undetailed) if details else 0}
    return {method: count for method, count in found.items() if count}


def least(collection: Collection, *, details: bool) -> int:
    """The fewest calls for what this run listed."""
    run = collection.run.number
    found = batches(collection.count(ENTRY, run=run))
    return found + (batches(collection.count(ITEM, run=run)) if details else 0)


def _put_entry(page: Page, playlist: str, item: Mapping[str, Any]) -> int:
    """Keep a place of a list and the video in it; 1 where this run did not have the place."""
    ident, video = item.get("id"), values.at(item, "contentDetails.videoId")
    if not isinstance(ident, str) or not isinstance(video, str):
        return 0
    if page.note(ITEM, video):
        page.put(ITEM, video, {})
    return int(page.put(ENTRY, ident, {**item, "playlist_id": playlist}))


def item_more(item: Mapping[str, Any]) -> dict[str, Any]:
    """What the list knows of a video besides: its place, when it was put there, its privacy."""
    privacy = values.at(item, "status.privacyStatus")
    gone = values.moment(values.at(item, "contentDetails.videoPublishedAt")) is None
    status = _PRIVACY.get(str(privacy), "missing" if gone else "ok")
    return {
        "playlist_id": item.get("playlist_id"),
        "position": values.count(values.at(item, "snippet.position")),
        "added_at": values.moment(values.at(item, "snippet.publishedAt")),
        "status": status,
    }


def _items(caller: Tally, playlist: str, token: str) -> dict[str, Any]:
    given = {"pageToken": token} if token else {}
    return caller.call(
        ITEMS_LIST,
        body=None,
        playlistId=playlist,
        part=list(ITEM_PARTS),
        fields=ITEM_FIELDS,
        maxResults=PAGE,
        **given,
    )
