"""A reply out of sentences as they were said, or a refusal that shows where to look."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.library import terms as rules
from loquitur.library.excerpts import judging, spans
from loquitur.library.excerpts.evidence import (
    Sentence,
    Weights,
    best_of,
    coverage,
    read_passage,
    sentences_of,
)
from loquitur.library.excerpts.questions import read_question
from loquitur.library.search.hits import address_of
from loquitur.model.library import Citation, Reply

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from loquitur.library.encoding import Encoder
    from loquitur.library.excerpts.evidence import Found
    from loquitur.library.excerpts.questions import Question
    from loquitur.library.index.contract import Index
    from loquitur.library.search.retrieval import Candidate

MOST_SENTENCES = 3
_AS_LIKELY = 0.3
"""A further sentence is shown where it is at least that much as likely as the best one."""
_MEANT = 8
"""So many of the best sentences are compared by meaning: an encoder takes milliseconds for each."""
_NEAREST = 3
_SHOWN_WORDS = 5
_LEAST_SHARED = 0.15
"""The share of a question that a passage covers at least to be worth a look."""
_LEAST_WORDS = 1 / 3
"""Or of its words: what most passages speak of weighs little, and is what a course is about."""
_LEAD_MS = 2_000
"""How long before the likeliest answer its link leads, where its sentence began before that.

Chosen on the half of XQuAD that the weights were fitted on.
"""
_CONTEXT = 240
"""Characters of what is said before and after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A question as it was understood, and the sentences that may answer it.

    Args:
        question: The question.
        found: The passages, the best first.
        sentences: Those of all passages, as they stand there.
    """

    question: Question
    found: tuple[Found, ...]
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What was found for a question: sentences with their scores, the best first.

    Args:
        question: As it was understood.
        found: The passages.
        sentences: Those of all passages, the best first, each once.
        scores: Theirs.
        confidence: How likely the best one answers it.
    """

    question: Question
    found: tuple[Found, ...]
    sentences: tuple[Sentence, ...]
    scores: tuple[float, ...]
    confidence: float


def prepare(index: Index, text: str, candidates: Sequence[Candidate]) -> Ready:
    """Read a question and cut the passages that were found for it into sentences.

    Args:
        index: Where the passages are from.
        text: The question.
        candidates: What `search.retrieve` gives, the best first.
    """
    question = read_question(text, languages=index.languages())
    weights = Weights(index=index, question=question, passages=index.counts().passages)
    most = max((one.score for one in candidates), default=0.0) or 1.0
    found = []
    for one in candidates:
        volume = index.volume(one.passage.media_id)
        if volume is not None:  # none where it was taken out just now
            found.append(read_passage(one.passage, volume, one.score / most, weights))
    return Ready(
        question=question,
        found=tuple(found),
        sentences=tuple(sentence for one in found for sentence in sentences_of(one)),
    )


def judge(
    index: Index, text: str, candidates: Sequence[Candidate], *, encoder: Encoder | None = None
) -> Judged:
    """Hold every sentence of the passages that were found against a question.

    Args:
        index: Where the passages are from.
        text: The question.
        candidates: What `search.retrieve` gives, the best first.
        encoder: Compares meanings too, where there is one.
    """
    ready = prepare(index, text, candidates)
    question, found, sentences = ready.question, ready.found, ready.sentences
    if not sentences:
        return Judged(question=question, found=(), sentences=(), scores=(), confidence=0.0)
    made = judging.calibration()
    scores = judging.sentence_features(sentences, question) @ made.sentence
    order = best_of(sentences, scores.tolist())
    if encoder is not None:
        order = _by_meaning(order, sentences, scores, text, encoder)
    best = sentences[order[0]]
    sure = judging.confidence(judging.confidence_features(best, found), made)
    return Judged(
        question=question,
        found=found,
        sentences=tuple(sentences[at] for at in order),
        scores=tuple(float(scores[at]) for at in order),
        confidence=sure if any(best.matched) else 0.0,
    )


