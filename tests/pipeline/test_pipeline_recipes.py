"""Which engines a wish gets, what is said where one is missing, and what is refused early."""

from __future__ import annotations

import dataclasses
import json
import weakref

import pytest

from loquitur import registry
from loquitur.engines.asr.moonshine import sources
from loquitur.errors import EngineError, InputError, MissingError, RemoteError, UsageError
from loquitur.model.work import Engine
from loquitur.pipeline import choosing, preferences
from loquitur.pipeline import engines as pool_module
from loquitur.pipeline.engines import EnginePool, choose
from loquitur.pipeline.recipes import Wish, parse_section, parse_speakers, recipe
from loquitur.protocols import Resources
from loquitur.testing.tiny import tiny_parakeet
from loquitur.testing.tiny_moonshine import tiny_moonshine

V3, V2 = "parakeet-tdt-0.6b-v3", "parakeet-tdt-0.6b-v2"
ALL = ["decode", "detect", "transcribe", "diarize", "emotion", "weave", "subtitle"]


@pytest.fixture
def resources(tmp_path):
    """A model cache with nothing in it."""
    return Resources(models=tmp_path / "models")


def with_parakeet(resources, name):
    tiny_parakeet(resources.models / "onnx-asr" / f"{name}-int8")


def engine_of(found, stage):
    return found.step(stage).engine


def options_of(found, stage):
    return json.loads(found.step(stage).options)


# --- profiles ---


def test_auto_without_parakeet_takes_the_embedded_engine_and_says_so_once(resources):
    found = recipe(Wish(diarizer="none"), resources)
    assert engine_of(found, "transcribe").name == "pocketsphinx"
    assert engine_of(found, "transcribe").draft
    told = found.notices
    assert len(told) == 1
    assert told[0].startswith("draft quality")
    assert f"loquitur models pull onnx-asr:{V3}" in told[0]


@pytest.mark.parametrize("name", [V3, V2])
def test_auto_takes_a_parakeet_that_is_in_the_cache(resources, name):
    with_parakeet(resources, name)
    found = recipe(Wish(diarizer="none"), resources)
    assert engine_of(found, "transcribe").name == "onnx-asr"
    assert engine_of(found, "transcribe").model == f"{name}-int8"
    assert len(engine_of(found, "transcribe").model_digest) == 64
    assert found.notices == ()


def test_auto_passes_options_on_to_the_engine_it_finds(resources):
    with_parakeet(resources, V3)
    wish = Wish(diarizer="none", parameters={"transcribe.precision": "int8"})
    chosen = engine_of(recipe(wish, resources), "transcribe")
    assert json.loads(chosen.options)["precision"] == "int8"
    assert json.loads(chosen.tuning)["model"] == V3
    for bad, said in (("precison", "'precision'"), ("zzz", "known:")):
        wish = Wish(diarizer="none", parameters={f"transcribe.{bad}": "int8"})
        with pytest.raises(UsageError, match=f"transcribe has no option '{bad}'") as caught:
            recipe(wish, resources)
        assert said in caught.value.hint


def test_a_model_that_lacks_files_is_told_not_passed_over(resources):
    with_parakeet(resources, V3)
    (resources.models / "onnx-asr" / f"{V3}-int8" / "vocab.txt").unlink()
    found = recipe(Wish(diarizer="none"), resources)
    assert engine_of(found, "transcribe").name == "pocketsphinx"
    assert found.notices


def test_a_diarizer_that_is_absent_costs_one_notice(resources):
    found = recipe(Wish(profile="offline"), resources)
    told = found.notices
    assert found.step("diarize") is None
    # pocketsphinx gives bare words, so their punctuation is restored
    bare = [*(name for name in ALL[:-1] if name != "diarize"), "refine", "subtitle"]
    assert [step.stage for step in found.steps] == bare
    assert len(told) == 2
    assert told[0].startswith("draft quality: pocketsphinx is used")
    assert "loquitur models pull moonshine" in told[0]
    assert "speakers are not told apart" in told[1]
    assert "loquitur models pull pyannet" in told[1]


