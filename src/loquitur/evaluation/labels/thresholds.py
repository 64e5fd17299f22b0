"""From which score on a label counts as said.

A threshold for each label, fitted on predictions whose labels are known (SCut of Yang 2001, "A
study on thresholding strategies for text categorization"). A label of few videos would get one out
of next to nothing, and takes that of all labels together in its place (the idea of SCutFBR; Fan and
Lin 2007, "A study on threshold selection for multi-label classification"). What thresholds are
worth is told of videos that did not set them, by folds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import UsageError
from loquitur.evaluation.labels import ranking

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.evaluation.labels.pool import Pooled

LEAST = 10
"""Videos that a label has at least to get a threshold of its own."""
FOLDS = 5
HALF = 0.5
_AIMS = "f1, or precision=0.9"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """What a threshold is for.

    Args:
        precision: The share of what is said that shall be right, above 0, at most 1; as many are
            then said as that allows. None: the best F1, the harmonic mean of precision and recall.
    """

    precision: float | None = None

    def __str__(self) -> str:
        return "f1" if self.precision is None else f"precision={self.precision:g}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thresholds:
    """From which score on each label is said.

    Args:
        values: float64 [classes]; infinite where a label is never said.
        pooled: That of all labels together.
        own: bool [classes]: whether a label has one of its own.
    """

    values: NDArray[np.float64]
    pooled: float
    own: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decided:
    """How good it is what is said.

    Args:
        precision: The share of what is said that is right; None where nothing is said.
        recall: The share of what holds that is said.
        f1: Of these two.
        macro_f1: Mean of the F1 of each label that some video has.
        labels_a_video: How many are said of one.
        nothing_said: The share of videos of which none is.
        class_said: int64 [classes]: how often each is said.
        class_right: int64 [classes]: how often that is right.
    """

    precision: float | None
    recall: float
    f1: float
    macro_f1: float
    labels_a_video: float
    nothing_said: float
    class_said: NDArray[np.int64]
    class_right: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decision:
    """Thresholds, and what they are worth.

    Args:
        aim: What they are for.
        thresholds: Fitted on all videos.
        held: Of each label its own, on videos of which none set it.
        half: 0.5 for every label.
        folds: How many were cut; 0 where there are too few videos, and `held` is then of the videos
            that set the thresholds.
    """

    aim: Aim
    thresholds: Thresholds
    held: Decided
    half: Decided
    folds: int


def aim_of(text: str) -> Aim:
    """`f1` or `precision=0.9`.

    Raises:
        UsageError: It is neither.
    """
    if text == "f1":
        return Aim()
    name, _, value = text.partition("=")
    try:
        wanted = float(value)
    except ValueError:
        wanted = math.nan
    if name == "precision" and 0 < wanted <= 1:
        return Aim(precision=wanted)
    raise UsageError(f"thresholds for what? '{text[:40]}'", hint=_AIMS)


def decide(pool: Pooled, classes: int, aim: Aim, *, seed: int = 0) -> Decision:
    """Fit thresholds, and measure them on videos that did not set them.

    Args:
        pool: Predictions; what is not among a video's highest scores is never said.
        classes: Size of the vocabulary.
        aim: What the thresholds are for.
        seed: Of the folds.
    """
    holder = np.repeat(np.arange(pool.videos), pool.label_counts)
    scores, labels = ranking.scores_in(pool.keys), ranking.labels_in(pool.keys)
    by_score = np.argsort(pool.keys, kind="stable")
    by_label = by_score[np.argsort(labels[by_score], kind="stable")]
    whole = _fit(
        pool.keys[by_score],
        pool.keys[by_label],
        np.bincount(pool.labels, minlength=classes),
        aim,
    )
    said = scores >= whole.values[labels]
    folds = FOLDS if pool.videos >= 2 * FOLDS else 0
    fold = np.random.default_rng(seed).permutation(pool.videos) % max(1, folds)
    fold_of = np.repeat(fold, pool.listed)
    for at in range(folds):
        positives = np.bincount(pool.labels[fold[holder] != at], minlength=classes)
        others = fold_of != at
        found = _fit(  # what is in order stays in order where some is left out
            pool.keys[by_score[others[by_score]]],
            pool.keys[by_label[others[by_label]]],
            positives,
            aim,
        )
        said[~others] = scores[~others] >= found.values[labels[~others]]
    return Decision(
        aim=aim,
        thresholds=whole,
        held=figures_of(pool, said, classes),
        half=figures_of(pool, scores >= HALF, classes),
        folds=folds,
    )


def fit(keys: ranking.Keys, positives: NDArray[np.int64], aim: Aim) -> Thresholds:
    """The threshold of each label.

    Args:
        keys: Predictions, in any order.
        positives: int64 [classes]: how many videos have each label.
        aim: What the thresholds are for.
    """
    by_score = np.sort(keys)
    by_label = by_score[np.argsort(ranking.labels_in(by_score), kind="stable")]
    return _fit(by_score, by_label, positives, aim)


def _fit(
    by_score: ranking.Keys, by_label: ranking.Keys, positives: NDArray[np.int64], aim: Aim
) -> Thresholds:
    """As `fit`, of predictions by score, and by label and score."""
    everything = np.zeros(len(by_score), dtype=np.int64)
    pooled = _cuts(by_score, everything, np.array([positives.sum()]), aim)[0]
    own = positives >= LEAST
    values = np.where(own, _cuts(by_label, ranking.labels_in(by_label), positives, aim), pooled)
    return Thresholds(values=values, pooled=float(pooled), own=own)


def _cuts(
    keys: ranking.Keys, group: NDArray[np.int64], positives: NDArray[np.int64], aim: Aim
) -> NDArray[np.float64]:
    """The best score of each group to cut at; predictions of one score are cut together.

    Args:
        keys: By group, highest score first.
        group: Of each.
        positives: Of each group.
        aim: What is best.
    """
    found = np.full(len(positives), np.inf)
    if not len(keys):
        return found
    scores, hits = ranking.scores_in(keys), ranking.hits_in(keys)
    begins = np.searchsorted(group, np.arange(len(positives)))
    before = np.concatenate(([0], np.cumsum(hits)))
    right = before[1:] - before[begins[group]]
    said = np.arange(1, len(keys) + 1) - begins[group]
    last = np.ones(len(keys), dtype=np.bool_)
    last[:-1] = (group[1:] != group[:-1]) | (scores[1:] != scores[:-1])
    at = np.flatnonzero(last & (right > 0))
    if aim.precision is None:
        worth = 2 * right[at] / (said[at] + positives[group[at]])
    else:
        at = at[right[at] / said[at] >= aim.precision]
        worth = said[at].astype(np.float64)
    if not len(at):
        return found
    starts = np.flatnonzero(np.diff(group[at], prepend=-1))
    most = np.repeat(np.maximum.reduceat(worth, starts), np.diff(starts, append=len(at)))
    best = at[worth == most][::-1]  # of equal worth the higher score is the last
    found[group[best]] = scores[best]  # of several the last one stays
    return found


def figures_of(pool: Pooled, said: NDArray[np.bool_], classes: int) -> Decided:
    """How good it is what is said.

    Args:
        pool: Predictions of videos.
        said: bool [predictions]: which of them count as said.
        classes: Size of the vocabulary.
    """
    labels = ranking.labels_in(pool.keys)
    video = np.repeat(np.arange(pool.videos), pool.listed)
    right = said & ranking.hits_in(pool.keys)
    positives = np.bincount(pool.labels, minlength=classes)
    class_said = np.bincount(labels[said], minlength=classes)
    class_right = np.bincount(labels[right], minlength=classes)
    many, good, held = int(said.sum()), int(right.sum()), len(pool.labels)
    there = positives > 0
    each = 2 * class_right[there] / (class_said[there] + positives[there])
    return Decided(
        precision=good / many if many else None,
        recall=good / held,
        f1=2 * good / (many + held),
        macro_f1=float(each.mean()),
        labels_a_video=many / pool.videos,
        nothing_said=1 - len(np.unique(video[said])) / pool.videos,
        class_said=class_said,
        class_right=class_right,
    )
