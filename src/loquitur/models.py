"""The model cache: what engines can use, what is there, and how to bring it."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur import licences, pins, registry
from loquitur.errors import LoquiturError, MissingError, UsageError, near
from loquitur.pipeline.election import elect, recommended, spec_of
from loquitur.pipeline.engines import choose, opened
from loquitur.pipeline.preferences import AUTO, DRAFT_ASR, EMBEDDED, EMBEDDED_ASR, OFFLINE, PROFILES

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.protocols import Resources
    from loquitur.registry import EngineSpec, ModelSpec

_WITHIN = "all it needs comes with its package"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """One model of one engine: is it here, and what brings it.

    `source` is where it comes from; `gated` that conditions must be accepted there first;
    `needs_consent` that its licence must be accepted by name; `pinned` the commit that is fetched,
    empty where the first pull finds it out.
    """

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
    source: str = ""
    gated: bool = False
    needs_consent: bool = False
    pinned: str = ""

    @property
    def name(self) -> str:
        """The name `models pull` takes."""
        return f"{self.engine}:{self.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulled:
    """A model that was asked for, under what terms it comes, and where it lies now.

    `commit` is that of its lock, empty where it is not the hub's. An engine with all it needs
    inside has neither model nor folder.
    """

    engine: str
    model: str
    size_mb: int = 0
    licence: str = ""
    gated: bool = False
    source: str = ""
    commit: str = ""
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a model is sound: `problem` is empty then, and `note` says what was looked at.

    `is_absent` tells one that is not here from one that is damaged.
    """

    name: str
    problem: str = ""
    note: str = ""
    is_absent: bool = False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileState:
    """What a profile takes here for a kind of engine, and why; `better` says what would better it.

    `wanted` is `NAME[:MODEL]`, empty where nothing of it can be used.
    """

    profile: str
    kind: str
    wanted: str
    why: str
    better: str = ""
    passed_over: tuple[tuple[str, str], ...] = ()


def profile_states(resources: Resources, *, language: str = "auto") -> tuple[ProfileState, ...]:
    """What every profile would take on this machine, and what it passes over for what reason.

    Args:
        resources: Where models and environments are.
        language: A BCP 47 tag, or `auto`.
    """
    found = []
    for profile, kinds in PROFILES.items():
        for kind, named in kinds.items():
            state = _named(kind, named, resources) if named else _elected(kind, language, resources)
            if not state.wanted and kind == "asr" and profile in (AUTO, OFFLINE):
                embedded = _embedded_asr(resources)
                why = "draft quality: no better is here" if embedded == DRAFT_ASR else "embedded"
                state = dataclasses.replace(state, wanted=embedded, why=why)
            found.append(dataclasses.replace(state, profile=profile))
    return tuple(found)


def _embedded_asr(resources: Resources) -> str:
    """The embedded recogniser whose model is here."""
    try:
        choose("asr", EMBEDDED_ASR, {}, resources)
    except LoquiturError:
        return DRAFT_ASR
    return EMBEDDED_ASR


def _named(kind: str, name: str, resources: Resources) -> ProfileState:
    """A kind for which a profile names its engine."""
    spec = spec_of(name, kind, resources)
    model = spec.models[0].name if spec.models else ""
    wanted = f"{name}:{model}" if model else name
    try:
        choose(kind, wanted, {}, resources)
    except LoquiturError as exc:
        other = _embedded(kind, resources)
        return ProfileState(profile="", kind=kind, wanted=other, why=exc.message, better=exc.hint)
    return ProfileState(profile="", kind=kind, wanted=wanted, why="the profile's own")


def _embedded(kind: str, resources: Resources) -> str:
    """The first embedded engine of a kind that is here, where a profile's own is not."""
    for name in EMBEDDED.get(kind, ()):
        with suppress(LoquiturError):
            choose(kind, name, {}, resources)
            return name
    return ""


def _elected(kind: str, language: str, resources: Resources) -> ProfileState:
    """A kind for which a profile takes the best that is here."""
    found = elect(kind, language, resources, lambda name: choose(kind, name, {}, resources))
    passed = found.choice.passed_over
    absent = "its model is not here"
    pull = next((name for name, reason in passed if reason == absent), "")
    pull = pull if ":" in pull or not pull else f"{kind}.{pull}"  # another kind may share the name
    return ProfileState(
        profile="",
        kind=kind,
        wanted=found.choice.wanted,
        why=found.choice.why or "none of those it prefers is here",
        better=f"loquitur models pull {pull}" if pull else "",
        passed_over=passed,
    )


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


def pull(
    wanted: str, resources: Resources, tell: Callable[[str], None], *, language: str = ""
) -> tuple[Pulled, ...]:
    """Bring models: of an engine (`dvector`), one model (`onnx-asr:NAME`), or of a profile.

    What comes from where, how large it is, its licence and its gate are told before anything is
    fetched; a licence that forbids commercial use must be among `resources.licences`.

    Args:
        wanted: The name of an engine, a model or a profile.
        resources: Where to put it, and which licences are accepted.
        tell: Told in lines.
        language: What will be spoken; of a profile, the models for it are brought.

    Raises:
        UsageError: Nothing is called that; near names are offered.
        MissingError: It cannot be had from here, or its licence is not accepted.
        RemoteError: The place it comes from refused or failed.
    """
    chosen = _wanted(wanted, resources, language)
    orders = [_order(spec, model) for spec, model in chosen]
    for order in orders:
        if order.model:
            tell(_terms(order))
    if len(orders) > 1:
        tell(f"{wanted}: {len(orders)} models, {sum(order.size_mb for order in orders)} MB in all")
    for order in orders:
        _check_licence(order, resources)
    return tuple(
        _brought(spec, order, resources, tell)
        for (spec, _), order in zip(chosen, orders, strict=True)
    )


