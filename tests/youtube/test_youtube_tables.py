"""Tables of YouTube over real HTTP: the client, the collections and the emulator together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import loquitur as lq
from loquitur.emulator import Emulator
from loquitur.emulator.summary import world_summary
from loquitur.errors import InputError, QuotaError, TransientError
from loquitur.settings import resolve
from loquitur.youtube.collecting.channels import ChannelsOrder
from loquitur.youtube.collecting.comments import CommentsOrder
from loquitur.youtube.collecting.tally import Tally
from loquitur.youtube.complaints import UnavailableError
from loquitur.youtube.gathering import gathered
from loquitur.youtube.references import channel_reference
from loquitur.youtube.refreshing import refresh
from loquitur.youtube.retrying import Patience
from loquitur.youtube.searching.ordering import SearchOptions, SearchOrder
from loquitur.youtube.searching.query import Query
from loquitur.youtube.sessions import open_client

PLAN = {
    "defaults": False,
    "pool": 20,
    "quota": {"search": 1_000, "shared": 100_000},
    "keyword": [
        {"name": "comet", "videos": 620, "unfindable": 10, "since": "2025-11-01"},
        {"name": "tardigrade", "videos": 3, "since": "2026-10-20"},
        {"name": "heap", "videos": 700, "same_second": 550, "since": "2026-01-01"},
    ],
    "channel": [
        {"key": "studio", "title": "Studio & Sons", "handle": "@名前", "videos": 120, "user": "old",
         "subscribers": 12_345, "owned": True},
        {"key": "shy", "title": "Shy", "handle": "@shy_one", "subscribers_hidden": True,
         "videos": 3},
    ],
    "video": [
        {"key": "crowd", "title": "Crowd", "comments": 700},
        {"key": "dash", "id": "-b7KfXq3ZaE", "title": "=1+1 & <b>", "duration_s": 93_784,
         "comments": 12},
        {"key": "hidden", "title": "Hidden", "likes": "hidden", "comments": "disabled"},
        {"key": "quiet", "title": "Quiet", "comments": 0},
        {"key": "secret", "title": "Secret", "state": "private"},
        {"key": "gone", "title": "Gone", "state": "deleted"},
        {"key": "live", "title": "Live", "live": "live", "lasts_s": 9e6},
    ],
    "playlist": [
        {"key": "mixed", "title": "Mixed", "videos": ["dash", "gone", "secret", "dash", "crowd"]},
        {"key": "closed", "title": "Closed", "state": "private", "videos": ["dash"]},
    ],
}  # fmt: skip
LIMITS = {"search": "1000", "shared": "100000"}


@pytest.fixture(scope="module")
def world():
    """An emulator that all tests of this file read; those that change it start their own."""
    with Emulator(seed=1, plan=PLAN) as running:
        yield running


def settings_for(emulator, tmp_path, **more):
    given = {"youtube_endpoint": emulator.endpoint, "store": tmp_path / "store",
             "youtube_limits": LIMITS}  # fmt: skip
    return resolve(given | more, environ={"HOME": str(tmp_path)}).settings


@pytest.fixture
def settings(world, tmp_path):
    return settings_for(world, tmp_path)


@pytest.fixture
def ids(world):
    told = world_summary(world.world)
    return {**told["videos"], **told["channels"], **told["playlists"]}


def test_a_search_is_whole_typed_and_explained(world, settings):
    before = len(world.calls("search.list"))
    found = lq.youtube.search("comet", settings=settings)
    calls = len(world.calls("search.list")) - before
    assert len(found) == len(set(found["video_id"])) == 620
    assert calls <= 13 + 2  # an empty page is the service's
    assert set(found["matches_query"]) == {True}
    assert set(found["found_by"]) <= {"walk", "audit"}
    assert all(moment.tzinfo is UTC for moment in found["published_at"])
    assert not any("&amp;" in title for title in found["title"])
    coverage = found.about["coverage"]
    assert coverage["found"] == 620
    assert coverage["complete_run"]
    assert found.about["calls"] == {"search.list": calls}
    assert (
        "Videos were collected with the search of the YouTube Data API v3" in coverage["statement"]
    )
    assert "older than 60 days" in coverage["warnings"][0]
    assert lq.youtube.search("comet", settings=settings) == found  # nothing is asked again
    assert len(world.calls("search.list")) == before + calls


def test_titles_of_a_search_are_plain_text_wherever_they_are_read(tmp_path):
    title = "What's &nbsp; in R&D"
    plan = {**PLAN, "video": [*PLAN["video"], {"key": "odd", "title": title}]}
    with Emulator(seed=1, plan=plan) as emulator:
        settings = settings_for(emulator, tmp_path)
        found = lq.youtube.search("what's", settings=settings)
        assert (found["title"], found["matches_query"]) == ((title,), (True,))
        order = SearchOrder(
            query=Query(text="what's"), options=SearchOptions(), endpoint=emulator.endpoint
        )
        with (
            open_client(settings) as client,
            gathered(order, client, settings.store) as harvest,
        ):
            counts = refresh(Tally(client), harvest.collection, harvest.collection.now() + 1e6)
            assert counts == {"renewed": 1, "gone": 0}
            (row,) = harvest.rows()
        assert row[1] == title


def test_limits_are_kept_and_raised_later(world, settings):
    assert len(lq.youtube.search("comet", limit=120, settings=settings)) == 120
    spent = len(world.calls("search.list"))
    assert len(lq.youtube.search("comet", limit=100, settings=settings)) == 100
    assert len(world.calls("search.list")) == spent
    more = lq.youtube.search("comet", limit=400, settings=settings)
    assert len(more) == len(set(more["video_id"])) == 400
    assert len(world.calls("search.list")) - spent <= 7


def test_details_give_numbers_and_whole_words(settings):
    found = lq.youtube.search("tardigrade", details=True, settings=settings)
    assert found["status"] == ("ok",) * 3
    assert all(type(views) is int for views in found["views"])
    assert found["matches_query"] == (True,) * 3
    frame = found.to_pandas()
    assert frame["views"].describe()["count"] == 3
    assert found.about["calls"]["videos.list"] == 1


def test_a_second_that_is_not_shown_whole_is_told(settings):
    found = lq.youtube.search("heap", settings=settings)
    coverage = found.about["coverage"]
    assert len(coverage["saturated_seconds"]) == 1
    assert 600 <= len(found) < 700
    assert any("more videos than the service shows" in text for text in coverage["warnings"])


def test_a_spent_bucket_keeps_what_is_there_and_goes_on_the_next_day(tmp_path):
    plan = PLAN | {"quota": {"search": 6}}
    with Emulator(seed=1, plan=plan) as emulator:
        settings = settings_for(emulator, tmp_path, youtube_limits={"search": "6"})
        for day, rows in enumerate((290, 550)):
            with pytest.raises(QuotaError, match="videos are there") as caught:
                lq.youtube.search("comet", settings=settings)
            assert "run the same command again after" in caught.value.hint
            part = lq.youtube.search("comet", partial=True, settings=settings)
            assert len(part) >= rows, day
            assert part.about["complete"] is False
            emulator.move_to_next_day()
        whole = lq.youtube.search("comet", settings=settings)
        assert len(set(whole["video_id"])) == len(whole) == 620
        assert len(whole.about["days"]) == 3
        assert max(sum(day.values()) for day in whole.about["days"].values()) <= 6


@pytest.mark.slow
def test_an_index_that_forgets_is_estimated_by_runs_on_several_days(tmp_path):
    plan = PLAN | {"search": {"forget": 0.3}}
    with Emulator(seed=2, plan=plan) as emulator:
        settings = settings_for(emulator, tmp_path)
        one = lq.youtube.search("comet", settings=settings)
        assert len(one) < 590
        emulator.move(2 * 86_400)
        both = lq.youtube.search("comet", fresh=True, settings=settings)
        coverage = both.about["coverage"]
        truth = len(both) / 620
        assert coverage["basis"] == "runs"
        assert abs(coverage["coverage"] - truth) <= 0.05
        assert 0.4 < coverage["overlap_jaccard"] < 0.95
        assert set(both["runs_found"]) == {1, 2}
        assert "capture-recapture" in coverage["statement"]
        assert not any("within a day" in text for text in coverage["warnings"])


@pytest.mark.slow
def test_a_small_search_is_estimated_after_one_run_too(tmp_path):
    plan = {"defaults": False, "pool": 5, "quota": {"search": 1_000}, "search": {"forget": 0.3},
            "keyword": [{"name": "comet", "videos": 1_600, "since": "2025-11-01"}]}  # fmt: skip
    with Emulator(seed=1, plan=plan) as world:
        found = lq.youtube.search("comet", settings=settings_for(world, tmp_path))
        calls = len(world.calls("search.list"))
    coverage = found.about["coverage"]
    assert coverage["basis"] == "audit"
    assert coverage["coverage"] == pytest.approx(len(found) / 1_600, abs=0.05)
    assert calls <= len(found) / 50 + 25


def test_a_weak_walk_is_read_again_in_windows_and_both_readings_estimate(tmp_path):
    with Emulator(seed=2, plan=PLAN | {"search": {"forget": 0.4}}) as emulator:
        plain = SearchOrder(
            query=Query(text="comet"), options=SearchOptions(audit=0.0), endpoint=emulator.endpoint
        )
        weak, _ = gather(emulator, tmp_path, plain)
        thorough = SearchOptions(thorough=True)
        order = SearchOrder(query=Query(text="comet"), options=thorough, endpoint=emulator.endpoint)
        settings = settings_for(emulator, tmp_path)
        with (
            open_client(settings) as client,
            gathered(order, client, settings.store) as harvest,
        ):
            rows = list(harvest.rows())
            coverage = harvest.summary()["coverage"]
        assert len(weak) < len(rows)
        assert len({row[0] for row in rows}) == len(rows)
        assert coverage["basis"] == "windows"
        assert abs(coverage["coverage"] - len(rows) / 620) < 0.05
        assert not any("--thorough" in text for text in coverage["warnings"])


def test_videos_are_asked_for_fifty_a_call_with_a_status_for_each(world, settings, ids):
    before = len(world.calls("videos.list"))
    given = [f"https://youtu.be/{ids['dash']}?t=1", ids["secret"], "no such id", ids["hidden"],
             ids["dash"], "aaaaaaaaaaa", ids["live"]]  # fmt: skip
    found = lq.youtube.videos(given, settings=settings)
    assert len(world.calls("videos.list")) == before + 1
    assert found["video_id"] == (
        "-b7KfXq3ZaE", ids["secret"], "no such id", ids["hidden"], "aaaaaaaaaaa", ids["live"],
    )  # fmt: skip
    assert found["status"] == ("ok", "missing", "invalid", "ok", "missing", "ok")
    dash, _, _, hidden, _, live = found.rows()
    assert dash["title"] == "=1+1 & <b>"
    assert dash["duration_s"] == 93_784
    assert dash["like_rate_derived"] == dash["likes"] / dash["views"]
    assert dash["views_definition"] == "unified-2026-08-27"
    assert hidden["likes"] is None
    assert hidden["comments"] is None
    assert live["duration_s"] is None
    assert live["live"] == "live"
    assert {column.name for column in found.columns if column.derived} == {
        "like_rate_derived", "comment_rate_derived",
    }  # fmt: skip
    assert found.about["missing"] == [ids["secret"], "aaaaaaaaaaa"]
    with pytest.raises(InputError, match="not a video"):
        lq.youtube.videos(["nonsense"], settings=settings)


@pytest.mark.slow
def test_five_thousand_statistics_are_a_hundred_calls(world, settings):
    many = [f"{number:011d}" for number in range(5_000)]
    assert lq.youtube.videos(many, numbers=True, settings=settings).about["calls"] == {
        "videos.batchGetStats": 100
    }


def test_numbers_alone_are_the_same_numbers(settings, ids):
    some = [ids[name] for name in ("dash", "hidden", "crowd")]
    whole = lq.youtube.videos(some, settings=settings)
    alone = lq.youtube.videos(some, numbers=True, settings=settings)
    for name in ("video_id", "published_at", "duration_s", "likes", "comments"):
        assert alone[name] == whole[name], name
    assert alone.about["units"] == {"statistics": 1}


def test_numbers_fall_back_where_their_bucket_is_empty(tmp_path):
    with Emulator(seed=1, plan=PLAN) as emulator:
        settings = settings_for(emulator, tmp_path, youtube_limits={"statistics": "0"})
        found = lq.youtube.videos("-b7KfXq3ZaE", numbers=True, settings=settings)
        assert found["status"] == ("ok",)
        assert found.about["calls"] == {"videos.list": 1}


@pytest.mark.parametrize(
    "given", ["@名前", "https://www.youtube.com/@%E5%90%8D%E5%89%8D/videos",
              "https://www.youtube.com/user/old", "studio", "https://youtu.be/-b7KfXq3ZaE",
              "-b7KfXq3ZaE"],
)  # fmt: skip
def test_a_channel_is_listed_through_its_uploads(settings, ids, given):
    given = ids["studio"] if given == "studio" else given
    found = lq.youtube.channel(given, settings=settings)
    (told,) = found.about["channels"]
    assert told["channel_id"] == ids["studio"]
    assert told["title"] == "Studio & Sons"
    assert told["subscribers"] == 12_300
    assert len(found) == told["videos_listed"] == told["videos_counted"]
    assert set(found["status"]) == {"ok"}
    calls = sum(found.about["calls"].values())
    more = {"https://youtu.be/-b7KfXq3ZaE": 1, "-b7KfXq3ZaE": 2}
    assert calls == found.about["least_calls"] + more.get(given, 0)


def test_channels_that_never_were_are_refreshed_without_a_call(settings, world):
    order = ChannelsOrder(
        given=[channel_reference(name) for name in ("@nobody.one", "@nobody.two")],
        videos=False, endpoint=world.endpoint,
    )  # fmt: skip
    with (
        open_client(settings) as client,
        gathered(order, client, settings.store) as harvest,
    ):
        assert [row[0] for row in harvest.rows()] == ["@nobody.one", "@nobody.two"]
        found = refresh(Tally(client), harvest.collection, harvest.collection.now() + 1e6)
    assert found == {"renewed": 0, "gone": 2}


def test_hidden_subscribers_are_missing_and_channels_that_are_not_stop_none(settings):
    found = lq.youtube.channel(["@shy_one", "@nobody.here"], videos=False, settings=settings)
    assert found["status"] == ("ok", "missing")
    assert found["subscribers"] == (None, None)
    assert found["videos"][0] == 3
    with pytest.raises(InputError, match="no channel answers"):
        lq.youtube.channel("@nobody.here", settings=settings)
    with pytest.raises(InputError, match="custom"):
        lq.youtube.channel("https://www.youtube.com/c/custom", settings=settings)


def test_a_playlist_keeps_its_order_its_doubles_and_its_gaps(settings, ids):
    found = lq.youtube.playlist([ids["mixed"], ids["closed"]], settings=settings)
    assert found["position"] == (0, 1, 2, 3, 4)
    assert [found["video_id"][at] for at in (0, 3)] == ["-b7KfXq3ZaE"] * 2
    assert found["status"] == ("ok", "missing", "private", "ok", "ok")
    assert found["published_at"][1] is None
    assert found["added_at"][1] < datetime.now(UTC)
    assert [one["status"] for one in found.about["playlists"]] == ["ok", "closed"]


def test_comments_come_with_all_replies_and_both_counts(settings, ids):
    wanted = [ids[name] for name in ("crowd", "hidden", "quiet", "secret", "dash")]
    found = lq.youtube.comments(wanted, settings=settings)
    told = {one["video_id"]: one for one in found.about["videos"]}
    assert [told[ident]["status"] for ident in wanted] == [
        "ok", "disabled", "ok", "missing", "ok",
    ]  # fmt: skip
    assert told[ids["crowd"]]["comments_listed"] == 700
    assert told[ids["crowd"]]["comments_counted"] >= 700
    assert len(found) == len(set(found["comment_id"])) == 712
    tops: dict[str, int] = {}
    last = ""
    for row in found.rows():
        if row["is_reply"]:
            assert row["parent_id"] == last  # right behind what it answers
            tops[last] -= 1
        else:
            last = row["comment_id"]
            tops[last] = row["replies"]
    assert set(tops.values()) == {0}
    assert found.about["least_calls"] == sum(found.about["calls"].values())
    assert "<br>" not in "".join(found["text"])


def gather(emulator, tmp_path, order):
    """The rows of an order, by a client that waits for nothing, and why it stopped."""
    settings = settings_for(emulator, tmp_path)
    quick = Patience(retries=1, sleep=lambda _: None)
    with (
        open_client(settings, patience=quick) as client,
        gathered(order, client, settings.store, now=client.purse.ledger.now) as harvest,
    ):
        return list(harvest.rows()), harvest.stopped


@pytest.mark.slow
def test_comments_survive_dead_tokens_and_failures_in_the_middle(tmp_path):
    with Emulator(seed=1, plan=PLAN) as emulator:
        order = CommentsOrder(given=[_crowd(emulator)], endpoint=emulator.endpoint)
        whole, stopped = gather(emulator, tmp_path / "whole", order)
        assert stopped is None
        # one page fails for as long as its token is asked for: the page before gives a new one
        emulator.fault("commentThreads.list", "processing_failure", at=3, times=2)
        rows, stopped = gather(emulator, tmp_path / "back", order)
        assert stopped is None
        assert {row[0] for row in rows} == {row[0] for row in whole}
        emulator.fault("commentThreads.list", "processing_failure", at=4, times=40)
        part, stopped = gather(emulator, tmp_path / "late", order)
        assert isinstance(stopped, TransientError)
        assert 0 < len(part) < len(whole)
        emulator.front.desk.faults.forget()
        emulator.move(12 * 3600)  # its page token is dead by now
        late, stopped = gather(emulator, tmp_path / "late", order)
        assert stopped is None
        assert [row[0] for row in late] == [row[0] for row in whole]


class LongThread:
    """One thread with 500 replies, each page of which fails once."""

    def __init__(self):
        self.failed = set()

    def call(self, method_id, /, *, body=None, **given):
        assert body is None
        if method_id == "videos.list":
            return {"items": [{"id": given["id"][0], "statistics": {"commentCount": "501"}}]}
        if method_id == "commentThreads.list":
            top = {"id": "top", "snippet": {"textDisplay": "?"}}
            return {"items": [{"snippet": {"topLevelComment": top, "totalReplyCount": 500}}]}
        page = int(given.get("pageToken", "0"))
        if page and page not in self.failed:
            self.failed.add(page)
            raise UnavailableError("failed", reason="processingFailure", status=400)
        items = [{"id": f"top.{page}{at:02}", "snippet": {}} for at in range(100)]
        return {"items": items} | ({"nextPageToken": str(page + 1)} if page < 4 else {})


def test_failures_with_pages_between_them_are_not_in_a_row(tmp_path):
    order = CommentsOrder(given=["-b7KfXq3ZaE"])
    with gathered(order, LongThread(), tmp_path) as harvest:
        assert harvest.stopped is None
        assert len(list(harvest.rows())) == 501


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_random_faults_change_no_row(tmp_path, rate):
    with Emulator(seed=3, plan=PLAN) as emulator:
        order = SearchOrder(
            query=Query(text="comet"), options=SearchOptions(), endpoint=emulator.endpoint
        )
        whole, _ = gather(emulator, tmp_path / "whole", order)
        emulator.front.desk.faults.rate = rate
        rows: list = []
        for _ in range(60):
            rows, stopped = gather(emulator, tmp_path / "faulty", order)
            if stopped is None:
                break
        assert {row[0] for row in rows} == {row[0] for row in whole}
        assert len(rows) == len(whole)


def _crowd(emulator):
    return world_summary(emulator.world)["videos"]["crowd"]
