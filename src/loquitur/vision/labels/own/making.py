"""Features of one's own videos as a data set: projected, in 8 bits, in shards.

Projections are fitted on videos of the part `train` alone: what validation and test look like must
not be known. All is written beside what stands there, and takes its place when it is whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.errors import FullError, InputError, UsageError
from loquitur.tables.writing import replacing
from loquitur.text import display
from loquitur.vision.encoders import check_alike
from loquitur.vision.labels.dataset import INDEX, PARTS, DatasetInfo, Level, StreamInfo
from loquitur.vision.labels.dataset_files import read_index, shard_files, write_dataset
from loquitur.vision.labels.examples import Examples, Stream, offsets_of
from loquitur.vision.labels.own.projection import (
    Fitting,
    Projection,
    digest_of,
    file_name,
    read_projection,
)
from loquitur.vision.labels.published import ENGINE, is_finished, is_published
from loquitur.vision.labels.records.quantising import quantise
from loquitur.vision.labels.records.writing import ShardWriter
from loquitur.vision.labels.shard_names import MOST_SHARDS, shard_name
from loquitur.vision.labels.vocabulary import LabelIndex
from loquitur.vision.labels.vocabulary_files import write_vocabulary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.vision.labels.own.gathered import Failure, Gathered
    from loquitur.vision.labels.vocabulary import LabelVocabulary

VOCABULARY_FILE = "vocabulary.json"
FAILURES = "failures.jsonl"
_MAKING = ".making-"
_BATCH = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """In which form features are kept.

    Args:
        level: A row a second, or the mean of them.
        dimensions: Stream -> how many components of a PCA; streams that are not named keep their
            numbers, each brought to mean 0 and variance 1.
        projections: Stream -> the file of a projection that was fitted before, in the place of one
            fitted here.
        quantised: 8 bits a number, as YouTube-8M; else float32, which no projection is needed for.
            Features that come in YouTube-8M's form (engine `yt8m`) keep it.
        shards: Files of the part with most videos; the others have as many as their share.
        compressed: By gzip.
    """

    level: Level = "frame"
    dimensions: Mapping[str, int] = field(default_factory=dict)
    projections: Mapping[str, bytes] = field(default_factory=dict)
    quantised: bool = True
    shards: int = 1
    compressed: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.shards <= MOST_SHARDS:
            raise UsageError(f"{self.shards} shards: from 1 to {MOST_SHARDS} a part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written.

    Args:
        info: What the data set says of itself.
        videos: By part.
        rows: By stream.
        absent: By stream, how many videos have none of it.
        shards: Their names.
        projections: By stream, what was fitted or taken.
    """

    info: DatasetInfo
    videos: Mapping[str, int]
    rows: Mapping[str, int]
    absent: Mapping[str, int]
    shards: tuple[str, ...]
    projections: Mapping[str, Projection]


