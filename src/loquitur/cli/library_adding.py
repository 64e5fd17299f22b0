"""`library add`: files, media and addresses into a library."""

from __future__ import annotations

import dataclasses
import sys
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.failures import exit_code_of, tell_failure
from loquitur.cli.library_options import (
    counting,
    embedding_option,
    library_option,
    opened,
    plain,
)
from loquitur.cli.library_stocking import (
    address_options,
    parted,
    plain_of,
    print_survey,
    show_line,
    stock_addresses,
    summed_up,
    survey,
    wants_of,
)
from loquitur.cli.options import everywhere, hearing_options
from loquitur.cli.output import print_json, print_table, tell
from loquitur.cli.video_arguments import VideoCommand

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loquitur.errors import LoquiturError
    from loquitur.library.adding import Added
    from loquitur.library.documents import Document, Said
    from loquitur.library.shelf import Library
    from loquitur.model.speech import Chapter
    from loquitur.pipeline.wishes import Wish
    from loquitur.settings import Settings
    from loquitur.stocking import Stocked, Wants

_KINDS = ("speech", "comments", "chat", "metadata", "descriptions", "labels")


@click.command(
    cls=VideoCommand,
    help="Put files, or folders of them, into a library: transcripts, captions of any format, "
    "words, text; comments, chats and tables of videos (`loquitur youtube ... -o`); descriptions "
    "of clips. Videos, playlists and channels of YouTube come by their captions, without a "
    "download; what has none, and other media, is heard as `loquitur run` does. Again for what is "
    "new or has changed: what is the same is passed over. `-` reads a list.",
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
@address_options
@hearing_options
@embedding_option
@everywhere
@click.pass_context
def add(ctx: click.Context, /, **given: Any) -> None:
    """Add inputs; one that cannot be read stops no other, and nothing makes no library."""
    from loquitur.cli.speech import resolved
    from loquitur.library.places import identity_of
    from loquitur.pipeline.wishes import SUBTITLE

    settings, wish, globals_ = resolved(ctx, given, SUBTITLE, also="embedding")
    _check_idle(wish, settings)  # whether anything is heard in the end or not
    identity_of(given["library"], settings)  # a wrong name is told before anything is read
    said = _said(given)
    wants = wants_of(given)
    files, addresses = parted(given["inputs"])
    if addresses and said.video_id:
        raise _no_video(given["video"])
    as_json = bool(given["as_json"])
    if given["dry_run"]:
        ctx.exit(_survey(settings, files, addresses, wants, given))
    quiet = bool(globals_["quiet"]) or (as_json and not sys.stderr.isatty())
    failures: list[tuple[str, LoquiturError]] = []
    left_out: list[str] = []
    added: list[Added] = []
    stocked: list[Stocked] = []
    documents = _documents(files, given, said, failures, left_out)
    first = next(documents, None)
    with opened(settings, given) if first or addresses else nullcontext() as library:
        if library and first:
            added += _put(library, chain((first,), documents), quiet=quiet)
        if library and addresses:
            stocked = stock_addresses(
                library, addresses, dataclasses.replace(wants, said=said), wish,
                sleep_s=given["sleep_s"], show=_nothing if quiet else show_line, quiet=quiet,
                verbose=int(globals_["verbose"] or 0),
            )  # fmt: skip
    shown = list(added)
    added += [part for one in stocked for part in one.added]
    if quiet or not sys.stdout.isatty():  # else each has its line already
        shown = added
    told = len(failures)
    failures += [(one.given, one.error) for one in stocked if one.error is not None]
    if as_json:
        _print_json(added, failures, stocked, left_out)
    else:
        _print(shown)
        if left_out and not quiet:
            tell("left out, since another file says more of the same speech: " + _few(left_out))
        for _, error in failures if quiet else failures[:told]:
            tell_failure(error, as_json=False)
    if not quiet and not as_json:
        _tell(added, failures, given["library"] or settings.library)
        if took := summed_up(stocked):
            tell(took)
    ctx.exit(exit_code_of(error.exit_code for _, error in failures))


def _check_idle(wish: Wish, settings: Settings) -> None:
    """Refuse options that no stage knows; see `pipeline.choosing.check_idle`."""
    from loquitur import api
    from loquitur.pipeline.choosing import check_idle
    from loquitur.pipeline.wishes import by_stage

    if wish.parameters:
        resources = api.place_of(settings).resources
        for stage, values in by_stage(wish).items():
            check_idle(stage, values, wish, resources)


def _documents(
    files: Sequence[Path],
    given: dict[str, Any],
    said: Said,
    failures: list[tuple[str, LoquiturError]],
    left_out: list[str],
) -> Iterator[Document]:
    """What files say, each read when it is asked for; what has nothing is noted down."""
    from loquitur.library import sources

    def failed(name: str, error: LoquiturError) -> None:
        failures.append((name, error))

    return sources.documents_of_paths(
        files, kind=given["kind"], said=said, failed=failed, left_out=left_out.append
    )


def _put(library: Library, documents: Iterable[Document], *, quiet: bool) -> tuple[Added, ...]:
    from loquitur.library import adding

    with counting(quiet=quiet) as progress:
        return adding.add(library.writing(), documents, progress=progress)


def _survey(
    settings: Settings,
    files: Sequence[Path],
    addresses: Sequence[str],
    wants: Wants,
    given: dict[str, Any],
) -> int:
    """Show what would be added; the exit code. A library that is not there is not made."""
    from loquitur.library.places import exists, place_of

    rows: list[dict[str, Any]] = [
        {"input": str(path), "known": None, "new": None} for path in files
    ]
    is_there = exists(place_of(given["library"], settings))
    with opened(settings, given) if is_there else nullcontext() as library:
        more, failures = survey(library, addresses, wants, settings)
    rows += more
    if given["as_json"]:
        print_json({"would_add": rows, "failed": [_failed(*one) for one in failures]})
    else:
        print_survey(rows)
        for _, error in failures:
            tell_failure(error, as_json=False)
    return exit_code_of(error.exit_code for _, error in failures)


def _no_video(video: str) -> LoquiturError:
    from loquitur.errors import UsageError
    from loquitur.text import display

    return UsageError(
        f"--video {display(video)} is of files", hint="addresses and media say it themselves"
    )


def _failed(name: str, error: LoquiturError) -> dict[str, str]:
    return {"input": name, "code": error.code, "message": error.message, "hint": error.hint}


def _print_json(
    added: Sequence[Added],
    failures: Sequence[tuple[str, LoquiturError]],
    stocked: Sequence[Stocked],
    left_out: Sequence[str],
) -> None:
    print_json(
        {
            "added": [plain(one) for one in added],
            "left_out": list(left_out),
            "failed": [_failed(*one) for one in failures],
            "inputs": [plain_of(one) for one in stocked],
        }
    )


def _nothing(one: Stocked) -> None:
    del one


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
    what = f"{done:,} of {counted(len(added), 'part')} new or changed" if added else "nothing new"
    parts = [f"{name}: {what}"]
    if failures:
        parts.append(f"{counted(len(failures), 'input')} failed")
    tell("; ".join(parts))