def _by_meaning(
    order: list[int],
    sentences: Sequence[Sentence],
    scores: NDArray[np.float64],
    text: str,
    encoder: Encoder,
) -> list[int]:
    """The best sentences anew, with what they mean; `scores` is changed along with them."""
    first = order[:_MEANT]
    near = encoder.encode_passages([sentences[at].text for at in first]) @ encoder.encode_query(
        text
    )
    for at, cosine in zip(first, near, strict=True):
        scores[at] += judging.calibration().meaning * float(cosine)
    return [*sorted(first, key=lambda at: (-scores[at], at)), *order[_MEANT:]]


def reply(
    index: Index,
    text: str,
    candidates: Sequence[Candidate],
    *,
    encoder: Encoder | None = None,
    searched: str = "",
    refuse_below: float | None = None,
) -> Reply:
    """Answer a question by what was said, word for word, or refuse.

    Args:
        index: Where the passages are from.
        text: The question as it was asked.
        candidates: What `search.retrieve` gives, the best first.
        encoder: Compares meanings too, where there is one.
        searched: The question with what an earlier one said, where that was looked for.
        refuse_below: The confidence below which there is no answer; the calibrated one where None.
    """
    judged = judge(index, searched or text, candidates, encoder=encoder)
    bound = judging.calibration().refuse_below if refuse_below is None else refuse_below
    if not judged.sentences or judged.confidence < bound:
        nearest = _nearest(index, judged)
        return Reply(
            question=text,
            answer=None,
            refused=True,
            reason=_reason(judged, shown=bool(nearest)),
            confidence=judged.confidence,
            searched=searched,
            nearest=nearest,
        )
    chosen = [
        one
        for one, score in zip(judged.sentences, judged.scores, strict=True)
        if math.exp(score - judged.scores[0]) >= _AS_LIKELY
    ][:MOST_SENTENCES]
    citations = tuple(
        cite(index, one, n=n, marks=marks, link_ms=_link_ms(one, marks))
        for n, one in enumerate(chosen, 1)
        for marks in (_answer(one, judged.question),)
    )
    return Reply(
        question=text,
        answer=" ".join(f"{one.text} [{one.n}]" for one in citations),
        citations=citations,
        confidence=judged.confidence,
        searched=searched,
    )


def _reason(judged: Judged, *, shown: bool) -> str:
    """Why there is no answer: the words that the nearest passage does not have."""
    if not judged.found:
        return "nothing that is looked at has any word of the question"
    best = judged.sentences[0].found
    absent = {one.term for one, match in zip(best.asked, best.matched, strict=True) if not match}
    words = _shown(judged.question, best.passage.language, absent)
    if not words:
        return "no passage covers the question well enough"
    listed = ", ".join(f"'{one}'" for one in words)
    if not shown:
        return f"no passage comes near the question: not even the best one speaks of {listed}"
    return f"no passage covers the question: the nearest one says nothing of {listed}"


def _shown(question: Question, language: str, absent: Collection[str]) -> list[str]:
    """Words of the question as they were typed; neighbouring pairs of a run as one."""
    places: list[tuple[int, int]] = []
    for token in rules.tokens(question.content, language=language):
        if token.term not in absent:
            continue
        if places and token.start < places[-1][1]:
            places[-1] = (places[-1][0], max(places[-1][1], token.end))
        else:
            places.append((token.start, token.end))
    words = (question.content[start:end] for start, end in places)
    return [*dict.fromkeys(words)][:_SHOWN_WORDS]


def _nearest(index: Index, judged: Judged) -> tuple[Citation, ...]:
    """The best sentence of each of the best passages, what it shares with the question marked."""
    kept: dict[int, Sentence] = {}
    for one in judged.sentences:
        if len(kept) == _NEAREST:
            break
        covers = coverage(one.found.asked, one.found.matched)
        words = [float(match > 0) for match in one.found.matched]
        worth = covers >= _LEAST_SHARED or sum(words) >= _LEAST_WORDS * len(words)
        if worth and one.found.passage.id not in kept and _shared(one):
            kept[one.found.passage.id] = one
    chosen = enumerate(kept.values(), 1)
    return tuple(cite(index, one, n=n, marks=_shared(one)) for n, one in chosen)


