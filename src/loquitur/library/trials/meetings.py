"""QMSum (Zhong et al. 2021): questions of meetings whose answers are spans of turns.

A line is a meeting: `meeting_transcripts` (speaker and content of each turn) and
`specific_query_list` (query, answer, `relevant_text_span`: first and last turn). A meeting becomes
a volume, spoken at 150 words a minute, cut to passages as any speech; each span is a unit to be
found. A question is asked of its meeting alone: it means no other.
"""

from __future__ import annotations

import msgspec

from loquitur.conversion import decoder
from loquitur.errors import InputError
from loquitur.insight.spoken.fragments import Fragment, Spoken
from loquitur.library.passages.speech import passages_of
from loquitur.library.trials.questions import Brought, Place, Question, QuestionSet
from loquitur.library.trials.squad import WORD_MS
from loquitur.model.library import Part, Volume
from loquitur.text import display


class _Turn(msgspec.Struct):
    speaker: str
    content: str


class _Query(msgspec.Struct):
    query: str
    answer: str = ""
    relevant_text_span: tuple[tuple[str | int, str | int], ...] = ()


class _Meeting(msgspec.Struct):
    meeting_transcripts: tuple[_Turn, ...]
    specific_query_list: tuple[_Query, ...] = ()


def read_meetings(text: str, *, name: str, language: str) -> QuestionSet:
    """The specific questions of meetings, and the meetings.

    Raises:
        InputError: A line is no meeting of QMSum's form.
    """
    read = decoder(_Meeting)
    brought: list[Brought] = []
    questions: list[Question] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            meeting = read.decode(line)
            spans = _spans_ms(meeting)
            media_id = f"set:{name}:{number}"
            questions += [
                _question(one, f"{name}:{number}:{at}", media_id, spans, language)
                for at, one in enumerate(meeting.specific_query_list)
            ]
        except (msgspec.DecodeError, ValueError, RecursionError) as exc:
            raise InputError(
                f"{display(name)}, line {number}: {exc}", hint="expected a meeting of QMSum"
            ) from exc
        brought.append(_volume(meeting, media_id, f"meeting {number}", spans, language))
    notice = "times are those of somebody who speaks at 150 words a minute"
    return QuestionSet(
        name=name, questions=tuple(questions), brought=tuple(brought), notices=(notice,)
    )


def _spans_ms(meeting: _Meeting) -> list[tuple[int, int]]:
    """When each turn is spoken."""
    spans: list[tuple[int, int]] = []
    now = 0
    for turn in meeting.meeting_transcripts:
        length = WORD_MS * max(1, len(turn.content.split()))
        spans.append((now, now + length))
        now += length
    return spans


def _volume(
    meeting: _Meeting, media_id: str, title: str, spans: list[tuple[int, int]], language: str
) -> Brought:
    fragments = tuple(
        Fragment(start_ms=start, end_ms=end, text=text, speaker=turn.speaker)
        for turn, (start, end) in zip(meeting.meeting_transcripts, spans, strict=True)
        if (text := " ".join(turn.content.split()))
    )
    spoken = Spoken(
        name=title, title=title, fragments=fragments, language=language, source="transcript"
    )
    part = Part(language=language, source="transcript")
    volume = Volume(
        media_id=media_id,
        title=title,
        language=language,
        duration_ms=spans[-1][1] if spans else None,
        origin=f"{media_id}.txt",
    )
    passages = passages_of(spoken, media_id=media_id, part=part.name)
    return Brought(volume=volume, part=part, passages=passages)


def _question(
    asked: _Query, fallback: str, media_id: str, spans: list[tuple[int, int]], language: str
) -> Question:
    places: list[Place] = []
    for first, last in asked.relevant_text_span:
        opening, closing = int(first), int(last)
        if not 0 <= opening <= closing < len(spans):
            raise ValueError(f"no turns {first} to {last} among {len(spans)}")
        start_ms, end_ms = spans[opening][0], spans[closing][1]
        places.append(Place(media_id=media_id, start_ms=start_ms, end_ms=end_ms))
    return Question(
        id=fallback,
        text=asked.query,
        answers=(asked.answer,) if asked.answer else (),
        places=tuple(places),
        within=media_id,
        group=media_id,
        language=language,
    )
