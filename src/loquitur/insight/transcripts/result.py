"""What looking at a transcript gives: its windows with their figures, as values, table, account."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.insight.account import Told
from loquitur.tables.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loquitur.insight.account import Account
    from loquitur.insight.chapters.analysis import Chapters
    from loquitur.insight.spoken.fragments import Spoken
    from loquitur.insight.spoken.windows import Window, WindowRule
    from loquitur.insight.transcripts.novelty import Band, Contribution, Measured, Novelty, Surprise
    from loquitur.model.sentiment import Sentiment
    from loquitur.tables.cells import Cell

_MINUTE_MS = 60_000
_PLACES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A window with all that is known of it; None where a figure cannot be told."""

    window: Window
    measured: Measured | None
    sentiment: Sentiment | None
    terms: tuple[str, ...] = ()

    @property
    def polarity(self) -> float | None:
        """-1..1."""
        return self.sentiment.polarity if self.sentiment else None

    @property
    def subjectivity(self) -> float | None:
        """0..1."""
        return self.sentiment.subjectivity if self.sentiment else None

    @property
    def novelty_bits(self) -> float | None:
        """See `Measured`."""
        return self.measured.novelty_bits if self.measured else None

    @property
    def rate_per_min(self) -> float:
        """Words per minute, from the first word of the window to its last."""
        return self.window.words * _MINUTE_MS / (self.window.end_ms - self.window.start_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """Figures of all that was said; None where nothing was.

    `terms` are the words said most that are none of grammar, with their counts; `pairs` says that
    words are mostly pairs of characters (Chinese, Japanese, Thai ...).
    """

    words: int
    types: int
    entropy_bits: float | None
    corrected_bits: float | None
    sentiment: Sentiment | None
    terms: tuple[tuple[str, int], ...] = ()
    pairs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptInsight(Told):
    """What was said in one video, window by window.

    Args:
        file: Where it was read from.
        spoken: What is known of it; its fragments are left out.
        rule: How its windows were cut.
        engine: Of sentiment; `none` for none.
        passages: The windows in time order.
        whole: Figures of all of it.
        novelty: The moments that stand out, or why none can be told.
        chapters: None where they were not asked for.
    """

    file: str
    spoken: Spoken
    rule: WindowRule
    engine: str
    passages: tuple[Passage, ...]
    whole: Whole
    novelty: Novelty
    chapters: Chapters | None = None

    def plain(self) -> dict[str, Any]:
        """The windows, moments and chapters, and the figures of the whole."""
        whole, spoken = self.whole, self.spoken
        return {
            "file": self.file,
            "title": spoken.title,
            "video_id": spoken.video_id,
            "language": spoken.language,
            "source": spoken.source,
            "times_known": spoken.times_known,
            "window": self.rule.said,
            "engine": self.engine,
            "words": whole.words,
            "types": whole.types,
            "entropy_bits": _round(whole.entropy_bits),
            "entropy_corrected_bits": _round(whole.corrected_bits),
            "polarity": _round(whole.sentiment.polarity if whole.sentiment else None),
            "subjectivity": _round(whole.sentiment.subjectivity if whole.sentiment else None),
            "coverage": _round(whole.sentiment.coverage if whole.sentiment else None),
            "terms": [{"term": term, "count": count} for term, count in whole.terms],
            "windows": [self._window(passage) for passage in self.passages],
            "moments": [self._moment(one) for one in self.novelty.moments],
            "moments_why": self.novelty.why or None,
            "chapters": self.chapters.plain() if self.chapters else [],
        }

    def table(self) -> Table:
        """The windows, a row each."""
        return windows_table([self])

    def account(self) -> Account:
        """What a person reads."""
        from loquitur.insight.transcripts.telling import account_of

        return account_of(self)

    def rows(self) -> Iterator[tuple[Cell, ...]]:
        """The rows of the table, for those who write many."""
        surprising: dict[int, str] = {}
        for moment in self.novelty.moments:
            surprising.setdefault(moment.window, moment.kind)
        for at, one in enumerate(self.passages):
            window, found, score = one.window, one.measured, one.sentiment
            yield (
                self.file, window.start_ms, window.end_ms, window.words,
                found.types if found else None,
                one.rate_per_min if self.spoken.times_known else None,
                one.polarity, one.subjectivity, score.coverage if score else None,
                score.language if score else self.spoken.language,
                found.entropy_bits if found else None, found.corrected_bits if found else None,
                *_band(found.entropy if found else None),
                one.novelty_bits, *_novelty_band(found),
                found.surprisal_bits if found else None,
                *_figure(found.divergence if found else None),
                *_figure(found.fresh if found else None),
                *_figure(found.shift if found else None),
                surprising.get(at), found.p_new if found else None,
                found.p_shift if found else None,
                window.short, window.speaker, window.url or None, one.terms, window.text,
            )  # fmt: skip

    def _window(self, one: Passage) -> dict[str, Any]:
        window, found, score = one.window, one.measured, one.sentiment
        low, high = _novelty_band(found)
        return {
            "start_ms": window.start_ms,
            "end_ms": window.end_ms,
            "words": window.words,
            "types": found.types if found else 0,
            "polarity": _round(one.polarity),
            "subjectivity": _round(one.subjectivity),
            "coverage": _round(score.coverage if score else None),
            "language": score.language if score else self.spoken.language,
            "entropy_bits": _round(found.entropy_bits if found else None),
            "entropy_corrected_bits": _round(found.corrected_bits if found else None),
            "entropy_evenness": _round(found.evenness if found else None),
            "entropy_chance_bits": _chance(found.entropy if found else None),
            "novelty": _round(one.novelty_bits),
            "novelty_low": _round(low),
            "novelty_high": _round(high),
            "surprisal_bits": _round(found.surprisal_bits if found else None),
            "divergence_bits": _value(found.divergence if found else None),
            "divergence_chance_bits": _chance(found.divergence if found else None),
            "new_share": _value(found.fresh if found else None),
            "new_chance_share": _chance(found.fresh if found else None),
            "shift_bits": _value(found.shift if found else None),
            "shift_chance_bits": _chance(found.shift if found else None),
            "p_new": _round(found.p_new if found else None),
            "p_shift": _round(found.p_shift if found else None),
            "rate_per_min": _round(one.rate_per_min if self.spoken.times_known else None),
            "short": window.short,
            "speaker": window.speaker,
            "url": window.url or None,
            "terms": list(one.terms),
            "new_words": _words(found.words if found else ()),
            "text": window.text,
        }

    def _moment(self, one: Surprise) -> dict[str, Any]:
        window = self.passages[one.window].window
        return {
            "window": one.window,
            "start_ms": window.start_ms,
            "end_ms": window.end_ms,
            "kind": one.kind,
            "p": _round(one.p),
            "excess_bits": _round(one.excess_bits),
            "words": _words(one.words),
            "url": window.url or None,
            "text": window.text,
        }


def windows_table(results: Sequence[TranscriptInsight]) -> Table:
    """The windows of one or more transcripts, a row each."""
    engine = results[0].engine if results else "none"
    rows = (row for result in results for row in result.rows())
    return Table.from_rows("windows", columns(engine), rows)


def columns(engine: str) -> tuple[Column, ...]:
    """The columns of windows; those of sentiment are named by the engine."""
    name = re.sub(r"\W+", "_", engine).strip("_").lower()
    return (
        Column(name="file", description="where it was read from"),
        Column(name="start_ms", type="int", unit="ms", description="of its first word"),
        Column(name="end_ms", type="int", unit="ms", description="of its last word"),
        Column(name="words", type="int", description="tokens", derived=True),
        Column(name="types", type="int", description="different tokens", derived=True),
        _number("rate_per_min", "words a minute", unit="1/min"),
        _number(f"polarity_{name}", "-1..1"),
        _number(f"subjectivity_{name}", "0..1"),
        _number(f"coverage_{name}", "share of words the engine knew"),
        Column(name="language", description="BCP 47", derived=True),
        _number("entropy_bits", "of its words, plug-in", unit="bits"),
        _number("entropy_corrected_bits", "with Miller's correction", unit="bits"),
        *_by_chance("entropy_bits"),
        _number("novelty_bits", "a word, above shuffled order", unit="bits"),
        _number("novelty_low_bits", "chance: low end of the central 95 %", unit="bits"),
        _number("novelty_high_bits", "chance: high end of the central 95 %", unit="bits"),
        _number("surprisal_bits", "a word, given all before", unit="bits"),
        _number("divergence_bits", "Jensen-Shannon, to the window before", unit="bits"),
        *_by_chance("divergence_bits"),
        _number("new_share", "words whose type was not said before"),
        *_by_chance("new_share"),
        _number("shift_bits", "all before against all from its start on", unit="bits"),
        *_by_chance("shift_bits"),
        Column(
            name="surprising", description="new or shift: stands out against chance", derived=True
        ),
        _number("p_new", "share of shuffled orders that reach as far anywhere"),
        _number("p_shift", "share of shuffled orders that reach as far anywhere"),
        Column(name="short", type="bool", description="not to be compared", derived=True),
        Column(name="speaker", description="where one alone speaks"),
        Column(name="url", description="of its start", derived=True),
        Column(name="terms", type="list", description="said more than elsewhere", derived=True),
        Column(name="text", description="what is said"),
    )


def _number(name: str, description: str, *, unit: str = "") -> Column:
    return Column(name=name, type="float", unit=unit, description=description, derived=True)


def _by_chance(name: str) -> Iterator[Column]:
    """What shuffled order gives of a figure, in columns beside it."""
    stem, _, unit = name.rpartition("_")
    for side, said in (("expected", "mean"), ("low", "low end"), ("high", "high end")):
        told = said if side == "expected" else f"{said} of the central 95 %"
        yield _number(
            f"{stem}_{side}_{unit}", f"shuffled order: {told}", unit="bits" * (unit == "bits")
        )


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, _PLACES)


def _value(band: Band | None) -> float | None:
    return None if band is None else _round(band.value)


def _chance(band: Band | None) -> dict[str, float | None] | None:
    if band is None:
        return None
    return {
        "mean": _round(band.expected), "low": _round(band.low), "high": _round(band.high),
        "level": 0.95,
    }  # fmt: skip


def _band(band: Band | None) -> tuple[float | None, float | None, float | None]:
    return (None, None, None) if band is None else (band.expected, band.low, band.high)


def _figure(band: Band | None) -> tuple[float | None, ...]:
    return (None if band is None else band.value, *_band(band))


def _novelty_band(found: Measured | None) -> tuple[float | None, float | None]:
    """What novelty would be by chance: about 0."""
    if found is None or found.relative is None:
        return None, None
    one = found.relative
    return one.low - one.expected, one.high - one.expected


def _words(words: Iterable[Contribution]) -> list[dict[str, Any]]:
    return [{"word": one.word, "count": one.count, "bits": _round(one.bits)} for one in words]
