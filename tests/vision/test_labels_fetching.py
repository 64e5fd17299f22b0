"""YouTube-8M from a local mirror: what comes is whole and right, whatever the mirror does."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import (
    FullError,
    InputError,
    LockedError,
    RemoteError,
    UsageError,
)
from loquitur.media.transfer import FetchOptions, Pace
from loquitur.testing.shard_server import Fault, ShardServer, shard_server
from loquitur.vision.labels.fetching import bringing, place, sizes
from loquitur.vision.labels.fetching.bringing import fetch_shards
from loquitur.vision.labels.fetching.mirrors import mirror_at, official
from loquitur.vision.labels.fetching.orders import FetchOrder, FetchReport, Survey
from loquitur.vision.labels.fetching.plan import PlannedShard, parse_plan, share_of

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 300_000
ONE = "/frame/train/train00.tfrecord"
QUICK = Pace(sleep=lambda seconds: None, jitter=lambda low, high: 0.0)


def shards(many: int, *, part: str = "train", seed: int = 0) -> dict[str, bytes]:
    dice = random.Random(seed)
    return {f"{part}{at:02d}.tfrecord": dice.randbytes(SIZE + at) for at in range(many)}


@pytest.fixture
def server() -> Iterator[ShardServer]:
    with shard_server() as served:
        yield served


def fetched(server: ShardServer, folder: Path, **more: Any) -> FetchReport:
    changes = {name: more.pop(name) for name in ("options", "listener", "dry_run") if name in more}
    given: dict[str, Any] = {"level": "frame", "parts": ("train",)}
    given |= {"mirrors": (mirror_at(server.url),)} | more
    return fetch_shards(FetchOrder(**given), folder, pace=QUICK, **changes)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.tfrecord")}


def parts_left(folder: Path) -> list[Path]:
    return list((folder / ".fetch").glob("*.part"))


def test_all_shards_come_and_are_not_asked_for_again(server: ShardServer, tmp_path: Path) -> None:
    made = shards(5)
    server.add("frame", "train", made)
    report = fetched(server, tmp_path)
    assert report.counts() == {"fetched": 5}
    assert content(tmp_path) == made
    assert report.survey.estimate.total_bytes == sum(map(len, made.values()))
    server.asked.clear()
    again = fetched(server, tmp_path)
    assert again.counts() == {"here": 5}
    assert [path for path, _ in server.asked] == ["/download_plans/frame_train.json"]
    assert not parts_left(tmp_path)


FAULTS = {
    "a busy server": [Fault(status=429, headers={"Retry-After": "1"}), Fault(status=503)],
    "cut": [Fault(cut=100_000), Fault(cut=70_000)],
    "cut at once": [Fault(cut=0)],
    "one wrong byte": [Fault(flip=150_000)],
    "says more than there is": [Fault(longer_by=1000)],
    "says less than there is": [Fault(longer_by=-1000)],
    "says nothing and is cut": [Fault(unsized=True, cut=120_000)],
    "a cut, then a wrong byte before it": [Fault(cut=100_000, flip=5)],
    "a huge lie": [Fault(headers={"Content-Length": str(1 << 50)})],
    "slow": [Fault(delay_s=0.02)],
}


@pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
def test_whatever_the_mirror_does_the_bytes_are_right(
    server: ShardServer, tmp_path: Path, faults: list[Fault]
) -> None:
    made = shards(2)
    server.add("frame", "train", made)
    server.faults[ONE] = list(faults)
    report = fetched(server, tmp_path)
    if faults[0].headers.get("Content-Length"):  # no shard is as large: it is not believed
        assert report.counts() == {"failed": 1, "fetched": 1}
        report = fetched(server, tmp_path)
    assert content(tmp_path) == made
    assert {row.state for row in report.rows} <= {"fetched", "here"}
    assert not server.faults[ONE]


PLAN = "/download_plans/frame_train.json"


@pytest.mark.parametrize("path", [PLAN, ONE.replace("00", "01")])
def test_an_encoding_that_is_named_empty_or_identity_is_none(
    server: ShardServer, tmp_path: Path, path: str
) -> None:
    made = shards(2)
    server.add("frame", "train", made)
    for said in ("", " Identity "):
        server.faults[path] = [Fault(headers={"Content-Encoding": said})]
        folder = tmp_path / (said.strip() or "empty")
        assert fetched(server, folder).counts() == {"fetched": 2}
        assert content(folder) == made
        assert not server.faults[path]


def test_an_encoded_answer_is_refused(server: ShardServer, tmp_path: Path) -> None:
    made = shards(2)
    server.add("frame", "train", made)
    encoded = Fault(headers={"Content-Encoding": "gzip"})
    server.faults[PLAN] = [encoded]
    with pytest.raises(RemoteError, match="compresses what it was asked for as is"):
        fetched(server, tmp_path)
    server.faults[ONE] = [encoded] * 9
    assert fetched(server, tmp_path).counts() == {"failed": 1, "fetched": 1}


@pytest.mark.parametrize("said", ["bytes 5-9/{total}", "bytes {begin}-{last}/999999999"])
def test_a_server_that_contradicts_itself_is_not_asked_for_ever(
    server: ShardServer, tmp_path: Path, said: str
) -> None:
    """Each first half is a gain, each second one a lie: gains must not make it patient again."""
    made = shards(1)
    server.add("frame", "train", made)
    total = len(next(iter(made.values())))
    lie = said.format(begin=131_072, last=total - 1, total=total)
    server.faults[ONE] = [Fault(cut=131_072, headers={"Content-Range": lie})] * 60
    report = fetched(server, tmp_path)
    assert report.counts() == {"failed": 1}
    assert len([path for path, _ in server.asked if path == ONE]) <= 6
    server.faults.clear()
    assert fetched(server, tmp_path).counts() == {"fetched": 1}
    assert content(tmp_path) == made


def test_a_cut_goes_on_where_it_stopped(server: ShardServer, tmp_path: Path) -> None:
    made = shards(1)
    server.add("frame", "train", made)
    server.faults[ONE] = [Fault(cut=131_072)]
    fetched(server, tmp_path)
    begins = [begin for path, begin in server.asked if path == ONE]
    assert begins[-1] == 131_072
    assert content(tmp_path) == made


def test_without_ranges_it_begins_again(server: ShardServer, tmp_path: Path) -> None:
    made = shards(1)
    server.add("frame", "train", made)
    server.ranges = False
    server.faults[ONE] = [Fault(cut=131_072)]
    assert fetched(server, tmp_path).counts() == {"fetched": 1}
    assert content(tmp_path) == made


def test_wrong_bytes_each_time_are_never_kept(server: ShardServer, tmp_path: Path) -> None:
    made = shards(2)
    server.add("frame", "train", made)
    server.files[ONE] = b"x" * SIZE  # the plan says another MD5
    report = fetched(server, tmp_path)
    assert {row.name: row.state for row in report.rows} == {
        "train00.tfrecord": "failed",
        "train01.tfrecord": "fetched",
    }
    assert "other bytes than the plan says" in report.rows[0].reason
    assert set(content(tmp_path)) == {"train01.tfrecord"}
    assert not parts_left(tmp_path)


def test_another_mirror_takes_over(server: ShardServer, tmp_path: Path) -> None:
    made = shards(6)
    server.add("frame", "train", made)
    with shard_server() as broken:
        broken.files = dict(server.files)
        for path in [path for path in broken.files if path.startswith("/frame")]:
            broken.faults[path] = [Fault(status=500)] * 99
        mirrors = (mirror_at(broken.url), mirror_at(server.url))
        report = fetched(server, tmp_path, mirrors=mirrors, options=FetchOptions(retries=1))
    assert content(tmp_path) == made
    assert {row.mirror for row in report.rows} == {server.url}


def test_a_half_from_one_mirror_is_ended_by_another(server: ShardServer, tmp_path: Path) -> None:
    made = shards(1)
    server.add("frame", "train", made)
    with shard_server() as stops:
        stops.files = dict(server.files)
        stops.faults[ONE] = [Fault(cut=200_000)] + [Fault(status=500)] * 9
        mirrors = (mirror_at(stops.url), mirror_at(server.url))
        fetched(server, tmp_path, mirrors=mirrors, options=FetchOptions(retries=1))
    assert content(tmp_path) == made
    first = next(begin for path, begin in server.asked if path == ONE)
    assert first >= 131_072


def test_a_mirror_that_is_gone_is_left_alone(server: ShardServer, tmp_path: Path) -> None:
    made = shards(40)
    server.add("frame", "train", made)
    for path in [path for path in server.files if path.startswith("/frame")]:
        server.faults[path] = [Fault(status=500)] * 99
    report = fetched(server, tmp_path, options=FetchOptions(retries=0))
    counts = report.counts()
    assert counts["not-asked"] > 25
    assert counts["failed"] < 12
    assert content(tmp_path) == {}


def test_a_plan_that_changed_replaces_what_changed_alone(
    server: ShardServer, tmp_path: Path
) -> None:
    made = shards(3)
    server.add("frame", "train", made)
    fetched(server, tmp_path)
    made["train01.tfrecord"] = b"another" * 1000
    server.add("frame", "train", made)
    server.faults["/frame/train/train01.tfrecord"] = [Fault(status=404)]
    server.asked.clear()
    report = fetched(server, tmp_path)
    assert report.survey.changed == ("train01.tfrecord",)
    assert report.counts() == {"here": 2, "failed": 1}
    assert content(tmp_path)["train01.tfrecord"] == shards(3)["train01.tfrecord"]  # not lost
    assert fetched(server, tmp_path).counts() == {"here": 2, "fetched": 1}
    assert content(tmp_path) == made


def test_a_half_of_an_old_version_is_not_joined_to_a_new_one(
    server: ShardServer, tmp_path: Path
) -> None:
    made = shards(1)
    server.add("frame", "train", made)
    server.faults[ONE] = [Fault(cut=200_000), Fault(status=404)]
    assert fetched(server, tmp_path).counts() == {"failed": 1}
    assert len(parts_left(tmp_path)) == 1
    made = shards(1, seed=7)
    server.add("frame", "train", made)
    fetched(server, tmp_path)
    assert content(tmp_path) == made
    assert not parts_left(tmp_path)


def test_a_shard_that_was_spoilt_here_is_fetched_again(server: ShardServer, tmp_path: Path) -> None:
    made = shards(2)
    server.add("frame", "train", made)
    fetched(server, tmp_path)
    path = tmp_path / "train00.tfrecord"
    path.write_bytes(path.read_bytes()[:-5])
    assert fetched(server, tmp_path).counts() == {"here": 1, "fetched": 1}
    assert content(tmp_path) == made


def test_silent_damage_is_found_where_asked_for(server: ShardServer, tmp_path: Path) -> None:
    import os

    made = shards(1)
    server.add("frame", "train", made)
    fetched(server, tmp_path)
    path = tmp_path / "train00.tfrecord"
    state = path.stat()
    path.write_bytes(b"?" + path.read_bytes()[1:])
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert fetched(server, tmp_path, verify=True).counts() == {"fetched": 1}
    assert content(tmp_path) == made


def test_a_share_and_a_bound(server: ShardServer, tmp_path: Path) -> None:
    made = shards(10)
    server.add("frame", "train", made)
    report = fetched(server, tmp_path, share=(2, 4), parallel=1)
    assert sorted(content(tmp_path)) == ["train01.tfrecord", "train05.tfrecord", "train09.tfrecord"]
    assert report.counts() == {"fetched": 3}
    bound = fetched(server, tmp_path / "b", limit_bytes=2 * SIZE + 100, parallel=4)
    assert bound.counts() == {"fetched": 2, "not-asked": 8}
    assert sum(map(len, content(tmp_path / "b").values())) <= 2 * SIZE + 100


def test_a_look_fetches_nothing(server: ShardServer, tmp_path: Path) -> None:
    server.add("frame", "train", shards(3))
    report = fetched(server, tmp_path, dry_run=True)
    assert report.survey.chosen == 3
    assert report.survey.coming_bytes == report.survey.estimate.total_bytes > 3 * SIZE
    assert content(tmp_path) == {}


def test_of_many_shards_some_are_asked_for_their_size(server: ShardServer, tmp_path: Path) -> None:
    server.add("frame", "train", shards(60))
    found = fetched(server, tmp_path, dry_run=True).survey.estimate
    assert 1 < found.asked <= sizes.MOST_ASKED
    assert not found.is_exact
    assert abs(found.total_bytes - 60 * SIZE) < 60 * 100


def test_a_disk_without_room_is_told_before_anything_comes(
    server: ShardServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.add("frame", "train", shards(3))
    monkeypatch.setattr(place.Place, "free_bytes", lambda self: bringing.RESERVE_BYTES + SIZE)
    told: list[Survey] = []

    class Told(bringing.Unheard):
        def surveyed(self, survey: Survey) -> None:
            told.append(survey)

    with pytest.raises(FullError, match="are to come") as caught:
        fetched(server, tmp_path, listener=Told())
    assert "--shard" in caught.value.hint
    assert told[0].free_bytes == bringing.RESERVE_BYTES + SIZE
    assert not [path for path, _ in server.asked if path == ONE][1:]
    assert content(tmp_path) == {}


def test_a_disk_that_fills_up_stops_all_and_loses_nothing(
    server: ShardServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = shards(6)
    server.add("frame", "train", made)
    left = [1 << 40]
    monkeypatch.setattr(place.Place, "free_bytes", lambda self: left[0])

    class Filling(bringing.Unheard):
        def settled(self, row: object) -> None:
            left[0] = 0

    with pytest.raises(FullError, match="are free"):
        fetched(server, tmp_path, listener=Filling(), parallel=1)
    some = content(tmp_path)
    assert some
    assert all(made[name] == data for name, data in some.items())
    left[0] = 1 << 40
    fetched(server, tmp_path)
    assert content(tmp_path) == made


FULL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from loquitur.errors import FullError
from loquitur.vision.labels.fetching.bringing import fetch_shards
from loquitur.vision.labels.fetching.mirrors import mirror_at
from loquitur.vision.labels.fetching.orders import FetchOrder
order = FetchOrder(level="frame", parts=("train",), mirrors=(mirror_at(sys.argv[1]),), parallel=1)
try:
    fetch_shards(order, sys.argv[2])
except FullError as error:
    print(error.message, "|", error.hint)
"""


