"""A sheet as plain values, for JSON."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from loquitur.library.sheets.cards import USUAL, cards_of

if TYPE_CHECKING:
    from loquitur.library.sheets.sentences import Sentence
    from loquitur.library.sheets.sheet import Sheet


def plain(sheet: Sheet, *, cards: int = USUAL) -> dict[str, Any]:
    """Chapters, terms, questions and cards, each with `start_ms` and `url`.

    Args:
        sheet: Of a video or a subject.
        cards: How many cards at most.
    """
    return {
        "media_id": sheet.volume.media_id,
        "title": sheet.volume.title,
        "language": sheet.language,
        "chapters": [
            {
                "title": one.section.title,
                "start_ms": one.section.start_ms,
                "url": one.section.url,
                "terms": [term.text for term in one.section.terms],
                "sentences": [_said(sentence) for sentence in one.sentences],
            }
            for one in sheet.digests
        ],
        "terms": [
            {
                "term": one.term,
                "defined": one.defined,
                **_said(one.sentence),
                "lead": _said(one.lead) if one.lead else None,
            }
            for one in sheet.terms
        ],
        "questions": [
            {"question": _said(one.question), "answer": [_said(each) for each in one.answer]}
            for one in sheet.questions
        ],
        "cards": [dataclasses.asdict(one) for one in cards_of(sheet, most=cards)],
        "notices": list(sheet.notices),
    }


def _said(sentence: Sentence) -> dict[str, Any]:
    return {"text": sentence.text, "start_ms": sentence.start_ms, "url": sentence.url}
