"""Word errors of conversations, where a word counts only from the right speaker.

cpWER (Watanabe et al. 2020, CHiME-6): all that a speaker says is one text; speakers of both sides
are matched so that the errors are least; whoever is left over counts as deleted or inserted.
tcpWER (von Neumann et al. 2023, MeetEval): the same, but words may only be matched where their
times, widened by the collar, meet; so a right word at the wrong time is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np

from loquitur.evaluation.counting import Counts, added, align, coded, count, distance
from loquitur.evaluation.entries import Entry, Sheet
from loquitur.evaluation.intervals import Interval, bootstrap
from loquitur.evaluation.matching import assign
from loquitur.evaluation.normalizing import Normalizer
from loquitur.evaluation.pairing import Pair
from loquitur.evaluation.timed import Placed, place_points, place_words, timed_edits

Measure = Literal["cpwer", "tcpwer", "orcwer"]
Stream = TypeVar("Stream", bound=Sequence[object])


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSpeakers:
    """One recording: the errors of the best matching, and (heard, true) of each matched pair."""

    name: str
    counts: Counts
    speakers: int
    speakers_heard: int
    mapping: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerScore:
    """All recordings by `measure`: cpwer, tcpwer with `collar_ms` on each side, or orcwer."""

    recordings: tuple[RecordingSpeakers, ...]
    counts: Counts
    interval: Interval
    normalizer: Normalizer
    collar_ms: int | None
    language: str
    measure: Measure = "cpwer"


def score_speakers(
    pairs: Iterable[Pair],
    normalizer: Normalizer,
    *,
    collar_ms: int | None = None,
    language: str = "en",
    seed: int = 0,
) -> SpeakerScore:
    """Word errors with speakers, recording by recording and together.

    Args:
        pairs: The recordings.
        normalizer: What brings both sides to one form.
        collar_ms: None for cpWER; for tcpWER, how far times may be apart on each side, in ms.
        language: Of the texts; only told on.
        seed: Of the drawing for the interval, by recording.

    Raises:
        InputError: tcpWER of entries without times.
    """
    recordings = tuple(_score(pair, normalizer, collar_ms) for pair in pairs)
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
        collar_ms=collar_ms,
        language=language,
        measure="cpwer" if collar_ms is None else "tcpwer",
    )


def _score(pair: Pair, normalizer: Normalizer, collar_ms: int | None) -> RecordingSpeakers:
    if collar_ms is None:
        true = {name: _text(said, normalizer) for name, said in _streams(pair.reference)}
        heard = {name: _text(said, normalizer) for name, said in _streams(pair.hypothesis)}
        counts, mapping = match_texts(_spoken(true), _spoken(heard))
        return _result(pair, counts, mapping, len(_spoken(true)), len(_spoken(heard)))
    placed = {name: place_words(said, normalizer) for name, said in _streams(pair.reference)}
    points = {
        name: place_points(said, normalizer, collar_ms) for name, said in _streams(pair.hypothesis)
    }
    counts, mapping = match_placed(_spoken(placed), _spoken(points))
    return _result(pair, counts, mapping, len(_spoken(placed)), len(_spoken(points)))


def _result(
    pair: Pair, counts: Counts, mapping: tuple[tuple[str, str], ...], true: int, heard: int
) -> RecordingSpeakers:
    return RecordingSpeakers(
        name=pair.name, counts=counts, speakers=true, speakers_heard=heard, mapping=mapping
    )


def match_texts(
    true: Mapping[str, Sequence[str]], heard: Mapping[str, Sequence[str]]
) -> tuple[Counts, tuple[tuple[str, str], ...]]:
    """The least errors over all matchings of speakers, and the matching (heard, true).

    Args:
        true: The words of each speaker.
        heard: The words of each speaker.
    """
    texts = coded([*true.values(), *heard.values()])
    rows, columns = texts[: len(true)], texts[len(true) :]
    return _best(
        true,
        heard,
        errors=lambda row, column: distance(rows[row], columns[column]),
        edits=lambda name, other: count(align(true[name], heard[other])),
    )


def match_placed(
    true: Mapping[str, Sequence[Placed]], heard: Mapping[str, Sequence[Placed]]
) -> tuple[Counts, tuple[tuple[str, str], ...]]:
    """As `match_texts`, for words with times."""
    known = {
        (name, other): timed_edits(words, others)
        for name, words in true.items()
        for other, others in heard.items()
    }
    names, others = list(true), list(heard)
    return _best(
        true,
        heard,
        errors=lambda row, column: known[names[row], others[column]].errors,
        edits=lambda name, other: known[name, other],
    )


def _best(
    true: Mapping[str, Sequence[object]],
    heard: Mapping[str, Sequence[object]],
    *,
    errors: Callable[[int, int], int],
    edits: Callable[[str, str], Counts],
) -> tuple[Counts, tuple[tuple[str, str], ...]]:
    names, others = list(true), list(heard)
    size = max(len(names), len(others))
    cost = np.zeros((size, size), np.int64)
    for row, name in enumerate(names):
        cost[row, len(others) :] = len(true[name])
        for column in range(len(others)):
            cost[row, column] = errors(row, column)
    for column, other in enumerate(others):
        cost[len(names) :, column] = len(heard[other])
    counts, mapping = Counts(), []
    for row, column in assign(cost):
        if row < len(names) and column < len(others):
            counts += edits(names[row], others[column])
            mapping.append((others[column], names[row]))
        elif row < len(names):
            counts += Counts(deletions=len(true[names[row]]))
        elif column < len(others):
            counts += Counts(insertions=len(heard[others[column]]))
    return counts, tuple(mapping)


def _streams(sheet: Sheet) -> list[tuple[str, list[Entry]]]:
    """What each speaker says, in order."""
    found: dict[str, list[Entry]] = {}
    for entry in sheet.entries:
        found.setdefault(entry.speaker, []).append(entry)
    return list(found.items())


def _text(said: list[Entry], normalizer: Normalizer) -> list[str]:
    return [word for entry in said for word in normalizer.words(entry.text)]


def _spoken(streams: Mapping[str, Stream]) -> dict[str, Stream]:
    """Without speakers who say nothing."""
    return {name: words for name, words in streams.items() if words}
