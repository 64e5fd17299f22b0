"""`library add` of channels and addresses, as a user types it, against the emulated site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loquitur.cli.library_stocking import parted
from loquitur.cli.main import _run
from loquitur.emulator import Emulator

SRT = "1\n00:00:01,000 --> 00:00:04,000\nThe keeper of the lighthouse writes a diary.\n"
PLAN = {
    "channel": [{"key": "keeper", "title": "The Keeper", "handle": "@keeper"}],
    "video": [
        {"key": one, "id": one, "title": f"Storm {one}", "channel": "keeper", "duration_s": 60}
        for one in ("keepervid00", "keepervid01")
    ],
    "captions": {"tracks": [{"video": "keepervid00", "language": "en", "text": SRT}]},
    "timed_text": {"failures": {"keepervid01": "no-captions"}},
}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def emulator():
    with Emulator(seed=1, plan=PLAN) as running:
        yield running


@pytest.fixture
def typed(tmp_path, emulator, monkeypatch, capsys):
    monkeypatch.setenv("LOQUITUR_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("LOQUITUR_LIBRARIES", str(tmp_path / "libraries"))
    monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", emulator.endpoint)
    monkeypatch.setenv("LOQUITUR_YOUTUBE_API_KEY", emulator.api_key)

    def run(*arguments):
        code = _run(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_a_channel_twice(typed):
    code, out, _ = typed("library", "add", "@keeper", "--dry-run", "--json")
    assert code == 0
    assert json.loads(out) == {
        "would_add": [{"input": "@keeper", "known": 0, "new": 2}], "failed": [],
    }  # fmt: skip
    add = ("library", "add", "@keeper", "--captions-only", "--sleep", "0")
    code, out, err = typed(*add)
    assert code == 5
    assert "Storm keepervid00" in out
    assert "it has no captions" in err
    assert "2 of 2 parts new or changed; 1 input failed\n1 by captions\n" in err
    code, out, _ = typed(*add, "--json")
    found = json.loads(out)
    assert code == 5
    assert found["added"] == []
    assert {one["input"]: one["how"] for one in found["inputs"]} == {
        "keepervid00": "known", "keepervid01": None,
    }  # fmt: skip
    code, out, _ = typed("library", "list", "--json")
    assert [one["media_id"] for one in json.loads(out)] == ["youtube:keepervid00"]


def test_a_survey_makes_no_library_and_tells_what_cannot_be_told(typed, tmp_path):
    code, out, err = typed("library", "add", "keepervid00", "@nobody", "--dry-run", "--json")
    found = json.loads(out)
    assert code == 5, err
    assert found["would_add"] == [{"input": "keepervid00", "known": 0, "new": 1}]
    assert [one["input"] for one in found["failed"]] == ["@nobody"]
    assert not (tmp_path / "libraries").exists()


def test_options_that_leave_nothing(typed):
    code, _, err = typed("library", "add", "@keeper", "--no-captions", "--captions-only")
    assert code == 2
    assert "leave nothing" in err


def test_which_media_of_a_folder_are_heard(tmp_path):
    names = (
        "a/only.mp4",
        "a/only.info.json",
        "a/only.jpg",
        "b/told.mkv",
        "b/told.de.srt",
        "c/x.ts",
    )
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(SRT if name.endswith("srt") else "{}")
    files, addresses = parted([str(tmp_path / name) for name in "abc"])
    assert files == [tmp_path / "b", tmp_path / "c"]
    assert addresses == [str(tmp_path / "a" / "only.mp4")]
    (tmp_path / "c" / "x.ts").write_bytes(b"G\x40\x00\x10")
    assert parted([str(tmp_path / "c")]) == ([], [str(tmp_path / "c" / "x.ts")])
    inputs = ["nowhere.srt", "@keeper", "dQw4w9WgXcQ", "youtu.be/dQw4w9WgXcQ", "x" * 5_000]
    assert parted(inputs) == ([Path(inputs[0]), Path(inputs[4])], inputs[1:4])


def test_media_whose_words_lie_beside_them_are_not_heard(typed, tmp_path):
    folder = tmp_path / "talks"
    folder.mkdir()
    (folder / "talk.srt").write_text(SRT)
    (folder / "talk.mp4").write_bytes(b"no film at all")
    code, out, err = typed("library", "add", str(folder), "--json")
    found = json.loads(out)
    assert code == 0, err
    assert [one["part"] for one in found["added"]] == ["speech:en"]
    assert found["inputs"] == []
