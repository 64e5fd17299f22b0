"""Labels by number: their names, and the verticals (genres) they belong to.

Which files hold them is in `vocabulary_files.py`. YouTube's own categories are another vocabulary:
`youtube_categories.py`.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError, near
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

UNKNOWN = "(Unknown)"
"""How YouTube-8M's vocabulary says that a label belongs to no vertical."""
VERTICALS = (
    "Arts & Entertainment", "Autos & Vehicles", "Beauty & Fitness", "Books & Literature",
    "Business & Industrial", "Computers & Electronics", "Finance", "Food & Drink", "Games",
    "Health", "Hobbies & Leisure", "Home & Garden", "Internet & Telecom", "Jobs & Education",
    "Law & Government", "News", "People & Society", "Pets & Animals", "Real Estate", "Reference",
    "Science", "Shopping", "Sports", "Travel",
)  # fmt: skip
"""The 24 top-level verticals of YouTube-8M (vocabulary of May 2018), sorted.

Source: https://research.google.com/youtube8m/explore.html; they are those of Google's ads.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label.

    Args:
        name: As people read it; where the entity was deleted, its Knowledge Graph id.
        entity: Its Knowledge Graph id; empty where there is none.
        verticals: The genres it belongs to, the first one first; empty for "(Unknown)".
        videos: In how many training videos it stands, as the vocabulary says; 0 where it does not.
    """

    name: str
    entity: str = ""
    verticals: tuple[str, ...] = ()
    videos: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelVocabulary:
    """All labels of a data set, in the order of their numbers.

    Args:
        labels: One a number, from 0.

    Raises:
        InputError: There is none, or one has no name.
    """

    labels: tuple[Label, ...]

    def __post_init__(self) -> None:
        if not self.labels:
            raise InputError("a vocabulary without labels")
        for number, label in enumerate(self.labels):
            if not label.name.strip():
                raise InputError(f"label {number} of the vocabulary has no name")

    @classmethod
    def of(cls, names: Sequence[str]) -> LabelVocabulary:
        """Labels that have names alone, numbered as they stand."""
        return cls(labels=tuple(Label(name=name) for name in names))

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def names(self) -> tuple[str, ...]:
        """The names, by number."""
        return tuple(label.name for label in self.labels)

    @property
    def verticals(self) -> tuple[str, ...]:
        """The genres that some label belongs to, sorted; never "(Unknown)"."""
        return tuple(sorted({one for label in self.labels for one in label.verticals}))

    @property
    def digest(self) -> str:
        """sha256 of names, entities and verticals by number: who has another, has other labels."""
        plain = [[label.name, label.entity, list(label.verticals)] for label in self.labels]
        text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def vertical_matrix(self) -> NDArray[np.bool_]:
        """Which label belongs to which of `verticals`, bool [labels, verticals]."""
        column = {name: at for at, name in enumerate(self.verticals)}
        matrix = np.zeros((len(self.labels), len(column)), dtype=np.bool_)
        for number, label in enumerate(self.labels):
            matrix[number, [column[one] for one in label.verticals]] = True
        return matrix

    def find(self, name: str) -> int:
        """The number of a label, by its name (case does not count) or its Knowledge Graph id.

        Raises:
            InputError: There is none, or there are several of that name.
        """
        return LabelIndex(self).find(name)


class LabelIndex:
    """A vocabulary to look many names up in."""

    def __init__(self, vocabulary: LabelVocabulary) -> None:
        self._labels = vocabulary.labels
        self._names: dict[str, list[int]] = {}
        self._entities: dict[str, int] = {}
        for number, label in enumerate(vocabulary.labels):
            self._names.setdefault(_folded(label.name), []).append(number)
            if label.entity:
                self._entities.setdefault(label.entity, number)

    def find(self, name: str) -> int:
        """The number of a label; see `LabelVocabulary.find`."""
        if name in self._entities:
            return self._entities[name]
        found = self._names.get(_folded(name), [])
        exact = [number for number in found if self._labels[number].name == name]
        if len(exact or found) == 1:
            return (exact or found)[0]
        if found:
            raise InputError(
                f"{len(found)} labels are called '{display(name)}'",
                hint="say which by its Knowledge Graph id, or its number",
            )
        hint = _nearest(name, [label.name for label in self._labels])
        raise InputError(f"no label is called '{display(name)}'", hint=display(hint))


def label_names(vocabulary: LabelVocabulary | None, classes: int) -> tuple[str, ...]:
    """A name for each number: the vocabulary's; where there is none, `label 17`.

    Raises:
        InputError: The vocabulary has another number of labels.
    """
    if vocabulary is None:
        return tuple(f"label {number}" for number in range(classes))
    if len(vocabulary) != classes:
        raise InputError(
            f"the vocabulary has {len(vocabulary)} labels, what is scored has {classes}",
            hint="it is of another version: name the one that the labels were numbered by",
        )
    return vocabulary.names


def genre_scores(scores: NDArray[np.floating], matrix: NDArray[np.bool_]) -> NDArray[np.float64]:
    """How likely each vertical is: that at least one of its labels holds, were they independent.

    1 - prod(1 - p) over the labels of a vertical.

    Args:
        scores: Probabilities [n, labels].
        matrix: `LabelVocabulary.vertical_matrix()`.

    Returns:
        Float64 [n, verticals], 0 to 1.
    """
    none = np.log1p(-np.minimum(np.asarray(scores, dtype=np.float64), 1 - 1e-15))
    found: NDArray[np.float64] = -np.expm1(none @ matrix.astype(np.float64))
    return found


def genre_labels(labels: NDArray[np.int64], matrix: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The verticals of each video's labels.

    Args:
        labels: int64 [n, k], padded with -1.
        matrix: As of `genre_scores`.

    Returns:
        int64 [n, v], ascending, padded with -1; v is at least 1.
    """
    held = np.zeros((len(labels), matrix.shape[1]), dtype=np.bool_)
    for column in labels.T:
        there = column >= 0
        held[there] |= matrix[column[there]]
    counts = held.sum(axis=1)
    found = np.full((len(labels), max(1, int(counts.max(initial=0)))), -1, dtype=np.int64)
    rows, columns = np.nonzero(held)
    starts = (np.cumsum(counts) - counts)[rows]
    found[rows, np.arange(len(rows)) - starts] = columns
    return found


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _nearest(name: str, names: Sequence[str]) -> str:
    """Near names; never a list of thousands."""
    hint = near(name, names)
    return hint if len(hint) < 300 else "`label data inspect` lists the labels"
