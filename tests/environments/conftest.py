"""An environment with the parrot's engines, and one with engines that do odd things."""

from __future__ import annotations

import pytest
from engines_there import made
from venvs import PARROT, make_venv, site_packages

from loquitur.environments import process

ODD = """
import ctypes
import os
import sys
import time
from dataclasses import dataclass
from typing import Literal

import numpy as np

from loquitur.errors import TransientError, UsageError
from loquitur.model.speech import Feeling, RawWord, Turn, Word
from loquitur.protocols import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    model: str = "small"
    beam: int = 5
    level: float | None = None
    modes: tuple[str, ...] = ("a", "b")
    pace: Literal["slow", "fast"] = "slow"
    act: str = ""

    def __post_init__(self):
        if self.model.endswith("-int8"):
            object.__setattr__(self, "model", self.model.removesuffix("-int8"))
            object.__setattr__(self, "beam", 1)
        if self.beam < 1:
            raise ValueError("beam must be positive")


class Odd:
    Options = Options
    languages = ("en", "de")

    def __init__(self, options, resources):
        if options.act == "refuse":
            raise UsageError("not today", hint="tomorrow", code="LQ-ODD")
        self.options, self.resources = options, resources
        self.languages = ("de",) if options.model == "german" else ("en", "de")

    @classmethod
    def identity(cls, options, resources):
        return Identity(version="7", model=options.model, model_digest=str(resources.environments))

    @classmethod
    def languages_of(cls, options):
        return ("de",) if options.model == "german" else cls.languages

    @classmethod
    def pull(cls, model, resources, tell):
        tell(f"fetching {model}")
        tell(f"into {resources.models}")

    def transcribe(self, samples, *, language):
        act = self.options.act
        if act == "where":
            yield RawWord(start_ms=0, end_ms=1, text="|".join(sys.path))
        elif act == "print":
            print("said by the engine")
            sys.stdout.flush()
            os.write(1, b"said by its C code\\n")
        elif act == "hold":
            yield RawWord(start_ms=0, end_ms=1, text=str(os.getpid()))
            ctypes.PyDLL(None).sleep(600)  # holds the interpreter's lock
        elif act == "sleep":
            yield RawWord(start_ms=0, end_ms=1, text=str(os.getpid()))
            time.sleep(600)
        elif act == "odd":
            yield object()
        elif act == "nan":
            half = np.float32(0.5)
            yield RawWord(start_ms=float("nan"), end_ms=None, text="\\ud800 x", confidence=half)
        elif act == "busy":
            raise TransientError("try again", retry_after_s=2.5)
        elif act == "exit":
            sys.exit("the driver is gone")
        elif act == "crash":
            os._exit(3)
        samples += 0  # what comes may be written to
        for number in range(3):
            yield Word(start_ms=number * 10, end_ms=number * 10 + 9, text=f"{language}{number}")


class Ear:
    Options = Options
    frame_ms = 10

    def __init__(self, options, resources):
        pass

    @classmethod
    def identity(cls, options, resources):
        return Identity(version="1")

    def detect(self, blocks):
        rest = np.zeros(0, np.float32)
        for block in blocks:
            rest = np.concatenate([rest, block])
            count = len(rest) // 160
            frames, rest = rest[: count * 160].reshape(count, 160), rest[count * 160 :]
            yield np.minimum(1.0, np.abs(frames).mean(axis=1) * 5)


class Splitter:
    Options = Options

    def __init__(self, options, resources):
        pass

    @classmethod
    def identity(cls, options, resources):
        return Identity(version="1")

    def diarize(self, samples, activity, *, speakers):
        heard = sum(len(block) for block in samples.blocks(700))
        assert abs(heard - len(samples.read(samples.offset_ms, samples.end_ms))) < 16
        assert activity.frame_ms and len(activity.probabilities) >= 0
        step = 1000 if speakers.maximum is None else 10**9
        if not any(activity.probabilities):
            return
        for number, start in enumerate(range(samples.offset_ms, samples.end_ms, step)):
            end = min(start + step, samples.end_ms)
            yield Turn(start_ms=start, end_ms=end, speaker=f"S{number % 2}", score=0.5)


class Mood:
    Options = Options

    def __init__(self, options, resources):
        pass

    @classmethod
    def identity(cls, options, resources):
        return Identity(version="1")

    def read(self, samples, activity, turns):
        for turn in turns:
            loud = float(np.abs(samples.read(turn.start_ms, turn.end_ms)).max(initial=0.0))
            share = min(1.0, loud)
            yield Feeling(start_ms=turn.start_ms, end_ms=turn.end_ms, label="loud", score=share,
                          scores=(("loud", share), ("calm", 1.0 - share)), source="odd")
"""
POINTS = """[loquitur.engines]
asr.odd = odd_engines:Odd
vad.ear = odd_engines:Ear
diarization.splitter = odd_engines:Splitter
emotion.mood = odd_engines:Mood
"""


@pytest.fixture(scope="session")
def nest(tmp_path_factory):
    """A virtual environment in which the parrot's engines are, and of all else a worker's needs."""
    return make_venv(tmp_path_factory.mktemp("nest") / "venv", PARROT)


@pytest.fixture(scope="session")
def oddities(tmp_path_factory):
    """A virtual environment with engines that nobody outside of it knows."""
    root = tmp_path_factory.mktemp("oddities")
    package = root / "package"
    info = package / "odd_engines-7.0.dist-info"
    info.mkdir(parents=True)
    (package / "odd_engines.py").write_text(ODD)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: odd-engines\nVersion: 7.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    venv = make_venv(root / "venv", package)
    (site_packages(venv) / "sitecustomize.py").write_text("print('good morning')\n")
    return venv


@pytest.fixture
def spare():
    """No worker is left from another test, and none is left behind."""
    yield
    for worker in list(process._spare.values()):
        worker.kill()
    process._spare.clear()


@pytest.fixture
def remote(oddities, tmp_path, spare):
    """`remote("asr", "odd", act="...")` -> an engine of the oddities, closed in the end."""
    opened = []

    def make(kind, name, place=oddities, **options):
        opened.append(made(tmp_path, place, kind, name, **options))
        return opened[-1]

    yield make
    for engine in opened:
        engine.close()
