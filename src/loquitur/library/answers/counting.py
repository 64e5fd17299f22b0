"""Figures of a claim held against the passages: the same value, of the same thing.

A figure of no passage is invented. One that a passage has may still be of another unit, may count
another thing than there, or may stand in a sentence that is about something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.library.answers.wording import has_like, is_cjk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.answers.figures import Figure
    from loquitur.library.answers.wording import Wording

_NEAR = 0.3
"""The least share of a claim's content words in a sentence whose figures are the claim's."""


def miscounted(claim: Wording, sentences: Sequence[Wording], where: str) -> str:
    """A figure that the passages lack, or have of something else; empty for none.

    Args:
        claim: A sentence of a claim.
        sentences: All of the cited passages.
        where: Those passages' numbers, for people.
    """
    for figure in claim.figures:
        if not figure.sure:
            continue
        shown = claim.text[figure.start : figure.end].strip()
        places = [
            (sentence, other)
            for sentence in sentences
            for other in sentence.figures
            if other.agrees(figure)
        ]
        if not places:
            return f"the figure {shown} is not in {where}"
        if figure.kind and not any(_has_kind(sentence, figure) for sentence, _ in places):
            return f"{shown} is not what {where} counts"
        if all(_counts_other(claim, figure, sentence, other) for sentence, other in places):
            return f"{shown} stands for something else in {where}"
        if not any(_is_about(claim, sentence) for sentence, _ in places):
            return f"{shown} is said of something else in {where}"
    return ""


def _has_kind(sentence: Wording, figure: Figure) -> bool:
    """Whether the unit stands with any figure of the sentence: `5 to 10 km`."""
    return any(other.kind == figure.kind for other in sentence.figures)


def _counted(sentence: Wording, figure: Figure, count: int = 3) -> list[str]:
    """The content words behind a figure, before the next one."""
    stop = min(
        (other.start for other in sentence.figures if other.start >= figure.end), default=1 << 30
    )
    return [word.stem for word in sentence.words if figure.end <= word.start < stop][:count]


def _is_of_other(claim: Wording, figure: Figure, sentence: Wording, other: Figure) -> bool:
    """Whether the words right behind a figure name two things that have nothing in common."""
    mine, theirs = _right_behind(claim, figure), _right_behind(sentence, other)
    if not mine or not theirs or is_cjk(claim.text) or figure.ordinal:
        return False
    if all(len(value) < 2 or 1000 < _whole(value) < 2100 for value in figure.values):
        return False  # a small number, or a year: what stands behind it need not be what it counts
    return not (
        mine in sentence.stems
        or theirs in claim.stems
        or has_like(mine, sentence.stems, 0.65)
        or has_like(theirs, claim.stems, 0.65)
    )


def _whole(value: str) -> int:
    return int(value) if value.isdecimal() and len(value) < 9 else 0


def _right_behind(sentence: Wording, figure: Figure) -> str:
    """The content word that stands right behind a figure."""
    for word in sentence.words:
        if word.start >= figure.end:
            return "" if sentence.text[figure.end : word.start].strip(" -") else word.stem
    return ""


def _counts_other(claim: Wording, figure: Figure, sentence: Wording, other: Figure) -> bool:
    """Whether what the claim counts is what another figure of the sentence counts."""
    if _is_of_other(claim, figure, sentence, other):
        return True
    things = _counted(claim, figure, 1)
    if not things or things[0] in _counted(sentence, other):
        return False
    return any(
        things[0] in _counted(sentence, third, 1)
        for third in sentence.figures
        if not third.agrees(figure)
    )


def _is_about(claim: Wording, sentence: Wording) -> bool:
    """Whether a sentence shares enough with a claim for its figures to be the claim's."""
    if not claim.stems:
        return True
    return len(claim.stems & sentence.stems) >= max(1, round(_NEAR * len(claim.stems)))
