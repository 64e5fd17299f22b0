"""`run`, `plan`, stage verbs: data on stdout, talk on stderr, JSON as the contract has it."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RUN_KEYS = ["input", "media_id", "duration_ms", "language", "speakers", "outputs", "stages"]
STAGES = ["acquire", "decode", "detect", "transcribe", "diarize", "emotion", "weave", "subtitle"]


# --- the shape of --json ---


def test_run_json_is_the_contract(speak, finished):
    answer = speak("run", finished.clip, "-o", finished.out, "--json", "--format", "vtt,srt")
    assert answer.code == 0
    assert answer.err == ""
    found = answer.json
    assert list(found)[: len(RUN_KEYS)] == RUN_KEYS
    assert found["input"] == str(finished.clip)
    assert found["media_id"].startswith("sha256:")
    assert len(found["media_id"]) == 71
    assert found["duration_ms"] == pytest.approx(6000, abs=50)
    assert (found["language"], found["speakers"]) == ("en", 2)
    assert found["outputs"] == {
        "vtt": str(finished.out / "talk.vtt"),
        "srt": str(finished.out / "talk.srt"),
    }
    assert [stage["stage"] for stage in found["stages"]] == STAGES
    for stage in found["stages"]:
        assert list(stage) == ["stage", "engine", "model", "cached", "seconds"]
        assert stage["cached"] is True
        assert stage["seconds"] == 0
    engines = {stage["stage"]: stage["engine"] for stage in found["stages"]}
    assert engines["transcribe"] == engines["diarize"] == "parrot"
    assert engines["weave"] is None


def test_a_first_run_says_what_it_made(loquitur, workshop):
    answer = loquitur(
        "run", workshop.clip, "-o", workshop.out, "--asr", "parrot", "--diarizer", "none", "--json"
    )
    assert answer.code == 0
    stages = {stage["stage"]: stage for stage in answer.json["stages"]}
    assert "diarize" not in stages
    assert not any(stage["cached"] for stage in stages.values())
    assert all(stage["seconds"] >= 0 for stage in stages.values())
    assert answer.json["speakers"] == 1
    document = json.loads((workshop.out / "talk.json").read_text())
    assert document["schema"] == "loquitur/transcript/1"
    assert document["media_id"] == answer.json["media_id"]


def test_many_inputs_are_json_lines(speak, finished):
    shutil.copy(finished.clip, finished.root / "twin.wav")
    answer = speak("run", finished.clip, finished.root / "twin.wav", "--json")
    assert answer.code == 0
    assert [row["input"] for row in answer.lines] == [
        str(finished.clip), str(finished.root / "twin.wav"),
    ]  # fmt: skip


def test_a_failure_is_json_on_stderr_and_the_rest_goes_on(speak, finished):
    answer = speak("run", "missing.mp4", finished.clip, "--json")
    assert answer.code == 4
    assert [row["input"] for row in answer.lines] == [str(finished.clip)]
    assert "missing.mp4" in answer.error["message"]
    assert answer.error["code"].startswith("LQ-")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["missing.mp4"], 4),
        (["text.mp4"], 4),
        (["http://"], 4),
        (["missing.mp4", "--asr", "whispr"], 2),
        (["missing.mp4", "--profile", "best"], 3),
        (["missing.mp4", "--diarizer", "dvector"], 3),
        (["missing.mp4", "--language", "de"], 2),
        (["missing.mp4", "--speakers", "0"], 2),
        (["missing.mp4", "--section", "2:00-1:00"], 2),
        (["missing.mp4", "--set", "weave.pause_ms=0"], 2),
        (["missing.mp4", "--force", "dance"], 2),
    ],
)
def test_exit_codes_and_one_line_each(loquitur, tmp_path, arguments, code):
    (tmp_path / "text.mp4").write_text("no medium")
    answer = loquitur("run", *arguments, "-q")
    assert answer.code == code
    assert answer.out == ""
    assert answer.err.count("\n") == 1
    assert answer.err.startswith("error: ")
    assert loquitur("run", *arguments, "--json").error["message"]


def test_failures_of_different_kinds_are_exit_1(speak, finished):
    answer = speak("run", "missing.mp4", finished.clip, "--set", "transcribe.fail=true", "-q")
    assert answer.code == 1
    assert "lost its voice" in answer.err


def test_the_summary_names_what_failed(speak, finished):
    answer = speak("run", "missing.mp4", finished.clip)
    assert answer.code == 4
    lines = answer.err.splitlines()
    assert lines[-2] == "1 of 2 inputs done, 1 failed:"
    assert lines[-1] == "  acquire: missing.mp4: no such file or folder"
    assert "talk.vtt" in answer.out


def test_the_summary_says_what_to_type(speak, finished):
    (finished.root / "talk.wave.mp4").write_text("no medium")
    answer = speak("run", finished.root / "talk.wave.mp4", finished.clip, "missing.mp4")
    summary = answer.err.partition("inputs done, 2 failed:")[2].splitlines()
    assert "(accepted: mp4" in summary[1]
    assert answer.err.count("talk.wave.mp4") == 2  # the error, and the summary once


# --- data and talk ---


def test_stdout_has_data_and_stderr_has_talk(speak, finished):
    answer = speak("run", finished.clip, "-o", finished.out)
    assert answer.out.splitlines() == [
        str(finished.out / f"talk.{name}") for name in ("vtt", "srt", "json", "txt")
    ]
    assert answer.err == ""  # every stage came from the store
    verbose = speak("run", finished.clip, "-v")
    stored = [line for line in verbose.err.splitlines() if "from the store" in line]
    assert [line.split()[1] for line in stored] == STAGES
    forced = speak("run", finished.clip, "--force", "diarize")
    assert "talk.wav: diarize done in" in forced.err
    assert "\r" not in forced.err
    assert "\x1b" not in forced.err + forced.out
    quiet = speak("run", finished.clip, "--force", "diarize", "-q")
    assert quiet.err == ""


def test_notices_go_to_stderr_and_into_the_json(loquitur, workshop):
    arguments = ("weave", workshop.clip, "--asr", "parrot")
    answer = loquitur(*arguments)
    assert answer.err.count("speakers are not told apart") == 1
    assert "speakers are not told apart" not in answer.out
    found = loquitur(*arguments, "--json")
    assert found.err == ""
    assert len(found.json["notices"]) == 1
    assert "loquitur models pull pyannet" in found.json["notices"][0]


@pytest.mark.parametrize("place", ["before", "after", "both"])
def test_global_options_stand_before_or_after_the_verb(loquitur, tmp_path, place):
    own = ["--store", tmp_path / "own", "-q", "--no-color"]
    before = own if place == "before" else ["--store", tmp_path / "x"] if place == "both" else []
    after = [] if place == "before" else own
    answer = loquitur(*before, "store", "path", *after)
    assert answer.out == f"{tmp_path / 'own'}\n"


def test_a_list_on_standard_input(speak, finished):
    answer = speak("run", "-", "--json", stdin=f"# talks\n\n{finished.clip}\n")
    assert [row["input"] for row in answer.lines] == [str(finished.clip)]
    assert speak("plan", "-", stdin=f"{finished.clip}\n").out.count("stored") == len(STAGES)


@pytest.mark.parametrize("verb", ["run", "plan", "transcribe"])
def test_an_empty_list_is_told_and_no_failure(speak, finished, verb):
    answer = speak(verb, "-", stdin="# none today\n")
    assert (answer.code, answer.out) == (0, "")
    assert answer.err == "nothing to do: the list on standard input is empty\n"
    assert speak(verb, "-", "-q").err == ""


@pytest.mark.parametrize("name", ["na\udcefve.wav", "two\nlines\x1b[31m.wav", "ünï 🎈.wav"])
def test_names_that_do_not_print_are_printed(speak, finished, name):
    path = finished.root / name
    shutil.copy(finished.clip, os.fsencode(path))
    for verb in ("run", "plan", "acquire", "weave"):
        answer = speak(verb, path, "-v")
        assert answer.code == 0, answer.err
        assert (answer.out + answer.err).isprintable() or "\x1b" not in answer.out + answer.err
        found = speak(verb, path, "--json")
        assert found.code == 0
        found.out.encode()  # no lone surrogates
        json.loads(found.out)
    answer = speak("run", path, path.with_name(name + ".none"))
    assert answer.code == 4
    answer.err.encode()
    assert len(answer.err.splitlines()) == 3


def test_addresses_are_shown_without_passwords_and_keys(loquitur):
    answer = loquitur("run", "ftp://me:hush@host/talk.mp4?token=hush", "missing.mp4")
    assert answer.code == 4
    assert "host/talk.mp4" in answer.err
    assert "hush" not in answer.err


def test_notes_of_a_transcript_are_told(loquitur, workshop):
    import wave

    with wave.open(str(workshop.root / "quiet.wav"), "wb") as sink:
        sink.setnchannels(1)
        sink.setsampwidth(2)
        sink.setframerate(16_000)
        sink.writeframes(bytes(32_000))
    arguments = ("run", "quiet.wav", "-o", "o", "--asr", "parrot", "--diarizer", "none")
    answer = loquitur(*arguments)
    assert answer.code == 0
    assert "quiet.wav: no speech was found" in answer.err.splitlines()
    assert loquitur(*arguments, "--json").json["notes"] == ["no speech was found"]


# --- the other verbs ---


@pytest.mark.parametrize(
    ("verb", "said"),
    [
        ("acquire", "media_id: sha256:"),
        ("transcribe", "confidence"),
        ("diarize", "SPEAKER_01"),
        ("emotion", "arousal"),
        ("weave", "SPEAKER_00"),
        ("subtitle", "<v SPEAKER_00"),
    ],
)
def test_stage_verbs_show_their_result(speak, finished, verb, said):
    answer = speak(verb, finished.clip)
    assert answer.code == 0
    assert said in answer.out
    assert finished.calls() == []
    found = speak(verb, finished.clip, "--json").json
    assert [stage["stage"] for stage in found["stages"]][-1] == verb
    assert found["result"]["schema"].startswith("loquitur/")
    written = speak(verb, finished.clip, "-o", finished.root / verb)
    assert written.code == 0
    assert all(Path(line).exists() for line in written.out.splitlines())
    assert len(list((finished.root / verb).iterdir())) >= 1


@pytest.mark.parametrize(
    ("verb", "wanted", "said"),
    [
        ("weave", "vtt,txt", "weave writes no vtt (run and subtitle do)\n"),
        ("diarize", "vtt,json", "diarize writes no vtt (run and subtitle do)\n"),
        ("subtitle", "vtt", ""),
    ],
)
def test_a_format_that_a_stage_cannot_give_is_told(speak, finished, verb, wanted, said):
    answer = speak(verb, finished.clip, "-o", finished.out, "--format", wanted)
    assert (answer.code, answer.err) == (0, said)
    assert speak(verb, finished.clip, "-o", finished.out, "--format", wanted, "-q").err == ""
    assert speak("weave", finished.clip, "-o", finished.out).err == ""  # not asked for by name


def test_plan_as_a_table_and_as_json(loquitur, workshop):
    wish = ["--asr", "parrot", "--diarizer", "none"]
    before = loquitur("plan", workshop.clip, *wish)
    assert before.code == 0
    lines = before.out.splitlines()
    assert lines[0].split() == ["input", "stage", "engine", "state", "cost"]
    after = [line.removeprefix(str(workshop.clip)) for line in lines[1:]]  # may hold blanks
    assert [line.split()[0] for line in after] == [s for s in STAGES if s != "diarize"]
    assert "to run" in lines[1]
    assert "to run" in lines[2]
    both = loquitur("plan", "missing.mp4", workshop.clip, *wish)
    assert both.code == 4
    assert "missing.mp4" in both.err
    assert "transcribe" in both.out
    assert loquitur("run", workshop.clip, *wish, "-q").code == 0
    rows = loquitur("plan", workshop.clip, *wish, "--json").json
    assert all(row["cached"] for row in rows)
    assert rows[0].keys() >= {"input", "stage", "engine", "model", "key", "cached", "estimate_s"}
    told = loquitur("run", workshop.clip, *wish, "--json").json["stages"]
    assert [(row["stage"], row["engine"], row["model"]) for row in rows] == [
        (stage["stage"], stage["engine"], stage["model"]) for stage in told
    ]
    forced = loquitur("plan", workshop.clip, *wish, "--force", "weave", "--json").json
    assert [row["stage"] for row in forced if not row["cached"]] == ["weave", "subtitle"]


def test_store_verbs(loquitur, finished):
    usage = {row["stage"]: row for row in loquitur("store", "ls", "--json").json}
    assert usage.keys() == set(STAGES)
    assert "transcribe" in loquitur("store", "ls").out
    (row,) = loquitur("store", "ls", "--stage", "weave", "--json").json
    assert row["key"][:12] in loquitur("store", "ls", "--stage", "weave").out
    shown = loquitur("store", "show", row["key"][:10], "--content").json
    assert shown["stage"] == "weave"
    assert shown["inputs"].keys() == {"audio", "words", "turns", "feelings"}
    assert "utterances" in json.dumps(shown["artifact"])
    by_object = loquitur("store", "show", shown["outputs"]["artifact"]).json
    assert by_object["key"] == row["key"]
    by_medium = loquitur("store", "show", shown["media_id"]).json
    assert len(by_medium) >= len(STAGES)
    for wrong, code in (("ffffffffffffff", 2), ("no-digits", 2)):
        assert loquitur("store", "show", wrong).code == code
    assert loquitur("store", "path").out == f"{finished.settings.store}\n"


def test_parts_of_a_stage_are_no_results(loquitur, finished):
    usage = {row["stage"]: row for row in loquitur("store", "ls", "--json").json}
    assert usage["transcribe"]["parts"] > 0
    found = loquitur("store", "ls", "--stage", "transcribe", "--json").json
    assert len(found) == usage["transcribe"]["results"]
    assert not any(row["part_of"] for row in found)


def test_store_gc_and_verify(loquitur, finished):
    sound = next(row for row in loquitur("store", "ls", "--json").json if row["stage"] == "decode")[
        "size_bytes"
    ]
    dry = loquitur("store", "gc", "--max-mb", "0", "--grace-hours", "0", "--dry-run")
    assert dry.out.startswith("would free")
    done = loquitur("store", "gc", "--max-mb", "0", "--grace-hours", "0", "--json").json
    assert done["freed_bytes"] >= sound - 10_000
    assert loquitur("store", "verify", "--json").json["clean"] is True  # evicted is not damaged


def test_store_verify_finds_and_repairs_damage(loquitur, finished):
    assert "clean" in loquitur("store", "verify").out
    (row,) = loquitur("store", "ls", "--stage", "weave", "--json").json
    from loquitur.store import Store

    path = Store.open(finished.settings.store).path(row["outputs"]["artifact"])
    path.chmod(0o600)
    path.write_bytes(b"rust")
    answer = loquitur("store", "verify")
    assert answer.code == 1
    assert "DAMAGED" in answer.out
    assert f"bad: {row['outputs']['artifact']}" in answer.out
    assert loquitur("store", "verify", "--repair").code == 0
    assert loquitur("store", "verify", "--json").json["clean"] is True


# --- real streams ---


def command(finished, *arguments):
    wish = []
    for key, value in finished.wish().parameters.items():
        wish += ["--set", f"{key}={value}"]
    return [
        sys.executable, "-m", "loquitur", *map(str, arguments), "--asr", "parrot", "--diarizer",
        "parrot", "--offline", *wish,
    ]  # fmt: skip


def test_a_reader_that_goes_away_leaves_no_traceback(finished):
    script = 'set -o pipefail; "$@" | head -1'
    arguments = command(finished, "weave", *[finished.clip] * 200)
    ended = subprocess.run(
        ["bash", "-c", script, "-", *arguments], capture_output=True, text=True, check=False
    )
    assert ended.stdout.count("\n") == 1
    assert "Traceback" not in ended.stderr
    assert "Exception ignored" not in ended.stderr
    assert ended.returncode == 0


def test_listeners_that_go_away_stop_no_work(finished):
    """stderr is a closed pipe: whoever read the talk has left, the run goes on."""
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        command(finished, "run", finished.clip, "-o", finished.out, "--force", "transcribe"),
        stdout=subprocess.PIPE,
        stderr=writing,
        text=True,
        check=False,
    )
    os.close(writing)
    assert ended.returncode == 0
    assert len(ended.stdout.splitlines()) == 4


def on_terminal(arguments, *, stdout=None):
    """Runs a command with stderr (and stdout, where not given) on a pseudo-terminal."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        arguments,
        stdin=theirs,
        stdout=theirs if stdout is None else stdout,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"},
    )
    os.close(theirs)
    seen = b""
    while True:
        ready, _, _ = select.select([ours], [], [], 60)
        assert ready, seen
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    return process.wait(60), seen.decode(errors="replace")


