"""`describe frames`: frames of videos as pictures, and on contact sheets."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.failures import exit_code_of, tell_failure
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import called, print_json, print_table, tell
from loquitur.cli.video_arguments import VideoCommand
from loquitur.errors import LoquiturError, UsageError
from loquitur.model.vision import MOST_SIDE_PX, Geometry, Sampling
from loquitur.text import counted, display
from loquitur.timing import clock, parse_clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.media.frames import FilmInfo
    from loquitur.media.sources import Source
    from loquitur.model.vision import FrameBatch
    from loquitur.settings import Settings

_PICTURES = (".jpg", ".jpeg", ".png")
_SHEET_MOST = 1_000
"""More frames than these nobody looks at on one sheet."""


@click.command(
    "frames",
    cls=VideoCommand,
    help="Frames of videos for people to look at: as pictures in a folder, or on a contact sheet"
    " with their times (-o FILE.jpg, or --sheet). Without -o, what the pictures are like and when"
    " the frames are shown. VIDEO: a file (animated GIF and PNG too), a folder, a URL, an id of"
    " YouTube, or - for a list.",
)
@click.argument("videos", nargs=-1, required=True, metavar="VIDEO...")
@click.option(
    "-o",
    "output",
    metavar="DIR|FILE",
    shell_complete=completing.files,
    help="A folder for pictures, or a .jpg or .png for a contact sheet.",
)
@click.option(
    "--by",
    type=click.Choice(["uniform", "rate", "shots", "key"]),
    default="uniform",
    show_default=True,
    help="So many over the whole; so many a second; of each shot; the key frames.",
)
@click.option(
    "--count", type=click.IntRange(1, 100_000), default=20, show_default=True, metavar="N",
    help="Frames of --by uniform, first and last among them.",
)  # fmt: skip
@click.option(
    "--rate", type=click.FloatRange(0, 1000, min_open=True), default=1.0, show_default=True,
    metavar="HZ", help="Frames a second of --by rate.",
)  # fmt: skip
@click.option(
    "--per-shot", type=click.IntRange(1, 1000), default=1, show_default=True, metavar="N",
    help="Frames of each shot of --by shots.",
)  # fmt: skip
@click.option("--most", type=click.IntRange(1), metavar="N", help="No more frames than these.")
@click.option("--fast", is_flag=True, help="The nearest key frames, which take no decoding.")
@click.option("--from", "start", default="", metavar="TIME", help="From this time on (MM:SS).")
@click.option("--to", "end", default="", metavar="TIME", help="Up to this time.")
@click.option(
    "--width", type=click.IntRange(16, MOST_SIDE_PX), metavar="PX",
    help="How wide the pictures, or the sheet (1280), are.",
)  # fmt: skip
@click.option("--sheet", is_flag=True, help="One contact sheet a video, in the folder of -o.")
@click.option(
    "--columns", type=click.IntRange(1, 100), default=5, show_default=True, metavar="N",
    help="Frames side by side on a sheet.",
)  # fmt: skip
@click.option("--png", is_flag=True, help="Pictures in the folder as PNG, every pixel as it is.")
@everywhere
@click.pass_context
def frames(ctx: click.Context, /, **given: Any) -> None:
    """Write frames, or tell when they are."""
    globals_ = take_globals(ctx, given)
    settings = settings_of(globals_)
    task = _Task.of(given)
    taken: list[dict[str, Any]] = []
    failures: list[LoquiturError] = []
    for source in _sources(given["videos"], settings):
        try:
            if isinstance(source, LoquiturError):
                raise source
            taken.append(_one(source, task, settings, quiet=bool(globals_["quiet"])))
        except LoquiturError as error:
            failures.append(error)
    if failures and not taken and len(failures) == 1:
        raise failures[0]
    if given["as_json"]:
        print_json({"videos": taken})
    for failure in failures:
        tell_failure(failure, as_json=given["as_json"])
    ctx.exit(exit_code_of(failure.exit_code for failure in failures))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """What is to be done with every video; `taken` holds names of files that are written."""

    sampling: Sampling
    folder: Path | None
    sheet: Path | None
    sheets: bool
    suffix: str
    width_px: int | None
    columns: int
    as_json: bool
    taken: set[str] = dataclasses.field(default_factory=set)

    @classmethod
    def of(cls, given: dict[str, Any]) -> _Task:
        """The task that options name."""
        output = Path(given["output"]).expanduser() if given["output"] else None
        is_file = output is not None and output.suffix.lower() in _PICTURES and not output.is_dir()
        if given["sheet"] and output is None:
            raise UsageError("a contact sheet needs a place", hint="add -o FILE.jpg")
        if is_file and len(given["videos"]) > 1:
            raise UsageError("several videos on one sheet", hint="give a folder: --sheet -o DIR")
        sheets = given["sheet"] or is_file
        most = given["most"]
        return cls(
            sampling=_sampling(given, min(most or _SHEET_MOST, _SHEET_MOST) if sheets else most),
            folder=None if is_file else output,
            sheet=output if is_file else None,
            sheets=sheets,
            suffix=".png" if given["png"] else ".jpg",
            width_px=given["width"],
            columns=given["columns"],
            as_json=given["as_json"],
        )

    def name(self, wanted: str, suffix: str) -> Path:
        """A file in the folder that no other of these is called."""
        found, number = wanted, 2
        while (found + suffix).lower() in self.taken:
            found, number = f"{wanted}-{number}", number + 1
        self.taken.add((found + suffix).lower())
        return (self.folder or Path()) / (found + suffix)


def _sampling(given: dict[str, Any], most: int | None) -> Sampling:
    try:
        return Sampling(
            by=given["by"],
            count=given["count"],
            rate_hz=given["rate"],
            per_shot=given["per_shot"],
            most=most,
            fast=given["fast"],
            start_ms=parse_clock(given["start"]) if given["start"] else None,
            end_ms=parse_clock(given["end"]) if given["end"] else None,
        )
    except ValueError as exc:
        raise UsageError(str(exc), hint="--from and --to are times, the first before") from exc


def _sources(videos: Sequence[str], settings: Settings) -> Iterator[Source | LoquiturError]:
    """Each video, and what is wrong with those that are none; animated pictures are videos here."""
    import sys

    from loquitur.media.sources import Unusable, expand
    from loquitur.media.transfer import options_of

    for found in expand(videos, stdin=sys.stdin, options=options_of(settings)):
        yield found.error if isinstance(found, Unusable) else found


def _one(source: Source, task: _Task, settings: Settings, *, quiet: bool) -> dict[str, Any]:
    """Do it with one video; what there is to say of it as plain values."""
    from loquitur.media.frames import look

    shown = called(source.given)
    path = source.path or _fetched(source, settings)
    about = look(path)
    warnings = list(about.warnings)
    name = Path(source.given).stem if source.path else _safe(source.video_id or source.given)
    rows, sheet = _written(path, name, about, task, warnings)
    if not task.as_json:
        _tell(shown, about, rows, sheet, task, quiet=quiet)
    warnings = list(dict.fromkeys(warnings))
    for warning in [] if quiet else warnings:
        tell(f"{shown}: {warning}")
    facts = dataclasses.asdict(about)
    del facts["key_times_ms"]
    more = {"frames": rows, "sheet": str(sheet) if sheet else None, "warnings": warnings}
    return {"video": shown, **facts, **more}


def _fetched(source: Source, settings: Settings) -> Path:
    """Where an address's medium lies, brought into the store with its pictures."""
    from loquitur.media.transfer import options_of
    from loquitur.pipeline.tasks import open_store
    from loquitur.stages.acquire import acquire

    options = dataclasses.replace(options_of(settings), pictures=True)
    store = open_store(settings.store)
    found = acquire(source, store, options, force=False, report=lambda *_: None)
    return Path(found.path)


