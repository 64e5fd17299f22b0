import pytest

from loquitur.evaluation.answering import (
    Statement,
    answer_tokens,
    citation_counts,
    exact_match,
    f1,
    inside,
    nearby,
    refusal_counts,
    supports,
)


@pytest.mark.parametrize(
    ("answer", "right", "em", "score"),
    [
        # by hand, after the rules of the script of SQuAD 1.1
        ("The Denver Broncos!", ["Denver Broncos"], 1, 1.0),
        ("Denver Broncos", ["Carolina Panthers", "the Broncos"], 0, 2 / 3),
        ("24-10", ["2410"], 1, 1.0),
        ("a cat sat", ["the cat"], 0, 2 / 3),
        ("nothing", ["something"], 0, 0.0),
    ],
)
def test_words_as_squad_counts_them(answer, right, em, score):
    assert exact_match(answer, right) == em
    assert f1(answer, right) == pytest.approx(score)


def test_characters_of_chinese_japanese_and_korean():
    assert f1("約15メートル", ["15メートル"], language="ja") == pytest.approx(10 / 11)
    assert exact_match("308分", ["３０８分"], language="zh") == 1
    assert f1("홍길동은", ["홍길동"], language="ko") == pytest.approx(6 / 7)


def test_articles_are_english_alone():
    assert answer_tokens("a casa", language="pt") == ["a", "casa"]
    assert answer_tokens("a house", language="en-GB") == ["house"]


def test_without_a_right_answer_there_is_no_figure():
    assert exact_match("x", []) is None
    assert f1("x", []) is None
    assert f1("", ["x"]) == 0


def test_support_needs_words_and_every_number():
    passage = "The square has eight symmetries, four rotations and four reflections."
    assert supports("A square has eight symmetries", [passage])
    assert not supports("A circle offers endless harmony", [passage])
    assert not supports("The square has 8 symmetries and four rotations", [passage])
    assert supports("It costs 1,000 dollars", ["It costs 1000 dollars today"])
    assert not supports("It costs 1,000 dollars", ["It costs 100 dollars today"])
    assert not supports("whatever is said", [])


def test_citations_as_alce_counts_them():
    first, second = "Symmetry groups contain rotations.", "Filters respond to edges."
    counts = citation_counts(
        [
            Statement(text="Symmetry groups contain rotations", cited=(first, second)),
            Statement(text="Penguins swim under water", cited=(second,)),
            Statement(text="Filters respond to edges"),
        ]
    )
    assert (counts.statements, counts.supported) == (3, 1)
    assert (counts.citations, counts.needed) == (3, 1)
    assert counts.recall == pytest.approx(1 / 3)
    assert counts.precision == pytest.approx(1 / 3)


def test_a_citation_is_needed_where_only_both_together_support():
    both = Statement(
        text="Groups contain rotations while filters respond",
        cited=("Groups contain rotations", "filters respond while"),
    )
    counts = citation_counts([both], covered=0.9)
    assert (counts.supported, counts.needed) == (1, 2)
    assert citation_counts([]).recall is None
    assert citation_counts([]).precision is None


def test_refusals():
    counts = refusal_counts([(True, False)] * 8 + [(True, True)] * 2 + [(False, True)] * 6)
    assert counts.precision == 0.75
    assert counts.recall == 1
    assert counts.false_refusals == 0.2
    assert refusal_counts([]).recall is None


def test_times():
    assert inside(0, 1000, (0, 10))
    assert not inside(0, 1000, (1000, 1010))
    assert nearby(5000, (0, 1))
    assert not nearby(5001, (0, 1))
