"""Accounts as HTML: sentences, figures with what they show, moments, tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from loquitur.insight.page import embedding, rows, scales
from loquitur.insight.page.artists import SERIES_COLOURS
from loquitur.insight.page.drawing import Picture, draw
from loquitur.insight.page.markup import address, escaped, linked
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.account import Account, Figure, Mark, Moment, Section
    from loquitur.insight.page.detail import Detail
    from loquitur.insight.page.drawing import Size

_MOST_SUBJECT = 200
_MOST_SENTENCE = 1_200
_MOST_QUOTE = 280
_SHORT_QUOTE = 70
_MOST_MARKS = 60
_DASHES = ("", ' stroke-dasharray="6 3"', ' stroke-dasharray="2.4 2.4"',
           ' stroke-dasharray="9 2.4 2.4 2.4"')  # fmt: skip
_TIME = re.compile(r"\A\d{1,2}(?::\d\d){1,2}:?\s+")
"""A time before a label, which the link beside it has already."""
KINDS = {
    "stats": "Statistics", "chat": "Chat", "transcript": "Transcript", "keywords": "Terms",
    "sentiment": "Sentiment", "voices": "Voices", "reviews": "Reviews",
    "comments": "Comments", "labels": "Labels",
}  # fmt: skip
"""What an analysis is called in headings."""

Pictures = dict[tuple[int, Any], Picture]
"""Drawn figures by the figure's id and the size: drawn once, whatever levels are tried."""


def sentences(says: Sequence[str], most: int = 0) -> str:
    """Paragraphs, a sentence each."""
    kept = says[:most] if most else says
    return "".join(f'<p dir="auto">{escaped(text, _MOST_SENTENCE)}</p>' for text in kept)


