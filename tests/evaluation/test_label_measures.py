"""Measures of labels: the starter code's numbers, ties, batches, workers, what is refused."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.evaluation.labels import MEASURES, Evaluator, drawing, ranking
from loquitur.evaluation.labels.columns import padded
from loquitur.evaluation.labels.drawing import differences, intervals
from loquitur.evaluation.labels.segments import mean_precision, rated_precision

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def figures(evaluator: Evaluator) -> dict[str, float]:
    """The four measures."""
    found = evaluator.result()
    return {key: getattr(found, key) for key in MEASURES}


def made(
    videos: int, classes: int, seed: int, *, levels: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Scores that know something of the labels; of few levels there are many ties."""
    rng = np.random.default_rng(seed)
    labels = padded([rng.integers(0, classes, rng.integers(0, 5)).tolist() for _ in range(videos)])
    scores = rng.random((videos, classes)) * 0.6
    video, column = np.nonzero(labels >= 0)
    scores[video, labels[video, column]] += 0.4 * rng.random(len(video))
    if levels:
        scores = np.round(scores * levels) / levels
    return scores.astype(np.float32), labels


def by_hand(scores: Any, labels: Any, top: int = 20) -> dict[str, float]:
    """The measures by their definition, one prediction after the other."""
    pooled, hit, equal, total = [], [], [], 0
    for row, said in zip(scores.tolist(), labels.tolist(), strict=True):
        held = {one for one in said if one >= 0}
        if not held:
            continue
        total += len(held)
        order = sorted(range(len(row)), key=lambda at: (-row[at], at))
        pooled += [(row[at], at, at in held) for at in order[:top]]
        hit.append(order[0] in held)
        equal.append(sum(at in held and row[at] > 0 for at in order[: len(held)]) / len(held))
    positives = [int((labels == at).any(axis=1).sum()) for at in range(scores.shape[1])]
    classes = [
        _area([(score, right) for score, label, right in pooled if label == at], positives[at])
        for at in range(scores.shape[1])
        if positives[at]
    ]
    return {
        "gap": _area([(score, right) for score, _, right in pooled], total),
        "hit_at_one": float(np.mean(hit)),
        "perr": float(np.mean(equal)),
        "map": float(np.mean(classes)),
    }


def _area(predictions: list[tuple[float, bool]], positives: int) -> float:
    """Each right prediction has the precision of all that score as high or higher."""
    found = 0.0
    for score, right in predictions:
        if right:
            above = [hit for other, hit in predictions if other >= score]
            found += sum(above) / len(above)
    return found / positives


@pytest.fixture(scope="module")
def fixture(shared: Path) -> dict[str, Any]:
    """What the evaluation code of google/youtube-8m says of random predictions."""
    found: dict[str, Any] = json.loads((shared / "vision" / "gap_fixture.json").read_text())
    return found


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_measures_are_those_of_the_starter_code(fixture: dict[str, Any], kind: type) -> None:
    evaluator = Evaluator(fixture["classes"])
    evaluator.add(np.array(fixture["predictions"], dtype=kind), padded(fixture["labels"]))
    assert figures(evaluator) == pytest.approx({key: fixture[key] for key in MEASURES}, abs=1e-12)


def test_a_mean_over_batches_is_another_number(fixture: dict[str, Any]) -> None:
    scores, labels = np.array(fixture["predictions"]), padded(fixture["labels"])
    whole, means = Evaluator(fixture["classes"]), []
    for first in range(0, len(scores), 16):
        one = Evaluator(fixture["classes"])
        for each in (whole, one):
            each.add(scores[first : first + 16], labels[first : first + 16])
        means.append(one.result().gap)
    assert whole.result().gap == pytest.approx(fixture["gap"], abs=1e-12)
    assert np.mean(means) == pytest.approx(fixture["wrong_gap_mean_of_batches_of_16"], abs=1e-12)


@given(
    st.integers(1, 30), st.integers(1, 40), st.integers(0, 10_000), st.sampled_from([0, 2, 5, 50])
)
def test_the_measures_are_their_definition(
    videos: int, classes: int, seed: int, levels: int
) -> None:
    scores, labels = made(videos, classes, seed, levels=levels)
    evaluator = Evaluator(classes)
    evaluator.add(scores, labels)
    if not evaluator.videos:
        with pytest.raises(InputError, match="has a label"):
            evaluator.result()
        return
    assert figures(evaluator) == pytest.approx(by_hand(scores, labels), abs=1e-9)


