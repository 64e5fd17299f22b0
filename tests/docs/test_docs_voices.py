"""docs/voices.md: its commands exist, its columns are those that are written, its Python runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from loquitur.cli.insight_voices import voices
from loquitur.insight.conversation.floor import Limits
from loquitur.insight.conversation.tables import SPEAKERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "voices.md").read_text(encoding="utf-8")


def test_the_columns_are_those_that_are_written():
    part = PAGE.split("## Columns")[1]
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", part, re.MULTILINE)
    kinds = [
        one.type + (f" [{one.unit}]" if one.unit else "") + (", derived" if one.derived else "")
        for one in SPEAKERS
    ]
    told = [(one.name, kind, one.description) for one, kind in zip(SPEAKERS, kinds, strict=True)]
    assert rows == told


def test_the_lines_are_drawn_where_the_page_says():
    limits = Limits()
    for size in (
        f"{limits.pause_ms} ms",
        f"{limits.terminal_ms} ms",
        f"{limits.short_ms // 1000} s",
    ):
        assert size in PAGE


def commands():
    for block in re.findall(r"```\n(.*?)```", PAGE, re.DOTALL):
        for line in block.splitlines():
            yield shlex.split(line.split("  #")[0])


@pytest.mark.parametrize("words", list(commands()), ids=" ".join)
def test_the_commands_exist_with_their_options(words):
    if words[1] == "run":
        return
    assert words[:3] == ["loquitur", "insight", "voices"]
    known = {option for one in voices.params for option in (*one.opts, *one.secondary_opts)}
    assert {word for word in words if re.fullmatch(r"--[a-z-]+|-[a-z]", word)} <= known


def test_python_of_the_page_runs(monkeypatch):
    pytest.importorskip("pandas")
    monkeypatch.chdir(ROOT)
    place: dict = {}
    exec(compile(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1], "page", "exec"), place)
    assert len(place["frame"]) == 2


def test_the_figures_of_the_meeting(shared):
    import loquitur as lq

    talk = lq.insight.voices(shared / "speech" / "scoring" / "ES2014c.ref.rttm")
    plain = talk.plain()
    offsets = plain["floor_transfer_offset"]
    assert (len(talk.speakers), plain["turns"]) == (4, 369)
    assert (round(offsets["median_ms"]), round(100 * offsets["overlap_share"])) == (90, 43)
    assert sum(one.kind == "successful" for one in talk.floor.entries) == 66
