"""Whether answers are right, proven, in time, and refused where there is none."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from loquitur.errors import InputError
from loquitur.evaluation.answering import (
    CitationCounts,
    Statement,
    citation_counts,
    exact_match,
    f1,
    inside,
    nearby,
    refusal_counts,
)
from loquitur.library.sheets.choosing import content
from loquitur.library.trials.outcomes import Outcome, Trial, notice_of
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from loquitur.library.trials.questions import Question, QuestionSet
    from loquitur.model.library import Citation, Passage, Reply

    Asker = Callable[[Question], Reply | None]

_CITED = re.compile(r"\s*((?:\[\d{1,4}\]\s*)+)")
_N = re.compile(r"\d+")
_LINKED = re.compile(r"[?&#]t=(\d+)")

MEASURES = (
    "em", "f1", "f1_sentence", "contains", "in_passage", "time_hit", "link_5s",
    "citation_recall", "citation_precision", "refusal_recall", "refusal_precision",
    "false_refusals",
)  # fmt: skip


class Evidence(Protocol):
    """Where the passages are that replies cite: an index, or a file of replies."""

    def passages(self, idents: Sequence[int], /) -> Sequence[Passage]:
        """The passages of some ids."""
        ...


def try_answering(
    asked: QuestionSet,
    ways: Mapping[str, tuple[Evidence, Asker]],
    *,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Trial:
    """Ask every question in every way.

    Args:
        asked: Questions, answerable and not.
        ways: By name, where the passages are that are cited, and what answers a question: None
            where it was not asked, which leaves the question out of this way's figures.
        seed: Of the intervals' drawing.
        progress: Told how many questions were answered, of how many.

    Raises:
        InputError: There is no question.
    """
    if not asked.questions:
        raise InputError(f"{asked.name}: no question in it")
    outcomes: list[Outcome] = []
    totals: dict[str, dict[str, float | None]] = {}
    notices = [*asked.notices]
    if len(ways) > 1:
        notices += notice_of([one.group for one in asked.questions])
    for name, (index, ask) in ways.items():
        counts = CitationCounts()
        bill = _Bill()
        for question in asked.questions:
            begun = time.perf_counter()
            reply = ask(question)
            wait_ms = 1000 * (time.perf_counter() - begun)
            bill.add(reply)
            if reply is not None:
                counts += citations_of(reply, index, language=question.language)
            outcomes.append(_outcome(name, question, reply, index, wait_ms))
            if progress is not None:
                progress(len(outcomes), len(asked.questions) * len(ways))
        notices += bill.said(name)
        refusals = refusal_counts(
            (one.answerable, one.refused) for one in outcomes if one.way == name and one.values
        )
        totals[name] = {
            "citation_recall": counts.recall,
            "citation_precision": counts.precision,
            "refusal_precision": refusals.precision,
        }
    return Trial(
        name=asked.name,
        ways=tuple(ways),
        measures=MEASURES,
        outcomes=tuple(outcomes),
        totals=totals,
        notices=tuple(notices),
        seed=seed,
    )


@dataclass(slots=True)
class _Bill:
    """What a way has cost, and how many sentences of a model were not shown."""

    tokens: int = 0
    usd: float | None = 0.0
    dropped: int = 0
    not_asked: int = 0

    def add(self, reply: Reply | None) -> None:
        if reply is None:
            self.not_asked += 1
            return
        self.tokens += reply.input_tokens + reply.output_tokens
        self.dropped += len(reply.dropped)
        if reply.input_tokens:
            cost = reply.cost_usd
            self.usd = None if self.usd is None or cost is None else self.usd + cost

    def said(self, way: str) -> list[str]:
        left = [f"{way}: {counted(self.not_asked, 'question')} not asked"] * bool(self.not_asked)
        if not self.tokens:
            return left
        price = "at a price nobody knows" if self.usd is None else f"{self.usd:.4f} USD"
        return [
            *left, f"{way}: {self.tokens:,} tokens, {price}; {self.dropped} sentences not shown"
        ]  # fmt: skip


def statements(answer: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The sentences of an answer, each with the numbers that stand behind it.

    >>> list(statements("It is 5 [1]. It was 4 [2][3]."))
    [('It is 5', (1,)), ('It was 4', (2, 3))]
    """
    pieces = _CITED.split(answer)
    for at in range(0, len(pieces), 2):
        text = pieces[at].strip().lstrip(".,;:!?\u3002 ").strip()
        if text:
            cited = _N.findall(pieces[at + 1]) if at + 1 < len(pieces) else []
            yield text, tuple(map(int, cited))


