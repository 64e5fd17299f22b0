"""The words of captions, with the times at which they are said where the captions say so.

A word ends where the next one of its line begins; the last one where the next line begins, but no
later than 1.2 s after its start, since lines end at pauses: the time a line is shown is not the
time it is said. Where nothing says when a word is said it has no time. Nothing is interpolated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from loquitur.markup import Node

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loquitur.model.captions import CaptionTrack, Cue

Kind: TypeAlias = Literal["word", "sound", "masked", "turn"]

LAST_MS = 1200
"""How long the last word of a line is at most."""
_TOKEN = re.compile(r"\[[^\[\]\n]{1,60}\]|[^\s\u200b\ufeff]+")
_MASKED = re.compile(r"\[[\s\u00a0]*_+[\s\u00a0]*\]")
_SOUND = re.compile(r"\[[^\[\]]+\]|[\u2669-\u266c]+")
_TURN = re.compile(r">{2,3}")
_BLANK = re.compile(r"[\s\u200b\ufeff]")
_UNBROKEN = re.compile(
    "[\u3005-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff9f\u0e00-\u0eff\u1000-\u109f"
    "\u1780-\u17ff]"
)
"""Characters of scripts that put no blanks between words: also no line break is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaidWord:
    """One word.

    Args:
        text: Without outer blanks.
        start_ms: When it is said; None where the captions do not say.
        end_ms: When it is over; None where its start or the next one's is not known.
        line: Its line, from 0.
        kind: `word`; `sound` (`[Music]`), `masked` (`[ __ ]`, a word that is hidden), `turn`
            (`>>`, somebody else speaks).
        glued: Whether it stands right behind the one before it, without a blank.
    """

    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    line: int = 0
    kind: Kind = "word"
    glued: bool = False


@dataclass(slots=True)
class _Token:
    text: str
    start_ms: int | None
    glued: bool


def words_of(track: CaptionTrack, *, timed: bool) -> tuple[SaidWord, ...]:
    """The words of whole lines (see `subtitles.rolling`), in order.

    Args:
        track: Each cue one line of speech; a line break inside it is a blank.
        timed: Whether the times inside its cues are those of words: true of automatic captions
            alone, and there a line's own start is that of its first word.
    """
    lines = [_tokens(cue, timed=timed) for cue in track.cues]
    starts = [next((t.start_ms for t in line if t.start_ms is not None), None) for line in lines]
    found: list[SaidWord] = []
    for at, tokens in enumerate(lines):
        following = next((start for start in starts[at + 1 :][:5] if start is not None), None)
        for number, token in enumerate(tokens):
            later = tokens[number + 1] if number + 1 < len(tokens) else None
            end_ms = _end(token, later, following)
            glued = token.glued
            if number == 0 and found:
                glued = _sticks(found[-1].text, token.text)
            found.append(
                SaidWord(
                    text=token.text, start_ms=token.start_ms, end_ms=end_ms, line=at,
                    kind=kind_of(token.text), glued=glued,
                )
            )  # fmt: skip
    return tuple(_masked(found))


def text_of(words: Iterable[SaidWord]) -> str:
    """The running text of words: blanks where the script has them."""
    pieces: list[str] = []
    for word in words:
        pieces.append(word.text if word.glued or not pieces else f" {word.text}")
    return "".join(pieces)


def kind_of(text: str) -> Kind:
    """What a token is.

    >>> kind_of("hello"), kind_of("[Music]"), kind_of("[ __ ]"), kind_of(">>")
    ('word', 'sound', 'masked', 'turn')
    """
    if _MASKED.fullmatch(text):
        return "masked"
    if _SOUND.fullmatch(text):
        return "sound"
    return "turn" if _TURN.fullmatch(text) else "word"


def _masked(words: list[SaidWord]) -> Iterator[SaidWord]:
    """The words; what hides one may come as three: `[`, `__`, `]`."""
    texts = [word.text for word in words]
    for at, word in enumerate(words):
        if word.kind == "word" and any(
            _MASKED.fullmatch(" ".join(texts[first : first + 3]))
            for first in range(max(at - 2, 0), at + 1)
            if word.text in "[]" or not word.text.strip("_")
        ):
            yield replace(word, kind="masked")
        else:
            yield word


def _end(token: _Token, later: _Token | None, following: int | None) -> int | None:
    start = token.start_ms
    if start is None:
        return None
    if later is not None:
        return None if later.start_ms is None else max(later.start_ms, start + 1)
    end = start + LAST_MS
    return end if following is None or not start < following < end else following


def _tokens(cue: Cue, *, timed: bool) -> list[_Token]:
    found: list[_Token] = []
    before = ""
    for time, text in _pieces(cue.tree):
        due = time
        for match in _TOKEN.finditer(text):
            ahead = text[match.start() - 1] if match.start() else before
            first = not found
            glued = bool(ahead) and not _BLANK.match(ahead)
            if glued and ahead == "\n":
                glued = False
            if not first and ahead == "\n":
                glued = _sticks(found[-1].text, match[0])
            start = due if due is not None else cue.start_ms if first else None
            found.append(_Token(match[0], start if timed else None, glued and not first))
            due = None
        before = text[-1:] or before
    return found


def _pieces(items: Sequence[str | Node] | tuple[str | Node, ...]) -> list[tuple[int | None, str]]:
    """The strings of a tree in order, each with the time that stands right before it."""
    found: list[tuple[int | None, str]] = []
    due: int | None = None

    def walk(inside: Iterable[str | Node]) -> None:
        nonlocal due
        for item in inside:
            if isinstance(item, str):
                if item:
                    found.append((due, item))
                    due = None if item.strip() else due
            elif item.tag == "time":
                due = item.start_ms
            elif item.tag != "rt":
                walk(item.children)

    walk(items)
    return found


def _sticks(before: str, after: str) -> bool:
    """Whether two words on two lines belong together without a blank."""
    return bool(_UNBROKEN.match(before[-1:]) and _UNBROKEN.match(after[:1]))
