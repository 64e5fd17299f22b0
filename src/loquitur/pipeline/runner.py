"""Runs recipes over inputs: the graph, the executor, the events. Knows no stage by name.

One loop in the calling thread hands ready tasks to the executor and takes what they give. One
input's failure never stops the others; only transient failures are tried again.
"""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, CancelledError, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loquitur.errors import CorruptError, EngineError, LoquiturError, TransientError
from loquitur.media.sources import Unusable
from loquitur.pipeline.events import Event, Listener, ignore
from loquitur.pipeline.plan import Recipe, followers, plan, unmet
from loquitur.pipeline.supply import Supply
from loquitur.pipeline.tasks import (
    Acquired,
    Finished,
    Place,
    acquire_input,
    open_store,
    recall_input,
    remake_task,
    run_task,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from concurrent.futures import Future

    from loquitur.media.sources import Source
    from loquitur.model.media import MediaRef
    from loquitur.model.work import Record, Task
    from loquitur.pipeline.executors import Executor
    from loquitur.store import Store

ATTEMPTS = 3
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 120.0
ACQUIRE = "acquire"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRun:
    """How one stage of one input went; `seconds` is 0 where the store had the result."""

    stage: str
    engine: str
    model: str
    cached: bool
    seconds: float
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One input, done or failed; `failed_stage` and `error` say where and why."""

    source: Source | Unusable
    media: MediaRef | None
    stages: tuple[StageRun, ...]
    error: LoquiturError | None = None
    failed_stage: str = ""

    @property
    def input(self) -> str:
        """What the user gave."""
        return self.source.given

    def key(self, stage: str) -> str:
        """The key of a finished stage."""
        return next(run.key for run in self.stages if run.stage == stage)


@dataclass(slots=True)
class _Course:
    """One input under way."""

    source: Source
    tasks: dict[str, Task] = field(default_factory=dict)
    media: MediaRef | None = None
    done: dict[str, StageRun] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    error: LoquiturError | None = None
    failed_stage: str = ""
    heals: int = 0

    @property
    def over(self) -> bool:
        return not self.pending and (self.error is not None or len(self.done) > len(self.tasks))

    def outcome(self) -> Outcome:
        order = [ACQUIRE, *self.tasks]
        return Outcome(
            source=self.source,
            media=self.media,
            stages=tuple(self.done[stage] for stage in order if stage in self.done),
            error=self.error,
            failed_stage=self.failed_stage,
        )


@dataclass(slots=True)
class _Job:
    """A call the executor can take: the acquisition of an input, or one task."""

    course: _Course
    stage: str
    call: Callable[..., Any]
    argument: Any
    attempt: int = 1
    not_before: float = 0.0
    reached: int = 0  # how far it told to be, and how far that was when it failed last
    failed_at: int = 0


class Runner:
    """Drives inputs through a recipe on an executor.

    Args:
        place: Store, models and limits, for the workers.
        recipe: What to run for every input.
        executor: Where to run it; shut down by the caller.
        targets: The stages whose results the caller wants; a stage that none of the missing ones
            needs is not run, even where its own result is gone (evicted sound, say).
        jobs: How many inputs are worked on at once.
        force: Stages to run again, with all that follow them.
        listener: Told what happens, from any thread.
    """

    def __init__(
        self,
        place: Place,
        recipe: Recipe,
        executor: Executor,
        *,
        targets: frozenset[str],
        jobs: int = 1,
        force: frozenset[str] = frozenset(),
        listener: Listener = ignore,
    ) -> None:
        self._place = place
        self._recipe = recipe
        self._executor = executor
        self._targets = targets
        self._jobs = jobs
        self._forced = followers(recipe, force)
        self._force_acquire = ACQUIRE in force
        self._retired: set[str] = set()
        self._stale: dict[str, Record] = {}  # forced results that are there still, by key
        self._listener = listener
        self._ready: deque[_Job] = deque()
        self._running: dict[Future[Any], _Job] = {}

    def run(self, sources: Iterable[Source | Unusable]) -> Iterator[Outcome]:
        """Outcomes as inputs end, in that order; sources are taken as room for them appears."""
        supply = Supply(sources)
        courses: list[_Course] = []
        while True:
            while len(courses) < self._jobs:
                source = supply.take(patient=not courses)
                if source is None:
                    break
                if isinstance(source, Unusable):
                    yield _refused(source)
                else:
                    courses.append(self._begin(source))
            if not courses:
                return
            self._feed()
            self._collect(supply.asked)
            for course in [item for item in courses if item.over]:
                courses.remove(course)
                yield course.outcome()

    def _begin(self, source: Source) -> _Course:
        course = _Course(source=source)
        argument = (source, self._force_acquire)
        known = None
        if not self._force_acquire:
            with suppress(LoquiturError):  # what is wrong with it comes out where it is acquired
                known = recall_input(source, self._place)
        if known is None:
            self._queue(course, ACQUIRE, acquire_input, argument)
        else:
            job = _Job(course=course, stage=ACQUIRE, call=acquire_input, argument=argument)
            self._settle(job, lambda: known)
        return course

    def _queue(self, course: _Course, stage: str, call: Callable[..., Any], argument: Any) -> None:
        course.pending.add(stage)
        self._ready.append(_Job(course=course, stage=stage, call=call, argument=argument))

    def _feed(self) -> None:
        """Hand over what is ready, while workers are free."""
        now = time.monotonic()
        for _ in range(len(self._ready)):
            if len(self._running) >= self._executor.workers:
                return
            job = self._ready.popleft()
            if job.course.error is not None:
                job.course.pending.discard(job.stage)
            elif job.not_before > now:
                self._ready.append(job)
            else:
                self._submit(job)

    def _submit(self, job: _Job) -> None:
        def report(kind: str, done: int = 0, total: int = 0, unit: str = "ms") -> None:
            job.reached = max(job.reached, done)
            self._tell(job.course, job.stage, kind, done=done, total=total, unit=unit)

        future = self._executor.submit(job.call, job.argument, self._place, report=report)
        self._running[future] = job

    def _collect(self, asked: frozenset[Future[Any]]) -> None:
        """Wait until something ends (or a retry falls due, or an input comes), and take it in."""
        if not self._running:
            if self._ready:
                time.sleep(0.05)
            return
        done, _ = wait({*self._running, *asked}, timeout=0.2, return_when=FIRST_COMPLETED)
        for future in done - asked:
            job = self._running.pop(future)
            job.course.pending.discard(job.stage)
            self._settle(job, future.result)

    def _settle(self, job: _Job, result: Callable[[], Acquired | Finished]) -> None:
        """Take a call's result in; whatever went wrong is this input's alone."""
        try:
            self._take(job.course, job.stage, result())
        except TransientError as exc:
            self._retry(job, exc)
        except CorruptError as exc:
            self._heal(job, exc)
        except LoquiturError as exc:
            self._fail(job, exc)
        except CancelledError:
            self._fail(job, LoquiturError("cancelled", code="LQ-CANCELLED"))
        except (Exception, SystemExit) as exc:  # noqa: BLE001 - the worker's boundary, on this side
            self._fail(job, _unforeseen(job.stage, exc))

    def _take(self, course: _Course, stage: str, result: Acquired | Finished) -> None:
        self._tell(course, stage, "cached" if result.cached else "done", seconds=result.seconds)
        if isinstance(result, Acquired):
            course.media = result.media
            tasks = plan(self._recipe, result.media, media_path=result.path)
            course.tasks = {task.stage: task for task in tasks}
            store = open_store(self._place.store)
            self._retire(store, tasks)
            self._skip(store, course)
            course.done[ACQUIRE] = StageRun(
                stage=ACQUIRE,
                engine=result.engine,
                model="",
                cached=result.cached,
                seconds=result.seconds,
                key=result.key,
            )
        elif stage in course.tasks:  # else the input was started over meanwhile
            course.done[stage] = _stage_run(
                course.tasks[stage], cached=result.cached, seconds=result.seconds
            )
            if result.changed:
                self._outdate(course, stage)
        self._release(course)

    def _release(self, course: _Course) -> None:
        """Queue every task whose inputs are there now."""
        for step in self._recipe.steps:
            if step.stage in course.done or step.stage in course.pending:
                continue
            if step.stage not in course.tasks:
                continue  # the input is being started over
            sources = [name for _, name in step.inputs if name in course.tasks]
            if not all(name in course.done for name in sources):
                continue
            task = course.tasks[step.stage]
            old = self._stale.get(task.key)
            if old is None:
                self._queue(course, step.stage, run_task, task)
            else:
                self._queue(course, step.stage, remake_task, (task, old))

    def _skip(self, store: Store, course: _Course) -> None:
        """Take from the store what is there, and leave out what nothing missing needs."""
        stored = {
            stage
            for stage, task in course.tasks.items()
            if store.record(task.key) not in (None, self._stale.get(task.key))
        }
        running = unmet(self._recipe, self._targets, stored)
        for stage, task in course.tasks.items():
            if stage not in running:
                course.done[stage] = _stage_run(task, cached=True, seconds=0.0)
                self._tell(course, stage, "cached")

    def _retire(self, store: Store, tasks: Iterable[Task]) -> None:
        """Note which results are to be made again, once in a run: two inputs may be one medium.

        They stay until the new ones are here: a stage that fails loses nothing.
        """
        for task in tasks:
            if task.stage in self._forced and task.key not in self._retired:
                self._retired.add(task.key)
                old = store.record(task.key)
                if old is None:
                    store.retire(task.key)  # what an interrupted attempt left
                else:
                    self._stale[task.key] = old

    def _outdate(self, course: _Course, stage: str) -> None:
        """Results that were made of another one than is there now are not to be found any more."""
        store = open_store(self._place.store)
        for name in followers(self._recipe, {stage}) - {stage}:
            task = course.tasks.get(name)
            if task is not None and self._stale.pop(task.key, None) is not None:
                store.retire(task.key)

    def _retry(self, job: _Job, error: TransientError) -> None:
        if job.reached > job.failed_at:  # a service with a low limit slows work down, no more
            job.attempt, job.failed_at = 1, job.reached
        spent = job.attempt >= ATTEMPTS or job.stage == ACQUIRE  # fetching has its own retries
        if spent or (error.retry_after_s or 0.0) > LONGEST_WAIT_S:
            self._fail(job, error)
            return
        pause_s = max(error.retry_after_s or 0.0, FIRST_WAIT_S * 2 ** (job.attempt - 1))
        self._tell(
            job.course, job.stage, "retry", note=f"{error.message}; trying again in {pause_s:.0f} s"
        )
        job.attempt += 1
        job.not_before = time.monotonic() + pause_s
        job.course.pending.add(job.stage)
        self._ready.append(job)

    def _heal(self, job: _Job, error: CorruptError) -> None:
        """Start the input over: what was damaged is in quarantine now, and made again.

        Each stage's result may be damaged once; more than that is a disk that cannot be trusted.
        """
        course = job.course
        if ACQUIRE in course.pending:
            return  # two stages met the same damage: it is being started over already
        if course.heals > len(self._recipe.steps) or course.error is not None:
            self._fail(job, error)
            return
        course.heals += 1
        self._tell(job.course, job.stage, "retry", note=f"{error.message}; making it again")
        course.done.clear()
        course.tasks.clear()
        self._queue(course, ACQUIRE, acquire_input, (course.source, False))

    def _fail(self, job: _Job, error: LoquiturError) -> None:
        if job.course.error is None:
            job.course.error = error
            job.course.failed_stage = job.stage
        self._tell(job.course, job.stage, "failed", note=error.message)

    def _tell(self, course: _Course, stage: str, kind: Any, **news: Any) -> None:
        self._listener(Event(kind=kind, input=course.source.given, stage=stage, **news))


def _refused(source: Unusable) -> Outcome:
    return Outcome(source=source, media=None, stages=(), error=source.error, failed_stage=ACQUIRE)


def _stage_run(task: Task, *, cached: bool, seconds: float) -> StageRun:
    return StageRun(
        stage=task.stage,
        engine=task.engine.name if task.engine else "",
        model=task.engine.model if task.engine else "",
        cached=cached,
        seconds=seconds,
        key=task.key,
    )


def _unforeseen(stage: str, error: BaseException) -> EngineError:
    """A defect of ours or of a library, as an error that stops one input and not the run."""
    wrapped = EngineError(
        f"{stage} failed in an unforeseen way: {type(error).__name__}: {error}",
        hint="please report it, with the output of `-vv`",
        code="LQ-UNFORESEEN",
    )
    wrapped.__cause__ = error
    return wrapped
