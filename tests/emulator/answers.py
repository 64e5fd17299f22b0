"""Handlers of the tests' own: small, so that what is tested is the server before them."""

from __future__ import annotations

import threading
from typing import Any

from loquitur.emulator.exchange import Handler, Refusal, Reply, Request
from loquitur.emulator.parts import resource

VIDEOS = 120


class Shelf:
    """What was uploaded, and 120 videos."""

    def __init__(self) -> None:
        self.stored: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def handlers(self) -> dict[str, Handler]:
        return {
            "videos.list": self.videos,
            "captions.insert": self.insert,
            "captions.update": self.insert,
            "captions.download": self.download,
            "captions.delete": lambda request: Reply(status=204),
            "liveChatMessages.stream": self.stream,
        }

    def videos(self, request: Request) -> Reply:
        names = request.values("id")
        body: dict[str, Any] = {"kind": "youtube#videoListResponse"}
        if names:
            found = [name for name in names if name.startswith("v")]
        else:
            start = int(request.given.get("pageToken", "0"))
            size = int(request.given["maxResults"])
            found = [f"v{number:010d}" for number in range(start, min(start + size, VIDEOS))]
            if start + size < VIDEOS:
                body["nextPageToken"] = str(start + size)
        body["pageInfo"] = {"totalResults": VIDEOS, "resultsPerPage": len(found)}
        body["items"] = [_video(name, request.parts) for name in found]
        return Reply(body=body)

    def insert(self, request: Request) -> Reply:
        snippet = request.resource.get("snippet", {})
        if request.media is None:
            raise Refusal(400, "contentRequired", "no file", domain="youtube.caption")
        with self._lock:
            self.stored.append(
                {"snippet": snippet, "media": request.media, "type": request.media_type}
            )
            name = f"track{len(self.stored)}"
        parts = {"snippet": {**snippet, "status": "serving"}}
        return Reply(body=resource("youtube#caption", name, _asked(parts, request.parts)))

    def download(self, request: Request) -> Reply:
        if request.given["id"] != "track":
            raise Refusal(404, "captionNotFound", "none", domain="youtube.caption", location="id")
        return Reply(body=b"0123456789" * 1000)

    def stream(self, request: Request) -> Reply:
        def pieces() -> Any:
            yield b"["
            for number in range(3):
                yield (b"," if number else b"") + b'{"items":[]}'
                request.world.closing.wait(0.01)
            yield b"]"

        return Reply(pieces=pieces())


def _video(name: str, asked: list[str]) -> dict[str, Any]:
    parts = {
        "snippet": {"title": f"Title of {name}", "tags": ["a", "b"], "channelId": "UC" + "x" * 22},
        "statistics": {"viewCount": "12"},
        "contentDetails": {"duration": "PT1M", "caption": "false"},
    }
    return resource("youtube#video", name, _asked(parts, asked))


def _asked(parts: dict[str, Any], asked: list[str]) -> list[tuple[str, Any]]:
    return [(name, content) for name, content in parts.items() if name in asked]
