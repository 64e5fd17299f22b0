"""What `--llm` and `--translate` bring to a recipe: polished words, an outline, other languages.

One engine serves the three stages; what `--set refine.KEY` gives it holds for the others too,
unless they are told otherwise. Nothing is sent anywhere unless an engine that does so was named.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from loquitur import registry, stages
from loquitur.errors import UsageError
from loquitur.languages import primary
from loquitur.pipeline.engines import needs_key, writes_punctuation, writes_text
from loquitur.pipeline.wishes import AUTO, NONE, SUBTITLE, Wish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.model.work import Engine
    from loquitur.pipeline.choosing import Chooser

REFINE, OUTLINE, TRANSLATE = "refine", "outline", "translate"
EMBEDDED_LLM = "embedded"
_ENDS = (REFINE, OUTLINE, SUBTITLE)
_TAG = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_NAMED = "translations need a language model: --llm gemini, or --llm openai-compatible:MODEL"


def languages_of(wish: Wish) -> tuple[str, ...]:
    """The languages of further tracks, each once.

    Raises:
        UsageError: One of them is no BCP 47 code.
    """
    found = dict.fromkeys(
        code.strip().replace("_", "-") for code in wish.translate.split(",") if code.strip()
    )
    for code in found:
        if not _TAG.fullmatch(code) or not primary(code):
            raise UsageError(f"no language code: '{code}'", hint="expected --translate de,pt-BR")
    return tuple(found)


def is_named(wish: Wish) -> bool:
    """Whether an engine was asked for by name."""
    return wish.llm not in ("", AUTO, NONE)


def wanted_stages(wish: Wish, parameters: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """The stages beside the one asked for: an outline, translations.

    Raises:
        UsageError: Translations are asked for, and nobody to make them.
    """
    found = set()
    if wish.until == TRANSLATE:
        raise UsageError("nothing is made up to 'translate'", hint="expected --translate de,fr")
    if wish.until not in _ENDS:
        return frozenset()
    if languages_of(wish):
        if not is_named(wish):
            raise UsageError(_NAMED.partition(":")[0], hint=_NAMED.partition(": ")[2])
        found.add(TRANSLATE)
    if is_named(wish) and wish.until != OUTLINE and _outlines(parameters.get(OUTLINE, {})):
        found.add(OUTLINE)
    return frozenset(found)


def _outlines(given: Mapping[str, Any]) -> bool:
    own = {"parts": given["parts"]} if "parts" in given else {}
    options = registry.options_of(stages.load(OUTLINE).options, own, owner=OUTLINE)
    return bool(options.wanted != {NONE})


def engines_of(
    chooser: Chooser, reached: frozenset[str], recogniser: Engine | None
) -> dict[str, Engine | None]:
    """The engine of each of the stages that are reached; None where a stage is left out.

    Raises:
        UsageError: An engine that cannot write is to translate or to sum up.
        MissingError: Its package is absent.
    """
    engines: dict[str, Engine | None] = {}
    wish = chooser.wish
    if REFINE in reached:
        wanted = _wanted(chooser, recogniser)
        engines[REFINE] = chooser.always(REFINE, "llm", wanted) if wanted else None
    engine = engines.get(REFINE)
    if engine is not None and (lacking := needs_key(engine, chooser.resources)):
        chooser.notices.append(
            f"{lacking} is not set: what {engine.name} has not yet answered will fail"
        )
    writes = engine is not None and writes_text(engine, chooser.resources)
    for stage in (OUTLINE, TRANSLATE):
        if stage not in reached:
            continue
        if not writes:
            if stage == TRANSLATE:
                raise UsageError(f"{wish.llm or EMBEDDED_LLM} cannot translate", hint=_NAMED)
            engines[stage] = None
            continue
        _share(chooser, stage)
        engines[stage] = chooser.always(stage, "llm", wish.llm)
    return engines


def _wanted(chooser: Chooser, recogniser: Engine | None) -> str:
    """The engine asked for; else the embedded one, where there is no punctuation to be expected."""
    wish = chooser.wish
    if wish.llm == NONE:
        return ""
    if is_named(wish):
        return wish.llm
    if wish.until in (REFINE, OUTLINE):
        return EMBEDDED_LLM
    bare = recogniser is not None and not writes_punctuation(recogniser, chooser.resources)
    return EMBEDDED_LLM if bare and not wish.script else ""


def _share(chooser: Chooser, stage: str) -> None:
    """Let a stage have the engine's options of `refine`, under its own."""
    own = chooser.own_options(REFINE)
    given = chooser.parameters.get(REFINE, {})
    theirs = {key: value for key, value in given.items() if key not in own}
    chooser.parameters[stage] = theirs | chooser.parameters.get(stage, {})


def variants(stage: str, languages: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """The names of a stage's variants, each with its language."""
    return tuple((f"{stage}{stages.VARIANT}{code}", code) for code in languages)
