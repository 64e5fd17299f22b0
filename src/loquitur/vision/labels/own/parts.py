"""Who is trained on and who is tested, by the video's id: a row more moves no other video."""

from __future__ import annotations

import hashlib

from loquitur.errors import UsageError
from loquitur.vision.labels.dataset import PARTS

SHARES = (80.0, 10.0, 10.0)
"""Per cent of the videos for training, validation, test."""


def shares_of(text: str) -> tuple[float, ...]:
    """Shares as a user writes them, per cent: `80,10,10`.

    Raises:
        UsageError: They are no three shares that add up to 100.
    """
    try:
        found = tuple(float(one) for one in text.split(","))
    except ValueError as exc:
        raise UsageError(f"no shares: '{text}'", hint="three per cent: 80,10,10") from exc
    is_whole = abs(sum(found) - 100) < 1e-6
    if len(found) != len(PARTS) or not is_whole or min(found) < 0:
        raise UsageError(f"shares of {', '.join(PARTS)} add up to 100: '{text}'", hint="80,10,10")
    return found


def part_for(video_id: str, shares: tuple[float, ...] = SHARES, *, seed: int = 0) -> str:
    """The part of a video: always the same for an id, the shares and a seed.

    Args:
        video_id: Its id.
        shares: Per cent of `PARTS`.
        seed: Another one, another split.

    >>> part_for("dQw4w9WgXcQ"), part_for("dQw4w9WgXcQ", (0, 0, 100))
    ('train', 'test')
    """
    data = f"{seed}\0{video_id}".encode("utf-8", "surrogatepass")
    lot = int.from_bytes(hashlib.sha256(data).digest()[:8], "big") / 2**64 * 100
    above = 0.0
    for part, share in zip(PARTS, shares, strict=True):
        above += share
        if lot < above:
            return part
    return next(part for part, share in reversed(list(zip(PARTS, shares, strict=True))) if share)
