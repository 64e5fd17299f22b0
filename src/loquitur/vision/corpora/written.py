"""Clips as JSON Lines, `loquitur/clips/1`: the same corpus gives the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.tables.writing import replacing
from loquitur.vision.clips import SCHEMA
from loquitur.vision.soundness import is_file

if TYPE_CHECKING:
    from loquitur.vision.clips import Clip, Corpus


def write(corpus: Corpus, path: str | Path) -> None:
    """Write a corpus, one clip a line; the file is there whole, or as it was before.

    Sources below the file's folder are written as seen from there, so that both can be moved; a
    relative path that is there already stays as it is.

    Raises:
        FullError: No space, or no right to write there.
        InputError: There is no such place.
    """
    target = Path(path).expanduser()
    folder = target.resolve().parent
    with replacing(target) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        for clip in corpus.clips:
            line = json.dumps(_plain(clip, folder), ensure_ascii=False)
            file.write(line.encode("utf-8", "replace").decode() + "\n")


def _plain(clip: Clip, folder: Path) -> dict[str, Any]:
    """A clip as a line has it; `folder` is where its source is seen from."""
    return {
        "schema": SCHEMA,
        "clip": clip.clip_id,
        "video": clip.video_id,
        "source": _seen_from(clip.source, folder),
        "start_ms": clip.start_ms,
        "end_ms": clip.end_ms,
        "split": clip.split,
        "category": clip.category,
        "captions": [
            {"text": one.text, "language": one.language} if one.language else one.text
            for one in clip.sentences
        ],
    }


def _seen_from(source: str, folder: Path) -> str:
    if not is_file(source):
        return source
    path = Path(source)
    if not path.is_absolute() and (folder / path).exists():
        return source
    path = path.absolute()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)
