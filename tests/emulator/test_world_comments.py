"""`commentThreads.list` and `comments.list` of the emulated world."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world_asking import answer_or_refusal, call, refusal, rows

from loquitur.emulator import truth
from loquitur.emulator.conversations import Conversations, marked_up
from loquitur.emulator.exchange import Refusal
from loquitur.emulator.population import Population
from loquitur.emulator.summary import world_summary
from loquitur.emulator.world import World


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=1)


@pytest.fixture(scope="module")
def ids(world: World) -> dict[str, str]:
    return world_summary(world)["videos"]


def collected(world: World, video_id: str) -> list[str]:
    """The ids of all comments and replies, as a collector finds them."""
    found: list[str] = []
    for thread in rows(world, "commentThreads.list", part="snippet,replies", maxResults=100,
                       videoId=video_id):  # fmt: skip
        found.append(thread["id"])
        inline = thread.get("replies", {}).get("comments", [])
        count = thread["snippet"]["totalReplyCount"]
        assert len(inline) == min(5, count)
        if count > 5:
            inline = rows(world, "comments.list", part="snippet", parentId=thread["id"],
                          maxResults=100)  # fmt: skip
            assert len(inline) == count
        assert {reply["snippet"]["parentId"] for reply in inline} <= {thread["id"]}
        found += [reply["id"] for reply in inline]
    return found


def test_everything_that_was_said_is_found_once(world: World, ids: dict[str, str]) -> None:
    for key, count in (
        ("own talk", 45),
        ("formula", 12),
        ("upper case", 1),
        ("no comments yet", 0),
    ):
        found = collected(world, ids[key])
        told = truth.comments(world, ids[key])
        assert sorted(found) == sorted(told["ids"])
        assert len(found) == len(set(found)) == count == told["threads"] + told["replies"]


@pytest.mark.slow
def test_a_hundred_thousand_comments(world: World, ids: dict[str, str]) -> None:
    found = collected(world, ids["crowd"])
    assert sorted(found) == sorted(truth.comments(world, ids["crowd"])["ids"])
    assert len(set(found)) == 100_000


def test_a_long_conversation_has_every_kind_of_thread(world: World, ids: dict[str, str]) -> None:
    video = world.room(Population).video(ids["crowd"])
    assert video is not None
    talk = world.room(Conversations).of(video, world.now())
    assert {0, 1, 5, 6, 101, 500} <= set(talk.replies.tolist())
    assert int(talk.replies.sum()) + len(talk) == 100_000


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 11_999))
def test_threads_and_replies_are_as_many_as_were_counted(place: int) -> None:
    population = _WORLD.room(Population)
    video = population.at(population.index_of(population.shelves[0], place))
    assert video is not None
    talk = _WORLD.room(Conversations).of(video, _WORLD.now())
    assert int(talk.replies.sum()) + len(talk) == video.comments
    assert (talk.replies >= 0).all()
    assert (talk.times[:-1] <= talk.times[1:]).all()
    assert (talk.times >= video.published).all()


_WORLD = World(seed=21)


def test_order_time_is_newest_first_and_relevance_stops_early(
    world: World, ids: dict[str, str]
) -> None:
    asked = {"part": "snippet", "videoId": ids["own talk"], "maxResults": 7}
    timed = rows(world, "commentThreads.list", **asked)
    times = [row["snippet"]["topLevelComment"]["snippet"]["publishedAt"] for row in timed]
    assert times == sorted(times, reverse=True)
    best = rows(world, "commentThreads.list", order="relevance", **asked)
    assert {row["id"] for row in best} < {row["id"] for row in timed}
    assert len(best) < len(timed)


def test_replies_are_newest_first(world: World, ids: dict[str, str]) -> None:
    thread = next(
        row
        for row in rows(world, "commentThreads.list", part="snippet,replies", maxResults=100,
                        videoId=ids["own talk"])
        if row["snippet"]["totalReplyCount"] > 1
    )  # fmt: skip
    times = [reply["snippet"]["publishedAt"] for reply in thread["replies"]["comments"]]
    assert times == sorted(times, reverse=True)
    assert min(times) > thread["snippet"]["topLevelComment"]["snippet"]["publishedAt"]


def test_html_and_plain_text_say_the_same(world: World, ids: dict[str, str]) -> None:
    asked = {"part": "snippet", "videoId": ids["crowd"], "maxResults": 100}
    marked = call(world, "commentThreads.list", **asked)["items"]
    plain = call(world, "commentThreads.list", textFormat="plainText", **asked)["items"]
    seen = set()
    for one, other in zip(marked, plain, strict=True):
        text = one["snippet"]["topLevelComment"]["snippet"]["textDisplay"]
        back = html.unescape(re.sub(r"<a [^>]*>|</a>", "", text.replace("<br>", "\n")))
        assert back == other["snippet"]["topLevelComment"]["snippet"]["textDisplay"]
        seen |= set(re.findall(r"<br>|<a href|&\w+;|&#39;", text))
    assert {"<br>", "<a href", "&lt;", "&gt;", "&amp;", "&quot;", "&#39;"} <= seen
    assert marked_up("At 2:07 & so", "x") == (
        'At <a href="https://www.youtube.com/watch?v=x&amp;t=127">2:07</a> &amp; so'
    )


def test_authors(world: World, ids: dict[str, str]) -> None:
    owner = world.owners()[0]
    asked = {"part": "snippet", "videoId": ids["crowd"], "maxResults": 100}
    snippets: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    for _ in range(8):
        body = call(world, "commentThreads.list", actor=owner, **asked, **token)
        snippets += [row["snippet"]["topLevelComment"]["snippet"] for row in body["items"]]
        token = {"pageToken": body["nextPageToken"]}
    own = [one for one in snippets if one.get("authorChannelId", {}).get("value") == owner]
    assert own
    assert all(("textOriginal" in one) == (one in own) for one in snippets)
    assert any("authorChannelId" not in one for one in snippets)
    assert any("imageUrl" in one for one in snippets)
    assert any(one["updatedAt"] > one["publishedAt"] for one in snippets)
    assert all(one["authorDisplayName"].startswith("@") for one in snippets)
    other = next(one for one in snippets if one not in own and "authorChannelId" in one)
    channel = call(world, "channels.list", part="snippet", id=other["authorChannelId"]["value"])
    assert channel["items"][0]["snippet"]["customUrl"] == other["authorDisplayName"]
    by_handle = call(world, "channels.list", part="id", forHandle=other["authorDisplayName"])
    assert by_handle["items"][0]["id"] == other["authorChannelId"]["value"]


def test_comments_by_id_and_what_must_not_stand_beside_ids(
    world: World, ids: dict[str, str]
) -> None:
    known = truth.comments(world, ids["own talk"])["ids"]
    found = call(world, "comments.list", part="snippet", id=",".join([*known[:20], "nope"]))
    assert [item["id"] for item in found["items"]] == known[:20]
    bad = (400, "incompatibleParameters")
    for most in (20, 100):  # also where it is what would be filled in
        assert refusal(world, "comments.list", part="id", id=known[0], maxResults=most) == bad
    assert refusal(world, "comments.list", part="id", id=known[0], pageToken="x") == bad
    assert refusal(world, "comments.list", part="id", id=known[0], parentId=known[0]) == bad
    assert refusal(world, "comments.list", part="id") == (400, "missingRequiredParameter")
    assert refusal(world, "comments.list", part="id", parentId="Ugx") == (404, "commentNotFound")
    threads = call(world, "commentThreads.list", part="id", id=f"{known[0]},nope")["items"]
    assert [item["id"] for item in threads] == [known[0]]
    reply = next(one for one in known if "." in one)
    assert call(world, "comments.list", part="id", parentId=reply)["items"] == []


def test_closed_and_missing(world: World, ids: dict[str, str]) -> None:
    def told(video_id: str, **more: Any) -> tuple[int, str]:
        return refusal(world, "commentThreads.list", part="id", videoId=video_id, **more)

    assert told(ids["no comments"]) == (403, "commentsDisabled")
    assert told(ids["taken down"]) == (404, "videoNotFound")
    assert told(ids["members' secret"]) == (404, "videoNotFound")
    assert told("aaaaaaaaaaA") == (404, "videoNotFound")
    assert told(ids["own talk"], moderationStatus="heldForReview") == (403, "forbidden")
    assert told(ids["own talk"], maxResults=101) == (400, "invalidParameter")
    assert refusal(world, "commentThreads.list", part="id") == (400, "missingRequiredParameter")
    assert refusal(world, "commentThreads.list", part="id",
                   allThreadsRelatedToChannelId="UCx") == (404, "channelNotFound")  # fmt: skip


def test_tokens_die_after_some_hours() -> None:
    world = World(seed=1, plan={"comments": {"token_hours": 3}})
    video = world_summary(world)["videos"]["crowd"]
    asked = {"part": "id", "videoId": video}
    token = call(world, "commentThreads.list", **asked)["nextPageToken"]
    again = call(world, "commentThreads.list", **asked)["nextPageToken"]
    assert token == again
    call(world, "commentThreads.list", pageToken=token, **asked)
    world.move(2 * 3_600)
    call(world, "commentThreads.list", pageToken=token, **asked)
    world.move(3_700)
    assert refusal(world, "commentThreads.list", pageToken=token, **asked) == (
        400,
        "invalidPageToken",
    )


def test_search_in_comments(world: World, ids: dict[str, str]) -> None:
    asked = {"part": "snippet", "videoId": ids["own talk"], "textFormat": "plainText"}
    everything = rows(world, "commentThreads.list", maxResults=100, **asked)
    texts = [row["snippet"]["topLevelComment"]["snippet"]["textDisplay"] for row in everything]
    wanted = [text for text in texts if "the" in text.casefold()]
    found = rows(world, "commentThreads.list", searchTerms="The", maxResults=3, **asked)
    assert [row["snippet"]["topLevelComment"]["snippet"]["textDisplay"] for row in found] == wanted
    assert 0 < len(wanted) < len(texts)


def test_threads_of_a_whole_channel(world: World) -> None:
    channel = world_summary(world)["channels"]["kanazawa"]
    found = rows(world, "commentThreads.list", part="snippet", maxResults=100,
                 allThreadsRelatedToChannelId=channel)  # fmt: skip
    expected = {
        one
        for video in truth.channel(world, channel)["ids"]
        for one in truth.comments(world, video)["ids"]
        if "." not in one
    }
    assert {row["id"] for row in found} == expected
    assert len(found) == len(expected) > 0
    times = [row["snippet"]["topLevelComment"]["snippet"]["publishedAt"] for row in found]
    assert times == sorted(times, reverse=True)


def test_new_comments_come_in_front_and_move_nothing() -> None:
    world = World(seed=1, plan={"growth": {"comments_per_day": 240}})
    video = world_summary(world)["videos"]["own talk"]
    asked = {"part": "snippet", "videoId": video, "maxResults": 10}
    before = call(world, "commentThreads.list", **asked)
    rest = call(world, "commentThreads.list", pageToken=before["nextPageToken"], **asked)
    world.move(3_605)
    after = call(world, "commentThreads.list", **asked)
    assert [row["id"] for row in after["items"]][10:] == []
    assert not {row["id"] for row in after["items"]} & {row["id"] for row in before["items"]}
    again = call(world, "commentThreads.list", pageToken=before["nextPageToken"], **asked)
    assert [row["id"] for row in again["items"]] == [row["id"] for row in rest["items"]]
    assert len(truth.comments(world, video)["ids"]) == 55


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["commentThreads.list", "comments.list"]),
    st.fixed_dictionaries(
        {"part": st.sampled_from(["id", "snippet", "id,snippet"])},
        optional={
            "videoId": st.sampled_from(["-b7KfXq3ZaE", "nope", ""]),
            "id": st.sampled_from(["Ugx", "x,y", ""]),
            "parentId": st.sampled_from(["Ugx", "Ugx.9"]),
            "order": st.sampled_from(["time", "relevance", "orderUnspecified"]),
            "maxResults": st.integers(1, 100),
            "pageToken": st.sampled_from(["x", "=", "AAAA"]),
            "searchTerms": st.text(max_size=5),
            "textFormat": st.sampled_from(["html", "plainText"]),
        },
    ),
)
def test_any_parameters_give_an_answer_that_fits_or_a_reason(
    method: str, given: dict[str, Any]
) -> None:
    found = answer_or_refusal(_WORLD, method, **given)
    if isinstance(found, Refusal):
        assert found.status in (400, 404)
        assert found.reason
    else:
        assert isinstance(found["items"], list)
