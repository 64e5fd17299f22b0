"""The rows of a video: what happens in it, in what is always there.

A row of pictures or sound is the sum of what the video is like all along, what its shot is like,
noise of its own, a faint direction of each of its genres, and the events that go on at that second.
Words are one of a few hundred that everybody says, or one of the eight that belong to an event.
All numbers are cut to -2..2 and become 8 bits as those of YouTube-8M.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.vision.labels.dataset import HIGH, LOW
from loquitur.vision.labels.examples import PICTURES, SOUND, WORDS
from loquitur.vision.labels.generated.dice import Dice
from loquitur.vision.labels.generated.topics import GENRES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.vision.labels.generated.casting import Cast
    from loquitur.vision.labels.generated.design import Design
    from loquitur.vision.labels.generated.topics import Topics

_PLACES = {PICTURES: 0, SOUND: 1, WORDS: 2}
_STRENGTH = {PICTURES: 3.5, SOUND: 3.0, WORDS: 6.0}
"""Length of an event's direction; that of the noise along any direction is `_SPREAD`."""
_FAINT = 0.4
"""How much of it labels have that are noticed by any sense."""
_GENRE = 0.4
_ALL_ALONG, _SHOT, _OWN = 0.25, 0.3, 0.3
_SHOT_ROWS = (3, 12)
_BANK = 1 << 19
_VOICES = 8
"""Words that belong to one event."""
_EVERYDAY = 400
_WORD_SECONDS = 2.5
_SPOKEN = (0.08, 0.2)
_GOING_ON = (0.12, 0.4)
_ONE_AFTER_ANOTHER = (0.12, 0.25)
_STRAY = (0.01, 0.05)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sense:
    """What one stream knows: directions of its events and genres, and noise to take from.

    Args:
        events: [events, d], of length `_STRENGTH`.
        genres: [24, d].
        bank: Noise, of variance 1: a row takes d numbers of it from anywhere.
        words: [events, 8, d] words that belong to events; of the stream `words` alone.
        everyday: [400, d] words that everybody says.
    """

    events: NDArray[np.float32]
    genres: NDArray[np.float32]
    bank: NDArray[np.float32]
    words: NDArray[np.float32] | None = None
    everyday: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Happening:
    event: int
    gain: float
    spans: tuple[tuple[int, int], ...]


def draw_sense(design: Design, topics: Topics, stream: str) -> Sense:
    """What a stream of a drawing knows."""
    place, dimension = _PLACES[stream], design.dimension(stream)
    dice = Dice(design.seed, 3, place)
    strength = _STRENGTH[stream]
    events = _directions(dice, topics.events[stream], dimension) * np.float32(strength)
    genres = _directions(dice, len(GENRES), dimension) * np.float32(_GENRE)
    bank = Dice(4, place).normal(_BANK + dimension)
    if stream != WORDS:
        return Sense(events=events, genres=genres, bank=bank)
    spread = np.float32(0.35)
    own = dice.normal(len(events), _VOICES, dimension) * spread
    everyday = dice.normal(_EVERYDAY, dimension) * spread
    words = own + events[:, None, :]
    return Sense(events=events, genres=genres, bank=bank, words=words, everyday=everyday)


def _directions(dice: Dice, count: int, dimension: int) -> NDArray[np.float32]:
    """Directions of length 1."""
    drawn = dice.normal(count, dimension).astype(np.float64)
    lengths = np.sqrt((drawn * drawn).sum(axis=1, keepdims=True))
    found: NDArray[np.float32] = (drawn / lengths).astype(np.float32)
    return found


