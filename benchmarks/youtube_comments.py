"""100,000 comments with replies: complete, in bounded memory, killed over and over meanwhile.

    python benchmarks/youtube_comments.py [--kills 20]

The command runs as a process of its own, so that its memory is its own, and is killed with SIGKILL
at random moments; then the same command once more. Held against the ids that the emulated service
knows. Two sizes tell whether memory grows with the number.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

from loquitur.emulator import Emulator
from loquitur.emulator.summary import world_summary

PLAN = {
    "quota": {"shared": 1_000_000},
    "video": [{"key": "ten thousand", "title": "Fewer remarks", "comments": 10_000}],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    arguments = parser.parse_args()
    good = True
    with Emulator(seed=1, plan=PLAN) as emulator, tempfile.TemporaryDirectory() as folder:
        videos = world_summary(emulator.world)["videos"]
        for name in ("ten thousand", "crowd"):
            good &= whole(emulator, Path(folder) / name, videos[name])
        good &= killed(emulator, Path(folder) / "killed", videos["crowd"], arguments.kills)
    return 0 if good else 1


def whole(emulator: Emulator, folder: Path, video: str) -> bool:
    folder.mkdir()
    started = time.perf_counter()
    process = begun(emulator, folder, video)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    rows, good = judged(emulator, folder, video)
    print(
        f"{video}: {rows:,} comments in {wall_s:.0f} s ({rows / wall_s:,.0f} a second, the "
        f"emulator beside it), {usage.ru_utime:.1f} s of own work, "
        f"peak {usage.ru_maxrss >> 10} MB, equal to the truth: {good}, "
        f"exit {os.waitstatus_to_exitcode(status)}"
    )
    return good


def killed(emulator: Emulator, folder: Path, video: str, kills: int) -> bool:
    folder.mkdir()
    dice = random.Random(1)
    before, made, done = len(emulator.calls()), 0, False
    while made < kills and not done:
        process = begun(emulator, folder, video)
        try:
            process.wait(0.6 + dice.random() * 2.0)
            done = True
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            made += 1
    begun(emulator, folder, video).wait()
    rows, good = judged(emulator, folder, video)
    calls = len(emulator.calls()) - before
    print(f"{video}: killed {made} times, then {rows:,} comments, none lost or doubled: {good}; "
          f"{calls:,} calls in all")  # fmt: skip
    return good


def begun(emulator: Emulator, folder: Path, video: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "loquitur", "-q", "youtube", "comments", video]
    command += ["-o", str(folder / "comments.csv"), "--store", str(folder / "store")]
    environment = os.environ | {
        "LOQUITUR_YOUTUBE_ENDPOINT": emulator.endpoint,
        "LOQUITUR_YOUTUBE_LIMITS": "shared=1000000",
    }
    return subprocess.Popen(command, env=environment)


def judged(emulator: Emulator, folder: Path, video: str) -> tuple[int, bool]:
    with (folder / "comments.csv").open(newline="") as file:
        ids = [row["comment_id"] for row in csv.DictReader(file)]
    query = urllib.parse.urlencode({"what": "comments", "videoId": video})
    with urllib.request.urlopen(f"{emulator.endpoint}/emulator/truth?{query}") as answer:
        truth = json.load(answer)["ids"]
    return len(ids), len(ids) == len(set(ids)) and set(ids) == set(truth)


if __name__ == "__main__":
    sys.exit(main())
