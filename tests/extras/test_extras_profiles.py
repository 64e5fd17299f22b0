"""What `auto` takes where real libraries and (tiny) models of theirs are here."""

from __future__ import annotations

import pytest

for name in ("torch", "transformers", "faster_whisper", "sherpa_onnx"):
    pytest.importorskip(name)
pytestmark = pytest.mark.extras

from loquitur.engines.diarization.sherpa_onnx import SherpaDiarizer  # noqa: E402
from loquitur.pipeline.recipes import Wish, recipe  # noqa: E402
from loquitur.protocols import Resources  # noqa: E402
from loquitur.testing.tiny import tiny_parakeet  # noqa: E402
from loquitur.testing.tiny_transformers import tiny_speechbrain  # noqa: E402
from loquitur.testing.tiny_whisper import tiny_faster_whisper  # noqa: E402

MOODS = "speechbrain--emotion-recognition-wav2vec2-IEMOCAP"


@pytest.fixture(scope="module")
def resources(tmp_path_factory):
    """A cache with Whisper, Parakeet v3 and SpeechBrain's moods."""
    models = tmp_path_factory.mktemp("models")
    tiny_faster_whisper(models / "faster-whisper" / "large-v3-turbo", languages=True)
    tiny_parakeet(models / "onnx-asr" / "parakeet-tdt-0.6b-v3-int8")
    tiny_speechbrain(models / "transformers" / MOODS)
    return Resources(models=models)


def taken(resources, **wish):
    found = recipe(Wish(diarizer="none", **wish), resources)
    return {step.stage: step.engine.name for step in found.steps if step.engine}


@pytest.mark.parametrize(
    ("language", "asr", "emotion"),
    [
        ("auto", "onnx-asr", "speechbrain"),
        ("en", "onnx-asr", "speechbrain"),
        ("de", "onnx-asr", "prosody"),
        ("ja", "faster-whisper", "prosody"),
    ],
)
def test_engines_by_language(resources, language, asr, emotion):
    for profile in ("auto", "best"):
        found = taken(resources, profile=profile, language=language)
        assert (found["transcribe"], found["emotion"]) == (asr, emotion)


def test_speakers_by_the_better_diarizer_that_is_here(resources, monkeypatch):
    from loquitur.protocols import Identity

    monkeypatch.setattr(
        SherpaDiarizer, "identity", classmethod(lambda *_: Identity(version="2", model="tiny"))
    )
    found = recipe(Wish(asr="pocketsphinx", emotion="none"), resources)
    assert found.step("diarize").engine.name == "sherpa-onnx"
    assert "overlaps kept" in found.why("diarization")