@pytest.fixture
def moonshine(resources, monkeypatch):
    """A tiny model in the place of the one that is pinned."""
    given = tiny_moonshine(resources.models / "moonshine" / "tiny-en")
    elsewhere = Resources(models=resources.models / "elsewhere")
    digest = sources.checked_digest(sources.locate(str(given), resources), elsewhere)
    monkeypatch.setattr(sources, "_DIGEST", digest)


@pytest.mark.usefixtures("moonshine")
def test_options_that_only_the_embedded_recogniser_has_are_its_own(resources):
    wish = Wish(diarizer="none", parameters={"transcribe.pieces_per_s": "8"})
    found = recipe(wish, resources)
    assert engine_of(found, "transcribe").name == "moonshine"
    assert json.loads(engine_of(found, "transcribe").options)["pieces_per_s"] == 8.0
    wish = Wish(diarizer="none", parameters={"transcribe.pieces_per_z": "8"})
    with pytest.raises(UsageError, match="pieces_per_z"):
        recipe(wish, resources)


@pytest.mark.usefixtures("moonshine")
def test_a_damaged_embedded_recogniser_is_told(resources):
    (resources.models / "moonshine" / "tiny-en" / "tokenizer.bin").write_bytes(b"damaged")
    for wish in (Wish(diarizer="none"), Wish(diarizer="none", profile="offline")):
        (notice,) = recipe(wish, resources).notices
        assert notice.startswith("draft quality")
        assert "is damaged" in notice


@pytest.mark.usefixtures("moonshine")
def test_offline_takes_moonshine_where_its_model_is(resources):
    for wish in (Wish(profile="offline", diarizer="none"), Wish(diarizer="none")):
        found = recipe(wish, resources)
        assert engine_of(found, "transcribe").name == "moonshine"
        assert engine_of(found, "align").name == "pocketsphinx"  # its words have no times
        assert not any("draft" in line for line in found.notices)


def test_an_engine_asked_for_by_name_must_be_there(resources):
    with pytest.raises(MissingError) as caught:
        recipe(Wish(profile="offline", diarizer="dvector"), resources)
    assert "loquitur models pull dvector" in caught.value.hint
    with pytest.raises(MissingError) as caught:
        recipe(Wish(asr="onnx-asr", diarizer="none"), resources)
    assert f"loquitur models pull onnx-asr:{V3}" in caught.value.hint
    with pytest.raises(MissingError):
        recipe(Wish(profile="best", diarizer="none"), resources)


def test_a_stage_asked_for_by_name_must_be_possible(resources):
    with pytest.raises(MissingError) as caught:
        recipe(Wish(until="diarize"), resources)
    assert "loquitur models pull pyannet" in caught.value.hint
    with pytest.raises(UsageError, match="'diarize' is switched off"):
        recipe(Wish(until="diarize", diarizer="none"), resources)


def test_none_switches_a_stage_off_without_a_word(resources):
    wish = Wish(profile="offline", diarizer="none", emotion="none")
    found = recipe(wish, resources)
    assert [step.stage for step in found.steps] == [
        "decode", "detect", "transcribe", "weave", "refine", "subtitle",
    ]  # fmt: skip
    assert [line.split(":")[0] for line in found.notices] == ["draft quality"]
    found = recipe(dataclasses.replace(wish, llm="none"), resources)
    assert found.step("refine") is None


def test_unknown_names_are_refused_with_near_ones(resources):
    for wish, said in (
        (Wish(profile="offlin"), "'offline'"),
        (Wish(asr="whispr"), "'faster-whisper'"),
        (Wish(asr="nobody"), "known: "),
        (Wish(asr="pocketsfinx"), "'pocketsphinx'"),
        (Wish(asr="pocketsphinx", diarizer="dvecter"), "'dvector'"),
        (Wish(profile="offline", diarizer="none", emotion="prosodie"), "'prosody'"),
    ):
        with pytest.raises(UsageError) as caught:
            recipe(wish, resources)
        assert said in caught.value.hint, wish


