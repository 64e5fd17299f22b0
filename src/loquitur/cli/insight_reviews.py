"""`insight reviews`: what is liked and what is complained of, with quotes and times."""

from __future__ import annotations

from typing import Any

import click

from loquitur.cli import completing
from loquitur.cli.insight_output import deliver, files_argument, insight_options
from loquitur.cli.insight_passages import passage_options
from loquitur.cli.options import settings_of, take_globals


@click.command(
    help="What is liked and what is complained of, aspect by aspect (price, quality, delivery "
    "...), with shares, quotes, times and links; for live shopping also what is asked and who "
    "wants to buy. FILE: transcripts, captions, recorded chats, tables with a column of texts."
)
@files_argument
@click.option(
    "--preset",
    metavar="NAME",
    help="product (unless --aspects is given) or live-shopping.",
)
@click.option(
    "--aspects",
    default="",
    metavar="FILE",
    shell_complete=completing.files,
    help="A TOML file of your own aspects, alone or beside a preset.",
)
@passage_options
@insight_options
@click.pass_context
def reviews(ctx: click.Context, /, **given: Any) -> None:
    """Count opinions by aspect."""
    from loquitur.insight.texts.studies import reviews as study

    settings_of(take_globals(ctx, given))
    found = study(
        given["files"],
        preset=given["preset"] or ("" if given["aspects"] else "product"),
        aspects=given["aspects"],
        window=given["window"],
        column=given["column"],
        language=given["language"],
    )
    deliver([found], found.table, given)
