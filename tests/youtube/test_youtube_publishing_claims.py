"""The figures of benchmarks/youtube_publishing.py: kills, faults, two publishers, units."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_bars_of_publishing_hold(capsys):
    command = [sys.executable, str(ROOT / "benchmarks" / "youtube_publishing.py")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    with capsys.disabled():
        print(f"\n{ended.stdout}")
    assert ended.returncode == 0, ended.stdout + ended.stderr
