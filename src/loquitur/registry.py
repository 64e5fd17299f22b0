"""Which engines there are: the table of `builtin`, plus entry points of other packages.

Nothing is imported for a listing. A package adds an engine with an entry point of the group
`loquitur.engines`, named `kind.name`, whose value is `module:Class`. An engine may run in an
environment of its own (`loquitur.environments`), also one that is known there alone.
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.metadata
import importlib.util
import sys
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from loquitur.builtin import BUILTIN, EngineSpec
from loquitur.conversion import convert
from loquitur.errors import EngineError, MissingError, UsageError, near
from loquitur.known_models import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

    Environments = tuple[tuple[str, str], ...]

ENTRY_POINT_GROUP = "loquitur.engines"
KINDS = (
    *("vad", "asr", "alignment", "diarization", "emotion", "voice", "llm", "sentiment"),
    *("embedding", "reranking", "vision", "description", "audio", "zeroshot"),
)


def specs(kind: str | None = None, environments: Environments = ()) -> tuple[EngineSpec, ...]:
    """All engines, the built-in ones first; those of one kind where `kind` is given.

    A third party's entry point never replaces a built-in name, and is never loaded here.

    Args:
        kind: asr, vad, diarization or emotion; all where None.
        environments: Which engines run elsewhere (`Resources.environments`).
    """
    found = {(spec.kind, spec.name): spec for spec in BUILTIN}
    for spec in _strangers(tuple(sys.path)):
        found.setdefault((spec.kind, spec.name), spec)
    for full, place in environments:
        own_kind, _, name = full.partition(".")
        spec = found.get((own_kind, name)) or EngineSpec(
            kind=own_kind, name=name, target="", summary="known in its own environment alone"
        )
        found[own_kind, name] = dataclasses.replace(spec, environment=place)
    return tuple(spec for spec in found.values() if kind in (None, spec.kind))


@lru_cache(maxsize=8)
def _strangers(path: tuple[str, ...]) -> tuple[EngineSpec, ...]:
    """Engines of other packages, read once for a search path: reading takes 10 ms."""
    del path
    named = (
        (*point.name.partition("."), point)
        for point in importlib.metadata.entry_points(group=ENTRY_POINT_GROUP)
    )
    return tuple(
        EngineSpec(
            kind=kind,
            name=name,
            target=point.value,
            summary="from another package",
            origin=point.dist.name if point.dist else "",
        )
        for kind, _, name, point in named
        if name
    )


def find(kind: str, name: str, environments: Environments = ()) -> EngineSpec:
    """The engine of a kind by name, and where it runs.

    Raises:
        UsageError: There is no such engine; near names are offered.
    """
    known = {spec.name: spec for spec in specs(kind, environments)}
    if name not in known:
        raise UsageError(
            f"no {kind} engine is called '{name}'", hint=near(name, known), code="LQ-NO-ENGINE"
        )
    return known[name]


def missing(spec: EngineSpec) -> tuple[str, ...]:
    """The packages an engine needs and the environment in which it runs lacks.

    Raises:
        LoquiturError: No worker runs in its own environment.
    """
    if spec.environment:
        from loquitur.environments import proxy

        return proxy.missing_there(spec)
    return tuple(name for name in spec.needs if not _is_here(name))


def _is_here(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # not even the package around it
        return False


def install_command(spec: EngineSpec) -> str:
    """What to type for what an engine lacks: its environment, its extra, or the core again."""
    if spec.environment or spec.apart:
        return f"loquitur engines env {spec.kind}.{spec.name} --create"
    return f'pip install "loquitur[{spec.extra}]"' if spec.extra else "pip install loquitur"


def load(spec: EngineSpec) -> Any:
    """The engine's class, imported now; where it runs elsewhere, what stands for it here.

    Raises:
        MissingError: A package it needs is absent; the hint is the command that brings it.
        EngineError: Its module is broken.
    """
    if spec.environment:
        from loquitur.environments import proxy

        return proxy.stand_in(spec)
    absent = missing(spec)
    if absent:
        raise MissingError(
            f"the {spec.kind} engine '{spec.name}' needs {', '.join(absent)}",
            hint=install_command(spec),
            code="LQ-NO-PACKAGE",
        )
    module_name, _, class_name = spec.target.partition(":")
    try:
        found = getattr(importlib.import_module(module_name), class_name)
    except (Exception, SystemExit) as exc:  # a plug-in's module may raise anything at all
        raise _broken(spec, str(exc) or type(exc).__name__) from exc
    for name in ("Options", "identity"):
        if not hasattr(found, name):
            raise _broken(spec, f"{class_name} has no `{name}`")
    return found


def _broken(spec: EngineSpec, reason: str) -> EngineError:
    owner = spec.origin or "loquitur"
    return EngineError(
        f"the {spec.kind} engine '{spec.name}' of {owner} cannot be loaded: {reason}",
        hint=f"update or remove the package {owner}",
        code="LQ-ENGINE-BROKEN",
    )


def options_of(kind: type, given: Mapping[str, Any], *, owner: str) -> Any:
    """An options dataclass with some fields set, from typed values or from text.

    Args:
        kind: The options dataclass; every field has a default.
        given: Field names and values; text is converted to the field's type.
        owner: Whose options these are (`transcribe`), for messages.

    Raises:
        UsageError: An unknown field (near names offered) or a value of the wrong type.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in given:
        if name not in fields:
            raise UsageError(
                f"{owner} has no option '{name}'", hint=near(name, fields), code="LQ-NO-OPTION"
            )
    try:
        return convert(dict(given), kind, strict=False)
    except (msgspec.ValidationError, ValueError) as exc:
        raise UsageError(f"wrong value for an option of {owner}: {exc}") from exc


def chosen_options(engine: Any, model: str, given: Mapping[str, Any], *, owner: str) -> Any:
    """The options of an engine that was asked for as `NAME` or `NAME:MODEL`.

    Args:
        engine: Its class.
        model: What stands behind the colon; may be empty.
        given: Further options; see `options_of`.
        owner: The engine's name, for messages.

    Raises:
        UsageError: It has no models to choose from, or as `options_of`.
    """
    chosen = dict(given)
    if model:
        if "model" not in {item.name for item in dataclasses.fields(engine.Options)}:
            raise UsageError(f"{owner} has no models to choose from, and so no '{model}'")
        chosen["model"] = model
    return options_of(engine.Options, chosen, owner=owner)


__all__ = [
    "BUILTIN",
    "ENTRY_POINT_GROUP",
    "KINDS",
    "EngineSpec",
    "ModelSpec",
    "chosen_options",
    "find",
    "install_command",
    "load",
    "missing",
    "options_of",
    "specs",
]
