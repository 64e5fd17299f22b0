"""The child process: whatever happens to it is one error, and it never outlives its parent."""

from __future__ import annotations

import signal
import struct
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest
from clips import Sound, write_clip

from loquitur.errors import EngineError, FullError, InputError, MissingError, StoreError
from loquitur.media.audio import Decoded, Limits, decode
from loquitur.media.isolation import run_isolated
from loquitur.media.probe import Probe

READ = "import sys, json; request = json.loads(sys.stdin.readline());"


def run(code: str, path: Path, *, limits: Limits | None = None, tell=None, into=Probe):
    command = (sys.executable, "-c", READ + code)
    return run_isolated(
        "probe", path, {}, into=into, limits=limits or Limits(), tell=tell, command=command
    )


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE"])
def test_a_crash_is_one_error_that_names_the_file(tmp_path, name):
    code = f"import os, signal; os.kill(os.getpid(), signal.{name})"
    with pytest.raises(InputError, match=rf"film\.mp4: the decoder crashed on it \({name}\)"):
        run(code, tmp_path / "film.mp4")


def test_a_crash_in_the_middle_of_a_word_is_a_crash(tmp_path):
    code = "import os; os.write(1, b'{\"result\": {'); os.kill(os.getpid(), 11)"
    with pytest.raises(InputError, match=r"crashed on it \(SIGSEGV\)"):
        run(code, tmp_path / "a")


@pytest.mark.slow
def test_a_hang_is_ended(tmp_path):
    code = """
import time
print(json.dumps({"progress": [os_pid := __import__("os").getpid(), 9]}), flush=True)
time.sleep(600)"""
    heard = []
    with pytest.raises(InputError, match="no progress for 3 s") as caught:
        run(code, tmp_path / "a", limits=Limits(quiet_s=3.0), tell=lambda *pair: heard.append(pair))
    assert caught.value.code == "LQ-MEDIA-HANGS"
    assert not psutil.pid_exists(heard[0][0])


def test_endless_computing_is_ended(tmp_path):
    code = """
from loquitur.media.worker import bind
bind(request["limits"])
while True: pass"""
    with pytest.raises(InputError, match="more than 1 s of processor time"):
        run(code, tmp_path / "a", limits=Limits(processor_s=1))


def test_memory_is_bounded(tmp_path):
    code = """
from loquitur.media import worker
worker._answer = lambda request, say: bytearray(1 << 31)
sys.stdin = open(0, "rb", closefd=False)
import io, os
read, write = os.pipe()
os.write(write, json.dumps(request).encode() + b"\\n")
sys.stdin = io.TextIOWrapper(os.fdopen(read, "rb"))
sys.exit(worker.main())"""
    with pytest.raises(InputError, match="needs more memory than allowed"):
        run(code, tmp_path / "a", limits=Limits(memory_bytes=1 << 30))


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise RuntimeError('no luck')", "ended with status 1: RuntimeError: no luck"),
        ("print('not json')", "sent what it must not"),
        ("print('[1]', flush=True); __import__('time').sleep(600)", "sent what it must not"),
        ('print(\'{"result": {"container": 3}}\')', "gave no result: "),
    ],
)
def test_a_worker_that_does_not_work_is_an_engine_error(tmp_path, code, said):
    with pytest.raises(EngineError, match=said):
        run(code, tmp_path / "a")


def test_a_worker_that_cannot_start_is_an_engine_error(tmp_path):
    with pytest.raises(EngineError, match="cannot start the media worker"):
        run_isolated(
            "probe", tmp_path, {}, into=Probe, limits=Limits(), command=(str(tmp_path / "none"),)
        )


def test_errors_keep_their_class_hint_and_code(tmp_path):
    code = """print(json.dumps({"error": ["MissingError", "no av", "pip install av", "LQ-X"]}))"""
    with pytest.raises(MissingError, match="no av") as caught:
        run(code, tmp_path / "a")
    assert (caught.value.hint, caught.value.code) == ("pip install av", "LQ-X")


class CancelledError(Exception):
    pass


@pytest.mark.parametrize("error", [CancelledError, KeyboardInterrupt])
def test_what_progress_raises_ends_the_child_and_comes_out(tmp_path, error):
    path = _long_wav(tmp_path / "long.wav")
    before = _children()
    children: set[psutil.Process] = set()

    def cancel(done_ms: int, total_ms: int) -> None:
        children.update(_children() - before)
        raise error

    with pytest.raises(error):
        decode(path, tmp_path / "a.pcm", progress=cancel)
    assert children
    assert not any(child.is_running() for child in children)
    assert not (tmp_path / "a.pcm").exists()


