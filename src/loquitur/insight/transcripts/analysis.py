"""What was said in videos, window by window: sentiment, novelty, chapters, pace, terms."""

from __future__ import annotations

import re
from collections import Counter, deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import LoquiturError, UsageError
from loquitur.insight.chapters.keyterms import key_terms, known_of, said_most
from loquitur.insight.spoken.fragments import Spoken
from loquitur.insight.spoken.reading import read_spoken
from loquitur.insight.spoken.sentences import stretches
from loquitur.insight.spoken.timeline import timeline
from loquitur.insight.spoken.windows import parse_window, windows_of
from loquitur.insight.texts.scoring import DEFAULT, reader
from loquitur.insight.tokens import in_pairs, tokens
from loquitur.insight.transcripts import novelty
from loquitur.insight.transcripts.result import Passage, TranscriptInsight, Whole
from loquitur.subtitles.guessing import likely_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loquitur.insight.chapters.analysis import Chapters
    from loquitur.insight.spoken.windows import Last, Window, WindowRule
    from loquitur.model.sentiment import Sentiment
    from loquitur.protocols import SentimentReader

NO_ENGINE = "none"
_ENOUGH_WORDS = 20
"""A window of fewer words is in the language of the whole, unless its script says another."""
_ENOUGH_SIGNS = 600
"""Of a window, its first characters tell its language."""
_TERMS = 12
_TOGETHER = 8
"""Files that are handed to another process at a time."""
_LETTERS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptOptions:
    """How transcripts are looked at.

    Args:
        window: As people type it: `words:300`, `time:5m`, `sentence`, `paragraph`.
        last: What becomes of a last window that is shorter than half: `merge` or `keep`.
        engine: Of sentiment, `NAME` or `NAME:MODEL`; `none` for no sentiment.
        video_id: Of YouTube, for links; empty for what files say.
        language: BCP 47; empty for what files, else their words say.
        chapters: Whether chapters are looked for.
        chapter_count: How many; None for as many as are clear.
        terms: Whether key terms are looked for.
        orders: Random orders that each text is held against.
        seed: Of the orders.

    Raises:
        UsageError: There is no such window, or too few orders.
    """

    window: str = "words:300"
    last: Last = "merge"
    engine: str = DEFAULT
    video_id: str = ""
    language: str = ""
    chapters: bool = True
    chapter_count: int | None = None
    terms: bool = True
    orders: int = novelty.ORDERS
    seed: int = 0

    def __post_init__(self) -> None:
        if not novelty.ORDERS <= self.orders <= 10_000:
            raise UsageError(
                f"{self.orders} orders", hint=f"give {novelty.ORDERS} to 10000: fewer tell nothing"
            )
        parse_window(self.window)

    @property
    def rule(self) -> WindowRule:
        """How windows are cut."""
        return parse_window(self.window, last=self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one of many files: a result, or why there is none."""

    source: str
    result: TranscriptInsight | None = None
    error: LoquiturError | None = None


def transcript(
    source: str | Path | Spoken,
    *,
    window: str = "words:300",
    engine: str = DEFAULT,
    video_id: str = "",
    language: str = "",
    chapters: bool = True,
    orders: int = novelty.ORDERS,
    seed: int = 0,
) -> TranscriptInsight:
    """What was said in one video, window by window.

    Args:
        source: A file, or what was read from one.
        window: `words:300`, `time:5m`, `sentence` or `paragraph`.
        engine: Of sentiment, as in `loquitur engines`; `none` for no sentiment.
        video_id: Of YouTube, for links; empty for what the file says.
        language: BCP 47; empty for what the file, else its words say.
        chapters: Whether chapters are looked for.
        orders: Random orders that the text is held against.
        seed: Of the orders.

    Raises:
        InputError: The file cannot be read, or is none.
        UsageError: There is no such window or engine.
        MissingError: The engine's package is not installed.
    """
    options = TranscriptOptions(
        window=window, engine=engine, video_id=video_id, language=language, chapters=chapters,
        orders=orders, seed=seed,
    )  # fmt: skip
    return look_at(source, options)


def transcripts(
    sources: Iterable[str | Path], options: TranscriptOptions | None = None, *, jobs: int = 1
) -> Iterator[Outcome]:
    """Many files, one after another or side by side, in their order; one that fails stops none.

    Args:
        sources: Files.
        options: For all of them.
        jobs: Processes.

    Raises:
        UsageError: There is no such engine.
        MissingError: The engine's package is not installed.
    """
    options = options or TranscriptOptions()
    scorer = _reader(options)  # what is missing is told before the first file
    if jobs <= 1:
        for source in sources:
            yield _outcome(str(source), options, scorer)
        return
    yield from _side_by_side(list(map(str, sources)), options, jobs)


def look_at(
    source: str | Path | Spoken,
    options: TranscriptOptions,
    *,
    scorer: SentimentReader | None = None,
) -> TranscriptInsight:
    """One video by options; `scorer` is the engine where it is loaded already.

    Raises:
        LoquiturError: As `transcript`.
    """
    file = source.name if isinstance(source, Spoken) else str(source)
    if not isinstance(source, Spoken):
        source = read_spoken(source, video_id=options.video_id, language=options.language)
    scorer = scorer or _reader(options)
    rule = options.rule
    windows = windows_of(source, rule, line=timeline(source))
    said = [tokens(window.text) for window in windows]
    grammar = _grammar(source.language)
    text = " ".join(fragment.text for fragment in source.fragments)
    found = novelty.measure(
        said, orders=options.orders, seed=options.seed, grammar=grammar, pieces=stretches(text)
    )
    scores = _scores(windows, source, options, scorer)
    terms = _terms(windows, source, options)
    every = [word for words in said for word in words]
    pairs = in_pairs(every)
    whole = Whole(
        words=len(every),
        types=len(set(every)),
        entropy_bits=novelty.entropy_bits(every) if every else None,
        corrected_bits=novelty.miller_madow_bits(every) if every else None,
        sentiment=_of_whole(text, source, scorer) if every else None,
        terms=_said_most(every, text, source, pairs=pairs) if options.terms else (),
        pairs=pairs,
    )
    return TranscriptInsight(
        file=file,
        spoken=replace(source, fragments=()),
        rule=rule,
        engine=options.engine,
        passages=tuple(
            Passage(window=window, measured=measured, sentiment=score, terms=some)
            for window, measured, score, some in zip(
                windows, found.windows, scores, terms, strict=True
            )
        ),
        whole=whole,
        novelty=replace(found, windows=()),
        chapters=_chapters(source, options.chapter_count) if options.chapters else None,
    )


def _chapters(spoken: Spoken, count: int | None) -> Chapters:
    from loquitur.insight.chapters.analysis import find_chapters

    return find_chapters(spoken, count=count)


def _reader(options: TranscriptOptions) -> SentimentReader | None:
    return None if options.engine == NO_ENGINE else reader(options.engine)


def _scores(
    windows: Sequence[Window],
    spoken: Spoken,
    options: TranscriptOptions,
    scorer: SentimentReader | None,
) -> list[Sentiment | None]:
    if scorer is None:
        return [None] * len(windows)
    told = [options.language or _language(window, spoken) for window in windows]
    return list(scorer.score([window.text for window in windows], languages=told))


def _of_whole(text: str, spoken: Spoken, scorer: SentimentReader | None) -> Sentiment | None:
    if scorer is None:
        return None
    return next(iter(scorer.score([text], languages=[spoken.language])))


def _language(window: Window, spoken: Spoken) -> str:
    """The language of a window, where it is plainly another than that of the whole."""
    if window.words < _ENOUGH_WORDS and window.text.isascii():
        return spoken.language
    return likely_language([window.text[:_ENOUGH_SIGNS]]) or spoken.language


def _grammar(language: str) -> frozenset[str]:
    return frozenset(known_of(language).get("stop", ()))


def _terms(
    windows: Sequence[Window], spoken: Spoken, options: TranscriptOptions
) -> list[tuple[str, ...]]:
    """What each window says more than the others, the best first."""
    if not options.terms or len(windows) < 2:
        return [()] * len(windows)
    found = key_terms([window.text for window in windows], language=spoken.language, most=5)
    return [tuple(term.text for term in some) for some in found]


def _said_most(
    words: Sequence[str], text: str, spoken: Spoken, *, pairs: bool
) -> tuple[tuple[str, int], ...]:
    """The words said most, or the runs of one script where words are pairs of characters."""
    runs = said_most(text, language=spoken.language, most=_TERMS) if pairs else ()
    return runs or _frequent(words, _grammar(spoken.language))


def _frequent(words: Sequence[str], grammar: frozenset[str]) -> tuple[tuple[str, int], ...]:
    """The words said most that are none of grammar; without a list of those, only long ones."""
    counts = Counter(words)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    some = (
        pair
        for pair in ranked
        if pair[0] not in grammar and _LETTERS.search(pair[0]) and (grammar or len(pair[0]) > 3)
    )
    return tuple(pair for pair, _ in zip(some, range(_TERMS), strict=False) if pair[1] > 1)


def _outcome(source: str, options: TranscriptOptions, scorer: SentimentReader | None) -> Outcome:
    try:
        return Outcome(source=source, result=look_at(source, options, scorer=scorer))
    except LoquiturError as exc:
        return Outcome(source=source, error=exc)


_lent: dict[TranscriptOptions, SentimentReader | None] = {}
"""The engine of a process that works for another, which loads it once."""


def _some(sources: Sequence[str], options: TranscriptOptions) -> list[Outcome]:
    if options not in _lent:
        _lent[options] = _reader(options)
    return [_outcome(source, options, _lent[options]) for source in sources]


def _side_by_side(
    sources: Sequence[str], options: TranscriptOptions, jobs: int
) -> Iterator[Outcome]:
    """The files in other processes; only so many results are held as are being worked on."""
    import multiprocessing
    from concurrent.futures import Future, ProcessPoolExecutor

    parts = [sources[at : at + _TOGETHER] for at in range(0, len(sources), _TOGETHER)]
    waiting: deque[Future[list[Outcome]]] = deque()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=min(jobs, len(parts) or 1), mp_context=context) as pool:
        for part in parts:
            waiting.append(pool.submit(_some, part, options))
            if len(waiting) > 2 * jobs:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
