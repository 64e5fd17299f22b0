"""cpWER and tcpWER against meeteval where it is installed, and by hand."""

from __future__ import annotations

import logging
from decimal import Decimal

import pytest
from evaluation_sides import pair, said, text
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.evaluation.counting import Counts
from loquitur.evaluation.normalizing import find
from loquitur.evaluation.pairing import pair_up
from loquitur.evaluation.speakers import score_speakers

pytest.importorskip("rapidfuzz")
NONE = find("none")


def score(reference, hypothesis, **options):
    return score_speakers([pair(reference, hypothesis)], NONE, **options)


@st.composite
def conversations(draw):
    """Segments of one to three speakers; those of one speaker do not overlap."""
    rows = []
    for speaker in draw(st.sampled_from(["A", "AB", "ABC"])):
        at = 0
        for _ in range(draw(st.integers(1, 4))):
            at += draw(st.integers(0, 3000))
            end = at + draw(st.integers(1, 4000))
            words = draw(st.lists(st.sampled_from(["a", "b", "cc", "ddd"]), min_size=1, max_size=5))
            rows.append((speaker, at, end, " ".join(words)))
            at = end
    return rows


@settings(derandomize=True, deadline=None)
@given(
    reference=conversations(),
    hypothesis=conversations(),
    collar_ms=st.sampled_from([None, 0, 500, 1000, 5000]),
)
def test_the_same_errors_as_meeteval(reference, hypothesis, collar_ms):
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

    sides = segments(reference), segments(hypothesis)
    logging.disable(logging.CRITICAL)  # it warns of collars shorter than words
    try:
        if collar_ms is None:
            other = meeteval.wer.cpwer(*sides)["r"]
        else:
            other = meeteval.wer.tcpwer(*sides, collar=Decimal(collar_ms) / 1000)["r"]
    finally:
        logging.disable(logging.NOTSET)
    mine = score(said(*reference), said(*hypothesis), collar_ms=collar_ms).counts
    assert (mine.errors, mine.length) == (other.errors, other.length)


def test_the_example_of_meeteval(shared):
    folder = shared / "speech" / "scoring"
    pairs = pair_up(folder / "meeteval-ref.stm", folder / "meeteval-hyp.stm").pairs
    found = score_speakers(pairs, NONE)
    assert [(one.name, one.counts) for one in found.recordings] == [
        ("recordingA", Counts(hits=60, substitutions=2)),
        ("recordingB", Counts(hits=15, deletions=15, insertions=8)),
    ]
    assert found.recordings[1].mapping == (("Bob", "Alice"),)
    assert (found.recordings[1].speakers, found.recordings[1].speakers_heard) == (1, 2)
    assert score_speakers(pairs, NONE, collar_ms=5000).counts == found.counts


def test_whoever_is_left_over_counts():
    true = said(("A", 0, 1, "a b c"), ("B", 1, 2, "d e"))
    assert score(true, said(("x", 0, 1, "d e"))).counts == Counts(hits=2, deletions=3)
    heard = said(("x", 0, 1, "a b c"), ("y", 0, 1, "d e"), ("z", 1, 2, "f"))
    found = score(true, heard)
    assert found.counts == Counts(hits=5, insertions=1)
    assert found.recordings[0].mapping == (("x", "A"), ("y", "B"))


def test_one_side_without_words():
    assert score(said(("A", 0, 1, "a b")), text("")).counts == Counts(deletions=2)
    assert score(said(("A", 0, 1, "")), said(("x", 0, 1, "a"))).counts == Counts(insertions=1)
    assert score(said(("A", 0, 1, "")), text("")).counts.rate is None


def test_a_right_word_at_the_wrong_time_is_an_error():
    true, heard = said(("A", 0, 1000, "a")), said(("A", 9000, 10_000, "a"))
    assert score(true, heard).counts.errors == 0
    assert score(true, heard, collar_ms=8000).counts == Counts(deletions=1, insertions=1)
    assert score(true, heard, collar_ms=9000).counts == Counts(hits=1)


def test_a_collar_needs_times():
    with pytest.raises(InputError, match="no times of 'a'"):
        score(text("a"), text("a"), collar_ms=100)
