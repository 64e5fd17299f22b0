"""Reading shards of labelled videos: beside the tfrecord package, protobuf, and checksums alone.

    python benchmarks/label_reading.py [--videos N] [--stream-gb G] [--mutations N] [--seed N]

1. CPU time a video, best of several rounds in this run, of frame level (120 to 300 rows of 1024 and
   128 bytes) and video level: ours with and without checksums, in order and in any order; as
   columns; walking over the records and comparing checksums alone; the tfrecord package (which
   compares none) where it is installed; protobuf's SequenceExample and a join of its rows.
2. G gigabytes (20) streamed from a loop over generated shards: memory at the beginning and the end.
3. N mutations (1,000) of a shard of each level, plain, gzip and columns: cuts, flipped bits,
   foreign bytes. What is read must be as it was written, or be missing and told.
4. N mutations of records themselves, of each level, whose checksums are right: among usual ones,
   some with a title, without labels or with labels out of order. Read together each must give, or
   be refused for, the same as when it is walked over alone.

Claims, exit 1 where one fails: with checksums at least 5 times the tfrecord package at frame level,
3 times at video level, and at least half of checksums alone; memory grows by less than 64 MB; no
wrong record; none that is read otherwise than alone.
"""

from __future__ import annotations

import argparse
import dataclasses
import mmap
import resource
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import InputError
from loquitur.vision.labels.dataset import YOUTUBE_8M, YOUTUBE_8M_MEANS, DatasetInfo, StreamInfo
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.records import layout as lay
from loquitur.vision.labels.records.checksums import crc32c, unmask
from loquitur.vision.labels.records.collecting import Collector, ContentError
from loquitur.vision.labels.records.column_writing import write_columns
from loquitur.vision.labels.records.framing import framed
from loquitur.vision.labels.records.shards import open_shard
from loquitur.vision.labels.records.wire import field, packed
from loquitur.vision.labels.records.writing import records_of, write_shard

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 10
BATCH = 256
TINY = DatasetInfo(
    name="tiny",
    level="frame",
    streams=(StreamInfo(name="rgb", dimension=32), StreamInfo(name="audio", dimension=8)),
    labels=3862,
)
TINY_MEANS = dataclasses.replace(
    TINY,
    level="video",
    streams=tuple(dataclasses.replace(one, quantised=False) for one in TINY.streams),
)


