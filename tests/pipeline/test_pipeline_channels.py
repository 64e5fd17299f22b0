"""Speakers by their channels, from a stereo file to captions, and what is refused on the way."""

from __future__ import annotations

import dataclasses
import json
from itertools import pairwise

import numpy as np
import pytest

import loquitur.speakers as people
from loquitur.errors import InputError, UsageError
from loquitur.media.audio import decode
from loquitur.pipeline.recipes import Wish, recipe
from loquitur.protocols import Resources
from loquitur.store import Store
from loquitur.store.collect import collect
from loquitur.testing import signals
from loquitur.testing.calls import Remark, make_call, write_wav

BY_CHANNEL = {"diarize.by": "channel"}
LOW = signals.voice(2_500, f0_hz=105.0, seed=5)


@pytest.fixture(scope="module")
def remarks(sample, tmp_path_factory):
    """The first four utterances of the sample, Mary's and Peter's; the third begins too early."""
    target = tmp_path_factory.mktemp("remarks") / "sample.pcm"
    decode(sample, target, isolated=False)
    sound = np.fromfile(target, "<i2") / np.float32(32768)
    truth = json.loads((sample.parent / "harbour_dialogue.truth.json").read_text())
    return [
        Remark(
            channel=("Mary", "Peter").index(said["speaker"]),
            sound=sound[said["start_ms"] * 16 : said["end_ms"] * 16],
            text=said["text"],
            after_ms=-1_000 if number == 2 else 1_500,
        )
        for number, said in enumerate(truth["utterances"][:4])
    ]


@pytest.fixture(scope="module")
def call(remarks):
    return make_call(remarks, bleed=0.05)


@pytest.fixture
def stereo(call, tmp_path):
    return write_wav(tmp_path / "call.wav", call.heard)


def test_a_call_on_two_channels(workshop, stereo, call, remarks):
    result = workshop.run(stereo, set=BY_CHANNEL, diarizer="")
    assert result.error is None, result.error
    assert [stage.stage for stage in result.stages if not stage.cached] == [
        "acquire", "decode", "separate", "detect", "monitor",
        "transcribe", "diarize", "emotion", "weave", "subtitle",
    ]  # fmt: skip
    said = result.transcript
    assert [speaker.id for speaker in said.speakers] == ["SPEAKER_00", "SPEAKER_01"]
    for remark, (start_ms, end_ms) in zip(remarks, call.spans, strict=True):
        who = f"SPEAKER_0{remark.channel}"
        own = [
            word
            for utterance in said.utterances
            if utterance.speaker == who
            for word in utterance.words
            if start_ms <= (word.start_ms + word.end_ms) / 2 < end_ms
        ]
        assert len(own) >= 4, "every remark has its words, those said at once too"
    both = [
        word
        for utterance in said.utterances
        for word in utterance.words
        if word.start_ms >= call.spans[2][0] + 100 and word.end_ms <= call.spans[1][1] - 100
    ]
    assert {word.overlap for word in both} == {("SPEAKER_00",), ("SPEAKER_01",)}
    provenance = {item.stage: item for item in said.provenance}
    assert provenance["diarize"].engine == "channel"
    starts = [cue.start_ms for cue in result.track.cues]
    assert starts == sorted(starts)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(result.track.cues))
    assert json.loads((workshop.out / "call.json").read_text())["speakers"][1]["id"] == "SPEAKER_01"


def test_turns_of_channels_overlap_and_hold_their_remarks(workshop, stereo, call, remarks):
    turns = workshop.run(stereo, set=BY_CHANNEL, diarizer="", until="diarize").artifact.turns
    assert len(turns) == len(remarks)
    for turn, remark, (start_ms, end_ms) in zip(turns, remarks, call.spans, strict=True):
        assert turn.speaker == f"SPEAKER_0{remark.channel}"
        assert abs(turn.start_ms - start_ms) < 250
        assert abs(turn.end_ms - end_ms) < 400


