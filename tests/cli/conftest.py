"""The command line, called in this process."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

import pytest

from loquitur.cli.main import _run


@dataclasses.dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """JSON Lines on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> dict[str, str]:
        """The one error on stderr."""
        (line,) = self.err.splitlines()
        document = json.loads(line)
        assert list(document) == ["error"]
        assert document["error"].keys() == {"code", "message", "hint"}
        return document["error"]


@pytest.fixture
def loquitur(settings, monkeypatch, capsys, tmp_path):
    """Runs one command line and gives its code and what it wrote."""
    monkeypatch.setenv("LOQUITUR_OFFLINE", "true")
    monkeypatch.setenv("LOQUITUR_EXECUTOR", "local")
    monkeypatch.setenv("LOQUITUR_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("LOQUITUR_YOUTUBE_API_KEY", "LOQUITUR_YOUTUBE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, stdin: str = "") -> Answer:
        import io

        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        code = _run([str(item) for item in arguments])
        out, err = capsys.readouterr()
        return Answer(code, out, err)

    return run


@pytest.fixture
def speak(loquitur, finished):
    """`loquitur VERB ...` with the parrot's engines over a store that has the clip."""

    def run(verb: str, *arguments: object, stdin: str = "") -> Answer:
        wish = [
            item
            for name, value in finished.wish().parameters.items()
            for item in ("--set", f"{name}={value}")
        ]
        parrots = ["--asr", "parrot", "--diarizer", "parrot"]
        return loquitur(verb, *arguments, *parrots, *wish, stdin=stdin)

    return run
