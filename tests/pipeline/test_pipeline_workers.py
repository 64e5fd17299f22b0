"""What worker processes owe: foreign modules stay out, every Future ends, nobody is left behind."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import traceback

import pytest

from loquitur.errors import EngineError, InputError
from loquitur.pipeline.executors.processes import ProcessExecutor, _work

# what workers are asked to do: top-level, so that it pickles


def whoami(_, *, report):
    report("here")
    return os.getpid()


def answer(number, *, report):
    return number


def chain(_, *, report):
    try:
        raise KeyError("the very first reason")
    except KeyError as exc:
        raise InputError("bad") from exc


def stumble(_, *, report):
    raise ValueError("odd")


class UnportableError(Exception):
    """An error that pickles but cannot be made again."""

    def __init__(self, one, two):
        super().__init__(f"{one} {two}")


def stumble_alone(_, *, report):
    raise UnportableError("a", "b")


def hear(*news):
    pass


@pytest.fixture
def executor():
    executor = ProcessExecutor(1)
    yield executor
    executor.shutdown(cancel=False)


# --- what they import ---

ASKS = """
import os
import sys
from loquitur.pipeline.executors.processes import ProcessExecutor

def whoami(_, *, report):
    return os.getpid()

def hear(*news):
    pass

if __name__ == "__main__":
    executor = ProcessExecutor(1)
    print(executor.submit(whoami, 0, report=hear).result(60) != os.getpid())
    executor.shutdown(cancel=False)
"""


def test_a_module_in_the_current_folder_is_not_executed(tmp_path):
    here, elsewhere = tmp_path / "here", tmp_path / "elsewhere"
    here.mkdir()
    elsewhere.mkdir()
    for name in ("struct", "signal", "pickle"):
        (here / f"{name}.py").write_text("open(__file__ + '.ran', 'w').close()\n")
    (elsewhere / "asks.py").write_text(ASKS)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}
    ended = subprocess.run(
        [sys.executable, str(elsewhere / "asks.py")],
        cwd=here, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert list(here.glob("*.ran")) == []
    assert (ended.returncode, ended.stdout) == (0, "True\n"), ended.stderr


def test_the_environment_is_as_it_was_after_a_start(executor):
    before = subprocess.check_output(["env"])
    executor.submit(whoami, 0, report=hear).result(60)
    assert subprocess.check_output(["env"]) == before


def test_an_interrupt_while_a_worker_starts_does_not_end_it(executor):
    """A terminal sends Ctrl-C to the whole group; a worker that dies of it prints a traceback."""
    future = executor.submit(whoami, 0, report=hear)
    end = time.monotonic() + 60
    while not executor._living:
        assert time.monotonic() < end
        time.sleep(0.001)
    (started,) = executor._living
    while not future.done():
        os.kill(started.pid, signal.SIGINT)
        time.sleep(0.005)
    assert future.result(60) == started.pid
    os.kill(started.pid, signal.SIGINT)
    assert executor.submit(whoami, 0, report=hear).result(60) == started.pid
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == set()


# --- every Future ends ---


@pytest.mark.parametrize("number", [errno.EAGAIN, errno.EMFILE])
def test_a_worker_that_cannot_be_started_fails_its_call_alone(executor, monkeypatch, number):
    def refuses(self):
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(multiprocessing.get_context("spawn").Process, "start", refuses)
        with pytest.raises(EngineError, match=os.strerror(number)) as caught:
            executor.submit(whoami, 0, report=hear).result(60)
    assert caught.value.code == "LQ-WORKER-START"
    assert caught.value.hint
    assert executor.submit(whoami, 0, report=hear).result(60) != os.getpid()


@pytest.mark.parametrize(
    "error", [ValueError("deaf"), BrokenPipeError("gone"), EOFError("end"), SystemExit(3)], ids=repr
)
def test_an_error_of_the_listener_is_its_call_s_and_no_death(executor, error):
    before = executor.submit(whoami, 0, report=hear).result(60)
    heard = []

    def listen(*news):
        heard.append(news)
        raise error

    with pytest.raises(type(error)) as caught:
        executor.submit(whoami, 0, report=listen).result(60)
    assert caught.value is error
    assert heard == [("here",)]
    after = executor.submit(whoami, 0, report=hear).result(60)
    assert after != before  # its worker was in the midst of the call


def test_a_call_that_does_not_pickle_is_an_error(executor):
    with pytest.raises(Exception, match="pickle"):
        executor.submit(lambda _, *, report: 1, 0, report=hear).result(60)
    assert executor.submit(answer, 3, report=hear).result(60) == 3


# --- where an error came from ---


@pytest.mark.parametrize(
    ("call", "lines"),
    [
        (stumble, ["in stumble", "ValueError: odd"]),
        (chain, ["in chain", "KeyError: 'the very first reason'", "InputError: bad"]),
        (stumble_alone, ["in stumble_alone", "UnportableError: a b"]),
    ],
)
def test_a_traceback_crosses_the_border(executor, call, lines):
    caught = executor.submit(call, 0, report=hear).exception(60)
    text = "".join(traceback.format_exception(caught))
    for line in lines:
        assert line in text


# --- nobody is left behind ---

SLEEPS = """
import time
from loquitur.pipeline.executors.processes import ProcessExecutor

def sleep(_, *, report):
    report("asleep")
    time.sleep(300)

def hear(*news):
    print(*news, flush=True)

if __name__ == "__main__":
    ProcessExecutor(1).submit(sleep, 0, report=hear).result()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_workers_go_with_their_parent(tmp_path, number):
    """The worker holds our pipe too: it closes when the last of them is gone."""
    (tmp_path / "sleeps.py").write_text(SLEEPS)
    parent = subprocess.Popen(
        [sys.executable, str(tmp_path / "sleeps.py")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert parent.stdout.readline() == "asleep\n"
        parent.send_signal(number)
        _, complaints = parent.communicate(timeout=30)
    finally:
        os.killpg(parent.pid, signal.SIGKILL) if alive(parent.pid) else None
    assert "Traceback" not in complaints


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("call", [whoami, answer])
def test_a_worker_whom_nobody_hears_leaves_without_a_word(call, capfd):
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    worker = context.Process(target=_work, args=(theirs, os.getpid()))
    worker.start()
    theirs.close()
    ours.send((call, (0,)))
    ours.close()
    worker.join(60)
    assert worker.exitcode in (0, 1)
    assert capfd.readouterr().err == ""


def test_what_an_engine_prints_is_no_data(workshop):
    ended = subprocess.run(
        [
            sys.executable, "-m", "loquitur", "--store", str(workshop.settings.store), "run",
            str(workshop.clip), "-o", str(workshop.out), "--asr", "parrot", "--diarizer", "none",
            "--emotion", "none", "--set", "transcribe.shout=Polly", "--json",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["outputs"]
    assert "Polly" in ended.stderr
