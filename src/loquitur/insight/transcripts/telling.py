"""What a person reads of a transcript: sentences with figures, curves with bands, moments."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from loquitur.insight.account import Account, Axis, Figure, Mark, Moment, Section, Series
from loquitur.insight.chapters import analysis as chapters
from loquitur.insight.texts.identification import UNKNOWN
from loquitur.text import counted
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.insight.transcripts.novelty import Band, Measured, Surprise
    from loquitur.insight.transcripts.result import Passage, TranscriptInsight

_FEW = 3
_QUOTE = 160
_TIME = Axis(label="time", scale="clock")
_ORDER = Axis(label="order of reading", unit="guessed time", scale="clock")
_WORDS = """
Words are runs of letters, digits and apostrophes in lower case; in Chinese and Japanese two
neighbouring characters.
"""
_ENTROPY = """
Entropy is Shannon's, -sum p log2 p of the words of a window, with Miller's correction,
(types - 1) / (2 words ln 2), beside it.
"""
_NOVELTY = """
Novelty is the relative entropy of a window's words to all words before it (smoothed by Witten and
Bell's method C), less its mean in shuffled order.
"""
_SHUFFLED = """
Shuffled order is the sentences in random order (stretches of 40 words where no full stops are
written), cut into windows of the same lengths; bands are its central 95 %.
"""
_MOMENTS = """
A moment is what exceeds 99 of 100 shuffled orders at whatever window they reach furthest (Westfall
and Young 1993), in novelty or in how all words before differ from all after.
"""
_METHODS: tuple[str, ...] = tuple(
    " ".join(said.split()) for said in (_WORDS, _ENTROPY, _NOVELTY, _SHUFFLED, _MOMENTS)
)
_LIMITS: tuple[str, ...] = (
    "Entropy grows with the number of words: compare it with its band, not with another window's.",
    "New words are not new thoughts: an old subject in other words counts as new.",
)
_NO_PAUSES = (
    "The captions stay until the next one comes: pauses are not known, and words without times of "
    "their own have the time of their line."
)


def account_of(told: TranscriptInsight) -> Account:
    """The account of one transcript."""
    sections = [_new(told), _sentiment(told), _pace(told)] if told.whole.words else []
    if told.chapters is not None and sections:
        sections.insert(1, told.chapters.section())
    return Account(
        kind="transcript",
        subject=told.spoken.title,
        says=tuple(_summary(told)),
        sections=tuple(one for one in sections if one is not None),
        methods=_methods(told) if told.passages else (),
        limits=_limits(told),
        source=told.spoken.origin or told.spoken.name,
    )


def _summary(told: TranscriptInsight) -> list[str]:
    whole = told.whole
    if not whole.words:
        return [f"No word is said in {told.spoken.name}."]
    last = told.passages[-1].window
    words = _noun(told) if whole.words == 1 else _nouns(told)
    lines = [
        f"{whole.words:,} {words}, {whole.types:,} of them different, in "
        f"{counted(len(told.passages), 'window')} ({told.rule.said})"
        + (f" up to {short_clock(last.end_ms)}." if told.spoken.times_known else ".")
    ]
    moments = told.novelty.moments
    if told.novelty.why:
        few = told.novelty.why.removeprefix("too few to say: ")
        lines.append(f"Whether anything in it is surprising cannot be told from {few}.")
    elif moments:
        clocks = list(dict.fromkeys(_clock(told, one) for one in moments))
        lines.append(
            f"{counted(len(clocks), 'moment')} of surprise beyond chance, "
            f"{'at' if len(clocks) <= _FEW else 'foremost'} {', '.join(clocks[:_FEW])}."
        )
    else:
        lines.append("No window is newer, and no shift of words greater, than chance makes them.")
    score = whole.sentiment
    if score is not None and score.polarity is not None:
        subjective = score.subjectivity
        lines.append(
            f"Polarity {score.polarity:.4f}"
            + (f", subjectivity {subjective:.4f}" if subjective is not None else "")
            + f" by {told.engine}, which knew {score.coverage:.0%} of the words."
        )
    elif score is not None:
        lines.append(_unscored(told))
    if whole.terms:
        said = ", ".join(f"{term} ({count})" for term, count in whole.terms[:6])
        lines.append(f"Said most: {said}.")
    return lines


def _unscored(told: TranscriptInsight) -> str:
    language = told.spoken.language
    if language == UNKNOWN:
        return "No sentiment: what language it is in is not known."
    return f"No sentiment: {told.engine} does not know the language ({language}), or no word of it."


def _noun(told: TranscriptInsight) -> str:
    return "pair of characters" if told.whole.pairs else "word"


def _nouns(told: TranscriptInsight) -> str:
    return "pairs of characters" if told.whole.pairs else "words"


def _named(told: TranscriptInsight, one: Surprise, most: int) -> str:
    """The words of a moment; pairs of characters say nothing, so the window's terms there."""
    terms = told.passages[one.window].terms if told.whole.pairs else ()
    return ", ".join((terms or tuple(word.word for word in one.words))[:most])


