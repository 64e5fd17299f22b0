"""Folders of models that label, without torch: cards, what is refused, scores by a graph."""

from __future__ import annotations

import dataclasses
import json
import pickle

import numpy as np
import pytest

from loquitur.errors import EngineError, InputError, UsageError
from loquitur.model.speech import EngineStamp
from loquitur.model.vision import Preprocessing
from loquitur.testing.tiny_labellers import linear_model
from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.exporting import Agreement, compare, export, random_examples
from loquitur.vision.labels.modelcard import CARD, LabelModelCard, read_card, to_bytes
from loquitur.vision.labels.modelfile import LabelModel, batch_of, find, load, write_files
from loquitur.vision.labels.nets.config import BranchInput, LabelNetConfig
from loquitur.vision.labels.vocabulary import Label

PICTURES = EngineStamp(name="descriptor", version="1", options='{"size":64}')
SOUND = EngineStamp(name="logmel", version="1")
STREAMS = (
    StreamInfo(name="rgb", dimension=6, encoder=PICTURES),
    StreamInfo(name="audio", dimension=4, encoder=SOUND),
    StreamInfo(name="words", dimension=5, quantised=False, rate_hz=0.0),
)
LABELS = (
    Label(name="Guitar", entity="/m/0342h", verticals=("Arts & Entertainment",)),
    Label(name="猫", verticals=("Pets & Animals", "Science")),
    Label(name="/m/gone"),
)


def inputs(streams=STREAMS):
    return tuple(
        BranchInput(name=one.name, dimension=one.dimension, quantised=one.quantised)
        for one in streams
    )


def card(**changes):
    given = {
        "net": LabelNetConfig(architecture="logistic", inputs=inputs(), labels=len(LABELS)),
        "labels": LABELS,
        "data": DatasetInfo(name="own", level="frame", streams=STREAMS, labels=len(LABELS)),
    }
    return LabelModelCard(**(given | changes))


def test_a_card_is_read_as_it_was_written(tmp_path):
    full = card(
        temperature=1.25,
        thresholds=(0.5, np.float32(0.25), 1),
        training={"epochs": 3, "gap": 0.61, "loss": None},
        projections={"rgb": "projection-rgb.safetensors"},
        licence="CC-BY-4.0",
        notes=("trained on six videos",),
    )
    written = write_files(tmp_path / "m", full, {"model-0123456789ab.safetensors": b"abc"})
    assert read_card(tmp_path / "m") == written
    assert dataclasses.replace(written, files={}, producer="") == full
    text = (tmp_path / "m" / CARD).read_text("utf-8")
    assert json.loads(text)["schema"] == "loquitur/labeller/1"
    assert "猫" in text
    assert written.genres == ("Arts & Entertainment", "Pets & Animals", "Science")
    assert [one.encoder for one in written.streams] == [PICTURES, SOUND, None]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": LABELS[:2]}, "2 labels"),
        ({"labels": (*LABELS[:2], Label(name="x" * 2000))}, "no name of a label"),
        ({"genres": ("Sports",)}, "not those of the labels"),
        ({"temperature": 0.0}, "no temperature"),
        ({"temperature": float("nan")}, "no temperature"),
        ({"thresholds": (0.5,)}, "1 thresholds for 3 labels"),
        ({"thresholds": (0.5, float("nan"), 0.1)}, "a probability"),
        ({"projections": {"smell": "x.safetensors"}}, "the data has not"),
        ({"files": {"../x": "0" * 64}}, "no file beside this one"),
        ({"net": LabelNetConfig(architecture="logistic", labels=3, verticals=2, inputs=inputs())},
         "head of 2"),
        ({"data": DatasetInfo(name="o", level="frame", streams=STREAMS[:2], labels=3)},
         "stream that the data has not"),
        ({"data": DatasetInfo(name="o", level="frame", labels=3, streams=(
            dataclasses.replace(STREAMS[0], dimension=7), *STREAMS[1:]))},
         "another than the net reads"),
    ],
)  # fmt: skip
def test_cards_that_contradict_themselves(changes, said):
    with pytest.raises(ValueError, match=said):
        card(**changes)


def test_a_training_figure_that_is_no_number():
    with pytest.raises(UsageError, match="'gap' is nan"):
        to_bytes(card(training={"gap": float("nan")}))


def stream(**changes):
    return dataclasses.replace(STREAMS[0], **changes)


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (stream(dimension=8), "LQ-OTHER-STREAMS"),
        (stream(quantised=False), "LQ-OTHER-STREAMS"),
        (stream(low=-1.0), "LQ-OTHER-STREAMS"),
        (stream(encoder=SOUND), "LQ-OTHER-ENCODER"),
        (stream(encoder=dataclasses.replace(PICTURES, options='{"size":32}')), "LQ-OTHER-ENCODER"),
        (stream(encoder=None), "LQ-OTHER-ENCODER"),
        (stream(projection="0" * 64), "LQ-OTHER-ENCODER"),
        (stream(cut="word"), "LQ-OTHER-ENCODER"),
        (stream(preprocessing=Preprocessing(width_px=9, height_px=9)), "LQ-OTHER-ENCODER"),
        (dataclasses.replace(STREAMS[0], name="smell"), "LQ-OTHER-STREAMS"),
    ],
)
def test_streams_of_others_are_refused(found, code):
    with pytest.raises(UsageError) as refused:
        card().check_streams([found], what="set")
    assert refused.value.code == code
    card().check_streams([STREAMS[0]], what="set")  # the others may be absent


