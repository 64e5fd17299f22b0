"""What the speakers of a finished input are called: the user's edits and known voices, looked up.

The artifacts stay as they are; see `speech.naming` for the rules.
"""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from loquitur import stages
from loquitur.model.speakers import Voices
from loquitur.model.speech import Provenance
from loquitur.people import comparable
from loquitur.pipeline.recipes import VOICES
from loquitur.pipeline.work import load_artifact
from loquitur.registry import options_of
from loquitur.speech.naming import Matching, Naming, naming_of, renamed, retagged

if TYPE_CHECKING:
    from loquitur.model.captions import CaptionTrack
    from loquitur.model.speakers import Person, SpeakerEdits
    from loquitur.model.speech import Transcript
    from loquitur.pipeline.plan import Recipe, Step
    from loquitur.pipeline.runner import Outcome
    from loquitur.store import Store

DIARIZE = "diarize"
_OUTDATED = "the names given to speakers are of another result of the diarizer: give them again"


def named(
    transcript: Transcript,
    track: CaptionTrack | None,
    outcome: Outcome,
    chosen: Recipe,
    store: Store,
    known: tuple[Person, ...],
) -> tuple[Transcript, CaptionTrack | None]:
    """A transcript and its captions with the names and merges of their speakers.

    Args:
        transcript: As it stands in the store.
        track: Its captions, where they were made.
        outcome: Whose they are.
        chosen: The recipe that made them.
        store: Where the edits are, and the voices if the recipe has them.
        known: Known voices.

    Raises:
        StoreError: The edits are damaged.
    """
    if all(run.stage != DIARIZE for run in outcome.stages):
        return transcript, track
    labels = [speaker.id for speaker in transcript.speakers]
    edits, notes = edits_of(store, outcome.key(DIARIZE))
    step, voices = chosen.step(VOICES), None
    if step is not None:
        voices = load_artifact(store, outcome.key(VOICES), Voices)
        known, strange = comparable(known, voices.engine)
        notes += strange
        transcript = dataclasses.replace(
            transcript, provenance=(*transcript.provenance, _provenance(voices))
        )
    matching = matching_of(step) if step is not None else None
    naming = naming_of(labels, edits, voices=voices, known=known, matching=matching)
    naming = dataclasses.replace(naming, notes=notes + naming.notes)
    if naming == Naming():
        return transcript, track
    weaving = chosen.step("weave")
    pause_ms = json.loads(weaving.options)["pause_ms"] if weaving is not None else 0
    if track is not None:
        track = retagged(track, labels, naming)
    return renamed(transcript, naming, pause_ms=pause_ms), track


def edits_of(store: Store, key: str) -> tuple[SpeakerEdits | None, tuple[str, ...]]:
    """What the user said of a diarization's speakers, and what to tell where it is outdated.

    One key may be given other turns where an engine is not deterministic and was made to run
    again; labels mean nothing there any more.

    Raises:
        StoreError: The edits are damaged.
    """
    edits = store.edits.load(key)
    if edits is None:
        return None, ()
    record = store.record(key)
    if record is None or dict(record.outputs)["artifact"] != edits.turns:
        return None, (_OUTDATED,)
    return edits, ()


def matching_of(step: Step) -> Matching:
    """When a voice is taken for a known one, by the options of the stage `voices`."""
    options = options_of(stages.load(VOICES).options, json.loads(step.tuning), owner=VOICES)
    return Matching(threshold=options.threshold, margin=options.margin)


def _provenance(voices: Voices) -> Provenance:
    stamp = voices.engine
    return Provenance(
        stage=VOICES,
        engine=stamp.name,
        version=stamp.version,
        model=stamp.model,
        parameters=stamp.options,
        draft=stamp.draft,
    )
