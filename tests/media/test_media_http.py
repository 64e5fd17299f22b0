import email.utils
import errno
import gzip
import itertools
import json
import shutil
import socket
import ssl
import subprocess
import time
import zlib

import pytest
from scripted_server import serving

from loquitur.errors import FullError, InputError, RemoteError, TransientError
from loquitur.media import addresses, exchange, http, inflation, partial
from loquitur.media.transfer import PAGE_CODE, FetchOptions, Pace, retry_after_s

DATA = bytes(range(256)) * 4096


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self):
        self.time = 1000.0
        self.slept = []

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.time += seconds

    def pace(self):
        return Pace(now=lambda: self.time, sleep=self.sleep, jitter=lambda _, high: high)


def options(**changes):
    return FetchOptions(**{"allow_private": True, "timeout_s": 60.0} | changes)


def get(url, target, *, clock=None, progress=http.silent, **changes):
    clock = clock or Clock()
    return http.download(
        url, target, options=options(**changes), progress=progress, pace=clock.pace()
    )


@pytest.fixture
def target(tmp_path):
    return tmp_path / "media.mp4"


def until_some_came(target):
    """Wait until the client has written some of a file, however slow it is, 20 s at most."""
    part = target.with_name(target.name + ".part")
    for _ in range(2000):
        if part.exists() and part.stat().st_size:
            return
        time.sleep(0.01)


def test_a_file_comes_whole_with_its_name(target):
    def script(request, handler):
        handler.reply(body=DATA)

    seen = []
    with serving(script) as server:
        got = get(
            server.url + "/a%20talk.mp4?key=1#t=3", target, progress=lambda *at: seen.append(at)
        )
    assert target.read_bytes() == DATA
    assert (got.path, got.title, got.extractor) == (target, "a talk", "http")
    assert got.source == server.url + "/a%20talk.mp4?key=1"
    assert seen[-1] == (len(DATA), len(DATA))
    assert list(target.parent.iterdir()) == [target]
    assert server.requests[0].headers["accept-encoding"] == "identity"


def test_the_name_in_content_disposition_wins(target):
    def script(request, handler):
        handler.reply(
            body=DATA, Content_Disposition="attachment; filename*=UTF-8''caf%C3%A9%20talk.mp4"
        )

    with serving(script) as server:
        assert get(server.url + "/download", target).title == "café talk"


@pytest.mark.parametrize("cut", ["close", "reset"])
def test_a_cut_is_taken_up_where_it_broke(target, cut):
    def script(request, handler):
        if request.offset is None:
            handler.ranged(request, DATA, upto=300_000)
            if cut == "reset":
                until_some_came(target)  # a reset drops what the client has not read yet
                handler.reset()
        else:
            handler.ranged(request, DATA)

    clock = Clock()
    with serving(script) as server:
        get(server.url + "/a.mp4", target, clock=clock)
    assert target.read_bytes() == DATA
    _, second = server.requests
    assert 0 < second.offset <= 300_000
    assert second.headers["if-range"] == '"v1"'
    assert clock.slept == [1.0]
    assert list(target.parent.iterdir()) == [target]


def test_the_next_run_takes_up_what_the_last_one_left(target):
    def broken(request, handler):
        handler.ranged(request, DATA, upto=(request.offset or 0) + 100_000)

    def whole(request, handler):
        handler.ranged(request, DATA)

    with serving(broken) as server:
        url = server.url + "/a.mp4"
        with pytest.raises(TransientError, match="connection failed"):
            get(url, target, retries=0)
        assert not target.exists()
        server.script = whole
        get(url, target)
    assert server.requests[-1].offset == 100_000
    assert target.read_bytes() == DATA


def test_an_interruption_by_the_caller_keeps_what_came(target):
    def script(request, handler):
        handler.ranged(request, DATA)

    def stop(done_bytes, total_bytes):
        if done_bytes >= 100_000:
            raise KeyboardInterrupt

    with serving(script) as server:
        with pytest.raises(KeyboardInterrupt):
            get(server.url, target, progress=stop)
        get(server.url, target)
    assert server.requests[-1].offset >= 100_000
    assert target.read_bytes() == DATA