def _written(
    path: Path, name: str, about: FilmInfo, task: _Task, warnings: list[str]
) -> tuple[list[dict[str, Any]], Path | None]:
    """The frames' rows and the sheet's file."""
    from loquitur.media.frames import sample

    cuts: Sequence[int] = ()
    if task.sampling.by == "shots":
        from loquitur.media.shots import find_shots

        cuts = find_shots(path).cuts_ms
    batches = sample(
        path,
        task.sampling,
        geometry=_geometry(about, task),
        batch=1,
        cuts_ms=cuts,
        warn=warnings.append,
    )
    if task.sheets:
        return _as_sheet(batches, name, task)
    rows: list[dict[str, Any]] = []
    for batch in batches:
        rows.append({"time_ms": batch.times_ms[0]})
        if task.folder is None:
            continue
        if len(rows) > 1 and rows[-2]["time_ms"] == batch.times_ms[0]:
            rows[-1]["file"] = rows[-2]["file"]  # the same frame again
            continue
        target = task.name(f"{name}-{_clock(batch.times_ms[0])}", task.suffix)
        _save(batch, target)
        rows[-1]["file"] = str(target)
    return rows, None


def _as_sheet(
    batches: Iterator[FrameBatch], name: str, task: _Task
) -> tuple[list[dict[str, Any]], Path]:
    from loquitur.media.frames.pictures import contact_sheet, picture_file
    from loquitur.tables.writing import replacing

    rows: list[dict[str, Any]] = []

    def noting() -> Iterator[FrameBatch]:
        for batch in batches:
            rows.append({"time_ms": batch.times_ms[0]})
            if len(rows) == 1 or rows[-2]["time_ms"] != batch.times_ms[0]:
                yield batch  # the same frame again would tell nobody anything

    try:
        sheet = contact_sheet(noting(), columns=task.columns, width_px=task.width_px or 1280)
        target = task.sheet or task.name(name, task.suffix)
        content = picture_file(sheet, target.suffix)
    except ValueError as exc:
        raise UsageError(str(exc), hint="fewer frames (--most), or another --columns") from exc
    with replacing(target) as temporary:
        temporary.write_bytes(content)
    return rows, target


