"""Where sentences end; punctuation comes back first where captions have none."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from loquitur.insight.tokens import in_pairs, tokens
from loquitur.speech.punctuation import MARKED_END, is_punctuated, restore

if TYPE_CHECKING:
    from loquitur.insight.spoken.fragments import Spoken
    from loquitur.insight.spoken.timeline import Timeline

_MOST_TOKENS = 60
"""A sentence is cut there at the latest: bare captions of an unknown language have no end."""
_USUAL_TOKENS, _FEWEST = 40, 25
"""Of a stretch in words, twice that in pairs of characters; shorter where they would be few."""
_ENDLESS = 240
_ENDED = re.compile(
    "(?<=[.?!\u2026\u061f\u06d4\u0964])[\"'\u201d\u2019)\\]]*\\s+|(?<=[\u3002\uff01\uff1f])"
)
_SHORTENED = re.compile(
    r"(?:mr|mrs|ms|dr|prof|st|vs|etc|e\.g|i\.e|no|fig|approx|inc|ltd|jr|sr|[A-Za-z])\.", re.I
)


def punctuated(spoken: Spoken, line: Timeline) -> Timeline:
    """The words with full stops, commas and capitals; as they are where they have them."""
    words = list(line.words())
    texts = ["".join(line.texts[first:end]) for first, end in words]
    if not texts or is_punctuated(texts):
        return line
    ends = _changes(spoken, line, words)
    restored = restore(
        texts, language=spoken.language, gaps_ms=_gaps(spoken, line, words), ends=ends
    )
    pieces = list(line.texts)
    for (first, end), old, new in zip(words, texts, restored, strict=True):
        if old == new:
            continue
        at = 0
        for place in range(first, end - 1):
            pieces[place], at = new[at : at + len(pieces[place])], at + len(pieces[place])
        pieces[end - 1] = new[at:]
    return replace(line, texts=pieces)


def sentences(spoken: Spoken, line: Timeline) -> list[tuple[int, int]]:
    """The half-open ranges of pieces that are a sentence each: every piece once, in order."""
    ranges: list[tuple[int, int]] = []
    first = count = 0
    for at, text in enumerate(line.texts):
        count += line.counts[at]
        last = at + 1 == len(line)
        # fmt: off
        over = count >= _MOST_TOKENS and not last and line.fragments[at + 1] != line.fragments[at]
        # fmt: on
        if last or over or _ends(spoken, line, at, text) or count >= 2 * _MOST_TOKENS:
            if count or not ranges:
                ranges.append((first, at + 1))
            else:  # marks alone are no sentence
                ranges[-1] = (ranges[-1][0], at + 1)
            first, count = at + 1, 0
    return ranges


def _ends(spoken: Spoken, line: Timeline, at: int, text: str) -> bool:
    """Whether a sentence ends with a piece: by its mark, or since another speaks then."""
    before = spoken.fragments[line.fragments[at]].speaker
    if spoken.fragments[line.fragments[at + 1]].speaker != before:
        return True
    if not MARKED_END.search(text) or _SHORTENED.fullmatch(text):
        return False
    after = line.texts[at + 1]
    if line.glued[at + 1]:
        return not after.isascii()  # "3.14" goes on, a Chinese full stop ends
    return not after[:1].islower()


def _changes(spoken: Spoken, line: Timeline, words: list[tuple[int, int]]) -> list[int]:
    """The places of words after which another speaks."""
    speakers = [spoken.fragments[line.fragments[first]].speaker for first, _ in words]
    return [at for at in range(len(words) - 1) if speakers[at] != speakers[at + 1]]


def _gaps(spoken: Spoken, line: Timeline, words: list[tuple[int, int]]) -> list[int | None] | None:
    """The silence after each word, where pauses show."""
    if not spoken.pauses_known or not spoken.times_known:
        return None
    found: list[int | None] = []
    for (_, end), (after, _) in itertools.pairwise(words):
        known = line.told[end - 1] or line.fragments[end - 1] != line.fragments[after]
        found.append(max(0, line.starts_ms[after] - line.ends_ms[end - 1]) if known else None)
    return [*found, None]


def stretches(text: str) -> list[int]:
    """Tokens of each sentence of a text; of even stretches where no full stops are written.

    >>> stretches("So it is. It costs 3.14 now! ..."), sum(stretches("and so on " * 100))
    ([3, 5], 300)
    """
    parts = [tokens(part) for part in _ENDED.split(text)]
    counts = [len(part) for part in parts if part]
    total = sum(counts)
    pairs = in_pairs([word for part in parts for word in part])
    usual = max(1, min(_USUAL_TOKENS, total // _FEWEST) * (2 if pairs else 1))
    if len(counts) * _MOST_TOKENS < total:  # hardly a full stop
        counts = [total] if total else []
    found: list[int] = []
    for count in counts:
        even = -(-count // usual) if count > _ENDLESS or len(counts) == 1 else 1
        found += [count * (at + 1) // even - count * at // even for at in range(even)]
    return found
