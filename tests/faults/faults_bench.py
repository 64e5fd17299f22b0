"""The command line as the table of bad input uses it: run it, and look at all that it said."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from loquitur.cli import main
from loquitur.pipeline import tasks

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
    stocked: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def store(self) -> Path:
        return self.root / "store"

    @property
    def out(self) -> Path:
        return self.root / "out"

    def __call__(self, *arguments: str) -> Ended:
        """Any command line."""
        if tasks._opened.cache_info().currsize:
            tasks._opened.cache_clear()
        self.capsys.readouterr()
        code = main._run([str(item) for item in arguments])
        out, err = self.capsys.readouterr()
        return Ended(code=code, out=out, err=err)

    def apart(self, *arguments: str | Path, store: Path | None = None) -> Ended:
        """Any command in a process of its own, so that nothing is remembered from one to another.

        `run` is followed by the parrot's engines.
        """
        verb, *rest = map(str, arguments)
        engines = ("--executor", "local", *PARROT) if verb == "run" else ()
        command = [sys.executable, "-m", "loquitur", "--store", str(store or self.store), verb]
        ended = subprocess.run([*command, *engines, *rest], capture_output=True, check=False)
        return Ended(code=ended.returncode, out=ended.stdout.decode(), err=ended.stderr.decode())

    def run(self, *arguments: str | Path, engines: tuple[str, ...] = PARROT) -> Ended:
        """`loquitur run` with the parrot's engines, in one process, into `out`."""
        given = [item if isinstance(item, str) else str(item) for item in arguments]
        return self(
            "--store", str(self.store), "run", "--executor", "local", "-o", str(self.out),
            *engines, *given,
        )  # fmt: skip

    def stock(self) -> None:
        """Begin with a store in which the neighbour is done already."""
        shutil.copytree(self.stocked, self.store)

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
