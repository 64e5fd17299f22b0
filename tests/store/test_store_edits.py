"""What users said of results: never lost, never collected, never half written."""

from __future__ import annotations

import dataclasses
import threading

import pytest

from loquitur.errors import FullError, InputError, StoreError
from loquitur.model.speakers import SpeakerEdits
from loquitur.store import Store, collect, verify


def named(name, turns="t"):
    return SpeakerEdits(turns=turns, names=(("SPEAKER_00", name),))


@pytest.fixture
def key(key_of):
    return key_of("diarize")


def test_edits_are_found_again(store, key):
    assert store.edits.load(key) is None
    assert store.change_edits(key, lambda before: named("Ann")) == named("Ann")
    assert store.edits.load(key) == named("Ann")
    assert Store.open(store.root).edits.load(key) == named("Ann")


def test_none_removes_them(store, key):
    store.change_edits(key, lambda _: named("Ann"))
    store.change_edits(key, lambda _: None)
    assert store.edits.load(key) is None
    assert list(store.edits.keys()) == []
    store.change_edits(key, lambda _: None)


def test_an_error_changes_nothing(store, key):
    store.change_edits(key, lambda _: named("Ann"))

    def fail(_):
        raise ValueError

    with pytest.raises(ValueError):
        store.change_edits(key, fail)
    assert store.edits.load(key) == named("Ann")


def test_changes_side_by_side_are_all_kept(store, key):
    def add(number):
        own = Store.open(store.root)
        for item in range(10):
            label = f"S{number}-{item}"

            def change(before, label=label):
                before = before or SpeakerEdits(turns="t")
                return dataclasses.replace(before, names=(*before.names, (label, "Ann")))

            own.change_edits(key, change)
        own.close()

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.edits.load(key).names) == 40


class Killed(BaseException):
    """The process died here."""


@pytest.mark.parametrize("after", [named("Bea"), None], ids=["changed", "removed"])
def test_a_crash_anywhere_leaves_the_old_or_the_new(store, key, write_points, after):
    store.change_edits(key, lambda _: named("Ann"))
    points = []
    write_points(points.append)
    store.change_edits(key, lambda _: after)
    write_points(lambda name: None)
    assert len(points) >= 2
    for victim in range(len(points)):
        store.change_edits(key, lambda _: named("Ann"))
        seen = []

        def die(name, seen=seen, victim=victim):
            seen.append(name)
            if len(seen) == victim + 1:
                raise Killed(name)

        write_points(die)
        with pytest.raises(Killed):
            store.change_edits(key, lambda _: after)
        write_points(lambda name: None)
        assert store.edits.load(key) in (named("Ann"), after)
        assert verify(store).clean


def test_collection_leaves_them(store, key):
    """Neither the result nor its medium need be there."""
    store.change_edits(key, lambda _: named("Ann"))
    collect(store, grace_s=0.0, max_bytes=0)
    assert store.edits.load(key) == named("Ann")


def test_listing_counts_them(store, key):
    assert store.usage() == ()
    store.change_edits(key, lambda _: named("Ann"))
    (row,) = store.usage()
    assert (row.stage, row.results, row.parts, row.objects) == ("edits", 1, 0, 0)
    assert row.size_bytes == store.edits.path(key).stat().st_size


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "other"])
def test_damage_is_an_error_and_found_by_verify(store, key, damage):
    store.change_edits(key, lambda _: named("Ann"))
    path = store.edits.path(key)
    data = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(
        {
            "flip": data.replace(b"Ann", b"Amn"),
            "cut": data[:-9],
            "empty": b"",
            "other": b"{}\n",
        }[damage]
    )
    with pytest.raises(StoreError) as caught:
        store.edits.load(key)
    assert caught.value.code == "LQ-STORE-EDITS"
    assert "loquitur store verify --repair" in caught.value.hint
    with pytest.raises(StoreError):
        store.change_edits(key, lambda _: named("Bea"))
    report = verify(store)
    assert (report.edits, report.bad_edits, report.clean) == (1, (key,), False)
    verify(store, repair=True)
    assert verify(store).clean
    assert store.edits.load(key) is None
    assert (store.root / "quarantine" / f"{key}.edits").exists()


def test_newer_edits_are_no_damage(store, key):
    import hashlib

    store.change_edits(key, lambda _: named("Ann"))
    path = store.edits.path(key)
    body = path.read_bytes()[85:-2].replace(b"speaker-edits/1", b"speaker-edits/2")
    digest = hashlib.sha256(body).hexdigest().encode()
    path.chmod(0o600)
    path.write_bytes(b'{"sha256":"' + digest + b'","edits":' + body + b"}\n")
    with pytest.raises(InputError) as caught:
        store.edits.load(key)
    assert "upgrade" in caught.value.hint
    assert verify(store).clean


def test_strange_files_among_them_are_found(store, key):
    store.change_edits(key, lambda _: named("Ann"))
    (store.edits.folder / key[:2] / "notes.txt").write_text("mine")
    assert verify(store).strange == (f"edits/{key[:2]}/notes.txt",)


def test_a_store_that_may_only_be_read(store, key):
    store.change_edits(key, lambda _: named("Ann"))
    only = Store.open(store.root, read_only=True)
    assert only.edits.load(key) == named("Ann")
    with pytest.raises(FullError):
        only.change_edits(key, lambda _: None)


def test_a_folder_with_edits_alone_is_still_a_store(store, key):
    store.change_edits(key, lambda _: named("Ann"))
    store.close()
    (store.root / "store.json").unlink()
    (store.root / "index.sqlite").unlink(missing_ok=True)
    for left in store.root.glob("index.sqlite*"):
        left.unlink()
    assert Store.open(store.root).edits.load(key) == named("Ann")


def test_the_newest_result_of_a_stage(store, record_of):
    def add(name, when, **fields):
        record = record_of(name, {"artifact": store.put(name.encode())}, started=when, **fields)
        store.publish(record)
        return record

    assert store.newest("words") is None
    add("one", "2026-11-21T08:00:00+00:00", media_id="sha256:a")
    two = add("two", "2026-11-21T09:00:00+00:00", media_id="sha256:b")
    add("other", "2026-11-21T10:00:00+00:00", stage="turns")
    add("part", "2026-11-21T11:00:00+00:00", part_of=two.key)
    assert store.newest("words").key == two.key
    assert store.newest("words", media_id="sha256:a").title == ""
    assert store.newest("words", media_id="sha256:c") is None
    (digest,) = dict(two.outputs).values()
    store.objects.remove(digest)
    assert store.newest("words").media_id == "sha256:a"