def test_tries_that_gain_something_never_run_out(target):
    def script(request, handler):
        handler.ranged(request, DATA, upto=(request.offset or 0) + 100_000)

    with serving(script) as server:
        get(server.url, target, retries=1)
    assert len(server.requests) == -(-len(DATA) // 100_000)
    assert target.read_bytes() == DATA


def test_a_changed_file_is_fetched_anew(target):
    new = DATA[::-1]

    def script(request, handler):
        if len(handler.server.requests) == 1:
            handler.ranged(request, DATA, upto=100_000)
        else:
            handler.ranged(request, new, etag='"v2"')

    with serving(script) as server:
        get(server.url, target)
    assert target.read_bytes() == new


def test_a_server_that_ignores_if_range_does_not_mix_two_files(target):
    new = DATA[::-1]

    def script(request, handler):
        if len(handler.server.requests) == 1:
            handler.ranged(request, DATA, upto=100_000)
            return
        request.headers.pop("if-range", None)
        handler.ranged(request, new, etag='"v2"')

    with serving(script) as server:
        get(server.url, target)
    assert [each.offset for each in server.requests] == [None, 100_000, None]
    assert target.read_bytes() == new


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"weak"'}])
def test_without_a_word_for_the_version_it_starts_over(target, headers):
    def script(request, handler):
        handler.head(200, Content_Length=len(DATA), Content_Type="video/mp4", **headers)
        handler.wfile.write(DATA[: None if len(handler.server.requests) > 1 else 100_000])

    with serving(script) as server:
        get(server.url, target)
    assert [each.offset for each in server.requests] == [None, None]
    assert target.read_bytes() == DATA


def test_last_modified_serves_where_there_is_no_tag(target):
    date = "Wed, 21 Oct 2015 07:28:00 GMT"

    def script(request, handler):
        start = request.offset or 0
        extra = {"Content_Range": f"bytes {start}-{len(DATA) - 1}/{len(DATA)}"} if start else {}
        handler.head(
            206 if start else 200, Content_Length=len(DATA) - start, Last_Modified=date, **extra
        )
        handler.wfile.write(DATA[start : None if start else 100_000])

    with serving(script) as server:
        get(server.url, target)
    assert server.requests[1].headers["if-range"] == date
    assert target.read_bytes() == DATA


def test_a_server_that_knows_no_ranges_gives_all_again(target):
    def script(request, handler):
        upto = 100_000 if len(handler.server.requests) == 1 else None
        handler.head(200, Content_Length=len(DATA), ETag='"v1"')
        handler.wfile.write(DATA[:upto])

    with serving(script) as server:
        get(server.url, target)
    assert target.read_bytes() == DATA


def test_a_complete_part_is_finished_without_a_byte(target):
    def script(request, handler):
        assert request.offset == len(DATA)
        handler.reply(416, Content_Range=f"bytes */{len(DATA)}")

    with serving(script) as server:
        part = partial.Partial(target=target, url=server.url + "/", validator='"v1"')
        with part.append() as file:
            file.write(DATA)
            part.record(file)
        get(server.url, target)
    assert target.read_bytes() == DATA


def test_a_part_that_is_too_long_is_thrown_away(target):
    def script(request, handler):
        if request.offset:
            handler.reply(416, Content_Range="bytes */10")
        else:
            handler.ranged(request, DATA[:10])

    with serving(script) as server:
        part = partial.Partial(target=target, url=server.url + "/", validator='"v1"')
        with part.append() as file:
            file.write(DATA)
            part.record(file)
        get(server.url, target)
    assert target.read_bytes() == DATA[:10]


@pytest.mark.parametrize(
    "state",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        json.dumps({"url": "other", "validator": '"v1"', "size_bytes": 5}).encode(),
        json.dumps({"url": "u", "validator": "", "size_bytes": 5}).encode(),
        json.dumps({"url": "u", "validator": '"v1"', "size_bytes": 500}).encode(),
        json.dumps({"url": "u", "validator": '"v1"', "size_bytes": "5"}).encode(),
        json.dumps({"url": "u", "validator": '"v1"', "size_bytes": -5}).encode(),
    ],
)
def test_a_part_that_cannot_be_trusted_counts_for_nothing(target, state):
    target.with_name("media.mp4.part").write_bytes(b"x" * 10)
    target.with_name("media.mp4.part.json").write_bytes(state)
    assert partial.find(target, "u").size_bytes == 0


