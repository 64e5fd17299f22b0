"""What the table of bad input needs: the command line in this process, and a good neighbour."""

from __future__ import annotations

import subprocess
import sys
import wave
from pathlib import Path

import pytest
from faults_bench import Bench

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))

from loquitur.api import run_many, wish_of
from loquitur.media.transfer import Pace
from loquitur.pipeline import tasks
from loquitur.settings import Settings, resolve

PARROT = Path(__file__).parents[1] / "parrot"


@pytest.fixture
def no_waiting(monkeypatch):
    """Failures of the network are tried again at once."""
    monkeypatch.setattr(Pace, "backoff_s", lambda self, failures: 0.0)


@pytest.fixture
def disk(tmp_path):
    """A file system of 3 MB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "loquitur-test", str(place)]
    try:
        made = subprocess.run(mount, capture_output=True, check=False)
    except OSError as exc:
        pytest.skip(f"no mount here: {exc}")
    if made.returncode:
        pytest.skip(f"no right to mount: {made.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture(scope="session")
def machine_models():
    """The model cache of this machine; tests that want it empty say so."""
    return resolve().settings.models


@pytest.fixture(scope="session")
def neighbour(clip, tmp_path_factory):
    """A good medium: two seconds of speech."""
    target = tmp_path_factory.mktemp("neighbour") / "neighbour.wav"
    with wave.open(str(clip), "rb") as source, wave.open(str(target), "wb") as sink:
        sink.setparams(source.getparams())
        sink.writeframes(source.readframes(2 * source.getframerate()))
    return target


@pytest.fixture(scope="session")
def stocked(neighbour, tmp_path_factory):
    """A store in which the neighbour is done, to be copied."""
    store = tmp_path_factory.mktemp("stocked") / "store"
    settings = Settings(
        store=store,
        voices=store.with_name("voices"),
        asr="parrot",
        diarizer="parrot",
        offline=True,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PARROT))
        (result,) = run_many([str(neighbour)], wish_of(settings), settings)
    assert result.error is None, result.error
    tasks._opened.cache_clear()
    return store


@pytest.fixture
def bench(parrot, neighbour, stocked, tmp_path, monkeypatch, capsys):
    """Everything of this test's own: the store, the folder for results, the place to stand."""
    monkeypatch.setenv("LOQUITUR_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("LOQUITUR_VOICES", str(tmp_path / "voices"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    yield Bench(root=tmp_path, neighbour=neighbour, stocked=stocked, capsys=capsys)
    tasks._opened.cache_clear()
