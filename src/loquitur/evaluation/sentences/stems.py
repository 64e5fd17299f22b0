"""Stems of words by language.

Source: Porter: Snowball: A language for stemming algorithms, 2001.
"""

from __future__ import annotations

import importlib
import threading
from functools import lru_cache
from typing import Any

from loquitur.languages import primary

_ALGORITHMS = {
    "ar": "arabic", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "es": "spanish", "fi": "finnish", "fr": "french", "hu": "hungarian", "it": "italian",
    "nl": "dutch", "no": "norwegian", "nb": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sv": "swedish", "ta": "tamil", "tr": "turkish", "": "english",
}  # fmt: skip
_ALONE = threading.Lock()
"""A stemmer keeps the word it is at in itself: one thread at a time."""


@lru_cache(maxsize=1 << 17)
def stem(word: str, language: str = "en") -> str:
    """The stem of a token in lower case; the token itself in a language without an algorithm.

    >>> stem("slicing"), stem("carrots")
    ('slice', 'carrot')
    """
    algorithm = _ALGORITHMS.get(primary(language), "")
    if not algorithm:
        return word
    with _ALONE:
        return str(_stemmer(algorithm).stemWord(word))


@lru_cache(maxsize=32)
def _stemmer(algorithm: str) -> Any:
    module = importlib.import_module(f"snowballstemmer.{algorithm}_stemmer")
    return getattr(module, f"{algorithm.title()}Stemmer")()
