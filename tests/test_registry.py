from __future__ import annotations

import dataclasses
import importlib
import inspect
import sys

import pytest

from loquitur import registry
from loquitur.errors import EngineError, MissingError, UsageError
from loquitur.protocols import Resources
from loquitur.registry import BUILTIN, KINDS, EngineSpec

METHODS = {
    "vad": "detect",
    "asr": "transcribe",
    "alignment": "align",
    "diarization": "diarize",
    "emotion": "read",
    "voice": "embed",
    "llm": "write",
    "sentiment": "score",
    "embedding": "encode",
    "reranking": "score",
    "vision": "encode",
    "description": "describe",
    "audio": "encode",
    "zeroshot": "score",
}
RESTORES = {"embedded"}  # of the kind `llm`, what writes nothing of its own


def class_of(spec):
    """An engine's class, also where the packages of its extra are not here."""
    module, _, name = spec.target.partition(":")
    return getattr(importlib.import_module(module), name)


def test_the_table_is_grouped_by_kind_and_has_no_doubles():
    names = [(spec.kind, spec.name) for spec in BUILTIN]
    assert len(set(names)) == len(names)
    kinds = list(dict.fromkeys(spec.kind for spec in BUILTIN))
    assert kinds == list(KINDS)
    assert [spec.kind for spec in BUILTIN] == sorted(
        (spec.kind for spec in BUILTIN), key=KINDS.index
    )


@pytest.mark.parametrize("spec", BUILTIN, ids=lambda spec: f"{spec.kind}.{spec.name}")
def test_every_line_of_the_table_is_whole(spec):
    assert spec.summary
    assert spec.licence
    assert "." not in spec.name
    assert ":" not in spec.name
    assert not spec.origin
    assert not spec.environment
    assert not spec.apart or (spec.extra and spec.install_mb)
    # a dotted name imports its parent: only `google`, a namespace without code of its own
    assert all("." not in name or name.startswith("google.") for name in spec.needs)
    assert [model.licence for model in spec.models if not model.licence] == []


@pytest.mark.parametrize("spec", BUILTIN, ids=lambda spec: f"{spec.kind}.{spec.name}")
def test_every_target_is_an_engine_of_its_kind(spec):
    found = class_of(spec)
    restores = spec.kind == "llm" and spec.name in RESTORES
    assert callable(getattr(found, "restore" if restores else METHODS[spec.kind]))
    options = found.Options
    assert dataclasses.is_dataclass(options)
    assert options.__dataclass_params__.frozen
    options()  # a default for every field
    assert inspect.ismethod(found.identity)
    if spec.pullable:
        assert callable(found.pull)
        assert callable(found.location)


def test_a_listing_imports_no_engine(parrot, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("loquitur.engines")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "parrot_engines", raising=False)
    found = {(spec.kind, spec.name) for spec in registry.specs()}
    assert {("asr", "parrot"), ("asr", "broken"), ("diarization", "parrot")} < found
    assert not [name for name in sys.modules if name.startswith("loquitur.engines")]
    assert "parrot_engines" not in sys.modules


def test_specs_of_one_kind(parrot):
    assert {spec.kind for spec in registry.specs("asr")} == {"asr"}
    assert [spec.name for spec in registry.specs("emotion")] == [
        spec.name for spec in BUILTIN if spec.kind == "emotion"
    ]


def test_a_third_party_cannot_take_a_built_in_name(parrot):
    spec = registry.find("asr", "pocketsphinx")
    assert spec.origin == ""
    assert spec.target.startswith("loquitur.engines.")
    assert [item.name for item in registry.specs("asr")].count("pocketsphinx") == 1


def test_a_third_party_is_named(parrot):
    spec = registry.find("asr", "parrot")
    assert (spec.origin, spec.target) == ("parrot-engines", "parrot_engines:ParrotTranscriber")
    assert registry.load(spec).__name__ == "ParrotTranscriber"


