"""docs/insight-sentiment.md says what the code does: engines, columns, commands, figures."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from loquitur import registry
from loquitur.cli.insight_sentiment import sentiment as verb
from loquitur.insight.chat_language.tables import COLUMNS, KINDS, MATCHES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "insight-sentiment.md").read_text(encoding="utf-8")


def rows(heading):
    section = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    for line in section.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def test_every_engine_is_there_with_its_languages_and_what_brings_it():
    told = {row[0].strip("`"): row for row in rows("Engines")}
    specs = registry.specs("sentiment")
    assert set(told) == {spec.name for spec in specs}
    for spec in specs:
        row = told[spec.name]
        assert row[1] == spec.languages
        assert f"loquitur[{spec.extra}]" in row[3] or all(name in row[3] for name in spec.needs)


def test_the_columns_of_the_tables():
    told = {row[0].strip("`"): row[1] for row in rows("Chat language")}
    assert tuple(told) == COLUMNS
    assert re.findall(r"`([a-z-]+)`", told["kind"]) == list(KINDS)
    assert set(re.findall(r"`([a-z-]+)`", told["match"])) == set(MATCHES)


def test_every_command_has_the_options_it_is_shown_with():
    known = {name for option in verb.params for name in option.opts}
    commands = [line for line in PAGE.splitlines() if line.startswith("loquitur insight sentiment")]
    assert len(commands) >= 5
    for command in commands:
        for word in shlex.split(command, comments=True)[3:]:
            assert not re.match(r"--?[a-z]", word) or word in known, word


def test_the_python_block_runs_and_says_what_it_says():
    pytest.importorskip("textblob")
    pytest.importorskip("vaderSentiment")
    pytest.importorskip("py3langid")
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names = {}
    exec(block, names)
    assert names["sentiment"]("a really good day").plain()["polarity"] == 0.7
    found = names["sentiment"](["good", "bad", "정말 좋아요"], engine="chat")
    assert found.counts == {"positive": 2, "negative": 1, "neutral": 0, "unscored": 0}
    assert names["polarity"][0] > 0 > names["polarity"][1]


def test_the_figures_of_the_second_set_are_those_of_the_lines():
    pytest.importorskip("vaderSentiment")
    pytest.importorskip("py3langid")
    from loquitur.insight.texts.scoring import score

    for name, words in (("first", "first, written before"), ("second", "second, written after")):
        path = ROOT / "tests" / "insight" / f"chat_lines_{name}.tsv"
        lines = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[1:]]
        found = score([text for _, _, text in lines], engine="chat")
        right = sum(
            ("0" if one.polarity is None or abs(one.polarity) < 0.05 else "+-"[one.polarity < 0])
            == sign
            for one, (sign, _, _) in zip(found, lines, strict=True)
        )
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| {words}"))
        assert f"| {len(lines)} | {100 * right / len(lines):.1f} % |" in row
