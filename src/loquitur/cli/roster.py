"""The tables of engines, models and profiles: narrow enough for 80 columns, notes beneath."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from loquitur.cli.output import print_table
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_HEADINGS = {
    "asr": "ASR (published: word error rate)",
    "diarization": "DIARIZATION (published: diarization error rate)",
    "emotion": "EMOTION (published: accuracy)",
}
_LONG_NAME = 34
_TRIED = {"emulated": "server"}
_LEGEND = (
    "tested: by Loquitur's own tests, with the 'real' model, with a 'tiny' one of random weights in"
    " the real architecture and library (published weights were not at hand), or against a 'server'"
    " of the tests"
)


class Sources:
    """Who measured a figure, numbered as they come up."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def cited(self, figure: str, source: str) -> str:
        """A figure with the number of its source."""
        if not figure or not source:
            return figure
        return f"{figure} [{self._numbers.setdefault(source, len(self._numbers) + 1)}]"

    def print(self) -> None:
        """The sources under their numbers."""
        for source, number in self._numbers.items():
            click.echo(display(f"[{number}] {source}"))


def print_engines(states: Sequence[Any]) -> None:
    """Every engine by kind, then who measured, then what to type for those that are not ready."""
    sources = Sources()
    rows: list[tuple[object, ...]] = []
    for kind in dict.fromkeys(state.spec.kind for state in states):
        rows.append((_HEADINGS.get(kind, kind.upper()),))
        rows += [_engine_row(state, sources) for state in states if state.spec.kind == kind]
    header = ("engine", "state", "MB", "licence", "languages", "published", "tested")
    print_table(header, rows, fit=True, shrinkable=(3, 4))
    sources.print()
    click.echo(_LEGEND)
    _print_places(states)
    _print_commands(states)


def _engine_row(state: Any, sources: Sources) -> tuple[object, ...]:
    spec = state.spec
    model = shown_model(state)
    return (
        f" {spec.name}",
        "draft" if spec.draft and state.ready else readiness(state),
        model.size_mb if model else "-",
        _short(model.licence if model else spec.licence),
        _brief(model.languages if model else spec.languages),
        sources.cited(_number(model.figure), model.figure_source) if model else "",
        "?" if spec.origin else _TRIED.get(spec.tried, spec.tried),
    )


def shown_model(state: Any) -> Any:
    """Of an engine's models the first that is here, else its default; None where it has none."""
    present = [model for model in state.models if model.present]
    return next(iter([*present, *state.models]), None)


def _short(licence: str) -> str:
    """A licence without what explains it; a mark where it forbids commercial use."""
    from loquitur.licences import is_gated, name_of

    return name_of(licence).removesuffix(" (code)") + (" gated" if is_gated(licence) else "")


def _brief(languages: str) -> str:
    """Languages in fewer letters."""
    plain = languages.partition(" (")[0]
    return plain.replace(" European languages", " Europ.").removesuffix(" languages")


def _number(figure: str) -> str:
    """The first number of a figure: of which measure, the heading says."""
    words = figure.partition(",")[0].partition(" (")[0].split()
    return " ".join(words[1:] if words[:1] != ["CCC"] else words[:2])


def readiness(state: Any) -> str:
    """The state of an engine in a word or two."""
    if state.missing:
        return "missing"
    if state.problem:
        return "broken"
    if state.spec.own_model:
        return "own model"
    if state.models and not any(model.present for model in state.models):
        damaged = any(model.problem for model in state.models)
        return "damaged model" if damaged else "no model"
    return "ready"


def _print_places(states: Iterable[Any]) -> None:
    for state in states:
        spec = state.spec
        if spec.environment:
            click.echo(display(f"{spec.kind}.{spec.name}: runs in {spec.environment}"))
        if spec.unverified:
            click.echo(display(f"{spec.name}: not verified on this machine: {spec.unverified}"))


def _print_commands(states: Iterable[Any]) -> None:
    """What to type, a line each: for some engines two after another."""
    wanting = [(state, commands(state)) for state in states]
    if not any(lines for _, lines in wanting):
        return
    click.echo(click.style("\nto get what is not ready:", bold=True))
    for state, lines in wanting:
        if lines:
            click.echo(display(f"  {state.spec.kind} {state.spec.name}"))
        for line in lines:
            click.echo(display(f"      {line}"))


def commands(state: Any) -> list[str]:
    """What to type for an engine that is not ready, in this order."""
    found = [state.command] if state.command else []
    if state.problem and not state.missing:
        found.insert(0, f"# {state.problem}")
    if state.spec.own_model:
        found.append(f"{state.spec.own_model}   # a model of your own")
    model = shown_model(state)
    if model is not None and model.command and not state.ready:
        if model.problem:
            found.append(f"# {model.problem}")
        size = f"   # {model.size_mb} MB" if model.size_mb else ""
        found.append(model.command + size)
    return found


def print_models(found: Iterable[Any]) -> None:
    """Every model by engine: is it here, how large, under which licence, how good by whom."""
    sources = Sources()
    rows: list[tuple[object, ...]] = []
    engine = ""
    for model in found:
        owner = f"{model.kind} {model.engine}"
        if owner != engine:
            engine = owner
            measure = _HEADINGS.get(model.kind, "").partition(" (")[2]
            rows.append((owner.upper() + (f" ({measure}" if measure else ""),))
        licence = _short(model.licence) + (" (not commercial)" if model.needs_consent else "")
        here = "damaged" if model.problem else "yes" if model.present else "-"
        figure = sources.cited(_number(model.figure), model.figure_source)
        name = f"  {model.name}"
        if len(name) > _LONG_NAME:  # a line of its own: a name is there to be typed
            rows.append((name,))
            name = ""
        rows.append((name, here, model.size_mb, licence, _brief(model.languages), figure))
    header = ("model", "here", "MB", "licence", "languages", "published")
    print_table(header, rows, fit=True, shrinkable=(3, 4))
    sources.print()
    click.echo("to bring one: loquitur models pull NAME")


def print_profiles(found: Iterable[Any]) -> None:
    """What each profile takes here for each kind of engine, why, and what would better it."""
    rows: list[tuple[object, ...]] = []
    profile = ""
    for one in found:
        if one.profile != profile:
            profile = one.profile
            rows.append((profile.upper(),))
        rows.append((f"  {one.kind}", one.wanted or "nothing", one.why))
        if one.better:
            rows.append((f"      better: {one.better}",))
    print_table(("profile", "takes here", "because"), rows, fit=True, shrinkable=(2, 1))
