"""What thresholds are worth, as rows, as a section of the page, and as files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.evaluation.labels.thresholds import FOLDS, LEAST
from loquitur.insight.page.markup import escaped
from loquitur.text import display
from loquitur.vision.labels.judging.tables import unique
from loquitur.vision.labels.threshold_files import write_thresholds

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.evaluation.labels.thresholds import Decided, Decision
    from loquitur.vision.labels.judging.judge import Judgement

HEADS = (
    "", "from", "precision", "recall", "F1", "F1 macro", "labels a video", "nothing said",
)  # fmt: skip
_HALF = "0.5"


def rows_of(judgement: Judgement) -> list[tuple[str, ...]]:
    """Two rows of each voice: its labels' own thresholds, and 0.5 for all; under `HEADS`."""
    rows = []
    for one in judgement.judged:
        if one.decision is not None:
            rows.append((one.name, "its own", *_figures(one.decision.held)))
            rows.append((one.name, _HALF, *_figures(one.decision.half)))
    return rows


def told_of(decision: Decision) -> str:
    """How the thresholds were found, in a sentence."""
    aim = decision.aim
    what = "the best F1" if aim.precision is None else f"a precision of {aim.precision:g}"
    own = int(decision.thresholds.own.sum())
    how = (
        f"measured on videos that did not set them ({FOLDS} folds)"
        if decision.folds
        else "measured on the very videos that set them, so too good: there are too few for folds"
    )
    return (
        f"from which score on a label is said, for {what}: {own:,} labels of {LEAST} videos or more"
        f" have a threshold of their own, the others one for all; {how}"
    )


def section_html(judgement: Judgement) -> str:
    """The section; empty where nobody asked."""
    rows = rows_of(judgement)
    first = judgement.judged[0].decision
    if not rows or first is None:
        return ""
    heads = "".join(f'<th scope="col" class="r">{escaped(one)}</th>' for one in HEADS[1:])
    body = "".join(
        f'<tr><th scope="row"><bdi>{escaped(row[0], 80)}</bdi></th>'
        + "".join(f'<td class="r">{escaped(cell)}</td>' for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    note = told_of(first)
    return (
        '<section id="said"><h2>Said or not</h2><div class="scroll" tabindex="0"><table>'
        f'<thead><tr><th scope="col"></th>{heads}</tr></thead><tbody>{body}</tbody></table></div>'
        f'<p class="note">{escaped(note[0].upper() + note[1:], 400)}. Of all labels of all videos '
        "together, F1 macro aside, which is the mean over labels.</p></section>\n"
    )


def write_decisions(judgement: Judgement, folder: Path) -> list[str]:
    """A file of thresholds for each voice, `thresholds-NAME.json`; gives their paths.

    Raises:
        FullError: No space, or no right to write there.
    """
    names = unique([re.sub(r"[^\w.-]+", "_", one.name)[:80] for one in judgement.judged])
    written = []
    for one, name in zip(judgement.judged, names, strict=True):
        if one.decision is None:
            continue
        path = folder / f"thresholds-{name}.json"
        write_thresholds(
            path, one.decision, judgement.vocabulary,
            positives=one.scores.class_positives.tolist(), model=display(one.name),
            truth=judgement.truth,
        )  # fmt: skip
        written.append(str(path))
    return written


def _figures(one: Decided) -> tuple[str, ...]:
    return (
        "-" if one.precision is None else f"{one.precision:.3f}",
        f"{one.recall:.3f}",
        f"{one.f1:.3f}",
        f"{one.macro_f1:.3f}",
        f"{one.labels_a_video:.2f}",
        f"{100 * one.nothing_said:.1f} %",
    )
