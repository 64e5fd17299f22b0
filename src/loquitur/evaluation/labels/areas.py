"""Average precision added up from the highest score down, a stretch of predictions at a time.

Of what stands above only three numbers are kept, of each class: how many predictions, how many of
them right, and the sum of precision so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur.evaluation.labels import ranking
from loquitur.evaluation.labels.runs import Level

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.evaluation.labels.ranking import Keys

_AT_ONCE = 1 << 18


class Area:
    """The area under precision by recall, not interpolated, of predictions pooled."""

    def __init__(self) -> None:
        self._passed = 0
        self._right = 0
        self._sum = 0.0

    def add(self, keys: Keys) -> None:
        """A stretch, sorted: all predictions of its scores."""
        places = ranking.places(keys)
        for first in range(0, len(places), _AT_ONCE):
            at = places[first : first + _AT_ONCE]
            # with all of its score
            passed = np.searchsorted(keys, ranking.last_of_score(keys[at]), side="right")
            right = self._right + np.searchsorted(places, passed)
            self._sum += float((right / (self._passed + passed)).sum())
        self._passed += len(keys)
        self._right += len(places)

    def add_level(self, passed: int, right: int) -> None:
        """All predictions of one score: how many, and how many of them right."""
        self._passed += passed
        self._right += right
        self._sum += right * (self._right / self._passed) if right else 0.0

    def value(self, positives: int) -> float:
        """Average precision; 0 where there are no positives.

        Args:
            positives: How many right ones there are, predicted or not: the denominator.
        """
        return self._sum / positives if positives else 0.0


class ClassAreas:
    """The same of each class over its own predictions.

    Args:
        classes: How many there are.
        most: Right ones further down in their class do not count.
    """

    def __init__(self, classes: int, *, most: int | None = None) -> None:
        self._most = most
        self._passed = np.zeros(classes, np.int64)
        self._right = np.zeros(classes, np.int64)
        self._sums = np.zeros(classes)

    def add(self, keys: Keys) -> None:
        """A stretch: all predictions of its scores, in any order."""
        turned = ranking.by_class(keys)
        turned.sort()
        places = ranking.places(turned)
        turned = ranking.without_hits(turned)
        starts = np.searchsorted(turned, ranking.class_borders(len(self._sums)))
        rights = np.searchsorted(places, starts)
        # a class is counted from where it starts, and on from what stands above the stretch
        passed_before, right_before = self._passed - starts[:-1], self._right - rights[:-1]
        for first in range(0, len(places), _AT_ONCE):
            found = turned[places[first : first + _AT_ONCE]]
            classes = ranking.class_of(found)
            last = np.searchsorted(turned, found, side="right")
            passed = last + passed_before[classes]
            gained = (np.searchsorted(places, last) + right_before[classes]) / passed
            if self._most is not None:
                gained[passed > self._most] = 0
            self._sums += np.bincount(classes, weights=gained, minlength=len(self._sums))
        self._passed += np.diff(starts)
        self._right += np.diff(rights)

    def add_level(self, passed: NDArray[np.int64], right: NDArray[np.int64]) -> None:
        """All predictions of one score: how many of each class [classes], and how many right."""
        self._passed += passed
        self._right += right
        gained = right * (self._right / np.maximum(self._passed, 1))
        if self._most is not None:
            gained[self._passed > self._most] = 0
        self._sums += gained

    def values(self, positives: NDArray[np.int64]) -> NDArray[np.float64]:
        """Average precision of each class [classes]; NaN where it has no positives."""
        with np.errstate(invalid="ignore"):
            return np.where(positives > 0, self._sums / np.maximum(positives, 1), np.nan)


class PooledAreas:
    """Of all predictions, of each class, and of groups of classes within the same pool.

    Args:
        classes: How many classes there are.
        members: bool [classes, groups]: which class belongs to which; None without groups.
    """

    def __init__(self, classes: int, members: NDArray[np.bool_] | None = None) -> None:
        self.whole = Area()
        self.classes = ClassAreas(classes)
        self._members = np.zeros((classes, 0), np.bool_) if members is None else members
        self.groups = [Area() for _ in self._members.T]

    def add(self, stretch: Keys | Level) -> None:
        """The next stretch of `runs.sorted_stretches`."""
        if isinstance(stretch, Level):
            self._add_level(stretch)
            return
        self.whole.add(stretch)
        self.classes.add(stretch)
        if self.groups:
            labels = ranking.labels_in(stretch)
            for member, area in zip(self._members.T, self.groups, strict=True):
                area.add(stretch[member[labels]])

    def _add_level(self, level: Level) -> None:
        many = len(self._members)
        passed, right = np.zeros(many, np.int64), np.zeros(many, np.int64)
        for keys in level.parts:
            labels = ranking.labels_in(keys)
            passed += np.bincount(labels, minlength=many)
            right += np.bincount(labels[ranking.hits_in(keys)], minlength=many)
        self.whole.add_level(int(passed.sum()), int(right.sum()))
        self.classes.add_level(passed, right)
        for member, area in zip(self._members.T, self.groups, strict=True):
            area.add_level(int(passed[member].sum()), int(right[member].sum()))
