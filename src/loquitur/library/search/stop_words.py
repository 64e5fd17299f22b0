"""Words of grammar, which a query leaves out: BM25 over every passage is what they would cost."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from loquitur.languages import primary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_WRITTEN_ALIKE = {"nb": "no", "nn": "no"}


@lru_cache(maxsize=1)
def _lists() -> Mapping[str, frozenset[str]]:
    text = resources.files(__package__).joinpath("stop_words.toml").read_text("utf-8")
    return {tag: frozenset(words.split()) for tag, words in tomllib.loads(text).items()}


def languages() -> tuple[str, ...]:
    """Primary tags of the languages that have a list."""
    return tuple(_lists())


def stop_words(language: str) -> frozenset[str]:
    """Of a language, in lower case with its accents; none where there is no list.

    >>> "the" in stop_words("en-GB"), "the" in stop_words("tlh")
    (True, False)
    """
    tag = primary(language) or ""
    return _lists().get(_WRITTEN_ALIKE.get(tag, tag), frozenset())


def asked_in(words: Sequence[str], languages: Sequence[str]) -> str:
    """The language of a query: that of which most of its words are words of grammar.

    Args:
        words: In lower case.
        languages: Those it may be, the likeliest first: it wins a tie. All with a list where none
            is given, English the likeliest.

    >>> asked_in(["wie", "war", "das", "wetter"], ["en", "de"])
    'de'
    """
    known = [tag for tag in languages if stop_words(tag)] or [*_lists()]
    counts = {tag: sum(word in stop_words(tag) for word in words) for tag in known}
    return max(known, key=lambda tag: counts[tag])
