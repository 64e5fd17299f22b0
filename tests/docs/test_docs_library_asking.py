"""docs/library-asking.md names every option there is, its threshold is ours, its Python runs."""

from __future__ import annotations

import re
from pathlib import Path

from loquitur.cli.ask import ask
from loquitur.cli.ask_conversation import HELP
from loquitur.library.excerpts.judging import calibration
from loquitur.library.saving import SCHEMA, SUFFIXES

PAGE = (Path(__file__).parents[2] / "docs" / "library-asking.md").read_text(encoding="utf-8")
EVERYWHERE = {"--store", "--config", "--verbose", "--quiet", "--no-color", "-v", "-q"}


def test_every_option_is_named():
    options = {name for one in ask.params for name in one.opts if name.startswith("-")}
    named = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", PAGE))
    assert options - EVERYWHERE <= named


def test_every_command_of_a_conversation_is_named():
    for command in re.findall(r"^/\w+", HELP, re.MULTILINE):
        assert f"`{command}" in PAGE


def test_the_threshold_and_the_files_are_ours():
    assert f"threshold {calibration().refuse_below}" in PAGE
    assert SCHEMA in PAGE
    assert all(f"`{suffix}`" in PAGE for suffix in SUFFIXES)


def test_the_python_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = PAGE.split("```python\n")[1].split("```")[0]
    exec(compile(code, "library-asking.md", "exec"), {})
