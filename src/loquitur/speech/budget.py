"""How far a language model may change what was said; whatever goes beyond is refused.

A polished text says the same in better spelling. So a changed word must sound like what stood
there; only small words come and go; figures, names and negations stay; and of a window, and of
each of its lines, no more than a share of the words may change. A model that obeys what somebody
says in the recording, invents, repeats itself or stops half way is caught by the same rules.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

from loquitur.speech.pronunciation import pronounce
from loquitur.speech.rewording import heard
from loquitur.speech.spelling import is_english
from loquitur.speech.word_classes import FILLERS, FUNCTION_WORDS, NUMBER_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loquitur.speech.rewording import Edit

ALIKE = 0.5
MOST_ADDED = 2
_LINE_SHARE, _LINE_WORDS = 0.5, 3
_LOOP = 4
_SMALL_LETTERS = 3  # of a word in a language whose small words are not listed
_ENDS = re.compile(r"[.?!:\u2026\u3002\uff01\uff1f\u061f\u0964][\"'\u201d\u2019)\]]*$")
_STRANGE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\ud800-\udfff<>{}`\\]|https?:|www\.|\S@\S", re.IGNORECASE
)
_NEGATIONS = frozenset(
    (
        *("not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "cannot", "without"),
        *("nicht", "kein", "keine", "keinen", "keiner", "nie", "niemals", "nichts", "ohne"),
        *("ne", "pas", "jamais", "rien", "non", "sans", "nunca", "nada", "sin", "n\u00e3o", "sem"),
        *("mai", "senza", "niet", "geen", "inte", "ikke", "\u043d\u0435", "\u043d\u0435\u0442"),
        *("\u043d\u0438", "\u043d\u0438\u043a\u043e\u0433\u0434\u0430", "\u0644\u0627"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What an answer may change.

    Args:
        most_changed: The largest share of a window's words that may be other ones.
        most_longer: How far the window's letters may grow or shrink, as a share.
        keep_names: Whether names must stay as they are spelt.
        glossary: Words that are right however they were heard: names that may be put in.
    """

    most_changed: float = 0.2
    most_longer: float = 0.25
    keep_names: bool = True
    glossary: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an answer is refused: the rule's name, and what broke it."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line as it was and as it came back, and how the one became the other."""

    old: tuple[str, ...]
    new: tuple[str, ...]
    edits: tuple[Edit, ...]


def judge(lines: Sequence[Line], budget: Budget, *, language: str) -> Refusal | None:
    """The first rule that an answer breaks, None where it keeps them all."""
    return next(_broken(lines, budget, language), None)


def _broken(lines: Sequence[Line], budget: Budget, language: str) -> Iterator[Refusal]:
    for line in lines:
        if strange := next((word for word in line.new if is_strange(word, line.old)), ""):
            yield Refusal(rule="signs", reason=f"'{strange[:40]}' is nothing that was said")
        if loops(line.new) and not loops(line.old):
            yield Refusal(rule="loops", reason="it repeats itself")
    for line in lines:
        yield from _in_line(line, budget, language)
    total = sum(len(line.old) for line in lines)
    changed = sum(_changed(line) for line in lines)
    if changed > max(2.0, budget.most_changed * total):
        yield Refusal(rule="words", reason=f"{changed} of {total} words are other ones")
    before = sum(len(word) for line in lines for word in line.old)
    after = sum(len(word) for line in lines for word in line.new)
    # punctuation makes up to a letter a word; short windows have some letters free
    if abs(after - before) > budget.most_longer * before + 0.2 * total + 8:
        yield Refusal(rule="length", reason=f"{before} letters have become {after}")


def _in_line(line: Line, budget: Budget, language: str) -> Iterator[Refusal]:
    if line.old and not line.new:
        yield Refusal(rule="empty", reason="a line came back empty")
    for old, new, first in _runs(line):
        said = f"'{' '.join(old)}' has become '{' '.join(new)}'" if new else f"'{' '.join(old)}'"
        said = said if old else f"'{' '.join(new)}' was put in"
        if any(_is_number(word) for word in (*old, *new)):
            yield Refusal(rule="numbers", reason=f"a number: {said}")
        if any(_negates(word) for word in old) != any(_negates(word) for word in new):
            yield Refusal(rule="negations", reason=f"a negation: {said}")
        if budget.keep_names and _touches_names(line, old, new, first, budget.glossary):
            yield Refusal(rule="names", reason=f"a name: {said}")
        if not _plausible(old, new, line, first, budget.glossary, language):
            yield Refusal(rule="words", reason=f"not what was said: {said}")
    changed = _changed(line)
    if changed >= _LINE_WORDS and changed > _LINE_SHARE * len(line.old):
        yield Refusal(rule="words", reason=f"{changed} of {len(line.old)} words of a line changed")


