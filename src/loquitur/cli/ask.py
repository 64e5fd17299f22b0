"""`ask`: a question to a library, or a conversation where none is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.library_filters import filter_options, filters_of
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, tell

if TYPE_CHECKING:
    from loquitur.library.shelf import Library
    from loquitur.settings import Settings


@click.command(
    help="An answer out of a library: sentences as they were said, each with the moment it is from,"
    " or none where nothing answers the question. Without a QUESTION: one after another, from the"
    " terminal or a line each from a pipe."
)
@click.argument("question", nargs=-1, metavar="[QUESTION]")
@click.option("--library", "library", default="", metavar="NAME", help="Which library.")
@click.option(
    "--mode",
    type=click.Choice(("hybrid", "words", "meaning")),
    default="hybrid",
    help="How passages are found.",
)
@click.option(
    "-k",
    "candidates",
    type=click.IntRange(1, 1_000),
    default=20,
    show_default=True,
    metavar="N",
    help="Passages that are read.",
)
@click.option(
    "--refuse-below",
    type=click.FloatRange(0, 1),
    metavar="P",
    help="The confidence below which there is no answer; the calibrated one by default.",
)
@click.option(
    "--save",
    default="",
    metavar="FILE",
    shell_complete=completing.files,
    help="The answers with their evidence too: .md or .json.",
)
@filter_options
@everywhere
@click.pass_context
def ask(ctx: click.Context, /, **given: Any) -> None:
    """Answer a question, or one after another."""
    globals_ = take_globals(ctx, given)
    settings = settings_of(globals_)
    from loquitur.library.asking import AskOptions
    from loquitur.library.saving import check_suffix, save

    if given["save"]:
        check_suffix(given["save"])
    options = AskOptions(
        filters=filters_of(given),
        mode=given["mode"],
        candidates=given["candidates"],
        refuse_below=given["refuse_below"],
    )
    with _opened(given["library"], settings) as library:
        if not given["question"]:
            from loquitur.cli.ask_conversation import converse

            converse(library.conversation(options=options), given, quiet=bool(globals_["quiet"]))
            return
        reply = library.ask(" ".join(given["question"]), options=options)
        if given["as_json"]:
            from loquitur.library.saving import plain

            print_json(plain(reply))
        else:
            from loquitur.cli.ask_view import show

            show(reply)
        if given["save"]:
            save([reply], given["save"], library=library.name)
            tell(f"wrote {given['save']}")


def _opened(name: str, settings: Settings) -> Library:
    """A library that is there: a question makes none.

    Raises:
        InputError: There is no such library.
    """
    from pathlib import Path

    from loquitur.library.asking import empty_error
    from loquitur.library.places import place_of
    from loquitur.library.shelf import open_library

    place = place_of(name, settings)
    if isinstance(place, Path) and not place.exists():
        raise empty_error(name or settings.library)
    return open_library(name, settings=settings)
