"""`bench`: which engine is best on one's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli.evaluation import milliseconds
from loquitur.cli.options import everywhere, parameters_of, settings_of, take_globals
from loquitur.cli.output import print_json, print_table, tell
from loquitur.errors import FullError, UsageError

if TYPE_CHECKING:
    from loquitur.comparison import Comparison, Standing
    from loquitur.evaluation.chart import Panel


@click.group(help="Compare engines on your own files.")
def bench() -> None:
    """The comparisons."""


@bench.command(
    help="Every engine that can run here over FILES, each in a fresh process: word error rate, "
    "diarization error rate, speed, memory. References lie beside the media by stem "
    "(.stm, .ctm, .txt; .rttm with .uem), or are given by --ref."
)
@click.argument("files", nargs=-1, required=True, metavar="FILES...")
@click.option("--ref", "reference", default="", metavar="PATH", help="File or folder of them.")
@click.option(
    "--engine", "rivals", multiple=True, metavar="NAME[:MODEL]", help="Only this; repeatable."
)
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(["asr", "diarization"]),
    multiple=True,
    help="Only engines of this kind.",
)
@click.option("--language", default="", metavar="CODE", help="BCP 47 tag of what is spoken.")
@click.option("--speakers", default="", metavar="N|MIN-MAX", help="How many speak, where known.")
@click.option("--normalizer", default="auto", metavar="NAME", help="As for `eval wer`.")
@click.option(
    "--collar",
    "collar_s",
    type=float,
    default=0.0,
    metavar="SECONDS",
    help="Of DER: not scored on EACH side of a border.",
)
@click.option("--set", "parameters", multiple=True, metavar="STAGE.KEY=VALUE")
@click.option("--plot", metavar="FILE.svg", help="Draw error against speed.")
@everywhere
@click.pass_context
def engines(ctx: click.Context, /, **given: Any) -> int:
    """Print one row per engine; exit code 1 where all of them failed."""
    from loquitur import api
    from loquitur.comparison import KINDS, Contest, compare

    while ctx.obj is None and ctx.parent is not None:
        ctx = ctx.parent
    globals_ = take_globals(ctx, given)
    as_json, plot, quiet = given.pop("as_json"), given.pop("plot"), bool(globals_["quiet"])
    if plot and not plot.lower().endswith(".svg"):
        raise UsageError(f"a plot is an SVG file: '{plot}' does not end in .svg")
    resources = api.place_of(settings_of(globals_)).resources
    contest = Contest(
        files=tuple(given["files"]),
        reference=given["reference"],
        rivals=tuple(given["rivals"]),
        kinds=tuple(given["kinds"]) or KINDS,
        language=given["language"],
        speakers=given["speakers"],
        normalizer=given["normalizer"],
        collar_ms=milliseconds(given["collar_s"]),
        parameters=parameters_of(given["parameters"]),
    )
    found = compare(contest, resources, tell=(lambda line: None) if quiet or as_json else tell)
    if plot:
        _write(Path(plot), found)
    if as_json:
        print_json(_document(found, contest.collar_ms))
    else:
        _print(found)
        if not quiet:
            for notice in found.notices:
                tell(notice)
    return 1 if all(one.error for one in found.standings) else 0


def _print(found: Comparison) -> None:
    rows = [
        (
            one.rival.kind,
            one.rival.wanted,
            _measured(one),
            _between(one),
            _start(one),
            "-" if one.rtfx is None else f"{one.rtfx:.1f}",
            f"{one.load_s:.1f}",
            "-" if one.peak_mb is None else f"{one.peak_mb:.0f}",
            f"{one.scored} of {one.files}",
        )
        for one in found.standings
    ]
    print_table(
        ("kind", "engine", "error", "95% interval", "word start ms", "RTFx", "load s", "peak MB",
         "scored"),
        rows,
    )  # fmt: skip
    for one in found.standings:
        if one.error:
            click.echo(f"{one.rival.wanted} failed: {one.error}")
    for other in found.absent:
        how = f": {other.command}" if other.command else ""
        click.echo(f"not run: {other.rival.engine} ({other.reason}){how}")


def _measured(standing: Standing) -> str:
    if standing.rate is None:
        return "failed" if standing.error else "-"
    name = "DER" if standing.words is None else "CER" if standing.words.characters else "WER"
    return f"{name} {standing.rate:.4f}"


def _between(standing: Standing) -> str:
    interval = standing.interval
    if interval is None or interval.low is None or interval.high is None:
        return "-"
    return f"{interval.low:.4f}-{interval.high:.4f}"


def _start(standing: Standing) -> str:
    from loquitur.comparison import median_start_ms

    found = median_start_ms(standing)
    return "-" if found is None else f"{found:.0f}"


def _document(found: Comparison, collar_ms: int) -> dict[str, Any]:
    return {
        "files": list(found.files),
        "collar_ms_each_side": collar_ms,
        "engines": [_engine(one) for one in found.standings],
        "not_run": [
            {"kind": one.rival.kind, "engine": one.rival.engine, "reason": one.reason,
             "command": one.command}
            for one in found.absent
        ],
        "notices": list(found.notices),
    }  # fmt: skip


def _engine(one: Standing) -> dict[str, Any]:
    from loquitur.evaluation.documenting import error_fields, score_fields

    fields: dict[str, Any] = {
        "kind": one.rival.kind,
        "engine": one.rival.engine,
        "model": one.rival.model,
        "files": one.files,
        "scored": one.scored,
        "seconds": round(one.seconds, 3),
        "sound_s": round(one.sound_s, 3),
        "rtfx": None if one.rtfx is None else round(one.rtfx, 3),
        "load_s": one.load_s,
        "peak_mb": one.peak_mb,
        "error": one.error or None,
    }
    if one.words is not None:
        fields |= score_fields(one.words)
    if one.turns is not None:
        fields |= error_fields(one.turns)
    return fields


def _write(path: Path, found: Comparison) -> None:
    from loquitur.evaluation.chart import draw

    try:
        path.write_text(draw(_panels(found)), encoding="utf-8")
    except OSError as exc:
        raise FullError(f"{path}: cannot be written: {exc.strerror or exc}") from exc


def _panels(found: Comparison) -> list[Panel]:
    from loquitur.evaluation.chart import Dot, Panel

    panels = []
    for kind, title in (("asr", "Recognition"), ("diarization", "Speakers")):
        chosen = [one for one in found.standings if one.rival.kind == kind]
        dots = tuple(
            Dot(
                label=one.rival.wanted,
                rtfx=one.rtfx,
                error=one.rate,
                low=one.interval.low if one.interval else None,
                high=one.interval.high if one.interval else None,
                peak_mb=one.peak_mb,
            )
            for one in chosen
            if one.rate is not None and one.rtfx is not None
        )
        measure = "DER" if kind == "diarization" else "WER"
        panels.append(Panel(title=title, measure=measure, dots=dots))
    return panels
