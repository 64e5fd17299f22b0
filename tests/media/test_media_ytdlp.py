import io
import json
import os
import subprocess
import sys
import urllib.error
from pathlib import Path

import pytest
import yt_dlp
from scripted_server import serving
from sites import PAGE, site, video
from yt_dlp.networking import Response
from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.utils import ExtractorError, GeoRestrictedError, UserNotLive

from loquitur.errors import (
    EngineError,
    FullError,
    InputError,
    RemoteError,
    TransientError,
    UsageError,
)
from loquitur.media import addresses, complaints, ytdlp
from loquitur.media.transfer import PAGE_CODE, FetchOptions, Pace

DATA = bytes(range(256)) * 4096
RECORDED = Path("../shared/data/youtube/innertube")


def options(**changes):
    return FetchOptions(**{"allow_private": True, "retries": 0} | changes)


def get(url, folder, *, progress=ytdlp.silent, **changes):
    pace = Pace(sleep=lambda _: None, jitter=lambda low, high: 0.0)
    return ytdlp.download(url, folder, options=options(**changes), progress=progress, pace=pace)


def playing(request, handler):
    """A page with a video on it, as a site that yt-dlp does not know would have."""
    if request.path.endswith(".mp4"):
        handler.ranged(request, DATA, Accept_Ranges="bytes")
    elif request.path == "/watch":
        body = b'<html><head><title>A talk</title></head><video src="/files/talk.mp4"></video>'
        handler.reply(body=body, Content_Type="text/html")
    elif request.path == "/two":
        body = b'<title>Two</title><video src="/a.mp4"></video><video src="/b.mp4"></video>'
        handler.reply(body=body, Content_Type="text/html")
    elif request.path == "/essay":
        handler.reply(body=b"<html><p>Only words.</p></html>", Content_Type="text/html")
    else:
        handler.reply(404, b"nothing", Content_Type="text/html")


def test_the_video_of_a_page_comes(tmp_path, capfd):
    seen = []
    with serving(playing) as server:
        url = server.url + "/watch"
        got = get(url, tmp_path, progress=lambda *at: seen.append(at))
    assert got.path.read_bytes() == DATA
    assert got.path.parent == tmp_path
    assert got.path.name.startswith("media.")
    assert (got.title, got.extractor, got.source) == ("A talk", "html5", url)
    assert seen[-1] == (len(DATA), len(DATA))
    assert [each.name for each in tmp_path.iterdir()] == [got.path.name]
    assert capfd.readouterr() == ("", "")


def test_a_file_behind_an_address_comes(tmp_path):
    with serving(playing) as server:
        got = get(server.url + "/files/talk.mp4", tmp_path)
    assert got.path.read_bytes() == DATA
    assert got.title == "talk"


def test_a_second_call_fetches_no_byte_of_the_video(tmp_path):
    with serving(playing) as server:
        get(server.url + "/watch", tmp_path)
        asked = len([each for each in server.requests if each.path.endswith(".mp4")])
        got = get(server.url + "/watch", tmp_path)
        again = [each for each in server.requests if each.path.endswith(".mp4")][asked:]
    assert got.path.read_bytes() == DATA
    assert again == []


def test_a_cut_download_goes_on_in_the_next_run(tmp_path):
    def script(request, handler):
        if request.path.endswith(".mp4") and handler.command == "GET" and not request.offset:
            handler.ranged(request, DATA, upto=300_000, Accept_Ranges="bytes")
        else:
            playing(request, handler)

    with serving(script) as server:
        with pytest.raises(TransientError):
            get(server.url + "/watch", tmp_path)
        got = get(server.url + "/watch", tmp_path)
    assert max(each.offset or 0 for each in server.requests) > 0
    assert got.path.read_bytes() == DATA


def test_a_page_of_several_gives_the_first_and_says_so(tmp_path):
    with serving(playing) as server:
        got = get(server.url + "/two", tmp_path)
    assert got.path.read_bytes() == DATA
    assert got.notes == (f"{server.url}/two holds 2 videos, the first was taken",)


def test_a_page_without_a_video(tmp_path):
    with serving(playing) as server, pytest.raises(InputError, match="no video is found") as caught:
        get(server.url + "/essay", tmp_path)
    assert caught.value.code == PAGE_CODE


