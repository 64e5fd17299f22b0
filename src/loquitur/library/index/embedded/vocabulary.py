"""Every term of a library with the number of passages it stands in, and terms that are like one.

FTS5's own view of its vocabulary reads all places of a term to count them; this table is kept in
step with every change, so that a count is one look-up (and what is not counted yet beside it).

A term that was misspelt or misheard is looked for by what it keeps: its beginning, its end (a word
of two halves keeps one of them through any single slip), or its sound.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from loquitur.conversion import decoder
from loquitur.library.index.embedded.rows import storable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_SOUNDS = dict.fromkeys(range(128)) | {
    ord(sign): sound
    for signs, sound in (
        ("bfpv", "1"), ("cgjkqsxz", "2"), ("dt", "3"), ("l", "4"), ("mn", "5"), ("r", "6"),
    )
    for sign in signs
}  # fmt: skip
"""The classes of consonants of Soundex (Russell 1918, US patent 1,261,167); None of others."""
_RUN = re.compile(r"(.)\1+")
_LONGEST_SLIP = 2
_MOST_CANDIDATES = 1500
_WHOLE_SOUND = 2
"""Digits a sound must have to say anything."""
_MOST_UNCOUNTED = 64
"""Changes: to count each by itself would rewrite half of the table for every video."""
_COUNTS = decoder(dict[str, int])
_BACK, _SOUND, _LAST = "<", "~", "\U0010ffff"


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
    late = {term: by * count for term, count in counts.items()}
    db.execute("INSERT INTO uncounted (terms) VALUES (?)", (msgspec.json.encode(late).decode(),))
    (waiting,) = db.execute("SELECT max(id) FROM uncounted").fetchone()
    if by < 0 or waiting >= _MOST_UNCOUNTED:
        settle(db)


def settle(db: sqlite3.Connection) -> None:
    """Bring what is not counted yet into the vocabulary, in its order."""
    late = uncounted(db)
    if not late:
        return
    terms = sorted(late)  # neighbours lie on one page
    known = counted(db, terms)
    new = [term for term in terms if term not in known and late[term] > 0]
    lost = [term for term in terms if term in known and known[term] + late[term] <= 0]
    db.executemany("INSERT INTO vocabulary VALUES (?, ?)", ((term, late[term]) for term in new))
    db.executemany(
        "UPDATE vocabulary SET passages = passages + ? WHERE term = ?",
        ((late[term], term) for term in terms if term in known and late[term]),
    )
    db.executemany("INSERT INTO forms VALUES (?, ?)", sorted(_formed(new)))
    db.executemany("DELETE FROM vocabulary WHERE term = ?", ((term,) for term in lost))
    db.executemany("DELETE FROM forms WHERE form = ? AND term = ?", _formed(lost))
    db.execute("DELETE FROM uncounted")


def frequencies(
    db: sqlite3.Connection, terms: Iterable[str], late: Mapping[str, int]
) -> dict[str, int]:
    """In how many passages each term stands; 0 for none. `late` is what is `uncounted`."""
    wanted = {term: storable(term) for term in terms}
    known = counted(db, [*wanted.values()])
    return {term: known.get(kept, 0) + late.get(kept, 0) for term, kept in wanted.items()}


def counted(db: sqlite3.Connection, terms: list[str]) -> dict[str, int]:
    """In how many passages terms stand at least: without what is not counted yet."""
    return dict(
        db.execute(
            "SELECT v.term, v.passages FROM json_each(?) j JOIN vocabulary v ON v.term = j.value",
            (json.dumps(terms, ensure_ascii=False),),
        )
    )


def uncounted(db: sqlite3.Connection) -> dict[str, int]:
    """What is not in the vocabulary yet, by term; the same for all of a generation."""
    found: dict[str, int] = {}
    for (text,) in db.execute("SELECT terms FROM uncounted"):
        for term, count in _COUNTS.decode(text).items():
            found[term] = found.get(term, 0) + count
    return found


def near(
    db: sqlite3.Connection, term: str, *, limit: int, late: Mapping[str, int]
) -> tuple[tuple[str, int], ...]:
    """Terms that share a half or the sound with a term, the most alike first.

    Likeness is Dice's coefficient of pairs of letters (Dice 1945, "Measures of the amount of
    ecologic association between species"), ties by frequency.
    """
    half = max(1, (len(term) - 1) // 2)
    shortest, longest = max(1, len(term) - _LONGEST_SLIP), len(term) + _LONGEST_SLIP
    keys = {_BACK + term[::-1][:half], *([_SOUND + code] if (code := _said(term)) else ())}
    found = dict(
        db.execute(
            "SELECT term, passages FROM vocabulary WHERE term >= ? AND term < ?"
            " AND length(term) BETWEEN ? AND ? ORDER BY passages DESC, term LIMIT ?",
            (term[:half], term[:half] + _LAST, shortest, longest, _MOST_CANDIDATES),
        )
    )
    for key in sorted(keys):
        found |= dict(
            db.execute(
                "SELECT v.term, v.passages FROM forms f JOIN vocabulary v ON v.term = f.term"
                " WHERE f.form >= ? AND f.form < ? AND length(v.term) BETWEEN ? AND ?"
                " ORDER BY v.passages DESC, v.term LIMIT ?",
                (key, key + (_LAST if key[0] == _BACK else " "), shortest, longest,
                 _MOST_CANDIDATES),
            )
        )  # fmt: skip
    new = _sharing(late, term, half)
    found |= dict.fromkeys(new, 0) | counted(db, new)
    for other in found.keys() & late.keys():
        found[other] += late[other]
    found.pop(term, None)
    pairs = _pairs(term)
    alike = sorted(
        ((other, n) for other, n in found.items() if n > 0),
        key=lambda item: (-_likeness(pairs, _pairs(item[0])), -item[1], item[0]),
    )
    return tuple(alike[:limit])


def _sharing(terms: Iterable[str], term: str, half: int) -> list[str]:
    """Those of some terms that share a half or the sound with a term; there may be very many."""
    head, tail, said = term[:half], term[len(term) - half :], _said(term)
    shortest, longest = len(term) - _LONGEST_SLIP, len(term) + _LONGEST_SLIP
    return [
        other
        for other in terms
        if shortest <= len(other) <= longest
        and (other.startswith(head) or other.endswith(tail) or (said and sound(other) == said))
    ]


def _formed(terms: Iterable[str]) -> Iterator[tuple[str, str]]:
    for term in terms:
        yield _BACK + term[::-1], term
        if code := _said(term):
            yield _SOUND + code, term


def _said(term: str) -> str:
    code = sound(term)
    return code if len(code) >= _WHOLE_SOUND else ""


@lru_cache(maxsize=1 << 17)
def sound(term: str) -> str:
    """The classes of a Latin word's consonants, one for a run; empty for other scripts.

    >>> sound("tesla"), sound("desler"), sound("москва")
    ('324', '3246', '')
    """
    return _RUN.sub(r"\1", term.translate(_SOUNDS)) if term.isascii() else ""


def _pairs(term: str) -> set[str]:
    return {before + after for before, after in pairwise(f" {term} ")}


def _likeness(first: set[str], second: set[str]) -> float:
    return 2 * len(first & second) / (len(first) + len(second))
