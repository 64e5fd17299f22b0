"""Languages as annotators wrote them, and their tags."""

from __future__ import annotations

from functools import lru_cache

from loquitur.errors import UsageError, near
from loquitur.languages import ENGLISH_NAMES, is_tag

UNCODED = "mis"
"""BCP 47's tag for a language that has none; here one whose name is in no table."""


@lru_cache(maxsize=1024)
def tag_of(name: str) -> str:
    """The tag of a language by its English name or tag; empty where none is said.

    >>> tag_of("Slovene"), tag_of("pt-BR"), tag_of("Klingon"), tag_of("")
    ('sl', 'pt-BR', 'mis', '')
    """
    plain = name.strip()
    if not plain:
        return ""
    return ENGLISH_NAMES.get(plain.lower()) or (plain if is_tag(plain) else UNCODED)


def chosen(language: str) -> str:
    """The tag that a user means; empty for `all`.

    Raises:
        UsageError: It is no language that is known.
    """
    if language.strip().lower() in ("", "all", "any"):
        return ""
    found = tag_of(language)
    if found == UNCODED and language.strip().lower() != UNCODED:
        raise UsageError(
            f"no language is called '{language[:40]}'", hint=near(language, ENGLISH_NAMES)
        )
    return found
