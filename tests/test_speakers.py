"""Names, merges and known voices through whole runs, by Python and by the command line."""

from __future__ import annotations

import dataclasses
import json
import shutil

import pytest

import loquitur.speakers as people
from loquitur.codec import canonical
from loquitur.errors import InputError, MissingError, StoreError, UsageError
from loquitur.model.speakers import SpeakerEdits
from loquitur.people import People
from loquitur.pipeline.events import ignore
from loquitur.pipeline.recipes import Wish, recipe
from loquitur.pipeline.tasks import open_store
from loquitur.protocols import Resources
from loquitur.store import collect, verify

FORMATS = ("vtt", "srt", "json", "txt", "md")


@pytest.fixture
def settings(settings, monkeypatch):
    """The parrot hears the voices."""
    monkeypatch.setenv("LOQUITUR_VOICE", "parrot")
    return dataclasses.replace(settings, voice="parrot")


@pytest.fixture
def medium(finished):
    return people.find(finished.settings, str(finished.clip))


def run(workshop, *inputs, **more):
    """A run by the parrots, its voices too, to the files of every format."""
    from loquitur.delivery import Delivery

    more.setdefault("delivery", Delivery(folder=workshop.out, formats=FORMATS))
    result = workshop.run(*inputs, voice="parrot", **more)
    assert result.error is None, result.error
    return result


def written(workshop, stem="talk"):
    return {name: (workshop.out / f"{stem}.{name}").read_text() for name in FORMATS}


def artifacts(settings):
    store = open_store(settings.store)
    return {record.key: record.outputs for record in store.records()}


# --- which medium ---


def test_the_newest_medium_is_meant_where_none_is_named(finished):
    found = people.find(finished.settings)
    assert (found.given, found.title) == ("", "talk")
    assert found.turns.speakers == ("SPEAKER_00", "SPEAKER_01")
    assert found.key == people.find(finished.settings, str(finished.clip)).key


def test_the_newest_diarization_of_a_medium_is_meant(finished):
    before = people.find(finished.settings, str(finished.clip))
    finished.run(set={"diarize.max_speakers": "3"})
    store = open_store(finished.settings.store)
    keys = {record.key for record in store.records() if record.stage == "diarize"}
    assert len(keys) == 2
    assert people.find(finished.settings, str(finished.clip)).key in keys
    assert before.key in keys


def test_a_medium_without_speakers_is_told(workshop):
    for given in ("", str(workshop.clip)):
        with pytest.raises(InputError) as caught:
            people.find(workshop.settings, given)
        assert caught.value.code == "LQ-NO-TURNS"
        assert "loquitur" in caught.value.hint
    with pytest.raises(InputError, match="no such file"):
        people.find(workshop.settings, "missing.mp4")
    for name in ("a.wav", "b.wav"):
        shutil.copy(workshop.clip, workshop.root / name)
    with pytest.raises(UsageError, match="not one medium"):
        people.find(workshop.settings, str(workshop.root))


def test_it_is_diarized_where_that_is_asked_for(workshop):
    settings = dataclasses.replace(workshop.settings, diarizer="parrot", asr="parrot")
    events = []
    found = people.find(settings, str(workshop.clip), listener=events.append)
    assert found.turns.speakers == ("SPEAKER_00", "SPEAKER_01")
    ran = {event.stage for event in events if event.kind == "done"}
    assert ran == {"acquire", "decode", "detect", "diarize", "voices"}  # no word was transcribed


# --- names and merges ---


def test_a_name_is_in_every_format_and_in_no_artifact(finished, medium):
    before = artifacts(finished.settings)
    assert people.name(finished.settings, medium, "SPEAKER_00", "Ann Ex<b>") == "SPEAKER_00"
    result = run(finished)
    assert {stage.cached for stage in result.stages} == {True}
    assert artifacts(finished.settings) == before
    assert result.transcript.speakers[0].name == "Ann Ex<b>"
    said = written(finished)
    assert "<v Ann Ex&lt;b&gt;" in said["vtt"]
    assert "Ann Ex‹b>: " in said["srt"]
    assert json.loads(said["json"])["speakers"][0] == {"id": "SPEAKER_00", "name": "Ann Ex<b>"}
    assert "Ann Ex<b>" in said["txt"]
    assert "Ann Ex\\<b\\>" in said["md"]
    for name in ("vtt", "srt", "txt", "md"):
        assert "SPEAKER_00" not in said[name]
        if name != "srt":  # there a short exchange may have dashes in place of names
            assert "SPEAKER_01" in said[name].replace("\\_", "_")
    assert "voices" not in {stage.stage for stage in result.stages}


