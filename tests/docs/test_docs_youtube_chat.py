"""docs/youtube-chat.md says what the code does: types, columns, codes, commands, the world file."""

from __future__ import annotations

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from loquitur.cli.youtube_chat import chat
from loquitur.emulator.chat_script import ChatPlan, read_plans
from loquitur.model.chat import TYPES
from loquitur.youtube.livechat import items, renderers
from loquitur.youtube.livechat.table import FIELDS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "youtube-chat.md").read_text(encoding="utf-8")


def table(heading):
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_the_types_are_the_vocabulary():
    listed = [row for row in table("Types") if row[0] != "`type`"]
    told = {row[0].strip("`"): row[1] for row in listed}
    assert told == TYPES
    names = {name: row[0].strip("`") for row in listed for name in re.findall(r"\w+", row[2])}
    assert names == {name: kind for name, (kind, _) in items.TYPES.items()}
    drawn = " ".join(row[3] for row in listed)
    for name in renderers.RENDERERS:
        assert name in drawn, name


def test_the_columns_are_the_table():
    told = [(row[0].strip("`"), row[1], row[2], row[3], row[4]) for row in table("Columns")]
    made = [
        (field.column.name, field.column.type, field.column.unit, field.column.description,
         field.known_by) for field in FIELDS
    ]  # fmt: skip
    assert told == made


def test_every_code_is_in_the_source():
    source = "".join(path.read_text() for path in (ROOT / "src/loquitur/youtube").rglob("*.py"))
    for row in table("Errors"):
        assert row[0].strip("`") in source, row[0]


@pytest.mark.parametrize("line", re.findall(r"^loquitur youtube chat .*", PAGE, re.MULTILINE))
def test_commands_have_these_options(line):
    words = shlex.split(line.partition("#")[0])
    known = {option for parameter in chat.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= known


def test_the_world_file_is_one():
    plan = tomllib.loads(PAGE.split("```toml\n")[1].split("```")[0])
    (found,) = read_plans(plan)
    assert set(plan["chats"][0]) <= set(ChatPlan.__struct_fields__)
    assert found.mix == {"paid": 0.03, "ban": 0.002}


def test_the_signs_of_money_lie_where_it_says():
    assert (ROOT / "src" / "loquitur" / "youtube" / "currencies.toml").is_file()
