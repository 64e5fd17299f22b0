"""What a search finds, in order: at most so many results, some of them twice.

The index forgets: of videos older than some weeks a share is left out, another one every day
(and for another order), as Rieder, Padilla and Coromina (arXiv 2506.11727) and Efstratiou
(arXiv 2506.04422) measured.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from math import cos, hypot, radians
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from loquitur.emulator import queries, shelves
from loquitur.emulator.chance import drawn, mix, salt, share, shares

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.emulator.inhabitants import Video
    from loquitur.emulator.shelves import Columns, Shelf
    from loquitur.emulator.world import World

Result: TypeAlias = tuple[str, int]
"""`video` and its number, `channel` and its number, or `playlist` and its place in the world."""

_KEPT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A search, as far as it decides what is found.

    Args:
        q: The query.
        kinds: Of `video`, `channel`, `playlist`.
        order: Of the method's enum.
        after: Published at this time or later, Unix seconds.
        before: Published before this.
        channel: The number of the channel that it must be of; None for any.
        actor: The number of the channel whose private videos count too.
        country: Where it must be visible.
        event: `completed`, `live` or `upcoming`; empty for any.
        required: Flags of `shelves` that a video must have.
        barred: Flags that it must not have.
        shortest_s: The least length.
        longest_s: The length that it must stay under; 0 for any.
        category: The number of its category, 0 for any.
        near: Latitude, longitude and kilometres around it where it must be recorded.
        impossible: Whether nothing on this service can fit.
    """

    q: str = ""
    kinds: tuple[str, ...] = ("video",)
    order: str = "relevance"
    after: float | None = None
    before: float | None = None
    channel: int | None = None
    actor: int | None = None
    country: str = ""
    event: str = ""
    required: int = 0
    barred: int = 0
    shortest_s: int = 0
    longest_s: int = 0
    category: int = 0
    near: tuple[float, float, float] | None = None
    impossible: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found.

    Args:
        results: In order, at most as many as the service gives.
        total: How many there were in the index.
    """

    results: tuple[Result, ...]
    total: int


class Findings:
    """Searches one world. Ask for it with `world.room(Findings)`."""

    def __init__(self, world: World) -> None:
        from loquitur.emulator.population import Population

        self.population = world.room(Population)
        self.world = world
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], Found] = OrderedDict()

    def found(self, wish: Wish, day: int) -> Found:
        """What a day's index has for a wish."""
        now = self.world.now()
        population = self.population
        sizes = tuple(shelf.size(now) for shelf in population.shelves)
        key = (wish, day, sizes, self._moving(now), len(population.gone))
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = self._searched(wish, day, now)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found

    def videos(self, wish: Wish, now: float, day: int | None = None) -> NDArray[np.int64]:
        """The numbers of all videos that fit, shelf by shelf.

        Args:
            wish: What is asked for.
            now: The time of the world's clock.
            day: The day whose index is asked; None for the truth, where nothing is forgotten.
        """
        if wish.impossible or "video" not in wish.kinds:
            return np.empty(0, dtype=np.int64)
        clauses = queries.parse(wish.q)
        named = [
            video.index
            for video in self.population.named
            if self._fits(wish, clauses, video, now) and not self._forgotten(wish, video, day)
        ]
        found = [np.array(named, dtype=np.int64)]
        for shelf in self.population.shelves:
            places = self._places(wish, clauses, shelf, now)
            if day is not None:
                places = self._remembered(wish, shelf, places, shelf.columns(now), day)
            found.append(places + self.population.index_of(shelf, 0))
        every = np.concatenate(found)
        return every[~np.isin(every, list(self.population.gone))]

    # --- one shelf -----------------------------------------------------------------------------

    def _places(
        self, wish: Wish, clauses: tuple[queries.Clause, ...], shelf: Shelf, now: float
    ) -> NDArray[np.int64]:
        """The places of a shelf's videos that fit, oldest first."""
        nothing = np.empty(0, dtype=np.int64)
        if shelf.stock.unfindable or (
            shelf.stock.channel is not None and wish.channel not in (None, shelf.stock.channel)
        ):
            return nothing
        columns = shelf.columns(now)
        first, last = _window(wish, columns.published)
        if first >= last or wish.event in ("live", "upcoming"):
            return nothing
        fits = queries.fitting(clauses, self.population, shelf, now)[first:last]
        flags = columns.flags[first:last]
        required = wish.required | (shelves.STREAMED if wish.event == "completed" else 0)
        barred = wish.barred | (shelves.BLOCKED if wish.country in shelves.BLOCKED_IN else 0)
        if required or barred:
            fits = fits & ((flags & (required | barred)) == required)
        if wish.channel is not None:
            fits = fits & (columns.channel[first:last] == wish.channel)
        if wish.category:
            codes = [n for n, code in enumerate(shelves.CATEGORIES) if code == wish.category]
            fits = fits & np.isin(columns.category[first:last], codes)
        if wish.shortest_s or wish.longest_s:
            length = columns.duration_s[first:last]
            fits = fits & (length >= wish.shortest_s)
            fits = fits & (length < wish.longest_s) if wish.longest_s else fits
        places = np.nonzero(fits)[0] + first
        if wish.near is not None:
            places = places[
                [_near(wish.near, self.population.index_of(shelf, int(place))) for place in places]
            ] if len(places) else places  # fmt: skip
        return places

    def _remembered(
        self, wish: Wish, shelf: Shelf, places: NDArray[np.int64], columns: Columns, day: int
    ) -> NDArray[np.int64]:
        """Those of the places that a day's index has not forgotten.

        Ages are those of the day and not of the moment: a day's index is one and the same, also
        for a walk that goes on after midnight.
        """
        plan = self.population.plan.search
        if not plan.forget or not len(places):
            return places
        age = day - columns.published[places] / 86_400
        luck = shares(drawn(places + self.population.index_of(shelf, 0), self._day(wish, day)))
        return places[
            luck >= plan.forget * _ripe(age, plan.forget_from_days, plan.forget_full_days)
        ]

    def _forgotten(self, wish: Wish, video: Video, day: int | None) -> bool:
        plan = self.population.plan.search
        if day is None or not plan.forget:
            return False
        age = np.array([day - video.published / 86_400])
        luck = share(mix(video.index ^ self._day(wish, day)))
        ripe = float(_ripe(age, plan.forget_from_days, plan.forget_full_days)[0])
        return luck < plan.forget * ripe

    def _day(self, wish: Wish, day: int) -> int:
        by_order = self.population.plan.search.forget_by_order
        family = "date" if wish.order == "date" or not by_order else "other"
        return salt(self.world.seed, "forgotten", day, family)

    # --- videos with names ---------------------------------------------------------------------

    def _fits(
        self, wish: Wish, clauses: tuple[queries.Clause, ...], video: Video, now: float
    ) -> bool:
        population = self.population
        state = population.state(video, now)
        if state != "public" and not (state != "deleted" and video.channel == wish.actor):
            return False
        if wish.channel not in (None, video.channel) or wish.country in video.blocked:
            return False
        if wish.after is not None and video.published < wish.after:
            return False
        if wish.before is not None and video.published >= wish.before:
            return False
        if wish.event and wish.event != _event(population.broadcast(video, now), video):
            return False
        if (video.flags & (wish.required | wish.barred)) != wish.required:
            return False
        if wish.category not in (0, video.category) or wish.near is not None:
            return False
        if video.duration_s < wish.shortest_s or 0 < wish.longest_s <= video.duration_s:
            return False
        wording = population.words(video)
        return queries.holds(clauses, wording.title, wording.tags)

    def _moving(self, now: float) -> tuple[tuple[str, str], ...]:
        """How it stands with the videos whose state changes with the time."""
        return tuple(
            (self.population.broadcast(video, now), self.population.state(video, now))
            for video in self.population.named
            if video.starts is not None
            or (video.named is not None and video.named.deleted_after_s is not None)
        )

    # --- order ---------------------------------------------------------------------------------

    def _searched(self, wish: Wish, day: int, now: float) -> Found:
        videos = self.videos(wish, now, day)
        others = self._others(wish, now)
        limit = self.population.plan.search.limit
        ordered = [("video", int(index)) for index in self._ordered(wish, videos, now)[:limit]]
        if others:
            ordered = self._mingled(wish, ordered, others)
        plan = self.population.plan.search
        rate = plan.off_topic if wish.order == "relevance" else 0.0
        rate = max(rate, plan.strays if wish.channel is not None else 0.0)
        if rate:
            ordered = self._strayed(wish, ordered, rate, now)
        results = self._doubled(wish, ordered, day)[:limit]
        return Found(results=tuple(results), total=len(videos) + len(others))

    def _ordered(self, wish: Wish, videos: NDArray[np.int64], now: float) -> NDArray[np.int64]:
        if not len(videos):
            return videos
        dates, views, likes = self._numbers(videos, now)
        if wish.order == "date":
            return videos[np.lexsort((videos, -dates))]
        if wish.order == "title":
            titles = [self._title(int(index)).casefold() for index in videos]
            order = sorted(range(len(videos)), key=lambda at: (titles[at], videos[at]))
            return videos[order]
        if wish.order in ("viewCount", "videoCount"):
            return videos[np.lexsort((videos, -views))]
        if wish.order == "rating":
            return videos[np.lexsort((videos, -likes / np.maximum(1, views)))]
        taste = shares(drawn(videos, salt(self.world.seed, "relevance", wish.q)))
        score = taste * 4 + np.log10(np.maximum(1, views))
        return videos[np.lexsort((videos, -score))]

    def _numbers(
        self, videos: NDArray[np.int64], now: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Dates, views and likes of videos."""
        numbers, places = self.population.split(videos)
        found = [np.zeros(len(videos), dtype=np.int64) for _ in range(3)]
        for number in np.unique(numbers):
            own = numbers == number
            if number == 0:
                named = [self.population.named[place] for place in places[own]]
                rows = [[v.published for v in named], [v.views for v in named],
                        [v.likes for v in named]]  # fmt: skip
                for column, row in zip(found, rows, strict=True):
                    column[own] = row
            else:
                columns: Columns = self.population.shelves[number - 1].columns(now)
                for column, source in zip(
                    found, (columns.published, columns.views, columns.likes), strict=True
                ):
                    column[own] = source[places[own]]
        return found[0], found[1], found[2]

    def _title(self, index: int) -> str:
        video = self.population.at(index)
        return "" if video is None else self.population.words(video).title

    # --- what else is among the results ---------------------------------------------------------

    def _others(self, wish: Wish, now: float) -> list[Result]:
        """Channels and playlists with names that fit; the pool's have none that a search knows."""
        clauses = queries.parse(wish.q)
        found: list[tuple[int, Result]] = []
        if wish.impossible or not clauses:
            return []
        population = self.population
        if "channel" in wish.kinds:
            for entry in population.plan.channel:
                channel = population.named_channel(entry.key)
                if wish.channel in (None, channel.number) and queries.holds(clauses, channel.title):
                    found.append((channel.published, ("channel", channel.number)))
        if "playlist" in wish.kinds:
            for at, entry_of in enumerate(population.playlists.values()):
                if (
                    entry_of.entry.state == "public"
                    and wish.channel in (None, entry_of.channel)
                    and queries.holds(clauses, entry_of.entry.title)
                ):
                    found.append((int(entry_of.published), ("playlist", at)))
        inside = [
            (date, result)
            for date, result in found
            if (wish.after is None or date >= wish.after)
            and (wish.before is None or date < wish.before)
        ]
        return [result for _, result in sorted(inside, reverse=True)]

    def _mingled(self, wish: Wish, videos: list[Result], others: list[Result]) -> list[Result]:
        """Channels and playlists among videos: by date where that is the order, else in front."""
        if wish.order != "date":
            return [*others, *videos]
        return sorted([*videos, *others], key=self._date, reverse=True)

    def _date(self, result: Result) -> int:
        """When a result was published, Unix seconds."""
        kind, number = result
        if kind == "video":
            video = self.population.at(number)
            return 0 if video is None else video.published
        if kind == "channel":
            return self.population.channel(number).published
        return int(list(self.population.playlists.values())[number].published)

    def _strayed(self, wish: Wish, results: list[Result], rate: float, now: float) -> list[Result]:
        """Results with some of other things among them."""
        purpose = salt(self.world.seed, "off topic", wish.q, wish.channel)
        shelf_list = [s for s in self.population.shelves if not s.stock.unfindable and s.size(now)]
        found = []
        for at, result in enumerate(results):
            word = mix(at ^ purpose)
            if shelf_list and share(word) < rate:
                shelf = shelf_list[mix(word) % len(shelf_list)]
                place = mix(word + 1) % shelf.size(now)
                found.append(("video", self.population.index_of(shelf, place)))
            found.append(result)
        return found

    def _doubled(self, wish: Wish, results: list[Result], day: int) -> list[Result]:
        """Results of which some come again on a later page."""
        rate = self.population.plan.search.duplicates
        if not rate:
            return results
        purpose = salt(self.world.seed, "double", wish, day)
        found: list[Result] = []
        for at, result in enumerate(results):
            word = mix(at ^ purpose)
            if at >= 50 and share(word) < rate:
                found.append(results[at - 10 - mix(word) % 40])
            found.append(result)
        return found


def _window(wish: Wish, published: NDArray[np.int64]) -> tuple[int, int]:
    """The places whose dates are within a wish's: the first included, the last not."""
    first = 0 if wish.after is None else int(np.searchsorted(published, wish.after, "left"))
    last = len(published)
    if wish.before is not None:
        last = int(np.searchsorted(published, wish.before, "left"))
    return first, last


def _ripe(age: NDArray[np.float64], first: float, full: float) -> NDArray[np.float64]:
    """From 0 for the young to 1 for the old."""
    return np.clip((age - first) / max(full - first, 1e-9), 0.0, 1.0)


def _near(place: tuple[float, float, float], index: int) -> bool:
    latitude, longitude = shelves.whereabouts(index)
    north = (latitude - place[0]) * 111.2
    east = ((longitude - place[1] + 180) % 360 - 180) * 111.3 * cos(radians(place[0]))
    return hypot(north, east) <= place[2]


def _event(broadcast: str, video: Video) -> str:
    if video.starts is None:
        return ""
    return "completed" if broadcast == "none" else broadcast
