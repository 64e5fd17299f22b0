"""`label data inspect`: what shards hold, whether they are whole, how labels are spread."""

from __future__ import annotations

import dataclasses
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from loquitur.cli import completing
from loquitur.cli.options import everywhere, take_globals, with_options
from loquitur.cli.output import print_json, print_table, tell
from loquitur.errors import InputError, LoquiturError, UsageError
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.dataset_files import ShardFile
    from loquitur.vision.labels.examples import Examples
    from loquitur.vision.labels.survey import PartFigures, ShardFigures, StreamFigures, Survey
    from loquitur.vision.labels.vocabulary import LabelVocabulary

_OPTIONS = (
    click.argument(
        "paths", nargs=-1, required=True, metavar="PATH...", shell_complete=completing.files
    ),
    click.option(
        "--records",
        type=click.IntRange(0, 10_000),
        default=0,
        metavar="N",
        help="Show the first N videos too.",
    ),
    click.option(
        "--top",
        type=click.IntRange(0, 100_000),
        default=15,
        show_default=True,
        metavar="N",
        help="Labels, and pairs of labels, that are listed.",
    ),
    click.option(
        "--index",
        "indexed",
        is_flag=True,
        help="Write each shard's index beside it, NAME.idx: who reads it off a server needs no pass"
        " over all of it to find its records.",
    ),
    click.option(
        "--vocabulary",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Names of the labels, where the data set has no such file.",
    ),
)


@click.command(
    "inspect",
    help="What shards hold: videos, rows, labels, which stand together. All of them is read and"
    " every checksum compared; damaged records are listed with their places, then exit code 4.",
)
@partial(with_options, options=_OPTIONS)
@everywhere
@click.pass_context
def inspect(ctx: click.Context, /, **given: Any) -> None:
    """Look into shards."""
    quiet = bool(take_globals(ctx, given)["quiet"])
    from loquitur.vision.labels.dataset_files import missing_shards
    from loquitur.vision.labels.records.checksums import in_c
    from loquitur.vision.labels.survey import survey

    if not in_c() and not quiet:
        tell("google-crc32c has no part in C here: checksums will take very long")
    info, shards = _opened(given["paths"])
    vocabulary = _vocabulary(given["vocabulary"], info, given["paths"][0])
    watcher = _Watcher(len(shards), quiet=quiet)
    found = survey(info, shards, most_pairs=given["top"], each=watcher)
    watcher.close()
    first = _first(info, shards, given["records"])
    missing = [one for path in given["paths"] for one in missing_shards(path)]
    if given["as_json"]:
        document = _document(found, vocabulary, first, given["top"])
        print_json(document | {"missing_shards": missing, "sound": found.sound and not missing})
    else:
        _print(found, vocabulary, first, given["top"])
    for one in missing:
        tell(f"{one}: dataset.json names it, and it is not there")
    _tell_findings(found, quiet=quiet)
    if given["indexed"]:
        _write_indices(found, quiet=quiet)
    ctx.exit(0 if found.sound and not missing else InputError.exit_code)


def _opened(paths: Sequence[str]) -> tuple[DatasetInfo, list[ShardFile]]:
    """What all paths hold together."""
    from loquitur.vision.labels.dataset_files import open_dataset

    infos: list[DatasetInfo] = []
    shards: list[ShardFile] = []
    for path in paths:
        info, files = open_dataset(path)
        infos.append(info)
        shards += files
    if any(info.streams != infos[0].streams or info.level != infos[0].level for info in infos):
        raise UsageError("the paths hold different data sets", hint="inspect one after the other")
    if not shards:
        raise InputError(f"{paths[0]}: holds no shards")
    return infos[0], shards


def _vocabulary(given: Path | None, info: DatasetInfo, place: str) -> LabelVocabulary | None:
    """The names of the labels; figures are told without them too."""
    from loquitur.vision.labels.vocabulary_files import find_vocabulary

    try:
        found, _ = find_vocabulary(info, place, given)
    except LoquiturError as error:
        if given is not None:
            raise
        tell(f"the vocabulary cannot be read: {error.message}")
        return None
    return None if found is None else _checked(found, info)


def _checked(vocabulary: LabelVocabulary, info: DatasetInfo) -> LabelVocabulary:
    if info.labels and len(vocabulary) != info.labels:
        tell(f"the vocabulary has {len(vocabulary):,} labels, the data set {info.labels:,}")
    elif info.vocabulary and vocabulary.digest != info.vocabulary:
        tell("the vocabulary is another than the one that the data set was made with")
    return vocabulary


