"""Cues in another order or number, with the blocks of their file where they belong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.captions import Block, CaptionTrack, Cue


def arranged(track: CaptionTrack, cues: Sequence[tuple[int, Cue]]) -> CaptionTrack:
    """The track with other cues, each given with the number of the cue of the track it comes from.

    A comment stays in front of the cue it stood in front of, or of the next one that is left.
    """
    if not track.blocks:
        return replace(track, cues=tuple(cue for _, cue in cues))
    blocks = placed(track.blocks, [origin for origin, _ in cues])
    return replace(track, cues=tuple(cue for _, cue in cues), blocks=blocks)


def placed(blocks: Sequence[Block], origins: Sequence[int]) -> tuple[Block, ...]:
    """The blocks by where the cues went: `origins` has the old number of each cue, in new order."""
    order = sorted(range(len(origins)), key=lambda at: origins[at])
    old = [origins[at] for at in order]
    moved = []
    for block in blocks:
        before = 0
        if block.before:
            at = _first_from(old, block.before)
            before = order[at] if at < len(order) else len(origins)
        moved.append(replace(block, before=before))
    return tuple(sorted(moved, key=lambda block: block.before))


def _first_from(values: Sequence[int], least: int) -> int:
    from bisect import bisect_left

    return bisect_left(values, least)
