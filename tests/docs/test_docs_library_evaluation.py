"""docs/library-evaluation.md and docs/library-sheets.md name every option, and no other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from loquitur.cli.evaluation_library import _SHORT, answers, retrieval
from loquitur.cli.library_sheet import sheet
from loquitur.library.trials.lines import _KEYS, read_lines

DOCS = Path(__file__).parents[2] / "docs"
EVALUATION = (DOCS / "library-evaluation.md").read_text(encoding="utf-8")
SHEETS = (DOCS / "library-sheets.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "commands"), [(EVALUATION, (retrieval, answers)), (SHEETS, (sheet,))]
)
def test_every_option_is_named_and_every_one_named_is_there(page, commands):
    known = {
        text
        for command in commands
        for option in command.params
        if not getattr(option, "hidden", False)
        for text in option.opts
        if text.startswith("--")
    }
    assert {text for text in known - {"--store"} if text not in page} == set()
    own = page.replace("loquitur search --flat", "loquitur search")  # of another verb
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", own)) <= known


def test_every_key_of_a_question_and_every_figure_is_named():
    assert [key for key in _KEYS if f"`{key}`" not in EVALUATION] == []
    figures = [label for label in _SHORT.values() if label.rstrip("@") not in EVALUATION]
    assert figures == []


def test_the_example_is_a_file_of_questions():
    (example,) = re.findall(r"```jsonl\n(.*?)```", EVALUATION, re.DOTALL)
    found = read_lines(example, name="example", language="en")
    assert [one.answerable for one in found.questions] == [True, True, False]
    assert found.notices == ()