@pytest.mark.parametrize(
    ("status", "kind", "text"),
    [
        (404, RemoteError, "nothing at that address"),
        (410, RemoteError, "gone"),
        (401, RemoteError, "login"),
        (429, TransientError, "too many requests"),
        (503, TransientError, "in trouble"),
    ],
)
def test_a_page_that_is_refused(tmp_path, status, kind, text):
    with (
        serving(lambda _, handler: handler.reply(status, Retry_After="7")) as server,
        pytest.raises(RemoteError, match=text) as caught,
    ):
        get(server.url + "/watch?key=secret", tmp_path)
    assert type(caught.value) is kind
    assert "secret" not in str(caught.value)
    if kind is TransientError:
        assert caught.value.retry_after_s == 7.0


def test_a_closed_port(tmp_path):
    with serving(playing) as server:
        url = server.url + "/watch"
    with pytest.raises(TransientError, match="cannot be reached") as caught:
        get(url, tmp_path)
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("allow_private", [False, True])
def test_a_host_nobody_knows(tmp_path, monkeypatch, allow_private):
    def unknown(host, *_, **__):
        raise addresses.socket.gaierror(addresses.socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(addresses.socket, "getaddrinfo", unknown)
    with pytest.raises(RemoteError, match=r"no host is called nowhere\.test"):
        get("http://nowhere.test/x", tmp_path, allow_private=allow_private)


def test_no_network_at_all(tmp_path, monkeypatch):
    def offline(host, *_, **__):
        raise addresses.socket.gaierror(addresses.socket.EAI_AGAIN, "Temporary failure")

    monkeypatch.setattr(addresses.socket, "getaddrinfo", offline)
    with pytest.raises(TransientError, match="no name server answers") as caught:
        get("https://www.youtube.com/watch?v=dQw4w9WgXcQ", tmp_path, allow_private=False)
    assert caught.value.exit_code == 5


def test_offline_asks_nobody(tmp_path):
    with serving(playing) as server, pytest.raises(RemoteError, match="switched off"):
        get(server.url + "/watch", tmp_path, offline=True)
    assert server.requests == []


def test_private_addresses_are_refused_by_default(tmp_path):
    with serving(playing) as server, pytest.raises(InputError, match="private network"):
        get(server.url + "/watch", tmp_path, allow_private=False)
    assert server.requests == []


@pytest.fixture
def one_public_loopback(monkeypatch):
    real = addresses.is_global
    monkeypatch.setattr(addresses, "is_global", lambda each: each == "127.0.0.2" or real(each))


def test_the_guard_lets_the_open_internet_through(tmp_path, one_public_loopback):
    with serving(playing, "127.0.0.2") as server:
        got = get(server.url + "/watch", tmp_path, allow_private=False)
    assert got.path.read_bytes() == DATA


@pytest.mark.parametrize("way", ["redirect", "video", "playlist", "ftp"])
def test_no_way_leads_into_the_own_network(tmp_path, one_public_loopback, way):
    with serving(playing) as secret:

        def script(request, handler):
            inside = f"{secret.url}/talk.mp4"
            if way == "redirect":
                handler.reply(302, Location=inside)
            elif way == "video":
                body = f'<title>t</title><video src="{inside}"></video>'.encode()
                handler.reply(body=body, Content_Type="text/html")
            elif way == "ftp":
                handler.reply(302, Location=inside.replace("http:", "ftp:"))
            else:
                body = f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{inside}\n#EXT-X-ENDLIST\n"
                handler.reply(body=body.encode(), Content_Type="application/x-mpegurl")

        with serving(script, "127.0.0.2") as door, pytest.raises((InputError, RemoteError)):
            get(door.url + "/list.m3u8", tmp_path, allow_private=False)
    assert door.requests
    assert secret.requests == []


@pytest.mark.parametrize("scheme", ["rtmp", "rtmpe"])
def test_no_program_is_lent_to_a_page(tmp_path, monkeypatch, scheme):
    """yt-dlp would start rtmpdump, which asks whom the page names, the own network too."""
    programs = tmp_path / "programs"
    programs.mkdir()
    fake = programs / "rtmpdump"
    fake.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\n')
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=os.pathsep)
    folder = tmp_path / "media"
    folder.mkdir()

    def answer(_, url):
        return video(f"{scheme}://127.0.0.1/live", ext="flv")

    with site(answer, monkeypatch), pytest.raises(RemoteError) as caught:
        get(PAGE, folder)
    assert caught.value.code == "LQ-REMOTE-FORMATS"
    assert not (tmp_path / "asked").exists()


