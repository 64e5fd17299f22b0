"""docs/describe-data.md: its commands and its Python run, and what it names is there."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from pathlib import Path
from typing import get_args

import click
import pytest

from loquitur import clip_sources
from loquitur.cli import describe_check, describe_corpora
from loquitur.testing import tiny_corpora as tiny
from loquitur.vision import soundness
from loquitur.vision.corpora import KINDS, gathering, msvd, own, read

PAGE = (Path(__file__).parents[2] / "docs" / "describe-data.md").read_text(encoding="utf-8")
VERBS: dict[str, click.Command] = {
    **{name: getattr(describe_corpora, name) for name in KINDS},
    "check": describe_check.check,
}


def commands():
    block = PAGE.split("```\n", 1)[1].split("```", 1)[0]
    return [shlex.split(line.split("  #")[0]) for line in block.splitlines()]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_the_commands_exist_with_their_options(words):
    assert words[:3] == ["loquitur", "describe", "data"]
    if words[3] == "shapes":
        return
    known = {name for option in VERBS[words[3]].params for name in option.opts}
    assert {word for word in words[4:] if word.startswith("-")} <= known


def test_every_corpus_has_its_row_and_its_columns():
    for name in KINDS:
        assert f"| `{name}` |" in PAGE
    assert ",".join(msvd.COLUMNS) in PAGE
    for name in ("clip", "video", "source", "start", "end", "start_ms", "end_ms"):
        assert any(name in names for names in own.COLUMNS.values())
        assert f"`{name}`" in PAGE
    assert f"{gathering.MOST_CHARS:,} characters" in PAGE
    assert (msvd.TRAIN, msvd.VALIDATION, msvd.ALL) == (1200, 1300, 1970)


def test_the_python_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    tiny.write_table(tmp_path, tiny.films()).rename(tmp_path / "mine.csv")
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "describe-data.md", "exec"), {})
    assert "commonest" not in capsys.readouterr().out
    assert len(read("mine.jsonl").clips) == 12


def test_the_line_is_one_of_ours(tmp_path):
    (line,) = re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL)
    (tmp_path / "a.jsonl").write_text(line, encoding="utf-8")
    (clip,) = read(tmp_path / "a.jsonl").clips
    assert json.loads(line)["clip"] == clip.clip_id
    assert [one.language for one in clip.sentences] == ["en", ""]


def test_states_rows_and_codes_are_those_of_the_code():
    for state in get_args(clip_sources.State):
        assert f"`{state}`" in PAGE
    names = [field.name for field in dataclasses.fields(clip_sources.Brought)]
    assert "{" + ", ".join(f'"{name}"' for name in names) + "}" in PAGE
    source = Path(soundness.__file__).read_text()
    for code in re.findall(r'_finding\(\s*"([a-z-]+)"', source):
        assert f"`{code}`" in PAGE, code
    assert clip_sources.RESERVE_BYTES == 1 << 30
