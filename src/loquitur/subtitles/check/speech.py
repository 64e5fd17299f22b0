"""Which heard words a cue shows: its text followed through the words, both once, in order."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.subtitles.check.scene import Spoken

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_LOOK = 120
"""How many words ahead of the last match a cue's text is looked for."""
_TRIED = 6


def tokens(text: str) -> list[str]:
    """The words of a text, to compare: no case, no punctuation.

    >>> tokens("It's 5 o’clock!")
    ["it's", '5', "o'clock"]
    """
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]


def spoken_spans(texts: Sequence[str], words: Sequence[Spoken]) -> list[tuple[int, int] | None]:
    """When the words of each text are said: start of the first, end of the last; None if unclear.

    Half of a text's words must be found in a row close behind those of the text before. The time is
    linear in the texts.

    Args:
        texts: Of the cues, in the order of time.
        words: What was heard, in order.
    """
    heard = [" ".join(tokens(word.text)) for word in words]
    spans: list[tuple[int, int] | None] = []
    at = 0
    for text in texts:
        said = tokens(text)
        found = _place(said, heard, at) if said else None
        if found is None:
            spans.append(None)
            continue
        first, last = found
        spans.append((words[first].start_ms, words[last].end_ms))
        at = last + 1
    return spans


def _place(said: list[str], heard: list[str], at: int) -> tuple[int, int] | None:
    """The first and the last heard word of a text, looked for from a place on."""
    best, best_first = 0, -1
    count = len(said)
    for first in range(at, min(at + _LOOK, len(heard))):
        if heard[first] not in said[:_TRIED]:
            continue
        skipped = said.index(heard[first])
        start = first - skipped
        window = heard[max(start, at) : start + count]
        score = sum(
            one == other for one, other in zip(said[max(at - start, 0) :], window, strict=False)
        )
        if score > best:
            best, best_first = score, max(start, at)
        if score == count:
            break
    if best * 2 < count or best == 0:
        return None
    return best_first, min(best_first + count, len(heard)) - 1
