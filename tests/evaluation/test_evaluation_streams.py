"""ORC-WER against meeteval where it is installed, and by hand."""

from __future__ import annotations

import logging
from decimal import Decimal

import pytest
from evaluation_sides import pair, said, text
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import UsageError
from loquitur.evaluation import orcwer
from loquitur.evaluation.counting import Counts
from loquitur.evaluation.normalizing import find
from loquitur.evaluation.streams import match_utterances, score_streams

pytest.importorskip("rapidfuzz")
NONE = find("none")
WORDS = st.lists(st.sampled_from(["a", "b", "cc", "ddd"]), min_size=1, max_size=4)


def score(reference, hypothesis):
    return score_streams([pair(reference, hypothesis)], NONE)


@st.composite
def conversations(draw, speakers):
    rows, at = [], 0
    for _ in range(draw(st.integers(1, 5))):
        at += draw(st.integers(1, 3000))
        who = draw(st.sampled_from(speakers))
        rows.append((who, at, at + draw(st.integers(1, 2000)), " ".join(draw(WORDS))))
    return rows


@settings(derandomize=True, deadline=None, max_examples=150)
@given(reference=conversations("ABC"), hypothesis=conversations("xyz"))
def test_the_same_errors_as_meeteval(reference, hypothesis):
    meeteval = pytest.importorskip("meeteval")

    def segments(rows):
        return meeteval.io.SegLST(
            [
                {
                    "session_id": "r",
                    "speaker": speaker,
                    "start_time": Decimal(start) / 1000,
                    "end_time": Decimal(end) / 1000,
                    "words": words,
                }
                for speaker, start, end, words in rows
            ]
        )

    logging.disable(logging.CRITICAL)
    try:
        other = meeteval.wer.orcwer(segments(reference), segments(hypothesis))["r"]
    finally:
        logging.disable(logging.NOTSET)
    mine = score(said(*reference), said(*hypothesis)).counts
    assert (mine.errors, mine.length) == (other.errors, other.length)


def test_the_example_of_meeteval(shared):
    meeteval = pytest.importorskip("meeteval")
    folder = shared / "speech" / "scoring"
    sides = folder / "meeteval-ref.stm", folder / "meeteval-hyp.stm"
    mine = orcwer(*sides, normalizer="none").score
    other = meeteval.wer.orcwer(*(meeteval.io.load(side) for side in sides))
    assert {one.name: (one.counts.errors, one.counts.length) for one in mine.recordings} == {
        name: (one.errors, one.length) for name, one in other.items()
    }


def test_whose_words_they_are_is_no_matter():
    true = said(("A", 0, 1, "a b"), ("B", 1, 2, "c d"), ("A", 2, 3, "e f"))
    heard = said(("x", 0, 1, "a b"), ("y", 1, 2, "c d e f"))
    assert score(true, heard).counts == Counts(hits=6)


def test_two_at_once_in_one_stream_are_out_of_order_somewhere():
    true = said(("A", 0, 3, "a b c"), ("B", 1, 2, "d e"))
    assert score(true, said(("x", 0, 3, "a d b e c"))).counts.errors == 4
    apart = said(("x", 0, 3, "a b c"), ("y", 1, 2, "d e"))
    assert score(true, apart).counts == Counts(hits=5)


def test_the_stream_of_each_utterance():
    counts, given_to = match_utterances([["a"], ["b"], ["c"]], [["b"], ["a", "c"]])
    assert (counts, given_to) == (Counts(hits=3), (1, 0, 1))


def test_one_side_without_words():
    assert score(said(("A", 0, 1, "a b")), text("")).counts == Counts(deletions=2)
    assert score(said(("A", 0, 1, "")), said(("x", 0, 1, "a"))).counts == Counts(insertions=1)
    heard = said(("x", 0, 1, "a"), ("y", 0, 1, "b c"))
    assert score(said(("A", 0, 1, "")), heard).counts == Counts(insertions=3)


def test_what_is_too_long_is_refused_at_once():
    long = [["a"] * 100 for _ in range(50)]
    with pytest.raises(UsageError, match="too many for ORC-WER") as caught:
        match_utterances(long, [["a"] * 2_000, ["b"] * 2_000, ["c"] * 2_000])
    assert "cpwer" in caught.value.hint
