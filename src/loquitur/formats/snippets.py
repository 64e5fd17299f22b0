"""Transcripts as key-less clients of YouTube give them: JSON with text, start and duration.

Either a list of `{"text", "start", "duration"}` in seconds, or an object that has such a list as
`snippets` and says `language_code` and `is_generated`. Entries of automatic captions overlap:
each stays until the next one scrolls it away.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from loquitur.formats.document import Findings
from loquitur.languages import is_tag
from loquitur.model.captions import CaptionTrack, Cue
from loquitur.timing import from_seconds

if TYPE_CHECKING:
    from loquitur.formats.document import Document

MOST_S = 10_000 * 3600.0


class _Snippet(msgspec.Struct):
    text: str
    start: float
    duration: float = 0.0


class _Form(msgspec.Struct):
    snippets: list[_Snippet]
    language_code: str = ""
    language: str = ""
    is_generated: bool = False
    video_id: str = ""


def is_snippets(text: str) -> bool:
    """Whether a JSON text begins like one of these."""
    head = text[:4096]
    return '"snippets"' in head or (
        '"text"' in head and '"start"' in head and '"schema"' not in head
    )


def read(document: Document) -> CaptionTrack:
    """A track of such a transcript.

    Raises:
        InputError: It is no such JSON.
    """
    text = document.decoded().text
    try:
        data = text.encode("utf-8", "replace")
        if text.lstrip("\ufeff \t\r\n").startswith("["):
            form = _Form(snippets=msgspec.json.decode(data, type=list[_Snippet]))
        else:
            form = msgspec.json.decode(data, type=_Form)
    except (msgspec.MsgspecError, RecursionError) as exc:
        raise document.refused(str(exc), "a list of text, start and duration") from exc
    findings = Findings()
    cues = []
    for number, snippet in enumerate(form.snippets, 1):
        if not (0 <= snippet.start <= MOST_S and 0 <= snippet.duration <= MOST_S):
            findings.add("snippet.time", 0, f"entry {number} has no time of any film; left out")
            continue
        start_ms = from_seconds(snippet.start)
        cues.append(
            Cue(
                start_ms=start_ms,
                end_ms=from_seconds(snippet.start + snippet.duration),
                payload=snippet.text,
                notation="plain",
            )
        )
    language = form.language_code if is_tag(form.language_code) else ""
    track = CaptionTrack(
        language=language or document.language, cues=tuple(cues), diagnostics=findings.all()
    )
    return replace(track, extra=(("youtube.generated", "yes"),)) if form.is_generated else track
