"""Every built-in engine against the suite of its kind; a new one is checked without a change here
unless it needs a model, of which it then names a tiny one in `MODELS`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from loquitur import registry
from loquitur.errors import MissingError
from loquitur.protocols import Resources
from loquitur.settings import resolve
from loquitur.testing import conformance, tiny_transformers
from loquitur.testing.tiny import tiny_parakeet
from loquitur.testing.tiny_moods import tiny_mood_onnx
from loquitur.testing.tiny_moonshine import tiny_moonshine
from loquitur.testing.tinyctc import tiny_nemo_ctc


def _parakeet(folder):
    return {"model": str(tiny_parakeet(folder))}


def _ctc(folder):
    return {"model": str(tiny_nemo_ctc(folder))}


def _whisper(folder):
    for name in ("torch", "transformers"):
        pytest.importorskip(name)
    from loquitur.testing.tiny_whisper import tiny_faster_whisper

    tiny_faster_whisper(folder, languages=True)
    # a model of random weights is never sure: its words would all be thrown away
    unsure = {"log_prob_threshold": None, "hallucination_silence_s": None}
    return {"model": str(folder), "beam_size": 1, "max_new_tokens": 20} | unsure


def _sherpa(folder):
    from loquitur.testing.tiny_sherpa import tiny_sherpa_parakeet

    return {"model": str(tiny_sherpa_parakeet(folder))}


def _diarizer(folder):
    from loquitur.testing.tiny_sherpa import tiny_sherpa_diarization

    return {"model": str(tiny_sherpa_diarization(folder))}


def _transformers(folder):
    # a random model does not stop by itself
    return {"model": str(tiny_transformers.tiny_whisper(folder)), "max_new_tokens": 16}


def _folder(build):
    return lambda folder: {"model": str(build(folder))}


# an engine that needs a model: what makes a tiny one in a folder, and gives the options naming it
MODELS = {
    ("alignment", "ctc"): _ctc,
    ("asr", "moonshine"): _folder(tiny_moonshine),
    ("asr", "onnx-asr"): _parakeet,
    ("asr", "faster-whisper"): _whisper,
    ("asr", "sherpa-onnx"): _sherpa,
    ("asr", "transformers"): _transformers,
    ("diarization", "sherpa-onnx"): _diarizer,
    ("emotion", "onnx"): _folder(tiny_mood_onnx),
    ("emotion", "speechbrain"): _folder(tiny_transformers.tiny_speechbrain),
    ("emotion", "transformers"): _folder(tiny_transformers.tiny_classifier),
}
TWO_LANGUAGES = {("asr", "onnx-asr"), ("asr", "faster-whisper"), ("asr", "sherpa-onnx")}
INVENTS_ON_SILENCE = {("asr", "faster-whisper"), ("asr", "transformers")}
REMOTE = {"openai-compatible"}


def _marks(spec, slow):
    marks = [pytest.mark.extras] if spec.extra else []
    return [*marks, pytest.mark.slow] if spec.name in slow else marks


def _each(kind, slow=()):
    """Those of an extra are run where the extras are, those of `slow` with the long suites."""
    return pytest.mark.parametrize(
        "spec",
        [
            pytest.param(
                spec,
                id=f"{spec.kind}-{spec.name}",
                marks=_marks(spec, slow),
            )
            for spec in registry.specs(kind)
        ],
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """`made(spec)` -> (class, options, resources); the skip reason where a model is absent."""

    @cache
    def make(spec):
        if registry.missing(spec):
            pytest.skip(f"not installed: {', '.join(registry.missing(spec))}")
        kind = registry.load(spec)
        folder: Path = tmp_path_factory.mktemp(spec.name)
        build = MODELS.get((spec.kind, spec.name))
        options = kind.Options(**build(folder / "tiny")) if build else kind.Options()
        # a model of the machine's own cache, where no tiny one is named: `make test` pulls it
        cache_folder = folder / "models" if build else resolve().settings.models
        resources = Resources(models=cache_folder)
        try:
            kind(options, resources)
        except MissingError as exc:
            if spec.pullable:
                pytest.skip(f"needs a model: {exc}")
            raise
        return kind, options, resources

    return make


def _needs_no_server(spec):
    if spec.name in REMOTE:
        pytest.skip("needs a server: see tests/engines/test_engines_openai_compatible.py")


def test_every_kind_has_a_suite():
    assert {spec.kind for spec in registry.BUILTIN} <= set(registry.KINDS)


@_each(None)
def test_engine(spec, made):
    kind, options, resources = made(spec)
    conformance.check_engine(kind, options, resources)
    identity = kind.identity(options, resources)
    assert identity.model_digest or not spec.models, "a key says which model it was"
    assert str(resources.models) not in identity.model, "a model's name is no place"


@_each("asr", slow={"pocketsphinx"})
def test_transcriber(spec, made):
    _needs_no_server(spec)
    kind, options, resources = made(spec)
    conformance.check_transcriber(
        kind(options, resources),
        language="en",
        second_language="de" if (spec.kind, spec.name) in TWO_LANGUAGES else "",
        silent_on_silence=(spec.kind, spec.name) not in INVENTS_ON_SILENCE,
    )


@_each("asr", slow={"pocketsphinx"})
def test_long_sound(spec, made):
    _needs_no_server(spec)
    kind, options, resources = made(spec)
    conformance.check_long_sound(kind(options, resources), language="en")


@_each("alignment")
def test_aligner(spec, made):
    kind, options, resources = made(spec)
    conformance.check_aligner(kind(options, resources), language="en")


@_each("vad")
def test_voice_detector(spec, made):
    kind, options, resources = made(spec)
    conformance.check_voice_detector(kind(options, resources))


@_each("diarization")
def test_diarizer(spec, made):
    kind, options, resources = made(spec)
    conformance.check_diarizer(kind(options, resources))


@_each("emotion")
def test_emotion_reader(spec, made):
    kind, options, resources = made(spec)
    conformance.check_emotion_reader(kind(options, resources))


@_each("voice")
def test_voice_encoder(spec, made):
    kind, options, resources = made(spec)
    conformance.check_voice_encoder(kind(options, resources))
