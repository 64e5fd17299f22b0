"""A collection: a page is kept whole or not at all, one process at a time, old rows go."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loquitur.errors import CorruptError, FullError, LockedError, StoreError, UsageError
from loquitur.youtube.collecting import listings, shelf
from loquitur.youtube.collecting.collection import Collection
from loquitur.youtube.collecting.job import Job

JOB = Job(verb="videos", arguments={"ids": ["a"], "numbers": False})
DAY = 86_400.0


@pytest.fixture
def clock():
    class Clock:
        at = 1_790_000_000.0

        def __call__(self):
            return self.at

    return Clock()


@pytest.fixture
def collection(tmp_path, clock):
    with Collection(JOB.path(tmp_path), JOB, now=clock) as found:
        found.begin()
        yield found


def put(collection, *idents, kind="video", calls=1, **more):
    with collection.page() as page:
        for ident in idents:
            page.put(kind, ident, {"n": ident, **more})
        page.place("walk", {"last": idents[-1]})
        page.spend({"videos.list": calls})


def test_the_same_job_is_the_same_collection_and_another_is_not():
    same = Job(verb="videos", arguments={"numbers": False, "ids": ["a"]})
    assert JOB.key == same.key
    others = [
        Job(verb="channel", arguments=JOB.arguments),
        Job(verb="videos", arguments={"ids": ["b"], "numbers": False}),
        Job(verb="videos", arguments=JOB.arguments, endpoint="http://127.0.0.1:1"),
    ]
    assert len({JOB.key, *(job.key for job in others)}) == 4


def test_rows_are_there_once_in_the_order_in_which_they_came(collection):
    put(collection, "b", "a")
    put(collection, "a", "c", more="new")
    assert [row.id for row in collection.rows("video")] == ["b", "a", "c"]
    assert collection.get("video", "a") == {"n": "a", "more": "new"}
    assert collection.count("video") == 3
    assert collection.place("walk") == {"last": "c"}
    assert sum(collection.spent().popitem()[1].values()) == 2


def test_what_belongs_under_a_row_comes_right_behind_it(collection):
    put(collection, "x", "y", kind="comment")
    with collection.page() as page:
        page.put("comment", "x2", {}, under="x")
        page.put("comment", "y1", {}, under="y")
        page.put("comment", "x1", {}, under="x")
        page.put("comment", "lost", {}, under="nobody")
    assert [row.id for row in collection.rows("comment")] == ["x", "x2", "x1", "y", "y1", "lost"]


def test_a_page_that_fails_leaves_nothing(collection):
    put(collection, "a")

    def failing():
        with collection.page() as page:
            page.put("video", "b", {})
            page.place("walk", {"last": "b"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert collection.count("video") == 1
    assert collection.place("walk") == {"last": "a"}


def test_a_second_process_is_sent_away_and_told_why(collection):
    with pytest.raises(LockedError, match="another process") as caught:
        Collection(collection.path, JOB)
    assert "nothing" in caught.value.hint


def test_a_fresh_run_begins_when_the_last_is_done(collection, clock):
    put(collection, "a", "b")
    assert collection.begin(fresh=True).number == 1  # unfinished: the same command goes on
    collection.finish()
    assert collection.begin().number == 1
    clock.at += DAY
    run = collection.begin(fresh=True)
    assert (run.number, run.finished_s) == (2, None)
    put(collection, "b", "c")
    assert dict(collection.runs_of("video")) == {"a": (1,), "b": (1, 2), "c": (2,)}
    assert [row.id for row in collection.rows("video", run=2)] == ["b", "c"]
    assert collection.place("walk") == {"last": "c"}


def test_a_run_begins_with_its_first_call(collection, clock):
    clock.at += 5 * DAY
    put(collection, "a")
    assert collection.runs()[0].started_s == clock.at
    clock.at += DAY
    put(collection, "b")
    assert collection.runs()[0].started_s == clock.at - DAY
    assert len(collection.spent()) == 2


def test_a_list_that_grew_at_its_head_keeps_its_order(collection):
    for found in ("bcd", "abcd", "aXcd"):
        collection.begin(fresh=True)
        with collection.page() as page:
            for at, video in enumerate(found):
                item = {"contentDetails": {"videoId": video}, "snippet": {"position": at}}
                page.put(listings.ENTRY, f"entry {video}", item | {"playlist_id": "PL"})
        collection.finish()
        rows = list(listings.rows(collection, details=False))
        assert "".join(row[0] for row in rows) == found


def test_what_is_lacking_is_told_in_order(collection):
    put(collection, *"edcba")
    put(collection, "c", kind="details")
    left = collection.lacking("details", "video", 2)
    assert [ident for _, ident in left] == ["e", "d"]
    behind = left[-1][0]
    rest = collection.lacking("details", "video", 9, behind=behind)
    assert [ident for _, ident in rest] == ["b", "a"]


def test_what_is_to_be_done_is_done_once(collection):
    with collection.page() as page:
        page.remain("parent", "p", "v")
        page.remain("parent", "q", "v")
    with collection.page() as page:
        page.done("parent", ["p"])
        page.remain("parent", "p", "v")  # seen again on a page that was read twice
    assert collection.left("parent", 10) == [("q", "v")]


def test_old_rows_are_purged_from_the_file_too(collection, clock):
    put(collection, "old", secret="needle-in-the-file")
    clock.at += 40 * DAY
    put(collection, "new")
    assert collection.kinds(before_s=clock.at - 30 * DAY) == {"video": 1}
    assert collection.purge(clock.at - 30 * DAY) == 1
    assert [row.id for row in collection.rows("video")] == ["new"]
    assert dict(collection.runs_of("video")) == {"new": (1,)}
    files = [path.read_bytes() for path in collection.path.parent.iterdir()]
    assert not any(b"needle-in-the-file" in data for data in files)


def test_files_that_hold_old_rows_are_named(collection, clock, tmp_path):
    put(collection, "a")
    collection.wrote(str(tmp_path / "early.csv"), 1, {"guard": True})
    clock.at += 40 * DAY
    assert shelf.stale_files(collection, clock.at - 30 * DAY) == [str(tmp_path / "early.csv")]
    assert shelf.stale_files(collection, clock.at - 50 * DAY) == []
    assert collection.outputs()[0][3] == {"guard": True}


def test_the_shelf_lists_chooses_and_forgets(tmp_path, clock):
    jobs = [Job(verb="search", arguments={"text": text}) for text in ("one", "two")]
    for job in jobs:
        with Collection(job.path(tmp_path), job, now=clock) as found:
            found.begin()
            put(found, "a")
    names = shelf.names(tmp_path)
    assert sorted(job.name for job in jobs) == names
    found = list(shelf.entries(tmp_path, clock))
    assert [entry.rows for entry in found] == [{"video": 1}] * 2
    assert shelf.chosen(tmp_path, (names[0][:12],)) == [names[0]]
    with pytest.raises(UsageError, match="2 collections"):
        shelf.chosen(tmp_path, ("search",))
    with pytest.raises(UsageError, match="no collection"):
        shelf.chosen(tmp_path, ("nothing",))
    shelf.forget(tmp_path, names[0])
    assert shelf.names(tmp_path) == names[1:]
    with Collection(jobs[1].path(tmp_path)) as held:
        assert next(shelf.entries(tmp_path, clock)).busy
        with pytest.raises(LockedError):
            shelf.forget(tmp_path, names[1])
        assert held.count("video") == 1


def test_a_full_disk_is_told_and_nothing_is_torn(collection):
    put(collection, "a")
    db = collection._database()
    pages = db.execute("PRAGMA page_count").fetchone()[0]
    db.execute(f"PRAGMA max_page_count={pages + 1}")
    with pytest.raises(FullError, match="no space left for the collection"):
        put(collection, *(f"{number:06d}" for number in range(5_000)))
    assert [row.id for row in collection.rows("video")] == ["a"]
    db.execute("PRAGMA max_page_count=1000000")
    put(collection, "b")
    assert collection.count("video") == 2


def test_a_damaged_file_and_one_of_tomorrow_are_told(tmp_path):
    path = JOB.path(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"this is no database, however long one looks at it" * 100)
    with pytest.raises(CorruptError, match="damaged") as caught:
        Collection(path, JOB)
    assert "collections forget" in caught.value.hint
    path.unlink()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(StoreError, match="version 99"):
        Collection(path, JOB)
    with pytest.raises(StoreError, match="no such collection"):
        Collection(tmp_path / "none.sqlite3")


CRASHING = """
import sys, os
from pathlib import Path
from loquitur.store import writing
from loquitur.youtube.collecting.collection import Collection
from loquitur.youtube.collecting.job import Job
job = Job(verb="videos", arguments={"ids": ["a"], "numbers": False})
at, when = sys.argv[2], int(sys.argv[3])
seen = 0
def point(name):
    global seen
    if name == at:
        seen += 1
        if seen == when:
            os.kill(os.getpid(), 9)