def _shared(sentence: Sentence) -> tuple[tuple[int, int], ...]:
    """Where words of the question stand in a sentence."""
    asked = {
        one.term for one, match in zip(sentence.found.asked, sentence.matched, strict=True) if match
    }
    marks: list[tuple[int, int]] = []
    for token in sentence.found.tokens:
        start, end = token.start - sentence.start, token.end - sentence.start
        if token.term not in asked or not 0 <= start < end <= len(sentence.text):
            continue
        if marks and start <= marks[-1][1]:
            marks[-1] = (marks[-1][0], max(marks[-1][1], end))
        else:
            marks.append((start, end))
    return tuple(marks)


def _answer(sentence: Sentence, question: Question) -> tuple[tuple[int, int], ...]:
    """Where the likeliest answer stands in a sentence; what a thing is, the whole of it says."""
    if question.wanted == "meaning":
        return ()
    span = spans.likeliest(sentence, question, judging.calibration().answer)
    return (span,) if span else ()


def _link_ms(sentence: Sentence, marks: Sequence[tuple[int, int]]) -> int:
    """Where to begin to listen: shortly before the likeliest answer, and never before its sentence.

    People who talk make long sentences: whoever starts at the first word may wait for ten seconds.
    """
    passage = sentence.found.passage
    start_ms = passage.time_of(sentence.start)
    if not marks:
        return start_ms
    return max(start_ms, passage.time_of(sentence.start + marks[0][0]) - _LEAD_MS)


def cite(
    index: Index,
    sentence: Sentence,
    *,
    n: int,
    marks: tuple[tuple[int, int], ...] = (),
    link_ms: int | None = None,
) -> Citation:
    """Where a sentence was said, with what is said around it; times and address from the index.

    Args:
        index: Where it is from.
        sentence: It.
        n: Its number.
        marks: Ranges of its characters that matter.
        link_ms: Where its address leads; its first word where None.
    """
    passage, volume = sentence.found.passage, sentence.found.volume
    start_ms, end_ms = passage.span_ms(sentence.start, sentence.end)
    before, after = _context(index, sentence)
    return Citation(
        n=n,
        media_id=passage.media_id,
        passage_id=passage.id,
        start_ms=start_ms,
        end_ms=end_ms,
        text=sentence.text,
        url=address_of(passage, volume, start_ms if link_ms is None else link_ms),
        title=volume.title,
        speaker=passage.speaker,
        timed=passage.timed,
        link_ms=link_ms,
        before=before,
        after=after,
        marks=marks,
    )


def _context(index: Index, sentence: Sentence) -> tuple[str, str]:
    """What is said right before and after a sentence, over the borders of its passage too."""
    passage = sentence.found.passage
    before = passage.text[: sentence.start].strip()
    after = passage.text[sentence.end :].strip()
    if not before or not after:
        for other in index.around(passage):
            if other.number < passage.number and not before:
                before = _unshared(other.text, passage.text, front=True)
            elif other.number > passage.number and not after:
                after = _unshared(other.text, passage.text, front=False)
    return _end_of(before), _start_of(after)


def _unshared(other: str, here: str, *, front: bool) -> str:
    """The text of a neighbouring window without what it shares with this one."""
    for size in range(min(len(other), len(here)), 0, -1):
        if front and other.endswith(here[:size]):
            return other[:-size].strip()
        if not front and here.endswith(other[:size]):
            return other[size:].strip()
    return other.strip()


def _end_of(text: str) -> str:
    if len(text) <= _CONTEXT:
        return text
    cut = text[-_CONTEXT:]
    return "…" + (cut.partition(" ")[2] or cut)


def _start_of(text: str) -> str:
    if len(text) <= _CONTEXT:
        return text
    cut = text[:_CONTEXT]
    return (cut.rpartition(" ")[0] or cut) + "…"
