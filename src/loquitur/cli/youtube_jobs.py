"""What the verbs that collect have in common: where rows go, what is told, what it will cost."""

from __future__ import annotations

import os
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, settings_of, take_globals
from loquitur.cli.output import print_json, print_table, tell
from loquitur.errors import FullError, InputError, MissingError, UsageError
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from loquitur.settings import Settings
    from loquitur.tables.cells import Cell, Column
    from loquitur.youtube.client import Client
    from loquitur.youtube.collecting.progress import Progress
    from loquitur.youtube.gathering import Harvest, Order

STDOUT = "-"
_SHOWN_ROWS = 20
_SHOWN_COLUMNS = 7
_PREFERRED = (
    *("video_id", "author", "title", "handle", "text", "channel_title", "published_at"),
    *("duration_s", "subscribers", "videos", "views", "likes", "comments", "replies", "status"),
)
"""What a terminal shows first of a table."""
_CELL_CHARS = 48
_LISTS = (".csv", ".jsonl", ".ndjson", ".parquet", ".pq", ".txt")
"""What ends so is meant as a file."""
_TICK_S = 0.2
_TERMS_S = 30 * 86_400


def job_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every verb that collects."""
    for decorate in (
        click.option(
            "--no-guard",
            is_flag=True,
            help="CSV: no apostrophe before text that a spreadsheet would run.",
        ),
        click.option("--plan", is_flag=True, help="Say what it costs, and ask nothing."),
        click.option(
            "--fresh", is_flag=True, help="Collect again; an earlier run stays to compare."
        ),
        click.option(
            "-o",
            "output",
            metavar="FILE",
            default="",
            shell_complete=completing.files,
            help="Where rows go: .csv, .jsonl or .parquet; `-` for standard output.",
        ),
    ):
        command = decorate(command)
    return everywhere(command)


class Errand:
    """One call of such a verb: its options, its settings, its talk.

    Args:
        ctx: Of the command.
        given: Its options; those that are the errand's own are taken out.

    Raises:
        UsageError: The output has no known format.
        MissingError: The output is Parquet, and polars is not there.
    """

    def __init__(self, ctx: click.Context, given: dict[str, Any]) -> None:
        root = ctx.find_root()
        ctx.obj = ctx.obj or root.obj
        self.globals = take_globals(ctx, given)
        self.as_json = bool(given.pop("as_json"))
        self.output = str(given.pop("output", ""))
        self.guard = not given.pop("no_guard", False)
        self.fresh = bool(given.pop("fresh", False))
        self.plan = bool(given.pop("plan", False))
        self.settings: Settings = settings_of(self.globals)
        self.quiet = bool(self.globals["quiet"]) or (self.as_json and not sys.stderr.isatty())
        self.file = Path(self.output) if self.output not in ("", STDOUT) else None
        if self.file:
            _check_output(self.file)

    @property
    def endpoint(self) -> str:
        """The address of a service that stands in, empty for the real one."""
        return self.settings.youtube_endpoint

    def tell(self, line: str) -> None:
        """A line of talk on stderr, unless it shall be quiet; a program reads errors there."""
        if not self.quiet:
            tell(line)

    def run(self, order: Order) -> None:
        """Plan, or collect, write, and tell.

        Raises:
            QuotaError: The day's quota is spent; what is there has been written.
            TransientError: The service kept failing; what is there has been written.
        """
        from loquitur.youtube.sessions import open_client

        with open_client(self.settings) as client:
            if self.plan:
                self._tell_plan(order, client)
                return
            self._collect(order, client)

    def _collect(self, order: Order, client: Client) -> None:
        from loquitur.youtube.gathering import gathered, wrote

        if self.endpoint:
            client.look()  # what stands in may be on another time, by which rows are stamped
        listener = self.progress()
        with (
            closing(listener),
            gathered(
                order,
                client,
                self.settings.store,
                fresh=self.fresh,
                now=client.purse.ledger.now,
                listener=listener,
            ) as harvest,
        ):
            listener.close()
            if harvest.is_empty:  # a file that is there is worth more than one without rows
                place = f", {self.output} is as it was" if self.file else ""
                raise harvest.reason(0, place) from harvest.stopped
            rows = self._write(order, harvest)
            if self.file:
                wrote(harvest, self.file, rows, guard=self.guard)
            summary = harvest.summary() | {"rows": rows}
            self._report(order, harvest, summary)
            if harvest.stopped is not None:
                place = f" and in {self.output}" if self.file else ""
                raise harvest.reason(rows, place) from harvest.stopped

    def _write(self, order: Order, harvest: Harvest) -> int:
        """The rows to where they go; how many they are."""
        from loquitur.tables.writing import write
        from loquitur.youtube.columns import columns

        heads = columns(order.fields)
        if not self.output and not self.as_json and sys.stdout.isatty():
            return _show(heads, harvest.rows(), self.tell)
        target: Any = self.file or sys.stdout
        form = "" if self.file else "jsonl" if self.as_json else "csv"
        count = write(target, heads, harvest.rows(), form=form, guard=self.guard)
        if not self.file:
            sys.stdout.flush()
        return count

    def _report(self, order: Order, harvest: Harvest, summary: dict[str, Any]) -> None:
        if self.as_json and self.file:
            print_json({"output": self.output, "verb": order.job.verb, **summary})
            return
        place = f" -> {self.output}" if self.file else ""
        calls = ", ".join(f"{count:,} {method}" for method, count in summary["calls"].items())
        units = ", ".join(f"{count:,} of {bucket}" for bucket, count in summary["units"].items())
        self.tell(f"{summary['rows']:,} {order.what}{place}")
        made = sum(summary["calls"].values())
        now = f"; {harvest.calls:,} of them now" if harvest.calls != made else ""
        if calls:
            self.tell(
                f"calls: {calls} (fewest possible: {summary['least_calls']:,}{now}); units: {units}"
            )
        for line in _told(summary):
            self.tell(line)
        oldest_s, _ = harvest.collection.ages()
        if oldest_s is not None and harvest.collection.now() - oldest_s > _TERMS_S:
            self.tell(
                f"note: rows are older than 30 days, the terms ask to refresh or delete them: "
                f"loquitur youtube collections refresh {order.job.name}"
            )

    def _tell_plan(self, order: Order, client: Client) -> None:
        from loquitur.youtube.gathering import remaining
        from loquitur.youtube.pricing import told

        left = remaining(order, self.settings.store, fresh=self.fresh)
        price = client.price(left.calls)
        if self.as_json:
            print_json(
                {
                    "collection": order.job.name,
                    "calls": dict(price.calls),
                    "at_least": not left.is_all,
                    "units": price.units,
                    "days": price.days,
                    "enough_today": price.enough_today,
                    "buckets": [
                        {
                            "bucket": item.bucket, "calls": item.calls, "units": item.units,
                            "left": item.left, "limit": item.limit, "days": item.days,
                        }
                        for item in price.buckets
                    ],
                }
            )  # fmt: skip
            return
        rows = [(method, f"{count:,}") for method, count in price.calls.items()]
        print_table(("method", "calls"), rows or [("nothing is left to ask",)])
        click.echo(told(price, client.purse.ledger.now()))
        if not left.is_all:
            click.echo("at least: how many there are is told by the first answer")

    def progress(self) -> Moving:
        """A listener that tells how far the work is; close it before anything else is printed."""
        return Moving(quiet=self.quiet)


class Moving:
    """How far the work is: one moving line on stderr, where that is a terminal.

    Args:
        quiet: Say nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet or not sys.stderr.isatty()
        self._last_s = 0.0
        self._is_shown = False

    def __call__(self, progress: Progress) -> None:
        """Tell of it, unless that was done a moment ago."""
        now_s = time.monotonic()
        if self._quiet or now_s - self._last_s < _TICK_S:
            return
        self._last_s = now_s
        total = f" of {progress.total:,}" if progress.total else ""
        line = f"{progress.note}: {progress.done:,}{total}, {progress.calls:,} calls"
        click.echo(f"\r\x1b[K{line}", nl=False, err=True)
        self._is_shown = True

    def close(self) -> None:
        """Take the line off the screen."""
        if self._is_shown:
            click.echo("\r\x1b[K", nl=False, err=True)
            self._is_shown = False


