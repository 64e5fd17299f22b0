"""What `--world FILE` may say of the content of a world, checked before anything is made of it.

`standard.toml` is the world that is there without a plan; a plan adds to it, or replaces it with
`defaults = false`. Tables of other rooms (captions, chats, quotas, faults) are theirs to check.
"""

from __future__ import annotations

import datetime as dt
import difflib
import tomllib
from collections import Counter
from functools import lru_cache
from importlib import resources
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from loquitur.conversion import convert
from loquitur.errors import InputError, near

Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=10_000_000)]
Rate: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=1)]
Moment: TypeAlias = str
"""A date or a time, ISO 8601; TOML's own are made this."""
State: TypeAlias = Literal["public", "unlisted", "private", "deleted"]


class KeywordPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Videos that a query finds, on channels of the pool.

    Args:
        name: The words that find them.
        videos: How many can be found.
        since: The earliest publication.
        until: The latest, the plan's `today` where nothing is said.
        dates: `flat`, or `bursty`: half of them within a few bursts.
        same_second: So many of them share one second of publication.
        unfindable: Beside them: private, deleted and unlisted ones, which no search finds.
        grow_per_day: So many new ones a day, from the start of the world on.
        comments: The most comments one has; most have far fewer.
    """

    name: str
    videos: Count = 100
    since: Moment = "2024-11-01"
    until: Moment | None = None
    dates: Literal["flat", "bursty"] = "flat"
    same_second: Count = 0
    unfindable: Count = 0
    grow_per_day: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = 0.0
    comments: Count = 2_000


class ChannelPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A channel with a name.

    Args:
        key: What the plan calls it; its id follows from the key and the seed.
        title: As people see it.
        handle: With its `@`, empty where it has none.
        user: The legacy user name, empty where it has none.
        custom_url: The legacy custom URL that `snippet.customUrl` shows instead of the handle.
        description: As people see it.
        country: ISO 3166, empty where it tells none.
        published: When it was made.
        subscribers: How many, before the rounding to three digits.
        subscribers_hidden: Whether nobody may know how many.
        kids: Whether it is made for children.
        videos: So many uploads of its own, beside those that the plan names.
        about: The words of those uploads.
        since: The earliest of them.
        until: The latest, the plan's `today` where nothing is said.
        owned: Whether one of the emulator's access tokens speaks for it; the first owned
            channel has the first of `World.owners()`, and so on.
    """

    key: str
    title: str
    handle: str = ""
    user: str = ""
    custom_url: str = ""
    description: str = ""
    country: str = ""
    published: Moment = "2015-03-01T12:00:00Z"
    subscribers: Annotated[int, msgspec.Meta(ge=0, le=10**12)] = 1_000
    subscribers_hidden: bool = False
    kids: bool = False
    videos: Count = 0
    about: str = "daily life"
    since: Moment = "2016-01-01"
    until: Moment | None = None
    owned: bool = False


class VideoPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A video with a name.

    Args:
        key: What the plan calls it; its id follows from the key and the seed where none is given.
        id: 11 letters; empty for one of the seed.
        title: As people see it.
        description: As people see it.
        channel: The key of its channel.
        tags: Words of the uploader.
        published: When it came out, the plan's `today` where nothing is said.
        duration_s: Its length; 0 for a stream that has not ended.
        state: `public`, `unlisted`, `private` or `deleted`.
        deleted_after_s: It is deleted so long after the start of the world.
        live: Whether it is a stream and how it begins: `live`, `upcoming` or `ended`.
        starts_in_s: When an upcoming stream begins, after the start of the world.
        lasts_s: How long a stream lasts; one that is live has run for half of it, ten minutes at
            most, when the world begins.
        views: How many at the start of the world.
        likes: How many; None: hidden.
        comments: How many, replies counted; None: disabled.
        kids: Whether it is made for children.
        age_restricted: Whether viewers must be of age.
        blocked: Countries where nobody can see it.
        language: Of its sound, empty where nobody said.
    """

    key: str
    id: Annotated[str, msgspec.Meta(pattern="^([A-Za-z0-9_-]{11})?$")] = ""
    title: str
    description: str = ""
    channel: str = "studio"
    tags: tuple[str, ...] = ()
    published: Moment | None = None
    duration_s: Count = 213
    state: State = "public"
    deleted_after_s: Annotated[float, msgspec.Meta(ge=0)] | None = None
    live: Literal["", "live", "upcoming", "ended"] = ""
    starts_in_s: Annotated[float, msgspec.Meta(ge=0, le=10**9)] = 86_400.0
    lasts_s: Annotated[float, msgspec.Meta(gt=0, le=10**9)] = 21_600.0
    views: Annotated[int, msgspec.Meta(ge=0, le=10**12)] = 1_234
    likes: Annotated[int, msgspec.Meta(ge=0, le=10**12)] | Literal["hidden"] = 56
    comments: Count | Literal["disabled"] = 0
    kids: bool = False
    age_restricted: bool = False
    blocked: tuple[str, ...] = ()
    language: str = "en"


class PlaylistPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A playlist with a name.

    Args:
        key: What the plan calls it; its id follows from the key and the seed.
        title: As people see it.
        channel: The key of its channel.
        description: As people see it.
        videos: Keys or ids of videos, in order; one may stand there twice.
        keyword: After them, videos of this keyword; unfindable ones are among them.
        count: So many of the keyword.
        state: `public`, `unlisted`, `private` or `deleted`.
    """

    key: str
    title: str
    channel: str = "studio"
    description: str = ""
    videos: tuple[str, ...] = ()
    keyword: str = ""
    count: Count = 0
    state: State = "public"


class SearchPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the search behaves.

    Args:
        limit: The most results of one query, whatever it says of their number.
        forget: The share of old videos that a day's index leaves out.
        forget_from_days: Up to this age nothing is forgotten.
        forget_full_days: From this age on the whole share is; in between it rises evenly.
        forget_by_order: Whether the other orders forget other videos than `date` does.
        duplicates: The share of results that stand on an earlier page too.
        empty_pages: The share of pages that are empty and have a next one.
        off_topic: The share of results of `relevance` that are about something else.
        strays: The share of results that are of another channel than `channelId` says.
    """

    limit: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 500
    forget: Rate = 0.0
    forget_from_days: Annotated[float, msgspec.Meta(ge=0)] = 20.0
    forget_full_days: Annotated[float, msgspec.Meta(gt=0)] = 60.0
    forget_by_order: bool = True
    duplicates: Rate = 0.002
    empty_pages: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.001
    off_topic: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.0
    strays: Annotated[float, msgspec.Meta(ge=0, le=0.5)] = 0.0


class CommentsPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How comments behave.

    Args:
        token_hours: Page tokens die after so many hours of the world's clock.
        held: The share that `commentCount` has and no list shows (held, spam, removed).
        relevance: The share of the threads that the order `relevance` gets to.
    """

    token_hours: Annotated[float, msgspec.Meta(gt=0)] = 6.0
    held: Rate = 0.01
    relevance: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.6


class GrowthPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the world goes on.

    Args:
        views: The hourly growth of view counts, as a share of what a video had at the start.
        comments_per_day: New comments a day, on every video of the plan that has comments.
    """

    views: Annotated[float, msgspec.Meta(ge=0, le=10)] = 0.0005
    comments_per_day: Annotated[float, msgspec.Meta(ge=0, le=1_000_000)] = 0.0


class WorldPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of a world.

    Args:
        today: When its last video came out.
        clock: What the world's clock says as it begins; the machine's time where None.
        pool: So many ordinary channels share the videos of the keywords.
        keyword: What queries find.
        channel: Channels with names.
        video: Videos with names.
        playlist: Playlists with names.
        search: How the search behaves.
        comments: How comments behave.
        growth: How the world goes on.
    """

    today: Moment = "2026-11-01"
    clock: Moment | None = None
    pool: Annotated[int, msgspec.Meta(ge=1, le=50_000)] = 400
    keyword: tuple[KeywordPlan, ...] = ()
    channel: tuple[ChannelPlan, ...] = ()
    video: tuple[VideoPlan, ...] = ()
    playlist: tuple[PlaylistPlan, ...] = ()
    search: SearchPlan = SearchPlan()
    comments: CommentsPlan = CommentsPlan()
    growth: GrowthPlan = GrowthPlan()


LAST_S = 221_845_392_000
"""The year 9000 in Unix seconds: an answer's `Date` and the days of the quota end in 9999."""
OWN_TABLES = WorldPlan.__struct_fields__
"""The keys of a plan that are this module's; `defaults` beside them."""

_NAMED = {"keyword": "name", "channel": "key", "video": "key", "playlist": "key"}


def read(plan: dict[str, Any]) -> WorldPlan:
    """The content that a plan asks for, on top of the standard world unless it says not.

    Args:
        plan: The whole plan; tables of other rooms are passed over.

    Raises:
        InputError: A key that does not exist, a value that cannot be, a name that nobody has.
    """
    for name in plan:
        close = difflib.get_close_matches(name, OWN_TABLES, n=1, cutoff=0.8)
        if name not in OWN_TABLES and close:
            raise InputError(
                f"the world's plan: there is no '{name}'", hint=f"did you mean '{close[0]}'?"
            )
    own = {name: _plain(value) for name, value in plan.items() if name in OWN_TABLES}
    try:
        found = convert(own, WorldPlan)  # by itself: an error counts entries of the file
        if plan.get("defaults", True) is True:
            found = convert(_added(standard(), own), WorldPlan)
    except msgspec.ValidationError as exc:
        raise InputError(f"the world's plan: {exc}", hint=_hint(str(exc))) from exc
    _check_names(own)
    _check(found)
    return found


