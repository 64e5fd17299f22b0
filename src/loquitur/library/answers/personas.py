"""Tones of an answer (`personas.toml`). None of them lets it speak as somebody."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from loquitur.errors import UsageError, near

DEFAULT = "assistant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Persona:
    """A tone.

    Args:
        name: What it is chosen by.
        title: For people.
        tone: Told to the model.
        most_claims: Sentences of an answer at most.
    """

    name: str
    title: str
    tone: str
    most_claims: int


def persona(name: str) -> Persona:
    """A tone by its name.

    Raises:
        UsageError: There is none of that name.

    >>> persona("brief").most_claims
    2
    """
    known = personas()
    if name not in known:
        raise UsageError(f"no persona is called '{name[:40]}'", hint=near(name, known))
    return known[name]


@lru_cache(maxsize=1)
def personas() -> dict[str, Persona]:
    """All tones by name."""
    text = (
        resources.files("loquitur.library.answers")
        .joinpath("personas.toml")
        .read_text(encoding="utf-8")
    )
    return {name: Persona(name=name, **values) for name, values in tomllib.loads(text).items()}
