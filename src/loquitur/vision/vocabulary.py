"""Words as numbers: one normaliser and one table for training, prediction and measures."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from loquitur.conversion import convert
from loquitur.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.vision.clips import Corpus

PAD, BOS, EOS, UNK = 0, 1, 2, 3
SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")
TRAINING = "train"
"""The one split that words are taken from."""
_COMMONEST = 10
"""So many unknown words are named."""
MOST_LETTERS = 100
"""Of a longer word (an address, a slip of the keyboard) so many letters are kept."""

# Scripts without blanks between words: Thai, Lao, Myanmar, Khmer, kana, Han.
_BARE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
)
_UNSPACED = re.compile(f"[{_BARE}]")
_BETWEEN_UNSPACED = re.compile(f"(?<=[{_BARE}]) (?=[{_BARE}])")
_JOINED = re.compile(r"[^'\-\u200c\u200d]+(?:['\-\u200c\u200d][^'\-\u200c\u200d]+)*")
_LED = re.compile(r"^[\W_]+")
"""Marks upon nothing, before the first letter."""
_LETTER = re.compile(r"[^\W_]")
_JOINERS = "'-\u200c\u200d"
"""What may stand inside a word, never at its ends."""


class _Plain(dict[int, str]):
    """What becomes of each character: a letter, digit or mark stays, all else parts words."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kept = char.isalnum() or char in _JOINERS or unicodedata.category(char).startswith("M")
        self[code] = found = char if kept else " "
        return found


_PLAIN = _Plain({ord("’"): "'", ord("‐"): "-", ord("‑"): "-"})


def words_of(text: str) -> list[str]:
    """A sentence's words: lower case, without punctuation; apostrophes and hyphens inside stay.

    Single characters, with the marks upon them, where no blanks part words (Chinese, Japanese,
    Thai and their neighbours). Letters keep their marks in every script. Linear in the text.

    >>> words_of("A man's rock-n-roll band -- playing!"), words_of("他在弹吉他。")
    (['a', "man's", 'rock-n-roll', 'band', 'playing'], ['他', '在', '弹', '吉', '他'])
    """
    plain = unicodedata.normalize("NFC", text.lower()).translate(_PLAIN)
    words = plain.split()
    if any(mark in plain for mark in _JOINERS):
        words = [part for word in words for part in _JOINED.findall(word)]
    if not plain.isascii() and _UNSPACED.search(plain):
        words = [part for word in words for part in _parted(word)]
    return [
        word[:MOST_LETTERS]
        for found in words
        if (word := found if found[0].isalnum() else _LED.sub("", found))
    ]


def has_words(text: str) -> bool:
    """Whether `words_of` finds any in it: it has a letter or a digit."""
    return _LETTER.search(text) is not None


