"""What a library and those who ask it must agree on: how words are cut, and whose vectors it holds.

Every index notes both beside its passages, and refuses what does not fit, with the command that
makes the library anew.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib import metadata
from typing import TYPE_CHECKING

import msgspec

from loquitur.conversion import convert
from loquitur.errors import CorruptError, UsageError
from loquitur.library import terms
from loquitur.model.library import Encoding

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_PLAIN = re.compile(r"[\w@%+=:,./\\~-]+")
"""What no shell reads as anything but a word."""


def rules() -> str:
    """By which rules terms are made here: ours, and the stemmers' version."""
    return f"{terms.VERSION}, snowballstemmer {_stemmers()}"


@lru_cache(maxsize=1)
def _stemmers() -> str:
    return metadata.version("snowballstemmer")


def check_rules(found: str, *, place: str, library: str) -> None:
    """Refuse words that were cut by other rules than those of queries.

    Args:
        found: The rules that the library notes (`rules`).
        place: Where it is, for people.
        library: What a command names it by.

    Raises:
        UsageError: They were; with the command that makes them anew.
    """
    if found != rules():
        raise UsageError(
            f"{place}: its words were cut by other rules ({found}; here {rules()})",
            hint=cure(library),
        )


def noted(encoding: Encoding) -> str:
    """An encoding as an index notes it."""
    return json.dumps({name: getattr(encoding, name) for name in Encoding.__slots__})


def encoding_of(note: str, *, place: str, library: str) -> Encoding | None:
    """What `noted` was given; None of an empty note.

    Args:
        note: Untrusted, as whatever a library says.
        place: Where it is, for people.
        library: What a command names it by.

    Raises:
        CorruptError: It is no such note.
    """
    if not note:
        return None
    try:
        return convert(json.loads(note), Encoding)
    except (ValueError, RecursionError, msgspec.ValidationError) as exc:
        raise CorruptError(
            f"{place}: nobody can tell whose vectors it holds", hint=cure(library)
        ) from exc


def check_vectors(
    vectors: NDArray[np.float32],
    given: Encoding | None,
    known: Encoding | None,
    *,
    passages: int,
    place: str,
    library: str,
) -> Encoding:
    """Whose the vectors of a part are.

    Args:
        vectors: Of its passages.
        given: Whose they are said to be.
        known: Whose the library holds; None where it holds none.
        passages: How many it has.
        place: Where the library is, for people.
        library: What a command names it by.

    Raises:
        UsageError: They are nobody's, not one a passage, or of another model than those it holds.
    """
    if given is None:
        raise UsageError("vectors without an encoding")
    if vectors.shape != (passages, given.dimension):
        raise UsageError(
            f"vectors of shape {vectors.shape} for {passages} passages,"
            f" of {given.dimension} numbers each"
        )
    if known is not None and known != given:
        raise UsageError(
            f"{place}: its vectors are of {_described(known)}, not of {_described(given)}",
            hint=cure(library, embedding=given.name),
        )
    return given


def check_asked(vector: NDArray[np.float32], known: Encoding, *, place: str) -> None:
    """Refuse to look for a vector that is not as long as those of a library.

    Raises:
        UsageError: It is not.
    """
    if vector.shape != (known.dimension,):
        raise UsageError(f"{place}: a vector of {vector.shape}, its own have {known.dimension}")


def _described(encoding: Encoding) -> str:
    """An encoding for people, with what tells it from others of its name."""
    digest = f" {encoding.digest[:12]}" if encoding.digest else ""
    return f"{encoding.name} ({encoding.version}{digest}, {encoding.dimension} numbers)"


def cure(library: str = "", *, embedding: str = "") -> str:
    """The command that makes a library anew, fit to be typed.

    Args:
        library: What it is named by; empty for the one that is meant where none is said.
        embedding: The engine of its vectors, where it is to be another.

    >>> print(cure("my course", embedding="hashing"))
    loquitur library rebuild --library "my course" --embedding hashing
    """
    options = (("--library", library), ("--embedding", embedding))
    given = [f" {option} {_quoted(value)}" for option, value in options if value]
    return "loquitur library rebuild" + "".join(given)


def _quoted(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else f'"{text}"'
