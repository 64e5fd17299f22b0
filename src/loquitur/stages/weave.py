"""weave: words, turns and feelings to one transcript. The only stage that combines."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from loquitur.model.media import Audio
from loquitur.model.speech import Feelings, Provenance, Transcript, Turns, Words
from loquitur.speech.weaving import WeaveOptions, weave

if TYPE_CHECKING:
    from loquitur.model.speech import EngineStamp
    from loquitur.protocols import Work

VERSION = 3
ENGINE = ""
RESULT = Transcript
INPUTS = {"audio": "decode", "words": "transcribe", "turns": "diarize", "feelings": "emotion"}
Options = WeaveOptions
SILENT = "no speech was found"


def run(work: Work) -> Transcript:
    """The transcript, of what the bytes say alone: one medium may have many names and origins.

    Title and source stay empty; they, and the notes on how it was fetched, are added on delivery.
    """
    audio = work.take("audio", Audio)
    words = work.take("words", Words)
    turns = work.take("turns", Turns) if work.has("turns") else None
    feelings = work.take("feelings", Feelings) if work.has("feelings") else None
    stamps = {"transcribe": words.engine}
    if turns is not None:
        stamps["diarize"] = turns.engine
    if feelings is not None:
        stamps["emotion"] = feelings.engine
    return weave(
        words,
        turns,
        feelings,
        media=dataclasses.replace(work.media, title="", source="", video_id=None),
        duration_ms=max(work.media.duration_ms or 0, audio.end_ms),
        provenance=tuple(_provenance(stage, stamp) for stage, stamp in stamps.items()),
        notes=audio.warnings + (() if words.words else (SILENT,)),
        options=work.options,
    )


def _provenance(stage: str, stamp: EngineStamp) -> Provenance:
    return Provenance(
        stage=stage,
        engine=stamp.name,
        version=stamp.version,
        model=stamp.model,
        parameters=stamp.options,
        draft=stamp.draft,
    )