def test_bytes_behind_the_last_safe_point_are_dropped(target):
    target.with_name("media.mp4.part").write_bytes(b"safe" + b"\0" * 10)
    state = {"url": "u", "validator": '"v1"', "size_bytes": 4}
    target.with_name("media.mp4.part.json").write_text(json.dumps(state))
    with partial.find(target, "u").append() as file:
        file.write(b"ty")
    assert target.with_name("media.mp4.part").read_bytes() == b"safety"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(target, status):
    def script(request, handler):
        if len(handler.server.requests) < 3:
            handler.reply(status)
        else:
            handler.reply(body=DATA)

    clock = Clock()
    with serving(script) as server:
        get(server.url, target, clock=clock)
    assert clock.slept == [1.0, 2.0]
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after_is_obeyed(target, form, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 1_700_000_000.0)
    value = "120" if form == "seconds" else email.utils.formatdate(1_700_000_120, usegmt=True)

    def script(request, handler):
        if len(handler.server.requests) == 1:
            handler.reply(429, Retry_After=value)
        else:
            handler.reply(body=DATA)

    clock = Clock()
    with serving(script) as server:
        get(server.url, target, clock=clock, timeout_s=1000.0)
    assert clock.slept == [120.0]


@pytest.mark.parametrize("value", ["86400", "999999999999999999999"])
def test_a_wait_beyond_reason_is_an_error_at_once(target, value):
    clock = Clock()
    with (
        serving(lambda _, handler: handler.reply(503, Retry_After=value)) as server,
        pytest.raises(TransientError) as caught,
    ):
        get(server.url, target, clock=clock)
    assert caught.value.retry_after_s >= 86400
    assert clock.slept == []


@pytest.mark.parametrize("value", ["soon", "", "-5", "Wed, 99 Oct 2015 07:28:00 GMT"])
def test_a_senseless_retry_after_changes_nothing(value):
    assert retry_after_s(value) is None


def test_retries_end(target):
    clock = Clock()
    with (
        serving(lambda _, handler: handler.reply(503)) as server,
        pytest.raises(TransientError, match="in trouble \\(503\\)"),
    ):
        get(server.url, target, clock=clock, retries=3)
    assert len(server.requests) == 4
    assert clock.slept == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (401, "login"),
        (403, "refuses"),
        (404, "nothing at that address"),
        (410, "gone"),
        (451, "legal"),
        (400, "status 400"),
        (304, "status 304"),
    ],
)
def test_a_refusal_is_final_and_says_why(target, status, text):
    with (
        serving(lambda _, handler: handler.reply(status)) as server,
        pytest.raises(RemoteError, match=text) as caught,
    ):
        get(server.url + "/a.mp4?token=secret", target)
    assert not isinstance(caught.value, TransientError)
    assert caught.value.exit_code == 5
    assert "secret" not in str(caught.value)
    assert len(server.requests) == 1


def test_a_drip_ends_at_the_deadline(target):
    def script(request, handler):
        handler.head(200, Content_Length=10**9, ETag='"v1"', Content_Type="video/mp4")
        while not handler.server.stopped.wait(0.02):
            handler.wfile.write(b"x" * 600)

    with (
        serving(script) as server,
        pytest.raises(RemoteError, match="within the time") as caught,
    ):
        http.download(server.url, target, options=options(timeout_s=2.0))
    assert caught.value.code == "LQ-REMOTE-DEADLINE"
    assert partial.find(target, server.url + "/").size_bytes > 0


