"""A page of clips to look at: frames, what people wrote, what each voice says, and the figures.

One file of HTML that loads nothing: `strips.py` frames as pictures, `cards.py` a clip, `curves.py`
how a run came to its weights, `page.py` the whole of it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from loquitur.vision.clips import Clip
    from loquitur.vision.judging import Judgement, Voice


def write_page(
    path: Path,
    judgement: Judgement,
    splits: Mapping[str, Sequence[Clip]],
    voices: Sequence[Voice] = (),
    *,
    most: int = 200,
    made: datetime | None = None,
) -> None:
    """Write a self-contained page, replaced in one step.

    Args:
        path: The file.
        judgement: What was measured.
        splits: Name of a split to its clips, as they were judged.
        voices: Those that were asked; runs among them bring their curves.
        most: Clips shown; of more, some of every rank of the first voice.
        made: When; now by default.

    Raises:
        FullError: No space, or no right to write there.
    """
    from loquitur.tables.writing import replacing
    from loquitur.vision.gallery.page import page_html

    html = page_html(
        judgement,
        splits,
        voices,
        most=most,
        made=(made or datetime.now(UTC)).astimezone(UTC),
    )
    with replacing(path) as beside:
        beside.write_text(html, encoding="utf-8", errors="replace", newline="")
