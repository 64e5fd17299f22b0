"""`captions.*`: tracks of videos, read and written as their owner may.

The world's plan (`--world FILE`) may say which tracks there are and how the service behaves:

    [captions]
    seeded = true          # whether videos that the plan does not name have tracks of their own
    syncing_lists = 2      # a new text is `syncing` for so many lists before it is served

    [[captions.tracks]]    # a video named here has these tracks and no others
    video = "dQw4w9WgXcQ"
    language = "en"
    name = ""
    kind = "standard"      # or ASR, forced
    draft = false
    file = "talk.en.srt"   # or text = "..."; without either it is made up
    channel = "UC..."      # whose, where the world has no such video; the first owner's unless said
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NoReturn

from loquitur.emulator.caption_shelf import (
    MOST_BYTES,
    MOST_NAME,
    CaptionShelf,
    Shelved,
    converted,
    is_tag,
)
from loquitur.emulator.exchange import Refusal, Reply
from loquitur.emulator.filters import actor

if TYPE_CHECKING:
    from loquitur.emulator.exchange import Request

_DOMAIN = "youtube.caption"
_FORMATS = ("sbv", "scc", "srt", "ttml", "vtt")
_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
_NOT_THERE = "The caption track could not be found."
_UNCONVERTED = (
    "The caption track data could not be converted to the requested language and/or format."
)


def listed(request: Request) -> Reply:
    """`captions.list`: the tracks of a video, or those of them that are named."""
    actor(request)
    video_id = request.given["videoId"]
    shelf = _shelf(request)
    with request.world.lock:
        _owned(request, video_id, "retrieve the caption tracks")
        wanted = request.values("id")
        found = {track.id: track for track in shelf.tracks(video_id)}
        if any(one not in found for one in wanted):
            _refuse(404, "captionNotFound", _NOT_THERE, location="id")
        shown = [found[one] for one in wanted] if wanted else list(found.values())
        items = [_item(shelf.looked_at(track), request.parts) for track in shown]
    return Reply(body={"kind": "youtube#captionListResponse", "items": items})


def insert(request: Request) -> Reply:
    """`captions.insert`: a new track; 409 where the video has one of its language and name."""
    actor(request)
    snippet = _snippet(request)
    video_id, language, name = (snippet.get(key) for key in ("videoId", "language", "name"))
    if not (isinstance(name, str) and isinstance(language, str) and isinstance(video_id, str)):
        _bad_metadata()
    if len(name) > MOST_NAME:
        _refuse(400, "nameTooLong", "The snippet.name is too long.")
    if not is_tag(language) or not _VIDEO.fullmatch(video_id):
        _bad_metadata()
    shelf = _shelf(request)
    with request.world.lock:
        _owned(request, video_id, "create a caption track")
        content = _content(request)
        if content is None:
            _refuse(
                400, "contentRequired", "The request does not contain the caption track contents."
            )
        if any(
            track.kind == "standard"
            and (track.language.lower(), track.name) == (language.lower(), name)
            for track in shelf.tracks(video_id)
        ):
            _refuse(
                409,
                "captionExists",
                "The specified video already has a caption track with the given language and name.",
            )
        made = shelf.put(
            Shelved(
                id=shelf.new_id(),
                video_id=video_id,
                language=language,
                name=name,
                draft=bool(snippet.get("isDraft", False)),
            ),
            content,
            hidden=request.given.get("sync") == "true",
        )
    return Reply(body=_answered(made))


def update(request: Request) -> Reply:
    """`captions.update`: another text, another draft state, or both."""
    actor(request)
    shelf = _shelf(request)
    with request.world.lock:
        track = _own(request, str(request.resource.get("id") or ""), "update the caption track")
        content = _content(request)
        if "snippet" in request.parts:
            snippet = _snippet(request)
            draft = snippet.get("isDraft", False)
            if not isinstance(draft, bool):
                _refuse(400, "invalidValue", "snippet.isDraft is not a boolean.")
            track = shelf.drafted(track, draft=draft)
        elif content is None:
            _refuse(
                400,
                "contentRequired",
                "The request changes neither the draft state nor the contents.",
            )
        if content is not None:
            track = shelf.put(track, content, hidden=request.given.get("sync") == "true")
    return Reply(body=_answered(track))


def delete(request: Request) -> Reply:
    """`captions.delete`: 204, and the track is gone."""
    actor(request)
    shelf = _shelf(request)
    with request.world.lock:
        track = _own(request, request.given["id"], "delete the caption track")
        shelf.remove(track)
    return Reply(status=204)


def download(request: Request) -> Reply:
    """`captions.download`: the bytes as they came, or another format, or marked as translated."""
    actor(request)
    track = _track(request, request.given["id"], "download the caption track")
    form, language = request.given.get("tfmt", ""), request.given.get("tlang", "")
    if form and form not in _FORMATS:
        _refuse(400, "invalidValue", f"Invalid value '{form}' of tfmt.", location="tfmt")
    if track.hidden:
        _refuse(404, "captionNotFound", _NOT_THERE, location="id")
    if track.failure:
        _refuse(400, "couldNotConvert", _UNCONVERTED)
    if not form and not language:
        return Reply(body=track.content)
    content = converted(track, form, language)
    if content is None:
        _refuse(400, "couldNotConvert", _UNCONVERTED)
    return Reply(body=content)


def _shelf(request: Request) -> CaptionShelf:
    return request.world.room(CaptionShelf)


def _owned(request: Request, video_id: str, deed: str) -> None:
    """Hold that the video exists and is the caller's."""
    me = actor(request)
    owner = _shelf(request).owner(video_id, me)
    if owner is None:
        _refuse(404, "videoNotFound", "The video could not be found.", location="videoId")
    if owner != me:
        _forbidden(deed)


