"""Videos that a user has already: which file shows which clip."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.text import display
from loquitur.vision.corpora.own import PICTURES

if TYPE_CHECKING:
    from loquitur.vision.clips import Clip, Corpus

MISSING = "clip whose video is not in the folder"


def located(corpus: Corpus, folder: str | Path) -> tuple[Corpus, tuple[Clip, ...]]:
    """The clips whose videos are in a folder, each with its file, and those that are not there.

    A file called like the clip (`mv89psg6zh4_33_46.avi`, `video123.mp4`) is cut already and shown
    whole; one called like its video (`mv89psg6zh4.mp4`, `v_mv89psg6zh4.mkv`) is whole, and the clip
    keeps its span in it. Folders inside are searched too, the suffix does not matter.

    Raises:
        InputError: There is no such folder, or none of the clips is in it.
    """
    top = Path(folder).expanduser()
    files = _files(top)
    found: list[Clip] = []
    missing: list[Clip] = []
    for clip in corpus.clips:
        placed = _placed(clip, files)
        (missing if placed is None else found).append(placed or clip)
    if not found:
        raise InputError(
            f"{display(str(top))}: none of the {len(corpus.clips)} clips is in it",
            hint=f"a file is called like its clip: {display(corpus.clips[0].clip_id)}.mp4",
        )
    here = dataclasses.replace(corpus, clips=tuple(found))
    return here.with_dropped(MISSING, (clip.clip_id for clip in missing)), tuple(missing)


def _placed(clip: Clip, files: dict[str, Path]) -> Clip | None:
    whole = files.get(clip.video_id) or files.get(f"v_{clip.video_id}")
    if clip.clip_id != clip.video_id and clip.clip_id in files:
        cut = str(files[clip.clip_id])
        return dataclasses.replace(clip, source=cut, start_ms=None, end_ms=None)
    return None if whole is None else dataclasses.replace(clip, source=str(whole))


def _files(top: Path) -> dict[str, Path]:
    """Files with pictures by their names without suffix; of two with one name the first by path."""
    if not top.is_dir():
        raise InputError(f"{display(str(top))}: no such folder", hint="give the folder of videos")
    found: dict[str, Path] = {}
    for place, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            stem, suffix = os.path.splitext(name)  # noqa: PTH122 - a million names
            if suffix.lower() in PICTURES:
                found.setdefault(stem, Path(place, name))
    return found
