"""Vectors of letters without any model: pieces of words, hashed with a sign into a fixed width.

Every word is the sum of its pieces of letters (as in Bojanowski et al. 2017, "Enriching word
vectors with subword information"), each hashed to a place and a sign (Weinberger et al. 2009,
"Feature hashing for large scale multitask learning"), at unit length; a text is the sum of its
words, weighed by how much they tell by their length, and by the logarithm of how often they stand
there. Nothing is learned, so nothing is known of meaning: words that are spelt alike are near, also
misheard and inflected ones, in any script. Where scripts write no blanks, two neighbouring signs
are a word.
"""

from __future__ import annotations

import itertools
import re
import threading
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from loquitur.protocols import Identity, Resources
from loquitur.vectors import unit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Word = tuple[str, bool]
    """A word, and whether it is of a script without blanks."""

VERSION = "1"
"""Of these rules: vectors of another version are no neighbours of these."""
_WIDTHS = (128, 256, 512, 1024, 2048)
_DEFAULT = 512
_PIECES = (3, 4, 5)
"""Letters of a piece, marks of a word's ends among them."""
_LEAST, _FULL = 0.05, 4
"""What a word of one letter weighs, and from how many letters on a word weighs 1: short words are
the frequent ones in all languages (Zipf 1935)."""
_HIRAGANA = 0.4
"""What two hiragana weigh: they are endings and particles."""
_KEPT_WORDS = 1 << 14
"""Words whose vectors are kept (32 MB at 512 numbers); then they are made anew."""
_ROOM = 256
_AT_ONCE = 512
_LONGEST_WORD = 64
_MOST_WORDS = 20_000
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005\u3007\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003fffd"  # noqa: E501
_ASCII = re.compile(r"[a-z0-9]+")
_STRIPPED = ("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW")


@dataclass(frozen=True, slots=True, kw_only=True)
class HashingOptions:
    """Options of the engine.

    Args:
        model: How many numbers a vector has: 128, 256, 512, 1024 or 2048; 512 where empty. The
            more, the fewer words fall together by chance.
    """

    model: str = ""

    def __post_init__(self) -> None:
        if self.model and self.model not in map(str, _WIDTHS):
            raise ValueError(f"hashing has vectors of {', '.join(map(str, _WIDTHS))} numbers")


class Hashing:
    """Hashed pieces of words (`loquitur.protocols.TextEncoder`).

    Args:
        options: See `HashingOptions`.
        resources: Unused.
    """

    Options: ClassVar[type] = HashingOptions
    dimension: int

    def __init__(self, options: HashingOptions, resources: Resources) -> None:
        del resources
        self.dimension = int(options.model or _DEFAULT)
        self._lock = threading.Lock()  # one engine may serve several readers
        self._forget()

    @classmethod
    def identity(cls, options: HashingOptions, resources: Resources) -> Identity:
        """The version of the rules; the width is the model where it is not the usual one."""
        del resources
        width = options.model or str(_DEFAULT)
        return Identity(version=VERSION, model="" if width == str(_DEFAULT) else width)

    def encode(
        self, texts: Sequence[str], *, role: Literal["query", "passage"]
    ) -> NDArray[np.float32]:
        """One vector a text, unit length, shape [n, dimension]; zeros where it has no word.

        Of a text the first 20,000 words count. Both roles are encoded alike.
        """
        del role
        found = np.zeros((len(texts), self.dimension), dtype=np.float32)
        row = 0
        for counted in _parts(texts):
            with self._lock:
                self._learn(counted)
                for words in counted:
                    if words:
                        found[row] = self._summed(words)
                    row += 1
        lengths = np.sqrt(np.einsum("ij,ij->i", found, found))[:, None]
        np.divide(found, lengths, out=found, where=lengths > 0.0)
        return found

    def _summed(self, words: Counter[Word]) -> NDArray[np.float32]:
        places = [self._places[word] for word in words]
        times = np.fromiter(words.values(), np.float32, len(words))
        weights = self._weights[places] * (np.float32(1.0) + np.log(times))
        return np.asarray(weights @ self._table[places], dtype=np.float32)

    def _forget(self) -> None:
        self._places: dict[Word, int] = {}
        self._table = np.zeros((_ROOM, self.dimension), dtype=np.float32)
        self._weights = np.zeros(_ROOM, dtype=np.float32)

    def _learn(self, counted: Sequence[Counter[Word]]) -> None:
        """Make the vectors of words that are not at hand."""
        new = [word for words in counted for word in words if word not in self._places]
        if len(self._places) + len(new) > _KEPT_WORDS:
            self._forget()
            new = [word for words in counted for word in words]
        new = list(dict.fromkeys(new))
        if not new:
            return
        first = len(self._places)
        end = first + len(new)
        if end > len(self._table):  # twice as much room as is needed now: it is copied rarely
            self._table = np.resize(self._table, (2 * end, self.dimension))
            self._weights = np.resize(self._weights, 2 * end)
        self._places |= {word: first + at for at, word in enumerate(new)}
        self._weights[first:end] = [_weight(*word) for word in new]
        for at in range(0, len(new), _AT_ONCE):
            some = new[at : at + _AT_ONCE]
            self._table[first + at : first + at + len(some)] = _vectors(some, self.dimension)


