"""Files of questions, by what is in them; whatever that is, the answer is one line."""

from __future__ import annotations

import functools
import operator
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from loquitur.errors import InputError
from loquitur.evaluation.reading import open_content
from loquitur.languages import is_tag
from loquitur.library.trials.lines import read_lines, read_rows
from loquitur.library.trials.meetings import read_meetings
from loquitur.library.trials.paraphrases import read_paraphrases
from loquitur.library.trials.squad import read_squad
from loquitur.subtitles.guessing import likely_language
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.trials.questions import QuestionSet

_EXPECTED = "questions: SQuAD's JSON, QMSum, KLUE-STS, or own ones as JSON Lines or CSV"
_SUFFIXES = (".json", ".jsonl", ".csv")
_TAGGED = re.compile(r"[._-]([a-z]{2,3})\Z")
_SAMPLE = 20_000
_QUESTION = re.compile(r'"(?:context|question|sentence1|query)"\s*:\s*("(?:[^"\\]|\\.)*")')


def read_questions(paths: Sequence[str | Path], *, language: str = "") -> QuestionSet:
    """The questions of files, or of all files of folders, as one set.

    Args:
        paths: At least one.
        language: BCP 47; where empty, by the file's name (`xquad.es.json`) or its words.

    Raises:
        InputError: A file cannot be read or is no set of questions, or sets that bring texts
            along are mixed with questions of one's own library.
    """
    files = [file for path in paths for file in _files(Path(path))]
    if not files:
        raise InputError("no file of questions", hint=f"expected {_EXPECTED}")
    sets = [_read(file, language, name) for file, name in zip(files, _names(files), strict=True)]
    if len({bool(one.brought) for one in sets}) > 1:
        raise InputError(
            "some of these files bring their texts along, others are asked of a library",
            hint="evaluate them one after the other",
        )
    found = functools.reduce(operator.add, sets)
    if not found.questions:
        raise InputError(f"{display(found.name)}: no question in it")
    return found


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return sorted(one for one in path.iterdir() if one.suffix.lower() in _SUFFIXES)


def _names(files: Sequence[Path]) -> list[str]:
    """No two alike, since texts and questions are told apart by them."""
    seen: Counter[str] = Counter()
    names = []
    for file in files:
        seen[file.name] += 1
        names.append(file.name if seen[file.name] == 1 else f"{file.name} ({seen[file.name]})")
    return names


def _read(path: Path, language: str, name: str) -> QuestionSet:
    text = open_content(path).text
    if not text.strip():
        raise InputError(f"{display(str(path))} is empty", hint=f"expected {_EXPECTED}")
    language = language or _language(path, text)
    if path.suffix.lower() == ".csv":
        return read_rows(text, name=name, language=language)
    try:
        document = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as exc:
        first = next(line for line in text.splitlines() if line.strip())
        if not first.lstrip().startswith("{") or path.suffix.lower() == ".json":
            raise InputError(
                f"{display(str(path))}: not JSON: {exc}", hint=f"expected {_EXPECTED}"
            ) from exc
        document = None
    if isinstance(document, dict) and "data" in document:
        return read_squad(document, name=name, language=language)
    if isinstance(document, list) and document and "sentence1" in _keys(document[0]):
        return read_paraphrases(document, name=name, language=language)
    if isinstance(document, list):  # a list of questions is as good as one on each line
        text = "\n".join(msgspec.json.encode(one).decode() for one in document)
    if '"meeting_transcripts"' in text[:_SAMPLE] or "meeting_transcripts" in _keys(document):
        return read_meetings(text, name=name, language=language)
    if isinstance(document, dict) and "question" not in document:
        raise InputError(f"{display(str(path))}: no questions", hint=f"expected {_EXPECTED}")
    return read_lines(text, name=name, language=language)


def _keys(value: object) -> frozenset[str]:
    return frozenset(value) if isinstance(value, dict) else frozenset()


def _language(path: Path, text: str) -> str:
    """By the end of the name's stem, else by the words themselves."""
    tagged = _TAGGED.search(path.stem)
    if tagged and is_tag(tagged[1]):
        return tagged[1]
    said = [str(msgspec.json.decode(one)) for one in _QUESTION.findall(text[:_SAMPLE])]
    return likely_language(said or [text[:_SAMPLE]]) or "und"
