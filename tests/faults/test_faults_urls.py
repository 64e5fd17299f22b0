"""Addresses, end to end: what goes wrong is one line; what came is never fetched again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from scripted_server import serving
from sites import site, video
from yt_dlp.utils import ExtractorError

from loquitur.media import fetch as fetch_module
from loquitur.store import Store, verify

pytestmark = pytest.mark.slow

TITLE = "Harbour dialogue"
PAGE = "http://site.test/watch/1"


@pytest.fixture(autouse=True)
def at_once(no_waiting):
    """No test waits between tries."""


@pytest.fixture
def film(sample):
    """The bytes that the servers of these tests give."""
    return sample.read_bytes()


def giving(film, *, cut_at=None):
    """A server of one film, which breaks off before `cut_at` unless it is asked for the rest."""

    def script(request, handler):
        path = request.path.partition("?")[0]
        if path in ("/talk.mp4", "/copy/talk.mp4"):
            stop = None if request.offset else cut_at
            handler.ranged(request, film, upto=stop, Accept_Ranges="bytes")
        elif path == "/text.mp4":
            handler.reply(body=b"Not a film, only words.\n" * 50)
        elif path == "/empty.mp4":
            handler.reply(body=b"")
        elif path == "/short.mp4":
            handler.reply(body=film[:5000])
        elif path in ("/essay", "/essay.mp4"):
            handler.reply(body=b"<html><p>Only words.</p></html>", Content_Type="text/html")
        elif path == "/page":
            body = f'<html><title>{TITLE}</title><video src="/talk.mp4"></video></html>'
            handler.reply(body=body.encode(), Content_Type="text/html")
        elif path == "/closed.mp4":
            handler.reply(403)
        elif path == "/broken.mp4":
            handler.reply(500)
        else:
            handler.reply(404, b"nothing here")

    return script


def partial(bench):
    """What lies in the store of downloads under way."""
    folder = bench.store / "partial"
    return [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


def leftovers(bench):
    folder = bench.store / "partial"
    return sorted(folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize(
    ("url", "code", "texts"),
    [
        ("http://", 4, ["not a web address", "https://host/path"]),
        ("https://", 4, ["not a web address"]),
        ("http:/one.example/a.mp4", 4, ["not a web address"]),
        ("https://a b.example/c.mp4", 4, ["not a web address"]),
        ("https://exa..mple/c.mp4", 4, ["not a web address"]),
        ("http://[::1/c.mp4", 4, ["not a web address"]),
        ("http://a.example:99999/c.mp4", 4, ["not a web address"]),
        ("http://127.0.0.1:1/a.mp4", 4, ["private network", "--allow-private"]),
        ("http://localhost:1/a.mp4", 4, ["private network", "--allow-private"]),
        ("http://169.254.169.254/meta-data/", 4, ["private network"]),
    ],
)
def test_an_address_that_cannot_be_asked(bench, url, code, texts):
    bench.run(url).fails(code, *texts)
    assert leftovers(bench) == []


def test_a_password_in_an_address_is_said_and_kept_nowhere(bench, film):
    with serving(giving(film)) as server:
        url = server.url.replace("//", "//me:hidden@") + "/talk.mp4"
        (document,) = bench.json("--allow-private", url)
        assert document["input"] == url.replace(":hidden", "")
        plan = bench("--store", str(bench.store), "plan", "--allow-private", "--json", url)
    assert "hidden" not in plan.succeeds().out
    assert "me@" in plan.out
    kept = [path for path in bench.root.rglob("*") if path.is_file()]
    assert [path for path in kept if b"hidden" in path.read_bytes()] == []


def test_nobody_answers(bench):
    bench.stock()
    url = "http://127.0.0.1:9/talk.mp4"
    bench.run("--allow-private", url).fails(5, url, "connection", "try again")
    bench.beside("--allow-private", url, code=5)
    assert partial(bench) == []


@pytest.mark.parametrize(
    ("path", "code", "texts"),
    [
        ("/gone.mp4", 5, ["nothing at that address (404)", "check the address"]),
        ("/closed.mp4", 5, ["refuses to give it (403)"]),
        ("/broken.mp4", 5, ["the server is in trouble (500)", "try later"]),
        ("/essay", 4, ["/essay"]),
        ("/essay.mp4", 4, ["/essay.mp4", "web page"]),
        ("/empty.mp4", 5, ["empty file"]),
        ("/text.mp4", 4, ["/text.mp4", "is a text file"]),
        ("/short.mp4", 4, ["/short.mp4"]),
    ],
)
def test_a_server_without_a_film(bench, film, path, code, texts):
    bench.stock()
    with serving(giving(film)) as server:
        url = server.url + path
        said = bench.run("--allow-private", url).fails(code, *texts)
        assert url in said
        assert str(bench.store) not in said
        bench.beside("--allow-private", url, code=code)
    assert partial(bench) == []


SENTENCES = {
    "Private video. Sign in if you've been granted access to this video": "it is private",
    "Video unavailable. This video has been removed by the uploader": "taken away",
    "This video is no longer available because the uploader has closed their account": "taken",
    "Sign in to confirm your age. This video may be inappropriate for some users.": "adults",
    "Join this channel to get access to members-only content like this video": "members",
    "Sign in to confirm you’re not a bot.": "robot",
    "The uploader has not made this video available in your country": "country",
    "This live event will begin in 5 hours.": "not begun",
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_a_site_refuses(bench, monkeypatch, sentence):
    bench.stock()

    def answer(extractor, url):
        raise ExtractorError(sentence, expected=True, video_id="v1", ie="site")

    monkeypatch.setattr(fetch_module.ytdlp, "is_known", lambda url: "site.test" in url)
    with site(answer, monkeypatch):
        bench.run("--allow-private", PAGE).fails(5, PAGE, SENTENCES[sentence])
        bench.beside("--allow-private", PAGE, code=5)
    assert partial(bench) == []


@pytest.mark.slow
def test_what_came_is_never_fetched_again(bench, film):
    with serving(giving(film)) as server:
        url = f"{server.url}/talk.mp4"
        (first,) = bench.json("--allow-private", url)
        assert [each.path for each in server.requests] == ["/talk.mp4"]
        bench.json("--allow-private", url)
        bench.json("--allow-private", url.replace("http://", "HTTP://") + "#t=10")
        assert len(server.requests) == 1
    assert leftovers(bench) == []
    assert verify(Store.open(bench.store)).clean
    (offline,) = bench.json("--offline", url)
    assert all(stage["cached"] for stage in offline["stages"])
    assert offline["media_id"] == first["media_id"]
    (anew,) = bench.json("--offline", "--set", "transcribe.pace_ms=500", url)
    assert {each["stage"] for each in anew["stages"] if not each["cached"]} >= {"transcribe"}
    bench.run("--offline", url.replace("talk", "other")).fails(5, "not in the store", "offline")


@pytest.mark.slow
def test_a_film_under_two_addresses_and_as_a_file_is_one_medium(bench, film, sample):
    with serving(giving(film)) as server:
        urls = (f"{server.url}/talk.mp4", f"{server.url}/copy/talk.mp4")
        documents = bench.json("--allow-private", *urls, sample)
    assert len({each["media_id"] for each in documents}) == 1
    made = [stage["stage"] for each in documents for stage in each["stages"] if not stage["cached"]]
    assert made.count("transcribe") == 1
    assert made.count("acquire") == 3


def test_the_video_of_a_page(bench, film):
    with serving(giving(film)) as server:
        url = server.url + "/page"
        (document,) = bench.json("--allow-private", url)
    assert TITLE in document["title"]
    assert Path(document["outputs"]["vtt"]).name.startswith(f"{TITLE} [")
    assert leftovers(bench) == []
    (offline,) = bench.json("--offline", url)
    assert all(stage["cached"] for stage in offline["stages"])


@pytest.mark.parametrize("path", ["/talk.mp4", "/page"])
def test_a_download_that_broke_off_goes_on_in_the_next_run(bench, film, path):
    half = len(film) // 2
    script = giving(film, cut_at=half)

    def dying(request, handler):
        """Nothing more than the first half, however often it is asked."""
        if request.offset:
            handler.reset()
        else:
            script(request, handler)

    with serving(dying) as server:
        url = server.url + path
        bench.run("--allow-private", url).fails(5, url)
        # yt-dlp over `requests`, where that is installed, drops the block that broke off
        assert sum(each.stat().st_size for each in partial(bench)) >= half // 2
        assert verify(Store.open(bench.store)).clean
        server.script = script
        asked = len(server.requests)
        (document,) = bench.json("--allow-private", url)
        offsets = [each.offset for each in server.requests[asked:] if each.offset]
    assert offsets
    assert min(offsets) >= half // 2
    assert document["duration_ms"]
    assert leftovers(bench) == []
    assert verify(Store.open(bench.store)).clean


def test_a_killed_download_goes_on_in_the_next_run(bench, film):
    half = len(film) // 2

    def hanging(request, handler):
        if request.offset:
            handler.ranged(request, film, Accept_Ranges="bytes")
            return
        handler.ranged(request, film, upto=half, Accept_Ranges="bytes")
        handler.server.stopped.wait(60)

    with serving(hanging) as server:
        url = f"{server.url}/talk.mp4"
        command = [
            sys.executable, "-c", KILLED, "--store", str(bench.store), "run", "--allow-private",
            "--executor", "local", "--asr", "parrot", "--diarizer", "parrot", "-o", "o", url,
        ]  # fmt: skip
        child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            for _ in range(2000):
                if any(path.name.endswith(".json") for path in partial(bench)):
                    break
                time.sleep(0.01)
        finally:
            child.kill()
            child.wait(30)
        assert partial(bench)
        bench.run("--allow-private", url).succeeds()
        assert server.requests[-1].offset
    assert leftovers(bench) == []


KILLED = """
import sys
from loquitur.cli.main import main
from loquitur.media import http
http._CHECKPOINT_BYTES = 50_000
main(sys.argv[1:])
"""


def test_a_fetch_that_is_forced_and_fails_loses_nothing(bench, film):
    with serving(giving(film)) as server:
        url = f"{server.url}/talk.mp4"
        bench.json("--allow-private", url)
        bench.run("--allow-private", "--force", "acquire", url).succeeds()
        assert len(server.requests) == 2
    bench.run("--allow-private", "--force", "acquire", url).fails(5, url)
    (offline,) = bench.json("--offline", url)
    assert all(stage["cached"] for stage in offline["stages"])


def test_a_download_nobody_wants_any_more_is_swept(bench, film):
    script = giving(film, cut_at=40_000)

    def once(request, handler):
        handler.reset() if request.offset else script(request, handler)

    with serving(once) as server:
        bench.run("--allow-private", f"{server.url}/talk.mp4").fails(5)
        (old,) = leftovers(bench)
        bench.run("--allow-private", f"{server.url}/copy/talk.mp4").fails(5)
    (young,) = set(leftovers(bench)) - {old}
    for path in (*old.iterdir(), old):
        os.utime(path, (time.time() - 8 * 86_400,) * 2)
    for arguments, left in ((["--dry-run"], {old, young}), ([], {young})):
        collected = bench("--store", bench.store, "store", "gc", "--json", *arguments)
        assert collected.code == 0
        assert 40_000 <= json.loads(collected.out)["freed_bytes"] < 80_000
        assert set(leftovers(bench)) == left


def test_the_password_in_an_address_is_shown_nowhere(bench, film):
    with serving(giving(film)) as server:
        url = server.url.replace("http://", "http://me:hunter2@") + "/talk.mp4?token=hunter2"
        ended = bench.run("--allow-private", url)
        ended.succeeds()
        failing = bench.run("--allow-private", url.replace("talk", "gone"))
    texts = [ended.out, ended.err, failing.err]
    texts += [path.read_text() for path in ended.paths]
    assert all("hunter2" not in text for text in texts)


@pytest.mark.slow
def test_a_video_of_a_site_has_its_id_in_the_name(bench, film, monkeypatch):
    with serving(giving(film)) as server:

        def answer(extractor, url):
            return video(f"{server.url}/talk.mp4", id="abc123", title="../../a: talk?")

        monkeypatch.setattr(fetch_module.ytdlp, "is_known", lambda url: "site.test" in url)
        with site(answer, monkeypatch):
            ended = bench.run("--allow-private", "--format", "vtt", PAGE).succeeds()
    (path,) = ended.paths
    assert path.parent == bench.out
    assert path.name.endswith(" [abc123].vtt")
