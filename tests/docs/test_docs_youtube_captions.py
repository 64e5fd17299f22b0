"""docs/youtube-captions.md: its commands print what the page says, against the emulator."""

from __future__ import annotations

import io
import re
import shlex
import shutil
import sys
import tomllib
from pathlib import Path

import pytest

from loquitur.cli.main import _run
from loquitur.emulator import Emulator

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "youtube-captions.md"
TIMES = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(?: UTC)?|done in [\d.]+ s|about \d+ s")
SIZES = re.compile(r"\d[\d,]* (?:cues|bytes)")
"""What a recogniser hears may differ by a word from processor to processor."""


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def pairs(kind: str) -> list[tuple[str, str]]:
    """Each command of some blocks, with what the page says that it prints."""
    found = []
    for block in blocks(kind):
        for piece in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = piece.partition("\n")
            found.append((command, printed.strip("\n")))
    return found


@pytest.fixture
def place(settings, tmp_path, monkeypatch):
    for name in ("LOQUITUR_YOUTUBE_API_KEY", "LOQUITUR_YOUTUBE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name in ("config", "cache", "data"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(tmp_path / name))
    monkeypatch.setenv("LOQUITUR_OFFLINE", "true")
    monkeypatch.setenv("LOQUITUR_EXECUTOR", "local")
    monkeypatch.chdir(tmp_path)
    for name, text in zip(("talk", "better"), blocks("srt"), strict=True):
        (tmp_path / f"{name}.en.srt").write_text(text)
    with Emulator(seed=1, plan=tomllib.loads(blocks("toml")[0])) as emulator:
        monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", emulator.endpoint)
        yield tmp_path


def plain(text: str) -> str:
    return TIMES.sub("*", text)


def printed(command: str, monkeypatch) -> str:
    """What a command line prints, stdout and stderr as a terminal shows them."""
    screen = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with monkeypatch.context() as patched:
        for stream in ("stdout", "stderr"):
            patched.setattr(sys, stream, screen)
        patched.setattr(sys, "stdin", io.StringIO(""))
        _run(shlex.split(command)[1:])
    return plain(screen.buffer.getvalue().decode().strip("\n"))


def test_the_commands_print_what_the_page_says(place, monkeypatch):
    commands = pairs("console")
    assert len(commands) > 10
    for command, said in commands:
        assert printed(command, monkeypatch) == plain(said), command


@pytest.mark.slow
def test_the_runs_print_what_the_page_says(place, sample, monkeypatch):
    shutil.copy(sample, place / sample.name)
    for command, _ in pairs("console")[:1]:
        printed(command, monkeypatch)
    for command, said in pairs("console run"):
        found = printed(command, monkeypatch)
        if "is not in the model cache" in found:
            pytest.skip("the models of the page are not here")
        # stages that wait for nothing of one another end in either order
        ours, theirs = (sorted(SIZES.sub("*", text).splitlines()) for text in (found, plain(said)))
        assert ours == theirs, command


def test_the_page_names_every_verb():
    from loquitur.cli.youtube_captions import captions

    for verb in captions.commands:
        assert f"youtube captions {verb} " in PAGE.read_text(encoding="utf-8"), verb