def write_features(
    folder: Path,
    gathered: Sequence[Gathered],
    streams: Sequence[StreamInfo],
    form: Form,
    *,
    vocabulary: LabelVocabulary | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> Written:
    """Write a data set of one's own videos.

    Args:
        folder: Where; a data set that was made here before is replaced.
        gathered: The videos that have a stream at all; each with its part.
        streams: What is known of each stream: encoder, preprocessing, rate; the dimension is that
            of the encoder.
        form: In which form.
        vocabulary: Their labels are of it; None where they have none.
        tell: Told how many videos are written, of how many.

    Raises:
        InputError: There is nothing to write; a label that the vocabulary has not; too few rows to
            fit a projection on; a projection of another encoder.
        UsageError: Videos of different encoders; another data set stands in the folder.
        FullError: No space, or no right to write there.
    """
    _check(folder, gathered, streams)
    projections, files = _projected(gathered, streams, form)
    info = DatasetInfo(
        name=folder.resolve().name,
        level=form.level,
        streams=tuple(
            replace(
                stream,
                dimension=_dimension(stream, projections),
                quantised=(form.quantised or is_finished(stream.encoder)) and form.level == "frame",
                projection=digest_of(files[stream.name]) if stream.name in files else "",
            )
            for stream in streams
        ),
        labels=len(vocabulary.labels) if vocabulary is not None else 0,
        vocabulary=vocabulary.digest if vocabulary is not None else "",
        vocabulary_file=VOCABULARY_FILE if vocabulary is not None else "",
    )
    numbers = _numbered(gathered, vocabulary)
    counts: dict[str, int] = {}
    done = 0
    for name, some in _shares(gathered, form):
        with ShardWriter(
            folder / f"{_MAKING}{name}", info, compression="gzip" if form.compressed else ""
        ) as writer:
            for at in range(0, len(some), _BATCH):
                writer.add(examples_of(some[at : at + _BATCH], info, projections, numbers))
                done += len(some[at : at + _BATCH])
                if tell is not None:
                    tell(done, len(gathered))
        counts[name] = len(some)
    _settle(folder, info, counts, files, vocabulary)
    parts = [one.video.part for one in gathered]
    return Written(
        info=info,
        videos={part: parts.count(part) for part in PARTS},
        rows={
            stream.name: sum(
                len(one.streams[stream.name].times_ms)
                for one in gathered
                if stream.name in one.streams
            )
            for stream in streams
        },
        absent={
            stream.name: sum(stream.name not in one.streams for one in gathered)
            for stream in streams
        },
        shards=tuple(counts),
        projections=projections,
    )


def examples_of(
    gathered: Sequence[Gathered],
    info: DatasetInfo,
    projections: Mapping[str, Projection],
    numbers: Mapping[str, NDArray[np.int64]],
) -> Examples:
    """Videos as columns.

    Args:
        gathered: They.
        info: The form they take.
        projections: By stream.
        numbers: The labels of each video, by its id.
    """
    labels = [numbers.get(one.video.video_id, np.zeros(0, np.int64)) for one in gathered]
    texts = {
        name: tuple(str(getattr(one.video, name)) for one in gathered)
        for name in ("title", "description")
        if any(getattr(one.video, name) for one in gathered)
    }
    return Examples(
        video_ids=tuple(one.video.video_id for one in gathered),
        labels=np.concatenate([np.zeros(0, np.int64), *labels]),
        label_offsets=offsets_of([len(one) for one in labels]),
        streams={
            stream.name: _column(gathered, stream, info.level, projections.get(stream.name))
            for stream in info.streams
        },
        texts=texts,
    )


def write_failures(folder: Path, failures: Sequence[Failure]) -> None:
    """`failures.jsonl`: what could not be made; gone where there is nothing of it."""
    path = folder / FAILURES
    if not failures:
        path.unlink(missing_ok=True)
        return
    with replacing(path) as temporary:
        temporary.write_bytes(
            b"".join(
                (
                    json.dumps(
                        {"video_id": one.video_id, "stream": one.stream, "reason": one.reason},
                        ensure_ascii=False,
                    )
                    + "\n"
                ).encode("utf-8", "backslashreplace")
                for one in failures
            )
        )


def _check(folder: Path, gathered: Sequence[Gathered], streams: Sequence[StreamInfo]) -> None:
    """Hold that there is something to write, of one encoder a stream, and a place for it."""
    if not gathered or not streams:
        raise InputError("no video has anything that could be written")
    for stream in streams:
        for one in gathered:
            rows = one.streams.get(stream.name)
            if rows is not None and stream.encoder is not None:
                what = f"'{stream.name}' of {display(one.video.video_id)}"
                check_alike(stream.encoder, rows.encoder, what=what)
    check_place(folder)


def check_place(folder: Path) -> None:
    """Make the folder of a data set of one's own; to be asked before videos are looked at.

    Raises:
        UsageError: Another data set stands in it.
        FullError: No space, or no right to write there.
    """
    index = folder / INDEX
    if index.is_file():
        made_by = [stream.encoder for stream in read_index(index)[0].streams]
        own = any(one is not None and not is_published(one) for one in made_by)
    else:
        own = not (folder.is_dir() and shard_files(folder))
    if not own:
        raise UsageError(
            f"{display(str(folder))} holds other data", hint="a folder of its own for -o"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob(f"{_MAKING}*"):
            stale.unlink()
    except OSError as exc:
        raise FullError(f"{display(str(folder))}: {exc.strerror}") from exc


def check_form(streams: Sequence[StreamInfo], form: Form) -> None:
    """Hold that no projection is asked for of what went through its own already.

    Raises:
        UsageError: One is, of a stream in YouTube-8M's form.
    """
    for stream in streams:
        asked = stream.name in form.projections or stream.name in form.dimensions
        if asked and is_finished(stream.encoder):
            raise UsageError(
                f"'{stream.name}' by {ENGINE} went through YouTube-8M's own projection already",
                hint=f"leave {stream.name} out of --dimensions, and --projection out",
            )


def _projected(
    gathered: Sequence[Gathered], streams: Sequence[StreamInfo], form: Form
) -> tuple[dict[str, Projection], dict[str, bytes]]:
    """The projection of each stream, and its file."""
    check_form(streams, form)
    projections: dict[str, Projection] = {}
    files: dict[str, bytes] = {}
    for stream in streams:
        if is_finished(stream.encoder):
            continue
        if stream.name in form.projections:
            files[stream.name] = form.projections[stream.name]
        elif form.quantised or stream.name in form.dimensions:
            files[stream.name] = _fitted(gathered, stream, form).to_bytes()
        else:
            continue
        found = read_projection(files[stream.name])
        if found.read != stream.dimension:
            raise InputError(
                f"the projection of '{stream.name}' reads {found.read} numbers a row, its encoder"
                f" gives {stream.dimension}",
                hint="it was fitted for another encoder",
                code="LQ-OTHER-ENCODER",
            )
        projections[stream.name] = found
    return projections, files


def _fitted(gathered: Sequence[Gathered], stream: StreamInfo, form: Form) -> Projection:
    """A projection of a stream, fitted on training videos."""
    fitting = Fitting(stream.dimension)
    for one in gathered:
        if one.video.part == "train" and stream.name in one.streams:
            fitting.add(one.streams[stream.name].load())
    try:
        return fitting.result(form.dimensions.get(stream.name), stream=stream.name)
    except InputError as exc:
        raise InputError(f"'{stream.name}': {exc.message}", hint=exc.hint) from exc


def _dimension(stream: StreamInfo, projections: Mapping[str, Projection]) -> int:
    found = projections.get(stream.name)
    return found.dimension if found is not None else stream.dimension


def _numbered(
    gathered: Sequence[Gathered], vocabulary: LabelVocabulary | None
) -> dict[str, NDArray[np.int64]]:
    """The labels of each video as numbers."""
    if vocabulary is None:
        return {}
    index = LabelIndex(vocabulary)
    return {
        one.video.video_id: np.array(
            sorted({index.find(name) for name in one.video.labels}), dtype=np.int64
        )
        for one in gathered
    }


def _shares(gathered: Sequence[Gathered], form: Form) -> Iterator[tuple[str, Sequence[Gathered]]]:
    """The videos of each shard."""
    by_part = {part: [one for one in gathered if one.video.part == part] for part in PARTS}
    largest = max(len(videos) for videos in by_part.values())
    for part, videos in by_part.items():
        many = min(len(videos), max(1, round(form.shards * len(videos) / largest)))
        for at in range(many if videos else 0):
            first, last = len(videos) * at // many, len(videos) * (at + 1) // many
            yield shard_name(part, at, compressed=form.compressed), videos[first:last]


def _column(
    gathered: Sequence[Gathered], stream: StreamInfo, level: Level, projection: Projection | None
) -> Stream:
    """One stream of videos."""
    kind = np.uint8 if stream.quantised else np.float32
    pieces: list[NDArray[Any]] = [np.zeros((0, stream.dimension), kind)]
    times: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    for one in gathered:
        found = one.streams.get(stream.name)
        rows = np.zeros((0, stream.dimension), np.float32)
        shown = np.zeros(0, np.int64)
        if found is not None and found.times_ms:
            rows = found.load()
            rows = rows if projection is None else projection.apply(rows)
            shown = np.array(found.times_ms, dtype=np.int64)
            if level == "video":
                rows, shown = rows.mean(axis=0, keepdims=True, dtype=np.float64), shown[:1]
        pieces.append(
            quantise(rows, stream.low, stream.high) if stream.quantised else rows.astype(np.float32)
        )
        times.append(shown)
    return Stream(
        rows=np.concatenate(pieces),
        offsets=offsets_of([len(piece) for piece in pieces[1:]]),
        times_ms=np.concatenate(times) if level == "frame" else None,
    )


def _settle(
    folder: Path,
    info: DatasetInfo,
    counts: Mapping[str, int],
    files: Mapping[str, bytes],
    vocabulary: LabelVocabulary | None,
) -> None:
    """Put what was written in the place of what stood there: `dataset.json` goes first."""
    try:
        (folder / INDEX).unlink(missing_ok=True)
        for one in shard_files(folder):
            if one.name not in counts and Path(one.address).parent == folder:
                Path(one.address).unlink(missing_ok=True)
        for name in counts:
            (folder / f"{_MAKING}{name}").replace(folder / name)
        for old in folder.glob(file_name("*")):
            old.unlink()
    except OSError as exc:
        raise FullError(f"{display(str(folder))}: {exc.strerror}") from exc
    for stream, data in files.items():
        with replacing(folder / file_name(stream)) as temporary:
            temporary.write_bytes(data)
    if vocabulary is not None:
        write_vocabulary(folder / VOCABULARY_FILE, vocabulary)
    write_dataset(folder, info, dict(counts))