def _runs(line: Line) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], tuple[int, int]]]:
    """Stretches of changed words: what stood there, what stands there, and where each begins."""
    for same, group in groupby(line.edits, key=lambda edit: edit.same):
        if not same:
            edits = list(group)
            first, last = edits[0], edits[-1]
            old = line.old[first.old_start : last.old_end]
            new = line.new[first.new_start : last.new_end]
            yield old, new, (first.old_start, first.new_start)


def _changed(line: Line) -> int:
    return sum(max(edit.old_count, edit.new_count) for edit in line.edits if not edit.same)


def _plausible(
    old: Sequence[str],
    new: Sequence[str],
    line: Line,
    first: tuple[int, int],
    glossary: frozenset[str],
    language: str,
) -> bool:
    """Whether a change can be a mended spelling, a mended mishearing, or a small word."""
    if len(new) > len(old) + MOST_ADDED:
        return False
    if all(_is_small(word, language) for word in (*old, *new)):
        return True
    if not new:
        return _is_repeated(old, line.old, first[0])
    if old and any(_plain(word) in glossary for word in new):
        return sounds(old, new, language) >= ALIKE / 2
    return bool(old) and sounds(old, new, language) >= ALIKE


def sounds(old: Sequence[str], new: Sequence[str], language: str) -> float:
    """How alike two wordings sound or look, 0..1; the pronunciation is English or not used."""
    a, b = "".join(map(heard, old)), "".join(map(heard, new))
    looks = difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()
    if not is_english(language) or not (a.isascii() and b.isascii()):
        return looks
    was, now = (" ".join(map(_phones, words)).split() for words in (old, new))
    return max(looks, difflib.SequenceMatcher(None, was, now, autojunk=False).ratio())


@lru_cache(maxsize=4096)
def _phones(word: str) -> str:
    return pronounce(heard(word))


def _is_repeated(old: Sequence[str], line: Sequence[str], at: int) -> bool:
    """Whether what was dropped stands right beside it a second time: a stammer."""
    said = [heard(word) for word in line]
    gone, count = [heard(word) for word in old], len(old)
    before, after = said[max(0, at - count) : at], said[at + count : at + 2 * count]
    return gone in (before, after)


def _is_small(word: str, language: str) -> bool:
    plain = _plain(word)
    if plain in FILLERS or plain in FUNCTION_WORDS:
        return True
    return not is_english(language) and len(heard(word)) <= _SMALL_LETTERS


def _plain(word: str) -> str:
    return word.strip(".,;:?!\"'()[]\u2026\u201c\u201d").replace("\u2019", "'").lower()


def _is_number(word: str) -> bool:
    return any(sign.isdigit() for sign in word) or _plain(word) in NUMBER_WORDS


def _negates(word: str) -> bool:
    plain = _plain(word)
    return plain in _NEGATIONS or plain.endswith("n't")


def _touches_names(
    line: Line,
    old: Sequence[str],
    new: Sequence[str],
    first: tuple[int, int],
    glossary: frozenset[str],
) -> bool:
    """Whether a name was changed, or put where none was; a word of the glossary may be."""
    if new and all(_plain(word) in glossary for word in new if _is_named(word)):
        known = any(_plain(word) in glossary for word in new)
        if known:
            return False
    was = _names(line.old, first[0], len(old))
    return bool(was) or bool(_names(line.new, first[1], len(new)))


def _names(words: Sequence[str], at: int, count: int) -> list[str]:
    """Words that look like names: a capital where no sentence begins."""
    if all(word.isupper() or not any(map(str.isalpha, word)) for word in words):
        return []  # all in capitals: they say nothing
    return [
        words[place]
        for place in range(at, at + count)
        if _is_named(words[place]) and place > 0 and not _ENDS.search(words[place - 1])
    ]


def _is_named(word: str) -> bool:
    letters = [sign for sign in word if sign.isalpha()]
    plain = _plain(word)
    return bool(letters) and letters[0].isupper() and plain != "i" and not plain.startswith("i'")


def is_strange(word: str, old: Iterable[str]) -> bool:
    """Whether a word holds marks of code or addresses, and nobody's old word did."""
    return _STRANGE.search(word) is not None and word not in set(old)


def loops(words: Sequence[str]) -> bool:
    """Whether up to six words stand four times in a row."""
    said = [heard(word) for word in words]
    for length in range(1, 7):
        run = 0
        for at in range(length, len(said)):
            run = run + 1 if said[at] == said[at - length] else 0
            if run >= length * (_LOOP - 1):
                return True
    return False