def _parts(texts: Sequence[str]) -> Iterator[list[Counter[Word]]]:
    """The words of texts, counted; so many texts at once that the vectors of all fit in memory."""
    counted: list[Counter[Word]] = []
    held = 0
    for text in texts:
        counted.append(_counted(text))
        held += len(counted[-1])
        if held >= _KEPT_WORDS or len(counted) == _AT_ONCE:
            yield counted
            counted, held = [], 0
    if counted:
        yield counted


def _counted(text: str) -> Counter[Word]:
    if text.isascii():  # the same words, five times as fast
        plain = _ASCII.findall(text.lower())[:_MOST_WORDS]
        counted = Counter(word[:_LONGEST_WORD] for word in plain)
        return Counter({(word, False): count for word, count in counted.items()})
    return Counter(itertools.islice(_words(text), _MOST_WORDS))


def _words(text: str) -> Iterator[Word]:
    """The words of a text in one form: NFKC, small letters, without accents."""
    for match in _runs().finditer(unicodedata.normalize("NFKC", text).lower()):
        run = match[0]
        if match.lastgroup:
            yield from ((run[at : at + 2], True) for at in range(max(1, len(run) - 1)))
        else:
            yield (run if run.isascii() else _plain(run))[:_LONGEST_WORD], False


@lru_cache(maxsize=1)
def _runs() -> re.Pattern[str]:
    """Runs of scripts without blanks; words of all others, their marks with them."""
    marks = "".join(
        chr(code)
        for code in (*range(0x300, 0x20D0), *range(0x2C00, 0xFE00))
        if unicodedata.category(chr(code))[0] == "M"
    )
    other = rf"(?![{_UNSPACED}])"
    return re.compile(rf"(?P<run>[{_UNSPACED}]+)|{other}[^\W_](?:{other}(?:[^\W_]|[{marks}]))*")


@lru_cache(maxsize=1 << 14)
def _plain(word: str) -> str:
    """A word without accents and points, where its script writes them over whole letters."""
    if not unicodedata.name(word[0], "").startswith(_STRIPPED):
        return word
    parted = unicodedata.normalize("NFD", word)
    return "".join(sign for sign in parted if not unicodedata.combining(sign)) or word


def _weight(word: str, unspaced: bool) -> float:
    """How much a word tells, 0 to 1."""
    if unspaced:
        return _HIRAGANA if all("\u3040" <= sign <= "\u309f" for sign in word) else 1.0
    return min(1.0, max(_LEAST, (len(word) - 1) / (_FULL - 1)))


def _vectors(words: Sequence[Word], width: int) -> NDArray[np.float32]:
    """The vectors of words, unit length, shape [n, width]."""
    summed = np.zeros(len(words) * width, dtype=np.float64)
    for unspaced, sizes in ((False, _PIECES), (True, (1, 2))):
        chosen = [at for at, word in enumerate(words) if word[1] is unspaced]
        if not chosen:
            continue
        spelt = [words[at][0] if unspaced else f"<{words[at][0]}>" for at in chosen]
        for owner, hashed in _pieces(spelt, sizes, whole=not unspaced):
            places = np.asarray(chosen)[owner] * width + (hashed % np.uint64(width)).astype(np.intp)
            signs = 1.0 - 2.0 * (hashed >> np.uint64(63)).astype(np.float64)
            summed += np.bincount(places, weights=signs, minlength=len(summed))
    table = summed.reshape(len(words), width)
    return unit(table).astype(np.float32)


def _pieces(
    spelt: Sequence[str], sizes: Sequence[int], *, whole: bool
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.uint64]]]:
    """The hashed pieces of words: whose each is, and its 64 bits; for one size after the other."""
    text = "".join(spelt)
    signs = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    lengths = np.fromiter(map(len, spelt), np.intp, len(spelt))
    owners = np.repeat(np.arange(len(spelt)), lengths)
    ends = np.repeat(np.cumsum(lengths), lengths)
    at = np.arange(len(signs))
    for size in sizes:
        starts = at[at + size <= ends]
        hashed = np.full(len(starts), size, dtype=np.uint64)
        for step in range(size):
            hashed = hashed * np.uint64(0x100000001B3) + signs[starts + step]
        yield owners[starts], _mixed(hashed)
    if whole:
        sums = np.zeros(len(spelt), dtype=np.uint64)
        for step in range(int(lengths.max())):
            longer = lengths > step
            first = (np.cumsum(lengths) - lengths)[longer]
            sums[longer] = sums[longer] * np.uint64(0x100000001B3) + signs[first + step]
        yield np.arange(len(spelt)), _mixed(sums)


def _mixed(hashed: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """All bits made to depend on all (the finaliser of MurmurHash3, Appleby 2011)."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        hashed = (hashed ^ (hashed >> np.uint64(33))) * np.uint64(factor)
    return hashed ^ (hashed >> np.uint64(33))
