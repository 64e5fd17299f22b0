"""Terms as people write them, found in texts: words, phrases, `equivarian*`, any script.

A term is compared without regard to case and to how its characters are composed. It begins where a
word begins and ends where one ends; a star stands for any letters. Blanks of a phrase match any
run of blanks and hyphens. Chinese, Japanese and Thai have no blanks, so there a term may stand
anywhere; behind a Korean term its particles may stand.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.errors import UsageError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_STARS = 2
_MOST_LETTERS = 40
"""A star stands for at most so many letters: with `MOST_STARS` that bounds the work."""
_LONGEST = 200
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u1000-\u109f\u1780-\u17ff]"
)
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_BLANKS = re.compile(r"[\s-]+")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'"})
_PARTICLES = """
이 가 은 는 을 를 의 도 에 에서 에게 께 로 으로 와 과 랑 이랑 만 까지 부터 처럼 보다 나
이나 라도 이라도 요 이요 이에요 예요 입니다 이다 다 하고 한테 마다 조차 밖에 이고 고 이라 라
에는 에도 은요 는요
"""
"""Korean particles and forms of "to be" that are hung onto a noun. Written for this project."""


@dataclass(frozen=True, slots=True)
class Term:
    """A term and where it is found.

    Args:
        text: As it was given, in one composition, blanks single.
        pattern: For texts as `comparable` gives them.
    """

    text: str
    pattern: re.Pattern[str]

    def within(self, text: str) -> bool:
        """Whether a comparable text has it."""
        return self.pattern.search(text) is not None

    def without(self, text: str) -> str:
        """A comparable text with the term's words taken out."""
        return self.pattern.sub(" ", text)


def comparable(text: str) -> str:
    """A text as terms are looked for in it: composed (NFC), apostrophes straight."""
    return unicodedata.normalize("NFC", text).translate(_APOSTROPHES)


def term(text: str) -> Term:
    """A term of its text.

    Raises:
        UsageError: There is no letter, digit or sign in it, or it has too many stars.

    >>> term("equivarian*").within("so Equivariance helps"), term("c++").within("in c++ we")
    (True, True)
    >>> term("art").within("party")
    False
    """
    plain = " ".join(comparable(text).split())
    if not plain.replace("*", "").strip(" -"):
        raise UsageError(f"not a term: '{display(text[:40])}'", hint="a word, a phrase, or `word*`")
    if plain.count("*") > MOST_STARS:
        raise UsageError(f"'{display(plain[:40])}' has more than {MOST_STARS} stars")
    if len(plain) > _LONGEST:
        raise UsageError(f"a term has at most {_LONGEST} characters: '{display(plain[:40])}...'")
    return Term(plain, re.compile(_expression(plain), re.IGNORECASE))


def terms(texts: Iterable[str]) -> tuple[list[Term], list[str]]:
    """Terms, each once, and those that were given again.

    Raises:
        UsageError: One is none.
    """
    found: dict[str, Term] = {}
    again: list[str] = []
    for text in texts:
        one = term(text)
        key = one.text.casefold()
        if key in found:
            again.append(one.text)
        else:
            found[key] = one
    return list(found.values()), again


def _expression(plain: str) -> str:
    words = (word for word in _BLANKS.split(plain) if word)
    middle = r"[\s-]+".join(
        rf"\w{{0,{_MOST_LETTERS}}}".join(re.escape(part) for part in word.split("*"))
        for word in words
    )
    first, last = plain[0], plain[-1]
    before = r"(?<!\w)" if _is_bound(first) else ""
    if _HANGUL.match(last):
        after = f"(?:{'|'.join(sorted(_PARTICLES.split(), key=len, reverse=True))})?" + r"(?!\w)"
    else:
        after = r"(?!\w)" if _is_bound(last) else ""
    return before + middle + after


def _is_bound(sign: str) -> bool:
    """Whether a word cannot go on at this end of a term."""
    return (sign.isalnum() or sign in "_*") and not _UNSPACED.match(sign)
