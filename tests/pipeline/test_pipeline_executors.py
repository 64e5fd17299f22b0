from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError

import pytest

from loquitur.errors import EngineError, InputError, TransientError, UsageError
from loquitur.pipeline import executors
from loquitur.pipeline.executors.local import LocalExecutor
from loquitur.pipeline.executors.processes import DEATHS, ProcessExecutor
from loquitur.store import Store

# what workers are asked to do: top-level, so that it pickles


def double(number, *, report):
    report("half", number)
    return number * 2


def fail(error, *, report):
    raise error


def die(flag, *, report):
    """Kills its process unless the flag is there; `always` in it kills every time."""
    if not flag.exists() or flag.read_text() == "always":
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def leave(code, *, report):
    os._exit(code)


def whoami(_, *, report):
    return os.getpid()


def crawl(seconds, *, report):
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        report("progress")
        time.sleep(0.01)
    return seconds


class StubbornError(Exception):
    """An error that pickles but cannot be made again."""

    def __init__(self, one, two):
        super().__init__(f"{one} {two}")


class ExplodingError(Exception):
    """An error whose making again raises what nobody expects."""

    def __reduce__(self):
        return (_explode, ())


def _explode():
    raise KeyError("boom")


def hear(*news):
    pass


@pytest.fixture(scope="module")
def processes():
    """Two worker processes for this module."""
    before = os.environ.get("PYTHONPATH", "")
    executor = ProcessExecutor(2)
    yield executor
    executor.shutdown(cancel=False)
    assert os.environ.get("PYTHONPATH", "") == before


@pytest.fixture(params=["local", "processes"])
def executor(request, processes):
    if request.param == "processes":
        yield processes
        return
    executor = executors.create("local", 2)
    yield executor
    executor.shutdown(cancel=False)


def test_results_and_reports_arrive(executor):
    heard = []
    futures = [
        executor.submit(double, n, report=lambda *news: heard.append(news)) for n in range(5)
    ]
    assert [future.result(60) for future in futures] == [0, 2, 4, 6, 8]
    assert sorted(heard) == [("half", n) for n in range(5)]
    assert executor.workers == 2


@pytest.mark.parametrize(
    "error",
    [
        InputError("bad", hint="h", code="LQ-X"),
        TransientError("busy", retry_after_s=4.0),
        ValueError("odd"),
    ],
)
def test_errors_arrive_as_they_are(executor, error):
    with pytest.raises(type(error)) as caught:
        executor.submit(fail, error, report=hear).result(60)
    assert str(caught.value) == str(error)
    assert {**vars(caught.value)}.items() >= vars(error).items()


def test_errors_that_do_not_pickle_arrive_as_words_and_kill_no_worker():
    executor = ProcessExecutor(1)
    before = executor.submit(whoami, 0, report=hear).result(60)
    for name in ("StubbornError", "ExplodingError"):
        with pytest.raises(EngineError, match=name):
            executor.submit(raiser, name, report=hear).result(60)
    assert executor.submit(whoami, 0, report=hear).result(60) == before
    executor.shutdown(cancel=False)


def raiser(name, *, report):
    if name == "StubbornError":
        raise StubbornError("a", "b")
    raise ExplodingError("x")


def test_work_is_done_elsewhere(processes):
    assert processes.submit(whoami, 0, report=hear).result(60) != os.getpid()


def test_a_killed_worker_is_replaced_and_its_task_done(processes, tmp_path):
    others = [processes.submit(double, n, report=hear) for n in range(4)]
    pid = processes.submit(die, tmp_path / "flag", report=hear).result(60)
    assert pid != os.getpid()
    assert (tmp_path / "flag").exists()
    assert [future.result(60) for future in others] == [0, 2, 4, 6]


def test_a_task_that_kills_every_worker_is_given_up(processes, tmp_path):
    flag = tmp_path / "flag"
    flag.write_text("always")
    with pytest.raises(EngineError, match=rf"died {DEATHS} times .*signal 9") as caught:
        processes.submit(die, flag, report=hear).result(60)
    assert caught.value.code == "LQ-WORKER-DIED"
    assert caught.value.hint
    assert processes.submit(double, 21, report=hear).result(60) == 42


def test_a_worker_that_leaves_by_itself_is_told_by_its_code(processes):
    with pytest.raises(EngineError, match="exit code 5"):
        processes.submit(leave, 5, report=hear).result(60)


@pytest.mark.parametrize("kind", [LocalExecutor, ProcessExecutor])
def test_a_cancelled_shutdown_ends_what_runs_and_what_waits(kind):
    executor = kind(1)
    started = threading.Event()
    running = executor.submit(crawl, 300.0, report=lambda *_: started.set())
    waiting = executor.submit(crawl, 300.0, report=hear)
    assert started.wait(60)
    began = time.monotonic()
    executor.shutdown(cancel=True)
    assert time.monotonic() - began < 60
    assert running.exception(1) is not None
    with pytest.raises(CancelledError):
        waiting.result(1)


