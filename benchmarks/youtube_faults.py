"""The same job against an emulated service that is well and one that is not: equal results.

    python benchmarks/youtube_faults.py [--calls 5000] [--rate 0.05] [--seed 7]

Faults are 429 a minute, 500, 503 and connections reset, half of the last three after the service
had done its work. Waits are added up, not waited for. Also printed: what the ledger says and what
the service counted, and how long a call takes with ledger and all.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

from loquitur.emulator import Emulator
from loquitur.settings import Settings
from loquitur.youtube.retrying import Patience
from loquitur.youtube.sessions import open_client
from measuring import stopwatch


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        well = run(Path(folder), arguments, rate=0.0)
        ill = run(Path(folder), arguments, rate=arguments.rate)
    print(f"results equal: {well == ill}")
    return 0 if well == ill else 1


def run(folder: Path, arguments: argparse.Namespace, *, rate: float) -> list[str]:
    waits: list[float] = []
    plan = {"faults": {"rate": rate}, "quota": {"shared": 1_000_000}}
    settings = {"youtube_limits": {"shared": "1000000"}, "store": folder / str(rate)}
    with Emulator(seed=arguments.seed, plan=plan) as emulator:
        given = Settings(youtube_endpoint=emulator.endpoint, **settings)
        with open_client(given, patience=Patience(sleep=waits.append)) as client:
            with stopwatch() as took:
                results = [answer(client, number) for number in range(arguments.calls)]
            project = client.purse.credentials.payers[0]
            counted = client.purse.ledger.today(project, "shared").units
        made = emulator.calls()
        faults = Counter(entry.fault for entry in made if entry.fault)
        print(
            f"faults {rate:4.0%}: {arguments.calls:,} wanted, {len(made):,} made, "
            f"{took.wall_s / len(made) * 1e3:.2f} ms each; {sum(faults.values())} faults "
            f"{dict(faults)}; {len(waits)} waits, {sum(waits):.0f} s together, longest "
            f"{max(waits, default=0):.1f} s; units: ledger {counted:,}, "
            f"service {emulator.spent('shared'):,}"
        )
    return results


def answer(client, number: int) -> str:
    if number % 10 == 0:
        found = client.call("i18nRegions.list", part="snippet", hl="de")
    else:
        found = client.call("videos.list", part="id,statistics", id=f"loquitur{number:03}"[:11])
    return json.dumps(found, sort_keys=True)


if __name__ == "__main__":
    sys.exit(main())
