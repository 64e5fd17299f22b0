"""Stems of words by language.

Source: Porter: Snowball: A language for stemming algorithms, 2001.
"""

from __future__ import annotations

import importlib
import threading
from functools import lru_cache
from typing import Any

_ALGORITHMS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian",
    "nl": "dutch", "no": "norwegian", "nb": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "und": "english",
    "": "english",
}  # fmt: skip
_ALONE = threading.Lock()
"""A stemmer keeps the word it is at in itself: one thread at a time."""


def has_stems(language: str) -> bool:
    """Whether words of a language (BCP 47) can be stemmed."""
    return language.lower().partition("-")[0] in _ALGORITHMS


@lru_cache(maxsize=1 << 17)
def stem(word: str, language: str = "en") -> str:
    """The stem of a token in lower case; the token itself in a language without an algorithm.

    >>> stem("slicing"), stem("carrots")
    ('slice', 'carrot')
    """
    algorithm = _ALGORITHMS.get(language.lower().partition("-")[0], "")
    if not algorithm:
        return word
    with _ALONE:
        return str(_stemmer(algorithm).stemWord(word))


@lru_cache(maxsize=32)
def _stemmer(algorithm: str) -> Any:
    module = importlib.import_module(f"snowballstemmer.{algorithm}_stemmer")
    return getattr(module, f"{algorithm.title()}Stemmer")()
