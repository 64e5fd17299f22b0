"""Google's client and ours in the same world: the same answers, each as the document says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import schema

from loquitur.emulator import Emulator
from loquitur.settings import Settings
from loquitur.youtube.client import Client
from loquitur.youtube.complaints import ComplaintError
from loquitur.youtube.methods import find
from loquitur.youtube.sessions import open_client

pytest.importorskip("googleapiclient")
import google_client
from googleapiclient import errors

Pages = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def world() -> Iterator[Emulator]:
    with Emulator(seed=5) as running:
        yield running


@pytest.fixture
def theirs(world: Emulator) -> Iterator[Pages]:
    """Up to `most` pages of a method by Google's client."""
    with (
        google_client.service(world.endpoint, key=world.api_key) as public,
        google_client.service(world.endpoint, token=world.token) as owner,
    ):

        def pages(method_id: str, *, most: int = 3, own: bool = False, **given: Any):
            room, _, verb = method_id.partition(".")
            resource = getattr(owner if own else public, room)()
            request = getattr(resource, verb)(**given)
            found = []
            while request is not None and len(found) < most:
                found.append(request.execute(num_retries=0))
                following = getattr(resource, f"{verb}_next", None)
                request = following(request, found[-1]) if following else None
            return found

        yield pages


@pytest.fixture
def ours(world: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.delenv("LOQUITUR_YOUTUBE_API_KEY", raising=False)
    monkeypatch.delenv("LOQUITUR_YOUTUBE_TOKEN", raising=False)
    with open_client(Settings(store=tmp_path, youtube_endpoint=world.endpoint)) as client:
        yield client


def _same(theirs: Pages, ours: Client, method_id: str, *, most: int = 3, **given: Any):
    """The pages by both clients: the same but for what tells the time, as the document says."""
    own = given.pop("own", False)
    found = theirs(method_id, most=most, own=own, **given)
    same = list(islice(ours.pages(method_id, **given), most))
    assert [_timeless(page) for page in same] == [_timeless(page) for page in found]
    for page in found:
        assert schema.problems(page, find(method_id).response) == []
    return found


def _timeless(page: dict[str, Any]) -> dict[str, Any]:
    """Without the token, which ends at some time, and the tag of it all."""
    changing = ("nextPageToken", "prevPageToken", "etag")
    return {name: value for name, value in page.items() if name not in changing} | {
        "more": "nextPageToken" in page
    }


def _ids(theirs: Pages) -> list[str]:
    pages = theirs("search.list", most=1, part="snippet", q="equivariance", type="video",
                   maxResults=50, order="date")  # fmt: skip
    return [item["id"]["videoId"] for item in pages[0]["items"]]


def test_videos_and_their_numbers(theirs: Pages, ours: Client) -> None:
    ids = _ids(theirs)
    parts = "id,snippet,statistics,contentDetails,status,topicDetails,player,liveStreamingDetails"
    videos = _same(theirs, ours, "videos.list", part=parts, id=",".join(ids))[0]["items"]
    stats = _same(theirs, ours, "videos.batchGetStats", part="id,statistics,contentDetails,snippet",
                  id=",".join(ids))[0]["items"]  # fmt: skip
    assert {item["id"] for item in videos} == set(ids)
    assert {item["id"] for item in stats} == {item["id"] for item in videos}
    one = {"part": ["id", "statistics"], "id": ids[:3], "fields": "items(id,statistics/viewCount)"}
    few = _same(theirs, ours, "videos.list", **one)[0]
    assert set(few) == {"items"}
    assert all(set(item) == {"id", "statistics"} for item in few["items"])


def test_channels_and_their_uploads(theirs: Pages, ours: Client, world: Emulator) -> None:
    parts = "id,snippet,contentDetails,statistics,status,topicDetails,brandingSettings"
    mine = _same(theirs, ours, "channels.list", part=parts, mine=True, own=True)[0]["items"]
    assert [item["id"] for item in mine] == [world.world.owners()[0]]
    handle = mine[0]["snippet"]["customUrl"]
    found = _same(theirs, ours, "channels.list", part="id", forHandle=handle)[0]["items"]
    assert [item["id"] for item in found] == [mine[0]["id"]]
    none = _same(theirs, ours, "channels.list", part="id", id="UC" + "x" * 22)[0]
    assert "items" not in none
    uploads = mine[0]["contentDetails"]["relatedPlaylists"]["uploads"]
    items = _same(theirs, ours, "playlistItems.list", most=9, playlistId=uploads, maxResults=5,
                  part="id,snippet,contentDetails,status")  # fmt: skip
    listed = [item["contentDetails"]["videoId"] for page in items for item in page["items"]]
    assert len(listed) == len(set(listed)) >= 20
    _same(theirs, ours, "playlists.list", channelId=mine[0]["id"], maxResults=50,
          part="id,snippet,contentDetails,status,player")  # fmt: skip


def test_comments_and_replies(theirs: Pages, ours: Client) -> None:
    parts = "id,statistics"
    videos = theirs("videos.list", part=parts, id=",".join(_ids(theirs)))[0]["items"]
    busy = max(videos, key=lambda item: int(item["statistics"].get("commentCount", 0)))
    assert int(busy["statistics"]["commentCount"]) > 0
    pages = _same(theirs, ours, "commentThreads.list", part="id,snippet,replies",
                  videoId=busy["id"], maxResults=20, order="time",
                  textFormat="plainText")  # fmt: skip
    threads = [item for page in pages for item in page["items"]]
    assert threads
    for thread in threads[:5]:
        replies = _same(theirs, ours, "comments.list", part="id,snippet", parentId=thread["id"],
                        maxResults=100, textFormat="plainText")  # fmt: skip
        count = sum(len(page["items"]) for page in replies)
        assert count == thread["snippet"]["totalReplyCount"] or len(replies) == 3


def test_searches(theirs: Pages, ours: Client) -> None:
    for given in (
        {"q": "equivariance", "type": "video", "order": "date", "maxResults": 50},
        {"q": "tardigrade", "maxResults": 5},
        {"q": "xylotheque", "type": "video"},
        {"q": "comet", "type": "video", "publishedBefore": "2026-06-01T00:00:00Z",
         "publishedAfter": "2026-01-01T00:00:00Z"},
    ):  # fmt: skip
        mine = theirs("search.list", most=2, part="snippet", **given)
        other = list(islice(ours.pages("search.list", part="snippet", **given), 2))
        for page, same in zip(mine, other, strict=True):
            assert schema.problems(page, "SearchListResponse") == []
            assert page["items"] == same["items"]


def test_small_lists(theirs: Pages, ours: Client) -> None:
    _same(theirs, ours, "i18nLanguages.list", part="snippet", hl="en_US")
    _same(theirs, ours, "i18nRegions.list", part="snippet")
    _same(theirs, ours, "videoCategories.list", part="snippet", regionCode="US")


@pytest.mark.parametrize(
    ("method_id", "given"),
    [
        ("videos.list", {"part": "id"}),
        ("channels.list", {"part": "id", "id": "UCx", "forHandle": "@x"}),
        ("playlistItems.list", {"part": "id", "playlistId": "PLnothing"}),
        ("commentThreads.list", {"part": "id", "videoId": "no-such-id0"}),
        ("search.list", {"part": "snippet", "q": "x", "pageToken": "nonsense"}),
    ],
)
def test_refusals_are_the_same(
    theirs: Pages, ours: Client, world: Emulator, method_id: str, given: dict[str, str]
) -> None:
    with pytest.raises(errors.HttpError) as theirs_said:
        theirs(method_id, **given)
    with pytest.raises(ComplaintError):
        ours.call(method_id, **given)
    first, second = world.calls(method_id)[-2:]
    assert (first.status, first.reason) == (second.status, second.reason)
    assert first.status == theirs_said.value.status_code
    assert first.reason
