"""Disks that are full or read-only, stores that are damaged, newer, or no stores at all.

The disks are real ones (tmpfs), so the system itself says no; who may not mount skips these.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def remount(place, how):
    subprocess.run(["mount", "-o", f"remount,{how}", str(place)], check=True)


def fill(folder, *, leaving=0):
    """Take all the room there is but some bytes."""
    free = shutil.disk_usage(folder).free
    with (folder / "ballast").open("wb") as file:
        file.write(bytes(max(0, free - leaving)))


def objects_of(store):
    return sorted(path for path in (store / "objects").rglob("*") if path.is_file())


# --- full ---


@pytest.mark.parametrize(
    "left_bytes",
    [0, *(pytest.param(size, marks=pytest.mark.slow) for size in (20_000, 300_000, 700_000))],
)
def test_a_store_on_a_full_disk(bench, disk, clip, left_bytes):
    store = disk / "store"
    bench.apart("run", "-o", bench.out, bench.neighbour, store=store).succeeds()
    fill(disk, leaving=left_bytes)
    ended = bench.apart("run", "-o", bench.out, clip, store=store)
    if ended.code:
        ended.fails(1, clip.name, str(disk), "free")
    verified = bench.apart("store", "verify", "--json", store=store)
    assert json.loads(verified.out)["clean"], verified
    assert not list((store / "tmp").iterdir())
    (disk / "ballast").unlink()
    bench.apart("run", "-o", bench.out, clip, store=store).succeeds()


@pytest.mark.slow
def test_a_full_disk_gives_what_it_has(bench, disk):
    store = disk / "store"
    run = ("run", "-o", bench.out, "--json", bench.neighbour)
    bench.apart(*run, store=store).succeeds()
    fill(disk)
    known = bench.apart(*run, store=store).succeeds()
    assert all(stage["cached"] for stage in json.loads(known.out)["stages"])


@pytest.mark.slow
def test_a_full_disk_is_cleared_by_what_its_error_advises(bench, disk, clip):
    store = disk / "store"
    bench.apart("run", "-o", bench.out, clip, store=store).succeeds()
    fill(disk)
    ended = bench.apart("store", "gc", "--max-mb", "0", "--grace-hours", "0", "--json", store=store)
    assert json.loads(ended.succeeds().out)["freed_bytes"] > 100_000


def test_no_room_for_a_store_at_all(bench, disk):
    fill(disk)
    ended = bench.apart("run", bench.neighbour, store=disk / "store")
    ended.fails(1, str(disk), "--store")


def test_results_on_a_full_disk_leave_the_old_ones(bench, disk, clip):
    first = bench.apart("run", "-o", disk / "out", "--format", "vtt,json", clip)
    before = {path: path.read_bytes() for path in first.succeeds().paths}
    assert len(before) == 2
    fill(disk)
    again = ("--set", "transcribe.pace_ms=300", "--format", "vtt,json", clip)
    ended = bench.apart("run", "-o", disk / "out", *again)
    ended.fails(1, clip.name, f"cannot write {disk}", "No space left", "another folder with -o")
    assert {path: path.read_bytes() for path in (disk / "out").iterdir()} == before
    elsewhere = bench.apart("run", "-o", bench.out, "--json", *again).succeeds()
    assert all(stage["cached"] for stage in json.loads(elsewhere.out)["stages"])


@pytest.mark.slow
def test_a_download_onto_a_full_disk(bench, disk, sample):
    from scripted_server import serving

    def script(request, handler):
        handler.ranged(request, sample.read_bytes(), Accept_Ranges="bytes")

    store = disk / "store"
    bench.apart("run", "-o", bench.out, bench.neighbour, store=store).succeeds()
    fill(disk, leaving=sample.stat().st_size // 2)
    with serving(script) as server:
        run = ("run", "--allow-private", "-o", bench.out, f"{server.url}/talk.mp4")
        bench.apart(*run, store=store).fails(1, "talk.mp4", "free", "--store")
    assert not any(path.is_file() for path in (store / "partial").rglob("*"))


# --- read-only ---


@pytest.mark.slow
def test_a_read_only_store_gives_what_it_has(bench, disk, clip):
    store = disk / "store"
    run = ("run", "-o", bench.out, "--format", "vtt")
    (path,) = bench.apart(*run, bench.neighbour, store=store).succeeds().paths
    first = path.read_bytes()
    path.unlink()
    remount(disk, "ro")
    bench.apart(*run, bench.neighbour, store=store).succeeds()
    assert path.read_bytes() == first
    ended = bench.apart(*run, clip, bench.neighbour, store=store)
    assert ended.code == 1
    assert len(ended.errors) == 1
    assert clip.name in ended.errors[0]
    assert "read-only" in ended.errors[0]
    assert ended.paths == [path]
    bench.apart("store", "ls", store=store).succeeds()
    bench.apart("store", "verify", store=store).succeeds()
    bench.apart("store", "gc", store=store).fails(1, "read-only")
    forced = bench.apart(*run, "--force", "transcribe", bench.neighbour, store=store)
    forced.fails(1, "read-only")
    remount(disk, "rw")
    bench.apart(*run, clip, store=store).succeeds()


def test_no_store_where_nothing_may_be_written(bench, disk):
    remount(disk, "ro")
    ended = bench.apart("run", bench.neighbour, store=disk / "store")
    ended.fails(1, str(disk), "--store")


def test_results_where_nothing_may_be_written(bench, disk):
    remount(disk, "ro")
    ended = bench.apart("run", "-o", disk / "out", bench.neighbour)
    ended.fails(1, f"cannot write {disk}", "Read-only file system", "-o")
    bench.apart("run", "-o", bench.out, bench.neighbour).succeeds()


# --- damaged, newer, none ---


def flip(path):
    """One bit of a file, the other way round."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(0o400)


