"""The walk by date finds everything with next to no call too many, whatever the index does."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from indexes import Index

from loquitur.errors import UsageError
from loquitur.youtube.collecting.collection import Collection
from loquitur.youtube.collecting.job import Job
from loquitur.youtube.collecting.tally import Tally
from loquitur.youtube.searching.place import Place
from loquitur.youtube.searching.query import Query, given_time
from loquitur.youtube.searching.walk import VIDEO, walk

START = 1_700_000_000
YEAR = 365 * 86_400


def walked(tmp_path, index, *, most=None, **query):
    job = Job(verb="search", arguments=Query(text="query", **query).arguments())
    with Collection(tmp_path / "c.sqlite3", job) as collection:
        collection.begin()
        place = walk(Tally(index), collection, Query(text="query", **query), most=most)
        ids = [int(row.id) for row in collection.rows(VIDEO)]
    assert len(ids) == len(set(ids))
    return set(ids), place


def flat(count, dice):
    return [START + dice.randrange(YEAR) for _ in range(count)]


def bursty(count, dice):
    bursts = [START + dice.randrange(YEAR) for _ in range(8)]
    half = [int(dice.choice(bursts) + dice.expovariate(1 / 7200)) for _ in range(count // 2)]
    return half + flat(count - count // 2, dice)


@pytest.mark.parametrize("spread", [flat, bursty])
@pytest.mark.parametrize("count", [2_000, pytest.param(12_000, marks=pytest.mark.slow),
                                   pytest.param(20_000, marks=pytest.mark.slow)])  # fmt: skip
def test_all_are_found_at_next_to_the_fewest_calls(tmp_path, spread, count):
    index = Index(spread(count, random.Random(count)))
    found, place = walked(tmp_path, index)
    assert found == set(range(count))
    assert place.done
    assert place.saturated == ()
    assert index.calls <= 1.05 * math.ceil(count / 50)


def test_small_results_cost_little(tmp_path):
    for count, calls in ((0, 1), (1, 2), (49, 2), (50, 2), (51, 3)):
        index = Index(flat(count, random.Random(1)))
        (tmp_path / str(count)).mkdir()
        found, _ = walked(tmp_path / str(count), index)
        assert len(found) == count
        assert index.calls == calls


@settings(max_examples=12)
@given(
    st.lists(st.integers(0, 400), max_size=300),
    st.integers(10, 120),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_repeats_and_empty_pages_lose_nothing(tmp_path_factory, dates, limit, repeats, empties):
    index = Index(
        [START + at for at in dates], limit=limit, repeats=repeats, empties=max(2, empties)
    )
    found, place = walked(tmp_path_factory.mktemp("walk"), index)
    crowded = {at for at in set(index.dates) if index.dates.count(at) >= 0.8 * limit}
    lost = set(range(len(dates))) - found
    assert {index.dates[number] for number in lost} <= crowded
    assert {index.dates[number] for number in lost} <= set(place.saturated)
    assert index.calls <= 4 + 3 * (len(dates) // min(limit, 50) + len(crowded) + len(set(dates)))


def test_a_second_with_more_than_is_shown_is_marked_and_stepped_over(tmp_path):
    dates = (
        [START + 500] * 700
        + [START + at for at in range(100)]
        + [START + 1000 + at for at in range(300)]
    )
    index = Index(dates)
    found, place = walked(tmp_path, index)
    assert place.saturated == (START + 500,)
    assert {index.dates[number] for number in set(range(len(dates))) - found} == {START + 500}
    assert len(found) == 100 + 300 + 500


def test_one_stray_date_does_not_carry_the_walk_past_the_others(tmp_path):
    dates = flat(2_000, random.Random(3))
    oldest = dates.index(min(dates))
    index = Index(dates, strays={dates.index(sorted(dates)[-600]): 30})
    index.dates[oldest] = min(dates)
    found, _ = walked(tmp_path, index)
    assert len(found) == 2_000

    class Straying(Index):
        """The oldest of all stands on the first page of everything."""

        def call(self, method_id, /, *, body=None, **given):
            answer = super().call(method_id, body=body, **given)
            if not given.get("publishedBefore") and not given.get("pageToken"):
                stray = super().call(
                    method_id, publishedBefore="2023-11-20T00:00:00Z", part="snippet"
                )
                self.calls -= 1
                answer["items"].insert(20, stray["items"][-1])
            return answer

    (tmp_path / "again").mkdir()
    index = Straying(dates)
    found, _ = walked(tmp_path / "again", index)
    assert len(found) == 2_000
    assert index.calls <= 1.1 * 40


def test_a_walk_goes_on_where_it_stopped(tmp_path):
    dates = flat(1_500, random.Random(5))
    whole = Index(dates)
    walked(tmp_path, whole)
    (tmp_path / "parts").mkdir()
    calls = 0
    for most in range(300, 1_900, 300):
        index = Index(dates)
        found, place = walked(tmp_path / "parts", index, most=most)
        calls += index.calls
    assert len(found) == 1_500
    assert place.done
    assert calls == whole.calls


def test_a_dead_page_token_means_the_range_is_read_again(tmp_path):
    dates = flat(1_200, random.Random(6))
    index = Index(dates)
    walked(tmp_path, index, most=700)
    index.tokens_die = True
    found, _ = walked(tmp_path, index)
    assert len(found) == 1_200


def test_a_range_of_dates_is_kept(tmp_path):
    dates = [START + day * 86_400 for day in range(100)]
    given = {"after": given_time("2023-12-01"), "before": given_time("2024-01-01")}
    found, _ = walked(tmp_path, Index(dates), **given)
    first, last = (int(moment.timestamp()) for moment in given.values())
    assert found == {number for number, at_s in enumerate(dates) if first <= at_s < last}


def test_other_orders_are_read_once(tmp_path):
    index = Index(flat(900, random.Random(7)))
    found, place = walked(tmp_path, index, order="relevance")
    assert len(found) == 500
    assert place.done
    assert index.calls == 10


def test_a_place_survives_being_kept():
    place = Place(before=5, token="t", items=3, tail=(1, 2), saturated=(4,), last=None)
    assert Place.kept(place.plain()) == place


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"text": " "}, "empty query"),
        ({"text": "a", "order": "dates"}, "no order"),
        ({"text": "a", "filters": {"videoDurations": "long"}}, "no filter"),
        ({"text": "a", "filters": {"videoDuration": "longest"}}, "videoDuration"),
        ({"text": "a", "filters": {"q": "b"}}, "no filter"),
        ({"text": "a", "after": given_time("2026-01-02"), "before": given_time("2026-01-01")},
         "ends"),
    ],
)  # fmt: skip
def test_what_the_service_would_refuse_is_refused_before(given, word):
    with pytest.raises(UsageError, match=word):
        Query(**given)


def test_dates_are_read_as_people_write_them():
    assert given_time("2026-03-01").isoformat() == "2026-03-01T00:00:00+00:00"
    assert given_time("2026-03-01T12:00:00+02:00").isoformat() == "2026-03-01T10:00:00+00:00"
    for text in ("2026-03-01T12:00+02:00", "2026-03-01 10:00", "20260301T100000Z"):
        assert given_time(text).isoformat() == "2026-03-01T10:00:00+00:00"
    for text in ("yesterday", "2026-03", "0001-01-01T00:00+02:00"):
        with pytest.raises(UsageError, match="not a date"):
            given_time(text)
