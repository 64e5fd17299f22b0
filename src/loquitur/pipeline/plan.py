"""The graph of stages and its keys: pure data, nothing runs here.

`key = sha256(stage, stage version, engine and its version, model digest, options, keys of the
inputs)`, rooted at the sha256 of the medium. Same key, same artifact: this one rule gives caching,
resuming, `plan`, and sharing between machines.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.codec import stage_key
from loquitur.model.work import Engine, Task

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from loquitur.model.media import MediaRef

MEDIA = "media"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One stage of a recipe; `inputs` pairs its parameters with the stages that make them.

    `tuning` are those options that change nothing in the result, and so stay out of its key.
    `reads` and `lenient` are the stage's own (see `loquitur.stages`). `titled` says that the result
    has the medium's title in it, which its digest does not decide.
    """

    stage: str
    version: int
    options: str
    inputs: tuple[tuple[str, str], ...] = ()
    engine: Engine | None = None
    tuning: str = "{}"
    reads: str = ""
    lenient: bool = False
    titled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which engine a profile found for a kind, why, and what it passed over for what reason.

    `wanted` is `NAME[:MODEL]`; `passed_over` holds such names, each with its reason.
    """

    kind: str
    wanted: str
    why: str
    passed_over: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Which stages, in an order in which each follows its inputs; `notices` are for the user.

    `choices` say why engines that nobody named were taken.
    """

    steps: tuple[Step, ...]
    notices: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()

    def why(self, kind: str) -> str:
        """Why the engine of a kind was taken; empty where it was named."""
        return next((choice.why for choice in self.choices if choice.kind == kind), "")

    def step(self, stage: str) -> Step | None:
        """The step of a stage, None where the recipe does without it."""
        return next((step for step in self.steps if step.stage == stage), None)


def plan(recipe: Recipe, media: MediaRef, *, media_path: str = "") -> tuple[Task, ...]:
    """The tasks of a recipe for one medium, keys and all, in the recipe's order.

    Where a step is lenient, those that read what the medium has not are left out.
    """
    keys = {MEDIA: media.digest}
    tasks = []
    absent = _absent(recipe, media)
    for step in recipe.steps:
        if step.stage in absent:
            continue
        inputs = tuple((name, keys[source]) for name, source in step.inputs if source in keys)
        counted = (*inputs, ("title", _digest(media.title))) if step.titled else inputs
        key = stage_key(
            stage=step.stage,
            stage_version=step.version,
            engine=step.engine,
            options=step.options,
            inputs=counted,
        )
        keys[step.stage] = key
        tasks.append(
            Task(
                key=key,
                stage=step.stage,
                stage_version=step.version,
                options=step.options,
                inputs=inputs,
                engine=step.engine,
                media=media,
                media_path=media_path,
                tuning=step.tuning,
            )
        )
    return tuple(tasks)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _absent(recipe: Recipe, media: MediaRef) -> frozenset[str]:
    """The stages that a medium gives nothing to, and those that need them."""
    if not any(step.lenient for step in recipe.steps):
        return frozenset()  # then what is missing is an error, and told where it is met
    lacks = set() if media.has_video else {"pictures"}
    if not any(track.kind == "audio" for track in media.tracks):
        lacks.add("sound")
    absent: set[str] = set()
    for step in recipe.steps:
        needs = any(source in absent for _, source in step.inputs) and not step.lenient
        if step.reads in lacks or needs:
            absent.add(step.stage)
    return frozenset(absent)


def followers(recipe: Recipe, stages: Iterable[str]) -> frozenset[str]:
    """The stages given and all that depend on them, within the recipe."""
    reached = set(stages)
    for step in recipe.steps:
        if any(source in reached for _, source in step.inputs):
            reached.add(step.stage)
    return frozenset(reached & {step.stage for step in recipe.steps})


def unmet(recipe: Recipe, targets: Iterable[str], stored: Collection[str]) -> frozenset[str]:
    """The stages that must run: targets that are not stored, and what those need of the rest.

    A stage that none of them needs does not run, even where its own result is gone.
    """
    wanted = set(targets)
    running = set()
    for step in reversed(recipe.steps):
        if step.stage in wanted and step.stage not in stored:
            running.add(step.stage)
            wanted.update(source for _, source in step.inputs)
    return frozenset(running)
