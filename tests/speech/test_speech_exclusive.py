from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from loquitur.model.speech import Turn
from loquitur.speech.assignment import assign
from loquitur.speech.exclusive import merge


def turns(*rows):
    return [Turn(start_ms=start, end_ms=end, speaker=name) for start, end, name in rows]


def rows(found):
    return [(turn.start_ms, turn.end_ms, turn.speaker) for turn in found]


def speaker_of(found, start_ms, end_ms):
    """Whom a word belongs to, by the rule of the transcript."""
    starts, ends = (np.array([getattr(t, name) for t in found]) for name in ("start_ms", "end_ms"))
    place = assign(np.array([start_ms]), np.array([end_ms]), starts, ends)
    return found[int(place.span[0])].speaker


def test_without_overlap_nothing_is_added():
    only = turns((0, 500, "A"), (500, 900, "B"))
    assert merge(only, only) == tuple(only)
    assert merge([], []) == ()


def test_who_speaks_beside_is_kept_in_turns_of_their_own():
    exclusive = turns((0, 1000, "A"), (1000, 2000, "B"))
    found = merge(exclusive, turns((0, 1400, "A"), (800, 2000, "B")))
    assert rows(found) == [
        (0, 1000, "A"), (800, 1000, "B"), (1000, 2000, "B"), (1001, 1400, "A"),
    ]  # fmt: skip


def test_a_word_belongs_to_the_exclusive_speaker():
    exclusive = turns((0, 1000, "A"), (1000, 2000, "B"))
    found = merge(exclusive, turns((0, 1400, "A"), (800, 2000, "B")))
    for start_ms, end_ms, wanted in (
        (850, 950, "A"), (1000, 1100, "B"), (1100, 1300, "B"), (1300, 1500, "B"),
        (700, 1000, "A"), (900, 1050, "A"), (990, 1090, "B"),
    ):  # fmt: skip
        assert speaker_of(found, start_ms, end_ms) == wanted, (start_ms, end_ms)


def test_a_speaker_who_is_never_the_clearest_is_kept():
    found = merge(turns((0, 1000, "A")), turns((0, 1000, "A"), (200, 300, "B"), (0, 1, "C")))
    assert rows(found) == [(0, 1000, "A"), (200, 300, "B")]


SPEAKERS = "ABC"


@st.composite
def scenes(draw):
    """What two answers of a diarizer look like: frames of who speaks, and who of them leads."""
    frames = draw(st.lists(st.sets(st.sampled_from(SPEAKERS)), max_size=30))
    leads = [draw(st.sampled_from(sorted(who))) if who else None for who in frames]
    overlapping = [
        turn for name in SPEAKERS for turn in runs([name in who for who in frames], name)
    ]
    exclusive = [turn for name in SPEAKERS for turn in runs([lead == name for lead in leads], name)]
    return frames, leads, exclusive, overlapping


def runs(active, name):
    start = None
    for at, speaks in enumerate([*active, False]):
        if speaks and start is None:
            start = at
        elif not speaks and start is not None:
            yield Turn(start_ms=start * 50, end_ms=at * 50, speaker=name)
            start = None


@given(scenes())
def test_nobody_is_lost_and_the_leader_labels_every_word(scene):
    frames, leads, exclusive, overlapping = scene
    found = merge(exclusive, overlapping)
    assert [turn.start_ms for turn in found] == sorted(turn.start_ms for turn in found)
    for at, who in enumerate(frames):
        start_ms = at * 50
        heard = {turn.speaker for turn in found if turn.start_ms <= start_ms + 10 < turn.end_ms}
        assert heard == who
        if who:
            assert speaker_of(found, start_ms, start_ms + 50) == leads[at]
            assert speaker_of(found, start_ms + 10, start_ms + 40) == leads[at]
