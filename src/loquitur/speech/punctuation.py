"""Full stops, commas and capitals for words that have none: no language model, a table of numbers.

English is read by a small network over classes of words (`word_classes`): five words before a gap
and six after it, their classes embedded, one hidden layer, three outcomes (nothing, a comma, a
full stop), and a term for the pause. Its numbers are in `punctuation.npz`, fitted by
`benchmarks/punctuation.py` on captions of talks; held out by talk, full stops come back with F1
0.57, commas with 0.41, the place of any mark with 0.70. Other languages are cut at pauses.
What is punctuated already stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from loquitur.speech.spelling import is_english
from loquitur.speech.word_classes import (
    EDGE,
    FILLERS,
    INVERTING,
    QUESTION_WORDS,
    SUBJECTS,
    word_class,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

BEFORE, AFTER = 5, 6
NOTHING, COMMA, STOP = 0, 1, 2
PAUSE_STEPS_MS = (60, 150, 300, 500, 800, 1300)
"""Where the term for a pause changes; a gap below the first counts as no pause."""
_BIASES = np.array([0.0, 0.45, 0.95], np.float32)  # a missed mark costs more than one too many
_BLOCK = 4096  # words read at once: bounds memory over many hours
_STOP_MS, _COMMA_MS = 700, 350  # other languages than English, by the pause alone
_SHORTEST_SENTENCE = 3
_FEWEST_PAUSES = 0.02
_SHOUTED = 5  # words in capitals alone that are no abbreviation
_LEAST_PLAIN = 0.8  # of English words are of ASCII alone; a language that nobody named may be any
_SPARSE = 40  # fewer marks than one in so many words: not punctuated
_SIGNS = ".,;:?!\u2026\u3001\u3002\uff01\uff0c\uff1f\u060c\u061f\u0964"
_MARKED = re.compile(rf"[{_SIGNS}][\"'\u201d\u2019)\]]*$")
MARKED_END = re.compile("[.?!\u3002\uff01\uff1f\u061f\u0964][\"'\u201d\u2019)\\]]*$")
"""Where a word ends a sentence."""
_OUTER = re.compile(r"^\W+|\W+$")
_MARKS = {
    "zh": ("\uff0c", "\u3002"), "ja": ("\u3001", "\u3002"), "yue": ("\uff0c", "\u3002"),
    "ar": ("\u060c", "."), "fa": ("\u060c", "."), "ur": ("\u060c", "\u06d4"),
    "hi": (",", "\u0964"), "bn": (",", "\u0964"), "th": ("", ""), "lo": ("", ""),
}  # fmt: skip
# written with a capital wherever they stand, in English
_PROPER_WORDS = (
    "monday tuesday wednesday thursday friday saturday sunday january february april june july"
    " august september october november december english french german spanish italian russian"
    " chinese japanese korean arabic portuguese dutch greek latin hindi american british canadian"
    " european african asian australian indian america britain england france germany spain italy"
    " russia china japan korea india canada australia africa europe asia london paris berlin"
    " christmas easter mr mrs ms dr"
)
_PROPER = frozenset(_PROPER_WORDS.split())
_FIRST_PERSON = re.compile(r"i(?:['\u2019](?:m|ve|d|ll))?")


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The fitted numbers; shapes [classes, d], [window * d, h], [h], [h, 3], [3], ..."""

    embedding: Floats
    hidden: Floats
    hidden_bias: Floats
    outcome: Floats
    outcome_bias: Floats
    direct: Floats
    pause: Floats


