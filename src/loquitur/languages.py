"""Languages as engines, containers and people name them, and their BCP 47 tags.

The primary subtag of a tag, what Whisper calls it, the codes of containers, English names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

ANY = frozenset({"", "und", "mul", "auto"})

EUROPEAN = (
    *("bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hr", "hu", "it", "lt", "lv"),
    *("mt", "nl", "pl", "pt", "ro", "ru", "sk", "sl", "sv", "uk"),
)
"""What NVIDIA's multilingual models know (Parakeet v3, Canary v2)."""

WHISPER = (
    *(
        "en",
        "zh",
        "de",
        "es",
        "ru",
        "ko",
        "fr",
        "ja",
        "pt",
        "tr",
        "pl",
        "ca",
        "nl",
        "ar",
        "sv",
        "it",
        "id",
        "hi",
    ),
    *(
        "fi",
        "vi",
        "he",
        "uk",
        "el",
        "ms",
        "cs",
        "ro",
        "da",
        "hu",
        "ta",
        "no",
        "th",
        "ur",
        "hr",
        "bg",
        "lt",
        "la",
    ),
    *(
        "mi",
        "ml",
        "cy",
        "sk",
        "te",
        "fa",
        "lv",
        "bn",
        "sr",
        "az",
        "sl",
        "kn",
        "et",
        "mk",
        "br",
        "eu",
        "is",
        "hy",
    ),
    *(
        "ne",
        "mn",
        "bs",
        "kk",
        "sq",
        "sw",
        "gl",
        "mr",
        "pa",
        "si",
        "km",
        "sn",
        "yo",
        "so",
        "af",
        "oc",
        "ka",
        "be",
    ),
    *(
        "tg",
        "sd",
        "gu",
        "am",
        "yi",
        "lo",
        "uz",
        "fo",
        "ht",
        "ps",
        "tk",
        "nn",
        "mt",
        "sa",
        "lb",
        "my",
        "bo",
        "tl",
    ),
    *("mg", "as", "tt", "haw", "ln", "ha", "ba", "jw", "su", "yue"),
)
"""The languages of Whisper's tokenizer in its order, by its own codes; `yue` since large-v3."""

_WHISPER_NAMES = {"jv": "jw", "nb": "no", "fil": "tl", "iw": "he", "cmn": "zh", "in": "id"}


def primary(language: str) -> str:
    """The first subtag of a BCP 47 tag in lower case; empty where no language is named.

    >>> primary("pt_BR"), primary("und")
    ('pt', '')
    """
    found = language.replace("_", "-").split("-")[0].lower()
    return "" if found in ANY else found


def whisper_code(language: str) -> str:
    """What Whisper's tokenizer calls a language; empty where none is named.

    >>> whisper_code("jv-ID"), whisper_code("en-GB")
    ('jw', 'en')
    """
    found = primary(language)
    return _WHISPER_NAMES.get(found, found)


def named(text: str) -> tuple[str, ...]:
    """The tags that a table's words for languages stand for; empty for any, or where it is unsaid.

    >>> named("en fr de"), named("en (IEMOCAP)"), len(named("25 European languages")), named("any")
    (('en', 'fr', 'de'), ('en',), 25, ())
    """
    words = text.partition(" (")[0].replace(",", " ").split()
    if "European" in words:
        return EUROPEAN
    if words and words[0] in ("99", "100"):
        return WHISPER
    return tuple(words) if all(len(word) <= 3 for word in words) and words != ["any"] else ()


def is_among(language: str, known: Collection[str]) -> bool:
    """Whether a language is one of those known; so is one that is not named, and none known is any.

    >>> is_among("pt-BR", ["en", "pt"]), is_among("nb", WHISPER), is_among("und", ["en"])
    (True, True, True)
    """
    found = primary(language)
    if not found or not known or found in known:
        return True
    return not {found, whisper_code(language)}.isdisjoint(map(primary, known))


def check_language(language: str, known: Collection[str], *, model: str, hint: str = "") -> None:
    """Hold a language against those a model knows; an empty collection knows any.

    Raises:
        UsageError: The model does not know it.
    """
    if is_among(language, known):
        return
    listed = " ".join(known) if len(known) <= 30 else f"{len(known)} languages"
    raise UsageError(
        f"{model} does not know the language '{language}'",
        hint=hint or f"it knows {listed}; take another engine",
        code="LQ-NO-LANGUAGE",
    )


_ENGLISH_SAID = """
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
ENGLISH_NAMES = dict(pair.split(":") for pair in _ENGLISH_SAID.split())
"""English names of languages, lower case, with their BCP 47 tags."""

_THREE_LETTERS_SAID = """
afr:af alb:sq sqi:sq amh:am ara:ar arm:hy hye:hy aze:az baq:eu eus:eu bel:be ben:bn bos:bs
bul:bg bur:my mya:my cat:ca chi:zh zho:zh hrv:hr cze:cs ces:cs dan:da dut:nl nld:nl eng:en
est:et fin:fi fre:fr fra:fr glg:gl geo:ka kat:ka ger:de deu:de gre:el ell:el guj:gu heb:he
hin:hi hun:hu ice:is isl:is ind:id ita:it jpn:ja jav:jv kan:kn kaz:kk khm:km kor:ko lao:lo
lat:la lav:lv lit:lt mac:mk mkd:mk may:ms msa:ms mal:ml mar:mr mon:mn nep:ne nob:nb nor:no
nno:nn pan:pa per:fa fas:fa pol:pl por:pt rum:ro ron:ro rus:ru srp:sr sin:si slo:sk slk:sk
slv:sl som:so spa:es swa:sw swe:sv tam:ta tel:te tgl:tl tha:th tur:tr ukr:uk urd:ur uzb:uz
vie:vi wel:cy cym:cy yid:yi zul:zu
"""
_THREE_LETTERS = dict(pair.split(":") for pair in _THREE_LETTERS_SAID.split())
"""Codes of containers (ISO 639-2, both kinds) with the two letters that BCP 47 asks for."""


def from_container(code: str) -> str:
    """The BCP 47 tag of a language as containers name it; empty where none is named.

    >>> from_container("ger"), from_container("pt-BR"), from_container("und")
    ('de', 'pt-BR', '')
    """
    head, *rest = code.strip().replace("_", "-").split("-")
    head = _THREE_LETTERS.get(head.lower(), head.lower())
    return "" if head in ANY else "-".join([head, *rest])


def is_tag(text: str) -> bool:
    """Whether a text reads as the tag of a language that is well known, as in a file's name.

    >>> is_tag("pt-BR"), is_tag("zh_TW"), is_tag("talk"), is_tag("new")
    (True, True, False, False)
    """
    head, *rest = text.replace("_", "-").split("-")
    return (head in WHISPER or head in EUROPEAN or head in _WHISPER_NAMES) and all(
        len(part) in range(2, 9) and part.isascii() and part.isalnum() for part in rest
    )
