"""Sentences of a scene, and what a sentence says: a small English grammar, both ways."""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from loquitur.vision.shapes.casting import scene
from loquitur.vision.shapes.scene import (
    COLOURS,
    DIRECTIONS,
    SHAPES,
    Kind,
    Scene,
    Source,
    Thing,
    source_of,
)
from loquitur.vision.vocabulary import words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_GOING = ("moves", "goes", "travels")
_BOUNCING = ("bounces", "jumps")
_PREDICATES: dict[str, tuple[str, ...]] = {
    **{
        way: tuple(f"{verb} {where}" for verb, where in product(_GOING, (way, f"to the {way}")))
        for way in ("left", "right")
    },
    **{way: tuple(f"{verb} {way}" for verb in _GOING) for way in ("up", "down")},
    "stay": ("stays still", "does not move"),
    "grow": ("grows", "gets bigger", "becomes larger"),
    "shrink": ("shrinks", "gets smaller", "becomes smaller"),
    "bounce-x": tuple(f"{verb} horizontally" for verb in _BOUNCING),
    "bounce-y": tuple(f"{verb} vertically" for verb in _BOUNCING),
}
_PASSING = ("passes", "moves", "goes")
_BETWEEN: dict[str, tuple[str, ...]] = {
    "behind": tuple(f"{verb} behind" for verb in _PASSING),
    "front": tuple(f"{verb} in front of" for verb in _PASSING),
    "follow": ("follows", "goes after"),
    "meet": ("meets", "runs into"),
}
_KINDS: dict[str, Kind] = {
    "behind": "passing",
    "front": "passing",
    "follow": "following",
    "meet": "meeting",
}
_JOINTS = ("while", "and", "as")
_SAID_OF_ONE = {text: action for action, texts in _PREDICATES.items() for text in texts}
_SAID_OF_TWO = {text: action for action, texts in _BETWEEN.items() for text in texts}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a sentence says of one thing; `action` is empty where it says nothing known."""

    colour: str
    shape: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What a sentence says: its kind, and its things in the order told."""

    kind: Kind
    things: tuple[Told, ...]

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for sentences that say the same: who comes first matters only where one acts."""
        told = [(one.colour, one.shape, one.action) for one in self.things]
        return (self.kind, *(told if self.kind in ("passing", "following") else sorted(told)))


def saying_of(shown: Scene) -> Saying:
    """What is true of a scene."""
    things = tuple(
        Told(colour=one.colour, shape=one.shape, action=_told(one)) for one in shown.things
    )
    return Saying(kind=shown.kind, things=things)


def _told(thing: Thing) -> str:
    """A thing's action as sentences tell it: nothing is said of what is passed or followed."""
    return "" if thing.action in ("still", "led") else thing.action


def references(source: str | Source, count: int = 5) -> tuple[str, ...]:
    """True sentences of a clip, drawn from its name: other words, either thing first.

    Of whatever size, length and noise its pictures are, the sentences are the same.
    """
    named = source_of(source) if isinstance(source, str) else source
    shown = scene(named)
    bare = Source(
        split=named.split,
        number=named.number,
        seed=named.seed,
        fold=named.fold,
        variety=named.variety,
    )
    dice = random.Random(f"words|{bare}|{count}")  # noqa: S311 - a drawing, not a secret
    return tuple(_sentence(shown, dice) for _ in range(count))


def _sentence(shown: Scene, dice: random.Random) -> str:
    names = [f"a {one.colour} {one.shape}" for one in shown.things]
    if shown.kind not in ("one", "two"):
        between = _draw(dice, _BETWEEN[shown.things[0].action])
        if shown.kind == "meeting" and dice.random() < 0.5:
            names.reverse()
        return f"{names[0]} {between} {names[1]}"
    clauses = [
        f"{name} {_draw(dice, _PREDICATES[one.action])}"
        for name, one in zip(names, shown.things, strict=True)
    ]
    if len(clauses) > 1 and dice.random() < 0.5:
        clauses.reverse()
    return f" {_draw(dice, _JOINTS)} ".join(clauses)


def _draw(dice: random.Random, texts: Sequence[str]) -> str:
    return texts[int(dice.random() * len(texts))]


def parse(sentence: str) -> Saying | None:
    """What a sentence says; None where it is no sentence of the grammar.

    A clause that names a thing and then says nothing known of it keeps the thing, with an empty
    action.
    """
    words = words_of(sentence)
    heads = [at for at in range(len(words) - 2) if _names(words[at : at + 3])]
    if len(heads) not in (1, 2) or heads[0] != 0:
        return None
    first = " ".join(words[3 : heads[1]] if len(heads) == 2 else words[3:])
    if len(heads) == 1:
        told = _told_of(words, 0, _SAID_OF_ONE.get(first, ""))
        return Saying(kind="one", things=(told,))
    rest = " ".join(words[heads[1] + 3 :])
    if first in _SAID_OF_TWO:
        action = _SAID_OF_TWO[first]
        if rest:
            return None
        other = action if action == "meet" else ""
        things = _told_of(words, 0, action), _told_of(words, heads[1], other)
        return Saying(kind=_KINDS[action], things=things)
    clause, _, joint = first.rpartition(" ")
    if joint not in _JOINTS:
        return None
    actions = _SAID_OF_ONE.get(clause, ""), _SAID_OF_ONE.get(rest, "")
    things = _told_of(words, 0, actions[0]), _told_of(words, heads[1], actions[1])
    return Saying(kind="two", things=things)


def _names(words: Sequence[str]) -> bool:
    return words[0] == "a" and words[1] in COLOURS and words[2] in SHAPES


def _told_of(words: Sequence[str], at: int, action: str) -> Told:
    return Told(colour=words[at + 1], shape=words[at + 2], action=action)


VOCABULARY = frozenset(
    word
    for text in (*_SAID_OF_ONE, *_SAID_OF_TWO, *_JOINTS, *COLOURS, *SHAPES, *DIRECTIONS, "a")
    for word in text.split()
)
"""Every word of the grammar."""
