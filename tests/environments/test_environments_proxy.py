"""To the pipeline, an engine in an environment of its own is an engine."""

from __future__ import annotations

import dataclasses
import json
import pickle

import msgspec
import numpy as np
import pytest
from engines_there import kind_of, made, resources_of

from loquitur import registry
from loquitur.environments import proxy
from loquitur.errors import EngineError, MissingError, TransientError, UsageError
from loquitur.pipeline.engines import choose, known_languages
from loquitur.protocols import SpeakerCount
from loquitur.registry import EngineSpec, options_of
from loquitur.testing import conformance, signals

SOUND = np.zeros(1600, np.float32)

EVERY = [
    ("asr", "odd", "oddities"), ("vad", "ear", "oddities"), ("asr", "parrot", "nest"),
    ("diarization", "splitter", "oddities"), ("emotion", "mood", "oddities"),
    ("diarization", "parrot", "nest"),
]  # fmt: skip


@pytest.fixture(params=EVERY, ids=lambda item: f"{item[0]}-{item[1]}")
def there(request, tmp_path, spare):
    """(class, options, resources) of an engine in its environment."""
    kind, name, place = request.param
    engine_class, resources = kind_of(tmp_path, request.getfixturevalue(place), kind, name)
    return engine_class, engine_class.Options(), resources


def test_engine_conforms(there):
    conformance.check_engine(*there)


@pytest.mark.parametrize("there", [EVERY[2]], indirect=True)
def test_transcriber_conforms(there):
    engine_class, options, resources = there
    engine = engine_class(options, resources)
    conformance.check_transcriber(engine, language="en", silent_on_silence=False)
    assert engine.languages == ("en",)
    engine.close()


def test_voice_detector_conforms(remote):
    engine = remote("vad", "ear")
    assert engine.frame_ms == 10
    conformance.check_voice_detector(engine)


def test_diarizer_conforms(remote):
    conformance.check_diarizer(remote("diarization", "splitter"))


def test_emotion_reader_conforms(remote):
    conformance.check_emotion_reader(remote("emotion", "mood"))


@pytest.mark.slow
def test_a_real_engine_conforms_and_hears_the_same(tmp_path, spare):
    """pocketsphinx in this very environment, once in the process and once in a worker."""
    import sys

    engine_class, resources = kind_of(tmp_path, sys.executable, "asr", "pocketsphinx")
    here = registry.load(registry.find("asr", "pocketsphinx"))
    conformance.check_engine(engine_class, engine_class.Options(), resources)
    assert engine_class.identity(engine_class.Options(), resources) == here.identity(
        here.Options(), resources
    )
    there, own = engine_class(engine_class.Options(), resources), here(here.Options(), resources)
    sound = signals.voice(3000, seed=4)
    words = list(there.transcribe(sound, language="en"))
    assert words == list(own.transcribe(sound, language="en"))
    there.close()


# --- options ---


def test_options_are_converted_and_checked_where_their_types_are_known(tmp_path, oddities, spare):
    kind, _ = kind_of(tmp_path, oddities, "asr", "odd")
    found = options_of(kind.Options, {"beam": "7", "level": "0.5", "modes": ["x"]}, owner="odd")
    assert (found.beam, found.level, found.modes) == (7, 0.5, ("x",))
    assert kind.Options(model="big-int8") == kind.Options(model="big", beam=1)
    for wrong, said in (
        ({"beam": "many"}, "wrong value for an option of odd"),
        ({"pace": "lazy"}, "wrong value for an option of odd"),
        ({"beam": 0}, "beam must be positive"),
        ({"beem": 3}, "did you mean 'beam'"),
    ):
        with pytest.raises(UsageError) as caught:
            options_of(kind.Options, wrong, owner="odd")
        assert said in caught.value.message + caught.value.hint


