"""What was said, in pieces between which a chapter may begin: a sentence, a cue, part of a turn."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.insight.tokens import tokens
from loquitur.speech.punctuation import MARKED_END

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.insight.spoken.fragments import Fragment, Spoken
    from loquitur.model.speech import SpokenWord

_MOST_WORDS = 40  # a piece without a full stop is cut here, so that a border is never far
# one mark at the end, though several may stand there: a run of marks that ends no sentence would
# be tried from each of its places
_SENTENCE = re.compile(
    r".+?(?:[.?!\u061f\u0964][\"'\u201d\u2019)\]]*(?=\s)|[\u3002\uff01\uff1f]+|$)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of speech that no border divides.

    Args:
        start_ms: Media time.
        end_ms: Exclusive.
        text: On one line.
        tokens: As they are counted (see `tokens`).
        speaker: Who, where known.
        pause_ms: The silence before it; None where pauses are not known.
        begins: Whether a sentence begins with it, as far as marks tell; None without any mark.
        fragment: Of which fragment it is a part.
    """

    start_ms: int
    end_ms: int
    text: str
    tokens: tuple[str, ...]
    speaker: str | None = None
    pause_ms: int | None = None
    begins: bool | None = None
    fragment: int = 0


def pieces(spoken: Spoken) -> list[Piece]:
    """The pieces of a video in time order; what holds no word is left out."""
    found: list[Piece] = []
    marked = _is_marked(spoken)
    for number, fragment in enumerate(spoken.fragments):
        for start_ms, end_ms, text in _cut(fragment):
            words = tuple(tokens(text))
            if not words:
                continue
            before = found[-1] if found else None
            pause_ms = None
            if spoken.pauses_known and before is not None:
                pause_ms = max(0, start_ms - before.end_ms)
            found.append(
                Piece(
                    start_ms=start_ms,
                    end_ms=end_ms,
                    text=text,
                    tokens=words,
                    speaker=fragment.speaker,
                    pause_ms=pause_ms,
                    begins=_begins(before) if marked else None,
                    fragment=number,
                )
            )
    return found


def _is_marked(spoken: Spoken) -> bool:
    """Whether full stops are written: at least one in sixty words or so."""
    ends = sum(
        len(re.findall(r"[.?!\u3002\uff01\uff1f\u061f\u0964]", one.text))
        for one in spoken.fragments
    )
    signs = sum(len(one.text) for one in spoken.fragments)
    return ends * 400 > signs


def _begins(before: Piece | None) -> bool:
    return before is None or MARKED_END.search(before.text) is not None


def _cut(fragment: Fragment) -> Iterator[tuple[int, int, str]]:
    """A fragment's sentences with their times: of its words where it has them, else by length."""
    if fragment.words:
        yield from _cut_words(fragment)
        return
    text = fragment.text.strip()
    if not text:
        return
    parts = [part for part in _parts(text) if part.strip()]
    span, at, total = fragment.end_ms - fragment.start_ms, 0, sum(map(len, parts))
    if span < len(parts):
        parts, total = [text], len(text)
    for part in parts:
        start_ms = fragment.start_ms + span * at // total
        at += len(part)
        end_ms = fragment.start_ms + span * at // total
        yield start_ms, max(end_ms, start_ms + 1), part.strip()


def _parts(text: str) -> Iterator[str]:
    """Sentences; what goes on for long without an end is cut by its length."""
    for match in _SENTENCE.finditer(text):
        sentence = match[0]
        words = sentence.split()
        if len(words) <= _MOST_WORDS:
            yield sentence
            continue
        for at in range(0, len(words), _MOST_WORDS):
            yield " ".join(words[at : at + _MOST_WORDS]) + " "


def _cut_words(fragment: Fragment) -> Iterator[tuple[int, int, str]]:
    held: list[int] = []
    words: Sequence[SpokenWord] = fragment.words
    for index, word in enumerate(words):
        held.append(index)
        ended = MARKED_END.search(word.text) is not None
        if ended or len(held) >= _MOST_WORDS or index + 1 == len(words):
            end_ms = max(words[at].end_ms for at in held)
            yield words[held[0]].start_ms, end_ms, " ".join(words[at].text for at in held)
            held = []
