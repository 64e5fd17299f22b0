"""What a word says of itself: its class, the marks around it, whether a sentence ends with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from loquitur.subtitles.grammar import Grammar

CLOSING = "\"'”’»›)]}」』）】》〉〕"
OPENING = "\"'“‘«‹([{「『（【《〈〔¿¡„‚"
SENTENCE_ENDS = ".!?…。！？؟।۔॥։።｡．"
_DASHES = ("-", "–", "—", "―", "⸺", "~", "〜", "～")
_COMMAS = (",", "、", "，", "،", "､", "﹐")
_COLONS = (":", ";", "：", "；", "؛", "·")
_EDGES = CLOSING + OPENING + SENTENCE_ENDS + ",;:-–—―、，；：،؛♪*>~"
_SPEAKER_MARKS = (">>", "»»")
_INITIAL = re.compile(r"[^\W\d_]\.(?:[^\W\d_]\.)*")
_USUAL = frozenset({"etc", "vs", "e.g", "i.e", "mr", "mrs", "ms", "dr", "prof", "st"})
"""Abbreviations that are read so in any language."""


class Token(NamedTuple):
    """A word as breaking sees it.

    `kind` is its class, `word` itself in lower case where it is a function word, `end` and `lead`
    the marks behind and before it (empty for none), `capital` whether its first letter is one.
    """

    kind: str
    word: str
    end: str
    lead: str
    capital: bool


NOTHING = Token("none", "", "", "", False)


class Reader:
    """Reads words by a grammar; what it has read once it knows.

    Args:
        grammar: The word lists of the language.
        bare: Whether marks and capitals say nothing, as in a transcript without punctuation.
    """

    def __init__(self, grammar: Grammar, *, bare: bool = False) -> None:
        self._grammar = grammar
        self._bare = bare
        self._known: dict[str, Token] = {}

    def read(self, text: str) -> Token:
        """One word."""
        token = self._known.get(text)
        if token is None:
            if len(self._known) > 50_000:  # a hostile text shall not fill memory
                self._known.clear()
            token = self._known[text] = self._read(text)
        return token

    def _read(self, text: str) -> Token:
        word = text.strip(_EDGES).lower().replace("’", "'")
        known = word in self._grammar.classes
        if self._bare:
            return Token(self._kind(word), word if known else "", "", "", False)
        return Token(
            self._kind(word), word if known else "", self._end(text), _lead(text),
            text.lstrip(_EDGES)[:1].isupper(),
        )  # fmt: skip

    def _kind(self, word: str) -> str:
        kind = self._grammar.classes.get(word)
        if kind is not None:
            return kind
        if any(map(str.isdigit, word)):
            return "number"
        for ending, kind in self._grammar.suffixes:
            if len(word) > len(ending) + 2 and word.endswith(ending):
                return kind
        return "open"

    def _end(self, text: str) -> str:
        core = text.rstrip(CLOSING)
        if not core:
            return "close"
        if core.endswith(("...", "…")):
            return "dots"
        if core[-1] in SENTENCE_ENDS:
            return "short" if core[-1] == "." and self.shortened(core) else "stop"
        if core.endswith(_DASHES):
            return "dash"
        if core.endswith(_COMMAS):
            return "comma"
        if core.endswith(_COLONS):
            return "colon"
        return "close" if core != text else ""

    def shortened(self, core: str) -> bool:
        """Whether the full stop of a word is that of an abbreviation or an initial."""
        bare = core.lstrip(OPENING)
        known = self._grammar.abbreviations or _USUAL
        name = bare[:-1].lower()
        if name in known:
            return True
        # An initial; "I." and one-letter words of lower case end sentences.
        return bool(_INITIAL.fullmatch(bare)) and bare[0].isupper() and name != "i"


def _lead(text: str) -> str:
    if text.startswith(_SPEAKER_MARKS) or (text[0] in "-–—♪" and len(text) > 1):
        return "mark"
    return "quote" if text[0] in OPENING and len(text) > 1 else ""


def changes_speaker(text: str) -> bool:
    """Whether the word begins with the sign of American captions for another speaker.

    >>> changes_speaker(">>"), changes_speaker(">>Ann:"), changes_speaker("a>>b")
    (True, True, False)
    """
    return text.startswith(_SPEAKER_MARKS)
