"""A user's own questions: JSON Lines or CSV, one question a line.

Keys: `question`; `answers` (a list; in CSV parted by `|`) or `answer`; `video` (an id of YouTube,
or an address of it) or `media_id`; `time` (`12:34`, or seconds) or `start_ms`, `until` or `end_ms`;
`passage` (words that the passage holds); `grade` (of this place beside others); `answerable`
(`false` where the library does not say it); `id`, `group`, `language`; `places` (further ones, not
in CSV). All but `question` may be missing; without a time and without a passage any passage with an
answer counts, and any of the video without these. Cells of CSV may be parted by commas, semicolons
(as spreadsheets of many countries have it) or tabs.
"""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING, Any

import msgspec

from loquitur.conversion import convert
from loquitur.errors import InputError
from loquitur.library.trials.questions import Place, Question, QuestionSet
from loquitur.media.urls import is_video_id, youtube_id
from loquitur.text import display
from loquitur.timing import parse_clock

if TYPE_CHECKING:
    from collections.abc import Iterable

_KEYS = (
    "id", "question", "answers", "answer", "video", "media_id", "time", "start_ms", "until",
    "end_ms", "passage", "grade", "answerable", "group", "language", "places",
)  # fmt: skip
_YES, _NO = frozenset({"true", "yes", "1", ""}), frozenset({"false", "no", "0"})
_SHOWN = 60
_SEPARATORS = (",", ";", "\t")
_SECOND_MS = 1000
"""People read times off a player, which shows the second that has begun."""


class _Where(msgspec.Struct):
    video: str = ""
    media_id: str = ""
    time: str | int | float = ""
    start_ms: int | None = None
    until: str | int | float = ""
    end_ms: int | None = None
    passage: str = ""
    grade: float = 1.0


class _Line(_Where):
    question: str = ""
    id: str | int = ""
    answers: tuple[str, ...] | str = ()
    answer: str = ""
    answerable: bool | str = True
    group: str = ""
    language: str = ""
    places: tuple[_Where, ...] = ()