def _write_indices(found: Survey, *, quiet: bool) -> None:
    """An index beside each whole shard of records on this machine."""
    from loquitur.vision.labels.records.indices import write_beside

    written = 0
    for shard in found.shards:
        if shard.sound and shard.file.name.endswith((".tfrecord", ".tfrecords")):
            if "://" in shard.file.address:
                raise UsageError("an index is written beside shards on this machine")
            write_beside(Path(shard.file.address))
            written += 1
    if not quiet:
        tell(f"{written} {'index' if written == 1 else 'indices'} written")


class _Watcher:
    """One line that counts shards on a terminal; damaged ones are told as they are met."""

    def __init__(self, total: int, *, quiet: bool) -> None:
        self._total, self._done, self._quiet = total, 0, quiet
        self._lively = not quiet and sys.stderr.isatty() and total > 1

    def __call__(self, shard: ShardFigures) -> None:
        self._done += 1
        if self._lively:
            click.echo(f"\r{self._done} of {counted(self._total, 'shard')} ", err=True, nl=False)

    def close(self) -> None:
        if self._lively:
            click.echo("\r\033[K", err=True, nl=False)


def _first(info: DatasetInfo, shards: Sequence[ShardFile], most: int) -> list[Examples]:
    from loquitur.vision.labels.records.shards import open_shard

    found: list[Examples] = []
    for file in shards:
        if most <= 0:
            break
        try:
            with open_shard(file.address, info, keep_going=True) as shard:
                examples = shard.read(slice(0, most))
        except LoquiturError:  # the survey told it
            continue
        found.append(examples)
        most -= len(examples)
    return found


# printing


def _print(
    found: Survey, vocabulary: LabelVocabulary | None, first: Sequence[Examples], top: int
) -> None:
    info = found.info
    streams = ", ".join(
        f"{one.name} {one.dimension} x {'uint8' if one.quantised else 'float32'}"
        for one in info.streams
    )
    labels = f"{info.labels:,} labels" if info.labels else "how many labels is not known"
    print_table((f"{info.name}: {info.level} level, {streams}, {labels}",), [])
    print_table(
        ("part", "shards", "videos", "unlabelled", "labels a video", "most", "rows a video"),
        [_part_row(part) for part in found.parts],
    )
    if top and found.counts.any():
        click.echo()
        print_table(
            ("label", "name", "verticals", "videos", "share"), _label_rows(found, vocabulary, top)
        )
        rare = int((found.counts == 0).sum())
        if info.labels and rare:
            print_table((f"{counted(rare, 'label')} of {info.labels:,} in no video",), [])
        _print_verticals(found, vocabulary)
    if top and found.pairs:
        click.echo()
        print_table(
            ("given", "also", "videos", "P(also | given)"),
            [
                (
                    _name(pair.given, vocabulary),
                    _name(pair.also, vocabulary),
                    f"{pair.videos:,}",
                    f"{pair.share:.3f}",
                )
                for pair in found.pairs
            ],
        )
    if first:
        click.echo()
        print_table(("video", "rows", "labels"), _video_rows(first, vocabulary))


def _part_row(part: PartFigures) -> tuple[str, ...]:
    mean = part.labels / part.videos if part.videos else 0.0
    return (
        part.name or "(none)",
        f"{part.shards:,}",
        f"{part.videos:,}",
        f"{part.unlabelled:,}",
        f"{mean:.2f}",
        f"{part.most_labels}",
        "; ".join(_rows(stream) for stream in part.streams),
    )


def _rows(stream: StreamFigures) -> str:
    if not stream.rows:
        return f"{stream.name} none"
    least, _, middle, _, most = stream.rows
    text = f"{stream.name} {least:g}-{most:g} (median {middle:g})"
    if least == most:
        text = f"{stream.name} {most:g}"
    return text + (f", absent in {stream.absent:,}" if stream.absent else "")


def _name(number: int, vocabulary: LabelVocabulary | None) -> str:
    if vocabulary is not None and number < len(vocabulary):
        return vocabulary.labels[number].name
    return f"label {number}"


def _most(found: Survey, top: int) -> list[int]:
    """The labels of most videos, equal ones by number."""
    order = np.lexsort((np.arange(len(found.counts)), -found.counts))[:top]
    return [int(number) for number in order if found.counts[number]]


