"""`library add` of channels and addresses, as a user types it, against the emulated site."""

from __future__ import annotations

import json

import pytest

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


def test_options_that_leave_nothing(typed):
    code, _, err = typed("library", "add", "@keeper", "--no-captions", "--captions-only")
    assert code == 2
    assert "leave nothing" in err


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
