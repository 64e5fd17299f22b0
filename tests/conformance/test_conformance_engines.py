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
from loquitur.testing import conformance
from loquitur.testing.tiny import tiny_parakeet

MODELS = {("asr", "onnx-asr"): tiny_parakeet}
INVENTS_ON_SILENCE: set[tuple[str, str]] = set()


def _each(kind):
    return pytest.mark.parametrize(
        "spec", registry.specs(kind), ids=lambda spec: f"{spec.kind}-{spec.name}"
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """`made(spec)` -> (class, options, resources); the skip reason where a model is absent."""

    @cache
    def make(spec):
        absent = registry.missing(spec)
        if absent and spec.extra:
            pytest.skip(f"needs the extra {spec.extra}: see tests/extras")
        kind = registry.load(spec)
        folder: Path = tmp_path_factory.mktemp(spec.name)
        build = MODELS.get((spec.kind, spec.name))
        options = kind.Options(model=str(build(folder / "tiny"))) if build else kind.Options()
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


def test_every_kind_has_a_suite():
    assert {spec.kind for spec in registry.BUILTIN} <= {"asr", "vad", "diarization", "emotion"}


@_each(None)
def test_engine(spec, made):
    conformance.check_engine(*made(spec))


@_each("asr")
def test_transcriber(spec, made):
    kind, options, resources = made(spec)
    conformance.check_transcriber(
        kind(options, resources),
        language="en",
        silent_on_silence=(spec.kind, spec.name) not in INVENTS_ON_SILENCE,
    )


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
