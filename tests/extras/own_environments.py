"""The environments that `make test-extras` makes for engines of their own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from loquitur import registry
from loquitur.protocols import Resources

ROOT = Path(__file__).resolve().parents[2]
PLACE = Path(os.environ.get("LOQUITUR_TEST_ENVIRONMENTS", ROOT / ".environments"))


def place_of(name):
    """The folder of an environment; the test is skipped where it was not made."""
    folder = PLACE / name
    if not (folder / "bin" / "python").exists():
        pytest.skip(f"the environment {name} is not here: make test-{name}")
    return folder


def run_there(folder, *arguments):
    """Run a module of ours with an environment's interpreter, which has none of Loquitur's own."""
    done = subprocess.run(
        [str(folder / "bin" / "python"), *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def kind_there(models, *pairs):
    """(classes, resources) of engines in their environments, given as (kind, name, folder)."""
    environments = tuple((f"{kind}.{name}", str(folder)) for kind, name, folder in pairs)
    resources = Resources(models=models, threads=1, environments=environments)
    return [
        registry.load(registry.find(kind, name, environments)) for kind, name, _ in pairs
    ], resources
