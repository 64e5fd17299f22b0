"""How verbs of `insight` take texts out of files, as options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from loquitur.cli.options import with_options

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def passage_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """`--window`, `--column`, `--language`."""
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
)
