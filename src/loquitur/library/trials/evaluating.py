"""Trials from end to end: questions read, libraries made or opened, every way tried."""

from __future__ import annotations

import contextlib
import math
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loquitur.errors import InputError, UsageError
from loquitur.library.encoding import DEFAULT, encoder_for, make_encoder, reranker_for
from loquitur.library.search.retrieval import retrieve
from loquitur.library.search.searching import reranked
from loquitur.library.trials.answering import try_answering
from loquitur.library.trials.finding import try_finding
from loquitur.library.trials.questions import QuestionSet
from loquitur.library.trials.shelving import Absence, held, shelve, temporary_index
from loquitur.library.trials.ways import ways_of
from loquitur.model.library import ALL, Filters

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from loquitur.library.encoding import Encoder
    from loquitur.library.index.contract import Index
    from loquitur.library.shelf import Library
    from loquitur.library.trials.answering import Asker, Evidence
    from loquitur.library.trials.finding import Finder
    from loquitur.library.trials.outcomes import Trial
    from loquitur.library.trials.questions import Brought, Question
    from loquitur.library.trials.replies import Replies
    from loquitur.library.trials.ways import Way
    from loquitur.model.library import Passage, Reply
    from loquitur.settings import Settings

    Progress = Callable[[int, int], None]

