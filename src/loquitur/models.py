"""The model cache: what engines can use, what is there, and how to bring it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur import registry
from loquitur.errors import LoquiturError, MissingError, UsageError, near
from loquitur.pipeline.engines import choose
from loquitur.pipeline.recipes import PREFERRED_ASR, PROFILES

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.protocols import Resources
    from loquitur.registry import EngineSpec, ModelSpec

_WITHIN = "all it needs comes with its package"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """One model of one engine: is it here, and what brings it."""

    engine: str
    kind: str
    model: str
    size_mb: int
    licence: str
    languages: str
    present: bool
    command: str
    figure: str = ""
    figure_source: str = ""
    problem: str = ""

    @property
    def name(self) -> str:
        """The name `models pull` takes."""
        return f"{self.engine}:{self.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """One engine: installed or not, its models, what to type to get it."""

    spec: EngineSpec
    missing: tuple[str, ...]
    models: tuple[ModelState, ...]
    command: str
    problem: str = ""

    @property
    def ready(self) -> bool:
        """Whether it can be used as it is."""
        if self.missing or self.problem or self.spec.own_model:
            return False
        return not self.models or any(model.present for model in self.models)


def engine_states(resources: Resources) -> tuple[EngineState, ...]:
    """Every engine, built-in or not, each imported: only then is it known whether it works."""
    states = []
    for spec in registry.specs(environments=resources.environments):
        absent, problem = _examined(spec)
        states.append(
            EngineState(
                spec=spec,
                missing=absent,
                models=tuple(_state(spec, model, resources) for model in spec.models),
                # a broken environment is mended as a lacking one is made
                command=registry.install_command(spec)
                if absent or (problem and spec.environment)
                else "",
                problem=problem,
            )
        )
    return tuple(states)


def pull(wanted: str, resources: Resources, tell: Callable[[str], None]) -> None:
    """Bring models: of an engine (`dvector`), one model (`onnx-asr:NAME`), or of a profile.

    Raises:
        UsageError: Nothing is called that; near names are offered.
        MissingError: It cannot be had from here.
        RemoteError: The place it comes from refused or failed.
    """
    for spec, model in _wanted(wanted, resources):
        if not model:
            tell(f"{spec.name}: {_WITHIN}; there is nothing to fetch")
            continue
        absent = registry.missing(spec)
        if absent:
            raise MissingError(
                f"{spec.name} needs {', '.join(absent)}",
                hint=registry.install_command(spec),
            )
        registry.load(spec).pull(model, resources, tell)


def locate(wanted: str, resources: Resources) -> Path:
    """The folder in which a model lies, or would.

    Raises:
        UsageError: Nothing is called that.
    """
    (spec, model), *_ = _wanted(wanted, resources)
    if not model:
        raise UsageError(f"{spec.name} has no folder in the model cache: {_WITHIN}")
    folder: Path = registry.load(spec).location(model, resources)
    return folder


def verify(wanted: str, resources: Resources) -> tuple[tuple[str, str], ...]:
    """Load each model named for real; gives (name, problem) pairs, the problem empty if sound.

    Raises:
        UsageError: Nothing is called that.
        MissingError: It is one model, and not here; of several, the absent are among the pairs.
    """
    found = []
    chosen = _wanted(wanted, resources)
    for spec, model in chosen:
        name = f"{spec.name}:{model}" if model else spec.name
        try:
            engine_class = registry.load(spec)
            engine = choose(spec.kind, name, {}, resources)
            given = {"model": model} if model else {}
            options = registry.options_of(engine_class.Options, given, owner=spec.name)
            engine_class(options, resources)
        except LoquiturError as exc:
            if isinstance(exc, MissingError) and len(chosen) == 1:
                raise
            found.append((name, f"{exc.message} ({exc.hint})" if exc.hint else exc.message))
        else:
            found.append((name, "" if engine.model_digest or not model else "no digest"))
    return tuple(found)


def _wanted(name: str, resources: Resources) -> tuple[tuple[EngineSpec, str], ...]:
    """The models a name stands for, as (engine, model name).

    The model name is empty for an engine that needs no fetched model. Engines of two kinds may
    share a name (`sherpa-onnx`): `KIND.NAME` or a model tells which is meant; without one both
    defaults are.
    """
    engine_name, _, model = name.partition(":")
    every = registry.specs(environments=resources.environments)
    pullable = [spec for spec in every if spec.pullable]
    if name in PROFILES:
        first = PREFERRED_ASR[0].partition(":")[0]
        chosen = {(kind, engine or first) for kind, engine in PROFILES[name].items()}
        return tuple(
            (spec, spec.models[0].name) for spec in pullable if (spec.kind, spec.name) in chosen
        )
    named = [spec for spec in pullable if engine_name in (spec.name, f"{spec.kind}.{spec.name}")]
    if named and not model:
        return tuple((spec, spec.models[0].name) for spec in named)
    if named:
        # a precision or revision may follow a known name; the engine itself knows those
        owners = [spec for spec in named if model in {item.name for item in spec.models}]
        return (((owners or named)[0], model),)
    for spec in pullable:
        if name in {item.name for item in spec.models}:
            return ((spec, name),)
    for spec in every:
        if spec.name == name:
            return ((spec, ""),)
    known = [*PROFILES, *(spec.name for spec in pullable)]
    known += [f"{spec.name}:{item.name}" for spec in pullable for item in spec.models]
    raise UsageError(f"no model, engine or profile is called '{name}'", hint=near(name, known))


def _examined(spec: EngineSpec) -> tuple[tuple[str, ...], str]:
    """The packages an engine lacks, and why it cannot be used although it lacks none."""
    try:
        absent = registry.missing(spec)
        if not absent:
            dataclasses.fields(registry.load(spec).Options)  # asked for where it runs
    except LoquiturError as exc:
        return (), exc.message
    return absent, ""


def _state(spec: EngineSpec, model: ModelSpec, resources: Resources) -> ModelState:
    problem = ""
    try:
        choose(spec.kind, f"{spec.name}:{model.name}", {}, resources)
    except MissingError:
        present = False
    except LoquiturError as exc:
        present, problem = False, exc.message
    else:
        present = True
    return ModelState(
        engine=spec.name,
        kind=spec.kind,
        model=model.name,
        size_mb=model.size_mb,
        licence=model.licence,
        languages=model.languages,
        present=present,
        command="" if present else f"loquitur models pull {spec.name}:{model.name}",
        figure=model.figure,
        figure_source=model.figure_source,
        problem=problem,
    )
