"""Measures of labels as tables on a terminal: `label eval`, `eval label`."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click

from loquitur.cli.output import print_table
from loquitur.text import display

if TYPE_CHECKING:
    from loquitur.evaluation.intervals import Interval
    from loquitur.evaluation.labels import LabelScores
    from loquitur.vision.labels.judging import Judgement

    Cells = list[tuple[object, ...]]

_MISTAKES = 15
"""Rows of each table."""


def print_measures(judgement: Judgement, *, named: bool = True) -> None:
    """A row for each voice; in two tables where a line of the terminal holds not all measures.

    Args:
        judgement: What was found.
        named: Say whose they are.
    """
    header, rows = _measures_rows(judgement)
    if not named:
        header, rows = header[1:], [row[1:] for row in rows]
    wide = sum(max(len(str(row[at])) for row in (header, *rows)) + 2 for at in range(len(header)))
    if not sys.stdout.isatty() or wide - 2 <= shutil.get_terminal_size().columns:
        print_table(header, rows)
        return
    keys, half = header.index("videos"), header.index("videos") + 3
    for columns in (range(half), (*range(keys), *range(half, len(header)))):
        print_table(
            tuple(header[at] for at in columns),
            [tuple(row[at] for at in columns) for row in rows],
            fit=True,
            shrinkable=(0,),
        )


def _measures_rows(judgement: Judgement) -> tuple[tuple[str, ...], Cells]:
    """A row for each voice, and where there are genres one for its genres."""
    from loquitur.evaluation.labels import MEASURES

    several = any(one.genres is not None for one in judgement.judged)
    header = ("", *(("of",) if several else ()), "videos", *MEASURES.values(), "ECE", "accuracy")
    rows: Cells = []
    for one in judgement.judged:
        kinds = [("labels", one.scores, one.intervals)]
        if one.genres is not None:
            kinds.append(("genres", one.genres, one.genre_intervals or {}))
        for kind, scores, intervals in kinds:
            figures = scores.figures()
            error = figures.get("calibration_error")
            rows.append(
                (
                    one.name if kind == "labels" else "",
                    *((kind,) if several else ()),
                    scores.videos,
                    *(spanned(getattr(scores, key), intervals[key], ".3f") for key in MEASURES),
                    "-" if error is None else f"{error:.3f}",
                    f"{scores.accuracy:.5f}",
                )
            )
    return header, rows


def spanned(value: float, interval: Interval, form: str) -> str:
    """A figure with its interval."""
    if interval.low is None or interval.high is None:
        return f"{value:{form}}"
    return f"{value:{form}} [{interval.low:{form}}, {interval.high:{form}}]"


def accuracy_note(scores: LabelScores) -> str:
    """Why accuracy over thousands of labels says nothing."""
    return (
        f"accuracy is over all pairs of video and label: one that never says anything has "
        f"{scores.accuracy_of_nothing:.5f} of it"
    )


def print_verticals(judgement: Judgement) -> None:
    """The labels of each genre within the pooled predictions, and the genre itself."""
    first = judgement.judged[0]
    if not first.scores.verticals:
        click.echo("\nthe vocabulary says no verticals")
        return
    several = len(judgement.judged) > 1
    rows: Cells = []
    for at, group in enumerate(first.scores.verticals):
        cells: list[object] = [group.name, f"{group.measured} of {group.labels}", group.positives]
        for one in judgement.judged:
            own = one.genres
            share = None
            if own is not None and own.class_positives[at]:
                share = float(own.average_precision[at])
            each = one.scores.verticals[at]
            measured = [figure(each.gap), figure(each.map), figure(share)]
            cells += measured[:1] if several else measured
        rows.append(tuple(cells))
    what = "GAP of its labels" if several else "GAP and MAP of its labels, AP of the genre itself"
    click.echo(f"\nby genre: {what}:")
    heads = [one.name for one in judgement.judged] if several else ["GAP", "MAP", "AP"]
    print_table(("genre", "labels", "positives", *heads), rows, fit=True, shrinkable=(0,))


def print_decisions(judgement: Judgement) -> None:
    """What thresholds are worth."""
    from loquitur.vision.labels.judging.decisions import HEADS, rows_of, told_of

    decision = judgement.judged[0].decision
    if decision is not None:
        click.echo(f"\n{told_of(decision)}:")
        print_table(HEADS, rows_of(judgement))


def print_mistakes(judgement: Judgement) -> None:
    """Where the first voice goes wrong."""
    from loquitur.vision.labels.judging import mistakes

    first = judgement.judged[0]
    click.echo(f"\n{display(first.name)}: {mistakes.ABOUT_CONFUSIONS}:")
    pairs = mistakes.confusion_rows(judgement, first)[:_MISTAKES]
    print_table(mistakes.CONFUSION_HEADS, pairs, fit=True, shrinkable=(0, 1))
    click.echo(f"\n{mistakes.ABOUT_VIDEOS}:")
    videos = mistakes.video_rows(judgement, first)[:_MISTAKES]
    rows = [(video, f"{less:.2f}", held, said) for video, less, held, said in videos]
    print_table(mistakes.VIDEO_HEADS, rows, fit=True, shrinkable=(2, 3))


def figure(value: float | None) -> str:
    """A figure of a table; `-` where there is none."""
    return "-" if value is None else f"{value:.3f}"
