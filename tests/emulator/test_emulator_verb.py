"""`youtube emulate` as users start it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from loquitur.cli.main import main

OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_tells_where_it_is_and_stops_when_told(number: int, tmp_path: Path) -> None:
    world = tmp_path / "world.toml"
    world.write_text("[quota]\nsearch = 7\n")
    command = [sys.executable, "-m", "loquitur", "youtube", "emulate", "--world", str(world),
               "--faults", "5%", "--seed", "3"]  # fmt: skip
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        told = json.loads(running.stdout.readline())
        assert told["environment"]["LOQUITUR_YOUTUBE_ENDPOINT"] == told["endpoint"]
        with OPEN(told["endpoint"] + "/emulator/credentials", timeout=60) as answer:
            found = json.load(answer)
        assert (found["api_key"], found["token"]) == (told["api_key"], told["token"])
        with OPEN(told["endpoint"] + "/emulator/quota", timeout=60) as answer:
            assert json.load(answer)["limits"]["search"] == 7
        with OPEN(told["endpoint"] + "/emulator/faults", timeout=60) as answer:
            assert json.load(answer)["rate"] == 0.05
        running.send_signal(number)
        out, err = running.communicate(timeout=10)
    assert (running.returncode, out) == (0, "")
    assert "Traceback" not in err


def _refused(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as left:
        main(["youtube", "emulate", *options])
    return left.value.code, capsys.readouterr().err


def test_a_taken_port_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, err = _refused(capsys, "--port", str(port))
    assert code == 2
    assert f"port {port} is taken" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("w.toml", "[quota]\ngold = 1\n", "quota.gold: no such bucket"),
        ("w.toml", "[quota]\nsearch = -1\n", "quota.search is a whole number from 0 to"),
        ("w.toml", "projects = 0\n", "projects is a whole number from 1 to"),
        ("w.toml", "quota = 3\n", "quota is a table"),
        ("w.toml", "[faults]\nrate = 3\n", "faults: faults.rate must be from 0 to 1"),
        ("w.toml", "[[faults.schedule]]\nkind = 'x'\n", "faults: no fault is called 'x'"),
        ("w.toml", "[login]\nmood = 'x'\n", "login.mood: unknown"),
        ("w.toml", "[quotas]\nsearch = 1\n", "a world has no 'quotas'"),
        ("w.toml", "pool = 'many'\n", "the world's plan: "),
        ("w.toml", "captions = 3\n", "captions: the world's 'captions' must be a table"),
        ("w.toml", "[captions]\nsyncing_lists = 'x'\n", "captions.syncing_lists must count"),
        ("w.toml", "[[captions.tracks]]\nvideo = 'x'\n", "captions: wrong track"),
        ("w.toml", "[[chats]]\nvideo = 3\n", "the world's plan: chats: "),
        ("w.toml", "owners = 3\n", "owners is a list of channel ids"),
        ("w.toml", "a = \n", "w.toml: Invalid value (at line 1, column 5)"),
        ("w.json", '{"quota": ', "w.json: Expecting value"),
        ("w.json", "[]", "a world file is a table"),
        ("w.json", None, "w.json: No such file or directory"),
    ],
)
def test_a_wrong_world_names_the_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str | None, said: str
) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    code, err = _refused(capsys, "--world", str(path))
    assert code == 4
    assert said in err
    assert name in err


@pytest.mark.parametrize("rate", ["often", "2", "-1%", "101%"])
def test_a_rate_is_a_share(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, err = _refused(capsys, f"--faults={rate}")
    assert code == 2
    assert "--faults is a share from 0 to 1" in err
