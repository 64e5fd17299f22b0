"""`label data videos`: a table of ids and labels becomes what `label features` takes."""

from __future__ import annotations

import dataclasses
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.options import everywhere, settings_of, take_globals, with_options
from loquitur.cli.output import print_json, print_table, tell
from loquitur.cli.youtube_jobs import STDOUT, Moving
from loquitur.errors import InputError, MissingError, UsageError
from loquitur.text import counted, display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.settings import Settings
    from loquitur.vision.labels.own.titles import Titled
    from loquitur.vision.labels.own.video_tables import TableRead
    from loquitur.vision.labels.own.videos import LabelledVideo

_SHOWN = 10
_TABLE = (
    click.argument(
        "table",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="TABLE.csv|.tsv|.jsonl",
        shell_complete=completing.files,
    ),
    click.option(
        "-o",
        "output",
        default="",
        metavar="FILE",
        shell_complete=completing.files,
        help="Where the rows go: .csv or .jsonl; `-` for standard output. Without it they are"
        " counted only.",
    ),
    click.option("--video-column", "video", default="", metavar="NAME", help="Ids, URLs or paths."),
    click.option(
        "--label-column", "labels", multiple=True, metavar="NAME", help="Labels (repeatable)."
    ),
    click.option(
        "--label-separator",
        "separator",
        default="",
        metavar="TEXT",
        help="Between labels of a cell: | or ; by default, a comma where every piece is a label.",
    ),
)
_LABELS = (
    click.option(
        "--vocabulary",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        metavar="FILE",
        help="What labels may be: names, numbers and Knowledge Graph ids of this vocabulary.",
    ),
    click.option(
        "--labels-by",
        type=click.Choice(["table", "category"]),
        default="table",
        show_default=True,
        help="Labels of the table, or YouTube's own category of each video (15 of them).",
    ),
    click.option("--skip-unknown", is_flag=True, help="Leave out labels the vocabulary has not."),
    click.option(
        "--least",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        metavar="N",
        help="Leave out labels of fewer videos than this.",
    ),
    click.option(
        "--write-vocabulary",
        "vocabulary_out",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write the labels of the rows, the commonest first (.json or .csv).",
    ),
)
_REST = (
    click.option(
        "--split",
        default="",
        metavar="TRAIN,VALIDATE,TEST",
        help="Per cent, by the video's id, over what the table says; 80,10,10 where it says"
        " nothing.",
    ),
    click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True),
    click.option("--no-youtube", is_flag=True, help="Ask YouTube for nothing: no titles."),
    click.option("--plan", is_flag=True, help="Say what asking YouTube costs, and ask nothing."),
    click.option("--fresh", is_flag=True, help="Ask YouTube again for what it said before."),
    click.option("--keep-gone", is_flag=True, help="Keep rows of videos that YouTube has no more."),
    click.option("--no-guard", is_flag=True, help="CSV: no apostrophe before what looks run."),
)


@click.command(
    "videos",
    help="A table of videos (YouTube ids or addresses, paths) and labels into one row a video: each"
    " once, with a part, and title, description, tags and category from YouTube (1 unit for 50).",
)
@partial(with_options, options=(*_TABLE, *_LABELS, *_REST))
@everywhere
@click.pass_context
def videos(ctx: click.Context, /, **given: Any) -> None:
    """Make the table."""
    from loquitur.vision.labels.own.videos import FOUND, write_videos

    globals_ = take_globals(ctx, given)
    settings = settings_of(globals_)
    quiet = bool(globals_["quiet"]) or given["as_json"]
    if given["no_youtube"] and given["labels_by"] == "category":
        raise UsageError("--labels-by category asks YouTube", hint="without --no-youtube")
    read = _read(given)
    if given["plan"]:
        _print_plan(read.videos, settings, as_json=given["as_json"])
        return
    titled = _titled(read.videos, given, settings, quiet=quiet)
    gone = [one for one in titled.videos if one.status not in ("", FOUND)]
    rows = [one for one in titled.videos if given["keep_gone"] or one.status in ("", FOUND)]
    if titled.stopped is not None:
        hint = "run the same command again later: it goes on where it stopped"
        raise type(titled.stopped)(titled.stopped.message, hint=hint, code=titled.stopped.code)
    if given["labels_by"] == "category":
        rows = [
            dataclasses.replace(one, labels=(one.category,) * bool(one.category)) for one in rows
        ]
    rows, rare = _common(rows, given["least"])
    rows = _parted(rows, given)
    if not rows:
        raise InputError(f"{given['table']}: no video is left", hint="see what was said of them")
    if given["output"]:
        target: Any = sys.stdout if given["output"] == STDOUT else Path(given["output"])
        form = "csv" if given["output"] == STDOUT else ""
        write_videos(target, rows, form=form, guard=not given["no_guard"])
    _write_vocabulary(rows, given["vocabulary_out"])
    _print(given, read, titled, rows, gone, rare)


def _read(given: dict[str, Any]) -> TableRead:
    from loquitur.vision.labels.own.video_tables import TableOptions, read_table
    from loquitur.vision.labels.vocabulary_files import read_vocabulary

    vocabulary = read_vocabulary(given["vocabulary"]) if given["vocabulary"] else None
    options = TableOptions(
        video=given["video"],
        labels=given["labels"],
        separator=given["separator"],
        vocabulary=vocabulary,
        skip_unknown=given["skip_unknown"],
    )
    read = read_table(given["table"], options)
    if not read.has_labels and given["labels_by"] == "table":
        raise UsageError(
            f"{given['table']}: no column of labels",
            hint="--label-column NAME, or --labels-by category: those that YouTube has",
        )
    return read


