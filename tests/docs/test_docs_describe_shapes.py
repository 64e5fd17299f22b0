"""docs/describe-shapes.md: its commands exist, its Python runs, its mixture is the code's."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from loquitur.cli.describe_shapes import shapes
from loquitur.vision.shapes import SIZES
from loquitur.vision.shapes.scene import held_moves, held_pairs

PAGE = (Path(__file__).parents[2] / "docs" / "describe-shapes.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("line", blocks("")[0].splitlines())
def test_the_commands_exist_with_their_options(line):
    words = shlex.split(line.partition("#")[0])
    assert words[:4] == ["loquitur", "describe", "data", "shapes"]
    command = shapes.make_context(
        "shapes", words[4:], resilient_parsing=True, help_option_names=["-h", "--help"]
    )
    assert command.params["folder"] == "shapes"
    known = {option for param in shapes.params for option in param.opts}
    assert {word for word in words[4:] if word.startswith("-")} <= known


def test_the_python_runs(capsys):
    exec(blocks("python")[0], {})
    printed = capsys.readouterr().out
    assert "shapes:unseen/0?seed=3" in printed
    assert printed.endswith("False\n1.0\n")


def test_sizes_and_combinations_are_those_of_the_code():
    assert SIZES == {"train": 3000, "validation": 400, "test": 400, "unseen": 400}
    asked = {param.name: param.default for param in shapes.params}
    assert {split: asked[split] for split in SIZES} == SIZES
    for shape, colour in held_pairs(0):
        assert f"{colour} {shape}" in PAGE
    for shape, direction in held_moves(0):
        assert f"a {shape} that moves {direction}" in PAGE