def test_options_are_values(tmp_path, oddities, spare):
    kind, _ = kind_of(tmp_path, oddities, "asr", "odd")
    options = kind.Options(beam=9)
    assert pickle.loads(pickle.dumps(options)) == options
    assert msgspec.json.decode(msgspec.json.encode(options), type=kind.Options) == options
    assert len({options, kind.Options(beam=9), kind.Options()}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        options.beam = 3


def test_which_options_enter_a_key_is_asked_too(tmp_path, nest, spare):
    engine = choose(
        "asr", "parrot", {"pace_ms": "300", "log": "/x"},
        resources_of(tmp_path, nest, ("asr", "parrot")),
    )  # fmt: skip
    assert json.loads(engine.options) == {"fail": False, "pace_ms": 300}
    assert json.loads(engine.tuning)["log"] == "/x"


def test_a_key_does_not_tell_where_an_engine_ran(tmp_path, nest, parrot, spare):
    here = choose("asr", "parrot", {}, resources_of(tmp_path, nest))
    there = choose("asr", "parrot", {}, resources_of(tmp_path, nest, ("asr", "parrot")))
    assert here == there


# --- what classes know ---


def test_languages_are_those_of_the_model_chosen(tmp_path, oddities, spare):
    resources = resources_of(tmp_path, oddities, ("asr", "odd"))
    assert known_languages(choose("asr", "odd", {}, resources), resources) == ("en", "de")
    german = choose("asr", "odd:german", {}, resources)
    assert (german.model, german.version) == ("german", "7")
    assert known_languages(german, resources) == ("de",)
    assert made(tmp_path, oddities, "asr", "odd", model="german").languages == ("de",)


def test_a_model_is_pulled_there_and_told_here(tmp_path, oddities, spare):
    kind, resources = kind_of(tmp_path, oddities, "asr", "odd")
    said = []
    kind.pull("big", resources, said.append)
    assert said == ["fetching big", f"into {tmp_path / 'models'}"]


def test_an_engine_is_not_told_of_environments(tmp_path, oddities, spare):
    kind, resources = kind_of(tmp_path, oddities, "asr", "odd")
    assert kind.identity(kind.Options(), resources).model_digest == "()"


def test_what_an_engine_lacks_is_an_attribute_error(remote, tmp_path, oddities):
    engine = remote("asr", "odd")
    kind, _ = kind_of(tmp_path, oddities, "asr", "odd")
    for thing in (engine, kind):
        with pytest.raises(AttributeError, match="no `diarize`"):
            thing.diarize  # noqa: B018
        assert getattr(thing, "_private", None) is None


# --- errors ---


def test_errors_of_an_engine_keep_their_class(remote):
    with pytest.raises(UsageError, match="not today") as caught:
        remote("asr", "odd", act="refuse")
    assert (caught.value.hint, caught.value.code) == ("tomorrow", "LQ-ODD")
    assert "odd_engines.py" in caught.value.__notes__[0]
    engine = remote("asr", "odd", act="busy")
    for _ in range(2):  # the worker lives on
        with pytest.raises(TransientError) as busy:
            list(engine.transcribe(SOUND, language="x"))
        assert busy.value.retry_after_s == 2.5


@pytest.mark.parametrize(
    ("act", "said"),
    [("exit", "SystemExit: the driver is gone"), ("odd", "a object cannot leave its process")],
)
def test_what_is_not_of_the_tree_is_an_engine_error(remote, act, said):
    with pytest.raises(EngineError, match=said) as caught:
        list(remote("asr", "odd", act=act).transcribe(SOUND, language="x"))
    assert caught.value.__notes__


def test_odd_numbers_and_texts_come_as_they_are(remote):
    word, *_ = remote("asr", "odd", act="nan").transcribe(SOUND, language="x")
    assert word.start_ms != word.start_ms
    assert (word.end_ms, word.text, word.confidence) == (None, "\ud800 x", 0.5)


class BrokenSamples(signals.ArraySamples):
    __slots__ = ()

    def read(self, start_ms, end_ms):
        raise LookupError("the store was deleted")


def test_an_error_of_the_sound_comes_out_as_it_is(remote):
    engine = remote("diarization", "splitter")
    sound = signals.ArraySamples(sound=signals.voice(2000))
    activity = signals.activity([(0, 2000)], duration_ms=2000)
    with pytest.raises(LookupError, match="the store was deleted"):
        list(engine.diarize(BrokenSamples(sound=SOUND), activity, speakers=SpeakerCount()))
    assert len(list(engine.diarize(sound, activity, speakers=SpeakerCount()))) == 2


def test_two_calls_may_be_under_way(remote):
    engine = remote("asr", "odd")
    one = engine.transcribe(SOUND, language="a")
    assert next(one).text == "a0"
    assert [word.text for word in engine.transcribe(SOUND, language="b")] == ["b0", "b1", "b2"]
    assert [word.text for word in one] == ["a1", "a2"]
    assert len(engine._idle) == 1


# --- what there is ---


def test_the_registry_knows_engines_that_are_only_there(tmp_path, oddities, spare):
    environments = resources_of(tmp_path, oddities, ("asr", "odd"), ("emotion", "prosody"))
    specs = {
        (spec.kind, spec.name): spec
        for spec in registry.specs(environments=environments.environments)
    }
    assert specs["asr", "odd"].environment == str(oddities)
    assert specs["emotion", "prosody"].environment == str(oddities)
    assert specs["asr", "pocketsphinx"].environment == ""
    with pytest.raises(UsageError):
        registry.find("asr", "odd")


def test_what_is_missing_is_looked_for_there(nest, spare):
    spec = EngineSpec(
        kind="asr", name="deep", target="deep:X", needs=("numpy", "rich", "deep_speech"),
        environment=str(nest),
    )  # fmt: skip
    assert registry.missing(spec) == ("rich", "deep_speech")
    assert registry.install_command(spec) == "loquitur engines env asr.deep --create"


def test_an_engine_that_is_not_there_says_what_to_type(tmp_path, nest, spare):
    resources = resources_of(tmp_path, nest, ("asr", "pocketsphinx"), ("asr", "nobody"))
    with pytest.raises(MissingError, match="needs pocketsphinx") as caught:
        choose("asr", "pocketsphinx", {}, resources)
    assert caught.value.hint == "loquitur engines env asr.pocketsphinx --create"
    with pytest.raises(UsageError, match="no asr engine is called 'nobody'"):
        choose("asr", "nobody", {}, resources)


def test_an_environment_that_is_not_there_says_what_to_type(tmp_path, spare):
    place = tmp_path / "gone"
    resources = resources_of(tmp_path, place, ("asr", "pocketsphinx"))
    with pytest.raises(MissingError, match="no Python interpreter at") as caught:
        choose("asr", "pocketsphinx", {}, resources)
    assert caught.value.hint == "loquitur engines env asr.pocketsphinx --create"
    with pytest.raises(MissingError):
        registry.missing(registry.find("asr", "pocketsphinx", resources.environments))


def test_a_stand_in_is_one_for_each_place(tmp_path, nest, oddities, spare):
    kind, _ = kind_of(tmp_path, nest, "asr", "parrot")
    again, _ = kind_of(tmp_path, nest, "asr", "parrot")
    other, _ = kind_of(tmp_path, oddities, "asr", "parrot")
    assert kind is again
    assert kind is not other
    assert isinstance(kind, proxy.StandIn)
    assert str(nest) in repr(kind)
