"""Sentences as tokens, as the caption measures count them.

Follows the Penn Treebank's rules as Stanford's tokenizer applies them in coco-caption (lower case,
clitics cut off, punctuation left out), so that figures compare with published ones. Scripts without
blanks between words are cut into characters.

Source: Chen et al.: Microsoft COCO Captions, 2015, section 4 (which tokens are left out).
"""

from __future__ import annotations

import re
import unicodedata

from loquitur.languages import primary

PUNCTUATION = frozenset(
    ("''", "'", '"', "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";", "…", "–", "—")
)
"""Tokens that are left out. Brackets stay, as they do in coco-caption: it looks for `-LRB-` after
everything was made lower case."""

_CLITIC = re.compile(r"(?<=[^\W\d_])(n't|'(?:s|m|d|re|ve|ll))(?![\w'])")
_CLITICS = frozenset(("n't", "'s", "'m", "'d", "'re", "'ve", "'ll"))
_ASSIMILATED = {
    "cannot": ("can", "not"), "gonna": ("gon", "na"), "gotta": ("got", "ta"),
    "wanna": ("wan", "na"), "gimme": ("gim", "me"), "lemme": ("lem", "me"),
    "y'all": ("y'", "all"), "d'ye": ("d'", "ye"), "'tis": ("'t", "is"), "'twas": ("'t", "was"),
}  # fmt: skip
_BRACKETS = {
    "(": "-lrb-", ")": "-rrb-", "[": "-lsb-", "]": "-rsb-", "{": "-lcb-", "}": "-rcb-",
}  # fmt: skip
_TITLES = "mr|mrs|ms|dr|prof|gen|rep|sen|gov|sgt|capt|lt|col|maj|jr|sr|st|vs|inc|corp|ltd|co|etc"
_MARKS = "\u200c\u200d" + "".join(
    chr(code)
    for first, last in ((0x300, 0x1E00), (0x20D0, 0x2100), (0xA600, 0xAC00), (0xFE20, 0xFE30))
    for code in range(first, last)
    if unicodedata.category(chr(code))[0] == "M"
)
"""Signs that stand on, under and beside letters, and what joins letters: Python's `\\w` has none of
them, and they are half of Hindi's vowels."""
_WORD = rf"\w[\w{_MARKS}]*"
_TOKEN = re.compile(
    r"https?://[^\s<>\"]+|<[/!]?[a-z][^<>]*>"
    r"|'n'|'t(?:is|was)\b|'\d0s\b"
    r"|[-+]?\d+(?:[.,:/]\d+)+(?![\w-])|[-+]\d+(?![\w-])"  # 3,000 and 10:30 and -5
    rf"|\b(?:{_TITLES}|ph\.d)\."
    r"|(?:[^\W\d_]\.)+[^\W\d_](?![\w])\.?"  # u.s.
    rf"|\d+(?='\d)|{_WORD}(?:[-'&.@/]{_WORD})*"  # black-and-white
    rf"|@{_WORD}|\.\.\.|--+|''|``|[^\w\s]",
    re.UNICODE,
)
_RUN = re.compile(r"[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
                  r"\U00020000-\U0003ffff]")  # fmt: skip


def tokens_of(text: str, language: str = "en") -> tuple[str, ...]:
    """The tokens of a sentence: lower case, no punctuation; characters where no blanks part words.

    Args:
        text: A sentence, as anybody wrote it.
        language: BCP 47 tag: clitics are cut off in English alone.

    >>> tokens_of("A man isn't running, he's WALKING!")
    ('a', 'man', 'is', "n't", 'running', 'he', "'s", 'walking')
    >>> tokens_of("一个人在跑。", "zh")
    ('一', '个', '人', '在', '跑')
    """
    spoken = primary(language)
    text = unicodedata.normalize("NFC", text)
    if spoken in ("tr", "az"):
        text = text.replace("I", "ı")
    lowered = text.lower().replace("’", "'").replace("i\u0307", "i")  # of \u0130, with its dot
    if spoken in ("", "en"):
        lowered = _CLITIC.sub(r" \1", lowered)
    tokens: list[str] = []
    for piece in lowered.split():
        start = 0
        for clitic in _CLITICS if piece[0] in "n'" else ():
            if piece.startswith(clitic) and not piece[len(clitic) :][:1].isalnum():
                tokens.append(clitic)
                start = len(clitic)
        for found in _TOKEN.findall(piece[start:]):
            tokens.extend(_cut(found))
    return tuple(token for token in tokens if token not in PUNCTUATION)


def _cut(token: str) -> tuple[str, ...]:
    """What one run of signs gives: a word, its parts, its characters, or nothing."""
    if token in _ASSIMILATED:
        return _ASSIMILATED[token]
    if token in _BRACKETS:
        return (_BRACKETS[token],)
    if not token.isascii():
        if _RUN.search(token):
            return _signs(token)
        if not any(sign.isalnum() or sign in "$£€%" for sign in token):
            unseen = unicodedata.category(token[0])[0] in "PCM" or ord(token[0]) > 0xFFFF
            return () if unseen else (token,)
    return (token,)


def _signs(token: str) -> tuple[str, ...]:
    """The characters of a run, each with the marks that stand on it."""
    found: list[str] = []
    for sign in token:
        if sign.isalnum():
            found.append(sign)
        elif found and unicodedata.category(sign)[0] == "M":
            found[-1] += sign
    return tuple(found)
