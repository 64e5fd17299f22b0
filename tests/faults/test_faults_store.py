"""The store against kill -9 at every write point, full disks, and exhausted limits.

Run as a script this file is the driver of the kill test: a process without threads, which forks
one child for each point.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from loquitur.errors import FullError, StoreError
from loquitur.model.speakers import SpeakerEdits
from loquitur.model.work import Record
from loquitur.store import Store, collect, verify, writing

KEY = hashlib.sha256(b"the task").hexdigest()
CHUNKS = 3


# --- what is killed: one function per scenario, each given a store's folder -----------------------


def work(root: Path) -> dict:
    """One task with pieces, a large file, two outputs: everything a stage does to a store."""
    made = []

    def piece(number):
        return lambda: made.append(number) or b"piece %d" % number

    store = Store.open(root)
    with store.lease(KEY) as lease:
        record = lease.record
        if record is None:
            parts = store.parts(KEY, stage="words")
            pieces = [parts.fetch(f"{n}", piece(n)) for n in range(CHUNKS)]
            with store.temporary(".pcm") as path:
                path.write_bytes(b"samples" * 5000)
                samples = store.adopt(path)
            made.append("task")
            outputs = (("words", store.put(b"|".join(pieces))), ("samples", samples))
            record = store.publish(Record(key=KEY, stage="words", stage_version=1, outputs=outputs))
    return {"outputs": record.outputs, "made": made}


def force(root: Path) -> dict:
    """`--force`: the result is forgotten and made again."""
    store = Store.open(root)
    store.retire(KEY)
    return work(root)


def tidy(root: Path) -> dict:
    """Garbage is collected, pieces of finished work included; then damage is repaired."""
    store = Store.open(root)
    collect(store, grace_s=-1, max_bytes=0)
    verify(store, repair=True)
    return {}


def say(root: Path) -> dict:
    """A user names a speaker, thinks better of it, and takes it back."""
    store = Store.open(root)
    for name in ("Ann", "Bea"):
        edits = SpeakerEdits(turns="0" * 64, names=(("SPEAKER_00", name),))
        store.change_edits(KEY, lambda _, edits=edits: edits)
    store.change_edits(KEY, lambda _: None)
    return {}


def inspect(root: Path) -> dict:
    """The invariants, looked at before anything mends itself, and once after."""
    index = root / "index.sqlite"
    rows, outputs = [], []
    store = Store.open(root)  # sweeps
    if index.exists():
        rows = [key.hex() for (key,) in store.catalog.read("SELECT key FROM results")]
        outputs = [item.hex() for (item,) in store.catalog.read("SELECT object FROM outputs")]
    report = verify(store)
    problems = [f"bad object {item}" for item in report.bad]
    problems += [f"record without object {item}" for item in report.missing]
    problems += [f"damaged record {item}" for item in report.corrupt]
    problems += [f"strange file {item}" for item in report.strange]
    problems += [f"damaged edits of {item}" for item in report.bad_edits]
    problems += [
        f"row without record {key}" for key in rows if not store.results.path(key).exists()
    ]
    problems += [f"row without object {item}" for item in outputs if not store.has(item)]
    problems += [f"left in tmp: {path.name}" for path in (root / "tmp").iterdir()]
    return {
        "problems": problems,
        "finished": store.record(KEY) is not None,
        "pieces": sum(bool(record.part_of) for record in store.records()),
    }


def forked(task, root: Path, kill_at: int = 0) -> tuple[dict | None, int, list[str]]:
    """The answer of a task done in a child that kills itself at its n-th point, None if it did."""
    reading, writing_end = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        seen = []

        def point(name: str) -> None:
            seen.append(name)
            if len(seen) == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)

        writing.point = point
        code = 1
        try:
            answer = json.dumps([task(root), len(seen), sorted(set(seen))]).encode()
            while answer:
                answer = answer[os.write(writing_end, answer) :]
            code = 0
        finally:
            os._exit(code)
    os.close(writing_end)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status == -signal.SIGKILL:
        return None, 0, []
    assert status == 0, (task.__name__, kill_at, status)
    return tuple(json.loads(text))


def kill_everywhere(scenario: str, folder: Path) -> dict:
    """Kill a scenario at its 1st, 2nd, ... point until it ends by itself; check each time."""
    task = {"work": work, "force": force, "tidy": tidy, "say": say}[scenario]
    prepared = folder / "prepared"
    undisturbed = forked(work, prepared)[0]
    if scenario == "tidy":
        forked(lambda root: {"x": Store.open(root).put(b"garbage")}, prepared)
    killed, problems = 0, []
    while True:
        root = folder / f"store-{killed}"
        if scenario != "work":
            shutil.copytree(prepared, root)
        answer, _, names = forked(task, root, killed + 1)
        state, _, _ = forked(inspect, root)
        problems += [f"point {killed + 1}: {text}" for text in state["problems"]]
        again, _, _ = forked(work, root)
        pieces = state["pieces"]
        expected = 0 if state["finished"] else 1 + CHUNKS - pieces
        if scenario != "tidy" and len(again["made"]) != expected:
            problems.append(f"point {killed + 1}: made {again['made']}, expected {expected}")
        if state["finished"] and again["made"]:
            problems.append(f"point {killed + 1}: finished work was done again")
        if again["outputs"] != undisturbed["outputs"]:
            problems.append(f"point {killed + 1}: another result")
        after, _, _ = forked(inspect, root)
        problems += [f"point {killed + 1}, healed: {text}" for text in after["problems"]]
        shutil.rmtree(root)
        if answer is not None:
            return {"killed": killed, "problems": problems, "points": names}
        killed += 1


def fast_folder() -> Path:
    """A folder in memory where there is one: SIGKILL tests the order of calls, not the disk."""
    memory = Path("/dev/shm")
    place = memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1e8 else None
    return Path(tempfile.mkdtemp(dir=place))


@pytest.mark.parametrize(
    ("scenario", "at_least"),
    [
        pytest.param("work", 90, marks=pytest.mark.slow),
        pytest.param("force", 21, marks=pytest.mark.slow),
        ("tidy", 12),
        ("say", 20),
    ],
)
def test_kill_at_every_write_point(scenario, at_least):
    folder = fast_folder()
    try:
        command = [sys.executable, __file__, scenario, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=280)
        assert done.returncode == 0, done.stderr[-3000:]
        report = json.loads(done.stdout)
    finally:
        shutil.rmtree(folder)
    print(f"{scenario}: killed at {report['killed']} points, {len(report['points'])} names")
    assert report["problems"] == []
    assert report["killed"] >= at_least


def test_every_point_in_the_code_is_reached_by_some_kill():
    """No point stands in code that the scenarios never run; those few have tests of their own."""
    source = Path(writing.__file__).parent
    named = set()
    for path in source.glob("*.py"):
        named |= set(re.findall(r'\bpoint\("([a-z.]+)"\)', path.read_text()))
    seen = set()
    folder = fast_folder()
    try:
        for task in (work, work, force, tidy, say):
            answer, _, names = forked(task, folder / "store")
            assert answer is not None
            seen |= set(names)
        again = forked(
            lambda root: {"x": Store.open(root).put(b"samples" * 5000)}, folder / "store"
        )
        again = forked(
            lambda root: {"x": Store.open(root).put(b"samples" * 5000)}, folder / "store"
        )
        seen |= set(again[2])
    finally:
        shutil.rmtree(folder)
    assert named - seen == set()


# --- limits ---


@contextlib.contextmanager
def small_disk(folder: Path, size: str):
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("mounting a small file system needs root")
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder]
    made = subprocess.run(command, capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip(f"no right to mount here: {made.stderr!r}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def attempt(root: Path) -> dict:
    """The work, or what a person is told where the disk is full."""
    try:
        return work(root)
    except FullError as error:
        return {"message": error.message, "hint": error.hint}


@pytest.mark.slow
def test_a_full_disk_at_any_moment(tmp_path):
    """The disk is full a little later each time, until the work passes; then nothing is damaged."""
    said = []
    with small_disk(tmp_path / "disk", "2m"):
        ballast = tmp_path / "disk" / "ballast"
        root = tmp_path / "disk" / "store"
        ballast.write_bytes(bytes((2 << 20) - 65_536))
        while "message" in (answer := forked(attempt, root)[0]):
            said.append(answer)
            with ballast.open("r+b") as file:
                file.truncate(ballast.stat().st_size - 8192)
        store = Store.open(root)
        assert verify(store).clean
        assert list((root / "tmp").iterdir()) == []
        assert tuple(map(tuple, answer["outputs"])) == store.record(KEY).outputs
        store.close()
    print(f"disk full {len(said)} times")
    assert len(said) >= 10
    for told in said:
        assert re.search(r"no space left.* \d+ bytes free", told["message"])
        assert str(root) in told["message"]
        assert told["hint"]


def test_a_full_disk_is_told_with_path_and_bytes(tmp_path):
    with small_disk(tmp_path / "disk", "1m"):
        store = Store.open(tmp_path / "disk" / "store")
        with pytest.raises(
            FullError, match=r"no space left: 2097152 bytes needed, \d+ bytes free"
        ) as caught:
            store.put(bytes(2 << 20))
        assert str(store.root) in caught.value.message
        with pytest.raises(FullError), store.temporary(".pcm") as path:
            path.write_bytes(bytes(2 << 20))
        assert list((store.root / "tmp").iterdir()) == []
        assert store.read(store.put(b"small")) == b"small"
        store.close()


def run_child(code: str, *arguments: object) -> str:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


LIMITED_FILE_SIZE = """
import pathlib, resource, signal, sys
from loquitur.errors import FullError
from loquitur.store import Store, verify
root = pathlib.Path(sys.argv[1])
store = Store.open(root)
store.usage()
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
try:
    store.put(bytes(150_000))
