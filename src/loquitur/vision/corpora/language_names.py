"""Languages as annotators wrote them, and their tags."""

from __future__ import annotations

from functools import lru_cache

from loquitur.errors import UsageError, near
from loquitur.languages import is_tag

UNCODED = "mis"
"""BCP 47's tag for a language that has none; here one whose name is in no table."""

_SAID = """
albanian:sq arabic:ar armenian:hy basque:eu bengali:bn bosnian:bs bulgarian:bg catalan:ca
chinese:zh croatian:hr czech:cs danish:da dutch:nl english:en estonian:et filipino:fil finnish:fi
french:fr galician:gl georgian:ka german:de greek:el gujarati:gu hebrew:he hindi:hi hungarian:hu
icelandic:is indonesian:id irish:ga italian:it japanese:ja kannada:kn korean:ko latvian:lv
lithuanian:lt macedonian:mk malay:ms malayalam:ml maltese:mt marathi:mr nepali:ne norwegian:no
persian:fa farsi:fa polish:pl portuguese:pt punjabi:pa romanian:ro russian:ru serbian:sr
sinhala:si slovak:sk slovakian:sk slovene:sl slovenian:sl spanish:es swahili:sw swedish:sv
tagalog:tl tamil:ta telugu:te thai:th turkish:tr ukrainian:uk urdu:ur vietnamese:vi welsh:cy
mandarin:zh cantonese:yue flemish:nl moldovan:ro
"""
NAMES = dict(pair.split(":") for pair in _SAID.split())
"""English names, lower case, with their BCP 47 tags."""


@lru_cache(maxsize=1024)
def tag_of(name: str) -> str:
    """The tag of a language by its English name or tag; empty where none is said.

    >>> tag_of("Slovene"), tag_of("pt-BR"), tag_of("Klingon"), tag_of("")
    ('sl', 'pt-BR', 'mis', '')
    """
    plain = name.strip()
    if not plain:
        return ""
    return NAMES.get(plain.lower()) or (plain if is_tag(plain) else UNCODED)


def chosen(language: str) -> str:
    """The tag that a user means; empty for `all`.

    Raises:
        UsageError: It is no language that is known.
    """
    if language.strip().lower() in ("", "all", "any"):
        return ""
    found = tag_of(language)
    if found == UNCODED and language.strip().lower() != UNCODED:
        raise UsageError(f"no language is called '{language[:40]}'", hint=near(language, NAMES))
    return found