def test_labels_of_another_vocabulary_are_refused():
    known = card()
    own = known.vocabulary().digest
    known.check_vocabulary(own, what="set")
    known.check_vocabulary("", what="set")
    with pytest.raises(UsageError, match="another vocabulary"):
        known.check_vocabulary("f" * 64, what="set")


@pytest.mark.parametrize("spoil", ["schema", "field", "cut", "type"])
def test_damaged_cards(tmp_path, spoil):
    write_files(tmp_path, card(), {"model-0123456789ab.safetensors": b"abc"})
    path = tmp_path / CARD
    text = path.read_text()
    path.write_text(
        {
            "schema": text.replace("loquitur/labeller/1", "loquitur/captioner/1"),
            "field": text.replace('"licence"', '"license"'),
            "cut": text[: len(text) // 2],
            "type": text.replace('"temperature": 1.0', '"temperature": "hot"'),
        }[spoil]
    )
    with pytest.raises(InputError):
        load(tmp_path)


def test_pickles_and_files_of_others_are_refused(tmp_path):
    (tmp_path / "weights.pth").write_bytes(pickle.dumps({}))
    for place in (tmp_path, tmp_path / "weights.pth"):
        with pytest.raises(InputError, match="pickle may run code"):
            find(place)
    linear_model(tmp_path / "m", STREAMS)
    graph = tmp_path / "m" / "labeller.onnx"
    whole = graph.read_bytes()
    graph.write_bytes(whole[:-1])
    with pytest.raises(InputError, match="truncated or changed"):
        load(tmp_path / "m")


def test_a_graph_of_another_net_is_refused(tmp_path):
    linear_model(tmp_path / "one", STREAMS)
    other = linear_model(tmp_path / "two", STREAMS[:2])
    whole = (other / "labeller.onnx").read_bytes()
    write_files(tmp_path / "one", read_card(tmp_path / "one"), {"labeller.onnx": whole})
    with pytest.raises(InputError, match="not that of the model's card"):
        load(tmp_path / "one")
    write_files(tmp_path / "one", read_card(tmp_path / "one"), {"labeller.onnx": b"no graph"})
    with pytest.raises(InputError, match="cannot be loaded"):
        load(tmp_path / "one")


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> LabelModel:
    return load(linear_model(tmp_path_factory.mktemp("model"), STREAMS))


def test_scores_do_not_depend_on_company_or_padding(model):
    examples = random_examples(model.card)
    together = model.judge(examples)
    assert together.labels.shape == (8, 6)
    assert together.labels.dtype == np.float32
    assert ((together.labels > 0) & (together.labels < 1)).all()
    for at in range(len(examples)):
        alone = model.scores(batch_of(examples, range(at, at + 1), model.card))
        np.testing.assert_allclose(alone[0], together.labels[at], atol=2e-6)
    matrix = model.card.vocabulary().vertical_matrix()
    wanted = 1 - np.prod(np.where(matrix[None], 1 - together.labels[:, :, None], 1), axis=1)
    np.testing.assert_allclose(together.genres, wanted, atol=1e-6)


def test_streams_that_are_left_out_count_as_absent(model):
    examples = random_examples(model.card)
    for only in ((), ("rgb",), ("audio", "words")):
        cut = Examples(
            video_ids=examples.video_ids,
            labels=examples.labels,
            label_offsets=examples.label_offsets,
            streams={name: one for name, one in examples.streams.items() if name in only},
        )
        np.testing.assert_array_equal(model.scores(examples, only=only), model.scores(cut))
    nothing = model.scores(examples, only=())
    np.testing.assert_allclose(nothing, 0.5)  # the net has no bias


def test_a_temperature_softens(model):
    warm = dataclasses.replace(model, card=dataclasses.replace(model.card, temperature=2.0))
    examples = random_examples(model.card)
    logits = model.outputs(batch_of(examples, range(8), model.card))["logits"]
    np.testing.assert_allclose(warm.scores(examples), 1 / (1 + np.exp(-logits / 2)), atol=1e-6)


def test_rows_that_are_not_what_the_model_reads(model):
    def of(rows, name="rgb"):
        return Examples(
            video_ids=("a",),
            labels=np.zeros(0, np.int64),
            label_offsets=np.zeros(2, np.int64),
            streams={name: Stream(rows=rows, offsets=np.array([0, len(rows)], np.int64))},
        )

    with pytest.raises(InputError):
        model.scores(of(np.zeros((3, 9), np.uint8)))
    with pytest.raises(InputError):
        model.scores(of(np.zeros((3, 6), np.float32)))
    with pytest.raises(InputError, match="NaN"):
        model.scores(of(np.full((3, 5), np.nan, np.float32), "words"))
    empty = Examples(
        video_ids=(), labels=np.zeros(0, np.int64), label_offsets=np.zeros(1, np.int64), streams={}
    )
    assert model.scores(empty).shape == (0, 6)


class Broken:
    """A net whose training broke down."""

    def run(self, streams, lengths):
        return {"logits": np.full((len(lengths["rgb"]), 6), np.nan, np.float32)}


def test_a_net_that_says_nan_is_told(model):
    with pytest.raises(EngineError, match="NaN"):
        dataclasses.replace(model, scorer=Broken()).scores(random_examples(model.card))


def test_a_comparison_finds_a_difference(model, tmp_path):
    assert compare(model, model) == Agreement(videos=8, answers=128, same=128, difference=0.0)
    other = load(linear_model(tmp_path / "other", STREAMS, seed=1))
    found = compare(model, other)
    assert found.difference > 0.1
    assert not found.holds
    with pytest.raises(UsageError, match="exported already"):
        export(model, tmp_path / "again")
