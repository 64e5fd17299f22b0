"""docs/label-nets.md names the nets, encoders, fusions and options that there are."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import get_args

from loquitur.cli.label_train import train
from loquitur.vision.labels.keras import MODEL
from loquitur.vision.labels.nets import ENCODERS, LABEL_NETS
from loquitur.vision.labels.nets.config import Fusion
from loquitur.vision.labels.training.plans import FRAMEWORKS
from loquitur.vision.labels.training.presets import PRESETS, LabelOptions, NetOptions

PAGE = (Path(__file__).parents[2] / "docs" / "label-nets.md").read_text(encoding="utf-8")


def table(heading):
    rows = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0].splitlines()
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row[:1] == "|"]
    return [row[0].strip("`") for row in cells[2:]]


def test_every_net_encoder_and_fusion_has_its_row():
    assert table("Nets") == list(LABEL_NETS)
    assert table("Encoders") == list(ENCODERS)
    assert sorted(table("How streams are joined")) == sorted(get_args(Fusion))


def test_the_file_of_keras_is_named():
    assert f"`{MODEL}`" in PAGE


def test_the_commands_exist_with_their_options():
    lines = PAGE.split("```\n", 1)[1].split("```", 1)[0].splitlines()
    known = {name for option in train.params for name in option.opts}
    for line in lines:
        words = shlex.split(line.split("  #")[0])
        assert words[:3] == ["loquitur", "label", "train"]
        assert {word for word in words if word.startswith("-")} <= known
        given = dict(pairwise(words))
        assert given.get("--net", "joined") in LABEL_NETS
        assert given.get("--preset", "joined") in PRESETS
        assert given.get("--framework", "torch") in FRAMEWORKS


def test_options_that_are_named_exist():
    for part, name in re.findall(r"`?(net|label)\.([a-z_]+)", PAGE):
        fields = NetOptions if part == "net" else LabelOptions
        if name not in ("train", "py"):
            assert name in fields.__dataclass_fields__, name
