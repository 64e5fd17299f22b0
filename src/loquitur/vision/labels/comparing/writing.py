"""The files of a comparison."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from loquitur.errors import MissingError
from loquitur.tables.writing import replacing
from loquitur.vision.labels.comparing import pictures
from loquitur.vision.labels.comparing.groups import document
from loquitur.vision.labels.comparing.page import page_html
from loquitur.vision.labels.comparing.tables import markdown

if TYPE_CHECKING:
    from pathlib import Path

    from loquitur.vision.labels.comparing.groups import Comparison

NAME = "comparison"


def write(
    comparison: Comparison, folder: Path, *, made: datetime | None = None
) -> tuple[list[str], list[str]]:
    """Write `comparison.md`, `.html`, `.json`, `.svg` and `.png`, each in one step.

    Args:
        comparison: What they show.
        folder: Where; made where there is none.
        made: When; now by default.

    Returns:
        The paths that were written, and what could not be: the pictures without matplotlib.

    Raises:
        FullError: No space, or no right to write there.
    """
    now = (made or datetime.now(UTC)).astimezone(UTC)
    text = json.dumps(document(comparison), ensure_ascii=False, indent=2) + "\n"
    files = {
        "md": markdown(comparison).encode("utf-8", "replace"),
        "html": page_html(comparison, made=now).encode("utf-8", "replace"),
        "json": text.encode("utf-8", "backslashreplace"),
    }
    notices = []
    try:
        files |= pictures.draw(comparison)
    except MissingError as exc:
        notices.append(f"no picture: {exc.hint}")
    written = []
    for kind, data in files.items():
        path = folder / f"{NAME}.{kind}"
        with replacing(path) as beside:
            beside.write_bytes(data)
        written.append(str(path))
    return written, notices
