import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.evaluation.retrieval import hit, ndcg, recall, reciprocal_rank


def test_one_unit_gives_the_usual_figures():
    ranking, gold = ["x", "y", "a", "z"], {"a": 1.0}
    assert [recall(ranking, gold, k) for k in (1, 2, 3, 10)] == [0, 0, 1, 1]
    assert reciprocal_rank(ranking, gold, 10) == pytest.approx(1 / 3)
    assert reciprocal_rank(ranking, gold, 2) == 0
    assert ndcg(ranking, gold, 10) == pytest.approx(1 / math.log2(4))


def test_several_graded_units():
    # by hand: gains 3, 0, 2 at places 1 to 3; the best order is 3, 2, 1
    ranking, gold = ["a", "x", "b"], {"a": 3.0, "b": 2.0, "c": 1.0}
    best = 3 + 2 / math.log2(3) + 1 / math.log2(4)
    assert ndcg(ranking, gold, 10) == pytest.approx((3 + 2 / math.log2(4)) / best)
    assert recall(ranking, gold, 10) == pytest.approx(2 / 3)
    assert hit(ranking, gold, 1) == 1


def test_a_unit_that_comes_again_is_worth_nothing_more():
    ranking = [frozenset({"a"}), frozenset({"a"}), frozenset({"a", "b"})]
    gold = {"a": 1.0, "b": 1.0}
    assert recall(ranking, gold, 2) == 0.5
    assert recall(ranking, gold, 3) == 1
    assert ndcg(ranking, gold, 3) == pytest.approx(1.5 / (1 + 1 / math.log2(3)))


def test_without_units_there_is_no_figure_not_nought():
    for measure in (hit, recall, reciprocal_rank, ndcg):
        assert measure(["a"], {}, 10) is None
        assert measure(["a"], {"a": 0.0}, 10) is None
        assert measure([], {"a": 1.0}, 10) == 0


@settings(max_examples=50)
@given(
    st.lists(st.integers(0, 9), max_size=12),
    st.dictionaries(st.integers(0, 9), st.floats(0, 4), min_size=1),
    st.integers(1, 12),
)
def test_figures_lie_between_0_and_1_and_more_places_never_hurt(ranking, gold, k):
    for measure in (hit, recall, reciprocal_rank, ndcg):
        value = measure(ranking, gold, k)
        assert value is None or -1e-12 <= value <= 1 + 1e-9
    for measure in (hit, recall, reciprocal_rank):
        value = measure(ranking, gold, k)
        assert value is None or measure(ranking, gold, k + 1) >= value
