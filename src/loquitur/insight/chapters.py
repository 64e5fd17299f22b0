"""Chapters of what was said: where the subject changes, and what each part is about.

They come of words, pauses and cue phrases alone. `speech.outlining` makes chapters too, in the
words of a language model; both are written by `formats.chapter_list`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.formats import chapter_list
from loquitur.insight import links
from loquitur.insight.account import Axis, Figure, Mark, Moment, Section, Series
from loquitur.insight.keyterms import Term, key_terms, titles
from loquitur.insight.pieces import pieces as pieces_of
from loquitur.insight.segmentation import depth, vectors
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.pieces import Piece
    from loquitur.insight.spoken import Spoken

_SHORTEST_MS = 60_000
_USUAL_MS = 270_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A chapter.

    Args:
        start_ms: Media time; the first begins at 0.
        end_ms: Exclusive: where the next begins, or the last word ends.
        title: Of its key terms.
        url: The link to its start; empty where there is none.
        terms: What is said more in it than elsewhere in the video, the best first.
        score: How marked the border at its start is, 0..1; None for the first.
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
        chapters: In time order, without holes; empty where none are clear.
        clear: Whether the borders are more than chance would give.
        why: One sentence.
        curve: Times (ms) and depths, 0..1, of the places where one could begin.
        origin: See `Spoken`.
    """

    chapters: tuple[Chapter, ...]
    clear: bool
    why: str
    curve: tuple[tuple[int, float], ...] = ()
    origin: str = ""

    def plain(self) -> list[dict[str, Any]]:
        """The chapters as plain values: a list of start_ms, end_ms, title, url, terms, score."""
        return [
            {
                "start_ms": one.start_ms,
                "end_ms": one.end_ms,
                "title": one.title,
                "url": one.url or None,
                "terms": [
                    {"term": term.text, "count": term.count, "z": term.z} for term in one.terms
                ],
                "score": one.score,
            }
            for one in self.chapters
        ]

    def section(self) -> Section:
        """What an account says of them: the curve with its marks, and the list."""
        figure = Figure(
            name="chapters",
            title="Where the subject changes",
            says=self.why,
            x=Axis(label="time", scale="clock"),
            y=Axis(label="depth", unit="0..1"),
            series=(
                Series(
                    name="depth",
                    x=tuple(float(at) for at, _ in self.curve),
                    y=tuple(value for _, value in self.curve),
                ),
            ),
            marks=tuple(
                Mark(x=float(one.start_ms), label=one.title, url=one.url) for one in self.chapters
            ),
            origin=self.origin,
        )
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
        return Section(
            title="Chapters",
            says=(self.why,),
            figures=(figure,) if self.curve else (),
            moments=moments,
        )


def youtube_text(chapters: Chapters) -> str:
    """The chapters as a description of YouTube takes them; empty where there are none."""
    return chapter_list.write(chapters.chapters)


def find_chapters(spoken: Spoken, *, count: int | None = None) -> Chapters:
    """The chapters of what was said in a video.

    Args:
        spoken: What was said.
        count: How many chapters; None lets their length decide.
    """
    pieces = pieces_of(spoken)
    if len(pieces) < 3 or pieces[-1].end_ms < 3 * _SHORTEST_MS:
        return Chapters(
            chapters=(), clear=False, why="It is too short for chapters.", origin=spoken.origin
        )
    deep = depth(pieces, vectors(pieces))
    span = pieces[-1].end_ms
    wanted = count or max(3, round(span / _USUAL_MS))
    borders: list[int] = []
    for at in np.argsort(-deep, kind="stable"):
        start = pieces[at].start_ms
        places = [0, span, *(pieces[one].start_ms for one in borders)]
        if len(borders) + 1 < wanted and all(abs(start - one) >= _SHORTEST_MS for one in places):
            borders.append(int(at))
    made = _made(pieces, sorted(borders), deep, spoken)
    return Chapters(
        chapters=made,
        clear=True,
        why=f"{len(made)} chapters, {span / len(made) / 60_000:.1f} minutes long on average.",
        curve=tuple(
            (one.start_ms, round(float(at), 4)) for one, at in zip(pieces, deep, strict=True)
        ),
        origin=spoken.origin,
    )


def _made(
    pieces: Sequence[Piece], borders: Sequence[int], deep: Any, spoken: Spoken
) -> tuple[Chapter, ...]:
    edges = [0, *borders, len(pieces)]
    texts = [" ".join(one.text for one in pieces[a:b]) for a, b in pairwise(edges)]
    terms = key_terms(texts, language=spoken.language)
    starts = [0, *(pieces[at].start_ms for at in borders), pieces[-1].end_ms]
    return tuple(
        Chapter(
            start_ms=start,
            end_ms=end,
            title=title or f"Part {number}",
            url=links.moment(spoken.origin, start),
            terms=listed,
            score=round(float(min(1.0, deep[at])), 4) if at else None,
        )
        for number, ((start, end), title, listed, at) in enumerate(
            zip(pairwise(starts), titles(terms), terms, edges, strict=False), 1
        )
    )
