"""`library sheet`: what to learn of a video or a subject, as Markdown or cards."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.library_options import existing, library_option, settings_for
from loquitur.cli.options import everywhere
from loquitur.cli.output import print_json, tell
from loquitur.cli.video_arguments import VideoCommand
from loquitur.errors import InputError, UsageError
from loquitur.text import counted, display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.sheets.sheet import Sheet
    from loquitur.library.shelf import Library

_MARKDOWN = (".md", ".markdown")
_KINDS = (*_MARKDOWN, ".apkg", ".txt")


@click.command(
    "sheet",
    cls=VideoCommand,
    help="A study sheet: chapters, key sentences, key terms where they are explained, and"
    " questions asked aloud with their answers, all in the words that were said, each with a link"
    " to its moment. As Markdown (.md, or on the terminal), a package for Anki (.apkg), or text"
    " for Anki's import (.txt). ID: as `library list` shows it, an id of YouTube, or a file.",
)
@click.argument("idents", nargs=-1, metavar="[ID]...")
@click.option("--all", "every", is_flag=True, help="Of every video of the library.")
@click.option("--query", default="", metavar="TEXT", help="Of a subject, out of all videos.")
@click.option(
    "-o", "output", metavar="FILE", shell_complete=completing.files, help=".md, .apkg or .txt."
)
@click.option(
    "--cards",
    type=click.IntRange(1, 10_000),
    default=30,
    show_default=True,
    metavar="N",
    help="Cards of each video at most.",
)
@library_option
@everywhere
@click.pass_context
def sheet(ctx: click.Context, /, **given: Any) -> None:
    """Write or print sheets."""
    settings, quiet = settings_for(ctx, given)
    output = Path(given["output"]) if given["output"] else None
    if output is not None and output.suffix.lower() not in _KINDS:
        raise UsageError(
            f"{display(str(output))}: no such kind of sheet", hint="expected " + ", ".join(_KINDS)
        )
    if (bool(given["idents"]) + given["every"] + bool(given["query"])) != 1:
        raise UsageError("a sheet of what?", hint='give an ID, --all or --query "TEXT"')
    with existing(settings, given) as library:
        sheets = _sheets(library, given)
        parent = "" if given["idents"] else library.name
    if output is not None:
        cards = _write(sheets, output, most=given["cards"], parent=parent)
        if not quiet:
            tell(f"wrote {output}" + (f": {counted(cards, 'card')}" if cards is not None else ""))
    if given["as_json"]:
        from loquitur.library.sheets.plain import plain

        print_json([plain(one, cards=given["cards"]) for one in sheets])
    elif output is None:
        _print(sheets)
    if not quiet:
        for one in sheets:
            for notice in one.notices:
                tell(f"{one.volume.title}: {notice}")


def _sheets(library: Library, given: dict[str, Any]) -> list[Sheet]:
    """The sheets that were asked for; with `--all`, what has nothing to learn stops no other."""
    from loquitur.media.urls import youtube_id

    if given["query"]:
        return [library.sheet(query=given["query"])]
    if given["idents"]:
        return [library.sheet(youtube_id(ident) or ident) for ident in given["idents"]]
    found: list[Sheet] = []
    for volume in library.volumes():
        try:
            found.append(library.sheet(volume.media_id))
        except InputError as exc:
            tell(str(exc))
    if not found:
        raise InputError(
            f"nothing is said in the library '{display(library.name)}'",
            hint="loquitur library add FILE...",
        )
    return found


def _write(sheets: Sequence[Sheet], output: Path, *, most: int, parent: str) -> int | None:
    """Write a file; how many cards are in it, None where it has none."""
    from loquitur.library.sheets import anki
    from loquitur.library.sheets.markdown import markdown
    from loquitur.tables.writing import replacing

    if output.suffix.lower() == ".apkg":
        return anki.write_package(sheets, output, most=most, parent=parent)
    count = None
    if output.suffix.lower() in _MARKDOWN:
        text = markdown(sheets)
    else:
        lines = [*anki.anki_text(sheets, most=most, parent=parent)]
        count = sum(not line.startswith("#") for line in lines)
        text = "\n".join(lines) + "\n"
    with replacing(output) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n", errors="replace")
    return count


def _print(sheets: Sequence[Sheet]) -> None:
    from loquitur.library.sheets.markdown import markdown

    for line in markdown(sheets).splitlines():
        click.echo(display(line))