def test_a_model_may_follow_the_engine_s_name(resources, tmp_path):
    with_parakeet(resources, V2)
    found = recipe(Wish(asr=f"onnx-asr:{V2}", diarizer="none"), resources)
    assert engine_of(found, "transcribe").model == f"{V2}-int8"
    with pytest.raises(UsageError):
        recipe(Wish(asr="onnx-asr:parakeet-tdt-9", diarizer="none"), resources)


# --- permission to fetch ---


@pytest.fixture
def hub(monkeypatch):
    """Stands for the place models come from; a list of what was pulled."""
    from loquitur.engines.asr.onnx_asr import OnnxAsr

    pulled = []

    def pull(cls, model, resources, tell):
        pulled.append(model)
        tell(f"fetching {model}")
        with_parakeet(resources, model)

    monkeypatch.setattr(OnnxAsr, "pull", classmethod(pull))
    return pulled


def test_a_fetch_is_asked_for_with_what_and_how_large(resources, hub):
    asked = []
    online = dataclasses.replace(resources, offline=False)
    told = []
    found = recipe(
        Wish(diarizer="none"),
        online,
        permit=lambda text: bool(asked.append(text)) or True,
        tell=told.append,
    )
    assert asked == [f"fetch {V3} for onnx-asr (about 670 MB, CC-BY-4.0)?"]
    assert hub == [V3]
    assert told == [f"fetching {V3}"]
    assert engine_of(found, "transcribe").name == "onnx-asr"


def test_a_refusal_leads_to_the_embedded_engine(resources, hub):
    online = dataclasses.replace(resources, offline=False)
    found = recipe(Wish(diarizer="none"), online, permit=lambda _: False)
    assert engine_of(found, "transcribe").name == "pocketsphinx"
    assert hub == []
    assert "loquitur models pull moonshine:tiny-en" in found.notices[0]
    assert f"loquitur models pull onnx-asr:{V3}" in found.notices[0]
    asked = []
    recipe(Wish(diarizer="none", profile="offline"), online, permit=asked.append)
    assert asked == ["fetch tiny-en for moonshine (about 50 MB, MIT)?"]


def test_nobody_is_asked_offline_and_nothing_fetched_unasked(resources, hub):
    def never(text):
        raise AssertionError(text)

    recipe(Wish(diarizer="none"), resources, permit=never)
    recipe(Wish(diarizer="none"), dataclasses.replace(resources, offline=False), permit=None)
    assert hub == []


def test_a_fetch_that_fails_is_told_and_the_run_goes_on(resources, monkeypatch):
    from loquitur.engines.asr.onnx_asr import OnnxAsr

    def pull(cls, model, resources, tell):
        raise RemoteError("the hub is closed")

    monkeypatch.setattr(OnnxAsr, "pull", classmethod(pull))
    online = dataclasses.replace(resources, offline=False)
    found = recipe(Wish(diarizer="none"), online, permit=lambda _: True)
    assert engine_of(found, "transcribe").name == "pocketsphinx"
    assert f"{V3} could not be fetched: the hub is closed" in found.notices


# --- languages ---


def test_a_language_the_engine_does_not_know_is_refused_before_any_work(resources):
    for wish in (
        Wish(profile="offline", language="de"),
        Wish(language="de-AT"),
        Wish(profile="offline", parameters={"transcribe.language": "fr"}),
    ):
        with pytest.raises(UsageError, match="'pocketsphinx' does not know the language") as caught:
            recipe(wish, resources)
        assert "loquitur models pull onnx-asr" in caught.value.hint
        assert caught.value.exit_code == 2


@pytest.mark.parametrize("language", ["en", "en-GB", "EN_us", "auto"])
def test_a_language_the_engine_knows_is_its_option(resources, language):
    found = recipe(Wish(profile="offline", diarizer="none", language=language), resources)
    assert options_of(found, "transcribe")["language"] == language


def test_an_english_model_is_not_taken_for_german(resources):
    with_parakeet(resources, V2)
    with pytest.raises(UsageError, match="does not know the language 'de'"):
        recipe(Wish(language="de"), resources)
    with_parakeet(resources, V3)
    found = recipe(Wish(language="de", diarizer="none"), resources)
    assert engine_of(found, "transcribe").model == f"{V3}-int8"


