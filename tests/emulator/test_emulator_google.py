"""Google's own client against the emulator: what it does with the real service, it does here."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import schema
from answers import VIDEOS, Shelf

from loquitur.emulator import Emulator

pytest.importorskip("googleapiclient")
httplib2 = pytest.importorskip("httplib2")
import google_client as google  # noqa: E402
from googleapiclient import errors  # noqa: E402
from googleapiclient import http as http_parts  # noqa: E402


@pytest.fixture
def public(plain: Emulator) -> Iterator[Any]:
    with google.service(plain.endpoint, key=plain.api_key) as service:
        yield service


@pytest.fixture
def owner(plain: Emulator) -> Iterator[Any]:
    with google.service(plain.endpoint, token=plain.token) as service:
        yield service


def test_pages_until_there_are_no_more(public: Any) -> None:
    request, seen, calls = public.videos().list(part="id,snippet", chart="mostPopular",
                                                maxResults=50), [], 0  # fmt: skip
    while request is not None:
        answer = request.execute(num_retries=0)
        assert schema.problems(answer, "VideoListResponse") == []
        seen += [item["id"] for item in answer["items"]]
        request = public.videos().list_next(request, answer)
        calls += 1
    assert (len(seen), len(set(seen)), calls) == (VIDEOS, VIDEOS, 3)


def test_lists_come_as_repeated_parameters_and_fields_select(public: Any) -> None:
    answer = public.videos().list(part=["id", "statistics"], id=["v1", "v2", "x3"],
                                  fields="items(id,statistics/viewCount)").execute()  # fmt: skip
    assert answer == {"items": [{"id": name, "statistics": {"viewCount": "12"}}
                                for name in ("v1", "v2")]}  # fmt: skip


def test_a_long_address_becomes_a_post(public: Any, plain: Emulator) -> None:
    names = [f"v{number:09d}" for number in range(250)]
    answer = public.videos().list(part="id", id=",".join(names)).execute()
    assert [item["id"] for item in answer["items"]] == names
    assert plain.calls()[-1].given["id"].count(",") == 249


def test_errors_arrive_with_status_and_reason(public: Any, plain: Emulator) -> None:
    with pytest.raises(errors.HttpError) as caught:
        public.videos().list(part="id", maxResults=5000, chart="mostPopular").execute()
    assert caught.value.status_code == 400
    assert caught.value.error_details[0]["reason"] == "invalidParameter"
    plain.front.desk.quota.limits["search"] = 0
    with pytest.raises(errors.HttpError) as spent:
        public.search().list(part="snippet", q="x").execute(num_retries=0)
    assert spent.value.status_code == 429
    assert spent.value.error_details[0]["metadata"]["quota_unit"] == "1/d/{project}"
    with pytest.raises(errors.HttpError) as closed:
        public.captions().list(part="id", videoId="x").execute()
    assert closed.value.status_code == 401


def test_its_own_retries_get_over_a_fault(public: Any, plain: Emulator, monkeypatch: Any) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    for at, kind in ((1, "backend"), (2, "per_minute"), (3, "html_502"), (4, "per_minute_403")):
        plain.fault("videos.list", kind, at=at)
    request = public.videos().list(part="id", id="v1")
    monkeypatch.setattr(request, "_sleep", lambda seconds: None)
    assert request.execute(num_retries=4)["items"][0]["id"] == "v1"
    assert [one.status for one in plain.calls("videos.list")] == [500, 429, 502, 403, 200]


class Cache(dict):
    """A cache that is true although it is empty: httplib2 passes over others."""

    def __bool__(self) -> bool:
        return True

    def set(self, key: str, value: bytes) -> None:
        self[key] = value

    def delete(self, key: str) -> None:
        self.pop(key, None)


def test_its_cache_asks_with_the_tag_and_is_told_304(plain: Emulator) -> None:
    http = httplib2.Http(cache=Cache(), proxy_info=None)
    with google.service(plain.endpoint, key=plain.api_key, http=http) as service:
        first = service.videos().list(part="snippet", id="v1").execute()
        assert service.videos().list(part="snippet", id="v1").execute() == first
        assert [one.status for one in plain.calls()] == [200, 304]
        request = service.videos().list(part="snippet", id="v1")
        request.headers["If-None-Match"] = f'"{first["etag"]}"'
        request.http = httplib2.Http(proxy_info=None)
        with pytest.raises(errors.HttpError) as caught:
            request.execute()
        request.http.close()
        assert caught.value.status_code == 304
    assert plain.spent("shared") == 3


def test_files_go_up_in_two_parts_and_in_chunks(owner: Any, plain: Emulator, shelf: Shelf) -> None:
    body = {"snippet": {"videoId": "v1", "language": "en", "name": "", "isDraft": False}}
    text = b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"
    small = http_parts.MediaIoBaseUpload(io.BytesIO(text), mimetype="text/vtt")
    answer = owner.captions().insert(part="snippet", body=body, media_body=small).execute()
    assert schema.problems(answer, "Caption") == []
    file = text + b"x" * 1_000_000
    large = http_parts.MediaIoBaseUpload(io.BytesIO(file), mimetype="text/vtt", resumable=True,
                                     chunksize=256 * 1024)  # fmt: skip
    plain.fault("captions.update#chunk", "unavailable", at=2)
    plain.fault("captions.update#chunk", "unavailable", at=5, after=True)
    request = owner.captions().update(part="id,snippet", body={"id": "track1", **body},
                                      media_body=large)  # fmt: skip
    done, broken = None, []
    while done is None:
        try:
            _, done = request.next_chunk(num_retries=0)
        except errors.HttpError as exc:
            broken.append(exc.status_code)
    assert broken == [503, 503]
    assert [one["media"] for one in shelf.stored] == [text, file]
    assert shelf.stored[0]["type"] == "text/vtt"
    assert done["id"] == "track2"
    assert plain.spent("shared") == 400 + 450


def test_files_come_down_whole_and_in_pieces(owner: Any) -> None:
    whole = owner.captions().download(id="track", tfmt="srt").execute()
    assert whole == b"0123456789" * 1000
    assert owner.captions().download_media(id="track").execute() == whole
    sink = io.BytesIO()
    loader = http_parts.MediaIoBaseDownload(sink, owner.captions().download_media(id="track"),
                                        chunksize=3000)  # fmt: skip
    rounds, done = 0, False
    while not done:
        _, done = loader.next_chunk()
        rounds += 1
    assert (sink.getvalue(), rounds) == (whole, 4)
    assert owner.captions().delete(id="track").execute() == ""
    with pytest.raises(errors.HttpError) as caught:
        owner.captions().download(id="none").execute()
    assert caught.value.status_code == 404


def test_a_batch_is_answered_call_by_call(public: Any, plain: Emulator) -> None:
    answers: dict[str, Any] = {}

    def take(name: str, answer: Any, error: Any) -> None:
        answers[name] = error.status_code if error else [item["id"] for item in answer["items"]]

    batch = public.new_batch_http_request(callback=take)
    for name in ("v1", "v2", "x3"):
        batch.add(public.videos().list(part="id", id=name), request_id=name)
    batch.add(public.videos().list(part="id", chart="mostPopular", maxResults=99), request_id="w")
    batch.execute()
    assert answers == {"v1": ["v1"], "v2": ["v2"], "x3": [], "w": 400}
    assert plain.spent("shared") == 4
