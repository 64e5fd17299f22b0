"""Every term of a library with the number of passages it stands in, and terms that are like one.

FTS5's own view of its vocabulary reads the places of all terms to count them; this table is kept
in step with every change, so that a count is one look-up. A term that was misspelt or misheard is
looked for by what it keeps: its beginning, its end (a word of two halves keeps one of them through
any single slip), or its sound.
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from loquitur.library.index.embedded.rows import storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

_SOUNDS = {
    sign: sound
    for signs, sound in (
        ("bfpv", "1"), ("cgjkqsxz", "2"), ("dt", "3"), ("l", "4"), ("mn", "5"), ("r", "6"),
    )
    for sign in signs
}  # fmt: skip
"""The classes of consonants of Soundex (Russell 1918, US patent 1,261,167)."""
_LONGEST_SLIP = 2
_MOST_CANDIDATES = 1500
_WHOLE_SOUND = 2
"""Digits a sound must have to say anything."""


def change(db: sqlite3.Connection, passages: Iterable[Sequence[str]], *, by: int) -> None:
    """Count passages in or out.

    Args:
        db: In a transaction.
        passages: The terms of each.
        by: 1 for added ones, -1 for those that are taken out.
    """
    counts: Counter[str] = Counter()
    for terms in passages:
        counts.update(set(terms))
    if by < 0:
        db.executemany(
            "UPDATE vocabulary SET passages = passages - ? WHERE term = ?",
            [(count, term) for term, count in counts.items()],
        )
        db.executemany(
            "DELETE FROM vocabulary WHERE term = ? AND passages <= 0",
            [(term,) for term in counts],
        )
        return
    db.executemany(
        "INSERT INTO vocabulary VALUES (?, ?, ?, ?)"
        " ON CONFLICT (term) DO UPDATE SET passages = passages + excluded.passages",
        [(term, count, term[::-1], sound(term)) for term, count in sorted(counts.items())],
    )


def frequencies(db: sqlite3.Connection, terms: Iterable[str]) -> dict[str, int]:
    """In how many passages each term stands; 0 for none."""
    query = "SELECT passages FROM vocabulary WHERE term = ?"
    return {term: (db.execute(query, (storable(term),)).fetchone() or (0,))[0] for term in terms}


def near(db: sqlite3.Connection, term: str, *, limit: int) -> tuple[tuple[str, int], ...]:
    """Terms that share a half or the sound with a term, the most alike first.

    Likeness is Dice's coefficient of pairs of letters (Dice 1945, "Measures of the amount of
    ecologic association between species"), ties by frequency.
    """
    half = max(1, (len(term) - 1) // 2)
    lengths = (max(1, len(term) - _LONGEST_SLIP), len(term) + _LONGEST_SLIP)
    found: dict[str, int] = {}
    for column, text in (("term", term), ("backwards", term[::-1])):
        rows = db.execute(
            f"SELECT term, passages FROM vocabulary WHERE {column} >= ? AND {column} < ?"
            " AND length(term) BETWEEN ? AND ? ORDER BY passages DESC, term LIMIT ?",
            (text[:half], text[:half] + "\U0010ffff", *lengths, _MOST_CANDIDATES),
        )
        found.update(rows)
    if len(code := sound(term)) >= _WHOLE_SOUND:
        rows = db.execute(
            "SELECT term, passages FROM vocabulary WHERE sound = ? AND sound != ''"
            " AND length(term) BETWEEN ? AND ? ORDER BY passages DESC, term LIMIT ?",
            (code, *lengths, _MOST_CANDIDATES),
        )
        found.update(rows)
    found.pop(term, None)
    pairs = _pairs(term)
    alike = sorted(
        found.items(), key=lambda item: (-_likeness(pairs, _pairs(item[0])), -item[1], item[0])
    )
    return tuple(alike[:limit])


@lru_cache(maxsize=1 << 17)
def sound(term: str) -> str:
    """The classes of a Latin word's consonants, one for a run; empty for other scripts.

    >>> sound("tesla"), sound("desler"), sound("москва")
    ('324', '3246', '')
    """
    if not term.isascii():
        return ""
    found = ""
    for sign in term:
        code = _SOUNDS.get(sign, "")
        if code and not found.endswith(code):
            found += code
    return found


def _pairs(term: str) -> set[str]:
    return {before + after for before, after in pairwise(f" {term} ")}


def _likeness(first: set[str], second: set[str]) -> float:
    return 2 * len(first & second) / (len(first) + len(second))
