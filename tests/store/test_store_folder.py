"""The store as its users see it: objects, results, listings, and what a bad folder gives."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
import sqlite3
import subprocess
import tempfile
import traceback
from pathlib import Path

import pytest

from loquitur import store as store_room
from loquitur.errors import (
    CorruptError,
    FullError,
    InputError,
    LoquiturError,
    StoreError,
    UsageError,
)
from loquitur.pipeline import tasks
from loquitur.store import Store, collect, digests, verify


def flip(path: Path, at: int = 0) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)


def test_layout_and_rights(tmp_path):
    old = os.umask(0)
    try:
        root = tmp_path / "a" / "b" / "store"
        opened = Store.open(root)
        digest = opened.put(b"some bytes")
    finally:
        os.umask(old)
    assert digest == hashlib.sha256(b"some bytes").hexdigest()
    for folder in (root, root / "objects", root / "results", root / "tmp", root / "quarantine"):
        assert folder.stat().st_mode & 0o777 == 0o700
    assert (root / "objects" / digest[:2] / digest).stat().st_mode & 0o777 == 0o400
    assert json.loads((root / "store.json").read_text()) == {"format": 1}


def test_put_read_has_path(store):
    digest = store.put(b"x" * 3_000_000)
    assert store.has(digest)
    assert not store.has("0" * 64)
    assert store.read(digest) == b"x" * 3_000_000
    assert store.path(digest).read_bytes() == b"x" * 3_000_000
    inode = store.path(digest).stat().st_ino
    assert store.put(b"x" * 3_000_000) == digest
    assert store.path(digest).stat().st_ino == inode
    assert store.put(b"") == hashlib.sha256(b"").hexdigest()
    assert store.read(store.put(b"")) == b""


def test_adopt_moves_without_a_copy(store):
    with store.temporary(".pcm") as path:
        assert path.parent == store.root / "tmp"
        assert path.suffix == ".pcm"
        path.write_bytes(b"sound" * 1000)
        inode = path.stat().st_ino
        digest = store.adopt(path)
        assert store.path(digest).stat().st_ino == inode
    with store.temporary(".pcm") as path:
        path.write_bytes(b"sound" * 1000)
        assert store.adopt(path) == digest
    assert store.path(digest).stat().st_ino == inode
    assert list((store.root / "tmp").iterdir()) == []


def test_temporary_leaves_nothing_behind(store):
    def download() -> None:
        with store.temporary(".webm") as path:
            path.write_bytes(b"half")
            path.with_name(path.name + ".part").write_bytes(b"sibling of a downloader")
            path.with_name(path.stem + ".folder").mkdir()
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError, match="stopped"):
        download()
    assert list((store.root / "tmp").iterdir()) == []


def test_a_flipped_bit_is_found_and_mended(store, record_of, key_of):
    digest = store.put(b"precious")
    record = store.publish(record_of("a", {"words": digest}))
    assert store.record(key_of("a")) == record
    flip(store.path(digest), 3)
    with pytest.raises(CorruptError, match=digest):
        store.read(digest)
    assert (store.root / "quarantine" / f"{digest}.object").exists()
    assert store.record(key_of("a")) is None  # not done, so it is made anew
    assert store.put(b"precious") == digest
    assert store.publish(record_of("a", {"words": digest})) == record
    assert store.read(digest) == b"precious"


def test_check_sees_a_flip_after_it_was_right_once(store):
    digest = store.put(b"samples" * 1000)
    assert store.check(digest) == store.path(digest)
    flip(store.path(digest), 5)
    with pytest.raises(CorruptError):
        store.check(digest)
    with pytest.raises(CorruptError, match="missing"):
        store.check(digest)


def test_put_replaces_damaged_bytes_of_the_same_size(store):
    digest = store.put(b"right")
    flip(store.path(digest))
    assert store.put(b"right") == digest
    assert store.read(digest) == b"right"


def test_check_of_a_large_object_trusts_another_process_until_it_changes(
    store, monkeypatch, tmp_path
):
    monkeypatch.setattr(store_room.folder, "LARGE_BYTES", 1000)
    digest = store.put(b"s" * 5000)
    path = store.path(digest)
    os.utime(path, ns=(1, 1))  # the stamp that counts also holds ctime, which is now
    store.check(digest)
    status = os.lstat(path)
    monkeypatch.setattr(store_room.digests, "RACY_NS", 0)
    assert digests.remember(store.catalog, path, status, digest)
    hashed = []
    other = Store.open(store.root)
    original = store_room.objects.digest_of
    monkeypatch.setattr(
        store_room.objects, "digest_of", lambda handle: hashed.append(1) or original(handle)
    )
    other.check(digest)
    assert hashed == []
    flip(path, 17)
    os.utime(path, ns=(1, 1))
    with pytest.raises(CorruptError):
        Store.open(store.root).check(digest)
    other.close()


def test_links_in_the_store_are_not_followed(store, tmp_path):
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    digest = hashlib.sha256(b"secret").hexdigest()
    store.path(digest).parent.mkdir()
    store.path(digest).symlink_to(secret)
    assert not store.has(digest)
    with pytest.raises(CorruptError):
        store.read(digest)
    with pytest.raises(CorruptError):
        store.check(digest)
    assert store.put(b"secret") == digest
    assert not store.path(digest).is_symlink()


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "AB" * 32, "0" * 63, "0" * 64 + "\n"])
def test_names_are_checked_before_paths_are_made(store, name):
    for use in (store.read, store.path, store.has, store.record, store.check):
        with pytest.raises(StoreError):
            use(name)


def test_the_first_record_wins(store, record_of, key_of):
    first = record_of("a", {"words": store.put(b"one")})
    second = record_of("a", {"words": store.put(b"two")})
    assert store.record(key_of("a")) is None
    assert store.publish(first) == first
    assert store.publish(second) == first
    assert store.record(key_of("a")) == first
    assert list(store.records()) == [first]


def test_publish_wants_its_objects(store, record_of, key_of):
    with pytest.raises(CorruptError, match="not in the store"):
        store.publish(record_of("a", {"words": "0" * 64}))
    assert store.record(key_of("a")) is None
    with pytest.raises(StoreError):
        store.publish(record_of("a", {"words": "../../x"}))


def test_a_record_that_lost_an_object_is_not_done_and_gives_way(store, record_of, key_of):
    store.publish(record_of("a", {"words": store.put(b"one")}))
    store.path(store.put(b"one")).unlink()
    assert store.record(key_of("a")) is None
    new = record_of("a", {"words": store.put(b"two")})
    assert store.publish(new) == new
    assert store.record(key_of("a")) == new


@pytest.mark.parametrize("damage", ["empty", "cut", "flip", "key"])
def test_a_damaged_record_goes_to_quarantine(store, record_of, key_of, damage):
    record = record_of("a", {"words": store.put(b"one")}, title="a title")
    store.publish(record)
    path = store.results.path(key_of("a"))
    data = path.read_bytes()
    path.chmod(0o600)
    if damage == "key":  # a record under a foreign name
        store.publish(record_of("b", {"words": store.put(b"one")}))
        path.write_bytes(store.results.path(key_of("b")).read_bytes())
    else:
        flipped = data.replace(b"a title", b"b title")
        path.write_bytes({"empty": b"", "cut": data[:-9], "flip": flipped}[damage])
    assert store.record(key_of("a")) is None
    assert not path.exists()
    assert (store.root / "quarantine" / f"{key_of('a')}.record").exists()
    assert store.publish(record) == record


def test_a_record_of_a_newer_loquitur_is_kept_and_said(store, record_of, key_of):
    store.publish(record_of("a", {"words": store.put(b"one")}))
    path = store.results.path(key_of("a"))
    body = path.read_bytes()[len(b'{"sha256":"","record":') + 64 : -2]
    body = body.replace(b"loquitur/record/1", b"loquitur/record/2")
    path.chmod(0o600)
    path.write_bytes(
        b'{"sha256":"' + hashlib.sha256(body).hexdigest().encode() + b'","record":' + body + b"}\n"
    )
    with pytest.raises(InputError, match="loquitur/record/2, this Loquitur reads up to 1"):
        store.record(key_of("a"))
    assert verify(store).newer == (key_of("a"),)
    with pytest.raises(InputError):
        collect(store, grace_s=0)
    assert path.exists()


def test_retire_makes_room_for_a_new_result(store, record_of, key_of):
    store.publish(record_of("a", {"words": store.put(b"one")}))
    store.retire(key_of("a"))
    store.retire(key_of("never"))
    assert store.record(key_of("a")) is None
    assert store.usage() == ()
    new = record_of("a", {"words": store.put(b"two")})
    assert store.publish(new) == new


def test_retire_forgets_pieces_that_the_index_has_lost(store, key_of):
    """The index is a cache: a kill between a piece's record and its row must not keep the piece."""
    parts = store.parts(key_of("a"), stage="words")
    assert parts.fetch("0", lambda: b"first") == b"first"
    store.catalog.write(lambda db: db.execute("DELETE FROM results"))
    store.retire(key_of("a"))
    assert store.parts(key_of("a"), stage="words").fetch("0", lambda: b"anew") == b"anew"


