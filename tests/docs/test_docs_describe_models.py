"""docs/describe-models.md names the nets, searches and fields that there are."""

from __future__ import annotations

import dataclasses
import re
import shlex
from pathlib import Path

from loquitur.cli.describe_export import export
from loquitur.vision.decoding.options import Decoding, parse_decoding
from loquitur.vision.exporting import TOLERANCE
from loquitur.vision.modelcard import CARD, SCHEMA, STD_FLOOR, ModelCard
from loquitur.vision.nets import NETS

PAGE = (Path(__file__).parents[2] / "docs" / "describe-models.md").read_text(encoding="utf-8")


def table(heading):
    rows = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0].splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row[:1] == "|"]


def test_every_net_has_its_row():
    assert [row[0].strip("`") for row in table("Nets")[2:]] == list(NETS)


def test_every_search_has_its_row():
    found = {row[0]: parse_decoding(row[1].strip("`")) for row in table("Sentences")[2:]}
    assert found["greedy"] == Decoding()
    assert found["beam"] == Decoding(by="beam", width=5)
    assert found["sampling"] == Decoding(by="sample", temperature=0.7)
    for name in ("length_power", "top_k", "top_p", "seed", "least", "most", "no_repeat"):
        assert name in Decoding.__dataclass_fields__
        assert f"`{name}`" in PAGE


def test_the_card_is_the_card():
    inner = {"threshold", "producer", "form", "step_inputs"}
    for item in dataclasses.fields(ModelCard):
        assert item.name in inner or f"`{item.name}`" in PAGE, item.name
    assert f"`{CARD}` (schema `{SCHEMA}`)" in PAGE
    assert f"(std + {STD_FLOOR})" in PAGE
    assert f"within {TOLERANCE:.4f}" in PAGE


def test_the_commands_exist_with_their_options():
    lines = PAGE.split("```\n", 1)[1].split("```", 1)[0].splitlines()
    commands = [shlex.split(line.split("  #")[0]) for line in lines]
    known = {name for option in export.params for name in option.opts}
    shown = [words for words in commands if words[2] == "export"]
    assert len(shown) == 2
    for words in shown:
        assert {word for word in words if re.match("-", word)} <= known
