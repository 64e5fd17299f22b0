"""`lq.insight`: every name is there, says what it does, and takes all but the first by keyword."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import loquitur as lq
from loquitur.cli.insight import VERBS

ROOM = Path(lq.insight.__file__).parent


def test_every_verb_is_a_function_too():
    assert set(VERBS) <= set(lq.insight.__all__)
    assert sorted(lq.insight.__all__) == list(lq.insight.__all__)
    assert set(lq.insight.__all__) <= set(dir(lq.insight))


@pytest.mark.parametrize("name", lq.insight.__all__)
def test_a_name_is_a_function_that_says_what_it_takes(name):
    function = getattr(lq.insight, name)
    assert inspect.isfunction(function)
    said = inspect.getdoc(function) or ""
    assert len(said) > 40
    taken = list(inspect.signature(function).parameters.values())
    assert [one.kind for one in taken].count(inspect.Parameter.VAR_KEYWORD) == 0
    positional = [one for one in taken if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert 1 <= len(positional) <= 2, "values come first, all else by keyword"
    for one in taken:
        assert f"{one.name}:" in said, (name, one.name)


def test_no_module_of_the_room_takes_a_functions_place():
    modules = {path.stem for path in ROOM.glob("*.py")} | {
        path.name for path in ROOM.iterdir() if path.is_dir()
    }
    assert modules & set(lq.insight.__all__) == set()


def test_an_unknown_name_is_told():
    with pytest.raises(AttributeError, match="no attribute 'chart'"):
        lq.insight.chart  # noqa: B018


def test_the_room_loads_nothing_before_it_is_used():
    code = (
        "import json, sys; import loquitur as lq; lq.insight; "
        "print(json.dumps([m for m in sys.modules if m.startswith('loquitur')]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["loquitur", "loquitur.insight"]


def test_results_become_frames():
    table = lq.insight.voices("samples/harbour_dialogue.rttm").table()
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    frame = table.to_pandas()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["speaker"]) == ["Peter", "Mary"]
    assert frame["words"].isna().all(), "missing stays missing"
    assert isinstance(table.to_polars(), polars.DataFrame)


def test_results_show_themselves_in_a_notebook():
    shown = lq.insight.voices("samples/harbour_dialogue.rttm")._repr_html_()
    assert "Who speaks when" in shown
    assert "<script" not in shown
