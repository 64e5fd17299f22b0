"""What the table of bad input needs: the command line in this process, and a good neighbour."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "media"))

from loquitur.cli import main
from loquitur.media.transfer import Pace
from loquitur.pipeline import tasks
from loquitur.settings import resolve

PARROT = ("--asr", "parrot", "--diarizer", "parrot")
TALK = re.compile(r".+: (acquire|decode|detect|transcribe|diarize|emotion|weave|subtitle)\b.*")


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code and what it said."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines that say what is wrong."""
        return [line for line in self.err.splitlines() if line.startswith("error: ")]

    @property
    def rest(self) -> list[str]:
        """What was said on stderr beside errors and progress."""
        lines = self.err.splitlines()
        return [line for line in lines if line not in self.errors and not TALK.fullmatch(line)]

    @property
    def paths(self) -> list[Path]:
        """What was written."""
        return [Path(line) for line in self.out.splitlines()]

    def fails(self, code: int, *texts: str) -> str:
        """The one line of a command that failed, and nothing else beside progress."""
        assert self.code == code, self
        assert len(self.errors) == 1, self.err
        assert self.rest == [], self.err
        assert "Traceback" not in self.err + self.out
        for text in texts:
            assert text in self.errors[0], self.errors[0]
        assert "unforeseen" not in self.errors[0]
        return self.errors[0]

    def succeeds(self) -> Ended:
        """The same, once it is sure that all went well."""
        assert self.code == 0, self.err
        assert self.errors == []
        assert "Traceback" not in self.err
        return self


@dataclass(frozen=True)
class Bench:
    """Runs commands in this process, each as if the program had just started."""

    root: Path
    neighbour: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def store(self) -> Path:
        return self.root / "store"

    @property
    def out(self) -> Path:
        return self.root / "out"

    def __call__(self, *arguments: str) -> Ended:
        """Any command line."""
        if tasks.open_store.cache_info().currsize:
            tasks.open_store.cache_clear()
        self.capsys.readouterr()
        code = main._run([str(item) for item in arguments])
        out, err = self.capsys.readouterr()
        return Ended(code=code, out=out, err=err)

    def run(self, *arguments: str | Path, engines: tuple[str, ...] = PARROT) -> Ended:
        """`loquitur run` with the parrot's engines, in one process, into `out`."""
        given = [item if isinstance(item, str) else str(item) for item in arguments]
        return self(
            "--store", str(self.store), "run", "--executor", "local", "-o", str(self.out),
            *engines, *given,
        )  # fmt: skip

    def beside(self, *arguments: str | Path, code: int) -> Ended:
        """A bad input before a good one: the good one is done, the exit code is the bad one's."""
        ended = self.run("--format", "vtt", *arguments, self.neighbour)
        assert ended.code == code, ended
        assert [path.name for path in ended.paths] == ["neighbour.vtt"]
        assert ended.paths[0].read_text().startswith("WEBVTT")
        assert len(ended.errors) == 1
        told = [line for line in ended.rest if not line.startswith("  ")]
        assert told == ["1 of 2 inputs done, 1 failed:"]
        return ended

    def json(self, *arguments: str | Path, engines: tuple[str, ...] = PARROT) -> list[dict]:
        """The documents of a run with `--json`, which says nothing else."""
        ended = self.run("--json", *arguments, engines=engines).succeeds()
        assert ended.err == ""
        return [json.loads(line) for line in ended.out.splitlines()]


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