def _clock(told: TranscriptInsight, one: Surprise) -> str:
    return short_clock(told.passages[one.window].window.start_ms)


def _new(told: TranscriptInsight) -> Section | None:
    if not told.passages:
        return None
    marks = tuple(
        Mark(
            x=float(told.passages[one.window].window.start_ms),
            label=_named(told, one, _FEW),
            url=told.passages[one.window].window.url,
        )
        for one in told.novelty.moments
    )
    figures = [
        _curve(told, "novelty", "Novelty", "bits per word", _relative, marks, of_chance=True),
        _curve(told, "divergence", "Difference from the window before", "bits", _divergence, ()),
        _curve(told, "new-words", "Words not said before", "share", _fresh, ()),
        _curve(told, "entropy", "Entropy of the words", "bits", _entropy, ()),
    ]
    return Section(
        title="What is new",
        says=tuple(_new_lines(told)),
        figures=tuple(one for one in figures if one is not None),
        moments=tuple(_moment(told, one) for one in told.novelty.moments),
    )


def _new_lines(told: TranscriptInsight) -> list[str]:
    whole = told.whole
    lines = []
    if whole.entropy_bits is not None and whole.corrected_bits is not None:
        lines.append(
            f"The entropy of all words is {whole.entropy_bits:.4f} bits "
            f"({whole.corrected_bits:.4f} corrected for their number); it tells how varied they "
            "are, not how new."
        )
    short = sum(one.window.short for one in told.passages)
    if short and len(told.passages) > 1:
        lines.append(
            f"{counted(short, 'window')} with less than half of the usual words: entropy and "
            "surprise of so few words are not to be compared with the others'."
        )
    return lines


def _moment(told: TranscriptInsight, one: Surprise) -> Moment:
    window = told.passages[one.window].window
    words = _named(told, one, 6)
    what = "new here" if one.kind == "new" else "the words change"
    return Moment(
        start_ms=window.start_ms,
        end_ms=window.end_ms,
        label=f"{short_clock(window.start_ms)} {what}: {words} "
        f"(+{one.excess_bits:.2f} bits per word, p {one.p:.3g})",
        text=window.text if len(window.text) <= _QUOTE else window.text[:_QUOTE].rstrip() + " ...",
        url=window.url,
    )


def _curve(
    told: TranscriptInsight,
    name: str,
    title: str,
    unit: str,
    of: Callable[[Measured], Band | None],
    marks: Sequence[Mark],
    *,
    of_chance: bool = False,
) -> Figure | None:
    """A curve with the band of shuffled order; `of_chance` draws what is beyond its mean."""
    bands = [of(one.measured) if one.measured else None for one in told.passages]
    known = [(at, band) for at, band in enumerate(bands) if band is not None]
    if len(known) < 2:
        return None

    def shown(band: Band | None, value: str) -> float | None:
        if band is None:
            return None
        number: float = getattr(band, value)
        return number - band.expected if of_chance else number

    top_at, top = max(known, key=lambda pair: pair[1].excess)
    above = sum(band.value > band.high for _, band in known)
    return Figure(
        name=name,
        title=title,
        says=f"{above} of {len(known)} windows lie above the 95 % band of shuffled order; the "
        f"furthest is {top.excess:+.2f} {unit} from its mean, at "
        f"{short_clock(told.passages[top_at].window.start_ms)}.",
        x=_TIME if told.spoken.times_known else _ORDER,
        y=Axis(label=title.lower(), unit=unit),
        series=(
            Series(
                name=title.lower(),
                x=_starts(told.passages),
                y=tuple(shown(band, "value") for band in bands),
                low=tuple(shown(band, "low") for band in bands),
                high=tuple(shown(band, "high") for band in bands),
            ),
        ),
        marks=tuple(marks),
        origin=told.spoken.origin,
    )


