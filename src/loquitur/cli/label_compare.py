"""`label compare`: runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, take_globals
from loquitur.cli.output import print_json, tell
from loquitur.errors import UsageError
from loquitur.text import counted, display

if TYPE_CHECKING:
    from loquitur.vision.labels.comparing.groups import Comparison

_ORDERS = ("named", "gap", "loss")


@click.command(
    "compare",
    help="Runs of `label train` side by side: loss, binary accuracy (and why it says nothing),"
    " Hit@1, GAP@20, MAP, PERR; weights, time, processor, card, memory, waiting. RUN is a run, or a"
    " folder of runs; runs that differ by their seed alone are one row, with mean and spread."
    " Without -o the tables are printed as Markdown.",
)
@click.argument("runs", metavar="RUN...", nargs=-1, shell_complete=completing.folders)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    shell_complete=completing.folders,
    help="Write comparison.md, .html, .json, .svg and .png into this folder.",
)
@click.option(
    "--sort",
    default="named",
    metavar="BY",
    shell_complete=completing.names(lambda: _ORDERS),
    help="named (the default: as given), gap or loss.",
)
@everywhere
@click.pass_context
def compare(ctx: click.Context, /, **given: Any) -> None:
    """Compare."""
    globals_ = take_globals(ctx, given)
    if not given["runs"]:
        raise UsageError("no runs to compare", hint="loquitur label compare RUN...")
    if given["sort"] not in _ORDERS:
        raise UsageError(f"no order is called '{given['sort']}'", hint=", ".join(_ORDERS))
    from loquitur.vision.labels.comparing.groups import compare as compared
    from loquitur.vision.labels.comparing.groups import document, ordered
    from loquitur.vision.labels.comparing.runs import find_runs, read_run
    from loquitur.vision.labels.comparing.tables import markdown

    left: list[str] = []
    folders = find_runs([Path(one) for one in given["runs"]], tell=left.append)
    for text in () if globals_["quiet"] else left:
        tell(text)
    comparison = ordered(compared([read_run(one) for one in folders]), given["sort"])
    written: list[str] = []
    if given["output"]:
        written, notices = _write(comparison, Path(given["output"]))
        if not globals_["quiet"]:
            for text in (*comparison.notices, *notices):
                tell(text)
            tell(f"{counted(len(folders), 'run')}: {', '.join(display(one) for one in written)}")
    if given["as_json"]:
        print_json({**document(comparison), "files": written})
    elif not given["output"]:
        click.echo(markdown(comparison), nl=False)


def _write(comparison: Comparison, folder: Path) -> tuple[list[str], list[str]]:
    """The files of a comparison, and what could not be made."""
    from loquitur.vision.labels.comparing.writing import write

    return write(comparison, folder)
