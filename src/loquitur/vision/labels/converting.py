"""Shards into other forms: compressed or not, columns, means of the videos."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from loquitur.errors import InputError, UsageError
from loquitur.tables.writing import replacing
from loquitur.text import display
from loquitur.vision.labels.conversion_book import Book, version_of
from loquitur.vision.labels.dataset_files import (
    open_dataset,
    shard_files,
    stem_of,
    write_dataset,
)
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.records.column_writing import ColumnWriter
from loquitur.vision.labels.records.quantising import mean_of
from loquitur.vision.labels.records.shards import open_shard
from loquitur.vision.labels.records.writing import ShardWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
    from loquitur.vision.labels.dataset_files import ShardFile
    from loquitur.vision.labels.records.framing import Problem

Form = Literal["tfrecord", "tfrecord.gz", "columns", "means"]
FORMS: dict[Form, str] = {
    "tfrecord": ".tfrecord",
    "tfrecord.gz": ".tfrecord.gz",
    "columns": ".safetensors",
    "means": ".tfrecord",
}
"""Each form, and how its shards end."""
_BATCH = 64
_MEANS = "Means of frame-level rows, dequantised."


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """One shard that was written.

    Args:
        source: Of which one it was made.
        path: Where it is.
        videos: How many it has.
        bytes_before: Of the source; None where nobody says.
        bytes_after: Of the new one.
        problems: What of the source could not be read and is left out.
        was_here: It was written by an earlier run, of the same source, and stays.
    """

    source: str
    path: Path
    videos: int
    bytes_before: int | None
    bytes_after: int
    problems: tuple[Problem, ...] = ()
    was_here: bool = False


def convert_dataset(
    source: str | Path,
    target: Path,
    form: Form,
    *,
    keep_going: bool = False,
    each: Callable[[Converted], None] = lambda _: None,
) -> tuple[DatasetInfo, tuple[Converted, ...]]:
    """Write a data set in another form; the same call goes on where one was stopped.

    Args:
        source: A folder of shards, an address of one, or one shard.
        target: The folder of the new ones; its `dataset.json` and vocabulary are written too.
        form: Which one. `means`: one row a video, float32, of frame-level data.
        keep_going: Leave damaged records out in the place of an error.
        each: Hears of each shard when it is there.

    Returns:
        What the new folder holds, and its shards.

    Raises:
        UsageError: Means of what is means already; the target is the source, or lies where its
            shards do, or holds other shards.
        InputError: A damaged record, nothing that can be read, or the vocabulary is missing.
        FullError: No space, or no right to write there.
        LockedError: Another process converts into the target.
    """
    info, shards = open_dataset(source)
    target = target.expanduser()
    _check_place(source, target)
    new = means_info(info) if form == "means" else info
    names = _names(shards, form)
    book = Book(target, form, new, keep_going=keep_going)
    _check_shards_there(target, set(names.values()), book)
    vocabulary = _vocabulary(info, shards, source)
    done = []
    with book.held(names.values()):
        for shard in shards:
            path = target / names[shard.address]
            found = _here(book, path, shard)
            if found is None:
                version = version_of(shard.address)
                found = _convert(shard, path, info, new, form, keep_going=keep_going)
                book.note(path.name, shard.address, version, found.videos, found.problems)
            done.append(found)
            each(found)
        if vocabulary is not None:
            with replacing(target / new.vocabulary_file) as temporary:
                temporary.write_bytes(vocabulary)
        write_dataset(target, new, {one.path.name: one.videos for one in done})
    return new, tuple(done)


def _check_place(source: str | Path, target: Path) -> None:
    """Raise UsageError where new shards would count as shards of the source."""
    if "://" in str(source):
        return
    root = Path(source).expanduser()
    root = (root if root.is_dir() else root.parent).resolve()
    if target.resolve() == root:
        raise UsageError(f"{display(str(target))}: the shards lie there", hint="another -o")
    if target.resolve().parent == root:
        raise UsageError(
            f"{display(str(target))}: lies within the folder of the shards, and would count as more"
            " of them",
            hint="a folder beside it: another -o",
        )


def _check_shards_there(target: Path, names: set[str], book: Book) -> None:
    """Raise UsageError where a target has shards that this conversion does not write."""
    for shard in shard_files(target):
        below = Path(shard.address).relative_to(target).as_posix()
        if below not in names or not book.is_there:
            raise UsageError(
                f"{display(shard.address)}: is there already, and no work of this conversion",
                hint="an empty folder: another -o",
            )


def _here(book: Book, path: Path, shard: ShardFile) -> Converted | None:
    """A shard that an earlier run wrote."""
    row = book.found(path.name, shard.address)
    if row is None:
        return None
    return Converted(
        source=shard.address,
        path=path,
        videos=row.videos,
        bytes_before=shard.size_bytes,
        bytes_after=row.size_bytes,
        problems=row.problems,
        was_here=True,
    )


def means_info(info: DatasetInfo) -> DatasetInfo:
    """What the means of a frame-level data set are.

    Raises:
        UsageError: It is of video level already.
    """
    if info.level == "video":
        raise UsageError(f"'{display(info.name)}' is of video level: its rows are means already")
    streams = tuple(
        dataclasses.replace(stream, quantised=False, rate_hz=0.0) for stream in info.streams
    )
    return dataclasses.replace(info, level="video", streams=streams, notes=(*info.notes, _MEANS))


def means_of(examples: Examples, info: DatasetInfo) -> Examples:
    """Videos with the mean of each stream's rows, float32; a stream without rows stays absent."""
    streams = {
        stream.name: _mean_stream(examples.streams[stream.name], stream)
        for stream in info.streams
        if stream.name in examples.streams
    }
    return dataclasses.replace(examples, streams=streams, segments=None)


