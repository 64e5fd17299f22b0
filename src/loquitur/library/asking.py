"""Questions to a library: answered by what was said word for word, or by a language model."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loquitur.errors import InputError, UsageError
from loquitur.library.excerpts import following, replying
from loquitur.library.search.retrieval import retrieve
from loquitur.model.library import ALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.encoding import Encoder
    from loquitur.library.index.contract import Index
    from loquitur.model.library import Filters, Mode, Reply

CANDIDATES = 20
"""Passages that are read for a question (research notes, section 6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOptions:
    """How a question is answered.

    Args:
        filters: Which passages are looked at.
        mode: How they are found.
        candidates: How many are read.
        refuse_below: The confidence below which there is no answer, 0 to 1; the calibrated one
            where None.
    """

    filters: Filters = ALL
    mode: Mode = "hybrid"
    candidates: int = CANDIDATES
    refuse_below: float | None = None

    def __post_init__(self) -> None:
        if self.refuse_below is not None and not 0 <= self.refuse_below <= 1:
            raise UsageError(
                f"no confidence: {self.refuse_below}", hint="expected a number from 0 to 1"
            )
        if not 1 <= self.candidates <= 1_000:
            raise UsageError(f"cannot read {self.candidates} passages", hint="expected 1 to 1000")


def ask(
    index: Index,
    question: str,
    *,
    name: str = "",
    encoder: Encoder | None = None,
    options: AskOptions | None = None,
    history: Sequence[Reply] = (),
) -> Reply:
    """Answer a question by sentences as they were said, or say that nothing answers it.

    Args:
        index: Of the library.
        question: In whatever language; what it shares with the passages counts.
        name: What the library is called, for messages.
        encoder: Compares meanings too, where there is one.
        options: How it is answered.
        history: Earlier replies of a conversation, the latest last: "when did he die?" asks for
            whom they were about.

    Raises:
        UsageError: The question is empty.
        InputError: The library is empty.
    """
    options = options or AskOptions()
    question = _checked(index, question, name)
    languages = index.languages()

    def answered(searched: str) -> Reply:
        wanted = searched or question
        candidates = retrieve(
            index,
            wanted,
            encoder=encoder,
            mode=options.mode,
            filters=options.filters,
            limit=options.candidates,
        )
        return replying.reply(
            index,
            question,
            candidates,
            encoder=encoder,
            searched=searched,
            refuse_below=options.refuse_below,
        )

    if not history:
        return answered("")
    leans = following.leans(question, languages=languages)
    short = following.may_lean(question, languages=languages)
    together = following.with_history(question, history, languages=languages)
    first = answered(together if leans else "")
    if not first.refused or leans == short:  # a short one that leans means nothing by itself
        return first
    second = answered("" if leans else together)
    return first if second.refused else second


def _checked(index: Index, question: str, name: str) -> str:
    """The question on one line, of a library that has something in it."""
    question = " ".join(question.split())
    if not question:
        raise UsageError("the question is empty", hint='loquitur ask "What is a group?"')
    if next(index.volumes(), None) is None:
        raise empty_error(name)
    return question


def empty_error(name: str) -> InputError:
    """What is said of a library with nothing in it."""
    option = f" --library {name}" if name else ""
    return InputError(
        f"the library{f' {name!r}' if name else ''} is empty",
        hint=f"loquitur library add FILE...{option}",
        code="LQ-EMPTY-LIBRARY",
    )


@dataclass(slots=True, kw_only=True)
class Conversation:
    """Questions one after another; each may lean on those before it.

    Args:
        index: Of the library.
        name: What the library is called.
        encoder: Compares meanings too, where there is one.
        options: How questions are answered; they may be changed between two questions.
        replies: What was asked and answered so far.
    """

    index: Index
    name: str = ""
    encoder: Encoder | None = None
    options: AskOptions = field(default_factory=AskOptions)
    replies: list[Reply] = field(default_factory=list)

    def ask(self, question: str) -> Reply:
        """Answer the next question.

        Raises:
            UsageError: The question is empty.
            InputError: The library is empty.
        """
        reply = ask(
            self.index,
            question,
            name=self.name,
            encoder=self.encoder,
            options=self.options,
            history=self.replies,
        )
        self.replies.append(reply)
        return reply

    def narrow(self, filters: Filters) -> None:
        """Look at these passages alone from now on."""
        self.options = dataclasses.replace(self.options, filters=filters)
