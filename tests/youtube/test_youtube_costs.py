from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import UsageError
from loquitur.youtube import costs, pacific
from loquitur.youtube.methods import methods

CALIFORNIA = ZoneInfo("America/Los_Angeles")


def utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()


def hours(day):
    return (pacific.start_s(day + dt.timedelta(days=1)) - pacific.start_s(day)) / 3600


def test_every_method_has_a_cost_with_date_and_source():
    assert costs.costs().keys() == methods().keys()
    for method_id, cost in costs.costs().items():
        assert cost.bucket in costs.BUCKETS, method_id
        assert cost.units >= 1
        assert cost.source.address.startswith("https://developers.google.com/youtube/")
        assert dt.date.fromisoformat(cost.source.read + "-01").year == 2026


@pytest.mark.parametrize(
    ("method_id", "bucket", "units"),
    [
        ("search.list", "search", 1),
        ("videos.batchGetStats", "statistics", 1),
        ("videos.insert", "upload", 1),
        ("videos.list", "shared", 1),
        ("captions.list", "shared", 50),
        ("captions.download", "shared", 200),
        ("captions.insert", "shared", 400),
        ("captions.update", "shared", 450),
        ("captions.delete", "shared", 50),
        ("liveChatMessages.list", "shared", 5),
        ("liveChatMessages.stream", "shared", 5),
        ("comments.insert", "shared", 50),
        ("playlistItems.list", "shared", 1),
    ],
)
def test_costs_are_those_of_the_documentation(method_id, bucket, units):
    found = costs.cost(method_id)
    assert (found.bucket, found.units) == (bucket, units)


def test_the_default_limits():
    limits = {name: bucket.limit for name, bucket in costs.BUCKETS.items()}
    assert limits == {"shared": 10_000, "search": 100, "statistics": 10_000, "upload": 100}


def test_limits_of_all_projects_and_of_one():
    limits = costs.limits({"shared": "1_000_000", "ab12.search": "500"})
    assert limits.of("ab12", "shared") == limits.of("cd34", "shared") == 1_000_000
    assert (limits.of("ab12", "search"), limits.of("cd34", "search")) == (500, 100)
    assert costs.limits({"search": "0"}).of("x", "search") == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"serch": "5"}, "no bucket 'serch'"),
        ({"search": "many"}, "a whole number"),
        ({"search": "-1"}, "a whole number"),
        ({"search": "9" * 5000}, "a whole number"),
    ],
)
def test_limits_that_are_none(given, said):
    with pytest.raises(UsageError, match=said):
        costs.limits(given)


def test_an_unknown_method_names_near_ones():
    with pytest.raises(UsageError) as caught:
        costs.cost("video.list")
    assert "videos.list" in caught.value.hint


@pytest.mark.parametrize(
    ("at", "day", "reset", "long"),
    [
        ("2026-11-04T07:59:59", "2026-11-03", "2026-11-04T08:00:00", 24),
        ("2026-11-04T08:00:00", "2026-11-04", "2026-11-05T08:00:00", 24),
        ("2026-07-01T06:59:59", "2026-06-30", "2026-07-01T07:00:00", 24),
        ("2026-03-08T08:00:00", "2026-03-08", "2026-03-09T07:00:00", 23),
        ("2026-03-09T06:59:59", "2026-03-08", "2026-03-09T07:00:00", 23),
        ("2026-11-01T07:00:00", "2026-11-01", "2026-11-02T08:00:00", 25),
        ("2026-11-02T07:59:59", "2026-11-01", "2026-11-02T08:00:00", 25),
    ],
)
def test_the_pacific_day_also_where_clocks_change(at, day, reset, long):
    assert pacific.day_of(utc(at)).isoformat() == day
    assert pacific.reset_s(utc(at)) == utc(reset)
    assert hours(dt.date.fromisoformat(day)) == long


@given(st.integers(min_value=1_500_000_000, max_value=2_500_000_000))
def test_each_instant_lies_in_its_day(at_s):
    day = pacific.day_of(at_s)
    assert pacific.start_s(day) <= at_s < pacific.reset_s(at_s)
    assert pacific.day_of(pacific.reset_s(at_s)) == day + dt.timedelta(days=1)
    assert hours(day) in (23, 24, 25)


def test_words_for_people_are_in_their_own_time():
    at_s, now_s = utc("2026-11-04T08:00:00"), utc("2026-11-04T01:40:30")
    prague, kolkata = ZoneInfo("Europe/Prague"), ZoneInfo("Asia/Kolkata")
    assert pacific.comes_back(at_s, now_s, prague) == "Wed 4 Nov 09:00 CET, in 6 h 20 min"
    assert pacific.local_text(at_s, kolkata) == "Wed 4 Nov 13:30 IST"
    assert pacific.utc_text(at_s) == "2026-11-04T08:00:00Z"
    assert pacific.span_text(-5) == "0 s"
    assert pacific.span_text(3599) == "1 h 0 min"