class Content:
    """Makes the parts of one page, and gathers the data that go with them.

    Args:
        detail: How much is shown.
        folder: Of the page, from which links to files lead.
        pictures: Those drawn already.
        ids: Parts have ids, to be linked to, and data; a fragment's have none.
    """

    def __init__(
        self,
        detail: Detail,
        *,
        folder: str = "",
        pictures: Pictures | None = None,
        ids: bool = True,
    ) -> None:
        self.data: dict[str, Any] = {}
        self._detail, self._folder, self._ids = detail, folder, ids
        self._pictures: Pictures = {} if pictures is None else pictures

    def account(self, account: Account, number: int, *, level: int = 2, alone: bool = False) -> str:
        """An account: all of it, as far as the detail goes.

        Args:
            account: What is shown.
            number: Tells its ids from those of others.
            level: Of its heading.
            alone: It is the page's only one, whose subject and summary stand above already.
        """
        detail = self._detail
        figures, tables = detail.figures, detail.tables
        parts = []
        for at, section in enumerate(account.sections, 1):
            part = self._section(section, f"a{number}-{at}", level + 1, (figures, tables))
            figures = max(0, figures - len(section.figures))
            tables = max(0, tables - len(section.tables))
            parts.append(part)
        left = self._left_out(account)
        name = f' id="a{number}"' if self._ids else ""
        kind = KINDS.get(account.kind, account.kind.capitalize())
        source = linked(escaped(account.source, _MOST_SUBJECT), account.source, self._folder)
        about = " · ".join(part for part in ("" if alone else escaped(kind, 40), source) if part)
        subject = kind if alone else account.subject
        says = "" if alone else f'<div class="says">{sentences(account.says)}</div>'
        return (
            f"<article{name}><h{level}><bdi>{escaped(subject, _MOST_SUBJECT)}</bdi></h{level}>"
            f'<p class="note">{about}</p>{says}{"".join(parts)}{left}</article>'
        )

    def _section(self, section: Section, name: str, level: int, room: tuple[int, int]) -> str:
        detail = self._detail
        figures = [
            self._figure(figure, f"{name}-f{at}", section.moments)
            for at, figure in enumerate(section.figures[: room[0]], 1)
        ]
        moments = self._moments(section.moments[: detail.moments])
        if detail.moments and len(section.moments) > detail.moments:
            moments += _note(
                f"The first {detail.moments} of {len(section.moments):,} moments are listed."
            )
        tables = [
            self._table(table, f"{name}-t{at}")
            for at, table in enumerate(section.tables[: room[1]], 1)
        ]
        shown_already = [figure.says for figure in section.figures[: room[0]]]
        says = [
            text for text in section.says if not any(one.startswith(text) for one in shown_already)
        ]
        said = sentences(says) if detail.sections else ""
        shown = "".join(figures)
        if figures and len(detail.sizes) == 1 and self._ids:
            shown = f'<div class="side">{shown}</div>'
        inside = said + shown + moments + "".join(tables)
        if not inside:
            return ""
        ident = f' id="{name}"' if self._ids else ""
        head = f"<h{level}>{escaped(section.title, _MOST_SUBJECT)}</h{level}>"
        return f"<section{ident}>{head}{inside}</section>"

    def _figure(self, figure: Figure, name: str, moments: Sequence[Moment]) -> str:
        pictures = [self._picture(figure, size) for size in self._detail.sizes]
        notes = dict.fromkeys(note for picture in pictures[:1] for note in picture.notes)
        key = ""
        if self._ids and self._detail.points:
            self.data[name] = embedding.figure_data(figure, figure.name, self._detail.points)
            key = f' data-f="{name}"'
        named = len(figure.series) > 1 and not figure.y.names
        legend = _legend(figure) if named else ""
        return (
            f"<figure{key}><figcaption><strong>{escaped(figure.title, _MOST_SUBJECT)}</strong> "
            f'<span dir="auto">{escaped(figure.says, _MOST_SENTENCE)}</span></figcaption>{legend}'
            + "".join(picture.svg for picture in pictures)
            + "".join(map(_note, notes))
            + self._marks(figure, pictures, moments)
            + "</figure>"
        )

    def _picture(self, figure: Figure, size: Size) -> Picture:
        key = (id(figure), size)
        if key not in self._pictures:
            self._pictures[key] = draw(figure, size, self._folder)
        return self._pictures[key]

    def _marks(self, figure: Figure, pictures: Sequence[Picture], moments: Sequence[Moment]) -> str:
        """The marks as a list, by number, each a link to its moment where it has one.

        There is none where the picture has their names, and nothing leads on from there that the
        moments below do not lead to.
        """
        marks = figure.marks[:_MOST_MARKS]
        below = {moment.url for moment in moments[: self._detail.moments]}
        linked_on = any(address(mark.url) and mark.url not in below for mark in marks)
        if not linked_on and not any(picture.numbered for picture in pictures):
            return ""
        items = "".join(f"<li>{self._mark(figure, mark)}</li>" for mark in marks)
        more = ""
        if len(figure.marks) > len(marks):
            more = _note(f"The first {len(marks)} of {len(figure.marks):,} marks are listed.")
        return f'<ol class="marks">{items}</ol>{more}'

    def _mark(self, figure: Figure, mark: Mark) -> str:
        place = scales.said(figure.x, mark.x)
        label = f"<bdi>{escaped(mark.label, _MOST_SUBJECT)}</bdi>"
        return f"{linked(escaped(place), mark.url, self._folder)} {label}"

    def _moments(self, moments: Sequence[Moment]) -> str:
        if not moments:
            return ""
        items = []
        for moment in moments:
            quote = _quoted(moment.text)
            label = escaped(_TIME.sub("", moment.label), _MOST_SUBJECT)
            items.append(
                f"<li>{linked(_span(moment), moment.url, self._folder)} <bdi>{label}</bdi>"
                f"{quote}</li>"
            )
        return f'<ul class="moments">{"".join(items)}</ul>'

    def _table(self, table: Any, name: str) -> str:
        most = self._detail.data_rows if self._ids else 0
        if most:
            self.data[name] = embedding.table_data(table, most)
        return rows.table_html(
            table, most=self._detail.rows, key=name if most else "", whole=len(table) <= most
        )

    def _left_out(self, account: Account) -> str:
        detail = self._detail
        figures = sum(len(part.figures) for part in account.sections) - detail.figures
        tables = sum(len(part.tables) for part in account.sections) - detail.tables
        found = [
            counted(count, noun)
            for count, noun in ((figures, "figure"), (tables, "table"))
            if count > 0
        ]
        if not found:
            return ""
        told_by = "chat" if account.kind == "comments" else account.kind
        verb = f"loquitur insight {escaped(told_by, 20)}"
        return _note(
            f"Left out here to keep the page small: {' and '.join(found)}; {verb} shows them."
        )


def _span(moment: Moment) -> str:
    """When it is: from when to when, or one time where it is over within the second."""
    if moment.at:
        return escaped(moment.at, 40)
    start, end = scales.clock(moment.start_ms), scales.clock(moment.end_ms)
    return start if moment.end_ms - moment.start_ms <= 1 or start == end else f"{start}–{end}"


def _quoted(text: str) -> str:
    """What is said at a moment: behind it where it is short, else on lines of its own."""
    if not text:
        return ""
    look = ' class="o"' if len(text) > _SHORT_QUOTE else ""
    return f' <q{look} dir="auto">{escaped(text, _MOST_QUOTE)}</q>'


def _legend(figure: Figure) -> str:
    """Which look is which series."""
    items = []
    for at, one in enumerate(figure.series[: 2 * SERIES_COLOURS]):
        colour = at % SERIES_COLOURS
        if one.drawn == "bars":
            sign = f'<path class="f{colour}" d="M0 0h22v10h-22z"/>'
        elif one.drawn == "points" or figure.x.names:
            sign = f'<circle class="f{colour}" cx="11" cy="5" r="4"/>'
        else:
            dash = _DASHES[at % len(_DASHES)]
            sign = f'<path class="k{colour}" stroke-width="2" d="M0 5h22"{dash}/>'
        items.append(
            f'<li><svg viewBox="0 0 22 10" aria-hidden="true">{sign}</svg>'
            f"<bdi>{escaped(one.name, 80)}</bdi></li>"
        )
    return f'<ul class="key">{"".join(items)}</ul>'


def _note(text: str) -> str:
    return f'<p class="note">{text}</p>'
