"""`insight stats`: the numbers of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.insight_output import deliver, insight_options
from loquitur.cli.options import settings_of, take_globals
from loquitur.cli.output import print_table

if TYPE_CHECKING:
    from loquitur.insight.tabular.result import StatsResult


@click.command(
    "stats",
    help="What the columns of a table are like (csv, jsonl, parquet: from `loquitur youtube ... -o`"
    " or anybody's): describe, distributions on log axes, heavy tails, what goes together,"
    " engagement, the largest and the outliers, what is missing.",
)
@click.argument("table", metavar="TABLE", shell_complete=completing.files)
@click.option(
    "--by", default="", metavar="COLUMN", help="Groups: each described, differences tested."
)
@click.option(
    "--column", "columns", multiple=True, metavar="NAME", help="This column alone (repeatable)."
)
@click.option(
    "--top",
    type=click.IntRange(0, 1_000),
    default=10,
    show_default=True,
    metavar="N",
    help="Rows in lists of the largest and of outliers.",
)
@click.option(
    "--unique", is_flag=True, help="Without rows that are wholly equal to an earlier one."
)
@click.option(
    "--as-of",
    default="",
    metavar="TIME",
    help="When the counts were taken, where no column says it (views per day).",
)
@click.option(
    "--goodness",
    type=click.IntRange(0, 10_000),
    default=0,
    metavar="N",
    help="Judge each power law by N sets drawn from it (100 take about a second each).",
)
@insight_options
@click.pass_context
def stats(ctx: click.Context, /, **given: Any) -> None:
    """Describe a table."""
    settings_of(take_globals(ctx, given))
    from loquitur.insight.tabular.analysis import stats as described

    result = described(
        given["table"],
        by=given["by"],
        columns=given["columns"],
        top=given["top"],
        unique=given["unique"],
        as_of=given["as_of"],
        goodness_sets=given["goodness"],
    )
    if not given["output"] and not given["as_json"]:
        _print(result)
    deliver([result], result.table, given)


_FIGURES = ("mean", "std", "min", "25%", "50%", "75%", "max", "gini")


def _print(result: StatsResult) -> None:
    """The figures of `describe`, a row for each column of numbers."""
    from loquitur.text import number

    rows = []
    for one in result.numbers():
        plain = one.plain()
        figures = [number(plain[name]) for name in _FIGURES]
        verdict = one.note or (one.tail.verdict if one.tail is not None else "")
        rows.append((one.name, f"{one.count:,}", f"{one.missing:,}", *figures, verdict))
    if rows:
        print_table(
            ("column", "count", "missing", *_FIGURES, "tail"), rows, fit=True, shrinkable=(0, 11)
        )
        click.echo()
