"""The whole page: figures, curves, what can be chosen, clips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur import __version__
from loquitur.evaluation.sentences.scoring import MEASURES
from loquitur.insight.page.markup import escaped
from loquitur.insight.page.shell import asset, shell_html
from loquitur.text import counted, display
from loquitur.vision.gallery.cards import card_html, is_right
from loquitur.vision.gallery.curves import curves_html
from loquitur.vision.gallery.strips import strip_of
from loquitur.vision.judging.tables import (
    by_split,
    further_in,
    notices_of,
    shown_leads,
    slots_in,
    tabled,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from loquitur.evaluation.sentences.scoring import ClipScore
    from loquitur.vision.clips import Clip
    from loquitur.vision.judging import Judged, Judgement, Voice
    from loquitur.vision.judging.judge import Lead

    Rows = dict[str, ClipScore]

_TITLE = "Sentences of clips"
_SHOWN = ("cider_d", "meteor")
_MOST_SEARCHED = 4000
_RANKED = ("cider_d", "meteor_delta05", "meteor", "rouge_l", "bleu4")
"""By the first of these that was measured clips are ranked."""


def page_html(
    judgement: Judgement,
    splits: Mapping[str, Sequence[Clip]],
    voices: Sequence[Voice],
    *,
    most: int,
    made: datetime,
) -> str:
    """The page as text; see `gallery.write_page`."""
    shown = _spoken(judgement)
    names = list(dict.fromkeys(one.name for one in shown))
    ranked = next((key for key in _RANKED if key in judgement.measures), judgement.measures[0])
    spoken = {
        split: {one.name: _rows(one) for one in shown if one.split == split} for split in splits
    }
    chosen, total = _chosen(splits, spoken, names, ranked, most)
    cards, data = [], []
    for number, (split, clip) in enumerate(chosen):
        said = [(name, spoken[split].get(name, {}).get(clip.clip_id)) for name in names]
        cards.append(
            card_html(
                clip, strip_of(clip), said, number=number, language=judgement.language,
                measures=[key for key in _SHOWN if key in judgement.measures] or [ranked],
            )
        )  # fmt: skip
        data.append(_datum(split, clip, [row for _, row in said], ranked))
    curves = "".join(curves_html(one.name, one.metrics, MEASURES) for one in voices if one.metrics)
    some = "" if len(chosen) == total else (
        f'<p class="note">{len(chosen):,} of {total:,} clips are shown, of every rank of '
        f"<bdi>{escaped(names[0], 60)}</bdi> by {MEASURES[ranked]}.</p>"
    )  # fmt: skip
    body = (
        '<a class="skip" href="#clips">Skip to the clips</a>\n'
        f'<header><h1>{_TITLE}</h1><p class="note">Made by loquitur {__version__} on '
        f"{made:%Y-%m-%d %H:%M} UTC. This file is whole: it loads nothing from any network.</p>"
        "</header>\n<main>\n"
        f'<section id="measures"><h2>Measures</h2>{_tables(judgement)}{curves}</section>\n'
        f'<section id="clips"><h2>Clips</h2>{some}{_tools(splits, names, ranked, data)}\n'
        f'<div class="clips">{"".join(cards)}</div></section>\n</main>'
    )
    return shell_html(
        body,
        title=_TITLE,
        style=asset("figures.css") + asset("page.css") + asset("gallery.css", __package__),
        script=asset("gallery.js", __package__),
        data={"clips": data, "voices": [display(one) for one in names]},
    )


def _spoken(judgement: Judgement) -> list[Judged]:
    """The voices whose sentences are shown: baselines only where there is nothing else."""
    kept = [one for one in judgement.judged if one.kind != "baseline"]
    return kept or list(judgement.judged)


def _rows(one: Judged) -> Rows:
    return {row.clip_id: row for row in one.scores.rows}


def _chosen(
    splits: Mapping[str, Sequence[Clip]],
    spoken: Mapping[str, Mapping[str, Rows]],
    names: Sequence[str],
    ranked: str,
    most: int,
) -> tuple[list[tuple[str, Clip]], int]:
    """The clips that are shown, worst of the first voice first, and how many there were."""
    every = [
        (split, clip)
        for split, clips in splits.items()
        for clip in clips
        if any(clip.clip_id in rows for rows in spoken[split].values())
    ]

    def rank(one: tuple[str, Clip]) -> tuple[bool, float]:
        row = spoken[one[0]].get(names[0], {}).get(one[1].clip_id)
        value = None if row is None else row.values.get(ranked)
        return (value is None, value or 0.0)

    every.sort(key=rank)
    count = min(most, len(every))
    places = [round(at * (len(every) - 1) / max(1, count - 1)) for at in range(count)]
    return [every[place] for place in places], len(every)


def _datum(split: str, clip: Clip, rows: Sequence[ClipScore | None], ranked: str) -> dict[str, Any]:
    """What the script sorts and filters a clip by."""
    texts = [clip.clip_id, clip.category, *clip.texts()]
    texts += [row.prediction for row in rows if row is not None]
    return {
        "s": split,
        "t": display(" ".join(" ".join(texts).lower().split())[:_MOST_SEARCHED]),
        "v": [None if row is None else row.values.get(ranked) for row in rows],
        "d": len({None if row is None else row.prediction for row in rows}) > 1,
        "w": any(is_right(clip, row) is False for row in rows),
    }


def _tools(
    splits: Mapping[str, Sequence[Clip]],
    names: Sequence[str],
    ranked: str,
    data: Sequence[Mapping[str, Any]],
) -> str:
    """What clips can be sorted and filtered by; the script shows it."""
    orders = "".join(
        f'<option value="{at}{way}">{escaped(name, 60)}: {label} {MEASURES[ranked]} first</option>'
        for at, name in enumerate(names)
        for way, label in (("u", "lowest"), ("d", "highest"))
    )
    if len(names) > 1:
        orders += '<option value="x">largest difference of the first two first</option>'
    parts = [f'<label>Order <select id="order">{orders}</select></label>']
    if len(splits) > 1:
        items = "".join(f"<option>{escaped(one, 60)}</option>" for one in splits)
        parts.append(
            f'<label>Split <select id="split"><option value="">all</option>{items}</select></label>'
        )
    parts.append('<label>Words <input id="words" type="search" autocomplete="off"></label>')
    if len(names) > 1:
        parts.append('<label><input id="differ" type="checkbox"> where they differ</label>')
    if any(one["w"] for one in data):
        parts.append('<label><input id="wrong" type="checkbox"> where one is wrong</label>')
    return (
        f'<form class="tools" hidden>{"".join(parts)}'
        '<output id="count" aria-live="polite"></output></form>'
    )


def _tables(judgement: Judgement) -> str:
    """A table of the measures for each split."""
    parts = []
    for split, judged in by_split(judgement).items():
        slots, further = slots_in(judged), further_in(judged)
        measured = (MEASURES[key] for key in tabled(judgement))
        heads = [*measured, *further, *slots.values(), "different"]
        head = "".join(f'<th scope="col" class="r">{escaped(one, 30)}</th>' for one in heads)
        body = "".join(_table_row(one, judgement, further, slots) for one in judged)
        name = escaped(split, 60) or "all clips"
        clips = counted(max(len(one.scores.rows) for one in judged), "clip")
        parts.append(
            f'<div class="scroll"><table><caption><bdi>{name}</bdi>, {clips}</caption><thead><tr>'
            f'<th scope="col">voice</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        )
    parts.append(_leads(judgement))
    items = "".join(f"<li>{escaped(text, 400)}</li>" for text in notices_of(judgement)[:50])
    if items:
        parts.append(f'<ul class="note">{items}</ul>')
    parts.append(
        '<p class="note">Intervals (95%) are in brackets, by drawing clips. METEOR is version 1.5'
        " with exact and stem matches, which is lower than with synonyms; CIDEr-D goes from 0 to"
        " 10. Words that no reference has are underlined.</p>"
    )
    return "".join(parts)


def _leads(judgement: Judgement) -> str:
    """What the other inputs have more than the first; empty where there is one."""
    leads = shown_leads(judgement)
    if not leads:
        return ""
    cells = {(one.split, one.name, one.measure): one for one in leads}
    body = ""
    for split, name in dict.fromkeys((one.split, one.name) for one in leads):
        found = [cells.get((split, name, key)) for key in tabled(judgement)]
        clips = next(one.interval.units for one in leads if (one.split, one.name) == (split, name))
        inside = "".join(f'<td class="r">{_lead(one)}</td>' for one in found)
        body += (
            f'<tr><th scope="row"><bdi>{escaped(name, 60)}</bdi></th>'
            f'<td><bdi>{escaped(split, 60) or "all"}</bdi></td><td class="r">{clips:,}</td>'
            f"{inside}</tr>"
        )
    head = "".join(f'<th scope="col" class="r">{MEASURES[key]}</th>' for key in tabled(judgement))
    return (
        f'<div class="scroll"><table><caption>less <bdi>{escaped(leads[0].over, 60)}</bdi>, clip by'
        ' clip; * leaves 0 out</caption><thead><tr><th scope="col">voice</th>'
        f'<th scope="col">split</th><th scope="col" class="r">clips</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _lead(one: Lead | None) -> str:
    if one is None:
        return "-"
    low, high = one.interval.low, one.interval.high
    span = "" if low is None or high is None else f"<small>[{low:+.3f}, {high:+.3f}]</small>"
    return f"{one.value:+.3f}{' *' if one.seen() else ''}{span}"


def _table_row(
    one: Judged, judgement: Judgement, further: Sequence[str], slots: Iterable[str]
) -> str:
    cells = []
    for key in tabled(judgement):
        value, span = one.scores.values[key], one.scores.interval(key, seed=judgement.seed)
        low_high = ""
        if span is not None and span.low is not None and span.high is not None:
            low_high = f"<small>[{span.low:.3f}, {span.high:.3f}]</small>"
        cells.append(f"{_figure(value)}{low_high}")
    cells += [_figure(one.further.get(key)) for key in further]
    cells += [_figure(one.slot(key)) for key in slots]
    cells.append(f"{one.scores.diversity.distinct:,}")
    inside = "".join(f'<td class="r">{cell}</td>' for cell in cells)
    return f'<tr><th scope="row"><bdi>{escaped(one.name, 60)}</bdi></th>{inside}</tr>'


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
