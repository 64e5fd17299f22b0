"""outline: title, summary, chapters and paragraphs of a transcript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.model.speech import Outline, Transcript
from loquitur.speech.outlining import OutlineOptions, outline
from loquitur.speech.prompting import asking

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 1
ENGINE = "llm"
RESULT = Outline
INPUTS = {"transcript": "weave", "refined": "refine"}
Options = OutlineOptions


def run(work: Work) -> Outline:
    """What a language model says the transcript is about."""
    transcript = work.take("refined" if work.has("refined") else "transcript", Transcript)
    found, _ = outline(
        transcript,
        asking(work.engine, work.parts),
        work.options,
        work.stamp,
        told=lambda done, total: work.progress(
            transcript.duration_ms * done // total, transcript.duration_ms
        ),
    )
    return found
