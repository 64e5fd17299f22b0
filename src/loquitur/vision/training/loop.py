"""The loop: epochs of steps, evaluations, checkpoints; it takes up a run where it stopped.

On a processor a run that was stopped, or killed, ends with bitwise the same losses and weights as
one that was not: nothing in it depends on when it is evaluated, kept or looked at.
"""

from __future__ import annotations

import dataclasses
import math
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from loquitur.text import counted
from loquitur.vision.training import chance, checkpoint, events
from loquitur.vision.training import device as devices
from loquitur.vision.training.averaging import Average
from loquitur.vision.training.checkpoint import Pace, State, Sums
from loquitur.vision.training.configuration import configuration, hold_to
from loquitur.vision.training.feeding import Feed
from loquitur.vision.training.folder import BEST, LAST, RunFolder
from loquitur.vision.training.options import BUDGETS
from loquitur.vision.training.parallel import Group, grouped
from loquitur.vision.training.records import News, Outcome, Records, ignore
from loquitur.vision.training.resources import Resources
from loquitur.vision.training.rows import row_of
from loquitur.vision.training.schedule import ended_by, learning_rate, share
from loquitur.vision.training.steps import Clock, Stepper, optimizer_of
from loquitur.vision.training.stopping import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from loquitur.settings import Launch
    from loquitur.vision.training.options import TrainingOptions
    from loquitur.vision.training.task import Sample, Tensors, TrainingTask, Validation

_DRAW_S = 20.0
"""Seconds between two drawings of the curves; they are always drawn at the end."""
_TOLD_S = 0.1
_ASK_EVERY = 10
"""Steps between two rounds in which processes ask each other for signals."""
_AHEAD = 4
"""Threads that fill batches for a card: each fills some thousands of clips a second."""
_COLD = 10
"""A process's first steps, whose pace is not told: memory is asked for, kernels are chosen."""


def train(
    task: TrainingTask,
    folder: str | Path,
    options: TrainingOptions,
    *,
    tell: Callable[[News], None] = ignore,
    launch: Launch | None = None,
    inputs: Mapping[str, str] | None = None,
) -> Outcome:
    """Train a net, or go on where the folder's last checkpoint was made.

    Args:
        task: What is trained: net, data, loss, figures.
        folder: Of the run; it is made where it is absent.
        options: How. Of a run that goes on only its budgets, and what does not change the curve,
            may differ from how it began.
        tell: Is told of steps, epochs and notices.
        launch: Which of several processes this is (`settings.launch()`); None for one.
        inputs: Where the data are, by name, for the configuration.

    Returns:
        What it came to, at once where nothing of the budget is left.

    Raises:
        UsageError: The folder holds a run with other options or data.
        LockedError: Another process trains there.
        FullError: The disk is full; the last checkpoint stays.
        EngineError: The loss is no number any more, or the batch does not fit into memory.
        InputError: The folder's checkpoint or records are damaged or not ours, or it has epochs
            behind it and no checkpoint.
        KeyboardInterrupt: Ctrl-C or SIGTERM: the run was kept first and goes on with the next call.
    """
    run = RunFolder(Path(folder))
    with ExitStack() as stack:
        group = stack.enter_context(grouped(options.device, launch))
        if group.is_first:
            stack.enter_context(run.held())
        group.told(0.0)  # the first process has settled the folder
        stack.enter_context(chance.kept())
        stack.enter_context(devices.prepared(options.precision, group.device, options.threads))
        stop = stack.enter_context(Stop())
        loop = _Loop(task, run, options, group=group, stop=stop, tell=tell, inputs=inputs or {})
        stack.callback(loop.close)
        return loop.go()


