"""HTTP itself: connections kept, tags, selections, ranges, streams, what breaks them."""

from __future__ import annotations

import gzip
import json
import socket
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
from asking import ask
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.emulator import Emulator, fields
from loquitur.emulator.parts import resource

VIDEOS = "/youtube/v3/videos"


def test_only_asked_parts_and_fields_come(plain: Emulator) -> None:
    got = ask(plain, "GET", VIDEOS, part="id,statistics", id="v1,x2,v3").json
    assert [set(item) for item in got["items"]] == [{"kind", "etag", "id", "statistics"}] * 2
    query = {"part": ["snippet", "contentDetails"], "id": ["v1", "v2"]}
    chosen = "nextPageToken,items(id,snippet/title,contentDetails(duration))"
    some = ask(plain, "GET", VIDEOS, **query, fields=chosen).json
    assert some == {
        "items": [
            {
                "id": name,
                "snippet": {"title": f"Title of {name}"},
                "contentDetails": {"duration": "PT1M"},
            }
            for name in ("v1", "v2")
        ]
    }
    stars = ask(plain, "GET", VIDEOS, **query, fields="items/*/title,etag").json
    assert stars["items"] == [{"snippet": {"title": f"Title of {n}"}} for n in ("v1", "v2")]
    assert "etag" in stars


def test_an_unchanged_answer_is_304_and_is_charged(plain: Emulator) -> None:
    first = ask(plain, "GET", VIDEOS, part="id", id="v1")
    tag = first.headers["etag"]
    assert first.json["etag"] == tag.strip('"')
    same = ask(plain, "GET", VIDEOS, part="id", id="v1", headers={"If-None-Match": tag})
    assert (same.status, same.content, same.headers["etag"]) == (304, b"", tag)
    other = ask(plain, "GET", VIDEOS, part="id", id="v2", headers={"If-None-Match": tag})
    assert other.status == 200
    assert plain.spent("shared") == 3


def test_the_same_call_has_the_same_tag_however_it_is_written(plain: Emulator) -> None:
    first = ask(plain, "GET", VIDEOS, part="id", id="v1", prettyPrint="true")
    turned = ask(plain, "GET", VIDEOS, id="v1", part="id")
    assert (first.json, first.headers["etag"]) == (turned.json, turned.headers["etag"])
    assert first.content.startswith(b'{\n  "etag"')


