"""docs/insight-terms.md: its commands exist, its file of aspects is one, its Python runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from loquitur.cli.insight import VERBS, insight
from loquitur.insight.opinions.lists import load_preset, presets
from loquitur.insight.terms.judging import LEAST_CLUSTERS, LEAST_TEXTS

PAGE = (Path(__file__).parents[2] / "docs" / "insight-terms.md").read_text(encoding="utf-8")


def blocks(kind):
    return re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("line", blocks("")[0].splitlines())
def test_the_commands_exist_with_their_options(line):
    words = shlex.split(line)
    assert words[:2] == ["loquitur", "insight"]
    assert words[2] in VERBS
    command = insight.get_command(None, words[2])
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    assert {word for word in words[3:] if re.fullmatch(r"--[a-z-]+|-[a-z]", word)} <= known


def test_the_file_of_aspects_is_one(tmp_path):
    own = tmp_path / "mine.toml"
    own.write_text(blocks("toml")[0], "utf-8")
    preset = load_preset("", str(own))
    assert dict(preset.aspects) == {"strap": "the strap"}
    assert {"de", "en"} <= set(preset.lists)


def test_the_python_runs_on_comments(tmp_path, monkeypatch):
    texts = ["a good tutorial", "the battery is terrible", "a fine day", "great screen"] * 3
    (tmp_path / "comments.csv").write_text("text\n" + "\n".join(texts) + "\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    code, _, shown = blocks("python")[0].rstrip().rpartition("\n")
    names = {}
    exec(code, names)
    assert set(names["found"].table()["term"]) == {"tutorial"}
    assert "Complained of most: battery" in " ".join(eval(shown, names))


def test_the_bars_are_those_of_the_code():
    assert f"fewer than {LEAST_TEXTS} scored texts" in PAGE
    assert f"fewer than {LEAST_CLUSTERS} clusters" in PAGE
    assert all(f"--preset {name}" in PAGE for name in presets())