def test_headers_that_never_end_stop_at_the_deadline(target):
    def script(request, handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in itertools.count():
            if handler.server.stopped.wait(0.02):
                return
            handler.wfile.write(b"X-%d: y\r\n" % number)

    with serving(script) as server, pytest.raises(RemoteError, match="within the time"):
        http.download(server.url, target, options=options(timeout_s=0.4))


def test_a_body_without_end_stops_at_the_limit(target):
    def script(request, handler):
        handler.head(200, Transfer_Encoding="chunked", Content_Type="video/mp4")
        while not handler.server.stopped.is_set():
            handler.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")

    with (
        serving(script) as server,
        pytest.raises(InputError, match="the limit is 1000000") as caught,
    ):
        get(server.url, target, max_bytes=1_000_000)
    assert caught.value.exit_code == 4
    assert list(target.parent.iterdir()) == []


def test_a_file_that_says_it_is_too_large_is_not_begun(target):
    def script(request, handler):
        handler.head(200, Content_Length=2_000_000, Content_Type="video/mp4")

    with serving(script) as server, pytest.raises(InputError, match="2000000 bytes or more"):
        get(server.url, target, max_bytes=1_000_000)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize("claimed", [len(DATA) + 1, len(DATA) * 2])
def test_a_wrong_length_is_never_taken_for_a_file(target, claimed):
    def script(request, handler):
        handler.head(200, Content_Length=claimed, Content_Type="video/mp4")
        handler.wfile.write(DATA)

    with serving(script) as server, pytest.raises(TransientError):
        get(server.url, target, retries=2)
    assert not target.exists()


def test_a_chunked_body_that_breaks_off_is_no_file(target):
    def script(request, handler):
        handler.head(200, Transfer_Encoding="chunked", Content_Type="video/mp4")
        handler.wfile.write(b"5\r\nhello\r\n")

    with serving(script) as server, pytest.raises(TransientError):
        get(server.url, target, retries=0)
    assert not target.exists()


def test_an_empty_file_is_an_error(target):
    with (
        serving(lambda _, handler: handler.reply(body=b"")) as server,
        pytest.raises(RemoteError, match="empty"),
    ):
        get(server.url, target)
    assert list(target.parent.iterdir()) == []


def test_a_resumed_range_at_the_wrong_place_starts_over(target):
    def script(request, handler):
        if request.offset is None:
            upto = 100_000 if len(handler.server.requests) == 1 else None
            handler.ranged(request, DATA, upto=upto)
        else:
            end = len(DATA) - 1
            handler.reply(206, DATA[5:], Content_Range=f"bytes 5-{end}/{len(DATA)}", ETag='"v1"')

    with serving(script) as server:
        get(server.url, target)
    assert target.read_bytes() == DATA


def test_redirects_are_followed(target):
    def script(request, handler):
        step = int(request.path.strip("/") or 0)
        if step < 5:
            handler.reply(302, Location=f"/{step + 1}")
        else:
            handler.reply(body=DATA)

    with serving(script) as server:
        got = get(server.url, target)
    assert len(server.requests) == 6
    assert got.source == server.url + "/"


def test_redirects_in_a_circle_end(target):
    with (
        serving(lambda _, handler: handler.reply(302, Location="/again")) as server,
        pytest.raises(RemoteError, match="more than 5 times"),
    ):
        get(server.url, target)
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    "location", ["ftp://x/y", "file:///etc/passwd", "gopher://x", "http://[::1"]
)
def test_a_redirect_to_no_web_address_is_refused(target, location):
    with (
        serving(lambda _, handler: handler.reply(302, Location=location)) as server,
        pytest.raises(RemoteError, match="no web address"),
    ):
        get(server.url, target)


@pytest.fixture
def one_public_loopback(monkeypatch):
    """127.0.0.2 counts as an address of the open internet, the rest of the loopback does not."""
    real = addresses.is_global
    monkeypatch.setattr(addresses, "is_global", lambda each: each == "127.0.0.2" or real(each))


