"""Whole runs in which engines live in environments of their own."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import pytest
from venvs import make_venv, pip_install, write_wheel

from loquitur.errors import EngineError
from loquitur.pipeline.engines import EnginePool, choose
from loquitur.pipeline.executors.local import LocalExecutor
from loquitur.pipeline.executors.processes import ProcessExecutor
from loquitur.protocols import Resources

pytestmark = pytest.mark.slow


def with_environments(workshop, **places):
    places = {name.replace("_", "."): str(place) for name, place in places.items()}
    return dataclasses.replace(workshop.settings, environments=places)


@pytest.mark.parametrize("executor", ["local", pytest.param("processes", marks=pytest.mark.slow)])
def test_a_run_is_the_same_wherever_its_engines_live(workshop, nest, executor, spare):
    settings = with_environments(workshop, asr_parrot=nest, diarization_parrot=nest)
    settings = dataclasses.replace(settings, executor=executor)
    result = workshop.run(settings=settings)
    assert result.error is None
    assert {"transcribe", "diarize"} <= workshop.made(result)
    assert set(workshop.calls()) == {"transcribe", "diarize"}
    assert "one" in (workshop.out / "talk.vtt").read_text()
    again = workshop.run()  # everything in this process: the keys are the same
    assert workshop.made(again) == set()
    assert workshop.calls() == []


def test_what_an_engine_prints_there_is_no_data_here(workshop, nest, capfd, spare):
    settings = with_environments(workshop, asr_parrot=nest)
    result = workshop.run(settings=settings, set={"transcribe.shout": "HELLO"})
    assert result.error is None
    heard = capfd.readouterr()
    assert "HELLO" not in heard.out


def test_a_worker_that_dies_costs_nothing_but_time(workshop, nest, tmp_path, spare):
    settings = with_environments(workshop, asr_parrot=nest)
    once = {"transcribe.die": str(tmp_path / "once")}
    assert workshop.run(settings=settings, set=once).error is None


@pytest.mark.slow
def test_a_worker_that_always_dies_fails_its_input_alone(workshop, nest, tmp_path, spare):
    (tmp_path / "always").write_text("always")
    settings = with_environments(workshop, asr_parrot=nest)
    result = workshop.run(settings=settings, set={"transcribe.die": str(tmp_path / "always")})
    assert isinstance(result.error, EngineError)
    assert result.error.code == "LQ-WORKER-DIED"
    assert workshop.run(settings=settings).error is None


# --- engines that cannot live together ---

ENGINE = """
import lexicon
from dataclasses import dataclass
from loquitur.model.speech import RawWord, Turn
from loquitur.protocols import Identity

assert lexicon.VERSION == {version}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    pass


class Engine:
    Options = Options
    languages = ("en",)

    def __init__(self, options, resources):
        pass

    @classmethod
    def identity(cls, options, resources):
        return Identity(version=str(lexicon.VERSION))

    def transcribe(self, samples, *, language):
        yield RawWord(start_ms=0, end_ms=300, text=f"lexicon{version}")

    def diarize(self, samples, activity, *, speakers):
        yield Turn(start_ms=samples.offset_ms, end_ms=samples.end_ms, speaker=f"LEXICON_{version}")
