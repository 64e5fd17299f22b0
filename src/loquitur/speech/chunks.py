"""From regions of speech to the chunks that a recogniser is given, and back to one row of words.

The pipeline, not the engine, owns chunking: an engine sees at most `max_chunk_ms` at once, cut at
a pause. Where nobody pauses for that long, the cut lies at the quietest moment and both sides
hear a little beyond it; `join` then takes each word from one side only.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.media import SAMPLE_RATE_HZ
from loquitur.timing import Span, overlap_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.model.speech import Word
    from loquitur.protocols import Samples

_STEP_MS = 10  # grid of the search for the quietest moment
_HUSH_MS = 100  # how long a moment is: about the closure of a plosive and more


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkOptions:
    """How regions of speech become chunks.

    Args:
        max_chunk_ms: The longest stretch of sound an engine is given.
        join_ms: Regions with a shorter pause between them share a chunk where it has room.
        pad_ms: Sound from the pause that a chunk keeps on either side of its speech.
        context_ms: Sound from beyond a cut through speech that both sides hear.
    """

    max_chunk_ms: int = 30_000
    join_ms: int = 1_000
    pad_ms: int = 200
    context_ms: int = 500

    def __post_init__(self) -> None:
        if min(self.join_ms, self.pad_ms, self.context_ms) < 0:
            raise ValueError("lengths must not be negative")
        if self.room_ms < 1_000:
            raise ValueError(
                f"max_chunk_ms {self.max_chunk_ms} leaves less than a second of speech beside "
                f"pad_ms {self.pad_ms} and context_ms {self.context_ms}"
            )

    @property
    def room_ms(self) -> int:
        """The longest speech that fits into a chunk beside its margins."""
        return self.max_chunk_ms - 2 * max(self.pad_ms, self.context_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A stretch of sound for one call of an engine, and the part of it that it answers for.

    `span` is what the engine hears. `core` is the part whose words are its own: the cores of a
    file are disjoint and in order, and hold all its speech.
    """

    span: Span
    core: Span


def split(
    regions: Iterable[Span], samples: Samples, *, options: ChunkOptions | None = None
) -> Iterator[Chunk]:
    """The chunks of a file, in order; linear in the regions, and in memory one chunk's worth.

    Each chunk ends at the longest pause in its last two thirds. Samples are read only where a
    region without a pause outgrows a chunk.

    Args:
        regions: Where somebody speaks: sorted, disjoint, inside the samples.
        samples: The decoded sound.
        options: Lengths.

    Yields:
        Chunks with spans of at most `max_chunk_ms`. Spans overlap only at cuts through speech.

    Raises:
        ValueError: Regions out of order or overlapping.
    """
    options = options or ChunkOptions()
    before: Span | None = None
    held: Span | None = None
    for core in _group(_bounded(regions, samples, options), options):
        if held is not None:
            yield _chunk(before, held, core, samples, options)
        before, held = held, core
    if held is not None:
        yield _chunk(before, held, None, samples, options)


def group(chunks: Iterable[Chunk], *, part_ms: int = 120_000) -> Iterator[tuple[Chunk, ...]]:
    """Consecutive chunks in parts of up to `part_ms` of sound: the unit of resuming.

    The parts follow from the chunks alone, so an interrupted run finds the same ones again. A
    single chunk longer than `part_ms` is a part of its own.
    """
    part: list[Chunk] = []
    total_ms = 0
    for chunk in chunks:
        if part and total_ms + chunk.span.duration_ms > part_ms:
            yield tuple(part)
            part, total_ms = [], 0
        part.append(chunk)
        total_ms += chunk.span.duration_ms
    if part:
        yield tuple(part)


def join(chunks: Iterable[tuple[Chunk, Sequence[Word]]]) -> tuple[Word, ...]:
    """One row of words out of the words of each chunk, none lost at a cut, none doubled.

    A word belongs to the chunk whose core holds its midpoint. Around a cut through speech both
    sides heard the same word, with slightly different times: a word kept by both (its twin meets
    it for more than half of the shorter) is kept once, one kept by neither is kept after all.

    Args:
        chunks: In order, each with its words in media time, sorted, as `guards.guard` gives them.

    Returns:
        Words sorted by start; where words of two sides still overlap, the earlier one ends at
        the start of the later.
    """
    joined: list[Word] = []
    spilled: list[Word] = []
    cut_ms = 0
    for chunk, words in chunks:
        early = [word for word in words if _middle_ms(word) < chunk.core.start_ms]
        late = [word for word in words if _middle_ms(word) >= chunk.core.end_ms]
        own = [
            word for word in words if chunk.core.start_ms <= _middle_ms(word) < chunk.core.end_ms
        ]
        if cut_ms == chunk.core.start_ms:
            _mend_seam(joined, own, spilled, early)
        joined.extend(own)
        spilled, cut_ms = late, chunk.core.end_ms
    return tuple(_disjoint(joined))


def _bounded(regions: Iterable[Span], samples: Samples, options: ChunkOptions) -> Iterator[Span]:
    """Regions, those longer than a chunk has room for cut at their quietest moments."""
    reached_ms = 0
    for region in regions:
        if region.start_ms < reached_ms:
            raise ValueError(f"regions must be sorted and disjoint: {region} starts too early")
        reached_ms = region.end_ms
        start_ms = region.start_ms
        while region.end_ms - start_ms > options.room_ms:
            cut_ms = _quietest_ms(
                samples, start_ms + options.room_ms // 3, start_ms + options.room_ms
            )
            yield Span(start_ms=start_ms, end_ms=cut_ms)
            start_ms = cut_ms
        yield Span(start_ms=start_ms, end_ms=region.end_ms)


