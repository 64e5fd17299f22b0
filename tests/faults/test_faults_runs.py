"""Whatever kills a run, the next one completes it, with the same bytes and nothing done twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NURSERY = Path(__file__).with_name("nursery.py")


@pytest.fixture
def speech(sample, tmp_path):
    """Eight seconds of the sample as a small file of their own."""
    import av

    target = tmp_path / "speech.flac"
    with av.open(str(sample)) as source, av.open(str(target), "w") as sink:
        stream = sink.add_stream("flac", rate=16_000, layout="mono")
        resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
        for frame in source.decode(audio=0):
            if frame.time > 8:
                break
            for piece in resampler.resample(frame):
                sink.mux(stream.encode(piece))
        sink.mux(stream.encode(None))
    return target


def nurse(mode: str, media: Path, folder: Path, *numbers: int) -> dict:
    command = [sys.executable, str(NURSERY), mode, str(media), str(folder), *map(str, numbers)]
    told = os.environ | {"PYTHONFAULTHANDLER": "1"}  # where a child dies of itself, its threads
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=told)
    assert ended.returncode == 0, ended.stderr[-2000:]
    found = json.loads(ended.stdout)
    assert found["problems"] == [], ended.stderr[-8000:]
    return found


@pytest.mark.slow
def test_some_write_points(parrot, speech, tmp_path):
    found = nurse("points", speech, tmp_path / "nursery", 5, 29)
    assert found["kills"] >= 5


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_write_point(parrot, speech, tmp_path, record_property, capsys):
    found = nurse("points", speech, tmp_path / "nursery", 1, 1)
    assert found["kills"] >= 100
    with capsys.disabled():
        print(f"\nkilled at each of {found['kills']} write points: no violation")


@pytest.mark.slow
def test_some_moments(parrot, speech, tmp_path):
    assert nurse("moments", speech, tmp_path / "nursery", 4, 7)["last"] == 4


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_moments(parrot, speech, tmp_path, capsys):
    found = nurse("moments", speech, tmp_path / "nursery", 50, 11)
    with capsys.disabled():
        print(f"\n{found['kills']} kills at 50 random moments: no violation")


@pytest.mark.slow
def test_eight_processes_do_the_work_once(parrot, speech, tmp_path):
    log = tmp_path / "calls"
    command = [
        sys.executable, "-m", "loquitur", "--store", str(tmp_path / "store"), "run", str(speech),
        "-o", str(tmp_path / "out"), "--asr", "parrot", "--diarizer", "parrot", "--offline",
        "--set", f"transcribe.log={log}", "--set", f"diarize.log={log}",
        "--set", "transcribe.pause_s=0.2", "--json",
    ]  # fmt: skip
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    ended = [(process.communicate(), process.returncode) for process in running]
    assert [code for _, code in ended] == [0] * 8, [err for (_, err), _ in ended]
    assert all("locked" not in err for (_, err), _ in ended)
    assert sorted(log.read_text().split()) == ["diarize", "transcribe"]
    worked = [json.loads(out)["stages"] for (out, _), _ in ended]
    made = [stage["stage"] for stages in worked for stage in stages if not stage["cached"]]
    assert sorted(made) == sorted({stage["stage"] for stage in worked[0]})
