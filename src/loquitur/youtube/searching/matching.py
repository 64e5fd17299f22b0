"""Whether a video's own words hold those of the query. It is told, never used to drop anything."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_TOKEN = re.compile(r'(-?)(?:"([^"]*)"|([^\s"|]+))|(\|)')
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0eff]")
"""Scripts without blanks between words, or with endings grown onto them: found inside others."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One word or phrase of each inner tuple must be there; none of `banned`."""

    groups: tuple[tuple[str, ...], ...]
    banned: tuple[str, ...]


def matches(query: str, texts: Iterable[str | None], *, complete: bool) -> bool | None:
    """Whether texts hold the words of a query.

    Each word must stand in one of the texts as a whole word, whatever its case; `a|b` is one of
    the two, `-a` none, quotes a phrase.

    Args:
        query: As the user typed it.
        texts: Title, description, tags.
        complete: Whether these are the whole texts; where they are cut, a word that is not found
            may stand in what was cut off.

    Returns:
        None where that is not known.

    >>> matches("street chess", ["Chess in the STREET"], complete=True)
    True
    >>> matches("comet -band", ["A band called Comet"], complete=True)
    False
    """
    wanted = _parsed(query)
    text = "\n".join(_folded(item) for item in texts if item)
    if any(_holds(text, word) for word in wanted.banned):
        return False
    if all(any(_holds(text, word) for word in group) for group in wanted.groups):
        return True
    return False if complete else None


@lru_cache(maxsize=64)
def _parsed(query: str) -> _Wanted:
    groups: list[list[str]] = []
    banned = []
    joined = False
    for sign, phrase, word, bar in _TOKEN.findall(query):
        if bar:
            joined = bool(groups)
            continue
        found = _folded(phrase or word).strip()
        if not found:
            continue
        if sign:
            banned.append(found)
        elif joined:
            groups[-1].append(found)
        else:
            groups.append([found])
        joined = False
    return _Wanted(tuple(tuple(group) for group in groups), tuple(banned))


def _holds(text: str, word: str) -> bool:
    return bool(_pattern(word).search(text))


@lru_cache(maxsize=256)
def _pattern(word: str) -> re.Pattern[str]:
    inner = r"\s+".join(re.escape(part) for part in word.split())
    if _UNSPACED.search(word):
        return re.compile(inner)
    start = r"(?<!\w)" if word[0].isalnum() else ""
    end = r"(?!\w)" if word[-1].isalnum() else ""
    return re.compile(start + inner + end)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
