"""What the profiles take: by language, by graphics card, by what is installed and present."""

from __future__ import annotations

import dataclasses
import json

import pytest

from loquitur import models, registry
from loquitur.errors import MissingError, UsageError
from loquitur.pipeline import election
from loquitur.pipeline.preferences import PREFERENCES
from loquitur.pipeline.recipes import Wish, recipe
from loquitur.protocols import Resources
from loquitur.testing.tiny import tiny_parakeet
from loquitur.testing.tiny_onnx_asr import tiny_canary

V3, V2 = "parakeet-tdt-0.6b-v3", "parakeet-tdt-0.6b-v2"
GRANITE = "transformers:ibm-granite/granite-speech-4.1-2b"


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


@pytest.fixture
def everything(monkeypatch):
    """As if the packages of every engine were installed."""
    monkeypatch.setattr("loquitur.pipeline.election.registry.missing", lambda spec: ())


def with_parakeet(resources, *names):
    for name in names:
        tiny_parakeet(resources.models / "onnx-asr" / f"{name}-int8")


def taken(resources, **wish):
    found = recipe(Wish(diarizer="none", emotion="none", **wish), resources)
    return found.step("transcribe").engine.model


def first(kind, resources, language="auto"):
    return election.recommended(kind, language, resources)


def test_every_candidate_is_a_known_model_of_a_known_engine():
    for kind, candidates in PREFERENCES.items():
        for candidate in candidates:
            name, _, model = candidate.wanted.partition(":")
            spec = registry.find(kind, name)
            assert not model or model in {item.name for item in spec.models}, candidate.wanted
            assert candidate.why


@pytest.mark.parametrize("profile", ["auto", "best"])
def test_by_language_the_more_accurate_english_or_the_one_that_knows_many(resources, profile):
    with_parakeet(resources, V2, V3)
    assert taken(resources, profile=profile) == f"{V3}-int8", "nobody said that it is English"
    assert taken(resources, profile=profile, language="en-GB") == f"{V2}-int8"
    assert taken(resources, profile=profile, language="de") == f"{V3}-int8"
    given = {"transcribe.language": "en"}
    assert taken(resources, profile=profile, parameters=given) == f"{V2}-int8"


def test_why_is_said_and_what_was_passed_over(resources):
    with_parakeet(resources, V3)
    found = recipe(Wish(language="de", diarizer="none"), resources)
    (asr,) = [choice for choice in found.choices if choice.kind == "asr"]
    assert asr.wanted == f"onnx-asr:{V3}"
    assert "6.3 %" in found.why("asr")
    passed = dict(asr.passed_over)
    assert passed[f"onnx-asr:{V2}"] == "it does not know 'de'"
    assert passed[GRANITE] == "too slow without a GPU"
    assert recipe(Wish(asr="pocketsphinx", diarizer="none"), resources).why("asr") == ""


def test_without_a_card_none_is_taken_that_needs_one(resources, everything):
    assert first("asr", resources) == f"onnx-asr:{V3}"
    assert first("asr", resources, "en") == f"onnx-asr:{V2}"
    assert first("asr", resources, "ja") == "faster-whisper:large-v3-turbo"
    assert first("asr", resources, "ru") == "onnx-asr:gigaam-v3-rnnt"
    assert first("diarization", resources) == "pyannet"


def test_with_a_card_the_most_accurate_is(resources, everything):
    card = dataclasses.replace(resources, gpu=True)
    assert first("asr", card, "en") == GRANITE, "its words can be aligned in English"
    assert first("asr", card, "fr") == f"nemo:{V3}", "words without times cannot be in French"
    assert first("asr", card, "ja") == "faster-whisper:large-v3"
    assert first("diarization", card) == "pyannote:speaker-diarization-community-1"


def test_moods_learnt_from_english_are_not_read_into_other_languages(resources, everything):
    assert first("emotion", resources, "de") == "prosody"
    assert first("emotion", resources, "en").startswith("speechbrain:")


def test_what_is_not_installed_is_passed_over_with_what_to_type(resources, monkeypatch):
    monkeypatch.setattr("loquitur.pipeline.election.registry.missing", lambda spec: spec.needs)
    reasons = {item.wanted: why for item, why in election.standing("asr", "ja", resources)}
    why = reasons["faster-whisper:large-v3-turbo"]
    assert why == 'not installed (pip install "loquitur[faster-whisper]")'


def test_damaged_files_are_passed_over_not_stumbled_on(resources):
    with_parakeet(resources, V2, V3)
    folder = resources.models / "onnx-asr" / f"{V2}-int8"
    (folder / "vocab.txt").unlink()
    found = recipe(Wish(language="en", diarizer="none"), resources)
    assert found.step("transcribe").engine.model == f"{V3}-int8"
    assert dict(found.choices[0].passed_over)[f"onnx-asr:{V2}"] == "its model is not here"


