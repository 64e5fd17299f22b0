"""An answer from passages: asked, read while it is written, checked, and only then told."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from loquitur.library.answers import personas, prompts
from loquitur.library.answers.checking import Dropped, Given, Kept, check
from loquitur.library.answers.citing import cite, near
from loquitur.library.answers.claims import ClaimReader
from loquitur.library.answers.disagreement import disagreements
from loquitur.library.answers.spending import Ceiling, Purse
from loquitur.library.answers.wording import sentences
from loquitur.model.library import Citation, Reply
from loquitur.protocols import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from loquitur.library.answers.writers import Writer
    from loquitur.library.index.contract import Index
    from loquitur.model.library import Passage
    from loquitur.protocols import Prompt

_NEAREST = 3
_MOST_DROPPED = 40


class Found(Protocol):
    """What retrieval gives: a passage, with whatever else."""

    @property
    def passage(self) -> Passage:
        """The passage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerOptions:
    """How a language model answers.

    Args:
        persona: The tone; see `personas`.
        passages: How many passages it is given.
        most_tokens: Of its answer.
        question_ceiling: What one question may cost.
        conversation_ceiling: What a conversation may cost.
    """

    persona: str = personas.DEFAULT
    passages: int = 8
    most_tokens: int = 1200
    question_ceiling: Ceiling = field(default_factory=lambda: Ceiling(tokens=20_000))
    conversation_ceiling: Ceiling = field(default_factory=Ceiling)

    def __post_init__(self) -> None:
        if not 1 <= self.passages <= 50:
            raise ValueError(f"passages is not within 1..50: {self.passages}")
        if not 50 <= self.most_tokens <= 16_000:
            raise ValueError(f"most_tokens is not within 50..16000: {self.most_tokens}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A checked sentence of an answer, told as soon as it is checked.

    Args:
        text: With `[n]` behind every sentence.
        citations: Of it.
        searched: What was looked for, where it is another question than was asked; with the first
            sentence alone.
    """

    text: str
    citations: tuple[Citation, ...]
    searched: str = ""


def compose(
    question: str,
    candidates: Sequence[Found],
    writer: Writer,
    *,
    index: Index,
    options: AnswerOptions | None = None,
    history: Sequence[Reply] = (),
    purse: Purse | None = None,
    told: Callable[[Said], object] | None = None,
) -> Reply:
    """Have a question answered by a language model, from passages alone.

    Whatever the passages do not bear out is dropped, with its reason in `Reply.dropped`; where
    nothing is left the answer is refused. `[n]` is the passage's number as the model was given it.

    Args:
        question: The rewritten one where it was (`rewrite`): what the model is asked.
        candidates: Passages that may answer, the best first.
        writer: The language model.
        index: Where the passages are from.
        options: See `AnswerOptions`.
        history: The conversation so far.
        purse: What the conversation has spent so far; counted on.
        told: Told each sentence once it is checked, while the model still writes.

    Raises:
        TransientError: The model is not reached, or busy.
        RemoteError: It refuses.
        MissingError: It wants a key, and there is none.
    """
    options = options or AnswerOptions()
    purse = purse if purse is not None else Purse(ceiling=options.conversation_ceiling)
    given = _given(index, candidates, options.passages)
    reply = _Reply(question=question, engine=writer.name, index=index)
    reply.given = given
    if not given:
        return reply.refused("nothing in the library has any word of the question")
    own = Purse(ceiling=options.question_ceiling)
    tone = personas.persona(options.persona)
    while True:
        prompt = prompts.answering(
            question,
            [*given.values()],
            persona=tone,
            earlier=[one.question for one in history],
            most_tokens=options.most_tokens,
        )
        read = writer.tokens_of(prompt)
        why = own.refusal(writer, read, options.most_tokens, what="question")
        why = why or purse.refusal(writer, read, options.most_tokens, what="conversation")
        if not why or len(given) == 1:
            break
        given = {n: one for n, one in given.items() if n < len(given)}  # fewer passages may do
    if why:
        return reply.refused(why)
    if len(given) < len(reply.given):
        reply.notices.append(
            f"{len(given)} of {len(reply.given)} passages were read: more go beyond the ceiling"
        )
    reply.given = given
    return _written(reply, prompt, writer, purse, tone.most_claims, told)


@dataclass(slots=True)
class _Reply:
    """A reply that grows."""

    question: str
    engine: str
    index: Index
    given: dict[int, Given] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    used: tuple[int, int] = (0, 0)
    cost_usd: float | None = 0.0

    def refused(self, reason: str) -> Reply:
        nearest = [
            near(self.index, one.passage, one.n) for one in [*self.given.values()][:_NEAREST]
        ]
        return self._made(answer=None, citations=(), reason=reason, nearest=tuple(nearest))

    def answered(self) -> Reply:
        citations = [
            cite(self.index, self.given[n].passage, found)
            for n in sorted({one.n for kept in self.kept for one in kept.evidence})
            if (found := [one for kept in self.kept for one in kept.evidence if one.n == n])
        ]
        return self._made(
            answer=" ".join(_numbered(kept) for kept in self.kept),
            citations=tuple(citations),
            reason="",
            nearest=(),
        )

    def said(self, kept: Kept) -> Said:
        return Said(
            text=_numbered(kept),
            citations=tuple(
                cite(self.index, self.given[one.n].passage, [one]) for one in kept.evidence
            ),
        )

    def _made(
        self,
        *,
        answer: str | None,
        citations: tuple[Citation, ...],
        reason: str,
        nearest: tuple[Citation, ...],
    ) -> Reply:
        total = len(self.kept) + len(self.dropped)
        return Reply(
            question=self.question,
            answer=answer,
            citations=citations,
            refused=answer is None,
            reason=reason,
            confidence=round(len(self.kept) / total, 4) if total and answer else 0.0,
            engine=self.engine,
            nearest=nearest,
            dropped=tuple((one.text, one.reason) for one in self.dropped[:_MOST_DROPPED]),
            input_tokens=self.used[0],
            output_tokens=self.used[1],
            cost_usd=self.cost_usd,
            notices=tuple(dict.fromkeys(self.notices)),
        )


def _written(
    reply: _Reply,
    prompt: Prompt,
    writer: Writer,
    purse: Purse,
    most_claims: int,
    told: Callable[[Said], object] | None,
) -> Reply:
    """What the model makes of a prompt, checked claim by claim."""
    reader = ClaimReader()
    whole: Answer | None = None
    received: list[str] = []
    try:
        with closing(writer.pieces(prompt)) as pieces:  # leaving it closes the connection
            for piece in pieces:
                if isinstance(piece, Answer):
                    whole = piece
                    break
                received.append(piece)
                for claim in reader.feed(piece):
                    if reader.answerable is False or len(reply.kept) >= most_claims:
                        continue
                    _take(reply, check(claim, reply.given), told)
                if reader.overlong or len(reply.dropped) > _MOST_DROPPED:
                    reply.notices.append("the model wrote without end, and was cut off")
                    break
    finally:
        answer = whole or Answer(text="".join(received), whole=False)
        read, written = writer.used(prompt, answer)
        purse.add(writer, read, written)
        reply.used, reply.cost_usd = (read, written), writer.cost_usd(read, written)
    cut_off = whole is not None and not whole.whole and not reader.ended
    if cut_off:
        reply.notices.append("the model's answer was cut off")
    if reader.broken:
        reply.notices.append(f"{reader.broken} of the model's claims were of no shape")
    if not reply.kept:
        return reply.refused(_reason(reply, reader, cut_off=cut_off))
    reply.notices += disagreements(reply.kept)
    return reply.answered()


def _take(reply: _Reply, found: Kept | Dropped, told: Callable[[Said], object] | None) -> None:
    if isinstance(found, Dropped):
        reply.dropped.append(found)
        return
    if any(found.text == one.text for one in reply.kept):
        return  # it repeats itself
    reply.kept.append(found)
    reply.notices += found.notices
    if told is not None:
        told(reply.said(found))


def _reason(reply: _Reply, reader: ClaimReader, *, cut_off: bool) -> str:
    """Why nothing is left, in one line."""
    if reader.answerable is False:
        return "the passages do not answer the question, says the model"
    if reply.dropped:
        first = reply.dropped[0].reason
        return f"nothing that the model wrote is borne out by the passages: {first}"
    if cut_off:
        return "the model's answer was cut off before it had claimed anything"
    if not reader.begun:
        return "the model wrote nothing of the shape that it was asked for"
    return "the model claims nothing"


def _given(index: Index, candidates: Sequence[Found], most: int) -> dict[int, Given]:
    """The passages under their numbers."""
    found: dict[int, Given] = {}
    for one in candidates[:most]:
        volume = index.volume(one.passage.media_id)
        title = volume.title if volume else ""
        n = len(found) + 1
        found[n] = Given(n=n, passage=one.passage, title=title)
    return found


def _numbered(kept: Kept) -> str:
    """A claim with its numbers behind each of its sentences."""
    marks = "".join(f"[{one.n}]" for one in kept.evidence)
    return " ".join(f"{part} {marks}" for part in _parts(kept.text))


def _parts(text: str) -> Iterator[str]:
    for first, end in sentences(text):
        if part := text[first:end].strip():
            yield part
