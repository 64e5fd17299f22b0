"""Questions to a library: answered by what was said word for word, or by a language model."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from loquitur.errors import InputError, UsageError
from loquitur.library.answers.composing import AnswerOptions, compose
from loquitur.library.answers.rewriting import rewrite
from loquitur.library.answers.spending import Purse
from loquitur.library.answers.writers import open_writer
from loquitur.library.encoding import NONE, options_set, resources_of
from loquitur.library.excerpts import following, replying
from loquitur.library.search.retrieval import retrieve
from loquitur.model.library import ALL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loquitur.library.answers.composing import Said
    from loquitur.library.answers.writers import Writer
    from loquitur.library.encoding import Encoder
    from loquitur.library.index.contract import Index
    from loquitur.library.search.retrieval import Candidate
    from loquitur.model.library import Filters, Mode, Reply
    from loquitur.settings import Settings

CANDIDATES = 20
"""Passages that are read for a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOptions:
    """How a question is answered.

    Args:
        filters: Which passages are looked at.
        mode: How they are found.
        candidates: How many are read.
        refuse_below: The confidence below which there is no answer, 0 to 1; the calibrated one
            where None. A language model's answers are checked in another way.
        answers: How a language model answers, where one does.
    """

    filters: Filters = ALL
    mode: Mode = "hybrid"
    candidates: int = CANDIDATES
    refuse_below: float | None = None
    answers: AnswerOptions = field(default_factory=AnswerOptions)

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
    by: Wording | None = None,
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
        by: The language model that words the answer; sentences as they were said where None.

    Raises:
        UsageError: The question is empty.
        InputError: The library is empty.
        RemoteError: The language model is not reached, or refuses.
    """
    options = options or AskOptions()
    question = _checked(index, question, name)
    found = _Finding(index=index, encoder=encoder, options=options)
    if by is not None:
        return _worded(found, question, history, by)
    if not history:
        return found.quoted(question)
    languages = index.languages()
    leans = following.leans(question, languages=languages)
    short = following.may_lean(question, languages=languages)
    together = following.with_history(question, history, languages=languages)
    first = found.quoted(question, searched=together if leans else "")
    if not first.refused or leans == short:  # a short one that leans means nothing by itself
        return first
    second = found.quoted(question, searched="" if leans else together)
    return first if second.refused else second


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A language model that words answers, and what it has cost so far.

    Args:
        writer: The model.
        purse: What was spent, and may be.
        told: Told each sentence once it is checked, while the model still writes.
    """

    writer: Writer
    purse: Purse
    told: Callable[[Said], object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """Where passages for questions come from."""

    index: Index
    encoder: Encoder | None
    options: AskOptions

    def candidates(self, text: str) -> tuple[Candidate, ...]:
        """The passages that may answer, the best first."""
        return retrieve(
            self.index,
            text,
            encoder=self.encoder,
            mode=self.options.mode,
            filters=self.options.filters,
            limit=self.options.candidates,
        )

    def quoted(self, question: str, *, searched: str = "") -> Reply:
        """The answer in sentences as they were said."""
        return replying.reply(
            self.index,
            question,
            self.candidates(searched or question),
            encoder=self.encoder,
            searched=searched,
            refuse_below=self.options.refuse_below,
        )


def _telling(
    told: Callable[[Said], object] | None, searched: str
) -> Callable[[Said], object] | None:
    """What is told of sentences, with the first one what was searched."""
    if told is None or not searched:
        return told
    left = [searched]

    def tell(said: Said) -> object:
        return told(dataclasses.replace(said, searched=left.pop() if left else ""))

    return tell


def _worded(found: _Finding, question: str, history: Sequence[Reply], by: Wording) -> Reply:
    """The answer in a language model's words, checked against the passages."""
    before = by.purse.read, by.purse.written
    asked = rewrite(question, history, by.writer, purse=by.purse)
    read, written = by.purse.read - before[0], by.purse.written - before[1]
    reply = compose(
        asked.question,
        found.candidates(asked.question),
        by.writer,
        index=found.index,
        options=found.options.answers,
        history=history,
        purse=by.purse,
        told=_telling(by.told, asked.question if asked.changed else ""),
    )
    notices = (f"not rewritten: {asked.reason}", *reply.notices) if asked.reason else reply.notices
    return dataclasses.replace(
        reply,
        question=question,
        searched=asked.question if asked.changed else "",
        notices=notices,
        input_tokens=reply.input_tokens + read,
        output_tokens=reply.output_tokens + written,
        cost_usd=by.writer.cost_usd(reply.input_tokens + read, reply.output_tokens + written),
    )


def writer_for(llm: str, settings: Settings) -> Writer | None:
    """The language model of a name; None for `none` and for no name.

    Args:
        llm: `NAME[:MODEL]` or `none`.
        settings: Of this place; options of the model as `set.llm.KEY`.

    Raises:
        UsageError: There is none of that name, or it only restores punctuation.
        MissingError: Its package or its key is absent.
    """
    if llm in ("", NONE):
        return None
    return open_writer(llm, resources_of(settings), given=options_set("llm", settings))


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
        writer: The language model that words answers; sentences as they were said where None.
        replies: What was asked and answered so far.
    """

    index: Index
    name: str = ""
    encoder: Encoder | None = None
    options: AskOptions = field(default_factory=AskOptions)
    writer: Writer | None = None
    replies: list[Reply] = field(default_factory=list)
    _purse: Purse | None = field(default=None, init=False)

    def ask(self, question: str, *, told: Callable[[Said], object] | None = None) -> Reply:
        """Answer the next question.

        Args:
            question: In whatever language.
            told: Told each sentence of a language model once it is checked.

        Raises:
            UsageError: The question is empty.
            InputError: The library is empty.
            RemoteError: The language model is not reached, or refuses.
        """
        by = None
        if self.writer is not None:
            if self._purse is None:
                self._purse = Purse(ceiling=self.options.answers.conversation_ceiling)
            by = Wording(writer=self.writer, purse=self._purse, told=told)
        reply = ask(
            self.index,
            question,
            name=self.name,
            encoder=self.encoder,
            options=self.options,
            history=self.replies,
            by=by,
        )
        self.replies.append(reply)
        return reply

    def narrow(self, filters: Filters) -> None:
        """Look at these passages alone from now on."""
        self.options = dataclasses.replace(self.options, filters=filters)