def test_a_shutdown_without_cancel_lets_work_end():
    executor = LocalExecutor(1)
    running = executor.submit(crawl, 0.05, report=hear)
    executor.shutdown(cancel=False)
    assert running.result(0) == 0.05


def test_unknown_executors_are_refused_with_near_names():
    with pytest.raises(UsageError) as caught:
        executors.create("process", 1)
    assert caught.value.hint == "did you mean 'processes'?"


# --- whole runs in processes ---


def outputs(store):
    return {
        f"{record.stage}.{name}": digest
        for record in Store.open(store).records()
        if not record.part_of
        for name, digest in record.outputs
    }


@pytest.fixture
def elsewhere(workshop):
    """A workshop whose tasks run in worker processes."""
    settings = dataclasses.replace(workshop.settings, executor="processes")
    return dataclasses.replace(workshop, settings=settings)


def test_processes_give_what_threads_give(elsewhere, finished_store):
    result = elsewhere.run()
    assert result.error is None, result.error
    assert outputs(elsewhere.settings.store) == outputs(finished_store / "store")
    for name in ("talk.vtt", "talk.json"):
        assert (elsewhere.out / name).read_bytes() == (finished_store / "out" / name).read_bytes()


def test_a_worker_killed_in_an_engine_repeats_its_task_alone(elsewhere, finished_store):
    events = []
    result = elsewhere.run(
        set={"transcribe.die": str(elsewhere.root / "flag")}, listener=events.append
    )
    assert result.error is None, result.error
    assert elsewhere.calls() == ["diarize", "transcribe", "transcribe"]
    starts = [event.stage for event in events if event.kind == "start"]
    assert sorted(starts) == sorted([*(stage.stage for stage in result.stages), "transcribe"])
    assert outputs(elsewhere.settings.store) == outputs(finished_store / "store")


def test_an_engine_that_always_kills_its_worker_fails_one_input(elsewhere):
    flag = elsewhere.root / "flag"
    flag.write_text("always")
    result = elsewhere.run(set={"transcribe.die": str(flag)})
    assert result.error.code == "LQ-WORKER-DIED"
    assert result.failed_stage == "transcribe"
    assert elsewhere.calls().count("transcribe") == DEATHS


@pytest.mark.slow
def test_ctrl_c_ends_a_run_that_the_same_command_resumes(workshop):
    """SIGINT to the whole group, as a terminal sends it; finished parts are not made again."""
    command = [
        sys.executable, "-m", "loquitur", "--store", str(workshop.settings.store), "run",
        str(workshop.clip), "-o", str(workshop.out), "--asr", "parrot", "--diarizer", "none",
        "--offline", "--json", "--set", f"transcribe.log={workshop.log}",
        "--set", "transcribe.part_ms=1000", "--set", "transcribe.max_chunk_ms=2100",
    ]  # fmt: skip
    slow = [*command, "--set", "transcribe.pause_s=30"]
    quick = [*command, "--set", "transcribe.pause_s=0"]
    first = subprocess.Popen(
        slow, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        wait_for(workshop.log.exists, 60)
        os.killpg(first.pid, signal.SIGINT)
        out, err = first.communicate(timeout=60)
    finally:
        first.kill()
    assert first.returncode == 130, err
    assert '"LQ-STOP"' in err
    assert "Traceback" not in err
    assert out == ""
    assert workshop.calls() == ["transcribe"]
    again = subprocess.run(quick, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert '"decode", "engine": "pyav", "model": null, "cached": true' in again.stdout
    assert len(workshop.calls()) >= 2
    third = subprocess.run(quick, capture_output=True, text=True, check=False)
    assert '"cached": false' not in third.stdout
    assert workshop.calls() == []


def wait_for(condition, patience_s):
    end = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


@pytest.mark.slow
def test_finished_parts_are_taken_by_the_next_run(workshop, monkeypatch):
    """A run that fails at its second part leaves the first; the next run makes only the rest."""
    import parrot_engines

    parts = {"transcribe.part_ms": "1000", "transcribe.max_chunk_ms": "2100"}
    calm = parrot_engines.ParrotTranscriber.transcribe
    heard = []

    def breaks(self, samples, *, language):
        heard.append(len(samples))
        if len(heard) == 2:
            raise RuntimeError("power cut")
        yield from calm(self, samples, language=language)

    monkeypatch.setattr(parrot_engines.ParrotTranscriber, "transcribe", breaks)
    assert "power cut" in workshop.run(set=parts).error.message
    first = list(heard)
    assert workshop.run(set=parts).error is None
    assert heard[len(first)] == first[1]  # goes on with the part that broke
    made = len(heard)
    heard[:] = [0, 0, 0]  # no more power cuts
    assert workshop.run(set=parts, force=["transcribe"]).error is None
    assert made == len(heard) - 3 + 1  # nothing twice but the part that broke
