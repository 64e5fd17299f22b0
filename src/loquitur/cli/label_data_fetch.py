"""`label data fetch`: YouTube-8M by part, mirror and share."""

from __future__ import annotations

import dataclasses
import re
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, settings_of, take_globals, with_options
from loquitur.cli.output import print_json, tell
from loquitur.errors import RemoteError, UsageError
from loquitur.text import counted, display

if TYPE_CHECKING:
    from loquitur.pipeline.events import Listener
    from loquitur.vision.labels.dataset import DatasetInfo
    from loquitur.vision.labels.fetching.orders import (
        FetchOrder,
        FetchReport,
        ShardState,
        Survey,
    )

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", re.IGNORECASE)
_SCALE = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}
_TELL_EVERY_S = 10.0
_MOST_TOLD = 20
_PARTS = ("train", "validate", "test")

_WHAT = (
    click.option(
        "-o",
        "output",
        required=True,
        metavar="DIR",
        shell_complete=completing.folders,
        help="Where the shards go; the same command goes on where it stopped.",
    ),
    click.option(
        "--level",
        type=click.Choice(["frame", "video"]),
        default="video",
        show_default=True,
        help="A row a second (1.53 TB in all), or one mean a video (31 GB in all).",
    ),
    click.option(
        "--part",
        "parts",
        type=click.Choice(_PARTS),
        multiple=True,
        help="Repeatable; all three by default.",
    ),
    click.option(
        "--shard",
        "share",
        default="1,1",
        show_default=True,
        metavar="K,N",
        help="The K-th of N equal shares of the shards: 1,100 is every hundredth.",
    ),
    click.option(
        "--limit-bytes",
        metavar="SIZE",
        default="",
        help="Fetch no more than this: 5GB, 300MB, 1000000.",
    ),
)
_HOW = (
    click.option(
        "--mirror",
        "mirrors",
        type=click.Choice(["us", "eu", "asia"]),
        multiple=True,
        help="Where from (us); the next one named takes over where one fails.",
    ),
    click.option(
        "--base-url",
        "bases",
        multiple=True,
        metavar="URL",
        help="Another mirror: plans below URL/download_plans, shards below URL/LEVEL/PART.",
    ),
    click.option(
        "--parallel",
        type=click.IntRange(1, 64),
        default=4,
        show_default=True,
        metavar="N",
        help="Shards side by side.",
    ),
    click.option(
        "--vocabulary",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="vocabulary.csv of the data set, where it is here; else it is fetched.",
    ),
    click.option("--verify", is_flag=True, help="Read again what is here, against its MD5."),
    click.option("--dry-run", is_flag=True, help="Say what would come, and fetch no shard."),
)


@click.command(
    "fetch",
    help="YouTube-8M from its site: resumed where it was cut, verified by MD5, never half a shard"
    " under a shard's name. What is going to come, and what the disk has left, is told first.",
)
@partial(with_options, options=(*_WHAT, *_HOW))
@everywhere
@click.pass_context
def fetch(ctx: click.Context, /, **given: Any) -> None:
    """Fetch shards."""
    from loquitur.cli.progress import listening
    from loquitur.media.transfer import REAL_TIME, check_online, options_of
    from loquitur.vision.labels.fetching.bringing import fetch_shards
    from loquitur.vision.labels.fetching.description import (
        check_level,
        check_vocabulary,
        describe_folder,
    )

    globals_ = take_globals(ctx, given)
    options = options_of(settings_of(globals_))
    quiet = bool(globals_["quiet"])
    order = _order(given)
    folder = Path(given["output"]).expanduser()
    if given["vocabulary"] is not None:
        check_vocabulary(given["vocabulary"], order)
    check_online(order.mirrors[0].plans, options)
    check_level(folder, order)
    with listening(quiet=quiet or not sys.stderr.isatty(), verbose=0) as (listener, _):
        watcher = _Watcher(listener, quiet=quiet)
        report = fetch_shards(
            order, folder, options=options, listener=watcher, dry_run=given["dry_run"]
        )
    info = None
    notes: tuple[str, ...] = report.survey.notes
    if not given["dry_run"] and {"here", "fetched"} & report.counts().keys():
        info, more = describe_folder(
            folder, order, vocabulary=given["vocabulary"], options=options, pace=REAL_TIME
        )
        notes += more
    _print(report, info, notes, folder, as_json=given["as_json"], quiet=quiet)
    if "failed" in report.counts() or any(
        row.reason.startswith("no mirror") for row in report.rows
    ):
        ctx.exit(RemoteError.exit_code)


def _order(given: dict[str, Any]) -> FetchOrder:
    from loquitur.vision.labels.fetching.mirrors import mirror_at, official
    from loquitur.vision.labels.fetching.orders import FetchOrder

    if given["bases"] and given["mirrors"]:
        raise UsageError("--mirror and --base-url at once", hint="one kind of place")
    mirrors = [mirror_at(one) for one in given["bases"]]
    mirrors = mirrors or [official(one) for one in given["mirrors"] or ("us",)]
    k, comma, n = given["share"].partition(",")
    if not (comma and k.strip().isdigit() and n.strip().isdigit()):
        raise UsageError(f"not a share: '{given['share']}'", hint="--shard K,N: 1,100")
    if not 1 <= int(k) <= int(n):
        raise UsageError(f"no share: {int(k)} of {int(n)}", hint="K from 1 to N: --shard 1,100")
    return FetchOrder(
        level=given["level"],
        parts=tuple(part for part in _PARTS if part in (given["parts"] or _PARTS)),
        mirrors=tuple(mirrors),
        share=(int(k), int(n)),
        parallel=given["parallel"],
        limit_bytes=_size(given["limit_bytes"]),
        verify=given["verify"],
    )