def identifiers(given: Sequence[str], column: str) -> list[str]:
    """Ids and addresses: as given, from standard input (`-`), or out of files.

    A file is a table with a column of that name (CSV, JSON Lines, Parquet), or text with one on
    each line; empty lines and those that begin with `#` are passed over.

    Raises:
        InputError: A file cannot be read, or its table has no such column.
    """
    found: list[str] = []
    for item in given:
        if item == STDOUT:
            found += _lines(sys.stdin.read())
        elif "://" not in item and Path(item).is_file():
            found += _from_file(Path(item), column)
        elif "://" not in item and Path(item).suffix in _LISTS:
            raise InputError(f"{item}: there is no such file")
        else:
            found.append(item)
    return found


def _from_file(path: Path, column: str) -> list[str]:
    from loquitur.tables.cells import Column
    from loquitur.tables.reading import read
    from loquitur.tables.writing import FORMS

    if path.suffix.lower().lstrip(".") in FORMS:
        heads, data = read(path, declared={column: Column(name=column)})
        names = [head.name for head in heads]
        if column not in names:
            raise InputError(
                f"{path}: no column '{column}'", hint=f"it has {', '.join(names)[:200]}"
            )
        return [str(cell) for cell in data[names.index(column)] if cell is not None]
    try:
        return _lines(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeError) as exc:
        raise InputError(f"{path}: cannot be read: {exc}", hint="expected UTF-8 text") from exc


