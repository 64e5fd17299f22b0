"""docs/label-train.md: its commands exist, its tables are the options, its Python is run."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

import click
import pytest

from loquitur.cli.main import cli
from loquitur.vision.labels.training.presets import PRESETS, LabelOptions, NetOptions
from loquitur.vision.training.options import TrainingOptions

PAGE = (Path(__file__).parents[2] / "docs" / "label-train.md").read_text(encoding="utf-8")
KINDS = {"train": TrainingOptions, "net": NetOptions, "label": LabelOptions}
SPOKEN = {"False": "no", "True": "yes"}


def commands():
    lines = [line for line in PAGE.splitlines() if re.match(r"(torchrun|loquitur) ", line)]
    return [shlex.split(line.split("  #")[0]) for line in lines]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_the_commands_exist_with_their_options(words):
    after = words[words.index("label") :]
    verb = cli
    while isinstance(verb, click.Group):
        name, *after = after
        verb = verb.get_command(click.Context(verb), name)
        assert verb is not None, name
    known = {name for option in verb.params for name in option.opts}
    assert {word for word in after if word.startswith("-")} <= known
    for word in after:
        part, dot, rest = word.partition(".")
        if dot and "=" in rest:
            assert rest.partition("=")[0] in {one.name for one in dataclasses.fields(KINDS[part])}
    if "--preset" in after:
        assert after[after.index("--preset") + 1] in PRESETS


@pytest.mark.parametrize("part", ["net", "label"])
def test_the_tables_name_every_option_with_its_default(part):
    table = PAGE.split(f"| `{part}.` |", 1)[1].split("\n\n", 1)[0]
    told = {}
    for line in table.splitlines()[2:]:
        names, defaults, _ = line.strip("| ").split(" | ", 2)
        told |= dict(zip(re.findall(r"`(\w+)`", names), defaults.split(", "), strict=True))
    fields = {one.name: str(one.default) for one in dataclasses.fields(KINDS[part])}
    assert set(told) == set(fields)
    empty = {"streams": "all", "encoders": "none"}
    for name, default in fields.items():
        wanted = empty.get(name) if not default else SPOKEN.get(default, default)
        assert told[name] == str(wanted).removesuffix(".0"), name


def test_every_preset_is_told():
    assert {name for name in PRESETS if f"`{name}`" in PAGE} == set(PRESETS)


@pytest.mark.slow
@pytest.mark.extras
def test_the_python_runs(tmp_path, monkeypatch, capsys):
    pytest.importorskip("torch")
    from loquitur.cli.main import _run

    monkeypatch.chdir(tmp_path)
    small = ("--videos", "120", "--labels", "12", "--seconds", "6-9", "--jobs", "1")
    wide = ("--dimensions", "rgb=16,audio=8,words=8")
    assert _run(["label", "data", "sample", "dataset", *small, *wide]) == 0
    capsys.readouterr()
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "label-train.md", "exec"), {})
    assert re.fullmatch(r"[12] 0\.\d+ [\d.e-]+\n", capsys.readouterr().out)
