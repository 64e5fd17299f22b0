"""The order of system calls, and what their failures lead to."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from loquitur.errors import FullError, StoreError
from loquitur.store import Store, writing


@pytest.fixture
def trace(monkeypatch):
    """The system calls that bear on durability, in order, with what they were made on."""
    calls = []

    def watch(name, shown) -> None:
        original = getattr(os, name)

        def spy(*args, **kwargs):
            calls.append((name, *shown(args)))
            return original(*args, **kwargs)

        monkeypatch.setattr(os, name, spy)

    watch("fsync", lambda args: (Path(f"/proc/self/fd/{args[0]}").readlink(),))
    watch("replace", lambda args: args)
    watch("link", lambda args: args)
    watch("mkdir", lambda args: args[:1])
    return calls


def test_an_object_is_on_the_disk_before_it_has_its_name(store, trace):
    digest = store.put(b"data")
    final = store.path(digest)
    names = [call[0] for call in trace]
    assert names == ["fsync", "mkdir", "fsync", "replace", "fsync"]
    temporary = trace[0][1]
    assert temporary.parent == store.root / "tmp"
    assert trace[1:3] == [("mkdir", final.parent), ("fsync", final.parent.parent)]
    assert trace[3:] == [("replace", temporary, final), ("fsync", final.parent)]


def test_an_adopted_file_too(store, trace):
    with store.temporary() as path:
        path.write_bytes(b"data")
        final = store.path(store.adopt(path))
    assert ("fsync", path) in trace
    assert trace.index(("fsync", path)) < trace.index(("replace", path, final))
    assert trace[-1] == ("fsync", final.parent)


def test_a_record_is_linked_after_its_objects(store, trace, record_of):
    record = record_of("a", {"words": store.put(b"data")})
    objects_done = len(trace)
    store.publish(record)
    final = store.results.path(record.key)
    rest = trace[objects_done:]
    assert [call[0] for call in rest if call[0] in ("fsync", "link")] == [
        *("fsync", "fsync", "link", "fsync")
    ]
    assert next(call for call in rest if call[0] == "link")[2] == final
    assert rest[-1] == ("fsync", final.parent)


def test_a_failed_fsync_fails_the_write_and_is_not_repeated(store, monkeypatch):
    calls = []

    def fails(handle):
        calls.append(handle)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(StoreError, match="Input/output error"):
        store.put(b"data")
    assert len(calls) == 1
    monkeypatch.undo()
    assert list((store.root / "tmp").iterdir()) == []
    assert list(store.objects.names()) == []


def test_short_writes_are_continued(store, monkeypatch):
    original = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: original(handle, bytes(data[:1000])))
    data = os.urandom(10_500)
    assert store.read(store.put(data)) == data


@pytest.mark.parametrize("code", [errno.EPERM, errno.ENOTSUP, errno.EMLINK])
def test_create_if_absent_without_hard_links(store, monkeypatch, record_of, code):
    def no_links(*args, **kwargs):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", no_links)
    first = record_of("a", {"words": store.put(b"one")})
    assert store.publish(first) == first
    second = record_of("a", {"words": store.put(b"two")})
    assert store.publish(second) == first
    path = store.results.path(first.key)
    temporary = store.root / "tmp" / "x"
    temporary.write_bytes(b"late")
    assert writing.link_into(temporary, path) is False
    assert not temporary.exists()
    assert store.record(first.key) == first
    assert list((store.root / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (errno.ENOSPC, FullError, r"no space left: 70 bytes needed, \d+ bytes free"),
        (errno.EDQUOT, FullError, r"70 bytes needed"),
        (errno.EFBIG, FullError, r"file size limit"),
        (errno.EROFS, FullError, r"read-only"),
        (errno.EACCES, FullError, r"no right to write"),
        (errno.EMFILE, StoreError, r"too many open files"),
        (errno.EIO, StoreError, r"Input/output"),
    ],
)
def test_what_the_system_says_becomes_one_clear_line(tmp_path, code, kind, words):
    error = writing.translate(OSError(code, os.strerror(code)), tmp_path / "x", needed_bytes=70)
    assert type(error) is kind
    assert str(tmp_path) in error.message
    with pytest.raises(kind, match=words):
        raise error
    assert error.hint


def test_discard_takes_files_and_folders_and_nothing(tmp_path):
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "file").write_bytes(b"x")
    for name in ("folder", "file", "absent"):
        writing.discard(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_rename_that_fails_leaves_no_temporary_file(store, monkeypatch, record_of):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    digest = store.put(b"there")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        patch.setattr(os, "link", full)
        with pytest.raises(FullError):
            store.put(b"data")
        with pytest.raises(FullError):
            store.publish(record_of("a", {"words": digest}))
    assert list((store.root / "tmp").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path, monkeypatch):
    """As in /proc: the parent is there, and making a folder in it still says that it is not."""
    root = tmp_path / "made" / "nope"
    real = os.mkdir

    def mkdir(path, mode=0o777):
        if Path(path) == root:
            raise FileNotFoundError(errno.ENOENT, "No such file or directory", str(path))
        real(path, mode)

    monkeypatch.setattr(writing.os, "mkdir", mkdir)
    with pytest.raises(StoreError, match=r"nope: No such file or directory") as caught:
        Store.open(root)
    assert "--store DIR" in caught.value.hint
    assert root.parent.is_dir()


def test_folders_above_are_made_too(tmp_path):
    writing.ensure_folder(tmp_path / "a" / "b" / "c")
    writing.ensure_folder(tmp_path / "a" / "b" / "c")
    assert (tmp_path / "a" / "b" / "c").is_dir()
