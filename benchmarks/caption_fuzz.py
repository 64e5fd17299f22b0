"""How long hostile caption files take: 100 KB of one thing, and whether time grows linearly.

    python benchmarks/caption_fuzz.py [--bytes 100000] [--mutations 20000]

Per reader: the slowest hostile input in ms of CPU (bar: 50 ms for 100 KB), its time at ten times
the size over ten times its time (1.0 is linear), then broken copies of good files: how many gave a
track, how many one of our errors, and every other exception, of which there must be none.
"""

from __future__ import annotations

import argparse
import sys
import tracemalloc
from pathlib import Path

from measuring import best_of

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "formats"))

from test_formats_fuzz import HEADS, seeds

from loquitur import formats
from loquitur.errors import LoquiturError, MissingError
from loquitur.formats import Document
from loquitur.testing.mutations import hostile, mutated

BAR_MS = 50


def timed(name: str, data: bytes) -> float:
    """CPU ms of reading and asking each cue for its tree; the best of three."""

    def read() -> None:
        try:
            track = formats.read(Document(data=data), form=name)
            for cue in track.cues:
                _ = cue.tree
        except MissingError:
            raise
        except LoquiturError:
            pass

    return 1000 * best_of(3, read).cpu_s


def broken(name: str, count: int) -> tuple[int, int, list[str]]:
    """Tracks, our errors, and other exceptions, of broken copies."""
    tracks, ours, others = 0, 0, []
    found = [data[:4000] for data in seeds(name)]
    for data in mutated(found, count, seed=3) if found else ():
        try:
            for cue in formats.read(Document(data=data), form=name).cues:
                _ = cue.text
            tracks += 1
        except LoquiturError:
            ours += 1
        except Exception as exc:  # noqa: BLE001 - they are counted
            others.append(repr(exc)[:80])
    return tracks, ours, others


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bytes", type=int, default=100_000)
    parser.add_argument("--mutations", type=int, default=20_000)
    told = parser.parse_args()
    head = f"{'reader':8}{'slowest':>12}{'ms':>7}{'x10':>6}{'peak MB':>9}"
    print(head + "   broken: tracks, errors, others")
    for name in formats.readable():
        try:
            rows = [
                (timed(name, head + data), kind, head)
                for kind, data in hostile(told.bytes)
                for head in {b"", HEADS.get(name, b"")}
            ]
            slowest, kind, head = max(rows)
            larger = next(data for known, data in hostile(told.bytes * 10) if known == kind)
            growth = timed(name, head + larger) / 10 / max(slowest, 0.1)
            tracemalloc.start()
            timed(name, head + larger)
            peak = tracemalloc.get_traced_memory()[1] / 1e6
            tracemalloc.stop()
        except MissingError as exc:
            print(f"{name:8}{exc}")
            continue
        tracks, ours, others = broken(name, told.mutations)
        print(
            f"{name:8}{kind:>12}{slowest:>7.1f}{growth:>6.2f}{peak:>9.1f}"
            f"   {tracks}, {ours}, {len(others)} {others[:1] or ''}"
        )


if __name__ == "__main__":
    main()
