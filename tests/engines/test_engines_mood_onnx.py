from __future__ import annotations

import json

import numpy as np
import pytest

from loquitur.engines.emotion.onnx import OnnxMood, OnnxOptions
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.model.speech import Turn
from loquitur.protocols import Resources
from loquitur.testing import conformance, signals, stages
from loquitur.testing.tiny_moods import tiny_mood_onnx


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


@pytest.fixture
def folder(tmp_path):
    return tiny_mood_onnx(tmp_path / "tiny")


def read(folder, resources, **more):
    """The one feeling of five seconds of a made voice."""
    engine = OnnxMood(OnnxOptions(model=str(folder), **more), resources)
    samples = signals.ArraySamples(sound=signals.voice(5000))
    spoken = signals.activity([(0, 5000)], duration_ms=5000)
    (feeling,) = engine.read(samples, spoken, [Turn(start_ms=0, end_ms=5000, speaker="A")])
    return feeling


@pytest.mark.parametrize("masked", [False, True])
def test_conformance(tmp_path, resources, masked):
    options = OnnxOptions(model=str(tiny_mood_onnx(tmp_path / "m", masked=masked)))
    conformance.check_engine(OnnxMood, options, resources)
    engine = OnnxMood(options, resources)
    conformance.check_emotion_reader(engine)
    stages.check_emotion_stage(engine)


def test_scores_are_the_softmax_of_the_graph(folder, resources):
    import onnxruntime

    feeling = read(folder, resources)
    session = onnxruntime.InferenceSession(
        str(folder / "model.onnx"), providers=["CPUExecutionProvider"]
    )
    sound = signals.voice(5000)
    sound = (sound - sound.mean()) / np.sqrt(sound.var() + 1e-7)
    (logits,) = session.run(["logits"], {"input_values": sound[None]})
    odds = np.exp(logits[0] - logits[0].max())
    assert [score for _, score in feeling.raw] == pytest.approx(odds / odds.sum(), abs=1e-6)
    assert [label for label, _ in feeling.raw] == ["neu", "hap", "ang", "sad"]
    assert feeling.source == "onnx tiny"


def test_normalisation_is_what_the_folder_says(folder, resources):
    usual = read(folder, resources)
    assert read(folder, resources, normalize="yes") == usual
    assert read(folder, resources, normalize="no").raw != usual.raw
    (folder / "preprocessor_config.json").write_text('{"do_normalize": false}')
    assert read(folder, resources).raw == read(folder, resources, normalize="no").raw
    (folder / "preprocessor_config.json").unlink()
    assert read(folder, resources) == usual


def test_labels_from_any_of_the_files(folder, resources):
    (folder / "config.json").unlink()
    (folder / "label_encoder.txt").write_text(
        "'ang' => 1\n'neu' => 0\n'hap' => 2\n'sad' => 3\n==\n"
    )
    assert [label for label, _ in read(folder, resources).raw] == ["neu", "ang", "hap", "sad"]
    (folder / "labels.txt").write_text("happy\nsad\nangry\nneutral\n")
    assert next(label for label, _ in read(folder, resources).raw) == "happy"
    feeling = read(folder, resources, labels="calm, happy,sad,angry")
    assert [label for label, _ in feeling.raw] == ["calm", "happy", "sad", "angry"]


def test_dimensions_are_not_forced_into_a_distribution(tmp_path, resources):
    folder = tiny_mood_onnx(tmp_path / "dim", labels=("arousal", "dominance", "valence"))
    feeling = read(folder, resources)
    raw = dict(feeling.raw)
    assert feeling.arousal == min(1.0, max(0.0, raw["arousal"]))
    assert feeling.valence == min(1.0, max(0.0, raw["valence"]))


def test_without_a_folder(resources):
    with pytest.raises(MissingError, match="no model of its own") as caught:
        OnnxMood.identity(OnnxOptions(), resources)
    assert "--emotion onnx:FOLDER" in caught.value.hint
    with pytest.raises(UsageError, match="no folder"):
        OnnxMood.identity(OnnxOptions(model="nowhere/at/all"), resources)


def test_folders_that_are_no_model(folder, resources):
    cases = {
        "config.json": "no json",
        "labels.txt": "a\nb\nc\nd\n",
        "model.onnx": "no graph",
    }
    (folder / "config.json").write_text(cases["config.json"])
    with pytest.raises(InputError, match=r"config\.json does not name labels"):
        OnnxMood(OnnxOptions(model=str(folder)), resources)
    (folder / "config.json").unlink()
    with pytest.raises(InputError, match="does not say what its outputs are"):
        OnnxMood(OnnxOptions(model=str(folder)), resources)
    (folder / "labels.txt").write_text("yes\nno\nup\ndown\n")
    with pytest.raises(InputError, match="tells no moods apart"):
        OnnxMood(OnnxOptions(model=str(folder)), resources)
    (folder / "labels.txt").write_text("happy\nsad\n")
    with pytest.raises(InputError, match="gives 4 scores, but 2 labels"):
        OnnxMood(OnnxOptions(model=str(folder)), resources)
    (folder / "labels.txt").write_text("happy\nsad\nangry\nneutral\n")
    (folder / "model.onnx").write_bytes(b"no graph")
    with pytest.raises(InputError, match="cannot be loaded"):
        OnnxMood(OnnxOptions(model=str(folder)), resources)
    (folder / "model.onnx").unlink()
    with pytest.raises(InputError, match=r"has no model\.onnx"):
        OnnxMood.identity(OnnxOptions(model=str(folder)), resources)


def test_a_graph_that_does_not_hear_a_wave(tmp_path, resources):
    from loquitur.testing.tiny import tiny_parakeet

    folder = tiny_parakeet(tmp_path / "asr")
    (folder / "encoder-model.onnx").rename(folder / "model.onnx")
    (folder / "labels.txt").write_text("happy\nsad\n")
    with pytest.raises(InputError, match="does not hear a wave"):
        OnnxMood(OnnxOptions(model=str(folder)), resources)


def test_the_digest_counts_graph_and_labels(folder, resources):
    options = OnnxOptions(model=str(folder))
    before = OnnxMood.identity(options, resources)
    (folder / "README.md").write_text("not counted")
    assert OnnxMood.identity(options, resources) == before
    config = json.loads((folder / "config.json").read_text())
    config["id2label"]["0"] = "calm"
    (folder / "config.json").write_text(json.dumps(config))
    assert OnnxMood.identity(options, resources).model_digest != before.model_digest


def test_cuda_that_is_not_there(folder, resources):
    import onnxruntime

    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this onnxruntime has CUDA")
    with pytest.raises(MissingError, match="no CUDA"):
        OnnxMood(OnnxOptions(model=str(folder), device="cuda"), resources)
