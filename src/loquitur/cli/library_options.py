"""What the verbs of the library share: which one is meant, and how what is done is shown."""

from __future__ import annotations

import dataclasses
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import settings_of, take_globals
from loquitur.cli.output import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loquitur.library.adding import Added
    from loquitur.library.shelf import Library
    from loquitur.settings import Settings

library_option = click.option(
    "--library",
    default="",
    metavar="NAME",
    help="A name, a file (x.library), or postgresql://...; the setting `library` (main) else.",
)
embedding_option = click.option(
    "--embedding",
    default="",
    metavar="NAME[:MODEL]",
    shell_complete=completing.names(completing.engines("embedding", "none")),
    help="Whose vectors a new library holds, or none; that of the settings (hashing) else.",
)


def settings_for(ctx: click.Context, given: dict[str, Any]) -> tuple[Settings, bool]:
    """The settings, and whether to be quiet; the global options are taken out of `given`."""
    globals_ = take_globals(ctx, given)
    return settings_of(globals_), bool(globals_["quiet"])


def opened(settings: Settings, given: dict[str, Any]) -> Library:
    """The library that is meant."""
    from loquitur.library.shelf import open_library

    return open_library(given["library"], embedding=given.get("embedding") or "", settings=settings)


def existing(settings: Settings, given: dict[str, Any]) -> Library:
    """The library that is meant, where there is one.

    Raises:
        UsageError: There is none: a mistyped name makes no empty one.
    """
    from loquitur.library.places import exists, no_library, place_of

    if not exists(place_of(given["library"], settings)):
        raise no_library(given["library"], settings)
    return opened(settings, given)


@contextmanager
def counting(*, quiet: bool) -> Iterator[Callable[[Added], None]]:
    """Tell of parts as they are done: a line that moves on a terminal, nothing elsewhere."""
    from loquitur.library.adding import ignore

    if quiet or not sys.stderr.isatty():
        yield ignore
        return
    from rich.console import Console
    from rich.status import Status
    from rich.text import Text

    from loquitur.text import display

    console = Console(stderr=True)
    done = passages = 0
    with Status("...", console=console) as status:

        def move(one: Added) -> None:
            nonlocal done, passages
            done += 1
            passages += one.passages
            status.update(Text(f"{done:,} parts, {passages:,} passages: {display(one.title)[:60]}"))

        yield move


def plain(value: Any) -> dict[str, Any]:
    """A frozen value as JSON takes it."""
    return dataclasses.asdict(value)


def tell_findings(findings: Any) -> None:
    """What is wrong, a line each."""
    for one in findings:
        tell(f"{one.code}: {one.message}")
