"""What the store knows of a medium: the newest transcript of it, under the names its user gave."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from loquitur.codec import decode
from loquitur.errors import InputError
from loquitur.media import urls
from loquitur.model.media import MediaRef
from loquitur.model.speech import Transcript
from loquitur.speech.naming import naming_of, renamed
from loquitur.text import display

if TYPE_CHECKING:
    from loquitur.model.work import Record
    from loquitur.store import Store

T = TypeVar("T")
_ACQUIRE, _WEAVE, _REFINE, _DIARIZE = "acquire", "weave", "refine", "diarize"
_ARTIFACT = "artifact"
_PAUSE_MS = 1_000
"""A longer one parts what a merged speaker says, as `weave` has it by default."""


def stored_transcript(store: Store, given: str) -> Transcript:
    """The newest transcript that the store has of a medium: polished where it was polished.

    Args:
        store: Nothing is made in it.
        given: A media file, or a video of YouTube by its id or address.

    Raises:
        InputError: The medium is not known there, or was not transcribed.
    """
    media = _media(store, given)
    found = None
    if media is not None:
        made = [store.newest(stage, media_id=media.media_id) for stage in (_REFINE, _WEAVE)]
        found = next((record for record in made if record is not None), None)
    if media is None or found is None:
        raise unknown(given)
    transcript = _artifact(store, found, Transcript)
    return replace(
        _named(store, found, transcript),
        title=media.title or found.title, source=media.source, video_id=media.video_id,
    )  # fmt: skip


def unknown(given: str) -> InputError:
    """What is said of a medium that the store has no transcript of."""
    return InputError(
        f"{display(given)}: the store has no transcript of it", hint="loquitur run INPUT"
    )


def _media(store: Store, given: str) -> MediaRef | None:
    """The medium as it was acquired; of a file that lies here, by its content."""
    path = Path(given)
    is_file = path.is_file()
    media_id = f"sha256:{store.digest(path)}" if is_file else ""
    video_id = "" if is_file else (given if urls.is_video_id(given) else urls.youtube_id(given))
    newest: tuple[str, MediaRef] | None = None
    for record in store.records():
        if record.stage != _ACQUIRE or record.part_of or store.record(record.key) is None:
            continue
        media = _artifact(store, record, MediaRef)
        known = media.media_id == media_id if is_file else media.video_id == video_id
        if known and (newest is None or record.started >= newest[0]):
            newest = (record.started, media)
    if newest is None:
        return None
    return replace(newest[1], source=given, title=path.stem) if is_file else newest[1]


def _named(store: Store, record: Record, transcript: Transcript) -> Transcript:
    """With the names and merges that its user gave to the speakers of its diarization."""
    key = _diarization(store, record, depth=4)
    edits = store.edits.load(key) if key else None
    diarized = store.record(key) if key else None
    if edits is None or diarized is None or dict(diarized.outputs)[_ARTIFACT] != edits.turns:
        return transcript
    naming = naming_of([speaker.id for speaker in transcript.speakers], edits)
    return renamed(transcript, naming, pause_ms=_PAUSE_MS)


def _diarization(store: Store, record: Record, *, depth: int) -> str:
    """The key of the diarization that a result was made of; empty where there was none."""
    if record.stage == _DIARIZE:
        return record.key
    for _, key in record.inputs if depth else ():
        made = store.record(key)
        found = _diarization(store, made, depth=depth - 1) if made is not None else ""
        if found:
            return found
    return ""


def _artifact(store: Store, record: Record, kind: type[T]) -> T:
    return decode(store.read(dict(record.outputs)[_ARTIFACT]), kind)
