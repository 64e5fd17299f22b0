"""A judgement as a page in one file: measures, calibration, genres, labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loquitur import __version__
from loquitur.evaluation.labels import MEASURES
from loquitur.insight.page.markup import escaped
from loquitur.insight.page.shell import asset, shell_html
from loquitur.vision.labels.judging import decisions, mistakes
from loquitur.vision.labels.judging.charts import (
    frequency_html,
    reliability_html,
    tradeoff_html,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from loquitur.evaluation.intervals import Interval
    from loquitur.vision.labels.judging.judge import Judged, Judgement

_TITLE = "Labels of videos"
_SHOWN = 40
"""Labels at each end of the list."""
_GROUPS = 8
_ACCURACY = (
    "Accuracy is over all pairs of video and label, and says next to nothing: a video has "
    "{held:.1f} of {classes:,} labels, so that a model which never says anything has {nothing:.5f} "
    "of it."
)


def page_html(judgement: Judgement, *, made: datetime) -> str:
    """The page as text.

    Args:
        judgement: What it shows.
        made: When, in UTC.
    """
    items = "".join(f"<li>{escaped(one, 400)}</li>" for one in judgement.told())
    told = f'<ul class="note">{items}</ul>' if items else ""
    first = judgement.judged[0].scores
    accuracy = escaped(
        _ACCURACY.format(
            held=first.positives / first.videos,
            classes=first.classes,
            nothing=first.accuracy_of_nothing,
        )
    )
    body = (
        '<a class="skip" href="#measures">Skip to the figures</a>\n'
        f'<header><h1>{_TITLE}</h1><p class="note">{escaped(judgement.truth, 120)}: '
        f"{first.videos:,} videos, {first.positives:,} labels of {first.classes:,}. Made by "
        f"loquitur {__version__} on {made:%Y-%m-%d %H:%M} UTC. This file is whole: it loads "
        f"nothing from any network.</p></header>\n<main>\n"
        f'<section id="measures"><h2>Measures</h2>{_measures(judgement)}{_leads(judgement)}'
        f'<p class="note">In brackets: 95% intervals, by drawing videos.</p>'
        f'<p class="note">{accuracy}</p>{told}</section>\n'
        f'<section id="calibration"><h2>Curves</h2>{_charts(judgement)}</section>\n'
        f"{decisions.section_html(judgement)}{_genres(judgement)}{_labels(judgement)}"
        f"{mistakes.section_html(judgement)}</main>"
    )
    return shell_html(
        body,
        title=_TITLE,
        style=asset("figures.css") + asset("page.css") + asset("judging.css", __package__),
        script="",
        data={},
    )


def _measures(judgement: Judgement) -> str:
    heads = ["", *MEASURES.values(), "recall@20", "ECE", "Brier", "accuracy"]
    rows = []
    for one in judgement.judged:
        scores, figures = one.scores, one.scores.figures()
        cells = [_spanned(getattr(scores, key), one.intervals[key]) for key in MEASURES]
        cells.append(_cell(list(scores.recall_at.values())[-1]))
        cells += [_cell(figures.get(key)) for key in ("calibration_error", "brier")]
        cells.append(f"{scores.accuracy:.5f}")
        rows.append((one, cells))
    return _table("Labels", heads, rows)


def _genres(judgement: Judgement) -> str:
    """Genres as a task of their own, and the labels of each."""
    kept = [one for one in judgement.judged if one.genres is not None]
    if not kept:
        return ""
    rows = []
    for one in kept:
        spans = one.genre_intervals or {}
        cells = [_spanned(getattr(one.genres, key), spans[key]) for key in MEASURES]
        rows.append((one, cells))
    task = _table("Which genre a video is of", ["", *MEASURES.values()], rows)
    names = "".join(
        f'<th scope="col" class="r">{escaped(one.name, 30)}<small>{what}</small></th>'
        for what in ("GAP", "AP")
        for one in kept
    )
    body = ""
    first = kept[0]
    for at, group in enumerate(first.scores.verticals):
        if not group.positives:
            continue
        figures = "".join(
            f'<td class="r">{_cell(one.scores.verticals[at].gap)}</td>' for one in kept
        )
        own = "".join(
            f'<td class="r">{_cell(float(one.genres.average_precision[at]))}</td>'
            for one in kept
            if one.genres is not None
        )
        body += (
            f'<tr><th scope="row">{escaped(group.name, 60)}</th><td class="r">{group.measured:,} of'
            f' {group.labels:,}</td><td class="r">{group.positives:,}</td>{figures}{own}</tr>'
        )
    return (
        f'<section id="genres"><h2>Genres</h2>{task}'
        '<div class="scroll" tabindex="0"><table><caption>By genre: GAP of its labels, then the '
        "average precision of the genre itself</caption><thead><tr>"
        '<th scope="col">genre</th><th scope="col" class="r">labels</th>'
        f'<th scope="col" class="r">positives</th>{names}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></section>\n"
    )


def _labels(judgement: Judgement) -> str:
    """The best and the worst labels of the first voice."""
    scores = judgement.judged[0].scores
    there = np.flatnonzero(scores.class_positives)
    order = there[np.argsort(-scores.average_precision[there], kind="stable")]
    names = judgement.vocabulary.names
    cut = len(order) > 2 * _SHOWN
    shown = np.concatenate((order[:_SHOWN], order[-_SHOWN:])) if cut else order
    heads = "".join(
        f'<th scope="col" class="r">{escaped(one.name, 30)}</th>' for one in judgement.judged
    )
    body = "".join(
        f'<tr><th scope="row"><bdi>{escaped(names[at], 80)}</bdi></th>'
        f'<td class="r">{scores.class_positives[at]:,}</td>'
        + "".join(
            f'<td class="r">{_cell(float(one.scores.average_precision[at]))}</td>'
            for one in judgement.judged
        )
        + "</tr>"
        for at in shown
    )
    note = (
        f'<p class="note">The {_SHOWN} best and the {_SHOWN} worst of {len(order):,}; '
        "labels.csv has all.</p>"
        if cut
        else ""
    )
    return (
        f'<section id="labels"><h2>Labels</h2>{note}<div class="scroll" tabindex="0"><table>'
        "<caption>Average precision</caption><thead><tr>"
        f'<th scope="col">label</th><th scope="col" class="r">videos</th>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div></section>\n"
    )


def _charts(judgement: Judgement) -> str:
    found = {
        one.name: one.scores.calibration
        for one in judgement.judged
        if one.scores.calibration is not None
    }
    curves = {one.name: one.tradeoff for one in judgement.judged if one.tradeoff}
    areas = {one.name: f"GAP {one.scores.gap:.3f}" for one in judgement.judged if one.tradeoff}
    drawn = reliability_html(found) + _by_frequency(judgement.judged)
    drawn += tradeoff_html(curves, areas) if curves else ""
    return (
        f'<div class="side">{drawn}</div><p class="note">Of the '
        f"{judgement.judged[0].scores.top} highest scores of each video, which is what a user sees."
        " ECE is the expected calibration error over 15 bins, Brier the mean squared error over"
        " all pairs.</p>"
    )


def _by_frequency(judged: Sequence[Judged]) -> str:
    """Labels in groups of equal number, from rare to frequent."""
    positives = judged[0].scores.class_positives
    there = np.flatnonzero(positives)
    if len(there) < 2 * _GROUPS:
        return ""
    order = there[np.argsort(positives[there], kind="stable")]
    groups = np.array_split(order, _GROUPS)
    low, high = int(positives[groups[0][0]]), int(positives[groups[-1][-1]])
    return frequency_html(
        {
            one.name: [
                ((at + 0.5) / _GROUPS, float(one.scores.average_precision[group].mean()))
                for at, group in enumerate(groups)
            ]
            for one in judged
        },
        f"labels in {_GROUPS} groups, of {low:,} to {high:,} videos",
    )


def _leads(judgement: Judgement) -> str:
    """What the others have more than the first; empty where there is one."""
    if not judgement.leads:
        return ""
    rows = "".join(
        f'<tr><th scope="row"><bdi>{escaped(one.name, 80)}</bdi></th>'
        + "".join(
            f'<td class="r">{_lead(one.values[key], one.intervals[key], one.clear(key))}</td>'
            for key in MEASURES
        )
        + "</tr>"
        for one in judgement.leads
    )
    heads = "".join(f'<th scope="col" class="r">{name}</th>' for name in MEASURES.values())
    return (
        '<div class="scroll" tabindex="0"><table><caption>More than '
        f"<bdi>{escaped(judgement.leads[0].over, 80)}</bdi>, over the same draws of videos; bold "
        "where the interval leaves 0 out"
        f'</caption><thead><tr><th scope="col"></th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )


def _lead(value: float, interval: Interval, clear: bool) -> str:
    text = f"{value:+.3f}{_span(interval, '+.3f')}"
    return f"<strong>{text}</strong>" if clear else text


def _table(caption: str, heads: Sequence[str], rows: Sequence[tuple[Judged, Sequence[str]]]) -> str:
    head = "".join(f'<th scope="col" class="r">{escaped(one, 30)}</th>' for one in heads[1:])
    body = "".join(
        f'<tr><th scope="row"><bdi>{escaped(one.name, 80)}</bdi></th>'
        + "".join(f'<td class="r">{cell}</td>' for cell in cells)
        + "</tr>"
        for one, cells in rows
    )
    return (
        f'<div class="scroll" tabindex="0"><table><caption>{escaped(caption, 80)}</caption>'
        f'<thead><tr><th scope="col">{escaped(heads[0], 30)}</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _spanned(value: float, interval: Interval) -> str:
    return f"{value:.3f}{_span(interval, '.3f')}"


def _span(interval: Interval, form: str) -> str:
    if interval.low is None or interval.high is None:
        return ""
    return f" <small>[{interval.low:{form}}, {interval.high:{form}}]</small>"


def _cell(value: float | None) -> str:
    return "-" if value is None or not np.isfinite(value) else f"{value:.3f}"
