"""docs/youtube-data.md: its commands exist, its columns are those that are written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from loquitur.cli.youtube import VERBS, youtube
from loquitur.cli.youtube_collections import collections
from loquitur.youtube.columns import TABLES

PAGE = (Path(__file__).parents[2] / "docs" / "youtube-data.md").read_text(encoding="utf-8")
HEADS = {
    "`search`": "search",
    "`search --details`: as `videos`, and": "search with details",
    "`videos`": "videos",
    "`videos --numbers`": "videos, numbers alone",
    "`channel --no-videos`": "channel",
    "`channel` and `playlist` with `--no-details`": "listed",
    "`channel`, `playlist`: as `videos`, and": "listed with details",
    "`comments`": "comments",
}


def told():
    """Each table of the page: its heading, and (name, type, description) of its rows."""
    part = PAGE.split("## Files")[1].split("## Thirty days")[0]
    for section in part.split("\n### ")[1:]:
        rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) ?\|$", section, re.MULTILINE)
        yield section.splitlines()[0].strip(), rows


def kind(column):
    unit = f" [{column.unit}]" if column.unit else ""
    return column.type + unit + (", derived" if column.derived else "")


def test_every_table_is_there():
    assert [head for head, _ in told()] == list(HEADS)
    assert set(HEADS.values()) == set(TABLES)


@pytest.mark.parametrize(("head", "rows"), list(told()))
def test_the_columns_are_those_that_are_written(head, rows):
    columns = [field.column for field in TABLES[HEADS[head]]]
    if "as `videos`" in head:
        known = {field.column.name for field in TABLES["videos"]}
        columns = [column for column in columns if column.name not in known]
    assert rows == [(column.name, kind(column), column.description) for column in columns]


def commands():
    for block in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            yield shlex.split(line.split("  #")[0])


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_the_commands_exist_with_their_options(words):
    assert words[:2] == ["loquitur", "youtube"]
    assert words[2] in VERBS
    command = youtube.get_command(None, words[2])
    rest = words[3:]
    if command is collections:
        command, rest = collections.get_command(None, rest[0]), rest[1:]
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    used = {word for word in rest if re.fullmatch(r"--[a-z-]+|-[a-z]", word)}
    assert used <= known


def test_options_that_the_text_names_exist():
    known = set()
    for verb in ("search", "videos", "channel", "playlist", "comments"):
        for param in youtube.get_command(None, verb).params:
            known |= {*param.opts, *param.secondary_opts}
    for command in collections.commands.values():
        known |= {option for param in command.params for option in param.opts}
    assert set(re.findall(r"`(--[a-z-]+)", PAGE)) <= known


def test_python_of_the_page_runs(tmp_path, monkeypatch):
    from loquitur.emulator import Emulator

    plan = {"defaults": False, "keyword": [{"name": "equivariance", "videos": 40}]}
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    monkeypatch.chdir(tmp_path)
    with Emulator(seed=1, plan=plan) as emulator:
        monkeypatch.setenv("LOQUITUR_YOUTUBE_ENDPOINT", emulator.endpoint)
        monkeypatch.setenv("LOQUITUR_STORE", str(tmp_path / "store"))
        monkeypatch.delenv("LOQUITUR_YOUTUBE_API_KEY", raising=False)
        place: dict = {}
        exec(compile(code, "page", "exec"), place)
    assert len(place["videos"]) == 40
    assert (tmp_path / "videos.parquet").is_file()