class _Loop:
    """A run that is under way."""

    def __init__(
        self,
        task: TrainingTask,
        folder: RunFolder,
        options: TrainingOptions,
        *,
        group: Group,
        stop: Stop,
        tell: Callable[[News], None],
        inputs: Mapping[str, str],
    ) -> None:
        self._task, self._folder, self._options = task, folder, options
        self._group, self._stop, self._tell = group, stop, tell
        config = configuration(
            task, options, inputs=inputs, device=group.device, processes=group.shard.world
        )
        hold_to(folder, config, options)
        chance.seed_start(options.seed)
        self._net = task.net().to(group.device)
        optimizer = optimizer_of(self._net.parameters(), options)
        self._average = Average(self._net, options.ema) if options.ema else None
        found = checkpoint.load(folder.path / LAST, self._net, optimizer, self._average)
        self._state = found or State()
        self._called = group.wrap(self._net)
        self._optimizer = optimizer
        self._steps = task.steps()
        self._stepper = Stepper(task, self._called, optimizer, options, group)
        if self._state.scaler:
            self._stepper.scaler.load_state_dict(self._state.scaler)
        self._resources = Resources(group.device)
        self._notices: list[str] = []
        self._samples: tuple[Sample, ...] = ()
        self._kept = self._drawn = time.monotonic()
        self._said = 0.0
        self._feed: Feed | None = None
        self._taken = 0
        self._pace = Pace()
        self._records: Records | None = None
        if group.is_first:
            began = folder.read_config() is not None
            folder.cut(self._state.sizes)
            folder.rows()  # a damaged one is told now, not when the run is over
            folder.write_config(config)
            if not self._is_over():
                self._open(config)
                if found is not None or began:
                    self._tell(News(kind="notice", text=_onward(found), epoch=self._state.epoch))
            self._look_for_best()

    def go(self) -> Outcome:
        """Train until a budget ends."""
        while not self._is_over():
            self._epoch()
        if self._group.is_first:
            self._draw()
        return self._outcome()

    def close(self) -> None:
        """Let go of what was opened."""
        if self._feed is not None:
            self._feed.close()
        if self._records is not None:
            self._records.close()

    def _open(self, config: Mapping[str, Any]) -> None:
        """Begin to tell others."""
        heard, notices = events.listeners(
            self._folder.path, self._options, config, step=self._state.spent.step
        )
        self._records = Records(self._folder, self._options, heard)
        for text in notices:
            self._note(text)

    def _look_for_best(self) -> None:
        """Tell where the best model is gone; the next evaluation then makes one again."""
        best = self._state.best
        place = self._folder.path / BEST
        if best.merit is None or (place.is_dir() and any(place.iterdir())):
            return
        later = "" if self._is_over() else ": the best one from here on takes its place"
        self._note(f"'{BEST}' is gone, which held the model of epoch {best.epoch}{later}")
        if not self._is_over():
            self._state.best = checkpoint.Best()

    def _epoch(self) -> None:
        """What is left of the epoch, its evaluation, its checkpoint."""
        state = self._state
        self._net.train()
        self._walk()
        whole = state.done >= self._steps
        ended = self._reason()
        row = self._row(evaluated=bool(ended) or state.epoch % self._options.evaluate_every == 0)
        self._pace += state.sums.pace()
        state.sums = Sums()
        state.evaluation_s = 0.0
        if whole:
            state.epoch, state.done = state.epoch + 1, 0
        patience = self._options.patience
        state.ended = ended or ("patience" if 0 < patience <= state.best.worse else "")
        state.ended = _REASONS[int(self._group.told(float(_REASONS.index(state.ended))))]
        if self._group.is_first:
            self._keep()
            self._tell(News(
                kind="epoch", epoch=row["epoch"], step=state.spent.step, share=self._share(),
                loss=row["loss"], row=row, samples=self._samples,
            ))  # fmt: skip
            if time.monotonic() - self._drawn > _DRAW_S:
                self._draw()
        self._leave_if_asked(keep=False)

    def _walk(self) -> None:
        """The steps of an epoch, until it or a budget ends."""
        state, options = self._state, self._options
        if self._feed is None:  # it goes on from one epoch to the next
            self._feed = self._opened()
        sums, clock = state.sums, Clock()
        began = sums.clips, sums.wait_s, sums.wall_s
        for some in self._groups(self._feed):
            lr = learning_rate(options, state.spent, self._steps_of_optimizer())
            self._stepper.take(some, state, lr=lr, done=min(1.0, self._share()))
            if self._average is not None:
                self._average.update(state.spent.step)
            state.done += len(some)
            self._spend(clock)
            self._taken += 1
            if self._taken == _COLD:
                self._settle(clock, began)
            self._resources.look()
            self._say()
            self._leave_if_asked(keep=True)
            if self._share() >= 1:
                break
            due = time.monotonic() - self._kept > options.checkpoint_s
            if due and self._group.is_first and state.done < self._steps:
                self._keep()
                clock.read()
        self._settle(clock, began if self._taken < _COLD else None)

    def _opened(self) -> Feed:
        """The batches from where the run stands."""
        device, workers = self._group.device, self._options.workers
        if workers is None:
            workers = self._task.readers() if device.type == "cpu" else _AHEAD
        batches = self._task.batches(
            self._state.epoch, done=self._state.done, shard=self._group.shard, workers=workers,
            pinned=device.type == "cuda",
        )  # fmt: skip
        return Feed(batches, device)

    def _settle(self, clock: Clock, cold: tuple[int, float, float] | None) -> None:
        """Wait for what a card has not done yet, and put down the time.

        Args:
            clock: Of the steps.
            cold: Clips, seconds waited and seconds of the epoch when its cold steps began; None
                where they are over.
        """
        sums = self._state.sums
        self._stepper.look(self._state)
        self._spend(clock)
        sums.wait_s += self._feed.waited() if self._feed is not None else 0.0
        if cold is not None:
            sums.cold_clips += sums.clips - cold[0]
            sums.cold_wait_s += sums.wait_s - cold[1]
            sums.cold_wall_s += sums.wall_s - cold[2]

    def _spend(self, clock: Clock) -> None:
        """Put down the time that steps took: the first process's, where it is a budget.

        The learning rate follows from it, and when the run ends: all processes go by one clock.
        """
        wall, cpu = clock.read()
        if self._is_timed():
            wall, cpu = self._group.told(wall), self._group.told(cpu)
        for part in (self._state.spent, self._state.sums):
            part.wall_s += wall
            part.cpu_s += cpu

    def _groups(self, feed: Feed) -> Iterator[Sequence[Tensors]]:
        """Batches of a step each, to the end of the epoch."""
        while (left := self._steps - self._state.done) > 0:
            yield feed.take(min(self._options.accumulate, left))

    def _row(self, *, evaluated: bool) -> dict[str, Any]:
        """Evaluate, write the row of the epoch, and keep the net where it is the best."""
        state, group = self._state, self._group
        lr = float(self._optimizer.param_groups[0]["lr"])
        self._samples = ()
        if not group.is_first:
            return {}
        validation = self._evaluate() if evaluated else None
        row = row_of(state, self._steps, lr, self._resources.figures(), validation)
        if validation is not None:
            self._samples = validation.samples
            merit = self._task.merit(validation.metrics)
            is_best = state.best.merit is None or merit > state.best.merit
            row["best"] = is_best
            if is_best:
                state.best = checkpoint.Best(
                    merit=merit, epoch=state.epoch, metrics=dict(validation.metrics)
                )
                with self._folder.replacing(BEST) as new:
                    self._save_model(new, validation.metrics)
            else:
                state.best.worse += 1
            for text in validation.notices:
                self._note(f"epoch {state.epoch}: {text}")
        if self._records is not None:
            self._records.epoch(row, state, self._samples)
        return row

    def _evaluate(self) -> Validation:
        before = time.perf_counter()
        chance.seed_evaluation(self._options.seed)
        self._net.eval()
        with ExitStack() as stack:
            stack.enter_context(torch.no_grad())
            if self._average is not None:
                stack.enter_context(self._average.swapped())
            found = self._task.validate(self._net, samples=self._options.samples)
        self._net.train()
        self._state.evaluation_s += time.perf_counter() - before
        metrics = {name: _number(value) for name, value in found.metrics.items()}
        return dataclasses.replace(found, metrics=metrics)

    def _keep(self) -> None:
        """Make a checkpoint."""
        self._stepper.look(self._state)
        if self._feed is not None:
            self._state.sums.wait_s += self._feed.waited()
        self._state.sizes = self._folder.sizes()
        self._state.scaler = dict(self._stepper.scaler.state_dict())
        with self._folder.replacing(LAST) as new:
            self._save_model(new)
            checkpoint.save(new, self._state, self._net, self._optimizer, self._average)
        self._kept = time.monotonic()

    def _save_model(self, new: Path, validated: Mapping[str, float | None] | None = None) -> None:
        """Write the net, with the figures of the evaluation that it was kept for."""
        figures = {
            "epoch": self._state.epoch,
            "step": self._state.spent.step,
            "cpu_s": round(self._state.spent.cpu_s, 3),
            "wall_s": round(self._state.spent.wall_s, 3),
            "validation": None if validated is None else dict(validated),
        }
        with ExitStack() as stack:
            if self._average is not None:
                stack.enter_context(self._average.swapped())
            self._task.save_model(new, self._net, figures)

    def _leave_if_asked(self, *, keep: bool) -> None:
        """Ends the run after a signal, when its state is on the disk."""
        if not self._is_asked_to_leave():
            return
        if keep and self._group.is_first:
            self._keep()
        self._group.told(0.0)  # nobody leaves before it is kept
        raise KeyboardInterrupt

    def _is_asked_to_leave(self) -> bool:
        """Whether any process got a signal; several of them ask each other now and then alone."""
        if self._group.shard.world == 1:
            return self._stop.asked
        if self._state.spent.step % _ASK_EVERY:
            return False
        asked = torch.tensor([float(self._stop.asked)], device=self._group.device)
        return bool(self._group.add(asked).item() > 0)

    def _draw(self) -> None:
        records = self._records or Records(self._folder, self._options, [])
        missing = records.draw()
        if missing and missing not in self._notices:
            self._note(missing)
        self._drawn = time.monotonic()

    def _say(self) -> None:
        """Tell of a step, not more often than eyes follow."""
        now = time.monotonic()
        if now - self._said >= _TOLD_S and self._group.is_first:
            self._said = now
            sums = self._state.sums
            self._tell(News(
                kind="step", epoch=self._state.epoch, step=self._state.spent.step,
                share=min(1.0, self._share()),
                loss=sums.plain / sums.count if sums.count else None,
            ))  # fmt: skip

    def _note(self, text: str) -> None:
        self._notices.append(text)
        self._tell(News(kind="notice", text=text, epoch=self._state.epoch))

    def _steps_of_optimizer(self) -> int:
        return -(-self._steps // self._options.accumulate)

    def _share(self) -> float:
        return share(self._options, self._state.spent, self._steps_of_optimizer())

    def _is_timed(self) -> bool:
        return self._options.cpu_s is not None or self._options.wall_s is not None

    def _reason(self) -> str:
        """Which budget is spent."""
        return ended_by(self._options, self._state.spent, self._steps_of_optimizer())

    def _is_over(self) -> bool:
        """Whether nothing is left to do."""
        state, patience = self._state, self._options.patience
        if state.ended == "patience" and not 0 < patience <= state.best.worse:
            state.ended = ""
        if state.ended in ("", *BUDGETS):
            state.ended = self._reason()
        return bool(state.ended)

    def _outcome(self) -> Outcome:
        state = self._state
        rows = self._folder.rows()
        return Outcome(
            folder=self._folder.path,
            epochs=state.epoch - 1,
            steps=state.spent.step,
            ended=state.ended,
            best_epoch=state.best.epoch or None,
            best=dict(state.best.metrics),
            last=rows[-1] if rows else {},
            cpu_s=state.spent.cpu_s,
            wall_s=state.spent.wall_s,
            clips_per_s=self._pace.clips_per_s,
            data_wait=self._pace.data_wait,
            notices=tuple(self._notices),
        )


_REASONS = ("", *BUDGETS, "patience")


def _onward(found: State | None) -> str:
    """From where a run that began before goes on."""
    if found is None:
        return "begins anew: it was stopped before its first checkpoint"
    return f"goes on in epoch {found.epoch}, after {counted(found.spent.step, 'step')}"


def _number(value: float | None) -> float | None:
    """A figure; None for what is no number, which JSON cannot hold either."""
    return value if value is not None and math.isfinite(value) else None
