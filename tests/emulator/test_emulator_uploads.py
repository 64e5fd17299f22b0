"""Uploads as they go over the wire: in two parts, alone, in chunks; broken off and gone on."""

from __future__ import annotations

import pytest
from answers import Shelf
from asking import Got, ask
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.emulator import Emulator
from loquitur.emulator.multipart import parts_of

PATH = "/upload/youtube/v3/captions"
CHUNK = 256 * 1024
FILE = bytes(range(256)) * 4000  # 1,024,000 bytes: three chunks and a piece
JSON = {"snippet": {"videoId": "v0000000001", "language": "en", "name": "", "isDraft": True}}


def _begin(emulator: Emulator, path: str = PATH, verb: str = "POST", **headers: str) -> str:
    sent = {"X-Upload-Content-Type": "text/vtt", "X-Upload-Content-Length": str(len(FILE))}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    query = {"part": "snippet", "uploadType": "resumable"}
    got = ask(emulator, verb, path, JSON, token=emulator.token, headers=sent, **query)
    assert got.status == 200, got.content
    assert emulator.api_key not in got.headers["location"]
    return got.headers["location"].removeprefix(emulator.endpoint)


def _put(emulator: Emulator, place: str, start: int, end: int, total: str = "") -> Got:
    span = {"Content-Range": f"bytes {start}-{end - 1}/{total or len(FILE)}"}
    return ask(emulator, "PUT", place, FILE[start:end], key=None, headers=span)


def _question(emulator: Emulator, place: str) -> Got:
    span = {"Content-Range": f"bytes */{len(FILE)}", "Content-Length": "0"}
    return ask(emulator, "PUT", place, key=None, headers=span)


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("path", [PATH, "/resumable" + PATH])
def test_two_parts_with_either_line_end(
    plain: Emulator, shelf: Shelf, newline: bytes, path: str
) -> None:
    media = b"WEBVTT\n\n00:01.000 --> 00:02.000\r\n--==x not the mark\n\n"
    lines = [b"--==x==", b"Content-Type: application/json", b"MIME-Version: 1.0", b"",
             b'{"snippet": {"name": "N", "language": "de", "videoId": "v0000000001"}}', b"--==x==",
             b"Content-Type: text/vtt", b"Content-Transfer-Encoding: binary", b"", media,
             b"--==x==--"]  # fmt: skip
    got = ask(
        plain, "POST", path, newline.join(lines), token=plain.token,
        headers={"Content-Type": 'multipart/related; boundary="==x=="'},
        part="snippet", uploadType="multipart",
    )  # fmt: skip
    assert got.status == 200
    assert got.json["snippet"]["status"] == "serving"
    assert shelf.stored[0]["media"] == media
    assert shelf.stored[0]["type"] == "text/vtt"
    assert shelf.stored[0]["snippet"]["name"] == "N"


@settings(max_examples=60)
@given(st.binary(max_size=60), st.sampled_from([b"\n", b"\r\n"]))
def test_any_content_survives_the_parts(content: bytes, newline: bytes) -> None:
    body = newline.join([b"--zZ9", b"A: b", b"", b"{}", b"--zZ9", b"", content, b"--zZ9--", b""])
    if b"--zZ9" not in content:
        first, second = parts_of(body, "multipart/related; boundary=zZ9")
        assert (first.header("a"), first.body, second.body) == ("b", b"{}", content)


def test_a_file_alone_has_no_resource(plain: Emulator, shelf: Shelf) -> None:
    got = ask(plain, "POST", PATH, b"WEBVTT", token=plain.token, part="snippet",
              headers={"Content-Type": "text/vtt"}, uploadType="media")  # fmt: skip
    assert got.status == 200
    assert shelf.stored == [{"snippet": {}, "media": b"WEBVTT", "type": "text/vtt"}]


@pytest.mark.parametrize(("path", "verb"), [(PATH, "POST"), ("/resumable" + PATH, "PUT")])
def test_chunks_one_after_the_other(plain: Emulator, shelf: Shelf, path: str, verb: str) -> None:
    place = _begin(plain, path, verb)
    assert "range" not in _question(plain, place).headers
    assert (_question(plain, place)).status == 308
    first = _put(plain, place, 0, CHUNK)
    assert (first.status, first.headers["range"]) == (308, f"bytes=0-{CHUNK - 1}")
    second = _put(plain, place, CHUNK, 3 * CHUNK, "*")
    assert (second.status, second.headers["range"]) == (308, f"bytes=0-{3 * CHUNK - 1}")
    again = _put(plain, place, CHUNK, 2 * CHUNK)
    assert again.headers["range"] == f"bytes=0-{3 * CHUNK - 1}", "what is there stays"
    last = _put(plain, place, 3 * CHUNK, len(FILE))
    assert last.status == 200
    assert shelf.stored[0]["media"] == FILE
    assert shelf.stored[0]["snippet"] == JSON["snippet"]
    assert shelf.stored[0]["type"] == "text/vtt"
    assert plain.spent("shared") == (400 if verb == "POST" else 450), "paid once"
    assert _question(plain, place).json == last.json
    assert len(shelf.stored) == 1