def as_published(scores: Any, labels: Any, top: int) -> dict[str, float]:
    """The measures by the words of the paper (1609.08675, section 5), without ties.

    AP = sum over ranks of precision at the rank times the gain of recall; recall is of all labels.
    """
    rows = [(row, {one for one in said if one >= 0})
            for row, said in zip(scores.tolist(), labels.tolist(), strict=True)]  # fmt: skip
    lists = [
        sorted(((score, label, label in held) for label, score in enumerate(row)), reverse=True)
        for row, held in rows
    ]
    pooled = [one for ranked in lists for one in ranked[:top]]

    def area(predictions: list[tuple[float, int, bool]], positives: int) -> float:
        found, right, recall = 0.0, 0, 0.0
        for rank, (_, _, hit) in enumerate(sorted(predictions, reverse=True), 1):
            right += hit
            found += right / rank * (right / positives - recall)
            recall = right / positives
        return found

    counts = [sum(at in held for _, held in rows) for at in range(scores.shape[1])]
    classes = [area([one for one in pooled if one[1] == at], n) for at, n in enumerate(counts) if n]
    equal = [sum(hit for *_, hit in ranked[: len(held)]) / len(held)
             for ranked, (_, held) in zip(lists, rows, strict=True)]  # fmt: skip
    return {
        "gap": area(pooled, sum(counts)),
        "hit_at_one": sum(ranked[0][2] for ranked in lists) / len(lists),
        "perr": sum(equal) / len(equal),
        "map": sum(classes) / len(classes),
    }


