"""docs/library.md names every option, kind and field that there is, and its Python runs."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import get_args

import pytest

from loquitur.cli import library_adding, library_contents
from loquitur.cli.library_stocking import plain_of
from loquitur.library.adding import Added, State
from loquitur.library.contents import Stats
from loquitur.library.passages import cutting, speech
from loquitur.library.rebuilding import Rebuilt
from loquitur.model.library import KINDS
from loquitur.stocking import Stocked

PAGE = (Path(__file__).parents[2] / "docs" / "library.md").read_text(encoding="utf-8")
VERBS = (
    library_adding.add, library_contents.remove, library_contents.list_volumes,
    library_contents.stats, library_contents.verify, library_contents.rebuild,
)  # fmt: skip


def test_every_option_is_named_and_every_one_named_is_there():
    shown = [one for verb in VERBS for one in verb.params if not getattr(one, "hidden", False)]
    texts = {text for one in shown for text in (*one.opts, *one.secondary_opts)}
    known = {text for text in texts if text.startswith("--")}
    assert {text for text in known - {"--store"} if text not in PAGE} == set()
    assert set(re.findall(r"--[a-z][a-z-]+", PAGE)) <= known


@pytest.mark.parametrize("kind", [Added, Stats, Rebuilt])
def test_the_fields_of_json_are_named(kind):
    assert "{" + ", ".join(one.name for one in dataclasses.fields(kind)) + "}" in PAGE


def test_the_fields_of_inputs_are_named():
    assert "{" + ", ".join(plain_of(Stocked(given="x"))) + "}" in PAGE


@pytest.mark.parametrize("name", [*KINDS, *(one for one in get_args(State) if one != "new")])
def test_kinds_and_states_are_named(name):
    assert f"`{name}`" in PAGE


def test_its_figures_are_those_of_the_code():
    assert f"about {cutting.USUAL // cutting.WORD} words" in PAGE
    assert f"never more than {cutting.MOST // cutting.WORD}" in PAGE
    assert f"lasts {cutting.MOST_MS // 1_000} s at most" in PAGE
    assert f"silence of more than {speech.SILENCE_MS // 1_000} s" in PAGE


def test_its_python_runs(settings, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LOQUITUR_LIBRARIES", str(tmp_path / "libraries"))
    monkeypatch.setenv("LOQUITUR_EMBEDDING", "none")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talks").mkdir()
    (tmp_path / "talks" / "one.vtt").write_text(
        "WEBVTT\n\n00:01.000 --> 00:04.000\nA group has one identity.\n"
    )
    told: dict[str, object] = {}
    for code in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(compile(code, "docs/library.md", "exec"), told)
    assert capsys.readouterr().out.startswith("one file:")
