from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import random
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from loquitur.errors import (
    CorruptError,
    FullError,
    LoquiturError,
    QuotaError,
    StoreError,
    UsageError,
)
from loquitur.youtube import costs, methods, pacific
from loquitur.youtube.complaints import BucketEmptyError
from loquitur.youtube.credentials import Credentials, Project
from loquitur.youtube.ledger import Ledger
from loquitur.youtube.pricing import price, told
from loquitur.youtube.purse import Purse


def utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()


class Clock:
    def __init__(self, now_s=0.0):
        self.now_s = now_s or utc("2026-11-04T12:00:00")

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def ledger(tmp_path, clock):
    found = Ledger(tmp_path / "youtube" / "ledger.sqlite3", now=clock)
    yield found
    found.close()


def small(tmp_path, clock, **limits):
    return Ledger(tmp_path / "ledger.sqlite3", limits=costs.limits(limits), now=clock)


def test_a_call_is_counted_before_it_is_made(ledger):
    found = ledger.take(("p",), "captions.download")
    assert (found.project, found.bucket, found.units) == ("p", "shared", 200)
    assert ledger.today("p", "shared").left == 9_800
    assert ledger.today("p", "search").left == 100
    assert ledger.today("other", "shared").left == 10_000


def test_the_last_unit_can_be_spent_and_no_unit_more(tmp_path, clock):
    ledger = small(tmp_path, clock, shared="450")
    ledger.take(("p",), "captions.insert")
    with pytest.raises(BucketEmptyError):
        ledger.take(("p",), "captions.download")
    ledger.take(("p",), "captions.list")
    with pytest.raises(BucketEmptyError):
        ledger.take(("p",), "videos.list")
    assert ledger.today("p", "shared").units == 450


def test_what_is_empty_when_it_comes_back_and_what_still_works(tmp_path, clock):
    ledger = small(tmp_path, clock, search="1")
    ledger.take(("p",), "search.list")
    with pytest.raises(QuotaError) as caught:
        ledger.take(("p",), "search.list")
    error = caught.value
    assert error.message == (
        "search.list needs 1 of the search bucket, which is spent for today: 1 of 1"
    )
    assert pacific.local_text(error.resets_at) in error.hint
    assert "2026-11-05T08:00:00Z" in error.hint
    assert "still works" in error.hint
    assert "(10,000 left)" in error.hint
    assert (error.bucket, error.kind, error.exit_code) == ("search", "BucketEmpty", 5)


def test_the_next_pacific_day_begins_at_zero(tmp_path, clock):
    ledger = small(tmp_path, clock, search="1")
    clock.now_s = utc("2026-11-01T07:00:00")  # the day of 25 hours
    ledger.take(("p",), "search.list")
    clock.now_s = utc("2026-11-02T07:59:59")
    with pytest.raises(BucketEmptyError):
        ledger.take(("p",), "search.list")
    clock.now_s = utc("2026-11-02T08:00:00")
    ledger.take(("p",), "search.list")
    assert [item.day.isoformat() for item in ledger.history()] == ["2026-11-02", "2026-11-01"]


def test_a_call_that_was_never_sent_is_given_back(ledger):
    found = ledger.take(("p",), "captions.insert")
    ledger.give_back(found)
    assert ledger.today("p", "shared").units == 0
    ledger.give_back(found)  # never below nothing
    assert ledger.today("p", "shared").left == 10_000


def test_a_call_under_way_at_midnight_counts_for_both_days(ledger, clock):
    clock.now_s = utc("2026-11-04T07:59:59")
    found = ledger.take(("p",), "captions.insert")
    clock.now_s += 2
    ledger.settle(found)
    assert [item.units for item in ledger.history()] == [400, 400]
    again = ledger.take(("p",), "videos.list")
    ledger.settle(again)
    assert ledger.today("p", "shared").units == 401


