"""How much is going to come, before it comes: asked of the servers, else what is known of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loquitur.errors import LoquiturError
from loquitur.media.exchange import Deadline, ask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.media.transfer import FetchOptions, Pace
    from loquitur.vision.labels.dataset import Level

AVERAGE_BYTES: dict[Level, int] = {
    "frame": 1_530_000_000_000 // (3 * 3844),
    "video": 31_000_000_000 // (3 * 3844),
}
"""Of a shard: 1.53 TB and 31 GB in three parts of 3,844
(https://research.google.com/youtube8m/download.html)."""
MOST_ASKED = 16
_LONGEST_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """How many bytes some shards have.

    Args:
        total_bytes: All of them together.
        asked: Of how many the server said it.
        shards: How many they are.
    """

    total_bytes: int
    asked: int
    shards: int

    @property
    def is_exact(self) -> bool:
        """Whether the server said it of every one."""
        return self.asked == self.shards


def estimate(
    urls: Sequence[str], level: Level, *, options: FetchOptions, pace: Pace, parallel: int
) -> Estimate:
    """The size of shards: of each where they are few, else of some, spread over all.

    Args:
        urls: One a shard.
        level: Whose; where no server answers its average is taken.
        options: Limits, proxy.
        pace: The clock.
        parallel: How many are asked at a time.
    """
    if not urls:
        return Estimate(total_bytes=0, asked=0, shards=0)
    step = max(1, -(-len(urls) // MOST_ASKED))
    with ThreadPoolExecutor(parallel, thread_name_prefix="size") as pool:
        answers = pool.map(lambda url: _size(url, options, pace), urls[::step])
        known = [size for size in answers if size]
    if not known:
        total = AVERAGE_BYTES[level] * len(urls)
    else:
        total = round(sum(known) * len(urls) / len(known))
    return Estimate(total_bytes=total, asked=len(known), shards=len(urls))


def _size(url: str, options: FetchOptions, pace: Pace) -> int | None:
    """What a server says of a file's size, asked for its first byte; None where it does not."""
    deadline = Deadline(at=pace.now() + _LONGEST_S, pace=pace)
    try:
        asked = replace(options, timeout_s=_LONGEST_S)
        with ask(url, headers={"Range": "bytes=0-0"}, options=asked, deadline=deadline) as answer:
            said = ""
            if answer.status == 206:
                said = answer.headers.get("content-range", "").rpartition("/")[2]
            elif answer.status == 200:
                said = answer.headers.get("content-length", "")
    except LoquiturError:  # it will say why when it is asked for the file
        return None
    is_size = said.isascii() and said.isdigit() and len(said) < 19
    return int(said) if is_size and int(said) <= options.max_bytes else None