def test_a_write_that_fails_keeps_what_came(server: ShardServer, tmp_path: Path) -> None:
    made = shards(2)
    server.add("frame", "train", made)
    command = [sys.executable, "-c", FULL, server.url, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "size limit" in said
    assert "the same command goes on" in said
    assert content(tmp_path) == {}
    (part,) = parts_left(tmp_path)
    assert 0 < part.stat().st_size <= 200_000
    server.asked.clear()
    fetched(server, tmp_path)
    assert content(tmp_path) == made
    assert any(begin > 1 for path, begin in server.asked if path == ONE)


def test_what_has_to_be_read_is_told(server: ShardServer, tmp_path: Path) -> None:
    made = shards(3)
    server.add("frame", "train", made)
    for name, data in made.items():
        (tmp_path / name).write_bytes(data)  # brought by another program
    told: list[tuple[int, int]] = []

    class Reading(bringing.Unheard):
        def reading(self, shards: int, size_bytes: int) -> None:
            told.append((shards, size_bytes))

    assert fetched(server, tmp_path, listener=Reading()).counts() == {"here": 3}
    assert fetched(server, tmp_path, listener=Reading()).counts() == {"here": 3}
    assert told == [(3, sum(map(len, made.values())))]


def test_two_processes_do_not_fetch_into_one_folder(server: ShardServer, tmp_path: Path) -> None:
    server.add("frame", "train", shards(1))
    with place.Place(tmp_path).held(), pytest.raises(LockedError, match="another process"):
        fetched(server, tmp_path)


BAD_PLANS = {
    "no JSON": b"<html>captive portal</html>",
    "a list": b"[1, 2]",
    "no files": b'{"shards": {}}',
    "empty": b'{"files": {}}',
    "a path": b'{"files": {"train/../../x.tfrecord": "%s"}}' % (b"0" * 32),
    "an absolute path": b'{"files": {"/etc/passwd": "%s"}}' % (b"0" * 32),
    "another part": b'{"files": {"validate00.tfrecord": "%s"}}' % (b"0" * 32),
    "no MD5": b'{"files": {"train00.tfrecord": "zz"}}',
    "not UTF-8": b'{"files": {"train\xff0.tfrecord": 1}}',
    "nothing": b"",
}


@pytest.mark.parametrize("data", BAD_PLANS.values(), ids=BAD_PLANS)
def test_a_garbage_plan_is_refused(server: ShardServer, tmp_path: Path, data: bytes) -> None:
    server.add("frame", "train", shards(1))
    server.files["/download_plans/frame_train.json"] = data
    with pytest.raises(InputError, match="frame_train"):
        fetched(server, tmp_path)
    assert content(tmp_path) == {}


def test_a_plan_that_is_gone_is_that_of_the_last_run(server: ShardServer, tmp_path: Path) -> None:
    made = shards(2)
    server.add("frame", "train", made)
    fetched(server, tmp_path, share=(1, 2))
    del server.files["/download_plans/frame_train.json"]
    report = fetched(server, tmp_path)
    assert content(tmp_path) == made
    assert "that of the last run" in report.survey.notes[0]
    with pytest.raises(RemoteError, match="404"):
        fetched(server, tmp_path / "other")


def test_what_lies_there_and_is_in_no_plan_stays(server: ShardServer, tmp_path: Path) -> None:
    server.add("frame", "train", shards(1))
    (tmp_path / "trainZZ.tfrecord").write_bytes(b"mine")
    report = fetched(server, tmp_path)
    assert report.survey.foreign == ("trainZZ.tfrecord",)
    assert (tmp_path / "trainZZ.tfrecord").read_bytes() == b"mine"


def test_a_name_inside_the_own_network_is_asked_where_the_user_said_so(
    server: ShardServer, tmp_path: Path
) -> None:
    server.add("frame", "train", shards(1))
    inside = dataclasses.replace(mirror_at(server.url), trusted=False)
    with pytest.raises(InputError, match="private network"):
        fetched(server, tmp_path, mirrors=(inside,))
    options = FetchOptions(allow_private=True)
    assert fetched(server, tmp_path, mirrors=(inside,), options=options).counts() == {"fetched": 1}


CHILD = """
import sys
from pathlib import Path
from loquitur.vision.labels.fetching.bringing import fetch_shards
from loquitur.vision.labels.fetching.mirrors import mirror_at
from loquitur.vision.labels.fetching.orders import FetchOrder
order = FetchOrder(level="frame", parts=("train",), mirrors=(mirror_at(sys.argv[1]),), parallel=2)
print(fetch_shards(order, Path(sys.argv[2])).counts())
"""


@pytest.mark.parametrize(
    ("many", "turns"), [(3, 2), pytest.param(8, 20, marks=pytest.mark.slow)], ids=["once", "often"]
)
def test_killed_again_and_again_no_byte_is_wrong(
    server: ShardServer, tmp_path: Path, many: int, turns: int
) -> None:
    made = shards(many)
    server.add("frame", "train", made)
    server.chance = 0.2  # bad bytes, cuts and 503 on top of it
    for path in made:
        server.faults[f"/frame/train/{path}"] = [Fault(delay_s=0.02)] * 3
    folder = tmp_path / "data"
    kills = 0
    for turn in range(turns):
        child = subprocess.Popen([sys.executable, "-c", CHILD, server.url, str(folder)])
        seen = len(server.asked)
        until = time.monotonic() + 30
        while child.poll() is None and len(server.asked) < seen + 4 + turn:
            assert time.monotonic() < until
            time.sleep(0.01)
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
            kills += 1
        child.wait()
        for name, data in content(folder).items():
            assert data == made[name]  # what has a shard's name is that shard, at any moment
        if len(content(folder)) == len(made):
            break
    server.chance = 0.0
    fetched(server, folder)
    assert content(folder) == made
    assert kills


@given(many=st.integers(1, 300), n=st.integers(1, 40))
def test_shares_are_all_shards_each_once(many: int, n: int) -> None:
    plan = tuple(PlannedShard(part="train", name=f"{at:04d}", md5="") for at in range(many))
    found = [one.name for k in range(1, n + 1) for one in share_of(plan, k, n)]
    assert sorted(found) == [one.name for one in plan]


@given(data=st.binary(max_size=200))
def test_no_bytes_crash_the_reader_of_plans(data: bytes) -> None:
    with pytest.raises(InputError):
        parse_plan(data, "frame", "train", where="here")


def test_the_names_of_a_plan_are_those_of_the_site() -> None:
    md5 = hashlib.md5(b"", usedforsecurity=False).hexdigest()
    names = ["train00.tfrecord", "trainzZ.tfrecord", "trainA9.tfrecord"]
    found = parse_plan(
        json.dumps({"files": dict.fromkeys(names, md5.upper())}).encode(),
        "frame",
        "train",
        where="here",
    )
    assert [one.name for one in found] == sorted(names)
    assert {one.md5 for one in found} == {md5}
    where = official("asia").shard_url("frame", found[0])
    assert where == "http://asia.data.yt8m.org/2/frame/train/train00.tfrecord"
    plan = official("eu").plan_url("video", "test")
    assert plan == "http://data.yt8m.org/2/download_plans/video_test.json"


def test_orders_of_what_there_is_not() -> None:
    with pytest.raises(UsageError, match="'us1'"):
        official("us1")
    with pytest.raises(UsageError, match="no part"):
        FetchOrder(level="frame", parts=("validation",))
    with pytest.raises(UsageError, match="no share"):
        share_of((), 0, 3)