def _size(text: str) -> int | None:
    if not text:
        return None
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"not a size: '{text}'", hint="5GB, 300MB, 1000000")
    return int(float(match[1]) * _SCALE[match[2].lower()])


class _Watcher:
    """Tells what will come, bars of what comes, and each shard that does not."""

    def __init__(self, listener: Listener, *, quiet: bool) -> None:
        self._listener, self._quiet = listener, quiet
        self._lock = threading.Lock()
        self._begun: dict[str, float] = {}
        self._done = self._bytes = self._chosen = self._bad = 0
        self._told_at = time.monotonic()

    def reading(self, shards: int, size_bytes: int) -> None:
        """What is here is read."""
        if not self._quiet:
            tell(f"reading {counted(shards, 'shard')} that are here ({_shown(size_bytes)})")

    def surveyed(self, survey: Survey) -> None:
        """What will be done."""
        self._chosen, self._done = survey.chosen, survey.here
        if not self._quiet:
            for line in _plan_lines(survey):
                tell(line)

    def moved(self, name: str, done_bytes: int, total_bytes: int | None) -> None:
        """How much of a shard is here."""
        self._begun.setdefault(name, time.monotonic())
        self._say("progress", name, done=done_bytes, total=total_bytes or 0)

    def settled(self, row: ShardState) -> None:
        """What became of a shard; now and then how far all is."""
        with self._lock:
            self._done += 1
            self._bytes += row.size_bytes if row.state == "fetched" else 0
            now = time.monotonic()
            is_time = now - self._told_at > _TELL_EVERY_S or self._done == self._chosen
            self._told_at = now if is_time else self._told_at
            is_bad = row.state == "failed"
            self._bad += is_bad
        if row.state == "fetched":
            self._say("done", row.name, seconds=time.monotonic() - self._begun.pop(row.name, now))
        if self._quiet:
            return
        if is_bad and self._bad <= _MOST_TOLD:
            tell(f"{row.name}: {row.reason}")
        if is_time and not sys.stderr.isatty():
            failed = f", {self._bad} of them in vain" if self._bad else ""
            tell(f"{self._done} of {self._chosen} shards{failed}, {_shown(self._bytes)} fetched")

    def _say(self, kind: Any, name: str, **more: Any) -> None:
        from loquitur.pipeline.events import Event

        self._listener(Event(kind=kind, input=name, stage="fetch", unit="bytes", **more))


def _plan_lines(survey: Survey) -> list[str]:
    """What will be done, a line each."""
    lines = [f"{counted(survey.chosen, 'shard')} chosen, {survey.here} here and right"]
    left = survey.estimate
    if left.shards:
        about = "" if left.is_exact else "about "
        source = (
            f"sizes of {left.asked} asked for"
            if left.asked and not left.is_exact
            else "as the server says"
            if left.asked
            else "by the data set's average: the server did not say"
        )
        begun = f", {_shown(survey.begun_bytes)} of it here" if survey.begun_bytes else ""
        lines.append(f"to come: {about}{_shown(left.total_bytes)} ({source}){begun}")
        if survey.limit_bytes is not None:
            lines.append(f"no more than {_shown(survey.limit_bytes)} of it")
        lines.append(f"free on the disk: {_shown(survey.free_bytes)}")
    for what, names in (
        ("the plan changed since the last run", survey.changed),
        ("here, and in no plan: they stay", survey.foreign),
    ):
        if names:
            more = ", ..." if len(names) > 3 else ""
            lines.append(f"{what}: {', '.join(map(display, names[:3]))}{more} ({len(names)})")
    return lines


def _print(
    report: FetchReport,
    info: DatasetInfo | None,
    notes: tuple[str, ...],
    folder: Path,
    *,
    as_json: bool,
    quiet: bool,
) -> None:
    counts = report.counts()
    if as_json:
        survey = dataclasses.asdict(report.survey)
        document = {
            "folder": str(folder),
            "counts": counts,
            "survey": survey | {"coming_bytes": report.survey.coming_bytes},
            "shards": [dataclasses.asdict(row) for row in report.rows],
            "labels": info.labels if info else None,
            "vocabulary": info.vocabulary if info else "",
            "notes": list(notes),
        }
        print_json(document)
        return
    if not quiet:
        for note in notes:
            tell(note)
    fetched = sum(row.size_bytes for row in report.rows if row.state == "fetched")
    said = ", ".join(f"{state} {count}" for state, count in counts.items()) or "none"
    click.echo(f"{folder}: {said}; {_shown(fetched)} fetched")


def _shown(size: int) -> str:
    """Bytes for people, in powers of ten."""
    for unit, scale in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.2f} {unit}"
    return f"{size} B"
