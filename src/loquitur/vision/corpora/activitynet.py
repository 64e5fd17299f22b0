"""ActivityNet Captions (Krishna et al., ICCV 2017): sentences for spans of longer videos.

`{"v_<YouTube id>": {"duration": s, "timestamps": [[s, s], ...], "sentences": [...]}}`. Each span is
a clip of its own. `val_1.json` and `val_2.json` are two annotators who chose different spans: given
together, spans that are equal become one clip with both sentences. Scores compare only where
references and predictions are of the same clips.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from loquitur.media.urls import is_video_id
from loquitur.timing import from_seconds
from loquitur.vision.corpora.file_names import split_in_name
from loquitur.vision.corpora.gathering import LONGEST_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.vision.corpora.gathering import Gathering
    from loquitur.vision.corpora.material import Material


class _Entry(msgspec.Struct):
    timestamps: list[tuple[float, float]]
    sentences: list[str | None]
    duration: float | None = None


def gather(files: Sequence[Material], into: Gathering) -> None:
    """A clip for each span; one that reaches beyond the video ends with it."""
    for one in files:
        split = split_in_name(one.path.name)
        for key, entry in one.as_kind(dict[str, _Entry], "ActivityNet Captions").items():
            video = key.removeprefix("v_")
            if len(entry.timestamps) != len(entry.sentences):
                into.drop("video with more spans than sentences, or fewer", key)
                continue
            for (start_s, end_s), text in zip(entry.timestamps, entry.sentences, strict=True):
                last_s = min(end_s, entry.duration or end_s)
                if not 0 <= start_s < last_s <= LONGEST_S:
                    into.drop("span that is none in its video", f"{key} {start_s}-{end_s}")
                    continue
                name = f"{key}_{from_seconds(start_s)}_{from_seconds(last_s)}"
                taken = into.clip(
                    name,
                    video_id=video,
                    source=video if is_video_id(video) else "",
                    start_s=start_s,
                    end_s=last_s,
                    split=split,
                )
                if taken:
                    into.say(name, text, "en")
