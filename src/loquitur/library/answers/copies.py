"""What was put into, or taken out of, a sentence that is otherwise copied.

A sentence in a model's own words may have words of its own; in one that is copied a single other
word is what was changed: a name of a script without capitals, an opposite, a negation.
"""

from __future__ import annotations

import difflib
from itertools import pairwise
from typing import TYPE_CHECKING

from loquitur.library.answers.negations import negates
from loquitur.library.answers.wording import figured, is_cjk, is_ideograph
from loquitur.library.terms import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.answers.wording import Content, Wording

COPIED, COPIED_CJK = 0.75, 0.65
"""From this share of a claim's words in the order of the passage on it is a copy; of characters."""
PARTLY = 0.5
"""From this share on it is copied enough for negations to be compared word by word."""
_DENYING_SIGNS = frozenset("不没沒無无未非")


def put_in(
    claim: Wording, missing: Sequence[Content], support: Sequence[Wording], said: frozenset[str]
) -> str:
    """A word of nobody's, or a negation, in a claim that is otherwise copied; empty for none.

    Args:
        claim: A sentence of a claim.
        missing: Its content words that no cited passage has.
        support: The sentences that it quotes.
        said: The content words of all cited passages.
    """
    own = _plainly(claim)
    theirs = [word for one in support for word in _plainly(one)]
    matcher = difflib.SequenceMatcher(None, theirs, own, autojunk=False)
    blocks = matcher.get_matching_blocks()[:-1]
    copied = sum(block.size for block in blocks) / max(1, len(own))
    if copied < PARTLY:
        return ""
    if odd := _negation_put_in(own, theirs, blocks):
        return odd
    if copied < (COPIED_CJK if is_cjk(claim.text) else COPIED):
        return ""
    if missing and not is_cjk(claim.text):
        return claim.text[missing[0].start : missing[0].end]
    signs = frozenset("".join(said))
    for word in missing:  # pairs change with endings and particles; a strange sign does not
        if any(sign not in signs and is_ideograph(sign) for sign in word.stem):
            return claim.text[word.start : word.end]
    return ""


def _negation_put_in(
    own: Sequence[str], theirs: Sequence[str], blocks: Sequence[difflib.Match]
) -> str:
    """A negation before, behind or inside of what is copied, that one of both has alone."""
    first, last = blocks[0], blocks[-1]
    around = (own[: first.b], theirs[: first.a]), (own[last.b :], theirs[last.a :])
    if any(sum(map(_denying, new)) > sum(map(_denying, old)) for new, old in around):
        return "a negation"
    for one, two in pairwise(blocks):
        old, new = theirs[one.a + one.size : two.a], own[one.b + one.size : two.b]
        if sum(map(_denying, new)) != sum(map(_denying, old)):
            return " ".join(new) or f"a missing {' '.join(old)}"
    return ""


def _denying(word: str) -> bool:
    return negates(word) or word in _DENYING_SIGNS


def _plainly(sentence: Wording) -> list[str]:
    """All words as they stand, but figures; characters, not pairs, where there are no words."""
    covered = figured(sentence.figures)
    return [
        sentence.text[one.start : one.end].lower()
        for one in tokens(sentence.text)
        if (len(one.term) == 1 or not is_cjk(one.term))
        and covered.isdisjoint(range(one.start, one.end))
    ]