def test_a_form_that_needs_no_program_is_taken_beside_one_that_does(tmp_path, monkeypatch):
    with serving(playing) as server:

        def answer(_, url):
            forms = [
                {"format_id": "a", "url": server.url + "/talk.mp4", "height": 480},
                {"format_id": "b", "url": "rtmp://127.0.0.1/live", "height": 480},
            ]
            return {"id": "v1", "title": "A talk", "formats": forms}

        with site(answer, monkeypatch):
            assert get(PAGE, tmp_path).path.read_bytes() == DATA


def test_a_playlist_of_pieces_is_joined(tmp_path):
    def script(request, handler):
        if request.path.endswith(".ts"):
            handler.reply(body=DATA[:1000], Content_Type="video/mp2t")
            return
        pieces = "".join(f"#EXTINF:4,\n/{number}.ts\n" for number in range(3))
        body = f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n{pieces}#EXT-X-ENDLIST\n"
        handler.reply(body=body.encode(), Content_Type="application/x-mpegurl")

    with serving(script) as server:
        got = get(server.url + "/list.m3u8", tmp_path)
    assert got.path.read_bytes() == DATA[:1000] * 3


def test_what_a_site_says_is_kept(tmp_path, monkeypatch):
    with serving(playing) as server:

        def answer(_, url):
            return video(
                server.url + "/talk.mp4",
                title="../A\ntalk",
                uploader="Somebody",
                upload_date="20240229",
                duration=61.5,
            )

        with site(answer, monkeypatch):
            got = get(PAGE, tmp_path)
    assert got.path.parent == tmp_path
    assert (got.title, got.video_id, got.extractor) == ("../A\ntalk", "v1", "site")
    assert (got.uploader, got.published, got.duration_ms) == ("Somebody", "2024-02-29", 61_500)


@pytest.mark.parametrize("name", ["../../x", "a" * 500, "%(title)s", "caf\u00e9 \U0001f600\n"])
def test_no_name_of_a_stranger_becomes_a_path(tmp_path, monkeypatch, name):
    folder = tmp_path / "one"
    folder.mkdir()
    with serving(playing) as server:

        def answer(_, url):
            return video(server.url + "/talk.mp4", id=name, title=name, format_id=name)

        with site(answer, monkeypatch):
            got = get(PAGE, folder)
    assert got.path.parent == folder
    assert list(tmp_path.rglob("*.mp4")) == [got.path]
    assert len(os.fsencode(got.path.name)) < 200


def test_an_unusual_suffix_is_refused(tmp_path, monkeypatch):
    with serving(playing) as server:

        def answer(_, url):
            return video(server.url + "/talk.mp4", ext="desktop")

        with site(answer, monkeypatch), pytest.raises(RemoteError):
            get(PAGE, tmp_path)
    assert list(tmp_path.rglob("*.desktop")) == []


FORMATS = [
    {"format_id": "sound", "ext": "m4a", "vcodec": "none", "acodec": "aac", "abr": 128},
    {"format_id": "big", "ext": "mp4", "vcodec": "h264", "acodec": "aac", "height": 1080},
    {"format_id": "hd", "ext": "mp4", "vcodec": "h264", "acodec": "aac", "height": 720},
    {"format_id": "small", "ext": "mp4", "vcodec": "h264", "acodec": "aac", "height": 360},
    {"format_id": "mute", "ext": "mp4", "vcodec": "h264", "acodec": "none", "height": 720},
]


@pytest.mark.parametrize(
    ("offered", "pictures", "taken"),
    [
        ("sound big hd small mute", False, "sound"),
        ("sound big hd small mute", True, "hd"),
        ("big hd small mute", False, "small"),
        ("big mute", False, "big"),
        ("big mute", True, "big"),
        ("small mute sound", True, "small"),
        ("mute", False, "mute"),
    ],
)
def test_no_more_than_needed_is_taken(tmp_path, monkeypatch, offered, pictures, taken):
    with serving(playing) as server:

        def answer(_, url):
            found = [each for each in FORMATS if each["format_id"] in offered.split()]
            formats = [each | {"url": f"{server.url}/{each['format_id']}.mp4"} for each in found]
            return {"id": "v1", "title": "t", "formats": formats}

        with site(answer, monkeypatch):
            get(PAGE, tmp_path, pictures=pictures)
        assert {each.path for each in server.requests} == {f"/{taken}.mp4"}