def test_usage_and_find(store, record_of, key_of):
    media = "sha256:" + key_of("media")
    shared = store.put(b"12345")
    for name in range(3):
        store.publish(record_of(name, {"words": shared, "own": store.put(b"%d" % name)}))
    store.publish(record_of("t", {"turns": store.put(b"turns")}, stage="turns", media_id=media))
    store.publish(record_of("p", {"part": store.put(b"part")}, part_of=key_of("later")))
    listed = {item.stage: item for item in store.usage()}
    assert list(listed) == ["turns", "words"]
    words = listed["words"]
    assert (words.results, words.parts, words.objects, words.size_bytes) == (3, 1, 5, 5 + 3 + 4)
    assert [item.key for item in store.find(key_of("t")[:7])] == [key_of("t")]
    assert [item.key for item in store.find(media[:20])] == [key_of("t")]
    assert {item.key for item in store.find(shared)} == {key_of(name) for name in range(3)}
    assert {item.key for item in store.find(shared[:9].upper())} == {key_of(n) for n in range(3)}
    assert store.find("f" * 60 + "0000") == ()
    for wrong in ("", "xyz", "../a", "0" * 65):
        with pytest.raises(UsageError):
            store.find(wrong)


@pytest.mark.parametrize("damage", ["deleted", "deleted with a WAL left", "text", "zeros", "cut"])
def test_the_index_is_only_a_cache(tmp_path, record_of, key_of, damage):
    store = Store.open(tmp_path / "store")
    for name in range(40):
        store.publish(record_of(name, {"words": store.put(b"%d" % name)}, title="t" * 200))
    before = store.usage(), [item.key for item in store.find("a")]
    store.close()
    path = store.root / "index.sqlite"
    if damage == "deleted with a WAL left":
        (store.root / "index.sqlite-wal").write_bytes(os.urandom(9000))
    if damage.startswith("deleted"):
        path.unlink()
    else:
        data = path.read_bytes()
        cut = data[: len(data) // 2 + 100]
        path.write_bytes({"text": b"hello " * 999, "zeros": bytes(9000), "cut": cut}[damage])
    again = Store.open(tmp_path / "store")
    assert (again.usage(), [item.key for item in again.find("a")]) == before
    with again.lease(key_of("new")) as lease:
        assert lease.record is None
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_the_index_may_vanish_under_an_open_store(store, record_of):
    store.publish(record_of("a", {"words": store.put(b"one")}))
    for suffix in ("", "-wal", "-shm"):
        (store.root / f"index.sqlite{suffix}").unlink()
    store.publish(record_of("b", {"words": store.put(b"two")}))
    assert store.usage()[0].results == 2
    assert (store.root / "index.sqlite").exists()


def test_the_index_catches_up_with_foreign_changes(store, record_of, key_of):
    store.publish(record_of("a", {"words": store.put(b"one")}))
    store.results.publish(record_of("b", {"words": store.put(b"two")}))  # crashed before its row
    assert store.usage()[0].results == 2
    store.results.path(key_of("a")).unlink()
    assert store.usage()[0].results == 1
    assert store.rebuild() == 1


def test_a_newer_index_or_store_is_refused(tmp_path, key_of):
    store = Store.open(tmp_path / "store")
    store.usage()
    store.close()
    connection = sqlite3.connect(store.root / "index.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match=r"index version 99, this Loquitur reads up to 1"):
        Store.open(tmp_path / "store").usage()
    (store.root / "store.json").chmod(0o600)
    (store.root / "store.json").write_text('{"format": 2}')
    with pytest.raises(StoreError, match=r"store format 2, this Loquitur reads up to 1") as caught:
        Store.open(tmp_path / "store")
    assert "upgrade" in caught.value.hint
    for garbage in ("", "[]", "{", '{"format": "x"}', "\xff"):
        (store.root / "store.json").write_bytes(garbage.encode("latin-1"))
        with pytest.raises(StoreError):
            Store.open(tmp_path / "store")


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.doc").write_text("years of work")
    mode = tmp_path.stat().st_mode
    with pytest.raises(UsageError, match=r"thesis\.doc"):
        Store.open(tmp_path)
    assert tmp_path.stat().st_mode == mode
    assert [item.name for item in tmp_path.iterdir()] == ["thesis.doc"]
    with pytest.raises(UsageError, match="not a folder"):
        Store.open(tmp_path / "thesis.doc")
    with pytest.raises(LoquiturError):
        Store.open(tmp_path / "thesis.doc" / "below")
    with pytest.raises(StoreError, match="no store here"):
        Store.open(tmp_path / "absent", read_only=True)


def check_read_only(root: Path, record, digest: str) -> None:
    """Everything that reads works and everything that writes says why not."""
    store = Store.open(root)
    assert store.read_only
    assert store.record(record.key) == record
    assert store.read(digest) == b"one"
    assert store.check(digest).read_bytes() == b"one"
    assert store.usage()[0].results == 1
    assert store.find(record.key[:6]) == (record,)
    assert verify(store).clean
    assert collect(store, dry_run=True).objects == 0
    with store.lease(record.key) as lease:
        assert lease.record == record
    other = hashlib.sha256(b"not done").hexdigest()
    writes = (
        lambda: store.put(b"new"),
        lambda: store.publish(record),
        lambda: store.retire(record.key),
        lambda: store.lease(other).__enter__(),
        lambda: store.temporary().__enter__(),
        lambda: collect(store),
        lambda: verify(store, repair=True),
    )
    for write in writes:
        with pytest.raises(FullError, match=r"read-only"):
            write()


def filled(root: Path, record_of):
    store = Store.open(root)
    digest = store.put(b"one")
    record = store.publish(record_of("a", {"words": digest}))
    return store, record, digest


@pytest.mark.parametrize("index", ["checkpointed", "with a WAL", "absent"])
def test_a_store_on_a_read_only_disk(tmp_path, record_of, index):
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a file system needs root")
    mounted = tmp_path / "disk"
    mounted.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", mounted], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip(f"no right to mount here: {made.stderr!r}")
    try:
        store, record, digest = filled(tmp_path / "store", record_of)
        if index != "with a WAL":
            store.close()
        shutil.copytree(store.root, mounted / "store")
        assert (mounted / "store" / "index.sqlite-wal").exists() == (index == "with a WAL")
        if index == "absent":
            (mounted / "store" / "index.sqlite").unlink()
        subprocess.run(["mount", "-o", "remount,ro", mounted], check=True, capture_output=True)
        check_read_only(mounted / "store", record, digest)
        store.close()
    finally:
        subprocess.run(["umount", "-l", mounted], check=True)


def test_read_only_on_demand(tmp_path, record_of, key_of):
    store, record, _ = filled(tmp_path / "store", record_of)
    reader = Store.open(tmp_path / "store", read_only=True)
    assert reader.record(record.key) == record
    before = sorted(path.name for path in store.root.iterdir())
    assert reader.usage()[0].results == 1
    with pytest.raises(FullError, match="read-only"):
        reader.put(b"x")
    assert sorted(path.name for path in store.root.iterdir()) == before


def as_nobody(work) -> None:
    """Do something in a child without the rights of root."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_store_of_somebody_else(record_of):
    """Without the right to write (tried as `nobody` where the test runs as root)."""
    outer = Path(tempfile.mkdtemp())
    try:
        outer.chmod(0o755)
        store, record, digest = filled(outer / "store", record_of)
        store.close()
        for path in (store.root, *store.root.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        as_nobody(lambda: check_read_only(outer / "store", record, digest))
    finally:
        for path in (outer / "store", *(outer / "store").rglob("*")):
            path.chmod(0o700)
        shutil.rmtree(outer)


@pytest.mark.parametrize("below", ["", "store"])
@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_a_folder_that_may_not_be_looked_into(below, mode):
    """The system's refusal is told with the path; it is no defect of ours."""
    outer = Path(tempfile.mkdtemp())
    outer.chmod(0o755)
    closed = outer / "closed"
    closed.mkdir()

    def look() -> None:
        for look_up in (Store.open, tasks.open_store):
            with pytest.raises(StoreError, match=r"no right .*Permission denied") as caught:
                look_up(closed / below)
            assert str(closed / below) in caught.value.message
            assert "--store" in caught.value.hint

    try:
        closed.chmod(mode)
        as_nobody(look)
    finally:
        closed.chmod(0o700)
        shutil.rmtree(outer)


def test_digest_of_a_users_file_is_remembered(store, tmp_path, monkeypatch):
    path = tmp_path / os.fsdecode(b"caf\xe9 \xf0\x9f\x8e\xac.mp4")
    path.write_bytes(b"film")
    os.utime(path, ns=(10**18, 10**18))
    monkeypatch.setattr(store_room.digests, "RACY_NS", 0)
    digest = store.digest(path)
    assert digest == hashlib.sha256(b"film").hexdigest()
    reads = []
    original = store_room.digests.digest_of
    monkeypatch.setattr(
        store_room.digests, "digest_of", lambda handle: reads.append(1) or original(handle)
    )
    assert store.digest(path) == digest
    assert reads == []
    path.write_bytes(b"flim")
    os.utime(path, ns=(10**18, 10**18))  # same size, same mtime: its ctime tells
    assert store.digest(path) == hashlib.sha256(b"flim").hexdigest()
    assert reads == [1]


def test_a_fresh_file_is_not_remembered(store, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"1")
    store.digest(path)
    assert store.known_digest(path, path.stat()) is None


def test_digest_of_what_is_no_file(store, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "absent", tmp_path, tmp_path / "fifo", tmp_path / ("x" * 300)):
        with pytest.raises(InputError):
            store.digest(path)


def test_a_store_crosses_process_borders(store):
    digest = store.put(b"x")
    other = pickle.loads(pickle.dumps(store))
    assert other.read(digest) == b"x"
    assert other.root == store.root


def test_a_forked_child_opens_its_own_index(store, record_of, key_of):
    store.publish(record_of("a", {"words": store.put(b"one")}))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with store.lease(key_of("b")) as lease:
                assert lease.record is None
                store.publish(record_of("b", {"words": store.put(b"two")}))
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert store.usage()[0].results == 2


def test_sweep_takes_what_the_dead_left(store):
    child = os.fork()
    if child == 0:
        store.objects._temporary(".wav").write_bytes(b"half")
        os._exit(0)
    os.waitpid(child, 0)
    (mine,) = (store.root / "tmp").iterdir()
    own = store._new_path("")
    own.write_bytes(b"still being written")
    elsewhere = own.with_name("00000000-1-1-aa")
    elsewhere.write_bytes(b"by another machine, now")
    ancient = own.with_name("00000000-1-1-bb")
    ancient.write_bytes(b"by another machine, long ago")
    os.utime(ancient, (1, 1))
    foreign = own.with_name("what is this")
    foreign.mkdir()
    os.utime(foreign, (1, 1))
    Store.open(store.root)
    assert sorted(path.name for path in (store.root / "tmp").iterdir()) == sorted(
        [own.name, elsewhere.name]
    )
    assert not mine.exists()


def test_parts_are_made_once(store, key_of):
    made = []

    def make(name):
        return lambda: made.append(name) or name.encode()

    parts = store.parts(key_of("task"), stage="words")
    assert parts.fetch("0-30", make("0-30")) == b"0-30"
    assert parts.fetch("30-60", make("30-60")) == b"30-60"
    again = store.parts(key_of("task"), stage="words")
    assert again.fetch("0-30", make("0-30")) == b"0-30"
    assert (again.made, again.found) == (0, 1)
    assert store.parts(key_of("other")).fetch("0-30", make("other")) == b"other"
    assert made == ["0-30", "30-60", "other"]
    digest = hashlib.sha256(b"30-60").hexdigest()
    flip(store.path(digest))
    assert again.fetch("30-60", make("30-60")) == b"30-60"
    assert made[-1] == "30-60"
    assert verify(store).clean
