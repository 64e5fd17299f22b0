"""VATEX (Wang et al., ICCV 2019): a JSON list of clips of ten seconds, in English and Chinese.

`[{"videoID": "<YouTube id>_<start, six digits>_<end>", "enCap": [...], "chCap": [...]}]`. The id of
a video may hold the sign that parts it from its times, so it is split from the right. The split is
in the name of the file (vatex_training_v1.0.json).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from loquitur.media.urls import is_video_id
from loquitur.vision.corpora.file_names import split_in_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.vision.corpora.gathering import Gathering
    from loquitur.vision.corpora.material import Material

_ID = re.compile(r"(.+)_(\d{1,9})_(\d{1,9})")


class _Entry(msgspec.Struct):
    name: str = msgspec.field(name="videoID")
    english: list[str | None] = msgspec.field(name="enCap", default_factory=list)
    chinese: list[str | None] = msgspec.field(name="chCap", default_factory=list)


def gather(files: Sequence[Material], into: Gathering) -> None:
    """All clips of the documents; those of a test without sentences are told as such."""
    for one in files:
        split = split_in_name(one.path.name)
        for entry in one.as_kind(list[_Entry], "VATEX's JSON"):
            parts = _ID.fullmatch(entry.name)
            if parts is None:
                into.drop("id without its times", entry.name[:100])
                continue
            video = parts[1]
            taken = into.clip(
                entry.name,
                video_id=video,
                source=video if is_video_id(video) else "",
                start_s=float(parts[2]),
                end_s=float(parts[3]),
                split=split,
            )
            for language, texts in (("en", entry.english), ("zh", entry.chinese)):
                for text in texts if taken else ():
                    into.say(entry.name, text, language)
