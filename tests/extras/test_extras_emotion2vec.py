"""emotion2vec+ on FunASR itself, in an environment of its own, with random weights."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from own_environments import kind_there, place_of, run_there

from loquitur.errors import InputError, MissingError
from loquitur.model.speech import Turn
from loquitur.speech.moods import MOODS
from loquitur.testing import conformance, signals
from loquitur.testing.stages import check_emotion_stage
from loquitur.testing.tiny_emotion2vec import LABELS

pytestmark = [pytest.mark.extras, pytest.mark.timeout(600)]

LIBRARY = """
import contextlib, io, json, sys
from funasr import AutoModel
from loquitur.testing import signals
folder = sys.argv[1]
with contextlib.redirect_stdout(io.StringIO()):
    model = AutoModel(
        model=folder, disable_update=True, disable_pbar=True, device="cpu",
        init_param=f"{folder}/model.pt", scope_map=["d2v_model.", "none"],
        tokenizer_conf={"token_list": f"{folder}/tokens.txt", "unk_symbol": "<unk>"},
    )
    (found,) = model.generate(
        signals.voice(4000, seed=1), granularity="utterance", extract_embedding=False
    )
print(json.dumps([found["labels"], found["scores"]]))
"""


@pytest.fixture(scope="module")
def place():
    return place_of("funasr")


@pytest.fixture(scope="module")
def model(place, tmp_path_factory):
    folder = tmp_path_factory.mktemp("emotion2vec") / "tiny"
    run_there(place, "-m", "loquitur.testing.tiny_emotion2vec", folder)
    return folder


@pytest.fixture(scope="module")
def opened(place, model, tmp_path_factory):
    """(class, options, resources, engine)."""
    cache = tmp_path_factory.mktemp("cache")
    (kind,), resources = kind_there(cache, ("emotion", "emotion2vec", place))
    options = kind.Options(model=str(model))
    engine = kind(options, resources)
    yield kind, options, resources, engine
    engine.close()


def read(engine, sound):
    length_ms = len(sound) // 16
    samples = signals.ArraySamples(sound=sound)
    activity = signals.activity([(0, length_ms)], duration_ms=length_ms)
    return list(engine.read(samples, activity, [Turn(start_ms=0, end_ms=length_ms, speaker="A")]))


def test_it_conforms(opened):
    kind, options, resources, engine = opened
    conformance.check_engine(kind, options, resources)
    conformance.check_emotion_reader(engine)
    check_emotion_stage(engine)


def test_nine_labels_become_moods_and_the_raw_scores_stay(opened):
    (feeling,) = read(opened[3], signals.voice(4000, seed=1))
    assert [label for label, _ in feeling.raw] == list(LABELS)
    assert sum(score for _, score in feeling.raw) == pytest.approx(1.0, abs=1e-5)
    assert {label for label, _ in feeling.scores} <= set(MOODS)
    assert {"angry", "happy", "unknown"} <= {label for label, _ in feeling.scores}


def test_it_hears_what_the_library_hears(opened, place, model):
    labels, scores = json.loads(run_there(place, "-c", LIBRARY, model).strip().splitlines()[-1])
    (feeling,) = read(opened[3], signals.voice(4000, seed=1))
    assert [label for label, _ in feeling.raw] == labels
    assert np.allclose([score for _, score in feeling.raw], scores, atol=1e-5)


def test_a_long_turn_is_heard_in_windows(opened):
    feelings = read(opened[3], signals.voice(35_000, seed=2))
    assert len(feelings) >= 4
    assert all(feeling.end_ms - feeling.start_ms <= 10_000 for feeling in feelings)


def clone(model, tmp_path):
    folder = tmp_path / "clone"
    shutil.copytree(model, folder)
    return folder


def test_a_configuration_that_asks_to_run_code_is_refused(opened, model, tmp_path):
    kind, _, resources, _ = opened
    folder = clone(model, tmp_path)
    content = json.loads((folder / "config.yaml").read_text())
    for spec in ("__import__('os').system('touch x')", "[(9**9**9, 1, 1)]", 7):
        content["model_conf"]["modalities"]["audio"]["feature_encoder_spec"] = spec
        (folder / "config.yaml").write_text(json.dumps(content))
        with pytest.raises(InputError, match="asks to run code") as caught:
            kind(kind.Options(model=str(folder)), resources)
        assert caught.value.code == "LQ-UNSAFE-MODEL"


def test_weights_that_are_missing_or_of_another_shape_are_told(opened, model, tmp_path, place):
    kind, _, resources, _ = opened
    folder = clone(model, tmp_path)
    content = json.loads((folder / "config.yaml").read_text())
    content["model_conf"]["depth"] = 3
    (folder / "config.yaml").write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"blocks\.2\.\S+ is not there"):
        kind(kind.Options(model=str(folder)), resources)
    content["model_conf"] |= {"depth": 2, "mlp_ratio": 3.0}
    (folder / "config.yaml").write_text(json.dumps(content))
    with pytest.raises(InputError, match="has the shape"):
        kind(kind.Options(model=str(folder)), resources)


def test_weights_that_are_a_program_are_refused(opened, model, tmp_path, place):
    kind, _, resources, _ = opened
    folder = clone(model, tmp_path)
    code = "import sys, torch; torch.save({'model': {'x': print}}, sys.argv[1])"
    run_there(place, "-c", code, folder / "model.pt")
    with pytest.raises(InputError):
        kind(kind.Options(model=str(folder)), resources)


def test_another_network_is_told(opened, model, tmp_path):
    kind, _, resources, _ = opened
    folder = clone(model, tmp_path)
    content = json.loads((folder / "config.yaml").read_text())
    (folder / "config.yaml").write_text(json.dumps({**content, "model": "Paraformer"}))
    with pytest.raises(InputError, match="is of a Paraformer"):
        kind(kind.Options(model=str(folder)), resources)


def test_a_device_that_is_not_there_is_told(opened):
    kind, options, resources, _ = opened
    with pytest.raises(MissingError, match="device=cuda"):
        kind(kind.Options(model=options.model, device="cuda"), resources)