def _track(request: Request, ident: str, deed: str) -> Shelved:
    track = _shelf(request).find(ident)
    if track is None:
        _refuse(404, "captionNotFound", _NOT_THERE, location="id")
    _owned(request, track.video_id, deed)
    return track


def _own(request: Request, ident: str, deed: str) -> Shelved:
    """A track that its owner made: those of the service may only be read."""
    track = _track(request, ident, deed)
    if track.kind == "ASR":
        _forbidden(deed)
    return track


def _forbidden(deed: str) -> NoReturn:
    _refuse(
        403,
        "forbidden",
        f"The permissions associated with the request are not sufficient to {deed}.",
    )


def _snippet(request: Request) -> dict[str, Any]:
    if "snippet" not in request.parts:
        raise Refusal(400, "unexpectedPart", f"{request.given.get('part', '')}", location="part")
    snippet = request.resource.get("snippet")
    if not isinstance(snippet, dict):
        _bad_metadata()
    return snippet


def _content(request: Request) -> bytes | None:
    """The file that came along; an empty one is none."""
    if request.media is not None and len(request.media) > MOST_BYTES:
        raise Refusal(
            413, "uploadTooLarge", f"The media body has {len(request.media)} bytes; at most "
            f"{MOST_BYTES} are taken.", domain="global",
        )  # fmt: skip
    return request.media or None


def _bad_metadata() -> NoReturn:
    _refuse(
        400,
        "invalidMetadata",
        "The request contains invalid metadata values, which prevent the track from being created.",
    )


def _refuse(status: int, reason: str, message: str, *, location: str = "") -> NoReturn:
    raise Refusal(status, reason, message, domain=_DOMAIN, location=location)


def _answered(track: Shelved) -> dict[str, Any]:
    """What insert and update say: a text that cannot be read is found out by listing only."""
    return _item(
        track, ["snippet"], status="syncing" if track.hidden or track.syncing else "serving"
    )


def _item(track: Shelved, parts: list[str], *, status: str = "") -> dict[str, Any]:
    item: dict[str, Any] = {"kind": "youtube#caption", "etag": track.etag, "id": track.id}
    if "snippet" not in parts:
        return item
    told = status or track.status
    item["snippet"] = {
        "videoId": track.video_id,
        "lastUpdated": track.last_updated,
        "trackKind": track.kind,
        "language": track.language,
        "name": track.name,
        "audioTrackType": track.audio,
        "isCC": track.closed,
        "isLarge": False,
        "isEasyReader": False,
        "isDraft": track.draft,
        "isAutoSynced": track.hidden,
        "status": told,
    }
    if told == "failed":
        item["snippet"]["failureReason"] = track.failure
    return item
