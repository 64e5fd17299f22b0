"""Every built-in engine against the suite of its kind; a new one is checked without a change here
unless it needs a model, of which `loquitur.testing.stand_ins` then names a tiny one."""

from __future__ import annotations

from functools import cache

import pytest

from loquitur import registry
from loquitur.errors import MissingError
from loquitur.protocols import Resources
from loquitur.settings import resolve
from loquitur.testing import conformance
from loquitur.testing.stand_ins import REMOTE, stand_in_of


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
        if spec.apart:  # other packages of its name may be here (pyannote.metrics)
            pytest.skip("belongs in an environment of its own: `make conformance` runs it there")
        kind = registry.load(spec)
        folder = tmp_path_factory.mktemp(spec.name)
        stand_in = stand_in_of(spec)
        for name in stand_in.needs:
            pytest.importorskip(name)
        build = stand_in.build
        options = kind.Options(**build(folder / "tiny", "")) if build else kind.Options()
        # a model of the machine's own cache, where no tiny one is named: `make test` pulls it
        cache_folder = folder / "models" if build else resolve().settings.models
        resources = Resources(models=cache_folder)
        if (spec.kind, spec.name) in REMOTE:
            return kind, options, resources
        try:
            kind(options, resources)
        except MissingError as exc:
            if spec.pullable:
                pytest.skip(f"needs a model: {exc}")
            raise
        return kind, options, resources

    return make


def _needs_no_server(spec):
    if (spec.kind, spec.name) in REMOTE:
        pytest.skip("needs a server: see tests/engines/test_engines_{llm,openai_compatible}.py")


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
        second_language=stand_in_of(spec).second,
        silent_on_silence=not stand_in_of(spec).invents,
    )


@_each("asr", slow={"pocketsphinx"})
def test_long_sound(spec, made):
    _needs_no_server(spec)
    kind, options, resources = made(spec)
    conformance.check_long_sound(kind(options, resources), language="en")


@_each("alignment", slow={"pocketsphinx"})
def test_aligner(spec, made):
    kind, options, resources = made(spec)
    conformance.check_aligner(kind(options, resources), language="en")


@_each("vad")
def test_voice_detector(spec, made):
    kind, options, resources = made(spec)
    conformance.check_voice_detector(kind(options, resources))


@_each("diarization", slow={"pyannet", "dvector"})
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


@_each("llm")
def test_llm(spec, made):
    _needs_no_server(spec)
    kind, options, resources = made(spec)
    conformance.check_llm(kind(options, resources))


@_each("description")
def test_describer(spec, made):
    _needs_no_server(spec)
    kind, options, resources = made(spec)
    conformance.check_describer(kind(options, resources))


@_each("sentiment")
def test_sentiment_reader(spec, made):
    kind, options, resources = made(spec)
    conformance.check_sentiment_reader(kind(options, resources))


@_each("embedding")
def test_text_encoder(spec, made):
    _needs_no_server(spec)
    kind, options, resources = made(spec)
    conformance.check_text_encoder(kind(options, resources))


@_each("reranking")
def test_reranker(spec, made):
    _needs_no_server(spec)
    kind, options, resources = made(spec)
    conformance.check_reranker(kind(options, resources))


@_each("audio")
def test_audio_encoder(spec, made):
    kind, options, resources = made(spec)
    conformance.check_audio_encoder(kind(options, resources))


@_each("vision")
def test_frame_encoder(spec, made):
    kind, options, resources = made(spec)
    conformance.check_frame_encoder(kind(options, resources))


@_each("zeroshot")
def test_zero_shot(spec, made):
    kind, options, resources = made(spec)
    conformance.check_zero_shot(kind(options, resources))
