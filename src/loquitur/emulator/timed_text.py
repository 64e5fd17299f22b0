"""What the real service gives without a key, here at `/api/timedtext` and `/emulator/tracks`.

The list of tracks is the emulator's own page: the service has it inside its player's answers. The
text comes in the forms of the real one (json3, vtt, srv1 ...), automatic tracks in its layout with
a time for each word. A world's plan may say what goes wrong:

    [timed_text.failures]          # for the list: by the names of docs/youtube-transcripts.md
    dQw4w9WgXcQ = "members-only"

    [timed_text.bodies]            # for the text: empty, page, no-events or rate-limited
    dQw4w9WgXcQ = "empty"
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from loquitur import formats
from loquitur.emulator import rolling_captions
from loquitur.emulator.caption_shelf import CaptionShelf, Shelved, parsed
from loquitur.emulator.population import Population
from loquitur.emulator.rolling_captions import Line
from loquitur.emulator.wire import Answer, json_answer
from loquitur.markup import write

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.emulator.inhabitants import Video
    from loquitur.emulator.world import World
    from loquitur.model.captions import CaptionTrack

TRACKS = "/emulator/tracks"
TIMED_TEXT = "/api/timedtext"
_TRANSLATED = {
    "ar": "Arabic", "de": "German", "en": "English", "es": "Spanish", "fr": "French",
    "he": "Hebrew", "hi": "Hindi", "ja": "Japanese", "pt": "Portuguese", "ru": "Russian",
    "zh-Hans": "Chinese (Simplified)", "zh-Hant": "Chinese (Traditional)",
}  # fmt: skip
_NAMES = {"en": "English", "de": "German", "es": "Spanish", "fr": "French", "ja": "Japanese"}
BODIES: dict[str, tuple[int, bytes]] = {
    "empty": (200, b""),
    "page": (200, b"<!DOCTYPE html><html><head><title>Sorry...</title></head></html>"),
    "no-events": (200, b'{"wireMagic":"pb3"}'),
    "rate-limited": (429, b""),
}
_KINDS = {"json3": "application/json", "vtt": "text/vtt", "ttml": "application/ttml+xml"}
_UNBROKEN = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")


def answer(path: str, query: Mapping[str, str], world: World) -> Answer | None:
    """The answer to one of the two paths; None where it is neither.

    Args:
        path: Of the request.
        query: Its parameters.
        world: What is true.
    """
    if path == TRACKS:
        with world.lock:
            return _listed(query.get("video", ""), world)
    if path == TIMED_TEXT:
        with world.lock:
            return _text(query, world)
    return None


def _listed(video_id: str, world: World) -> Answer:
    reason = _failure(video_id, world)
    if reason:
        return json_answer(404 if reason == "gone" else 403, {"error": {"reason": reason}})
    population = world.room(Population)
    video = population.video(video_id)
    tracks = [_track(track) for track in _served(video_id, world)]
    translations = [{"language": code, "name": name} for code, name in _TRANSLATED.items()]
    return json_answer(
        200,
        {
            **_about(video, population),
            "title": population.words(video).title if video is not None else f"Video {video_id}",
            "tracks": tracks,
            "translations": translations if tracks else [],
        },
    )


def _about(video: Video | None, population: Population) -> dict[str, Any]:
    """What the page of a video says of it beside its title."""
    if video is None:
        return {"duration_ms": None}
    published = datetime.fromtimestamp(video.published, UTC)
    return {
        "duration_ms": video.duration_s * 1000,
        "channel": population.channel(video.channel).title,
        "published": published.date().isoformat(),
        "description": population.words(video).description,
    }


def _failure(video_id: str, world: World) -> str:
    """Why there is no list, by its name; empty where there is one."""
    plan = world.plan.get("timed_text", {}).get("failures", {})
    if video_id in plan:
        return str(plan[video_id])
    population = world.room(Population)
    video, now = population.video(video_id), world.now()
    if video is None:  # the plan may have tracks of a video that is nowhere else
        return "" if world.room(CaptionShelf).owner(video_id, "") else "gone"
    state = population.state(video, now)
    if state in ("private", "deleted"):
        return "private" if state == "private" else "gone"
    return {"live": "live", "upcoming": "not-begun"}.get(population.broadcast(video, now), "")


def _served(video_id: str, world: World) -> list[Shelved]:
    """The tracks that viewers see."""
    return [
        track
        for track in world.room(CaptionShelf).tracks(video_id)
        if not track.draft and track.status == "serving"
    ]


def _track(track: Shelved) -> dict[str, Any]:
    name = _NAMES.get(track.language, track.language)
    if track.kind == "ASR":
        return {
            "id": f"a.{track.language}", "language": track.language, "kind": "asr",
            "name": f"{name} (auto-generated)",
        }  # fmt: skip
    ident = f"{track.language}-{track.id[-8:]}" if track.name else track.language
    return {
        "id": ident, "language": track.language, "kind": track.kind, "track_name": track.name,
        "name": f"{name} - {track.name}" if track.name else name,
    }  # fmt: skip


def _text(query: Mapping[str, str], world: World) -> Answer:
    video_id = query.get("v", "")
    planned = world.plan.get("timed_text", {}).get("bodies", {}).get(video_id, "")
    if planned in BODIES:
        status, told = BODIES[planned]
        return Answer(status=status, headers={"Content-Type": "text/html"}, body=told)
    generated = query.get("kind") == "asr"
    found = next(
        (
            track
            for track in ([] if _failure(video_id, world) else _served(video_id, world))
            if (track.kind == "ASR") == generated
            and track.language == query.get("lang")
            and (generated or track.name == query.get("name", ""))
        ),
        None,
    )
    content = parsed(found.content, found.form) if found is not None else None
    if found is None or content is None:
        return Answer(status=404)
    form = query.get("fmt") or "srv1"
    body = _body(content, form, query.get("tlang", ""), found)
    if body is None:
        return Answer(status=400)
    kind = _KINDS.get(form, "text/xml")
    return Answer(status=200, headers={"Content-Type": f"{kind}; charset=UTF-8"}, body=body)


def _body(content: CaptionTrack, form: str, translate: str, track: Shelved) -> bytes | None:
    """A track in a form; None where there is no such form.

    Nothing is translated here: each line says the language that was asked for.
    """
    language = translate or track.language
    if translate:
        cues = [
            replace(cue, payload=write((f"[{translate}] {cue.text}",), "vtt")[0], notation="vtt")
            for cue in content.cues
        ]
        content = replace(content, cues=tuple(cues))
    if track.kind == "ASR":
        lines = automatic_lines(content, words=not translate)
        end_ms = max(cue.end_ms for cue in content.cues)
        if form == "json3":
            return rolling_captions.json3(lines, end_ms)
        if form == "vtt":
            return rolling_captions.vtt(lines, end_ms, language=language)
        if form == "srv1":
            return rolling_captions.srv1(rolling_captions.spans(lines, end_ms))
    if form == "srv1":
        return rolling_captions.srv1([(cue.start_ms, cue.end_ms, cue.text) for cue in content.cues])
    if form not in ("json3", "vtt", "srv3", "ttml", "srt"):
        return None
    return formats.write_track(form, replace(content, language=language, format="")).content


def automatic_lines(content: CaptionTrack, *, words: bool = True) -> list[Line]:
    """The cues of a track as lines of automatic captions, a cue's time shared by its words.

    Args:
        content: In order.
        words: Whether each word has its time; lines of translations have none.
    """
    lines = []
    for cue in content.cues:
        text = " ".join(cue.text.split())
        if not text:
            continue
        units = text.split() if words else [text]
        step = max(cue.duration_ms, len(units)) // len(units)
        timed = tuple((unit, cue.start_ms + at * step) for at, unit in enumerate(units))
        lines.append(Line(words=timed, glue="" if words and _UNBROKEN.search(text) else " "))
    return lines
