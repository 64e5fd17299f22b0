"""A live chat followed through the API, on the emulator, over HTTP."""

from __future__ import annotations

import itertools
import json
import time

import pytest
from chat_world import stage

from loquitur.emulator.live_chat import replay_lines
from loquitur.errors import InputError, LockedError, QuotaError
from loquitur.youtube.chat.following import Clock
from loquitur.youtube.chat.replay import Replay
from loquitur.youtube.chat.rooms import find_room
from loquitur.youtube.chat.table import FIELDS, row
from loquitur.youtube.complaints import ClosedError, GoneError
from loquitur.youtube.sessions import open_client


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("LOQUITUR_YOUTUBE_API_KEY", "LOQUITUR_YOUTUBE_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def ids(rows):
    return [each.id for each in rows]


@pytest.mark.parametrize("way", ["stream", "poll"])
def test_all_of_a_chat_once_until_it_is_over(tmp_path, way):
    with stage(tmp_path, begins_s=0.2, lasts_s=0.5) as show, show.log() as log:
        assert show.follow(log, way=way) == "ended"
        assert ids(log) == ids(show.truth)
        assert len(log) > 50
        assert not show.chats.early
        assert next(iter(log)).offset_ms == -15000  # the waiting room, before the start was known


def test_polling_is_never_earlier_than_asked(tmp_path):
    with stage(tmp_path, lasts_s=0.6, interval_ms=60) as show, show.log() as log:
        show.follow(log, way="poll")
        waited = [poll.waited_ms for poll in show.chats.polls if poll.waited_ms is not None]
    assert len(waited) >= 5
    assert min(waited) >= 60


@pytest.mark.parametrize("fault", ["drop_every", "error_every"])
def test_a_stream_that_breaks_goes_on_where_it_was(tmp_path, fault):
    with stage(tmp_path, lasts_s=0.7, interval_ms=20, **{fault: 3}) as show, show.log() as log:
        # A failure is waited for a second; the chat goes on meanwhile.
        clock = Clock(sleep=lambda s: time.sleep(min(s, 0.05)))
        assert show.follow(log, way="stream", clock=clock) == "ended"
        assert ids(log) == ids(show.truth)
        assert len(show.heard("trouble")) >= 2


def test_where_there_is_no_stream_it_is_polled(tmp_path):
    with stage(tmp_path, lasts_s=0.4) as show, show.log() as log:
        show.emulator.fault("liveChatMessages.stream", "not_built", times=9)
        assert show.follow(log) == "ended"
        assert ids(log) == ids(show.truth)
        assert "polling instead" in show.heard("way")[0]


def test_a_service_that_fails_is_asked_again(tmp_path):
    with stage(tmp_path, lasts_s=1.0) as show, show.log() as log:
        for at, kind in enumerate(["backend", "unavailable", "reset"], 2):
            show.emulator.fault("liveChatMessages.list", kind, at=at * 2, after=True)
        assert show.follow(log, way="poll") == "ended"
        assert ids(log) == ids(show.truth)
        assert not show.chats.early


def test_it_goes_on_after_a_stop_without_doubles(tmp_path):
    path = tmp_path / "chat.sqlite3"
    with stage(tmp_path, lasts_s=0.9) as show:
        with show.log(path) as log:
            assert show.follow(log, way="poll", most_s=0.25) == "stopped"
            some = len(log)
        with show.log(path) as log:
            assert len(log) == some
            assert show.follow(log, way="stream", most_s=0.15) == "stopped"
        with show.log(path) as log:
            assert show.follow(log, way="poll") == "ended"
            assert ids(log) == ids(show.truth)
            assert log.get("is_over") is True
        assert not show.chats.early


def test_what_the_last_run_was_told_to_wait_is_waited(tmp_path):
    path = tmp_path / "chat.sqlite3"
    with stage(tmp_path, lasts_s=3.0, interval_ms=300) as show:
        for _ in range(2):
            with show.log(path) as log:
                show.follow(log, way="poll", most_s=0.35)
        assert not show.chats.early
        assert len(show.chats.polls) == 3


def test_a_token_that_is_too_old_tells_what_is_missing(tmp_path):
    path = tmp_path / "chat.sqlite3"
    with stage(tmp_path, lasts_s=30, history=50, token_s=5.0) as show:
        with show.log(path) as log:
            show.follow(log, way="poll", most_s=0.3)
        show.emulator.move(6)
        with show.log(path) as log:
            show.follow(log, way="poll", most_s=0.3)
            (gap,) = log.gaps()
            found = [each.timestamp_us for each in log]
        missing = [event for event in show.truth if gap.from_us < event.stamp_us < gap.to_us]
        assert len(missing) > 400
        assert not set(found) & {event.stamp_us for event in missing}
        assert "may be missing" in show.heard("gap")[0]


def test_a_token_that_is_too_old_loses_nothing_where_the_newest_page_overlaps(tmp_path):
    path = tmp_path / "chat.sqlite3"
    with stage(tmp_path, lasts_s=30, per_minute=600, history=2000, token_s=5.0) as show:
        for _ in range(2):
            with show.log(path) as log:
                show.follow(log, way="stream", most_s=0.3)
                assert log.gaps() == []
                known = ids(log)
            show.emulator.move(6)
        assert known == ids(show.truth)[: len(known)]
        assert not show.heard("gap")


def test_a_spent_quota_stops_it_and_keeps_what_is_there(tmp_path):
    more = {"quota": {"shared": 26}}
    with stage(tmp_path, lasts_s=5, more=more) as show, show.log() as log:
        with pytest.raises(QuotaError):
            show.follow(log, way="poll")
        assert ids(log) == ids(show.truth)[: len(log)]
        assert len(log) > 30


def test_few_units_stretch_the_interval_and_it_is_said(tmp_path):
    slept: list[float] = []
    start = time.monotonic()
    left = itertools.count(500, -5)
    with (
        stage(tmp_path, lasts_s=100_000, per_minute=10, interval_ms=5000) as show,
        show.log() as log,
    ):

        def sleep(seconds):
            slept.append(seconds)
            show.emulator.move(seconds)

        clock = Clock(now=lambda: start + sum(slept), wall=show.emulator.world.now, sleep=sleep)
        show.follow(
            log, way="poll", most_s=7200, clock=clock, units_left=lambda: max(next(left), 5)
        )
        assert len(show.chats.polls) <= 101
        assert min(slept) > 60
        assert "units left today would not last" in show.heard("wait")[0]


@pytest.mark.parametrize(
    ("key", "error", "says"),
    [
        ("recorded stream", InputError, "the stream is over"),
        ("own talk", InputError, "not a stream"),
    ],
)
def test_what_has_no_chat_now_says_why(tmp_path, key, error, says):
    with stage(tmp_path) as show, open_client(show.settings) as client:
        from loquitur.youtube.chat.rooms import check_open

        video = next(v for v in show.chats.population.named if v.named.key == key)
        with pytest.raises(error, match=says):
            check_open(find_room(client, video.id))


def test_a_video_that_is_not_there_says_so(tmp_path):
    with (
        stage(tmp_path) as show,
        open_client(show.settings) as client,
        pytest.raises(GoneError, match="does not exist"),
    ):
        find_room(client, "AAAAAAAAAAA")


def test_a_chat_that_is_switched_off_says_so(tmp_path):
    with (
        stage(tmp_path, lasts_s=9, disabled=True) as show,
        show.log() as log,
        pytest.raises(ClosedError),
    ):
        show.follow(log)


def test_two_at_once_are_told(tmp_path):
    with stage(tmp_path) as show, show.log(tmp_path / "a") as log:
        assert len(log) == 0
        with pytest.raises(LockedError, match="another process"):
            show.log(tmp_path / "a")


SHARED = [field.column.name for field in FIELDS if field.known_by == "both"]
ALIKE = {"text", "paid", "sticker", "membership", "milestone", "gift_purchase",
         "gift_redemption", "mode_change"}  # fmt: skip


def table(rows, kinds=ALIKE):
    names = [field.column.name for field in FIELDS]
    cells = [dict(zip(names, row(each), strict=True)) for each in rows if each.type in kinds]
    return sorted(({name: each[name] for name in SHARED} for each in cells), key=lambda x: x["id"])


def test_the_rows_of_the_live_chat_are_those_of_its_replay(tmp_path):
    mix = {"ban": 0.02, "paid": 0.1, "gift_purchase": 0.03, "mode_change": 0.02, "milestone": 0.05}
    with stage(tmp_path, lasts_s=0.5, per_minute=120_000, mix=mix) as show:
        with show.log() as log:
            assert show.follow(log) == "ended"
            live = list(log)
        path = tmp_path / f"{show.video.id}.live_chat.json"
        path.write_bytes(b"".join(replay_lines(show.emulator.world, show.video.id)))
    replay = Replay(path)
    replayed = list(replay)
    assert {each.type for each in live} >= ALIKE
    assert table(live) == table(replayed)
    assert sum(each["is_deleted"] for each in table(live)) > 5
    assert replay.counts.duplicates > 10
    assert not replay.counts.unknown
    json.dumps([each.notice for each in live])
