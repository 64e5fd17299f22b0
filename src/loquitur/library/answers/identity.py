"""Whether an answer speaks as if it were the person whose words it quotes.

An answer is about what somebody said, and never that somebody: the first person singular stands
inside of quotation marks alone, and nobody's own lecture is `ours`.
"""

from __future__ import annotations

import re

QUOTED = re.compile(
    r"\"[^\"]*\"|\u201c[^\u201d]*\u201d|\u201e[^\u201c\u201d]*[\u201c\u201d]|\u00ab[^\u00bb]*\u00bb"
    r"|\u300c[^\u300d]*\u300d|\u300e[^\u300f]*\u300f"
)
_FIRST = re.compile(
    r"\b(?:i['\u2019](?:m|ve|d|ll)|me|my|mine|myself)\b"
    r"|\b(?:ich|mein|meine|meinem|meinen|meiner|mir|mich|yo|mí|moi|je|mon|mes|meu|minha|eu|io|mio)\b"
    r"|\bj['\u2019](?=\w)|(?<!\w)(?:я|меня|мне|мой|моя|мои|моей|моём)(?!\w)"
    r"|(?<!\w)(?:\u0623\u0646\u0627|\u092e\u0948\u0902|\u092e\u0947\u0930\u0940|\u092e\u0947\u0930\u0947)(?!\w)"
    r"|我(?![们們國国方军軍校])|私(?!立|有|人|的|鉄|学)|僕|俺|(?<![가-힣])(?:나는|내가|저는|제가|나의)(?![가-힣])",
    re.IGNORECASE,
)
_ENGLISH_I = re.compile(r"\bI\b")
_NAMED_BEFORE = re.compile(r"[A-Z][\w.]*\s+$")
_OURS = re.compile(
    r"\b(?:in|from|of) our (?:\w+ )?(?:lectures?|videos?|courses?|channels?|class|book|paper)\b"
    r"|\bas we (?:said|saw|explained|mentioned|discussed)\b|\bspeaking as\b",
    re.IGNORECASE,
)


def speaks_as_person(claim: str) -> str:
    """The words by which a claim speaks in the first person; empty where it does not.

    >>> speaks_as_person("As I said in my lecture, groups act.")
    'I'
    >>> speaks_as_person("He says: '\u201cI am here\u201d'.")
    ''
    >>> speaks_as_person("It ended World War I in 1918.")
    ''
    """
    plain = QUOTED.sub(lambda match: " " * len(match[0]), claim)
    for match in _ENGLISH_I.finditer(plain):
        before = _NAMED_BEFORE.search(plain[max(0, match.start() - 24) : match.start()])
        if before is None or before[0].strip() in ("And", "But", "So", "That", "As", "When", "If"):
            return match[0]
    for pattern in (_FIRST, _OURS):
        if match := pattern.search(plain):
            return match[0]
    return ""
