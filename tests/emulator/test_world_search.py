"""`search.list` of the emulated world: its ceiling, its walk, its doubles, its forgetting."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from world_asking import answer_or_refusal, call, findable, pages, refusal, rows

from loquitur.emulator import truth
from loquitur.emulator.exchange import Refusal
from loquitur.emulator.population import Population
from loquitur.emulator.queries import Clause, parse
from loquitur.emulator.vocabulary import words
from loquitur.emulator.world import World

CLEAN = {"duplicates": 0.0, "empty_pages": 0.0}


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=1)


def walk(world: World, q: str) -> tuple[list[str], int]:
    """The ids that a walk by date finds, with repetitions, and its calls."""
    found: list[str] = []
    calls, more = 0, {}
    while True:
        fresh = False
        read = pages(world, "search.list", part="snippet", q=q, type="video", order="date",
                     maxResults=50, **more)  # fmt: skip
        calls += len(read)
        items = [item for page in read for item in page["items"]]
        known = set(found)
        fresh = any(item["id"]["videoId"] not in known for item in items)
        found += [item["id"]["videoId"] for item in items]
        if not fresh:
            return found, calls
        oldest = min(item["snippet"]["publishedAt"] for item in items)
        last = dt.datetime.fromisoformat(oldest) + dt.timedelta(seconds=1)
        more = {"publishedBefore": last.strftime("%Y-%m-%dT%H:%M:%SZ")}


def test_a_walk_by_date_finds_everything_in_few_calls(world: World) -> None:
    for q in ("fermentation", "comet"):
        found, calls = walk(world, q)
        assert sorted(set(found)) == sorted(findable(world, q=q))
        assert len(set(found)) == 2_000
        assert calls <= 1.1 * 40


@pytest.mark.slow
@pytest.mark.parametrize(("q", "count"), [("equivariance", 12_000), ("street chess", 20_000)])
def test_a_long_walk(world: World, q: str, count: int) -> None:
    found, calls = walk(world, q)
    assert sorted(set(found)) == sorted(findable(world, q=q))
    assert len(set(found)) == count
    assert calls <= 1.05 * count / 50


def test_the_standard_keywords_have_the_numbers_they_say(world: World) -> None:
    for entry in world.room(Population).plan.keyword:
        assert len(findable(world, q=entry.name)) == entry.videos, entry.name


def test_no_query_gives_more_than_its_ceiling_and_the_total_lies(world: World) -> None:
    read = pages(world, "search.list", part="id", q="equivariance", type="video", maxResults=50)
    items = [item for page in read for item in page["items"]]
    assert len(items) == 500
    totals = [page["pageInfo"]["totalResults"] for page in read]
    assert max(totals) == 1_000_000
    assert len(set(totals)) > 1
    assert refusal(world, "search.list", part="id", q="x", maxResults=51)[0] == 400
    assert len(call(world, "search.list", part="id", q="equivariance")["items"]) == 5


def test_doubles_stand_on_an_earlier_page_and_pages_may_be_empty() -> None:
    plan = {"search": {"duplicates": 0.05, "empty_pages": 0.3}}
    world = World(seed=3, plan=plan)
    asked = {"part": "id", "q": "comet", "type": "video", "order": "date", "maxResults": 50}
    read = pages(world, "search.list", **asked)
    assert any(not page["items"] and "nextPageToken" in page for page in read)
    seen: dict[str, int] = {}
    doubles = 0
    for number, page in enumerate(read):
        for item in page["items"]:
            video = item["id"]["videoId"]
            if video in seen:
                doubles += 1
                assert seen[video] <= number
            seen[video] = number
    assert 10 < doubles < 45


def test_a_clean_list_has_neither() -> None:
    world = World(seed=3, plan={"search": CLEAN})
    found = rows(world, "search.list", part="id", q="comet", type="video", maxResults=50)
    assert len({item["id"]["videoId"] for item in found}) == len(found) == 500


def test_dates_are_from_inclusive_to_exclusive(world: World) -> None:
    first = rows(world, "search.list", part="snippet", q="tardigrade", type="video", order="date")
    dates = [item["snippet"]["publishedAt"] for item in first]
    assert dates == sorted(dates, reverse=True)
    middle = {"q": "tardigrade", "type": "video", "part": "snippet"}
    assert len(rows(world, "search.list", publishedAfter=dates[1], **middle)) == 2
    assert len(rows(world, "search.list", publishedBefore=dates[1], **middle)) == 1


def test_a_second_may_hold_more_than_a_query_gives(world: World) -> None:
    asked = {"part": "snippet", "q": "solar eclipse", "type": "video", "maxResults": 50}
    dates = [item["snippet"]["publishedAt"] for item in rows(world, "search.list", **asked)]
    crowded = max(set(dates), key=dates.count)
    after = dt.datetime.fromisoformat(crowded) + dt.timedelta(seconds=1)
    inside = {"publishedAfter": crowded, "publishedBefore": after.strftime("%Y-%m-%dT%H:%M:%SZ")}
    assert len(rows(world, "search.list", **asked, **inside)) == 500
    assert len(findable(world, q="solar eclipse", **inside)) >= 600


def test_orders(world: World) -> None:
    asked = {"part": "snippet", "q": "saxophone repair", "type": "video", "maxResults": 50}
    population = world.room(Population)

    def ordered(order: str) -> list[str]:
        found = call(world, "search.list", order=order, **asked)["items"]
        return [item["id"]["videoId"] for item in found]

    views = [population.video(video).views for video in ordered("viewCount")]  # type: ignore[union-attr]
    assert views == sorted(views, reverse=True)
    titles = [
        population.words(population.video(video)).title.casefold()  # type: ignore[arg-type]
        for video in ordered("title")
    ]
    assert titles == sorted(titles)
    assert ordered("relevance") == ordered("relevance") != ordered("date")


def test_operators_of_a_query() -> None:
    assert parse('a|b c -d "e f"') == (
        Clause((("a",), ("b",))),
        Clause((("c",),)),
        Clause((("d",),), excluded=True),
        Clause((("e", "f"),)),
    )
    assert parse("a | b") == parse("a|b")
    assert parse("Cafe\u0301") == parse("CAFÉ")
    assert parse(' | - "" ') == ()


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["comet", "hidden", "river", "Porto", "-hidden", '"hidden river"', "bridge|river",
             "lesson", "7", "nothing", '-"in porto"', "explained", "שיעור", "第", "repair"]
        ),
        min_size=1,
        max_size=3,
    )
)  # fmt: skip
def test_what_is_found_fits_the_query_and_all_that_fits_is_found(terms: list[str]) -> None:
    world = _SMALL
    population = world.room(Population)
    query = " ".join(terms)
    clauses = parse(query)
    found = set(findable(world, q=query))
    for shelf in population.shelves:
        for place in range(0 if shelf.stock.unfindable else shelf.stock.videos):
            video = population.at(population.index_of(shelf, place))
            assert video is not None
            wording = population.words(video)
            texts = [" ".join(words(text)) for text in (wording.title, *wording.tags)]
            fits = all(
                any(f" {' '.join(phrase)} " in f" {text} " for phrase in clause.phrases
                    for text in texts) != clause.excluded
                for clause in clauses
            )  # fmt: skip
            assert fits == (video.id in found), (query, texts)


_SMALL = World(
    seed=5,
    plan={
        "defaults": False,
        "keyword": [{"name": "comet", "videos": 300}, {"name": "saxophone repair", "videos": 60}],
        "pool": 9,
    },
)


def test_filters_for_videos_need_their_type(world: World) -> None:
    for name, value in (("eventType", "live"), ("videoDuration", "short"), ("forMine", "true"),
                        ("videoCategoryId", "10"), ("videoLicense", "creativeCommon")):  # fmt: skip
        assert refusal(world, "search.list", part="id", q="x", **{name: value}) == (
            400,
            "invalidSearchFilter",
        )
    assert refusal(world, "search.list", part="id", type="film") == (400, "invalidParameter")
    assert (
        refusal(world, "search.list", part="id", relatedToVideoId="x")[1] == "unexpectedParameter"
    )
    assert refusal(world, "search.list", part="id", publishedAfter="2024-01-01")[0] == 400


def test_filters_for_videos_filter(world: World) -> None:
    base = {"part": "snippet", "q": "equivariance", "type": "video", "maxResults": 50}
    ids = [
        item["id"]["videoId"]
        for item in call(world, "search.list", videoDuration="short", videoCaption="closedCaption",
                         videoDefinition="standard", **base)["items"]
    ]  # fmt: skip
    assert len(ids) > 20
    found = call(world, "videos.list", part="contentDetails", id=",".join(ids))["items"]
    for item in found:
        details = item["contentDetails"]
        assert (details["caption"], details["definition"]) == ("true", "sd")
        assert details["duration"][:2] == "PT"
        assert "H" not in details["duration"]
    titles = {
        event: [
            item["snippet"]["title"]
            for item in call(world, "search.list", part="snippet", type="video", eventType=event)[
                "items"
            ]
        ]
        for event in ("live", "upcoming")
    }
    assert titles == {
        "live": ["Live: the harbour, day and night"],
        "upcoming": ["Upcoming: questions and answers"],
    }


def test_channels_and_playlists_are_among_the_results(world: World) -> None:
    kinds = [
        item["id"]["kind"]
        for item in call(world, "search.list", part="id", q="equivariance", maxResults=50)["items"]
    ]
    assert set(kinds) == {"youtube#video", "youtube#playlist"}
    found = call(world, "search.list", part="snippet", q="parliament", type="channel")["items"]
    assert [item["snippet"]["title"] for item in found] == ["Parliament Archive &amp; Library"]
    channel = world.room(Population).named_channel("kanazawa").id
    own = rows(world, "search.list", part="snippet", channelId=channel, type="video", maxResults=50)
    assert {item["snippet"]["channelId"] for item in own} == {channel}
    assert len(own) == 37


def test_snippets_are_escaped_and_cut(world: World) -> None:
    found = call(world, "search.list", part="snippet", q='"is a title"', type="video")["items"]
    assert found[0]["snippet"]["title"] == (
        "=1+1 is a title, and &quot;quotes&quot;, &lt;b&gt;tags&lt;/b&gt; &amp; &#39;more&#39;"
    )
    long = call(world, "search.list", part="snippet", q="comet", type="video")["items"][0]
    assert long["snippet"]["description"].endswith(" ...")
    assert "\n" not in long["snippet"]["description"]


def test_tokens_are_good_for_their_query_alone(world: World) -> None:
    first = call(world, "search.list", part="id", q="comet", type="video")
    token = first["nextPageToken"]
    bad = (400, "invalidPageToken")
    assert refusal(world, "search.list", part="id", q="other", type="video", pageToken=token) == bad
    assert refusal(world, "search.list", part="id", q="comet", pageToken=token) == bad
    for other in ("CAUQAA", "", token[:-1], "A" * 40, "é"):
        if other:
            assert refusal(world, "search.list", part="id", q="comet", type="video",
                           pageToken=other) == bad  # fmt: skip
    assert refusal(World(seed=2), "search.list", part="id", q="comet", type="video",
                   pageToken=token) == bad  # fmt: skip
    second = call(world, "search.list", part="id", q="comet", type="video", maxResults=9,
                  pageToken=token)  # fmt: skip
    assert len(second["items"]) == 9


def test_the_index_forgets_old_videos_and_others_on_another_day() -> None:
    world = World(seed=1, plan={"search": {"forget": 0.4, **CLEAN}})
    day = int(world.now() // 86_400)
    everything = set(findable(world, q="fermentation"))
    today = set(findable(world, q="fermentation", day=day, order="date"))
    tomorrow = set(findable(world, q="fermentation", day=day + 1, order="date"))
    other = set(findable(world, q="fermentation", day=day))
    assert today < everything
    assert 0.55 < len(today) / len(everything) < 0.65
    assert today == set(findable(world, q="fermentation", day=day, order="date"))
    for another in (tomorrow, other):
        assert 0.3 < len(today & another) / len(everything) < 0.42
    assert set(walk(world, "fermentation")[0]) == today
    young = {
        video.id
        for video in map(world.room(Population).video, everything)
        if video is not None and world.now() - video.published < 20 * 86_400
    }
    assert young <= today


@pytest.mark.parametrize("days", [0, 30, 45, 400])
def test_a_token_outlives_midnight(days: int) -> None:
    """Also while the index begins to forget, some weeks after the last video came out."""
    clock = dt.datetime(2026, 11, 1, 22, tzinfo=dt.UTC) + dt.timedelta(days=days)
    plan = {"clock": clock.isoformat(), "search": {"forget": 0.4, **CLEAN}}
    world = World(seed=1, plan=plan)
    asked = {"part": "id", "q": "comet", "type": "video", "order": "date", "maxResults": 50}
    whole = rows(world, "search.list", **asked)
    first = call(world, "search.list", **asked)
    world.move(90_000)
    second = call(world, "search.list", pageToken=first["nextPageToken"], **asked)
    assert [*first["items"], *second["items"]] == whole[:100]


def test_other_channels_may_stray_in() -> None:
    world = World(seed=1, plan={"search": {"strays": 0.2, **CLEAN}})
    channel = world.room(Population).named_channel("veteran").id
    found = rows(world, "search.list", part="snippet", channelId=channel, type="video",
                 order="date", maxResults=50)  # fmt: skip
    own = {one["id"]["videoId"] for one in found if one["snippet"]["channelId"] == channel}
    assert own == set(truth.channel(world, channel)["ids"])
    assert 10 < len(found) - len(own) < 50
    assert refusal(world, "search.list", part="id", channelId="UCshort") == (
        400,
        "invalidChannelId",
    )


def test_relevance_may_stray() -> None:
    world = World(seed=1, plan={"search": {"off_topic": 0.2, **CLEAN}})
    found = rows(world, "search.list", part="id", q="comet", type="video", maxResults=50)
    ids = {item["id"]["videoId"] for item in found}
    assert 50 < len(ids - set(findable(world, q="comet"))) < 150
    dated = rows(world, "search.list", part="id", q="comet", type="video", order="date",
                 maxResults=50)  # fmt: skip
    assert {item["id"]["videoId"] for item in dated} <= set(findable(world, q="comet"))


SEARCHES = st.fixed_dictionaries(
    {"part": st.sampled_from(["id", "snippet", "id,snippet"])},
    optional={
        "q": st.sampled_from(["comet", "", "-comet", '"', "tardigrade|comet", "équi", "a"]),
        "type": st.sampled_from(["video", "channel", "playlist", "video,channel", "x"]),
        "order": st.sampled_from(["date", "rating", "title", "viewCount", "videoCount"]),
        "maxResults": st.integers(0, 50),
        "publishedAfter": st.sampled_from(["0001-01-01T00:00:00Z", "2024-06-01T00:00:00.5Z"]),
        "publishedBefore": st.sampled_from(
            ["2026-01-01T00:00:00Z", "2026-01-01", "now", "2026-01-01T00:00:00+02:00"]
        ),
        "eventType": st.sampled_from(["live", "completed", "none", "upcoming"]),
        "videoDuration": st.sampled_from(["any", "short", "medium", "long"]),
        "regionCode": st.sampled_from(["DE", "us", "ZZ"]),
        "safeSearch": st.sampled_from(["none", "strict"]),
        "location": st.sampled_from(["0,0", "(52.1,5.1)", "north", "91,0"]),
        "locationRadius": st.sampled_from(["900km", "5000km", "10"]),
        "videoCategoryId": st.sampled_from(["10", "99", "x"]),
        "channelId": st.sampled_from(["UCnobody", "UC" + "A" * 22, ""]),
    },
)


@settings(max_examples=80, deadline=None)
@given(SEARCHES)
def test_any_parameters_give_an_answer_that_fits_or_a_reason(given: dict[str, Any]) -> None:
    found = answer_or_refusal(_SMALL, "search.list", **given)
    if isinstance(found, Refusal):
        reasons = ("invalidSearchFilter", "invalidParameter", "invalidLocation",
                   "invalidLocationRadius", "invalidChannelId")  # fmt: skip
        assert (found.status, bool(found.location)) == (400, True)
        assert found.reason in reasons
    else:
        assert len(found["items"]) <= given.get("maxResults", 5)
