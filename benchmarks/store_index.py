"""How long the index of a large store takes to be rebuilt from its records.

    python benchmarks/store_index.py [--records 100000] [--folder DIR]

The bar is 60 s for 100,000 records, on an ordinary disk. The store is filled without fsync, since
only the reading is measured.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

from loquitur.model.work import Record
from loquitur.store import Store
from measuring import peak_mb, stopwatch, timed

BAR_S = 60.0
STAGES = ("audio", "words", "turns", "feelings", "transcript", "captions")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=None)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=arguments.folder))
    try:
        return measure(folder / "store", arguments.records)
    finally:
        shutil.rmtree(folder)


def measure(root: Path, count: int) -> int:
    store = Store.open(root)
    _, took = timed(lambda: fill(store, count))
    print(f"filled   {count:,} records in {took.wall_s:.1f} s (not the claim)")
    store = Store.open(root)
    found, took = timed(store.rebuild)
    rebuild_s = took.wall_s
    size_bytes = (root / "index.sqlite").stat().st_size
    print(f"rebuilt  {found:,} records in {rebuild_s:.1f} s (bar {BAR_S:.0f} s)")
    print(f"index    {size_bytes / 1e6:.1f} MB, {size_bytes / count:.0f} bytes a record")
    usage, took = timed(store.usage)
    print(f"usage    {len(usage)} stages in {took.wall_s:.2f} s, kept in step")
    key = next(store.results.names())
    with stopwatch() as took:
        assert store.find(key[:12])[0].key == key
    print(f"find     {took.wall_s:.2f} s")
    with stopwatch() as took:
        for number in range(1000):
            assert store.record(key_of(number * (count // 1000 or 1) % count)) is not None
    print(f"look-up  {took.wall_s * 1000:.0f} us each, file and objects")
    print(f"memory   {peak_mb():.0f} MB peak")
    store.close()
    return 0 if found == count and rebuild_s <= BAR_S else 1


def fill(store: Store, count: int) -> None:
    real = os.fsync
    os.fsync = lambda handle: None
    try:
        for number in range(count):
            media = number // len(STAGES)
            digest = store.objects.put(f"object {number}".encode() * 8)
            record = Record(
                key=key_of(number),
                stage=STAGES[number % len(STAGES)],
                stage_version=1,
                outputs=((STAGES[number % len(STAGES)], digest),),
                inputs=(("media", key_of(media)),),
                engine="parakeet",
                engine_version="0.12.1",
                model_digest=key_of("model"),
                options='{"beam":5,"language":"en"}',
                media_id=f"sha256:{key_of(media)}",
                title=f"A video about things, part {media}",
                started="2026-11-21T08:00:00Z",
                seconds=12.5,
                host="worker",
            )
            store.results.publish(record)
    finally:
        os.fsync = real


def key_of(name: object) -> str:
    return hashlib.sha256(str(name).encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
