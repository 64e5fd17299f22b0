"""Results that somebody kept: what `loquitur search --flat --json` printed, a query a line.

So another search engine, or yesterday's, can stand in a table beside today's: a line is
`{"query", "hits": [{"media_id", "start_ms", "end_ms", "text"}]}`, and a question that no line asks
has found nothing. Without `--flat` there is one passage of each video, and recall is that.
"""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

import msgspec

from loquitur.conversion import decoder
from loquitur.errors import InputError
from loquitur.evaluation.reading import open_content
from loquitur.model.library import Passage
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loquitur.library.trials.questions import Question

_LOOKED_AT = 1 << 20


class _Whole(msgspec.Struct):
    text: str
    start_ms: int = 0
    end_ms: int = 0


class _Hit(msgspec.Struct):
    media_id: str
    text: str = ""
    start_ms: int = 0
    end_ms: int = 0
    passage: _Whole | None = None


class _Line(msgspec.Struct):
    query: str
    hits: tuple[_Hit, ...]


class Results:
    """What was found for each query of a file."""

    def __init__(self, path: Path) -> None:
        """Read a file.

        Args:
            path: JSON Lines.

        Raises:
            InputError: It cannot be read, or a line is no result of a search.
        """
        read = decoder(_Line)
        self._found: dict[str, tuple[Passage, ...]] = {}
        for number, line in open_content(path).lines():
            if not line.strip():
                continue
            try:
                one = read.decode(line)
                self._found[same_words(one.query)] = tuple(
                    _passage(hit, at) for at, hit in enumerate(one.hits)
                )
            except (msgspec.DecodeError, ValueError, RecursionError) as exc:
                raise InputError(
                    f"{display(str(path))}, line {number}: {exc}",
                    hint="expected what `loquitur search --flat --json` prints",
                ) from exc

    def find(self, question: Question) -> Sequence[Passage]:
        """What was found for a question, the best first."""
        return self._found.get(same_words(question.text), ())


def holds(path: Path) -> str:
    """`results` of searches, `replies` to questions, or else nothing, by a file's first line."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        head = file.readline(_LOOKED_AT).removeprefix(codecs.BOM_UTF8)
    try:
        first = msgspec.json.decode(head)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ""
    if not isinstance(first, dict):
        return ""
    if {"query", "hits"} <= first.keys():
        return "results"
    return "replies" if {"question", "answer", "citations"} <= first.keys() else ""


def _passage(hit: _Hit, number: int) -> Passage:
    """The whole passage where the file has it: what a hit shows is the best of that."""
    shown = hit.passage or hit
    return Passage(
        media_id=hit.media_id, part="speech:und", number=number, start_ms=shown.start_ms,
        end_ms=max(shown.end_ms, shown.start_ms + 1), text=shown.text,
    )  # fmt: skip


def same_words(text: str) -> str:
    """A question as two files may have it, however its words are parted."""
    return " ".join(text.split())
