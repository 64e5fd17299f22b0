"""Tracks written by Google's client are those that ours reads, and the other way round."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schema

from loquitur.emulator import Emulator
from loquitur.settings import Settings
from loquitur.youtube.client import Client
from loquitur.youtube.complaints import ComplaintError
from loquitur.youtube.sessions import open_client

pytest.importorskip("googleapiclient")
import google_client
from googleapiclient import errors, http

TEXT = b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:03,000 --> 00:00:04,500\nthere\n"


@pytest.fixture
def theirs(emulator: Emulator) -> Iterator[Any]:
    with google_client.service(emulator.endpoint, token=emulator.token) as service:
        yield service


@pytest.fixture
def ours(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.delenv("LOQUITUR_YOUTUBE_API_KEY", raising=False)
    monkeypatch.delenv("LOQUITUR_YOUTUBE_TOKEN", raising=False)
    with open_client(Settings(store=tmp_path, youtube_endpoint=emulator.endpoint)) as client:
        yield client


@pytest.fixture
def video(theirs: Any, emulator: Emulator) -> str:
    uploads = "UU" + emulator.world.owners()[0][2:]
    answer = theirs.playlistItems().list(part="contentDetails", playlistId=uploads).execute()
    return answer["items"][0]["contentDetails"]["videoId"]


def _body(video: str, name: str, **more: Any) -> dict[str, Any]:
    return {"snippet": {"videoId": video, "language": "de", "name": name, "isDraft": True}, **more}


def _media(content: bytes, *, resumable: bool = False) -> Any:
    return http.MediaIoBaseUpload(
        io.BytesIO(content), mimetype="application/octet-stream", resumable=resumable,
        chunksize=256 * 1024,
    )  # fmt: skip


def test_a_track_lives_and_dies_the_same_by_both(
    theirs: Any, ours: Client, video: str, emulator: Emulator
) -> None:
    first = theirs.captions().insert(part="snippet", body=_body(video, "theirs"),
                                     media_body=_media(TEXT)).execute()  # fmt: skip
    second = ours.upload("captions.insert", part="snippet", body=_body(video, "ours"), media=TEXT)
    for track in (first, second):
        assert schema.problems(track, "Caption") == []
        assert track["snippet"]["status"] == "serving"
    listed = theirs.captions().list(part="id,snippet", videoId=video).execute()
    assert ours.call("captions.list", part="id,snippet", videoId=video) == listed
    assert schema.problems(listed, "CaptionListResponse") == []
    made = {item["id"]: item["snippet"]["name"] for item in listed["items"]}
    assert (made[first["id"]], made[second["id"]]) == ("theirs", "ours")
    for form in ("srt", "vtt", "sbv", "ttml"):
        asked = {"id": first["id"], "tfmt": form}
        file = theirs.captions().download(**asked).execute()
        assert file == ours.download("captions.download", **asked)
        assert b"Hello" in file
    large = TEXT * 15_000
    changed = theirs.captions().update(
        part="snippet", body={"id": second["id"], "snippet": {"isDraft": False}},
        media_body=_media(large, resumable=True),
    )  # fmt: skip
    emulator.fault("captions.update#chunk", "unavailable", at=2)
    done = None
    while done is None:
        try:
            _, done = changed.next_chunk(num_retries=0)
        except errors.HttpError as exc:
            broken = exc
    assert broken.status_code == 503
    assert done["snippet"]["isDraft"] is False
    assert ours.download("captions.download", id=second["id"]).count(b"Hello") == 15_000
    ours.call("captions.delete", id=first["id"])
    assert theirs.captions().delete(id=second["id"]).execute() == ""
    left = theirs.captions().list(part="id", videoId=video).execute().get("items", [])
    assert not {first["id"], second["id"]} & {item["id"] for item in left}


def test_refusals_are_the_same(theirs: Any, ours: Client, video: str, emulator: Emulator) -> None:
    ours.upload("captions.insert", part="snippet", body=_body(video, "twice"), media=TEXT)
    for body, content in (
        (_body(video, "twice"), TEXT),
        (_body(video, "n" * 151), TEXT),
        (_body("no-such-id0", ""), TEXT),
        ({"snippet": {"videoId": video, "language": "??", "name": ""}}, TEXT),
    ):
        with pytest.raises(errors.HttpError) as said:
            theirs.captions().insert(
                part="snippet", body=body, media_body=_media(content)
            ).execute()
        with pytest.raises(ComplaintError):
            ours.upload("captions.insert", part="snippet", body=body, media=content)
        first, second = emulator.calls("captions.insert")[-2:]
        assert (first.status, first.reason) == (second.status, second.reason)
        assert said.value.status_code == first.status >= 400
