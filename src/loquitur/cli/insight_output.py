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
    from collections.abc import Callable, Sequence
    from typing import Any

    from loquitur.insight.account import Moment, Told
    from loquitur.tables.table import Table

PAGES = (".html", ".htm")
TABLES = (".csv", ".jsonl", ".parquet")
_QUOTE = 200
"""Characters of what is said at a moment, on the terminal; the page and `--json` have more."""


def insight_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`-o`, `--no-guard`, and what every verb takes."""
    return with_options(everywhere(command), _OPTIONS)


def deliver(
    results: Sequence[Told],
    table: Callable[[], Table],
    *,
    output: str | None,
    as_json: bool,
    guard: bool = True,
    document: Callable[[], Any] | None = None,
) -> None:
    """Write results where they were asked for, and print the rest.

    Args:
        results: One for each input.
        table: Their common table, made only where it is wanted.
        output: A file whose suffix says what is written; None for none.
        as_json: Print `document` (by default the only result, or a list of them) on stdout.
        guard: Cells of CSV that a spreadsheet would run get an apostrophe.
        document: What `as_json` prints.

    Raises:
        UsageError: No such suffix.
        FullError: The file cannot be written.
    """
    if output:
        _write(results, table, Path(output), guard=guard)
    if as_json:
        plain = [result.plain() for result in results] if document is None else document()
        print_json(plain[0] if document is None and len(results) == 1 else plain)
        return
    if not output:
        for result in results:
            _print(result)


def check_output(output: str | None) -> None:
    """Refuse a suffix before any work is done.

    Raises:
        UsageError: Neither a page nor a table.
    """
    if output and Path(output).suffix.lower() not in PAGES + TABLES:
        raise UsageError(
            f"{output}: no such kind of file", hint="expected " + ", ".join(PAGES[:1] + TABLES)
        )


def _write(results: Sequence[Told], table: Callable[[], Table], path: Path, *, guard: bool) -> None:
    check_output(str(path))
    if path.suffix.lower() in PAGES:
        from loquitur.insight import page

        page.write([result.account() for result in results], path)
    elif path.suffix.lower() == ".csv":
        table().to_csv(path, guard=guard)
    elif path.suffix.lower() == ".jsonl":
        table().to_jsonl(path)
    else:
        table().to_parquet(path)
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


_OPTIONS = (
    click.option(
        "-o",
        "output",
        metavar="FILE",
        shell_complete=completing.files,
        help="A page (.html) or the table (.csv, .jsonl, .parquet).",
    ),
    click.option(
        "--guard/--no-guard",
        default=True,
        help="An apostrophe before cells of CSV that a spreadsheet would run.",
    ),
)