def test_the_word_of_the_service_wins(ledger, clock):
    ledger.take(("p",), "search.list")
    ledger.mark_full("p", "search")
    assert ledger.today("p", "search").left == 0
    with pytest.raises(BucketEmptyError, match="empty says the service"):
        ledger.take(("p",), "search.list")
    ledger.take(("p",), "videos.list")
    clock.now_s += 86_400
    ledger.take(("p",), "search.list")


def test_a_refusal_that_comes_after_midnight_empties_no_new_day(ledger, clock):
    credentials = Credentials(projects=(Project(fingerprint="p", key="k"),))
    purse = Purse(credentials, ledger, look=lambda: False)
    method = methods.find("search.list")
    clock.now_s = utc("2026-11-04T07:59:59")
    paid = purse.pay(method, {})
    clock.now_s += 2
    purse.refused(paid, BucketEmptyError("empty", bucket="search", resets_at=0.0))
    assert ledger.today("p", "search").left == 99, "but for the call that may be of either day"
    assert purse.pay(method, {}).reservation.day.isoformat() == "2026-11-04"


def test_several_projects_are_spent_in_their_order(tmp_path, clock):
    ledger = small(tmp_path, clock, search="2")
    found = [ledger.take(("a", "b"), "search.list").project for _ in range(4)]
    assert found == ["a", "a", "b", "b"]
    with pytest.raises(BucketEmptyError, match=r"2 of 2 \(key a\); 2 of 2 \(key b\)"):
        ledger.take(("a", "b"), "search.list")


def test_a_project_with_too_little_left_for_a_dear_call_is_passed_over(tmp_path, clock):
    ledger = small(tmp_path, clock, **{"a.shared": "300", "b.shared": "500"})
    assert ledger.take(("a", "b"), "captions.insert").project == "b"
    assert ledger.take(("a", "b"), "captions.download").project == "a"


def test_an_unknown_method_is_a_usage_error(ledger):
    with pytest.raises(UsageError):
        ledger.take(("p",), "videos.lst")


def test_it_lasts_beyond_its_process(tmp_path, clock):
    first = small(tmp_path, clock)
    first.take(("p",), "captions.insert")
    first.close()
    assert small(tmp_path, clock).today("p", "shared").left == 9_600


def test_looking_makes_no_file(tmp_path, clock):
    ledger = small(tmp_path / "nowhere", clock)
    assert [item.left for item in ledger.spent(("p",))] == [10_000, 100, 10_000, 100]
    assert ledger.spent() == ledger.history() == ()
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("damage", [b"no database at all, but longer than a header " * 20, None])
def test_a_damaged_file_is_told_moved_aside_and_never_deleted(tmp_path, clock, damage):
    ledger = small(tmp_path, clock)
    for number in range(200):
        ledger.take((f"project-{number}",), "videos.list")
    ledger.close()
    path = ledger.path
    data = bytearray(path.read_bytes())
    if damage is None:
        data[100:3000] = b"\xff" * 2900
    else:
        data[:] = damage
    path.write_bytes(data)
    with pytest.raises(CorruptError, match=r"moved to ledger\.sqlite3\.damaged-\d+") as caught:
        ledger.take(("p",), "videos.list")
    assert "\n" not in caught.value.message
    (aside,) = (item for item in tmp_path.iterdir() if item.name.startswith(f"{path.name}.damaged"))
    assert aside.read_bytes() == data
    ledger.take(("p",), "videos.list")
    assert ledger.today("p", "shared").units == 1


def test_a_file_that_another_process_put_aside_is_not_counted_in(tmp_path, clock):
    ledger, other = small(tmp_path, clock, search="2"), small(tmp_path, clock, search="2")
    ledger.take(("p",), "videos.list")
    for item in list(tmp_path.iterdir()):
        item.rename(item.with_name(f"aside-{item.name}"))
    other.take(("p",), "search.list")
    ledger.take(("p",), "search.list")
    assert other.today("p", "search").units == 2
    with pytest.raises(BucketEmptyError):
        other.take(("p",), "search.list")


