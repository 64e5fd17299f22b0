"""docs/label-measures.md names every option and measure, its commands parse, its Python runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from loquitur.cli.evaluation_labels import label
from loquitur.cli.label_eval import evaluate
from loquitur.cli.main import cli
from loquitur.evaluation.labels import MEASURES
from loquitur.vision.labels.baselines import BASELINES

PAGE = (Path(__file__).parents[2] / "docs" / "label-measures.md").read_text(encoding="utf-8")


def test_every_option_is_named_and_every_one_named_is_there() -> None:
    known = {
        text
        for command in (evaluate, label)
        for option in command.params
        if not getattr(option, "hidden", False)
        for text in option.opts
        if text.startswith("--")
    }
    assert {text for text in known - {"--store"} if text not in PAGE} == set()
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) <= known


def test_its_commands_parse() -> None:
    block = re.search(r"```\n(loquitur label eval.*?)```", PAGE, flags=re.DOTALL)
    assert block is not None
    for line in block[1].strip().splitlines():
        words = shlex.split(line)
        command = evaluate if words[1] == "label" else label
        # as under `loquitur`: click keeps the names of a command's --help from its first context
        above = click.Context(cli, **cli.context_settings)
        command.make_context(words[2], words[3:], parent=above, resilient_parsing=False)


def test_every_measure_and_baseline_is_named() -> None:
    assert [key for key in MEASURES if f"`{key}`" not in PAGE] == []
    assert [name for name in BASELINES if f"`{name}`" not in PAGE] == []


def test_its_python_prints_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    ((code, shown),) = re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(code, {})
    assert capsys.readouterr().out == shown
