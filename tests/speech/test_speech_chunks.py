"""Chunks hold all speech, never more than an engine may hear, and give each word once."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.model.speech import Word
from loquitur.speech.chunks import Chunk, ChunkOptions, group, join, split
from loquitur.timing import Span

RATE = 16


@dataclass
class Sound:
    """Samples of a rate of 16 kHz with an offset; counts what is read."""

    data: np.ndarray
    offset_ms: int = 0
    read_ms: int = 0
    longest_ms: int = 0

    @property
    def end_ms(self):
        return self.offset_ms + len(self.data) // RATE

    def read(self, start_ms, end_ms):
        self.read_ms += end_ms - start_ms
        self.longest_ms = max(self.longest_ms, end_ms - start_ms)
        out = np.zeros((end_ms - start_ms) * RATE, dtype=np.float32)
        first = (start_ms - self.offset_ms) * RATE
        piece = self.data[max(first, 0) : max(first + len(out), 0)]
        at = max(-first, 0)
        out[at : at + len(piece)] = piece
        return out

    def blocks(self, length_ms):
        for start in range(0, len(self.data), length_ms * RATE):
            yield self.data[start : start + length_ms * RATE]


def silence(length_ms, offset_ms=0):
    return Sound(np.zeros(length_ms * RATE, dtype=np.float32), offset_ms)


def span(start_ms, end_ms):
    return Span(start_ms=start_ms, end_ms=end_ms)


def word(start_ms, end_ms, text="w"):
    return Word(start_ms=start_ms, end_ms=end_ms, text=text)


def bounds(chunks):
    return [(chunk.span.start_ms, chunk.span.end_ms) for chunk in chunks]


def test_no_speech_no_chunk():
    assert list(split([], silence(10_000))) == []


def test_one_region_gets_its_margins_inside_the_sound():
    chunks = list(split([span(100, 5_000)], silence(5_100)))
    assert bounds(chunks) == [(0, 5_100)]
    assert chunks[0].core == span(0, 5_100)


def test_near_regions_share_a_chunk_and_far_ones_do_not():
    regions = [span(1_000, 2_000), span(2_500, 3_000), span(4_000, 5_000)]
    assert bounds(split(regions, silence(9_000))) == [(800, 3_200), (3_800, 5_200)]


def test_margins_meet_in_the_middle_of_a_short_pause():
    options = ChunkOptions(join_ms=100, pad_ms=200)
    chunks = list(split([span(0, 1_000), span(1_150, 2_000)], silence(2_000), options=options))
    assert bounds(chunks) == [(0, 1_075), (1_075, 2_000)]


def test_a_full_chunk_ends_at_its_longest_late_pause():
    options = ChunkOptions(max_chunk_ms=10_000)  # 9 s of room
    regions = [
        span(0, 2_000),
        span(2_900, 4_000),  # the longest pause of all, but in the first third
        span(4_500, 6_000),
        span(6_100, 8_500),
        span(8_700, 12_000),
    ]
    assert bounds(split(regions, silence(12_000), options=options)) == [(0, 4_200), (4_300, 12_000)]


def test_speech_without_a_pause_is_cut_at_the_quietest_moment():
    rng = np.random.default_rng(5)
    data = rng.normal(0, 0.1, 60_000 * RATE).astype(np.float32)
    data[20_000 * RATE : 20_150 * RATE] *= 0.01
    sound = Sound(data)
    chunks = list(split([span(0, 60_000)], sound))
    assert 20_040 <= chunks[0].core.end_ms <= 20_110
    assert chunks[0].span.end_ms == chunks[0].core.end_ms + 500
    assert chunks[1].span.start_ms == chunks[1].core.start_ms - 500
    assert sound.longest_ms <= 20_000


def test_samples_that_are_not_numbers_do_not_choose_the_cut():
    data = np.full(40_000 * RATE, np.nan, dtype=np.float32)
    assert len(list(split([span(0, 40_000)], Sound(data)))) == 2


def test_regions_out_of_order_are_refused():
    with pytest.raises(ValueError, match="sorted"):
        list(split([span(5_000, 6_000), span(0, 1_000)], silence(9_000)))


@pytest.mark.parametrize("wrong", [{"max_chunk_ms": 1_900}, {"pad_ms": -1}, {"join_ms": -1}])
def test_options_that_leave_no_room_are_refused(wrong):
    with pytest.raises(ValueError):
        ChunkOptions(**wrong)


def test_ten_hours_are_worked_through_lazily():
    def regions():
        for start in range(0, 36_000_000, 3_000):
            made.append(start)
            yield span(start, start + 2_800)

    made: list[int] = []
    chunks = split(regions(), silence(1_000))
    next(chunks)
    assert len(made) < 30
    assert 1_000 < 1 + sum(1 for _ in chunks) < 2_500


def test_parts_are_filled_in_order():
    chunks = [
        Chunk(span=span(t, t + 25_000), core=span(t, t + 25_000)) for t in range(0, 250_000, 25_000)
    ]
    parts = list(group(chunks, part_ms=120_000))
    assert [len(part) for part in parts] == [4, 4, 2]
    assert list(itertools.chain(*parts)) == chunks
    assert list(group(chunks[:1], part_ms=1_000)) == [(chunks[0],)]
    assert list(group([])) == []


CUT = (
    Chunk(span=span(0, 10_500), core=span(0, 10_000)),
    Chunk(span=span(9_500, 20_000), core=span(10_000, 20_000)),
)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        # both sides agree
        ([word(9_000, 9_600, "a"), word(9_900, 10_200, "b")], [word(9_900, 10_200, "b")], "a b"),
        # each side puts the word on its own side of the cut: kept once
        ([word(9_800, 10_150, "b")], [word(9_880, 10_220, "b"), word(10_300, 10_500, "c")], "b c"),
        # each side puts the word on the other side: kept all the same
        ([word(9_000, 9_500, "a"), word(9_880, 10_220, "b")], [word(9_800, 10_150, "b")], "a b"),
        # two words, one on each side
        ([word(9_700, 9_990, "a")], [word(10_010, 10_300, "b")], "a b"),
        # the beginning of a word heard by the left as something short of its own
        ([word(9_920, 10_060, "uh")], [word(9_930, 10_400, "under")], "uh"),
        # nothing on one side
        ([], [word(10_100, 10_200, "b")], "b"),
        ([word(9_100, 9_200, "a"), word(10_100, 10_200, "b")], [], "a"),
    ],
)
def test_words_around_a_cut_are_neither_lost_nor_doubled(left, right, expected):
    words = join([(CUT[0], left), (CUT[1], right)])
    assert " ".join(word.text for word in words) == expected
    assert all(a.end_ms <= b.start_ms for a, b in itertools.pairwise(words))


def speech(draw_gaps):
    regions, at = [], 0
    for gap, length in draw_gaps:
        regions.append(span(at + gap, at + gap + length))
        at += gap + length
    return regions


gaps = st.lists(
    st.tuples(st.integers(1, 3_000), st.one_of(st.integers(30, 4_000), st.integers(1, 80_000))),
    max_size=12,
)
options = st.builds(
    ChunkOptions,
    max_chunk_ms=st.integers(5_000, 30_000),
    join_ms=st.integers(0, 2_000),
    pad_ms=st.integers(0, 1_000),
    context_ms=st.integers(0, 1_000),
)
NOISE = np.random.default_rng(1).normal(0, 0.1, 400_000).astype(np.float32)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(gaps, options)
def test_chunks_cover_all_speech_within_their_limits(pairs, options):
    regions = speech(pairs)
    sound = Sound(NOISE, 0)  # 25 s of noise, then nothing
    chunks = list(split(regions, sound, options=options))
    assert chunks == list(split(iter(regions), sound, options=options))
    assert all(chunk.span.duration_ms <= options.max_chunk_ms for chunk in chunks)
    for before, after in itertools.pairwise(chunks):
        assert before.core.end_ms == after.core.start_ms
        if before.span.end_ms > after.span.start_ms:
            cut_ms = before.core.end_ms
            assert any(region.start_ms < cut_ms < region.end_ms for region in regions)
    heard = [(chunk.span.start_ms, chunk.span.end_ms) for chunk in chunks]
    for region in regions:
        reached_ms = region.start_ms
        for start_ms, end_ms in heard:
            if start_ms <= reached_ms < end_ms:
                reached_ms = end_ms
        assert reached_ms >= region.end_ms


@settings(derandomize=True, deadline=None, max_examples=60)
@given(gaps, options, st.integers(40, 900))
def test_an_engine_that_hears_the_truth_gives_the_truth(pairs, options, length_ms):
    options = replace(options, context_ms=max(options.context_ms, length_ms))
    regions = speech(pairs)
    truth = [
        word(start, min(start + length_ms, region.end_ms), f"w{start}")
        for region in regions
        for start in range(region.start_ms, region.end_ms, length_ms)
    ]
    chunks = list(split(regions, silence(1), options=options))
    heard = []
    for chunk in chunks:
        inside = [
            word(max(w.start_ms, chunk.span.start_ms), min(w.end_ms, chunk.span.end_ms), w.text)
            for w in truth
            if w.start_ms < chunk.span.end_ms and w.end_ms > chunk.span.start_ms
        ]
        heard.append((chunk, inside))
    texts = [w.text for w in join(heard)]
    assert texts == [w.text for w in truth]