def test_an_option_that_fits_none_of_those_here_is_refused(resources):
    with_parakeet(resources, V3)
    with pytest.raises(UsageError, match="transcribe has no option 'precison'"):
        taken(resources, parameters={"transcribe.precison": "int8"})


def test_best_does_not_fall_back_to_draft_quality(resources):
    with pytest.raises(MissingError, match="of the profile best") as caught:
        taken(resources, profile="best")
    assert caught.value.hint == f"loquitur models pull onnx-asr:{V3}"
    with_parakeet(resources, V3)
    found = recipe(Wish(profile="best", diarizer="none"), resources)
    assert found.notices == (
        f"no GPU is seen here: onnx-asr:{V3} is the best that keeps up without one",
    )
    card = dataclasses.replace(resources, gpu=True)
    assert recipe(Wish(profile="best", diarizer="none"), card).notices == ()


def test_a_yes_to_a_fetch_is_none_to_a_licence(resources, monkeypatch):
    """A model that may not be used commercially is not even asked about."""
    from loquitur.known_models import ModelSpec

    spec = registry.find("asr", "onnx-asr")
    unfree = ModelSpec(name=V3, size_mb=670, licence="CC-BY-NC-4.0", languages="25 European")
    changed = dataclasses.replace(spec, models=(unfree,))
    real = registry.find
    monkeypatch.setattr(
        "loquitur.pipeline.choosing.registry.find",
        lambda kind, name, *rest: changed if name == "onnx-asr" else real(kind, name, *rest),
    )
    asked = []
    online = dataclasses.replace(resources, offline=False)
    recipe(Wish(diarizer="none"), online, permit=lambda text: bool(asked.append(text)))
    assert asked == []


def test_the_fall_back_is_one_notice(resources):
    found = recipe(Wish(diarizer="none"), resources)
    (notice,) = found.notices
    assert "the profile auto falls back to the embedded" in notice
    assert f"loquitur models pull onnx-asr:{V3}" in notice


# --- a language that must be told ---


def test_a_model_that_cannot_find_out_the_language_is_told_before_anything_is_decoded(
    resources, tmp_path
):
    folder = tiny_canary(tmp_path / "canary")
    wish = Wish(asr=f"onnx-asr:{folder}", diarizer="none", emotion="none")
    for language in ("auto", "", "und"):
        with pytest.raises(UsageError, match="cannot find out the language") as caught:
            recipe(dataclasses.replace(wish, language=language), resources)
        assert "--language CODE" in caught.value.hint
    recipe(dataclasses.replace(wish, language="de"), resources)
    options = registry.load(registry.find("asr", "onnx-asr")).Options
    told = registry.load(registry.find("asr", "onnx-asr")).must_be_told
    assert told(options(model="canary-1b-v2"))
    assert told(options(model="owner/some-canary"))
    assert not told(options(model="whisper-base"))


# --- what `doctor` shows ---


def test_each_profile_says_what_it_takes_here_and_why(resources):
    with_parakeet(resources, V3)
    found = {(one.profile, one.kind): one for one in models.profile_states(resources)}
    assert found["auto", "asr"].wanted == f"onnx-asr:{V3}"
    assert "6.3 %" in found["auto", "asr"].why
    assert found["offline", "emotion"].wanted == "prosody"
    assert found["best", "asr"].wanted == f"onnx-asr:{V3}"
    assert {kind for _, kind in found} == {"asr", "diarization", "emotion"}
    english = {(one.profile, one.kind): one for one in models.profile_states(
        resources, language="en")}  # fmt: skip
    assert english["auto", "asr"].better == f"loquitur models pull onnx-asr:{V2}"


def test_a_profile_is_pulled_for_a_language(resources):
    def wanted(profile, language=""):
        return [f"{spec.name}:{model}" for spec, model in models._wanted(
            profile, resources, language)]  # fmt: skip

    assert wanted("best")[0] == f"onnx-asr:{V3}"
    assert wanted("best", "en")[0] == f"onnx-asr:{V2}"
    assert wanted("light")[0] == f"onnx-asr:{V3}"
    assert json.dumps(wanted("light")).count("sherpa-onnx") == 1


def test_an_engine_in_an_environment_of_its_own_is_a_candidate_like_any(resources):
    import sys

    with_parakeet(resources, V3)
    there = dataclasses.replace(resources, environments=(("asr.onnx-asr", sys.executable),))
    assert taken(there) == f"{V3}-int8"
    broken = dataclasses.replace(resources, environments=(("asr.onnx-asr", "/no/such/place"),))
    found = recipe(Wish(diarizer="none"), broken)
    assert found.step("transcribe").engine.name in ("moonshine", "pocketsphinx")
    assert "/no/such/place" in dict(found.choices[0].passed_over)[f"onnx-asr:{V3}"]
