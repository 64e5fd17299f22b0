"""docs/captions.md names every format, guideline and verb that there is, and none that is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loquitur import formats
from loquitur.cli.subs import VERBS
from loquitur.subtitles.rules import load_rules, rule_names

PAGE = (Path(__file__).parents[2] / "docs" / "captions.md").read_text(encoding="utf-8")


def rows():
    for line in PAGE.split("## Formats")[1].split("## Guidelines")[0].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            yield re.findall(r"`(\w+)`", cells[0]), cells[2], cells[3]


def test_the_table_of_formats_is_the_table():
    named = {name: (read, written) for names, read, written in rows() for name in names}
    assert named.keys() == formats.FORMATS.keys()
    for name, (read, written) in named.items():
        form = formats.FORMATS[name]
        can_read = read == "yes" or f"`{name}`" in read
        can_write = written == "yes" or f"`{name}`" in written
        assert can_read == bool(form.reader), name
        assert can_write == bool(form.writer or form.transcriber), name


@pytest.mark.parametrize("name", sorted(VERBS))
def test_every_verb_is_named(name):
    assert f"subs {name}" in PAGE or f"`{name}`" in PAGE


@pytest.mark.parametrize("name", rule_names())
def test_every_guideline_is_named(name):
    assert f"`{name}`" in PAGE


def test_the_guideline_of_ones_own_is_one(tmp_path):
    path = tmp_path / "house.toml"
    path.write_text(PAGE.split("```toml\n")[1].split("```")[0])
    rules = load_rules(str(path))
    assert rules.limits("en").line_width == 37
    assert "X017" not in rules.severities
    assert rules.severities["L004"] == "warning"