@pytest.mark.parametrize(
    "inside",
    ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::ffff:7f00:1]:{port}/"],
)
def test_a_redirect_into_the_own_network_is_not_followed(target, one_public_loopback, inside):
    with serving(lambda _, handler: handler.reply(body=b"secret")) as secret:
        location = inside.format(port=secret.server_address[1])
        with (
            serving(lambda _, handler: handler.reply(302, Location=location), "127.0.0.2") as door,
            pytest.raises(InputError, match="private network"),
        ):
            get(door.url, target, allow_private=False)
    assert len(door.requests) == 1
    assert secret.requests == []


def test_the_connection_goes_to_the_address_that_was_checked(
    target, one_public_loopback, monkeypatch
):
    answers = iter(["127.0.0.2", "127.0.0.1"])
    real = socket.getaddrinfo

    def rebinding(host, *rest, **named):
        return real(next(answers) if host == "rebind.test" else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with serving(lambda _, handler: handler.reply(body=DATA), "127.0.0.2") as server:
        port = server.server_address[1]
        get(f"http://rebind.test:{port}/a.mp4", target, allow_private=False)
    assert server.requests[0].headers["host"] == f"rebind.test:{port}"
    assert next(answers) == "127.0.0.1"


def test_a_dead_first_address_does_not_matter(target, monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.3", 0))
        monkeypatch.setattr(addresses, "resolve", lambda *_, **__: ["127.0.0.3", "127.0.0.1"])
        with serving(lambda _, handler: handler.reply(body=DATA)) as server:
            get(f"http://two.test:{server.server_address[1]}/", target)
    assert target.read_bytes() == DATA


def test_private_addresses_are_refused_by_default(target):
    with (
        serving(lambda _, handler: handler.reply(body=DATA)) as server,
        pytest.raises(InputError, match="private network") as caught,
    ):
        get(server.url, target, allow_private=False)
    assert server.requests == []
    assert "--allow-private" in caught.value.hint


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fc00::1",
        "fe80::1%eth0",
        "ff02::1",
        "2001:db8::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "2001:0:4136:e378:8000:63bf:80ff:fffe",
        "not an address",
    ],
)
def test_inner_addresses_are_known(address):
    assert not addresses.is_global(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "::ffff:8.8.8.8"]
)
def test_outer_addresses_are_known(address):
    assert addresses.is_global(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "10.0.0.1", "[::1]"])
def test_a_proxy_is_not_asked_for_what_lies_inside(target, host):
    with (
        serving(lambda _, handler: handler.reply(body=DATA)) as proxy,
        pytest.raises(InputError, match="private network"),
    ):
        get(f"http://{host}/a.mp4", target, allow_private=False, proxy=proxy.url)
    assert proxy.requests == []


def test_a_proxy_gets_the_name_not_the_address(target):
    with serving(lambda _, handler: handler.reply(body=DATA)) as proxy:
        get("http://media.test/a.mp4", target, allow_private=False, proxy=proxy.url)
    assert proxy.requests[0].path == "http://media.test/a.mp4"
    assert target.read_bytes() == DATA


