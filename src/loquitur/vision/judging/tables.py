"""What came out of a judgement: plain values, and tables for files."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from loquitur.evaluation.sentences.documents import interval_fields, score_document
from loquitur.evaluation.sentences.scoring import MEASURES
from loquitur.tables.cells import Column
from loquitur.tables.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.tables.cells import Type
    from loquitur.vision.judging.judge import Judged, Judgement, Lead

SLOTS = ("whole", "colour", "shape", "action", "shape_on_unseen_pairs", "one", "two", "together")
"""The shares of `SlotFigures`."""
SHOWN_SLOTS = {
    "whole": "all right", "colour": "colour", "shape": "shape", "shape_on_unseen_pairs": "new pair",
    "action": "action", "two": "two things",
}  # fmt: skip
"""Those that tables for people show, and what they call them."""
_TABLED = ("bleu4", "meteor", "rouge_l", "cider_d")
"""What tables for people show, where it was measured; files have all of it."""


def tabled(judgement: Judgement) -> list[str]:
    """The measures that tables for people show."""
    measures = judgement.measures
    return [key for key in measures if key in _TABLED] or list(measures)


def by_split(judgement: Judgement) -> dict[str, list[Judged]]:
    """The voices of each split, in their order: a table each."""
    found: dict[str, list[Judged]] = {}
    for one in judgement.judged:
        found.setdefault(one.split, []).append(one)
    return found


def slots_in(judged: Sequence[Judged]) -> dict[str, str]:
    """Those of `SHOWN_SLOTS` of which one of these has a share."""
    return {
        key: name
        for key, name in SHOWN_SLOTS.items()
        if any(one.slot(key) is not None for one in judged)
    }


def further_in(judged: Sequence[Judged]) -> list[str]:
    """What programs in Java said of one of these."""
    return list(dict.fromkeys(key for one in judged for key in one.further))


def shown_leads(judgement: Judgement) -> list[Lead]:
    """The leads that tables for people show: those of models and files, not of baselines."""
    kinds = {one.name: one.kind for one in judgement.judged}
    return [one for one in judgement.leads() if kinds[one.name] != "baseline"]


def plain(judgement: Judgement) -> dict[str, Any]:
    """`{"measure": "describe", "language", "results": [...], "leads": [...]}`."""
    return {
        "measure": "describe",
        "language": judgement.language,
        "measures": {key: MEASURES[key] for key in judgement.measures},
        "results": [_result(one, seed=judgement.seed) for one in judgement.judged],
        "leads": [
            {
                "name": one.name,
                "over": one.over,
                "split": one.split,
                "measure": one.measure,
                "value": one.value,
                "clear": one.clear,
                "interval": interval_fields(one.interval),
            }
            for one in judgement.leads()
        ],
    }


def _result(one: Judged, *, seed: int) -> dict[str, Any]:
    document = score_document(one.scores, seed=seed)
    del document["rows"]  # `rows_table` has them
    document["notices"] = list(one.notices)
    return {
        "name": one.name,
        "kind": one.kind,
        "split": one.split,
        **one.further,
        **document,
        "slots": None if one.slots is None else dataclasses.asdict(one.slots),
    }


def notices_of(judgement: Judgement) -> list[str]:
    """What a reader of the figures must know, each with whose figures and of which split."""
    several = len({one.split for one in judgement.judged}) > 1
    lines = [
        f"{one.name}, {one.split or 'all'}: {text}" if several else f"{one.name}: {text}"
        for one in judgement.judged
        for text in one.notices
    ]
    return list(dict.fromkeys(lines))


def summary_table(judgement: Judgement) -> Table:
    """A row for each voice on each split: measures with their intervals, diversity, slots."""
    further = further_in(judgement.judged)
    generated = any(one.slots is not None for one in judgement.judged)
    spans = [key + end for key in judgement.measures for end in ("", "_low", "_high")]
    columns = [
        *_columns("text", "voice", "kind", "split"),
        *_columns("int", "clips"),
        *_columns("float", *spans, *further),
        *_columns("int", "distinct", "words"),
        *_columns("float", "length", "commonest_share", "novel"),
        *_columns("int", "missing"),
        *_columns("float", *(f"slots_{key}" for key in SLOTS if generated)),
    ]
    rows: list[list[Any]] = []
    for one in judgement.judged:
        scores, varied = one.scores, one.scores.diversity
        row: list[Any] = [one.name, one.kind, one.split, len(scores.rows)]
        for key in judgement.measures:
            span = scores.interval(key, seed=judgement.seed)
            row += [scores.values[key], span and span.low, span and span.high]
        row += [one.further.get(key) for key in further]
        row += [varied.distinct, varied.words, varied.length, varied.commonest_share, varied.novel,
                len(scores.missing)]  # fmt: skip
        if generated:
            row += [one.slot(key) for key in SLOTS]
        rows.append(row)
    return Table.from_rows("measures", columns, rows)


def rows_table(judgement: Judgement) -> Table:
    """A row for each sentence: clip, voice, what it says, its measures, the references."""
    columns = [
        Column(name="clip", identifier=True),
        *_columns("text", "split", "voice", "prediction"),
        *_columns("float", *judgement.measures),
        Column(name="references", type="list"),
    ]
    rows = [
        [row.clip_id, one.split, one.name, row.prediction,
         *(row.values[key] for key in judgement.measures), row.references]
        for one in judgement.judged
        for row in one.scores.rows
    ]  # fmt: skip
    return Table.from_rows("sentences", columns, rows)


def _columns(kind: Type, *names: str) -> list[Column]:
    return [Column(name=name, type=kind) for name in names]
