"""`library add` of addresses and media: options, rows as they come, what it took."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli.options import with_options
from loquitur.cli.output import print_table, tell, tell_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from loquitur.library.shelf import Library
    from loquitur.pipeline.recipes import Wish
    from loquitur.settings import Settings
    from loquitur.stocking import Stocked, Wants

_STREAM = "-"


def address_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What is wanted of addresses."""
    return with_options(
        command,
        (
            click.option(
                "--captions/--no-captions",
                default=None,
                help="Videos of YouTube by their captions, heard only where there are none (so it "
                "is by default); or always by their sound.",
            ),
            click.option("--captions-only", is_flag=True, help="Download and hear nothing."),
            click.option("--again", is_flag=True, help="Ask for what is there already, too."),
            click.option(
                "--limit", type=click.IntRange(1), metavar="N", help="Of a list, so many videos."
            ),
            click.option(
                "--sleep",
                "sleep_s",
                type=click.FloatRange(0, 3600),
                default=2.0,
                metavar="SECONDS",
                help="The wait between two videos, 2 by default.",
            ),
            click.option("--dry-run", is_flag=True, help="How many are known and new; adds none."),
        ),
    )


def parted(inputs: Sequence[str]) -> tuple[list[Path], list[str]]:
    """Files and folders of text; addresses and media. `-` is a list on standard input."""
    files: list[Path] = []
    addresses: list[str] = []
    for given in inputs:
        lines = [line.strip() for line in sys.stdin] if given == _STREAM else [given]
        for item in lines:
            if not item or item.startswith("#"):
                continue
            path = Path(item)
            if path.is_dir():
                files.append(path)
                addresses += _media_in(path)
            elif path.exists() and not _is_medium(path):
                files.append(path)
            else:
                addresses.append(item)
    return files, addresses


def wants_of(given: dict[str, Any]) -> Wants:
    """What is wanted, of the options.

    Raises:
        UsageError: They leave nothing.
    """
    from loquitur.errors import UsageError
    from loquitur.stocking import Wants

    if given["captions"] is False and given["captions_only"]:
        raise UsageError("--captions-only and --no-captions leave nothing", hint="give one of them")
    language = given["language"]
    return Wants(
        captions="only" if given["captions_only"] else "no" if given["captions"] is False
        else "first",
        languages=(language,) if language else (),
        again=bool(given["again"]),
        limit=given["limit"],
    )  # fmt: skip


def stock_addresses(
    library: Library,
    addresses: Sequence[str],
    given: dict[str, Any],
    wish: Wish,
    settings: Settings,
    *,
    show: Callable[[Stocked], None],
    quiet: bool,
    verbose: int,
) -> list[Stocked]:
    """Put addresses into a library; what became of each, shown as it comes."""
    from loquitur.cli.progress import listening
    from loquitur.cli.speech import permission
    from loquitur.stocking import stock
    from loquitur.youtube.keyless.ways import Access

    done: list[Stocked] = []
    with listening(quiet=quiet, verbose=verbose) as (listener, aside):

        def notify(line: str) -> None:
            with aside():
                tell(line)

        results = stock(
            library,
            addresses,
            wants=wants_of(given),
            wish=wish,
            access=Access.of(settings, sleep_s=given["sleep_s"]),
            permit=permission(settings, quiet=quiet),
            notify=None if quiet else notify,
            listener=listener,
        )
        with closing(results):
            for one in results:
                with aside():
                    show(one)
                done.append(one)
    return done


def show_line(one: Stocked) -> None:
    """What became of an input, as a line on stderr while others are still to come."""
    from loquitur.text import display
    from loquitur.timing import short_clock

    name = display(one.title or one.given)[:80]
    if one.error is not None:
        tell_error(one.error.message, hint=one.error.hint, code=one.error.code, as_json=False)
        return
    states = {"known": "in the library already", "captions": "by its captions", "sound": "heard"}
    told = states.get(one.how, one.how)
    if one.how == "sound":
        told += f", {short_clock(one.sound_ms)} of sound in {one.seconds:.0f} s"
    tell(f"{name}: {told}")
    for notice in one.notices:
        tell(f"{name}: {notice}")


def summed_up(done: Iterable[Stocked]) -> str:
    """What it took, in one line; captions and sound of one's own machine cost nothing."""
    from loquitur.timing import short_clock

    ways = {"captions": 0, "sound": 0, "known": 0}
    failed = sound_ms = 0
    seconds = 0.0
    for one in done:
        failed += one.error is not None
        if one.error is None and one.how in ways:
            ways[one.how] += 1
        if one.how == "sound":
            sound_ms += one.sound_ms
            seconds += one.seconds
    parts = [f"{ways['captions']:,} by captions"]
    if ways["sound"]:
        parts.append(
            f"{ways['sound']:,} heard ({short_clock(sound_ms)} of sound in {seconds:.0f} s)"
        )
    parts.append(f"{ways['known']:,} known already")
    if failed:
        parts.append(f"{failed:,} failed")
    return ", ".join(parts)


def survey(library: Library, addresses: Sequence[str], given: dict[str, Any]) -> list[Any]:
    """How many videos of each list are known, and how many are new."""
    from loquitur.stocking import known_of
    from loquitur.youtube.keyless.lists import is_list

    wants = wants_of(given)
    rows = []
    for item in addresses:
        known, new = known_of(library, item, wants=wants) if is_list(item) else (None, None)
        rows.append({"input": item, "known": known, "new": new})
    return rows


def print_survey(rows: Sequence[dict[str, Any]]) -> None:
    """The rows as a table."""
    print_table(
        ("input", "known", "new"),
        [(row["input"], _count(row["known"]), _count(row["new"])) for row in rows],
    )


def plain_of(one: Stocked) -> dict[str, Any]:
    """One input as JSON has it."""
    from loquitur.cli.library_options import plain

    return {
        "input": one.given,
        "how": one.how or None,
        "title": one.title or None,
        "added": [plain(part) for part in one.added],
        "sound_ms": one.sound_ms,
        "seconds": round(one.seconds, 1),
        "notices": list(one.notices),
    }


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _media_in(folder: Path) -> list[str]:
    """Media of a folder and those below, but for those whose words lie beside them."""
    texts = {
        path.with_suffix("")
        for path in folder.rglob("*")
        if path.is_file() and not _is_medium(path)
    }
    return sorted(
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and _is_medium(path) and not _told(path, texts)
    )


def _told(medium: Path, texts: set[Path]) -> bool:
    stem = medium.with_suffix("")
    return any(text == stem or text.with_suffix("") == stem for text in texts)


def _is_medium(path: Path) -> bool:
    from loquitur.media.urls import MEDIA_SUFFIXES

    return path.suffix.lower() in MEDIA_SUFFIXES