def test_one_flipped_bit_in_any_object_is_healed(bench, clip):
    run = ("--format", "vtt,json", clip)
    first = {path: path.read_bytes() for path in bench.run(*run).succeeds().paths}
    names = objects_of(bench.store)
    assert len(names) >= 8
    for name in names:
        flip(name)
        for path in first:
            path.unlink()
        bench.run(*run).succeeds()
        assert {path: path.read_bytes() for path in bench.out.iterdir()} == first, name
        damaged = json.loads(bench("--store", bench.store, "store", "verify", "--json").out)
        if not damaged["clean"]:  # nothing needed that object: `verify` finds it all the same
            bench("--store", bench.store, "store", "verify", "--repair")
            bench.run(*run).succeeds()
    assert bench("--store", bench.store, "store", "verify").code == 0


def test_flipped_bits_in_all_objects_are_healed(bench, clip):
    run = ("--format", "vtt,json", clip)
    first = {path: path.read_bytes() for path in bench.run(*run).succeeds().paths}
    for name in objects_of(bench.store):
        flip(name)
    bench.run(*run).succeeds()
    assert {path: path.read_bytes() for path in first} == first
    assert bench("--store", bench.store, "store", "verify").code == 0


def test_a_flipped_bit_in_a_fetched_medium_is_healed(bench, sample):
    from scripted_server import serving

    def script(request, handler):
        handler.ranged(request, sample.read_bytes(), Accept_Ranges="bytes")

    with serving(script) as server:
        run = ("--allow-private", "--format", "vtt", f"{server.url}/talk.mp4")
        bench.run(*run).succeeds()
        (content,) = [
            path for path in objects_of(bench.store) if path.stat().st_size == sample.stat().st_size
        ]
        flip(content)
        bench.run("--force", "decode", *run).succeeds()
        assert len(server.requests) == 2
    assert content.read_bytes() == sample.read_bytes()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"key": 1}', bytes(300)])
def test_a_damaged_record_is_made_again(bench, content):
    first = bench.run("--format", "vtt", bench.neighbour).succeeds().paths[0].read_bytes()
    for path in (bench.store / "results").rglob("*.json"):
        path.chmod(0o600)
        path.write_bytes(content)
    (path,) = bench.run("--format", "vtt", bench.neighbour).succeeds().paths
    assert path.read_bytes() == first


def test_an_index_that_is_damaged_is_made_anew(bench):
    bench.run(bench.neighbour).succeeds()
    for path in bench.store.glob("index.sqlite*"):
        path.write_bytes(b"no data base at all" * 100)
    (document,) = bench.json(bench.neighbour)
    assert all(stage["cached"] for stage in document["stages"] if stage["stage"] != "acquire")


def test_a_store_that_is_a_file(bench):
    bench.store.write_text("mine")
    bench.run(bench.neighbour).fails(2, str(bench.store), "not a folder", "--store")
    assert bench.store.read_text() == "mine"


def test_a_store_below_a_file(bench):
    Path("file").write_text("mine")
    said = bench("--store", "file/store", "run", bench.neighbour, "--asr", "parrot")
    assert said.code in (1, 2)
    assert len(said.errors) == 1
    assert "file" in said.errors[0]
    assert "Traceback" not in said.err


def test_a_folder_with_other_things_is_no_store(bench):
    bench.store.mkdir()
    (bench.store / "thesis.doc").write_text("mine")
    bench.run(bench.neighbour).fails(2, "not a store", "thesis.doc", "--store")
    assert [path.name for path in bench.store.iterdir()] == ["thesis.doc"]


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ('{"format": 99}', ["store format 99", "pip install -U loquitur"]),
        ("{}", ["not the format file of a store"]),
        ("", ["not the format file of a store"]),
    ],
)
def test_a_store_of_a_newer_version(bench, content, texts):
    bench.run(bench.neighbour).succeeds()
    (bench.store / "store.json").chmod(0o600)
    (bench.store / "store.json").write_text(content)
    before = objects_of(bench.store)
    bench.run(bench.neighbour).fails(1, str(bench.store), *texts)
    bench("--store", bench.store, "store", "gc").fails(1, *texts)
    assert objects_of(bench.store) == before
