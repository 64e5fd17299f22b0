"""translate: a transcript in another language; `translate:de` is the step for one of them."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from loquitur.languages import primary
from loquitur.model.speech import Provenance, Transcript
from loquitur.speech.prompting import asking
from loquitur.speech.refining import Account
from loquitur.speech.translating import TranslateOptions, translate

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 1
ENGINE = "llm"
RESULT = Transcript
INPUTS = {"transcript": "weave", "refined": "refine"}
Options = TranslateOptions


def run(work: Work) -> Transcript:
    """The transcript in the language of the options; as it is where that is its own."""
    transcript = work.take("refined" if work.has("refined") else "transcript", Transcript)
    target = work.options.to
    if not target or primary(target) == primary(transcript.language):
        found, account = transcript, Account()
    else:
        found, account = translate(
            transcript,
            asking(work.engine, work.parts),
            work.options,
            told=lambda done, total: work.progress(
                transcript.duration_ms * done // total, transcript.duration_ms
            ),
        )
    stamp = work.stamp
    made = Provenance(
        stage="translate",
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
        language=target or transcript.language,
        provenance=(*transcript.provenance, made),
        notes=transcript.notes + account.note("translations"),
    )
