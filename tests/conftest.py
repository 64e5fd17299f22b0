"""What all tests share: no network, a place of their own, the shared data where it is."""

from __future__ import annotations

import dataclasses
import os
import socket
from pathlib import Path

import pytest

from loquitur.settings import Settings, resolve

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
PARROT = ROOT / "tests" / "parrot"
SAMPLE = ROOT / "samples" / "harbour_dialogue.mp4"

_connect = socket.socket.connect


def _only_here(self: socket.socket, address: object) -> None:
    host = address[0] if isinstance(address, tuple) else ""
    if host and not (str(host).startswith("127.") or host in ("localhost", "::1")):
        raise OSError(f"a test tried to reach {host}")
    _connect(self, address)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests reach this machine only."""
    monkeypatch.setattr(socket.socket, "connect", _only_here)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A third party's engines, installed for this test and its child processes."""
    monkeypatch.syspath_prepend(str(PARROT))
    before = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(PARROT), before))))
    return PARROT


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with a store of this test's own, and the machine's model cache."""
    models = resolve().settings.models
    monkeypatch.setenv("LOQUITUR_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("LOQUITUR_MODELS", str(models))
    found = resolve(folder=tmp_path).settings
    return dataclasses.replace(found, offline=True)


@pytest.fixture
def shared() -> Path:
    """The shared test data; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the shared test data are not here")
    return SHARED


@pytest.fixture
def sample() -> Path:
    """The sample clip of the repository."""
    return SAMPLE
