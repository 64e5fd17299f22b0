"""docs/label-data.md: its commands and its Python run, and what it names is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from loquitur.cli.main import _run
from loquitur.vision.labels.dataset import SCHEMA
from loquitur.vision.labels.dataset_files import SUFFIXES, parse_index
from loquitur.vision.labels.records import layout
from loquitur.vision.labels.records.framing import Kind

PAGE = (Path(__file__).parents[2] / "docs" / "label-data.md").read_text(encoding="utf-8")


def commands():
    block = PAGE.split("```\n", 1)[1].split("```", 1)[0]
    return [shlex.split(line.split("  #")[0]) for line in block.splitlines()]


@pytest.mark.timeout(120)
def test_the_commands_run_and_then_the_python(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for words in commands():
        assert words[:3] == ["loquitur", "label", "data"]
        jobs = ["--jobs", "1"] if words[3] == "sample" else []
        assert _run([*words[1:], *jobs]) == 0, words
    assert {path.name for path in tmp_path.iterdir()} >= {
        "pets", "pets-gz", "pets-columns", "pets-means",
    }  # fmt: skip
    capsys.readouterr()
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "label-data.md", "exec"), {})
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2  # of two shards with fewer than 64 videos each


def test_the_dataset_json_of_the_page_is_one():
    (document,) = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    info, shards = parse_index(document.encode(), "dataset.json")
    assert (info.labels, info.streams[0].dimension, shards) == (40, 512, ())


def test_what_the_page_names_is_there():
    for kind in get_args(Kind):
        assert f"| `{kind}` |" in PAGE
    for suffix in (".tfrecord", ".tfrecord.gz", ".safetensors"):
        assert suffix in SUFFIXES
        assert f"`{suffix}`" in PAGE
    assert f"`{SCHEMA}`" in PAGE
    for name in (*layout.IDS, *layout.SEGMENTS, *layout.TEXTS, *layout.ALIASES):
        assert f"`{name}`" in PAGE