def _quietest_ms(samples: Samples, start_ms: int, end_ms: int) -> int:
    """The middle of the quietest `_HUSH_MS` inside `[start_ms, end_ms)`; the last one of equals."""
    step = SAMPLE_RATE_HZ * _STEP_MS // 1000
    sound = np.nan_to_num(samples.read(start_ms, end_ms))
    steps = len(sound) // step
    width = _HUSH_MS // _STEP_MS
    frames: NDArray[np.float32] = sound[: steps * step].reshape(steps, step)
    energy = np.einsum("ij,ij->i", frames, frames, dtype=np.float64)
    running = np.concatenate([[0.0], np.cumsum(energy)])
    hush = np.maximum(running[width:] - running[:-width], 1e-9)
    last = len(hush) - 1 - int(np.argmin(hush[::-1]))
    return start_ms + last * _STEP_MS + _HUSH_MS // 2


def _group(pieces: Iterable[Span], options: ChunkOptions) -> Iterator[Span]:
    """Pieces joined over short pauses as far as a chunk has room, cut at the longest pause."""
    held: deque[Span] = deque()
    for piece in pieces:
        if held and piece.start_ms - held[-1].end_ms >= options.join_ms:
            yield from _cover(held, len(held))
        while held and piece.end_ms - held[0].start_ms > options.room_ms:
            yield from _cover(held, _cut_index(held, piece, options))
        held.append(piece)
    yield from _cover(held, len(held))


def _cover(held: deque[Span], count: int) -> Iterator[Span]:
    """Take the first pieces out and give what they cover."""
    taken = [held.popleft() for _ in range(count)]
    if taken:
        yield Span(start_ms=taken[0].start_ms, end_ms=taken[-1].end_ms)


def _cut_index(held: deque[Span], following: Span, options: ChunkOptions) -> int:
    """How many held pieces to let go so that the cut falls into the longest late pause."""
    pieces = [*held, following]
    earliest_ms = held[0].start_ms + options.room_ms // 3
    late = [index for index in range(1, len(pieces)) if pieces[index - 1].end_ms >= earliest_ms]
    pauses = {index: pieces[index].start_ms - pieces[index - 1].end_ms for index in late}
    return max(late, key=lambda index: (pauses[index], index), default=len(held))


def _chunk(
    before: Span | None, core: Span, after: Span | None, samples: Samples, options: ChunkOptions
) -> Chunk:
    """A chunk around its speech: half of each pause is its own, margins stay inside it."""
    first_ms, last_ms = samples.offset_ms, samples.end_ms
    left_ms = first_ms if before is None else (before.end_ms + core.start_ms) // 2
    right_ms = last_ms if after is None else (core.end_ms + after.start_ms) // 2
    left_ms, right_ms = min(left_ms, core.start_ms), max(right_ms, core.end_ms)
    start_ms = max(core.start_ms - options.pad_ms, left_ms)
    end_ms = min(core.end_ms + options.pad_ms, right_ms)
    if before is not None and before.end_ms == core.start_ms:
        start_ms = max(core.start_ms - options.context_ms, first_ms, 0)
    if after is not None and after.start_ms == core.end_ms:
        end_ms = min(core.end_ms + options.context_ms, max(last_ms, core.end_ms))
    return Chunk(
        span=Span(start_ms=start_ms, end_ms=end_ms), core=Span(start_ms=left_ms, end_ms=right_ms)
    )


def _mend_seam(
    left: list[Word], right: list[Word], spilled: Sequence[Word], early: Sequence[Word]
) -> None:
    """Settle the words at a cut through speech, in place.

    `left` and `right` end and begin with the words each side keeps; `spilled` are the left
    side's words beyond the cut, `early` the right side's before it.
    """
    if left and right and _are_twins(left[-1], right[0]):
        right.pop(0)
    elif spilled and early and _are_twins(spilled[0], early[-1]):
        lost = spilled[0]
        heard = [*left[-1:], *right[:1]]
        if not any(_are_twins(lost, word) for word in heard):
            left.append(lost)


def _are_twins(word: Word, other: Word) -> bool:
    """Whether two words are the same stretch of sound, heard twice."""
    shorter_ms = min(word.end_ms - word.start_ms, other.end_ms - other.start_ms)
    shared_ms = overlap_ms(word.start_ms, word.end_ms, other.start_ms, other.end_ms)
    return 2 * shared_ms > shorter_ms


def _middle_ms(word: Word) -> int:
    return (word.start_ms + word.end_ms) // 2


def _disjoint(words: list[Word]) -> Iterator[Word]:
    """Words by start, each ending where the next begins at the latest."""
    ordered = sorted(words, key=lambda word: word.start_ms)
    for index, word in enumerate(ordered):
        following = ordered[index + 1].start_ms if index + 1 < len(ordered) else word.end_ms
        if word.start_ms < following < word.end_ms:
            yield replace(word, end_ms=following)
        else:
            yield word
