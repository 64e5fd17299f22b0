"""`insight report`: all that is known, as one page that needs no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.failures import exit_code_of, tell_failure
from loquitur.cli.insight_output import PAGES
from loquitur.cli.insight_pseudonyms import pseudonym_key
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, tell
from loquitur.errors import UsageError
from loquitur.text import counted

if TYPE_CHECKING:
    from loquitur.insight.reports.analysis import Report


@click.command(
    "report",
    help="All that is known of a video or a collection as one page of HTML that needs no network. "
    "INPUT is a table (csv, jsonl, parquet), a chat, a transcript or captions, a folder of these "
    "(of `loquitur run`, say), or a medium or video id that the store has a transcript of. What "
    "belongs to one video is told together; what cannot be read is named, and stops nothing.",
)
@click.argument(
    "inputs", nargs=-1, required=True, metavar="INPUT...", shell_complete=completing.files
)
@click.option(
    "-o",
    "output",
    required=True,
    metavar="FILE.html",
    shell_complete=completing.files,
    help="The page.",
)
@click.option("--title", default="", metavar="TEXT", help="Of the page; its subject by default.")
@click.option(
    "--names", is_flag=True, help="Authors of chats and comments by name, not by pseudonym."
)
@click.option(
    "--key-file",
    default="",
    metavar="FILE",
    shell_complete=completing.files,
    help="Of the pseudonyms (else LOQUITUR_PSEUDONYM_KEY, else a key of this run).",
)
@everywhere
@click.pass_context
def report(ctx: click.Context, /, **given: Any) -> None:
    """Write a page of all inputs."""
    globals_ = take_globals(ctx, given)
    settings = settings_of(globals_)
    output = Path(given["output"])
    if output.suffix.lower() not in PAGES:
        raise UsageError(f"{output}: a page ends in .html", hint="-o report.html")
    if given["names"] and given["key_file"]:
        raise UsageError("--names and --key-file contradict each other", hint="leave one out")
    from loquitur.insight.reports.analysis import report as made

    key = None if given["names"] else pseudonym_key(given["key_file"], globals_)
    listen = None if globals_["quiet"] or given["as_json"] else _listen
    found = made(
        given["inputs"], output, title=given["title"], names=given["names"], key=key,
        settings=settings, listen=listen,
    )  # fmt: skip
    _print(found, output, as_json=given["as_json"])
    ctx.exit(exit_code_of(one.error.exit_code for one in found.problems))


def _listen(name: str) -> None:
    tell(f"looking at {name}")


def _print(found: Report, output: Path, *, as_json: bool) -> None:
    for problem in found.problems:
        error = problem.error
        tell_failure(error, as_json=as_json)
    size = output.stat().st_size
    if as_json:
        print_json({"output": str(output), "bytes": size, **found.plain()})
        return
    made_of = counted(len(found.accounts), "analysis", "analyses")
    tell(f"wrote {output} ({size / 1000:,.0f} kB, {made_of})")
