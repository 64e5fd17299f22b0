"""Results that somebody kept: what `loquitur search --flat --json` printed, a query a line.

So another search engine, or yesterday's, can stand in a table beside today's: a line is
`{"query", "hits": [{"media_id", "start_ms", "end_ms", "text"}]}`, and a question that no line asks
has found nothing. Without `--flat` there is one passage of each video, and recall is that.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import msgspec

from loquitur.conversion import decoder
from loquitur.library.trials.kept import read_kept, same_words
from loquitur.model.library import Passage

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loquitur.library.trials.questions import Question


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

        def found(line: str) -> tuple[str, tuple[Passage, ...]]:
            one = read.decode(line)
            return same_words(one.query), tuple(map(_passage, one.hits, count()))

        self._found = dict(read_kept(path, found, verb="search --flat"))

    def find(self, question: Question) -> Sequence[Passage]:
        """What was found for a question, the best first."""
        return self._found.get(same_words(question.text), ())


def _passage(hit: _Hit, number: int) -> Passage:
    """The whole passage where the file has it: what a hit shows is the best of that."""
    shown = hit.passage or hit
    return Passage(
        media_id=hit.media_id, part="speech:und", number=number, start_ms=shown.start_ms,
        end_ms=max(shown.end_ms, shown.start_ms + 1), text=shown.text,
    )  # fmt: skip
