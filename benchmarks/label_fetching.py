"""YouTube-8M's downloader against a local mirror: kills, bad bytes, and what it costs.

1. Shards of random bytes lie on a server of which a share of the answers is bad (503, cut, one
   wrong bit, a length that lies). `label data fetch` runs in a process that is killed again and
   again (SIGKILL). After each kill whatever has a shard's name is held against the original; in the
   end all files are.
2. Without faults: processor time and time by the clock of the same files by urllib alone, by
   `fetch_shards` (checks of addresses, MD5, sync to the disk), and by it again with all files here.
3. A file read by ranges through `open_source`, one record of 250 kB after the other, against the
   same bytes by one plain request.

    python benchmarks/label_fetching.py [--shards 24] [--mb 4] [--faults 0.3]
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import measuring
from loquitur.media.transfer import FetchOptions, Pace
from loquitur.testing.shard_server import ShardServer, shard_server
from loquitur.vision.labels.fetching.bringing import fetch_shards
from loquitur.vision.labels.fetching.mirrors import mirror_at
from loquitur.vision.labels.fetching.orders import FetchOrder
from loquitur.vision.labels.records.web import WebSource

CHILD = """
import sys
from loquitur.vision.labels.fetching.bringing import fetch_shards
from loquitur.vision.labels.fetching.mirrors import mirror_at
from loquitur.vision.labels.fetching.orders import FetchOrder
order = FetchOrder(level="frame", parts=("train",), mirrors=(mirror_at(sys.argv[1]),))
fetch_shards(order, sys.argv[2])
"""
QUICK = Pace(sleep=lambda seconds: time.sleep(min(seconds, 0.05)))


def killed(server: ShardServer, folder: Path, made: dict[str, bytes]) -> None:
    """Kill the downloader until everything is here."""
    dice, kills, looked, wrong = random.Random(1), 0, 0, 0
    while True:
        child = subprocess.Popen([sys.executable, "-c", CHILD, server.url, str(folder)])
        until = len(server.asked) + dice.randrange(20, 40)  # 17 of them ask for plan and sizes
        while child.poll() is None and len(server.asked) < until:
            time.sleep(0.002)
        done = child.poll() is not None
        if not done:
            child.send_signal(signal.SIGKILL)
            kills += 1
        child.wait()
        for name, data in made.items():
            path = folder / name
            if path.exists():
                looked += 1
                wrong += path.read_bytes() != data
        if done and all((folder / name).exists() for name in made):
            break
    requests = sum(1 for path, _ in server.asked if path.endswith(".tfrecord"))
    resumed = sum(1 for path, begin in server.asked if begin and path.endswith(".tfrecord"))
    equal = sum((folder / name).read_bytes() == data for name, data in made.items())
    print(
        f"kills {kills}, requests for shards {requests}, {resumed} of them from the middle on;"
        f" files looked at after kills {looked}, wrong {wrong}; at the end {equal} of {len(made)}"
        " equal to the original"
    )


def timed(what: str, call: Callable[[], object], size: int) -> float:
    """Print processor time and time by the clock."""
    _, took = measuring.timed(call)
    pace = size / 1e6 / took.wall_s
    print(f"{what}: {took.cpu_s:.2f} s of processor time, {took.wall_s:.2f} s, {pace:.0f} MB/s")
    return took.cpu_s


def plain(server: ShardServer, names: list[str], folder: Path) -> None:
    """The same files by the standard library."""
    for name in names:
        with urllib.request.urlopen(f"{server.url}/frame/train/{name}") as answer:
            (folder / name).write_bytes(answer.read())


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shards", type=int, default=24)
    parser.add_argument("--mb", type=float, default=4.0)
    parser.add_argument("--faults", type=float, default=0.3)
    given = parser.parse_args()
    size = int(given.mb * 1e6)
    made = {
        f"train{at:02d}.tfrecord": random.Random(at).randbytes(size + at)
        for at in range(given.shards)
    }
    total = sum(map(len, made.values()))
    with shard_server() as server, tempfile.TemporaryDirectory() as root:
        server.add("frame", "train", made)
        server.chance = given.faults
        print(f"{given.shards} shards of {given.mb} MB, {given.faults:.0%} of the answers bad")
        killed(server, Path(root) / "killed", made)
        server.chance = 0.0
        bare, ours = Path(root) / "bare", Path(root) / "ours"
        bare.mkdir()
        print("server and reader share this process: times are for comparison")
        peer = timed("urllib alone", lambda: plain(server, list(made), bare), total)
        order = FetchOrder(
            level="frame", parts=("train",), mirrors=(mirror_at(server.url),), parallel=1
        )
        own = timed("fetch_shards", lambda: fetch_shards(order, ours, pace=QUICK), total)
        timed("fetch_shards, all here", lambda: fetch_shards(order, ours), total)
        print(f"ratio of processor time: {own / peer:.2f}")
        name, data = next(iter(made.items()))
        address = f"{server.url}/frame/train/{name}"
        source = WebSource(address, FetchOptions(allow_private=True))
        server.asked.clear()
        found = b"".join(bytes(source.read(at, 250_000)) for at in range(0, len(data), 250_000))
        print(f"open_source: {len(server.asked)} requests for {len(data) / 1e6:.1f} MB in records")
        print("equal" if found == data else "DIFFERENT")


if __name__ == "__main__":
    main()
