"""Whole runs with the engines on torch: provenance, the store, a run cut short."""

from __future__ import annotations

import json

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = pytest.mark.extras

from loquitur.testing import tiny_transformers as tiny  # noqa: E402


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    return {
        "asr": tiny.tiny_ctc(root / "tiny-ctc"),
        "emotion": tiny.tiny_speechbrain(root / "tiny-moods"),
    }


@pytest.fixture
def wish(models):
    return {
        "asr": f"transformers:{models['asr']}",
        "emotion": f"speechbrain:{models['emotion']}",
        "set": {"transcribe.batch_size": "2", "emotion.shortest_ms": "500"},
    }


def test_a_run_says_which_models_made_it(workshop, wish):
    result = workshop.run(**wish)
    assert result.error is None, result.error
    document = json.loads(dict(result.outputs)["json"].read_text())
    stages = {item["stage"]: item for item in document["provenance"]}
    assert stages["transcribe"]["engine"] == "transformers"
    assert stages["transcribe"]["model"] == "tiny-ctc"
    assert stages["transcribe"]["parameters"]["batch_size"] == 2
    assert "device" not in stages["transcribe"]["parameters"]
    assert stages["emotion"] | {"parameters": {}} == {
        "stage": "emotion",
        "engine": "speechbrain",
        "version": stages["transcribe"]["version"],
        "model": "tiny-moods",
        "parameters": {},
    }
    assert document["utterances"]
    moods = [one["emotion"] for one in document["utterances"] if one["emotion"]]
    assert moods
    assert any(mood["label"] != "unknown" and len(mood["raw"]) == 4 for mood in moods)
    assert any("emotion" in speaker for speaker in document["speakers"])


def test_the_second_run_takes_all_from_the_store(workshop, wish):
    first = workshop.run(**wish)
    second = workshop.run(**wish)
    assert second.error is None
    assert workshop.made(second) == set()
    assert second.transcript == first.transcript


def test_another_option_makes_only_what_depends_on_it(workshop, wish):
    workshop.run(**wish)
    wish["set"] = wish["set"] | {"emotion.shortest_ms": "5000"}
    result = workshop.run(**wish)
    assert "emotion" in workshop.made(result)
    assert "transcribe" not in workshop.made(result)
    wish["set"] = wish["set"] | {"transcribe.device": "cpu"}
    assert workshop.made(workshop.run(**wish)) == set()
