"""Replies that somebody kept: what `loquitur ask --json` printed, a question a line.

So another program, or yesterday's model, can stand in a table beside today's: a line is
`{"question", "answer", "refused", "citations": [{"n", "media_id", "start_ms", "end_ms", "text",
"url"}]}`. What is cited is judged by what the line shows of it (`text`, and `before` and `after`
where they are there), since the library it came from need not be at hand. A question that no line
asks has no figures, and a notice says how many there are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from loquitur.conversion import decoder
from loquitur.library.trials.kept import read_kept, same_words
from loquitur.model.library import Citation, Passage, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loquitur.library.trials.questions import Question


class _Cited(msgspec.Struct):
    n: int
    media_id: str
    start_ms: int = 0
    end_ms: int = 0
    text: str = ""
    url: str = ""
    before: str = ""
    after: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    timed: bool = True


class _Line(msgspec.Struct):
    question: str
    answer: str | None
    citations: tuple[_Cited, ...]
    refused: bool = False
    reason: str = ""
    dropped: tuple[tuple[str, str], ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


class Replies:
    """What was answered to each question of a file, and the passages it cites."""

    def __init__(self, path: Path) -> None:
        """Read a file.

        Args:
            path: JSON Lines.

        Raises:
            InputError: It cannot be read, or a line is no reply.
        """
        read = decoder(_Line)
        self._passages: list[Passage] = []

        def replied(line: str) -> tuple[str, Reply]:
            one = read.decode(line)
            return same_words(one.question), self._reply(one)

        self._replies = dict(read_kept(path, replied, verb="ask"))

    def reply(self, question: Question) -> Reply | None:
        """What was answered to a question; None where no line asks it."""
        return self._replies.get(same_words(question.text))

    def passages(self, idents: Sequence[int]) -> Sequence[Passage]:
        """What was cited, by the passage ids of these replies."""
        return [self._passages[at] for at in idents]

    def _reply(self, line: _Line) -> Reply:
        return Reply(
            question=line.question,
            answer=line.answer,
            refused=line.refused,
            reason=line.reason,
            citations=tuple(self._citation(one) for one in line.citations),
            dropped=line.dropped,
            input_tokens=line.input_tokens,
            output_tokens=line.output_tokens,
            cost_usd=line.cost_usd,
        )

    def _citation(self, cited: _Cited) -> Citation:
        ident = len(self._passages)
        passage = Passage(
            media_id=cited.media_id,
            part="speech:und",
            number=ident,
            start_ms=cited.start_ms,
            end_ms=max(cited.end_ms, cited.start_ms + 1),
            text=" ".join(one for one in (cited.before, cited.text, cited.after) if one),
            timed=cited.timed,
        )
        self._passages.append(replace(passage, id=ident))
        return Citation(
            n=cited.n,
            media_id=cited.media_id,
            passage_id=ident,
            start_ms=cited.start_ms,
            end_ms=passage.end_ms,
            text=cited.text,
            url=cited.url,
            marks=cited.marks,
            timed=cited.timed,
        )
