"""English numbers in words, composed: cardinals, ordinals, years by two pairs of figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.speech.numerals import cardinal, spoken

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROUND = range(20, 100, 10)
_SMALL = {cardinal(value): value for value in range(20)}
_TEN = {cardinal(value): value for value in _ROUND}
_ORDINAL = {spoken(f"{value}th"): value for value in (*range(1, 20), *_ROUND)}
_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}


class _Number:
    """A number that grows by words; one that does not fit is not taken."""

    def __init__(self) -> None:
        self.total = 0
        self.part: int | None = None
        self.ordinal = False
        self.last = ""

    def take(self, word: str) -> bool:
        """Whether a word goes on with it."""
        taken = not self.ordinal and (
            self._small(word) or self._large(word) or self._place(word) or self._and(word)
        )
        if taken:
            self.last = word
        return taken

    @property
    def value(self) -> int:
        return self.total + (self.part or 0)

    def _room(self, value: int) -> bool:
        """Whether the part has room for a number below a hundred."""
        part = self.part
        if part is None or self.last in ("hundred", "and"):
            return True
        return self.last in _TEN and 0 < value < 10

    def _small(self, word: str) -> bool:
        value = _SMALL.get(word, _TEN.get(word))
        if value is None:
            return False
        if self._room(value):
            self.part = (self.part or 0) + value
        elif 10 <= (self.part or 0) < 100 and value >= 10 and self.last != "hundred":
            self.part = (self.part or 0) * 100 + value  # nineteen eighty
        else:
            return False
        return True

    def _large(self, word: str) -> bool:
        if self.part is None:
            return False
        if word == "hundred" and 0 < self.part < 100:
            self.part *= 100
        elif word in _LARGE:
            self.total, self.part = self.total + self.part * _LARGE[word], None
        else:
            return False
        return True

    def _place(self, word: str) -> bool:
        value = _ORDINAL.get(word)
        if value is None or not self._room(value):
            return False
        self.part, self.ordinal = (self.part or 0) + value, True
        return True

    def _and(self, word: str) -> bool:
        return word == "and" and self.last == "hundred"


def english_number(
    text: str, words: Sequence[tuple[str, int, int]], at: int
) -> tuple[str, bool, int] | None:
    """The number that begins with a word: its value, whether it is an ordinal, the word behind it.

    Args:
        text: What the words are of; between two of a number stand blanks and hyphens alone.
        words: In lower case, with where they stand, half-open.
        at: The word it would begin with.
    """
    number = _Number()
    end = at
    while end < len(words):
        word, start, _ = words[end]
        between = text[words[end - 1][2] : start] if end > at else ""
        if between.strip(" -\u2011") or not number.take(word):
            break
        end += 1
    if end == at:
        return None
    if words[end - 1][0] == "and":
        end -= 1
    return str(number.value), number.ordinal, end
