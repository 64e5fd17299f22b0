"""What a search asks for: words, their alternatives, what must not be there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from loquitur.emulator.vocabulary import words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.emulator.population import Population
    from loquitur.emulator.shelves import Shelf

Phrase: TypeAlias = tuple[str, ...]
"""Words that must stand next to one another."""

_PIECE = re.compile(r'\s*(\|)\s*|(-?)"([^"]*)"?|(-?)([^\s|"]+)')


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition: any of the phrases is there - or, where excluded, none is."""

    phrases: tuple[Phrase, ...]
    excluded: bool = False


def parse(text: str) -> tuple[Clause, ...]:
    """The conditions of a query, all of which must hold.

    `a b` wants both, `a|b` either, `-a` none of it, `"a b"` the two side by side.

    >>> parse('tea|"green tea" -milk')[1]
    Clause(phrases=(('milk',),), excluded=True)
    """
    clauses: list[Clause] = []
    joining = False
    for bar, minus, quoted, sign, plain in _PIECE.findall(text):
        if bar:
            joining = bool(clauses)
            continue
        phrase = tuple(words(quoted or plain))
        if phrase:
            excluded = bool(minus or sign)
            if joining and clauses[-1].excluded == excluded:
                clauses[-1] = Clause((*clauses[-1].phrases, phrase), excluded)
            else:
                clauses.append(Clause((phrase,), excluded))
        joining = False
    return tuple(clauses)


def holds(clauses: tuple[Clause, ...], title: str, tags: tuple[str, ...] = ()) -> bool:
    """Whether the words of a title and of tags fit."""
    text = _spaced(title, tags)
    return all(
        any(f" {' '.join(phrase)} " in text for phrase in clause.phrases) != clause.excluded
        for clause in clauses
    )


def fitting(
    clauses: tuple[Clause, ...], population: Population, shelf: Shelf, now: float
) -> NDArray[np.bool_]:
    """Which videos of a shelf fit."""
    found = np.ones(shelf.size(now), dtype=bool)
    for clause in clauses:
        hit = np.zeros(len(found), dtype=bool)
        for phrase in clause.phrases:
            hit |= _containing(phrase, population, shelf, now)
        found &= ~hit if clause.excluded else hit
    return found


def _containing(
    phrase: Phrase, population: Population, shelf: Shelf, now: float
) -> NDArray[np.bool_]:
    """Which have a phrase: all its words first, then side by side in the text itself."""
    if phrase == tuple(words(shelf.stock.subject)):
        return np.ones(shelf.size(now), dtype=bool)
    found = shelf.containing(phrase[0], now)
    for word in phrase[1:]:
        found = found & shelf.containing(word, now)
    if len(phrase) > 1 and found.any():
        found = found.copy()
        wanted = f" {' '.join(phrase)} "
        for place in np.nonzero(found)[0]:
            video = population.at(population.index_of(shelf, int(place)))
            wording = None if video is None else population.words(video)
            if wording is None or wanted not in _spaced(wording.title, wording.tags):
                found[place] = False
    return found


def _spaced(title: str, tags: tuple[str, ...]) -> str:
    """Title and tags as the search sees them; a phrase does not reach from one to the next."""
    return " | ".join(f" {' '.join(words(text))} " for text in (title, *tags))
