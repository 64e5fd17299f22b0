"""Stand-ins for what YouTube serves without a key: timed text, pages of videos, players.

All of it is served over HTTP on this machine. yt-dlp runs its own code on it, told of the site by
an extractor or by recorded player answers; youtube-transcript-api runs its own code through a
session whose connections to www.youtube.com end here.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
import yt_dlp
from requests.adapters import HTTPAdapter
from yt_dlp.extractor.common import InfoExtractor
from yt_dlp.networking import Request

from loquitur.media.transfer import FetchOptions, Pace
from loquitur.youtube.transcripts import Access

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "youtube"
SYNTHETIC = SHARED / "asr_synthetic"
INNERTUBE = SHARED / "innertube"
VIDEO = "dQw4w9WgXcQ"
needs_shared = pytest.mark.skipif(not SYNTHETIC.is_dir(), reason="the shared data are not here")
YOUTUBE = ("https://www.youtube.com", "http://www.youtube.com")


class Site(http.server.ThreadingHTTPServer):
    """Answers by `script(path, query) -> (status, body, headers)`; keeps what was asked."""

    daemon_threads = True

    def __init__(self, script):
        self.script = script
        self.asked = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request, client_address):
        """A client that hangs up."""


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.server.asked.append((parts.path, query, dict(self.headers)))
        status, body, headers = self.server.script(parts.path, query)
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - the name http.server calls

    def log_message(self, *_):
        """Tests are silent."""


@contextlib.contextmanager
def serving(script):
    """A running site; stops with the block."""
    site = Site(script)
    thread = threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        site.shutdown()
        site.server_close()
        thread.join(5)


def access(**changes):
    """Access that waits for nobody and may ask this machine."""
    fetching = FetchOptions(allow_private=True, retries=0, **changes.pop("fetching", {}))
    slept = changes.pop("slept", [])
    pace = Pace(sleep=slept.append, jitter=lambda low, high: low)
    return Access(**({"fetching": fetching, "pace": pace, "sleep_s": 0.0} | changes))


def timed_text(bodies):
    """A script that serves bodies by `(lang, kind, tlang, fmt)`; a body may be (status, bytes)."""

    def script(path, query):
        key = tuple(query.get(name, "") for name in ("lang", "kind", "tlang", "fmt"))
        body = bodies.get(key, (404, b""))
        status, data = body if isinstance(body, tuple) else (200, body)
        return status, data, {"Content-Type": "text/plain"}

    return script


def synthetic(stem, *, language="en"):
    """The bodies of an automatic track of the shared data."""
    return {
        (language, "asr", "", form): (SYNTHETIC / f"{stem}.{form}").read_bytes()
        for form in ("json3", "vtt", "srv1")
    }


def entry(site_url, key, *, video=VIDEO, forms=("json3", "vtt", "srv1"), name="", **query):
    """What yt-dlp has of a track: one entry for each form."""
    query = {"v": video, "lang": key.removesuffix("-orig"), "xosf": "1", **query}
    return [
        {"ext": form, "url": f"{site_url}/api/timedtext?{urlencode({**query, 'fmt': form})}",
         "name": name}
        for form in forms
    ]  # fmt: skip


@contextlib.contextmanager
def watching(answer, monkeypatch):
    """While it lasts, yt-dlp asks `answer(extractor, video_id)` for pages of YouTube's videos."""

    class WatchIE(InfoExtractor):
        IE_NAME = "youtube"
        _VALID_URL = r"https://www\.youtube\.com/watch\?v=(?P<id>.{11})$"

        def _real_extract(self, url):
            return answer(self, self._match_id(url))

    with monkeypatch.context() as patch:
        patch.setattr(
            yt_dlp.YoutubeDL,
            "add_default_info_extractors",
            lambda ydl: ydl.add_info_extractor(WatchIE()),  # the other 1,800 take their time
        )
        yield


def info(video_id=VIDEO, **more):
    """What an extractor knows of a video without formats."""
    return {"id": video_id, "title": "A talk", "duration": 61.5, "formats": [], **more}


class _ToSite(HTTPAdapter):
    """Connections to YouTube that end at a site of this machine."""

    def __init__(self, url):
        self._url = url
        super().__init__()

    def send(self, request, **given):
        for root in YOUTUBE:
            request.url = request.url.replace(root, self._url, 1)
        answer = super().send(request, **given)
        answer.url = answer.url.replace(self._url, YOUTUBE[0], 1)
        return answer


def session(site):
    """A session of requests that reaches a site where it asks for www.youtube.com."""
    found = requests.Session()
    found.trust_env = False
    for root in YOUTUBE:
        found.mount(root, _ToSite(site.url))
    return found


def player(name):
    """A recorded answer of YouTube's player."""
    return json.loads((INNERTUBE / f"{name}.player.json").read_text(encoding="utf-8"))


def innertube(answer, bodies=None, *, page='{"INNERTUBE_API_KEY": "KEY"}'):
    """A script that is YouTube for youtube-transcript-api: page, player, timed text."""

    def script(path, query):
        if path == "/watch" or path.startswith("/embed/"):
            return 200, page.encode(), {"Content-Type": "text/html"}
        if path.startswith("/youtubei/v1/") and not path.endswith("/player"):
            return 200, b"{}", {"Content-Type": "application/json"}
        if path == "/youtubei/v1/player":
            status, data = answer if isinstance(answer, tuple) else (200, answer)
            body = data if isinstance(data, bytes) else json.dumps(data).encode()
            return status, body, {"Content-Type": "application/json"}
        return timed_text(bodies or {})(path, query)

    return script


def reached(monkeypatch, site):
    """The real extractor of YouTube over HTTP, with its addresses turned to a site."""
    original = yt_dlp.YoutubeDL.urlopen

    def urlopen(ydl, request):
        request = Request(request) if isinstance(request, str) else request
        moved = request.copy()
        for root in YOUTUBE:
            if moved.url.startswith(root):
                moved.url = moved.url.replace(root, site.url, 1)
        return original(ydl, moved)

    monkeypatch.setattr(yt_dlp.YoutubeDL, "urlopen", urlopen)
