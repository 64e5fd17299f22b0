"""Claims of one answer that contradict each other: told, and left to the reader."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from loquitur.library.answers.negations import denies
from loquitur.library.answers.wording import is_cjk, wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.answers.checking import Kept
    from loquitur.library.answers.wording import Wording

_ALIKE = 0.6
"""The least share of content words in common of two claims about one thing."""


def disagreements(kept: Sequence[Kept]) -> list[str]:
    """A line for each two claims that say nearly the same but for figures or a negation."""
    read = [wording(one.text, language="und") for one in kept]
    found = []
    for (one, first), (two, second) in combinations(zip(kept, read, strict=True), 2):
        if _alike(first, second) < _ALIKE:
            continue
        if _other_figures(first, second) or _denied(first) != _denied(second):
            marks = [f"[{item.evidence[0].n}]" for item in (one, two)]
            found.append(f"{marks[0]} and {marks[1]} may contradict each other: look at both")
    return found


def _alike(a: Wording, b: Wording) -> float:
    both = a.stems | b.stems
    return len(a.stems & b.stems) / len(both) if both else 0.0


def _other_figures(a: Wording, b: Wording) -> bool:
    if not a.figures or not b.figures:
        return False
    return not any(one.agrees(other) for one in a.figures for other in b.figures)


def _denied(claim: Wording) -> bool:
    if is_cjk(claim.text):
        return denies(claim.text)
    return claim.denies
