"""stderr goes away, another process is at it, `-vv`: what the command line does about its talk."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from loquitur.cli.progress import _Bars, listening, rate
from loquitur.pipeline.events import Event


def command(finished, *arguments):
    wish = []
    for key, value in finished.wish().parameters.items():
        wish += ["--set", f"{key}={value}"]
    return [
        sys.executable, "-m", "loquitur", *map(str, arguments), "--asr", "parrot", "--diarizer",
        "parrot", "--offline", *wish,
    ]  # fmt: skip


def deaf(kind):
    """A descriptor that takes nothing: a pipe nobody reads, or a full device."""
    if kind == "full":
        return os.open("/dev/full", os.O_WRONLY)
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize("kind", ["pipe", "full"])
@pytest.mark.parametrize(
    "style",
    [["-vv"], *(pytest.param(style, marks=pytest.mark.slow) for style in ([], ["--json"]))],
    ids=" ".join,
)
def test_errors_that_nobody_reads_stop_no_work(finished, kind, style):
    if kind == "full" and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    writing = deaf(kind)
    ended = subprocess.run(
        command(finished, "run", "missing.mp4", finished.clip, "-o", finished.out, *style),
        stdout=subprocess.PIPE, stderr=writing, text=True, check=False, env=buffered,
    )  # fmt: skip
    os.close(writing)
    assert ended.returncode == 4
    assert "talk.vtt" in ended.stdout


def test_a_usage_error_that_nobody_reads_keeps_its_code(finished):
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    writing = deaf("pipe")
    for arguments in (["runn"], ["store"], ["run", "--nonsense"]):
        ended = subprocess.run(
            [sys.executable, "-m", "loquitur", *arguments],
            stdout=subprocess.DEVNULL, stderr=writing, check=False, env=buffered,
        )  # fmt: skip
        assert ended.returncode == 2
    os.close(writing)


@pytest.mark.parametrize("arguments", [["--help"], ["settings", "--json"], ["store", "path"]])
def test_a_full_disk_behind_stdout_is_no_defect(settings, arguments):
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full here")
    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "loquitur", *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert ended.returncode == 1
    assert "cannot write the output: No space left on device" in ended.stderr
    assert ended.stderr.count("\n") == 1


# --- rate and time left ---


@pytest.mark.parametrize(
    ("speed", "completed", "elapsed", "base", "expected"),
    [
        (4.0, 30.0, 10.0, 0.0, 4.0),  # what it was of late
        (None, 30.0, 10.0, 0.0, 3.0),  # one chunk has come
        (None, 50.0, 10.0, 40.0, 1.0),  # 40 of them from an earlier run
        (None, 40.0, 0.2, 40.0, None),
        (None, 40.0, 9.0, 40.0, None),
        (None, 0.0, 9.0, 0.0, None),
    ],
)
def test_the_rate_is_known_from_the_first_chunk_on(speed, completed, elapsed, base, expected):
    task = SimpleNamespace(
        speed=speed, completed=completed, elapsed=elapsed, fields={"base": base, "unit": "x"}
    )
    assert rate(task) == expected


def test_bars_show_rate_and_time_left(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("loquitur.cli.progress.SETTLED_S", 0.05)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with listening(quiet=False, verbose=0) as (listen, _):
        listen(Event(kind="start", input="talk.wav", stage="transcribe"))
        time.sleep(0.1)
        listen(
            Event(kind="progress", input="talk.wav", stage="transcribe", done=30_000, total=60_000)
        )
        time.sleep(0.3)
    said = capsys.readouterr().err
    assert "x real time" in said
    assert re.search(r"0:00:0\d", said)


# --- another process is at it ---


def waits(listen):
    for name in ("a/talk.wav", "a/talk.wav", "b.wav"):
        for stage in ("decode", "transcribe", "decode"):
            listen(Event(kind="waiting", input=name, stage=stage))


SAID = [
    f"{name}: {stage}: another process is at it; waiting"
    for name in ("talk.wav", "b.wav")
    for stage in ("decode", "transcribe")
]


def test_waiting_is_told_once_for_each_stage(capsys):
    with listening(quiet=False, verbose=0) as (listen, _):
        waits(listen)
    assert capsys.readouterr().err.splitlines() == SAID
    with listening(quiet=True, verbose=0) as (listen, _):
        waits(listen)
    assert capsys.readouterr().err == ""


def test_waiting_is_told_above_the_bars_too(capsys):
    bars = _Bars()
    waits(bars)
    bars.close()
    assert capsys.readouterr().err.splitlines() == SAID


# --- where an unforeseen error came from ---


@pytest.mark.parametrize("executor", ["local", pytest.param("processes", marks=pytest.mark.slow)])
def test_twice_verbose_shows_where_one_input_failed(speak, finished, executor):
    arguments = ("run", finished.clip, "--executor", executor, "--set", "transcribe.fail=true")
    plain = speak(*arguments)
    assert plain.code == 1
    assert "Traceback" not in plain.err
    told = speak(*arguments, "-vv")
    assert told.code == 1
    assert "Traceback" in told.err
    assert "parrot_engines.py" in told.err
    assert told.err.count("error: ") == 1
