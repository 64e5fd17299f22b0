"""What is said under a video: how many threads, how long, when, by whom, in which words.

Threads are numbered with the time, oldest first, and so are the replies of each; numbers of both
stay what they are while new threads come.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from loquitur.emulator import shelves
from loquitur.emulator.chance import drawn, mix, salt, shares
from loquitur.emulator.filters import escaped
from loquitur.emulator.population import COMMENTERS, CROWD, Population
from loquitur.emulator.videos import grown_comments
from loquitur.emulator.vocabulary import ADJECTIVES, NOUNS, NUMBERS, PLACES, REMARKS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from loquitur.emulator.inhabitants import Video
    from loquitur.emulator.world import World

LONGEST = 500
"""The most replies a comment has."""
_SHARE_ANSWERED = 0.3
_LINK = re.compile(r"https://[^\s<]+")
_TIME = re.compile(r"\b(\d+):(\d\d)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One comment or reply.

    Args:
        id: 26 letters; of a reply those of its comment, a point and 22 more.
        published: Unix seconds.
        updated: The same unless it was edited.
        author_id: The channel of who wrote it.
        author_name: As people see it.
        author_gone: Whether that channel is not there any more.
        likes: How many.
        picture: Whether a picture is with it.
        text: As it was written.
    """

    id: str
    published: int
    updated: int
    author_id: str
    author_name: str
    author_gone: bool
    likes: int
    picture: bool
    text: str