except FullError as error:
    print(error.message)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert list((root / "tmp").iterdir()) == []
assert list(store.objects.names()) == []
assert store.read(store.put(bytes(150_000))) == bytes(150_000)
assert verify(store).clean
"""


def test_a_file_size_limit(tmp_path):
    said = run_child(LIMITED_FILE_SIZE, tmp_path / "store")
    assert re.search(r"file size limit: 150000 bytes needed, \d+ bytes free", said)


LIMITED_FILES = """
import os, pathlib, resource, sys
from loquitur.errors import StoreError
from loquitur.model.work import Record
from loquitur.store import Store, verify
root = pathlib.Path(sys.argv[1])
Store.open(root).put(b"there")
free = os.open(os.devnull, os.O_RDONLY)
os.close(free)
failures = 0
limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
store = None
for extra in range(40):  # one more descriptor each time, until it is enough
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + extra, limit))
    try:
        store = Store.open(root)
        key = "ab" * 32
        with store.lease(key) as lease:
            if lease.record is None:
                outputs = (("words", store.put(b"words")),)
                store.publish(Record(key=key, stage="words", stage_version=1, outputs=outputs))
        store.usage()
        break
    except StoreError as error:
        failures += 1
        print(error.message)
    finally:
        if store is not None:
            store.close()
else:
    sys.exit("never enough")
assert failures >= 2
assert verify(store).clean
assert list((root / "tmp").iterdir()) == []
"""


def test_too_few_file_descriptors(tmp_path):
    said = run_child(LIMITED_FILES, tmp_path / "store")
    assert "too many open files" in said


def test_an_unreadable_disk(tmp_path, monkeypatch):
    store = Store.open(tmp_path / "store")
    digest = store.put(b"data")

    def broken(handle, count, at):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "pread", broken)
    with pytest.raises(StoreError, match=r"Input/output error") as caught:
        store.read(digest)
    assert digest in caught.value.message
    monkeypatch.undo()
    assert store.read(digest) == b"data"  # it was not taken for damaged


def test_limits_are_as_before():
    """The tests above set limits only in children."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


if __name__ == "__main__":
    print(json.dumps(kill_everywhere(sys.argv[1], Path(sys.argv[2]))))