@pytest.mark.slow
def test_what_was_made_of_the_mix_keeps_its_keys(workshop, stereo):
    workshop.run(stereo)
    result = workshop.run(stereo, diarizer="", set=BY_CHANNEL | {"transcribe.by": "mix"})
    made = {stage.stage for stage in result.stages if not stage.cached}
    assert made == {"separate", "monitor", "diarize", "emotion", "weave", "subtitle"}
    anew = workshop.run(stereo, diarizer="", set=BY_CHANNEL)
    assert {stage.stage for stage in anew.stages if not stage.cached} == {
        "transcribe", "weave", "subtitle",
    }  # fmt: skip


@pytest.mark.slow
def test_voices_of_channels(workshop, stereo):
    result = workshop.run(stereo, diarizer="", voice="parrot", voices=True, set=BY_CHANNEL)
    assert result.error is None, result.error
    assert "voices" in {stage.stage for stage in result.stages}


@pytest.mark.slow
def test_speakers_by_channel_are_listed_and_named(workshop, stereo):
    """Their voices are heard in the mix, whose sound the diarization knows."""
    workshop.run(stereo, diarizer="", set=BY_CHANNEL)
    settings = dataclasses.replace(workshop.settings, voice="parrot")
    medium = people.find(settings, str(stereo))
    heard, _ = people.look(settings, medium)
    assert [one.label for one in heard] == ["SPEAKER_00", "SPEAKER_01"]
    people.name(settings, medium, "SPEAKER_00", "Mary")
    again = workshop.run(stereo, diarizer="", set=BY_CHANNEL)
    assert [one.name for one in again.transcript.speakers] == ["Mary", None]


@pytest.mark.slow
def test_a_section_and_a_track_are_those_of_the_mix(workshop, stereo):
    result = workshop.run(stereo, diarizer="", set=BY_CHANNEL, section="0:02-0:04")
    words = [word for item in result.transcript.utterances for word in item.words]
    assert words
    assert all(2_000 <= word.start_ms < 4_000 for word in words)


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (np.stack([LOW]), "one channel: nobody in it has a channel"),
        (np.stack([LOW, LOW]), "channels 1 and 2 are the same sound"),
        (np.stack([LOW, -0.5 * LOW]), "channels 1 and 2 are the same sound"),
        (np.stack([LOW * 0.01 * n for n in range(17)]), "17 channels"),
    ],
    ids=["mono", "dual mono", "turned over", "too many"],
)
def test_sound_without_a_channel_for_each(workshop, tmp_path, sound, said):
    path = write_wav(tmp_path / "odd.wav", sound.astype(np.float32))
    result = workshop.run(path, diarizer="", set=BY_CHANNEL)
    assert isinstance(result.error, InputError)
    assert said in result.error.message
    assert "diarize.by=channel" in result.error.hint


@pytest.mark.slow
def test_a_channel_on_which_nobody_speaks(workshop, tmp_path, remarks):
    silent = make_call([one for one in remarks if one.channel == 0], bleed=0.05)
    path = write_wav(tmp_path / "half.wav", silent.heard)
    result = workshop.run(path, diarizer="", set=BY_CHANNEL, speakers="2")
    assert [speaker.id for speaker in result.transcript.speakers] == ["SPEAKER_00"]
    assert "1 channels have a speaker" in " ".join(result.transcript.notes)


@pytest.mark.slow
def test_three_channels(workshop, tmp_path, call, remarks):
    third = np.zeros(call.heard.shape[1] + 80_000, np.float32)
    third[call.heard.shape[1] :][: len(remarks[0].sound)] = remarks[0].sound
    two = np.pad(call.heard, ((0, 0), (0, 80_000)))
    path = write_wav(tmp_path / "three.wav", np.stack([*two, third]))
    result = workshop.run(path, diarizer="", set=BY_CHANNEL)
    assert result.error is None, result.error
    assert {item.speaker for item in result.transcript.utterances} == {
        "SPEAKER_00", "SPEAKER_01", "SPEAKER_02",
    }  # fmt: skip
    assert result.transcript.utterances[-1].speaker == "SPEAKER_02"


