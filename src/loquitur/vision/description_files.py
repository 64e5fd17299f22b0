"""Descriptions as files: the JSON of `describe predict`, and tracks of kind `descriptions`.

The JSON is what a library takes: `{"video", "media_id", "descriptions": [{"start_ms", "end_ms",
"text", "score", ...}]}`; a number that nobody knows is null. A track is written by `formats`, as
any caption track.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from loquitur import formats
from loquitur.errors import UsageError, near
from loquitur.model.captions import CaptionTrack, Cue, notes_of
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.vision import Descriptions
    from loquitur.vision.audio_description import Fitted

FORMS = ("json", "vtt", "txt", "srt", "csv")
"""What descriptions are written as."""
KIND = "descriptions"


def forms_of(text: str) -> tuple[str, ...]:
    """`json,vtt` as names, each known, in their order and once.

    Raises:
        UsageError: One of them is none; near names are offered.
    """
    found = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    for name in found:
        if name not in FORMS:
            raise UsageError(
                f"descriptions are not written as '{display(name)}'", hint=near(name, FORMS)
            )
    return found


def document_of(
    descriptions: Descriptions, *, video: str, title: str = "", duration_ms: int | None = None
) -> dict[str, Any]:
    """Descriptions as the JSON document of `describe predict`.

    Args:
        descriptions: What was written.
        video: An id of YouTube, or the path or address of the medium.
        title: Of the medium.
        duration_ms: Its length; None where nobody knows.
    """
    stamp = descriptions.engine
    return {
        "video": video,
        "media_id": descriptions.media_id,
        "title": title or None,
        "duration_ms": duration_ms,
        "language": descriptions.language,
        "engine": {
            "name": stamp.name,
            "version": stamp.version,
            "model": stamp.model or None,
            "draft": stamp.draft,
        },
        "descriptions": [
            {
                "start_ms": one.start_ms,
                "end_ms": one.end_ms,
                "text": one.text,
                "score": one.score,
                "frames_ms": list(one.frames_ms),
                "alternatives": [
                    {"text": other.text, "score": other.score} for other in one.alternatives
                ],
            }
            for one in descriptions.descriptions
        ],
        "warnings": list(descriptions.warnings),
    }


def track_of(
    descriptions: Descriptions, *, fitted: Fitted | None = None, title: str = ""
) -> CaptionTrack:
    """Descriptions as a track of WebVTT's kind `descriptions` (HTML, `<track kind=descriptions>`).

    Args:
        descriptions: What was written.
        fitted: When each is said, where they were fitted into the pauses of a dialogue; without it
            each has its own span.
        title: Of the medium.
    """
    told = [f"Descriptions by {descriptions.engine.name}"
            + (f" ({descriptions.engine.model})" if descriptions.engine.model else "")]  # fmt: skip
    if descriptions.engine.draft:
        told.append("Draft quality: measured, not understood; check before use")
    said: Sequence[Any] = descriptions.descriptions
    if fitted is not None:
        said = fitted.narrations
        told.append("Fitted into the pauses of the dialogue; a draft to be read by a describer")
        told += [
            f"Not in it, {one.reason} ({one.needed_ms} ms needed, {one.room_ms} ms free):"
            f" {one.text}"
            for one in fitted.left_out
            if one.reason == "no gap"
        ]
    return CaptionTrack(
        language=descriptions.language,
        cues=tuple(
            Cue.of(start_ms=one.start_ms, end_ms=one.end_ms, tree=(" ".join(one.text.split()),))
            for one in said
            if one.text.strip()
        ),
        name=title,
        kind=KIND,
        header=(f"Kind: {KIND}", f"Language: {descriptions.language}"),
        blocks=notes_of(told),
    )


def content_of(
    descriptions: Descriptions,
    form: str,
    *,
    video: str,
    title: str = "",
    duration_ms: int | None = None,
    fitted: Fitted | None = None,
) -> bytes:
    """The bytes of a file of descriptions; see `FORMS`.

    Raises:
        UsageError: There is no such form.
    """
    (form,) = forms_of(form)
    if form == "json":
        document = document_of(descriptions, video=video, title=title, duration_ms=duration_ms)
        if fitted is not None:
            document["audio_description"] = fitted_json(fitted)
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        return text.encode("utf-8", "backslashreplace")
    return formats.write_track(form, track_of(descriptions, fitted=fitted, title=title)).content


def fitted_json(fitted: Fitted) -> dict[str, Any]:
    """A fitted track as JSON: what is said when, and what is left out and why."""
    return {
        "narrations": [
            {
                "start_ms": one.start_ms,
                "end_ms": one.end_ms,
                "text": one.text,
                "of_ms": [one.of.start_ms, one.of.end_ms],
                "shortened": one.shortened,
            }
            for one in fitted.narrations
        ],
        "left_out": [
            {
                "text": one.text,
                "of_ms": [one.of.start_ms, one.of.end_ms],
                "reason": one.reason,
                "needed_ms": one.needed_ms,
                "room_ms": one.room_ms,
            }
            for one in fitted.left_out
        ],
    }