def test_a_merge_joins_what_is_said(finished, medium):
    apart = run(finished)
    assert len(apart.transcript.speakers) == 2
    assert people.merge(finished.settings, medium, "SPEAKER_01", "SPEAKER_00") == "SPEAKER_00"
    result = run(finished)
    assert [speaker.id for speaker in result.transcript.speakers] == ["SPEAKER_00"]
    assert len(result.transcript.utterances) < len(apart.transcript.utterances)
    assert "SPEAKER_01" not in "".join(written(finished).values())
    words = [
        [word.text for said in one.transcript.utterances for word in said.words]
        for one in (apart, result)
    ]
    assert words[0] == words[1]
    assert len(result.track.cues) == len(apart.track.cues)


def test_a_name_follows_a_merge(finished, medium):
    people.name(finished.settings, medium, "SPEAKER_01", "Bea")
    people.merge(finished.settings, medium, "SPEAKER_01", "SPEAKER_00")
    assert run(finished).transcript.speakers[0].name == "Bea"
    assert people.name(finished.settings, medium, "SPEAKER_01", "Ann") == "SPEAKER_00"
    assert run(finished).transcript.speakers[0].name == "Ann"


def test_merges_lead_to_one_label(finished, medium):
    """Whatever the order, nobody is merged into somebody who is merged."""
    three = dataclasses.replace(
        medium,
        turns=dataclasses.replace(
            medium.turns,
            turns=(
                *medium.turns.turns,
                dataclasses.replace(medium.turns.turns[-1], speaker="SPEAKER_02"),
            ),
        ),
    )
    people.merge(finished.settings, three, "SPEAKER_02", "SPEAKER_01")
    people.merge(finished.settings, three, "SPEAKER_01", "SPEAKER_00")
    edits = open_store(finished.settings.store).edits.load(medium.key)
    assert dict(edits.merges) == {"SPEAKER_01": "SPEAKER_00", "SPEAKER_02": "SPEAKER_00"}
    for pair in (("SPEAKER_02", "SPEAKER_01"), ("SPEAKER_00", "SPEAKER_00")):
        with pytest.raises(UsageError, match="one speaker already"):
            people.merge(finished.settings, three, *pair)


def test_reset_forgets_both(finished, medium):
    people.name(finished.settings, medium, "SPEAKER_00", "Ann")
    people.merge(finished.settings, medium, "SPEAKER_01", "SPEAKER_00")
    assert people.reset(finished.settings, medium)
    assert not people.reset(finished.settings, medium)
    assert "Ann" not in "".join(str(one) for one in run(finished).transcript.speakers)


@pytest.mark.parametrize(
    ("label", "called", "said"),
    [
        ("SPEAKER_7", "Ann", "did you mean"),
        ("SPEAKER_00", "speaker_01", "choose another name"),
        ("SPEAKER_00", "Ann\nBea", "type it again"),
        ("\x1b[31m", "Ann", "known: "),
    ],
)
def test_wrong_words_change_nothing(finished, medium, label, called, said):
    with pytest.raises(UsageError) as caught:
        people.name(finished.settings, medium, label, called)
    assert said in caught.value.hint
    assert "\x1b" not in caught.value.message
    assert open_store(finished.settings.store).edits.load(medium.key) is None


def test_names_outlive_collection_and_the_labels_they_are_of(finished, medium):
    people.name(finished.settings, medium, "SPEAKER_00", "Ann")
    store = open_store(finished.settings.store)
    collect(store, grace_s=0.0, max_bytes=0)
    assert verify(store).clean
    assert run(finished).transcript.speakers[0].name == "Ann"
    # another diarization of the same medium has labels of its own
    other = run(finished, set={"diarize.max_speakers": "3"})
    assert other.transcript.speakers[0].name is None


def test_names_of_other_turns_under_the_same_key_are_told_and_left_out(finished, medium):
    store = open_store(finished.settings.store)
    edits = SpeakerEdits(turns="0" * 64, names=(("SPEAKER_00", "Ann"),))
    store.change_edits(medium.key, lambda _: edits)
    result = run(finished)
    assert result.transcript.speakers[0].name is None
    assert "give them again" in result.transcript.notes[-1]
    people.name(finished.settings, medium, "SPEAKER_01", "Bea")
    assert [one.name for one in run(finished).transcript.speakers] == [None, "Bea"]


def test_damaged_names_are_an_error_and_no_wrong_captions(finished, medium):
    people.name(finished.settings, medium, "SPEAKER_00", "Ann")
    path = open_store(finished.settings.store).edits.path(medium.key)
    path.chmod(0o600)
    path.write_bytes(b"{}")
    result = finished.run()
    assert isinstance(result.error, StoreError)
    assert "verify --repair" in result.error.hint
    verify(open_store(finished.settings.store), repair=True)
    assert finished.run().error is None


# --- voices ---


