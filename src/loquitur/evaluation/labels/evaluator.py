"""The measures of YouTube-8M over any number of videos, a batch at a time.

GAP is pooled over the whole set: a mean over batches is another number (Lee et al. 2018; the
starter code, google/youtube-8m, eval_util.py and average_precision_calculator.py). So predictions
are kept, 8 bytes each, and sorted at the end: in memory, or beyond its limit in a temporary file,
of which a stretch of scores at a time is read, from the highest down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import InputError
from loquitur.evaluation.labels import ranking
from loquitur.evaluation.labels.areas import PooledAreas
from loquitur.evaluation.labels.calibration import Reliability
from loquitur.evaluation.labels.pool import Pool, Pooled
from loquitur.evaluation.labels.runs import sorted_stretches
from loquitur.evaluation.labels.scores import CUTS, GroupScore, LabelScores

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

TOP = 20
MEMORY_MB = 256
_HALF = 0.5
_KEPT, _STRETCH = 1 / 4, 1 / 16
"""Of the memory: what is kept before it is put down, and the keys of a stretch. A result needs a
sorted copy of what is kept, and five times a stretch on the way."""


class Evaluator:
    """Takes scores and labels of videos, and gives their measures.

    Args:
        classes: Size of the vocabulary.
        top: How many predictions of a video are pooled.
        verticals: Names of genres, for figures by genre.
        vertical_matrix: bool [classes, verticals]: which label belongs to which.
        memory_mb: Memory for what is kept and for the result, in 10^6 bytes; batches, 100 bytes a
            class, and 4 bytes a prediction divided by `memory_mb`, come on top. What is more is put
            down in a temporary file of 8 bytes a prediction and about 25 a video, and another of 8
            a prediction during `result`.
        folder: Where that file lies; the folder of temporary files (`TMPDIR`) where None. It has
            no name there, and is gone with the evaluator or the process, however that ends.

    Raises:
        ValueError: Sizes that do not fit.
    """

    def __init__(
        self,
        classes: int,
        *,
        top: int = TOP,
        verticals: Sequence[str] = (),
        vertical_matrix: NDArray[np.bool_] | None = None,
        memory_mb: float = MEMORY_MB,
        folder: Path | None = None,
    ) -> None:
        if not memory_mb > 0:
            raise ValueError("some memory")
        if not 0 < classes < ranking.MOST_LABELS or top < 1:
            raise ValueError("one class and one prediction at least")
        if (vertical_matrix is None) == bool(verticals) or (
            vertical_matrix is not None and vertical_matrix.shape != (classes, len(verticals))
        ):
            raise ValueError("a matrix [classes, verticals], with the names of the verticals")
        self.classes = classes
        self.top = top
        self._verticals = tuple(verticals)
        self._matrix = vertical_matrix
        self._folder = folder
        self._stretch = max(1, int(memory_mb * 1e6 * _STRETCH) // 8)
        self._pool = Pool(int(memory_mb * 1e6 * _KEPT), folder)
        self._unlabelled = 0
        self._positives = np.zeros(classes, np.int64)
        self._first_right = 0
        self._equal_right = 0.0
        self._precision = np.zeros(len(CUTS))
        self._recall = np.zeros(len(CUTS))
        self._said = 0
        self._said_right = 0
        self._listed = Reliability()
        self._all: Reliability | None = Reliability()

    def add(
        self,
        scores: NDArray[Any],
        labels: NDArray[Any],
        *,
        silent: NDArray[np.bool_] | None = None,
    ) -> None:
        """Scores of every label.

        Args:
            scores: Probabilities [n, classes], floating, 0 to 1.
            labels: What holds: integers [n, k], padded with -1. Videos without labels are counted,
                and left out of every measure.
            silent: bool [n]: videos of which nothing is said, whatever stands in their row: none of
                their labels is found.

        Raises:
            InputError: A score is NaN or outside 0 to 1, a label is out of range, or the shapes do
                not fit.
            FullError: No room to put down what was given before. It is still there, and these
                videos are not.
        """
        self._pool.make_room()
        if scores.ndim != 2 or scores.shape[1] != self.classes:
            raise InputError(f"scores {list(scores.shape)}, expected [videos, {self.classes}]")
        if scores.dtype not in (np.float32, np.float64):
            scores = scores.astype(np.float32)
        truth, counts, rows = self._truth(labels, len(scores))
        _check_scores(scores)
        self._unlabelled += len(scores) - len(rows)
        if len(rows) < len(scores):
            scores = scores[rows]
        if not len(rows):
            return
        deep = min(self.classes, max(self.top, int(counts.max())))
        found = ranking.best(scores, deep)
        held = np.zeros(scores.shape, dtype=np.bool_)
        video, column = np.nonzero(truth >= 0)
        right_labels = truth[video, column]
        held[video, right_labels] = True
        right = scores[video, right_labels]
        values = np.take_along_axis(scores, found, axis=1)
        hits = np.take_along_axis(held, found, axis=1)
        if silent is not None and silent.any():
            unsaid = silent[rows]
            found[unsaid], hits[unsaid] = -1, False
            scores, right = scores[~unsaid], right[~unsaid[video]]
        if self._all is not None:
            high = self._all.add_all(scores, right)
            self._said += int(np.count_nonzero(high >= _HALF))
            self._said_right += int(np.count_nonzero(right >= _HALF))
        self._take(found, values, hits, truth, counts)

    def add_lists(
        self, predicted: NDArray[Any], scores: NDArray[Any], labels: NDArray[Any]
    ) -> None:
        """Scores of some labels of each video; those that are not listed count as 0.

        Args:
            predicted: Labels [n, m], integers, padded with -1; in any order, none twice.
            scores: Their probabilities [n, m]; what stands at padding does not count.
            labels: As of `add`.

        Raises:
            InputError: As of `add`; or a label is listed twice for one video.
            FullError: As of `add`.
        """
        self._pool.make_room()
        if predicted.ndim != 2 or predicted.shape != scores.shape:
            raise InputError(f"labels {list(predicted.shape)}, scores {list(scores.shape)}")
        truth, counts, rows = self._truth(labels, len(predicted))
        predicted, scores = predicted[rows].astype(np.int64), scores[rows].astype(np.float64)
        _check_numbers(predicted, self.classes, "a predicted label")
        there = predicted >= 0
        _check_scores(scores[there])
        in_order = np.sort(predicted, axis=1)
        if np.any((in_order[:, 1:] == in_order[:, :-1]) & (in_order[:, 1:] >= 0)):
            raise InputError("a label is predicted twice for one video")
        self._unlabelled += len(labels) - len(rows)
        self._all = None  # nobody knows the scores that are not listed
        # padding goes last, equals by label
        order = np.lexsort((predicted, np.where(there, -scores, 1.0)), axis=1)
        predicted = np.take_along_axis(predicted, order, axis=1)
        scores = np.take_along_axis(scores, order, axis=1)
        hits = _held(predicted, truth)
        said = (scores >= _HALF) & (predicted >= 0)
        self._said += int(np.count_nonzero(said))
        self._said_right += int(np.count_nonzero(said & hits))
        self._take(predicted, scores, hits, truth, counts)

    def merge(self, other: Evaluator) -> None:
        """Take in what another was given, of other videos: workers that share a set.

        Raises:
            ValueError: It measures something else.
            FullError: As of `add`.
        """
        if (self.classes, self.top, self._verticals) != (
            other.classes,
            other.top,
            other._verticals,
        ):
            raise ValueError("evaluators of different sets")
        self._pool.merge(other._pool)
        self._unlabelled += other._unlabelled
        self._positives += other._positives
        self._first_right += other._first_right
        self._equal_right += other._equal_right
        self._precision += other._precision
        self._recall += other._recall
        self._said += other._said
        self._said_right += other._said_right
        self._listed.merge(other._listed)
        if self._all is None or other._all is None:
            self._all = None
        else:
            self._all.merge(other._all)

    @property
    def videos(self) -> int:
        """How many videos with labels were given."""
        return self._pool.videos

    def pooled(self) -> Pooled:
        """The predictions kept, video by video: what intervals are drawn from.

        All of them, in memory, whatever `memory_mb` is.
        """
        return self._pool.columns()

    def result(self) -> LabelScores:
        """The measures of all that was given so far.

        Raises:
            InputError: No video had a label.
            FullError: No room for the temporary file.
            StoreError: It cannot be read back.
        """
        if not self._pool.videos:
            raise InputError(
                "nothing to measure: "
                + (
                    f"none of the {self._unlabelled} videos has a label"
                    if self._unlabelled
                    else "no videos"
                ),
                hint="the test part of YouTube-8M has no labels on purpose: take validate",
            )
        videos, positives = self._pool.videos, self._positives
        total = int(positives.sum())
        areas = self._areas()
        classes = areas.classes.values(positives)
        pairs = videos * self.classes
        wrong = self._said - self._said_right + total - self._said_right
        return LabelScores(
            videos=videos,
            unlabelled=self._unlabelled,
            classes=self.classes,
            top=self.top,
            positives=total,
            gap=areas.whole.value(total),
            hit_at_one=self._first_right / videos,
            perr=self._equal_right / videos,
            map=float(classes[positives > 0].mean()),
            average_precision=classes,
            class_positives=positives.copy(),
            precision_at=self._at(self._precision / videos),
            recall_at=self._at(self._recall / videos),
            accuracy=1 - wrong / pairs,
            accuracy_of_nothing=1 - total / pairs,
            calibration=self._listed.result(),
            calibration_of_all=None if self._all is None else self._all.result(),
            verticals=self._groups(areas, classes),
        )

    def _areas(self) -> PooledAreas:
        """Everything that goes by score, from the highest down."""
        areas = PooledAreas(self.classes, self._matrix)
        spill = self._pool.spilled
        if spill:
            self._pool.spill()
        # what fits is one run, and sorted at once
        most = self._stretch if spill else max(1, self._pool.predictions)
        for stretch in sorted_stretches(
            self._pool.keys(most), self._stretch, folder=self._folder, spill=spill
        ):
            areas.add(stretch)
        return areas

    def _at(self, values: NDArray[np.float64]) -> dict[int, float]:
        depth = min(self.top, self.classes)
        return {k: float(value) for k, value in zip(CUTS, values, strict=True) if k <= depth}

    def _groups(self, areas: PooledAreas, classes: NDArray[np.float64]) -> tuple[GroupScore, ...]:
        if self._matrix is None:
            return ()
        found = []
        for name, member, area in zip(self._verticals, self._matrix.T, areas.groups, strict=True):
            count = int(self._positives[member].sum())
            measured = member & (self._positives > 0)
            found.append(
                GroupScore(
                    name=name,
                    labels=int(member.sum()),
                    measured=int(measured.sum()),
                    positives=count,
                    gap=area.value(count) if count else None,
                    map=float(classes[measured].mean()) if count else None,
                )
            )
        return tuple(found)

    def _truth(
        self, labels: NDArray[Any], videos: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Labels of the videos that have some, each once, padding last; how many; which rows."""
        if labels.ndim != 2 or len(labels) != videos:
            raise InputError(f"labels {list(labels.shape)}, expected [{videos}, most of a video]")
        labels = labels.astype(np.int64)
        _check_numbers(labels, self.classes, "a label")
        ordered = np.sort(labels, axis=1)
        ordered[:, 1:][ordered[:, 1:] == ordered[:, :-1]] = -1
        counts = np.count_nonzero(ordered >= 0, axis=1)
        rows = np.flatnonzero(counts)
        return ordered[rows], counts[rows], rows

    def _take(
        self,
        predicted: NDArray[np.int64],
        scores: NDArray[Any],
        hits: NDArray[np.bool_],
        truth: NDArray[np.int64],
        counts: NDArray[np.int64],
    ) -> None:
        """Predictions [n, m] in their order, whether right, and what holds."""
        if not len(predicted):
            return
        there = (predicted >= 0)[:, : self.top]
        right_so_far = np.cumsum(hits, axis=1)
        width = predicted.shape[1]
        first_right = hits[:, 0] if width else np.zeros(len(predicted), dtype=np.bool_)
        # the starter code counts no prediction of 0 here
        ranks = np.arange(width)[None, :]
        equal = (hits & (scores > 0) & (ranks < counts[:, None])).sum(axis=1)
        pooled = scores[:, : self.top][there]
        right_pooled = hits[:, : self.top][there]
        held = truth[truth >= 0]
        self._pool.add(
            keys=ranking.pack(pooled, predicted[:, : self.top][there], right_pooled),
            listed=there.sum(axis=1),
            labels=held,
            label_counts=counts,
            first_right=first_right,
            equal_right=equal,
        )
        self._listed.add_pairs(pooled, right_pooled)
        np.add.at(self._positives, held, 1)
        self._first_right += int(np.count_nonzero(first_right))
        self._equal_right += float((equal / counts).sum())
        for at, k in enumerate(CUTS):
            right = right_so_far[:, min(k, width) - 1] if width else np.zeros(len(predicted))
            self._precision[at] += float(right.sum()) / k
            self._recall[at] += float((right / counts).sum())


def _held(predicted: NDArray[np.int64], truth: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which predictions hold; a column of the truth at a time, so that nothing grows."""
    held = np.zeros(predicted.shape, dtype=np.bool_)
    for column in truth.T:
        held |= (predicted == column[:, None]) & (column >= 0)[:, None]
    return held


def _check_scores(scores: NDArray[Any]) -> None:
    if not scores.size:
        return
    low, high = float(scores.min()), float(scores.max())
    if not (low >= 0 and high <= 1):  # NaN is neither
        what = "not a number" if np.isnan(low) else f"{low if low < 0 else high:g}"
        raise InputError(
            f"a score is {what}, expected a probability, 0 to 1",
            hint="a net's logits become probabilities by a sigmoid",
        )


def _check_numbers(labels: NDArray[np.int64], classes: int, what: str) -> None:
    if labels.size and (labels.max() >= classes or labels.min() < -1):
        worst = int(labels.max() if labels.max() >= classes else labels.min())
        raise InputError(
            f"{what} is number {worst}, the vocabulary has {classes}",
            hint="they are of another version of the vocabulary",
        )
