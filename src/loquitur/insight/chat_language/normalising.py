"""A copy of a message in plain words, and what stood where in the message itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from loquitur.insight.chat_language.matching import Matcher
from loquitur.insight.chat_language.tables import own_tables
from loquitur.languages import primary

if TYPE_CHECKING:
    from loquitur.insight.chat_language.tables import Entry

KNOWN = ("en", "ko", "ja", "es")
"""Languages that the tables have words of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that the copy says in other words.

    Args:
        start: Its place in the original, in characters.
        end: Exclusive.
        surface: As it stands there.
        plain: As the copy says it.
        kind: Of the row that says so; `stretched` for a word with repeated letters.
    """

    start: int
    end: int
    surface: str
    plain: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalised:
    """A message and its copy in plain words.

    Args:
        original: As it was given, every character of it.
        text: The copy.
        changes: In the order of the original.
    """

    original: str
    text: str
    changes: tuple[Change, ...]


def normalise(text: str, language: str = "und") -> Normalised:
    """A copy of a message with slang, abbreviations, emoji and laughter in plain words.

    Args:
        text: A message.
        language: BCP 47; decides which tables are read.

    >>> normalise("W stream ㅋㅋㅋ").text
    'win stream (laughter)'
    """
    changes: list[Change] = []
    pieces: list[str] = []
    at = 0
    for unit in matcher_of(primary(language) or "und").units(text):
        plain, kind = _plain(unit.surface, unit.key, unit.entry)
        if plain == unit.surface:
            continue
        pieces += [text[at : unit.start], plain]
        at = unit.end
        changes.append(
            Change(start=unit.start, end=unit.end, surface=unit.surface, plain=plain, kind=kind)
        )
    return Normalised(original=text, text="".join([*pieces, text[at:]]), changes=tuple(changes))


@lru_cache(maxsize=8)
def matcher_of(language: str) -> Matcher:
    """The matcher of our tables alone, for one language."""
    return Matcher(own_tables(), language=language)


def _plain(surface: str, key: str, entry: Entry | None) -> tuple[str, str]:
    if entry is not None and entry.expansion:
        return entry.expansion, entry.kind
    if surface.lower() != key and surface.isalpha() and key.isalpha() and entry is not None:
        return key, "stretched"
    return surface, ""
