"""Labels as sentences, and scores out of similarities: what every image-text model shares.

A model of pictures and captions has seen sentences, not bare words, so a label stands in one or
several; their vectors are averaged (Radford et al. 2021, "Learning Transferable Visual Models From
Natural Language Supervision", 3.1.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.text import display
from loquitur.vectors import unit

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

PLACE = "{label}"
APART = "|"
"""Between templates."""
TEMPLATES = {
    "clip": "a photo of {label}. | a video about {label}.",
    "siglip": "This is a photo of {label}.",
}
"""Where a user gives none, by the model's type; of SigLIP as its authors write them."""
MOST_KEPT = 20_000
"""So many labels' vectors are kept: 40 MB of 512 numbers."""
_MOST_CHARS = 500


def templates_of(text: str) -> tuple[str, ...]:
    """The sentences that a user gives for labels.

    Raises:
        ValueError: One has no place for the label.

    >>> templates_of("a photo of {label} | a video about {label}")
    ('a photo of {label}', 'a video about {label}')
    """
    found = tuple(one.strip() for one in text.split(APART) if one.strip())
    for one in found:
        if one.count(PLACE) != 1:
            raise ValueError(f"a template has the place {PLACE} once: '{one}'")
    return found


def check_labels(labels: Sequence[str]) -> None:
    """Hold that these are labels.

    Raises:
        InputError: None is given, or one is empty, no text, or a page long.
    """
    if isinstance(labels, str) or not len(labels):
        raise InputError("no labels to choose from", hint="give some words")
    for one in labels:
        if not isinstance(one, str) or not one.strip():
            raise InputError(f"no label: {display(repr(one))[:60]}")
        if len(one) > _MOST_CHARS:
            raise InputError(f"a label of {len(one)} signs: '{display(one)[:40]}...'")


class LabelVectors:
    """The vectors of labels, each asked of the model once.

    Args:
        templates: Sentences around a label.
        encode: Vectors [n, d] of sentences.
    """

    def __init__(
        self,
        templates: Sequence[str],
        encode: Callable[[list[str]], NDArray[np.float32]],
    ) -> None:
        self._templates, self._encode = tuple(templates), encode
        self._kept: dict[str, NDArray[np.float32]] = {}

    def of(self, labels: Sequence[str]) -> NDArray[np.float32]:
        """One vector of length 1 a label, float32 [labels, d].

        Raises:
            InputError: No labels.
        """
        check_labels(labels)
        missing = [one for one in dict.fromkeys(labels) if one not in self._kept]
        if len(self._kept) + len(missing) > MOST_KEPT:
            self._kept = {one: self._kept[one] for one in labels if one in self._kept}
        if missing:
            sentences = [
                template.replace(PLACE, " ".join(label.split()))
                for label in missing
                for template in self._templates
            ]
            vectors = unit(self._encode(sentences))
            means = vectors.reshape(len(missing), len(self._templates), -1).mean(axis=1)
            self._kept.update(zip(missing, unit(means), strict=True))
        return np.stack([self._kept[one] for one in labels])


def competing(logits: NDArray[np.float64]) -> NDArray[np.float32]:
    """Probabilities of which one label is right is the question: softmax, rows add up to 1."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    found: NDArray[np.float32] = (raised / raised.sum(axis=1, keepdims=True)).astype(np.float32)
    return found
