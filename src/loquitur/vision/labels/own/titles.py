"""What YouTube says of videos: titles, descriptions, tags, categories; and which are gone.

Through the client of `loquitur.youtube`: 50 videos a call of one unit, kept in the store, gone on
with where a quota ended. Whoever is asked, nothing is asked of what is no video of YouTube.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.media.urls import youtube_id
from loquitur.vision.labels.youtube_categories import YOUTUBE_CATEGORIES
from loquitur.youtube.collecting.progress import ignore
from loquitur.youtube.collecting.videos import VideosOrder
from loquitur.youtube.columns import columns
from loquitur.youtube.gathering import gathered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from loquitur.errors import RemoteError
    from loquitur.vision.labels.own.videos import LabelledVideo
    from loquitur.youtube.client import Client
    from loquitur.youtube.collecting.progress import Listener

_OTHER_CATEGORY = "category {}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Titled:
    """Videos with what YouTube says of them.

    Args:
        videos: In the order given.
        asked: How many are on YouTube.
        calls: How many calls were made now.
        stopped: Why the rest could not be asked for; None where all were.
    """

    videos: tuple[LabelledVideo, ...]
    asked: int
    calls: int
    stopped: RemoteError | None = None


def order_for(videos: Sequence[LabelledVideo], endpoint: str = "") -> VideosOrder | None:
    """What is asked of YouTube; None where none of the videos is there."""
    idents = [one for one in map(_ident, videos) if one]
    return VideosOrder(given=idents, endpoint=endpoint) if idents else None


def add_titles(
    videos: Sequence[LabelledVideo],
    client: Client,
    store: Path,
    *,
    endpoint: str = "",
    fresh: bool = False,
    listener: Listener = ignore,
) -> Titled:
    """Videos with titles, descriptions, tags, category and status; what they had goes first.

    Args:
        videos: Of YouTube and others.
        client: Who asks.
        store: Where the answers are kept.
        endpoint: Of a service that stands in.
        fresh: Ask again for what was answered before.
        listener: Told of progress.

    Raises:
        MissingError: No key, no login.
        LockedError: Another process asks for the same videos.
        FullError: No room in the store.
    """
    order = order_for(videos, endpoint)
    if order is None:
        return Titled(videos=tuple(videos), asked=0, calls=0)
    now = client.purse.ledger.now
    with gathered(order, client, store, fresh=fresh, now=now, listener=listener) as harvest:
        names = [column.name for column in columns(order.fields)]
        rows = (dict(zip(names, row, strict=True)) for row in harvest.rows())
        said = {str(row["video_id"]): row for row in rows}
        calls, stopped = harvest.calls, harvest.stopped
    return Titled(
        videos=tuple(_with(one, said.get(_ident(one))) for one in videos),
        asked=len(order.idents),
        calls=calls,
        stopped=stopped,
    )


def _ident(video: LabelledVideo) -> str:
    return youtube_id(video.video) or ""


def _with(video: LabelledVideo, said: Mapping[str, Any] | None) -> LabelledVideo:
    if said is None:
        return video
    return dataclasses.replace(
        video,
        title=video.title or str(said.get("title") or ""),
        description=video.description or str(said.get("description") or ""),
        tags=video.tags or tuple(said.get("tags") or ()),
        category=_category(said.get("category_id")),
        status=str(said.get("status") or ""),
    )


def _category(number: object) -> str:
    text = str(number or "")
    if not text:
        return ""
    known = YOUTUBE_CATEGORIES.get(int(text)) if text.isdigit() else None
    return known or _OTHER_CATEGORY.format(text)
