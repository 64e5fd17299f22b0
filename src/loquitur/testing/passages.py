"""Passages and queries made by rule, of any number: what speed and size are measured on.

Words follow Zipf's law (G. K. Zipf, "Human Behavior and the Principle of Least Effort", 1949) with
exponent 1: the word of rank r comes 1/r as often as the first.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.library import Part, Passage, Volume

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PART = Part(kind="speech", language="en", source="made by rule")
WORD_MS = 400
"""150 words a minute."""
_CONSONANTS, _VOWELS = "bdfgkmnprtvz", "aou"
_SENTENCE = 16  # words
_COMMON, _RARE = 100, 10_000  # the ranks between which a query's words are drawn


def zipf_passages(
    count: int,
    *,
    words: int = 80,
    vocabulary: int = 60_000,
    seed: int = 0,
    per_volume: int = 40,
) -> Iterator[tuple[Volume, tuple[Passage, ...]]]:
    """Volumes with their passages, `count` passages in all; each is the part `PART` of its volume.

    Args:
        count: Passages in all; the last volume has what is left.
        words: Of each passage; 150 a minute, one behind the other.
        vocabulary: Different words.
        seed: The same seed, the same passages.
        per_volume: Passages of a volume.
    """
    chance = np.random.default_rng(seed)
    known = np.array(words_of(vocabulary))
    shares = _shares(vocabulary)
    for at, first in enumerate(range(0, count, per_volume)):
        size = min(per_volume, count - first)
        drawn = known[np.searchsorted(shares, chance.random((size + 1, words)))].tolist()
        volume = Volume(
            media_id=f"youtube:{at:011d}",
            title=" ".join(drawn[size][:6]).capitalize(),
            channel=f"Channel {at % 10}",
            published=f"20{10 + at % 15}-{1 + at % 12:02d}-{1 + at % 28:02d}",
            language="en",
            duration_ms=size * words * WORD_MS,
            origin=f"https://youtu.be/{at:011d}",
        )
        yield (
            volume,
            tuple(_passage(volume.media_id, number, drawn[number]) for number in range(size)),
        )


def zipf_queries(
    count: int, *, words: int = 5, vocabulary: int = 60_000, seed: int = 0
) -> Iterator[tuple[str, ...]]:
    """Queries of different words of middle frequency, as a user's are once stop words are gone.

    Ranks are drawn evenly by their logarithm between 100 and 10,000 (or a sixth of the vocabulary).
    """
    chance = np.random.default_rng((seed, 1))
    known = words_of(vocabulary)
    bounds = np.log((min(_COMMON, vocabulary // 20), min(_RARE, vocabulary // 6)))
    for _ in range(count):
        ranks: dict[int, None] = {}
        while len(ranks) < words:
            ranks[int(np.exp(chance.uniform(*bounds)))] = None
        yield tuple(known[rank] for rank in ranks)


def _passage(media_id: str, number: int, words: Sequence[str]) -> Passage:
    start_ms = number * len(words) * WORD_MS
    offsets: list[int] = []
    at = 0
    for word in words:
        offsets.append(at)
        at += len(word) + 1
    return Passage(
        media_id=media_id,
        part=PART.name,
        number=number,
        start_ms=start_ms,
        end_ms=start_ms + len(words) * WORD_MS,
        text=" ".join(words),
        speaker=f"SPEAKER_{number % 3:02d}",
        speakers=(f"SPEAKER_{number % 3:02d}",),
        language="en",
        sentences=tuple(offsets[::_SENTENCE]),
        offsets=tuple(offsets),
        times_ms=tuple(start_ms + place * WORD_MS for place in range(len(words))),
    )


@lru_cache(maxsize=2)
def words_of(vocabulary: int) -> tuple[str, ...]:
    """Different words of syllables that no stemmer shortens; short ones first, as in languages."""
    syllables = [first + second for first in _CONSONANTS for second in _VOWELS]
    found: list[str] = []
    for rank in range(len(syllables), len(syllables) + vocabulary):
        left, word = rank, ""
        while left:
            left, at = divmod(left, len(syllables))
            word = syllables[at] + word
        found.append(word)
    return tuple(found)


@lru_cache(maxsize=2)
def _shares(vocabulary: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    weights = 1 / np.arange(1, vocabulary + 1)
    shares: np.ndarray[tuple[int], np.dtype[np.float64]] = np.cumsum(weights / weights.sum())
    shares[-1] = 1.0
    return shares