def _parted(word: str) -> list[str]:
    """A word in which characters of scripts without blanks stand alone."""
    if not _UNSPACED.search(word):
        return [word]
    parts: list[str] = []
    open_word = False
    for char in word:
        if parts and unicodedata.category(char).startswith("M"):
            parts[-1] += char
        elif _UNSPACED.match(char):
            parts.append(char)
            open_word = False
        elif open_word:
            parts[-1] += char
        else:
            parts.append(char)
            open_word = True
    return [found for part in parts if (found := part.strip(_JOINERS))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The words a net knows; a word's number is its place, the four special ones first.

    Args:
        words: All of them: `<pad> <bos> <eos> <unk>`, then by falling count, then by letters.
        threshold: How often a word had to be seen.
    """

    words: tuple[str, ...]
    threshold: int = 1
    _places: dict[str, int] = field(init=False, repr=False, compare=False, hash=False)

    def __post_init__(self) -> None:
        if self.words[:4] != SPECIAL or len(set(self.words)) != len(self.words):
            raise ValueError("a vocabulary begins with <pad> <bos> <eos> <unk>, each word once")
        object.__setattr__(self, "_places", {word: at for at, word in enumerate(self.words)})

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._places

    @classmethod
    def of(
        cls, sentences: Iterable[str], *, threshold: int = 1, most: int | None = None
    ) -> Vocabulary:
        """The words of the training sentences, and of no others.

        Args:
            sentences: What training sees.
            threshold: How often a word must be seen; those seen less are `<unk>`.
            most: No more words than this, the special ones not counted: the commonest.
        """
        counts = Counter(word for text in sentences for word in words_of(text))
        kept = sorted(
            (word for word, count in counts.items() if count >= threshold),
            key=lambda word: (-counts[word], word),
        )
        return cls(words=(*SPECIAL, *kept[:most]), threshold=threshold)

    @classmethod
    def of_corpus(cls, corpus: Corpus, *, language: str = "", threshold: int = 1) -> Vocabulary:
        """The words of a corpus' training split, whatever else it has.

        Raises:
            InputError: Nothing to train on in this language.
        """
        texts = [text for clip in corpus.of(TRAINING) for text in clip.texts(language)]
        if not any(map(has_words, texts)):
            raise InputError(
                f"{corpus.name}: no sentence in the split '{TRAINING}' to take words from",
                hint="look at the splits: loquitur describe data check CLIPS.jsonl",
            )
        return cls.of(texts, threshold=threshold)

    @classmethod
    def of_plain(cls, value: object, *, name: str = "vocabulary") -> Vocabulary:
        """A vocabulary out of plain values, as `plain` gives them.

        Raises:
            InputError: It is none.
        """
        try:
            given = convert(value, _Given)
            return cls(words=given.words, threshold=given.threshold)
        except (msgspec.ValidationError, ValueError) as exc:
            raise InputError(f"{name}: not a vocabulary: {exc}") from exc

    def plain(self) -> dict[str, Any]:
        """As JSON has it, in a model's file: {"threshold", "words"}."""
        return {"threshold": self.threshold, "words": list(self.words)}

    def encode(self, text: str) -> list[int]:
        """A sentence as numbers, closed by `<eos>`."""
        return [*(self._places.get(word, UNK) for word in words_of(text)), EOS]

    def decode(self, numbers: Sequence[int]) -> str:
        """Words up to the first `<eos>`, joined by blanks (none between unspaced characters)."""
        words: list[str] = []
        for number in numbers:
            if number == EOS:
                break
            if number not in (PAD, BOS):
                words.append(self.words[number])
        return _BETWEEN_UNSPACED.sub("", " ".join(words))


class _Given(msgspec.Struct, forbid_unknown_fields=True):
    """A vocabulary as files have it."""

    words: tuple[str, ...]
    threshold: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of some sentences a vocabulary knows.

    Args:
        sentences: Sentences with words.
        wordless: Sentences without any word; they count nowhere else.
        words: Words in all.
        unknown: Words that are `<unk>`.
        sentences_with_unknown: Sentences with at least one.
        longest: Words of the longest sentence.
        commonest_unknown: The commonest of them, and how often each.
    """

    sentences: int
    wordless: int
    words: int
    unknown: int
    sentences_with_unknown: int
    longest: int
    commonest_unknown: tuple[tuple[str, int], ...]

    @property
    def unknown_share(self) -> float | None:
        """The share of words that are `<unk>`; None where there are no words."""
        return self.unknown / self.words if self.words else None


def coverage(vocabulary: Vocabulary, sentences: Iterable[str]) -> Coverage:
    """What a vocabulary knows of sentences it was not built on."""
    unknown: Counter[str] = Counter()
    lengths: list[int] = []
    touched = 0
    for text in sentences:
        words = words_of(text)
        strange = [word for word in words if word not in vocabulary]
        unknown.update(strange)
        touched += bool(strange)
        lengths.append(len(words))
    commonest = sorted(unknown.items(), key=lambda pair: (-pair[1], pair[0]))[:_COMMONEST]
    spoken = sum(length > 0 for length in lengths)
    return Coverage(
        sentences=spoken,
        wordless=len(lengths) - spoken,
        words=sum(lengths),
        unknown=unknown.total(),
        sentences_with_unknown=touched,
        longest=max(lengths, default=0),
        commonest_unknown=tuple(commonest),
    )