def citations_of(reply: Reply, index: Evidence, *, language: str) -> CitationCounts:
    """How well a reply's sentences are supported by the passages they cite."""
    if reply.answer is None:
        return CitationCounts()
    passages = index.passages([one.passage_id for one in reply.citations])
    texts = {one.id: one.text for one in passages}
    by_n = {one.n: texts.get(one.passage_id, "") for one in reply.citations}
    found = [
        Statement(text=text, cited=tuple(by_n.get(n, "") for n in numbers))
        for text, numbers in statements(reply.answer)
    ]
    return citation_counts(found, content=partial(content, language=language))


def answer_span(reply: Reply) -> str:
    """The shortest that a reply says: what is marked in its first citation, else its answer."""
    if reply.answer is None:
        return ""
    for one in reply.citations:
        if one.marks:
            return one.text[one.marks[0][0] : one.marks[-1][1]]
    return " ".join(text for text, _ in statements(reply.answer))


def _outcome(
    way: str, question: Question, reply: Reply | None, index: Evidence, wait_ms: float
) -> Outcome:
    if reply is None:
        return Outcome(
            way=way, question_id=question.id, question=question.text, group=question.group,
            answerable=question.answerable, values={}, wait_ms=wait_ms,
        )  # fmt: skip
    refused = reply.refused or reply.answer is None
    sentence = " ".join(text for text, _ in statements(reply.answer or ""))
    values: dict[str, float | None] = {}
    values["false_refusals" if question.answerable else "refusal_recall"] = float(refused)
    if question.answerable:
        language, right = question.language, question.answers
        span = answer_span(reply)
        values["em"] = exact_match(span, right, language=language)
        values["f1"] = f1(span, right, language=language)
        values["f1_sentence"] = f1(sentence, right, language=language)
        values["contains"] = _contains(sentence, right)
        values |= _found(question, reply, index)
    return Outcome(
        way=way,
        question_id=question.id,
        question=question.text,
        group=question.group,
        answerable=question.answerable,
        values=values,
        given=reply.answer or reply.reason,
        url=reply.citations[0].url if reply.citations else "",
        wait_ms=wait_ms,
        refused=refused,
    )


def _contains(answer: str, right: Sequence[str]) -> float | None:
    """Whether the answer has one of the right ones in it, letter for letter but for case."""
    if not right:
        return None
    plain = " ".join(answer.lower().split())
    return float(any(" ".join(one.lower().split()) in plain for one in right if one.strip()))


def _found(question: Question, reply: Reply, index: Evidence) -> dict[str, float | None]:
    """Whether what is cited is the right place, and at the right time; of given answers alone."""
    if reply.answer is None:
        return {}
    values: dict[str, float | None] = {}
    if question.places:
        passages = index.passages([one.passage_id for one in reply.citations])
        values["in_passage"] = float(
            any(place.holds(one) for place in question.places for one in passages)
        )
    gold = question.answer_ms
    if gold is not None:
        mine = [one for one in reply.citations if _same_volume(one, question)]
        values["time_hit"] = float(any(inside(one.start_ms, one.end_ms, gold) for one in mine))
        values["link_5s"] = float(any(nearby(_link_ms(one), gold) for one in mine))
    return values


def _same_volume(citation: Citation, question: Question) -> bool:
    wanted = {place.media_id for place in question.places if place.media_id}
    return not wanted or citation.media_id in wanted


def _link_ms(citation: Citation) -> int:
    """Where the link leads; the citation's start where it has no time in it."""
    linked = _LINKED.search(citation.url)
    return 1000 * int(linked[1]) if linked else citation.start_ms
