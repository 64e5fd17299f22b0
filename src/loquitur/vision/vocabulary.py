"""Words as numbers: one normaliser and one table for training, prediction and measures."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PAD, BOS, EOS, UNK = 0, 1, 2, 3
SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*", re.UNICODE)
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\u0e00-\u0e7f]")


def words_of(text: str) -> list[str]:
    """A sentence's words: lower case, without punctuation.

    Single characters where no blanks part words (Chinese, Japanese, Thai).
    """
    words: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFC", text).casefold()):
        words.extend(word if _UNSPACED.search(word) else (word,))
    return words


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

    @classmethod
    def of(cls, sentences: Iterable[str], *, threshold: int = 1) -> Vocabulary:
        """The words of the training sentences, and of no others, seen `threshold` times or more."""
        counts = Counter(word for text in sentences for word in words_of(text))
        kept = sorted(
            (word for word, count in counts.items() if count >= threshold),
            key=lambda word: (-counts[word], word),
        )
        return cls(words=(*SPECIAL, *kept), threshold=threshold)

    def encode(self, text: str, *, most: int | None = None) -> list[int]:
        """A sentence as numbers, closed by `<eos>`; of a longer one the first `most` words."""
        return [*(self._places.get(word, UNK) for word in words_of(text)[:most]), EOS]

    def decode(self, numbers: Sequence[int]) -> str:
        """Words up to the first `<eos>`, joined by blanks (none between unspaced characters)."""
        words: list[str] = []
        for number in numbers:
            if number == EOS:
                break
            if number not in (PAD, BOS):
                words.append(self.words[number])
        text = " ".join(words)
        return re.sub(rf"(?<={_UNSPACED.pattern}) (?={_UNSPACED.pattern})", "", text)
