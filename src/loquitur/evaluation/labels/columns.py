"""What files say of videos, as columns: labels that hold, labels that are predicted."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from loquitur.errors import InputError
from loquitur.evaluation.sentences.files import same_ids
from loquitur.text import counted, display

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray


class Measurer(Protocol):
    """Takes scores and labels, as `Evaluator` does."""

    def add(
        self,
        scores: NDArray[Any],
        labels: NDArray[Any],
        /,
        *,
        silent: NDArray[np.bool_] | None = None,
    ) -> None:
        """Scores of every label; nothing is said of the videos in `silent`."""
        ...

    def add_lists(
        self, predicted: NDArray[Any], scores: NDArray[Any], labels: NDArray[Any], /
    ) -> None:
        """Scores of some labels."""
        ...


_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """What holds of videos.

    Args:
        name: Where it comes from.
        video_ids: One a video; a data set may have one twice.
        labels: int64 [n, k], padded with -1; k is at least 1.
    """

    name: str
    video_ids: tuple[str, ...]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.video_ids)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Predictions:
    """What somebody says of videos: scores of all labels, or lists of some.

    Args:
        name: Where it comes from.
        video_ids: One a video, each once; empty where rows are in the order of the truth.
        labels: int32 [total]: predicted labels, video by video; empty where `scores` is a matrix.
        scores: float32 [total]; or a matrix [n, classes], floating.
        offsets: int64 [n + 1]: where each video begins in a list; empty for a matrix.
        notices: What a user should know.
    """

    name: str
    video_ids: tuple[str, ...]
    labels: NDArray[np.int32]
    scores: NDArray[Any]
    offsets: NDArray[np.int64]
    notices: tuple[str, ...] = field(default=())

    @property
    def dense(self) -> bool:
        """Whether every label has a score."""
        return self.scores.ndim == 2

    @property
    def classes(self) -> int:
        """How many labels there are at least."""
        return self.scores.shape[1] if self.dense else int(self.labels.max(initial=-1)) + 1

    def __len__(self) -> int:
        return len(self.scores) if self.dense else len(self.offsets) - 1

    def renumbered(self, numbers: NDArray[np.int64]) -> Predictions:
        """With other numbers for the labels: int64 [classes], none twice."""
        if np.array_equal(numbers, np.arange(len(numbers))):
            return self
        if not self.dense:
            return dataclasses.replace(self, labels=numbers[self.labels].astype(np.int32))
        scores = np.zeros((len(self), int(numbers.max(initial=-1)) + 1), dtype=self.scores.dtype)
        scores[:, numbers] = self.scores
        return dataclasses.replace(self, scores=scores)

    def widened(self, classes: int) -> Predictions:
        """With 0 for labels that it was never told of; a list has those anyway."""
        further = classes - self.classes
        if not self.dense or further <= 0:
            return self
        return dataclasses.replace(self, scores=np.pad(self.scores, ((0, 0), (0, further))))

    def rows_of(self, truth: Truth) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        """The row of each video of the truth, -1 where there is none; and what to tell of it.

        Raises:
            InputError: No video stands in both, or rows without ids are of another number.
        """
        if not self.video_ids:
            if len(self) != len(truth):
                raise InputError(
                    f"{display(self.name)}: {counted(len(self), 'row')} without ids, "
                    f"{display(truth.name)} has {counted(len(truth), 'video')}",
                    hint="put their ids beside them: an array `video_ids`",
                )
            return np.arange(len(truth)), ()
        names, renamed = same_ids(truth.video_ids, {one: one for one in self.video_ids})
        places = {name: at for at, name in enumerate(self.video_ids)}
        row = {name: places[said] for name, said in names.items()}
        found = np.array([row.get(one, -1) for one in truth.video_ids], dtype=np.int64)
        missing = int(np.count_nonzero(found < 0))
        if missing == len(truth):
            raise InputError(
                f"{display(self.name)} and {display(truth.name)} have no video in common",
                hint=f"one has '{display(truth.video_ids[0])}', "
                f"the other '{display(self.video_ids[0])}'" if len(truth) else "",
            )  # fmt: skip
        told = []
        if renamed:
            told.append(f"{display(self.name)}: videos are matched without folder and suffix")
        if missing:
            told.append(
                f"{display(self.name)} says nothing of {missing} of {counted(len(truth), 'video')}"
                ": none of their labels is found"
            )
        further = len(row.keys() - set(truth.video_ids))
        if further:
            told.append(
                f"{display(self.name)}: {counted(further, 'video')} that "
                f"{display(truth.name)} has not: passed over"
            )
        return found, tuple(told)

    def measure(self, evaluator: Measurer, truth: Truth, rows: NDArray[np.int64]) -> None:
        """Give the predictions to an evaluator, some videos at a time.

        Args:
            evaluator: What takes them.
            truth: What holds.
            rows: Of each of its videos, as `rows_of` says.

        Raises:
            InputError: As of `Evaluator.add`.
        """
        try:
            for first in range(0, len(truth), _AT_ONCE):
                piece = slice(first, first + _AT_ONCE)
                self._measure(evaluator, truth.labels[piece], rows[piece])
        except InputError as exc:
            raise InputError(f"{display(self.name)}: {exc.message}", hint=exc.hint) from exc

    def _measure(
        self, evaluator: Measurer, labels: NDArray[np.int64], rows: NDArray[np.int64]
    ) -> None:
        there = rows >= 0
        if self.dense:
            scores = np.asarray(self.scores[np.maximum(rows, 0)])
            evaluator.add(scores, labels, silent=~there)
            return
        starts = np.where(there, self.offsets[rows], 0)
        counts = np.where(there, self.offsets[rows + 1] - self.offsets[rows], 0)
        width = max(1, int(counts.max(initial=0)))
        predicted = np.full((len(rows), width), -1, dtype=np.int64)
        scores = np.zeros((len(rows), width), dtype=np.float32)
        inside = np.arange(width)[None, :] < counts[:, None]
        places = (starts[:, None] + np.arange(width)[None, :])[inside]
        predicted[inside] = self.labels[places]
        scores[inside] = self.scores[places]
        evaluator.add_lists(predicted, scores, labels)


def padded(lists: Sequence[Iterable[int]]) -> NDArray[np.int64]:
    """Lists of labels as rows [n, k], padded with -1; k is at least 1."""
    rows = [sorted(set(one)) for one in lists]
    found = np.full((len(rows), max(1, *(len(row) for row in rows), 1)), -1, dtype=np.int64)
    for at, row in enumerate(rows):
        found[at, : len(row)] = row
    return found


class Lists:
    """Predictions as they are read."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._ids: dict[str, None] = {}
        self._labels: list[NDArray[np.int32]] = []
        self._scores: list[NDArray[np.float32]] = []
        self._counts: list[int] = []

    def take(self, video: str, labels: Sequence[int], scores: Sequence[float], place: str) -> None:
        """One video.

        Raises:
            InputError: It stands there already.
        """
        if video in self._ids:
            raise InputError(f"{place}: the video '{display(video[:60])}' stands twice")
        self._ids[video] = None
        self._counts.append(len(labels))
        self._labels.append(np.asarray(labels, dtype=np.int32))
        self._scores.append(np.asarray(scores, dtype=np.float32))

    def result(self) -> Predictions:
        """All of it.

        Raises:
            InputError: There is nothing.
        """
        if not self._ids:
            raise InputError(f"{display(self._name)}: no predictions in it")
        return Predictions(
            name=self._name,
            video_ids=tuple(self._ids),
            labels=np.concatenate(self._labels),
            scores=np.concatenate(self._scores),
            offsets=np.concatenate(([0], np.cumsum(self._counts))),
        )
