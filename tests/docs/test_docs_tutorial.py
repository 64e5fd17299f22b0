"""The tutorial: it runs, prints the reference figures, and what is kept is what it prints."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TUTORIALS = ROOT / "docs" / "tutorials"
SEEDED = ("seeds", "busan = ", "by_time")
"""What cells hold that have to do with the course's own data."""


def maker():
    spec = importlib.util.spec_from_file_location("make_course", ROOT / "docs" / "make_course.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def kept():
    return json.loads((TUTORIALS / "course.ipynb").read_text(encoding="utf-8"))


def test_the_notebook_is_the_page():
    made = maker().cells((TUTORIALS / "course.md").read_text(encoding="utf-8"))
    there = [(one["cell_type"], "".join(one["source"])) for one in kept()["cells"]]
    assert there == made, "run: python docs/make_course.py"


def test_the_notebook_is_small_and_shows_no_error():
    assert (TUTORIALS / "course.ipynb").stat().st_size < 100_000
    for cell in kept()["cells"]:
        for output in cell.get("outputs", ()):
            assert (output["output_type"], output["name"]) == ("stream", "stdout")


def test_every_exercise_of_the_course_has_its_section():
    page = (TUTORIALS / "course.md").read_text(encoding="utf-8")
    numbers = [int(one) for one in re.findall(r"^## (\d+)\. ", page, re.MULTILINE)]
    assert numbers == list(range(1, 22))


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    """A kernel that runs this tree, and nobody else's settings."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    for name in ("LOQUITUR_YOUTUBE_API_KEY", "LOQUITUR_YOUTUBE_TOKEN", "LOQUITUR_STORE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_notebook_runs_and_prints_the_reference_figures(kernel, shared):
    made = maker()
    found = made.run(made.notebook(made.SOURCE.read_text(encoding="utf-8")))
    printed = "\n".join(made.printed(cell) for cell in found.cells)
    for figure in (
        "-0.125 0.9 textblob", "really horrible -1.0 1.0", "worst ! -1.0 1.0",
        "really good 0.7 0.6000000000000001", "happy 0.8 1.0", "469 pieces",
        "2851 tokens, 728 types", "[788, 734, 764, 565]", "8.0865 bits",
        "[7.361, 7.33, 7.366, 7.501]", "polarity 0.1427, subjectivity 0.4694",
        "views: mean 5748644.1", "10,501 videos",
    ):  # fmt: skip
        assert figure in printed, figure
    outputs = [made.printed(cell) for cell in found.cells if cell.cell_type == "code"]
    there = [
        "".join("".join(one["text"]) for one in cell["outputs"])
        for cell in kept()["cells"]
        if cell["cell_type"] == "code"
    ]
    assert outputs == there, "run: python docs/make_course.py"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_it_runs_without_the_courses_own_data(kernel, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_SEEDS", str(tmp_path / "nowhere"))
    made = maker()
    found = made.notebook(made.SOURCE.read_text(encoding="utf-8"))
    found.cells = [one for one in found.cells if any(name in one.source for name in SEEDED)]
    printed = "\n".join(made.printed(cell) for cell in made.run(found).cells)
    assert "a sample stands in" in printed
    assert "12 pieces; the first: Hello, Peter." in printed
