"""Rows made new: what was collected longer ago than the terms allow is asked for again, by id.

What the service no longer has loses what was kept of it. Each batch is kept at once, so that a
refresh that stops goes on where it was.

Source: YouTube API Services Developer Policies, III.E.4: data is refreshed or deleted after 30
days at the latest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.youtube import values
from loquitur.youtube.collecting import details, listings, playlists, remarks
from loquitur.youtube.collecting.progress import Progress, ignore
from loquitur.youtube.collecting.shelf import BARE
from loquitur.youtube.columns import (
    CHANNEL_FIELDS,
    CHANNEL_PARTS,
    ITEM_FIELDS,
    ITEM_PARTS,
    REPLY_FIELDS,
)
from loquitur.youtube.searching.walk import VIDEO

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.youtube.collecting.collection import Collection
    from loquitur.youtube.collecting.progress import Listener
    from loquitur.youtube.collecting.tally import Tally

    Renewed = dict[str, dict[str, Any]]
    """The new data of each id; an empty one where the service has it no more."""

_GONE: dict[str, Any] = {"gone": True}
_KEPT = ("video_id", "parent_id", "replies")


def refresh(
    caller: Tally,
    collection: Collection,
    before_s: float,
    *,
    listener: Listener = ignore,
) -> dict[str, int]:
    """Ask again for every row that was collected before a time.

    Args:
        caller: Who calls.
        collection: Whose rows.
        before_s: Unix seconds.
        listener: Is told after each call.

    Returns:
        `renewed` and `gone`: how many of each.

    Raises:
        QuotaError: The bucket is spent; what was renewed is kept.
    """
    kinds = collection.kinds(before_s=before_s)
    total = sum(kinds.values())
    counts = {"renewed": 0, "gone": 0}
    for kind, (_, ask) in _ASKED.items():
        # So many batches and no more, whatever the clocks say meanwhile of what is older.
        for _ in range(details.batches(kinds.get(kind, 0))):
            batch = collection.older_ids(kind, before_s, details.BATCH)
            renewed = ask(caller, collection, batch)
            with collection.page() as page:
                for ident in batch:
                    found = renewed.get(ident, {})
                    page.renew(kind, ident, found)
                    is_gone = found.get("gone") or (not found and kind not in BARE)
                    counts["gone" if is_gone else "renewed"] += 1
                page.spend(caller.taken())
            done = counts["renewed"] + counts["gone"]
            listener(Progress(done=done, calls=caller.calls, total=total, note="refreshing"))
    return counts


def calls(collection: Collection, before_s: float) -> dict[str, int]:
    """The calls by method that a refresh takes."""
    found: dict[str, int] = {}
    for kind, count in collection.kinds(before_s=before_s).items():
        method, _ = _ASKED.get(kind, ("", None))
        if method:
            found[method] = found.get(method, 0) + details.batches(count)
    return found


def _videos(caller: Tally, collection: Collection, idents: Sequence[str]) -> Renewed:
    del collection
    return details.fetch(caller, idents)


def _numbers(caller: Tally, collection: Collection, idents: Sequence[str]) -> Renewed:
    del collection
    return details.fetch(caller, idents, numbers=True)


def _searched(caller: Tally, collection: Collection, idents: Sequence[str]) -> Renewed:
    """What a search found: the new words; of what is gone only how it was found stays."""
    answer = caller.call(
        details.LIST,
        id=list(idents),
        part="snippet",
        fields="items(id,snippet(publishedAt,channelId,title,description,channelTitle,"
        "liveBroadcastContent))",
    )
    found = values.by_id(answer)
    renewed = {}
    for ident in idents:
        known = collection.get(VIDEO, ident) or {}
        renewed[ident] = found.get(ident, _GONE) | {"found_by": known.get("found_by")}
    return renewed


def _entries(caller: Tally, collection: Collection, idents: Sequence[str]) -> Renewed:
    answer = caller.call(
        listings.ITEMS_LIST, id=list(idents), part=list(ITEM_PARTS), fields=ITEM_FIELDS,
        maxResults=details.BATCH,
    )  # fmt: skip
    found = values.by_id(answer)
    renewed = {}
    for ident in idents:
        known = collection.get(listings.ENTRY, ident) or {}
        video = {"contentDetails": {"videoId": values.at(known, "contentDetails.videoId")}}
        item = found.get(ident, _GONE | video)
        renewed[ident] = {**item, "playlist_id": known.get("playlist_id")}
    return renewed


def _channels(caller: Tally, collection: Collection, idents: Sequence[str]) -> Renewed:
    """Channels stand under what users called them; they are asked for by their ids."""
    ids = {
        name: str((collection.get(listings.CHANNEL, name) or {}).get("id", "")) for name in idents
    }
    asked = [ident for ident in ids.values() if ident]
    if not asked:
        return {}
    answer = caller.call(
        listings.CHANNELS_LIST,
        id=asked,
        part=list(CHANNEL_PARTS),
        fields=CHANNEL_FIELDS,
        maxResults=details.BATCH,
    )
    found = values.by_id(answer)
    return {name: found.get(ident, {}) for name, ident in ids.items()}


def _comments(caller: Tally, collection: Collection, idents: Sequence[str]) -> Renewed:
    answer = caller.call(
        remarks.REPLIES,
        id=list(idents),
        part="snippet",
        textFormat="plainText",
        fields=REPLY_FIELDS,
    )
    found = values.by_id(answer)
    renewed = {}
    for ident in idents:
        known = collection.get(remarks.COMMENT, ident) or {}
        snippet = dict(found[ident].get("snippet") or {}) if ident in found else dict(_GONE)
        snippet.pop("parentId", None)
        renewed[ident] = snippet | {name: known[name] for name in _KEPT if name in known}
    return renewed


def _commented(caller: Tally, collection: Collection, idents: Sequence[str]) -> Renewed:
    found = remarks.counts(caller, idents)
    renewed = {}
    for ident in idents:
        status = (collection.get(remarks.VIDEO, ident) or {}).get("status")
        kept = status if found[ident]["status"] == "ok" and status else found[ident]["status"]
        renewed[ident] = {**found[ident], "status": kept}
    return renewed


def _playlists(caller: Tally, collection: Collection, idents: Sequence[str]) -> Renewed:
    found = playlists.asked(caller, idents)
    return {
        ident: {
            **found.get(ident, {}),
            "status": (collection.get(playlists.PLAYLIST, ident) or {}).get("status"),
        }
        for ident in idents
    }


def _bare(caller: Tally, collection: Collection, idents: Sequence[str]) -> Renewed:
    """Ids alone: nothing is asked, they are as new as what is kept of them."""
    del caller, collection
    return {ident: {} for ident in idents}


_ASKED: dict[str, tuple[str, Callable[[Tally, Collection, Sequence[str]], Renewed]]] = {
    details.DETAILS: (details.LIST, _videos),
    details.NUMBERS: (details.STATISTICS, _numbers),
    VIDEO: (details.LIST, _searched),
    listings.ENTRY: (listings.ITEMS_LIST, _entries),
    listings.CHANNEL: (listings.CHANNELS_LIST, _channels),
    remarks.COMMENT: (remarks.REPLIES, _comments),
    remarks.VIDEO: (details.LIST, _commented),
    playlists.PLAYLIST: (playlists.METHOD, _playlists),
    **dict.fromkeys(BARE, ("", _bare)),
}
"""For each kind of row the method that tells of it, and how it is asked."""
