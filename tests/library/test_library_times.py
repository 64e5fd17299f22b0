"""Moments of a library against when words were said: a part of `benchmarks/library_times.py`."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from loquitur.library import open as open_library

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "library_times.py"
ARTICLES = 8


@pytest.fixture
def times(monkeypatch):
    spec = importlib.util.spec_from_file_location("library_times", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "zh"])
def test_answers_are_at_their_seconds(times, shared, settings, tmp_path, language):
    data = json.loads((shared / "qa" / "xquad" / f"xquad.{language}.json").read_text())
    data["data"] = data["data"][:ARTICLES]
    questions, lengths = times.speak(data, tmp_path / "videos", language)
    place = dataclasses.replace(settings, libraries=tmp_path / "libraries", embedding="none")
    with open_library("timed", settings=place) as library:
        assert len(library.add(tmp_path / "videos")) == ARTICLES
        spans = np.array([one for asked in questions for one in times.span_errors(library, asked)])
        _, links = times.hit_errors(library, questions[:40])
    assert len(spans) >= 0.95 * len(questions)
    assert np.mean(np.abs(spans) <= times.WITHIN_MS) >= 0.95
    assert all(0 <= second * 1000 < lengths[video] for video, second in links)
