"""The table of engine x check: of a sound engine, a broken one, one that cannot run."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from loquitur import registry
from loquitur.testing.conformance import table


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "loquitur.testing.conformance", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_one_command_prints_the_table_and_its_reasons(parrot):
    done = run("silero", "openai-compatible")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["VAD", "load", "opts", "ident", "behaviour", "s"]
    assert lines[1].split()[:5] == ["silero", "ok", "ok", "ok", "ok"]
    assert any(line.startswith("openai-compatible  skip: it needs a server") for line in lines)
    assert max(len(line) for line in lines if " ok " in line or "load  " in line) <= 112


@pytest.mark.slow
def test_as_json_with_seconds_and_a_broken_engine_fails(parrot):
    done = run("--json", "asr.broken", "vad")
    found = {(row["engine"], row["check"]): row for row in json.loads(done.stdout)}
    assert found["silero", "behaviour"]["state"] == "ok"
    assert found["silero", "behaviour"]["seconds"] > 0
    assert found["broken", "load"]["state"] == "fail"
    assert "parrot_nowhere" in found["broken", "load"]["reason"]
    assert done.returncode == 1


def test_a_check_that_fails_is_told_in_its_own_words(tmp_path, monkeypatch):
    spec = registry.find("emotion", "prosody")
    kind = registry.load(spec)
    monkeypatch.setattr(kind, "read", lambda *_: iter(()))
    found = {one.check: one for one in table.try_engine(spec, tmp_path)}
    assert (found["load"].state, found["opts"].state) == ("ok", "ok")
    assert found["behaviour"].state == "fail"
    assert "a feeling for the turn" in found["behaviour"].reason
    lines = list(table.render(list(found.values())))
    assert "FAIL1" in lines[1]
    assert any(line.startswith("1: a feeling for the turn") for line in lines)


def test_every_kind_has_checks_and_every_check_a_legend():
    assert {spec.kind for spec in registry.BUILTIN} <= table.CHECKS.keys()
    assert {name for checks in table.CHECKS.values() for name in checks} < table.LEGEND.keys()
