"""Text without spaces: where Japanese, Chinese and Thai may break, and where they would rather.

Pieces that must not be parted (kinsoku: JIS X 4051; Requirements for Japanese Text Layout, 3.1.7
and 3.1.8; words of katakana, of Latin letters, numbers, Thai syllables as far as spelling shows
them) stay whole. Between pieces the script changes and the particles of the grammar decide; those
numbers are set by hand, on the scale of the fitted weights.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.subtitles.graphemes import graphemes

if TYPE_CHECKING:
    from loquitur.subtitles.grammar import Grammar

NEVER_FIRST = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】〗〙〟｠»›),.:;?!]}%°′″℃‰％‐–〜～"
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶㇰㇱㇲㇳㇴㇵㇶㇷㇸㇹㇺㇻㇼㇽㇾㇿ｡､｣･ｰﾞﾟ。"
)
"""What begins no line."""
NEVER_LAST = frozenset("‘“（〔［｛〈《「『【〖〘〝｟«‹([{｢￥＄$£#＃№")
"""What ends no line."""
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff01-\uff9f\U00020000-\U0003ffff]"
)
_JOINED_MARKS = frozenset("‘’“”…‥—―")
_SILENT = frozenset("…‥—―")
_THAI_LEADS = frozenset("เแโใไເແໂໃໄ")
_THAI_TAILS = frozenset("ะาำๅๆฯະາຳຽໆ")
_CLOSING_BRACKETS = frozenset("”’）〕］｝〉》」』】")
LONGEST_WORD = 10
"""Katakana, or letters of a script without spaces, that are kept as one word."""

_INSIDE = -3.0
_BEFORE_KANA = -4.0
_BETWEEN_KANA = -2.5
_PHRASE = 1.0
_PARTICLE = 1.0
_MIXED = -1.5
_HAN = -1.5


def unspaced(char: str) -> bool:
    """Whether a character is of a script that is written without spaces between words."""
    return bool(_UNSPACED.match(char))


def has_unspaced(text: str) -> bool:
    """Whether a text has any such character."""
    return not text.isascii() and bool(_UNSPACED.search(text))


def joins(left: str, right: str) -> bool:
    """Whether words meet without a space: both are of scripts without spaces.

    >>> joins("講演", "です"), joins("Google", "の"), joins("you", "see")
    (True, False, False)
    """
    if not left or not right or left.isascii() or right.isascii():
        return False
    return unspaced(left[-1]) and unspaced(right[0])


def both_han(left: str, right: str) -> bool:
    """Whether two words meet with Chinese characters on both sides."""
    return bool(left and right) and script(left[-1]) == script(right[0]) == "han"


def pieces(text: str) -> list[str]:
    """A text without spaces as pieces between which it may break.

    >>> pieces("「キャッシュ」を使う。")
    ['「キャッシュ」', 'を', '使', 'う。']
    """
    found: list[str] = []
    for cluster in graphemes(text):
        if found and _bound(found[-1], cluster):
            found[-1] += cluster
        else:
            found.append(cluster)
    return found


def _bound(piece: str, cluster: str) -> bool:
    last, first = piece[-1], cluster[0]
    if first in NEVER_FIRST or last in NEVER_LAST:
        return True
    if first in _JOINED_MARKS:
        # A closing quote, an ellipsis; an opening quote begins what follows.
        return first not in "‘“"
    if last in "‘“" or all(one in _SILENT for one in piece):
        return True
    kinds = script(last), script(first)
    if kinds[0] != kinds[1]:
        return False
    if kinds[0] == "kata":
        return len(piece) < LONGEST_WORD
    if kinds[0] == "thai":
        return last in _THAI_LEADS or first in _THAI_TAILS
    return kinds[0] == "latin"


def script(char: str) -> str:
    """The kind of a character: han, hira, kata, thai, latin (any other letter or digit), mark."""
    if "\u3041" <= char <= "\u309f":
        return "hira"
    if "\u30a0" <= char <= "\u30ff" or "\u31f0" <= char <= "\u31ff" or "\uff66" <= char <= "\uff9f":
        return "kata"
    if "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf" or char >= "\U00020000":
        return "han"
    if "\u0e00" <= char <= "\u0eff" or "\u1000" <= char <= "\u109f" or "\u1780" <= char <= "\u17ff":
        return "thai"
    return "latin" if char.isalnum() else "mark"


def worth(left: str, right: str, grammar: Grammar) -> float:
    """What a break between two pieces that meet without a space is worth.

    Args:
        left: What stands before it, a piece or more.
        right: What stands behind it.
        grammar: Of the language, for its particles.
    """
    here, there = script(left[-1]), script(right[0])
    if _parts_word(left, right, grammar):
        return 2 * _BEFORE_KANA
    if here == "mark":
        # After a bracket what leans on it stays; else the mark itself says what is worth.
        leans = left[-1] in _CLOSING_BRACKETS and right.startswith(grammar.follows or ("\0",))
        return _BEFORE_KANA if leans else 0.0
    if there == "mark":
        return 0.3
    led = right.startswith(grammar.leads) if grammar.leads else False
    followed = left.endswith(grammar.follows) if grammar.follows else False
    if "thai" in (here, there):
        begins = right[0] in _THAI_LEADS
        return _INSIDE + _PHRASE * begins + 2 * _PARTICLE * led + _PARTICLE * followed
    if "hira" in (here, there):
        return _of_kana(here, there, followed=followed, led=led)
    value = _HAN if here == there == "han" else _MIXED
    if grammar.follows and right.startswith(grammar.follows):
        return value + _BETWEEN_KANA
    if grammar.leads and left.endswith(grammar.leads):
        value += _HAN
    return value + (2 * _PARTICLE if led else 0.0) + (_PARTICLE if followed else 0.0)


def _parts_word(left: str, right: str, grammar: Grammar) -> bool:
    """Whether the break is inside a word of the grammar's list."""
    if not grammar.whole:
        return False
    return any(
        left[-one:] + right[:two] in grammar.whole
        for one in range(1, min(3, len(left)) + 1)
        for two in range(1, min(3, len(right)) + 1)
    )


def _of_kana(here: str, there: str, *, followed: bool, led: bool) -> float:
    """Japanese: a phrase begins with kanji, katakana or letters and ends with hiragana."""
    if led:
        return _PHRASE
    if there != "hira":
        return _PHRASE + _PARTICLE if followed else 0.0
    if here != "hira":
        return _BEFORE_KANA
    return _BETWEEN_KANA + (_PARTICLE if followed else 0.0)
