"""`library add`: files and folders into a library."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.library_options import (
    counting,
    embedding_option,
    library_option,
    opened,
    plain,
    settings_for,
)
from loquitur.cli.options import everywhere
from loquitur.cli.output import print_json, print_table, tell, tell_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.errors import LoquiturError
    from loquitur.library.adding import Added
    from loquitur.library.documents import Said
    from loquitur.model.speech import Chapter

_KINDS = ("speech", "comments", "chat", "metadata", "descriptions")


@click.command(
    help="Put files, or folders of them, into a library: transcripts, captions of any format, "
    "words, text; comments, chats and tables of videos (`loquitur youtube ... -o`); descriptions "
    "of clips. Again for what has changed: what is the same is passed over. `-` reads a list."
)
@click.argument(
    "inputs", nargs=-1, required=True, metavar="INPUT...", shell_complete=completing.files
)
@library_option
@click.option("--video", default="", metavar="ID", help="The video of YouTube that they are of.")
@click.option("--title", default="", help="What it is called.")
@click.option("--channel", default="", help="Whose it is.")
@click.option("--published", default="", metavar="YYYY-MM-DD", help="The day it came out.")
@click.option(
    "--kind", type=click.Choice(_KINDS), help="What the files are; found out by their content else."
)
@click.option(
    "--chapters",
    default="",
    metavar="FILE",
    shell_complete=completing.files,
    help="Chapters of it: `0:00 Title` on each line.",
)
@click.option(
    "--find-chapters", is_flag=True, help="Find them in what is said, where nothing tells them."
)
@click.option("--language", default="", metavar="CODE", help="In which it is, a BCP 47 tag.")
@embedding_option
@everywhere
@click.pass_context
def add(ctx: click.Context, /, **given: Any) -> None:
    """Add files; one that cannot be read stops no other."""
    from loquitur.library import adding, sources

    settings, quiet = settings_for(ctx, given)
    as_json = given["as_json"]
    failures: list[tuple[str, LoquiturError]] = []
    left_out: list[str] = []

    def failed(name: str, error: LoquiturError) -> None:
        failures.append((name, error))

    paths = _listed(given["inputs"])
    said = _said(given)
    with opened(settings, given) as library, counting(quiet=quiet) as progress:
        documents = sources.documents_of_paths(paths, kind=given["kind"], said=said, failed=failed)
        added = adding.add(library.writing(), documents, progress=progress)
    if as_json:
        errors = [
            {"input": name, "code": error.code, "message": error.message, "hint": error.hint}
            for name, error in failures
        ]
        print_json({"added": [plain(one) for one in added], "left_out": left_out, "failed": errors})
    else:
        _print(added)
        if left_out and not quiet:
            tell("left out, since another file says more of the same speech: " + _few(left_out))
        for _, error in failures:
            tell_error(error.message, hint=error.hint, code=error.code, as_json=False)
    if not quiet and not as_json:
        _tell(added, failures, library.name)
    ctx.exit(failures[0][1].exit_code if failures else 0)


def _listed(inputs: Sequence[str]) -> list[str]:
    found: list[str] = []
    for item in inputs:
        if item == "-":
            found += [line.strip() for line in sys.stdin if line.strip()]
        else:
            found.append(item)
    return found


def _said(given: dict[str, Any]) -> Said:
    from loquitur.errors import UsageError
    from loquitur.library.documents import Said
    from loquitur.media.urls import youtube_id
    from loquitur.text import display

    video = given["video"]
    video_id = (youtube_id(video) or video) if video else ""
    if video and not video_id:
        raise UsageError(f"no video of YouTube: '{display(video)}'")
    return Said(
        video_id=video_id,
        title=given["title"],
        channel=given["channel"],
        published=given["published"],
        language=given["language"],
        chapters=_chapters(given["chapters"]),
        find_chapters=given["find_chapters"],
    )


def _chapters(path: str) -> tuple[Chapter, ...]:
    from loquitur.errors import InputError
    from loquitur.formats import chapter_list
    from loquitur.formats.document import Document
    from loquitur.text import display

    if not path:
        return ()
    found = chapter_list.read(Document.load(Path(path)).decoded().text)
    if not found:
        raise InputError(
            f"{display(path)}: no chapters in it", hint="expected `0:00 Title` on each line"
        )
    return tuple(sorted(found, key=lambda one: one.start_ms))


def _few(names: Sequence[str], most: int = 5) -> str:
    """The first names, and how many more."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def _print(added: Sequence[Added]) -> None:
    rows = [(one.state, one.passages, one.part, one.media_id, one.title) for one in added]
    if rows:
        print_table(("", "passages", "part", "id", "title"), rows, fit=True, shrinkable=(3, 4))
    for one in added:
        for warning in one.warnings:
            tell(f"{one.title}: {warning}")


def _tell(added: Sequence[Added], failures: Sequence[tuple[str, LoquiturError]], name: str) -> None:
    """One line of what was done."""
    from loquitur.text import counted

    done = sum(one.state != "same" for one in added)
    parts = [f"{name}: {done:,} of {counted(len(added), 'part')} new or changed"]
    if failures:
        parts.append(f"{counted(len(failures), 'input')} failed")
    tell("; ".join(parts))
