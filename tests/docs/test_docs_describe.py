"""docs/describe.md: its commands exist, its engines are those there are, its Python runs."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import av
import numpy as np
import pytest

from loquitur import registry
from loquitur.cli.main import cli

PAGE = (Path(__file__).parents[2] / "docs" / "describe.md").read_text(encoding="utf-8")


FENCED = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def blocks(kind):
    return [text for name, text in FENCED if name == kind]


COMMANDS = [line for block in blocks("") for line in block.splitlines() if line]


@pytest.mark.parametrize("line", COMMANDS)
def test_the_commands_exist_with_their_options(line):
    words = shlex.split(line, comments=True)
    assert words[0] == "loquitur"
    command, rest = cli, words[1:]
    while hasattr(command, "get_command"):
        command, rest = command.get_command(None, rest[0]), rest[1:]
        assert command is not None, line
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    assert {word for word in rest if re.fullmatch(r"--[a-z-]+|-[a-z]", word)} <= known


def test_the_table_has_every_describer_and_no_other():
    table = PAGE.partition("## Which describer")[2].partition("Models are fetched")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = set(re.findall(r"`([a-z0-9-]+)`", " ".join(rows)))
    assert named == {spec.name for spec in registry.specs("description")}


def test_the_document_is_one():
    (document,) = map(json.loads, blocks("json"))
    assert set(document["descriptions"][0]) == {"start_ms", "end_ms", "text", "score"}


@pytest.mark.slow
def test_the_python_runs(tmp_path, monkeypatch, settings, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOQUITUR_OFFLINE", "true")
    with av.open("film.mp4", "w") as output:
        stream = output.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "yuv420p"
        for _ in range(60):
            frame = av.VideoFrame.from_ndarray(np.full((36, 64, 3), 250, np.uint8), format="rgb24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    exec(blocks("python")[0], {})
    assert capsys.readouterr().out.splitlines() == [
        "0 4000 The picture is plain white.",
        "2000 6000 The picture is plain white.",
    ]
