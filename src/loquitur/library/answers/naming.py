"""Names that stand in the passages, and have nothing to do with what a claim says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.answers.wording import Wording

_BEFORE = 2
"""Sentences before a quoted one whose names its `he` and `it` may stand for."""


def before_quoted(sentences: Sequence[Wording], quoted: Sequence[Wording]) -> frozenset[str]:
    """The content words right before what is quoted of one passage."""
    first = next((at for at, one in enumerate(sentences) if one in quoted), 0)
    return frozenset().union(*(one.stems for one in sentences[max(0, first - _BEFORE) : first]))


def strange_name(
    claim: Wording, support: Sequence[Wording], sentences: Sequence[Wording], told: frozenset[str]
) -> str:
    """A name that no sentence puts together with anything else of the claim; empty for none.

    Args:
        claim: A sentence of a claim.
        support: The sentences that it quotes.
        sentences: All of the cited passages.
        told: Words of titles and speakers, and of the sentences right before what is quoted.
    """
    near = told.union(*(one.stems for one in support))
    strange = [word for word in claim.words if word.name and word.stem not in near]
    rest = claim.stems - {word.stem for word in strange}
    for word in strange:
        holding = [one for one in sentences if word.stem in one.stems]
        if len(holding) != 1:
            continue  # missing, which others see; or what the passages are about
        if not any(one.stems & rest or _figures(one, claim) for one in holding):
            return claim.text[word.start : word.end]
    return ""


def _figures(sentence: Wording, claim: Wording) -> bool:
    return any(one.sure and one.agrees(two) for one in sentence.figures for two in claim.figures)
