"""What lives in a world: videos, channels, playlists, as records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loquitur.emulator.world_plan import PlaylistPlan, VideoPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """One video, without its words (`Population.words` has those).

    Args:
        index: Its number in the world.
        id: 11 letters.
        channel: The number of its channel.
        published: Unix seconds.
        duration_s: Its length; 0 while a stream has not ended.
        views: At the start of the world.
        likes: At the start of the world, shown or not.
        comments: How many can be read, replies counted, shown or not.
        flags: What `shelves.PRIVATE` and its neighbours stand for.
        category: The number of its category.
        language: Of its sound, empty where nobody said.
        blocked: Countries where it cannot be seen.
        starts: When its stream begins or began, None for what never was a stream.
        ends: When its stream ends or ended.
        named: Its entry in the plan, None for one of a shelf.
    """

    index: int
    id: str
    channel: int
    published: int
    duration_s: int
    views: int
    likes: int
    comments: int
    flags: int
    category: int
    language: str
    blocked: tuple[str, ...] = ()
    starts: float | None = None
    ends: float | None = None
    named: VideoPlan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The words of a video."""

    title: str
    description: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One channel.

    Args:
        number: In the world.
        id: 24 letters.
        title: As people see it.
        handle: With its `@`, empty where it has none.
        user: The legacy user name, empty where it has none.
        custom_url: What `snippet.customUrl` says.
        description: As people see it.
        country: Empty where it tells none.
        published: Unix seconds.
        subscribers: None where hidden; rounded to three digits.
        kids: Whether it is made for children.
    """

    number: int
    id: str
    title: str
    handle: str
    user: str = ""
    custom_url: str = ""
    description: str = ""
    country: str = ""
    published: int
    subscribers: int | None
    kids: bool = False

    @property
    def uploads(self) -> str:
        """The id of the playlist of its uploads."""
        return "UU" + self.id[2:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Playlist:
    """One playlist with a name.

    Args:
        id: 34 letters.
        channel: The number of its channel.
        entry: What the plan says.
        published: Unix seconds.
        videos: The numbers of its videos, in order.
    """

    id: str
    channel: int
    entry: PlaylistPlan
    published: int
    videos: tuple[int, ...] = ()