def test_an_unknown_engine_gives_the_near_ones(parrot):
    with pytest.raises(UsageError, match="no asr engine is called 'pocketsfinx'") as caught:
        registry.find("asr", "pocketsfinx")
    assert "'pocketsphinx'" in caught.value.hint
    assert caught.value.exit_code == 2
    with pytest.raises(UsageError):
        registry.find("vad", "pocketsphinx")


def test_a_missing_package_is_named_with_the_command():
    spec = EngineSpec(
        kind="asr", name="deep", target="deep_speech:X", needs=("deep_speech",), extra="deep"
    )
    assert registry.missing(spec) == ("deep_speech",)
    with pytest.raises(MissingError, match="needs deep_speech") as caught:
        registry.load(spec)
    assert caught.value.hint == 'pip install "loquitur[deep]"'
    assert caught.value.exit_code == 3
    core = dataclasses.replace(spec, extra="")
    assert registry.install_command(core) == "pip install loquitur"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no driver')", "no driver"),
        ("import sys; sys.exit(3)", "3"),
        ("import not_here_at_all", "not_here_at_all"),
        ("class Other: pass", "Engine"),
        ("class Engine: pass", "has no `Options`"),
        ("class Engine: Options = dict", "has no `identity`"),
    ],
)
def test_a_broken_plug_in_is_one_error(tmp_path, monkeypatch, source, reason):
    (tmp_path / "rusty_engine.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "rusty_engine", raising=False)
    spec = EngineSpec(kind="asr", name="rusty", target="rusty_engine:Engine", origin="rusty-speech")
    with pytest.raises(EngineError) as caught:
        registry.load(spec)
    assert reason in caught.value.message
    assert "rusty-speech" in caught.value.message
    assert "rusty-speech" in caught.value.hint


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Knobs:
    beam: int = 5
    level: bool = True
    weight: float = 1.0
    track: int | None = None

    def __post_init__(self):
        if self.beam < 1:
            raise ValueError("beam must be positive")


def test_options_from_text_and_from_values():
    assert registry.options_of(Knobs, {}, owner="x") == Knobs()
    given = {"beam": "7", "level": "false", "weight": 2, "track": "3"}
    assert registry.options_of(Knobs, given, owner="x") == Knobs(
        beam=7, level=False, weight=2.0, track=3
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"beem": 1}, "x has no option 'beem'"),
        ({"beam": "many"}, "wrong value for an option of x"),
        ({"beam": 1.5}, "wrong value for an option of x"),
        ({"level": "perhaps"}, "wrong value for an option of x"),
        ({"beam": 0}, "beam must be positive"),
    ],
)
def test_wrong_options_are_usage_errors(given, said):
    with pytest.raises(UsageError) as caught:
        registry.options_of(Knobs, given, owner="x")
    assert said in caught.value.message
    if "beem" in given:
        assert caught.value.hint == "did you mean 'beam'?"


def test_the_model_behind_an_engines_name_is_one_of_its_options():
    with_models = registry.load(registry.find("zeroshot", "onnx"))
    chosen = registry.chosen_options(
        with_models, "folder", {"templates": "a {label}"}, owner="onnx"
    )
    assert (chosen.model, chosen.templates) == ("folder", "a {label}")
    assert registry.chosen_options(with_models, "", {}, owner="onnx") == with_models.Options()
    without = registry.load(registry.find("emotion", "prosody"))
    with pytest.raises(UsageError, match="prosody has no models to choose from, and so no 'big'"):
        registry.chosen_options(without, "big", {}, owner="prosody")


def test_built_in_options_refuse_what_they_do_not_know(tmp_path):
    for spec in BUILTIN:
        found = class_of(spec)
        with pytest.raises(UsageError):
            registry.options_of(found.Options, {"no_such_knob": 1}, owner=spec.name)
    assert Resources(models=tmp_path).offline