def _save(batch: FrameBatch, target: Path) -> None:
    from loquitur.media.frames.pictures import picture_file
    from loquitur.tables.writing import replacing

    with replacing(target) as temporary:
        temporary.write_bytes(picture_file(batch.pixels[0], target.suffix))


def _geometry(about: FilmInfo, task: _Task) -> Geometry | None:
    """The size at which frames are enough."""
    width_px = task.width_px
    if task.sheets:
        width_px = max(16, (width_px or 1280) // task.columns)
    elif task.folder is None:
        width_px = 16  # nobody sees them
    if width_px is None:
        return None
    height_px = max(1, min(MOST_SIDE_PX, round(about.height_px * width_px / about.width_px)))
    if width_px < about.width_px:
        return Geometry(width_px=width_px, height_px=height_px, interpolation="area")
    return Geometry(width_px=width_px, height_px=height_px, interpolation="bicubic")


def _tell(
    name: str,
    about: FilmInfo,
    rows: Sequence[dict[str, Any]],
    sheet: Path | None,
    task: _Task,
    *,
    quiet: bool,
) -> None:
    if sheet is not None or task.folder is not None:
        files = {row["file"] for row in rows if "file" in row}
        where = str(sheet) if sheet else f"{counted(len(files), 'picture')} in {task.folder}"
        if not quiet:
            tell(f"{name}: {counted(len(rows), 'frame')}: wrote {where}")
        return
    rate = f"{about.frame_rate_hz:g} fps" if about.frame_rate_hz else "one frame"
    facts = (
        f"{about.width_px}x{about.height_px}",
        rate + (" (varies)" if about.variable else ""),
        counted(about.frame_count, "frame"),
        counted(about.key_count, "key frame"),
        about.codec,
    )
    click.echo(display(f"{name}: {', '.join(facts)}"))
    print_table(
        ("frame", "shown at"), [(n + 1, _shown(row["time_ms"])) for n, row in enumerate(rows)]
    )


def _shown(at_ms: int) -> str:
    """`H:MM:SS.mmm`.

    >>> _shown(3_723_045)
    '1:02:03.045'
    """
    return clock(at_ms).removeprefix("0")


def _clock(at_ms: int) -> str:
    """A time that a file's name can hold on every system, and that sorts.

    >>> _clock(3_723_045)
    '01.02.03.045'
    """
    return clock(at_ms).replace(":", ".")


def _safe(name: str) -> str:
    kept = "".join(char if char.isalnum() or char in "-_" else "-" for char in name)
    return kept.strip("-")[-60:] or "video"
