"""Verification finds each kind of damage, and repair leads back to a store that works."""

from __future__ import annotations

import pytest

from loquitur.store import verify


def damage(path, data) -> None:
    path.chmod(0o600)
    path.write_bytes(data)


def test_a_sound_store(store, record_of):
    for name in range(3):
        store.publish(record_of(name, {"words": store.put(b"abc%d" % name)}))
    store.put(b"orphan")
    told = []
    report = verify(store, progress=lambda done, total: told.append((done, total)))
    assert report.clean
    assert (report.objects, report.size_bytes, report.records) == (4, 18, 3)
    assert len(report.orphans) == 1
    assert told[-1] == (18, 18)
    assert len(told) == 4


def test_damage_is_found_and_repaired(store, record_of, key_of):
    records = {}
    for name in ("sound", "flipped", "lost", "garbled", "cut"):
        records[name] = store.publish(record_of(name, {"words": store.put(name.encode())}))
    flipped = store.put(b"flipped")
    lost = store.put(b"lost")
    cut = store.put(b"cut")
    damage(store.path(flipped), b"flippet")
    store.path(lost).unlink()
    damage(store.path(cut), b"cu")
    damage(store.results.path(key_of("garbled")), b"{}")
    strange = store.path(flipped).with_name("README.txt")
    strange.write_bytes(b"who put this here?")
    report = verify(store)
    assert not report.clean
    assert set(report.bad) == {flipped, cut}
    assert report.missing == ((key_of("lost"), "words", lost),)
    assert report.corrupt == (key_of("garbled"),)
    assert report.strange == (str(strange.relative_to(store.root)),)
    assert store.path(cut).exists()  # looking changes nothing
    assert verify(store, repair=True).repaired
    after = verify(store)
    assert after.clean
    assert after.records == 1
    kept = sorted(path.name for path in (store.root / "quarantine").iterdir())
    assert kept == sorted(
        [
            "README.txt.strange",
            f"{key_of('garbled')}.record",
            f"{flipped}.object",
            f"{cut}.object",
        ]
    )
    assert [record.key for record in store.records()] == [key_of("sound")]
    assert store.usage()[0].results == 1
    for name, record in records.items():
        store.put(name.encode())
        assert store.publish(record) == record


def test_a_flip_behind_the_back_of_the_file_system_is_found(store):
    """Neither size nor times tell; only hashing does."""
    digest = store.put(b"rotting")
    store.check(digest)
    damage(store.path(digest), b"rottinG")
    store.objects.trust(digest, store.path(digest).lstat())  # as if nothing had changed
    assert store.check(digest)
    assert verify(store).bad == (digest,)


@pytest.mark.parametrize("repair", [False, True])
def test_what_is_written_meanwhile_is_no_damage(store, record_of, monkeypatch, repair):
    """Another process puts an object and publishes while this one lists."""
    made = []

    def then_written(names):
        def listed():
            yield from names()
            digest = store.put(b"new %d" % len(made))
            made.append(store.results.publish(record_of(len(made), {"words": digest}))[0])

        return listed

    for room in (store.objects, store.results):
        monkeypatch.setattr(room, "names", then_written(room.names))
    report = verify(store, repair=repair)
    assert report.clean, report
    assert len(made) >= 2
    assert [store.record(record.key) for record in made] == made


def test_what_is_evicted_meanwhile_is_no_damage(store, record_of, monkeypatch):
    record = store.publish(record_of("a", {"samples": store.put(b"sound")}))
    load = store.results.load

    def load_then_evict(key):  # as `collect` does it: the record goes before its object
        found = load(key)
        store.results.remove(key)
        store.objects.remove(record.outputs[0][1])
        return found

    monkeypatch.setattr(store.objects, "names", lambda: iter(()))
    monkeypatch.setattr(store.results, "load", load_then_evict)
    assert verify(store).clean
