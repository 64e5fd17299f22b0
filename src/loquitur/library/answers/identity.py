"""Whether an answer speaks as if it were the person whose words it quotes.

An answer is about what somebody said, and never that somebody: the first person singular stands
inside of quotation marks alone, and nobody's own lecture is `ours`.
"""

from __future__ import annotations

import re

from loquitur.languages import primary

QUOTED = re.compile(
    r"\"[^\"]*\"|\u201c[^\u201d]*\u201d|\u201e[^\u201c\u201d]*[\u201c\u201d]|\u00ab[^\u00bb]*\u00bb"
    r"|\u300c[^\u300d]*\u300d|\u300e[^\u300f]*\u300f"
)
_FIRST = {
    "en": r"\b(?:i['\u2019](?:m|ve|d|ll)|me|my|mine|myself)\b",
    "de": r"\b(?:ich|mein|meine[mnrs]?|mir|mich)\b",
    "es": r"\b(?:yo|mí|conmigo|soy|mis)\b",
    "fr": r"\b(?:je|moi|mes)\b|\bj['\u2019](?=\w)",
    "pt": r"\b(?:eu|meus?|minhas?|sou)\b",
    "it": r"\b(?:io|miei|mie|mia|mio)\b",
    "nl": r"\b(?:ik|mijn|mij)\b",
    "ru": r"\b(?:я|меня|мне|мой|моя|мои|мое[йгм]\w*|моё|моём)\b",
    "ar": r"\bأنا\b",
    "hi": r"(?<!\w)(?:मैं|मेर[ीेा])(?!\w)",
    "zh": r"我(?![们們国國方军軍校])",
    "ja": r"私(?![立有的鉄学])|僕(?!都)|俺",
    "ko": r"(?<![가-힣])(?:나는|내가|저는|제가|나의)(?![가-힣])",
}
"""The first person singular by the passages' language; Spanish `me`, Italian `mi` say less."""
_ENGLISH_I = re.compile(r"(?<![.\w])I\b(?!\.)")
_CLAIMED = re.compile(
    r"\bI am\b|\b[Aa]s I\b|\bI['\u2019]m\b|\bspeaking as\b"
    r"|\bI (?:said|say|explained|explain|have|think|believe|will)\b"
    r"|\bmy (?:name|lectures?|videos?|courses?|channel)\b"
)
_NAMED_BEFORE = re.compile(r"[A-Z][\w.]*\s+$")
_JOINING = ("And", "But", "So", "That", "As", "When", "If", "Then", "Here", "Now")
_OURS = re.compile(
    r"\b(?:in|from|of) our (?:\w+ )?(?:lectures?|videos?|courses?|channels?|class|book|paper)\b"
    r"|\bas we (?:said|saw|explained|mentioned|discussed)\b|\bspeaking as\b",
    re.IGNORECASE,
)


def speaks_as_person(claim: str, language: str = "en") -> str:
    """The words by which a claim speaks in the first person; empty where it does not.

    Args:
        claim: In plain words.
        language: BCP 47, of the passages that it is from; English is looked for in any case.

    >>> speaks_as_person("As I said in my lecture, groups act.")
    'As I'
    >>> speaks_as_person("He says: \u201cI am here\u201d."), speaks_as_person("It was World War I.")
    ('', '')
    """
    plain = QUOTED.sub(lambda match: " " * len(match[0]), claim)
    if match := _CLAIMED.search(plain) or _OURS.search(plain):
        return match[0]
    tongue = primary(language) or "en"
    if tongue in ("en", "und"):
        tongue = "en"
        for match in _ENGLISH_I.finditer(plain):
            before = _NAMED_BEFORE.search(plain[max(0, match.start() - 24) : match.start()])
            if before is None or before[0].strip() in _JOINING:
                return match[0]
    found = re.search(_FIRST[tongue], plain, re.IGNORECASE) if tongue in _FIRST else None
    return found[0] if found else ""