def test_a_model_for_one_language_is_held_to_it_before_any_work(resources, tmp_path):
    with_parakeet(resources, V2)
    wish = Wish(asr=f"onnx-asr:{V2}", diarizer="none", language="de")
    with pytest.raises(UsageError, match="does not know the language 'de'") as caught:
        recipe(wish, resources)
    assert V3 in caught.value.hint
    recipe(dataclasses.replace(wish, language="en-GB"), resources)
    folder = tiny_parakeet(tmp_path / "mine")
    wish = Wish(asr=f"onnx-asr:{folder}", diarizer="none", language="de")
    assert engine_of(recipe(wish, resources), "transcribe").model == "mine-int8"


def test_an_engine_without_a_list_of_languages_takes_any(resources, parrot, monkeypatch):
    parrot_class = registry.load(registry.find("asr", "parrot"))
    with pytest.raises(UsageError):
        recipe(Wish(asr="parrot", language="tlh", diarizer="none"), resources)
    monkeypatch.setattr(parrot_class, "languages", ())
    recipe(Wish(asr="parrot", language="tlh", diarizer="none"), resources)


# --- parameters ---


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"transcrib.beam": "1"}, "no stage is called 'transcrib'"),
        ({"beam": "1"}, "not a parameter: 'beam'"),
        ({"transcribe.": "1"}, "not a parameter"),
        ({"transcribe.lw": "1"}, "transcribe has no option 'lw'"),
        ({"detect.frame": "1"}, "detect has no option 'frame'"),
        ({"weave.pause": "1"}, "weave has no option 'pause'"),
        ({"weave.pause_ms": "0"}, "weave lengths must be positive"),
        ({"weave.pause_ms": "long"}, "wrong value for an option of weave"),
        ({"subtitle.max_chars": "-3"}, "segmentation limits must be positive"),
        ({"subtitle.rules": "netflx"}, "unknown rules 'netflx'"),
        ({"subtitle.max_lines": "0"}, "segmentation limits must be positive"),
        ({"transcribe.onset": "7"}, "thresholds need"),
        ({"transcribe.max_chunk_ms": "50"}, "leaves less than a second"),
        ({"transcribe.part_ms": "0"}, "part_ms must be positive"),
        ({"transcribe.language_weight": "heavy"}, "wrong value for an option of pocketsphinx"),
        ({"diarize.min_speakers": "0"}, "not a number of speakers"),
        ({"decode.start_ms": "-1"}, "not a section"),
        ({"decode.start_ms": "9", "decode.end_ms": "3"}, "not a section"),
        ({"decode.track": "-1"}, "tracks are counted from 0"),
    ],
)
def test_wrong_parameters_are_usage_errors(resources, parrot, parameters, said):
    wish = Wish(profile="offline", diarizer="parrot", parameters=parameters)
    with pytest.raises(UsageError) as caught:
        recipe(wish, resources)
    assert said in caught.value.message
    assert caught.value.exit_code == 2


def test_parameters_reach_stages_and_engines_and_are_typed(resources, parrot):
    wish = Wish(
        asr="parrot",
        diarizer="none",
        parameters={
            "transcribe.pace_ms": "250",
            "transcribe.pause_s": "0.5",
            "transcribe.part_ms": "60000",
            "subtitle.max_chars": "32",
        },
    )
    found = recipe(wish, resources)
    engine = engine_of(found, "transcribe")
    assert json.loads(engine.options) == {"fail": False, "pace_ms": 250}
    assert json.loads(engine.tuning)["pause_s"] == 0.5
    assert options_of(found, "transcribe")["part_ms"] == 60_000
    assert "pace_ms" not in options_of(found, "transcribe")
    assert options_of(found, "subtitle")["max_chars"] == 32


