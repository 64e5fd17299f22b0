"""What the units of a message weigh: VADER's rules, and what chats need beside them.

Constants and rules are those of VADER 3.3.2 (Hutto and Gilbert 2014), whose names they have here in
brackets. Ours are: signs (emotes, emoji, laughter) are neither negated nor boosted; a repeated one
weighs a quarter; laughter beside words weighs half; loud crying and skulls go with what stands
beside them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from loquitur.engines import lexicons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.chat_language import Unit

PACKAGE = "vaderSentiment"
SCALE = 4.0
"""VADER's valences are -4..4, ours -1..1."""
_ALPHA = 15.0  # [normalize]
_CAPITALS, _NEGATION = 0.733, -0.74  # [C_INCR, N_SCALAR]
_REACH = (1.0, 0.95, 0.9)  # [polarity_scores: the three words before]
_BUT_BEFORE, _BUT_AFTER = 0.5, 1.5  # [_but_check]
_EXCLAMATION, _MOST_EXCLAMATIONS = 0.292, 4  # [_amplify_ep]
_REPEATED = 0.25
"""Of its weight for a sign that is there again: ten hearts are no ten opinions."""
_BESIDE_WORDS = 0.5
"""Of the weight of laughter and tears beside words: these say what it is about."""

SILENT, WORD, SIGN, BOOSTER, NEGATION, NEGATION_AFTER, BUT = range(7)
_SIGNS = frozenset({"emote", "emoji", "emoji-either", "laughter", "crying", "applause"})
_FEELINGS = frozenset({"emoji-either", "crying"})
_MERRY = frozenset({"laughter", "applause"})


@dataclass(frozen=True, slots=True)
class Token:
    """A unit as the rules see it: its part in them, its weight, and what decides the rest."""

    role: int
    weight: float
    key: str
    kind: str
    shouted: bool
    written: bool
    """`shouted`: in capitals; `written`: begins with a letter."""


@dataclass(frozen=True, slots=True)
class Vader:
    """What is taken of VADER: its words, its signs (emoticons, emoji), and lists of its rules."""

    lexicon: dict[str, float]
    signs: dict[str, float]
    boosters: dict[str, float]
    negations: frozenset[str]

    def token(self, unit: Unit) -> Token:
        """A unit as the rules see it."""
        role, weight, kind = SILENT, 0.0, ""
        entry = unit.entry
        if entry is not None:
            kind = entry.kind
            if kind.startswith("negation"):
                role = NEGATION if kind == "negation" else NEGATION_AFTER
            elif entry.polarity is not None:
                role, weight = SIGN if kind in _SIGNS else WORD, entry.polarity * SCALE
        if role == SILENT or (role == WORD and unit.key in self.negations):
            if unit.key in self.boosters:
                role, weight = BOOSTER, self.boosters[unit.key]
            elif unit.key == "but":
                role = BUT
            elif unit.key in self.negations and not weight and unit.said is None:
                role = NEGATION
            elif entry is None and unit.said is not None:
                role, weight = WORD, unit.said
        surface = unit.surface
        return Token(
            role, weight, unit.key, kind, len(surface) > 1 and surface.isupper(),
            surface[:1].isalpha(),
        )  # fmt: skip


def weigh(tokens: Sequence[Token]) -> dict[int, float]:
    """What each token that says something weighs, in VADER's scale, by its place."""
    found: dict[int, float] = {}
    signs: list[int] = []
    but = -1
    for at, token in enumerate(tokens):
        role = token.role
        if role == WORD:
            found[at] = _in_place(tokens, at)
        elif role == SIGN:
            found[at] = token.weight
            signs.append(at)
        elif role == NEGATION_AFTER and at - 1 in found:
            found[at - 1] *= _NEGATION
        elif role == BUT:
            but = at
    if signs:
        _settle(found, tokens, signs)
    if but >= 0:
        for at, weight in found.items():
            found[at] = weight * (_BUT_BEFORE if at < but else _BUT_AFTER)
    return found


def _settle(found: dict[int, float], tokens: Sequence[Token], signs: Sequence[int]) -> None:
    """Repeated signs weigh less; laughter and strong feeling go with what stands beside them."""
    seen: set[str] = set()
    merry = 0.0
    for at in signs:
        if tokens[at].key in seen:
            found[at] *= _REPEATED
        seen.add(tokens[at].key)
        merry += found[at] if tokens[at].kind in _MERRY else 0.0
    worded = sum(weight for at, weight in found.items() if tokens[at].role == WORD)
    favour = worded + merry
    for at in signs:
        kind = tokens[at].kind
        if kind in _FEELINGS and favour:
            found[at] = math.copysign(found[at], favour) * _BESIDE_WORDS
        elif kind == "laughter" and worded:
            found[at] *= _BESIDE_WORDS


def _in_place(tokens: Sequence[Token], at: int) -> float:
    """A word's weight after what stands before it."""
    token = tokens[at]
    weight = token.weight
    if not weight:
        return 0.0
    if token.shouted and _is_louder(tokens):
        weight += math.copysign(_CAPITALS, weight)
    for back, reach in enumerate(_REACH, 1):
        if back > at:
            break
        before = tokens[at - back]
        if before.role == BOOSTER:
            step = before.weight if weight > 0 else -before.weight
            weight += step * reach
        elif before.role == NEGATION or (before.role == WORD and before.key == "no"):
            weight *= _NEGATION
        elif before.role == WORD and before.weight:
            break  # another opinion stands between
    return weight


def _is_louder(tokens: Sequence[Token]) -> bool:
    """Whether some words are in capitals and others are not [allcap_differential]."""
    shouted = [token.shouted for token in tokens if token.written]
    return not all(shouted)


def compound(total: float, text: str) -> float:
    """A sum of weights as -1..1, exclamation marks counted in [score_valence]."""
    if not total:
        return 0.0
    marks = min(text.count("!"), _MOST_EXCLAMATIONS) * _EXCLAMATION
    total += math.copysign(marks, total)
    return total / math.sqrt(total * total + _ALPHA)


@lru_cache(maxsize=1)
def vader() -> Vader:
    """The installed VADER.

    Raises:
        MissingError: It is not installed.
    """
    try:
        from vaderSentiment import vaderSentiment
    except ImportError as exc:
        raise lexicons.absent(PACKAGE) from exc
    made: Any = vaderSentiment.SentimentIntensityAnalyzer()
    words: dict[str, float] = dict(made.lexicon)
    signs = {key: value for key, value in words.items() if not key[:1].isalnum()}
    for emoji, name in made.emojis.items():
        said = [words[word] for word in name.split() if word in words]
        if said:
            signs[emoji] = max(-SCALE, min(SCALE, sum(said)))
    return Vader(
        lexicon=words | signs,
        signs=signs,
        boosters=dict(vaderSentiment.BOOSTER_DICT),
        negations=frozenset({*vaderSentiment.NEGATE, "no"}),
    )
