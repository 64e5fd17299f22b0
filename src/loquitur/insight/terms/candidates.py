"""Terms worth a test, chosen by how often they are used, never by what is to be tested.

A choice that had looked at the scores would spoil every p: among many terms some are extreme by
chance. Here only the words are looked at, so Benjamini and Hochberg's rate holds for what is found.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from loquitur.insight.chapters.keyterms import languages
from loquitur.insight.terms.judging import LEAST_TEXTS
from loquitur.insight.terms.patterns import comparable
from loquitur.insight.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST_SHARE = 0.5
"""Of the texts: without them there would be too few to compare with."""
_LEAST_VIDEOS = 3
_SAME = 0.9
"""A word that stands in a phrase in so many of its texts is that phrase."""
_SHORTEST = 3
_LONGEST = 40
_READ = 20_000
"""Characters of a text that are read for candidates."""


def candidates(texts: Sequence[str], groups: Sequence[str], *, most: int = 40) -> tuple[str, ...]:
    """Words and pairs of words that stand in 20 texts at least, and in half of them at most.

    Words of grammar are left out by lists; where there are three groups or more, a term must be
    used in three. The commonest are taken.

    Args:
        texts: One by one.
        groups: What each belongs to: its video or author.
        most: How many terms.
    """
    counts: Counter[str] = Counter()
    within: dict[str, set[str]] = {}
    for text, group in zip(texts, groups, strict=True):
        for found in set(terms_in(text)):
            counts[found] += 1
            known = within.setdefault(found, set())
            if len(known) < _LEAST_VIDEOS:
                known.add(group)
    needed = min(_LEAST_VIDEOS, len(set(groups)))
    kept = {
        found: count
        for found, count in counts.items()
        if LEAST_TEXTS <= count <= _MOST_SHARE * len(texts) and len(within[found]) >= needed
    }
    pairs = [found for found in kept if " " in found]
    for pair in pairs:
        for word in pair.split(" "):
            if word in kept and kept[pair] >= _SAME * kept[word]:
                del kept[word]
    ranked = sorted(kept, key=lambda found: (-kept[found], found))
    return tuple(ranked[:most])


def terms_in(text: str) -> Iterator[str]:
    """The words of a text that are none of grammar, and pairs of such that stand together."""
    stopped = _stopped()
    before = ""
    for word in tokens(comparable(text[:_READ])):
        if not _counts(word, stopped):
            before = ""
            continue
        yield word
        if before and not _is_unspaced(word):
            yield f"{before} {word}"
        before = word


def _counts(word: str, stopped: frozenset[str]) -> bool:
    shortest = _SHORTEST if word.isascii() else 2
    plain = word.strip("'")
    return (
        shortest <= len(plain) <= _LONGEST
        and any(map(str.isalpha, plain))
        and word not in stopped
        and plain not in stopped
    )


def _is_unspaced(word: str) -> bool:
    return any("\u3040" <= sign <= "\u30ff" or "\u4e00" <= sign <= "\u9fff" for sign in word)


@lru_cache(maxsize=1)
def _stopped() -> frozenset[str]:
    """Words of grammar of all languages with a list: texts may be mixed."""
    return frozenset().union(*(known["stop"] for known in languages().values()))
