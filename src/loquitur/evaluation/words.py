"""Word error rate (or character error rate), and how far words are from their true times."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loquitur.evaluation.counting import Counts, added, align, count, errors_by_word
from loquitur.evaluation.entries import Sheet, TimedWord
from loquitur.evaluation.intervals import Interval, Unit, bootstrap
from loquitur.evaluation.normalizing import Normalizer, find, plain
from loquitur.evaluation.pairing import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class WordTimes:
    """How far the starts of rightly heard words are from the true ones, in ms.

    Words are matched by the edit alignment of their plain forms; `matched` of `words` of the
    reference were heard. `bias_ms` is the mean with its sign: positive where words come late. The
    shares are of the matched words; coverage is `matched / words`. All None where none matched.
    """

    words: int
    matched: int
    mean_ms: float | None = None
    median_ms: float | None = None
    p95_ms: float | None = None
    bias_ms: float | None = None
    within_100_ms: float | None = None
    within_200_ms: float | None = None

    @property
    def coverage(self) -> float:
        """The share of the reference's words that the figures speak of."""
        return self.matched / self.words if self.words else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingWords:
    """The words of one recording: counted in normal form, and as they stand in the files.

    `units` are (errors, words) of each utterance of the reference, in its order.
    """

    name: str
    counts: Counts
    raw: Counts
    units: tuple[tuple[int, int], ...]
    times: WordTimes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WordScore:
    """The words of all recordings; `characters` where characters were compared, not words."""

    recordings: tuple[RecordingWords, ...]
    counts: Counts
    raw: Counts
    interval: Interval
    times: WordTimes | None
    normalizer: Normalizer
    characters: bool
    language: str


def score_words(
    pairs: Iterable[Pair],
    normalizer: Normalizer,
    *,
    characters: bool = False,
    language: str = "en",
    unit: Unit = "utterance",
    seed: int = 0,
) -> WordScore:
    """Word errors of recordings, one by one and together.

    The whole text of a recording is aligned at once, whatever the cuts between utterances are, so
    time is quadratic in its words divided by the width of a machine word, memory linear.

    Args:
        pairs: The recordings.
        normalizer: What brings both sides to one form.
        characters: Compare characters without blanks.
        language: Of the texts; only told on.
        unit: What is drawn for the interval.
        seed: Of the drawing.
    """
    recordings, differences, words = [], [], 0
    listed = list(pairs)
    if not any(pair.reference.whole for pair in listed):
        unit = "recording"  # captions and lines of text are no utterances
    for pair in listed:
        found, apart = _score(pair, normalizer, characters=characters)
        recordings.append(found)
        differences.append(apart)
        words += found.times.words if found.times else 0
    together = [(one.counts.errors, one.counts.length) for one in recordings]
    units = [item for one in recordings for item in one.units] if unit == "utterance" else together
    return WordScore(
        recordings=tuple(recordings),
        counts=added(one.counts for one in recordings),
        raw=added(one.raw for one in recordings),
        interval=bootstrap(
            [errors for errors, _ in units], [length for _, length in units], unit=unit, seed=seed
        ),
        times=_times(np.concatenate(differences), words) if differences else None,
        normalizer=normalizer,
        characters=characters,
        language=language,
    )


def _score(
    pair: Pair, normalizer: Normalizer, *, characters: bool
) -> tuple[RecordingWords, NDArray[np.int64]]:
    by_unit = tokens_of(pair.reference, normalizer, characters=characters)
    true = _joined(by_unit)
    blocks = align(true, _joined(tokens_of(pair.hypothesis, normalizer, characters=characters)))
    counts = count(blocks)
    errors = errors_by_word(blocks, len(true)) if true else np.zeros(0, np.int64)
    ends = np.cumsum([len(unit) for unit in by_unit]).tolist()
    units = tuple(
        (int(errors[end - len(unit) : end].sum()), len(unit))
        for unit, end in zip(by_unit, ends, strict=True)
    )
    untouched = find("none")
    raw = count(
        align(
            _joined(tokens_of(pair.reference, untouched, characters=characters)),
            _joined(tokens_of(pair.hypothesis, untouched, characters=characters)),
        )
    )
    apart, words = start_differences(pair.reference, pair.hypothesis)
    return (
        RecordingWords(
            name=pair.name, counts=counts, raw=raw, units=units, times=_times(apart, words)
        ),
        apart,
    )


def tokens_of(sheet: Sheet, normalizer: Normalizer, *, characters: bool = False) -> list[list[str]]:
    """The words of each utterance in normal form; one list for all where entries are pieces."""
    texts = [entry.text for entry in sheet.entries]
    if not sheet.whole:
        texts = [" ".join(texts)]
    found = (normalizer.words(text) for text in texts)
    tokens = [list("".join(words)) if characters else words for words in found]
    return [one for one in tokens if one]


def _joined(units: Iterable[list[str]]) -> list[str]:
    return list(itertools.chain.from_iterable(units))


def start_differences(reference: Sheet, hypothesis: Sheet) -> tuple[NDArray[np.int64], int]:
    """Start heard minus true start in ms of each matched word, and how many words have a time.

    Empty where one of the sides has no times of words.
    """
    true, heard = _timed(reference), _timed(hypothesis)
    if not true or not heard:
        return np.zeros(0, np.int64), 0
    blocks = align([text for text, _ in true], [text for text, _ in heard])
    apart = [
        heard[block.hypothesis_start + step][1] - true[block.reference_start + step][1]
        for block in blocks
        if block.kind == "equal"
        for step in range(block.reference_end - block.reference_start)
    ]
    return np.asarray(apart, np.int64), len(true)


def _timed(sheet: Sheet) -> list[tuple[str, int]]:
    """(plain form, start in ms) of each word with a time, by time."""
    words: Sequence[TimedWord] = [word for entry in sheet.entries for word in entry.words]
    ordered = sorted(words, key=lambda word: word.start_ms)
    forms = ((plain(word.text).replace(" ", ""), word.start_ms) for word in ordered)
    return [(form, start_ms) for form, start_ms in forms if form]


def _times(apart: NDArray[np.int64], words: int) -> WordTimes | None:
    if not words:
        return None
    off = np.abs(apart)
    if not len(off):
        return WordTimes(words=words, matched=0)
    return WordTimes(
        words=words,
        matched=len(off),
        mean_ms=float(off.mean()),
        median_ms=float(np.median(off)),
        p95_ms=float(np.quantile(off, 0.95)),
        bias_ms=float(apart.mean()),
        within_100_ms=float((off <= 100).mean()),
        within_200_ms=float((off <= 200).mean()),
    )
