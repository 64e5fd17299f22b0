"""The timeline alone: gaps, overlaps, resets, frozen clocks, years of silence, limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.errors import InputError
from loquitur.media.timeline import DAY_TICKS, JUMP_TICKS, RESET_TICKS, Timeline

SECOND = 16_000


class Tape:
    def __init__(self) -> None:
        self.parts = []
        self.skipped = 0

    def write(self, samples) -> None:
        self.parts.append(samples.copy())

    def skip(self, count: int) -> None:
        self.skipped += count
        if count <= 10**7:
            self.parts.append(np.zeros(count, np.int16))

    def all(self) -> list[int]:
        return np.concatenate([np.zeros(0, np.int16), *self.parts]).tolist()


def timeline(tape, *, floor=0, ceiling=None, declared=None, most=10**9) -> Timeline:
    return Timeline(tape, floor=floor, ceiling=ceiling, declared=declared, most=most)


def sound(count: int, value: int = 1) -> np.ndarray:
    return np.full(count, value, np.int16)


def test_late_sound_keeps_its_offset_on_a_whole_millisecond():
    tape = Tape()
    line = timeline(tape)
    line.begin(16 * 1476 + 3)
    line.append(sound(5))
    assert line.first == 16 * 1476
    assert tape.all() == [0, 0, 0, 1, 1, 1, 1, 1]
    assert line.taken == 8


def test_priming_before_media_time_0_is_trimmed():
    tape = Tape()
    line = timeline(tape)
    line.begin(-4)
    line.append(sound(3, 7))
    line.append(np.arange(10, 15, dtype=np.int16))
    assert tape.all() == [11, 12, 13, 14]
    assert line.first == 0


def test_a_gap_is_filled_and_an_overlap_trimmed():
    tape = Tape()
    line = timeline(tape)
    line.begin(0)
    line.append(sound(10, 1))
    line.begin(15)
    line.append(sound(10, 2))
    line.begin(20)
    line.append(sound(3, 3))
    line.append(sound(10, 4))
    assert tape.all() == [1] * 10 + [0] * 5 + [2] * 10 + [4] * 8
    assert line.cursor == 33


def test_a_jump_of_years_is_joined_and_told():
    for declared in (None, 60 * SECOND, 10**15):
        tape = Tape()
        line = timeline(tape, declared=declared)
        line.begin(0)
        line.append(sound(SECOND))
        line.begin(10**14)
        line.append(sound(SECOND))
        line.begin(10**14 + SECOND + 800)  # the clock goes on from there
        line.append(sound(10))
        assert line.taken == 2 * SECOND + 800 + 10
        assert line.notes == ("the clock of the file jumps at 0:01: sound is joined there",)


def test_many_long_gaps_cannot_fill_more_than_a_day():
    tape = Tape()
    line = timeline(tape, declared=10**13, most=10**13)
    for number in range(100):
        line.begin(number * 2 * 3600 * SECOND)
        line.append(sound(10))
    line.settle()
    assert tape.skipped <= DAY_TICKS
    assert "jumps" in line.notes[-1]


def test_a_long_gap_inside_the_declared_duration_is_believed():
    tape = Tape()
    line = timeline(tape, declared=7200 * SECOND)
    line.begin(0)
    line.append(sound(10))
    line.begin(3600 * SECOND + 10)
    line.append(sound(10))
    line.settle()
    assert line.cursor == 3600 * SECOND + 20
    assert line.notes == ("gaps of 1:00:00 in all are filled with silence",)


def test_a_clock_that_is_reset_loses_no_sound():
    tape = Tape()
    line = timeline(tape)
    for _ in range(3):
        line.begin(0)
        line.append(sound(60 * SECOND))
    assert line.taken == 180 * SECOND
    assert len(line.notes) == 1


@pytest.mark.parametrize(
    ("wrong", "back"), [(5, RESET_TICKS), (20, JUMP_TICKS), (20, RESET_TICKS), (10**8, JUMP_TICKS)]
)
def test_a_few_wrong_times_do_not_move_what_follows(wrong, back):
    """A bit error in a time stamp: the clock was not reset, it goes on as if nothing had been."""
    tape = Tape()
    line = Timeline(tape, floor=0, ceiling=None, declared=3600 * SECOND, most=10**9, back=back)
    line.begin(0)
    line.append(sound(60 * SECOND))
    line.begin(wrong * SECOND)
    line.append(sound(SECOND // 10))
    line.begin(60 * SECOND + SECOND // 10)
    line.append(sound(60 * SECOND))
    assert line.cursor == 120 * SECOND + SECOND // 10
    assert line.notes == ("the clock of the file jumps at 1:00: sound is joined there",)


@pytest.mark.parametrize("wrong", [63, 80, 1000])
def test_a_few_times_too_late_make_no_silence(wrong):
    tape = Tape()
    line = timeline(tape, declared=3600 * SECOND)
    line.begin(0)
    line.append(sound(60 * SECOND))
    for piece in range(3):
        line.begin(wrong * SECOND + piece * SECOND // 10)
        line.append(sound(SECOND // 10))
    line.begin(60 * SECOND + 3 * SECOND // 10)
    line.append(sound(60 * SECOND))
    line.settle()
    assert line.taken == line.sounded == 120 * SECOND + 3 * SECOND // 10
    assert tape.all() == [1] * line.taken
    assert line.notes == ("wrong times of some sound are not believed",)


def test_a_time_too_late_does_not_end_a_window():
    tape = Tape()
    line = timeline(tape, floor=SECOND, ceiling=5 * SECOND, declared=3600 * SECOND)
    line.begin(0)
    line.append(sound(2 * SECOND))
    line.begin(20 * SECOND)
    line.append(sound(100))
    assert not line.full
    line.begin(2 * SECOND + 100)
    line.append(sound(4 * SECOND))
    line.settle()
    assert line.full
    assert tape.all() == [1] * 4 * SECOND


def test_short_sounds_between_long_gaps_keep_their_places():
    tape = Tape()
    line = timeline(tape)
    for number in range(1, 4):
        line.begin(number * 5 * SECOND)
        line.append(sound(SECOND // 2, number))
    line.settle()
    half, rest = SECOND // 2, 9 * SECOND // 2
    assert line.first == 5 * SECOND
    assert tape.all() == [1] * half + [0] * rest + [2] * half + [0] * rest + [3] * half


def test_a_clock_that_stands_still_is_not_believed_for_long():
    tape = Tape()
    line = timeline(tape)
    for _ in range(2000):
        line.begin(0)
        line.append(sound(SECOND // 10))
    assert line.taken > 180 * SECOND
    assert line.notes == ("timestamps contradict the sound: times are counted instead",)


@pytest.mark.parametrize("tick", [-(10**14), 10**14, -JUMP_TICKS - 1])
def test_an_incredible_first_time_is_zero(tick):
    tape = Tape()
    line = timeline(tape, declared=100 * SECOND)
    line.begin(tick)
    line.append(sound(5))
    assert line.first == 0
    assert tape.all() == [1] * 5
    assert "not credible" in line.notes[0]


def test_a_window_takes_only_what_lies_inside():
    tape = Tape()
    line = timeline(tape, floor=160, ceiling=192)
    line.begin(100)
    line.append(np.arange(100, 150, dtype=np.int16))
    assert not line.full
    line.begin(170)
    line.append(np.arange(170, 250, dtype=np.int16))
    assert line.full
    assert line.first == 160
    assert tape.all() == [0] * 10 + list(range(170, 192))


def test_more_than_the_limit_is_refused():
    line = timeline(Tape(), most=3600 * SECOND)
    line.begin(0)
    for _ in range(3600):
        line.append(sound(SECOND))
    with pytest.raises(InputError, match="longer than the limit of 1 h"):
        line.append(sound(SECOND))


RUNS = st.lists(st.tuples(st.integers(-50, 3000), st.integers(0, 400)), min_size=1, max_size=20)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(RUNS, st.integers(0, 100), st.one_of(st.none(), st.integers(1, 150)))
def test_every_sample_lies_where_its_time_says(runs, floor_ms, length_ms):
    """Against a plain array: later runs never overwrite, gaps are zero, the window cuts."""
    tape = Tape()
    floor = floor_ms * 16
    ceiling = None if length_ms is None else floor + length_ms * 16
    line = timeline(tape, floor=floor, ceiling=ceiling)
    expected = {}
    end = None
    for number, (tick, count) in enumerate(runs, 1):
        line.begin(tick)
        line.append(sound(count, number))
        end = tick if end is None else end
        for place in range(max(end, tick), tick + count):
            expected[place] = number
        end = max(end, tick + count, tick)
    inside = [
        expected.get(place, 0)
        for place in range(line.first or 0, end)
        if place >= floor and (ceiling is None or place < ceiling)
    ]
    assert line.cursor == end
    if line.first is None:
        assert tape.all() == []
    else:
        lead = max(0, floor - line.first)
        assert lead == 0
        assert tape.all() == inside
    if line.first is not None:
        assert line.first % 16 == 0
