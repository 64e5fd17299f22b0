"""Text as a recogniser might have misheard it, by chance with a seed: what search must bear.

The shares are those of word errors in automatic captions of lectures, about a third of all words:
of 100 words 5 are left out, 20 misspelt in one letter or two neighbours, 5 another word of the
vocabulary, and 3 more are put in.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DELETED, MISSPELT, SUBSTITUTED, INSERTED = 0.05, 0.20, 0.05, 0.03
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def misheard(text: str, *, vocabulary: Sequence[str], seed: str) -> str:
    """The text with such errors, the same for the same seed.

    Args:
        text: Words between blanks.
        vocabulary: Words to put in or in the place of others.
        seed: For instance the passage's number and that of the drawing.
    """
    chance = random.Random(seed)  # noqa: S311 - no secret
    kept: list[str] = []
    for word in text.split():
        drawn = chance.random()
        if drawn < DELETED:
            continue
        if drawn < DELETED + MISSPELT:
            kept.append(_misspelt(word, chance))
        elif drawn < DELETED + MISSPELT + SUBSTITUTED:
            kept.append(chance.choice(vocabulary))
        else:
            kept.append(word)
        if chance.random() < INSERTED:
            kept.append(chance.choice(vocabulary))
    return " ".join(kept)


def _misspelt(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word))
    how = chance.randrange(4)
    if how == 0:
        return word[:at] + chance.choice(_LETTERS) + word[at + 1 :]
    if how == 1 and len(word) > 1:
        return word[:at] + word[at + 1 :]
    if how == 2:
        return word[:at] + chance.choice(_LETTERS) + word[at:]
    if at + 1 < len(word):
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word + word[-1]
