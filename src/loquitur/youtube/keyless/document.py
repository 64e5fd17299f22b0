"""A transcript as a document: schema loquitur/words/1, and what a list of tracks shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.formats.words_json import SCHEMA
from loquitur.media.urls import watch_url

if TYPE_CHECKING:
    from loquitur.youtube.keyless.reading import Transcript
    from loquitur.youtube.keyless.said import SaidWord
    from loquitur.youtube.keyless.tracks import Listing, Track


def words_document(found: Transcript) -> dict[str, Any]:
    """A transcript with its lines and, where they were wanted, its words (loquitur/words/1).

    `word_times` is `exact` or `absent`: words without times have null for both.
    """
    document: dict[str, Any] = {"schema": SCHEMA, **facts(found)}
    document["text"] = found.text
    document["lines"] = [
        {"start_ms": cue.start_ms, "end_ms": cue.end_ms, "text": cue.text}
        for cue in found.track.cues
    ]
    if found.words:
        document["word_times"] = "exact" if found.timed else "absent"
        document["words"] = [_word(word) for word in found.words]
    return document


def facts(found: Transcript) -> dict[str, Any]:
    """What is known of a transcript besides its text."""
    listing = found.listing
    return {
        "video_id": found.video_id,
        "url": watch_url(found.video_id),
        "title": listing.title or None,
        "channel": listing.channel or None,
        "published": listing.published or None,
        "duration_ms": listing.duration_ms,
        "language": found.language,
        "name": found.chosen.name,
        "is_generated": found.is_generated,
        "translated_from": found.translated_from or None,
        "spoken_language": listing.spoken_language or None,
        "way": found.way,
        "form": found.form,
        "available": [_track(track) for track in listing.tracks],
        "warnings": list(found.warnings),
    }


def listing_document(listing: Listing) -> dict[str, Any]:
    """What a video has of captions."""
    return {
        "video_id": listing.video_id,
        "url": watch_url(listing.video_id),
        "title": listing.title or None,
        "channel": listing.channel or None,
        "published": listing.published or None,
        "duration_ms": listing.duration_ms,
        "spoken_language": listing.spoken_language or None,
        "way": listing.way,
        "tracks": [_track(track) for track in listing.tracks],
        "translations": [
            {"language": one.language, "name": one.name} for one in listing.translations
        ],
        "warnings": list(listing.warnings),
    }


def _track(track: Track) -> dict[str, Any]:
    return {
        "id": track.id,
        "language": track.language,
        "name": track.name,
        "is_generated": track.is_generated,
        "is_translatable": track.is_translatable,
    }


def _word(word: SaidWord) -> dict[str, Any]:
    found: dict[str, Any] = {
        "text": word.text,
        "start_ms": word.start_ms,
        "end_ms": word.end_ms,
        "line": word.line,
        "kind": word.kind,
    }
    return found | ({"glued": True} if word.glued else {})