def videos(info: DatasetInfo, count: int, seed: int, rows: tuple[int, int]) -> Examples:
    """Random videos as YouTube-8M's are laid out."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(*rows, count) if info.level == "frame" else np.ones(count, np.int64)
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    streams = {}
    for one in info.streams:
        shape = (int(offsets[-1]), one.dimension)
        numbers = rng.integers(0, 256, shape, dtype=np.uint8)
        streams[one.name] = Stream(
            rows=numbers if one.quantised else rng.normal(size=shape).astype(np.float32),
            offsets=offsets,
        )
    labels = [np.sort(rng.choice(3862, rng.integers(1, 6), replace=False)) for _ in range(count)]
    return Examples(
        video_ids=tuple(f"{at:04d}" for at in range(count)),
        labels=np.concatenate(labels),
        label_offsets=np.cumsum([0, *map(len, labels)], dtype=np.int64),
        streams=streams,
    )


def ours(path: Path, info: DatasetInfo, *, verify: bool = True) -> Callable[[], int]:
    def read() -> int:
        with open_shard(path, info, verify=verify) as shard:
            return sum(len(one) for one in shard.examples(BATCH))

    return read


def anywhere(path: Path, info: DatasetInfo) -> Callable[[], int]:
    order = np.random.default_rng(0)

    def read() -> int:
        with open_shard(path, info) as shard:
            places = order.permutation(shard.count)
            return sum(len(shard.read(places[at : at + 64])) for at in range(0, len(places), 64))

    return read


def checksums_alone(path: Path) -> Callable[[], int]:
    def read() -> int:
        crc, count, at = crc32c(), 0, 0
        with path.open("rb") as file:
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        data = np.frombuffer(whole, np.uint8)
        head, foot = struct.Struct("<QI").unpack_from, struct.Struct("<I").unpack_from
        while at < len(data):
            length, masked = head(whole, at)
            if crc(data[at : at + 8]) != unmask(masked):
                raise SystemExit("a wrong length")
            if crc(data[at + 12 : at + 12 + length]) != unmask(foot(whole, at + 12 + length)[0]):
                raise SystemExit("a wrong record")
            at += length + 16
            count += 1
        return count

    return read


def theirs(path: Path, info: DatasetInfo) -> Callable[[], int] | None:
    try:
        from tfrecord.reader import sequence_loader, tfrecord_loader
    except ImportError:
        return None

    def frames() -> int:
        context, lists = {"id": "byte", "labels": "int"}, {"rgb": "byte", "audio": "byte"}
        return sum(1 for _ in sequence_loader(str(path), None, context, lists))

    def means() -> int:
        kinds = {"id": "byte", "labels": "int", "mean_rgb": "float", "mean_audio": "float"}
        return sum(1 for _ in tfrecord_loader(str(path), None, kinds))

    return frames if info.level == "frame" else means


def by_protobuf(path: Path) -> Callable[[], int] | None:
    """SequenceExample by protobuf, its rows joined to one matrix, without checksums."""
    try:
        from tfrecord import example_pb2
    except ImportError:
        return None

    def read() -> int:
        data, at, count = path.read_bytes(), 0, 0
        while at < len(data):
            (length,) = struct.unpack_from("<Q", data, at)
            example = example_pb2.SequenceExample.FromString(data[at + 12 : at + 12 + length])
            for name in ("rgb", "audio"):
                rows = example.feature_lists.feature_list[name].feature
                joined = b"".join(one.bytes_list.value[0] for one in rows)
                np.frombuffer(joined, np.uint8).reshape(len(rows), -1)
            at += length + 16
            count += 1
        return count

    return read


def measured(readers: dict[str, Callable[[], int] | None]) -> dict[str, float]:
    """Videos a second of CPU time, the best of several rounds, all readers in turn."""
    best: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, read in readers.items():
            if read is None:
                continue
            began = time.process_time()
            count = read()
            speed = count / max(time.process_time() - began, 1e-9)
            best[name] = max(best.get(name, 0.0), speed)
    return best


def speeds(folder: Path, count: int, seed: int) -> bool:
    held = True
    for info, many in ((YOUTUBE_8M, count), (YOUTUBE_8M_MEANS, 10 * count)):
        examples = videos(info, many, seed, (120, 301))
        path, columns = folder / f"{info.level}.tfrecord", folder / f"{info.level}.safetensors"
        write_shard(path, examples, info)
        write_columns(columns, examples, info)
        size = path.stat().st_size
        found = measured(
            {
                "ours, checksums": ours(path, info),
                "ours, no checksums": ours(path, info, verify=False),
                "ours, any order": anywhere(path, info),
                "columns": ours(columns, info),
                "columns, no checksums": ours(columns, info, verify=False),
                "columns, any order": anywhere(columns, info),
                "checksums alone": checksums_alone(path),
                "tfrecord package": theirs(path, info),
                "protobuf": by_protobuf(path) if info.level == "frame" else None,
            }
        )
        print(f"\n{info.level} level, {many} videos, {size / 1e6:.1f} MB")
        mine, alone = found["ours, checksums"], found["checksums alone"]
        for name, speed in found.items():
            print(f"  {name:24}{speed:12,.0f} videos/s {speed * size / many / 1e6:9,.0f} MB/s"
                  f"   ours/this {mine / speed:6.2f}")  # fmt: skip
        held &= mine >= alone / 2
        held &= mine >= (5 if info.level == "frame" else 3) * found.get("tfrecord package", 0)
    return held


def resident_mb() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def streaming(folder: Path, gigabytes: float, seed: int) -> bool:
    paths = []
    for at in range(4):
        path = folder / f"train{at:02d}.tfrecord"
        write_shard(path, videos(YOUTUBE_8M, 400, seed + at, (120, 301)), YOUTUBE_8M)
        paths.append(path)
    done, count, marks = 0, 0, []
    began, cpu = time.monotonic(), time.process_time()
    while done < gigabytes * 1e9:
        for path in paths:
            with open_shard(path, YOUTUBE_8M) as shard:
                count += sum(len(one) for one in shard.examples(64))
            done += path.stat().st_size
            marks.append(resident_mb())
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    print(f"\n{done / 1e9:.1f} GB streamed ({count:,} videos): {done / 1e9 / cpu:.2f} GB a CPU"
          f" second, {done / 1e9 / seconds:.2f} GB/s")  # fmt: skip
    early, late = max(marks[: len(paths)]), max(marks[-len(paths) :])
    print(f"  resident: {early:.0f} MB after the first round, {late:.0f} MB after the last,"
          f" highest {max(marks):.0f} MB")  # fmt: skip
    return max(marks) - early < 64


def mutations(folder: Path, count: int, seed: int) -> bool:
    held = True
    for info in TINY, TINY_MEANS:
        many = 12 if info.level == "frame" else 40
        examples = videos(info, many, seed, (0, 20))
        for form in ("", "gzip", "columns"):
            path = folder / "mutated"
            if form == "columns":
                write_columns(path, examples, info)
            else:
                write_shard(path, examples, info, compression=form)
            whole = path.read_bytes()
            rng = np.random.default_rng(seed)
            told = read = silent = wrong = 0
            for trial in range(count):
                path.write_bytes(mutated(whole, trial, rng))
                good, complete, said = judged(path, examples, info)
                read += max(good, 0)
                told += said
                wrong += good < 0
                silent += good >= 0 and not complete and not said
            print(f"\n{count} mutations of {form or 'plain'}, {info.level} level: {told} told,"
                  f" {wrong} with a wrong record, {read / count:.1f} of {many} videos read on"
                  f" average, {silent} shorter and not told (cut between two records)")  # fmt: skip
            held &= not wrong
    return held


def contents(folder: Path, count: int, seed: int) -> bool:
    """Records that were changed before their checksums were made."""
    held = True
    for info in TINY, TINY_MEANS:
        rng = np.random.default_rng(seed)
        done = read = refused = wrong = 0
        while done < count:
            records = mixed(info, seed + done, rng)
            for at in rng.permutation(len(records))[:20].tolist():
                records[at] = mutated(records[at], done, rng)
                done += 1
            path = folder / "contents.tfrecord"
            path.write_bytes(b"".join(piece for one in records for piece in framed(one)))
            with open_shard(path, info, keep_going=True) as shard:
                kept, found = shard.read_numbered(slice(None))
                problems = {one.record: one.why for one in shard.problems}
            places = {number: at for at, number in enumerate(kept.tolist())}
            for number, record in enumerate(records):
                alone = walked(record, info)
                if isinstance(alone, str):
                    refused += 1
                    wrong += number in places or problems.get(number) != alone
                else:
                    read += 1
                    wrong += number not in places or not same(found, places[number], alone, 0)
        print(f"\n{done} mutations of records with right checksums, {info.level} level:"
              f" {read} read, {refused} refused, {wrong} otherwise than alone")  # fmt: skip
        held &= not wrong
    return held


def mixed(info: DatasetInfo, seed: int, rng: np.random.Generator) -> list[bytes]:
    """Usual records, and some that are not."""
    examples = videos(info, 60, seed, (0, 20))
    titles = tuple("Tïtle" if one < 0.1 else "" for one in rng.random(60))
    records = records_of(dataclasses.replace(examples, texts={"title": titles}), info)
    for at in rng.permutation(60)[:6].tolist():
        name = field(1, f"{at:04d}".encode())
        labels = packed([7, 3, 5] if at % 2 else [])
        features = lay.entry("id", lay.feature(lay.BYTES_LIST, name))
        features += lay.entry("labels", lay.feature(lay.INT64_LIST, field(1, labels)))
        records[at] = field(1, features)
    return records


def walked(record: bytes, info: DatasetInfo) -> Examples | str:
    """What a record gives by itself, or why it is refused; by no form and no pattern."""
    collector = Collector(info, strict=True)
    collector._forms = None  # noqa: SLF001 - it has no other switch
    try:
        collector.add(np.frombuffer(record, np.uint8))
    except ContentError as error:
        return str(error)
    return collector.examples()


def mutated(whole: bytes, trial: int, rng: np.random.Generator) -> bytes:
    data = bytearray(whole)
    at = int(rng.integers(len(data)))
    if trial % 3 == 0:
        del data[at:]
    elif trial % 3 == 1:
        data[at] ^= 1 << int(rng.integers(8))
    else:
        data[at : at + int(rng.integers(1, 40))] = rng.bytes(int(rng.integers(0, 40)))
    return bytes(data)


def judged(path: Path, examples: Examples, info: DatasetInfo) -> tuple[int, bool, bool]:
    """How many videos were right (-1: one was wrong), whether all came, whether it was told."""
    try:
        with open_shard(path, info, keep_going=True) as shard:
            kept, found = shard.read_numbered(slice(None))
            said = bool(shard.problems)
    except InputError:
        return 0, False, True
    for at, number in enumerate(kept.tolist()):
        if number >= len(examples) or not same(found, at, examples, number):
            return -1, False, said
    return len(kept), len(kept) == len(examples), said


def same(found: Examples, at: int, expected: Examples, number: int) -> bool:
    """Whether a video is as it should be."""
    texts = {name: column[number] for name, column in expected.texts.items() if column[number]}
    return (
        found.video_ids[at] == expected.video_ids[number]
        and np.array_equal(found.labels_of(at), expected.labels_of(number))
        and texts == {name: column[at] for name, column in found.texts.items() if column[at]}
        and all(
            np.array_equal(mine.of(at), expected.streams[name].of(number))
            for name, mine in found.streams.items()
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--videos", type=int, default=200)
    parser.add_argument("--stream-gb", type=float, default=20.0)
    parser.add_argument("--mutations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="label-reading-") as name:
        folder = Path(name)
        held = [
            speeds(folder, given.videos, given.seed),
            mutations(folder, given.mutations, given.seed),
            contents(folder, given.mutations, given.seed),
            streaming(folder, given.stream_gb, given.seed),
        ]
    print("\nall claims held" if all(held) else f"\nclaims held: {held}")
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