@settings(max_examples=25)
@given(
    st.integers(1, 25), st.integers(1, 45), st.integers(0, 10_000), st.sampled_from([1, 2, 20, 50])
)
def test_the_measures_are_those_of_the_paper(
    videos: int, classes: int, seed: int, top: int
) -> None:
    """With more labels than are pooled, one class, one video."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(videos * classes).reshape(videos, classes)
    scores = ((order + 1) / (order.size + 1)).astype(np.float32)
    labels = padded(
        [rng.choice(classes, rng.integers(1, classes + 1), replace=False) for _ in range(videos)]
    )
    whole, listed = Evaluator(classes, top=top), Evaluator(classes, top=top)
    whole.add(scores, labels)
    every = rng.permuted(np.tile(np.arange(classes), (videos, 1)), axis=1)
    listed.add_lists(every, np.take_along_axis(scores, every, axis=1), labels)
    expected = as_published(scores, labels, top)
    assert figures(whole) == pytest.approx(expected, abs=1e-9)
    assert figures(listed) == pytest.approx(expected, abs=1e-9)
    found = whole.result()
    for k, value in found.precision_at.items():
        best = np.argsort(-scores, axis=1)[:, :k]
        right = [np.isin(row, held).sum() for row, held in zip(best, labels, strict=True)]
        sizes = (labels >= 0).sum(axis=1)
        assert value == pytest.approx(np.mean(right) / k)
        assert found.recall_at[k] == pytest.approx(np.mean(right / sizes))


def test_order_batches_and_workers_change_nothing() -> None:
    scores, labels = made(200, 60, 1, levels=6)  # full of ties
    whole = Evaluator(60)
    whole.add(scores, labels)
    order = np.random.default_rng(2).permutation(200)
    workers = [Evaluator(60), Evaluator(60), Evaluator(60)]
    for at, first in enumerate(range(0, 200, 17)):
        rows = order[first : first + 17]
        workers[at % 3].add(scores[rows], labels[rows])
    first, second, third = (pickle.loads(pickle.dumps(one)) for one in workers)
    first.merge(second)
    first.merge(third)
    found, expected = first.result(), whole.result()
    assert figures(first) == pytest.approx(figures(whole), abs=1e-12)
    assert found.figures() == pytest.approx(expected.figures(), abs=1e-9)
    assert found.precision_at == pytest.approx(expected.precision_at, abs=1e-12)
    with pytest.raises(ValueError, match="different sets"):
        first.merge(Evaluator(61))


def test_lists_are_what_matrices_are() -> None:
    scores, labels = made(100, 50, 3, levels=30)
    whole, listed = Evaluator(50), Evaluator(50)
    whole.add(scores, labels)
    best = ranking.best(scores, 20)
    shuffled = np.random.default_rng(4).permuted(best, axis=1)
    shuffled[0, :5] = -1  # as if nobody had said them
    scores[0, best[0]] = np.where(np.isin(best[0], shuffled[0]), scores[0, best[0]], 0)
    whole = Evaluator(50)
    whole.add(scores, labels)
    listed.add_lists(shuffled, np.take_along_axis(scores, shuffled, axis=1), labels)
    keys = ("hit_at_one", "perr")
    assert {key: figures(listed)[key] for key in keys} == pytest.approx(
        {key: figures(whole)[key] for key in keys}, abs=1e-12
    )
    assert listed.result().gap == pytest.approx(whole.result().gap, abs=2e-3)
    assert listed.result().calibration_of_all is None


def test_a_list_may_be_longer_or_empty() -> None:
    scores, labels = made(40, 30, 5)
    labels[labels.max(axis=1) < 0, 0] = 3
    every = np.repeat(np.arange(30)[None, :], 40, axis=0)
    whole, listed = Evaluator(30), Evaluator(30)
    whole.add(scores, labels)
    listed.add_lists(every, scores, labels)
    assert figures(listed) == pytest.approx(figures(whole), abs=1e-12)
    nothing = Evaluator(30)
    nothing.add_lists(np.full((40, 1), -1), np.zeros((40, 1)), labels)
    assert set(figures(nothing).values()) == {0.0}
    nothing.add_lists(np.empty((0, 0), int), np.empty((0, 0)), np.empty((0, 1), int))
    assert nothing.videos == 40


def test_of_equals_at_the_border_the_lowest_labels_are_taken() -> None:
    scores = np.zeros((3, 1000), np.float32)
    scores[:, 500] = 0.5
    assert ranking.best(scores, 4).tolist() == [[500, 0, 1, 2]] * 3
    assert ranking.best(scores[:, :3], 3).tolist() == [[0, 1, 2]] * 3


def test_equal_scores_have_the_precision_of_a_threshold() -> None:
    labels = padded([[0], [1], [2], [0]])
    evaluator = Evaluator(4)
    evaluator.add(np.full((4, 4), 0.25, np.float32), labels)
    assert evaluator.result().gap == pytest.approx(0.25)  # 4 right ones of 16


def test_videos_without_labels_are_dropped_and_counted() -> None:
    scores, _ = made(4, 10, 6)
    evaluator = Evaluator(10)
    evaluator.add(scores, padded([[1], [], [2, 3], []]))
    found = evaluator.result()
    assert (found.videos, found.unlabelled, found.positives) == (2, 2, 3)
    only = Evaluator(10)
    only.add(scores[:2], padded([[], []]))
    with pytest.raises(InputError, match="none of the 2 videos has a label"):
        only.result()
    with pytest.raises(InputError, match="no videos"):
        Evaluator(10).result()


@pytest.mark.parametrize(
    ("score", "said"), [(np.nan, "not a number"), (1.5, "1.5"), (-0.1, "-0.1"), (np.inf, "inf")]
)
def test_scores_that_are_no_probabilities_are_refused(score: float, said: str) -> None:
    scores = np.full((2, 5), 0.5)
    scores[1, 3] = score
    evaluator = Evaluator(5)
    with pytest.raises(InputError, match=said):
        evaluator.add(scores, padded([[1], [2]]))
    with pytest.raises(InputError, match=said):
        evaluator.add_lists(np.array([[1], [2]]), scores[:, 3:4], padded([[1], [2]]))


def test_labels_out_of_range_are_refused() -> None:
    evaluator = Evaluator(5)
    scores = np.full((1, 5), 0.5)
    for labels in ([[5]], [[-2]]):
        with pytest.raises(InputError, match="the vocabulary has 5"):
            evaluator.add(scores, np.array(labels))
    with pytest.raises(InputError, match="predicted label is number 7"):
        evaluator.add_lists(np.array([[7]]), np.array([[0.5]]), np.array([[1]]))
    with pytest.raises(InputError, match="predicted twice"):
        evaluator.add_lists(np.array([[1, 1]]), np.array([[0.5, 0.4]]), np.array([[1]]))
    with pytest.raises(InputError, match="expected"):
        evaluator.add(scores[:, :4], np.array([[1]]))
    with pytest.raises(InputError, match="expected"):
        evaluator.add(scores, np.array([1]))


def test_saying_nothing_is_99_922_percent_accurate() -> None:
    """Three of 3,862 labels a video: why accuracy is shown only beside what nothing has."""
    labels = np.tile(np.array([[0, 1, 2]]), (50, 1))
    evaluator = Evaluator(3862)
    evaluator.add(np.zeros((50, 3862), np.float32), labels)
    found = evaluator.result()
    assert found.accuracy == found.accuracy_of_nothing == pytest.approx(0.99922, abs=5e-6)
    assert found.perr == 0  # a score of 0 is no prediction there


def test_accuracy_counts_both_kinds_of_wrong() -> None:
    scores = np.array([[0.9, 0.6, 0.1, 0.2]], np.float32)
    evaluator = Evaluator(4)
    evaluator.add(scores, np.array([[0, 2]]))
    assert evaluator.result().accuracy == pytest.approx(0.5)  # one said wrongly, one not said
    listed = Evaluator(4)
    listed.add_lists(np.array([[0, 1]]), scores[:, :2], np.array([[0, 2]]))
    assert listed.result().accuracy == pytest.approx(0.5)


def test_calibration_is_its_definition() -> None:
    scores, labels = made(300, 40, 7)
    labels[labels.max(axis=1) < 0, 0] = 3
    held = np.zeros(scores.shape, bool)
    for at, row in enumerate(labels):
        held[at, row[row >= 0]] = True
    evaluator = Evaluator(40)
    evaluator.add(scores, labels)
    found = evaluator.result().calibration_of_all
    assert found is not None
    places = np.minimum((scores.astype(float) * 15).astype(int), 14)
    error = sum(
        abs(scores[places == at].sum(dtype=float) - held[places == at].sum()) for at in range(15)
    )
    assert found.error == pytest.approx(error / scores.size, abs=1e-6)
    assert found.brier == pytest.approx(float(np.square(scores - held).mean()), abs=1e-6)
    assert found.pairs == sum(one.pairs for one in found.bins) == scores.size
    sure = Evaluator(40)
    sure.add(held.astype(np.float32), labels)
    right = sure.result().calibration_of_all
    assert right is not None
    assert (right.error, right.brier) == (0.0, 0.0)
    assert right.bins[-1].right == 1.0


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_score_at_the_border_of_a_bin_is_in_one_of_them(kind: type) -> None:
    edge = kind(1) / kind(15)
    row = np.array([[edge, np.nextafter(edge, kind(0)), np.nextafter(edge, kind(1))]], dtype=kind)
    evaluator = Evaluator(3)
    evaluator.add(row, np.array([[0, 1, 2]]))
    found = evaluator.result().calibration_of_all
    assert found is not None
    assert [one.right for one in found.bins[:2]] == [1.0, 1.0]
    assert [one.pairs for one in found.bins[:2]] == [1, 2]


def test_by_vertical_is_within_the_same_pool() -> None:
    scores, labels = made(80, 12, 8)
    matrix = np.zeros((12, 3), bool)
    matrix[:6, 0] = matrix[4:, 1] = True  # two labels are in both, nobody has the third
    labels[labels == 11] = -1
    evaluator = Evaluator(12, verticals=("A", "B", "C"), vertical_matrix=matrix)
    evaluator.add(scores, labels)
    found = evaluator.result()
    one, other, none = found.verticals
    assert (one.labels, other.labels, none.labels) == (6, 8, 0)
    assert other.measured == 7
    assert none.gap is none.map is None
    expected = np.nanmean(found.average_precision[:6])
    assert one.map == pytest.approx(float(expected))
    alone = by_hand_of(scores, labels, range(6))
    assert one.gap == pytest.approx(alone, abs=1e-9)


def by_hand_of(scores: Any, labels: Any, wanted: range) -> float:
    """GAP of some labels' predictions among the 20 of each video."""
    pooled, total = [], 0
    for row, said in zip(scores.tolist(), labels.tolist(), strict=True):
        held = {one for one in said if one >= 0}
        order = sorted(range(len(row)), key=lambda at: (-row[at], at))[:20]
        if held:
            pooled += [(row[at], at in held) for at in order if at in wanted]
            total += len(held & set(wanted))
    return _area(pooled, total)