def _label_rows(
    found: Survey, vocabulary: LabelVocabulary | None, top: int
) -> list[tuple[str, ...]]:
    videos = sum(part.videos for part in found.parts)
    rows: list[tuple[str, ...]] = []
    for number in _most(found, top):
        known = vocabulary is not None and number < len(vocabulary)
        genres = vocabulary.labels[number].verticals if vocabulary and known else ()
        many = int(found.counts[number])
        rows.append(
            (
                str(number),
                _name(number, vocabulary) if known else "-",
                ", ".join(genres) or "-",
                f"{many:,}",
                f"{many / max(1, videos):.4f}",
            )
        )
    return rows


def _verticals(found: Survey, vocabulary: LabelVocabulary | None) -> list[tuple[str, int, int]]:
    """Each genre, its labels that are met, and how often they are."""
    if vocabulary is None or not vocabulary.verticals:
        return []
    counts = np.zeros(len(vocabulary), np.int64)
    shared = min(len(counts), len(found.counts))
    counts[:shared] = found.counts[:shared]
    matrix = vocabulary.vertical_matrix()
    rows = [
        (name, int(((counts > 0) & matrix[:, at]).sum()), int(counts[matrix[:, at]].sum()))
        for at, name in enumerate(vocabulary.verticals)
    ]
    return sorted(rows, key=lambda row: -row[2])


def _print_verticals(found: Survey, vocabulary: LabelVocabulary | None) -> None:
    rows = _verticals(found, vocabulary)
    if rows:
        click.echo()
        print_table(
            ("vertical", "labels met", "instances"),
            [(name, f"{labels:,}", f"{many:,}") for name, labels, many in rows],
        )


def _video_rows(
    first: Sequence[Examples], vocabulary: LabelVocabulary | None
) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for examples in first:
        for at, video in enumerate(examples.video_ids):
            lengths = [f"{name} {stream.lengths[at]}" for name, stream in examples.streams.items()]
            names = [_name(int(number), vocabulary) for number in examples.labels_of(at)]
            rows.append((video, ", ".join(lengths), ", ".join(names) or "-"))
    return rows


def _tell_findings(found: Survey, *, quiet: bool) -> None:
    """What is wrong; said even where nothing else is."""
    for shard in found.shards:
        for problem in shard.problems:
            what = f"record {problem.record}, byte {problem.offset}"
            tell(f"{shard.file.address}: {problem.kind}: {what}: {problem.why}")
        if shard.error:
            tell(f"{shard.file.address}: {shard.error}")
    if quiet:
        return
    for part in found.parts:
        if part.repeated:
            tell(f"{counted(part.repeated, 'video')} of {part.name or 'no part'} stand there twice")
        for stream in part.streams:
            if part.videos and stream.absent == part.videos:
                tell(f"no video of {part.name or 'no part'} has a row of '{stream.name}'")
    if found.shared_ids:
        tell(f"{counted(found.shared_ids, 'id')} in more than one part: figures would be too good")
    sound = sum(shard.sound for shard in found.shards)
    tell(f"{sound} of {counted(len(found.shards), 'shard')} whole, checksums compared")


# JSON


def _document(
    found: Survey, vocabulary: LabelVocabulary | None, first: Sequence[Examples], top: int
) -> dict[str, Any]:
    document = {
        "dataset": dataclasses.asdict(found.info),
        "parts": [dataclasses.asdict(part) for part in found.parts],
        "shared_ids": found.shared_ids,
        "labels": [
            {
                "label": number,
                "name": _name(number, vocabulary),
                "videos": int(found.counts[number]),
            }
            for number in _most(found, top)
        ],
        "unseen_labels": int((found.counts == 0).sum()),
        "verticals": [
            {"vertical": name, "labels": labels, "instances": many}
            for name, labels, many in _verticals(found, vocabulary)
        ],
        "pairs": [
            {
                "given": _name(pair.given, vocabulary),
                "also": _name(pair.also, vocabulary),
                "videos": pair.videos,
                "share": pair.share,
            }
            for pair in found.pairs
        ],
        "shards": [_shard(shard) for shard in found.shards],
    }
    if first:
        document["videos"] = [
            {
                "video": video,
                "rows": {name: int(one.lengths[at]) for name, one in examples.streams.items()},
                "labels": [_name(int(number), vocabulary) for number in examples.labels_of(at)],
                **{name: column[at] for name, column in examples.texts.items()},
            }
            for examples in first
            for at, video in enumerate(examples.video_ids)
        ]
    return document


def _shard(shard: ShardFigures) -> dict[str, Any]:
    return {
        "address": shard.file.address,
        "part": shard.file.part,
        "size_bytes": shard.file.size_bytes,
        "records": shard.records,
        "videos": shard.videos,
        "problems": [dataclasses.asdict(problem) for problem in shard.problems],
        "error": shard.error,
    }