def test_parameters_for_stages_that_are_not_run_do_no_harm(resources, parrot):
    """A project file sets them for every verb."""
    wish = Wish(
        asr="parrot",
        diarizer="parrot",
        until="transcribe",
        parameters={"diarize.pace_ms": "1", "weave.pause_ms": "500"},
    )
    assert [step.stage for step in recipe(wish, resources).steps] == ALL[:3]


@pytest.mark.parametrize("until", ["acquire", "detect", "transcribe", "weave"])
@pytest.mark.parametrize(
    ("name", "near"),
    [("diarize.zzz", "known:"), ("diarize.max_speaker", "'max_speakers'"),
     ("subtitle.max_chras", "'max_chars'"), ("emotion.zzz", ""), ("diarize.pace_m", "'pace_ms'")],
)  # fmt: skip
def test_names_are_checked_for_stages_that_are_not_run(resources, parrot, until, name, near):
    wish = Wish(asr="parrot", diarizer="none", emotion="none", until=until, parameters={name: "1"})
    with pytest.raises(UsageError, match="has no option") as caught:
        recipe(wish, resources)
    assert near in caught.value.hint


def test_parameters_of_any_engine_of_the_kind_may_stand_in_a_project_file(resources, parrot):
    """Another verb, or `--diarizer none`, leaves the stage out; an absent engine is not known."""
    parameters = {"diarize.pace_ms": "1", "transcribe.precision": "int8", "diarize.nonsens": "x"}
    known = {"diarize.pace_ms": "1", "transcribe.precision": "int8"}
    recipe(Wish(until="detect", diarizer="none", parameters=known), resources)
    with pytest.raises(UsageError):
        recipe(Wish(until="detect", diarizer="none", parameters=parameters), resources)
    absent = Wish(until="detect", diarizer="not-installed-here", parameters=parameters)
    assert [step.stage for step in recipe(absent, resources).steps] == ALL[:2]


@pytest.mark.parametrize(
    ("text", "bounds"), [("", (None, None)), ("2", (2, 2)), ("1-3", (1, 3)), (" 4 ", (4, 4))]
)
def test_numbers_of_speakers(resources, parrot, text, bounds):
    assert parse_speakers(text) == bounds
    found = recipe(Wish(asr="parrot", diarizer="parrot", speakers=text), resources)
    given = options_of(found, "diarize")
    assert (given["min_speakers"], given["max_speakers"]) == bounds


@pytest.mark.parametrize("text", ["0", "-2", "two", "3-1", "2-", "1-2-3", "1.5"])
def test_wrong_numbers_of_speakers(text):
    with pytest.raises(UsageError, match="not a number of speakers"):
        parse_speakers(text)


def test_a_section_becomes_options_of_decode(resources):
    wish = Wish(profile="offline", diarizer="none", section="0:30-1:30.5")
    given = options_of(recipe(wish, resources), "decode")
    assert (given["start_ms"], given["end_ms"]) == (30_000, 90_500)
    assert parse_section("") is None


@pytest.mark.parametrize("text", ["1:00", "1:00-", "-1:00", "2:00-1:00", "1:00-1:00", "a-b"])
def test_wrong_sections(text):
    with pytest.raises(UsageError) as caught:
        parse_section(text)
    assert "HH:MM:SS" in caught.value.hint


# --- how far ---


@pytest.mark.parametrize(
    ("until", "stages"),
    [
        ("acquire", []),
        ("transcribe", ["decode", "detect", "transcribe"]),
        ("diarize", ["decode", "detect", "diarize"]),
        ("emotion", ["decode", "detect", "diarize", "emotion"]),
        ("weave", ALL[:-1]),
        ("subtitle", ALL),
    ],
)
def test_no_further_than_asked(resources, parrot, until, stages):
    wish = Wish(asr="parrot", diarizer="parrot", until=until)
    assert [step.stage for step in recipe(wish, resources).steps] == stages


@pytest.mark.parametrize(("until", "near"), [("words", "known:"), ("transcrib", "'transcribe'")])
def test_a_last_stage_that_does_not_exist_is_a_usage_error(resources, until, near):
    with pytest.raises(UsageError, match=f"no stage is called '{until}'") as caught:
        recipe(Wish(until=until), resources)
    assert near in caught.value.hint


