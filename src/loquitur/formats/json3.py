"""YouTube's json3 (`fmt=json3` of its timed text): events with segments, windows and pens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from loquitur.formats.document import Document, Findings
from loquitur.formats.losing import Losses
from loquitur.formats.written import Written, encodable
from loquitur.formats.youtube import Event, Segment, events_of, number, tables_of, track_of

if TYPE_CHECKING:
    from loquitur.model.captions import CaptionTrack


def read(document: Document) -> CaptionTrack:
    """A track from json3.

    Raises:
        InputError: It is no JSON, or has no list of events.
    """
    decoded = document.decoded()
    try:
        found = msgspec.json.decode(decoded.text.encode("utf-8", "replace"))
    except (msgspec.MsgspecError, RecursionError) as exc:
        raise document.refused(decoded.text[:60], "JSON with a list of events") from exc
    if not isinstance(found, dict) or not isinstance(found.get("events"), list):
        raise document.refused(decoded.text[:60], "JSON with a list of events")
    findings = Findings(decoded.diagnostics)
    events = []
    for at, event in enumerate(found["events"], 1):
        if isinstance(event, dict):
            events.append(_event(event))
        else:
            findings.add("json3.event", 0, f"event {at} is no object; left out")
    return track_of(
        events, tables_of(found), form="json3", language=document.language, findings=findings
    )


def _event(event: dict[str, Any]) -> Event:
    segments = event.get("segs")
    return Event(
        start_ms=number(event.get("tStartMs")),
        duration_ms=number(event.get("dDurationMs")),
        segments=(
            tuple(_segment(one) for one in segments if isinstance(one, dict))
            if isinstance(segments, list)
            else None
        ),
        fields={
            name: value
            for name, value in event.items()
            if name not in ("tStartMs", "dDurationMs", "segs") and isinstance(value, (int, str))
        },
    )


def _segment(segment: dict[str, Any]) -> Segment:
    text, confidence = segment.get("utf8", ""), segment.get("acAsrConf")
    return Segment(
        text=text if isinstance(text, str) else "",
        offset_ms=number(segment.get("tOffsetMs")),
        confidence=None if confidence is None else number(confidence),
        pen=number(segment.get("pPenId"), -1),
    )


def write(track: CaptionTrack) -> Written:
    """A track as json3."""
    losses = Losses()
    events, head = events_of(track, losses, "json3")
    tables = tables_of(head)
    document = {
        "wireMagic": "pb3",
        "pens": list(tables.pens) or [{}],
        "wsWinStyles": list(tables.styles) or [{}],
        "wpWinPositions": list(tables.positions) or [{}],
        "events": [_written(event) for event in events],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return Written(text=encodable(text) + "\n", losses=losses.all())


def _written(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = {"tStartMs": event.start_ms, "dDurationMs": event.duration_ms}
    found |= event.fields
    if event.segments is not None:
        found["segs"] = [_written_segment(one) for one in event.segments]
    return found


def _written_segment(segment: Segment) -> dict[str, Any]:
    found: dict[str, Any] = {"utf8": segment.text}
    if segment.offset_ms:
        found["tOffsetMs"] = segment.offset_ms
    if segment.confidence is not None:
        found["acAsrConf"] = segment.confidence
    if segment.pen >= 0:
        found["pPenId"] = segment.pen
    return found