class Conversation:
    """All threads under one video.

    Args:
        population: The world's.
        video: Which.
        new: How many threads came since the world began.
    """

    def __init__(self, population: Population, video: Video, new: int) -> None:
        self.video = video
        self.channel_id = population.channel_id(video.channel)
        self._population = population
        self._salt = salt(population.world.seed, "talk", video.index)
        old = _lengths(video.comments, self._salt)
        self.replies: NDArray[np.int64] = np.concatenate([old, np.zeros(new, dtype=np.int64)])
        """How many replies each thread has."""
        self.times = self._dated(len(old), new)
        """When each thread began, Unix seconds."""
        self._relevant: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.replies)

    def thread(self, number: int) -> Remark:
        """The comment that a thread began with."""
        remark_id = self._population.identities.thread(self.video.index, number)
        return self._remark(remark_id, number, 0, int(self.times[number]))

    def answers(self, number: int, thread_id: str, first: int, last: int) -> list[Remark]:
        """Some of the replies of a thread, newest first: those from `last - 1` down to `first`."""
        began, count = int(self.times[number]), int(self.replies[number])
        until = max(self._population.today, began)
        step = max(1, min(3_600, (until - began) // (count + 1)))
        place = (self.video.index, number)
        identities = self._population.identities
        stem = identities.reply_stem(thread_id, place)
        return [
            self._remark(
                stem + identities.reply_end(place, reply),
                number,
                reply + 1,
                began + (reply + 1) * step,
            )
            for reply in range(last - 1, first - 1, -1)
        ]

    def relevant(self) -> NDArray[np.int64]:
        """The threads that the order `relevance` gets to, best first; not all of them."""
        if self._relevant is None:
            self._relevant = self._ranked()
        return self._relevant

    def _ranked(self) -> NDArray[np.int64]:
        share = self._population.plan.comments.relevance
        luck = shares(drawn(np.arange(len(self)), self._salt + 3))
        best = np.argsort(-(luck * 4 + np.log2(1 + self.replies)), kind="stable")
        return best[: max(20, int(np.ceil(len(self) * share)))]

    def ids(self) -> Iterator[str]:
        """The ids of everything that can be read, threads newest first, replies after each."""
        identities = self._population.identities
        for number in range(len(self) - 1, -1, -1):
            thread_id = identities.thread(self.video.index, number)
            yield thread_id
            place = (self.video.index, number)
            if self.replies[number]:
                stem = identities.reply_stem(thread_id, place)
                for reply in range(int(self.replies[number]) - 1, -1, -1):
                    yield stem + identities.reply_end(place, reply)

    def text(self, number: int) -> str:
        """The words of the comment that a thread began with."""
        return _text(mix(self._salt ^ (number << 10)))

    def _remark(self, remark_id: str, number: int, reply: int, at: int) -> Remark:
        word = mix(self._salt ^ (number << 10 | reply))
        if word % 50:
            author_id, name = self._population.commenter(COMMENTERS + (word >> 8) % CROWD)
        else:
            channel = self._population.channel(self.video.channel)
            author_id, name = channel.id, channel.handle or channel.title
        return Remark(
            id=remark_id,
            published=at,
            updated=at + 600 if word % 33 == 1 else at,
            author_id=author_id,
            author_name=name,
            author_gone=word % 150 == 1,
            likes=((word >> 40) & 0xFF) ** 4 // 50_000_000,
            picture=word % 97 == 2,
            text=_text(word),
        )

    def _dated(self, old: int, new: int) -> NDArray[np.int64]:
        """Most of what is said is said in the first days."""
        first = self.video.published
        last = max(self._population.today, first + 60)
        luck = shares(drawn(np.arange(old), self._salt + 1)) ** 3
        found = np.sort((first + 30 + luck * (last - first - 30)).astype(np.int64))
        rate = self._population.plan.growth.comments_per_day
        began = self._population.world.began
        later = began + (np.arange(new) + 1) * 86_400 / max(rate, 1e-9)
        return np.concatenate([found, later.astype(np.int64)])


class Conversations:
    """The conversations of a world, the last ones kept. Ask with `world.room(Conversations)`."""

    def __init__(self, world: World) -> None:
        self._population = world.room(Population)
        self._made = lru_cache(maxsize=64)(self._make)

    def of(self, video: Video, now: float) -> Conversation:
        """What is said under a video; whether it may be read is for whoever asks to know."""
        return self._made(video.index, grown_comments(self._population, video, now))

    def _make(self, index: int, new: int) -> Conversation:
        video = self._population.at(index)
        assert video is not None, "who asks has a video"
        return Conversation(self._population, video, new)


def allowed(video: Video) -> bool:
    """Whether a video may be commented on."""
    return not video.flags & shelves.COMMENTS_OFF


def marked_up(text: str, video_id: str) -> str:
    """A comment as HTML: entities, `<br>`, links, times that lead into the video."""
    found = escaped(text).replace("\n", "<br>")
    if "https://" in found:
        found = _LINK.sub(r'<a href="\g<0>">\g<0></a>', found)
    elif ":" in found:
        found = _TIME.sub(
            lambda hit: (
                f'<a href="https://www.youtube.com/watch?v={video_id}&amp;t='
                f'{int(hit[1]) * 60 + int(hit[2])}">{hit[0]}</a>'
            ),
            found,
        )
    return found


def _lengths(comments: int, purpose: int) -> NDArray[np.int64]:
    """How many replies each thread has, so that threads and replies are so many together."""
    if not comments:
        return np.zeros(0, dtype=np.int64)
    luck = shares(drawn(np.arange(comments), purpose + 2))
    answered = luck < _SHARE_ANSWERED
    heavy = 0.6 * np.maximum(luck / _SHARE_ANSWERED, 1e-9) ** -0.7
    found = np.where(answered, np.minimum(heavy, LONGEST), 0).astype(np.int64)
    if comments > 4 * LONGEST:
        # A long conversation has every kind of thread, whatever the dice say.
        found[[3, 5, 7, 11]] = (LONGEST, 6, 5, 101)
    ends = np.cumsum(found + 1)
    threads = int(np.searchsorted(ends, comments)) + 1
    found = found[:threads].copy()
    found[-1] -= int(ends[threads - 1]) - comments
    return found


def _text(word: int) -> str:
    return REMARKS[(word >> 16) % len(REMARKS)].format(
        adj=ADJECTIVES[(word >> 24) % len(ADJECTIVES)],
        noun=NOUNS[(word >> 32) % len(NOUNS)],
        place=PLACES[(word >> 40) % len(PLACES)],
        number=NUMBERS[(word >> 48) % len(NUMBERS)],
    )
