"""Videos by the thousand, as columns: a shelf holds those of a keyword or of one channel.

Positions run with the time, oldest first, so that new videos come at the end. Every column is
computed from the seed when it is first asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loquitur.emulator.chance import Words64, drawn, mix, salt, shares
from loquitur.emulator.vocabulary import (
    ADJECTIVES,
    FORMS,
    NOUNS,
    NUMBERS,
    PLACES,
    words,
)

PRIVATE, DELETED, UNLISTED = 1, 2, 4
UNFINDABLE = PRIVATE | DELETED | UNLISTED
LIKES_HIDDEN, COMMENTS_OFF, KIDS, ADULT, BLOCKED = 8, 16, 32, 64, 128
CAPTIONED, COMMONS, STANDARD, STREAMED, NOT_EMBEDDED = 256, 512, 1024, 2048, 4096
PAID, TRANSLATED, PLACED, SPATIAL, NOT_SYNDICATED = 8192, 16384, 32768, 65536, 131072

_CHANCES = {
    LIKES_HIDDEN: 0.02,
    COMMENTS_OFF: 0.03,
    KIDS: 0.02,
    ADULT: 0.01,
    BLOCKED: 0.012,
    CAPTIONED: 0.3,
    COMMONS: 0.04,
    STANDARD: 0.06,
    STREAMED: 0.02,
    NOT_EMBEDDED: 0.03,
    PAID: 0.02,
    TRANSLATED: 0.04,
    PLACED: 0.03,
    SPATIAL: 0.002,
    NOT_SYNDICATED: 0.02,
}
BLOCKED_IN = ("DE", "JP")
"""Where a video with `BLOCKED` cannot be seen."""
CATEGORIES = (1, 2, 10, 15, 17, 19, 20, 22, 23, 24, 25, 26, 27, 28)
LANGUAGES = ("en", "en-GB", "de", "es", "pt-BR", "ja", "ar", "hi", "")

_FORM_WORDS = [
    set(words(form.format_map(dict.fromkeys(("subject", "adj", "noun", "place", "number"), " "))))
    for form in FORMS
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What is known of each video of a shelf, oldest first.

    Args:
        published: Unix seconds.
        channel: The channel's number.
        duration_s: The length.
        views: At the start of the world.
        likes: At the start of the world; shown or not.
        comments: How many, replies counted; shown or not.
        flags: What `PRIVATE` and the other names of this module stand for.
        category: An index of `CATEGORIES`.
        language: An index of `LANGUAGES`.
        adj: An index of `ADJECTIVES`.
        noun: An index of `NOUNS`.
        place: An index of `PLACES`.
        form: An index of `FORMS`.
        number: An index of `NUMBERS`.
    """

    published: NDArray[np.int64]
    channel: NDArray[np.int64]
    duration_s: NDArray[np.int64]
    views: NDArray[np.int64]
    likes: NDArray[np.int64]
    comments: NDArray[np.int64]
    flags: NDArray[np.int64]
    category: NDArray[np.int64]
    language: NDArray[np.int64]
    adj: NDArray[np.int64]
    noun: NDArray[np.int64]
    place: NDArray[np.int64]
    form: NDArray[np.int64]
    number: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What a shelf is filled with.

    Args:
        subject: The words that all are about.
        videos: How many there are at the start.
        since: Unix seconds of the earliest.
        until: Unix seconds that none of them reaches.
        bursty: Whether half of them came out within a few bursts.
        same_second: So many share one second.
        channel: The channel's number where all are of one.
        pool: Else they are of so many.
        comments: The most comments one has.
        unfindable: Whether they are private, deleted or unlisted.
        grow_per_day: So many new ones a day after the start.
    """

    subject: str
    videos: int
    since: int
    until: int
    bursty: bool = False
    same_second: int = 0
    channel: int | None = None
    pool: int = 1
    comments: int = 2_000
    unfindable: bool = False
    grow_per_day: float = 0.0


class Shelf:
    """The videos of one keyword, or of one channel.

    Args:
        number: Which shelf of the world; not 0, which is for the videos with names.
        seed: Of the world.
        began: When the world began, Unix seconds.
        stock: What it is filled with.
    """

    def __init__(self, *, number: int, seed: int, began: float, stock: Stock) -> None:
        self.number = number
        self.stock = stock
        self.subject_words = frozenset(words(stock.subject))
        self._salt = salt(seed, "shelf", stock.subject, stock.channel, stock.unfindable)
        self._began = began
        self._columns: tuple[int, Columns] | None = None
        self._masks: dict[tuple[int, str], NDArray[np.bool_]] = {}

    def size(self, now: float) -> int:
        """How many there are by now."""
        if not self.stock.grow_per_day:
            return self.stock.videos
        return self.stock.videos + max(
            0, int((now - self._began) * self.stock.grow_per_day / 86_400)
        )

    def columns(self, now: float) -> Columns:
        """What is known of those that there are by now."""
        size = self.size(now)
        kept = self._columns
        if kept is None or kept[0] != size:
            kept = (size, self._computed(size))
            self._columns = kept
        return kept[1]

    def containing(self, word: str, now: float) -> NDArray[np.bool_]:
        """Which of them have a word in their title or tags."""
        size = self.size(now)
        found = self._masks.get((size, word))
        if found is None:
            found = self._mask(word, self.columns(now))
            if len(self._masks) > 64:
                self._masks.clear()
            self._masks[size, word] = found
        return found

    def _mask(self, word: str, columns: Columns) -> NDArray[np.bool_]:
        if word in self.subject_words:
            return np.ones(len(columns.published), dtype=bool)
        forms = [place for place, found in enumerate(_FORM_WORDS) if word in found]
        found: NDArray[np.bool_] = np.isin(columns.form, forms)
        for name, known in _WORDS.items():
            if word in known:
                found = found | (getattr(columns, name) == known[word])
        # Numbers stand in titles only, and not in every form; words stand in the tags too.
        if word in _NUMBERS:
            numbered = np.isin(columns.form, _NUMBERED)
            found = found | ((columns.number == _NUMBERS[word]) & numbered)
        return found

    def _computed(self, size: int) -> Columns:
        places = np.arange(size)
        draws = [drawn(places, self._salt + turn) for turn in range(4)]
        look, wording, luck, traits = draws
        views = np.exp(shares(luck) ** 2 * 15.0).astype(np.int64)
        cut = _bits(luck, 3, 8) + 2
        likes = views // cut // 4
        comments = np.minimum(views // (cut * 20), (shares(look) ** 8 * self.stock.comments))
        channel = (
            np.full(size, self.stock.channel)
            if self.stock.channel is not None
            else (shares(traits) ** 2 * self.stock.pool).astype(np.int64)
        )
        return Columns(
            published=self._published(size),
            channel=channel.astype(np.int64),
            duration_s=self._durations(size),
            views=views,
            likes=likes,
            comments=comments.astype(np.int64),
            flags=self._flags(size),
            category=_bits(look, 0, 16) % len(CATEGORIES),
            language=_bits(look, 16, 16) % len(LANGUAGES),
            adj=_bits(wording, 0, 12) % len(ADJECTIVES),
            noun=_bits(wording, 12, 12) % len(NOUNS),
            place=_bits(wording, 24, 12) % len(PLACES),
            form=_bits(wording, 36, 12) % len(FORMS),
            number=_bits(wording, 48, 12) % len(NUMBERS),
        )

    def _published(self, size: int) -> NDArray[np.int64]:
        since, until = self.stock.since, self.stock.until
        places = np.arange(self.stock.videos)
        at = shares(drawn(places, self._salt + 4))
        if self.stock.bursty:
            which = drawn(places, self._salt + 5)
            bursts = shares(drawn(np.arange(7), self._salt + 6))
            days = -np.log1p(-shares(drawn(places, self._salt + 7))) * 86_400 * 2 / (until - since)
            near = np.minimum(bursts[_bits(which, 0, 12) % len(bursts)] + days, 1 - 1e-9)
            at = np.where(_bits(which, 12, 1) == 1, near, at)
        found = np.sort((since + at * (until - since)).astype(np.int64))
        same = min(self.stock.same_second, self.stock.videos)
        if same:
            first = (self.stock.videos - same) // 2
            found[first : first + same] = found[first]
        if size > self.stock.videos:
            new = np.arange(size - self.stock.videos)
            later = self._began + (new + 1) * 86_400 / self.stock.grow_per_day
            found = np.concatenate([found, later.astype(np.int64)])
        return found

    def _durations(self, size: int) -> NDArray[np.int64]:
        words64 = drawn(np.arange(size), self._salt + 8)
        seconds = np.exp(4.1 + shares(words64) * 4.4).astype(np.int64)
        short = 4 + _bits(words64, 0, 10) % 56
        return np.where(_bits(words64, 12, 4) == 0, short, seconds)

    def _flags(self, size: int) -> NDArray[np.int64]:
        flags = np.zeros(size, dtype=np.int64)
        for turn, (flag, chance) in enumerate(_CHANCES.items()):
            hit = _bits(drawn(np.arange(size), self._salt + 16 + turn // 4), (turn % 4) * 16, 16)
            flags |= np.where(hit < chance * 65_536, flag, 0)
        if self.stock.unfindable:
            which = np.arange(size) % 3
            flags |= np.array([PRIVATE, DELETED, UNLISTED])[which]
        return flags


def whereabouts(index: int) -> tuple[float, float]:
    """Latitude and longitude of where the video with a number was recorded."""
    word = mix(index ^ _GLOBE)
    return (word & 0xFFFF) / 65_536 * 140 - 70, (word >> 16 & 0xFFFF) / 65_536 * 360 - 180


_GLOBE = salt(0, "whereabouts")
_NUMBERS = {word: place for place, word in enumerate(NUMBERS)}
_NUMBERED = [place for place, form in enumerate(FORMS) if "{number}" in form]
_WORDS = {
    "adj": {word.casefold(): place for place, word in enumerate(ADJECTIVES)},
    "noun": {word.casefold(): place for place, word in enumerate(NOUNS)},
    "place": {word.casefold(): place for place, word in enumerate(PLACES)},
}


def _bits(values: Words64, first: int, count: int) -> NDArray[Any]:
    """Some of the bits of each word as small numbers."""
    return ((values >> np.uint64(first)) & np.uint64((1 << count) - 1)).astype(np.int64)
