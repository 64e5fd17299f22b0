"""Whether searches find: questions with known places, searched in several ways."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.evaluation.retrieval import hit, ndcg, recall, reciprocal_rank
from loquitur.library.trials.outcomes import Outcome, Trial, notice_of
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from loquitur.library.trials.questions import Question, QuestionSet
    from loquitur.model.library import Passage

    Finder = Callable[[Question], Sequence[Passage]]

CUTS = (1, 5, 10)


def try_finding(
    asked: QuestionSet,
    ways: Mapping[str, Finder],
    *,
    k: int = 10,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Trial:
    """Search every question in every way.

    Args:
        asked: Questions; those without a place (unanswerable ones) are left out.
        ways: By name, what gives the best passages of a question, the best first.
        k: How many of them are looked at.
        seed: Of the intervals' drawing.
        progress: Told how many searches are done, of how many.

    Raises:
        InputError: No question says where its answer is.
    """
    questions = [one for one in asked.questions if one.answerable and one.places]
    if not questions:
        raise InputError(
            f"{asked.name}: no question says where its answer is",
            hint="give a time, a passage or answers",
        )
    notices = [*asked.notices]
    if len(ways) > 1:
        notices += notice_of([one.group for one in questions])
    if left := len(asked.questions) - len(questions):
        notices.append(f"{counted(left, 'question')} without an answer or a place left out")
    cuts = tuple(sorted({cut for cut in CUTS if cut < k} | {k}))
    outcomes: list[Outcome] = []
    for name, find in ways.items():
        for question in questions:
            begun = time.perf_counter()
            passages = find(question)[:k]
            wait_ms = 1000 * (time.perf_counter() - begun)
            outcomes.append(_outcome(name, question, passages, cuts, wait_ms))
            if progress is not None:
                progress(len(outcomes), len(questions) * len(ways))
    return Trial(
        name=asked.name,
        ways=tuple(ways),
        measures=tuple(outcomes[0].values),
        outcomes=tuple(outcomes),
        notices=tuple(notices),
        seed=seed,
    )


def _outcome(
    way: str, question: Question, passages: Sequence[Passage], cuts: tuple[int, ...], wait_ms: float
) -> Outcome:
    gold: dict[Hashable, float] = {at: one.grade for at, one in enumerate(question.places)}
    ranking = [
        frozenset(at for at, place in enumerate(question.places) if place.holds(passage))
        for passage in passages
    ]
    deepest = cuts[-1]
    values: dict[str, float | None] = {f"recall@{cut}": recall(ranking, gold, cut) for cut in cuts}
    values[f"mrr@{deepest}"] = reciprocal_rank(ranking, gold, deepest)
    values[f"ndcg@{deepest}"] = ndcg(ranking, gold, deepest)
    values[f"hit@{min(5, deepest)}"] = hit(ranking, gold, min(5, deepest))
    values["no_hit"] = float(not passages)
    return Outcome(
        way=way,
        question_id=question.id,
        question=question.text,
        group=question.group,
        answerable=question.answerable,
        values=values,
        given=passages[0].text if passages else "",
        wait_ms=wait_ms,
    )
