"""The curves of a run as pictures."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from loquitur.errors import MissingError
from loquitur.evaluation.labels import MEASURES as LABEL_MEASURES
from loquitur.evaluation.sentences import MEASURES
from loquitur.vision.training.rows import OWN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.vision.training.folder import RunFolder

COLOURS = ("#0b6bcb", "#c4451c", "#1d8348", "#7d3c98", "#b7950b", "#566573", "#117a8b", "#a83279")
INK = "#333333"
_NAMES = MEASURES | LABEL_MEASURES | {
    "distinct": "different sentences", "commonest": "commonest sentence",
    "calibration_error": "calibration error", "vertical_gap": "GAP of genres",
}  # fmt: skip
_NOT_DRAWN = {"temperature", "accuracy", "accuracy_of_nothing"}
"""What is near 1 from the first epoch on, whatever is learnt."""
_LOSSES = {"caption": "loss per token (nats)", "label": "loss per video (nats)"}
"""By the kind of the task."""


def draw(folder: RunFolder, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write `loss.svg`, `loss.png`, and the same of the measures where there are any.

    Args:
        folder: Of the run.
        rows: Of its metrics, one an epoch.

    Raises:
        MissingError: matplotlib is not installed.
    """
    if not rows:
        return
    losses = {"training": points_of(rows, "loss"), "validation": points_of(rows, "validation_loss")}
    task = (folder.read_config() or {}).get("task")
    kind = str(task.get("kind")) if isinstance(task, dict) else ""
    _write(folder, "loss", losses, _LOSSES.get(kind, "loss"))
    names = [name for row in rows for name, value in row.items() if _is_measure(name, value)]
    measures = {name: points_of(rows, name) for name in dict.fromkeys(names)}
    if measures:
        _write(folder, "metrics", measures, "on the validation split")


def _is_measure(name: str, value: object) -> bool:
    return name not in OWN | _NOT_DRAWN and isinstance(value, int | float)


def points_of(rows: Sequence[Mapping[str, Any]], name: str) -> tuple[list[float], list[float]]:
    """Where a row stands in epochs, and what it says."""
    kept = [row for row in rows if isinstance(row.get(name), int | float)]
    parts = [row.get("part") for row in kept]
    behind = [part if isinstance(part, int | float) else 1.0 for part in parts]
    places = [row["epoch"] - 1 + part for row, part in zip(kept, behind, strict=True)]
    return places, [row[name] for row in kept]


def _write(
    folder: RunFolder, name: str, curves: Mapping[str, tuple[list[float], list[float]]], title: str
) -> None:
    figure = _figure({label: points for label, points in curves.items() if points[0]}, title)
    for kind in ("svg", "png"):
        sink = io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        figure.savefig(sink, format=kind, dpi=110, metadata=metadata)
        folder.write(f"{name}.{kind}", sink.getvalue())


def _figure(curves: Mapping[str, tuple[list[float], list[float]]], title: str) -> Any:
    """A panel for each curve that has a scale of its own, side by side."""
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError as exc:
        raise MissingError("curves need matplotlib", hint='pip install "loquitur[vision]"') from exc

    panels = _panels(curves)
    figure = Figure(figsize=(7.2 if len(panels) == 1 else 11.0, 3.8), layout="constrained")
    figure.suptitle(title, fontsize=11, color=INK)
    colours = iter(COLOURS * (1 + len(curves) // len(COLOURS)))
    for place, labels in enumerate(panels, 1):
        axes = figure.add_subplot(1, len(panels), place)
        for label in labels:
            x, y = curves[label]
            dots = "o" if len(x) < 40 else ""
            said = _NAMES.get(label, label)
            axes.plot(x, y, label=said, color=next(colours), marker=dots, markersize=3, lw=1.6)
        axes.set_xlabel("epoch", color=INK)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(visible=True, color="#e3e3e3", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(colors=INK)
        if labels:
            axes.legend(
                frameon=False, fontsize=9, loc="lower left", bbox_to_anchor=(0, 1), ncols=3,
                borderaxespad=0.2,
            )  # fmt: skip
    return figure


def _panels(curves: Mapping[str, tuple[list[float], list[float]]]) -> list[list[str]]:
    """Curves within 0 and 1 stand together, those beyond (CIDEr-D) in a panel of their own."""
    small = [name for name, (_, y) in curves.items() if max(y) <= 1.0]
    large = [name for name in curves if name not in small]
    losses = set(curves) <= {"training", "validation"}
    return [list(curves)] if losses else [part for part in (large, small) if part]