_RERANKED = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A library as a way asks it."""

    index: Index
    encoder: Encoder | None


def evaluate_retrieval(
    asked: QuestionSet,
    ways: Sequence[Way] = (),
    *,
    settings: Settings,
    library: Library | None = None,
    k: int = 10,
    seed: int = 0,
    kept: Mapping[str, Finder] | None = None,
    progress: Progress | None = None,
) -> Trial:
    """Whether searches find where questions are answered: recall, MRR, nDCG of every way.

    Args:
        asked: Questions (see `reading.read_questions`).
        ways: Ways of searching; words, hybrid and meaning where none is given.
        settings: Of this place.
        library: What is asked where the questions bring no texts along.
        k: How many passages are looked at.
        seed: Of the intervals' drawing.
        kept: Further ways by name, as `results.Results` has them: what was found elsewhere.
        progress: Told how many searches are done, of how many.

    Raises:
        InputError: The library is empty, or no question says where its answer is.
        UsageError: There is no library to ask, or no such engine.
        MissingError: A package or model is absent.
    """
    if not 1 <= k <= 1000:
        raise UsageError(f"not a number of passages: {k}", hint="1 to 1000")
    ways = ways or ways_of()
    with _shelves(asked, ways, settings, library) as shelves:
        finders = {way.name: _finder(way, shelves[way], settings, k=k) for way in ways}
        finders |= kept or {}
        trial = try_finding(asked, finders, k=k, seed=seed, progress=progress)
        return replace(trial, notices=(*trial.notices, *_unknown(asked, shelves[ways[0]].index)))


def evaluate_answers(
    asked: QuestionSet,
    ways: Sequence[Way] = (),
    *,
    settings: Settings,
    library: Library | None = None,
    hold_out: bool = False,
    seed: int = 0,
    kept: Mapping[str, Replies] | None = None,
    progress: Progress | None = None,
) -> Trial:
    """Whether answers are right, proven and in time, and refused where there is none.

    Args:
        asked: Questions (see `reading.read_questions`).
        ways: Ways of asking; hybrid without a language model where none is given.
        settings: Of this place.
        library: What is asked where the questions bring no texts along.
        hold_out: Ask every answerable question again of a library without its text.
        seed: Of the intervals' drawing.
        kept: Further ways by name: what was answered elsewhere.
        progress: Told how many questions were answered, of how many.

    Raises:
        InputError: The library is empty, or there is no question.
        UsageError: There is no library to ask, or no such engine.
        MissingError: A package or model is absent.
    """
    ways = ways or ways_of(modes=("hybrid",))
    if hold_out:
        asked = _with_held_out(asked)
    with _shelves(asked, ways, settings, library, copied=hold_out) as shelves:
        absences = {id(one.index): Absence(index=one.index) for one in shelves.values()}
        askers: dict[str, tuple[Evidence, Asker]] = {
            way.name: (
                shelves[way].index,
                _asker(way, shelves[way], settings, absences[id(shelves[way].index)]),
            )
            for way in ways
        }
        for name, replies in (kept or {}).items():
            askers[name] = (replies, replies.reply)
        trial = try_answering(asked, askers, seed=seed, progress=progress)
        for absence in absences.values():
            absence.without("")
        return replace(trial, notices=(*trial.notices, *_unknown(asked, shelves[ways[0]].index)))


@contextlib.contextmanager
def _shelves(
    asked: QuestionSet,
    ways: Sequence[Way],
    settings: Settings,
    library: Library | None,
    *,
    copied: bool = False,
) -> Iterator[dict[Way, Shelf]]:
    """For each way a library with the vectors it needs; made ones are gone at the end."""
    if not asked.brought and library is None:
        raise UsageError(f"{asked.name} brings no texts along", hint="say --library NAME")
    own = None if asked.brought or library is None else library.index
    if own is not None and library is not None and not own.counts().passages:
        raise InputError(
            f"the library '{library.name}' is empty", hint="loquitur library add FILE..."
        )
    with contextlib.ExitStack() as stack:
        made: dict[str, Shelf] = {}
        found: dict[Way, Shelf] = {}
        for way in ways:
            wanted = _embedding_of(way, own, settings)
            if wanted not in made:
                if own is not None and not copied and _is_own(wanted, own):
                    encoder = encoder_for(own, settings) if wanted else None
                    made[wanted] = Shelf(index=own, encoder=encoder)
                else:
                    brought = asked.brought or (held(own) if own is not None else ())
                    made[wanted] = stack.enter_context(_made(brought, wanted, settings))
            found[way] = made[wanted]
        yield found


def _embedding_of(way: Way, own: Index | None, settings: Settings) -> str:
    """Whose vectors a way needs; empty for none."""
    if way.mode == "words":
        return ""
    if way.embedding:
        return way.embedding
    if own is not None and own.encoding is not None:
        return own.encoding.name
    return settings.embedding or DEFAULT


def _is_own(wanted: str, own: Index) -> bool:
    return not wanted or (own.encoding is not None and wanted == own.encoding.name)


@contextlib.contextmanager
def _made(brought: Iterable[Brought], wanted: str, settings: Settings) -> Iterator[Shelf]:
    encoder = make_encoder(wanted, settings) if wanted and wanted != "none" else None
    with temporary_index() as index:
        shelve(index, brought, encoder=encoder)
        yield Shelf(index=index, encoder=encoder)


def _finder(way: Way, shelf: Shelf, settings: Settings, *, k: int) -> Finder:
    reranker = reranker_for(way.reranker, settings) if way.reranker else None

    def find(question: Question) -> Sequence[Passage]:
        candidates = retrieve(
            shelf.index,
            question.text,
            encoder=shelf.encoder if way.mode != "words" else None,
            mode=way.mode,
            filters=_filters(question),
            limit=max(k, _RERANKED if reranker is not None else 0),
            fusion=way.fusion,
        )
        passages = [one.passage for one in candidates]
        if reranker is None:
            return passages
        scores = {one.passage.id: one.score for one in candidates}
        return reranked(reranker, question.text, passages, scores)

    return find


def _asker(way: Way, shelf: Shelf, settings: Settings, absence: Absence) -> Asker:
    from loquitur.library.asking import AskOptions, Conversation, writer_for

    writer = writer_for(way.llm, settings)

    def answer(question: Question) -> Reply:
        absence.without(question.without)
        alone = Conversation(  # of one question: none leans on another, each has its ceiling
            index=shelf.index,
            encoder=shelf.encoder if way.mode != "words" else None,
            options=AskOptions(filters=_filters(question), mode=way.mode),
            writer=writer,
        )
        return alone.ask(question.text)

    return answer


def sampled(asked: QuestionSet, count: int, *, seed: int = 0) -> QuestionSet:
    """So many of the questions, drawn with a seed, in their order; all where there are no more."""
    if count >= len(asked.questions):
        return asked
    drawn = sorted(random.Random(seed).sample(range(len(asked.questions)), count))  # noqa: S311
    notice = f"{count} of {len(asked.questions)} questions, drawn with seed {seed}"
    return replace(
        asked,
        questions=tuple(asked.questions[at] for at in drawn),
        notices=(*asked.notices, notice),
    )


def _filters(question: Question) -> Filters:
    return Filters(media_ids=(question.within,)) if question.within else ALL


def with_unanswerable(asked: QuestionSet, others: QuestionSet) -> QuestionSet:
    """Questions along with those of other texts, none of which this library answers."""
    more = tuple(
        replace(
            one, id=f"unanswerable:{one.id}", answerable=False, answers=(), places=(),
            answer_ms=None, within="",
        )
        for one in others.questions
    )  # fmt: skip
    notice = f"{len(more)} questions of {others.name} are taken for unanswerable"
    return replace(asked, questions=(*asked.questions, *more), notices=(*asked.notices, notice))


def _with_held_out(asked: QuestionSet) -> QuestionSet:
    """Every question that has an answer once more, of a library without the answer's text."""
    more = []
    for one in asked.questions:
        texts = {place.media_id for place in one.places}
        if one.answerable and len(texts) == 1 and "" not in texts and not one.within:
            more.append(
                replace(
                    one, id=f"held out:{one.id}", answerable=False, answers=(), places=(),
                    answer_ms=None, without=texts.pop(),
                )
            )  # fmt: skip
    if not more:
        raise InputError(
            f"{asked.name}: no question says which text answers it, so none can be held out",
            hint="give each a video or media_id",
        )
    more.sort(key=lambda one: one.without)
    notice = f"{len(more)} questions were asked again of the library without their text"
    return replace(asked, questions=(*asked.questions, *more), notices=(*asked.notices, notice))


def _unknown(asked: QuestionSet, index: Index) -> tuple[str, ...]:
    """Notices where questions are about what the library does not hold."""
    named_ids = {
        place.media_id for one in asked.questions for place in one.places if place.media_id
    }
    absent = sorted(one for one in named_ids if index.volume(one) is None)
    late = [] if asked.brought else _late(asked, index, named_ids.difference(absent))
    return tuple(
        f"{what}: {', '.join(some[:3])}" + (" ..." if some[3:] else "")
        for what, some in (("not in the library", absent), ("after the end of its video", late))
        if some
    )


def _late(asked: QuestionSet, index: Index, media_ids: Collection[str]) -> list[str]:
    """Questions whose time is behind all that is said in their video: a typing error."""
    ends = {
        one: max(
            (
                passage.end_ms
                for part in index.parts(one)
                for passage in index.passages_of(one, part.name)
            ),
            default=0,
        )
        for one in sorted(media_ids)
    }
    return [
        question.id
        for question in asked.questions
        if any(
            place.start_ms is not None and place.start_ms >= ends.get(place.media_id, math.inf)
            for place in question.places
        )
    ]
