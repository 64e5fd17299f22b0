"""Question sets in SQuAD's JSON (XQuAD, JaQuAD, KorQuAD, SQuAD 2): paragraphs and questions.

An article becomes a volume, each of its paragraphs one passage. Nobody says these texts, so their
words get the times of somebody who reads them at 150 words a minute, by which links to answers can
be measured too. Questions with `is_impossible` (SQuAD 2; Rajpurkar et al. 2018) have no answer.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from loquitur.conversion import convert
from loquitur.errors import InputError
from loquitur.library.trials.questions import Brought, Place, Question, QuestionSet
from loquitur.model.library import Part, Passage, Volume

WORD_MS = 400
"""150 words a minute, as lecturers speak."""
_SIGN_MS = 160
"""A character of Chinese, Japanese or Korean: about 375 a minute."""
_CJK = re.compile(
    "[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)
_SPACED = re.compile(r"\S+")


class _Answer(msgspec.Struct):
    text: str
    answer_start: int = -1


class _Asked(msgspec.Struct):
    question: str
    id: str | int = ""
    answers: tuple[_Answer, ...] = ()
    is_impossible: bool = False


class _Paragraph(msgspec.Struct):
    context: str
    qas: tuple[_Asked, ...] = ()


class _Article(msgspec.Struct):
    paragraphs: tuple[_Paragraph, ...]
    title: str = ""


class _Set(msgspec.Struct):
    data: tuple[_Article, ...]


def read_squad(document: Any, *, name: str, language: str) -> QuestionSet:
    """The questions of a document, and the articles they are asked of.

    Args:
        document: Decoded JSON.
        name: Of the set.
        language: BCP 47, of texts and questions.

    Raises:
        InputError: It is not SQuAD's form.
    """
    try:
        read = convert(document, _Set)
    except msgspec.ValidationError as exc:
        raise InputError(
            f"{name}: {exc}", hint="expected SQuAD's JSON: data, paragraphs, context, qas"
        ) from exc
    questions: list[Question] = []
    brought: list[Brought] = []
    for number, article in enumerate(read.data):
        media_id = f"set:{name}:{number}"
        end_ms = 0
        passages: list[Passage] = []
        for place, paragraph in enumerate(article.paragraphs):
            passage = timed(paragraph.context, media_id, place, start_ms=end_ms, language=language)
            passages.append(passage)
            for one in paragraph.qas:
                questions.append(_question(one, passage, f"{name}:{len(questions)}", language))
            end_ms = passage.end_ms
        volume = Volume(
            media_id=media_id,
            title=article.title.replace("_", " "),
            language=language,
            duration_ms=end_ms,
            origin=f"{media_id}.txt",
        )
        part = Part(language=language, source="transcript")
        brought.append(Brought(volume=volume, part=part, passages=tuple(passages)))
    notice = "times are those of somebody who reads the texts at 150 words a minute"
    return QuestionSet(
        name=name, questions=tuple(questions), brought=tuple(brought), notices=(notice,)
    )


def timed(text: str, media_id: str, number: int, *, start_ms: int, language: str) -> Passage:
    """A paragraph as a passage whose words have times, read aloud from a moment on."""
    line = "".join(" " if sign.isspace() else sign for sign in text)  # offsets stay as they are
    offsets: list[int] = []
    times: list[int] = []
    now = start_ms
    for match in _SPACED.finditer(line):
        signs = _CJK.search(match[0]) is not None
        for at in range(match.start(), match.end()) if signs else (match.start(),):
            offsets.append(at)
            times.append(now)
            now += _SIGN_MS if signs else WORD_MS
    return Passage(
        media_id=media_id,
        part=f"speech:{language}",
        number=number,
        start_ms=start_ms,
        end_ms=max(now, start_ms + 1),
        text=line,
        language=language,
        sentences=sentence_starts(line),
        offsets=tuple(offsets),
        times_ms=tuple(times),
    )


_END = re.compile(r"(?<=[.!?\u061f\u06d4\u0964])[\"'\u201d\u2019)\]]*\s+|(?<=[\u3002\uff01\uff1f])")
_SHORTENED = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|St|vs|etc|e\.g|i\.e|No|ca|c|Jr|Sr)|\b[A-Z])\.$")


def sentence_starts(text: str) -> tuple[int, ...]:
    """Where sentences begin, as offsets; the first is 0.

    >>> sentence_starts("It is. Mr. Bell left.")
    (0, 7)
    """
    starts = [0]
    for match in _END.finditer(text):
        before = text[starts[-1] : match.start()].rstrip("\"'\u201d\u2019)]")
        after = text[match.end() :]
        if after.strip() and not _SHORTENED.search(before) and not after[:1].islower():
            starts.append(match.end())
    return tuple(starts)


def _question(asked: _Asked, passage: Passage, fallback: str, language: str) -> Question:
    right = () if asked.is_impossible else asked.answers
    first = next((one for one in right if one.answer_start >= 0), None)
    answer_ms = None
    if first is not None and first.answer_start < len(passage.text):
        end = first.answer_start + max(1, len(first.text))
        answer_ms = passage.span_ms(first.answer_start, end)
    return Question(
        id=str(asked.id) or fallback,
        text=asked.question,
        answers=tuple(dict.fromkeys(one.text for one in right)),
        answerable=bool(right),
        places=(Place(media_id=passage.media_id, start_ms=passage.start_ms, end_ms=passage.end_ms),)
        if right
        else (),
        answer_ms=answer_ms,
        group=passage.media_id,
        language=language,
    )
