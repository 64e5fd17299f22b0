import pytest
from scripted_server import serving
from sites import site, video

from loquitur.errors import FullError, InputError, RemoteError, TransientError
from loquitur.media import fetch as fetch_module
from loquitur.media.fetch import FetchOptions, Pace, fetch
from loquitur.media.transfer import PAGE_CODE

DATA = bytes(range(256)) * 1024
PACE = Pace(sleep=lambda _: None, jitter=lambda low, high: 0.0)
PAGE_HTML = b'<html><title>A talk</title><video src="/files/talk.mp4"></video></html>'


def get(url, folder, *, pace=PACE, **changes):
    options = FetchOptions(**{"allow_private": True, "retries": 0} | changes)
    return fetch(url, folder, options=options, pace=pace)


def script(request, handler):
    if request.path.startswith("/files/") or request.path == "/stream":
        handler.ranged(request, DATA, Accept_Ranges="bytes")
    elif request.path in {"/page", "/page.mp4"}:
        handler.reply(body=PAGE_HTML, Content_Type="text/html")
    elif request.path == "/essay.mp4":
        handler.reply(body=b"<html>Words.</html>", Content_Type="text/html")
    elif request.path == "/closed":
        handler.reply(403)
    else:
        handler.reply(404)


@pytest.mark.parametrize(
    ("path", "name", "extractor", "title"),
    [
        ("/files/talk.mp4", "media.mp4", "http", "talk"),
        ("/files/TALK.MKV?key=1", "media.mkv", "http", "TALK"),
        ("/stream", "media.bin", "http", "stream"),
        ("/page", None, "html5", "A talk"),
        ("/page.mp4", None, "html5", "A talk"),
    ],
)
def test_each_address_takes_its_way(tmp_path, path, name, extractor, title):
    folder = tmp_path / "new" / "folder"
    with serving(script) as server:
        got = get(server.url + path, folder)
    assert got.path.read_bytes() == DATA
    assert (got.extractor, got.title) == (extractor, title)
    assert got.path.name == name or name is None
    assert list(folder.iterdir()) == [got.path]


def test_a_site_that_yt_dlp_knows_is_not_asked_directly(tmp_path, monkeypatch):
    with serving(script) as server:

        def answer(_, url):
            return video(server.url + "/files/talk.mp4")

        monkeypatch.setattr(fetch_module.ytdlp, "is_known", lambda url: "site.test" in url)
        with site(answer, monkeypatch):
            got = get("http://site.test/watch/1", tmp_path)
    assert (got.extractor, got.video_id) == ("site", "v1")
    assert {each.path for each in server.requests} == {"/files/talk.mp4"}


def test_a_page_without_a_medium_says_so(tmp_path):
    with serving(script) as server, pytest.raises(InputError, match="web page") as caught:
        get(server.url + "/essay.mp4", tmp_path)
    assert (caught.value.code, caught.value.exit_code) == (PAGE_CODE, 4)


@pytest.mark.parametrize(
    ("path", "text", "count"),
    [("/nothing.mp4", "nothing at that address", 1), ("/closed", "refuses to give it", 2)],
)
def test_a_refusal_is_one_line(tmp_path, path, text, count):
    with serving(script) as server, pytest.raises(RemoteError, match=text) as caught:
        get(server.url + path, tmp_path)
    assert caught.value.exit_code == 5
    assert len(server.requests) == count


def test_a_list_is_not_one_medium(tmp_path):
    with pytest.raises(InputError, match="a list of videos"):
        get("https://www.youtube.com/playlist?list=PL123", tmp_path)


@pytest.mark.parametrize("url", ["http://", "ftp://example.org/a.mp4", "http://[::1"])
def test_what_is_no_address(tmp_path, url):
    with pytest.raises(InputError):
        get(url, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("url", ["https://youtu.be/dQw4w9WgXcQ", "http://127.0.0.1:9/a.mp4"])
def test_offline_is_said_at_once(tmp_path, url):
    with pytest.raises(RemoteError, match="fetching is switched off") as caught:
        get(url, tmp_path, offline=True)
    assert caught.value.exit_code == 5
    assert "token" not in str(caught.value)


def test_a_cut_is_continued_by_the_next_call(tmp_path):
    def cut(request, handler):
        handler.ranged(request, DATA, upto=None if request.offset else 100_000)

    with serving(cut) as server:
        with pytest.raises(TransientError):
            get(server.url + "/files/talk.mp4", tmp_path)
        got = get(server.url + "/files/talk.mp4", tmp_path)
    assert server.requests[-1].offset == 100_000
    assert got.path.read_bytes() == DATA
    assert list(tmp_path.iterdir()) == [got.path]


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FullError, match="cannot write into"):
        get("http://127.0.0.1:9/a.mp4", tmp_path / "file" / "folder")


def test_cookies_of_a_browser_go_through_yt_dlp(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(
        fetch_module.ytdlp, "download", lambda url, *_, **__: asked.append(url) or "fetched"
    )
    assert get("http://example.org/a.mp4", tmp_path, cookies_browser="firefox") == "fetched"
    assert asked == ["http://example.org/a.mp4"]
