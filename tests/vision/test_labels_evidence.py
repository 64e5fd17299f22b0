"""What speaks for a label: found where it was put, the same however it is asked."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.testing.tiny_labellers import linear_model
from loquitur.vision.labels.dataset import StreamInfo
from loquitur.vision.labels.evidence import Asked, Track, ends_of, explain, track_of
from loquitur.vision.labels.exporting import random_examples
from loquitur.vision.labels.modelfile import LabelModel, load

STREAMS = (
    StreamInfo(name="rgb", dimension=6, quantised=False),
    StreamInfo(name="words", dimension=4, quantised=False, rate_hz=0.0),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> LabelModel:
    return load(linear_model(tmp_path_factory.mktemp("model"), STREAMS))


def weights(model: LabelModel, name: str, dimension: int) -> np.ndarray:
    """The matrix of a stream, read off by asking with unit rows."""
    from loquitur.vision.labels.feeding.batch import LabelBatch

    rows = np.eye(dimension, dtype=np.float32)[:, None]
    batch = LabelBatch(
        video_ids=("",) * dimension,
        streams={name: rows},
        lengths={name: np.ones(dimension, np.int64)},
        labels=np.full((dimension, 1), -1, np.int64),
    )
    return model.outputs(batch)["logits"]


def seconds(rows: np.ndarray, texts=()) -> Track:
    times_ms = np.arange(len(rows), dtype=np.int64) * 1000
    return Track(rows=rows, times_ms=times_ms, ends_ms=times_ms + 1000, texts=texts)


def test_the_moment_that_was_put_in_is_found(model):
    matrix = weights(model, "rgb", 6)
    label = int(np.argmax(np.linalg.norm(matrix, axis=0)))
    rows = np.zeros((40, 6), np.float32)
    rows[25] = matrix[:, label] * 50 / np.linalg.norm(matrix[:, label])
    told = explain(model, {"rgb": seconds(rows)}, Asked(windows=20))
    first = told.labels[0]
    assert first.index == label
    moment = first.moments[0]
    assert (moment.start_ms, moment.end_ms, moment.stream) == (24_000, 26_000, "rgb")
    # a mean over 40 rows falls to that over the 38 others; the two alone say more than others do
    said = float(rows[25] @ matrix[:, label])
    assert moment.weight == pytest.approx((said / 40 + said / 2) / 2, rel=1e-4)
    assert all(one.weight > 0 for one in first.moments)


def test_a_scene_of_several_spans_is_found_though_none_of_them_is_needed(tmp_path):
    """Taking one away changes nothing where the others say the same: then it speaks alone."""
    model = load(linear_model(tmp_path, STREAMS, strongest=True))
    matrix = weights(model, "rgb", 6)
    label = int(np.argmax(np.linalg.norm(matrix, axis=0)))
    rows = np.zeros((40, 6), np.float32)
    rows[20:26] = matrix[:, label] * 5 / np.linalg.norm(matrix[:, label])
    words = seconds(np.zeros((8, 4), np.float32), ["um"] * 8)
    told = explain(model, {"rgb": seconds(rows), "words": words}, Asked(windows=20, moments=9))
    first = told.labels[0]
    assert first.index == label
    spans = [(one.start_ms, one.end_ms, one.stream) for one in first.moments]
    assert spans == [(at, at + 2000, "rgb") for at in (20_000, 22_000, 24_000)]


def test_streams_alone_and_the_words_that_speak(model):
    chance = np.random.default_rng(0)
    tracks = {
        "rgb": seconds(chance.normal(size=(5, 6)).astype(np.float32)),
        "words": seconds(chance.normal(size=(3, 4)).astype(np.float32), ["one", "two", "three"]),
    }
    told = explain(model, tracks, Asked(labels=6, moments=8))
    assert told.streams == ("rgb", "words")
    assert not told.warnings
    for one in told.labels:
        alone = dict(one.branches)
        odds = sum(np.log(score / (1 - score)) for score in alone.values())
        assert one.score == pytest.approx(1 / (1 + np.exp(-odds)), abs=1e-5)  # the net is a sum
        said = {each.text for each in one.moments if each.stream == "words"}
        assert said <= {"one", "two", "three"}
        assert not any(each.text for each in one.moments if each.stream == "rgb")
    assert [one.score for one in told.labels] == sorted(
        (one.score for one in told.labels), reverse=True
    )
    assert {one.label for one in told.genres} <= set(model.card.genres)


def test_what_is_absent_is_said(model):
    rows = np.ones((2, 6), np.float32)
    told = explain(model, {"rgb": seconds(rows), "words": seconds(np.zeros((0, 4), np.float32))})
    assert told.streams == ("rgb",)
    assert told.warnings == ("labelled without words, which the model reads too",)
    net = dataclasses.replace(model.card.net, branch_dropout=0.0)
    strict = dataclasses.replace(model, card=dataclasses.replace(model.card, net=net))
    assert "its scores are a guess" in explain(strict, {"rgb": seconds(rows)}).warnings[1]
    assert "the scores of any video" in explain(model, {}).warnings[0]


def test_one_row_has_no_moments_and_long_films_are_thinned(model):
    assert not explain(model, {"rgb": seconds(np.ones((1, 6), np.float32))}).labels[0].moments
    chance = np.random.default_rng(1)
    rows = chance.normal(size=(3000, 6)).astype(np.float32)
    told = explain(model, {"rgb": seconds(rows)}, Asked(moments=3, windows=1000))
    assert all(
        0 <= each.start_ms < each.end_ms <= 3_000_000 for one in told.labels for each in one.moments
    )
    assert max(each.end_ms - each.start_ms for one in told.labels for each in one.moments) > 40_000


def test_nothing_asked_nothing_told(model):
    track = {"rgb": seconds(np.ones((4, 6), np.float32))}
    told = explain(model, track, Asked(labels=0, genres=0))
    assert (told.labels, told.genres) == ((), ())
    assert not explain(model, track, Asked(moments=0)).labels[0].moments
    with pytest.raises(ValueError, match="nothing is told so"):
        Asked(windows=0)


def test_a_video_of_a_data_set(model):
    examples = random_examples(model.card)
    track = track_of(examples, 1, "rgb", rate_hz=2.0)
    assert track.times_ms.tolist() == [0, 500]
    assert track.ends_ms.tolist() == [500, 1000]
    told = explain(model, {"rgb": track})
    assert told.labels[0].score == pytest.approx(
        float(model.scores(examples, only=("rgb",))[1].max()), abs=1e-6
    )


@settings(derandomize=True, deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 5000), max_size=20), st.integers(1, 2000))
def test_rows_end_after_they_begin(gaps, step_ms):
    times_ms = np.cumsum(np.array(gaps, np.int64)) if gaps else np.zeros(0, np.int64)
    ends = ends_of(times_ms, step_ms)
    assert (ends > times_ms).all()
    assert (ends - times_ms <= step_ms).all()
