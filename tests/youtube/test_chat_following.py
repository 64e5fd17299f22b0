"""A live chat followed through the API, on the emulator, over HTTP."""

from __future__ import annotations

import itertools
import json

import pytest
from chat_world import stage

from loquitur.emulator.live_chat import replay_lines
from loquitur.errors import InputError, LockedError, QuotaError, TransientError
from loquitur.youtube import pacific
from loquitur.youtube.complaints import ClosedError, GoneError
from loquitur.youtube.livechat.following import Clock
from loquitur.youtube.livechat.replay import Replay
from loquitur.youtube.livechat.rooms import find_room
from loquitur.youtube.livechat.table import FIELDS, row
from loquitur.youtube.sessions import open_client


def ids(rows):
    return [each.id for each in rows]


@pytest.mark.parametrize(("way", "hurry_s"), [("stream", 2.0), ("poll", 0.0)])
def test_all_of_a_chat_once_until_it_is_over(tmp_path, way, hurry_s):
    with stage(tmp_path, begins_s=1, hurry_s=hurry_s) as show, show.log() as log:
        assert show.follow(log, way=way) == "ended"
        assert ids(log) == ids(show.truth)
        assert len(log) > 150
        assert not show.chats.early
        assert next(iter(log)).offset_ms == -15000  # the waiting room, before the start was known


def test_polling_is_never_earlier_than_asked(tmp_path):
    with stage(tmp_path, lasts_s=0.5, interval_ms=60, per_minute=6000) as show, show.log() as log:
        show.follow(log, way="poll", clock=Clock())
        waited = [poll.waited_ms for poll in show.chats.polls if poll.waited_ms is not None]
    assert len(waited) >= 2
    assert min(waited) >= 60


@pytest.mark.parametrize("fault", ["drop_every", "error_every"])
def test_a_stream_that_breaks_goes_on_where_it_was(tmp_path, fault):
    with stage(tmp_path, hurry_s=2.0, **{fault: 2}) as show, show.log() as log:
        assert show.follow(log, way="stream") == "ended"
        assert ids(log) == ids(show.truth)
        assert len(show.heard("trouble")) >= 2


def test_where_there_is_no_stream_it_is_polled(tmp_path):
    with stage(tmp_path) as show, show.log() as log:
        show.emulator.fault("liveChatMessages.stream", "not_built", times=9)
        assert show.follow(log) == "ended"
        assert ids(log) == ids(show.truth)
        assert "polling instead" in show.heard("way")[0]


def test_a_service_that_fails_is_asked_again(tmp_path):
    with stage(tmp_path) as show, show.log() as log:
        for at, kind in ((2, "backend"), (5, "unavailable"), (7, "reset")):
            show.emulator.fault("liveChatMessages.list", kind, at=at, after=True)
        show.emulator.fault("liveChatMessages.list", "unavailable", at=9, times=8)
        assert show.follow(log, way="poll") == "ended"
        assert ids(log) == ids(show.truth)
        assert not show.chats.early
        assert "again in" in show.heard("trouble")[0]


def test_one_that_fails_for_too_long_is_given_up(tmp_path):
    with stage(tmp_path, lasts_s=90_000, per_minute=1) as show, show.log() as log:
        show.emulator.fault("liveChatMessages.list", "unavailable", at=3, times=500)
        with pytest.raises(TransientError):
            show.follow(log, way="poll")
        assert 900 < sum(show.slept) < 1100


def test_it_goes_on_after_a_stop_without_doubles(tmp_path):
    path = tmp_path / "chat.sqlite3"
    with stage(tmp_path, hurry_s=1.0) as show:
        with show.log(path) as log:
            assert show.follow(log, way="poll", most_s=7) == "stopped"
            some = len(log)
        with show.log(path) as log:
            assert len(log) == some > 0
            assert show.follow(log, way="stream", most_s=4) == "stopped"
        with show.log(path) as log:
            assert show.follow(log, way="poll") == "ended"
            assert ids(log) == ids(show.truth)
            assert log.get("is_over") is True
        assert not show.chats.early


