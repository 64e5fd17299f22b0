"""What the table of bad input needs: the command line in this process, and a good neighbour."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from faults_bench import Bench

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))

from loquitur.media.transfer import Pace
from loquitur.pipeline import tasks
from loquitur.settings import resolve


@pytest.fixture
def no_waiting(monkeypatch):
    """Failures of the network are tried again at once."""
    monkeypatch.setattr(Pace, "backoff_s", lambda self, failures: 0.0)


@pytest.fixture(scope="session")
def machine_models():
    """The model cache of this machine; tests that want it empty say so."""
    return resolve().settings.models


@pytest.fixture(scope="session")
def neighbour(tmp_path_factory):
    """A good medium: two seconds of sound."""
    from clips import Sound, write_clip

    folder = tmp_path_factory.mktemp("neighbour")
    return write_clip(
        folder / "neighbour.flac",
        [Sound(codec="flac", rate_hz=16_000, duration_ms=2_000, clicks_ms=(300, 900))],
    )


@pytest.fixture
def bench(machine_models, parrot, neighbour, tmp_path, monkeypatch, capsys):
    """Everything of this test's own: the store, the folder for results, the place to stand."""
    monkeypatch.setenv("LOQUITUR_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    yield Bench(root=tmp_path, neighbour=neighbour, capsys=capsys)
    tasks.open_store.cache_clear()
