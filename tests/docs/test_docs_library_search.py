"""docs/library-search.md: its options and fields exist, its Python prints what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import loquitur as lq
from loquitur.cli.search import search
from loquitur.library.search.fusion import weight_of
from loquitur.library.search.narrowing import narrowed
from loquitur.library.search.wording import MOST_TERMS
from loquitur.model.library import ALL, Encoding, Part, Passage, Volume

PAGE = (Path(__file__).parents[2] / "docs" / "library-search.md").read_text(encoding="utf-8")


def test_every_option_of_the_page_exists():
    known = {name for option in search.params for name in option.opts}
    assert {*re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)} <= known


def test_every_field_of_the_page_narrows():
    fields = dict(re.findall(r"`([a-z]+):([^`]*)`", PAGE))
    assert len(fields) == 10
    for name, value in fields.items():
        assert narrowed(ALL, name, value.strip('"') or "x") not in (False, None), name


def test_its_figures_are_those_of_the_code():
    assert f"the {MOST_TERMS} rarest words" in PAGE
    assert f"letters alone, {weight_of(Encoding(engine='hashing'), runs=False)}," in PAGE


def test_its_python_prints_what_it_shows(settings, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LOQUITUR_LIBRARIES", str(tmp_path))
    said = ("A theory of gauge and symmetry.", "A gauge theory has a local symmetry.")
    with lq.library.open("course") as course:
        passages = [
            Passage(
                media_id="youtube:abcdefghijk", part="speech:en", number=number,
                start_ms=start_ms, end_ms=start_ms + 4_000, text=text, language="en",
            )
            for number, (text, start_ms) in enumerate(zip(said, (60_000, 724_000), strict=True))
        ]  # fmt: skip
        volume = Volume(
            media_id="youtube:abcdefghijk", title="Symmetry, lecture 3",
            origin="https://youtu.be/abcdefghijk",
        )  # fmt: skip
        course.put(volume, Part(language="en"), passages)
    ((code, shown),) = re.findall(r"```python\n(.*?)```\n\n```\n(.*?)```", PAGE, flags=re.DOTALL)
    exec(compile(code, "library-search.md", "exec"), {})
    assert capsys.readouterr().out == shown