def _lines(text: str) -> list[str]:
    lines = (line.strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _check_output(path: Path) -> None:
    """A slip in where rows shall go is told before anything is spent."""
    from loquitur.tables.writing import POLARS_HINT, form_of

    if path.is_dir():
        raise UsageError(f"{path}: is a folder", hint="give a file: -o rows.csv")
    place = next(folder for folder in path.absolute().parents if folder.exists())
    if not place.is_dir() or not os.access(place, os.W_OK):
        what = "may not be written" if place.is_dir() else f"{place} is no folder"
        raise FullError(f"{path}: {what}", hint="choose another place with -o")
    if form_of(path) == "parquet":
        import importlib.util

        if importlib.util.find_spec("polars") is None:
            raise MissingError("Parquet needs polars", hint=POLARS_HINT)


def _show(
    heads: Sequence[Column], rows: Iterator[tuple[Cell, ...]], talk: Callable[[str], None]
) -> int:
    """The first rows and columns on a terminal."""
    from loquitur.tables.cells import as_text

    texts, count = [], 0
    places = {head.name: at for at, head in enumerate(heads)}
    if "text" in places:
        places.pop("video_id", None)  # of comments what was said, and by whom
    chosen = [places[name] for name in _PREFERRED if name in places][:_SHOWN_COLUMNS]
    for row in rows:
        if count < _SHOWN_ROWS:
            cells = [display(as_text(heads[at], row[at], guard=False)) for at in chosen]
            texts.append([cell[:_CELL_CHARS] for cell in cells])
        count += 1
    names = [heads[at].name for at in chosen]
    print_table(names, texts, fit=True, shrinkable=range(1, len(names)))
    if count > _SHOWN_ROWS or len(heads) > len(chosen):
        talk(f"... {count:,} rows and {len(heads)} columns in all: -o FILE.csv has them")
    return count


def _told(summary: dict[str, Any]) -> Iterator[str]:
    """What a summary says besides counts, line by line."""
    coverage = summary.get("coverage")
    if coverage:
        kinds = summary["matches_query"]
        yield (
            f"the words of the query: in {kinds['true']:,}, not in {kinds['false']:,}, "
            f"not known of {kinds['unknown']:,} (descriptions are cut: --details)"
            if kinds["unknown"]
            else f"the words of the query: in {kinds['true']:,}, not in {kinds['false']:,}"
        )
        yield coverage["statement"]
        for warning in coverage["warnings"]:
            yield f"note: {warning}"
    for channel in summary.get("channels", ()):
        if channel["status"] != "ok":
            yield f"{channel['channel_id']}: there is no such channel"
            continue
        listed = channel.get("videos_listed")
        said = f", {listed:,} listed" if listed is not None else ""
        counted = channel["videos_counted"]
        yield f"{channel['title']}: {_number(counted)} videos by its own count{said}"
    for one in summary.get("playlists", ()):
        yield (
            f"{one['playlist_id']} {one['title'] or ''}: {one['status']}, "
            f"{_number(one['items_counted'])} by its own count, {one['items_listed']:,} listed"
        )
    for video in summary.get("videos", ()):
        yield (
            f"{video['video_id']}: {video['status']}, {_number(video['comments_counted'])} by the "
            f"service's count, {video['comments_listed']:,} listed"
        )
    if summary.get("missing"):
        yield f"not there (deleted, private or never were): {_few(summary['missing'])}"
    if summary.get("invalid"):
        yield f"no video: {_few(summary['invalid'])}"


def _number(count: int | None) -> str:
    return "?" if count is None else f"{count:,}"


def _few(items: Sequence[str], most: int = 10) -> str:
    rest = f" and {len(items) - most:,} more" if len(items) > most else ""
    return ", ".join(items[:most]) + rest


def age(at_s: float | None, now_s: float | None = None) -> str:
    """How long ago a time is, for people; by the machine's clock unless another time is given."""
    if at_s is None:
        return "-"
    hours = max(0, int(((time.time() if now_s is None else now_s) - at_s) // 3600))
    return f"{hours} h" if hours < 48 else f"{hours // 24} d"


def moment(at_s: float | None) -> str | None:
    """A time in Unix seconds as JSON has it."""
    from loquitur.youtube.pacific import utc_text

    return None if at_s is None else utc_text(at_s)