def test_pictures_and_sound_apart_are_an_error_where_both_are_needed(tmp_path, monkeypatch):
    def answer(_, url):
        found = [each for each in FORMATS if each["format_id"] in {"sound", "mute"}]
        formats = [each | {"url": "http://127.0.0.1:9/x"} for each in found]
        return {"id": "v1", "title": "t", "formats": formats}

    with site(answer, monkeypatch), pytest.raises(RemoteError, match="no form of it"):
        get(PAGE, tmp_path, pictures=True)


def test_what_is_live_now_is_not_begun(tmp_path, monkeypatch):
    with serving(playing) as server:

        def answer(_, url):
            return video(server.url + "/talk.mp4", is_live=True)

        with site(answer, monkeypatch), pytest.raises(InputError, match="live now"):
            get(PAGE, tmp_path)
    assert server.requests == []


def test_what_says_that_it_is_too_large_is_not_begun(tmp_path, monkeypatch):
    with serving(playing) as server:

        def answer(_, url):
            return video(server.url + "/talk.mp4", filesize=2_000_000)

        with site(answer, monkeypatch), pytest.raises(InputError, match="the limit is 1500000"):
            get(PAGE, tmp_path, max_bytes=1_500_000)
    assert server.requests == []


def test_what_turns_out_too_large_is_stopped(tmp_path):
    def script(request, handler):
        if not request.path.endswith(".mp4"):
            playing(request, handler)
            return
        handler.head(200, Transfer_Encoding="chunked", Content_Type="video/mp4")
        while handler.command == "GET" and not handler.server.stopped.is_set():
            handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    with serving(script) as server, pytest.raises(InputError, match="the limit is 1000000"):
        get(server.url + "/watch", tmp_path, max_bytes=1_000_000)


def test_the_time_is_limited(tmp_path):
    moments = iter(range(0, 10_000, 10))
    pace = Pace(now=lambda: float(next(moments)), sleep=lambda _: None)
    with serving(playing) as server, pytest.raises(RemoteError, match="within the time"):
        ytdlp.download(server.url + "/watch", tmp_path, options=options(timeout_s=15.0), pace=pace)


def test_the_caller_can_stop_it(tmp_path):
    class CancelledError(Exception):
        pass

    def stop(done_bytes, total_bytes):
        raise CancelledError

    with serving(playing) as server, pytest.raises(CancelledError):
        get(server.url + "/watch", tmp_path, progress=stop)


def raising(error):
    def answer(_, url):
        raise error

    return answer


