"""`library`: what is kept to be searched and asked. Each verb is imported when it is chosen."""

from __future__ import annotations

import click

from loquitur.cli.groups import LazyVerbs

# verb -> (where its command is, its line in --help)
VERBS: dict[str, tuple[str, str]] = {
    "add": (
        "loquitur.cli.library_adding:add",
        "Add videos, channels, transcripts, captions, comments, chats; again for what is new.",
    ),
    "remove": ("loquitur.cli.library_contents:remove", "Take a video out, and all of it."),
    "list": ("loquitur.cli.library_contents:list_volumes", "What is in it."),
    "stats": ("loquitur.cli.library_contents:stats", "How much is in it, and of what."),
    "verify": ("loquitur.cli.library_contents:verify", "Whether all of it agrees."),
    "rebuild": (
        "loquitur.cli.library_contents:rebuild",
        "Make its index anew, for another embedding too, from the store where it is lost.",
    ),
    "sheet": (
        "loquitur.cli.library_sheet:sheet",
        "A study sheet of a video: Markdown, or cards for Anki, with links.",
    ),
}


class _Library(LazyVerbs):
    """The verbs of the library, by name."""

    table = VERBS


@click.group(cls=_Library, help="The library: everything that was said, to be searched and asked.")
def library() -> None:
    """The library."""
