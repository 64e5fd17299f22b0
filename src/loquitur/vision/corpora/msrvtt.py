"""MSR-VTT (Xu, Mei, Yao and Rui, CVPR 2016): one JSON document of videos and sentences.

`{"videos": [{"video_id", "category", "url", "start time", "end time", "split"}], "sentences":
[{"video_id", "caption"}]}`. Two keys have a blank in their name. A `video_id` (video123) is a clip;
the video it was cut from is that of the address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from loquitur.media.urls import is_url, youtube_id
from loquitur.vision.splits import split_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.vision.corpora.gathering import Gathering
    from loquitur.vision.corpora.material import Material

CATEGORIES = (
    "music", "people", "gaming", "sports/actions", "news/events/politics", "education", "tv shows",
    "movie/comedy", "animation", "vehicles/autos", "howto", "travel", "science/technology",
    "animals/pets", "kids/family", "documentary", "food/drink", "cooking", "beauty/fashion",
    "advertisement",
)  # fmt: skip
"""What the index of a category stands for."""


class _Video(msgspec.Struct):
    video_id: str
    url: str = ""
    category: int | str | None = None
    start: float | None = msgspec.field(name="start time", default=None)
    end: float | None = msgspec.field(name="end time", default=None)
    split: str = ""


class _Said(msgspec.Struct):
    video_id: str
    caption: str | None = None


class _Set(msgspec.Struct):
    videos: list[_Video]
    sentences: list[_Said] = []


def gather(files: Sequence[Material], into: Gathering) -> None:
    """The clips of all documents first, then their sentences: a set may be in several files."""
    sets = [one.as_kind(_Set, "MSR-VTT's JSON") for one in files]
    for each in sets:
        for video in each.videos:
            source = youtube_id(video.url) if is_url(video.url) else None
            into.clip(
                video.video_id,
                video_id=source or video.url or video.video_id,
                source=source or video.url,
                start_s=video.start,
                end_s=video.end,
                split=split_name(video.split),
                category=_category(video.category),
            )
    for each in sets:
        for said in each.sentences:
            if into.knows(said.video_id):
                into.say(said.video_id, said.caption, "en")
            else:
                into.drop("sentence of a clip that is not there", said.video_id)


def _category(given: int | str | None) -> str:
    if isinstance(given, int):
        return CATEGORIES[given] if 0 <= given < len(CATEGORIES) else str(given)
    return given or ""
