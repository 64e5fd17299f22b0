"""The comparison as a picture: curves of the validation, bars of what nets reach and take."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from loquitur.errors import MissingError
from loquitur.text import display
from loquitur.vision.training.plots import COLOURS, INK, points_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.vision.labels.comparing.groups import Comparison, Group

_CURVES = {"validation_loss": "validation loss, nats a video", "gap": "GAP@20, validation"}
_BARS = {"gap": "GAP@20", "epoch_s": "seconds an epoch"}
_MOST_LETTERS = 40


def draw(comparison: Comparison) -> dict[str, bytes]:
    """The picture as `svg` and as `png`.

    Raises:
        MissingError: matplotlib is not installed.
    """
    figure = _figure(comparison.groups)
    found = {}
    for kind in ("svg", "png"):
        sink = io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else {"Software": None}
        figure.savefig(sink, format=kind, dpi=110, metadata=metadata)
        found[kind] = sink.getvalue()
    return found


def _figure(groups: Sequence[Group]) -> Any:
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError as exc:
        raise MissingError(
            "a plot needs matplotlib", hint='pip install "loquitur[vision]"'
        ) from exc
    high = 4.2 + 0.34 * len(groups)
    figure = Figure(figsize=(11.0, 1.2 + high), layout="constrained")
    above = {key: figure.add_subplot(2, 2, at) for at, key in enumerate(_CURVES, 1)}
    below = {key: figure.add_subplot(2, 2, at) for at, key in enumerate(_BARS, 3)}
    for key, axes in above.items():
        for at, group in enumerate(groups):
            _draw_curves(axes, group, key, COLOURS[at % len(COLOURS)], at // len(COLOURS))
        axes.set_title(_CURVES[key], fontsize=10, color=INK)
        axes.set_xlabel("epoch", color=INK)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _plain(axes)
    for key, axes in below.items():
        _draw_bars(axes, groups, key)
        axes.set_title(_BARS[key], fontsize=10, color=INK)
        _plain(axes)
    handles, labels = above["gap"].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside upper center", ncols=3, frameon=False,
                      fontsize=9)  # fmt: skip
    return figure


def _draw_curves(axes: Any, group: Group, key: str, colour: str, round_: int) -> None:
    """A line for each seed, the first one strongest."""
    style = ("-", "--", ":", "-.")[round_ % 4]
    for at, run in enumerate(group.runs):
        x, y = points_of(run.rows, key)
        name = _cut(group.name) if at == 0 else None
        axes.plot(x, y, style, color=colour, lw=1.8 if at == 0 else 0.8, label=name,
                  alpha=1.0 if at == 0 else 0.45, marker="o" if len(x) == 1 else "",
                  markersize=3)  # fmt: skip


def _draw_bars(axes: Any, groups: Sequence[Group], key: str) -> None:
    """The first row on top; a line at the end of a bar is the spread over its seeds."""
    places = range(len(groups))
    values = [group.figures[key].value or 0.0 for group in groups]
    spreads = [group.figures[key].spread or math.nan for group in groups]
    colours = [COLOURS[at % len(COLOURS)] for at in places]
    known = None if all(map(math.isnan, spreads)) else spreads
    axes.barh(places, values, xerr=known, color=colours, height=0.7,
              error_kw={"ecolor": INK, "capsize": 3, "lw": 1.2})  # fmt: skip
    axes.set_yticks(list(places), [_cut(group.name) for group in groups])
    axes.invert_yaxis()
    for at, (value, spread) in enumerate(zip(values, spreads, strict=True)):
        text = f" {value:.3f}" if key == "gap" else f" {value:,.1f}"
        axes.text(
            value + (0.0 if math.isnan(spread) else spread),
            at,
            text,
            va="center",
            fontsize=8,
            color=INK,
        )
    axes.margins(x=0.14)


def _cut(name: str) -> str:
    plain = display(name).replace("$", r"\$")  # no formula
    return plain if len(plain) <= _MOST_LETTERS else plain[: _MOST_LETTERS - 1] + "…"


def _plain(axes: Any) -> None:
    axes.grid(visible=True, color="#e3e3e3", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=INK, labelsize=8)
