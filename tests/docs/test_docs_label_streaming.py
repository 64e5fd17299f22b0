"""The page about streaming: its Python runs on what its first command makes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from click.testing import CliRunner

from loquitur.cli.main import cli
from loquitur.vision.labels.feeding import holding, order, sharded
from loquitur.vision.labels.feeding.batches import MOST_ROWS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "label-streaming.md").read_text()


def test_its_python_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    command = next(line for line in PAGE.splitlines() if line.startswith("loquitur label data"))
    words = shlex.split(command)
    words[words.index("400")] = "60"  # the same, in less time
    made = CliRunner().invoke(cli, words[1:])
    assert made.exit_code == 0, made.output
    first, second = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    known: dict = {}
    exec(first, known)
    assert known["rows"].shape[2] == 1024
    assert str(known["rows"].dtype) == "uint8"
    steps, videos, skipped = capsys.readouterr().out.split(maxsplit=2)
    assert int(steps) == -(-int(videos) // 32)
    assert skipped.strip() == "()"
    exec(second, known)
    assert int(capsys.readouterr().out.split()[0]) == int(videos)


def test_its_numbers_are_those_of_the_code():
    assert f"blocks of {order.BLOCK} neighbours" in PAGE
    assert f"windows of {order.BUFFER:,} records" in PAGE
    assert f"blocks of {holding.FAR_BLOCK} records" in PAGE
    assert f"more than {MOST_ROWS} rows" in PAGE
    assert {8: "eight"}[sharded.MOST_UNPACKED] + " at a time" in PAGE