def test_a_post_may_stand_for_a_get(plain: Emulator) -> None:
    form = urlencode({"part": "id", "id": ",".join(f"v{n}" for n in range(400))})
    headers = {
        "X-HTTP-Method-Override": "GET",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    got = ask(plain, "POST", VIDEOS, form, headers=headers)
    assert len(got.json["items"]) == 400
    assert plain.calls()[-1].method == "videos.list"


def test_answers_are_zipped_where_that_is_accepted(plain: Emulator) -> None:
    query = {"part": "snippet", "id": ",".join(f"v{n}" for n in range(50))}
    bare = ask(plain, "GET", VIDEOS, **query, headers={"Accept-Encoding": "identity"})
    zipped = ask(plain, "GET", VIDEOS, **query, headers={"Accept-Encoding": "gzip, deflate"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert gzip.decompress(zipped.content) == bare.content
    assert len(zipped.content) < len(bare.content) / 4


def test_files_come_whole_and_in_ranges(plain: Emulator) -> None:
    path, token = "/youtube/v3/captions/track", plain.token
    whole = ask(plain, "GET", path, token=token)
    assert (len(whole.content), whole.headers["content-type"]) == (
        10_000,
        "application/octet-stream",
    )
    for wanted, status, span in (
        ("bytes=0-9", 206, (0, 10)),
        ("bytes=9990-", 206, (9990, 10_000)),
        ("bytes=-5", 206, (9995, 10_000)),
        ("bytes=0-99999999", 206, (0, 10_000)),
        ("lines=1-2", 200, (0, 10_000)),
    ):
        got = ask(plain, "GET", path, token=token, alt="media", headers={"Range": wanted})
        assert (got.status, got.content) == (status, whole.content[slice(*span)]), wanted
        if status == 206:
            assert got.headers["content-range"] == f"bytes {span[0]}-{span[1] - 1}/10000"
    over = ask(plain, "GET", path, token=token, headers={"Range": "bytes=10000-"})
    assert (over.status, over.headers["content-range"]) == (416, "bytes */10000")
    assert ask(plain, "GET", "/youtube/v3/captions/none", token=token).reason == "captionNotFound"


def test_nothing_is_left_of_a_deletion(plain: Emulator) -> None:
    got = ask(plain, "DELETE", "/youtube/v3/captions", token=plain.token, id="track")
    assert (got.status, got.content) == (204, b"")


def test_a_stream_comes_piece_by_piece(plain: Emulator) -> None:
    got = ask(plain, "GET", "/youtube/v3/liveChat/messages/stream", liveChatId="x", part="id")
    assert got.headers["transfer-encoding"] == "chunked"
    assert got.json == [{"items": []}] * 3


def test_a_stream_ends_with_the_server() -> None:
    from answers import Shelf

    from loquitur.emulator.exchange import Reply, Request

    left = []

    def endless(request: Request) -> Reply:
        def pieces():
            try:
                while not request.world.closing.is_set():
                    yield b" "
                    request.world.closing.wait(0.01)
            finally:
                left.append(True)

        return Reply(pieces=pieces())

    handlers = Shelf().handlers() | {"liveChatMessages.stream": endless}
    with Emulator(handlers=handlers) as emulator:
        connection = HTTPConnection(emulator.endpoint.removeprefix("http://"), timeout=60)
        connection.request("GET", f"/youtube/v3/liveChat/messages/stream?key={emulator.api_key}")
        answer = connection.getresponse()
        assert answer.read(3) == b"   "
    connection.close()
    assert left == [True]


def test_json_that_does_not_fit_is_refused(plain: Emulator) -> None:
    path, query = "/youtube/v3/captions", {"part": "snippet", "token": plain.token}
    for body, said in (
        ("{", "Invalid JSON payload"),
        ("[1]", "Invalid value at 'resource'"),
        ('{"snippet": {"colour": 1}}', "Unknown name \"colour\" at 'snippet'"),
        ('{"snippet": {"isDraft": "yes"}}', "Invalid value at 'snippet.isDraft'"),
        ("[" * 100_000, "Invalid JSON payload"),
    ):
        got = ask(plain, "POST", path, body, **query)
        assert (got.status, got.reason) == (400, "parseError"), body[:40]
        assert said in got.json["error"]["message"]
    none = ask(plain, "POST", path, {"snippet": {"name": ""}}, **query)
    assert none.reason == "contentRequired"


def test_methods_that_are_not_built_say_so(plain: Emulator) -> None:
    got = ask(plain, "POST", "/youtube/v3/videos/rate", token=plain.token, id="x", rating="like")
    assert (got.status, got.reason) == (501, "notImplemented")


@pytest.mark.parametrize(
    "text",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"POST /token HTTP/1.1\r\nContent-Length: much\r\n\r\n",
        b"POST /token HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        b"POST /token HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /token HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
def test_requests_that_are_none_get_an_error_and_the_server_goes_on(
    plain: Emulator, text: bytes
) -> None:
    host, _, port = plain.endpoint.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(text)
        assert b"Error response" in b"".join(iter(lambda: connection.recv(1000), b""))
    assert ask(plain, "GET", VIDEOS, part="id", id="v1").status == 200


def test_chunked_and_zipped_bodies_are_read(plain: Emulator) -> None:
    body = gzip.compress(json.dumps({"snippet": {"name": "n"}}).encode())
    connection = HTTPConnection(plain.endpoint.removeprefix("http://"), timeout=60)
    headers = {"Content-Encoding": "gzip", "Authorization": f"Bearer {plain.token}"}
    connection.request(
        "POST",
        "/youtube/v3/captions?part=snippet",
        iter([body[:10], body[10:]]),
        headers,
        encode_chunked=True,
    )
    assert b"contentRequired" in connection.getresponse().read()
    connection.request("GET", VIDEOS + f"?part=id&id=v1&key={plain.api_key}")
    assert connection.getresponse().status == 200
    assert plain.calls()[-1].key_at == "query"
    assert plain.api_key not in str(plain.calls())
    connection.close()


NAME = st.text("abcXYZ", min_size=1, max_size=3)
TREE = st.recursive(
    st.integers(), lambda inner: st.dictionaries(NAME, inner, max_size=3), max_leaves=5
)
OBJECT = st.dictionaries(NAME, TREE, max_size=4)


@settings(max_examples=50)
@given(OBJECT)
def test_everything_is_selected_by_its_own_names(tree: dict) -> None:
    assert fields.select(fields.parse("*"), tree) == tree
    if tree:
        assert fields.select(fields.parse(",".join(tree)), tree) == tree
        first = next(iter(tree))
        assert fields.select(fields.parse(first), tree) == {first: tree[first]}


@given(st.text("ab*/(),", max_size=12))
def test_a_selection_is_read_or_refused(text: str) -> None:
    try:
        mask = fields.parse(text)
    except ValueError:
        return
    assert mask
    assert text.count("(") == text.count(")")


@settings(max_examples=50)
@given(OBJECT, st.sets(NAME, max_size=3))
def test_tags_follow_what_is_there(tree: dict, absent: set[str]) -> None:
    found = resource("k", "1", tree.items())
    assert found == {"kind": "k", "etag": found["etag"], "id": "1", **tree}
    holes = [*tree.items(), *((name, None) for name in sorted(absent - set(tree)))]
    assert resource("k", "1", holes) == found
    for other in (
        resource("k", "2", tree.items()),
        resource("k", "1", {**tree, "more": 1}.items()),
    ):
        assert other["etag"] != found["etag"]
