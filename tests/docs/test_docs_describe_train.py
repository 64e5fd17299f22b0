"""docs/describe-train.md: its commands exist, its tables are the options."""

from __future__ import annotations

import dataclasses
import inspect
import re
import shlex
from pathlib import Path

import pytest

from loquitur.cli.describe_train import train
from loquitur.vision.training import rows
from loquitur.vision.training.options import TrainingOptions
from loquitur.vision.training.presets import PRESETS, CaptionOptions, NetOptions

PAGE = (Path(__file__).parents[2] / "docs" / "describe-train.md").read_text(encoding="utf-8")
KINDS = {"train": TrainingOptions, "net": NetOptions, "caption": CaptionOptions}


def commands():
    lines = [line for line in PAGE.splitlines() if re.match(r"(torchrun|loquitur) ", line)]
    return [shlex.split(line.split("  #")[0]) for line in lines]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_the_commands_exist_with_their_options(words):
    after = words[words.index("describe") :]
    assert after[:3] == ["describe", "train", "RUN"]
    known = {name for option in train.params for name in option.opts}
    assert {word for word in after if word.startswith("-")} <= known
    for word in after:
        part, dot, rest = word.partition(".")
        if dot and "=" in rest:
            assert rest.partition("=")[0] in {one.name for one in dataclasses.fields(KINDS[part])}


@pytest.mark.parametrize("part", KINDS)
def test_the_tables_name_every_option_with_its_default(part):
    table = PAGE.split(f"| `{part}.` |", 1)[1].split("\n\n", 1)[0]
    told = {}
    for line in table.splitlines()[2:]:
        names, defaults, _ = line.strip("| ").split(" | ", 2)
        names = re.findall(r"`(\w+)`", names)
        told |= dict(zip(names, defaults.split(", "), strict=True))
    spoken = {"None": "none", "False": "no", "True": "yes", "": "all", "wandb": "no"}
    fields = {one.name: str(one.default) for one in dataclasses.fields(KINDS[part])}
    assert set(told) == set(fields)
    for name, default in fields.items():
        wanted = "auto" if name == "workers" else spoken.get(default, default)
        assert told[name] == wanted.removesuffix(".0").replace("1e-", "1e-") or float(
            told[name]
        ) == float(wanted), name


def test_every_figure_of_a_row_is_told():
    keys = re.findall(r'^ +"(\w+)":', inspect.getsource(rows.row_of), re.MULTILINE)
    assert len(keys) > 12
    assert set(keys) <= rows.OWN
    for key in rows.OWN:
        assert f"`{key}`" in PAGE, key


def test_every_preset_is_told():
    assert {name for name in PRESETS if f"`{name}` (" in PAGE} == set(PRESETS)