HINT = (
    ". Use --cookies-from-browser or --cookies for the authentication. See "
    " https://github.com/yt-dlp/yt-dlp/wiki/FAQ#how-do-i-pass-cookies-to-yt-dlp  for how to"
    " manually pass cookies"
)
SENTENCES = [
    ("All player responses are invalid. Your IP is likely being blocked by Youtube",
     "LQ-REMOTE-BLOCKED", "robot"),
    ("Sign in to confirm you’re not a bot" + HINT, "LQ-REMOTE-BLOCKED", "robot"),
    ("Video unavailable. YouTube is requiring a captcha challenge before playback",
     "LQ-REMOTE-BLOCKED", "robot"),
    (("This content isn't available, try again later. The current session has been rate-limited by"
     " YouTube for up to an hour. It is recommended to use `-t sleep` to add a delay"),
     "LQ-REMOTE-RATE", "hour"),
    ("Sign in to confirm your age. This video may be inappropriate for some users." + HINT,
     "LQ-REMOTE-AGE", "adults"),
    (("This video is available to this channel's members on level: Bonus (or any higher level)."
     " Join this channel to get access to members-only content and other exclusive perks."),
     "LQ-REMOTE-MEMBERS", "members"),
    (("Join this channel from your computer or Android app to get access to members-only content"
     " like this video."), "LQ-REMOTE-MEMBERS", "members"),
    ("Private video. Sign in if you've been granted access to this video" + HINT,
     "LQ-REMOTE-PRIVATE", "private"),
    ("This video is private", "LQ-REMOTE-PRIVATE", "private"),
    (("Video unavailable. This video contains content from XXX, who has blocked it in your country"
     " on copyright grounds"), "LQ-REMOTE-GEO", "country"),
    ("This live event will begin in 5 hours.", "LQ-REMOTE-NOT-YET", "not begun"),
    ("Premieres in 19 minutes", "LQ-REMOTE-NOT-YET", "not begun"),
    ("This video is DRM protected", "LQ-REMOTE-DRM", "protected"),
    ("The requested site is known to use DRM protection. It will NOT be supported.",
     "LQ-REMOTE-DRM", "protected"),
    ("This video requires payment to watch.", "LQ-REMOTE-PAID", "pay"),
    ("Video unavailable", "LQ-REMOTE-GONE", "does not exist"),
    ("Video unavailable. This video has been removed by the uploader", "LQ-REMOTE-GONE", "taken"),
    (("Video unavailable. This video is no longer available because the YouTube account associated"
     " with this video has been terminated."), "LQ-REMOTE-GONE", "taken"),
    ("This video has been removed for violating YouTube's policy on hate speech.",
     "LQ-REMOTE-GONE", "taken"),
    ("This live stream recording is not available.", "LQ-REMOTE-GONE", "taken"),
    ("This video is only available for registered users" + HINT, "LQ-REMOTE-LOGIN", "logged in"),
    ("Login details are needed to download this content" + HINT, "LQ-REMOTE-LOGIN", "logged in"),
    ("Requested format is not available. Use --list-formats for a list of available formats",
     "LQ-REMOTE-FORMATS", "no form"),
    ("No video formats found!", "LQ-REMOTE-FORMATS", "no form"),
    ("The provided YouTube account cookies are no longer valid. They have likely been rotated",
     "LQ-REMOTE-COOKIES", "cookies"),
    ("dQw4w9WgXcQ: There are missing subtitles languages because a PO token was not provided.",
     "LQ-REMOTE-PO-TOKEN", "PO token"),
    ("This live event has ended.", "LQ-REMOTE-LIVE", "just ended"),
    ("Incomplete YouTube ID dQw4w9. URL https://youtube.com/watch?v=dQw4w9 looks truncated.",
     "LQ-INPUT-ADDRESS", "no complete address"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "code", "text"), SENTENCES)
def test_each_complaint_becomes_one_clear_line(tmp_path, monkeypatch, sentence, code, text):
    error = ExtractorError(sentence, expected=True, video_id="v1", ie="site")
    with site(raising(error), monkeypatch), pytest.raises((RemoteError, InputError)) as caught:
        get(PAGE, tmp_path)
    assert (caught.value.code, caught.value.exit_code) == (code, 4 if "INPUT" in code else 5)
    assert text in caught.value.message
    assert caught.value.message.startswith(PAGE)
    assert "\n" not in caught.value.message + caught.value.hint
    assert "github.com" not in caught.value.message + caught.value.hint
    assert isinstance(caught.value.__cause__, yt_dlp.utils.DownloadError)


def test_every_rule_is_tried():
    assert {code for _, code, _ in SENTENCES} | {"LQ-TRANSIENT"} == {
        rule.code for rule in complaints.RULES
    }


def test_a_site_that_asks_to_wait_says_how_long(tmp_path, monkeypatch):
    error = ExtractorError("This content isn't available, try again later.", expected=True)
    with site(raising(error), monkeypatch), pytest.raises(TransientError) as caught:
        get(PAGE, tmp_path)
    assert caught.value.retry_after_s == 3600.0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GeoRestrictedError("Only in Atlantis", countries=["DE"]), "LQ-REMOTE-GEO"),
        (UserNotLive(), "LQ-REMOTE-NOT-YET"),
        (
            ExtractorError(
                "Unable to download webpage: offline",
                expected=True,
                cause=TransportError(cause=urllib.error.URLError("unreachable")),
            ),
            "LQ-TRANSIENT",
        ),
        (
            ExtractorError(
                "Unable to download webpage: [SSL: CERTIFICATE_VERIFY_FAILED]",
                expected=True,
                cause=TransportError("[SSL: CERTIFICATE_VERIFY_FAILED]"),
            ),
            "LQ-REMOTE-TLS",
        ),
    ],
)
def test_the_classes_yt_dlp_has_are_used(tmp_path, monkeypatch, error, code):
    with site(raising(error), monkeypatch), pytest.raises(RemoteError) as caught:
        get(PAGE, tmp_path)
    assert caught.value.code == code


