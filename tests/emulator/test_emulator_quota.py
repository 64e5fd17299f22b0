"""Buckets, prices, midnight in California, several projects; all through HTTP."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from asking import ask

from loquitur.emulator import Emulator
from loquitur.emulator.quota import Quota, pacific_day, price
from loquitur.youtube.methods import methods

PACIFIC = ZoneInfo("America/Los_Angeles")


def test_prices_are_those_of_the_documentation() -> None:
    table = methods()
    found = {name: (price(table[name]).bucket, price(table[name]).units) for name in table}
    assert found["search.list"] == ("search", 1)
    assert found["videos.insert"] == ("upload", 1)
    assert found["videos.batchGetStats"] == ("statistics", 1)
    shared = {
        "videos.list": 1, "channels.list": 1, "playlistItems.list": 1, "commentThreads.list": 1,
        "captions.list": 50, "captions.download": 200, "captions.insert": 400,
        "captions.update": 450, "captions.delete": 50, "channels.update": 50, "comments.insert": 50,
        "playlists.insert": 50, "playlists.delete": 50, "videos.update": 50, "videos.rate": 50,
        "thumbnails.set": 50, "liveChatMessages.list": 5, "liveChatMessages.stream": 5,
    }  # fmt: skip
    assert {name: found[name] for name in shared} == {
        name: ("shared", units) for name, units in shared.items()
    }
    assert len(found) == 83
    assert all(units >= 1 for _, units in found.values())


def test_each_bucket_ends_with_its_own_body_and_the_others_go_on(emulator: Emulator) -> None:
    key = {"key": emulator.api_key}
    spent = {"search": 99, "statistics": 9_999, "shared": 9_999, "upload": 99}
    ask(emulator, "POST", "/emulator/quota", {"spent": spent, **key})
    paths = {"search": ("/youtube/v3/search", {"part": "snippet", "q": "x"}),
             "statistics": ("/youtube/v3/videos:batchGetStats", {"part": "id", "id": "x"}),
             "shared": ("/youtube/v3/videos", {"part": "id", "id": "x"})}  # fmt: skip
    for path, query in paths.values():
        assert ask(emulator, "GET", path, **query).status not in (403, 429)
    for bucket, (path, query) in paths.items():
        got = ask(emulator, "GET", path, **query)
        if bucket == "shared":
            assert (got.status, got.reason) == (403, "quotaExceeded")
            continue
        assert (got.status, got.reason) == (429, "rateLimitExceeded")
        metadata = got.json["error"]["details"][0]["metadata"]
        assert metadata["quota_limit"].endswith("PerDayPerProject")
        assert metadata["quota_limit_value"] == str({"search": 100, "statistics": 10_000}[bucket])
    other = emulator.api_keys[1]
    for path, query in paths.values():
        assert ask(emulator, "GET", path, key=other, **query).status not in (403, 429)
    assert emulator.spent("shared", key=other) == 1


def test_a_call_is_charged_before_it_is_checked(emulator: Emulator) -> None:
    emulator.front.desk.quota.limits["shared"] = 100
    token = emulator.token
    query = {"part": "snippet", "videoId": "x", "nonsense": 1}
    for _ in range(2):
        got = ask(emulator, "GET", "/youtube/v3/captions", token=token, **query)
        assert got.reason == "unexpectedParameter"
    got = ask(emulator, "GET", "/youtube/v3/captions", token=token, **query)
    assert got.reason == "quotaExceeded"
    assert emulator.spent("shared") == 100
    assert [entry.cost for entry in emulator.calls("captions.list")] == [50, 50, 0]


@pytest.mark.parametrize(
    ("day", "hours"), [((2026, 3, 8), 23), ((2026, 11, 1), 25), ((2026, 7, 4), 24)]
)
def test_midnight_in_california_fills_the_buckets(day: tuple[int, int, int], hours: int) -> None:
    midnight = datetime(*day, tzinfo=PACIFIC).timestamp()
    until = midnight + hours * 3600
    with Emulator(plan={"quota": {"search": 2}}) as emulator:
        ask(emulator, "POST", "/emulator/clock", {"to": midnight + 1})
        assert _search(emulator) == [True, True, False]
        ask(emulator, "POST", "/emulator/clock", {"to": until - 30})
        assert _search(emulator) == [False, False, False]
        ask(emulator, "POST", "/emulator/clock", {"to": until + 1})
        assert _search(emulator) == [True, True, False]
    assert pacific_day(midnight) == f"{day[0]}-{day[1]:02d}-{day[2]:02d}"
    assert pacific_day(midnight - 1) != pacific_day(midnight) == pacific_day(until - 1)


@pytest.mark.parametrize("at", ["2027-11-07T07:30", "2027-03-14T09:59", "2027-07-04T06:00"])
def test_the_next_day_is_there_whatever_the_hour(at: str) -> None:
    with Emulator(plan={"quota": {"search": 2}, "clock": f"{at}Z"}) as emulator:
        for _ in range(2):  # the same clock and the same limits again
            day = pacific_day(emulator.world.now())
            assert _search(emulator) == [True, True, False]
            emulator.move_to_next_day()
            assert pacific_day(emulator.world.now() - 3_700) == day
        told = ask(emulator, "GET", "/emulator/clock").json
        moved = ask(emulator, "POST", "/emulator/clock", {"next_day": True}).json
        assert moved["pacific_day"] > told["pacific_day"]
        assert 23 * 3600 - 60 < moved["now"] - told["now"] < 26 * 3600
        assert _search(emulator) == [True, True, False]


def _search(emulator: Emulator) -> list[bool]:
    asked = (ask(emulator, "GET", "/youtube/v3/search", part="id", q="x") for _ in range(3))
    return [got.status != 429 for got in asked]


def test_a_minute_has_its_limit_too() -> None:
    with Emulator(plan={"per_minute": 3}) as emulator:
        ask(emulator, "POST", "/emulator/clock", {"to": 1_800_000_000})
        got = [ask(emulator, "GET", "/youtube/v3/videos", part="id", id="x") for _ in range(4)]
        assert [one.status == 429 for one in got] == [False, False, False, True]
        limit = got[-1].json["error"]["details"][0]["metadata"]["quota_limit"]
        assert limit == "QueriesPerMinutePerUser"
        emulator.move(61)
        assert ask(emulator, "GET", "/youtube/v3/videos", part="id", id="x").status != 429
        assert emulator.spent("shared") == 4


def test_refused_calls_cost_nothing_and_limits_hold_to_the_unit() -> None:
    quota = Quota({"shared": 1000})
    table = methods()
    costs = [price(table[name]) for name in ("captions.update", "captions.insert", "videos.list")]
    empties = [quota.charge(1, cost, 0.0) for cost in (costs[0], costs[0], costs[1])]
    assert [one is None for one in empties] == [True, True, False]
    assert quota.spent(1, "shared", 0.0) == 900
    assert all(quota.charge(1, costs[2], 0.0) is None for _ in range(100))
    assert quota.charge(1, costs[2], 0.0) is not None
    assert quota.spent(1, "shared", 0.0) == 1000