def _mean_stream(rows: Stream, info: StreamInfo) -> Stream:
    found = [
        mean_of(rows.of(at), quantised=info.quantised, low=info.low, high=info.high)
        for at in np.flatnonzero(rows.lengths).tolist()
    ]
    none = np.zeros((0, info.dimension), np.float32)
    offsets = np.concatenate(([0], np.cumsum(rows.lengths > 0)))
    return Stream(
        rows=np.stack(found) if found else none, offsets=offsets.astype(np.int64), times_ms=None
    )


def _convert(
    shard: ShardFile,
    path: Path,
    info: DatasetInfo,
    new: DatasetInfo,
    form: Form,
    *,
    keep_going: bool,
) -> Converted:
    compression = "gzip" if form == "tfrecord.gz" else ""
    with open_shard(shard.address, info, keep_going=keep_going) as opened:
        writer = (
            ColumnWriter(path, new)
            if form == "columns"
            else ShardWriter(path, new, compression=compression)
        )
        with writer:
            for examples in opened.examples(_BATCH):
                writer.add(means_of(examples, info) if form == "means" else examples)
        return Converted(
            source=shard.address,
            path=path,
            videos=writer.count,
            bytes_before=shard.size_bytes,
            bytes_after=path.stat().st_size,
            problems=opened.problems,
        )


def _names(shards: Sequence[ShardFile], form: Form) -> dict[str, str]:
    """What each shard is called in its new form.

    Raises:
        InputError: Two would have one name.
    """
    found: dict[str, str] = {}
    for shard in shards:
        stem = stem_of(shard.name)
        if shard.part and not stem.startswith(shard.part):
            stem = f"{shard.part}-{stem}"
        name = stem + FORMS[form]
        if name in found.values():
            raise InputError(
                f"two shards would become {display(name)}",
                hint="rename one of them",
            )
        found[shard.address] = name
    return found


def _vocabulary(info: DatasetInfo, shards: Sequence[ShardFile], source: str | Path) -> bytes | None:
    """The vocabulary's file of the source, where it names one.

    Raises:
        InputError: It is not there.
    """
    if not info.vocabulary_file:
        return None
    if "://" in str(source):
        from loquitur.vision.labels.records import remote

        return remote.read_small(remote.joined(str(source), info.vocabulary_file))
    root = Path(source).expanduser()
    beside = (root if root.is_dir() else root.parent) / info.vocabulary_file
    if not beside.is_file() and shards:
        beside = Path(shards[0].address).parent / info.vocabulary_file
    try:
        return beside.read_bytes()
    except OSError as exc:
        raise InputError(
            f"{display(str(beside))}: the vocabulary that dataset.json names cannot be read"
            f" ({exc.strerror})",
            hint="put it there, or take its name out of dataset.json",
        ) from exc
