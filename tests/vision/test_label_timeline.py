"""Rows laid in time: a word stands where it is said, whatever there is of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.feeding.batches import LabelBatches
from loquitur.vision.labels.feeding.memory import MemoryDataset
from loquitur.vision.labels.feeding.timeline import in_time
from loquitur.vision.labels.nets.config import BranchInput, LabelNetConfig
from loquitur.vision.labels.records.quantising import dequantise

RGB = StreamInfo(name="rgb", dimension=1, quantised=False)
WORDS = StreamInfo(name="words", dimension=1, quantised=False, rate_hz=0.0)
BYTES = StreamInfo(name="words", dimension=1, rate_hz=0.0)


def stream(videos, times=None, kind=np.float32):
    lengths = [len(one) for one in videos]
    flat = [value for one in videos for value in one]
    return Stream(
        rows=np.array(flat, kind).reshape(-1, 1),
        offsets=np.cumsum([0, *lengths]),
        times_ms=None if times is None else np.array([ms for one in times for ms in one], np.int64),
    )


def examples(**streams):
    many = len(next(iter(streams.values())))
    return Examples(
        video_ids=tuple(f"v{at}" for at in range(many)),
        labels=np.zeros(0, np.int64),
        label_offsets=np.zeros(many + 1, np.int64),
        streams=streams,
    )


def laid(given, *infos, most=300):
    found = in_time(given, infos, most=most).streams
    return {name: [one.of(at).ravel().tolist() for at in range(len(one))]
            for name, one in found.items()}  # fmt: skip


def test_a_word_stands_at_its_second_and_lasts_until_the_next():
    given = examples(
        rgb=stream([[1, 2, 3, 4, 5, 6], [7, 8]]),
        words=stream([[10, 20, 40], []], [[2100, 4000, 4900], []]),
    )
    found = laid(given, RGB, WORDS)
    assert found["rgb"] == [[1, 2, 3, 4, 5, 6], [7, 8]]
    assert found["words"] == [[0, 0, 10, 10, 30, 30], []], "two in one second are their mean"


def test_eight_bits_stay_eight_bits():
    given = examples(rgb=stream([[1, 2, 3]]), words=stream([[100, 103]], [[1200, 1700]], np.uint8))
    words = in_time(given, (RGB, BYTES), most=300).streams["words"].rows
    assert words.dtype == np.uint8
    assert words.ravel().tolist() == [127, 102, 102]
    assert abs(dequantise(words[:1])[0, 0]) < 1e-4, "nothing said is nothing"


def test_words_without_times_are_spread_as_the_net_spreads_them():
    given = examples(rgb=stream([list(range(7))]), words=stream([[1, 2, 3]]))
    expected = [(2 * i + 1) * 3 // 14 + 1 for i in range(7)]  # nets.abreast.abreast
    assert laid(given, RGB, WORDS)["words"] == [expected]


def test_a_stream_of_words_alone():
    assert laid(examples(words=stream([[1, 2, 3]])), WORDS)["words"] == [[1, 2, 3]]
    given = examples(words=stream([[1, 2, 3]], [[60_000, 61_000, 64_500]]))
    assert laid(given, WORDS)["words"] == [[1, 2, 2, 2, 3]], "from its own first moment"


def test_a_long_video_has_as_many_moments_as_are_wanted():
    given = examples(rgb=stream([list(range(20))]), words=stream([[1, 2, 9]], [[0, 400, 19_000]]))
    found = laid(given, RGB, WORDS, most=5)
    assert found["rgb"] == [[1.5, 5.5, 9.5, 13.5, 17.5]]
    assert found["words"] == [[1.5, 1.5, 1.5, 1.5, 9]]


@pytest.mark.parametrize("ms", [-(1 << 63), (1 << 60) + 1, (1 << 63) - 1])
def test_moments_that_no_video_has_harm_nothing(ms):
    given = examples(rgb=stream([[1, 2, 3]]), words=stream([[5, 6]], [[1000, ms]]))
    found = laid(given, RGB, WORDS, most=5)
    assert len(found["rgb"][0]) == len(found["words"][0]) <= 5
    alone = laid(examples(words=stream([[6]], [[ms]])), WORDS, most=5)
    assert alone["words"] == [[6]]


def test_rows_twice_a_second_and_times_that_go_back():
    twice = StreamInfo(name="rgb", dimension=1, quantised=False, rate_hz=2.0)
    given = examples(rgb=stream([[1, 2, 3, 4]]), words=stream([[5, 6]], [[1500, 100]]))
    assert laid(given, twice, WORDS) == {"rgb": [[1.5, 3.5]], "words": [[6, 5]]}


@given(
    st.lists(st.lists(st.integers(0, 500_000), max_size=30), min_size=1, max_size=5),
    st.integers(0, 40),
    st.integers(1, 50),
)
def test_every_row_is_found_at_its_moment(times, pictures, most):
    """Against plain loops; and all streams that are there have as many rows."""
    values = [[float(1 + at) for at in range(len(one))] for one in times]
    rgb = [list(range(pictures)) for _ in times]
    found = laid(examples(rgb=stream(rgb), words=stream(values, times)), RGB, WORDS, most=most)
    for video, said in enumerate(times):
        shown = [1000 * at for at in range(pictures)]
        both = said + shown
        if not both:
            assert found["words"][video] == found["rgb"][video] == []
            continue
        begin = min(both) // 1000 * 1000
        span = max(both) + 1 - begin
        step = max(1000, -(-span // most))
        many = -(-span // step)
        assert many <= most
        assert len(found["rgb"][video]) == (many if pictures else 0)
        assert len(found["words"][video]) == (many if said else 0)
        last = 0.0
        for moment, value in enumerate(found["words"][video]):
            here = [one for one, ms in zip(values[video], said, strict=True)
                    if (ms - begin) // step == moment]  # fmt: skip
            last = float(np.mean(here)) if here else last
            assert value == pytest.approx(last, rel=1e-5)


def test_batches_are_laid_in_time():
    info = DatasetInfo(name="x", level="frame", streams=(RGB, WORDS), labels=1)
    given = examples(rgb=stream([[1, 2, 3, 4]] * 2), words=stream([[9], [8]], [[3000], [1000]]))
    data = MemoryDataset(info, {"train": given})
    (plain,) = LabelBatches(data, "train", batch=2, shuffle=False).epoch(0)
    (timed,) = LabelBatches(data, "train", batch=2, shuffle=False, timed=True).epoch(0)
    assert plain.lengths["words"].tolist() == [1, 1]
    assert timed.lengths["words"].tolist() == [4, 4]
    assert timed.streams["words"][:, :, 0].tolist() == [[0, 0, 0, 9], [0, 8, 8, 8]]
    assert np.array_equal(plain.streams["rgb"], timed.streams["rgb"])


def test_only_nets_of_all_streams_at_once_are_timed():
    inputs = (BranchInput(name="rgb", dimension=4),)
    assert LabelNetConfig(architecture="gru", inputs=inputs, labels=2, timed=True).timed
    with pytest.raises(ValueError, match="only lstm and gru are timed"):
        LabelNetConfig(architecture="joined", inputs=inputs, labels=2, timed=True)
