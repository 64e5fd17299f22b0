"""The pieces of a message: words, runs of a script, emoji, shortcodes, addresses; and laughter."""

from __future__ import annotations

import re

KANA_AND_HAN = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff々〆"
JAMO = "\u3131-\u318e"
HANGUL = "\uac00-\ud7a3"
_EMOJI = (
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2190-\u21ff\u2300-\u23ff\u25a0-\u25ff"
    "\u203c\u2049\u2122\u2139\u3030\u303d\u3297\u3299\u2764\u00a9\u00ae]"
)
_TONE = "[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f\u20e3]"
IGNORED = re.compile(_TONE)
"""Taken off an emoji before it is looked up: the variation selectors and skin tones (UTS 51)."""
PIECE = re.compile(
    r"(?P<link>https?://\S+|www\.\S+\.\S+)"
    r"|(?P<code>:[A-Za-z][\w+-]*:)"
    r"|(?P<mention>[@#]\w[\w.-]*)"
    rf"|(?P<emoji>[\U0001f1e6-\U0001f1ff]{{2}}{_TONE}?|{_EMOJI}{_TONE}*(?:\u200d{_EMOJI}{_TONE}*)*)"
    rf"|(?P<jamo>[{JAMO}]+)"
    rf"|(?P<hangul>[{HANGUL}]+)"
    rf"|(?P<cjk>[{KANA_AND_HAN}]+)"
    rf"|(?P<word>[^\W_{JAMO}{HANGUL}{KANA_AND_HAN}]+(?:['\u2019][^\W_{JAMO}{HANGUL}]+)*)"
    r"|(?P<sign>[^\w\s]+|_+)"
)
JAMO_RUN = re.compile(
    "(?P<laugh>[ㅋㅎㄲ]{2,})|(?P<cry>[ㅠㅜ]{2,})|(?P<chuckle>[ㅋㅎ])|(?P<rest>[^ㅋㅎㄲㅠㅜ]+|.)"
)
GRASS = "草+"
LAUGHTER = re.compile(
    r"(?P<ja>w{2,})|(?P<clap>8{3,})"
    r"|(?:a?(?:ha|he|hi){2,}h?|(?:ah|eh){2,}a?|b?w?a+(?:ha)+h?|h[ae]{1,2}h[ae]?(?:h[aeh]*)"
    r"|a?j?(?:ja|je|ji){2,}j?|(?:aj){2,}a?"
    r"|[ао]?(?:х+[аеи]+){2,}х?|(?:ах){2,}а?|(?:хд)+"
    r"|k{3,}|(?:rs){2,}|5{3,}|l[oue]+l(?:[oue]+l)+|x+d+)"
)
STRETCHED = re.compile(r"(.)\1+")
WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    # conjoining and halfwidth jamo that keyboards send for laughter and tears
    0x110F: "ㅋ", 0x1112: "ㅎ", 0x1172: "ㅠ", 0x116E: "ㅜ", 0x11BF: "ㅋ", 0x11C2: "ㅎ",
    0xFFBB: "ㅋ", 0xFFBE: "ㅎ", 0xFFD7: "ㅠ", 0xFFD3: "ㅜ", 0x2019: "'",
}  # fmt: skip
"""One character for one: places in the text stay as they are."""


def repeated(run: str) -> str:
    """What a run of signs repeats; empty where it repeats nothing.

    >>> repeated("ㄱㅅㄱㅅ"), repeated("굿굿굿"), repeated("굿")
    ('ㄱㅅ', '굿', '')
    """
    size = (run + run).find(run, 1)
    return run[:size] if size < len(run) else ""


def collapsed(word: str) -> list[str]:
    """Shorter forms of a stretched word, for look-up: twice, then once, then each in turn.

    >>> collapsed("gooo"), collapsed("yesss"), collapsed("good")
    (['goo', 'go'], ['yess', 'yes'], ['god'])
    """
    runs = [match.span() for match in STRETCHED.finditer(word)]
    if not runs:
        return []
    twice = STRETCHED.sub(r"\1\1", word)
    once = STRETCHED.sub(r"\1", word)
    found = [twice, once]
    shortened = [match.span() for match in STRETCHED.finditer(twice)][:4]
    for start, end in shortened:
        found.append(twice[:start] + twice[start] + twice[end:])
        found.append(once if len(shortened) < 2 else _but(twice, start))
    return [form for form in dict.fromkeys(found) if form != word]


def _but(twice: str, kept: int) -> str:
    """Every run once, except the one that begins at a place."""
    parts, at = [], 0
    for match in STRETCHED.finditer(twice):
        start, end = match.span()
        parts.append(twice[at:start] + (twice[start:end] if start == kept else twice[start]))
        at = end
    return "".join(parts) + twice[at:]
