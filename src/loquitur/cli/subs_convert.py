"""`subs convert`: from any caption format to any other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.failures import exit_code_of, tell_failure
from loquitur.cli.options import everywhere, take_globals
from loquitur.cli.output import print_json, tell
from loquitur.errors import UsageError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from loquitur.captions import Conversion

_MOST_TOLD = 5
_TABLE = "vtt, srt ...; else what the name, then the content says"


def reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How the files of a verb are read."""
    for decorate in (
        click.option("--fps", type=float, metavar="F", help="Frames per second, where counted."),
        click.option("--language", default="", metavar="CODE", help="BCP 47 tag of the text."),
        click.option("--encoding", default="", metavar="E", help="Of the text; else found out."),
        click.option("--from", "source_form", default="", metavar="FMT", help=_TABLE),
    ):
        command = decorate(command)
    return command


@click.command(
    help="Convert IN to OUT (`-` for standard output), or many files and folders with --to and -o. "
    "What a format cannot carry is listed; one bad file never stops the rest."
)
@click.argument(
    "files", nargs=-1, required=True, metavar="IN... [OUT]", shell_complete=completing.files
)
@click.option("--to", "target_form", default="", metavar="FMT", help="The format to write.")
@click.option("-o", "folder", metavar="DIR", help="Folder for the results of many files.")
@click.option("--crlf", is_flag=True, help="Line ends of Windows, for old players.")
@click.option("--bom", is_flag=True, help="A byte order mark, for old players.")
@reading_options
@everywhere
@click.pass_context
def convert(ctx: click.Context, /, **given: Any) -> int:
    """Write each file in another format, and say what was lost."""
    from loquitur import captions, formats

    as_json = given.pop("as_json")
    quiet = bool(take_globals(ctx, given)["quiet"])
    reading = captions.Reading(
        form=given["source_form"],
        language=given["language"],
        encoding=given["encoding"],
        fps=_frames(given["fps"]),
        crlf=given["crlf"],
        bom=given["bom"],
    )
    form, folder, names = given["target_form"], given["folder"], given["files"]
    if form:
        formats.find(form)
    if folder is None:
        source, target = _pair(names)
        to = None if target == "-" else Path(target)
        if to is None and not form:
            raise UsageError("standard output needs a format", hint="add --to FMT")
        form = form or captions.named_format(Path(target))
        done: Iterable[Conversion] = [captions.convert(Path(source), to, form, reading)]
    else:
        if not form:
            raise UsageError("many files need a format", hint="add --to FMT")
        sources = captions.caption_files(names)
        done = captions.convert_all(sources, Path(folder), form, reading)
    return _show_all(done, as_json=as_json, quiet=quiet)


def _frames(fps: float | None) -> float | None:
    if fps is not None and not 1 <= fps <= 1000:
        raise UsageError(f"--fps is from 1 to 1000, not {fps}")
    return fps


def _pair(names: Sequence[str]) -> tuple[str, str]:
    if len(names) != 2:
        raise UsageError(
            f"{len(names)} file{'s' if len(names) > 1 else ''} and no folder",
            hint="either IN OUT, or IN... --to FMT -o DIR",
        )
    return names[0], names[1]


def _show_all(conversions: Iterable[Conversion], *, as_json: bool, quiet: bool) -> int:
    codes = []
    for done in conversions:
        if done.error is not None:
            codes.append(done.error.exit_code)
            tell_failure(done.error, name=display(str(done.source)), as_json=as_json)
            continue
        if as_json:
            print_json(_row(done), line=True)
        elif done.target is None:
            click.echo(done.content, nl=False)
        else:
            click.echo(display(str(done.target)))
        if not quiet and not as_json:
            _tell(done)
    return exit_code_of(codes)


def _tell(done: Conversion) -> None:
    name = display(done.source.name)
    told = done.track.diagnostics if done.track is not None else ()
    for one in told[:_MOST_TOLD]:
        line = f", line {one.line}" if one.line else ""
        tell(f"{name}{line}: {one.message} [{one.code}]")
    if len(told) > _MOST_TOLD:
        tell(f"{name}: {len(told) - _MOST_TOLD} more of these (--json lists all)")
    for loss in done.losses:
        tell(f"{name}: {done.form} cannot carry {loss}")


def _row(done: Conversion) -> dict[str, Any]:
    track = done.track
    told = track.diagnostics if track is not None else ()
    placed = done.target is not None
    shown = {} if placed else {"text": done.content.decode("utf-8", "replace")}
    return {
        "input": display(str(done.source)),
        "output": display(str(done.target)) if placed else None,
        "from": track.format if track is not None else "",
        "to": done.form,
        "language": track.language if track is not None else "",
        "cues": len(track.cues) if track is not None else 0,
        "losses": list(done.losses),
        "diagnostics": [
            {"code": one.code, "line": one.line, "message": one.message} for one in told
        ],
        **shown,
    }
