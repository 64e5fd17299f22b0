"""Types met for the first time by many threads at once: msgspec alone dies of it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import loquitur

# Children are forked from a process that has seen none of the types, as every new process has not.
RACE = """
import os, sys, threading
from loquitur import codec
from loquitur.conversion import convert
from loquitur.media.probe import Probe
from loquitur.model.speech import Activity, EngineStamp, Turn, Turns, Words

stamp = EngineStamp(name="parrot", version="1")
turn = Turn(start_ms=0, end_ms=1, speaker="A")
artifacts = [
    Words(words=(), language="en", engine=stamp),
    Turns(turns=(turn,), engine=stamp),
    Activity(frame_ms=32, offset_ms=0, probabilities=b"abc", gain_db=0.0, engine=stamp),
]
stored = [(codec.encode(item), type(item)) for item in artifacts]
probed = {"container": "wav", "tracks": [], "has_video": False, "duration_ms": None}

def decode(first):
    for number in range(3):
        codec.decode(*stored[(first + number) % 3])

def answer(first):
    convert(probed, Probe)

def race(work):
    barrier = threading.Barrier(3)
    def run(first):
        barrier.wait()
        work(first)
    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os._exit(0)

sys.setswitchinterval(1e-5)
for attempt in range(60):
    child = os.fork()
    if child == 0:
        race({"decode": decode, "answer": answer}[sys.argv[1]])
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != 0:
        sys.exit(f"attempt {attempt}: {status}")
"""


@pytest.mark.parametrize("work", ["decode", "answer"])
def test_threads_may_meet_a_type_at_once(work):
    command = [sys.executable, "-c", RACE, work]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]


def test_nothing_goes_past_the_lock():
    folder = Path(loquitur.__file__).parent
    past = {
        path.name
        for path in folder.rglob("*.py")
        if re.search(r"msgspec\.(convert|json\.Decoder)\(", path.read_text())
    }
    assert past == {"conversion.py"}
