"""Negations of a claim held against the sentences it quotes: denied here, and denied there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.library.answers.negations import denies
from loquitur.library.answers.wording import is_cjk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.answers.wording import Wording


def turned_round(claim: Wording, support: Sequence[Wording], where: str) -> str:
    """A negation that is in one of both, claim and passage, alone; empty for none.

    Args:
        claim: A sentence of a claim.
        support: The sentences that it quotes.
        where: The numbers of their passages, for people.
    """
    if is_cjk(claim.text):
        if support and not any(_agrees_cjk(claim, one) for one in support):
            return f"it says the opposite of {where}, or a negation is missing"
        return ""
    held: dict[str, set[bool]] = {}
    for sentence in support:
        for word in sentence.words:
            held.setdefault(word.stem, set()).add(word.denied)
    for word in claim.words:
        if word.stem in held and word.denied not in held[word.stem]:
            written = claim.text[word.start : word.end]
            return f"'{written}' is denied " + (
                f"here and not in {where}" if word.denied else f"in {where} and not here"
            )
    if claim.denies:
        if not any(sentence.denies for sentence in support):
            return f"it denies what {where} does not"
        return ""
    unknown = any(word.stem not in held for word in claim.words)
    if unknown and any(_denies_beside(claim, sentence) for sentence in support):
        return f"{where} denies something, and it does not"
    return ""


def _denies_beside(claim: Wording, sentence: Wording) -> bool:
    """Whether a sentence denies what a claim lacks, in a clause that has a word of the claim."""
    for first, end in sentence.clauses:
        words = [word for word in sentence.words if first <= word.start < end]
        if any(word.stem in claim.stems for word in words) and any(
            word.denied and word.stem not in claim.stems for word in words
        ):
            return True
    return False


def _agrees_cjk(claim: Wording, sentence: Wording) -> bool:
    """Whether claim and sentence both deny or both affirm, in the clauses they have in common."""
    near = [
        sentence.text[first:end]
        for first, end in sentence.clauses
        if any(word.stem in claim.stems and first <= word.start < end for word in sentence.words)
    ] or [sentence.text]
    denied = [denies(clause) for clause in near]
    here = denies(claim.text)
    return any(denied) if here else not all(denied)
