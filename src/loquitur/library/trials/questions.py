"""Questions whose answers are known, and the passages a set of questions may bring along."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.timing import check_span

if TYPE_CHECKING:
    from loquitur.model.library import Part, Passage, Volume

_ENOUGH = 0.8
"""Of the words of a quoted passage: windows are cut elsewhere than the one who quotes cuts."""
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a question's answer is; what is empty or None says nothing.

    Args:
        media_id: Of this volume.
        start_ms: What is said from here on, media time.
        end_ms: Until here, exclusive.
        texts: In a passage that holds any of these.
        grade: How good a find it is: 1 where nobody grades.
    """

    media_id: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    texts: tuple[str, ...] = ()
    grade: float = 1.0

    def __post_init__(self) -> None:
        if self.start_ms is not None and self.end_ms is not None:
            check_span(self.start_ms, self.end_ms)

    def holds(self, passage: Passage) -> bool:
        """Whether a passage shows this place."""
        if self.media_id and passage.media_id != self.media_id:
            return False
        if self.start_ms is not None:
            end_ms = self.end_ms if self.end_ms is not None else self.start_ms + 1
            if not passage.timed or passage.start_ms >= end_ms or passage.end_ms <= self.start_ms:
                return False
        return not self.texts or any(_within(one, passage.text) for one in self.texts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, and what is known of its answer.

    Args:
        id: Of the set; no two alike.
        text: As a user would ask it.
        answers: Any of them is right; empty where only the place is known.
        answerable: Whether the library says the answer at all.
        places: Where; each a unit to be found. Empty where nobody said.
        answer_ms: When the answer itself is said; None where nobody said.
        within: The volume that is asked alone, for questions that mean one video; else empty.
        without: The volume that is taken out of the library while this is asked; else empty.
        group: What questions have in common (an article, a video): they are drawn together.
        language: BCP 47.
    """

    id: str
    text: str
    answers: tuple[str, ...] = ()
    answerable: bool = True
    places: tuple[Place, ...] = ()
    answer_ms: tuple[int, int] | None = None
    within: str = ""
    without: str = ""
    group: str = ""
    language: str = "und"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A part of a volume that a set of questions brings along."""

    volume: Volume
    part: Part
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionSet:
    """Questions of one kind.

    Args:
        name: For people.
        questions: In the order of the file.
        brought: What they are asked of; empty for questions of the user's own library.
        notices: What a reader of the figures should know.
    """

    name: str
    questions: tuple[Question, ...]
    brought: tuple[Brought, ...] = ()
    notices: tuple[str, ...] = ()

    def __add__(self, other: QuestionSet) -> QuestionSet:
        return QuestionSet(
            name=f"{self.name}, {other.name}",
            questions=(*self.questions, *other.questions),
            brought=(*self.brought, *other.brought),
            notices=tuple(dict.fromkeys((*self.notices, *other.notices))),
        )


def _within(quoted: str, text: str) -> bool:
    """Whether a text holds a quotation: as it stands, or most of its words in any order."""
    one, other = _plain(quoted), _plain(text)
    if not one:
        return False
    at = other.find(one)
    while at >= 0:
        if not (_joined(other, at) or _joined(other, at + len(one))):
            return True
        at = other.find(one, at + 1)
    words = _WORD.findall(one)
    there = set(_WORD.findall(other))
    return len(words) > 3 and sum(word in there for word in words) >= _ENOUGH * len(words)


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def _joined(text: str, at: int) -> bool:
    """Whether a place is inside a word or number of a script that has blanks."""
    pair = text[max(0, at - 1) : at + 1]
    return len(pair) == 2 and all(one.isalnum() and one < "\u1100" for one in pair)
