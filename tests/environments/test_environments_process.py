"""Workers: what they see, what they say, how they die and that nobody is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from engines_there import made
from venvs import make_venv

from loquitur.environments import process
from loquitur.errors import EngineError, MissingError

SOUND = np.zeros(1600, np.float32)


def texts(engine, language="x"):
    return [word.text for word in engine.transcribe(SOUND, language=language)]


def gone(pid):
    """Wait until a process is no more; the test's own time is the bound."""
    while True:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
            os.kill(pid, 0)
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.01)


def test_a_folder_or_a_file_may_be_named(nest, tmp_path):
    inner = nest / "bin" / "python"
    assert process.interpreter_of(str(nest)) == inner
    assert process.interpreter_of(str(inner)) == inner
    for nothing in (tmp_path, tmp_path / "no", nest / "pyvenv.cfg"):
        with pytest.raises(MissingError, match="no Python interpreter at"):
            process.interpreter_of(str(nothing))


def test_a_worker_says_who_it_is_whatever_is_printed_before(oddities, spare):
    with process.borrowed(str(oddities)) as worker:
        assert worker.prefix == str(oddities)
        assert worker.python == ".".join(map(str, sys.version_info[:3]))
        first = worker.pid
    with process.borrowed(str(oddities)) as worker:
        assert worker.pid == first


def test_an_environment_without_what_a_worker_needs_is_told(tmp_path, spare):
    venv = make_venv(tmp_path / "bare", worker=False)
    with pytest.raises(MissingError, match=r"it lacks (numpy|msgspec)") as caught:
        process.Worker(str(venv))
    assert "msgspec and numpy" in caught.value.hint


@pytest.mark.parametrize("program", ["true", "false", "cat"])
def test_a_program_that_is_no_interpreter_is_told(program, spare):
    import shutil

    with pytest.raises(MissingError, match="no worker can run in"):
        process.Worker(shutil.which(program))


def test_a_worker_of_another_version_is_refused(nest, monkeypatch, spare):
    monkeypatch.setattr(process.wire, "PROTOCOL", 2)
    with pytest.raises(EngineError, match="another protocol") as caught:
        process.Worker(str(nest))
    assert caught.value.code == "LQ-WORKER-PROTOCOL"


def test_nothing_of_this_environment_is_seen_there(remote, oddities, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/somewhere/else")
    (path, *_) = texts(remote("asr", "odd", act="where"))
    for place in filter(None, path.split("|")):
        assert Path(place).resolve() not in {Path(p).resolve() for p in sys.path if "site-" in p}
    assert "/somewhere/else" not in path
    assert str(oddities / "links") in path


def test_what_an_engine_prints_goes_to_stderr(remote, capfd):
    engine = remote("asr", "odd", act="print")
    assert texts(engine) == ["x0", "x1", "x2"]
    engine.close()
    heard = capfd.readouterr()
    assert heard.out == ""
    assert "said by the engine\n" in heard.err
    assert "said by its C code\n" in heard.err


def test_a_worker_ends_with_its_engine(remote):
    engine = remote("asr", "odd")
    texts(engine)
    (worker,) = engine._idle
    assert worker.alive
    engine.close()
    assert not worker.alive
    assert gone(worker.pid)
    assert texts(engine) == ["x0", "x1", "x2"]  # and comes again where it is asked for


def test_a_worker_ends_where_nobody_holds_its_engine(remote, tmp_path, oddities, spare):
    engine = made(tmp_path, oddities, "asr", "odd")
    pid = engine._idle[0].pid
    del engine
    assert gone(pid)


def test_a_worker_that_idles_gives_its_memory_back(remote, monkeypatch):
    monkeypatch.setattr(process, "IDLE_S", 0.2)
    engine = remote("asr", "odd")
    (worker,) = engine._idle
    assert gone(worker.pid)
    assert texts(engine) == ["x0", "x1", "x2"]


PARENT = """
import sys, time
from pathlib import Path
import numpy as np
from loquitur import registry
from loquitur.protocols import Resources
place, act = sys.argv[1:]
resources = Resources(models=Path("/nowhere"), environments=(("asr.odd", place),))
kind = registry.load(registry.find("asr", "odd", resources.environments))
engine = kind(kind.Options(act=act), resources)
for word in engine.transcribe(np.zeros(1600, np.float32), language="x"):
    print(word.text, flush=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's part is Linux's")
@pytest.mark.parametrize("act", ["sleep", "hold"])
def test_a_worker_dies_with_its_parent_whatever_it_does(oddities, act):
    """`hold` holds the interpreter's lock in C code, as pocketsphinx does for seconds."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(oddities), act], stdout=subprocess.PIPE, text=True
    )
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert gone(worker)


def test_a_call_that_is_broken_off_ends_its_worker_at_once(remote):
    engine = remote("asr", "odd", act="hold")
    stream = engine.transcribe(SOUND, language="x")
    pid = int(next(stream).text)
    stream.close()
    assert gone(pid)
    again = engine.transcribe(SOUND, language="x")
    assert int(next(again).text) != pid
    again.close()


class StoppedError(Exception):
    pass


def test_a_cancelled_run_ends_a_call_in_which_nothing_comes(remote):
    engine = remote("asr", "odd", act="hold")

    def beat():
        raise StoppedError

    stream = engine.transcribe(SOUND, language="x")
    pid = int(next(stream).text)
    engine.beat = beat
    with pytest.raises(StoppedError):
        next(stream)
    assert gone(pid)


def test_a_worker_that_is_killed_is_named_with_its_signal(remote):
    engine = remote("asr", "odd", act="sleep")
    stream = engine.transcribe(SOUND, language="x")
    os.kill(int(next(stream).text), signal.SIGKILL)
    with pytest.raises(EngineError, match="signal 9; the machine may be out of memory") as caught:
        next(stream)
    assert caught.value.code == "LQ-WORKER-DIED"
    assert "asr engine 'odd'" in caught.value.message


def test_a_worker_that_crashes_is_tried_once_more(remote, nest, tmp_path):
    engine = remote("asr", "parrot", nest, die=str(tmp_path / "once"), log=str(tmp_path / "log"))
    assert len(list(engine.transcribe(SOUND.repeat(10), language="en"))) == 2
    assert (tmp_path / "log").read_text().split() == ["transcribe", "transcribe"]
    (tmp_path / "ever").write_text("always")
    engine = remote("asr", "parrot", nest, die=str(tmp_path / "ever"), log=str(tmp_path / "two"))
    with pytest.raises(EngineError, match="signal 9"):
        list(engine.transcribe(SOUND, language="en"))
    assert (tmp_path / "two").read_text().split() == ["transcribe", "transcribe"]


def test_a_worker_that_leaves_says_with_which_code(remote):
    with pytest.raises(EngineError, match="exit code 3"):
        texts(remote("asr", "odd", act="crash"))
