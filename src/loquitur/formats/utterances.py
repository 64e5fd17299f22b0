"""Transcripts of this package (loquitur/transcript/1) as captions: a cue for each utterance.

A cue has its speaker as voice and the moments of its words; `subs segment` cuts such a file as a
guideline asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from loquitur.markup import Node
from loquitur.model.captions import CaptionTrack, Cue, notes_of

if TYPE_CHECKING:
    from loquitur.formats.document import Document

SCHEMA = "loquitur/transcript/1"


class _Speaker(msgspec.Struct):
    id: str
    name: str | None = None


class _Word(msgspec.Struct):
    text: str
    start_ms: int
    end_ms: int


class _Utterance(msgspec.Struct):
    speaker: str
    start_ms: int
    end_ms: int
    words: list[_Word]


class _Form(msgspec.Struct):
    schema: str
    utterances: list[_Utterance]
    speakers: list[_Speaker] = []
    language: str = ""
    title: str = ""
    notes: list[str] = []


def is_transcript(text: str) -> bool:
    """Whether a JSON text says that it is one."""
    return f'"{SCHEMA}"' in text[:4096]


def read(document: Document) -> CaptionTrack:
    """A track of a transcript.

    Raises:
        InputError: It is not what its schema says.
    """
    form = document.of_schema(_Form, SCHEMA)
    names = {speaker.id: speaker.name or speaker.id for speaker in form.speakers}
    cues = tuple(
        Cue.of(
            start_ms=said.start_ms,
            end_ms=said.end_ms,
            tree=(_voice(names.get(said.speaker, said.speaker), said.words),),
        )
        for said in form.utterances
    )
    return CaptionTrack(
        language=form.language or document.language,
        cues=cues,
        name=form.title,
        format="json",
        blocks=notes_of(form.notes),
    )


def _voice(name: str, words: list[_Word]) -> Node:
    children: list[str | Node] = []
    for at, word in enumerate(words):
        if at:
            children += [" ", Node(tag="time", start_ms=max(word.start_ms, 0))]
        children.append(" ".join(word.text.split()))
    return Node(tag="v", annotation=name, children=tuple(children))
