"""A site of our own, known to the real yt-dlp for the length of a test."""

import contextlib

import yt_dlp
from yt_dlp.extractor.common import InfoExtractor

PAGE = "http://site.test/watch/1"


@contextlib.contextmanager
def site(answer, monkeypatch, *, pattern=r"https?://site\.test/.*"):
    """While it lasts, yt-dlp asks `answer(extractor, url)` for addresses of http://site.test/."""

    class SiteTestIE(InfoExtractor):
        IE_NAME = "site"
        _VALID_URL = pattern

        def _real_extract(self, url):
            return answer(self, url)

    original = yt_dlp.YoutubeDL.add_default_info_extractors

    def with_site(ydl):
        ydl.add_info_extractor(SiteTestIE())
        original(ydl)

    with monkeypatch.context() as patch:
        patch.setattr(yt_dlp.YoutubeDL, "add_default_info_extractors", with_site)
        yield


def video(url, **more):
    """What an extractor knows of one video."""
    return {"id": "v1", "title": "A talk", "url": url, "ext": "mp4"} | more
