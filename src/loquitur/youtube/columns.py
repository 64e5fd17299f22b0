"""The columns of every table of YouTube, and how each is read from what the service answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from loquitur.tables.cells import Cell, Column, Type
from loquitur.youtube import values
from loquitur.youtube.values import at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a row is made of.

    Args:
        item: The service's answer; empty where it answered nothing.
        ident: The id that was asked for.
        collected_s: When, Unix seconds.
        more: What the collector knows besides: the status, what was found by which run.
    """

    item: Mapping[str, Any]
    ident: str
    collected_s: float
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def collected(self) -> datetime:
        """When, in UTC, to the second."""
        return datetime.fromtimestamp(int(self.collected_s), UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column and where its cells come from."""

    column: Column
    read: Callable[[Source], Cell]


def row(fields: Iterable[Field], source: Source) -> tuple[Cell, ...]:
    """The cells of one row."""
    return tuple(item.read(source) for item in fields)


def columns(fields: Iterable[Field]) -> tuple[Column, ...]:
    """The columns of a table."""
    return tuple(item.column for item in fields)


def _plain(name: str, path: str, description: str = "", *, identifier: bool = False) -> Field:
    column = Column(name=name, description=description, identifier=identifier)
    return Field(column=column, read=lambda source: values.text(at(source.item, path)))


def _typed(name: str, kind: Type, path: str, description: str = "", unit: str = "") -> Field:
    read = _READERS[kind]
    column = Column(name=name, type=kind, description=description, unit=unit)
    return Field(column=column, read=lambda source: read(at(source.item, path)))


def _ident(name: str, description: str) -> Field:
    column = Column(name=name, description=description, identifier=True)
    return Field(column=column, read=lambda source: source.ident)


def _known(name: str, kind: Type, description: str, *, derived: bool = False) -> Field:
    column = Column(name=name, type=kind, description=description, derived=derived)
    return Field(column=column, read=lambda source: source.more.get(name))


_READERS: dict[Type, Callable[[object], Cell]] = {
    "text": values.text,
    "int": values.count,
    "bool": values.flag,
    "time": values.moment,
    "list": values.texts,
}


def _topics(source: Source) -> Cell:
    found = values.texts(at(source.item, "topicDetails.topicCategories"))
    return tuple(topic.rpartition("/")[2] for topic in found) if found is not None else None


def _rate(path: str) -> Callable[[Source], Cell]:
    def read(source: Source) -> Cell:
        part = values.count(at(source.item, path))
        return values.ratio(part, values.count(at(source.item, "statistics.viewCount")))

    return read


def _derived(name: str, kind: Type, description: str, read: Callable[[Source], Cell]) -> Field:
    column = Column(name=name, type=kind, description=description, derived=True)
    return Field(column=column, read=read)


def _views_definition(source: Source) -> Cell:
    if values.count(at(source.item, "statistics.viewCount")) is None:
        return None
    return values.views_definition(source.collected)


def _duration(source: Source) -> Cell:
    found = values.duration_s(at(source.item, "contentDetails.duration"))
    if found is None:
        millis = values.count(at(source.item, "contentDetails.durationMillis"))
        return millis // 1000 if millis is not None else None
    return found


def _edited(source: Source) -> Cell:
    published, updated = (
        values.moment(source.item.get(name)) for name in ("publishedAt", "updatedAt")
    )
    return updated > published if published and updated else None


COLLECTED = Field(
    column=Column(name="collected_at", type="time", description="When the service said this, UTC"),
    read=lambda source: source.collected,
)
_STATUS = Field(
    column=Column(
        name="status",
        description="`ok`, `missing` (deleted, private or never there), `invalid` (no id), or"
        " what the service calls it: `private`, `deleted`",
    ),
    read=lambda source: source.more.get("status", "ok" if source.item else "missing"),
)
_PUBLISHED = Field(
    column=Column(name="published_at", type="time", description="When it came out, UTC"),
    read=lambda source: values.moment(
        at(source.item, "snippet.publishedAt") or at(source.item, "snippet.publishTime")
    ),
)
_TOPICS = Field(
    column=Column(name="topics", type="list", description="Wikipedia articles, by name"),
    read=_topics,
)

NUMBERS: tuple[Field, ...] = (
    _ident("video_id", "The video"),
    _STATUS,
    _PUBLISHED,
    Field(
        column=Column(
            name="duration_s", type="int", unit="s",
            description="Length; missing while a stream has not ended",
        ),
        read=_duration,
    ),
    _typed("views", "int", "statistics.viewCount", "Missing where hidden"),
    Field(
        column=Column(name="views_definition", description="What a view meant at that time"),
        read=_views_definition,
    ),
    _typed("likes", "int", "statistics.likeCount", "Missing where hidden"),
    _typed("comments", "int", "statistics.commentCount", "Missing where comments are disabled"),
    _derived("like_rate_derived", "float", "likes / views", _rate("statistics.likeCount")),
    _derived("comment_rate_derived", "float", "comments / views", _rate("statistics.commentCount")),
    COLLECTED,
)  # fmt: skip
"""What `videos.batchGetStats` tells."""

VIDEO: tuple[Field, ...] = (
    *NUMBERS[:2],
    _plain("title", "snippet.title"),
    _plain("description", "snippet.description"),
    _plain("channel_id", "snippet.channelId", identifier=True),
    _plain("channel_title", "snippet.channelTitle"),
    *NUMBERS[2:-1],
    _typed("tags", "list", "snippet.tags", "The uploader's words"),
    _plain("category_id", "snippet.categoryId", "See videoCategories.list", identifier=True),
    _plain("language", "snippet.defaultAudioLanguage", "Of the sound, as the uploader said"),
    _plain("text_language", "snippet.defaultLanguage", "Of title and description"),
    _plain("live", "snippet.liveBroadcastContent", "none, live, upcoming: now, not then"),
    _typed("live_started_at", "time", "liveStreamingDetails.actualStartTime", "Was a stream"),
    _typed("live_ended_at", "time", "liveStreamingDetails.actualEndTime"),
    _typed("live_scheduled_at", "time", "liveStreamingDetails.scheduledStartTime"),
    _typed("live_viewers", "int", "liveStreamingDetails.concurrentViewers", "At this moment"),
    _typed("captioned", "bool", "contentDetails.caption", "Has a track that is not automatic"),
    _plain("definition", "contentDetails.definition", "hd or sd"),
    _typed("licensed", "bool", "contentDetails.licensedContent", "Claimed by a content partner"),
    _plain("age_restriction", "contentDetails.contentRating.ytRating"),
    _plain("privacy", "status.privacyStatus"),
    _plain("license", "status.license", "youtube or creativeCommon"),
    _typed("embeddable", "bool", "status.embeddable"),
    _typed("made_for_kids", "bool", "status.madeForKids"),
    _typed("synthetic", "bool", "status.containsSyntheticMedia", "As the uploader declared"),
    _TOPICS,
    COLLECTED,
)
"""What `videos.list` tells."""

VIDEO_PARTS = (
    "snippet", "contentDetails", "statistics", "status", "liveStreamingDetails", "topicDetails",
)  # fmt: skip
VIDEO_FIELDS = (
    "items(id,snippet(title,description,channelId,channelTitle,publishedAt,tags,categoryId,"
    "defaultAudioLanguage,defaultLanguage,liveBroadcastContent),contentDetails(duration,caption,"
    "definition,licensedContent,contentRating(ytRating)),statistics(viewCount,likeCount,"
    "commentCount),status(privacyStatus,license,embeddable,madeForKids,containsSyntheticMedia),"
    "liveStreamingDetails(actualStartTime,actualEndTime,scheduledStartTime,concurrentViewers),"
    "topicDetails(topicCategories))"
)

_SEARCHED: tuple[Field, ...] = (
    _known("matches_query", "bool", "Title, description or tags hold the words of the query;"
           " missing where only a cut description is known and it does not", derived=True),
    _known("found_by", "text", "walk (by date), audit (checks of the walk) or windows"),
    _known("runs_found", "int", "How many runs found it"),
)  # fmt: skip


SEARCH: tuple[Field, ...] = (
    _ident("video_id", "The video"),
    _plain("title", "snippet.title"),
    _plain("description", "snippet.description", "Cut by the service"),
    _plain("channel_id", "snippet.channelId", identifier=True),
    _plain("channel_title", "snippet.channelTitle"),
    _PUBLISHED,
    _plain("live", "snippet.liveBroadcastContent", "none, live, upcoming: now, not then"),
    *_SEARCHED,
    COLLECTED,
)
"""What `search.list` tells."""

SEARCH_DETAILS: tuple[Field, ...] = (*VIDEO[:-1], *_SEARCHED, COLLECTED)
"""What `videos.list` tells of videos that a search found."""

SEARCH_FIELDS = (
    "nextPageToken,pageInfo(totalResults),items(id(videoId),snippet(publishedAt,channelId,title,"
    "description,channelTitle,liveBroadcastContent))"
)

CHANNEL: tuple[Field, ...] = (
    _ident("channel_id", "The channel"),
    _STATUS,
    _plain("title", "snippet.title"),
    _plain("handle", "snippet.customUrl", "With its @; an older address where it has no handle"),
    _plain("description", "snippet.description"),
    _plain("country", "snippet.country"),
    _typed("published_at", "time", "snippet.publishedAt", "When it was made, UTC"),
    Field(
        column=Column(
            name="subscribers", type="int",
            description="Rounded to three digits by the service; missing where hidden",
        ),
        read=lambda source: None
        if at(source.item, "statistics.hiddenSubscriberCount") is True
        else values.count(at(source.item, "statistics.subscriberCount")),
    ),
    _typed("videos", "int", "statistics.videoCount", "Public ones, as the service counts"),
    _typed("views", "int", "statistics.viewCount"),
    _plain("uploads_playlist", "contentDetails.relatedPlaylists.uploads", identifier=True),
    _typed("made_for_kids", "bool", "status.madeForKids"),
    _TOPICS,
    COLLECTED,
)  # fmt: skip

CHANNEL_PARTS = ("snippet", "statistics", "contentDetails", "status", "topicDetails")
CHANNEL_FIELDS = (
    "items(id,snippet(title,customUrl,description,country,publishedAt),statistics(subscriberCount,"
    "hiddenSubscriberCount,videoCount,viewCount),contentDetails(relatedPlaylists(uploads)),"
    "status(madeForKids),topicDetails(topicCategories))"
)

_LISTED: tuple[Field, ...] = (
    _known("playlist_id", "text", "The list in which it stands"),
    _known("position", "int", "Its place there, from 0"),
    _known("added_at", "time", "When it was put there, UTC; not when it came out"),
)

ITEM: tuple[Field, ...] = (
    _ident("video_id", "The video"),
    _STATUS,
    _plain("title", "snippet.title"),
    _plain("channel_id", "snippet.videoOwnerChannelId", identifier=True),
    _plain("channel_title", "snippet.videoOwnerChannelTitle"),
    _typed("published_at", "time", "contentDetails.videoPublishedAt", "When it came out, UTC"),
    *_LISTED,
    COLLECTED,
)
"""What `playlistItems.list` tells."""

ITEM_DETAILS: tuple[Field, ...] = (*VIDEO[:-1], *_LISTED, COLLECTED)
"""What `videos.list` tells of the videos of a list."""

ITEM_PARTS = ("snippet", "contentDetails", "status")
ITEM_FIELDS = (
    "nextPageToken,items(id,snippet(title,position,publishedAt,videoOwnerChannelId,"
    "videoOwnerChannelTitle),contentDetails(videoId,videoPublishedAt),status(privacyStatus))"
)

COMMENT: tuple[Field, ...] = (
    Field(
        column=Column(name="comment_id", description="The comment"),
        read=lambda source: source.ident,
    ),
    _plain("video_id", "video_id", identifier=True),
    _plain("parent_id", "parent_id", "The comment that this one answers; missing at the top"),
    _derived("is_reply", "bool", "Has a parent", lambda source: "parent_id" in source.item),
    _plain("author", "authorDisplayName"),
    _plain("author_channel_id", "authorChannelId.value", identifier=True),
    _plain("text", "textDisplay", "Plain text"),
    _typed("likes", "int", "likeCount"),
    _typed("replies", "int", "replies", "As the service counts; missing for a reply"),
    _typed("published_at", "time", "publishedAt", "UTC"),
    _typed("updated_at", "time", "updatedAt", "UTC"),
    _derived("edited_derived", "bool", "updated_at is later than published_at", _edited),
    _plain("image_url", "imageUrl"),
    COLLECTED,
)  # fmt: skip

_COMMENT = (
    "snippet(authorDisplayName,authorChannelId(value),textDisplay,likeCount,publishedAt,updatedAt,"
    "imageUrl,parentId)"
)
THREAD_FIELDS = (
    f"nextPageToken,items(id,snippet(totalReplyCount,topLevelComment(id,{_COMMENT})),"
    f"replies(comments(id,{_COMMENT})))"
)
REPLY_FIELDS = f"nextPageToken,items(id,{_COMMENT})"


TABLES: dict[str, tuple[Field, ...]] = {
    "search": SEARCH,
    "search with details": SEARCH_DETAILS,
    "videos": VIDEO,
    "videos, numbers alone": NUMBERS,
    "channel": CHANNEL,
    "listed": ITEM,
    "listed with details": ITEM_DETAILS,
    "comments": COMMENT,
}
"""Every table by its name, as `docs/youtube-data.md` lists them."""
