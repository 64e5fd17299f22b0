"""Who and what there is: videos, channels and playlists by id, and what of them can be seen."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from loquitur.emulator import shelves, world_plan
from loquitur.emulator.chance import mix, salt
from loquitur.emulator.identities import Identities
from loquitur.emulator.inhabitants import Channel, Playlist, Video, Wording
from loquitur.emulator.shelves import Shelf, Stock
from loquitur.emulator.vocabulary import ADJECTIVES, FORMS, NOUNS, NUMBERS, PLACES, cap

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.emulator.world import World
    from loquitur.emulator.world_plan import ChannelPlan, PlaylistPlan, VideoPlan

NAMED = 1 << 20
"""Channels from this number on are those with names; below are those of the pool."""
COMMENTERS = 1 << 32
"""Channels from this number on only ever comment."""
CROWD = 200_000
"""So many of those there are."""
_SHELF_BITS = 24
_LIVE_FOR_S = 600.0
_STATES = {"private": shelves.PRIVATE, "deleted": shelves.DELETED, "unlisted": shelves.UNLISTED}


class Population:
    """Everything of a world that has an id. Ask for it with `world.room(Population)`.

    Args:
        world: Whose.

    Raises:
        InputError: The world's plan cannot be.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.plan = world_plan.read(world.plan)
        self.identities = Identities(world.seed)
        self.today = world_plan.seconds(self.plan.today)
        self.gone: dict[int, float] = {}
        """Videos that were deleted, and when; held under the world's lock."""
        self._seed = world.seed
        self._luck = salt(world.seed, "channel")
        self._named_numbers = {entry.key: NAMED + n for n, entry in enumerate(self.plan.channel)}
        self._named_ids = self._ids_of_channels()
        self._numbers_of_ids = {found: NAMED + n for n, found in enumerate(self._named_ids)}
        self.shelves = self._shelved()
        self.named = tuple(self._named_video(n, e) for n, e in enumerate(self.plan.video))
        """The videos with names, whatever their state."""
        self._named_videos = {video.id: video for video in self.named}
        self.playlists = {found.id: found for found in map(self._playlist, self.plan.playlist)}
        """The playlists with names, whatever their state, by id."""
        self._channel = lru_cache(maxsize=4_096)(self._made_channel)
        self._commenter = lru_cache(maxsize=8_192)(self._made_commenter)
        self._names = lru_cache(maxsize=1)(self._named_or_pooled)
        self._uploads = lru_cache(maxsize=64)(self._listed_uploads)

    # --- videos --------------------------------------------------------------------------------

    def video(self, video_id: str) -> Video | None:
        """The video of an id, whatever its state; None where there never was one."""
        named = self._named_videos.get(video_id)
        if named is not None:
            return named
        index = self.identities.video_index(video_id)
        return None if index is None or index >> _SHELF_BITS == 0 else self.at(index)

    def at(self, index: int) -> Video | None:
        """The video with this number, None where there is none."""
        number, place = index >> _SHELF_BITS, index & ((1 << _SHELF_BITS) - 1)
        if number == 0:
            return self.named[place] if place < len(self.named) else None
        if number > len(self.shelves):
            return None
        shelf = self.shelves[number - 1]
        columns = shelf.columns(self.world.now())
        if place >= len(columns.published):
            return None
        flags, duration = int(columns.flags[place]), int(columns.duration_s[place])
        published = int(columns.published[place])
        streamed = flags & shelves.STREAMED
        return Video(
            index=index,
            id=self.identities.video(index),
            channel=int(columns.channel[place]),
            published=published,
            duration_s=duration,
            views=int(columns.views[place]),
            likes=int(columns.likes[place]),
            comments=int(columns.comments[place]),
            flags=flags,
            category=shelves.CATEGORIES[columns.category[place]],
            language=shelves.LANGUAGES[columns.language[place]],
            blocked=shelves.BLOCKED_IN if flags & shelves.BLOCKED else (),
            starts=float(published - duration) if streamed else None,
            ends=float(published) if streamed else None,
        )

    def index_of(self, shelf: Shelf, place: int) -> int:
        """The number of the video at a place of a shelf."""
        return (shelf.number << _SHELF_BITS) | place

    def split(self, indices: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The shelves and the places of videos by their numbers; shelf 0 has those with names."""
        return indices >> _SHELF_BITS, indices & ((1 << _SHELF_BITS) - 1)

    def words(self, video: Video) -> Wording:
        """The title, description and tags of a video."""
        if video.named is not None:
            entry = video.named
            return Wording(title=entry.title, description=entry.description, tags=entry.tags)
        shelf = self.shelves[(video.index >> _SHELF_BITS) - 1]
        columns = shelf.columns(self.world.now())
        place = video.index & ((1 << _SHELF_BITS) - 1)
        adj, noun = ADJECTIVES[columns.adj[place]], NOUNS[columns.noun[place]]
        where, subject = PLACES[columns.place[place]], shelf.stock.subject
        title = FORMS[columns.form[place]].format(
            subject=subject, adj=adj, noun=noun, place=where, number=NUMBERS[columns.number[place]]
        )
        description = (
            f"{cap(subject)} & the {adj} {noun}, filmed in {where}.\n\n"
            f"Chapters:\n00:00 The {noun}\n01:23 <{subject}>\n\n"
            f"More: https://example.invalid/{noun}?v={video.id}&from={where}\n"
            f'"{adj}" isn\'t the word 🎬 #{noun}'
        )
        return Wording(title=cap(title), description=description, tags=(subject, adj, noun, where))

    def state(self, video: Video, now: float) -> str:
        """`public`, `unlisted`, `private` or `deleted`, at a time."""
        gone = self.gone.get(video.index) if self.gone else None
        named = video.named
        if gone is None and named is not None and named.deleted_after_s is not None:
            gone = self.world.began + named.deleted_after_s
        if gone is not None and gone <= now:
            return "deleted"
        flags = video.flags & shelves.UNFINDABLE
        if not flags:
            return "public"
        return next(name for name, flag in _STATES.items() if flag & flags)

    def readable(self, video: Video | None, now: float, actor: str | None) -> bool:
        """Whether someone who knows the id may see the video: its owner, or not private."""
        if video is None:
            return False
        state = self.state(video, now)
        return state in ("public", "unlisted") or (
            state == "private" and actor == self.channel_id(video.channel)
        )

    def broadcast(self, video: Video, now: float) -> str:
        """`none`, `upcoming` or `live`: `snippet.liveBroadcastContent` at a time."""
        if video.starts is None or video.ends is None or now >= video.ends:
            return "none"
        return "live" if now >= video.starts else "upcoming"

    def delete(self, video_id: str) -> bool:
        """Delete a video now; whether there was one."""
        video = self.video(video_id)
        if video is None:
            return False
        with self.world.lock:
            self.gone[video.index] = self.world.now()
            self._uploads.cache_clear()
        return True

    # --- channels ------------------------------------------------------------------------------

    def named_channel(self, key: str) -> Channel:
        """The channel that the plan calls so."""
        return self.channel(self._named_numbers[key])

    def channel_id(self, number: int) -> str:
        """The id of the channel with this number."""
        if NAMED <= number < COMMENTERS:
            return self._named_ids[number - NAMED]
        return self.identities.channel(number)

    def channel(self, number: int) -> Channel:
        """The channel with this number."""
        return self._channel(number)

    def commenter(self, number: int) -> tuple[str, str]:
        """The id and the handle of a channel that only ever comments."""
        return self._commenter(number)

    def channel_of(self, channel_id: str) -> Channel | None:
        """The channel of an id, None where there is none."""
        number = self._numbers_of_ids.get(channel_id)
        if number is None:
            number = self.identities.channel_number(channel_id)
            if number is None:
                return None
            crowd = COMMENTERS <= number < COMMENTERS + CROWD
            if not (crowd or number < self.plan.pool):
                return None
        return self.channel(number)

    def channel_with_handle(self, handle: str) -> Channel | None:
        """The channel of a handle, with or without its `@`, in any case."""
        name = handle.removeprefix("@").casefold()
        tail = name.rpartition("-")[2]
        if tail and all(letter in "0123456789abcdef" for letter in tail) and len(tail) < 8:
            number = COMMENTERS + int(tail, 16)
            if number < COMMENTERS + CROWD and self.commenter(number)[1] == f"@{name}":
                return self.channel(number)
        return self._names().get(f"@{name}")

    def channel_with_user(self, user: str) -> Channel | None:
        """The channel of a legacy user name, in any case."""
        return self._names().get(f"user/{user.casefold()}") if user else None

    def uploads(self, channel: int, now: float) -> NDArray[np.int64]:
        """The numbers of a channel's public videos, newest first."""
        sizes = tuple(shelf.size(now) for shelf in self.shelves)
        dead = tuple(v.index for v in self.named if self.state(v, now) == "deleted")
        return self._uploads(channel, sizes, dead, tuple(sorted(self.gone)))

    def hidden_uploads(self, channel: int, now: float) -> list[int]:
        """The numbers of a channel's private and unlisted videos with names, newest first."""
        hidden = [
            video
            for video in self.named
            if video.channel == channel and self.state(video, now) in ("private", "unlisted")
        ]
        return [video.index for video in sorted(hidden, key=lambda v: (-v.published, v.index))]

    # --- making --------------------------------------------------------------------------------

    def _ids_of_channels(self) -> list[str]:
        """Owned channels have the ids that tokens speak for, in order; others are of the seed."""
        owners = list(self.world.owners())
        return [
            owners.pop(0)
            if entry.owned and owners
            else self.identities.channel(NAMED + salt(self._seed, "channel", entry.key) // 2)
            for entry in self.plan.channel
        ]

    def _shelved(self) -> tuple[Shelf, ...]:
        today = self.today
        stocks = [
            Stock(
                subject=word.name,
                videos=word.unfindable if unfindable else word.videos,
                since=world_plan.seconds(word.since),
                until=world_plan.seconds(word.until) if word.until else today,
                bursty=word.dates == "bursty",
                same_second=0 if unfindable else word.same_second,
                pool=self.plan.pool,
                comments=word.comments,
                unfindable=unfindable,
                grow_per_day=0.0 if unfindable else word.grow_per_day,
            )
            for word in self.plan.keyword
            for unfindable in (False, True)
        ]
        stocks += [
            Stock(
                subject=entry.about,
                videos=entry.videos,
                since=world_plan.seconds(entry.since),
                until=world_plan.seconds(entry.until) if entry.until else today,
                channel=self._named_numbers[entry.key],
            )
            for entry in self.plan.channel
            if entry.videos
        ]
        return tuple(
            Shelf(number=at + 1, seed=self._seed, began=self.world.began, stock=stock)
            for at, stock in enumerate(stocks)
        )

    def _named_video(self, number: int, entry: VideoPlan) -> Video:
        word = mix(salt(self._seed, "named video", entry.key))
        published = world_plan.seconds(entry.published) if entry.published else self.today
        likes, comments = entry.likes, entry.comments
        flags = _STATES.get(entry.state, 0)
        flags |= shelves.LIKES_HIDDEN if likes == "hidden" else 0
        flags |= shelves.COMMENTS_OFF if comments == "disabled" else 0
        flags |= shelves.KIDS if entry.kids else 0
        flags |= shelves.ADULT if entry.age_restricted else 0
        flags |= shelves.BLOCKED if entry.blocked else 0
        starts = {
            "": None,
            "ended": float(published - entry.duration_s),
            "live": self.world.began - min(_LIVE_FOR_S, entry.lasts_s / 2),
            "upcoming": self.world.began + entry.starts_in_s,
        }[entry.live]
        ends = None
        if starts is not None:
            ends = float(published) if entry.live == "ended" else starts + entry.lasts_s
        if entry.live in ("live", "upcoming") and entry.published is None:
            published = int(self.world.began - 900.0)
        return Video(
            index=number,
            id=entry.id or self.identities.video(salt(self._seed, "video", entry.key) | 1 << 63),
            channel=self._named_numbers[entry.channel],
            published=published,
            duration_s=0 if entry.live in ("live", "upcoming") else entry.duration_s,
            views=entry.views,
            likes=likes if isinstance(likes, int) else 0,
            comments=comments if isinstance(comments, int) else 0,
            flags=flags,
            category=shelves.CATEGORIES[word % len(shelves.CATEGORIES)],
            language=entry.language,
            blocked=entry.blocked,
            starts=starts,
            ends=ends,
            named=entry,
        )

    def _playlist(self, entry: PlaylistPlan) -> Playlist:
        keys = {video.named.key: video.index for video in self.named if video.named}
        videos = []
        for name in entry.videos:
            if name in keys:
                videos.append(keys[name])
            else:
                video = self.video(name)
                videos.append(-1 if video is None else video.index)
        for shelf in self.shelves:
            if (
                entry.keyword
                and shelf.stock.subject == entry.keyword
                and shelf.stock.channel is None
            ):
                room = (
                    entry.count - len(videos) if shelf.stock.unfindable else entry.count * 9 // 10
                )
                videos.extend(self.index_of(shelf, n) for n in range(min(room, shelf.stock.videos)))
        return Playlist(
            id=self.identities.playlist(salt(self._seed, "playlist", entry.key)),
            channel=self._named_numbers[entry.channel],
            entry=entry,
            published=self.today - 86_400 * 30,
            videos=tuple(videos),
        )

    def _made_channel(self, number: int) -> Channel:
        if NAMED <= number < COMMENTERS:
            entry = self.plan.channel[number - NAMED]
            return self._planned_channel(number, entry)
        word = mix(number ^ self._luck)
        adj, noun = ADJECTIVES[word % len(ADJECTIVES)], NOUNS[(word >> 16) % len(NOUNS)]
        crowd = number >= COMMENTERS
        handle = self.commenter(number)[1] if crowd else f"@{adj}{noun}{number:x}"
        return Channel(
            number=number,
            id=self.channel_id(number),
            title=handle[1:] if crowd else f"{cap(adj)} {cap(noun)}",
            handle=handle,
            user=f"{adj}{number}" if not crowd and word % 5 == 0 else "",
            custom_url=handle,
            description="" if crowd else f"A {adj} {noun}, once a week.",
            country=("", "US", "IN", "BR", "DE", "JP")[(word >> 32) % 6],
            published=1_230_768_000 + (word >> 40) % 300_000_000,
            subscribers=None if word % 11 == 0 else rounded(int(2.0 ** ((word >> 20) % 220 / 10))),
        )

    def _made_commenter(self, number: int) -> tuple[str, str]:
        word = mix(number ^ self._luck)
        adj, noun = ADJECTIVES[word % len(ADJECTIVES)], NOUNS[(word >> 16) % len(NOUNS)]
        return self.identities.channel(number), f"@{adj}{noun}-{number - COMMENTERS:x}"

    def _planned_channel(self, number: int, entry: ChannelPlan) -> Channel:
        return Channel(
            number=number,
            id=self.channel_id(number),
            title=entry.title,
            handle=entry.handle,
            user=entry.user,
            custom_url=entry.custom_url or entry.handle.lower(),
            description=entry.description,
            country=entry.country,
            published=world_plan.seconds(entry.published),
            subscribers=None if entry.subscribers_hidden else rounded(entry.subscribers),
            kids=entry.kids,
        )

    def _named_or_pooled(self) -> dict[str, Channel]:
        found: dict[str, Channel] = {}
        named = range(NAMED, NAMED + len(self.plan.channel))
        for number in (*range(self.plan.pool), *named):
            channel = self.channel(number)
            if channel.handle:
                found[channel.handle.casefold()] = channel
            if channel.user:
                found[f"user/{channel.user.casefold()}"] = channel
        return found

    def _listed_uploads(
        self, channel: int, _sizes: object, dead: tuple[int, ...], gone: tuple[int, ...]
    ) -> NDArray[np.int64]:
        """The uploads of a channel; kept until a shelf grows or a video goes."""
        indices, dates = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
        now = self.world.now()
        for shelf in self.shelves:
            if shelf.stock.unfindable or shelf.stock.channel not in (None, channel):
                continue
            columns = shelf.columns(now)
            places = np.nonzero(columns.channel == channel)[0]
            indices.append((shelf.number << _SHELF_BITS) | places)
            dates.append(columns.published[places])
        named = [
            video
            for video in self.named
            if video.channel == channel and not video.flags & shelves.UNFINDABLE
        ]
        indices.append(np.array([video.index for video in named], dtype=np.int64))
        dates.append(np.array([video.published for video in named], dtype=np.int64))
        index, date = np.concatenate(indices), np.concatenate(dates)
        index = index[np.lexsort((index, -date))]
        return index[~np.isin(index, [*dead, *gone])]


def rounded(count: int) -> int:
    """A number of subscribers as the service shows it: three digits."""
    digits = len(str(count))
    unit: int = 10 ** max(0, digits - 3)
    return count // unit * unit
