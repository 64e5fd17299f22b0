"""Chapters of what was said: where the subject changes, and what each part is about.

They come of words, speakers, pauses and cue phrases alone. `speech.outlining` makes chapters too,
in the words of a language model; both are written by `formats.chapter_list`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from loquitur.formats import chapter_list
from loquitur.insight import links
from loquitur.insight.account import Account, Axis, Figure, Mark, Moment, Section, Series
from loquitur.insight.chapters.dividing import Division, Method, divide
from loquitur.insight.chapters.keyterms import Term, key_terms, titles
from loquitur.insight.chapters.pieces import pieces as pieces_of
from loquitur.insight.chapters.segmentation import SHORTEST_MS
from loquitur.tables.cells import Column
from loquitur.tables.table import Table
from loquitur.text import counted
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.insight.chapters.pieces import Piece
    from loquitur.insight.spoken.fragments import Spoken

_MOST_POINTS = 1500

METHODS = (
    (
        "A chapter begins where the words of the two sides differ (cosine in a latent space made"
        " of this text alone), where other speakers take over, new words come up, somebody begins"
        " to talk at length, pauses, or says so; the borders are the best set of all (dynamic"
        " programming). There are none unless the speech hangs together more than in 97.5 % of"
        " random orders of its sentences (permutation test, 199 orders)."
    ),
    (
        "Titles are the terms that are said more in a chapter than in the rest: log-odds with a"
        " Dirichlet prior, in standard errors (Monroe, Colaresi and Quinn 2008)."
    ),
)
"""How chapters are made, for the account they stand in."""
LIMITS = (
    (
        "Chapters are guesses: on meetings whose topics people marked, the share of pairs of"
        " moments put together or apart wrongly (Pk) is 0.34, and 0.37 with no border at all."
    ),
)
"""What they do not say."""

COLUMNS = (
    Column(name="start_ms", type="int", description="where the chapter begins", unit="ms"),
    Column(name="end_ms", type="int", description="where it ends", unit="ms", derived=True),
    Column(name="title", description="its key terms", derived=True),
    Column(name="score", type="float", description="how marked its border is, 0..1", derived=True),
    Column(name="terms", type="list", description="said more in it than elsewhere", derived=True),
    Column(name="url", description="the moment"),
)
"""Of the table of chapters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A chapter.

    Args:
        start_ms: Media time; the first begins at 0.
        end_ms: Exclusive: where the next begins, or the video or the last word ends.
        title: Of its key terms.
        url: The link to its start; empty where there is none.
        terms: What is said more in it than elsewhere in the video, the best first.
        score: How marked the border at its start is, 0..1 (0.5: just worth it); no probability.
            None for the first.
    """

    start_ms: int
    end_ms: int
    title: str
    url: str = ""
    terms: tuple[Term, ...] = ()
    score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapters:
    """The chapters of one video, or why there are none.

    Args:
        chapters: In time order, without holes; empty where none are clear and none were asked for.
        clear: Whether the speech hangs together more than in random order, and a place stands out.
        why: One sentence.
        subject: Of what video.
        p: The share of random orders that hang together as much; None where it is too short to say.
        curve: Times (ms) and the evidence for a border there, in standard deviations.
        threshold: What evidence is worth a border.
        origin: See `Spoken`.
        times_known: See `Spoken`.
    """

    chapters: tuple[Chapter, ...]
    clear: bool
    why: str
    subject: str = ""
    p: float | None = None
    curve: tuple[tuple[int, float], ...] = ()
    threshold: float = 0.0
    origin: str = ""
    times_known: bool = True

    @property
    def faults(self) -> tuple[str, ...]:
        """Why YouTube would show none of them, a sentence each; empty where it would."""
        end_ms = self.chapters[-1].end_ms if self.chapters else None
        guessed = () if self.times_known else ("the text tells no times: these are guessed",)
        return guessed + chapter_list.faults(self.chapters, duration_ms=end_ms)

    def plain(self) -> list[dict[str, Any]]:
        """The chapters as plain values: a list of start_ms, end_ms, title, url, score, terms."""
        return [
            {
                "start_ms": one.start_ms,
                "end_ms": one.end_ms,
                "title": one.title,
                "url": one.url or None,
                "score": one.score,
                "terms": [{"term": it.text, "count": it.count, "z": it.z} for it in one.terms],
            }
            for one in self.chapters
        ]

    def table(self) -> Table:
        """A row for each chapter."""
        rows = [
            (
                one.start_ms,
                one.end_ms,
                one.title,
                one.score,
                tuple(it.text for it in one.terms),
                one.url or None,
            )
            for one in self.chapters
        ]
        about = {"clear": self.clear, "why": self.why, "p": self.p}
        return Table.from_rows("chapters", COLUMNS, rows, about=about)

    def section(self) -> Section:
        """What an account says of them: the curve with its marks, and the list."""
        moments = tuple(
            Moment(
                start_ms=one.start_ms,
                end_ms=one.end_ms,
                label=f"{short_clock(one.start_ms)} {one.title}",
                text=", ".join(term.text for term in one.terms),
                url=one.url,
            )
            for one in self.chapters
        )
        figures = (self._figure(),) if self.curve else ()
        return Section(title="Chapters", says=(self.why,), figures=figures, moments=moments)

    def account(self) -> Account:
        """The section as an account of its own, with its methods and limits."""
        return Account(
            kind="transcript",
            subject=self.subject,
            says=(self.why,),
            sections=(self.section(),),
            methods=METHODS,
            limits=LIMITS,
            source=self.origin,
        )

    def _repr_html_(self) -> str:
        from loquitur.insight import page

        return page.fragment(self.account())

    def _figure(self) -> Figure:
        times = tuple(float(at) for at, _ in self.curve)
        return Figure(
            name="chapters",
            title="Where the subject changes",
            says=f"{self.why} The higher the line, the more speaks for a new subject.",
            x=Axis(label="time", scale="clock"),
            y=Axis(label="evidence for a border", unit="standard deviations"),
            series=(
                Series(name="evidence", x=times, y=tuple(value for _, value in self.curve)),
                Series(
                    name="worth a chapter",
                    x=(times[0], times[-1]),
                    y=(self.threshold, self.threshold),
                ),
            ),
            marks=tuple(
                Mark(x=float(one.start_ms), label=one.title, url=one.url) for one in self.chapters
            ),
            origin=self.origin,
        )


def youtube_text(chapters: Chapters) -> str:
    """The chapters as a description on YouTube takes them (`0:00 Title`); empty where none are.

    What YouTube would refuse is in `Chapters.faults`.
    """
    return chapter_list.write(chapters.chapters)


def find_chapters(
    spoken: Spoken,
    *,
    count: int | None = None,
    method: Method = "evidence",
    embeddings: NDArray[Any] | None = None,
    shortest_ms: int = SHORTEST_MS,
) -> Chapters:
    """The chapters of what was said in a video.

    Args:
        spoken: What was said.
        count: How many chapters; None for as many as are clear, none included.
        method: `evidence` (all there is), `depth` (words alone) or `changes` (change points of
            the words' latent vectors, by ruptures).
        embeddings: A vector for each fragment, of whatever model; shape (fragments, dimensions).
        shortest_ms: No chapter is shorter; less where `count` leaves no other way.

    Raises:
        UsageError: A count below 1, a shortest chapter below 10 s, or embeddings of another number.
        MissingError: scipy or, for `changes`, ruptures is not installed.
    """
    pieces = pieces_of(spoken)
    found = divide(
        pieces,
        count=count,
        method=method,
        language=spoken.language,
        embeddings=embeddings,
        fragments=len(spoken.fragments),
        shortest_ms=shortest_ms,
    )
    made = _made(pieces, found, spoken) if found.borders or (count is not None and pieces) else ()
    return Chapters(
        chapters=made,
        clear=found.clear,
        why=_why(made, found),
        subject=spoken.title,
        p=found.p,
        curve=_thinned(pieces, found.scores),
        threshold=found.threshold,
        origin=spoken.origin,
        times_known=spoken.times_known,
    )


def _made(pieces: Sequence[Piece], found: Division, spoken: Spoken) -> tuple[Chapter, ...]:
    edges = [0, *found.borders, len(pieces)]
    texts = [" ".join(one.text for one in pieces[a:b]) for a, b in pairwise(edges)]
    terms = key_terms(texts, language=spoken.language)
    end_ms = max(spoken.duration_ms or 0, *(piece.end_ms for piece in pieces))
    starts = [0, *(pieces[at].start_ms for at in found.borders), end_ms]
    return tuple(
        Chapter(
            start_ms=start,
            end_ms=end,
            title=title or f"Part {number}",
            url=links.moment(spoken.origin, start),
            terms=listed,
            score=found.marked(at) if at else None,
        )
        for number, ((start, end), title, listed, at) in enumerate(
            zip(pairwise(starts), titles(terms), terms, edges, strict=False), 1
        )
    )


def _why(made: Sequence[Chapter], found: Division) -> str:
    if found.p is None:
        return found.reason
    if not made:
        return f"No clear chapters: {found.reason}."
    mean_min = made[-1].end_ms / len(made) / 60_000
    said = f"{counted(len(made), 'chapter')}, {mean_min:.1f} minutes long on average"
    return f"{said}; {found.reason}." if found.clear else f"{said}, not clear ones: {found.reason}."


def _thinned(pieces: Sequence[Piece], scores: Sequence[float]) -> tuple[tuple[int, float], ...]:
    """The curve with its peaks, 1,500 points at most."""
    step = -(-len(scores) // _MOST_POINTS) or 1
    found = []
    for at in range(0, len(scores), step):
        best = max(range(at, min(at + step, len(scores))), key=lambda it: scores[it])
        found.append((pieces[best].start_ms, round(float(scores[best]), 3)))
    return tuple(found)