def _order(spec: EngineSpec, model: str) -> Pulled:
    # a precision may follow a known name: of 8 bits the files are the same here
    close = (
        item for item in spec.models if model == item.name or model.startswith(f"{item.name}-")
    )
    known = max(close, key=lambda item: len(item.name), default=None)
    licence = known.licence if known else ""
    return Pulled(
        engine=spec.name,
        model=model,
        size_mb=known.size_mb if known and model in (known.name, f"{known.name}-int8") else 0,
        licence=licences.name_of(licence),
        gated=licences.is_gated(licence),
        source=(known.source or known.name) if known else model,
    )


def _terms(order: Pulled) -> str:
    """One line: what, how large, from where, under which licence, behind which gate."""
    size = f"about {order.size_mb} MB" if order.size_mb else "of unknown size"
    licence = order.licence or "as its card says"
    consent = ", not for commercial use" if licences.needs_consent(licence) else ""
    page = f"https://huggingface.co/{order.source}"
    gate = f", gated: accept its conditions at {page} and set HF_TOKEN" if order.gated else ""
    return f"{order.engine}:{order.model}: {size} from {order.source}, licence {licence}" + (
        consent + gate
    )


def _check_licence(order: Pulled, resources: Resources) -> None:
    if licences.is_accepted(order.licence, resources.licences):
        return
    raise MissingError(
        f"{order.model} may not be used commercially: its licence is {order.licence}",
        hint=f"if that suits you: loquitur models pull {order.engine}:{order.model}"
        f" --accept-licence {order.licence}",
        code="LQ-LICENCE",
    )


def _brought(
    spec: EngineSpec, order: Pulled, resources: Resources, tell: Callable[[str], None]
) -> Pulled:
    if not order.model:
        tell(f"{spec.name}: {_WITHIN}; there is nothing to fetch")
        return order
    absent = registry.missing(spec)
    if absent:
        raise MissingError(
            f"{spec.name} needs {', '.join(absent)}",
            hint=registry.install_command(spec),
            code="LQ-NO-PACKAGE",
        )
    engine_class = registry.load(spec)
    engine_class.pull(order.model, resources, tell)
    folder: Path = engine_class.location(order.model, resources)
    lock = pins.read_lock(folder)
    return dataclasses.replace(order, folder=str(folder), commit=lock.commit if lock else "")


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


def verify(wanted: str, resources: Resources) -> tuple[Verdict, ...]:
    """Read each model named whole, hold it against its lock, and load it for real.

    Raises:
        UsageError: Nothing is called that.
        MissingError: It is one model, and not here; of several, the absent are among the verdicts.
    """
    found = []
    chosen = _wanted(wanted, resources)
    for spec, model in chosen:
        name = f"{spec.name}:{model}" if model else spec.name
        try:
            found.append(_verdict(spec, model, name, resources))
        except LoquiturError as exc:
            is_absent = isinstance(exc, MissingError)
            if is_absent and len(chosen) == 1:
                raise
            problem = f"{exc.message} ({exc.hint})" if exc.hint else exc.message
            found.append(Verdict(name=name, problem=problem, is_absent=is_absent))
    return tuple(found)


def _verdict(spec: EngineSpec, model: str, name: str, resources: Resources) -> Verdict:
    engine_class = registry.load(spec)
    folder = engine_class.location(model, resources) if model else None
    changed = pins.changed(folder) if folder else []
    if changed:
        hint = f"rm -r {folder}, then loquitur models pull {name}"
        problem = f"not as it was fetched: {', '.join(changed[:3])} ({hint})"
        return Verdict(name=name, problem=problem)
    engine = choose(spec.kind, name, {}, resources)
    given = {"model": model} if model else {}
    options = registry.options_of(engine_class.Options, given, owner=spec.name)
    opened(engine_class, options, resources, name=spec.name)
    if model and not engine.model_digest:
        return Verdict(name=name, problem="no digest")
    lock = pins.read_lock(folder) if folder else None
    if lock is None:
        return Verdict(name=name)
    return Verdict(
        name=name, note=f"{len(lock.files)} files as fetched at commit {lock.commit[:12]}"
    )


def _wanted(
    name: str, resources: Resources, language: str = ""
) -> tuple[tuple[EngineSpec, str], ...]:
    """The models a name stands for, as (engine, model name).

    The model name is empty for an engine that needs no fetched model. Engines of two kinds may
    share a name (`sherpa-onnx`): `KIND.NAME` or a model tells which is meant; without one both
    defaults are.
    """
    engine_name, _, model = name.partition(":")
    every = registry.specs(environments=resources.environments)
    pullable = [spec for spec in every if spec.pullable]
    if name in PROFILES:
        return _of_profile(name, pullable, resources, language)
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


def _of_profile(
    name: str, pullable: list[EngineSpec], resources: Resources, language: str
) -> tuple[tuple[EngineSpec, str], ...]:
    """The models of a profile: its own, or what this machine can use best of what it prefers."""
    found = []
    for kind, engine in PROFILES[name].items():
        wanted, _, model = (engine or recommended(kind, language, resources)).partition(":")
        found += [
            (spec, model or spec.models[0].name)
            for spec in pullable
            if (spec.kind, spec.name) == (kind, wanted)
        ]
    return tuple(found)


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
        source=model.source or (model.name if "/" in model.name else ""),
        gated=licences.is_gated(model.licence),
        needs_consent=licences.needs_consent(model.licence),
        pinned=pins.PINS.get(model.source or model.name, ""),
    )
