"""refine: a transcript in better spelling: punctuation, capitals, obvious mishearings."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from loquitur.model.speech import Provenance, Transcript
from loquitur.speech.prompting import asking
from loquitur.speech.refining import Account, PolishOptions, polish, punctuate

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 1
ENGINE = "llm"
RESULT = Transcript
INPUTS = {"transcript": "weave"}
Options = PolishOptions


def run(work: Work) -> Transcript:
    """The transcript, its kept words at their times; windows beyond the budget as they were."""
    transcript = work.take("transcript", Transcript)
    engine, account = work.engine, Account()
    if hasattr(engine, "restore"):
        found = punctuate(transcript, engine)
    else:
        found, account = polish(
            transcript,
            asking(engine, work.parts),
            work.options,
            told=lambda done, total: work.progress(
                transcript.duration_ms * done // total, transcript.duration_ms
            ),
        )
    stamp = work.stamp
    made = Provenance(
        stage="refine",
        engine=stamp.name,
        version=stamp.version,
        model=stamp.model,
        parameters=stamp.options,
        draft=stamp.draft,
        findings=tuple(account.findings),
        tokens=account.tokens,
    )
    return dataclasses.replace(
        found,
        provenance=(*transcript.provenance, made),
        notes=transcript.notes + account.note("changes"),
    )