def test_a_host_nobody_knows(target, monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(RemoteError, match=r"no host is called nowhere\.test") as caught:
        get("http://nowhere.test/a.mp4", target)
    assert (caught.value.exit_code, isinstance(caught.value, TransientError)) == (5, False)


def test_no_network_at_all(target, monkeypatch):
    def offline(*_, **__):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", offline)
    clock = Clock()
    with pytest.raises(TransientError, match="no name server answers") as caught:
        get("http://example.org/a.mp4", target, clock=clock, retries=2)
    assert caught.value.exit_code == 5
    assert len(clock.slept) == 2


def test_a_closed_port(target):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/a.mp4"
        with pytest.raises(TransientError, match="connection failed"):
            get(url, target, retries=0)


def test_offline_asks_nobody(target):
    with (
        serving(lambda _, handler: handler.reply(body=DATA)) as server,
        pytest.raises(RemoteError, match="switched off"),
    ):
        get(server.url, target, offline=True)
    assert server.requests == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/html; charset=utf-8", b"<!DOCTYPE html><html><video></video></html>"),
        ("text/html", b"\n\n <div>bare</div>"),
        ("video/mp4", b"\xef\xbb\xbf  <HTML><body>sign in</body></HTML>"),
        ("application/octet-stream", b"<!doctype html>\n<p>"),
        ("application/vnd.apple.mpegurl", b"#EXTM3U\n#EXTINF:4,\nsecret.ts\n"),
        ("video/mp4", b"#EXTM3U\n#EXTINF:4,\nfile:///etc/passwd\n"),
        ("application/dash+xml", b'<?xml version="1.0"?><MPD></MPD>'),
    ],
)
def test_a_page_or_a_list_is_not_a_medium(target, kind, body):
    with (
        serving(lambda _, handler: handler.reply(body=body, Content_Type=kind)) as server,
        pytest.raises(InputError) as caught,
    ):
        get(server.url + "/a.mp4", target)
    assert caught.value.code == PAGE_CODE
    assert list(target.parent.iterdir()) == []


def test_compression_nobody_asked_for_is_undone(target):
    body = gzip.compress(DATA)
    with serving(
        lambda _, handler: handler.reply(body=body, Content_Encoding="gzip", ETag='"v1"')
    ) as server:
        get(server.url, target)
    assert target.read_bytes() == DATA


def test_a_gzip_bomb_is_stopped(target, monkeypatch):
    monkeypatch.setattr(inflation, "_FREE_BYTES", 2_000_000)
    body = gzip.compress(bytes(50_000_000))
    with (
        serving(lambda _, handler: handler.reply(body=body, Content_Encoding="gzip")) as server,
        pytest.raises(InputError, match="unpack to more"),
    ):
        get(server.url, target)
    assert list(target.parent.iterdir()) == []


def test_a_bomb_is_stopped_by_the_limit_of_bytes_too(target):
    body = zlib.compress(bytes(50_000_000))
    with (
        serving(lambda _, handler: handler.reply(body=body, Content_Encoding="deflate")) as server,
        pytest.raises(InputError, match="the limit is 3000000"),
    ):
        get(server.url, target, max_bytes=3_000_000)
    assert list(target.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("encoding", "body", "kind"),
    [
        ("gzip", gzip.compress(DATA)[:-20], TransientError),
        ("gzip", b"not gzip at all", RemoteError),
        ("br", b"anything", RemoteError),
    ],
)
def test_a_broken_compressed_body_is_no_file(target, encoding, body, kind):
    with (
        serving(lambda _, handler: handler.reply(body=body, Content_Encoding=encoding)) as server,
        pytest.raises(kind),
    ):
        get(server.url, target, retries=0)
    assert not target.exists()


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20])
def test_inflation_gives_every_byte(size):
    data = (DATA * 4)[:size]
    body = gzip.compress(data)
    pieces = (body[start : start + 997] for start in range(0, len(body), 997))
    assert b"".join(inflation.inflate(pieces, encoding="gzip", shown_url="u")) == data


def test_the_rate_limit_holds(target):
    clock = Clock()
    with serving(lambda _, handler: handler.reply(body=DATA)) as server:
        get(server.url, target, clock=clock, rate_limit_bytes_s=len(DATA) // 10)
    assert sum(clock.slept) == pytest.approx(10.0, abs=0.1)


def cookie_file(tmp_path, *hosts):
    path = tmp_path / "cookies.txt"
    lines = ["# Netscape HTTP Cookie File"]
    lines += [f"{host}\tFALSE\t/\tFALSE\t0\tsession\tof-{host}" for host in hosts]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_cookies_go_only_where_they_belong(target, tmp_path, monkeypatch):
    cookies = cookie_file(tmp_path, "one.test", "elsewhere.test")
    before = cookies.read_text()
    monkeypatch.setattr(addresses, "resolve", lambda *_, **__: ["127.0.0.1"])
    with serving(lambda _, handler: handler.reply(body=DATA)) as server:
        port = server.server_address[1]

        def script(request, handler):
            handler.reply(302, Location=f"http://two.test:{port}/", Set_Cookie="planted=1")

        with serving(script) as door:
            url = f"http://me:pass@one.test:{door.server_address[1]}/"
            get(url, target, cookies_file=cookies)
    assert door.requests[0].headers["cookie"] == "session=of-one.test"
    assert door.requests[0].headers["authorization"].startswith("Basic ")
    assert "cookie" not in server.requests[0].headers
    assert "authorization" not in server.requests[0].headers
    assert cookies.read_text() == before


@pytest.mark.parametrize("content", [None, "no cookies here", "\x00\x01"])
def test_a_cookie_file_that_is_none(target, tmp_path, content):
    path = tmp_path / "cookies.txt"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match="cookie file"):
        get("http://127.0.0.1:9/", target, cookies_file=path)


