"""Thresholds and mistakes against slow and plain counting."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import UsageError
from loquitur.evaluation.labels import Evaluator, ranking
from loquitur.evaluation.labels.mistakes import mistakes_of
from loquitur.evaluation.labels.thresholds import LEAST, Aim, aim_of, decide, fit
from loquitur.evaluation.labels.tradeoff import precision_by_recall

CLASSES = 5


def drawn(seed: int, videos: int, *, steps: int = 8):
    """Scores in steps, so that there are ties, and one to three labels a video."""
    rng = np.random.default_rng(seed)
    labels = np.full((videos, 3), -1)
    for row in labels:
        many = rng.integers(1, 4)
        row[:many] = rng.choice(CLASSES, many, replace=False)
    scores = rng.integers(0, steps, (videos, CLASSES)).astype(np.float32)
    held = np.zeros((videos, CLASSES), dtype=bool)
    video, column = np.nonzero(labels >= 0)
    held[video, labels[video, column]] = True
    scores = (scores + 3 * held) / (steps + 3)
    evaluator = Evaluator(CLASSES)
    evaluator.add(scores.astype(np.float32), labels)
    return scores.astype(np.float32), held, evaluator.pooled()


def best_cut(scores, held, aim):
    """Every score tried as the threshold; of equals the highest."""
    best, at = -1.0, np.inf
    for cut in np.unique(scores)[::-1]:
        said = scores >= cut
        right = int((said & held).sum())
        if aim.precision is None:
            worth = 2 * right / (said.sum() + held.sum())
        else:
            worth = float(said.sum()) if right / said.sum() >= aim.precision else -1.0
        if right and worth > best:
            best, at = worth, float(cut)
    return at


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    videos=st.integers(1, 60),
    aim=st.sampled_from([Aim(), Aim(precision=0.6), Aim(precision=1.0)]),
)
def test_thresholds_are_the_best_of_all(seed, videos, aim):
    scores, held, pool = drawn(seed, videos)
    found = fit(pool.keys, held.sum(axis=0), aim)
    assert found.pooled == best_cut(scores, held, aim)
    for label in range(CLASSES):
        own = held[:, label].sum() >= LEAST
        assert found.own[label] == own
        wanted = best_cut(scores[:, label], held[:, label], aim) if own else found.pooled
        assert found.values[label] == wanted


def test_what_is_said_is_measured_on_videos_that_set_nothing():
    """Scores that know nothing: thresholds look good where they were fitted, and nowhere else."""
    rng = np.random.default_rng(3)
    labels = rng.integers(0, CLASSES, (300, 1))
    evaluator = Evaluator(CLASSES)
    evaluator.add(rng.random((300, CLASSES), dtype=np.float32), labels)
    pool = evaluator.pooled()
    found = decide(pool, CLASSES, Aim(precision=0.5))
    assert found.folds == 5
    said = ranking.scores_in(pool.keys) >= found.thresholds.values[ranking.labels_in(pool.keys)]
    assert ranking.hits_in(pool.keys)[said].mean() >= 0.5, "so good they look"
    assert found.held.precision is not None
    assert found.held.precision < 0.4
    again = decide(pool, CLASSES, Aim(precision=0.5))
    assert again.held.precision == found.held.precision


def test_figures_of_what_is_said():
    evaluator = Evaluator(3)
    scores = np.array([[0.9, 0.6, 0.1], [0.2, 0.7, 0.3], [0.1, 0.2, 0.4]], dtype=np.float32)
    evaluator.add(scores, np.array([[0, -1], [1, 2], [0, -1]]))
    found = decide(evaluator.pooled(), 3, Aim())
    assert found.folds == 0, "three videos are too few"
    half = found.half
    assert (half.precision, half.recall) == (2 / 3, 2 / 4)
    assert half.f1 == pytest.approx(4 / 7)
    assert half.macro_f1 == pytest.approx((2 / 3 + 2 / 3 + 0) / 3)
    assert half.labels_a_video == pytest.approx(1)
    assert half.nothing_said == pytest.approx(1 / 3)
    assert half.class_said.tolist() == [1, 2, 0]
    assert half.class_right.tolist() == [1, 1, 0]


@pytest.mark.parametrize("text", ["", "f2", "precision", "precision=0", "precision=1.1",
                                  "precision=nan", "recall=0.5"])  # fmt: skip
def test_what_is_no_aim(text):
    with pytest.raises(UsageError, match="thresholds for what"):
        aim_of(text)
    assert str(aim_of("precision=0.90")) == "precision=0.9"


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), videos=st.integers(1, 40))
def test_mistakes_are_those_of_plain_counting(seed, videos):
    scores, held, pool = drawn(seed, videos)
    pairs: dict[tuple[int, int], int] = {}
    margins = {}
    missed = 0
    for row in range(videos):
        order = sorted(range(CLASSES), key=lambda at: (-scores[row, at], at))
        first = [at for at in order[: held[row].sum()] if scores[row, at] > 0]
        gone = [at for at in np.flatnonzero(held[row]).tolist() if at not in first]
        missed += len(gone)
        for one in gone:
            for other in first:
                if not held[row, other]:
                    pairs[one, other] = pairs.get((one, other), 0) + 1
        wrong = scores[row][~held[row]].max(initial=0)
        margin = float(wrong) - float(scores[row][held[row]].max())
        if margin > 0:
            margins[row] = margin
    found = mistakes_of(pool, CLASSES)
    assert {(one.held, one.said): one.videos for one in found.confusions} == pairs
    assert found.missed == missed
    assert {one.row: one.margin for one in found.worst} == margins
    for one in found.confusions:
        assert one.holding == (held[:, one.held] & ~held[:, one.said]).sum()
    for one in found.worst:
        assert set(one.held) == set(np.flatnonzero(held[one.row]).tolist())
        assert one.said[0][1] == scores[one.row].max()


def test_lists_of_any_length_and_videos_without_predictions():
    evaluator = Evaluator(4)
    predicted = np.array([[0, 1], [-1, -1], [3, -1]])
    evaluator.add_lists(
        predicted, np.array([[0.9, 0.5], [0, 0], [0.8, 0]]), np.array([[1], [2], [2]])
    )
    found = mistakes_of(evaluator.pooled(), 4)
    assert [(one.held, one.said) for one in found.confusions] == [(1, 0), (2, 3)]
    assert [one.row for one in found.worst] == [2, 0]
    assert found.missed == 3


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), videos=st.integers(1, 40))
def test_the_curve_is_that_of_thresholds(seed, videos):
    scores, held, pool = drawn(seed, videos)
    every = {}
    for cut in np.unique(scores):
        said = scores >= cut
        right = (said & held).sum()
        every[right / held.sum()] = max(every.get(right / held.sum(), 0), right / said.sum())
    found = precision_by_recall(pool)
    assert all(every[recall] == precision for recall, precision in found)
    assert found[-1][0] == 1, "of five labels twenty are pooled: all are found in the end"
    assert [recall for recall, _ in found] == sorted({recall for recall, _ in found})
    whole = precision_by_recall(pool, points=100_000)
    assert {recall for recall, _ in whole} == {recall for recall in every if recall}


def test_no_predictions_have_no_curve():
    evaluator = Evaluator(4)
    evaluator.add_lists(np.full((2, 1), -1), np.zeros((2, 1)), np.array([[1], [2]]))
    pool = evaluator.pooled()
    assert precision_by_recall(pool) == ()
    assert mistakes_of(pool, 4).missed == 2
    assert decide(pool, 4, Aim()).held.precision is None
