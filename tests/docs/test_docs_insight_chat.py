"""docs/insight-chat.md names every option, table and kind of flag that there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from loquitur.cli.insight_chat import chat
from loquitur.insight.chats import bursts, moods, reactions, suspicion
from loquitur.insight.chats.result import TABLES

PAGE = (Path(__file__).parents[2] / "docs" / "insight-chat.md").read_text(encoding="utf-8")
SHARED_BY_ALL = {"--json", "--store", "--guard", "--no-guard"}


def test_every_option_is_named_and_every_one_named_is_there():
    shown = [option for option in chat.params if not getattr(option, "hidden", False)]
    texts = [text for option in shown for text in (*option.opts, *option.secondary_opts)]
    known = {text for text in texts if text.startswith("--")}
    missing = {text for text in known - SHARED_BY_ALL if text not in PAGE}
    assert missing == set()
    assert set(re.findall(r"--[a-z][a-z-]+", PAGE)) <= known


@pytest.mark.parametrize("name", [*TABLES, *get_args(suspicion.Kind)])
def test_tables_and_flags_are_named(name):
    assert f"`{name}`" in PAGE


def test_its_figures_are_those_of_the_code():
    assert f"gaps spread by at most {suspicion.REGULAR:.0%}".replace("%", " %") in PAGE
    assert f"{suspicion.LEAST_REPEATS} equal texts" in PAGE
    assert f"Bursts less\nthan {bursts.MERGED_MS // 1_000} s apart" in PAGE
    assert f"lags of 0 to {reactions.LONGEST_S} s" in PAGE
    assert f"`{moods.ENGINE}` if not said" in PAGE
    assert (bursts.SCALE, bursts.GAMMA) == (2, 1)