def render(
    design: Design, topics: Topics, sense: Sense, stream: str, key: tuple[int, int], video: Cast
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The rows of one stream of a video [t, d], and when each is, in ms; no rows where absent.

    Args:
        design: Of the drawing.
        topics: Of the drawing.
        sense: Of the stream.
        stream: Its name.
        key: The video's part and number.
        video: What it is.
    """
    dimension = design.dimension(stream)
    if stream not in video.streams:
        return np.zeros((0, dimension), np.uint8), np.zeros(0, np.int64)
    dice = Dice(design.seed, 5, *key, _PLACES[stream])
    if stream == WORDS:
        rows, times = _spoken(dice, topics, sense, video)
    else:
        rows = _going_on(dice, topics, sense, stream, video)
        times = np.arange(len(rows), dtype=np.int64) * 1000
    base = sense.bank[dice.below(_BANK, 1)[0] :][:dimension] * np.float32(_ALL_ALONG)
    for genre in topics.genres_of(video.true):
        base += sense.genres[genre]
    rows += base
    if dice.happens(design.outliers):
        _stray(dice, rows)
    return quantise_rows(rows), times


def quantise_rows(rows: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Numbers as 8 bits: floor((x + 2) * 255 / 4), of what is cut to -2..2; overwrites them."""
    np.clip(rows, LOW, HIGH, out=rows)
    rows -= np.float32(LOW)
    rows *= np.float32(255 / (HIGH - LOW))
    return rows.astype(np.uint8)


def _going_on(
    dice: Dice, topics: Topics, sense: Sense, stream: str, video: Cast
) -> NDArray[np.float32]:
    """Rows of pictures or sound, one a second."""
    seconds = video.seconds
    rows = _noise(dice, sense, seconds, _OWN)
    cuts = _cuts(dice, seconds)
    for (first, last), shot in zip(
        zip(cuts, [*cuts[1:], seconds], strict=True),
        _noise(dice, sense, len(cuts), _SHOT),
        strict=True,
    ):
        rows[first:last] += shot
    for one in _happenings(dice, topics, stream, video, seconds, _GOING_ON):
        added = sense.events[one.event] * np.float32(one.gain)
        for first, last in one.spans:
            rows[first:last] += added
    return rows


def _noise(dice: Dice, sense: Sense, count: int, spread: float) -> NDArray[np.float32]:
    """Rows of noise, each from somewhere in the bank."""
    dimension = sense.events.shape[1]
    windows = np.lib.stride_tricks.sliding_window_view(sense.bank, dimension)
    rows: NDArray[np.float32] = windows[dice.below(_BANK, count)]
    rows *= np.float32(spread)
    return rows


def _cuts(dice: Dice, seconds: int) -> list[int]:
    """Where shots begin."""
    low, high = _SHOT_ROWS
    starts = np.cumsum(low + dice.below(high - low + 1, seconds // low + 1))
    return [0, *starts[starts < seconds].tolist()]


def _spoken(
    dice: Dice, topics: Topics, sense: Sense, video: Cast
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Words, one about every two and a half seconds, and when each begins."""
    if sense.words is None or sense.everyday is None:
        raise TypeError("a sense without words")
    count = max(2, int(video.seconds / _WORD_SECONDS))
    # the few are said often: the square of a uniform number is small more often than not
    which = (dice.uniform(count) ** 2 * _EVERYDAY).astype(np.int64)
    rows: NDArray[Any] = sense.everyday[which]
    for one in _happenings(dice, topics, WORDS, video, count, _SPOKEN):
        for first, last in one.spans:
            voices = dice.below(_VOICES, last - first)
            rows[first:last] = sense.words[one.event, voices] * np.float32(one.gain)
    step = video.seconds * 1000 / count
    times = ((np.arange(count) + dice.uniform(count) * 0.8) * step).astype(np.int64)
    return rows, times


def _happenings(
    dice: Dice,
    topics: Topics,
    stream: str,
    video: Cast,
    rows: int,
    share: tuple[float, float],
) -> list[_Happening]:
    """What happens in a stream, and at which rows."""
    found = []
    for label in video.true.tolist():
        topic = topics.topics[label]
        if topic.manner == "ordered":
            if topic.events[0][0] == stream:
                events = topic.events[0][1], topic.events[1][1]
                found += _in_order(dice, events, rows)
            continue
        for sense, event in topic.events:
            if sense == stream:
                gain = dice.between(0.7, 1.3) * (_FAINT if topic.manner == "shown" else 1.0)
                spans = _spans(dice, rows, share)
                found.append(_Happening(event=event, gain=gain, spans=spans))
    return found


def _spans(dice: Dice, rows: int, share: tuple[float, float]) -> tuple[tuple[int, int], ...]:
    """One to three stretches, which may overlap."""
    pieces = 1 + int(dice.one() * 3)
    length = max(1, round(dice.between(*share) * rows / pieces))
    starts = dice.below(max(1, rows - length + 1), pieces)
    return tuple((start, min(rows, start + length)) for start in sorted(set(starts.tolist())))


def _in_order(dice: Dice, events: tuple[int, int], rows: int) -> list[_Happening]:
    """Two stretches of equal length, one after the other."""
    length = max(1, round(dice.between(*_ONE_AFTER_ANOTHER) * rows))
    room = max(0, rows - 2 * length)
    earlier, later = sorted(dice.uniform(2).tolist())
    first, second = int(earlier * (room + 1)), length + int(later * (room + 1))
    gain = dice.between(0.7, 1.3)
    return [
        _Happening(event=event, gain=gain, spans=((start, min(rows, start + length)),))
        for event, start in zip(events, (first, second), strict=True)
    ]


def _stray(dice: Dice, rows: NDArray[np.float32]) -> None:
    """A stretch of rows that say nothing."""
    length = max(1, round(dice.between(*_STRAY) * len(rows)))
    start = int(dice.below(max(1, len(rows) - length), 1)[0])
    wild = dice.uniform(length * rows.shape[1]).reshape(length, -1)
    rows[start : start + length] = (LOW + (HIGH - LOW) * wild).astype(np.float32)
