"""`label data sample`: a generated data set of labelled videos."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.label_streams import dimensions_of
from loquitur.cli.options import everywhere, take_globals, with_options
from loquitur.cli.output import print_json, tell
from loquitur.errors import UsageError, near
from loquitur.text import counted, display

if TYPE_CHECKING:
    from loquitur.vision.labels.generated.writing import Drawn, Sample

_STREAMS = ("rgb", "audio", "words")
_PARTS = 3

_WHAT = (
    click.argument("folder", metavar="DIR", shell_complete=completing.folders),
    click.option(
        "--videos",
        type=click.IntRange(1),
        default=1000,
        show_default=True,
        metavar="N",
        help="How many, of all parts together.",
    ),
    click.option(
        "--labels",
        type=click.IntRange(2),
        default=100,
        show_default=True,
        metavar="C",
        help="Size of the vocabulary; that of YouTube-8M has 3862.",
    ),
    click.option(
        "--level",
        type=click.Choice(["frame", "video"]),
        default="frame",
        show_default=True,
        help="A row a second, or the mean of them.",
    ),
    click.option(
        "--streams",
        default=",".join(_STREAMS),
        show_default=True,
        metavar="LIST",
        help="Pictures, sound, words: some of them.",
    ),
    click.option(
        "--dimensions",
        default="",
        metavar="LIST",
        help="Numbers a row, such as rgb=128,audio=64 (rgb=1024,audio=128,words=128).",
    ),
    click.option(
        "--seconds",
        default="120-300",
        show_default=True,
        metavar="FROM-TO",
        help="How long videos are.",
    ),
    click.option(
        "--split",
        default="80,10,10",
        show_default=True,
        metavar="A,B,C",
        help="Shares of training, validation, test.",
    ),
)
_HOW = (
    click.option(
        "--shards",
        type=click.IntRange(1),
        default=4,
        show_default=True,
        metavar="S",
        help="Files of the training part.",
    ),
    click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True),
    click.option(
        "--missing",
        type=click.FloatRange(0, 1),
        default=0.1,
        show_default=True,
        help="Share of true labels that are not given.",
    ),
    click.option(
        "--wrong",
        type=click.FloatRange(0, 1),
        default=0.05,
        show_default=True,
        help="Share of videos with a label that is not true.",
    ),
    click.option(
        "--kin/--no-kin",
        default=True,
        show_default=True,
        help="Labels that share events share their genre too: nothing but order, or both senses,"
        " tells them apart. Without: genre and company do so as well.",
    ),
    click.option("--gzip", "zipped", is_flag=True, help="Compressed files."),
    click.option(
        "--jobs", type=click.IntRange(1, 256), metavar="N", help="Processes that draw side by side."
    ),
)


@click.command(
    "sample",
    help="A generated data set in the files of YouTube-8M, of any size: labels that are seen,"
    " heard, said, noticed by two senses together or by the order in time; with label noise."
    " The same numbers give the same videos; a run that was stopped is gone on with.",
)
@partial(with_options, options=(*_WHAT, *_HOW))
@everywhere
@click.pass_context
def sample(ctx: click.Context, /, **given: Any) -> None:
    """Write a generated data set."""
    quiet = bool(take_globals(ctx, given)["quiet"])
    from loquitur.cli.progress import Teller
    from loquitur.vision.labels.generated.writing import write_sample

    folder, wanted = Path(given["folder"]).expanduser(), _sample(given)
    size = wanted.bytes_expected()
    if not quiet:
        counts = ", ".join(f"{part} {many:,}" for part, many in wanted.counts().items())
        what = "before compression" if wanted.compression else "on disk"
        tell(
            f"{counted(wanted.videos, 'video')} ({counts}) of {counted(given['labels'], 'label')}:"
            f" about {_said(size)} {what}"
        )
    began = time.monotonic()
    drawn = write_sample(
        folder,
        wanted,
        workers=given["jobs"] or min(os.cpu_count() or 1, 8),
        tell=Teller("shard", quiet=quiet),
    )
    if given["as_json"]:
        print_json(_document(folder, wanted, drawn))
    elif not quiet:
        _tell_end(folder, wanted, drawn, time.monotonic() - began)


def _sample(given: dict[str, Any]) -> Sample:
    """What is asked for."""
    from loquitur.vision.labels.generated.design import Design
    from loquitur.vision.labels.generated.writing import Sample

    low, high = _whole(given["seconds"], "-", "--seconds", 2)
    design = Design(
        seed=given["seed"],
        labels=given["labels"],
        least_rows=low,
        most_rows=high,
        missing=given["missing"],
        wrong=given["wrong"],
        kin=given["kin"],
        **dimensions_of(given["dimensions"], such_as="rgb=128,audio=64,words=64"),
    )
    split = _whole(given["split"], ",", "--split", _PARTS)
    return Sample(
        design=design,
        videos=given["videos"],
        split=(split[0], split[1], split[2]),
        shards=given["shards"],
        level=given["level"],
        streams=_streams(given["streams"]),
        compression="gzip" if given["zipped"] else "",
    )


def _whole(text: str, separator: str, option: str, count: int) -> list[int]:
    parts = text.split(separator)
    if len(parts) != count or not all(one.strip().isdecimal() for one in parts):
        raise UsageError(
            f"{option} {text!r}: {count} whole numbers with '{separator}' between them"
        )
    return [int(one) for one in parts]


def _streams(text: str) -> tuple[str, ...]:
    names = [one.strip() for one in text.split(",") if one.strip()]
    for name in names:
        if name not in _STREAMS:
            raise UsageError(f"no stream '{name}'", hint=near(name, _STREAMS))
    return tuple(name for name in _STREAMS if name in names)


def _said(size: int) -> str:
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6)):
        if size >= bytes_:
            return f"{size / bytes_:.1f} {unit}"
    return f"{size / 1e3:.0f} kB"


def _document(folder: Path, wanted: Sample, drawn: Drawn) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "dataset": str(folder),
        "level": wanted.level,
        "streams": list(wanted.streams),
        "videos": drawn.videos,
        "labels": wanted.design.labels,
        "labels_per_video": round(drawn.given / wanted.videos, 3),
        "shards": drawn.shards,
        "kept": drawn.kept,
        "bytes": drawn.size,
        "design": asdict(wanted.design),
    }


def _tell_end(folder: Path, wanted: Sample, drawn: Drawn, seconds: float) -> None:
    kept = f", {drawn.kept} were there" if drawn.kept else ""
    pace = f", {wanted.videos / seconds:,.0f} videos/s" if seconds > 0 and not drawn.kept else ""
    tell(
        f"{display(str(folder))}: {counted(drawn.shards, 'shard')}{kept}, {_said(drawn.size)},"
        f" {drawn.given / wanted.videos:.2f} labels a video{pace}"
    )