def test_a_voice_is_known_again_in_another_medium(finished, medium):
    person, label = people.enroll(
        finished.settings, "Ann", medium, label="SPEAKER_01", listener=ignore
    )
    assert (person.name, label) == ("Ann", "SPEAKER_01")
    assert person.enrolments[0].media_id == medium.record.media_id
    assert person.enrolments[0].title == "talk"
    other = finished.cut(finished.root / "other.wav", start_s=20, seconds=6)
    result = run(finished, other)
    assert [speaker.name for speaker in result.transcript.speakers] == [None, "Ann"]
    assert "<v Ann" in written(finished, "other")["vtt"]
    assert "SPEAKER_01 is named Ann by voice (likeness 1.00)" in result.transcript.notes
    assert result.transcript.provenance[-1].stage == "voices"
    assert result.transcript.provenance[-1].engine == "parrot"
    # once more, and everything comes from the store
    assert {stage.cached for stage in run(finished, other).stages} == {True}


def test_nobody_else_pays_for_it(finished):
    assert "voices" not in {stage.stage for stage in run(finished).stages}


def test_it_can_be_switched_off_and_made_stricter(finished, medium):
    people.enroll(finished.settings, "Ann", medium, label="SPEAKER_01")
    off = run(finished, set={"voices.known": "false"})
    assert "voices" not in {stage.stage for stage in off.stages}
    assert off.transcript.speakers[1].name is None
    made = run(finished)
    strict = run(finished, set={"voices.threshold": "1.0", "voices.margin": "0.9"})
    keys = [
        next(stage.key for stage in one.stages if stage.stage == "voices") for one in (made, strict)
    ]
    assert keys[0] == keys[1]  # no sound is heard again for another threshold
    with pytest.raises(UsageError):
        finished.run(voice="parrot", set={"voices.threshold": "2"})
    with pytest.raises(UsageError) as caught:
        finished.run(voice="parrot", set={"voices.threshhold": "0.9"})
    assert "'threshold'" in caught.value.hint


def test_without_diarization_there_is_nothing_to_know(finished, medium):
    people.enroll(finished.settings, "Ann", medium, label="SPEAKER_01")
    result = run(finished, diarizer="none")
    assert {"voices", "diarize"} & {stage.stage for stage in result.stages} == set()


def test_a_missing_voice_model_costs_a_notice_and_no_captions(finished, medium, tmp_path):
    people.enroll(finished.settings, "Ann", medium, label="SPEAKER_01")
    bare = dataclasses.replace(finished.settings, models=tmp_path / "none", voice="")
    told = []
    result = finished.run(settings=bare, notify=told.append)
    assert result.error is None
    (notice,) = result.notices
    assert notice.startswith("known voices are not recognised")
    assert "loquitur models pull pyannet" in notice
    bare = dataclasses.replace(bare, diarizer="parrot")
    heard, told = people.look(bare, medium)
    assert [one.speech_ms for one in heard] == [None, None]
    assert "loquitur models pull pyannet" in told[0]
    with pytest.raises(MissingError):
        people.enroll(bare, "Bea", medium, label="SPEAKER_01")


def test_a_damaged_known_voice_costs_a_notice_and_no_captions(finished, medium):
    people.enroll(finished.settings, "Ann", medium, label="SPEAKER_01")
    (path,) = finished.settings.voices.glob("*.json")
    path.write_bytes(b"{")
    result = run(finished)
    assert "known voices are not looked for" in result.notices[0]
    assert result.transcript.speakers[1].name is None


def test_another_engine_is_told_with_what_to_type(finished, medium):
    people.enroll(finished.settings, "Ann", medium, label="SPEAKER_01")
    other = dataclasses.replace(finished.settings, set={"voices.pace_ms": "500"})
    with pytest.raises(InputError) as caught:
        people.enroll(other, "Ann", medium, label="SPEAKER_01")
    assert caught.value.code == "LQ-VOICE-ENGINE"
    heard, told = people.look(other, medium)
    assert [one.nearest for one in heard] == [(), ()]
    assert 'loquitur speakers forget "Ann"' in told[0]
    result = run(finished, set={"voices.pace_ms": "500"})
    assert result.transcript.speakers[1].name is None
    assert 'loquitur speakers forget "Ann"' in result.transcript.notes[-1]


def test_what_is_known_of_the_speakers_of_a_medium(finished, medium):
    people.enroll(finished.settings, "Ann", medium, label="SPEAKER_01")
    people.name(finished.settings, medium, "SPEAKER_00", "Bea")
    heard, told = people.look(finished.settings, medium)
    assert told == ()
    zero, one = heard
    assert (zero.name, zero.by_voice, zero.nearest) == ("Bea", False, (("Ann", 0.0),))
    assert (one.name, one.by_voice, one.nearest) == ("Ann", True, (("Ann", 1.0),))
    assert zero.share + one.share == pytest.approx(1.0)
    assert one.speech_ms == 2000
    people.merge(finished.settings, medium, "SPEAKER_01", "SPEAKER_00")
    heard, _ = people.look(finished.settings, medium)
    assert [(item.into, item.name) for item in heard] == [("", "Bea"), ("SPEAKER_00", "Bea")]


