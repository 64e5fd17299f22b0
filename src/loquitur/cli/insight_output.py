"""Where results of `insight` go: a page, a table, JSON, or a few sentences on the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, with_options
from loquitur.cli.output import print_json, tell
from loquitur.errors import UsageError
from loquitur.text import display
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from loquitur.insight.account import Moment, Told
    from loquitur.tables.table import Table

PAGES = (".html", ".htm")
TABLES = (".csv", ".jsonl", ".parquet")
_QUOTE = 200
"""Characters of what is said at a moment, on the terminal; the page and `--json` have more."""


def insight_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`-o`, `--no-guard`, and what every verb takes: what `deliver` reads."""
    return with_options(everywhere(command), _OPTIONS)


def files_argument(command: Callable[..., Any]) -> Callable[..., Any]:
    """`FILE...`, at least one."""
    return with_options(command, _FILES)


def deliver(
    results: Sequence[Told],
    table: Callable[[], Table],
    given: Mapping[str, Any],
    *,
    listed: bool = False,
) -> None:
    """Write results where they were asked for, and print the rest.

    Args:
        results: One for each input.
        table: Their common table, made only where it is wanted.
        given: The values of `insight_options`.
        listed: `--json` prints a list of one result too.

    Raises:
        FullError: The file cannot be written.
    """
    output = given["output"]
    if output:
        _write(results, table, Path(output), guard=given["guard"])
    if given["as_json"]:
        plain = [result.plain() for result in results]
        print_json(plain if listed or len(plain) != 1 else plain[0])
    elif not output:
        for result in results:
            _print(result)


def _known_kind(ctx: click.Context, _option: click.Parameter, output: str | None) -> str | None:
    """The value of `-o`; a suffix that is neither a page's nor a table's is refused at once."""
    known = not output or Path(output).suffix.lower() in PAGES + TABLES
    if not known and not ctx.resilient_parsing:
        raise UsageError(
            f"{output}: no such kind of file", hint="expected " + ", ".join(PAGES[:1] + TABLES)
        )
    return output


def _write(results: Sequence[Told], table: Callable[[], Table], path: Path, *, guard: bool) -> None:
    if path.suffix.lower() in PAGES:
        from loquitur.insight import page

        page.write([result.account() for result in results], path)
    else:
        from loquitur.tables import writing

        made = table()
        writing.write(path, made.columns, zip(*made.data, strict=True), guard=guard)
    tell(f"wrote {path}")


def _print(result: Told) -> None:
    account = result.account()
    click.echo(click.style(display(account.subject), bold=True))
    for line in account.says:
        click.echo(f"  {display(line)}")
    for section in account.sections:
        if section.says or section.moments:
            click.echo(click.style(f"\n{display(section.title)}", bold=True))
        for line in section.says:
            click.echo(f"  {display(line)}")
        for moment in section.moments:
            _print_moment(moment)


def _print_moment(moment: Moment) -> None:
    """When, why and where on a line; what is said there on another."""
    at = moment.at or short_clock(moment.start_ms)
    label = moment.label if moment.label.startswith(at) else f"{at} {moment.label}"
    click.echo(f"  {display(label)}  {display(moment.url)}".rstrip())
    if moment.text:
        said = display(moment.text)
        click.echo(f"    {said if len(said) <= _QUOTE else said[:_QUOTE].rstrip() + ' ...'}")


_FILES = (
    click.argument(
        "files", nargs=-1, required=True, metavar="FILE...", shell_complete=completing.files
    ),
)
_OPTIONS = (
    click.option(
        "-o",
        "output",
        metavar="FILE",
        shell_complete=completing.files,
        callback=_known_kind,
        help="A page (.html) or the table (.csv, .jsonl, .parquet).",
    ),
    click.option(
        "--guard/--no-guard",
        default=True,
        help="An apostrophe before cells of CSV that a spreadsheet would run.",
    ),
)
