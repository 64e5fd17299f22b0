"""The emulated world over HTTP, and through the official client."""

from __future__ import annotations

import time
from typing import Any

import pytest
from asking import ask
from world_asking import answer_of, call, check

from loquitur.emulator import Emulator
from loquitur.emulator.summary import world_summary
from loquitur.emulator.world import World

V3 = "/youtube/v3"


@pytest.fixture(scope="module")
def running() -> Any:
    with Emulator(seed=1) as emulator:
        yield emulator


def test_the_truth_is_told_and_videos_are_deleted(emulator: Emulator) -> None:
    told = ask(emulator, "GET", "/emulator/truth", what="search", q="tardigrade").json
    assert told["count"] == len(told["ids"]) == 3
    got = ask(emulator, "GET", f"{V3}/videos", part="id", id=",".join(told["ids"]))
    assert [item["id"] for item in got.json["items"]] == told["ids"]
    gone = ask(emulator, "POST", "/emulator/delete", id=told["ids"][0])
    assert gone.json == {"deleted": True}
    never = ask(emulator, "POST", "/emulator/delete", id="aaaaaaaaaaA")
    assert never.json == {"deleted": False}
    again = ask(emulator, "GET", "/emulator/truth", what="search", q="tardigrade").json
    assert again["ids"] == told["ids"][1:]
    for query in ({"what": "weather"}, {"what": "search", "colour": "red"}, {}):
        wrong = ask(emulator, "GET", "/emulator/truth", **query)
        assert wrong.status == 400
        assert "error" in wrong.json


def test_every_method_answers_and_fits(running: Emulator) -> None:
    world = ask(running, "GET", "/emulator/world").json
    crowd, studio = world["videos"]["crowd"], world["channels"]["studio"]
    thread = ask(running, "GET", "/emulator/truth", what="comments", videoId=crowd).json["ids"][0]
    cases: list[tuple[str, str, dict[str, Any]]] = [
        ("search", "SearchListResponse", {"part": "snippet", "q": "comet", "maxResults": 50}),
        ("videos", "VideoListResponse", {"part": "snippet,statistics", "id": crowd}),
        ("videos:batchGetStats", "BatchGetStatsResponse", {"part": "statistics", "id": crowd}),
        ("channels", "ChannelListResponse", {"part": "snippet", "forHandle": "@金沢の音"}),
        ("playlists", "PlaylistListResponse", {"part": "snippet", "channelId": studio}),
        ("playlistItems", "PlaylistItemListResponse",
         {"part": "snippet", "playlistId": f"UU{studio[2:]}"}),
        ("commentThreads", "CommentThreadListResponse",
         {"part": "snippet,replies", "videoId": crowd, "maxResults": 100}),
        ("comments", "CommentListResponse", {"part": "snippet", "id": thread}),
        ("i18nLanguages", "I18nLanguageListResponse", {"part": "snippet"}),
        ("i18nRegions", "I18nRegionListResponse", {"part": "snippet"}),
        ("videoCategories", "VideoCategoryListResponse", {"part": "snippet", "regionCode": "US"}),
    ]  # fmt: skip
    for path, schema, query in cases:
        got = ask(running, "GET", f"{V3}/{path}", **query)
        assert got.status == 200, (path, got.content)
        assert got.json["items"], path
        check(got.json, schema)
        assert got.headers["etag"] == f'"{got.json["etag"]}"'
        tag = {"If-None-Match": got.headers["etag"]}
        assert ask(running, "GET", f"{V3}/{path}", headers=tag, **query).status == 304, path
    masked = ask(running, "GET", f"{V3}/videos", part="id,snippet", id=crowd,
                 fields="items(id,snippet/title)")  # fmt: skip
    title = "One hundred thousand remarks"
    assert masked.json == {"items": [{"id": crowd, "snippet": {"title": title}}]}


def test_what_is_ones_own(running: Emulator) -> None:
    world = ask(running, "GET", "/emulator/world").json
    mine = ask(running, "GET", f"{V3}/channels", token=running.token, part="id", mine="true").json
    assert [item["id"] for item in mine["items"]] == [world["channels"]["studio"]]
    secret = world["playlists"]["secret"]
    query = {"part": "id", "playlistId": secret}
    assert ask(running, "GET", f"{V3}/playlistItems", token=running.token, **query).status == 200
    assert ask(running, "GET", f"{V3}/playlistItems", **query).status == 403


def test_the_official_client_reads_it_the_same(running: Emulator) -> None:
    pytest.importorskip("googleapiclient")
    import google_client

    with google_client.service(running.endpoint, key=running.api_key) as service:
        request = service.search().list(part="id", q="saxophone repair", type="video",
                                        order="date", maxResults=50)  # fmt: skip
        ids: list[str] = []
        while request is not None:
            answer = request.execute()
            ids += [item["id"]["videoId"] for item in answer["items"]]
            request = service.search().list_next(request, answer)
        told = ask(running, "GET", "/emulator/truth", what="search", q="saxophone repair").json
        assert sorted(set(ids)) == sorted(told["ids"])
        assert len(set(ids)) == 480
        videos = service.videos().list(part="statistics", id=",".join(ids[:50])).execute()
        assert len(videos["items"]) == len(set(ids[:50]))


STUDIO = {"key": "studio", "title": "Studio"}
LENGTHS = {"short": 6_000, "long": 100_000}


@pytest.mark.parametrize("order", ["time", "relevance"])
def test_pages_of_a_long_conversation_are_quick(order: str) -> None:
    talks = [{"key": key, "title": key, "comments": count} for key, count in LENGTHS.items()]
    world = World(seed=1, plan={"defaults": False, "channel": [STUDIO], "video": talks})
    videos = world_summary(world)["videos"]

    def page_s(key: str) -> float:
        asked = {"part": "snippet,replies", "videoId": videos[key], "maxResults": 100}
        asked["order"] = order
        token = call(world, "commentThreads.list", **asked)["nextPageToken"]
        took = []
        for _ in range(12):
            began = time.process_time()
            body = answer_of(world, "commentThreads.list", pageToken=token, **asked)
            took.append(time.process_time() - began)
            token = body["nextPageToken"]
        return min(took)

    # As long as those of a short one; a page that looks at the whole conversation takes ten times.
    assert page_s("long") < 8 * page_s("short")