def test_whose_voice_must_be_clear(finished, medium):
    with pytest.raises(UsageError) as caught:
        people.enroll(finished.settings, "Ann", medium)
    assert "--speaker" in caught.value.hint
    with pytest.raises(UsageError, match="no speaker"):
        people.enroll(finished.settings, "Ann", medium, label="SPEAKER_1")
    assert people.known(finished.settings) == ()
    people.name(finished.settings, medium, "SPEAKER_01", "Ann")
    assert people.enroll(finished.settings, "ann", medium)[1] == "SPEAKER_01"
    people.merge(finished.settings, medium, "SPEAKER_01", "SPEAKER_00")
    person, label = people.enroll(finished.settings, "Both", medium)
    assert label == "SPEAKER_00"
    assert person.enrolments[0].speech_ms == 6000


def test_too_little_speech_is_no_voice(finished, medium):
    strict = dataclasses.replace(finished.settings, set={"voices.least_ms": "50000"})
    heard, _ = people.look(strict, medium)
    assert [one.speech_ms for one in heard] == [0, 0]
    with pytest.raises(InputError) as caught:
        people.enroll(strict, "Ann", medium, label="SPEAKER_01")
    assert caught.value.code == "LQ-VOICE-SHORT"


def test_sound_that_was_evicted_comes_back_for_it(finished, medium):
    store = open_store(finished.settings.store)
    collect(store, grace_s=0.0, max_bytes=0)
    assert store.record(dict(medium.record.inputs)["audio"]) is None
    nameless = dataclasses.replace(medium, given="")
    with pytest.raises(InputError) as caught:
        people.look(finished.settings, nameless)
    assert caught.value.code == "LQ-NO-SOUND"
    settings = dataclasses.replace(finished.settings, asr="parrot", diarizer="parrot")
    heard, _ = people.look(settings, medium)
    assert heard[0].speech_ms == 4000


def test_forgetting_leaves_nothing_in_the_folder_nor_the_voices_in_the_store(finished, medium):
    people.enroll(finished.settings, "Ann Example", medium, label="SPEAKER_01")
    store = open_store(finished.settings.store)
    assert any(record.stage == "voices" for record in store.records())
    people.forget(finished.settings, "ann example")
    left = [path for path in finished.settings.voices.rglob("*") if path.name != ".lock"]
    assert left == []
    assert b"Ann" not in (finished.settings.voices / ".lock").read_bytes()
    assert not any(record.stage == "voices" for record in store.records())
    collect(store, grace_s=0.0)
    for path in store.objects.folder.rglob("*"):
        assert not path.is_file() or b"loquitur/voices/" not in path.read_bytes()
    assert run(finished).transcript.speakers[1].name is None


def test_the_voices_are_on_no_other_path():
    """Nobody's key changes, and no stage up to the captions asks for them."""
    from loquitur import stages

    for name in stages.STAGES:
        assert "voices" not in {source for _, source in stages.load(name).inputs}
    options = stages.load("voices").options()
    keyed = canonical(options)
    assert "threshold" in keyed


def test_thresholds_are_in_no_key(parrot, tmp_path):
    resources = Resources(models=tmp_path)
    base = {"asr": "parrot", "diarizer": "parrot", "voice": "parrot", "until": "voices"}
    plain, strict = (
        recipe(Wish(**base, parameters=parameters), resources).step("voices")
        for parameters in ({}, {"voices.threshold": "0.9", "voices.known": "false"})
    )
    assert plain.options == strict.options
    assert json.loads(strict.tuning) == {"known": False, "margin": 0.05, "threshold": 0.9}
    assert set(json.loads(plain.options)) == {"most_ms", "piece_ms", "least_ms"}


def test_known_voices_have_a_place_of_their_own(monkeypatch, tmp_path):
    from loquitur.settings import resolve

    usual = resolve(environ={"XDG_DATA_HOME": "/data", "XDG_CACHE_HOME": "/cache"}).settings
    assert str(usual.voices) == "/data/loquitur-voices"
    assert str(usual.store) == "/data/loquitur"
    chosen = resolve(environ={"LOQUITUR_VOICES": "/mine", "XDG_DATA_HOME": "/data"}).settings
    assert str(chosen.voices) == "/mine"
    (tmp_path / "loquitur.toml").write_text('voices = "here"')
    assert resolve(environ={}, folder=tmp_path).settings.voices == tmp_path / "here"


def test_people_are_kept_where_the_settings_say(finished, medium):
    people.enroll(finished.settings, "Ann", medium, label="SPEAKER_01")
    assert People(finished.settings.voices).names() == ("Ann",)