def test_every_draw_of_ones_is_the_measure_and_intervals_hold_it() -> None:
    scores, labels = made(150, 30, 9, levels=20)
    evaluator = Evaluator(30)
    evaluator.add(scores, labels)
    found = intervals(evaluator.pooled(), 30, draws=200, seed=1)
    again = intervals(evaluator.pooled(), 30, draws=200, seed=1)
    assert found == again
    for key, value in figures(evaluator).items():
        low, high = found[key].low, found[key].high
        assert low is not None
        assert high is not None
        assert low <= value <= high
        assert 0 < high - low < 0.3
    assert found["gap"].unit == "video"


def test_a_draw_measures_videos_as_often_as_they_were_drawn() -> None:
    scores, labels = made(60, 25, 12, levels=15)  # full of ties
    scores, labels = scores[labels.max(axis=1) >= 0], labels[labels.max(axis=1) >= 0]
    evaluator = Evaluator(25)
    evaluator.add(scores, labels)
    drawn = np.random.default_rng(3).integers(len(labels), size=len(labels))
    weights = np.bincount(drawn, minlength=len(labels)).astype(np.int32)
    repeated = Evaluator(25)
    repeated.add(np.repeat(scores, weights, axis=0), np.repeat(labels, weights, axis=0))
    found = drawing._Curves(evaluator.pooled(), 25).measure(weights)
    assert found == pytest.approx(figures(repeated), abs=1e-9)


