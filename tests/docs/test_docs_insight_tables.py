"""docs/insight-tables.md: its commands and its Python run, and what it names is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from loquitur.cli.insight_stats import stats
from loquitur.insight import libraries
from loquitur.insight.tabular import heavy_tails, large

PAGE = (Path(__file__).parents[2] / "docs" / "insight-tables.md").read_text(encoding="utf-8")
ROWS = "channel_title,views,likes\n" + "".join(f"c{i % 2},{i * i},{i}\n" for i in range(30))


def commands():
    (block,) = re.findall(r"```\n(.*?)```", PAGE, re.DOTALL)
    return [shlex.split(line.split("  #")[0]) for line in block.splitlines()]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_the_commands_exist_with_their_options(words):
    assert words[:3] == ["loquitur", "insight", "stats"]
    known = {name for option in stats.params for name in option.opts}
    assert {word for word in words[3:] if word.startswith("-")} <= known


def test_every_option_of_its_own_is_shown():
    for name in ("--by", "--column", "--top", "--unique", "--as-of", "--goodness"):
        assert name in PAGE


def test_the_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "videos.csv").write_text(ROWS)
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(code, "insight-tables.md", "exec"), {})
    assert (tmp_path / "statistics.parquet").is_file()


def test_the_keys_are_those_of_the_result(tmp_path):
    from loquitur.insight.tabular.analysis import stats as described

    (tmp_path / "videos.csv").write_text(ROWS)
    plain = described(tmp_path / "videos.csv", by="channel_title").plain()
    line = next(line for line in PAGE.splitlines() if line.startswith("`--json` gives"))
    named = set(re.findall(r'"([^"]+)"', line))
    assert named <= plain.keys() | plain["columns"]["views"].keys()
    measures = PAGE.split("## How each")[1].split("## Heavy tails")[0]
    for name in re.findall(r"^\| `(\w+)`", measures, re.MULTILINE):
        assert name in plain["columns"]["views"] or name.endswith(("_derived", "rate")), name


def test_the_limits_are_those_of_the_code():
    assert f"{large.MOST_BYTES >> 20} MB of text" in PAGE
    assert f"{large.MOST_ROWS:,} rows of Parquet" in PAGE
    assert "1 GB" in PAGE
    assert large.MEMORY_LIMIT == "1GB"
    assert f"{large.SAMPLE_ROWS:,} rows" in PAGE
    assert f"under {heavy_tails.LEAST_TAIL} values" in PAGE
    assert f"at most {heavy_tails.MOST_CANDIDATES} values" in PAGE
    assert f"at least {heavy_tails.LEAST_FITTED} values" in PAGE
    assert libraries.INSTALL in PAGE