def _sentiment(told: TranscriptInsight) -> Section | None:
    scored = [one for one in told.passages if one.polarity is not None]
    if not scored:
        return None
    values = [one.polarity for one in scored if one.polarity is not None]
    best = max(scored, key=lambda one: one.polarity or 0.0)
    worst = min(scored, key=lambda one: one.polarity or 0.0)
    series = [
        Series(
            name=f"polarity ({told.engine})", x=_starts(told.passages),
            y=tuple(one.polarity for one in told.passages),
        )
    ]  # fmt: skip
    if any(one.subjectivity is not None for one in scored):
        series.append(
            Series(
                name=f"subjectivity ({told.engine})", x=_starts(told.passages),
                y=tuple(one.subjectivity for one in told.passages),
            )
        )  # fmt: skip
    missing = len(told.passages) - len(scored)
    says = f"In the one window that has a figure polarity is {values[0]:.2f}."
    if len(scored) > 1:
        says = (
            f"Polarity goes from {min(values):.2f} at {short_clock(worst.window.start_ms)} to "
            f"{max(values):.2f} at {short_clock(best.window.start_ms)}; half of the windows are "
            f"above {median(values):.2f}."
        )
    lines = [says]
    if missing:
        lines.append(
            f"{counted(missing, 'window')} have no figure: another language, or no word known."
        )
    figure = Figure(
        name="sentiment", title="Sentiment over time", says=says,
        x=_TIME if told.spoken.times_known else _ORDER,
        y=Axis(label="polarity, subjectivity"), series=tuple(series), origin=told.spoken.origin,
    )  # fmt: skip
    extremes = (_extreme(best, low=False), _extreme(worst, low=True))
    return Section(
        title="Sentiment", says=tuple(lines),
        figures=(figure,) if len(scored) > 1 else (),
        moments=extremes if len(scored) >= _FEW else (),
    )  # fmt: skip


def _extreme(one: Passage, *, low: bool) -> Moment:
    """The window of the highest or lowest polarity, with the words that made it."""
    words = [
        " ".join(found.words)
        for found in sorted(
            one.sentiment.assessments if one.sentiment else (),
            key=lambda found: found.polarity if low else -found.polarity,
        )
    ]
    named = ", ".join(dict.fromkeys(words[:8]))
    return Moment(
        start_ms=one.window.start_ms, end_ms=one.window.end_ms, url=one.window.url,
        label=f"{short_clock(one.window.start_ms)} polarity {one.polarity:.2f}"
        + (f": {named}" if named else ""),
        text=one.window.text[:_QUOTE],
    )  # fmt: skip


def _pace(told: TranscriptInsight) -> Section | None:
    if not told.passages or not told.spoken.times_known:
        return _tables(told)
    rates = [one.rate_per_min for one in told.passages]
    fastest = max(told.passages, key=lambda one: one.rate_per_min)
    says = f"{median(rates):.0f} {_nouns(told)} a minute"
    if len(rates) > 1:
        says += (
            f" in the middle window, {max(rates):.0f} in the fastest at "
            f"{short_clock(fastest.window.start_ms)}"
        )
    says += "."
    figure = Figure(
        name="pace", title=f"{_nouns(told).capitalize()} a minute", says=says, x=_TIME,
        y=Axis(label=_nouns(told), unit="1/min"),
        series=(Series(name=f"{_nouns(told)} a minute", x=_starts(told.passages), y=tuple(rates)),),
        origin=told.spoken.origin,
    )  # fmt: skip
    return Section(
        title="Windows", says=(says,), figures=(figure,) if len(rates) > 1 else (),
        tables=(told.table(),),
    )  # fmt: skip


def _tables(told: TranscriptInsight) -> Section | None:
    return Section(title="Windows", tables=(told.table(),)) if told.passages else None


def _methods(told: TranscriptInsight) -> tuple[str, ...]:
    lines = _METHODS + (chapters.METHODS if told.chapters is not None else ())
    if told.engine != "none":
        lines += (f"Sentiment is that of the engine {told.engine} on the text of each window.",)
    return lines


def _limits(told: TranscriptInsight) -> tuple[str, ...]:
    if not told.passages:
        return ()
    found = chapters.LIMITS if told.chapters is not None else ()
    lines: tuple[str, ...] = _LIMITS + found
    if not told.spoken.times_known:
        lines += ("The text tells no times: those shown are guessed, and lead nowhere.",)
    elif not told.spoken.pauses_known:
        lines += (_NO_PAUSES,)
    return lines


def _starts(passages: Sequence[Passage]) -> tuple[float, ...]:
    return tuple(float(one.window.start_ms) for one in passages)


def _relative(one: Measured) -> Band | None:
    return one.relative


def _divergence(one: Measured) -> Band | None:
    return one.divergence


def _fresh(one: Measured) -> Band | None:
    return one.fresh


def _entropy(one: Measured) -> Band | None:
    return one.entropy
