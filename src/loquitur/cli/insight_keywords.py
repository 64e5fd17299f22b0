"""`insight keywords`: what goes with a term, in polarity and subjectivity."""

from __future__ import annotations

from typing import Any

import click

from loquitur.cli import completing
from loquitur.cli.insight_output import check_output, deliver, insight_options
from loquitur.cli.options import settings_of, take_globals, with_options


def passage_options(command: Any) -> Any:
    """How texts are taken out of files, and who judges them."""
    return with_options(command, _PASSAGES)


_PASSAGES = (
    click.option(
        "--window",
        default="sentence",
        show_default=True,
        metavar="HOW",
        help="How speech is cut: words:300, time:5m, sentence, paragraph.",
    ),
    click.option("--column", default="", metavar="NAME", help="Of a table: where its texts are."),
    click.option("--language", default="", metavar="TAG", help="Of all texts; found out if unset."),
    click.option(
        "--engine", default="textblob", show_default=True, metavar="NAME", help="Scores the texts."
    ),
)


@click.command(
    help="What goes with a term in polarity and subjectivity of texts with and without it, over "
    "many videos: differences with intervals, rank tests, effect sizes, rates of false "
    "discoveries. FILE: transcripts, captions, recorded chats, tables with a column of texts."
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
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
@passage_options
@insight_options
@click.pass_context
def keywords(ctx: click.Context, /, **given: Any) -> None:
    """Compare texts with and without terms."""
    from loquitur.insight.passages import gather
    from loquitur.insight.term_effects import effects_of
    from loquitur.insight.term_judging import Judging

    settings_of(take_globals(ctx, given))
    check_output(given["output"])
    how = {name: given[name] for name in ("window", "column", "language")}
    found = effects_of(
        gather(given["files"], **how),
        given["wanted"],
        against=gather(given["against"], **how) if given["against"] else None,
        judging=Judging(engine=given["engine"], seed=given["seed"], most=given["most"]),
    )
    deliver(
        [found],
        found.table,
        output=given["output"],
        as_json=given["as_json"],
        guard=given["guard"],
    )
