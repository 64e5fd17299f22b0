"""Videos, channels, playlists and regions of the emulated world."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world_asking import answer_or_refusal, call, check, findable, pages, refusal, rows

from loquitur.emulator import truth
from loquitur.emulator.chance import mix, unmix
from loquitur.emulator.exchange import Refusal
from loquitur.emulator.identities import Identities, letters, word_of
from loquitur.emulator.population import Population
from loquitur.emulator.summary import world_summary
from loquitur.emulator.videos import length
from loquitur.emulator.world import World
from loquitur.youtube.methods import document

EVERY_PART = (
    "id,snippet,contentDetails,status,statistics,paidProductPlacementDetails,player,topicDetails,"
    "recordingDetails,liveStreamingDetails,localizations"
)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=1)


@pytest.fixture(scope="module")
def names(world: World) -> dict[str, Any]:
    return world_summary(world)


def one(world: World, video_id: str, part: str = EVERY_PART, **more: Any) -> dict[str, Any]:
    (item,) = call(world, "videos.list", part=part, id=video_id, **more)["items"]
    return item


# --- ids ---------------------------------------------------------------------------------------


@given(st.integers(0, 2**64 - 1))
def test_ids_are_read_back(number: int) -> None:
    assert unmix(mix(number)) == number
    assert word_of(letters(number)) == number
    identities = Identities(7)
    assert identities.video_index(identities.video(number)) == number
    assert identities.channel_number(identities.channel(number)) == number
    assert re.fullmatch(r"[A-Za-z0-9_-]{11}", identities.video(number))
    assert re.fullmatch(r"UC[A-Za-z0-9_-]{22}", identities.channel(number))


@given(st.integers(0, 2**34 - 1), st.integers(0, 2**24 - 1), st.integers(0, 2**32))
def test_ids_of_comments_are_read_back(video: int, thread: int, reply: int) -> None:
    identities = Identities(7)
    thread_id = identities.thread(video, thread)
    assert re.fullmatch(r"Ug[A-Za-z0-9_-]{18}AaABAg", thread_id)
    assert identities.thread_place(thread_id) == (video, thread)
    reply_id = identities.reply(thread_id, (video, thread), reply)
    assert re.fullmatch(r"Ug[A-Za-z0-9_-]{18}AaABAg\.[A-Za-z0-9_-]{22}", reply_id)
    assert identities.reply_place(reply_id) == ((video, thread), reply)
    assert identities.reply_place(reply_id[:-1] + "_") is None


@given(st.text(alphabet="UCg.AaBz0-_é@", max_size=52))
def test_other_ids_are_nobodys(text: str) -> None:
    identities = Identities(7)
    assert identities.channel_number(text) is None
    assert identities.thread_place(text) is None
    assert identities.reply_place(text) is None


# --- the world ---------------------------------------------------------------------------------


def test_a_world_starts_at_once() -> None:
    began = time.process_time()
    world_summary(World(seed=99))
    assert time.process_time() - began < 5


def test_the_same_seed_is_the_same_world_and_another_is_not() -> None:
    asked = {"part": "snippet", "q": "comet", "type": "video", "order": "date", "maxResults": 50}
    first, again, other = (call(World(seed=n), "search.list", **asked) for n in (4, 4, 5))
    assert first["items"] == again["items"]
    ids = [{item["id"]["videoId"] for item in body["items"]} for body in (first, other)]
    assert not ids[0] & ids[1]


def test_ids_of_shelves_are_unlike_one_another(world: World) -> None:
    ids = findable(world, q="equivariance")
    assert len({one.casefold() for one in ids}) == len(set(ids)) == 12_000
    assert {one[0] for one in ids} >= {"-", "_"}


# --- videos ------------------------------------------------------------------------------------


def test_numbers_are_text_and_what_is_hidden_is_absent(world: World, names: dict[str, Any]) -> None:
    ids = names["videos"]
    crowd = one(world, ids["crowd"])
    assert crowd["statistics"] == {
        "viewCount": "48123456",
        "likeCount": "1234567",
        "favoriteCount": "0",
        "commentCount": "101000",
    }
    assert "likeCount" not in one(world, ids["no likes shown"])["statistics"]
    assert "commentCount" not in one(world, ids["no comments"])["statistics"]
    assert one(world, ids["no comments yet"])["statistics"]["commentCount"] == "0"
    assert one(world, ids["for kids"])["status"]["madeForKids"] is True
    assert one(world, ids["adults"])["contentDetails"]["contentRating"] == {
        "ytRating": "ytAgeRestricted"
    }
    assert one(world, ids["abroad"])["contentDetails"]["regionRestriction"] == {
        "blocked": ["DE", "JP"]
    }
    assert set(one(world, ids["crowd"], part="statistics")) == {"kind", "etag", "id", "statistics"}


def test_what_nobody_can_see_is_missing(world: World, names: dict[str, Any]) -> None:
    ids = names["videos"]
    asked = [ids[key] for key in ("dash", "taken down", "members' secret", "unlisted draft")]
    body = call(world, "videos.list", part="id", id=",".join([*asked, "aaaaaaaaaaA", "nonsense"]))
    assert [item["id"] for item in body["items"]] == [asked[0], asked[3]]
    assert body["pageInfo"] == {"totalResults": 2, "resultsPerPage": 2}
    own = call(world, "videos.list", actor=names["owners"][0], part="id,fileDetails",
               id=ids["members' secret"])  # fmt: skip
    assert own["items"][0]["fileDetails"]["fileType"] == "video"
    assert refusal(world, "videos.list", part="fileDetails", id=ids["dash"])[0] == 403
    assert ids["dash"].startswith("-")
    assert ids["underscore"].startswith("_")
    assert ids["upper case"].casefold() == ids["lower case"].casefold()


def test_more_than_fifty_ids_are_refused(world: World) -> None:
    ids = findable(world, q="fermentation")[:51]
    for method, more in (("videos.list", {}), ("videos.batchGetStats", {})):
        assert refusal(world, method, part="id", id=",".join(ids), **more) == (
            400,
            "invalidFilters",
        )
        assert len(call(world, method, part="id", id=",".join(ids[:50]), **more)["items"]) == 50


def test_filters_exclude_one_another(world: World) -> None:
    assert refusal(world, "videos.list", part="id") == (400, "missingRequiredParameter")
    assert refusal(world, "videos.list", part="id", id="x", chart="mostPopular") == (
        400,
        "incompatibleParameters",
    )
    assert refusal(world, "playlistItems.list", part="id")[1] == "missingRequiredParameter"
    assert refusal(world, "videos.batchGetStats", part="id")[1] == "missingRequiredParameter"
    assert refusal(world, "videos.batchGetStats", id="x")[1] == "missingRequiredParameter"


@given(st.integers(0, 10**7))
def test_lengths_are_read_back(seconds: int) -> None:
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", length(seconds))
    assert found is not None
    days, hours, minutes, rest = (int(text or 0) for text in found.groups())
    assert ((days * 24 + hours) * 60 + minutes) * 60 + rest == seconds
    assert not length(seconds).endswith(("P", "T"))


def test_lengths_as_the_service_writes_them() -> None:
    assert [length(s) for s in (0, 15, 60, 93_784, 86_400)] == [
        "P0D", "PT15S", "PT1M", "P1DT2H3M4S", "P1D"
    ]  # fmt: skip


def test_a_stream_begins_and_ends_with_the_clock() -> None:
    world = World(seed=1)
    ids = world_summary(world)["videos"]
    before = one(world, ids["premiere"])
    assert before["snippet"]["liveBroadcastContent"] == "upcoming"
    assert before["contentDetails"]["duration"] == "P0D"
    assert set(before["liveStreamingDetails"]) == {"scheduledStartTime", "activeLiveChatId"}
    world.move(86_400 + 60)
    during = one(world, ids["premiere"])
    assert during["snippet"]["liveBroadcastContent"] == "live"
    assert {"actualStartTime", "activeLiveChatId", "concurrentViewers"} < set(
        during["liveStreamingDetails"]
    )
    world.move(7_200)
    after = one(world, ids["premiere"])
    assert after["snippet"]["liveBroadcastContent"] == "none"
    assert after["contentDetails"]["duration"] == "PT2H"
    assert set(after["liveStreamingDetails"]) == {
        "scheduledStartTime", "actualStartTime", "actualEndTime"
    }  # fmt: skip
    assert "liveStreamingDetails" not in one(world, ids["dash"])


def test_batch_statistics(world: World, names: dict[str, Any]) -> None:
    ids = names["videos"]
    asked = ",".join([ids["crowd"], ids["taken down"], ids["no likes shown"], "aaaaaaaaaaA"])
    body = call(world, "videos.batchGetStats", part="id,snippet,statistics,contentDetails",
                id=asked)  # fmt: skip
    assert body["kind"] == "youtube#batchGetStatsResponse"
    assert [item["kind"] for item in body["items"]] == ["youtube#videoStats"] * 2
    first, second = body["items"]
    assert first["id"] == ids["crowd"]
    assert first["snippet"] == {"publishTime": "2024-02-29T18:30:00Z"}
    assert first["contentDetails"] == {"duration": "754s", "durationMillis": "754000"}
    assert set(second["statistics"]) == {"viewCount", "commentCount"}
    only = call(world, "videos.batchGetStats", part="statistics", id=ids["crowd"])["items"][0]
    assert set(only) == {"kind", "etag", "statistics"}


def test_ratings_and_rated_videos(world: World, names: dict[str, Any]) -> None:
    owner, ids = names["owners"][0], list(names["videos"].values())
    given = call(world, "videos.getRating", actor=owner, id=",".join(ids))["items"]
    liked = [item["videoId"] for item in given if item["rating"] == "like"]
    found = rows(world, "videos.list", actor=owner, part="id", myRating="like", maxResults=2)
    assert [item["id"] for item in found] == liked
    assert liked
    assert refusal(world, "videos.getRating", id=ids[0]) == (401, "required")


def test_the_chart_has_pages(world: World) -> None:
    read = pages(world, "videos.list", part="id,statistics", chart="mostPopular", maxResults=50)
    found = [item for page in read for item in page["items"]]
    assert len(read) == 4
    assert len({item["id"] for item in found}) == 200
    views = [int(item["statistics"]["viewCount"]) for item in found]
    assert views == sorted(views, reverse=True)
    assert "prevPageToken" not in read[0]
    back = call(world, "videos.list", part="id,statistics", chart="mostPopular", maxResults=50,
                pageToken=read[1]["prevPageToken"])  # fmt: skip
    assert back["items"] == read[0]["items"]


def test_views_grow_and_videos_go() -> None:
    world = World(seed=1)
    ids = world_summary(world)["videos"]
    both = f"{ids['crowd']},{ids['soon gone']}"
    before = call(world, "videos.list", part="statistics", id=both)["items"]
    again = call(world, "videos.list", part="statistics", id=both)["items"]
    assert before == again
    world.move(86_500)
    (after,) = call(world, "videos.list", part="statistics", id=both)["items"]
    assert int(after["statistics"]["viewCount"]) > 48_123_456
    assert after["etag"] != before[0]["etag"]
    assert world.room(Population).delete(ids["crowd"])
    assert call(world, "videos.list", part="statistics", id=both)["items"] == []
    assert refusal(world, "commentThreads.list", part="id", videoId=ids["crowd"])[0] == 404
    assert not world.room(Population).delete("aaaaaaaaaaA")


def test_new_videos_come() -> None:
    plan = {"keyword": [{"name": "zeppelin", "videos": 10, "grow_per_day": 24.0}]}
    world = World(seed=1, plan=plan)
    before = findable(world, q="zeppelin")
    world.move(3 * 3_600 + 60)
    after = findable(world, q="zeppelin")
    assert after[3:] == before
    assert len(after) == 13
    newest = rows(world, "search.list", part="id", q="zeppelin", type="video", order="date")
    assert [item["id"]["videoId"] for item in newest] == after
    channel = one(world, after[0], part="snippet")["snippet"]["channelId"]
    assert after[0] in truth.channel(world, channel)["ids"]


# --- channels ----------------------------------------------------------------------------------


def test_channels_by_every_way(world: World, names: dict[str, Any]) -> None:
    ids = names["channels"]

    def found(**way: str) -> list[str]:
        body = call(world, "channels.list", part="id,snippet,statistics", **way)
        return [item["id"] for item in body.get("items", [])]

    assert found(id=f"{ids['archive']},{ids['shy']},UCnobody") == [ids["archive"], ids["shy"]]
    for handle in ("@金沢の音", "金沢の音"):
        assert found(forHandle=handle) == [ids["kanazawa"]]
    assert found(forHandle="@PARLIAMENTARCHIVE") == [ids["archive"]]
    assert found(forUsername="oldtimer2006") == [ids["veteran"]]
    assert found(mine="true", actor=names["owners"][0]) == [ids["studio"]]
    assert names["owners"][:2] == [ids["studio"], ids["second studio"]]
    assert refusal(world, "channels.list", part="id", mine="true") == (401, "required")
    video = one(world, findable(world, q="comet")[0], part="snippet")["snippet"]
    pooled = call(world, "channels.list", part="snippet", id=video["channelId"])["items"][0]
    assert pooled["snippet"]["title"] == video["channelTitle"]
    assert found(forHandle=pooled["snippet"]["customUrl"]) == [video["channelId"]]


def test_no_match_is_an_answer_without_items(world: World) -> None:
    for way in ({"id": "UC" + "x" * 22}, {"forHandle": "@nobody"}, {"forUsername": "nobody"}):
        assert "items" not in call(world, "channels.list", part="id", **way)


def test_counts_of_subscribers(world: World, names: dict[str, Any]) -> None:
    def numbers(key: str) -> dict[str, Any]:
        body = call(world, "channels.list", part="statistics", id=names["channels"][key])
        return body["items"][0]["statistics"]

    assert numbers("archive")["subscriberCount"] == "987000"
    assert numbers("shy")["hiddenSubscriberCount"] is True
    assert "subscriberCount" not in numbers("shy")
    assert numbers("silent") == {
        "viewCount": "0",
        "subscriberCount": "0",
        "hiddenSubscriberCount": False,
        "videoCount": "0",
    }
    assert numbers("warehouse")["videoCount"] == "20150"


# --- playlists ---------------------------------------------------------------------------------


def test_uploads_are_everything_newest_first(world: World, names: dict[str, Any]) -> None:
    channel = names["channels"]["veteran"]
    body = call(world, "channels.list", part="contentDetails", id=channel)["items"][0]
    uploads = body["contentDetails"]["relatedPlaylists"]["uploads"]
    assert uploads == "UU" + channel[2:]
    found = rows(world, "playlistItems.list", part="snippet,contentDetails", playlistId=uploads,
                 maxResults=50)  # fmt: skip
    ids = [item["contentDetails"]["videoId"] for item in found]
    assert ids == truth.channel(world, channel)["ids"]
    assert len(ids) == 140
    dates = [item["contentDetails"]["videoPublishedAt"] for item in found]
    assert dates == sorted(dates, reverse=True)
    assert [item["snippet"]["position"] for item in found] == list(range(140))
    studio = names["channels"]["studio"]
    kinds = [
        rows(world, "playlistItems.list", part="id", maxResults=50,
             playlistId=f"{kind}{studio[2:]}")
        for kind in ("UULF", "UUSH", "UULV")
    ]  # fmt: skip
    assert sum(map(len, kinds)) == len(truth.channel(world, studio)["ids"])
    assert all(kinds)
    silent = names["channels"]["silent"]
    assert refusal(world, "playlistItems.list", part="id", playlistId="UU" + silent[2:]) == (
        404,
        "playlistNotFound",
    )


@pytest.mark.slow
def test_uploads_stop_at_twenty_thousand(world: World, names: dict[str, Any]) -> None:
    for key, count in (("archive", 20_000), ("warehouse", 20_000)):
        channel = names["channels"][key]
        read = pages(world, "playlistItems.list", part="contentDetails", maxResults=50,
                     playlistId="UU" + channel[2:])  # fmt: skip
        ids = [item["contentDetails"]["videoId"] for page in read for item in page["items"]]
        assert len(read) == 400
        assert ids == truth.channel(world, channel)["ids"][:count]


def test_a_playlist_has_doubles_and_what_is_gone(world: World, names: dict[str, Any]) -> None:
    listed, ids = names["playlists"]["odds and ends"], names["videos"]
    found = rows(world, "playlistItems.list", part="snippet,contentDetails,status", maxResults=3,
                 playlistId=listed)  # fmt: skip
    videos = [item["snippet"]["resourceId"]["videoId"] for item in found]
    assert videos.count(ids["own talk"]) == 2
    by_id = {item["snippet"]["resourceId"]["videoId"]: item for item in found}
    for key, title in (("taken down", "Deleted video"), ("members' secret", "Private video")):
        item = by_id[ids[key]]
        assert item["snippet"]["title"] == title
        assert "videoPublishedAt" not in item["contentDetails"]
        assert "videoOwnerChannelId" not in item["snippet"]
    seen = by_id[ids["dash"]]
    assert seen["snippet"]["publishedAt"] != seen["contentDetails"]["videoPublishedAt"]
    assert len({item["id"] for item in found}) == len(found) == 8
    again = call(world, "playlistItems.list", part="id,snippet", id=found[2]["id"] + ",nonsense")
    assert [item["id"] for item in again["items"]] == [found[2]["id"]]
    one_video = rows(world, "playlistItems.list", part="snippet", playlistId=listed,
                     videoId=ids["own talk"])  # fmt: skip
    assert [item["snippet"]["position"] for item in one_video] == [0, 4]
    states = truth.playlist(world, names["playlists"]["reading list"])["states"]
    assert {"public", "private", "deleted", "unlisted"} == set(states)


def test_playlists_that_are_not_for_everyone(world: World, names: dict[str, Any]) -> None:
    lists, owner = names["playlists"], names["owners"][0]

    def told(playlist_id: str) -> tuple[int, str]:
        return refusal(world, "playlistItems.list", part="id", playlistId=playlist_id)

    assert told("PLnobody") == (404, "playlistNotFound")
    assert told(lists["removed"]) == (404, "playlistNotFound")
    assert told(lists["secret"]) == (403, "playlistItemsNotAccessible")
    assert told("WL") == (403, "playlistItemsNotAccessible")
    assert len(call(world, "playlistItems.list", actor=owner, part="id",
                    playlistId=lists["secret"])["items"]) == 1  # fmt: skip
    public = rows(world, "playlists.list", part="id,snippet,status,contentDetails",
                  channelId=owner, maxResults=2)  # fmt: skip
    assert {item["id"] for item in public} == {
        lists[key] for key in ("odds and ends", "reading list", "empty")
    }
    mine = rows(world, "playlists.list", actor=owner, part="id", mine="true", maxResults=50)
    assert len(mine) == 5
    asked = f"{lists['empty']},{lists['unlisted']},{lists['secret']},PLnobody"
    found = call(world, "playlists.list", part="snippet,contentDetails", id=asked)["items"]
    assert [item["contentDetails"]["itemCount"] for item in found] == [0, 3]
    assert refusal(world, "playlists.list", part="id", channelId="UCnobody")[0] == 404


# --- regions -----------------------------------------------------------------------------------


def test_regions_languages_and_categories(world: World) -> None:
    languages = call(world, "i18nLanguages.list", part="snippet")["items"]
    assert {"en", "iw", "zh-CN"} <= {item["snippet"]["hl"] for item in languages}
    regions = call(world, "i18nRegions.list", part="id,snippet")["items"]
    assert "NL" in {item["snippet"]["gl"] for item in regions}
    found = call(world, "videoCategories.list", part="snippet", regionCode="NL")["items"]
    assert {item["id"]: item["snippet"]["title"] for item in found}["10"] == "Music"
    some = call(world, "videoCategories.list", part="snippet", id="10,27,999")["items"]
    assert [item["id"] for item in some] == ["10", "27"]
    assert refusal(world, "videoCategories.list", part="id", id="999")[0] == 404
    assert refusal(world, "videoCategories.list", part="id", regionCode="XX")[0] == 400


# --- every answer fits the document --------------------------------------------------------------

_IDS = st.lists(
    st.one_of(
        st.sampled_from(["-b7KfXq3ZaE", "_Zt5mPq8LrM", "kQwErTyUiOA", "", "ä", "a,b", "x" * 99]),
        st.from_regex(r"[A-Za-z0-9_-]{11}", fullmatch=True),
    ),
    min_size=1,
    max_size=6,
).map(",".join)
_PARTS = st.lists(st.sampled_from(EVERY_PART.split(",")), min_size=1, unique=True).map(",".join)


@settings(max_examples=40, deadline=None)
@given(_IDS, _PARTS, st.sampled_from(["", "de", "fr_FR", "xx"]))
def test_any_ids_and_parts_give_an_answer_that_fits(ids: str, parts: str, hl: str) -> None:
    found = answer_or_refusal(_WORLD, "videos.list", id=ids, part=parts, hl=hl)
    if isinstance(found, Refusal):
        assert (found.status, found.reason) == (400, "missingRequiredParameter")
    else:
        assert all(
            set(item) <= {"kind", "etag", "id", *parts.split(",")} for item in found["items"]
        )


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 11_999), st.integers(0, 89))
def test_every_video_of_a_shelf_fits_the_document(place: int, hidden: int) -> None:
    population = _WORLD.room(Population)
    open_shelf, closed_shelf = population.shelves[0], population.shelves[1]
    video = population.at(population.index_of(open_shelf, place))
    assert video is not None
    item = one(_WORLD, video.id)
    assert item["snippet"]["title"] == population.words(video).title
    assert population.video(video.id) == video
    channel = item["snippet"]["channelId"]
    call(_WORLD, "channels.list", part="snippet,statistics,status,topicDetails,brandingSettings",
         id=channel)  # fmt: skip
    unseen = population.at(population.index_of(closed_shelf, hidden))
    assert unseen is not None
    assert population.state(unseen, _WORLD.now()) in ("private", "deleted", "unlisted")


_WORLD = World(seed=11)


def test_the_checks_of_this_file_accept_what_the_service_sent(shared: Path) -> None:
    import json

    seen = 0
    by_kind = {
        schema["properties"]["kind"]["default"]: name
        for name, schema in document()["schemas"].items()
        if "default" in schema.get("properties", {}).get("kind", {})
    }
    for folder in ("videos", "channels", "playlists", "search", "comments", "i18ns"):
        for path in sorted((shared / "youtube" / "api_v3" / folder).glob("*.json")):
            body = json.loads(path.read_text("utf-8"))
            if body.get("kind") in by_kind:
                text = json.dumps(body).replace(".000Z", "Z")
                check(json.loads(text), by_kind[body["kind"]])
                seen += 1
    assert seen > 15