def read_lines(text: str, *, name: str, language: str) -> QuestionSet:
    """The questions of JSON Lines.

    Raises:
        InputError: A line is no question; the message names it.
    """
    found: list[tuple[int, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):  # U+2028 may stand in a question
        if not line.strip():
            continue
        try:
            found.append((number, msgspec.json.decode(line)))
        except (msgspec.DecodeError, RecursionError) as exc:
            raise _wrong(name, number, line, "a JSON object") from exc
    return _read(found, name=name, language=language)


def read_rows(text: str, *, name: str, language: str) -> QuestionSet:
    """The questions of a CSV file with a header.

    Raises:
        InputError: It has no column `question`, or a row is no question.
    """
    rows = csv.DictReader(io.StringIO(text), delimiter=_separator(text))
    try:
        header = [one.strip().lower() for one in rows.fieldnames or ()]
        rows.fieldnames = header
        if "question" not in header:
            raise InputError(
                f"{display(name)}: no column 'question'", hint="columns: " + ", ".join(_KEYS[:-1])
            )
        found = [(rows.line_num, _cells(row)) for row in rows]
    except (csv.Error, ValueError) as exc:
        raise InputError(f"{display(name)}, line {rows.line_num}: {exc}") from exc
    return _read(found, name=name, language=language)


def _separator(text: str) -> str:
    """What parts the cells: what the header has most of."""
    header = text.lstrip().partition("\n")[0]
    return max(_SEPARATORS, key=header.count)


def _cells(row: dict[str | Any, Any]) -> dict[str, Any]:
    """What a row says: empty cells say nothing, numbers are numbers, answers are several."""
    said: dict[str, Any] = {key: cell for key, cell in row.items() if key and cell}
    for key in ("start_ms", "end_ms"):
        if key in said:
            if not str(said[key]).strip().isdecimal():
                raise ValueError(
                    f"{key} is a whole number of ms, not '{display(said[key][:_SHOWN])}'"
                )
            said[key] = int(said[key])
    if "grade" in said:
        said["grade"] = _grade(said["grade"])
    if "answers" in said:
        said["answers"] = [one.strip() for one in said["answers"].split("|") if one.strip()]
    return said


def _grade(cell: str) -> float:
    try:
        grade = float(cell)
    except ValueError:
        grade = math.nan
    if not math.isfinite(grade):
        raise ValueError(f"grade is a number, not '{display(cell[:_SHOWN])}'")
    return grade


def _read(found: Iterable[tuple[int, Any]], *, name: str, language: str) -> QuestionSet:
    questions: dict[str, Question] = {}
    unknown: dict[str, None] = {}
    for number, plain in found:
        if not isinstance(plain, dict):
            raise _wrong(name, number, str(plain), "a JSON object")
        unknown |= dict.fromkeys(str(key) for key in plain if key not in _KEYS)
        try:
            line = convert(plain, _Line)
            question = _question(line, f"{name}:{number}", language)
        except (msgspec.ValidationError, ValueError) as exc:
            raise InputError(f"{display(name)}, line {number}: {exc}") from exc
        if question.id in questions:
            raise _wrong(name, number, question.id, "an id that no other question has")
        questions[question.id] = question
    if not questions:
        raise InputError(f"{display(name)}: no question in it")
    notices: tuple[str, ...] = ()
    if unknown:
        notices = (f"{name}: not heeded: {', '.join(list(unknown)[:8])}",)
    return QuestionSet(name=name, questions=tuple(questions.values()), notices=notices)


def _question(line: _Line, fallback: str, language: str) -> Question:
    if not line.question.strip():
        raise ValueError("no question, expected the key 'question'")
    said = (line.answers,) if isinstance(line.answers, str) else line.answers
    answers = tuple(dict.fromkeys(one for one in (*said, line.answer) if one.strip()))
    answerable = _truth(line.answerable)
    places = tuple(place for one in (line, *line.places) if (place := _place(one)) is not None)
    if answerable and not places:
        ident = _media_id(line)
        places = (Place(media_id=ident, texts=answers),) if answers or ident else ()
    return Question(
        id=str(line.id) or fallback,
        text=line.question,
        answers=answers,
        answerable=answerable,
        places=places if answerable else (),
        answer_ms=_answer_ms(line) if answerable else None,
        group=line.group or _media_id(line),
        language=line.language or language,
    )


def _place(where: _Where) -> Place | None:
    start_ms, end_ms = _start(where), where.end_ms
    if where.until != "":
        end_ms = parse_clock(str(where.until))
    if start_ms is None and not where.passage:
        return None
    if start_ms is not None and end_ms is not None and end_ms <= start_ms:
        raise ValueError(f"it ends ({end_ms} ms) before it begins ({start_ms} ms)")
    if start_ms is not None and end_ms is None:
        end_ms = start_ms + _SECOND_MS
    return Place(
        media_id=_media_id(where),
        start_ms=start_ms,
        end_ms=end_ms,
        texts=(where.passage,) if where.passage else (),
        grade=where.grade,
    )


def _start(where: _Where) -> int | None:
    start_ms = parse_clock(str(where.time)) if where.time != "" else where.start_ms
    if start_ms is not None and start_ms < 0:
        raise ValueError(f"a time before the beginning: {start_ms} ms")
    return start_ms


def _answer_ms(line: _Line) -> tuple[int, int] | None:
    start_ms = _start(line)
    return None if start_ms is None else (start_ms, start_ms + _SECOND_MS)


def _media_id(where: _Where) -> str:
    if not where.video:
        return where.media_id
    ident = where.video if is_video_id(where.video) else youtube_id(where.video)
    if ident is None:
        raise ValueError(f"not a video id: '{display(where.video[:40])}'")
    return where.media_id or f"youtube:{ident}"


def _truth(value: bool | str) -> bool:
    if isinstance(value, bool):
        return value
    plain = value.strip().lower()
    if plain not in _YES | _NO:
        raise ValueError(f"answerable is true or false, not '{display(value[:_SHOWN])}'")
    return plain in _YES


def _wrong(name: str, number: int, found: str, expected: str) -> InputError:
    return InputError(
        f"{display(name)}, line {number}: found '{display(found[:_SHOWN])}', expected {expected}"
    )