@pytest.mark.slow
def test_sound_of_channels_may_be_evicted_and_is_made_again(workshop, stereo):
    first = workshop.run(stereo, diarizer="", set=BY_CHANNEL)
    assert collect(Store.open(workshop.settings.store), grace_s=0.0, max_bytes=0).over_bytes
    again = workshop.run(stereo, diarizer="", set=BY_CHANNEL | {"transcribe.pace_ms": "500"})
    assert again.error is None, again.error
    assert "separate" in {stage.stage for stage in again.stages}
    assert [item.speaker for item in first.transcript.utterances]


# --- what is asked for ---


@pytest.fixture
def resources(tmp_path):
    return Resources(models=tmp_path / "models")


def ask(resources, **wish):
    parameters = wish.pop("set", BY_CHANNEL)
    return recipe(Wish(profile="offline", parameters=parameters, **wish), resources)


def test_no_diarizer_is_needed_nor_its_model(resources):
    found = ask(resources)
    assert found.step("diarize").engine.name == "channel"
    assert ("lines", "monitor") in found.step("diarize").inputs
    assert found.step("transcribe").inputs == (("channels", "separate"), ("lines", "monitor"))
    assert not [line for line in found.notices if "speakers are not told apart" in line]


def test_without_it_no_channel_is_decoded(resources):
    found = ask(resources, set={})
    assert {step.stage for step in found.steps}.isdisjoint({"separate", "monitor"})
    assert found.step("transcribe").inputs == (("audio", "decode"), ("activity", "detect"))


def test_no_diarizer_at_all_is_no_channel_either(resources):
    found = ask(resources, diarizer="none")
    assert {step.stage for step in found.steps}.isdisjoint({"separate", "monitor", "diarize"})


def test_decoding_options_hold_for_the_channels(resources):
    found = ask(resources, section="0:01-0:02", set=BY_CHANNEL | {"decode.track": "3"})
    assert json.loads(found.step("separate").options) == json.loads(found.step("decode").options)


def test_a_named_diarizer_contradicts(resources):
    with pytest.raises(UsageError, match="needs no diarizer, and 'dvector' is named"):
        ask(resources, diarizer="dvector")


def test_words_by_channel_alone_would_be_nobodys(resources):
    with pytest.raises(UsageError, match=r"without diarize\.by=channel"):
        ask(resources, set={"transcribe.by": "channel"})


@pytest.mark.parametrize("value", ["chanel", "", "1"])
def test_another_way_than_these(resources, value):
    with pytest.raises(UsageError, match="by"):
        ask(resources, set={"diarize.by": value})


def test_aligned_words_are_those_of_the_mix(resources):
    found = ask(resources, set=BY_CHANNEL | {"align.always": "true"})
    assert json.loads(found.step("transcribe").options)["by"] == "mix"
    assert found.step("transcribe").inputs == (("audio", "decode"), ("activity", "detect"))
    with pytest.raises(UsageError, match="not possible where words are aligned"):
        ask(resources, set=BY_CHANNEL | {"align.always": "true", "transcribe.by": "channel"})


def test_an_engines_option_where_there_is_none(resources):
    with pytest.raises(UsageError, match="'threshold'"):
        ask(resources, set=BY_CHANNEL | {"diarize.threshold": "0.5"})


def test_keys_of_the_mix_do_not_know_the_channels(resources):
    mixed = ask(resources, set=BY_CHANNEL | {"transcribe.by": "mix"})
    plain = ask(resources, set={})
    for stage in ("decode", "detect", "transcribe"):
        assert dataclasses.astuple(mixed.step(stage)) == dataclasses.astuple(plain.step(stage))