def restore(
    words: Sequence[str],
    *,
    language: str = "en",
    gaps_ms: Sequence[int | None] | None = None,
    ends: Sequence[int] = (),
) -> list[str]:
    """The words with punctuation and capitals; as they were where they have punctuation already.

    Args:
        words: In order, each with at least one sign.
        language: BCP 47; English is read, of others only the pauses are.
        gaps_ms: The silence after each word, None where it is not known; None for no times at all.
        ends: Places of words after which a sentence surely ends (another speaks); the last word's
            always is one.

    Returns:
        As many words, in their order; their letters are the same but for case.
    """
    if not words or is_punctuated(words):
        return list(words)
    if _shouts(words):  # some recognisers know capitals only
        words = [word.lower() for word in words]
    marks = marks_after(words, language=language, gaps_ms=gaps_ms, ends=ends)
    return _written(words, marks, language)


def is_punctuated(words: Sequence[str]) -> bool:
    """Whether a text has punctuation as a text has; a stray mark in a long one is none."""
    marked = sum(_MARKED.search(word) is not None for word in words)
    return marked > 0 and marked * _SPARSE >= len(words)


def marks_after(
    words: Sequence[str],
    *,
    language: str = "en",
    gaps_ms: Sequence[int | None] | None = None,
    ends: Sequence[int] = (),
) -> list[int]:
    """Which mark belongs after each word: `NOTHING`, `COMMA` or `STOP`; arguments as `restore`."""
    if not words:
        return []
    gaps = list(gaps_ms) if gaps_ms is not None else [None] * len(words)
    if _reads(words, language):
        scores = np.log(np.maximum(mark_shares(words, gaps_ms=gaps), 1e-9)) + _BIASES
        marks = [int(mark) for mark in scores.argmax(axis=1)]
    else:
        marks = _by_pauses(gaps)
    for at in (*ends, len(words) - 1):
        marks[at] = STOP
    return marks


def mark_shares(
    words: Sequence[str], *, gaps_ms: Sequence[int | None] | None = None
) -> NDArray[np.float32]:
    """How likely nothing, a comma and a full stop are after each word of English; shape [n, 3].

    Every row adds up to 1. The caller may weigh them instead of taking the likeliest.
    """
    numbers = _numbers()
    classes = np.array([word_class(bare(word)) for word in words], np.int64)
    scores = np.concatenate(
        [
            _read(classes, first, min(first + _BLOCK, len(classes)), numbers)
            for first in range(0, len(classes), _BLOCK)
        ]
        or [np.zeros((0, 3), np.float32)]
    )
    if gaps_ms is not None:
        steps = _steps(gaps_ms)
        scores += np.where((steps >= 0)[:, None], numbers.pause[np.maximum(steps, 0)], 0.0)
    scores -= scores.max(axis=1, keepdims=True)
    shares = np.exp(scores)
    shares /= shares.sum(axis=1, keepdims=True)
    return np.asarray(shares, np.float32)


