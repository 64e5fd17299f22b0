"""What a question asks for: its words that count, and what its answer is like.

What kind of answer a question wants is read off its question words, as Li and Roth ("Learning
question classifiers", COLING 2002) classify questions; the words are in `questions.toml`.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from loquitur.languages import primary
from loquitur.library.search.stop_words import stop_words

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

Wanted = Literal["number", "time", "person", "place", "meaning", "other"]
ORDER: tuple[Wanted, ...] = ("time", "number", "person", "place", "meaning")
"""`how many` before `who`; `what year` and `how long ago` before `how long`."""
LONGEST = 2_000
"""Characters of a question that are read; what is longer than that asks for more than one thing."""

_EXPLAINED = 3
"""Words that count of a question for a meaning, at most; `what is the effect of ...` has more."""
_EXPLAINED_SIGNS = 14
"""The same in characters where there are no blanks."""
UNSPACED = ("zh", "ja", "ko")
"""Languages whose words are looked for inside runs of characters too."""
_WORD = re.compile(r"[\w][\w'\u2019-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as it is understood.

    Args:
        text: As it was asked, at most `LONGEST` characters.
        language: Primary tag; the first of those offered where nothing tells.
        wanted: What its answer is like.
        content: The text with words of asking blotted out, of the same length.
        names: Ranges of characters of what is written like a name or a figure in it.
    """

    text: str
    language: str
    wanted: Wanted
    content: str
    names: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manner:
    """How one language asks."""

    words: frozenset[str]
    wanted: Mapping[str, re.Pattern[str]]
    asking: re.Pattern[str]
    defines: re.Pattern[str]


def read_question(text: str, *, languages: Sequence[str] = ()) -> Question:
    """Understand a question.

    Args:
        text: As it was asked, in whatever language.
        languages: Primary tags of what is asked about; they win where nothing else tells.

    >>> found = read_question("How many wheels does a car have?")
    >>> found.language, found.wanted, found.content.split()
    ('en', 'number', ['wheels', 'a', 'car', 'have?'])
    """
    text = text[:LONGEST]
    plain = _plain(text)
    language = _language(plain, languages)
    manner = _manners().get(language)
    wanted: Wanted = "other"
    content = text
    if manner is not None:
        wanted = next((one for one in ORDER if manner.wanted[one].search(plain)), "other")
        content = _blotted(manner.asking, text, plain)
        if wanted == "meaning" and not _is_short(content, language):
            wanted = "other"
    return Question(
        text=text,
        language=language,
        wanted=wanted,
        content=content if content.strip(" ?¿!¡.,？。،؟") else text,
        names=tuple(_names(text, language)),
    )


def question_words(language: str) -> Collection[str]:
    """Words of asking of a language; none where it is not among those known."""
    manner = _manners().get(primary(language))
    return manner.words if manner else frozenset()


def defining(language: str) -> re.Pattern[str]:
    """What stands behind a word where it is explained, in lower case; nothing where unknown."""
    manner = _manners().get(primary(language))
    return manner.defines if manner else re.compile("(?!)")


def _blotted(pattern: re.Pattern[str], text: str, plain: str) -> str:
    """The text with blanks, as many, in the place of what fits in its plain form."""
    holes = pattern.sub(lambda match: " " * len(match[0]), plain)
    return "".join(" " if one == " " else sign for one, sign in zip(holes, text, strict=True))


def _is_short(content: str, language: str) -> bool:
    if language in UNSPACED:
        return len("".join(content.split())) <= _EXPLAINED_SIGNS
    words = [word.lower() for word in _WORD.findall(content)]
    return sum(word not in stop_words(language) for word in words) <= _EXPLAINED


def _plain(text: str) -> str:
    """Lower case, sign for sign: ranges of it are ranges of the text."""
    lower = [sign.lower() for sign in text.replace("\u2019", "'")]
    return "".join(one if len(one) == 1 else sign for one, sign in zip(lower, text, strict=True))


def _language(plain: str, offered: Sequence[str]) -> str:
    """By script, then by the words of asking in it, then the first of those offered."""
    scripts = _scripts(plain)
    if scripts["kana"]:
        return "ja"
    if scripts["hangul"]:
        return "ko"
    if scripts["han"]:
        return "ja" if "ja" in offered and "zh" not in offered else "zh"
    known = _manners()
    words = set(_WORD.findall(plain))
    counts = {
        name: sum(word in manner.words for word in words)
        for name, manner in known.items()
        if name not in UNSPACED
    }
    most = max(counts.values())
    best = [name for name, count in counts.items() if count == most]
    if not most:
        return next((one for one in offered if one not in UNSPACED), "en")
    return next((one for one in offered if one in best), best[0])


def _scripts(text: str) -> dict[str, bool]:
    return {
        "kana": bool(re.search("[\u3041-\u30fa]", text)),
        "hangul": bool(re.search("[\u1100-\u11ff\uac00-\ud7af]", text)),
        "han": bool(re.search("[\u3400-\u9fff]", text)),
    }


def _names(text: str, language: str) -> list[tuple[int, int]]:
    """Figures, and capitals where the language does not write every noun with one."""
    found = []
    for match in _WORD.finditer(text):
        word = match[0]
        capital = word[0].isupper() and match.start() > 0 and language != "de"
        if any(sign.isdigit() for sign in word) or capital or word[1:] != word[1:].lower():
            found.append(match.span())
    return found


@lru_cache(maxsize=1)
def _manners() -> dict[str, _Manner]:
    path = Path(__file__).with_suffix(".toml")
    read = tomllib.loads(path.read_text(encoding="utf-8"))
    return {name: _manner(table, unspaced=name in UNSPACED) for name, table in read.items()}


def _manner(table: Mapping[str, object], *, unspaced: bool) -> _Manner:
    words = [_plain(unicodedata.normalize("NFC", one)) for one in str(table["words"]).split()]
    wanted = {
        name: any_of([_plain(one) for one in _strings(table.get(name))], unspaced=unspaced)
        for name in get_args(Wanted)
    }
    return _Manner(
        words=frozenset(words),
        wanted=wanted,
        asking=any_of(words, unspaced=unspaced),
        defines=any_of([_plain(one) for one in _strings(table.get("defines"))], unspaced=unspaced),
    )


def _strings(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def any_of(words: Sequence[str], *, unspaced: bool) -> re.Pattern[str]:
    """A pattern of any of these, the longest first; whole words where there are blanks."""
    if not words:
        return re.compile("(?!)")
    either = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.compile(either if unspaced else rf"(?<!\w)(?:{either})(?!\w)")
