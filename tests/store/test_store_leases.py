"""Leases: one task is done once, and nobody waits for the dead."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from loquitur.errors import FullError, LockedError
from loquitur.store import Store
from loquitur.store.catalog import Catalog
from loquitur.store.leases import Claim, Holder, Leases
from loquitur.store.owners import Owner, myself, start_of
from loquitur.store.sqlite_files import journal_mode


@pytest.fixture
def catalog(tmp_path):
    opened = Catalog(tmp_path)
    yield opened
    opened.close()


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def in_a_child(work) -> int:
    """The pid of a child that did `work` and is dead by now."""
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    return child


def live_elsewhere(monkeypatch) -> None:
    """From here on, this process stands for one on another machine."""
    monkeypatch.setattr("loquitur.store.leases.myself", lambda: Owner(place="far", pid=1, start=1))


def test_one_holder_at_a_time(catalog, key_of):
    ours, theirs = Leases(catalog), Leases(catalog)
    claim = ours.claim(key_of("a"))
    assert isinstance(claim, Claim)
    assert claim.attempt == 1
    holder = theirs.claim(key_of("a"))
    assert isinstance(holder, Holder)
    assert holder.pid == os.getpid()
    assert isinstance(theirs.claim(key_of("b")), Claim)
    ours.release(claim)
    assert isinstance(theirs.claim(key_of("a")), Claim)


def test_a_lease_elsewhere_runs_out_by_the_clock(catalog, key_of, monkeypatch):
    clock = Clock()
    ours, theirs = (Leases(catalog, ttl_s=60, clock=clock) for _ in range(2))
    with monkeypatch.context() as patch:
        live_elsewhere(patch)
        claim = theirs.claim(key_of("a"))
    clock.now += 59
    assert isinstance(ours.claim(key_of("a")), Holder)
    theirs.beat()
    clock.now += 59
    assert isinstance(ours.claim(key_of("a")), Holder)
    clock.now += 2
    stolen = ours.claim(key_of("a"))
    assert isinstance(stolen, Claim)
    assert stolen.attempt == 2
    assert not theirs.holds(claim)
    theirs.beat()  # the robbed one neither renews nor releases what is not his
    theirs.release(claim)
    assert ours.holds(stolen)


def test_the_dead_are_robbed_at_once(catalog, key_of):
    child = in_a_child(lambda: Leases(catalog).claim(key_of("a")))
    ours = Leases(catalog)
    row = catalog.read("SELECT pid FROM leases")
    assert row == [(child,)]
    claim = ours.claim(key_of("a"))
    assert isinstance(claim, Claim)
    assert claim.attempt == 2


def test_a_jump_of_the_clock_does_not_rob_the_living(catalog, key_of):
    clock = Clock()
    ours, theirs = Leases(catalog, ttl_s=0.4, clock=clock), Leases(catalog, ttl_s=0.4, clock=clock)
    theirs._keep = lambda key, owner: None  # it hangs: no heartbeat
    claim = theirs.claim(key_of("a"))
    clock.now += 7 * 86_400
    assert isinstance(ours.claim(key_of("a")), Holder)
    assert theirs.holds(claim)
    time.sleep(0.25)  # half its time without a sign of life, under our own eyes
    assert isinstance(ours.claim(key_of("a")), Claim)
    clock.now -= 30 * 86_400  # and no negative duration, whatever the clock does
    holder = theirs.claim(key_of("a"))
    assert isinstance(holder, Holder)
    assert holder.held_s == 0


def test_the_heartbeat_keeps_a_lease(catalog, key_of):
    theirs = Leases(catalog, ttl_s=0.2)
    claim = theirs.claim(key_of("a"))
    first = catalog.read("SELECT heartbeat FROM leases")[0][0]
    give_up = time.monotonic() + 20
    while catalog.read("SELECT heartbeat FROM leases")[0][0] == first:
        assert time.monotonic() < give_up
        time.sleep(0.02)
    others = [Leases(catalog, ttl_s=0.2).claim(key_of(name)) for name in "bc"]
    assert all(isinstance(other, Claim) for other in others)
    assert theirs.holds(claim)
    theirs.release(claim)


def test_one_heartbeat_thread_for_many_leases(catalog, key_of):
    leases = Leases(catalog, ttl_s=0.2)
    before = set(threading.enumerate())
    claims = [leases.claim(key_of(name)) for name in range(10)]
    (heart,) = set(threading.enumerate()) - before
    assert heart.daemon
    for claim in claims:
        leases.release(claim)
    heart.join(20)
    assert not heart.is_alive()


def test_waiting_is_told_and_may_stop(store, key_of):
    told = []

    def stop(holder) -> None:
        told.append(holder.pid)
        if len(told) == 3:
            raise KeyboardInterrupt

    with store.lease(key_of("a")) as lease:
        assert lease.record is None
        with pytest.raises(KeyboardInterrupt), store.lease(key_of("a"), waiting=stop):
            pass
        with pytest.raises(LockedError, match=str(os.getpid())), store.lease(key_of("a"), wait_s=0):
            pass
    assert told == [os.getpid()] * 3
    with store.lease(key_of("a"), wait_s=0) as lease:
        assert lease.record is None


def test_who_waits_gets_the_record(store, record_of, key_of):
    got = []
    waiting = threading.Event()

    def wait() -> None:
        with store.lease(key_of("a"), waiting=lambda _: waiting.set()) as lease:
            got.append(lease.record)

    with store.lease(key_of("a")):
        thread = threading.Thread(target=wait)
        thread.start()
        assert waiting.wait(20)
        record = store.publish(record_of("a", {"words": store.put(b"one")}))
    thread.join(20)
    assert got == [record]
    with store.lease(key_of("a")) as lease:
        assert lease.record == record


def test_a_failed_task_gives_its_lease_back(store, key_of):
    with pytest.raises(RuntimeError), store.lease(key_of("a")):
        raise RuntimeError("the engine failed")
    with store.lease(key_of("a"), wait_s=0) as lease:
        assert lease.attempt == 1


def test_a_lease_that_cannot_be_given_back_does_not_hold_us_up(catalog, key_of, monkeypatch):
    leases = Leases(catalog)
    claim = leases.claim(key_of("a"))
    with monkeypatch.context() as patch:
        patch.setattr(catalog, "write", lambda work: (_ for _ in ()).throw(FullError("disk full")))
        leases.release(claim)
    assert isinstance(Leases(catalog).claim(key_of("a")), Holder)
    assert isinstance(leases.claim(key_of("a")), Claim)


def test_no_lease_in_a_read_only_store(tmp_path, key_of):
    Store.open(tmp_path / "s")
    reader = Store.open(tmp_path / "s", read_only=True)
    with pytest.raises(FullError, match="read-only"), reader.lease(key_of("a")):
        pass


def test_processes_are_told_apart_though_pids_recycle():
    me = myself()
    assert me.alive
    assert not me.dead
    recycled = Owner(place=me.place, pid=me.pid, start=me.start - 1)
    assert recycled.dead
    assert not recycled.alive
    gone = in_a_child(lambda: None)
    assert Owner(place=me.place, pid=gone, start=1).dead
    elsewhere = Owner(place="00000000", pid=gone, start=1)
    assert not elsewhere.dead
    assert not elsewhere.alive


def test_a_zombie_is_dead():
    child = os.fork()
    if child == 0:
        os._exit(0)
    give_up = time.monotonic() + 20
    while start_of(child) is not None:
        assert time.monotonic() < give_up
        time.sleep(0.01)
    os.waitpid(child, 0)


def test_a_command_with_parentheses_in_its_name(tmp_path):
    strange = tmp_path / "a) R 1 (b"
    strange.symlink_to(sys.executable)
    code = "import sys; sys.stdin.read()"
    with subprocess.Popen([strange, "-S", "-c", code], stdin=subprocess.PIPE) as child:
        started = start_of(child.pid)
        child.stdin.close()
    assert started > start_of(1)


@pytest.mark.parametrize(
    ("mounts", "mode"),
    [
        ("/dev/sda / ext4 rw 0 0\n", "WAL"),
        ("/dev/sda / ext4 rw 0 0\nserver:/x /srv nfs4 rw 0 0\n", "DELETE"),
        ("server:/x / nfs rw 0 0\n/dev/sda /srv/my\\040store ext4 rw 0 0\n", "WAL"),
        ("server:/x /srv/my cifs rw 0 0\n/dev/sda / ext4 rw 0 0\n", "WAL"),
        ("tmpfs /srv tmpfs rw 0 0\nserver: /srv/my\\040store/deep fuse.sshfs rw\nx\n", "WAL"),
    ],
)
def test_no_wal_on_network_disks(mounts, mode, tmp_path):
    from pathlib import Path

    assert journal_mode(Path("/srv/my store"), mounts) == mode


def test_the_index_works_without_wal(tmp_path, monkeypatch, record_of):
    monkeypatch.setattr("loquitur.store.catalog.journal_mode", lambda folder: "DELETE")
    store = Store.open(tmp_path / "s")
    store.publish(record_of("a", {"words": store.put(b"one")}))
    assert store.catalog.read("PRAGMA journal_mode") == [("delete",)]
    assert store.usage()[0].results == 1


# --- many processes on one store ------------------------------------------------------------------


def race(root, log, keys, seed, barrier) -> None:
    """Do each key's task once among all processes, in an order of one's own."""
    import random

    from loquitur.model.work import Record

    store = Store.open(root)
    order = list(keys)
    random.Random(seed).shuffle(order)
    barrier.wait()
    lines = []
    for key in order:
        with store.lease(key) as lease:
            record = lease.record
            if record is None:
                with log.open("a") as file:  # one short append is atomic
                    file.write(key + "\n")
                time.sleep(0.002)
                outputs = (("words", store.put(f"{seed} {key}".encode())),)
                record = store.publish(
                    Record(key=key, stage="words", stage_version=1, outputs=outputs)
                )
        lines.append([key, store.read(record.outputs[0][1]).decode()])
    log.with_name(f"log.{seed}").write_text(json.dumps(sorted(lines)))


@pytest.mark.slow
def test_eight_processes_do_each_task_once(tmp_path, key_of):
    keys = [key_of(name) for name in range(25)]
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(8)
    log = tmp_path / "log"
    root = tmp_path / "store"
    children = [
        context.Process(target=race, args=(root, log, keys, seed, barrier)) for seed in range(8)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0] * 8
    assert sorted(log.read_text().split()) == sorted(keys)  # each key's task ran exactly once
    seen = [json.loads((tmp_path / f"log.{seed}").read_text()) for seed in range(8)]
    assert all(lines == seen[0] for lines in seen)
    store = Store.open(root)
    assert store.usage()[0].results == 25
    assert store.catalog.read("SELECT count(*) FROM leases") == [(0,)]


def hammer(root, count, barrier, failures) -> None:
    """Read and then write in one transaction, as a queue does: the trap of the deferred BEGIN."""
    catalog = Catalog(root)
    barrier.wait()
    bad = 0
    for _ in range(count):

        def bump(db):
            (value,) = db.execute("SELECT coalesce(max(token), 0) FROM leases").fetchone()
            db.execute(
                "INSERT OR REPLACE INTO leases VALUES (x'00', '', '', '', 0, 0, ?, 0, 0, 0)",
                (value + 1,),
            )

        try:
            catalog.write(bump)
        except Exception:
            bad += 1
    failures.put(bad)


@pytest.mark.slow
def test_the_index_is_never_locked_for_readers_that_write(tmp_path):
    context = multiprocessing.get_context("spawn")
    barrier, failures = context.Barrier(8), context.Queue()
    children = [
        context.Process(target=hammer, args=(tmp_path, 100, barrier, failures)) for _ in range(8)
    ]
    for child in children:
        child.start()
    assert sum(failures.get(timeout=120) for _ in children) == 0
    for child in children:
        child.join(120)
    assert Catalog(tmp_path).read("SELECT token FROM leases") == [(800,)]


def test_a_killed_worker_is_replaced_at_once(tmp_path, key_of):
    code = (
        "import sys, time, pathlib\n"
        "from loquitur.store import Store\n"
        "with Store.open(pathlib.Path(sys.argv[1])).lease(sys.argv[2]):\n"
        "    print('held', flush=True); time.sleep(600)\n"
    )
    root = tmp_path / "store"
    command = [sys.executable, "-c", code, str(root), key_of("a")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"held\n"
        store = Store.open(root, ttl_s=3600)
        with pytest.raises(LockedError), store.lease(key_of("a"), wait_s=0.1):
            pass
        child.send_signal(signal.SIGKILL)
        with store.lease(key_of("a"), wait_s=60) as lease:
            assert lease.attempt == 2