def windows_of(classes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The classes around the gap after each word, shape [n, BEFORE + 1 + AFTER]."""
    padded = np.concatenate(
        [np.full(BEFORE, EDGE), classes, np.full(AFTER, EDGE)]  # edges say that there is no more
    )
    return np.lib.stride_tricks.sliding_window_view(padded, BEFORE + 1 + AFTER)


def bare(word: str) -> str:
    """A word in lower case, without what stands around its letters.

    >>> bare('"Don\u2019t,')
    "don't"
    """
    return _OUTER.sub("", word).lower().replace("\u2019", "'")


def _reads(words: Sequence[str], language: str) -> bool:
    """Whether words are English, as far as their language and their letters say."""
    plain = sum(word.isascii() for word in words)
    return is_english(language) and plain >= _LEAST_PLAIN * len(words)


def _shouts(words: Sequence[str]) -> bool:
    """Whether all letters are capitals, and too many to be meant so."""
    cased = [sign for word in words for sign in word if sign.isupper() or sign.islower()]
    return len(words) >= _SHOUTED and bool(cased) and all(sign.isupper() for sign in cased)


def _steps(gaps_ms: Sequence[int | None]) -> NDArray[np.int64]:
    """The step of each pause, -1 where nothing is known of it.

    Some recognisers give words that touch each other whatever was heard: their gaps say nothing.
    """
    gaps = np.array([-1 if gap is None else max(0, gap) for gap in gaps_ms], np.int64)
    if (gaps >= PAUSE_STEPS_MS[0]).sum() < _FEWEST_PAUSES * len(gaps):
        return np.full(len(gaps), -1, np.int64)
    steps = np.searchsorted(np.array(PAUSE_STEPS_MS), gaps, side="right")
    return np.where(gaps < 0, -1, steps)


def _read(
    classes: NDArray[np.int64], first: int, end: int, numbers: _Numbers
) -> NDArray[np.float32]:
    """The network's scores of the gaps of some words, shape [end - first, 3]."""
    around = windows_of(classes[max(0, first - BEFORE) : end + AFTER])
    around = around[first - max(0, first - BEFORE) :][: end - first]
    embedded = numbers.embedding[around].reshape(len(around), -1)
    hidden = np.maximum(embedded @ numbers.hidden + numbers.hidden_bias, 0.0)
    scores = hidden @ numbers.outcome + numbers.outcome_bias
    for place in range(around.shape[1]):
        scores += numbers.direct[place, around[:, place]]
    return np.asarray(scores, np.float32)


def _by_pauses(gaps_ms: Sequence[int | None]) -> list[int]:
    """Marks by pauses alone; a sentence has at least three words."""
    marks, since = [], 0
    for gap in gaps_ms:
        since += 1
        if gap is None or gap < _COMMA_MS or since < _SHORTEST_SENTENCE:
            marks.append(NOTHING)
        elif gap < _STOP_MS:
            marks.append(COMMA)
        else:
            marks.append(STOP)
            since = 0
    return marks


def _written(words: Sequence[str], marks: Sequence[int], language: str) -> list[str]:
    """The words with these marks as text, and with their capitals."""
    english = _reads(words, language)
    comma, stop = _MARKS.get(language.replace("_", "-").split("-")[0].lower(), (",", "."))
    found: list[str] = []
    for first, end in _sentences(marks):
        sentence = words[first:end]
        asks = english and _asks([bare(word) for word in sentence])
        for at, word in enumerate(sentence, start=first):
            text = _cased(word, opens=at == first, english=english)
            if not _MARKED.search(text):
                text += ("", comma, "?" if asks else stop)[marks[at]]
            found.append(text)
    return found


def _sentences(marks: Sequence[int]) -> Iterator[tuple[int, int]]:
    first = 0
    for at, mark in enumerate(marks, start=1):
        if mark == STOP or at == len(marks):
            yield first, at
            first = at


def _cased(word: str, *, opens: bool, english: bool) -> str:
    plain = bare(word) if english else ""
    if opens or plain in _PROPER or _FIRST_PERSON.fullmatch(plain):
        at = next((place for place, sign in enumerate(word) if sign.isalpha()), None)
        if at is not None and word[at].islower():
            return word[:at] + word[at].upper() + word[at + 1 :]
    return word


def _asks(sentence: Sequence[str]) -> bool:
    """Whether an English sentence begins as a question does: "what is ...", "can you ..."."""
    openers = FILLERS | {"and", "so", "but", "or", "well", "now", "okay", "ok", "yeah", "then"}
    rest = list(sentence)
    while rest and rest[0] in openers:
        rest.pop(0)
    if len(rest) < 2:
        return False
    if rest[0] in QUESTION_WORDS:
        return rest[1] in INVERTING
    return rest[0] in INVERTING and rest[1] in SUBJECTS and rest[0] not in ("have", "had")


@lru_cache(maxsize=1)
def _numbers() -> _Numbers:
    """The fitted table, read once."""
    place = resources.files("loquitur.speech").joinpath("punctuation.npz")
    with place.open("rb") as file, np.load(file, allow_pickle=False) as table:
        return _Numbers(**{name: table[name].astype(np.float32) for name in table.files})