def _titled(
    rows: Sequence[LabelledVideo], given: dict[str, Any], settings: Settings, *, quiet: bool
) -> Titled:
    from contextlib import closing

    from loquitur.vision.labels.own.titles import Titled, add_titles, order_for
    from loquitur.youtube.sessions import open_client

    if given["no_youtube"] or order_for(rows) is None:
        return Titled(videos=tuple(rows), asked=0, calls=0)
    with open_client(settings) as client, closing(Moving(quiet=quiet)) as listener:
        if settings.youtube_endpoint:
            client.look()  # what stands in may be on another time, by which rows are stamped
        try:
            return add_titles(
                rows,
                client,
                settings.store,
                endpoint=settings.youtube_endpoint,
                fresh=given["fresh"],
                listener=listener,
            )
        except MissingError as exc:
            hint = f"{exc.hint}; or without titles: --no-youtube".removeprefix("; ")
            raise MissingError(exc.message, hint=hint, code=exc.code) from exc


def _print_plan(rows: Sequence[LabelledVideo], settings: Settings, *, as_json: bool) -> None:
    from loquitur.vision.labels.own.titles import order_for
    from loquitur.youtube.gathering import remaining
    from loquitur.youtube.pricing import told
    from loquitur.youtube.sessions import open_client

    order = order_for(rows, settings.youtube_endpoint)
    if order is None:
        click.echo("none of the videos is on YouTube: nothing is asked")
        return
    with open_client(settings) as client:
        price = client.price(remaining(order, settings.store).calls)
        if as_json:
            units = {"calls": dict(price.calls), "units": price.units, "days": price.days}
            print_json({"videos": len(order.idents), **units})
            return
        click.echo(told(price, client.purse.ledger.now()))


def _common(rows: list[LabelledVideo], least: int) -> tuple[list[LabelledVideo], list[str]]:
    """Rows with the labels that enough videos have; the labels that were too rare."""
    counts = Counter(label for one in rows for label in one.labels)
    rare = sorted(label for label, count in counts.items() if count < least)
    if not rare:
        return rows, []
    gone = set(rare)
    kept = [
        dataclasses.replace(one, labels=tuple(name for name in one.labels if name not in gone))
        for one in rows
    ]
    return kept, rare


def _parted(rows: list[LabelledVideo], given: dict[str, Any]) -> list[LabelledVideo]:
    from loquitur.vision.labels.own.parts import SHARES, part_for, shares_of

    shares = shares_of(given["split"]) if given["split"] else SHARES
    if any(one.part for one in rows) and not given["split"]:
        return rows
    return [
        dataclasses.replace(one, part=part_for(one.video_id, shares, seed=given["seed"]))
        for one in rows
    ]


def _write_vocabulary(rows: Sequence[LabelledVideo], target: Path | None) -> None:
    from loquitur.vision.labels.vocabulary import Label, LabelVocabulary
    from loquitur.vision.labels.vocabulary_files import write_vocabulary

    if target is None:
        return
    counts = Counter(label for one in rows for label in one.labels)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    labels = tuple(Label(name=name, videos=count) for name, count in ordered)
    write_vocabulary(target, LabelVocabulary(labels=labels))


def _print(
    given: dict[str, Any],
    read: TableRead,
    titled: Titled,
    rows: Sequence[LabelledVideo],
    gone: Sequence[LabelledVideo],
    rare: Sequence[str],
) -> None:
    counts = Counter(label for one in rows for label in one.labels)
    parts = Counter(one.part or "(none)" for one in rows)
    bare = sum(not one.labels for one in rows)
    if given["as_json"]:
        document = {
            "output": given["output"],
            "rows": read.rows,
            "videos": len(rows),
            "joined": read.joined,
            "parts": dict(parts),
            "labels": dict(counts.most_common()),
            "without_labels": bare,
            "unknown_labels": read.unknown,
            "rare_labels": list(rare),
            "asked": titled.asked,
            "calls": titled.calls,
            "gone": [{"video_id": one.video_id, "status": one.status} for one in gone],
        }
        if given["output"] != STDOUT:
            print_json(document)
        return
    tell(f"{counted(read.rows, 'row')}, {counted(len(read.videos), 'video')}")
    for count, what in (
        (read.joined, "rows joined with another of the same video"),
        (len(gone), "videos that YouTube has no more" + (", kept" if given["keep_gone"] else "")),
        (bare, "videos without a label"),
        (len(read.unknown), f"labels unknown to the vocabulary: {_some(list(read.unknown))}"),
        (len(rare), f"labels of too few videos left out: {_some(rare)}"),
    ):
        if count:
            tell(f"{count} {what}")
    for one in gone[:_SHOWN]:
        tell(f"{display(one.video_id)}: {display(one.status)}")
    if given["output"] != STDOUT:
        top = counts.most_common(_SHOWN)
        print_table(("label", "videos"), [(name, str(count)) for name, count in top])
        shown = ", ".join(f"{part} {count}" for part, count in sorted(parts.items()))
        click.echo(f"{counted(len(rows), 'video')}, {counted(len(counts), 'label')}; {shown}")


def _some(names: Sequence[str]) -> str:
    return ", ".join(display(name)[:40] for name in names[:5]) + (", ..." if len(names) > 5 else "")
