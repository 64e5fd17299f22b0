"""Subword tokens with times on an encoder's grid -> words with spans and confidences."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loquitur.model.speech import Word
from loquitur.timing import from_seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FRAME_S = 0.08  # 10 ms features, subsampled 8 times: the grid of every FastConformer model
OPEN_END_S = 0.4  # the longest a word goes on after its last token where nothing says its end
SHORTEST_MS = 20

_MARK = re.compile(r"<\|.*\|>|<(?:unk|pad|blk|blank|s|/s)>")
_MARKS = re.compile(r"<\|[^|]*\|>")
_CLOSING = re.compile(r"[.,!?;:…)\]}»”。、，！？：；।؟،]+")  # joins the word before it
_SOUNDLESS = re.compile(r"[^\w%&+=@#$€£°]+")
_WORD_START = (" ", "\u2581")
# Han, kana: written without blanks, and a character is about a syllable
_SYLLABIC = re.compile(r"[\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One subword as a decoder emits it.

    Args:
        text: The piece; a leading blank or U+2581 begins a word.
        start_s: When it was emitted, in seconds from the chunk's start.
        end_s: When it ends, or None where the decoder does not say.
        log_probability: Natural logarithm of its posterior, or None.
    """

    text: str
    start_s: float
    end_s: float | None = None
    log_probability: float | None = None


def group_tokens(tokens: Sequence[Token], *, duration_ms: int) -> Iterator[Word]:
    """The words that subword tokens spell, in order, each inside `[0, duration_ms)`.

    A word begins at a token with a leading blank. Punctuation belongs to the word before it and
    gives it no time: transducers emit it late, often a second after the voice has stopped. A word
    whose last token has no end goes on until the next word, at most `OPEN_END_S`. Confidence is
    the geometric mean of the tokens' posteriors.

    Args:
        tokens: In order of emission, times in seconds.
        duration_ms: Length of the chunk; words are cut to it.

    Yields:
        Words with non-decreasing starts; nothing where the chunk is shorter than a word can be.
    """
    groups = _join_soundless(_spell(tokens))
    earliest_ms = 0
    for index, group in enumerate(groups):
        next_start_s = groups[index + 1][0].start_s if index + 1 < len(groups) else None
        latest_ms = duration_ms - SHORTEST_MS
        if latest_ms < 0:
            return
        start_ms = min(max(earliest_ms, from_seconds(group[0].start_s)), latest_ms)
        end_ms = from_seconds(_end_s(group, next_start_s))
        earliest_ms = start_ms
        yield Word(
            start_ms=start_ms,
            end_ms=min(max(end_ms, start_ms + SHORTEST_MS), duration_ms),
            text="".join(token.text for token in group).strip(),
            confidence=_confidence(group),
        )


def split_text(text: str) -> tuple[str, ...]:
    """The words of a text without times: cut at blanks, and Han and kana at each character.

    Marks like `<|en|>` are left out, punctuation stays with the word before it.

    >>> split_text(" Hello, world. 你好，吗")
    ('Hello,', 'world.', '你', '好，', '吗')
    """
    apart = _SYLLABIC.sub(r" \g<0>", _MARKS.sub(" ", text))
    apart = re.sub(rf"({_SYLLABIC.pattern})(?=\w)", r"\1 ", apart)
    tokens = [Token(text=f" {piece}", start_s=0.0) for piece in apart.split()]
    return tuple(
        "".join(token.text for token in group).strip() for group in _join_soundless(_spell(tokens))
    )


def _spell(tokens: Sequence[Token]) -> list[list[Token]]:
    """Tokens grouped to words; marks and lone blanks left out, blanks written as blanks."""
    groups: list[list[Token]] = []
    is_open = False  # whether a token without a leading blank goes on with the last word
    for token in tokens:
        letters = _letters(token)
        if _MARK.fullmatch(letters):
            continue
        if token.text.startswith(_WORD_START) and not (groups and _CLOSING.fullmatch(letters)):
            is_open = False
        if not letters:
            continue
        plain = replace(token, text=letters)
        closes = bool(groups) and _CLOSING.fullmatch(letters) is not None
        if closes or (is_open and not _SYLLABIC.match(letters)):
            groups[-1].append(plain)
        else:
            groups.append([plain])
        is_open = is_open if closes else _SYLLABIC.search(letters[-1]) is None
    return groups


def _join_soundless(groups: list[list[Token]]) -> list[list[Token]]:
    """Words without a sound (a lone dash) joined to the word before, or to the first word."""
    joined: list[list[Token]] = []
    opening: list[Token] = []
    for group in groups:
        if any(not _is_soundless(token) for token in group):
            joined.append(opening + group)
            opening = []
        elif joined:
            joined[-1].extend([replace(group[0], text=" " + group[0].text), *group[1:]])
        else:
            opening += [*group[:-1], replace(group[-1], text=group[-1].text + " ")]
    return joined


def _letters(token: Token) -> str:
    return token.text.replace("\u2581", " ").strip()


def _is_soundless(token: Token) -> bool:
    return _SOUNDLESS.fullmatch(token.text) is not None


def _end_s(group: Sequence[Token], next_start_s: float | None) -> float:
    last = [token for token in group if not _is_soundless(token)][-1]
    end_s = last.start_s + OPEN_END_S
    if last.end_s is not None:
        end_s = max(last.end_s, last.start_s + FRAME_S)
    if next_start_s is not None and next_start_s > last.start_s:
        end_s = min(end_s, next_start_s)
    return end_s


def _confidence(group: Sequence[Token]) -> float | None:
    logs = [token.log_probability for token in group]
    known = [value for value in logs if value is not None and not math.isnan(value)]
    if len(known) < len(logs):
        return None
    return math.exp(min(0.0, math.fsum(known) / len(known)))
