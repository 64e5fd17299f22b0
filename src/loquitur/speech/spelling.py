"""How written words are told to a model that hears letters or pieces, and told apart themselves.

What is shown is never changed: everything here is for comparing and aligning only, and whoever
uses it keeps the place of the word that a piece came from.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loquitur.speech.ctc import WILDCARD
from loquitur.speech.numerals import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u02bc\u00b4`", "'"))
_DASHES = str.maketrans(dict.fromkeys("-\u2010\u2011\u2012\u2013\u2014\u2015/_", " "))
_MARK = "\u2581"  # how SentencePiece writes the blank before a word
# Scripts that write no blanks between words: Thai to Myanmar, Khmer, kana, Han with extensions.
# (Hangul does.)
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
_PHRASE = 12
"""The longest word shown, in characters, where a script writes no blanks."""


def is_english(language: str) -> bool:
    """Whether a BCP 47 tag is some English, or says nothing."""
    return language.replace("_", "-").split("-")[0].lower() in ("", "en", "und", "auto")


def split_text(text: str) -> list[str]:
    """A text as the words to show: at blanks; without blanks at punctuation, or every 12 signs.

    What holds no letter and no figure (a lone dash) is put to the word before it.

    >>> split_text("It is - well - 5 o'clock.")
    ['It', 'is -', 'well -', '5', "o'clock."]
    """
    words: list[str] = []
    for item in text.split():
        for piece in _phrases(item):
            if not any(sign.isalnum() for sign in piece):
                if words:
                    words[-1] += f" {piece}"
                continue
            words.append(piece)
    return words


def _phrases(item: str) -> Iterator[str]:
    """A run without blanks, cut into phrases where its script needs it."""
    if not _UNSPACED.search(item):
        yield item
        return
    held = ""
    for sign in item:
        is_letter = sign.isalnum() or unicodedata.category(sign).startswith("M")
        ended = held and not (held[-1].isalnum() or unicodedata.category(held[-1])[0] == "M")
        if held and is_letter and (ended or len(held) >= _PHRASE) and _is_border(sign):
            yield held
            held = ""
        held += sign
    if held:
        yield held


def _is_border(sign: str) -> bool:
    """Whether a word may begin here: not before a combining mark."""
    return not unicodedata.category(sign).startswith("M")


def pieces(word: str, language: str) -> list[str]:
    """What is compared of a word: lower case, without punctuation, figures as words.

    A script without blanks gives one piece for each character.

    >>> pieces("Twenty-1,", "en"), pieces("\u5929\u6c17\u3002", "ja")
    (['twenty', 'one'], ['\u5929', '\u6c17'])
    """
    plain = unicodedata.normalize("NFKC", word).translate(_APOSTROPHES).casefold()
    if is_english(language):
        plain = spoken(plain)
    found: list[str] = []
    for run in re.findall(r"[^\W_]+(?:'[^\W_]+)*", _with_marks(plain)):
        if _UNSPACED.search(run):
            found.extend(_UNSPACED.sub(lambda match: f" {match[0]} ", run).split())
        else:
            found.append(run)
    return found


def _with_marks(text: str) -> str:
    """Text whose combining marks stay with their letters, where a pattern would cut before them."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(sign for sign in composed if not unicodedata.category(sign).startswith("M"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The columns of a CTC model, and how words are spelt in them.

    Args:
        columns: Piece to column: letters, or subwords with U+2581 where a word begins.
        blank: The column of the blank.
        delimiter: The column said between words, None where the model has none.
    """

    columns: Mapping[str, int]
    blank: int
    delimiter: int | None = None
    _longest: int = field(init=False, default=1)

    def __post_init__(self) -> None:
        longest = max((len(piece) for piece in self.columns), default=1)
        object.__setattr__(self, "_longest", longest)

    @property
    def marked(self) -> bool:
        """Whether a word's first piece carries U+2581."""
        return any(piece.startswith(_MARK) for piece in self.columns)

    def spell(self, word: str, language: str) -> list[int]:
        """The columns of a word as a person would say it; `WILDCARD` for unknown characters.

        Letters are tried as written, in lower and upper case, and without their accents. The
        fewest pieces win, as subword models prefer. Neighbouring unknown characters are one
        wildcard: nobody knows how long they sound.
        """
        plain = unicodedata.normalize("NFKC", word).translate(_APOSTROPHES)
        if is_english(language):
            plain = spoken(plain)
        runs = [_speakable(run) for run in plain.translate(_DASHES).split()]
        columns: list[int] = []
        for run in (run for run in runs if run):
            if columns and self.delimiter is not None:
                columns.append(self.delimiter)
            columns.extend(self._spell_run(run))
        return columns

    def _spell_run(self, run: str) -> list[int]:
        known = [self._known(sign) for sign in run]
        text = (_MARK if self.marked else "") + "".join(sign or "\0" for sign in known)
        merged: list[int] = []
        for column in self._cheapest(text):
            if column != WILDCARD or not merged or merged[-1] != WILDCARD:
                merged.append(column)
        return merged

    def _known(self, sign: str) -> str:
        """The form of a character that the model knows, empty where it knows none."""
        bare = unicodedata.normalize("NFD", sign)[0]
        for form in (sign, sign.lower(), sign.upper(), bare, bare.lower(), bare.upper()):
            if len(form) == 1 and (form in self.columns or f"{_MARK}{form}" in self.columns):
                return form
        return ""

    def _cheapest(self, text: str) -> list[int]:
        """The fewest known pieces that make up a text; unknown characters cost much."""
        costs = [0.0] + [float("inf")] * len(text)
        taken: list[tuple[int, int]] = [(0, WILDCARD)] * (len(text) + 1)
        for end in range(1, len(text) + 1):
            for start in range(max(0, end - self._longest), end):
                column = self.columns.get(text[start:end])
                if column is not None and column != self.blank and costs[start] + 1 < costs[end]:
                    costs[end], taken[end] = costs[start] + 1, (start, column)
            if costs[end - 1] + 100 < costs[end]:
                costs[end], taken[end] = costs[end - 1] + 100, (end - 1, WILDCARD)
        found: list[int] = []
        end = len(text)
        while end:
            start, column = taken[end]
            if text[start:end] != _MARK or column != WILDCARD:
                found.append(column)
            end = start
        return found[::-1]


def _speakable(run: str) -> str:
    """A run without what is not said: punctuation and signs, but for apostrophes inside."""
    kept = "".join(
        sign
        for sign in run
        if sign.isalnum() or sign == "'" or unicodedata.category(sign).startswith("M")
    )
    return unicodedata.normalize("NFC", kept.strip("'"))
