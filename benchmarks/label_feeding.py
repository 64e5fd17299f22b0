"""Videos a second out of shards into batches, by threads; memory; the share of waiting.

    python benchmarks/label_feeding.py                  # 4 shards of 200 videos, about 2 minutes
    python benchmarks/label_feeding.py --shards 40      # 2 GB on the disk
    python benchmarks/label_feeding.py --folder DATA    # a data set that is there

Shards as YouTube-8M's frame level: 1,024 + 128 bytes a row, 120 to 300 rows a video, and its video
level, as TFRecord and as columns. Bars: (1) at frame level, out of TFRecord, a batch costs at most
twice the processor time of bare reading of the same shards in their order in the same run (each row
is copied twice, once out of the shard and once into its place, and neighbours are no more read
together; bare reading of columns copies nothing, so there the ratio is told only);
(2) memory after the tenth epoch is within 64 MB of that after the second; (3) beside a step that
takes four times as long as a batch takes to read, its data are waited for less than 5 % of the
time, with two threads; (4) each record once an epoch, counted. Also told, without a bar: threads
against processes, buffers and blocks, the order of five million records.

Pages are warm. Rates are of the clock: on a machine that others use they say little, and the
processor's seconds say more.
Needs numpy and google-crc32c only.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loquitur.testing.shard_server import shard_server
from loquitur.vision.labels.dataset import YOUTUBE_8M, YOUTUBE_8M_MEANS
from loquitur.vision.labels.dataset_files import shards_of, write_dataset
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.feeding.batches import LabelBatches
from loquitur.vision.labels.feeding.order import BUFFER, Order
from loquitur.vision.labels.feeding.sharded import open_data
from loquitur.vision.labels.records.column_writing import ColumnWriter
from loquitur.vision.labels.records.shards import open_shard
from loquitur.vision.labels.records.writing import write_shard

if TYPE_CHECKING:
    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.feeding.holding import HeldBlocks
    from loquitur.vision.labels.feeding.sharded import ShardedDataset

BATCH = 128
BAR_COST, BAR_MEMORY_MB, BAR_WAIT = 2.0, 64, 0.05
_VIDEOS = 200


def make(folder: Path, info: DatasetInfo, shards: int) -> None:
    """Shards of random rows, as large as the real ones are on average."""
    for number in range(shards):
        chance = np.random.default_rng(number)
        frames = info.level == "frame"
        many = chance.integers(120, 301, _VIDEOS) if frames else np.ones(_VIDEOS, np.int64)
        offsets = np.concatenate([[0], np.cumsum(many)])
        streams = {}
        for stream in info.streams:
            rows = chance.integers(0, 256, (offsets[-1], stream.dimension), np.uint8)
            kept = rows if stream.quantised else rows.astype(np.float32) / 64 - 2
            streams[stream.name] = Stream(rows=kept, offsets=offsets)
        examples = Examples(
            video_ids=tuple(f"{number:02}{video:03}" for video in range(_VIDEOS)),
            labels=np.sort(chance.integers(0, info.labels // 3, (_VIDEOS, 3))
                           + np.arange(3) * (info.labels // 3), axis=1).reshape(-1),
            label_offsets=np.arange(_VIDEOS + 1) * 3,
            streams=streams,
        )  # fmt: skip
        write_shard(folder / f"train{number:04}.tfrecord", examples, info)
    write_dataset(folder, info)


def columns_of(folder: Path, target: Path) -> None:
    """The same videos as columns."""
    with open_data(folder) as data:
        for file in data.files("train"):
            with (
                open_shard(file.address, data.info) as shard,
                ColumnWriter(
                    target / file.name.replace(".tfrecord", ".safetensors"), data.info
                ) as writer,
            ):
                for examples in shard.examples():
                    writer.add(examples)
        write_dataset(target, data.info)


def bare(data: ShardedDataset) -> tuple[float, float]:
    """Reading shards in their order, checksums compared: as `rate`."""
    began, spent, videos = time.perf_counter(), time.process_time(), 0
    for file in data.files("train"):
        with open_shard(file.address, data.info) as shard:
            videos += sum(len(examples) for examples in shard.examples(BATCH))
    took, spent = time.perf_counter() - began, time.process_time() - spent
    return videos / took, 1000 * spent / videos


def rate(
    data: ShardedDataset | HeldBlocks,
    *,
    first: int = 0,
    epochs: int = 3,
    warm: bool = True,
    **options: object,
) -> tuple[float, float]:
    """Videos a second of batches, and processor seconds a thousand videos."""
    batches = LabelBatches(data, "train", batch=BATCH, **options)  # type: ignore[arg-type]
    if warm:  # memory for as many batches as are on their way is touched for the first time
        for _ in batches.epoch(99):
            pass
    began, spent = time.perf_counter(), time.process_time()
    videos = sum(len(batch) for number in range(first, first + epochs)
                 for batch in batches.epoch(number))  # fmt: skip
    took, spent = time.perf_counter() - began, time.process_time() - spent
    return videos / took, 1000 * spent / videos


def _process(folder: str, rank: int, world: int, epochs: int) -> int:
    with open_data(folder) as data:
        batches = LabelBatches(data, "train", batch=BATCH * world, shard=(rank, world))
        return sum(len(batch) for number in range(epochs) for batch in batches.epoch(number))


def by_processes(folder: Path, world: int, epochs: int = 4) -> float:
    """Videos a second of several processes that share each batch and keep what they read."""
    with multiprocessing.get_context("spawn").Pool(world) as pool:
        pool.starmap(_process, [(str(folder), rank, world, 1) for rank in range(world)])
        began = time.perf_counter()
        found = pool.starmap(
            _process, [(str(folder), rank, world, epochs) for rank in range(world)]
        )
        return sum(found) / (time.perf_counter() - began)


def waiting(data: ShardedDataset, step_s: float, workers: int) -> float:
    """The share of an epoch in which steps of a given length wait for their batch."""
    batches = LabelBatches(data, "train", batch=BATCH, workers=workers)
    waited, began = 0.0, time.perf_counter()
    stream = batches.epochs(0)
    for _ in range(max(60, batches.steps())):
        before = time.perf_counter()
        next(stream)
        waited += time.perf_counter() - before
        time.sleep(step_s)  # a step on a card: this process has nothing to do
    stream.close()
    return waited / (time.perf_counter() - began)


def held_mb() -> float:
    """What this process holds now, without the pages of files that are mapped."""
    words = Path("/proc/self/statm").read_text().split()
    return (int(words[1]) - int(words[2])) * resource.getpagesize() / 1e6


def memory(data: ShardedDataset, epochs: int = 10) -> list[float]:
    """MB after each epoch."""
    batches = LabelBatches(data, "train", batch=BATCH, workers=2)
    found = []
    for number in range(epochs):
        seen = [video for batch in batches.epoch(number) for video in batch.video_ids]
        if len(seen) != len(set(seen)) or len(seen) != batches.rows():
            raise SystemExit("a record came twice, or never")
        found.append(held_mb())
    return found


def far(folder: Path) -> None:
    """Videos a second off a web server of this machine, by blocks that are held; no bar."""
    os.environ["LOQUITUR_ALLOW_PRIVATE"] = "true"
    with shard_server() as server:
        for path in folder.iterdir():
            server.files[f"/set/{path.name}"] = path.read_bytes()
        with (
            tempfile.TemporaryDirectory() as index,
            open_data(f"{server.url}/set", index=Path(index)) as data,
        ):
            told = []
            for number in range(3):
                server.asked.clear()
                some, _ = rate(data, first=number, epochs=1, warm=False, workers=4)
                told.append(f"{some:,.0f} ({len(server.asked)})")
            print(f"off a web server, epochs 0, 1, 2: {', '.join(told)} videos/s (questions)")


def order(records: int = 5_000_000) -> None:
    """What an order of so many costs."""
    counts = np.full(3844, -(-records // 3844))
    began = time.perf_counter()
    epoch = Order(counts).epoch(1)
    made = time.perf_counter() - began
    began = time.perf_counter()
    steps = range(0, 200 * BATCH, BATCH)
    for at in steps:
        epoch.places(records // 2 + at, records // 2 + at + BATCH)
    each = (time.perf_counter() - began) / len(steps)
    held = sum(one.nbytes for one in (epoch.shards, epoch.firsts, epoch.ends)) / 1e6
    print(f"order of {counts.sum():,}: {1e3 * made:.1f} ms an epoch, {1e3 * each:.2f} ms a batch in"
          f" its middle, {held:.2f} MB")  # fmt: skip


def look(folder: Path, level: str) -> bool:
    """All figures of one data set; whether the bars hold."""
    with open_data(folder) as data:
        shards = shards_of(data.files("train"), "train")
        size = sum(file.size_bytes or 0 for file in shards)
        videos = int(data.counts("train").sum())
        print(f"\n{level}: {len(shards)} shards, {videos} videos, {size / 1e6:.0f} MB")
        bare(data)  # warm
        straight, costs = min((bare(data) for _ in range(3)), key=lambda one: one[1])
        print(f"bare reading, in order          {straight:10,.0f} videos/s   {costs:6.3f} s")
        rate(data)
        cost = min(rate(data)[1] for _ in range(3))
        rates = {}
        for workers in (0, 1, 2, 4, 8):
            rates[workers], spent = rate(data, workers=workers)
            print(f"batches, {workers} threads              {rates[workers]:10,.0f} videos/s"
                  f"   {spent:6.3f} s of processor a 1,000")  # fmt: skip
        for world in (1, 2):
            print(f"batches, {world} processes            {by_processes(folder, world):10,.0f}"
                  " videos/s")  # fmt: skip
        for buffer, block in itertools.product((512, BUFFER), (16, 256, 0)):
            some, _ = rate(data, workers=2, buffer=buffer, block=block)
            print(
                f"2 threads, buffer {buffer:5}, block {block or 'shard':>5} {some:10,.0f} videos/s"
            )
        some, _ = rate(data, workers=2, streams=("audio",))
        print(f"2 threads, sound alone          {some:10,.0f} videos/s")
        step = 4 * BATCH / rates[0]
        share = waiting(data, step, 2)
        alone = waiting(data, step, 0)
        print(f"waiting beside steps of {1e3 * step:.0f} ms: {share:.1%} with two threads,"
              f" {alone:.1%} with none")  # fmt: skip
        print(f"processor of batches by that of bare reading: {cost / costs:.2f}")
        told = memory(data)
        print("MB after each epoch: " + " ".join(f"{one:.0f}" for one in told))
        bars = {} if level != "frame" else {
            f"at most {BAR_COST} times the processor of bare reading: {cost / costs:.2f}":
                cost <= BAR_COST * costs,
        }  # fmt: skip
        bars |= {
            f"memory flat: {told[-1] - told[1]:+.0f} MB": told[-1] - told[1] < BAR_MEMORY_MB,
            f"waiting under {BAR_WAIT:.0%}: {share:.1%}": share < BAR_WAIT,
        }  # fmt: skip
        for text, holds in bars.items():
            print(("holds    " if holds else "MISSED   ") + text)
        return all(bars.values())


def main() -> int:
    """Print the figures; 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shards", type=int, default=4)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    order()
    if given.folder:
        return 0 if look(given.folder, "its") else 1
    holds = True
    for level, info in (("frame", YOUTUBE_8M), ("video", YOUTUBE_8M_MEANS)):
        with tempfile.TemporaryDirectory() as place, tempfile.TemporaryDirectory() as other:
            make(Path(place), info, given.shards * (1 if level == "frame" else 10))
            holds = look(Path(place), level) and holds
            far(Path(place))
            columns_of(Path(place), Path(other))
            holds = look(Path(other), f"{level} (columns)") and holds
            far(Path(other))
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