def test_a_difference_over_the_same_draws_is_narrower_than_two_intervals() -> None:
    scores, labels = made(300, 30, 10)
    better = scores.copy()
    video, column = np.nonzero(labels >= 0)
    better[video, labels[video, column]] = np.minimum(
        1, better[video, labels[video, column]] + 0.03
    )
    first, second = Evaluator(30), Evaluator(30)
    first.add(scores, labels)
    second.add(better, labels)
    (found,) = differences(first.pooled(), [second.pooled()], 30, draws=300)
    one = intervals(first.pooled(), 30, draws=300)["gap"]
    low, high = found["gap"].low, found["gap"].high
    assert low is not None
    assert high is not None
    assert low > 0
    assert one.low is not None
    assert one.high is not None
    assert high - low < (one.high - one.low) / 2
    (same,) = differences(first.pooled(), [first.pooled()], 30, draws=100)
    assert (same["map"].low, same["map"].high) == (0.0, 0.0)
    other = Evaluator(30)
    other.add(scores, np.roll(labels, 1, axis=0))
    with pytest.raises(InputError, match="other videos"):
        differences(first.pooled(), [other.pooled()], 30)


def test_one_video_has_no_interval() -> None:
    evaluator = Evaluator(5)
    evaluator.add(np.full((1, 5), 0.5), np.array([[1]]))
    assert intervals(evaluator.pooled(), 5)["gap"].low is None


def test_only_rated_segments_count() -> None:
    labels = np.array([3, 3, 3, 3, 5, 5])
    scores = np.array([0.9, 0.8, 0.7, np.nan, 0.4, 0.6])
    ratings = np.array([1, -1, 1, 1, 0, 1])  # the second was not rated
    found = rated_precision(labels, scores, ratings, classes=8)
    assert found[3] == pytest.approx((1 + 1) / 3)  # the fourth was never found
    assert found[5] == pytest.approx(1.0)
    assert np.isnan(found[[0, 1, 2, 4, 6, 7]]).all()
    assert mean_precision(found) == pytest.approx((2 / 3 + 1) / 2)
    first = rated_precision(labels, scores, ratings, classes=8, most=1)
    assert first[3] == pytest.approx(1 / 3)
    assert mean_precision(np.full(3, np.nan)) is None
    with pytest.raises(InputError, match="outside"):
        rated_precision(labels, scores + 1, ratings, classes=8)
    with pytest.raises(InputError, match="none of 5"):
        rated_precision(labels, scores, ratings, classes=5)
