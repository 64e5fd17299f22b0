"""A question that leans on a conversation, written so that it can be looked for by itself."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.library.answers import prompts
from loquitur.library.answers.cleaning import plain_claim, visible
from loquitur.library.answers.spending import Purse
from loquitur.library.answers.wording import sentences, wording
from loquitur.protocols import Answer
from loquitur.speech.prompting import BrokenAnswerError, document_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.answers.writers import Writer
    from loquitur.model.library import Reply
    from loquitur.protocols import Prompt

MOST_SIGNS = 300
_LONGEST = 64 * 1024
"""Signs of a model's answer, thoughts among it; of a longer one nothing is taken."""
_KNOWN = 0.6
"""The least share of a rewritten question's content words that somebody has said before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A question as it is looked for.

    Args:
        question: By itself; as it was asked where the model's is no good.
        changed: Whether it is another one.
        reason: Why the model's was not taken; empty where it was, or none was asked for.
    """

    question: str
    changed: bool = False
    reason: str = ""


def rewrite(
    question: str,
    history: Sequence[Reply],
    writer: Writer,
    *,
    language: str = "und",
    purse: Purse | None = None,
) -> Rewritten:
    """Have a question written so that it is understood without the conversation.

    What the model gives is taken where it is one short question, mostly in words of the
    conversation, and keeps what was asked; else the question stays as it is.

    Args:
        question: The next one.
        history: What was asked and answered before; nothing is asked of the model where empty.
        writer: The language model.
        language: Of the questions, BCP 47.
        purse: What the conversation has spent so far; counted on.

    Raises:
        TransientError: The model is not reached, or busy.
        RemoteError: It refuses.
    """
    if not history:
        return Rewritten(question=question)
    earlier = [(one.question, one.answer or "") for one in history]
    prompt = prompts.rewriting(question, earlier)
    if purse is not None:
        why = purse.refusal(
            writer, writer.tokens_of(prompt), prompt.most_tokens, what="conversation"
        )
        if why:
            return Rewritten(question=question, reason=why)
    answer = _answer(writer, prompt)
    if purse is not None:
        purse.add(writer, *writer.used(prompt, answer))
    try:
        given = document_of(answer).get("question")
    except BrokenAnswerError as exc:
        return Rewritten(question=question, reason=f"the model's question is no good: {exc}")
    if not isinstance(given, str):
        return Rewritten(question=question, reason="the model gave no question")
    return _judged(question, given, earlier, language)


def _answer(writer: Writer, prompt: Prompt) -> Answer:
    """What the model writes; a model without end is left, and its answer is not whole."""
    text = ""
    with closing(writer.pieces(prompt)) as pieces:  # leaving it closes the connection
        for piece in pieces:
            if isinstance(piece, Answer):
                return piece
            text += piece
            if len(text) > _LONGEST:
                break
    return Answer(text=text, whole=False)


def _judged(
    question: str, given: str, earlier: Sequence[tuple[str, str]], language: str
) -> Rewritten:
    """The model's question where it is one."""
    made, had_address = plain_claim(given[: 4 * MOST_SIGNS])
    if made == visible(question):
        return Rewritten(question=question)
    why = ""
    new = wording(made, language=language)
    asked = wording(visible(question), language=language)
    known = asked.stems.union(
        *(wording(visible(text), language=language).stems for pair in earlier for text in pair)
    )
    if not made or len(made) > MOST_SIGNS or had_address or len(sentences(made)) > 2:
        why = "it is not one short question"
    elif new.stems and len(new.stems & known) < _KNOWN * len(new.stems):
        why = "it asks for what nobody has spoken of"
    elif any(not any(one.agrees(two) for two in new.figures) for one in asked.figures if one.sure):
        why = "it leaves out a figure of the question"
    if why:
        return Rewritten(question=question, reason=f"the model's question is no good: {why}")
    return Rewritten(question=made, changed=True)
