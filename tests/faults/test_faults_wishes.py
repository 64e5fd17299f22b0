"""What cannot be done as asked: wrong names, missing packages, sections, places to write."""

from __future__ import annotations

import dataclasses
import json
import wave
from pathlib import Path

import pytest

from loquitur import registry

WRONG = {
    "an engine": (["--asr", "pocketspinx"], ["no asr engine", "did you mean 'pocketsphinx'?"]),
    "whispr": (["--asr", "whispr"], ["no asr engine is called 'whispr'"]),
    "a diarizer": (["--diarizer", "dvektor"], ["did you mean 'dvector'?"]),
    "an emotion": (["--emotion", "prosodie"], ["did you mean 'prosody'?"]),
    "a model": (["--asr", "onnx-asr:parakeet-v3"], ["parakeet-v3", "parakeet-tdt-0.6b-v3"]),
    "a profile": (["--profile", "offlin"], ["no profile", "did you mean 'offline'?"]),
    "a format": (["--format", "vtt,sort"], ["unknown format 'sort'", "did you mean 'srt'"]),
    "a stage to force": (["--force", "diarise"], ["cannot force", "did you mean 'diarize'?"]),
    "an executor": (["--executor", "proceses"], ["did you mean 'processes'?"]),
    "a stage to set": (["--set", "decod.track=1"], ["no stage", "'decode'"]),
    "a parameter": (["--set", "decode.trakc=1"], ["did you mean 'track'?"]),
    "a parameter without a stage": (["--set", "track=1"], ["--set STAGE.KEY=VALUE"]),
    "an option": (["--langauge", "en"], ["--langauge", "--language"]),
    "a language": (
        ["--asr", "pocketsphinx", "--language", "de"],
        ["pocketsphinx", "language 'de'", "loquitur models pull"],
    ),
    "a count of speakers": (["--speakers", "two"], ["not a number of speakers", "N or MIN-MAX"]),
    "no speakers": (["--speakers", "0"], ["not a number of speakers"]),
    "a section": (["--section", "a-b"], ["expected HH:MM:SS-HH:MM:SS"]),
    "a section backwards": (["--section", "00:00:10-00:00:05"], ["start before end"]),
    "half a section": (["--section", "00:00:10"], ["expected HH:MM:SS-HH:MM:SS"]),
    "jobs": (["--jobs", "0"], ["jobs"]),
    "jobs in words": (["--jobs", "many"], ["many", "not a valid integer"]),
    "a settings file": (["--config", "none.toml"], ["no such settings file", "none.toml"]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_wish_is_one_line_and_nothing_is_done(bench, wrong):
    bench.stock()
    arguments, texts = WRONG[wrong]
    bench.run(*arguments, bench.neighbour).fails(2, *texts)
    assert not bench.out.exists()


def test_a_wrong_command(bench):
    bench("rum", "a.mp4").fails(2, "no command is called 'rum'", "did you mean 'run'?")
    bench("run").fails(2, "INPUT")


def test_a_missing_extra_says_what_to_type(bench, monkeypatch):
    bench.stock()
    absent = dataclasses.replace(
        registry.find("asr", "pocketsphinx"),
        name="whisperx",
        needs=("a_package_that_is_not_installed",),
        extra="whisper",
    )
    monkeypatch.setattr(registry, "BUILTIN", (*registry.BUILTIN, absent))
    said = bench.run("--asr", "whisperx", bench.neighbour, engines=("--diarizer", "none"))
    said.fails(3, "needs a_package_that_is_not_installed", 'pip install "loquitur[whisper]"')
    as_json = bench.run("--json", "--asr", "whisperx", bench.neighbour)
    assert as_json.code == 3
    error = json.loads(as_json.err)["error"]
    assert error["code"] == "LQ-NO-PACKAGE"
    assert error["hint"] == 'pip install "loquitur[whisper]"'


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["--asr", "onnx-asr:parakeet-tdt-0.6b-v3"], "loquitur models pull"),
        (["--diarizer", "dvector"], "loquitur models pull dvector"),
    ],
)
def test_a_missing_model_says_what_to_type(bench, arguments, command):
    bench.run(bench.neighbour, *arguments).fails(3, command)


def test_an_engine_of_a_third_party_that_is_broken(bench):
    said = bench.run("--asr", "broken", bench.neighbour).fails(1, "parrot-engines", "broken")
    assert "parrot_nowhere" in said


@pytest.mark.slow
def test_an_engine_that_fails_stops_one_input_only(bench, clip):
    silent = Path("silent.wav")
    with wave.open(str(silent), "wb") as sink:  # nothing is said in it, so no engine is called
        sink.setparams((1, 2, 16_000, 0, "NONE", ""))
        sink.writeframes(bytes(64_000))
    ended = bench.run("--set", "transcribe.fail=true", "--format", "vtt", clip, silent)
    assert ended.code == 1
    assert [path.name for path in ended.paths] == ["silent.vtt"]
    assert len(ended.errors) == 1
    assert "the parrot has lost its voice" in ended.errors[0]
    assert str(clip) in ended.errors[0]
    bench.run("--format", "vtt", clip).succeeds()


@pytest.mark.parametrize("start", ["00:00:02", "00:10:00"])
def test_a_section_past_the_end(bench, start):
    section = f"{start}-00:11:00"
    said = bench.run("--section", section, bench.neighbour).fails(2, "neighbour.wav", "section")
    assert "the medium ends at 0:02" in said


def test_a_section_that_ends_past_the_end_is_what_is_there(bench):
    bench.run("--section", "00:00:01-00:11:00", "--format", "json", bench.neighbour).succeeds()
    transcript = json.loads((bench.out / "neighbour.json").read_text())
    assert transcript["duration_ms"] == 2_000


def test_results_where_a_file_is(bench):
    bench.stock()
    Path("taken").write_text("mine")
    bench.run("-o", "taken", bench.neighbour).fails(
        1, "cannot write", "taken is a file, not a folder", "another folder with -o"
    )
    assert Path("taken").read_text() == "mine"
    bench.run("-o", "taken/deeper", bench.neighbour).fails(1, "taken", "not a folder")


def test_results_where_a_folder_has_the_name(bench):
    bench.stock()
    (Path("o") / "neighbour.vtt").mkdir(parents=True)
    said = bench.run("-o", "o", bench.neighbour).fails(1, "neighbour.vtt", "it is a folder", "-o")
    assert "cannot write" in said
    assert [each.name for each in Path("o").iterdir()] == ["neighbour.vtt"]


def test_what_was_worked_out_is_not_lost_with_the_place_for_it(bench):
    (Path("taken") / "neighbour.vtt").mkdir(parents=True)
    bench.run("-o", "taken", bench.neighbour).fails(1)
    (document,) = bench.json("-o", "o", bench.neighbour)
    assert all(stage["cached"] for stage in document["stages"])


def test_a_place_that_cannot_be_is_said_before_hours_of_work(bench):
    Path("taken").write_text("mine")
    ended = bench.run("-o", "taken", bench.neighbour)
    assert "done in" not in ended.err


def test_a_folder_for_results_whose_name_is_no_text(bench):
    (document,) = bench.json("-o", "caf\udce9", "--format", "vtt", bench.neighbour)
    assert Path(document["outputs"]["vtt"]).read_text().startswith("WEBVTT")
