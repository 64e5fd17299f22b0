"""NeMo itself, in an environment of its own, on models of random weights that it wrote."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
import tarfile

import numpy as np
import pytest
from own_environments import kind_there, place_of, run_there

from loquitur import registry
from loquitur.api import run
from loquitur.errors import InputError, MissingError
from loquitur.protocols import Resources
from loquitur.testing import conformance, signals

pytestmark = [pytest.mark.extras, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def place():
    return place_of("nemo")


@pytest.fixture(scope="module")
def models(place, tmp_path_factory):
    """`tiny.nemo`, its export `onnx`, and `salm`."""
    root = tmp_path_factory.mktemp("nemo-models")
    run_there(place, "-m", "loquitur.testing.tiny_nemo", root)
    return root


@pytest.fixture(scope="module")
def opened(place, models, tmp_path_factory):
    """`opened(name)` -> (class, options, resources, engine), loaded once."""
    (kind,), resources = kind_there(tmp_path_factory.mktemp("cache"), ("asr", "nemo", place))
    engines = {}

    def make(name):
        options = kind.Options(model=str(models / name), max_new_tokens=12)
        if name not in engines:
            engines[name] = kind(options, resources)
        return kind, options, resources, engines[name]

    yield make
    for engine in engines.values():
        engine.close()


@pytest.mark.parametrize("name", ["tiny.nemo", "salm"])
def test_both_kinds_of_models_conform(opened, name):
    kind, options, resources, engine = opened(name)
    conformance.check_engine(kind, options, resources)
    conformance.check_transcriber(engine, language="en", silent_on_silence=False)
    conformance.check_long_sound(engine, language="en")  # on which the toolkit fails with times


def test_parakeet_has_times_and_confidence(opened):
    kind, options, _, engine = opened("tiny.nemo")
    assert kind.times(options) == "words"
    words = list(engine.transcribe(signals.voice(4000, seed=1), language="en"))
    assert len(words) > 1
    starts = [word.start_ms for word in words]
    assert starts == sorted(starts)
    assert all(0 <= word.start_ms < word.end_ms <= 4100 for word in words)
    assert all(0.0 < word.confidence <= 1.0 for word in words)


def test_canary_qwen_has_none(opened):
    kind, options, _, engine = opened("salm")
    assert kind.times(options) == "none"
    words = list(engine.transcribe(signals.voice(3000, seed=1), language="en"))
    assert words
    assert {(word.start_ms, word.end_ms, word.confidence) for word in words} == {(None, None, None)}


def test_languages_are_those_of_the_model(opened):
    kind, _, _, engine = opened("tiny.nemo")
    assert kind.languages_of(kind.Options(model="canary-qwen-2.5b")) == ("en",)
    assert "de" in kind.languages_of(kind.Options())
    assert "de" in engine.languages


def sounds():
    yield signals.voice(4000, seed=1)
    yield signals.voice(3000, f0_hz=210.0, seed=2)
    yield signals.voice(9000, f0_hz=150.0, seed=3)
    yield signals.noise(2500)


def test_its_export_says_the_same_in_the_onnx_engine(opened, models, tmp_path):
    _, _, _, engine = opened("tiny.nemo")
    other = registry.load(registry.find("asr", "onnx-asr"))
    given = {"model": str(models / "onnx"), "precision": "fp32"}
    options = registry.options_of(other.Options, given, owner="onnx-asr")
    exported = other(options, Resources(models=tmp_path))
    heard = 0
    for sound in sounds():
        words = list(engine.transcribe(sound, language="en"))
        same = list(exported.transcribe(sound, language="en"))
        assert [word.text for word in words] == [word.text for word in same]
        heard += len(words)
        timed = [(a, b) for a, b in zip(words, same, strict=True) if a.start_ms is not None]
        late = [abs(a.start_ms - b.start_ms) for a, b in timed]
        assert not late or np.median(late) <= 80, "one frame at most"
    assert heard > 5


def test_a_configuration_that_asks_to_run_code_is_refused(opened, models, tmp_path):
    kind, _, resources, _ = opened("salm")
    clone = tmp_path / "clone"
    shutil.copytree(models / "salm", clone)
    content = json.loads((clone / "config.json").read_text())
    (clone / "config.json").write_text(json.dumps({**content, "trust_remote_code": True}))
    with pytest.raises(InputError, match="asks to run code") as caught:
        kind(kind.Options(model=str(clone)), resources)
    assert caught.value.code == "LQ-UNSAFE-MODEL"


def test_a_damaged_model_is_told(opened, models, tmp_path):
    kind, _, resources, _ = opened("tiny.nemo")
    (tmp_path / "half.nemo").write_bytes((models / "tiny.nemo").read_bytes()[:5000])
    with pytest.raises(InputError, match=r"half\.nemo cannot be loaded"):
        kind(kind.Options(model=str(tmp_path / "half.nemo")), resources)


@pytest.mark.parametrize(
    "call",
    [
        "_target_: builtins.exec\nsource: raise SystemExit",
        "preprocessor:\n  _target_: os.mkdir\n  path: {mark}",
        "encoder:\n  _target_: subprocess.Popen\n  args: [mkdir, {mark}]",
    ],
)
def test_a_file_that_would_call_foreign_code_is_refused(opened, models, tmp_path, call):
    kind, _, resources, _ = opened("tiny.nemo")
    mark, bad = tmp_path / "executed", tmp_path / "bad.nemo"
    with tarfile.open(models / "tiny.nemo") as source, tarfile.open(bad, "w") as sink:
        for member in source:
            data = source.extractfile(member).read() if member.isfile() else b""
            if member.name.endswith("model_config.yaml"):
                data += ("\n" + call.format(mark=mark) + "\n").encode()
                member.size = len(data)
            sink.addfile(member, io.BytesIO(data))
    with pytest.raises(InputError, match="would call") as caught:
        kind(kind.Options(model=str(bad)), resources)
    assert caught.value.code == "LQ-UNSAFE-MODEL"
    assert not mark.exists()


def test_a_device_that_is_not_there_is_told(opened, models):
    kind, options, resources, _ = opened("tiny.nemo")
    with pytest.raises(MissingError, match="no CUDA here") as caught:
        kind(kind.Options(model=options.model, device="cuda"), resources)
    assert caught.value.code == "LQ-NO-CUDA"


def lightning_of(folder):
    code = "import importlib.metadata as m; print(m.version('lightning'))"
    return run_there(folder, "-c", code).strip()


def test_nemo_and_pyannote_work_in_one_run(workshop, place, models, tmp_path):
    """Each has its own Lightning, and one's torchaudio would break the other's transformers."""
    pyannote = place_of("pyannote")
    assert lightning_of(place) != lightning_of(pyannote)
    run_there(pyannote, "-m", "loquitur.testing.tiny_pyannote", tmp_path, "community")
    settings = dataclasses.replace(
        workshop.settings,
        environments={"asr.nemo": str(place), "diarization.pyannote": str(pyannote)},
        executor="processes",
    )
    result = run(
        workshop.clip,
        asr=f"nemo:{models / 'tiny.nemo'}",
        diarizer=f"pyannote:{tmp_path / 'speaker-diarization-community-1'}",
        emotion="none",
        settings=settings,
    )
    found = {item.stage: (item.engine, item.version) for item in result.transcript.provenance}
    assert found["transcribe"] == ("nemo", "3.0.0")
    assert found["diarize"] == ("pyannote", "4.0.7")
    assert result.transcript.utterances