@lru_cache(maxsize=1)
def standard() -> dict[str, Any]:
    """The standard world, as its file says."""
    text = resources.files("loquitur.emulator").joinpath("standard.toml").read_text("utf-8")
    return {name: _plain(value) for name, value in tomllib.loads(text).items()}


def seconds(moment: Moment) -> int:
    """A date or a time of a plan as Unix seconds; UTC where nothing is said.

    Raises:
        InputError: It is neither.
    """
    try:
        found = dt.datetime.fromisoformat(moment)
    except ValueError as exc:
        raise InputError(
            f"the world's plan: '{moment}' is no date", hint="such as 2026-10-31T12:00:00Z"
        ) from exc
    return int((found if found.tzinfo else found.replace(tzinfo=dt.UTC)).timestamp())


def clock_s(plan: dict[str, Any]) -> int | None:
    """What a plan's clock says as its world begins, Unix seconds; None for the machine's time."""
    moment = plan.get("clock")
    return None if moment is None else seconds(str(_plain(moment)))


def _plain(value: Any) -> Any:
    """Values of TOML as JSON has them: dates and times as text."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else value


def _added(standard: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The standard world and the plan's: entries of the same name are the plan's."""
    found = dict(standard)
    for name, value in own.items():
        if name in _NAMED and isinstance(value, list) and all(isinstance(x, dict) for x in value):
            key = _NAMED[name]
            entries = {entry[key]: entry for entry in standard.get(name, [])}
            named = {entry.get(key, ("", place)): entry for place, entry in enumerate(value)}
            found[name] = list((entries | named).values())
        elif isinstance(value, dict) and isinstance(standard.get(name), dict):
            found[name] = {**standard[name], **value}
        else:
            found[name] = value
    return found


def _check_names(own: dict[str, Any]) -> None:
    """Nothing in a file has the name, the id or the handle of something else in it."""
    for table, key in _NAMED.items():
        for unique in dict.fromkeys((key, "id", "handle", "user")):
            given = [entry[unique] for entry in own.get(table, ()) if entry.get(unique)]
            twice = [word for word, count in Counter(given).items() if count > 1]
            if twice:
                raise InputError(f"the world's plan: two {table}s have the {unique} '{twice[0]}'")


def _check(plan: WorldPlan) -> None:
    """What no single value can say: dates in order, names that exist."""
    today = seconds(plan.today)
    if plan.clock is not None and not 0 <= seconds(plan.clock) <= LAST_S:
        raise InputError("the world's plan: 'clock' is not between 1970 and the year 9000")
    spans = [(word.name, word.since, word.until) for word in plan.keyword]
    spans += [(entry.key, entry.since, entry.until) for entry in plan.channel]
    for name, since, until in spans:
        if seconds(since) >= (seconds(until) if until else today):
            raise InputError(f"the world's plan: '{name}' ends before it begins")
    channels = {entry.key for entry in plan.channel}
    owned = [(video.key, video.channel) for video in plan.video]
    owned += [(listed.key, listed.channel) for listed in plan.playlist]
    for name, channel in owned:
        if channel not in channels:
            raise InputError(
                f"the world's plan: '{name}' is of a channel '{channel}' that is not there",
                hint=near(channel, channels),
            )
    keywords = {entry.name for entry in plan.keyword}
    for listed in plan.playlist:
        if listed.keyword and listed.keyword not in keywords:
            raise InputError(
                f"the world's plan: playlist '{listed.key}' wants keyword '{listed.keyword}'",
                hint=near(listed.keyword, keywords),
            )
    if len(plan.keyword) * 2 + len(plan.channel) > 1_000:
        raise InputError("the world's plan: at most 1,000 keywords and channels in all")


def _hint(message: str) -> str:
    """The keys near to one that does not exist; empty where that is not what is wrong."""
    wrong = message.partition("unknown field `")[2].partition("`")[0]
    table = message.partition("`$.")[2].partition("[")[0].rstrip("`")
    kind = TABLES.get(table)
    return near(wrong, kind.__struct_fields__) if wrong and kind is not None else ""


TABLES: dict[str, type[msgspec.Struct]] = {
    "keyword": KeywordPlan,
    "channel": ChannelPlan,
    "video": VideoPlan,
    "playlist": PlaylistPlan,
    "search": SearchPlan,
    "comments": CommentsPlan,
    "growth": GrowthPlan,
}
