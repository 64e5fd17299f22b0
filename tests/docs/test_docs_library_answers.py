"""docs/library-answers.md says what is checked as it is checked, and its Python runs."""

from __future__ import annotations

import re
from pathlib import Path

from loquitur.library.answers import AnswerOptions, checking, personas, quotes
from loquitur.library.answers.writers import ATTEMPTS
from loquitur.library.shelf import open_library
from loquitur.model.library import Part, Passage, Volume

PAGE = (Path(__file__).parents[2] / "docs" / "library-answers.md").read_text(encoding="utf-8")


def test_its_figures_are_those_of_the_code():
    options = AnswerOptions()
    assert f"({options.passages} at most)" in PAGE
    assert f"{options.question_ceiling.tokens:,} tokens" in PAGE
    assert f"likeness of {quotes.LIKENESS}" in PAGE
    shares = (checking.CASED, checking.CASELESS, checking.CJK)
    assert "{:.0f} % stand there ({:.0f} %".format(*(100 * one.anywhere for one in shares)) in PAGE
    assert f"; {100 * checking.CJK.anywhere:.0f} % of the pairs" in PAGE
    assert ", ".join(f"{100 * one.quoted:.0f}" for one in shares) in PAGE
    assert ATTEMPTS == 3
    assert "asked again twice" in PAGE


def test_every_persona_is_named():
    for name in personas.personas():
        assert f"`{name}`" in PAGE


def test_its_python_prints_what_it_says(settings, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LOQUITUR_LIBRARIES", str(tmp_path / "libraries"))
    monkeypatch.setenv("LOQUITUR_EMBEDDING", "none")
    with open_library("algebra") as library:
        said = Passage(
            media_id="file:talk", part="speech:en", number=0, start_ms=0, end_ms=9000,
            text="So we see that the identity of a group is unique. Now to inverses.",
            language="en",
        )  # fmt: skip
        library.put(Volume(media_id="file:talk", title="Groups"), Part(language="en"), [said])
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    wanted = re.findall(r"^# > (.*)$", code, re.MULTILINE)
    assert wanted
    exec(compile(code, "docs/library-answers.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == wanted
