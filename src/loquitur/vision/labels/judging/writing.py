"""The files of a judgement."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loquitur.errors import FullError, InputError
from loquitur.tables import writing as tables
from loquitur.tables.writing import replacing
from loquitur.text import display
from loquitur.vision.labels.judging.decisions import write_decisions
from loquitur.vision.labels.judging.mistakes import confusions_table, videos_table
from loquitur.vision.labels.judging.page import page_html
from loquitur.vision.labels.judging.tables import (
    labels_table,
    plain,
    summary_table,
    verticals_table,
)

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.vision.labels.judging.judge import Judgement

_TABLES = {
    "measures.csv": summary_table,
    "verticals.csv": verticals_table,
    "labels.csv": labels_table,
    "confusions.csv": confusions_table,
    "videos.csv": videos_table,
}


def write(judgement: Judgement, folder: Path, *, made: datetime | None = None) -> list[str]:
    """Write `measures.csv`, `verticals.csv`, `labels.csv`, `scores.json`, `index.html`.

    Where they were asked for, `confusions.csv`, `videos.csv` and `thresholds-NAME.json` too.

    Args:
        judgement: What they show.
        folder: Where; made where there is none.
        made: When; now by default.

    Returns:
        The paths that were written.

    Raises:
        FullError: No space, or no right to write there.
        InputError: A file is in the folder's place.
    """
    now = (made or datetime.now(UTC)).astimezone(UTC)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as exc:
        raise InputError(f"{display(str(folder))}: is no folder") from exc
    except OSError as exc:
        raise FullError(f"{display(str(folder))}: {exc.strerror}") from exc
    written = []
    for name, make in _TABLES.items():
        table = make(judgement)
        if not len(table):  # a vocabulary without verticals; nobody asked for mistakes
            continue
        tables.write(folder / name, table.columns, zip(*table.data, strict=True))
        written.append(str(folder / name))
    written += write_decisions(judgement, folder)
    document = json.dumps(plain(judgement, labels=True), ensure_ascii=False, indent=1) + "\n"
    texts = {"scores.json": document, "index.html": page_html(judgement, made=now)}
    for name, text in texts.items():
        with replacing(folder / name) as beside:
            beside.write_bytes(text.encode("utf-8", "replace"))
        written.append(str(folder / name))
    return written