def test_the_decoder_is_in_the_key_of_the_sound(resources):
    import av

    found = recipe(Wish(until="decode"), resources)
    assert dataclasses.astuple(engine_of(found, "decode"))[:3] == ("media", "pyav", av.__version__)


def test_a_model_s_folder_is_in_no_key(resources, tmp_path):
    """Neither where it lies nor how its name is spelled; and what a worker gets opens it."""
    folder = tiny_parakeet(tmp_path / "here" / "modele\u0301")  # NFD, as some systems write it
    first = engine_of(
        recipe(Wish(asr=f"onnx-asr:{folder}", diarizer="none"), resources), "transcribe"
    )
    assert str(tmp_path) not in first.options
    with EnginePool().lend(first, resources) as loaded:
        assert loaded.languages == ()
    moved = folder.rename(tmp_path / folder.name)
    again = engine_of(
        recipe(Wish(asr=f"onnx-asr:{moved}", diarizer="none"), resources), "transcribe"
    )
    assert again.tuning != first.tuning
    assert dataclasses.replace(again, tuning="") == dataclasses.replace(first, tuning="")


def test_an_engine_is_gone_before_the_next_of_its_kind_is_loaded(resources, tmp_path, monkeypatch):
    """Else two models lie in memory at once, where perhaps one has room."""
    names = [tiny_parakeet(tmp_path / name) for name in ("one", "two")]
    engines = [choose("asr", f"onnx-asr:{name}", {}, resources) for name in names]
    kept, seen = [], []

    def watched(engine, lent):
        seen.append([known() for known in kept])
        return opened(engine, lent)

    opened = pool_module._open
    monkeypatch.setattr(pool_module, "_open", watched)
    pool = EnginePool()
    for engine in engines:
        with pool.lend(engine, resources) as loaded:
            loaded.circle = loaded  # as models hold themselves
            kept.append(weakref.ref(loaded))
        del loaded
    assert seen == [[], [None]]


def test_engines_of_later_stages_are_not_missed(resources):
    told = []
    recipe(Wish(until="transcribe", profile="offline"), resources, tell=told.append)
    recipe(Wish(until="acquire", asr="no-such-engine"), resources, tell=told.append)
    assert told == []


def test_a_broken_plug_in_breaks_only_the_run_that_names_it(resources, parrot):
    with pytest.raises(EngineError, match="'broken' of parrot-engines cannot be loaded"):
        recipe(Wish(asr="broken"), resources)
    assert engine_of(recipe(Wish(profile="offline"), resources), "transcribe") is not None


def test_light_without_its_diarizer_takes_the_better_embedded_one(resources, monkeypatch):
    def choose_(kind, wanted, given, place):
        if wanted.startswith("sherpa-onnx"):
            raise MissingError("not here", hint="bring it")
        return Engine(kind=kind, name=wanted.partition(":")[0], version="1")

    monkeypatch.setattr(choosing, "choose", choose_)
    found = recipe(Wish(profile="light", asr="pocketsphinx"), resources)
    assert engine_of(found, "diarize").name == "pyannet"
    assert found.notices == ("pyannet is used: not here (bring it)",)


def test_the_smaller_diarizer_serves_where_the_better_one_is_not_here(resources, monkeypatch):
    chosen = []

    def choose_(kind, wanted, given, place):
        chosen.append(wanted)
        if wanted in ("dvector", "ge2e"):
            return Engine(kind=kind, name=wanted, version="1")
        return real(kind, wanted, given, place)

    real = choosing.choose
    monkeypatch.setattr(choosing, "choose", choose_)
    found = recipe(Wish(profile="offline"), resources)
    assert chosen.index("pyannet") < chosen.index("dvector")
    assert engine_of(found, "diarize").name == "dvector"
    draft, notice = found.notices
    assert draft.startswith("draft quality")
    assert notice.startswith("dvector is used: ")
    assert "loquitur models pull pyannet" in notice


