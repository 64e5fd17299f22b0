"""YouTube-8M's own features: their stamp, and what may stand beside them.

Nobody can make them again exactly. The engine `yt8m` comes near with files that were published
(`engines/yt8m`); a net that was trained on the published shards takes what it makes, and says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loquitur.model.speech import EngineStamp
from loquitur.vision.encoders import are_alike, check_alike

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from loquitur.vision.labels.dataset import StreamInfo

ENGINE = "yt8m"
"""What makes rows in the form of YouTube-8M's: projected and cut to 8 bits already."""
PUBLISHED = EngineStamp(name=ENGINE, version="published", options="{}")
"""Of the shards as they were published: made by the very same, so no digest of files is known."""
NEARLY = (
    "features made by yt8m come near to YouTube-8M's own, but are not the same: scores are"
    " approximate"
)


def is_published(stamp: EngineStamp | None) -> bool:
    """Whether features are those of the published shards."""
    return stamp == PUBLISHED


def is_finished(stamp: EngineStamp | None) -> bool:
    """Whether features are in YouTube-8M's form as they come, and go through no projection."""
    return stamp is not None and stamp.name == ENGINE


def is_near(one: EngineStamp | None, other: EngineStamp | None) -> bool:
    """Whether features of one are published and of the other made in their likeness."""
    both = is_finished(one) and is_finished(other)
    return both and is_published(one) != is_published(other)


def are_close(one: EngineStamp | None, other: EngineStamp | None) -> bool:
    """Whether a net that was trained on features of one reads those of the other.

    What an older file says of the published shards is that nobody knows.
    """
    if one is None or other is None:
        return one is other or is_published(one) or is_published(other)
    return is_near(one, other) or are_alike(one, other)


def check_close(known: EngineStamp, found: EngineStamp, *, what: str) -> None:
    """As `encoders.check_alike`, but that features in the likeness of published ones may pass.

    Raises:
        UsageError: They are another encoder's; both are named.
    """
    if not is_near(known, found):
        check_alike(known, found, what=what)


def unstamped(stream: StreamInfo) -> StreamInfo:
    """A stream as runs wrote it down before published shards had a stamp, so that they go on."""
    return replace(stream, encoder=None) if is_published(stream.encoder) else stream


def notices_of(due: Iterable[StreamInfo], read: Collection[str]) -> tuple[str, ...]:
    """What a user must know of a video whose streams of these names were read."""
    near = any(is_published(stream.encoder) and stream.name in read for stream in due)
    return (NEARLY,) if near else ()


def notices(due: Iterable[StreamInfo], found: Sequence[StreamInfo]) -> tuple[str, ...]:
    """What a user must know of streams that a net reads in the place of those it knows."""
    given = {stream.name: stream.encoder for stream in found}
    near = any(is_near(stream.encoder, given.get(stream.name)) for stream in due)
    return (NEARLY,) if near else ()
