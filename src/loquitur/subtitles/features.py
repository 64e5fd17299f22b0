"""What speaks for and against a break between two words: features, and their fitted weights.

The features are names; `weights.json` has two numbers for each, for a line's end and a cue's end,
fitted by `benchmarks/segmentation_fitting.py`. Classes of words come from the grammar of the
language, so what was fitted on English text carries over; weights of single words do not and are
used for English alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.subtitles.tokens import NOTHING, Token

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMED_KINDS = frozenset({"open", "title", "plural", "gerund", "past", "noun", "manner"})
_NUMBERS = frozenset({"number", "number_word"})
_LABEL_WORDS = 3
"""A speaker's label, as `Second man:`, has up to so many words."""


def features_of(
    tokens: Sequence[Token], *, words: bool, names: bool = True
) -> list[tuple[str, ...]]:
    """The features of the break after each word but the last.

    Args:
        tokens: The words in their order.
        words: Whether function words count as themselves, beside their classes.
        names: Whether a capital inside a sentence tells a name.
    """
    kinds = _kinds(tokens) if names else [token.kind for token in tokens]
    found = []
    for index in range(len(tokens) - 1):
        left, right = tokens[index], tokens[index + 1]
        here, there = kinds[index], kinds[index + 1]
        beyond = kinds[index + 2] if index + 2 < len(tokens) else "none"
        own = ["any", f"R:{there}"]
        if left.end:
            own += (f"E:{left.end}", f"ER:{left.end} {there}", f"EN:{there} {beyond}")
        else:
            before = kinds[index - 1] if index else "none"
            own += (
                f"L:{here}", f"LR:{here} {there}", f"BL:{before} {here}", f"RN:{there} {beyond}",
            )  # fmt: skip
            if words and left.word:
                own.append(f"l={left.word}")
        if words and right.word:
            own.append(f"r={right.word}")
        own += _around(tokens, index)
        if not left.end and (held := _held(tokens, index)):
            own.append(held)
        found.append(tuple(own))
    return found


def _around(tokens: Sequence[Token], index: int) -> list[str]:
    """What marks stand near the break, and whether a speaker's label begins behind it."""
    right = tokens[index + 1]
    after = tokens[index + 2] if index + 2 < len(tokens) else NOTHING
    names = []
    if right.lead:
        names.append(f"lead:{right.lead}")
    if right.end:
        names.append("ends1:stop" if right.end == "stop" else "ends1:other")
    elif after.end:
        names.append("ends2:stop" if after.end == "stop" else "ends2:other")
    if not tokens[index].end and index and tokens[index - 1].end:
        names.append("began1")
    if right.capital:
        label = tokens[index + 1 : index + 1 + _LABEL_WORDS]
        if any(one.end == "colon" for one in label):
            names.append("label")
    return names


def _held(tokens: Sequence[Token], index: int) -> str:
    """What the break would take apart: a number, a number and its unit, a title and its name."""
    left, right = tokens[index], tokens[index + 1]
    if left.kind == "title" and right.capital:
        return "hold:title"
    if left.kind in _NUMBERS:
        if right.kind == "unit":
            return "hold:unit"
        after = tokens[index + 2] if index + 2 < len(tokens) else NOTHING
        joined = right.kind == "coordinator" and not right.end and after.kind in _NUMBERS
        return "hold:number" if right.kind in _NUMBERS or joined else ""
    if left.kind == "coordinator" and right.kind in _NUMBERS and index:
        before = tokens[index - 1]
        return "hold:number" if before.kind in _NUMBERS and not before.end else ""
    return ""


def _kinds(tokens: Sequence[Token]) -> list[str]:
    """The classes, names told from other words by their capital inside a sentence."""
    kinds, begins = [], True
    for token in tokens:
        name = token.capital and not begins and token.kind in _NAMED_KINDS
        kinds.append("name" if name else token.kind)
        begins = token.end == "stop"
    return kinds
