"""`loquitur speakers`: what is printed, where, and with which exit code."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def say(loquitur, finished, monkeypatch):
    """`loquitur speakers ...` over a store that has the clip, by the parrot's engines."""
    monkeypatch.setenv("LOQUITUR_VOICE", "parrot")
    monkeypatch.setenv("LOQUITUR_DIARIZER", "parrot")
    monkeypatch.setenv("LOQUITUR_ASR", "parrot")
    return lambda *arguments: loquitur("speakers", *arguments)


def test_list_of_a_medium(say, finished):
    answer = say("list", finished.clip, "--json")
    assert (answer.code, answer.err) == (0, "")
    found = answer.json
    assert list(found) == ["input", "media_id", "title", "diarization", "speakers"]
    assert found["input"] == str(finished.clip)
    assert len(found["diarization"]) == 64
    assert found["speakers"][0] == {
        "id": "SPEAKER_00", "name": None, "by_voice": False, "merged_into": None,
        "share": 0.665, "speech_ms": 4000, "known": [],
    }  # fmt: skip
    table = say("list", finished.clip).out.splitlines()
    assert table[0].split()[:3] == ["speaker", "name", "share"]
    assert table[1].split()[:3] == ["SPEAKER_00", "-", "66%"]


def test_name_merge_and_reset_of_the_newest_medium(say, loquitur, finished):
    answer = say("name", "SPEAKER_00", "The Host")
    assert (answer.code, answer.out) == (0, "")
    assert "talk: the newest medium with speakers" in answer.err
    assert "SPEAKER_00 is The Host" in answer.err
    answer = say("merge", "SPEAKER_01", "SPEAKER_00", finished.clip)
    assert "newest" not in answer.err
    rows = say("list", finished.clip).out
    assert "SPEAKER_01 = SPEAKER_00  The Host" in rows
    found = loquitur("store", "ls", "--json").json
    assert {"stage": "edits", "results": 1}.items() <= found[-1].items()
    assert "1 enrolments" not in answer.err
    answer = say("reset", "--json")
    assert answer.json["reset"] is True
    assert answer.err == ""
    assert say("reset", "--json").json["reset"] is False


def test_the_names_are_written_by_the_next_run(say, speak, finished):
    say("name", "SPEAKER_00", "The Host", "-q")
    answer = speak("run", finished.clip, "-o", finished.out, "--format", "vtt", "--json")
    assert answer.code == 0
    assert "<v The Host" in (finished.out / "talk.vtt").read_text()
    shown = speak("weave", finished.clip)
    assert "The Host" in shown.out
    say("name", "SPEAKER_00", "")
    speak("run", finished.clip, "-o", finished.out, "--format", "vtt")
    assert "<v SPEAKER_00" in (finished.out / "talk.vtt").read_text()


def test_json_says_what_was_named_and_merged(say, finished):
    named = say("name", "SPEAKER_00", "The Host", finished.clip, "--json").json
    assert (named["speaker"], named["name"]) == ("SPEAKER_00", "The Host")
    assert say("name", "SPEAKER_00", "", finished.clip, "--json").json["name"] is None
    merged = say("merge", "SPEAKER_01", "SPEAKER_00", "--json").json
    assert (merged["from"], merged["into"], merged["input"]) == ("SPEAKER_01", "SPEAKER_00", None)


def test_enroll_list_and_forget(say, finished):
    answer = say("list")
    assert (answer.code, answer.out) == (0, "")
    assert 'loquitur speakers enroll "NAME" INPUT' in answer.err
    answer = say("enroll", "Ann", finished.clip, "--speaker", "SPEAKER_01")
    assert (answer.code, answer.out) == (0, "")
    assert "kept on this machine only" in answer.err
    assert "docs/speakers.md" in answer.err
    (known,) = say("list", "--json").json["known"]
    assert (known["name"], known["engine"]) == ("Ann", "parrot")
    (enrolment,) = known["enrolments"]
    assert enrolment.keys() == {"media_id", "title", "speaker", "speech_ms", "when"}
    assert "embedding" not in json.dumps(known)
    assert say("list").out.splitlines()[1].split()[:2] == ["Ann", "1"]
    rows = say("list", finished.clip).out
    assert "Ann (by voice)" in rows
    assert say("forget", "ann", "--json").json == {"name": "ann", "enrolments": 1}
    assert say("list", "--json").json == {"known": []}


def test_a_run_tells_who_is_known(say, speak, finished):
    say("enroll", "Ann", finished.clip, "--speaker", "SPEAKER_01")
    answer = speak("run", finished.clip, "--format", "vtt")
    assert "SPEAKER_01 is named Ann by voice" in answer.err
    found = speak("run", finished.clip, "--format", "vtt", "--json").json
    assert "voices" in [stage["stage"] for stage in found["stages"]]
    assert "SPEAKER_01 is named Ann by voice (likeness 1.00)" in found["notes"]
    plan = speak("plan", finished.clip, "--json").json
    assert {"stage": "voices", "cached": True}.items() <= next(
        row for row in plan if row["stage"] == "voices"
    ).items()
    off = speak("run", finished.clip, "--set", "voices.known=false", "--json").json
    assert "voices" not in [stage["stage"] for stage in off["stages"]]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nam"], 2, "'name'"),
        (["name", "SPEAKER_9", "Ann"], 2, "SPEAKER_00"),
        (["name", "SPEAKER_00"], 2, ""),
        (["name", "SPEAKER_00", "x" * 100], 2, "80 characters"),
        (["merge", "SPEAKER_00", "SPEAKER_00"], 2, "already"),
        (["enroll", "Ann", "TALK"], 2, "--speaker"),
        (["enroll", "Ann", "missing.mp4"], 4, "missing.mp4"),
        (["forget", "Ann"], 2, "no known voice"),
        (["list", "missing.mp4"], 4, "missing.mp4"),
    ],
)
def test_exit_codes(say, finished, arguments, code, said):
    given = [str(finished.clip) if item == "TALK" else item for item in arguments]
    answer = say(*given, "-q")
    assert answer.code == code, answer.err
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert said in answer.err
    assert say(*given, "--json").error["code"].startswith("LQ-")


def test_nothing_was_diarized_yet(loquitur, workshop):
    answer = loquitur("speakers", "name", "SPEAKER_00", "Ann", "--json")
    assert answer.code == 4
    assert answer.error["code"] == "LQ-NO-TURNS"
    answer = loquitur("speakers", "name", "SPEAKER_00", "Ann", workshop.clip, "--json")
    assert answer.error["code"] == "LQ-NO-TURNS"


def test_the_model_that_is_missing_is_told_with_what_to_type(loquitur, finished):
    answer = loquitur("speakers", "list", finished.clip, "--json")
    assert answer.code == 0
    assert [one["speech_ms"] for one in answer.json["speakers"]] == [None, None]
    assert "loquitur models pull" in loquitur("speakers", "list", finished.clip).err
    answer = loquitur("speakers", "enroll", "Ann", finished.clip, "--json")
    assert answer.code == 2
    answer = loquitur(
        "speakers", "enroll", "Ann", finished.clip, "--speaker", "SPEAKER_01", "--json"
    )
    assert answer.code == 3
    assert "loquitur models pull" in answer.error["hint"]