def test_a_password_is_neither_kept_nor_shown(target):
    with serving(lambda _, handler: handler.reply(404)) as server:
        url = server.url.replace("http://", "http://me:hush@")
        with pytest.raises(RemoteError) as caught:
            get(url, target)
        server.script = lambda _, handler: handler.reply(body=DATA)
        got = get(url, target)
    assert "hush" not in str(caught.value) + got.source
    assert "hush" not in repr(options(proxy="http://me:hush@proxy"))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_full_disk_leaves_nothing(target, monkeypatch, number):
    real = partial.Partial.append

    def failing(part):
        file = real(part)

        class Full:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                file.close()

            def write(self, data):
                if file.tell() + len(data) > 100_000:
                    raise OSError(number, "No space left on device")
                return file.write(data)

            def __getattr__(self, name):
                return getattr(file, name)

        return Full()

    monkeypatch.setattr(partial.Partial, "append", failing)
    with (
        serving(lambda request, handler: handler.ranged(request, DATA)) as server,
        pytest.raises(FullError, match=r"cannot write into .* bytes are free"),
    ):
        get(server.url, target)
    assert list(target.parent.iterdir()) == []


def test_a_disk_without_room_is_seen_before_the_first_byte(target, monkeypatch):
    monkeypatch.setattr(http.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 90, 10))
    with (
        serving(lambda request, handler: handler.ranged(request, DATA)) as server,
        pytest.raises(FullError, match=f"10 bytes are free, {len(DATA)} are needed"),
    ):
        get(server.url, target)
    assert list(target.parent.iterdir()) == []


@pytest.fixture
def certificate(tmp_path):
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed, so no certificate can be made")
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=media.test", "-keyout", key, "-out", cert]
    command += ["-addext", "subjectAltName=DNS:media.test"]
    subprocess.run(command, check=True, capture_output=True)
    return key, cert


def test_the_certificate_is_checked_for_the_name_though_the_address_is_pinned(
    tmp_path, certificate, monkeypatch
):
    key, cert = certificate
    folder = tmp_path / "out"
    folder.mkdir()
    target = folder / "media.mp4"
    monkeypatch.setattr(addresses, "resolve", lambda *_, **__: ["127.0.0.1"])
    with serving(lambda _, handler: handler.reply(body=DATA)) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        port = server.server_address[1]
        with pytest.raises(RemoteError, match="certificate is not trusted"):
            get(f"https://media.test:{port}/", target)
        trusting = ssl.create_default_context(cafile=str(cert))
        monkeypatch.setattr(exchange, "_tls", lambda: trusting)
        get(f"https://media.test:{port}/", target)
        with pytest.raises(RemoteError, match="certificate is not trusted"):
            get(f"https://other.test:{port}/", folder / "second.mp4")
    assert target.read_bytes() == DATA
    assert list(folder.iterdir()) == [target]


def test_backoff_grows_with_full_jitter():
    highs = [Pace(jitter=lambda low, high: high).backoff_s(n) for n in range(1, 9)]
    assert highs == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    assert Pace(jitter=lambda low, high: low).backoff_s(5) == 0.0
