"""KLUE-STS (Park et al. 2021): pairs of sentences, of which close ones are to find each other.

All first sentences are the passages; the second ones of pairs with a `real-label` of 4 or more are
the questions, each of which shall find its partner.
"""

from __future__ import annotations

from typing import Any

import msgspec

from loquitur.conversion import convert
from loquitur.errors import InputError
from loquitur.library.trials.questions import Brought, Place, Question, QuestionSet
from loquitur.library.trials.squad import timed
from loquitur.model.library import Part, Passage, Volume

CLOSE = 4.0
"""Of 5: "the two sentences are mostly equivalent"."""


class _Labels(msgspec.Struct):
    real: float = msgspec.field(name="real-label")


class _Pair(msgspec.Struct):
    guid: str
    sentence1: str
    sentence2: str
    labels: _Labels


def read_paraphrases(document: Any, *, name: str, language: str) -> QuestionSet:
    """The questions and passages of a list of pairs.

    Raises:
        InputError: It is not KLUE-STS's form.
    """
    try:
        pairs = convert(document, list[_Pair])
    except msgspec.ValidationError as exc:
        raise InputError(f"{name}: {exc}", hint="expected the pairs of KLUE-STS") from exc
    media_id = f"set:{name}"
    passages: list[Passage] = []
    questions: list[Question] = []
    end_ms = 0
    for number, pair in enumerate(pairs):
        passage = timed(pair.sentence1, media_id, number, start_ms=end_ms, language=language)
        passages.append(passage)
        end_ms = passage.end_ms
        if pair.labels.real >= CLOSE:
            place = Place(media_id=media_id, start_ms=passage.start_ms, end_ms=end_ms)
            questions.append(
                Question(
                    id=pair.guid, text=pair.sentence2, places=(place,), group=pair.guid,
                    language=language,
                )
            )  # fmt: skip
    volume = Volume(media_id=media_id, title="", language=language, duration_ms=end_ms)
    part = Part(language=language, source="transcript")
    brought = Brought(volume=volume, part=part, passages=tuple(passages))
    return QuestionSet(name=name, questions=tuple(questions), brought=(brought,))