def test_an_unknown_complaint_is_one_line(tmp_path, monkeypatch):
    error = ExtractorError("The moon\nis \x1b[31mwrong", expected=False)
    with site(raising(error), monkeypatch), pytest.raises(RemoteError) as caught:
        get(PAGE, tmp_path)
    assert caught.value.message == f"{PAGE}: yt-dlp cannot fetch it: The moon"
    assert "pip install -U yt-dlp" in caught.value.hint


@pytest.mark.parametrize("error", [TypeError("x"), AttributeError("y"), ZeroDivisionError("z")])
def test_a_bug_in_an_extractor_is_an_engine_error(tmp_path, monkeypatch, error):
    with site(raising(error), monkeypatch), pytest.raises(EngineError, match="yt-dlp failed"):
        get(PAGE, tmp_path)


YOUTUBE_PAGE = (
    '<html><script>ytcfg.set({"INNERTUBE_CONTEXT": {"client": {"clientName": "WEB",'
    ' "clientVersion": "2.20261001.00.00", "hl": "en"}}});</script></html>'
)


@pytest.mark.parametrize(
    ("recorded", "code"),
    [
        ("youtube_video_unavailable", "LQ-REMOTE-GONE"),
        ("youtube_request_blocked", "LQ-REMOTE-BLOCKED"),
        ("youtube_age_restricted", "LQ-REMOTE-AGE"),
        ("youtube_unplayable", "LQ-REMOTE-BLOCKED"),
    ],
)
def test_recorded_answers_of_youtube_through_its_real_extractor(
    tmp_path, monkeypatch, recorded, code
):
    path = RECORDED / f"{recorded}.player.json"
    if not path.is_file():
        pytest.skip("the recorded answers of YouTube are not on this machine")
    answer = json.loads(path.read_text(encoding="utf-8"))
    answer["videoDetails"] = {"videoId": "dQw4w9WgXcQ"}
    player, asked = json.dumps(answer), []

    def urlopen(_, request):
        url = request if isinstance(request, str) else request.url
        asked.append(url)
        body = player if "/youtubei/v1/player" in url else YOUTUBE_PAGE
        return Response(io.BytesIO(body.encode()), url, {"Content-Type": "text/html"})

    monkeypatch.setattr(yt_dlp.YoutubeDL, "urlopen", urlopen)
    with pytest.raises(RemoteError) as caught:
        get("https://youtu.be/dQw4w9WgXcQ?list=PL1234567890", tmp_path)
    assert caught.value.code == code
    assert caught.value.message.startswith("https://www.youtube.com/watch?v=dQw4w9WgXcQ: ")
    assert any("/youtubei/v1/player" in url for url in asked)


def listing(ids, taken):
    def entries(extractor):
        for each in ids:
            taken.append(each)
            yield extractor.url_result(
                f"https://www.youtube.com/watch?v={each}", video_id=each, video_title=f"t {each}"
            )

    def answer(extractor, url):
        return extractor.playlist_result(entries(extractor), "PL1", "A course")

    return answer


def test_a_playlist_is_read_only_as_far_as_it_is_taken(monkeypatch):
    taken = []
    ids = [f"video{number:06d}" for number in range(1000)]
    with site(listing(ids, taken), monkeypatch):
        found = ytdlp.entries(PAGE, options=options())
        first = [next(found) for _ in range(3)]
        found.close()
    assert first[0] == ("https://www.youtube.com/watch?v=video000000", "t video000000")
    assert len(taken) == 3


def test_the_tabs_of_a_channel_are_followed(monkeypatch):
    taken = []
    channel = "https://www.youtube.com/@name"

    def answer(extractor, url):
        if url == channel:
            tabs = [f"{channel}/videos", f"{channel}/shorts"]
            return extractor.playlist_result([extractor.url_result(tab) for tab in tabs], "c")
        name = url.rsplit("/", 1)[-1][:5]
        return listing([f"{name}{number:06d}" for number in range(2)], taken)(extractor, url)

    with site(answer, monkeypatch, pattern=r"https://www\.youtube\.com/@.*"):
        found = [url[-11:] for url, _ in ytdlp.entries(channel, options=options())]
    assert found == ["video000000", "video000001", "short000000", "short000001"]