def test_bars_on_a_terminal_and_data_in_the_file(finished):
    shutil.copy(finished.clip, finished.root / "[red]talk[bold].wav")
    target = finished.root / "answer.json"
    arguments = command(
        finished, "run", finished.root / "[red]talk[bold].wav", "-o", finished.out, "--json",
        "--force", "transcribe", "--set", "transcribe.pause_s=0.6",
    )  # fmt: skip
    with target.open("wb") as file:
        code, seen = on_terminal(arguments, stdout=file)
    assert code == 0, seen
    assert "transcribe" in seen
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)
    assert "[red]talk[bold].wav transcribe" in plain  # the bar; a name is no markup
    assert "[red]talk[bold].wav: transcribe" in plain  # the line that stays
    assert "\x1b[" in seen
    assert "Traceback" not in seen
    assert json.loads(target.read_text())["input"].endswith(".wav")
    assert target.read_text().count("\n") == 1


@pytest.mark.slow
def test_everything_on_a_terminal(finished):
    arguments = command(
        finished, "run", finished.clip, "-o", finished.out, "--force", "diarize",
        "--set", "diarize.pause_s=0.3",
    )  # fmt: skip
    code, seen = on_terminal(arguments)
    assert code == 0, seen
    assert "diarize" in seen
    assert str(finished.out / "talk.vtt") in seen.replace("\r\n", "").replace("\n", "")
    code, plain = on_terminal([*arguments, "--no-color", "-q"])
    assert code == 0
    assert "diarize" not in plain


def test_a_stored_result_draws_no_bars(finished):
    code, seen = on_terminal(command(finished, "run", finished.clip, "-o", finished.out))
    assert code == 0
    assert "━" not in seen
    assert "\x1b[?25l" not in seen
    assert "talk.vtt" in seen


def test_a_narrow_encoding_is_no_failure(finished):
    shutil.copy(finished.clip, finished.root / "ü🎈.wav")
    ended = subprocess.run(
        command(finished, "run", finished.root / "ü🎈.wav", "-o", finished.out),
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )
    assert ended.returncode == 0, ended.stderr
    assert "ü\\U0001f388.vtt".encode("latin-1") in ended.stdout
