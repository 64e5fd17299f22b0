"""Drawings as files: shards side by side, the vocabulary, what the data set is.

Shards are written by as many processes as wanted; a shard holds the same whoever writes it. A
folder that was left half written is gone on with: its design stands in it, and a shard that is
there is whole.
"""

from __future__ import annotations

import json
import multiprocessing
import shutil
import signal
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from multiprocessing import resource_tracker
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from loquitur.conversion import decoder
from loquitur.errors import FullError, InputError, UsageError
from loquitur.tables.writing import replacing
from loquitur.text import display
from loquitur.vision.labels.dataset import INDEX, PARTS, Level
from loquitur.vision.labels.dataset_files import write_dataset
from loquitur.vision.labels.examples import WORDS
from loquitur.vision.labels.generated.design import STREAMS, Design
from loquitur.vision.labels.generated.drawing import Drawing
from loquitur.vision.labels.records.writing import ShardWriter
from loquitur.vision.labels.shard_names import MOST_SHARDS, shard_name
from loquitur.vision.labels.vocabulary import LabelVocabulary
from loquitur.vision.labels.vocabulary_files import write_vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

DESIGN_FILE = "generated.json"
VOCABULARY_FILE = "vocabulary.csv"
SCHEMA = "loquitur/generated-labels/1"
SPLIT = (80, 10, 10)
_BATCH = 32
_SPARE = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What is asked for, and what stands in `generated.json`.

    Args:
        design: Of the drawing.
        videos: How many in all.
        split: Their shares of training, validation and test.
        shards: Files of the training part; the others have as many as their share.
        level: Rows a second, or one mean a video.
        streams: Which of them.
        compression: Empty, or `gzip`.

    Raises:
        UsageError: A figure out of its bounds.
    """

    design: Design
    videos: int
    split: tuple[int, int, int] = SPLIT
    shards: int = 4
    level: Level = "frame"
    streams: tuple[str, ...] = STREAMS
    compression: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.videos <= 100_000_000:
            raise UsageError(f"{self.videos} videos: from 1 to 100,000,000")
        if not 1 <= self.shards <= MOST_SHARDS:
            raise UsageError(f"{self.shards} shards: from 1 to {MOST_SHARDS} a part")
        if min(self.split) < 0 or not self.split[0]:
            raise UsageError("a split is three shares, that of training first: 80,10,10")
        if not self.streams or set(self.streams) - set(STREAMS):
            raise UsageError(f"streams are some of {', '.join(STREAMS)}")

    def counts(self) -> dict[str, int]:
        """Videos of each part."""
        total = sum(self.split)
        others = [self.videos * share // total for share in self.split[1:]]
        return dict(zip(PARTS, [self.videos - sum(others), *others], strict=True))

    def pieces(self) -> Iterator[tuple[str, str, range]]:
        """Each shard: its file's name, its part, which videos."""
        compressed = bool(self.compression)
        for part, count in self.counts().items():
            share = self.split[PARTS.index(part)] / self.split[0]
            many = max(1, min(count, MOST_SHARDS, round(self.shards * share)))
            for at in range(many if count else 0):
                name = shard_name(part, at, compressed=compressed)
                yield name, part, range(count * at // many, count * (at + 1) // many)

    def bytes_expected(self) -> int:
        """About how large it will be, uncompressed."""
        design = self.design
        seconds = (design.least_rows + design.most_rows) / 2
        size = 60.0
        for stream in self.streams:
            rows = seconds / 2.5 if stream == WORDS else seconds
            dimension = design.dimension(stream)
            size += rows * (dimension + 8) if self.level == "frame" else dimension * 4 + 20
        return int(size * self.videos)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """What was written.

    Args:
        shards: Files written now.
        kept: Files that were there.
        videos: By part.
        size: Bytes on disk.
        given: How many labels are given, in all.
    """

    shards: int
    kept: int
    videos: dict[str, int]
    size: int
    given: int


def write_sample(
    folder: Path,
    sample: Sample,
    *,
    workers: int = 1,
    tell: Callable[[int, int], None] | None = None,
) -> Drawn:
    """A generated data set in a folder; one that was left half written is gone on with.

    Args:
        folder: Where; made where it is not.
        sample: What.
        workers: Processes that draw side by side.
        tell: Told how many shards are done, of how many.

    Raises:
        UsageError: Another data set stands there.
        FullError: There is not so much space, or no right to write.
    """
    pieces = list(sample.pieces())
    _claim(folder, sample, {name for name, _, _ in pieces})
    todo = [piece for piece in pieces if not (folder / piece[0]).exists()]
    _hold_space(folder, sample, len(todo) / len(pieces))
    done = len(pieces) - len(todo)
    for _ in _written(folder, sample, todo, workers):
        done += 1
        if tell is not None:
            tell(done, len(pieces))
    drawing = Drawing(sample.design)
    counts = _count(drawing, sample.counts())
    write_vocabulary(folder / VOCABULARY_FILE, counted_vocabulary(drawing, counts["train"]))
    info = drawing.info(level=sample.level, streams=sample.streams, vocabulary_file=VOCABULARY_FILE)
    write_dataset(folder, info, {name: len(numbers) for name, _, numbers in pieces})
    return Drawn(
        shards=len(todo),
        kept=len(pieces) - len(todo),
        videos=sample.counts(),
        size=sum((folder / name).stat().st_size for name, _, _ in pieces),
        given=int(sum(column.sum() for column in counts.values())),
    )


def read_design(folder: Path) -> Sample:
    """What a folder was drawn by.

    Raises:
        InputError: It holds no generated data set.
    """
    path = folder / DESIGN_FILE
    try:
        found = decoder(_File).decode(path.read_bytes())
    except OSError as exc:
        raise InputError(f"{display(str(folder))}: no generated data set: {exc.strerror}") from exc
    except msgspec.ValidationError as exc:
        raise InputError(f"{display(str(path))}: {exc}") from exc
    except msgspec.DecodeError as exc:
        raise InputError(f"{display(str(path))}: not JSON: {exc}") from exc
    if found.schema != SCHEMA or found.version != found.sample.design.version:
        raise InputError(
            f"{display(str(path))}: of another version of the drawing",
            hint="`label data sample` into a new folder",
        )
    return found.sample


def counted_vocabulary(drawing: Drawing, counts: NDArray[np.int64]) -> LabelVocabulary:
    """The labels, with the number of training videos that are given each."""
    return LabelVocabulary(
        labels=tuple(
            replace(label, videos=int(count))
            for label, count in zip(drawing.vocabulary.labels, counts, strict=True)
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    schema: str
    version: int
    sample: Sample


def _claim(folder: Path, sample: Sample, names: set[str]) -> None:
    """Take a folder for a sample: an empty one, or one that the same sample was begun in."""
    path = folder / DESIGN_FILE
    if path.exists():
        if read_design(folder) != sample:
            raise UsageError(
                f"{display(str(folder))} holds another generated data set",
                hint="another folder; or the numbers it was begun with",
            )
        return
    strangers = sorted(one.name for one in folder.glob("*.tfrecord*")) if folder.exists() else []
    strangers += [INDEX] if (folder / INDEX).exists() else []
    if strangers:
        other = strangers[0]
        raise UsageError(
            f"{display(str(folder))} holds other data: {display(other)}",
            hint="a folder of its own",
        )
    document = {"schema": SCHEMA, "version": sample.design.version, "sample": asdict(sample)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise FullError(f"{display(str(folder))}: {exc.strerror}") from exc
    _write_text(path, json.dumps(document, indent=1) + "\n")


def _hold_space(folder: Path, sample: Sample, share: float) -> None:
    """Refuse what will not fit."""
    wanted = int(sample.bytes_expected() * share)
    free = shutil.disk_usage(folder).free
    if not sample.compression and wanted + _SPARE > free:
        raise FullError(
            f"{display(str(folder))}: about {wanted / 1e6:,.1f} MB are to be written, and"
            f" {free / 1e6:,.1f} MB are free",
            hint="fewer --videos, smaller --dimensions, or --level video",
        )


def _written(
    folder: Path, sample: Sample, todo: Sequence[tuple[str, str, range]], workers: int
) -> Iterator[str]:
    """Write shards; the name of each as it is done."""
    if workers <= 1 or len(todo) <= 1:
        drawing = Drawing(sample.design)
        for name, part, numbers in todo:
            _write_shard(folder / name, drawing, sample, part, numbers)
            yield name
        return
    context = multiprocessing.get_context("spawn")
    many = min(workers, len(todo))
    with ProcessPoolExecutor(many, mp_context=context, initializer=_end_quietly) as pool:
        shares = [(str(folder), sample, piece) for piece in todo]
        try:
            with _interrupts_held():  # the first share starts all processes
                names = pool.map(_write_alone, shares)
            yield from names
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Processes that start meanwhile hold interrupts back until they know what to do with them.

    The resource tracker comes first, since its start lifts that again.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        resource_tracker.ensure_running()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_quietly() -> None:
    """In a process that writes: an interrupt ends it, and the parent is the one who says so."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


_drawings: dict[Design, Drawing] = {}


def _write_alone(share: tuple[str, Sample, tuple[str, str, range]]) -> str:
    """One shard, in a process of its own."""
    folder, sample, (name, part, numbers) = share
    if sample.design not in _drawings:
        _drawings.clear()
        _drawings[sample.design] = Drawing(sample.design)
    _write_shard(Path(folder) / name, _drawings[sample.design], sample, part, numbers)
    return name


def _write_shard(path: Path, drawing: Drawing, sample: Sample, part: str, numbers: range) -> None:
    info = drawing.info(level=sample.level, streams=sample.streams)
    with ShardWriter(path, info, compression=sample.compression) as writer:
        for first in range(0, len(numbers), _BATCH):
            writer.add(
                drawing.examples(
                    part,
                    numbers[first : first + _BATCH],
                    level=sample.level,
                    streams=sample.streams,
                )
            )


def _count(drawing: Drawing, videos: dict[str, int]) -> dict[str, NDArray[np.int64]]:
    """How many videos of each part are given each label."""
    found = {}
    for part, many in videos.items():
        column = np.zeros(drawing.design.labels, np.int64)
        for number in range(many):
            column[drawing.cast(part, number).given] += 1
        found[part] = column
    return found


def _write_text(path: Path, text: str) -> None:
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