def test_a_newer_ledger_is_left_alone(tmp_path, clock):
    path = tmp_path / "ledger.sqlite3"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9")
    with pytest.raises(StoreError, match="ledger version 9"):
        small(tmp_path, clock).take(("p",), "videos.list")


def test_a_place_that_cannot_be_written_is_a_full_error(clock):
    place = "/proc/loquitur"
    with pytest.raises((FullError, StoreError)) as caught:
        Ledger(Path(place) / "ledger.sqlite3", now=clock).take(("p",), "videos.list")
    assert place in caught.value.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_ledger_can_be_read_and_nothing_is_called(tmp_path, clock):
    ledger = small(tmp_path, clock)
    ledger.take(("p",), "captions.list")
    ledger.close()
    for item in tmp_path.iterdir():
        item.chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        assert ledger.today("p", "shared").left == 9_950
        with pytest.raises(FullError):
            ledger.take(("p",), "videos.list")
    finally:
        tmp_path.chmod(0o700)


def test_a_full_disk_is_a_full_error_and_nothing_is_counted(tmp_path, clock):
    ledger = small(tmp_path, clock)
    ledger.take(("p",), "videos.list")
    ledger._connection.execute("PRAGMA max_page_count = 1")
    with pytest.raises(FullError, match="no space left"):
        fill(ledger)


def fill(ledger):
    for number in range(5000):
        ledger.take((f"project-with-a-long-name-{number}" * 4,), "videos.list")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["search.list", "captions.insert", "captions.list", "videos.list",
                         "videos.batchGetStats", "liveChatMessages.list"]),
        st.integers(0, 7_200),
    ),
    max_size=60,
)  # fmt: skip


@hypothesis_settings(max_examples=30)
@given(steps=STEPS, start=st.sampled_from(["2026-11-01T00:00:00", "2026-03-08T00:00:00"]))
def test_no_bucket_is_ever_overdrawn(tmp_path_factory, steps, start):
    clock = Clock(utc(start))
    ledger = small(tmp_path_factory.mktemp("l"), clock, shared="900", search="3", statistics="2")
    truth = {}
    for project, method_id, wait_s in steps:
        clock.now_s += wait_s
        cost = costs.cost(method_id)
        key = (project, cost.bucket, pacific.day_of(clock.now_s))
        room = ledger.limits.of(project, cost.bucket) - truth.get(key, 0)
        try:
            ledger.take((project,), method_id)
        except BucketEmptyError:
            assert room < cost.units
        else:
            assert room >= cost.units
            truth[key] = truth.get(key, 0) + cost.units
    ledger.close()


def random_calls(path, seed, *, calls, start_s, span_s):
    """Calls spread over a span; gives what was granted, by (bucket, Pacific day)."""
    dice = random.Random(seed)
    clock = Clock(start_s)
    ledger = Ledger(path, limits=costs.limits(LOW), now=clock)
    methods = ["search.list", "captions.insert", "captions.download", "videos.list",
               "videos.batchGetStats", "commentThreads.list", "liveChatMessages.list"]  # fmt: skip
    moments = sorted(dice.uniform(0, span_s) for _ in range(calls))
    granted = {}
    for moment in moments:
        clock.now_s = start_s + moment
        method_id = dice.choice(methods)
        try:
            found = ledger.take(("p",), method_id)
        except BucketEmptyError:
            continue
        if dice.random() < 0.02:
            ledger.give_back(found)
            continue
        key = (found.bucket, found.day.isoformat())
        granted[key] = granted.get(key, 0) + found.units
    ledger.close()
    return granted


LOW = {"shared": "3000", "search": "40", "statistics": "60"}


