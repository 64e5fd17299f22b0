"""Cards to learn by: terms and what they are, questions and answers, sentences with a gap.

Nothing on a card is made up: its sides are words that were said. A card's identity is the video and
what it asks for, not the sentence that answers, so that cards of a video that was recognised anew
take the place of the old ones and keep their history.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loquitur.library.sheets import choosing
from loquitur.library.terms import terms, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from loquitur.library.sheets.sentences import Sentence
    from loquitur.library.sheets.sheet import Sheet

    Chapters = Mapping[Sentence, tuple[int, str]]

Sort = Literal["definition", "question", "cloze"]
USUAL = 30
"""Cards of a video, where nobody says how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card.

    Args:
        sort: What it is.
        id: The same for the same video and the same thing asked.
        front: What is asked; of a cloze the whole sentence.
        back: What was said; of a cloze empty.
        gaps: Of a cloze, the half-open ranges of characters of `front` that are hidden.
        start_ms: Of what was said, media time.
        url: Of its moment; empty where it has none.
        chapter: The title of the chapter it is from.
        number: The chapter's, from 1.
    """

    sort: Sort
    id: str
    front: str
    start_ms: int
    back: str = ""
    gaps: tuple[tuple[int, int], ...] = ()
    url: str = ""
    chapter: str = ""
    number: int = 1


def cards_of(sheet: Sheet, *, most: int = USUAL) -> tuple[Card, ...]:
    """The cards of a sheet, in the order of time.

    Args:
        sheet: Of a video or a subject.
        most: How many at most: explained terms first, then questions, then gaps.
    """
    chapters = {
        sentence: (number, digest.section.title)
        for number, digest in enumerate(sheet.digests, 1)
        for sentence in digest.section.sentences
    }
    told = [*_definitions(sheet, chapters), *_questions(sheet, chapters)]
    used = {one.sentence.text for one in sheet.terms if one.defined}
    used |= {each.text for one in sheet.questions for each in one.answer}
    chosen: dict[str, Card] = {}
    for card in (*told, *_gaps(sheet, chapters, used)):
        if len(chosen) < most:
            chosen.setdefault(card.id, card)
    return tuple(sorted(chosen.values(), key=lambda one: (one.number, one.start_ms, one.id)))


def gaps_for(term: str, text: str, *, language: str) -> tuple[tuple[int, int], ...]:
    """Where a text has a term, in whatever form, as ranges of characters.

    >>> gaps_for("symmetry group", "Symmetry groups are groups.", language="en")
    ((0, 15),)
    """
    wanted = terms(term, language=language)
    plain = [match.span() for match in re.finditer(re.escape(term), text, re.IGNORECASE)]
    if not term.isascii() or not wanted:
        return tuple(plain)
    row = list(tokens(text, language=language))
    return tuple(
        (row[at].start, row[at + len(wanted) - 1].end)
        for at in range(len(row) - len(wanted) + 1)
        if [one.term for one in row[at : at + len(wanted)]] == wanted
    )


def _definitions(sheet: Sheet, chapters: Chapters) -> Iterator[Card]:
    for one in sheet.terms:
        if one.defined:
            said = " ".join(sentence.text for sentence in one.told)
            yield _card(sheet, chapters, "definition", one.term, one.told[0], front=one.term,
                        back=said)  # fmt: skip


def _questions(sheet: Sheet, chapters: Chapters) -> Iterator[Card]:
    for one in sheet.questions:
        said = " ".join(sentence.text for sentence in one.answer)
        yield _card(sheet, chapters, "question", one.question.text, one.question,
                    front=one.question.text, back=said)  # fmt: skip


def _gaps(sheet: Sheet, chapters: Chapters, used: set[str]) -> Iterator[Card]:
    """For each chapter's terms a key sentence that no card has yet; chapters take turns."""
    rows = [list(_gaps_of(sheet, chapters, at, used)) for at in range(len(sheet.digests))]
    for turn in range(max(map(len, rows), default=0)):
        for row in rows:
            if turn < len(row):
                yield row[turn]


def _gaps_of(sheet: Sheet, chapters: Chapters, at: int, used: set[str]) -> Iterator[Card]:
    digest = sheet.digests[at]
    taken = set(used)
    # of several words first: they are names of something, single ones often are not
    for term in sorted(digest.section.terms, key=lambda one: " " not in one.text):
        for one in digest.sentences:
            gaps = gaps_for(term.text, one.text, language=sheet.language)
            hidden = sum(end - first for first, end in gaps)
            if gaps and one.text not in taken and 3 * hidden < len(one.text):
                taken.add(one.text)
                yield _card(sheet, chapters, "cloze", term.text, one, front=one.text, gaps=gaps)
                break


def _card(
    sheet: Sheet, chapters: Chapters, sort: Sort, asked: str, sentence: Sentence, *,
    front: str, back: str = "", gaps: tuple[tuple[int, int], ...] = (),
) -> Card:  # fmt: skip
    number, title = chapters.get(sentence, (1, ""))
    asked = " ".join(choosing.content(asked, language=sheet.language)) or asked.lower()
    key = "\n".join((sheet.volume.media_id, sort, asked))
    return Card(
        sort=sort,
        id=hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()[:20],
        front=front,
        back=back,
        gaps=gaps,
        start_ms=sentence.start_ms,
        url=sentence.url,
        chapter=title,
        number=number,
    )