def test_a_playlist_that_breaks_says_why_after_what_came(monkeypatch):
    def entries(extractor):
        yield extractor.url_result("https://www.youtube.com/watch?v=dQw4w9WgXcQ")
        raise ExtractorError("Unable to download API page", expected=True, cause=TransportError())

    def answer(extractor, url):
        return extractor.playlist_result(entries(extractor), "PL1")

    with site(answer, monkeypatch):
        found = ytdlp.entries(PAGE, options=options())
        assert next(found)[0].endswith("dQw4w9WgXcQ")
        with pytest.raises(TransientError, match="cannot be reached"):
            next(found)


def test_what_is_no_list_is_itself(monkeypatch):
    with site(lambda _, url: video("http://127.0.0.1:9/x.mp4"), monkeypatch):
        assert list(ytdlp.entries(PAGE, options=options())) == [(PAGE, "A talk")]


@pytest.mark.parametrize(
    ("url", "is_list"),
    [
        ("https://www.youtube.com/playlist?list=PL123", True),
        ("https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PL123", False),
        ("https://vimeo.com/channels/staffpicks", True),
        ("https://vimeo.com/12345", False),
        ("https://example.org/some/page", False),
    ],
)
def test_lists_are_known_without_asking(url, is_list):
    assert ytdlp.is_list(url) is is_list


def test_known_sites():
    assert ytdlp.is_known("https://vimeo.com/12345")
    assert not ytdlp.is_known("https://example.org/a")


def test_cookies_are_sent_and_never_written(tmp_path):
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(
        "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t0\tsession\topen\n"
    )
    before = cookies.read_bytes(), cookies.stat().st_mtime_ns
    folder = tmp_path / "out"
    folder.mkdir()

    def script(request, handler):
        playing(request, handler)

    with serving(script) as server:
        get(server.url + "/watch", folder, cookies_file=cookies)
    assert server.requests[0].headers["cookie"] == "session=open"
    assert (cookies.read_bytes(), cookies.stat().st_mtime_ns) == before


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"no cookies here\n"])
def test_a_cookie_file_that_is_none(tmp_path, content):
    cookies = tmp_path / "cookies.txt"
    if content is not None:
        cookies.write_bytes(content)
    with pytest.raises(InputError, match="cookie"):
        get("http://127.0.0.1:9/", tmp_path, cookies_file=cookies)


def test_an_unknown_browser(tmp_path):
    with pytest.raises(UsageError, match="fierfox") as caught:
        get("http://127.0.0.1:9/", tmp_path, cookies_browser="fierfox")
    assert caught.value.hint == "did you mean 'firefox'?"


def test_a_browser_that_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with pytest.raises(InputError, match="cookies"):
        get("http://127.0.0.1:9/", tmp_path, cookies_browser="firefox")


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    def answer(_, url):
        raise OSError(28, "No space left on device")

    with site(answer, monkeypatch), pytest.raises(FullError, match="bytes are free"):
        get(PAGE, tmp_path)


def test_a_retry_after_inside_yt_dlp_is_read():
    class Response:
        status = 429
        reason = "Too Many Requests"
        headers = {"Retry-After": "30"}  # noqa: RUF012
        url = "u"

        def close(self):
            pass

    error = complaints.translate(HTTPError(Response()), "http://site.test/x")
    assert (type(error), error.retry_after_s) == (TransientError, 30.0)


def test_nothing_of_the_users_own_yt_dlp_is_used(tmp_path):
    plugin = tmp_path / "yt_dlp_plugins" / "extractor"
    plugin.mkdir(parents=True)
    marker = tmp_path / "loaded"
    (plugin / "surprise.py").write_text(f"open({str(marker)!r}, 'w').close()\n")
    home = tmp_path / "home"
    (home / "yt-dlp").mkdir(parents=True)
    (home / "yt-dlp" / "config").write_text("--exec 'touch ran'\n--print title\n")
    program = (
        "from pathlib import Path; from loquitur.media import ytdlp, transfer\n"
        "from loquitur.errors import TransientError\n"
        "try: ytdlp.download('http://127.0.0.1:9/x', Path('.'),"
        " options=transfer.FetchOptions(allow_private=True, retries=0))\n"
        "except TransientError as exc: print(exc)\n"
    )
    environment = dict(
        os.environ, PYTHONPATH=str(tmp_path), HOME=str(home), XDG_CONFIG_HOME=str(home)
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        timeout=60,
    )
    assert done.stdout == "http://127.0.0.1:9/x: the site cannot be reached\n"
    assert done.stderr == ""
    assert not marker.exists()