writing.point = point
with Collection(job.path(Path(sys.argv[1])), job) as collection:
    collection.begin()
    for number in range(collection.place("walk").get("next", 0), 20):
        with collection.page() as page:
            for each in range(10):
                page.put("video", f"{number}-{each}", {"number": number})
            page.place("walk", {"next": number + 1})
            page.spend({"videos.list": 1})
    collection.finish()
"""


def crash(tmp_path, at, when):
    return subprocess.run(
        [sys.executable, "-c", CRASHING, str(tmp_path), at, str(when)],
        check=False,
        capture_output=True,
    )


@pytest.mark.parametrize(
    "at", ["collection.commit", pytest.param("collection.done", marks=pytest.mark.slow)]
)
def test_killed_at_a_commit_nothing_is_lost_or_doubled(tmp_path, at):
    for when in (2, 9):
        assert crash(tmp_path, at, when).returncode == -signal.SIGKILL
        with Collection(JOB.path(tmp_path)) as collection:
            done = collection.place("walk").get("next", 0)
            assert collection.count("video") == 10 * done
    assert crash(tmp_path, "never", 1).returncode == 0
    with Collection(JOB.path(tmp_path)) as collection:
        assert collection.count("video") == 200
        assert len({row.id for row in collection.rows("video")}) == 200
        assert sum(sum(day.values()) for day in collection.spent().values()) == 20


@pytest.mark.slow
def test_killed_at_random_moments_nothing_is_lost_or_doubled(tmp_path):
    script = CRASHING.replace("range(20)", "range(4000)").replace(", 20)", ", 4000)")
    for _ in range(20):
        process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path), "never", "1"])
        time.sleep(0.25 + 0.03 * (os.getpid() % 7))
        process.kill()
        process.wait()
        path = JOB.path(tmp_path)
        if not path.exists():
            continue
        with Collection(path, JOB) as collection:
            done = collection.place("walk").get("next", 0)
            assert collection.count("video") == 10 * done
    assert Path(tmp_path).is_dir()
    assert (
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path), "never", "1"], check=True
        ).returncode
        == 0
    )
    with Collection(JOB.path(tmp_path)) as collection:
        assert collection.count("video") == 40_000
