"""What the second run of finished work costs beyond start-up, and how often it asks an engine.

    python benchmarks/second_run.py [--rounds 7]

The sample is run once with quick engines that log their calls (tests/parrot), then again and
again as a whole command. Bars: 0 engine calls, every stage from the store, and at most 0.5 s more
than `loquitur --help` (the best of several rounds each, since other work on the machine only ever
adds; medians are printed beside it).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "samples" / "harbour_dialogue.mp4"
BAR_S = 0.5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder), rounds)


def measure(folder: Path, rounds: int) -> int:
    log = folder / "calls"
    run = [
        "--store", str(folder / "store"), "run", str(SAMPLE), "-o", str(folder / "out"),
        "--asr", "parrot", "--diarizer", "parrot", "--offline", "--json",
        "--set", f"transcribe.log={log}", "--set", f"diarize.log={log}",
    ]  # fmt: skip
    first_s, _ = timed(run)
    asked_first = len(log.read_text().splitlines())
    log.unlink()
    found = [timed(run) for _ in range(rounds)]
    helps = [timed(["--help"])[0] for _ in range(rounds)]
    times = [seconds for seconds, _ in found]
    beyond_s = min(times) - min(helps)
    usual_s = statistics.median(times) - statistics.median(helps)
    asked = len(log.read_text().splitlines()) if log.exists() else 0
    made = sum(not stage["cached"] for _, out in found for stage in json.loads(out)["stages"])
    print(f"first run   {first_s:.2f} s, {asked_first} engine calls")
    print(f"second run  {min(times):.2f} s, {asked} engine calls, {made} stages made again")
    print(f"beyond start-up {beyond_s:.2f} s (bar: {BAR_S}; medians {usual_s:.2f} s)")
    return 0 if asked == 0 and made == 0 and beyond_s <= BAR_S and asked_first else 1


def timed(arguments: list[str]) -> tuple[float, str]:
    """Seconds and output of one whole command."""
    path = os.pathsep.join(filter(None, (str(ROOT / "tests/parrot"), os.environ.get("PYTHONPATH"))))
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "loquitur", *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )
    return time.perf_counter() - began, done.stdout


if __name__ == "__main__":
    sys.exit(main())
