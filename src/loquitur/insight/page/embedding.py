"""The data of a page, once, as JSON that its script turns into files."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from loquitur.tables.cells import as_json

if TYPE_CHECKING:
    from loquitur.insight.account import Figure
    from loquitur.tables.table import Table


def table_data(table: Table, most: int) -> dict[str, Any]:
    """A table as plain values: columns with their types and units, and rows."""
    rows = [
        [_plain(as_json(cell)) for cell in row]
        for row in zip(*(cells[:most] for cells in table.data), strict=True)
    ]
    return {
        "name": table.name,
        "columns": [[column.name, column.type, column.unit] for column in table.columns],
        "rows": rows,
        "of": len(table),
    }


def figure_data(figure: Figure, name: str, most: int) -> dict[str, Any]:
    """The points of a figure, as rows: series, x, y, and the band around y where there is one."""
    banded = any(one.low and one.high for one in figure.series)
    rows: list[list[Any]] = []
    count = 0
    for one in figure.series:
        count += len(one.x)
        for at in range(min(len(one.x), most)):
            x: Any = one.x[at]
            if figure.x.names and 0 <= round(x) < len(figure.x.names):
                x = figure.x.names[round(x)]
            row = [one.name, _plain(x), _plain(one.y[at])]
            if banded:
                row += [_plain(one.low[at]), _plain(one.high[at])] if one.low else [None, None]
            rows.append(row)
    unit_x = "ms" if figure.x.scale == "clock" else figure.x.unit
    kind_x = "text" if figure.x.names else "float"
    columns = [["series", "text", ""], ["x", kind_x, unit_x], ["y", "float", figure.y.unit]]
    if banded:
        columns += [["low", "float", figure.y.unit], ["high", "float", figure.y.unit]]
    labels = {"x": figure.x.label, "y": figure.y.label}
    return {"name": name, "labels": labels, "columns": columns, "rows": rows, "of": count}


def script_json(data: Any) -> str:
    """JSON that may stand in an element `script`: nothing in it ends that or begins a comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = text.encode("utf-8", "replace").decode()
    return (
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029")
    )  # fmt: skip


def _plain(value: Any) -> Any:
    """A number without the noise of binary fractions; what is not finite is missing."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value == int(value) and abs(value) < 1e15 else float(f"{value:.8g}")
    return value