def test_what_breaks_in_the_middle_goes_on_where_it_was(plain: Emulator, shelf: Shelf) -> None:
    place = _begin(plain)
    plain.fault("captions.insert#chunk", "unavailable", at=1)
    plain.fault("captions.insert#chunk", "unavailable", at=3, after=True)
    plain.fault("captions.insert#chunk", "partial", at=5)
    plain.fault("captions.insert#chunk", "lost_answer", at=7)
    assert _put(plain, place, 0, CHUNK).status == 503
    assert "range" not in _question(plain, place).headers
    assert _put(plain, place, 0, CHUNK).status == 503
    assert _question(plain, place).headers["range"] == f"bytes=0-{CHUNK - 1}"
    with pytest.raises(ConnectionResetError):
        _put(plain, place, CHUNK, 3 * CHUNK)
    assert _question(plain, place).headers["range"] == f"bytes=0-{2 * CHUNK - 1}"
    with pytest.raises(ConnectionResetError):
        _put(plain, place, 2 * CHUNK, len(FILE))
    assert _question(plain, place).json["snippet"]["status"] == "serving"
    assert len(shelf.stored) == 1
    assert shelf.stored[0]["media"] == FILE
    assert plain.spent("shared") == 400, "chunks are paid for at the start, broken ones too"


def test_chunks_that_do_not_fit_are_refused(plain: Emulator, shelf: Shelf) -> None:
    place = _begin(plain)
    assert _put(plain, place, 0, CHUNK - 1).reason == "badRequest"
    assert _put(plain, place, 0, CHUNK, "999").reason == "badRequest"
    span = {"Content-Range": f"bytes 0-{2 * CHUNK - 1}/{len(FILE)}"}
    short = ask(plain, "PUT", place, FILE[:CHUNK], key=None, headers=span)
    assert (short.status, short.reason) == (400, "badRequest")
    beyond = _put(plain, place, 0, CHUNK, "77")
    assert (beyond.status, beyond.reason) == (400, "badRequest")
    odd = ask(plain, "PUT", place, b"x", key=None, headers={"Content-Range": "byte 1"})
    assert odd.reason == "badRequest"
    assert shelf.stored == []
    assert _put(plain, place, 0, len(FILE)).status == 200


def test_addresses_end(plain: Emulator) -> None:
    place = _begin(plain)
    assert ask(plain, "PUT", place[:-4] + "none", FILE, key=None).status == 404
    plain.fault("captions.insert#chunk", "expired_upload")
    assert _put(plain, place, 0, CHUNK).status == 404
    assert _put(plain, place, 0, CHUNK).status == 404
    other = _begin(plain)
    plain.move(8 * 24 * 3600)
    assert _put(plain, other, 0, CHUNK).status == 404
    given_up = _begin(plain)
    assert ask(plain, "DELETE", given_up, key=None).status == 499
    assert _put(plain, given_up, 0, CHUNK).status == 404


def test_uploads_that_are_none(plain: Emulator) -> None:
    query = {"part": "snippet", "token": plain.token}
    for form, kind, body in (
        ("multipart", "multipart/related", b"x"),
        ("multipart", "multipart/related; boundary=b", b"--b\n\n{}\n--b--"),
        ("multipart", "multipart/related; boundary=b", b"--b\n\n{\n--b\n\nx\n--b--"),
        ("carrier", "text/plain", b"x"),
    ):
        got = ask(plain, "POST", PATH, body, headers={"Content-Type": kind}, uploadType=form,
                  **query)  # fmt: skip
        assert got.status == 400, body
    large = {"X-Upload-Content-Length": str(104_857_601)}
    got = ask(plain, "POST", PATH, JSON, headers=large, uploadType="resumable", **query)
    assert (got.status, got.reason) == (413, "uploadTooLarge")
    assert ask(plain, "POST", "/upload/youtube/v3/playlists", JSON, **query).status == 404
    assert ask(plain, "POST", PATH, b"x", key=plain.api_key, part="snippet").reason == "required"
