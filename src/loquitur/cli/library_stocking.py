"""`library add` of addresses and media: options, rows as they come, what it took."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli.failures import tell_failure
from loquitur.cli.options import with_options
from loquitur.cli.output import print_table, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from loquitur.errors import LoquiturError
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
    """Files and folders of text; addresses and media. `-` is a list on standard input.

    What is neither there nor an address is among the files, whose reader says so.
    """
    files: list[Path] = []
    addresses: list[str] = []
    for given in inputs:
        for item in _lines(sys.stdin) if given == _STREAM else (given,):
            path = Path(item)
            if _is_folder(path):
                media, has_texts = _in_folder(path)
                addresses += media
                if has_texts or not media:
                    files.append(path)
            elif _is_there(path):
                if _is_medium(path):
                    addresses.append(item)
                else:
                    files.append(path)
            elif _is_address(item):
                addresses.append(item)
            else:
                files.append(path)
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
    wants: Wants,
    wish: Wish,
    *,
    sleep_s: float,
    show: Callable[[Stocked], None],
    quiet: bool,
    verbose: int,
) -> list[Stocked]:
    """Put addresses into a library; what became of each, shown as it comes."""
    from loquitur.cli.progress import listening
    from loquitur.cli.speech import permission
    from loquitur.stocking import stock
    from loquitur.youtube.keyless.ways import Access

    settings = library.settings
    done: list[Stocked] = []
    with listening(quiet=quiet, verbose=verbose) as (listener, aside):

        def notify(line: str) -> None:
            with aside():
                tell(line)

        results = stock(
            library,
            addresses,
            wants=wants,
            wish=wish,
            access=Access.of(settings, sleep_s=sleep_s),
            permit=permission(settings, quiet=quiet),
            notify=None if quiet else notify,
            listener=listener,
        )
        with closing(results):
            for one in results:
                if one.how != "known" or verbose:  # of a channel most are
                    with aside():
                        show(one)
                done.append(one)
    return done


def show_line(one: Stocked) -> None:
    """What became of an input, as a line on stderr while others are still to come."""
    from loquitur.text import counted, display
    from loquitur.timing import short_clock

    name = display(one.title or one.given)[:80]
    if one.error is not None:
        tell_failure(one.error, as_json=False)
        return
    states = {"known": "in the library already", "captions": "by its captions", "sound": "heard"}
    told = states[one.how]
    if one.how == "sound":
        told += f", {short_clock(one.sound_ms)} of sound in {one.seconds:.0f} s"
    if one.added:
        told += f", {counted(sum(part.passages for part in one.added), 'passage')}"
    tell(f"{name}: {told}")
    for notice in one.notices:
        tell(f"{name}: {notice}")


def summed_up(done: Iterable[Stocked]) -> str:
    """By which ways it came, and what the sound took; empty where nothing came."""
    from loquitur.timing import short_clock

    ways = {"captions": 0, "sound": 0, "known": 0}
    sound_ms = 0
    seconds = 0.0
    for one in done:
        if one.error is None and one.how in ways:
            ways[one.how] += 1
        if one.how == "sound":
            sound_ms += one.sound_ms
            seconds += one.seconds
    parts = []
    if ways["captions"]:
        parts.append(f"{ways['captions']:,} by captions")
    if ways["sound"]:
        parts.append(
            f"{ways['sound']:,} heard ({short_clock(sound_ms)} of sound in {seconds:.0f} s)"
        )
    if ways["known"]:
        parts.append(f"{ways['known']:,} known already")
    return ", ".join(parts)


def survey(
    library: Library | None, addresses: Sequence[str], wants: Wants, settings: Settings
) -> tuple[list[dict[str, Any]], list[tuple[str, LoquiturError]]]:
    """How many videos of each input are known, and how many are new; and what cannot be told.

    Of what is no video of YouTube it is not known before it is fetched.
    """
    from loquitur.errors import LoquiturError
    from loquitur.stocking import known_of
    from loquitur.youtube.keyless.lists import is_list
    from loquitur.youtube.transcripts import maybe_id

    rows: list[dict[str, Any]] = []
    failures: list[tuple[str, LoquiturError]] = []
    for item in addresses:
        try:
            countable = not _is_there(Path(item)) and (is_list(item) or maybe_id(item))
            known, new = (
                known_of(library, item, wants=wants, settings=settings)
                if countable
                else (None, None)
            )
        except LoquiturError as error:
            failures.append((item, error))
            continue
        rows.append({"input": item, "known": known, "new": new})
    return rows, failures


def print_survey(rows: Sequence[dict[str, Any]]) -> None:
    """The rows as a table, where there are any."""
    if rows:
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


def _lines(stream: Iterable[str]) -> list[str]:
    """The inputs of a list: neither blank lines nor those that begin with `#`."""
    return [item for line in stream if (item := line.strip()) and not item.startswith("#")]


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _in_folder(folder: Path) -> tuple[list[str], bool]:
    """Media of a folder and those below, without those whose words lie beside them.

    And whether there is anything else that could be read.
    """
    from loquitur.errors import LoquiturError
    from loquitur.insight.reports.recognising import files_below, group_of, recognise
    from loquitur.library.documents_written import describes_clips

    media: list[Path] = []
    told: set[str] = set()
    has_texts = False
    for path in files_below(folder):
        if _is_medium(path):
            media.append(path)
            continue
        try:
            kind = recognise(path, named=False).kind
            is_useful = kind not in ("", "turns") or describes_clips(path)
        except LoquiturError:  # the reader of files says what is wrong with it
            kind, is_useful = "", True
        has_texts = has_texts or is_useful
        if kind == "speech":
            told.add(group_of(path))
    return [str(path) for path in media if group_of(path) not in told], has_texts


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # no name that a folder could have
        return False


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _is_address(given: str) -> bool:
    from loquitur.errors import LoquiturError
    from loquitur.media.urls import is_url, is_video_id
    from loquitur.youtube.keyless.lists import is_list

    try:
        return is_url(given) or is_video_id(given) or is_list(given)
    except LoquiturError:  # it names a list that nobody can have
        return True


def _is_medium(path: Path) -> bool:
    """By its name; `.ts` is a stream where it begins like one, else the text of a translation."""
    from loquitur.media.urls import MEDIA_SUFFIXES

    suffix = path.suffix.lower()
    return suffix in MEDIA_SUFFIXES and (suffix != ".ts" or _begins(path, b"G"))


def _begins(path: Path, sign: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(sign)) == sign
    except OSError:
        return False
