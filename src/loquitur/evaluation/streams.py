"""Word errors of conversations where whose words they are does not matter, only what is said.

ORC-WER (Sklyar et al. 2022; von Neumann et al. 2023, MeetEval): each utterance of the reference is
given to that stream of the hypothesis where it does least harm, in the order of the utterances. So
a recogniser that keeps speakers apart without knowing them, or hears both of two who speak at once,
is not blamed for labels. The search goes over all positions in all streams at once: its cost is the
product of their lengths, and what is too long for it is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from loquitur.errors import UsageError
from loquitur.evaluation.counting import Counts, added, align, count
from loquitur.evaluation.intervals import bootstrap
from loquitur.evaluation.speakers import RecordingSpeakers, SpeakerScore

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.evaluation.entries import Entry
    from loquitur.evaluation.normalizing import Normalizer
    from loquitur.evaluation.pairing import Pair

    Grid = NDArray[np.int64]

MOST_CELLS = 60_000_000
"""Positions times utterances that are kept to say which stream each was given to: 300 MB."""
MOST_STEPS = 20_000_000_000
"""Positions times words: about two minutes."""
_ONE = 1 << 20
"""An error, above the number that says where an utterance began; streams are shorter than it."""


def score_streams(
    pairs: Iterable[Pair], normalizer: Normalizer, *, language: str = "en", seed: int = 0
) -> SpeakerScore:
    """ORC-WER, recording by recording and together.

    Args:
        pairs: The recordings; each entry of a reference is an utterance.
        normalizer: What brings both sides to one form.
        language: Of the texts; only told on.
        seed: Of the drawing for the interval, by recording.

    Raises:
        UsageError: A recording is too long for the search.
    """
    recordings = tuple(_score(pair, normalizer) for pair in pairs)
    return SpeakerScore(
        recordings=recordings,
        counts=added(one.counts for one in recordings),
        interval=bootstrap(
            [one.counts.errors for one in recordings],
            [one.counts.length for one in recordings],
            unit="recording",
            seed=seed,
        ),
        normalizer=normalizer,
        collar_ms=None,
        language=language,
        measure="orcwer",
    )


def _score(pair: Pair, normalizer: Normalizer) -> RecordingSpeakers:
    utterances = [_words(entry, normalizer) for entry in pair.reference.entries]
    streams: dict[str, list[str]] = {}
    for entry in pair.hypothesis.entries:
        streams.setdefault(entry.speaker, []).extend(_words(entry, normalizer))
    streams = {name: words for name, words in streams.items() if words}
    counts, _ = match_utterances([words for words in utterances if words], [*streams.values()])
    return RecordingSpeakers(
        name=pair.name,
        counts=counts,
        speakers=len({entry.speaker for entry in pair.reference.entries if entry.text}),
        speakers_heard=len(streams),
        mapping=(),
    )


def _words(entry: Entry, normalizer: Normalizer) -> list[str]:
    return [str(word) for word in normalizer.words(entry.text)]


def match_utterances(
    utterances: Sequence[Sequence[str]], streams: Sequence[Sequence[str]]
) -> tuple[Counts, tuple[int, ...]]:
    """The least errors over all ways to give utterances to streams, and the stream of each.

    Args:
        utterances: Of the reference, in order, each of one word or more.
        streams: Of the hypothesis; none where nothing was heard.

    Raises:
        UsageError: Too many words in too many streams.
    """
    if not streams:
        return Counts(deletions=sum(map(len, utterances))), (0,) * len(utterances)
    given = _assigned(utterances, streams)
    counts = Counts()
    for number, stream in enumerate(streams):
        own = [word for words, at in zip(utterances, given, strict=True) if at == number
               for word in words]  # fmt: skip
        counts += count(align(own, stream))
    return counts, given


def _assigned(
    utterances: Sequence[Sequence[str]], streams: Sequence[Sequence[str]]
) -> tuple[int, ...]:
    if len(streams) == 1:
        return (0,) * len(utterances)
    shape = tuple(len(stream) + 1 for stream in streams)
    cells = float(np.prod([float(size) for size in shape]))
    words = sum(map(len, utterances)) * len(streams)
    if (
        cells * max(len(utterances), 10) > MOST_CELLS
        or cells * words > MOST_STEPS
        or max(shape) >= _ONE
    ):
        raise UsageError(
            f"{len(utterances)} utterances against {len(streams)} streams of "
            f"{sum(shape) - len(shape)} words are too many for ORC-WER",
            hint="score shorter stretches, or take cpwer",
            code="LQ-EVAL-SIZE",
        )
    codes: dict[str, int] = {}
    heard = [np.array([codes.setdefault(w, len(codes)) for w in s], np.int64) for s in streams]
    # errors so far, times _ONE, at each position; before any utterance all that is heard is new
    grid: Grid = _ONE * np.indices(shape, np.int64).sum(axis=0)
    kept: list[tuple[NDArray[np.uint8], NDArray[np.int32]]] = []
    for utterance in utterances:
        numbers = [codes.get(word, -1) for word in utterance]
        options = [_heard_in(grid, axis, numbers, heard[axis]) for axis in range(len(streams))]
        stacked = np.stack(options)
        choice = (stacked >> 20).argmin(axis=0)
        best = np.take_along_axis(stacked, choice[None], axis=0)[0]
        kept.append((choice.astype(np.uint8), (best & (_ONE - 1)).astype(np.int32)))
        grid = best & ~np.int64(_ONE - 1)
    position = [size - 1 for size in shape]
    _retreat(grid, position)
    given: list[int] = []
    for at in range(len(utterances) - 1, -1, -1):
        choice, starts = kept[at]
        axis = int(choice[tuple(position)])
        position[axis] = int(starts[tuple(position)])
        given.append(axis)
    return tuple(reversed(given))


def _heard_in(grid: Grid, axis: int, utterance: Sequence[int], stream: NDArray[np.int64]) -> Grid:
    """The errors at each position after an utterance in one stream, and where it began there."""
    states = np.moveaxis(grid, axis, -1)
    size = states.shape[-1]
    ramp = _ONE * np.arange(size, dtype=np.int64)
    states = np.minimum.accumulate(states + np.arange(size) - ramp, axis=-1) + ramp
    for word in utterance:
        wrong = _ONE * (stream != word).astype(np.int64)
        anew = states + _ONE
        anew[..., 1:] = np.minimum(anew[..., 1:], states[..., :-1] + wrong)
        states = np.minimum.accumulate(anew - ramp, axis=-1) + ramp
    return np.moveaxis(states, -1, axis)


def _retreat(grid: Grid, position: list[int]) -> None:
    """From the end of all streams to where the last utterance ended: the rest was heard anew."""
    left = sum(grid.shape) - grid.ndim - np.indices(grid.shape, np.int64).sum(axis=0)
    best = int(np.argmin(grid + _ONE * left))
    position[:] = [int(place) for place in np.unravel_index(best, grid.shape)]
