from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from loquitur.model.speech import Turn
from loquitur.speech.solo import solo_spans

turn_lists = st.lists(
    st.builds(
        lambda start, length, speaker: Turn(start_ms=start, end_ms=start + length, speaker=speaker),
        st.integers(0, 60),
        st.integers(1, 30),
        st.sampled_from("ABC"),
    ),
    max_size=8,
)


def turn(start_ms, end_ms, speaker):
    return Turn(start_ms=start_ms, end_ms=end_ms, speaker=speaker)


@given(turn_lists)
def test_the_spans_are_the_moments_of_one_speaker(turns):
    """Against the definition, moment by moment."""
    found = solo_spans(turns, most_ms=10_000, piece_ms=1)
    heard = {
        speaker: {ms for span in spans for ms in range(span.start_ms, span.end_ms)}
        for speaker, spans in found.items()
    }
    expected: dict[str, set[int]] = {}
    for ms in range(100):
        speaking = {one.speaker for one in turns if one.start_ms <= ms < one.end_ms}
        if len(speaking) == 1:
            expected.setdefault(speaking.pop(), set()).add(ms)
    assert heard == expected
    for spans in found.values():
        assert list(spans) == sorted(spans)
        assert all(one.end_ms < other.start_ms for one, other in itertools.pairwise(spans))


@given(turn_lists, st.integers(1, 40), st.integers(1, 40))
def test_bounds_hold(turns, most_ms, piece_ms):
    for spans in solo_spans(turns, most_ms=most_ms, piece_ms=piece_ms).values():
        assert sum(span.duration_ms for span in spans) <= most_ms
        assert all(span.duration_ms >= piece_ms for span in spans)


def test_the_longest_come_first_and_the_last_is_shortened():
    turns = [turn(0, 1000, "A"), turn(2000, 5000, "A"), turn(6000, 8000, "A")]
    (found,) = solo_spans(turns, most_ms=4500, piece_ms=500).values()
    assert [(span.start_ms, span.end_ms) for span in found] == [(2000, 5000), (6000, 7500)]


def test_nobody():
    assert solo_spans([], most_ms=1000, piece_ms=1) == {}
    both = [turn(0, 1000, "A"), turn(0, 1000, "B")]
    assert solo_spans(both, most_ms=1000, piece_ms=1) == {}
