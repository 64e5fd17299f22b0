"""Passages of what is written: comments, messages of chats, descriptions of videos and clips."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from loquitur.insight.tokens import token_spans
from loquitur.library.passages.cutting import MOST, WORD, Unit, windows
from loquitur.library.passages.speech import whole
from loquitur.model.library import Passage
from loquitur.timing import parse_clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOMENT_MS = 5_000
"""How long a moment is taken to last that a text names (`12:34`), where nothing tells its end."""
_CLOCK = re.compile(
    r"(?<![\d:.,-])(?:\d{1,2}:)?[0-5]?\d:[0-5]\d(?![\d:]|\s?[ap]\.?m\b)", re.IGNORECASE
)
_ENDED = re.compile(
    "(?<=[.?!\u2026\u061f\u06d4\u0964])[\"'\u201d\u2019)\\]]*\\s+|(?<=[\u3002\uff01\uff1f])"
)
_WORD = re.compile(r"\S{1,120}")
_GAP_MS = 60_000
"""Messages further apart are not in one passage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A text of one author: a comment, a message, a line of a description, a described clip.

    Args:
        text: As it was written, of any number of lines.
        author: Who wrote it; empty where nobody knows.
        start_ms: The moment it belongs to; None where it has none (it may name some: `12:34`).
        end_ms: Exclusive; None where nobody said.
        language: BCP 47.
    """

    text: str
    author: str = ""
    start_ms: int | None = None
    end_ms: int | None = None
    language: str = "und"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sentence:
    """A sentence of a remark; `moments` pairs offsets of characters in it with times."""

    text: str
    remark: int
    weight: int
    moments: tuple[tuple[int, int], ...]


def passages_of_remarks(
    remarks: Sequence[Remark],
    *,
    media_id: str,
    part: str,
    together: bool = False,
    duration_ms: int | None = None,
) -> tuple[Passage, ...]:
    """What was written, cut to passages.

    Args:
        remarks: In their order.
        media_id: Of the volume.
        part: The part's name, `comments:und`.
        together: Whether short ones that stand in a row share passages (chats, lines of one
            text); else each is a passage of its own, or several where it is long.
        duration_ms: Of the medium, where known: what names a later moment names none.

    Returns:
        In order, numbered from 0. Those that belong to no moment are not `timed`.
    """
    sentences = [
        sentence
        for number, remark in enumerate(remarks)
        for sentence in _sentences(remark, number, duration_ms)
    ]
    units = [_unit(sentences, remarks, at, together=together) for at in range(len(sentences))]
    return tuple(
        _passage(sentences[first:end], remarks, media_id, part, number, duration_ms)
        for number, (first, end) in enumerate(windows(units))
    )


def moments_in(text: str, *, duration_ms: int | None = None) -> tuple[tuple[int, int], ...]:
    """The moments of a video that a text names: where each stands in it, and its time in ms.

    >>> moments_in("12:34 is best, not 9:15 am"), moments_in("at 1:02:03", duration_ms=60_000)
    (((0, 754000),), ())
    """
    found = []
    for match in _CLOCK.finditer(text):
        ms = parse_clock(match[0])
        if duration_ms is None or ms < duration_ms:
            found.append((match.start(), ms))
    return tuple(found)


def _sentences(remark: Remark, number: int, duration_ms: int | None) -> Iterator[_Sentence]:
    for row in whole(remark.text).splitlines():
        for part in _ENDED.split(" ".join(row.split())):
            for text, weight in _fitting(part):
                yield _Sentence(
                    text=text, remark=number, weight=weight,
                    moments=moments_in(text, duration_ms=duration_ms) if ":" in text else (),
                )  # fmt: skip


def _fitting(text: str) -> Iterator[tuple[str, int]]:
    """A sentence and its weight, or pieces that fit into a passage; none where nothing is in it."""
    if not text:
        return
    whole_weight = _weight(text)
    if whole_weight <= MOST and len(text) <= 8 * MOST:
        yield text, whole_weight
        return
    run: list[str] = []
    weight = 0
    for word in _WORD.findall(text):
        own = _weight(word)
        if run and weight + own > MOST:
            yield " ".join(run), weight
            run, weight = [], 0
        run.append(word)
        weight += own
    yield " ".join(run), weight


def _weight(text: str) -> int:
    """In halves of a word; marks and emoji alone weigh a word."""
    spans = token_spans(text)
    return sum(end - start if unspaced else WORD for start, end, unspaced in spans) or WORD


def _unit(
    sentences: Sequence[_Sentence], remarks: Sequence[Remark], at: int, *, together: bool
) -> Unit:
    """A sentence as what passages are cut from; without a time it takes none."""
    one = sentences[at]
    remark = remarks[one.remark]
    start_ms = remark.start_ms or 0
    walled = at > 0 and one.remark != sentences[at - 1].remark
    if walled and together:
        before = remarks[sentences[at - 1].remark]
        walled = remark.language != before.language or (
            before.start_ms is not None
            and remark.start_ms is not None
            and abs(remark.start_ms - before.start_ms) > _GAP_MS
        )
    return Unit(
        first=at, end=at + 1, weight=one.weight, start_ms=start_ms,
        end_ms=start_ms + 1, speaker="" if together else remark.author,
        walled=walled,
    )  # fmt: skip


def _passage(
    sentences: Sequence[_Sentence], remarks: Sequence[Remark], media_id: str, part: str,
    number: int, duration_ms: int | None,
) -> Passage:  # fmt: skip
    starts = [0]
    for one in sentences:
        starts.append(starts[-1] + len(one.text) + 1)
    own = list(dict.fromkeys(one.remark for one in sentences))
    authors = dict.fromkeys(whole(remarks[at].author) for at in own if remarks[at].author)
    moments = _moments(sentences, remarks, starts)
    times = [ms for _, ms in moments]
    start_ms = min(times, default=0)
    ends = [told for at in own if (told := remarks[at].end_ms) is not None]
    end_ms = max(ends, default=max(times, default=0) + MOMENT_MS)
    if duration_ms is not None:
        end_ms = min(end_ms, duration_ms)
    return Passage(
        media_id=media_id,
        part=part,
        number=number,
        start_ms=start_ms,
        end_ms=max(end_ms if times else 1, start_ms + 1),
        text=" ".join(one.text for one in sentences),
        speaker=next(iter(authors)) if len(authors) == 1 else "",
        speakers=tuple(authors),
        language=remarks[own[0]].language,
        sentences=tuple(starts[:-1]),
        offsets=tuple(offset for offset, _ in moments),
        times_ms=tuple(times),
        timed=bool(times),
    )


def _moments(
    sentences: Sequence[_Sentence], remarks: Sequence[Remark], starts: Sequence[int]
) -> list[tuple[int, int]]:
    """Offsets and times: of the remarks that have one, else of the moments that they name."""
    found: list[tuple[int, int]] = []
    before = -1
    for one, (start, _) in zip(sentences, pairwise(starts), strict=True):
        told_ms = remarks[one.remark].start_ms
        if told_ms is None:
            found += [(start + at, ms) for at, ms in one.moments]
        elif one.remark != before:
            found.append((start, told_ms))
        before = one.remark
    return found
