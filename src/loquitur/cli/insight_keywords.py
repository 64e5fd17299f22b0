"""`insight keywords`: what goes with a term, in polarity and subjectivity."""

from __future__ import annotations

from typing import Any

import click

from loquitur.cli import completing
from loquitur.cli.insight_output import deliver, files_argument, insight_options
from loquitur.cli.insight_passages import passage_options
from loquitur.cli.options import settings_of, take_globals


@click.command(
    help="What goes with a term in polarity and subjectivity of texts with and without it, over "
    "many videos: differences with intervals, rank tests, effect sizes, rates of false "
    "discoveries. FILE: transcripts, captions, recorded chats, tables with a column of texts."
)
@files_argument
@click.option(
    "--term",
    "wanted",
    multiple=True,
    metavar="T",
    help="A word, a phrase, `word*`; repeatable. The commonest terms where there is none.",
)
@click.option(
    "--against",
    multiple=True,
    metavar="FILE",
    shell_complete=completing.files,
    help="Hold the files against these as a whole, words too; repeatable.",
)
@click.option("--most", type=click.IntRange(1), default=40, show_default=True, metavar="N",
              help="Terms that are looked for where none is given.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, metavar="N",
              help="Of the bootstrap's draws.")  # fmt: skip
@click.option(
    "--engine", default="textblob", show_default=True, metavar="NAME", help="Scores the texts."
)
@passage_options
@insight_options
@click.pass_context
def keywords(ctx: click.Context, /, **given: Any) -> None:
    """Compare texts with and without terms."""
    from loquitur.insight.terms.judging import Judging
    from loquitur.insight.texts.studies import keywords as study

    settings_of(take_globals(ctx, given))
    found = study(
        given["files"],
        given["wanted"],
        against=given["against"],
        window=given["window"],
        column=given["column"],
        language=given["language"],
        judging=Judging(engine=given["engine"], most=given["most"], seed=given["seed"]),
    )
    deliver([found], found.table, given)
