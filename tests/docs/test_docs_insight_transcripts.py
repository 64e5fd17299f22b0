"""docs/insight-transcripts.md says of figures, windows and options what the code does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from loquitur.cli.insight_transcript import transcript as verb
from loquitur.insight.spoken.fragments import Fragment, Spoken
from loquitur.insight.spoken.windows import parse_window
from loquitur.insight.transcripts import novelty, shuffles
from loquitur.insight.transcripts.analysis import transcript

PAGE = (Path(__file__).parents[2] / "docs" / "insight-transcripts.md").read_text(encoding="utf-8")


def table(heading):
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("| `"):
            yield re.findall(r"`([^`]+)`", line.strip("|").split("|")[0])


def test_every_figure_is_a_key_of_a_window():
    spoken = Spoken(
        name="a", title="a", fragments=(Fragment(start_ms=0, end_ms=1000, text="good day"),)
    )
    found = transcript(spoken, chapters=False).plain()["windows"][0]
    named = [name for names in table("Figures") for name in names if name != "novelty_bits"]
    assert len(named) > 10
    assert set(named) <= found.keys()


def test_every_window_is_one():
    kinds = {parse_window(name).kind for (name,) in table("Windows") if name[0] != "-"}
    assert kinds == {"words", "time", "sentence", "paragraph"}


@pytest.mark.parametrize("line", re.findall(r"^loquitur insight transcript .*", PAGE, re.MULTILINE))
def test_commands_have_these_options(line):
    words = shlex.split(line.partition("#")[0])
    known = {option for parameter in verb.params for option in parameter.opts}
    known |= {option for parameter in verb.params for option in parameter.secondary_opts}
    assert {word for word in words if word.startswith("-")} <= known


def test_every_option_is_shown():
    usual = ("-o", "--guard", "--chapters", "--store", "--json")
    names = {option.opts[0] for option in verb.params if not getattr(option, "hidden", False)}
    assert names - set(usual) - {"files"}
    for name in names - set(usual) - {"files"}:
        assert name in PAGE, name


def test_its_numbers_are_the_code_s():
    assert f"{shuffles.UNSEEN_WORDS:,}" in PAGE
    assert f"{novelty.ORDERS} random orders" in PAGE
    assert novelty.LEVEL == 0.01
    assert "blocks of 10 words" in PAGE


def test_its_example_runs(tmp_path, capsys):
    path = tmp_path / "a.txt"
    path.write_text("One word after another. " * 300 + "Cakes of flour and sugar. " * 300)
    exec(PAGE.split("```python\n")[1].partition("```")[0], {"FILE": path})
    assert "cakes" in capsys.readouterr().out
