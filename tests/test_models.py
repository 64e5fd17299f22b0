from __future__ import annotations

import pytest

from loquitur import models
from loquitur.errors import MissingError, UsageError
from loquitur.pipeline.engines import choose
from loquitur.protocols import Resources
from loquitur.registry import BUILTIN
from loquitur.testing.tiny import tiny_parakeet

PYANNET = "pyannet:pyannote-3.0+campplus"
V3 = "parakeet-tdt-0.6b-v3"


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


def state_of(resources, name):
    return next(state for state in models.engine_states(resources) if state.spec.name == name)


def test_every_engine_has_a_state(resources):
    states = models.engine_states(resources)
    assert [state.spec for state in states] == list(BUILTIN)
    assert all(state.problem == "" for state in states)
    ready = {state.spec.name for state in states if state.ready and not state.spec.extra}
    own = {
        "silero",
        "pocketsphinx",
        "voiced",
        "openai-compatible",
        "prosody",
        "embedded",
        "hashing",
        "descriptor",
        "things",
        "measured",
        "logmel",
    }
    assert ready == own


def test_an_absent_model_says_what_brings_it(resources):
    for model in (model for state in models.engine_states(resources) for model in state.models):
        assert not model.present
        assert model.command == f"loquitur models pull {model.name}"
        assert model.size_mb > 0
        assert model.licence


def test_a_model_in_the_cache_makes_its_engine_ready(resources):
    tiny_parakeet(resources.models / "onnx-asr" / f"{V3}-int8")
    state = state_of(resources, "onnx-asr")
    assert state.ready
    assert [model.model for model in state.models if model.present] == [V3]
    assert "parakeet-tdt-0.6b-v2" in {model.model for model in state.models}
    assert next(model for model in state.models if model.present).command == ""


def test_a_broken_plug_in_is_shown_as_broken(resources, parrot):
    assert state_of(resources, "parrot").ready
    broken = state_of(resources, "broken")
    assert not broken.ready
    assert "parrot_nowhere" in broken.problem
    assert "parrot-engines" in broken.problem


def test_a_missing_package_is_shown_with_its_command(resources, monkeypatch):
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(
        "loquitur.registry.importlib.util.find_spec",
        lambda name, *rest: None if name == "onnx_asr" else real(name, *rest),
    )
    state = state_of(resources, "onnx-asr")
    assert (state.missing, state.ready) == (("onnx_asr",), False)
    assert state.command == "pip install loquitur"
    with pytest.raises(MissingError) as caught:
        models.pull("onnx-asr", resources, str)
    assert caught.value.hint == "pip install loquitur"


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("dvector", ["dvector:ge2e"]),
        ("ge2e", ["dvector:ge2e"]),
        ("pyannet", [PYANNET]),
        ("campplus", ["campplus:campplus-zh-en"]),
        ("onnx-asr", [f"onnx-asr:{V3}"]),
        (f"onnx-asr:{V3}", [f"onnx-asr:{V3}"]),
        ("parakeet-tdt-0.6b-v2", ["onnx-asr:parakeet-tdt-0.6b-v2"]),
        ("offline", ["moonshine:tiny-en", PYANNET]),
        ("auto", [f"onnx-asr:{V3}", PYANNET]),
        ("best", [f"onnx-asr:{V3}", PYANNET]),
    ],
)
def test_names_profiles_and_engines_stand_for_models(resources, wanted, names):
    if len(names) == 1:
        with pytest.raises(MissingError) as caught:
            models.verify(wanted, resources)
        command, name = caught.value.hint.rsplit(" ", 1)
        assert command == "loquitur models pull"
        assert name in (names[0], "dvector", "pyannet")  # these have but one model
    else:
        found = models.verify(wanted, resources)
        assert [one.name for one in found] == names
        assert all("not in the model cache" in one.problem and one.is_absent for one in found)


@pytest.mark.parametrize(("wanted", "near"), [("dvektor", "dvector"), ("parakeet", "parakeet")])
def test_unknown_models_are_refused_with_near_names(resources, wanted, near):
    for call in (
        lambda: models.pull(wanted, resources, str),
        lambda: models.locate(wanted, resources),
        lambda: models.verify(wanted, resources),
    ):
        with pytest.raises(UsageError) as caught:
            call()
        assert near in caught.value.hint


def test_models_lie_in_the_cache(resources):
    for wanted in ("dvector", "onnx-asr", "onnx-asr:parakeet-tdt-0.6b-v2"):
        assert resources.models in models.locate(wanted, resources).parents
    assert models.locate("onnx-asr", resources).name == f"{V3}-int8"


def test_verify_loads_the_model(resources):
    with pytest.raises(MissingError, match="not in the model cache"):
        models.verify("onnx-asr", resources)
    folder = tiny_parakeet(resources.models / "onnx-asr" / f"{V3}-int8")
    assert models.verify("onnx-asr", resources) == (models.Verdict(name=f"onnx-asr:{V3}"),)
    (folder / "encoder-model.int8.onnx").write_bytes(b"not a graph")
    (found,) = models.verify("onnx-asr", resources)
    assert found.problem
    assert not found.is_absent


@pytest.mark.parametrize("wanted", ["pocketsphinx", "silero", "prosody"])
def test_an_engine_with_its_model_inside_has_nothing_to_fetch(resources, wanted):
    said: list[str] = []
    models.pull(wanted, resources, said.append)
    assert said == [
        f"{wanted}: all it needs comes with its package; there is nothing to fetch",
    ]
    assert models.verify(wanted, resources) == (models.Verdict(name=wanted),)
    with pytest.raises(UsageError, match="no folder in the model cache"):
        models.locate(wanted, resources)


def test_an_absent_model_of_several_says_what_brings_it(resources):
    for one in models.verify("light", resources):
        assert "loquitur models pull" in one.problem or "pip install" in one.problem
        assert one.is_absent


def test_nothing_is_pulled_offline(resources):
    with pytest.raises(MissingError):
        models.pull("onnx-asr", resources, str)
    assert not resources.models.exists() or not any(resources.models.rglob("*.onnx"))


def test_what_can_be_pulled_with_a_precision_can_be_verified_and_used(resources):
    wanted = f"onnx-asr:{V3}-fp32"
    tiny_parakeet(models.locate(wanted, resources))
    assert models.verify(wanted, resources) == (models.Verdict(name=wanted),)
    assert choose("asr", wanted, {}, resources).model == f"{V3}-fp32"


def test_namesakes_of_two_kinds_are_told_apart_by_the_model_or_the_kind(resources):
    def kind_of(name):
        ((spec, model),) = models._wanted(name, resources)
        return spec.kind, model

    superb = "superb/hubert-large-superb-er"
    assert kind_of("transformers:openai/whisper-tiny") == ("asr", "openai/whisper-tiny")
    assert kind_of(f"transformers:{superb}") == ("emotion", superb)
    assert kind_of(superb) == ("emotion", superb)
    assert kind_of("emotion.transformers:some/body") == ("emotion", "some/body")
    assert kind_of("transformers:some/body") == ("asr", "some/body")


def test_an_engine_that_takes_a_model_of_the_users_is_not_ready_by_itself(resources):
    state = next(state for state in models.engine_states(resources) if state.spec.own_model)
    assert (state.spec.name, state.ready) == ("onnx", False)