"""


@pytest.fixture(scope="module")
def feud(tmp_path_factory):
    """Two environments with the two engines, whose requirements contradict each other."""
    pytest.importorskip("pip")
    root = tmp_path_factory.mktemp("feud")
    wheels = root / "wheels"
    for version in (1, 2):
        write_wheel(wheels, "lexicon", f"{version}.0", f"VERSION = {version}\n")
    for name, version, kind in (("left", 1, "asr"), ("right", 2, "diarization")):
        write_wheel(
            wheels, f"{name}-speech", "1.0", ENGINE.replace("{version}", str(version)),
            needs=(f"lexicon=={version}.*",),
            entry_points=f"[loquitur.engines]\n{kind}.{name} = {name}_speech:Engine\n",
        )  # fmt: skip
    both = pip_install(make_venv(root / "both"), wheels, "left-speech", "right-speech")
    assert both.returncode != 0, "they could live together after all"
    assert "conflict" in both.stderr.lower(), both.stderr
    places = {}
    for name in ("left", "right"):
        places[name] = make_venv(root / name)
        done = pip_install(places[name], wheels, f"{name}-speech")
        assert done.returncode == 0, done.stderr
    return places


@pytest.mark.parametrize("executor", ["local", pytest.param("processes", marks=pytest.mark.slow)])
def test_two_engines_that_cannot_live_together_work_in_one_run(workshop, feud, executor, spare):
    settings = with_environments(workshop, asr_left=feud["left"], diarization_right=feud["right"])
    settings = dataclasses.replace(settings, executor=executor)
    result = workshop.run(settings=settings, asr="left", diarizer="right", set={})
    assert result.error is None, result.error
    (said, *_) = result.transcript.utterances
    assert said.speaker == "LEXICON_2"
    assert said.words[0].text == "lexicon1"
    versions = {item.stage: item.version for item in result.transcript.provenance}
    assert (versions["transcribe"], versions["diarize"]) == ("1", "2")


# --- cancelling ---


def gone(pid):
    while True:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.01)


def listen_forever(argument, *, report):
    """A task whose engine waits in its environment for ten minutes; reports the worker's pid."""
    import numpy as np

    place, models = argument
    resources = Resources(models=models, environments=(("asr.odd", place),))
    engine = choose("asr", "odd", {"act": "hold"}, resources)
    pool = EnginePool()
    with pool.lend(engine, resources, lambda: report("progress", 0, 0)) as loaded:
        for word in loaded.transcribe(np.zeros(1600, np.float32), language="en"):
            report("pid", int(word.text))


@pytest.mark.parametrize("make", [LocalExecutor, ProcessExecutor])
def test_a_cancelled_run_ends_its_workers(make, oddities, tmp_path, spare):
    heard = []
    executor = make(1)
    future = executor.submit(
        listen_forever, (str(oddities), tmp_path), report=lambda *news: heard.append(news)
    )
    while not any(news[0] == "pid" for news in heard):
        assert not future.done(), future.exception()
        time.sleep(0.01)
    pid = next(news[1] for news in heard if news[0] == "pid")
    executor.shutdown(cancel=True)
    assert gone(pid)
    assert future.exception() is not None


# --- the pool ---


@pytest.mark.slow
def test_a_pool_lets_go_of_the_worker_whose_place_another_takes(nest, oddities, tmp_path, spare):
    resources = Resources(
        models=tmp_path,
        environments=(("asr.odd", str(oddities)), ("asr.parrot", str(nest))),
    )
    odd, parrot = (choose("asr", name, {}, resources) for name in ("odd", "parrot"))
    pool = EnginePool()
    with pool.lend(odd, resources) as first:
        pid = first._idle[0].pid
    with pool.lend(odd, resources) as again:
        assert again is first
    os.kill(pid, 0)
    with pool.lend(parrot, resources):
        assert gone(pid)
    moved = dataclasses.replace(resources, environments=())
    with pool.lend(parrot, resources) as kept:
        assert kept._idle
    with pytest.raises(Exception, match="no asr engine"), pool.lend(parrot, moved):
        pass
    assert not kept._idle


def test_a_pool_lets_go_of_the_worker_whose_task_fails(oddities, tmp_path, spare):
    resources = Resources(models=tmp_path, environments=(("asr.odd", str(oddities)),))
    engine = choose("asr", "odd", {}, resources)
    pool = EnginePool()
    pids = []

    def fail():
        with pool.lend(engine, resources) as loaded:
            pids.append(loaded._idle[0].pid)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert gone(pids[0])
