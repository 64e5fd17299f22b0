"""What a Python user calls: `lq.youtube.search(...)` and its siblings, each giving a `Table`.

```python
videos = lq.youtube.search("equivariance", limit=10_000)
videos.to_pandas().describe()
```

Whatever is collected is kept in the store; the same call goes on where an earlier one stopped, and
costs nothing where that one was done. `fresh=True` collects again.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from loquitur.settings import Settings, resolve
from loquitur.tables.table import Table
from loquitur.youtube.columns import columns
from loquitur.youtube.gathering import gathered
from loquitur.youtube.references import channel_reference, playlist_id
from loquitur.youtube.sessions import open_client

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from loquitur.youtube.client import Client
    from loquitur.youtube.gathering import Order


def search(  # noqa: PLR0913 - one keyword for each thing to say
    text: str,
    *,
    limit: int | None = None,
    after: str | date | None = None,
    before: str | date | None = None,
    order: str = "date",
    filters: Mapping[str, str] | None = None,
    details: bool = False,
    fresh: bool = False,
    partial: bool = False,
    settings: Settings | None = None,
) -> Table:
    """All videos that a query finds, past the service's limit of about 500.

    Args:
        text: What is searched for; `|` is or, `-` is not, quotes keep words together.
        limit: Stop at so many; None: all there are.
        after: The earliest publication, a date (`2026-03-01`) or a time, UTC where nothing is said.
        before: The latest, exclusive.
        order: `date`; any other shows about the first 500 alone.
        filters: Further parameters of `search.list`: `{"regionCode": "NL"}`.
        details: Statistics, whole descriptions and tags too, one unit for 50 videos.
        fresh: Search again, and compare with earlier runs.
        partial: Where the day's quota ends the search: give what is there, instead of raising.
        settings: Resolved from the environment and files by default.

    Returns:
        A table; its `about["coverage"]` says how complete it is, with a statement for a methods
        section.

    Raises:
        QuotaError: The day's quota is spent; what was found is kept, the same call goes on.
        MissingError: There is no key.
        UsageError: A parameter that the service would refuse.
    """
    from loquitur.youtube.searching.ordering import SearchOptions, SearchOrder
    from loquitur.youtube.searching.query import Query

    settings = _settings(settings)
    query = Query(
        text=text, after=_time(after), before=_time(before), order=order, filters=filters or {}
    )
    options = SearchOptions(most=limit, details=details)
    order_ = SearchOrder(query=query, options=options, endpoint=settings.youtube_endpoint)
    return _table(order_, settings, fresh=fresh, partial=partial)


def videos(
    given: Iterable[str] | str,
    *,
    numbers: bool = False,
    fresh: bool = False,
    partial: bool = False,
    settings: Settings | None = None,
) -> Table:
    """Videos by ids and addresses, 50 a call; one that is missing is a row that says so.

    Args:
        given: Ids and addresses of every known shape.
        numbers: Statistics, date and length alone, from a daily bucket of their own.
        fresh: Ask again.
        partial: As in `search`.
        settings: As in `search`.

    Raises:
        InputError: None of them is a video.
        QuotaError: The day's quota is spent; the same call goes on.
    """
    from loquitur.youtube.collecting.videos import VideosOrder

    settings = _settings(settings)
    order = VideosOrder(given=_listed(given), numbers=numbers, endpoint=settings.youtube_endpoint)
    return _table(order, settings, fresh=fresh, partial=partial)


def channel(
    given: Iterable[str] | str,
    *,
    limit: int | None = None,
    videos: bool = True,
    details: bool = True,
    fresh: bool = False,
    partial: bool = False,
    settings: Settings | None = None,
) -> Table:
    """All videos of channels, out of their lists of uploads; what they say of themselves beside it.

    Args:
        given: Ids, handles, addresses of channels or of their videos.
        limit: Of each channel about so many of the newest.
        videos: False for a table of the channels themselves.
        details: False for what the list says, without statistics: half the calls.
        fresh: List again.
        partial: As in `search`.
        settings: As in `search`.

    Raises:
        InputError: There is no such channel.
        QuotaError: The day's quota is spent; the same call goes on.
    """
    from loquitur.youtube.collecting.channels import ChannelsOrder

    settings = _settings(settings)
    order = ChannelsOrder(
        given=[channel_reference(text) for text in _listed(given)],
        videos=videos,
        details=details,
        most=limit,
        endpoint=settings.youtube_endpoint,
    )
    return _table(order, settings, fresh=fresh, partial=partial)


def playlist(
    given: Iterable[str] | str,
    *,
    limit: int | None = None,
    details: bool = True,
    fresh: bool = False,
    partial: bool = False,
    settings: Settings | None = None,
) -> Table:
    """The videos of playlists, in their order.

    Args:
        given: Ids and addresses.
        limit: Of each list about the first so many.
        details: False for what the list says, without statistics.
        fresh: List again.
        partial: As in `search`.
        settings: As in `search`.

    Raises:
        InputError: Something is no playlist, or one that cannot be listed.
        QuotaError: The day's quota is spent; the same call goes on.
    """
    from loquitur.youtube.collecting.playlists import PlaylistsOrder

    settings = _settings(settings)
    order = PlaylistsOrder(
        given=[playlist_id(text) for text in _listed(given)],
        details=details,
        most=limit,
        endpoint=settings.youtube_endpoint,
    )
    return _table(order, settings, fresh=fresh, partial=partial)


def comments(
    given: Iterable[str] | str,
    *,
    limit: int | None = None,
    fresh: bool = False,
    partial: bool = False,
    settings: Settings | None = None,
) -> Table:
    """The comments of videos with all replies, each behind the comment that it answers.

    Args:
        given: Ids and addresses of videos.
        limit: Of each video about so many, the newest threads first.
        fresh: Read again.
        partial: As in `search`.
        settings: As in `search`.

    Returns:
        A table; its `about["videos"]` has for each video its status (`disabled`, `missing`) and
        both counts.

    Raises:
        InputError: Something names no video.
        QuotaError: The day's quota is spent; the same call goes on.
    """
    from loquitur.youtube.collecting.comments import CommentsOrder

    settings = _settings(settings)
    order = CommentsOrder(given=_listed(given), most=limit, endpoint=settings.youtube_endpoint)
    return _table(order, settings, fresh=fresh, partial=partial)


def _table(order: Order, settings: Settings, *, fresh: bool, partial: bool) -> Table:
    with open_client(settings) as client:
        if settings.youtube_endpoint:
            client.look()  # what stands in may be on another time, by which rows are stamped
        return _gathered(order, client, settings, fresh=fresh, partial=partial)


def _gathered(
    order: Order, client: Client, settings: Settings, *, fresh: bool, partial: bool
) -> Table:
    now = client.purse.ledger.now
    with gathered(order, client, settings.store, fresh=fresh, now=now) as harvest:
        table = Table.from_rows(
            order.job.verb, columns(order.fields), harvest.rows(), about=harvest.summary()
        )
        if harvest.stopped is not None and not partial:
            raise harvest.reason(len(table), " (partial=True gives them)") from harvest.stopped
        return table


def _settings(settings: Settings | None) -> Settings:
    return settings or resolve().settings


def _listed(given: Iterable[str] | str) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _time(given: str | date | None) -> datetime | None:
    from loquitur.youtube.searching.query import given_time

    return given_time(given.isoformat() if isinstance(given, date) else given) if given else None
