"""What is known of a language where its lines break: word classes, abbreviations, particles.

One TOML file a language in `grammars/`, word lists and where they come from; a language without
one breaks at marks and pauses and by length alone.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from loquitur.languages import primary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

UNKNOWN = ""
_ALIASES = {"nb": "no", "nn": "no", "yue": "zh", "cmn": "zh"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """The word lists of a language.

    Args:
        language: Primary subtag; empty where nothing is known.
        classes: The class of each function word, in lower case.
        suffixes: Endings of open classes, each with its class; the first that fits counts.
        abbreviations: Words whose full stop ends no sentence, without it.
        titles: Those among them that stand before a name.
        follows: Pieces of unspaced text behind which one may break (particles).
        leads: Pieces of unspaced text before which one may break (conjunctions, prepositions).
        whole: Words of unspaced text that do not break.
        names: Whether a capital inside a sentence tells a name; not in German.
    """

    language: str = UNKNOWN
    classes: Mapping[str, str] = field(default_factory=dict)
    suffixes: tuple[tuple[str, str], ...] = ()
    abbreviations: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()
    follows: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    whole: frozenset[str] = frozenset()
    names: bool = True


@lru_cache(maxsize=32)
def grammar_of(language: str) -> Grammar:
    """The grammar for a BCP 47 tag; an empty one for a language without a table.

    >>> grammar_of("en-GB").classes["the"], grammar_of("xx").classes
    ('article', {})
    """
    name = primary(language)
    name = _ALIASES.get(name, name)
    file = resources.files("loquitur.subtitles").joinpath("grammars", f"{name}.toml")
    if not name.isalpha() or not file.is_file():
        return Grammar()
    return _read(name, tomllib.loads(file.read_text(encoding="utf-8")))


def languages() -> tuple[str, ...]:
    """The languages that have a table."""
    folder = resources.files("loquitur.subtitles").joinpath("grammars")
    return tuple(sorted(one.name[:-5] for one in folder.iterdir() if one.name.endswith(".toml")))


def _read(name: str, table: Mapping[str, Any]) -> Grammar:
    classes: dict[str, str] = {}
    for kind, words in table.get("classes", {}).items():
        for word in words.split():
            classes.setdefault(word, kind)
    short = table.get("abbreviations", {})
    titles = frozenset(short.get("titles", "").split())
    phrases = table.get("phrases", {})
    return Grammar(
        language=name,
        classes=classes,
        suffixes=tuple(
            (ending, kind)
            for kind, endings in table.get("suffixes", {}).items()
            for ending in endings.split()
        ),
        abbreviations=titles | frozenset(short.get("others", "").split()),
        titles=titles,
        follows=tuple(phrases.get("follows", "").split()),
        leads=tuple(phrases.get("leads", "").split()),
        whole=frozenset(
            word
            for name in ("whole", "leads")
            for word in phrases.get(name, "").split()
            if len(word) > 1
        ),
        names=table.get("names", True),
    )
