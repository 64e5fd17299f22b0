"""Own sums against pyannote.metrics, on random turns and on the golden pair."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.evaluation.diarization import (
    DiarizationError,
    diarization_error,
    total,
    turns_of,
)
from loquitur.evaluation.reading import read
from loquitur.timing import Span

TICK_MS = 250


def turns(most=8):
    def row(names):
        return st.tuples(st.integers(0, 60), st.integers(1, 20), st.sampled_from(names)).map(
            lambda t: (t[0] * TICK_MS, (t[0] + t[1]) * TICK_MS, t[2])
        )

    return st.lists(row("ABCD"), max_size=most).map(apart)


def apart(rows):
    """Without a speaker who speaks twice at once: there the two count differently, see below."""
    kept = []
    for start, end, name in sorted(rows):
        if all(name != other or start >= until for _, until, other in kept):
            kept.append((start, end, name))
    return kept


def theirs(reference, hypothesis, *, collar_ms=0, skip_overlap=False, uem=((0, 10**6),)):
    core = pytest.importorskip("pyannote.core")
    metrics = pytest.importorskip("pyannote.metrics.diarization")

    def annotated(rows):
        found = core.Annotation()
        for number, (start, end, name) in enumerate(rows):
            found[core.Segment(start / 1000, end / 1000), number] = name
        return found

    metric = metrics.DiarizationErrorRate(collar=2 * collar_ms / 1000, skip_overlap=skip_overlap)
    timeline = core.Timeline([core.Segment(a / 1000, b / 1000) for a, b in uem])
    return metric(annotated(reference), annotated(hypothesis), uem=timeline, detailed=True)


@settings(derandomize=True, deadline=None)
@given(
    reference=turns(),
    hypothesis=turns(),
    collar_ms=st.sampled_from([0, 125, 250, 1000]),
    skip_overlap=st.booleans(),
    uem=st.sampled_from([((0, 10**6),), ((1000, 6000), (9000, 12_000))]),
)
def test_the_same_as_pyannote_with_twice_the_collar(
    reference, hypothesis, collar_ms, skip_overlap, uem
):
    mine = diarization_error(
        reference,
        hypothesis,
        collar_ms=collar_ms,
        skip_overlap=skip_overlap,
        uem=[Span(start_ms=a, end_ms=b) for a, b in uem],
    )
    other = theirs(reference, hypothesis, collar_ms=collar_ms, skip_overlap=skip_overlap, uem=uem)
    wanted = (other["total"], other["missed detection"], other["false alarm"], other["confusion"])
    found = (mine.total_ms, mine.miss_ms, mine.false_alarm_ms, mine.confusion_ms)
    assert found == pytest.approx([1000 * value for value in wanted], abs=1e-3)


@settings(derandomize=True, deadline=None)
@given(reference=turns(6), hypothesis=turns(6))
def test_jer_is_the_least_over_all_matchings(reference, hypothesis):
    mine = diarization_error(reference, hypothesis)
    names = sorted({name for *_, name in reference})
    heard = sorted({name for *_, name in hypothesis})

    def ticks(rows, wanted):
        return {
            tick
            for start, end, name in rows
            if name == wanted
            for tick in range(start // TICK_MS, end // TICK_MS)
        }

    def error(name, other):
        true, said = ticks(reference, name), ticks(hypothesis, other) if other else set()
        return 1 - len(true & said) / len(true | said)

    padded = heard + [""] * len(names)
    least = min(
        sum(error(name, other) for name, other in zip(names, order, strict=True))
        for order in set(itertools.permutations(padded, len(names)))
    )
    assert mine.jaccard_sum == pytest.approx(least, abs=1e-9)
    assert mine.jaccard is None if not names else 0 <= mine.jaccard <= 1


def test_the_golden_pair(shared):
    folder = shared / "speech" / "scoring"
    true = turns_of(read(folder / "ES2014c.ref.rttm", turns=True).entries)
    heard = turns_of(read(folder / "ES2014c.sys.rttm", turns=True).entries)
    assert diarization_error(true, heard).rate == pytest.approx(0.1947, abs=0.001)
    forgiving = diarization_error(true, heard, collar_ms=250, skip_overlap=True)
    assert forgiving.rate == pytest.approx(0.0717, abs=0.001)
    assert dict(forgiving.mapping)["ES2014c_spkr_0"] == "ES2014c.A_PM"
    assert (forgiving.speakers, forgiving.speakers_heard) == (4, 7)


def test_parts_by_hand():
    true = [(0, 10_000, "A"), (10_000, 14_000, "B")]
    heard = [(1_000, 10_000, "x"), (10_000, 12_000, "x"), (12_000, 15_000, "y")]
    error = diarization_error(true, heard)
    assert (error.total_ms, error.miss_ms, error.false_alarm_ms) == (14_000, 1_000, 1_000)
    assert error.confusion_ms == 2_000
    assert error.rate == pytest.approx(4 / 14)
    assert error.mapping == (("x", "A"), ("y", "B"))
    assert error.scored_ms == 15_000


def test_a_speaker_who_speaks_twice_at_once_counts_once():
    true = [(0, 1000, "A"), (500, 1500, "A")]
    error = diarization_error(true, [(0, 1500, "x")])
    assert (error.total_ms, error.rate) == (1500, 0.0)
    assert diarization_error(true, [(0, 1500, "x")], skip_overlap=True).total_ms == 1500


@pytest.mark.parametrize("heard", [[], [(0, 1000, "x")]])
def test_nobody_in_the_reference_is_no_rate(heard):
    error = diarization_error([], heard)
    assert (error.rate, error.jaccard, error.share(5)) == (None, None, None)
    assert error.false_alarm_ms == sum(end - start for start, end, _ in heard)


def test_silence_is_all_missed_and_turns_without_length_are_none():
    true = [(0, 1000, "A"), (500, 500, "B")]
    error = diarization_error(true, [(200, 200, "x")])
    assert (error.rate, error.miss_ms, error.speakers, error.speakers_heard) == (1.0, 1000, 1, 0)
    assert error.jaccard == 1.0


def test_recordings_add_up():
    one = diarization_error([(0, 1000, "A")], [])
    two = diarization_error([(0, 3000, "A")], [(0, 3000, "x")])
    both = total([one, two])
    assert (both.rate, both.jaccard, both.speakers) == (0.25, 0.5, 2)
    assert total([]) == DiarizationError()


def test_a_collar_lies_on_each_side():
    true, heard = [(1000, 2000, "A")], [(1100, 2000, "x")]
    assert diarization_error(true, heard, collar_ms=99).miss_ms == 1
    assert diarization_error(true, heard, collar_ms=100).miss_ms == 0
    assert diarization_error(true, heard, collar_ms=100).total_ms == 800