@pytest.mark.parametrize("interval_s", [8, 90])
def test_what_the_last_run_was_told_to_wait_is_waited(tmp_path, interval_s):
    path = tmp_path / "chat.sqlite3"
    with stage(tmp_path, lasts_s=6000, interval_ms=interval_s * 1000) as show:
        for _ in range(3):
            with show.log(path) as log:
                show.follow(log, way="poll", once=True)
        assert not show.chats.early
        assert len(show.chats.polls) == 3
        assert (
            len([seconds for seconds in show.slept if interval_s - 3 < seconds <= interval_s]) == 2
        )


def test_a_token_that_is_too_old_tells_what_is_missing(tmp_path):
    path = tmp_path / "chat.sqlite3"
    with stage(tmp_path, lasts_s=6000, history=50, token_s=60.0) as show:
        with show.log(path) as log:
            show.follow(log, way="poll", most_s=10)
        show.emulator.move(100)
        with show.log(path) as log:
            show.follow(log, way="poll", most_s=10)
            (gap,) = log.gaps()
            found = {each.timestamp_us for each in log}
        missing = {event.stamp_us for event in show.truth} - found
        lost = {at for at in missing if gap.from_us < at < gap.to_us}
        assert len(lost) > 800
        assert {at for at in found if gap.from_us < at < gap.to_us} == set()
        assert "may be missing" in show.heard("gap")[0]


def test_a_token_that_is_too_old_loses_nothing_where_the_newest_page_overlaps(tmp_path):
    path = tmp_path / "chat.sqlite3"
    with stage(tmp_path, lasts_s=6000, per_minute=60, token_s=60.0, hurry_s=3.0) as show:
        for _ in range(2):
            with show.log(path) as log:
                show.follow(log, way="stream", most_s=10)
                assert log.gaps() == []
                known = ids(log)
            show.emulator.move(100)
        assert known == ids(show.truth)[: len(known)]
        assert len(known) > 100
        assert not show.heard("gap")


def test_a_spent_quota_stops_it_and_keeps_what_is_there(tmp_path):
    with stage(tmp_path, lasts_s=6000, quota=26) as show, show.log() as log:
        with pytest.raises(QuotaError):
            show.follow(log, way="poll")
        assert ids(log) == ids(show.truth)[: len(log)]
        assert len(log) > 30


def test_few_units_stretch_the_interval_and_it_is_said(tmp_path):
    left = itertools.count(500, -5)
    with (
        stage(tmp_path, lasts_s=200_000, per_minute=10, interval_ms=5000) as show,
        show.log() as log,
    ):
        now_s = show.emulator.world.now()
        show.emulator.move(pacific.reset_s(now_s) - now_s)  # else the units come back on the way
        show.follow(log, way="poll", most_s=7200, units_left=lambda: max(next(left), 5))
        assert len(show.chats.polls) <= 101
        assert min(show.slept[1:]) > 60
        assert "units left today would not last" in show.heard("wait")[1]


def test_units_are_not_saved_where_messages_would_be_lost(tmp_path):
    with (
        stage(tmp_path, lasts_s=600, per_minute=5000, interval_ms=5000) as show,
        show.log() as log,
    ):
        show.follow(log, way="poll", most_s=40, units_left=lambda: 10)
        assert ids(log) == ids(show.truth)[: len(log)]
        assert len(log) > 2_000
        assert 7 < max(show.slept) < 13


@pytest.mark.parametrize(
    ("key", "error", "says"),
    [
        ("recorded stream", InputError, "the stream is over"),
        ("own talk", InputError, "not a stream"),
    ],
)
def test_what_has_no_chat_now_says_why(tmp_path, key, error, says):
    with stage(tmp_path) as show, open_client(show.settings) as client:
        from loquitur.youtube.livechat.rooms import check_open

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
        pytest.raises(ClosedError, match=f"{show.video.id}: it is live, and its live chat is sw"),
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
    with stage(tmp_path, per_minute=3000, mix=mix, hurry_s=4.0) as show:
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