def test_a_real_worker_that_is_killed_is_one_error(tmp_path):
    path = _long_wav(tmp_path / "long.wav")
    before = _children()

    def kill(done_ms: int, total_ms: int) -> None:
        for child in _children() - before:
            child.send_signal(signal.SIGSEGV)

    with pytest.raises(InputError, match=r"long\.wav: the decoder crashed on it \(SIGSEGV\)"):
        decode(path, tmp_path / "a.pcm", progress=kill)


def test_the_child_ends_with_its_parent(tmp_path):
    path = _long_wav(tmp_path / "long.wav")
    code = f"""
import sys
from pathlib import Path
from loquitur.media.audio import decode
import psutil
def tell(done, total):
    print(psutil.Process().children()[0].pid, flush=True)
decode(Path({str(path)!r}), Path({str(tmp_path / "a.pcm")!r}), progress=tell)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
        parent.wait()
        child.wait(timeout=30)
    assert not child.is_running()


def test_the_bound_on_output_is_a_full_disk(tmp_path):
    """A limit on file size that we inherit, as a quota or `ulimit -f` sets it."""
    path = write_clip(tmp_path / "a.wav", [Sound(codec="pcm_s16le", duration_ms=60_000)])
    code = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
from pathlib import Path
from loquitur.media.audio import decode
from loquitur.errors import FullError
target = Path({str(tmp_path / "a.pcm")!r})
for isolated in (True, False):
    try:
        decode(Path({str(path)!r}), target, isolated=isolated)
    except FullError as error:
        assert not target.exists()
        print(error, "|", error.hint)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all("cannot write the sound to" in line and "File too large" in line for line in lines)


@pytest.mark.parametrize("isolated", [True, False])
def test_a_full_disk_is_said_and_the_device_stays(tmp_path, isolated):
    path = write_clip(tmp_path / "a.mp3", [Sound(codec="libmp3lame")])
    with pytest.raises(FullError, match="No space left on device") as caught:
        decode(path, Path("/dev/full"), isolated=isolated)
    assert "make room" in caught.value.hint
    assert Path("/dev/full").exists()
    with pytest.raises(StoreError, match=r"cannot write the sound to .*No such file"):
        decode(path, tmp_path / "none" / "a.pcm", isolated=isolated)


def test_many_at_once_do_not_disturb_one_another(tmp_path):
    paths = [
        write_clip(tmp_path / f"{n}.wav", [Sound(codec="pcm_s16le", duration_ms=1000 * (n + 1))])
        for n in range(4)
    ]
    found: dict[int, Decoded] = {}

    def work(number: int) -> None:
        found[number] = decode(paths[number], tmp_path / f"{number}.pcm")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[number].duration_ms for number in range(4)] == [1000, 2000, 3000, 4000]


def test_no_file_descriptor_or_process_is_left(tmp_path):
    path = write_clip(tmp_path / "a.wav", [Sound(codec="pcm_s16le")])
    decode(path, tmp_path / "a.pcm")
    before, others = _open_files(), _children()
    for _ in range(2):
        decode(path, tmp_path / "a.pcm")
        with pytest.raises(InputError):
            decode(tmp_path / "none", tmp_path / "a.pcm")
    assert _open_files() <= before
    assert _children() <= others


def test_the_parent_never_imports_the_media_library(tmp_path):
    path = write_clip(tmp_path / "a.wav", [Sound(codec="pcm_s16le")])
    code = f"""
import sys
from pathlib import Path
from loquitur.media.audio import decode
from loquitur.media.probe import probe
probe(Path({str(path)!r}))
decode(Path({str(path)!r}), Path({str(tmp_path / "a.pcm")!r}))
assert "av" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def _children() -> set[psutil.Process]:
    """This process's children: other tests may have left multiprocessing's resource tracker."""
    return set(psutil.Process().children())


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _long_wav(path: Path) -> Path:
    """Six hours of silence at 8 kHz that take no room: a header, and a hole."""
    size = 6 * 3600 * 8000
    with path.open("wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + size) + b"WAVEfmt ")
        file.write(struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000, 1, 8))
        file.write(b"data" + struct.pack("<I", size))
        file.truncate(44 + size)
    return path
