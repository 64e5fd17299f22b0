"""Finds the best engine of a kind that can be used here and now, and says why not the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur import languages, registry
from loquitur.errors import LoquiturError, MissingError, UsageError
from loquitur.pipeline.plan import Choice
from loquitur.pipeline.preferences import PREFERENCES, Candidate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loquitur.model.work import Engine
    from loquitur.protocols import Resources
    from loquitur.registry import EngineSpec

_ALIGNED = ("en",)  # what words without times can be placed in without any model


@dataclass(frozen=True, slots=True, kw_only=True)
class Election:
    """The engine that was found and why, or None; `offered` could be had by fetching its model.

    `error` is what is wrong with the options given, where they fit none that is here.
    """

    engine: Engine | None
    choice: Choice
    offered: str = ""
    error: UsageError | None = None


def elect(kind: str, language: str, resources: Resources, use: Callable[[str], Engine]) -> Election:
    """The first candidate of a kind that is installed, suits, and whose model is here.

    Args:
        kind: asr, diarization or emotion.
        language: A BCP 47 tag, or `auto`.
        resources: Where models and environments are, and whether there is a graphics card.
        use: Makes the engine of `NAME[:MODEL]`.
    """
    passed: list[tuple[str, str]] = []
    offered, error = "", None
    for candidate, reason in standing(kind, language, resources):
        if reason:
            passed.append((candidate.wanted, reason))
            continue
        try:
            engine = use(candidate.wanted)
        except MissingError:
            offered = offered or candidate.wanted
            passed.append((candidate.wanted, "its model is not here"))
        except UsageError as exc:  # an option that is another engine's
            error = error or exc
            passed.append((candidate.wanted, exc.message))
        except LoquiturError as exc:  # damaged files, a broken environment: told by `doctor`
            passed.append((candidate.wanted, exc.message))
        else:
            choice = Choice(
                kind=kind, wanted=candidate.wanted, why=candidate.why, passed_over=tuple(passed)
            )
            return Election(engine=engine, choice=choice)
    choice = Choice(kind=kind, wanted="", why="", passed_over=tuple(passed))
    return Election(engine=None, choice=choice, offered=offered, error=error)


def standing(kind: str, language: str, resources: Resources) -> Iterator[tuple[Candidate, str]]:
    """Candidates in the order in which they are asked, and why one is not (empty where it is).

    Where no language is told, a recogniser that knows many goes before one that knows English.
    """
    primary = languages.primary(language)
    told = primary not in languages.ANY
    found = list(PREFERENCES[kind])
    if kind == "asr" and not told:
        found.sort(key=lambda candidate: len(_known(candidate, kind)) == 1)
    for candidate in found:
        yield candidate, _unfit(candidate, kind, primary if told else "", resources)


def recommended(kind: str, language: str, resources: Resources) -> str:
    """The first candidate whose packages are here and that suits; its model need not be here."""
    names = (item.wanted for item, reason in standing(kind, language, resources) if not reason)
    return next(names, "")


def spec_of(wanted: str, kind: str, resources: Resources) -> EngineSpec:
    """The engine of `NAME[:MODEL]`, and where it runs."""
    return registry.find(kind, wanted.partition(":")[0], resources.environments)


def _unfit(candidate: Candidate, kind: str, primary: str, resources: Resources) -> str:
    """Why a candidate is not asked at all."""
    known = _known(candidate, kind)
    if primary and known and not {primary, languages.whisper_code(primary)} & set(known):
        return f"it does not know '{primary}'"
    if kind == "asr" and not primary and len(known) == 1 and known[0] not in _ALIGNED:
        return f"it knows '{known[0]}' alone"
    if candidate.needs_gpu and not resources.gpu:
        return "too slow without a GPU"
    if candidate.untimed and primary not in _ALIGNED:
        return "its words have no times, and English alone is aligned without more (--language en)"
    spec = spec_of(candidate.wanted, kind, resources)
    try:
        absent = registry.missing(spec)
    except LoquiturError as exc:  # its environment is broken
        return exc.message
    return f"not installed ({registry.install_command(spec)})" if absent else ""


def _known(candidate: Candidate, kind: str) -> tuple[str, ...]:
    """The languages of a candidate, by the row of its model; empty for any."""
    if candidate.languages:
        return candidate.languages
    name, _, model = candidate.wanted.partition(":")
    spec = next(item for item in registry.BUILTIN if (item.kind, item.name) == (kind, name))
    said = next((item.languages for item in spec.models if item.name == model), spec.languages)
    return languages.named(said)
