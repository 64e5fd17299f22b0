"""`describe features`: what an encoder sees of videos, or of the clips of a corpus."""

from __future__ import annotations

import dataclasses
import os
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.failures import exit_code_of, tell_failure
from loquitur.cli.options import everywhere, parameters_of, settings_of, take_globals, with_options
from loquitur.cli.output import called, print_json, print_table, tell
from loquitur.errors import LoquiturError, UsageError
from loquitur.text import counted, display

if TYPE_CHECKING:
    from loquitur.model.vision import Features, Sampling
    from loquitur.settings import Settings
    from loquitur.vision.features import Written

STAGE = "features"
_CORPORA = (".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".txt")
_MOST_JOBS = 16
"""Videos decoded side by side where nobody says; of 320 x 240 that is 5,000 frames a second."""

_WHAT = (
    click.argument(
        "inputs",
        nargs=-1,
        required=True,
        metavar="VIDEO...|CLIPS.jsonl|FOLDER",
        shell_complete=completing.files,
    ),
    click.option(
        "--encoder",
        default="",
        metavar="NAME[:MODEL]",
        shell_complete=completing.names(completing.engines("vision")),
        help="By default the embedded descriptor: colours, contours, motion, no objects.",
    ),
    click.option(
        "--by",
        type=click.Choice(["uniform", "rate", "shots", "key"]),
        help="Frames spread evenly (the default), so many a second, of every shot, key frames.",
    ),
    click.option(
        "--count", type=click.IntRange(1, 100_000), metavar="N", help="Frames of a clip (80)."
    ),
    click.option("--rate", type=float, metavar="HZ", help="Frames a second (1)."),
    click.option(
        "--per-shot", type=click.IntRange(1, 1000), metavar="N", help="Frames of every shot (1)."
    ),
    click.option("--most", type=click.IntRange(1), metavar="N", help="No more frames than this."),
    click.option("--fast", is_flag=True, help="The nearest key frames, decoded alone."),
    click.option("--section", default="", metavar="FROM-TO", help="HH:MM:SS-HH:MM:SS of videos."),
)
_HOW = (
    click.option(
        "-o",
        "output",
        metavar="DIR",
        shell_complete=completing.folders,
        help="The set of features; the same command goes on where it stopped.",
    ),
    click.option(
        "--jobs", type=click.IntRange(1, 256), metavar="N", help="Videos decoded side by side."
    ),
    click.option("--device", default="", metavar="NAME", help="auto, cpu, cuda, cuda:1, mps."),
    click.option(
        "--batch", type=click.IntRange(1, 4096), metavar="N", help="Frames looked at at once."
    ),
    click.option(
        "--set",
        "parameters",
        multiple=True,
        metavar="features.KEY=VALUE",
        help="Another option of the encoder.",
    ),
)


@click.command(
    STAGE,
    help="One vector a frame, by an encoder. Of videos they are kept in the store; of the clips of"
    " a corpus (describe data), or of a folder of videos, as columns in -o DIR, for describe"
    " train.",
)
@partial(with_options, options=(*_WHAT, *_HOW))
@everywhere
@click.pass_context
def features(ctx: click.Context, /, **given: Any) -> None:
    """Make features."""
    globals_ = take_globals(ctx, given)
    settings = settings_of(globals_, jobs=given["jobs"])
    quiet = bool(globals_["quiet"])
    options = _options(given)
    corpora = [one for one in given["inputs"] if _is_corpus(one)]
    if not corpora:
        ctx.exit(_videos(given, options, settings, quiet=quiet))
    if len(corpora) < len(given["inputs"]):
        raise UsageError("videos and a corpus at once", hint="one after the other")
    if not given["output"]:
        raise UsageError("features of a corpus go into a folder", hint="-o DIR")
    if given["section"]:
        raise UsageError("--section is of videos: clips have spans of their own")
    ctx.exit(_corpus(given, options, settings, quiet=quiet))


def _is_corpus(given: str) -> bool:
    path = Path(given).expanduser()
    if path.is_dir():
        return True
    return path.suffix.lower() in _CORPORA and path.is_file()


def _options(given: dict[str, Any]) -> dict[str, Any]:
    """What is asked of the encoder itself."""
    found: dict[str, Any] = {}
    for name, value in parameters_of(given["parameters"]).items():
        stage, _, key = name.partition(".")
        if stage != STAGE:
            raise UsageError(f"not a parameter of this verb: '{name}'", hint="features.KEY=VALUE")
        found[key] = value
    if given["device"]:
        found["device"] = given["device"]
    if given["batch"]:
        found["batch_size"] = given["batch"]
    return found


def _sampling(given: dict[str, Any], **otherwise: Any) -> Sampling:
    """Which frames are asked for."""
    from loquitur.model.vision import Sampling
    from loquitur.pipeline.wishes import parse_section

    by = given["by"]
    if by is None and given["rate"] is not None:
        by = "rate"
    if by is None and given["per_shot"] is not None:
        by = "shots"
    for option, owner in (("count", "uniform"), ("rate", "rate"), ("per_shot", "shots")):
        if given[option] is not None and (by or "uniform") != owner:
            raise UsageError(f"--{option.replace('_', '-')} is for --by {owner}")
    named = {"by": by, "count": given["count"], "rate_hz": given["rate"]}
    named |= {"per_shot": given["per_shot"], "most": given["most"]}
    found = otherwise if by is None and given["count"] is None else {}
    found = found | {name: value for name, value in named.items() if value is not None}
    section = parse_section(given["section"])
    if section is not None:
        found |= {"start_ms": section.start_ms, "end_ms": section.end_ms}
    try:
        return Sampling(**found, fast=given["fast"])
    except ValueError as exc:
        raise UsageError(str(exc)) from exc


# --- the clips of a corpus ---------------------------------------------------------------------


def _corpus(
    given: dict[str, Any], options: dict[str, Any], settings: Settings, *, quiet: bool
) -> int:
    from loquitur.api import place_of
    from loquitur.cli.progress import Teller
    from loquitur.vision import clip_frames, encoders
    from loquitur.vision.corpora import read
    from loquitur.vision.features import open_set, write_set

    corpus = read(list(given["inputs"]), language="all", silent=True)
    frames = clip_frames.shown_in(corpus.clips)
    # a generated clip has few frames: all of them, where nobody says which
    sampling = _sampling(given, **({"count": frames} if frames else {}))
    resources = place_of(settings).resources
    encoder = encoders.open_encoder(given["encoder"], resources, options=options)
    folder = Path(given["output"])
    made = write_set(
        folder,
        corpus.clips,
        encoder,
        sampling,
        jobs=given["jobs"] or max(2, min(_MOST_JOBS, os.cpu_count() or 2)),
        tell=Teller("clip", quiet=quiet),
    )
    if not quiet:
        _tell_corpus(made, folder, encoder.dimension)
    if given["as_json"]:
        print_json(_document(made, folder, encoder, sampling, len(open_set(folder))))
    return exit_code_of(one.exit_code for one in made.failures)


def _tell_corpus(made: Written, folder: Path, dimension: int) -> None:
    kept = f", {made.kept} were there" if made.kept else ""
    busy = f", encoder busy {made.busy:.0%}" if made.busy is not None else ""
    seconds = made.encode_s + made.wait_s
    pace = f", {made.frames / seconds:.0f} frames/s" if seconds > 0 and made.frames else ""
    tell(
        f"{folder}: {counted(made.clips, 'clip')} of {counted(made.frames, 'frame')} x {dimension}"
        f"{kept}{pace}{busy}"
    )
    for one in made.warnings[:5]:
        tell(f"{one.clip_id}: {one.reason}")
    for one in made.failures[:5]:
        tell(f"{one.clip_id}: no features: {one.reason}")
    if made.failures:
        tell(f"{counted(len(made.failures), 'clip')} without features: {folder}/failures.jsonl")


def _document(
    made: Written, folder: Path, encoder: Any, sampling: Sampling, clips: int
) -> dict[str, Any]:
    return {
        "features": str(folder),
        "encoder": dataclasses.asdict(encoder.stamp),
        "dimension": encoder.dimension,
        "sampling": dataclasses.asdict(sampling),
        "clips": clips,
        "made": made.clips,
        "kept": made.kept,
        "frames": made.frames,
        "busy": None if made.busy is None else round(made.busy, 3),
        "encode_s": round(made.encode_s, 3),
        "wait_s": round(made.wait_s, 3),
        "failures": [{"clip": one.clip_id, "reason": one.reason} for one in made.failures],
        "warnings": [{"clip": one.clip_id, "reason": one.reason} for one in made.warnings],
    }


# --- videos ------------------------------------------------------------------------------------


def _videos(
    given: dict[str, Any], options: dict[str, Any], settings: Settings, *, quiet: bool
) -> int:
    from loquitur import artifacts
    from loquitur.cli.progress import listening

    sampling = _sampling(given)
    rows: list[tuple[str, Features]] = []
    failures: list[LoquiturError] = []
    as_json = bool(given["as_json"])
    with listening(quiet=quiet or as_json, verbose=0) as (listener, aside):
        results = artifacts.features_of_many(
            given["inputs"],
            encoder=given["encoder"],
            sampling=sampling,
            options=options,
            settings=settings,
            stdin=sys.stdin,
            listener=listener,
        )
        with closing(results):
            for source, found in results:
                with aside():
                    if isinstance(found, LoquiturError):
                        failures.append(found)
                        tell_failure(found, name=called(source), as_json=as_json)
                        continue
                    rows.append((source, found))
                    if as_json:
                        print_json(_video(source, found), line=True)
                    for warning in () if quiet else found.warnings:
                        tell(f"{called(source)}: {warning}")
    if given["output"] and rows:
        _keep(rows, Path(given["output"]), given["encoder"], settings, quiet=quiet)
    if rows and not as_json:
        cells = [
            (called(source), len(one.times_ms), one.dimension, one.matrix[:12])
            for source, one in rows
        ]
        print_table(("video", "frames", "numbers", "object"), cells, fit=True, shrinkable=(0,))
    return exit_code_of(error.exit_code for error in failures)


def _video(source: str, found: Features) -> dict[str, Any]:
    from loquitur.media.urls import without_password

    return {
        "video": without_password(source),
        "encoder": dataclasses.asdict(found.encoder),
        "frames": len(found.times_ms),
        "dimension": found.dimension,
        "times_ms": list(found.times_ms),
        "sampling": dataclasses.asdict(found.sampling),
        "object": found.matrix,
        "warnings": list(found.warnings),
    }


def _keep(
    rows: list[tuple[str, Features]], folder: Path, wanted: str, settings: Settings, *, quiet: bool
) -> None:
    """Put the features of videos into a set, each under its file's name."""
    import numpy as np

    from loquitur import artifacts
    from loquitur.media.urls import without_password
    from loquitur.vision.features import SetInfo, add_rows
    from loquitur.vision.features.shards import Row

    first = rows[0][1]
    info = SetInfo(
        encoder=first.encoder,
        dimension=first.dimension,
        sampling=first.sampling,
        wanted=wanted or first.encoder.name,
    )
    kept: dict[str, Row] = {}
    for source, one in rows:
        path, whole = Path(source), without_password(source)
        name = path.stem if path.suffix else whole
        name = name if name not in kept else whole
        kept[name] = Row(
            clip_id=name,
            fingerprint=one.matrix,
            times_ms=np.asarray(one.times_ms, dtype=np.int64),
            matrix=artifacts.matrix(one, settings=settings),
        )
    add_rows(folder, info, list(kept.values()))
    if not quiet:
        tell(f"{display(str(folder))}: {counted(len(kept), 'video')}")
