"""Collection never takes what is needed, and takes what is not."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import sys
import time

import pytest

from loquitur.model.work import Record
from loquitur.store import Store, collect, verify

collecting = sys.modules[collect.__module__]


def settle() -> None:
    """Let the coarse clock of the file system pass what was just written."""
    time.sleep(0.02)


def test_garbage_goes_and_results_stay(store, record_of):
    kept = [store.publish(record_of(name, {"words": store.put(b"%d" % name)})) for name in range(5)]
    orphan = store.put(b"nobody's")
    settle()
    plan = collect(store, dry_run=True, grace_s=0)
    assert (plan.removed, plan.freed_bytes, plan.kept_bytes) == ((orphan,), 8, 5)
    assert store.has(orphan)
    assert collect(store).removed == ()  # younger than a day
    done = collect(store, grace_s=0)
    assert (done.removed, done.objects, done.freed_bytes) == ((orphan,), 1, 8)
    assert not store.has(orphan)
    assert [store.record(record.key) for record in kept] == kept
    assert verify(store).clean
    assert verify(store).orphans == ()


def test_pieces_go_when_their_task_is_finished(store, record_of, key_of):
    store.parts(key_of("a"), stage="words").fetch("0-30", lambda: b"piece of a")
    store.parts(key_of("b"), stage="words").fetch("0-30", lambda: b"piece of b")
    store.publish(record_of("a", {"words": store.put(b"whole a")}))
    settle()
    done = collect(store, grace_s=0)
    assert (done.records, done.objects) == (1, 1)
    assert store.parts(key_of("b"), stage="words").fetch("0-30", lambda: b"no") == b"piece of b"
    usage = store.usage()[0]
    assert (usage.results, usage.parts) == (1, 1)


def test_a_record_that_lost_an_object_goes_with_the_rest(store, record_of, key_of):
    lost, other = store.put(b"lost"), store.put(b"other")
    store.publish(record_of("a", {"words": lost, "more": other}))
    store.path(lost).unlink()
    settle()
    done = collect(store, grace_s=0)
    assert (done.records, done.removed) == (1, (other,))
    assert store.usage() == ()


def test_putting_again_makes_an_old_object_young(store):
    digest = store.put(b"old")
    settle()
    before = time.time()
    settle()
    store.put(b"old")
    assert os.lstat(store.path(digest)).st_ctime > before
    assert collect(store, grace_s=10).removed == ()


def test_nothing_younger_than_a_lease_in_force_goes(store, key_of):
    with store.lease(key_of("a")):
        digest = store.put(b"in the making")
        settle()
        assert collect(store, grace_s=0).removed == ()
        assert store.has(digest)
    settle()
    assert collect(store, grace_s=0).removed == (digest,)


def sound(store, record_of, name, size_bytes, age_s):
    samples = store.put(os.urandom(size_bytes))
    record = store.publish(
        record_of(name, {"samples": samples, "audio": store.put(b"%d" % name)}, stage="decode")
    )
    then = time.time_ns() - age_s * 10**9
    os.utime(store.path(samples), ns=(then, then))
    return record, samples


def test_a_budget_takes_decoded_sound_least_recently_used_first(store, record_of):
    words = store.publish(record_of("w", {"words": store.put(b"w" * 5000)}))
    old = sound(store, record_of, 1, 1000, age_s=300_000)
    middle = sound(store, record_of, 2, 1000, age_s=200_000)
    new = sound(store, record_of, 3, 1000, age_s=100_000)
    store.check(old[1])  # used now
    settle()
    assert collect(store, dry_run=True, max_bytes=7500).removed == (middle[1],)
    assert collect(store, max_bytes=10_000).removed == ()
    done = collect(store, max_bytes=7500)
    assert (done.evicted, done.removed, done.over_bytes) == (1, (middle[1],), 0)
    assert store.record(middle[0].key) is None
    assert store.record(new[0].key) == new[0]
    settle()
    done = collect(store, max_bytes=100)
    assert done.removed == (new[1], old[1])
    assert done.over_bytes == done.kept_bytes - 100 > 0
    assert store.record(words.key) == words  # results are never evicted
    assert verify(store).clean


def test_sound_that_a_stage_reads_is_not_evicted(store, record_of, key_of):
    """Uses are noted once an hour: the last note may be older than the lease of who reads."""
    _, samples = sound(store, record_of, 1, 1000, age_s=1_800)
    with store.lease(key_of("transcribing")):
        time.sleep(1.2)  # the lease is surely younger than the sound, by more than the margin
        store.check(samples)
        assert collect(store, max_bytes=0).evicted == 0
        assert store.has(samples)
    assert collect(store, max_bytes=0).removed == (samples,)


def test_what_comes_into_use_after_the_choice_is_spared(store, record_of, key_of, monkeypatch):
    record, _ = sound(store, record_of, 1, 1000, age_s=1_800)
    choose = collecting._choose
    with contextlib.ExitStack() as held:

        def choose_then_work(*given):
            chosen = choose(*given)
            held.enter_context(store.lease(key_of("transcribing")))
            return chosen

        monkeypatch.setattr(collecting, "_choose", choose_then_work)
        done = collect(store, max_bytes=0)
    assert (done.evicted, done.removed) == (0, ())
    assert done.over_bytes == done.kept_bytes
    assert store.record(record.key) == record


def test_a_use_is_noted_without_hashing_again(store, record_of, monkeypatch):
    _, samples = sound(store, record_of, 1, 1000, age_s=300_000)
    store.check(samples)
    assert time.time() - os.lstat(store.path(samples)).st_atime < 100
    monkeypatch.setattr("loquitur.store.objects.digest_of", lambda handle: "hashed again")
    store.check(samples)


def write_results(root, seed, rounds, failures) -> None:
    store = Store.open(root)
    problem = ""
    try:
        for number in range(rounds):
            key = f"{seed:02d}{number:062d}"
            with store.lease(key):
                # every process puts the same bytes too: objects that are garbage until it publishes
                outputs = (
                    ("words", store.put(b"shared %d" % (number % 7))),
                    ("own", store.put(b"%d %d" % (seed, number))),
                )
                time.sleep(0.001)
                store.publish(Record(key=key, stage="words", stage_version=1, outputs=outputs))
            if number % 5 == 0:
                store.retire(key)
    except Exception as exc:
        problem = repr(exc)
    failures.put(problem)


@pytest.mark.slow
def test_collection_beside_writers_takes_nothing_live(tmp_path):
    context = multiprocessing.get_context("spawn")
    failures = context.Queue()
    root = tmp_path / "store"
    store = Store.open(root)
    children = [
        context.Process(target=write_results, args=(root, seed, 40, failures)) for seed in range(3)
    ]
    for child in children:
        child.start()
    removed = 0
    while any(child.is_alive() for child in children):
        removed += collect(store, grace_s=0).objects
    assert [failures.get(timeout=60) for _ in children] == [""] * 3
    for child in children:
        child.join(60)
    report = verify(store)
    assert report.clean
    assert report.records == 3 * 32
    settle()
    collect(store, grace_s=0)
    assert verify(store).orphans == ()
    assert verify(store).clean


def test_what_is_published_after_the_mark_is_spared(store, record_of, monkeypatch):
    """An object that was garbage when marked gets a record before it would be deleted."""
    digest = store.put(b"late")
    settle()
    original = store.objects.names

    def names_then_publish():
        yield from original()
        store.results.publish(record_of("late", {"words": digest}))

    monkeypatch.setattr(store.objects, "names", names_then_publish)
    assert collect(store, grace_s=0).removed == ()
    assert store.record(record_of("late", {}).key) is not None


def test_what_lies_strangely_among_downloads_stops_no_collection(store, key_of):
    partial = store.root / collecting.PARTIAL
    old = partial / key_of("url")
    old.mkdir(parents=True)
    (partial / ".DS_Store").write_bytes(b"a file manager was here")
    (old / "download").write_bytes(b"1234")
    then = time.time() - 8 * 86_400
    for path in (old / "download", old, partial / ".DS_Store"):
        os.utime(path, (then, then))
    assert collect(store).freed_bytes == 4
    assert [path.name for path in partial.iterdir()] == [".DS_Store"]


@pytest.mark.parametrize("name", ["store.json", "index.lock"])
def test_collection_leaves_the_stores_own_files(store, name):
    store.usage()
    collect(store, grace_s=0, max_bytes=0)
    assert (store.root / name).exists()