@pytest.mark.slow
@pytest.mark.parametrize("start", ["2026-10-31T00:00:00", "2026-03-07T00:00:00"])
def test_ten_thousand_calls_over_a_clock_change_stay_within_every_bucket(tmp_path, start):
    granted = random_calls(
        tmp_path / "l.sqlite3", start, calls=10_000, start_s=utc(start), span_s=4 * 86_400
    )
    assert len({day for _, day in granted}) >= 4
    for (bucket, _), units in granted.items():
        assert units <= int(LOW.get(bucket, 10_000))
    # full days are used up to the last unit that fits
    assert (
        sum(1 for (bucket, _), units in granted.items() if bucket == "search" and units == 40) >= 3
    )


def _in_process(path, seed, start_s, queue):
    queue.put(random_calls(path, seed, calls=2_500, start_s=start_s, span_s=3 * 86_400))


@pytest.mark.slow
@pytest.mark.parametrize("start", ["2026-10-31T12:00:00", "2026-03-07T12:00:00"])
def test_four_processes_at_once_stay_within_every_bucket(tmp_path, start):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    path = tmp_path / "l.sqlite3"
    workers = [
        context.Process(target=_in_process, args=(path, f"{start}:{n}", utc(start), queue))
        for n in range(4)
    ]
    for worker in workers:
        worker.start()
    parts = [queue.get(timeout=200) for _ in workers]
    for worker in workers:
        worker.join()
    together = {}
    for part in parts:
        for key, units in part.items():
            together[key] = together.get(key, 0) + units
    for (bucket, _), units in together.items():
        assert units <= int(LOW.get(bucket, 10_000))
    with sqlite3.connect(path) as db:
        rows = {(b, d): u for b, d, u in db.execute("SELECT bucket, day, units FROM spent")}
    assert {key: units for key, units in rows.items() if units} == together


def test_threads_share_one_ledger(tmp_path, clock):
    ledger = small(tmp_path, clock, search="50")
    granted, refused = [], []

    def call():
        for _ in range(20):
            try:
                granted.append(ledger.take(("p",), "search.list"))
            except LoquiturError as exc:
                refused.append(exc)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(granted), len(refused)) == (50, 30)


def test_the_price_of_a_job(tmp_path, clock):
    ledger = small(tmp_path, clock)
    found = price({"search.list": 240, "videos.batchGetStats": 240}, ledger, ("a",))
    assert found.units == {"search": 240, "statistics": 240}
    assert (found.days, found.enough_today) == (3, False)
    assert price({"search.list": 240}, ledger, ("a", "b", "c")).days == 1
    for _ in range(60):
        ledger.take(("a",), "search.list")
    assert price({"search.list": 40}, ledger, ("a",)).enough_today
    assert price({"search.list": 41}, ledger, ("a",)).days == 2
    line = told(price({"search.list": 41}, ledger, ("a",)), clock())
    assert line.startswith("41 calls, 41 units of search (40 of 100 left today); 2 days, next at ")
    assert told(price({}, ledger, ("a",)), clock()) == "no calls needed"


def test_a_call_is_never_split_between_days_or_keys(tmp_path, clock):
    ledger = small(tmp_path, clock)
    publish = {"captions.list": 1, "captions.insert": 1}
    assert price(dict.fromkeys(publish, 22), ledger, ("a",)).units == {"shared": 9_900}
    assert price(dict.fromkeys(publish, 22), ledger, ("a",)).enough_today
    assert price({"captions.update": 22}, ledger, ("a",)).enough_today
    assert price({"captions.update": 23}, ledger, ("a",)).days == 2
    assert price({"captions.update": 44}, ledger, ("a", "b")).days == 1
    tiny = small(tmp_path, clock, shared="100")
    assert price({"captions.insert": 1}, tiny, ("a",)).days is None
    assert "never" in told(price({"captions.insert": 1}, tiny, ("a",)), clock())
    assert price({"videos.list": 10**12}, ledger, ("a",)).days == pytest.approx(10**8, abs=1)