def test_profiles_name_engines_that_exist():
    for profile in preferences.PROFILES.values():
        for kind, wanted in profile.items():
            if wanted:
                registry.find(kind, wanted)
    for wanted in preferences.PREFERRED_ASR:
        spec = registry.find("asr", wanted.partition(":")[0])
        assert wanted.partition(":")[2] in {model.name for model in spec.models}
    assert issubclass(InputError, Exception)


def test_light_takes_the_embedded_diarizer_where_its_own_is_not_here(resources, monkeypatch):
    """One notice says what is missing; asked for by name, it is an error."""
    with_parakeet(resources, V3)
    chosen = []

    def choose_(kind, wanted, given, place):
        chosen.append(wanted)
        if wanted == "sherpa-onnx":
            raise MissingError("sherpa-onnx is not here", hint="get it")
        return real(kind, wanted, given, place)

    real = choosing.choose
    monkeypatch.setattr(choosing, "choose", choose_)
    found = recipe(Wish(profile="light", diarizer=""), resources)
    if found.step("diarize") is not None:  # its model may not be here either
        assert engine_of(found, "diarize").name == "dvector"
        assert found.notices == ("dvector is used: sherpa-onnx is not here (get it)",)
    assert "dvector" in chosen
    with pytest.raises(MissingError, match="sherpa-onnx is not here"):
        recipe(Wish(profile="light", diarizer="sherpa-onnx"), resources)


# --- aligners ---


def aligners(resources, **wish):
    found = recipe(Wish(diarizer="none", emotion="none", **wish), resources)
    step = found.step("align")
    return found, step and step.engine.name


def test_no_aligner_where_the_recogniser_gives_times(resources):
    assert aligners(resources, asr="pocketsphinx")[1] is None


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ({"parameters": {"align.always": "true"}}, "pocketsphinx"),
        ({"script": "ab" * 32}, "pocketsphinx"),
        ({"aligner": "voiced"}, "voiced"),
        ({"until": "align"}, "pocketsphinx"),
        ({"aligner": "none", "parameters": {"align.always": "true"}}, None),
    ],
)
def test_an_aligner_where_one_is_asked_for(resources, wish, name):
    found, chosen = aligners(resources, asr="pocketsphinx", **wish)
    assert chosen == name
    if name:
        asked = options_of(found, "align")
        assert asked["always"] or asked["script"]


def test_an_aligner_where_words_come_without_times(resources):
    found, name = aligners(resources, asr="openai-compatible:tiny", language="en")
    assert name == "pocketsphinx"
    assert options_of(found, "transcribe")["context_ms"] == 0
    assert options_of(found, "align") == {"always": False, "least_match": 0.1, "script": ""}
    given = {"transcribe.times": "words"}
    found, name = aligners(resources, asr="openai-compatible:tiny", parameters=given)
    assert name is None
    assert options_of(found, "transcribe")["context_ms"] == 500


@pytest.mark.parametrize("language", ["auto", "ja"])
def test_a_language_without_an_aligner_costs_a_notice(resources, language):
    found, name = aligners(resources, asr="openai-compatible:tiny", language=language)
    assert name == "voiced"
    assert any("shared out by letters" in notice for notice in found.notices)


def test_a_ctc_model_that_is_here_is_preferred(resources):
    from loquitur.testing.tinyctc import tiny_wav2vec2

    folder = tiny_wav2vec2(resources.models / "ctc" / "wav2vec2-base-960h")
    (folder / "onnx").mkdir()
    (folder / "model.onnx").rename(folder / "onnx" / "model_quantized.onnx")
    always = {"align.always": "true"}
    assert aligners(resources, asr="pocketsphinx", parameters=always)[1] == "ctc"
    assert aligners(resources, asr="openai-compatible:tiny", language="ja")[1] == "voiced"


def test_an_aligner_asked_for_by_name_must_be_here(resources):
    with pytest.raises(MissingError, match="wav2vec2"):
        aligners(resources, asr="pocketsphinx", aligner="ctc")
    with pytest.raises(UsageError, match="alignment engine"):
        aligners(resources, asr="pocketsphinx", aligner="nobody")
