"""Captions brought to the times of another caption file of the same film.

Where the words are the same, theirs are the times: exactly where a cue begins or ends with the
words that one of the reference does, and by the words around it elsewhere. Where too few words are
the same (another language), the cues of the reference are a mask of speech like any other.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.subtitles.cue_text import words_of
from loquitur.subtitles.matching import matched, word_key
from loquitur.subtitles.moving import Line
from loquitur.subtitles.moving import placed as moved_cue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.captions import CaptionTrack, Cue
    from loquitur.subtitles.syncing import Synced, SyncOptions

LEAST_SHARE = 0.3
"""From this share of equal words on, words tell the times."""
LEAST_WORDS = 5
_FRAME_MS = 20
_AROUND = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A track at the times of another one with the same words.

    Args:
        track: The result.
        share: Which share of its words the reference has too.
        exact: How many cues begin exactly where one of the reference does.
        moved: How many cues have other times than before.
    """

    track: CaptionTrack
    share: float
    exact: int
    moved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A word of a track: its cue, when it is said, and whether it is the first or last there."""

    cue: int
    start_ms: int
    first: bool
    last: bool
    key: str


def synced_to(
    track: CaptionTrack, reference: CaptionTrack, *, options: SyncOptions | None = None
) -> Matched | Synced:
    """A track at the times of a reference: by equal words, else by when there are captions.

    Raises:
        InputError: The reference is empty, or it is not clear where the cues fit it.
    """
    if not reference.cues:
        raise InputError("the reference has no cues", hint="give a caption file of the same film")
    mine, theirs = _places(track), _places(reference)
    pairs = matched([place.key for place in mine], [place.key for place in theirs])
    share = len(pairs) / max(1, len(mine))
    if share < LEAST_SHARE or len(pairs) < LEAST_WORDS:
        return _by_mask(track, reference, options)
    return _by_words(track, reference, [(mine[one], theirs[other]) for one, other in pairs], share)


def _places(track: CaptionTrack) -> list[_Place]:
    found = []
    for number, cue in enumerate(track.cues):
        words = [word for word in words_of(cue) if word_key(word.text)]
        for at, word in enumerate(words):
            found.append(
                _Place(
                    cue=number,
                    start_ms=cue.start_ms if at == 0 else word.start_ms,
                    first=at == 0,
                    last=at == len(words) - 1,
                    key=word_key(word.text),
                )
            )
    return found


def _by_words(
    track: CaptionTrack,
    reference: CaptionTrack,
    pairs: Sequence[tuple[_Place, _Place]],
    share: float,
) -> Matched:
    """Cues at the times of equal words; others move like what is around them."""
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    sure: list[tuple[int, int]] = []
    rough: list[tuple[int, int]] = []
    for mine, theirs in pairs:
        cue, other = track.cues[mine.cue], reference.cues[theirs.cue]
        if mine.first and theirs.first:
            starts[mine.cue] = other.start_ms
            sure.append((cue.start_ms, other.start_ms - cue.start_ms))
        if mine.last and theirs.last:
            ends[mine.cue] = other.end_ms
        rough.append((mine.start_ms, theirs.start_ms - mine.start_ms))
    anchors = sorted(sure if len(sure) >= _AROUND else rough)
    cues, exact, changed = [], 0, 0
    for number, cue in enumerate(track.cues):
        offset = _offset(anchors, cue.start_ms)
        start_ms = max(0, starts.get(number, cue.start_ms + offset))
        end_ms = ends.get(number, start_ms + cue.duration_ms)
        if cue.end_ms > cue.start_ms and end_ms <= start_ms:
            end_ms = start_ms + cue.duration_ms
        exact += number in starts
        there = _at(cue, start_ms, end_ms)
        changed += there != cue
        cues.append(there)
    return Matched(track=replace(track, cues=tuple(cues)), share=share, exact=exact, moved=changed)


def _offset(anchors: Sequence[tuple[int, int]], time_ms: int) -> int:
    """How far what is near a time was moved: the median of the nearest."""
    at = bisect_left(anchors, (time_ms, 0))
    near = anchors[max(0, at - _AROUND) : at + _AROUND]
    nearest = sorted(near, key=lambda anchor: abs(anchor[0] - time_ms))[:_AROUND]
    offsets = sorted(offset for _, offset in nearest)
    return offsets[len(offsets) // 2]


def _at(cue: Cue, start_ms: int, end_ms: int) -> Cue:
    """The cue from one time to another, its inner times with it."""
    if cue.end_ms > cue.start_ms:
        ratio = Fraction(end_ms - start_ms, cue.end_ms - cue.start_ms)
        cue = moved_cue(cue, Line(ratio=ratio, offset_ms=start_ms - ratio * cue.start_ms))
    return replace(cue, start_ms=start_ms, end_ms=end_ms)


def _by_mask(track: CaptionTrack, reference: CaptionTrack, options: SyncOptions | None) -> Synced:
    import numpy as np

    from loquitur.subtitles.syncing import SyncOptions, synced
    from loquitur.subtitles.voice_mask import VoiceMask, coverage

    spans = np.array(
        [(cue.start_ms, cue.end_ms) for cue in reference.cues if cue.end_ms > cue.start_ms], float
    )
    if not spans.size:
        raise InputError("no cue of the reference lasts", hint="is it the right file?")
    first = int(min(spans.min(), 0) // _FRAME_MS) * _FRAME_MS
    width = int((spans.max() - first) // _FRAME_MS) + 1
    levels = coverage((spans - first) / _FRAME_MS, width)
    mask = VoiceMask(levels=levels, frame_ms=_FRAME_MS, offset_ms=first)
    return synced(track, mask, options=replace(options or SyncOptions(), lag_ms=0))
