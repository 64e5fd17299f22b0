"""A library against kill -9 at any moment, full and read-only disks, and other writers.

Run as a script this file is the driver of the kill test: a process without threads, which forks
one child after the other over the same library.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from loquitur.errors import CorruptError, FullError, LockedError, StoreError
from loquitur.library.index.embedded import EmbeddedIndex, connections, inverted, matrix
from loquitur.model.library import ALL, AnyOf, Encoding, Term, Volume
from loquitur.testing.passages import PART, zipf_passages

pytestmark = pytest.mark.slow

ENCODING = Encoding(engine="made", dimension=8)
KILLS = 30
VIDEOS = 40


def add(index, number, count, seed):
    """A video of so many passages, each with a vector."""
    ((volume, passages),) = zipf_passages(
        count, words=30, vocabulary=500, seed=seed, per_volume=count
    )
    named = Volume(media_id=f"m{number}", title=f"{volume.title} {count}")
    rows = np.random.default_rng(seed).standard_normal((count, 8), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index.replace(named, PART, passages, vectors=rows, encoding=ENCODING)


# --- kill -9 ---


def work(path, seed, began):
    """Videos put in, changed and taken out, without an end; says when the first one is in."""
    dice = random.Random(seed)
    index = EmbeddedIndex(path)
    while True:
        number = dice.randrange(VIDEOS)
        if dice.random() < 0.2:
            index.remove(f"m{number}")
        else:
            add(index, number, dice.randrange(1, 40), dice.randrange(10**6))
        os.write(began, b"!")
        if dice.random() < 0.1:
            index.close()


def problems(path):
    """What is wrong with a library: what verify says, and videos that are there by half."""
    index = EmbeddedIndex(path)
    found = [f"{one.code}: {one.message}" for one in index.verify()]
    total = 0
    for volume in index.volumes():
        passages = list(index.passages_of(volume.media_id))
        total += len(passages)
        if len(passages) != int(volume.title.rpartition(" ")[2]):
            found.append(f"half: {volume.title}: {len(passages)}")
    counts = index.counts()
    if (counts.passages, counts.vectors) != (total, total):
        found.append(f"{counts}, not {total}")
    near = index.by_vector(np.eye(8, dtype=np.float32)[0], filters=ALL, limit=10**6)
    if len(near) != total:
        found.append(f"{len(near)} by vector, not {total}")
    index.close()
    return found


def driver(path):
    dice = random.Random(11)
    for module in (matrix, inverted):
        module.LEAST = 60
    inverted.LEAST_ROWS = 100
    wrong = []
    began, told = os.pipe()
    os.set_blocking(told, False)
    for number in range(KILLS):
        pid = os.fork()
        if pid == 0:
            try:
                work(path, number, told)
            finally:
                os._exit(1)
        os.read(began, 1 << 16)
        time.sleep(dice.uniform(0.0, 0.3))
        os.kill(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
        if not os.WIFSIGNALED(status):
            wrong.append(f"{number}: ended by itself")
        wrong += [f"{number}: {one}" for one in problems(path)]
        os.write(told, b".")  # so that there is always something to read away
        os.read(began, 1 << 16)
    index = EmbeddedIndex(path)
    print(json.dumps({"wrong": wrong, "generation": index.generation}))


def test_a_library_survives_kills_at_any_moment(tmp_path):
    arguments = [sys.executable, __file__, str(tmp_path / "x.library")]
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=200)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told["wrong"] == []
    assert told["generation"] > KILLS


# --- full and read-only disks ---


def remount(place, how):
    subprocess.run(["mount", "-o", f"remount,{how}", str(place)], check=True)


def found(index):
    query = AnyOf(parts=tuple(Term(any_of=(term,)) for term in ("boba", "boda", "boka", "bubo")))
    return [hit.id for hit in index.by_words(query, filters=ALL, limit=10**4)]


def test_a_full_disk_loses_nothing(disk):
    index = EmbeddedIndex(disk / "x.library")
    done = 0
    while shutil.disk_usage(disk).free > 100_000:
        add(index, done, 30, done)
        done += 1
    with pytest.raises(FullError, match="no space left for the library") as caught:
        add(index, done, 900, done)
    assert str(disk) in caught.value.message
    assert len(list(index.volumes())) == done
    assert index.verify() == ()
    index.close()
    assert problems(disk / "x.library") == []
    fill = disk / "ballast"
    with fill.open("wb") as file:
        file.write(bytes(shutil.disk_usage(disk).free))
    full = EmbeddedIndex(disk / "x.library")
    assert len(found(full)) > 0, "a full disk gives what it has"
    full.close()
    fill.unlink()
    remount(disk, "size=9m")
    index = EmbeddedIndex(disk / "x.library")
    assert index.remove("m0")
    assert index.verify() == ()
    index.close()


def test_no_room_for_a_library_at_all(disk):
    with (disk / "ballast").open("wb") as file:
        file.write(bytes(shutil.disk_usage(disk).free))
    with pytest.raises(FullError, match=r"x\.library"):
        EmbeddedIndex(disk / "x.library")


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_read_only_disk_gives_what_it_has(disk, is_closed):
    index = EmbeddedIndex(disk / "x.library")
    add(index, 1, 30, 1)
    before = found(index)
    if is_closed:
        index.close()
    remount(disk, "ro" if is_closed else "rw")
    reader = EmbeddedIndex(disk / "x.library")
    assert found(reader) == before
    if is_closed:
        assert reader.verify() == ()
        with pytest.raises(FullError, match="read-only"):
            add(reader, 2, 3, 2)
        with pytest.raises(FullError, match="read-only"):
            reader.rebuild()
    reader.close()
    index.close()


def test_no_library_where_nothing_may_be_written(disk):
    remount(disk, "ro")
    with pytest.raises(FullError, match="read-only"):
        EmbeddedIndex(disk / "x.library")


# --- damage ---


@pytest.mark.parametrize("at", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_damage_is_found_and_never_another_error(tmp_path, at):
    path = tmp_path / "course.library"
    index = EmbeddedIndex(path)
    for number in range(20):
        add(index, number, 20, number)
    index.close()
    data = bytearray(path.read_bytes())
    first = int(at * len(data)) // 4096 * 4096
    data[first : first + 8192] = random.Random(1).randbytes(8192)
    path.write_bytes(data)
    assert reasons(path)


def test_a_file_that_is_cut_short(tmp_path):
    path = tmp_path / "course.library"
    index = EmbeddedIndex(path)
    add(index, 1, 30, 1)
    index.close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert reasons(path)


def reasons(path):
    """What is said about a damaged library, by an error or by `verify`."""
    said = []
    index = None
    try:
        index = EmbeddedIndex(path)
        said += [finding.code for finding in index.verify()]
        found(index)
    except CorruptError as exc:
        said.append(f"{exc.message} {exc.hint}")
    finally:
        if index is not None:
            index.close()
    assert all(len(one) < 20 or "loquitur library rebuild --library course" in one for one in said)
    return said


# --- others ---


def test_two_writers_wait_for_each_other(tmp_path):
    path = tmp_path / "x.library"
    EmbeddedIndex(path).close()
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import test_faults_library as t\n"
        "index = t.EmbeddedIndex(t.Path(sys.argv[2]))\n"
        "for n in range(15): t.add(index, int(sys.argv[3]) + n, 10, n)\n"
        "index.close()"
    )
    folder = str(Path(__file__).parent)
    writers = [
        subprocess.Popen([sys.executable, "-c", code, folder, str(path), str(first)])
        for first in (0, 100)
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    index = EmbeddedIndex(path)
    assert len(list(index.volumes())) == 30
    index.close()
    assert problems(path) == []


def test_threads_share_an_index(tmp_path):
    index = EmbeddedIndex(tmp_path / "x.library")
    failed = []

    def run(first):
        try:
            for number in range(first, first + 8):
                add(index, number, 5, number)
                found(index)
        except StoreError as exc:
            failed.append(exc)

    threads = [threading.Thread(target=run, args=(first,)) for first in (0, 10, 20, 30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert index.counts().volumes == 32
    assert index.verify() == ()
    index.close()


def test_who_writes_for_ever_is_named(tmp_path, monkeypatch):
    index = EmbeddedIndex(tmp_path / "x.library")
    index.remove("nothing")  # opens the writer's connection
    index._connections._writer.execute("PRAGMA busy_timeout=50")
    monkeypatch.setattr(connections, "_PATIENCE_S", 0.1)
    other = sqlite3.connect(index.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LockedError, match="busy"):
        add(index, 1, 1, 1)
    other.execute("ROLLBACK")
    other.close()
    add(index, 1, 1, 1)
    index.close()


if __name__ == "__main__":
    driver(Path(sys.argv[1]))
