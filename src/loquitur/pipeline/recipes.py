"""Which stages and engines serve a wish, as a recipe for the runner."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any

import msgspec

from loquitur import registry, stages
from loquitur.codec import canonical
from loquitur.errors import UsageError, near
from loquitur.pipeline import channels, polishing
from loquitur.pipeline.choosing import (
    Chooser,
    Notices,
    Permission,
    check_idle,
    field_names,
)
from loquitur.pipeline.engines import chunking, gives_times, media_engine, split_options
from loquitur.pipeline.plan import MEDIA, Recipe, Step
from loquitur.pipeline.preferences import PREFERRED_ASR, PROFILES
from loquitur.pipeline.wishes import (
    ACQUIRE,
    SUBTITLE,
    VOICES,
    Wish,
    by_stage,
    parse_section,
    parse_speakers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loquitur.model.work import Engine
    from loquitur.protocols import Resources

SHOTS = "shots"
OF_PICTURES = (SHOTS, "describe", "features", "match")
"""The stages that look at pictures; the others need sound alone, which is less to fetch."""
DESCRIBE = "describe"
EMBEDDED_DESCRIBER = "measured"
FEATURES = "features"
EMBEDDED_ENCODER = "descriptor"
HEAR = "hear"
EMBEDDED_HEARER = "logmel"
READ = "read"
EMBEDDED_READER = "hashing"
LABEL = "label"
MATCH = "match"
_BY_MEDIA_LIBRARY = ("decode", "separate", SHOTS)


def recipe(
    wish: Wish,
    resources: Resources,
    *,
    permit: Permission | None = None,
    tell: Callable[[str], None] | None = None,
) -> Recipe:
    """The stages, engines and options that serve a wish.

    Args:
        wish: What is asked for.
        resources: Where models are.
        permit: Asked, with what and how large, before a model is fetched; None where nobody can
            be asked, and then nothing is fetched.
        tell: Told how a fetch goes, as it goes. Notices are in the recipe.

    Raises:
        UsageError: A name or value that does not exist or fit.
        MissingError: A named engine's package or model is absent.
    """
    if wish.profile not in PROFILES:
        raise UsageError(
            f"no profile is called '{wish.profile}'", hint=near(wish.profile, PROFILES)
        )
    if wish.until not in (ACQUIRE, *stages.STAGES):
        raise UsageError(
            f"no stage is called '{wish.until}'", hint=near(wish.until, (ACQUIRE, *stages.STAGES))
        )
    parameters = by_stage(wish)
    reached = _wanted(wish, parameters)
    if channels.is_by_channel(wish, parameters):
        channels.share_decoding(parameters)
    elif wish.until not in channels.STAGES:
        reached -= channels.STAGES
    for stage in parameters.keys() - reached:
        check_idle(stage, parameters[stage], wish, resources)
    if not reached:
        return Recipe(steps=())
    chooser = Chooser(wish, resources, permit, parameters, Notices(tell))
    engines = _engines(chooser, reached)
    without = {stage for stage, engine in engines.items() if engine is None}
    for stage in parameters.keys() & without:
        check_idle(stage, parameters[stage], wish, resources)
    if wish.until in without:
        raise UsageError(f"nothing to do: the stage '{wish.until}' is switched off")
    steps: list[Step] = []
    for name in stages.STAGES:
        if name in reached - without:
            steps += _steps(name, engines.get(name), chooser.own_options(name), wish)
    return Recipe(
        steps=tuple(steps), notices=tuple(chooser.notices.lines), choices=tuple(chooser.choices)
    )


def _engines(chooser: Chooser, reached: frozenset[str]) -> dict[str, Engine | None]:
    """The engine of each stage that has one; None where the stage is left out."""
    wish = chooser.wish
    by_channel = bool(reached & channels.STAGES)
    engines: dict[str, Engine | None] = dict.fromkeys(_BY_MEDIA_LIBRARY, media_engine())
    for stage in ("detect", "monitor"):
        if stage in reached:
            engines[stage] = chooser.always(stage, "vad", "silero")
    if "transcribe" in reached:
        engines["transcribe"] = recogniser = chooser.asr()
        wants = chunking(recogniser, chooser.resources)
        chooser.parameters["transcribe"] = wants | chooser.parameters.get("transcribe", {})
        if "align" in reached:
            engines["align"] = chooser.aligner(recogniser)
        if by_channel:
            channels.choose_hearing(
                chooser.parameters,
                gives_times=gives_times(recogniser, chooser.resources),
                aligned=engines.get("align") is not None,
            )
    if "diarize" in reached and by_channel:
        engines["diarize"] = channels.engine()
    elif "diarize" in reached:
        engines["diarize"] = chooser.optional("diarize", "diarization", wish.diarizer)
    if "emotion" in reached:
        engines["emotion"] = chooser.optional("emotion", "emotion", wish.emotion)
    for stage, kind, wanted in (
        (DESCRIBE, "description", wish.describer or EMBEDDED_DESCRIBER),
        (FEATURES, "vision", wish.encoder or EMBEDDED_ENCODER),
        (HEAR, "audio", wish.hearer or EMBEDDED_HEARER),
        (READ, "embedding", wish.reader or EMBEDDED_READER),
        (MATCH, "zeroshot", wish.matcher),
    ):
        if stage in reached:
            engines[stage] = chooser.always(stage, kind, wanted)
    engines |= polishing.engines_of(chooser, reached, engines.get("transcribe"))
    if VOICES in reached:
        told_apart = engines["diarize"] is not None
        engines[VOICES] = chooser.optional(VOICES, "voice", wish.voice) if told_apart else None
    return engines


def _reached(until: str) -> frozenset[str]:
    """The stage and all that it depends on, acquisition aside."""
    found = {until}
    for name in reversed(stages.STAGES):
        if name in found:
            found.update(source for _, source in stages.load(name).inputs)
    return frozenset(found & set(stages.STAGES))


def _wanted(wish: Wish, parameters: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """The stages that a wish asks for, the voices among them where people shall be known."""
    reached = _reached(wish.until) | polishing.wanted_stages(wish, parameters)
    if wish.until == LABEL:
        reached -= _unread(parameters.get(LABEL, {}))
    if not _wants_shots(wish.until, parameters):
        reached -= {SHOTS}
    if wish.voices and "weave" in reached and _knows_voices(parameters.get(VOICES, {})):
        return reached | {VOICES}
    return reached


def _unread(given: Mapping[str, Any]) -> frozenset[str]:
    """The stages that a model which labels has no use for, by the streams it reads."""
    stage = stages.load(LABEL)
    own = {key: given[key] for key in ("streams",) if key in given}
    read = registry.options_of(stage.options, own, owner=LABEL).sources()
    return _reached(LABEL) - {LABEL}.union(*map(_reached, read))


def _wants_shots(until: str, parameters: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether what is asked for is about the cuts of the pictures, or heeds them."""
    if until == LABEL:
        return False
    if until in (DESCRIBE, FEATURES):
        return _by_shots(until, parameters.get(until, {}))
    return until == SHOTS or _heeds_shots(parameters.get(SUBTITLE, {}))


def _by_shots(name: str, given: Mapping[str, Any]) -> bool:
    """Whether a stage may look shot by shot, which must be found first."""
    own = {"by": given["by"]} if "by" in given else {}
    options = registry.options_of(stages.load(name).options, own, owner=name)
    return options.by in ("auto", "shots")


def _heeds_shots(given: Mapping[str, Any]) -> bool:
    """Whether captions shall heed the cuts of the pictures, which takes decoding them."""
    options = stages.load(SUBTITLE).options
    own = {key: value for key, value in given.items() if key == "shots"}
    return bool(registry.options_of(options, own, owner=SUBTITLE).shots)


def _knows_voices(given: Mapping[str, Any]) -> bool:
    """Whether known voices shall be looked for, by the parameters of their stage."""
    options = stages.load(VOICES).options
    own = {key: value for key, value in given.items() if key in field_names(options)}
    return bool(registry.options_of(options, own, owner=VOICES).known)


def _steps(name: str, engine: Engine | None, given: Mapping[str, Any], wish: Wish) -> list[Step]:
    """The step of a stage; of those that other languages ask for, one for each."""
    translations = polishing.variants(polishing.TRANSLATE, polishing.languages_of(wish))
    if name == polishing.TRANSLATE:
        return [
            dataclasses.replace(_step(name, engine, {**given, "to": code}), stage=variant)
            for variant, code in translations
        ]
    step = _step(name, engine, given)
    if name != SUBTITLE:
        return [step]
    tracks = polishing.variants(name, polishing.languages_of(wish))
    shots = tuple(pair for pair in step.inputs if pair[0] == SHOTS)
    return [step] + [
        dataclasses.replace(step, stage=variant, inputs=(("transcript", source), *shots))
        for (variant, _), (source, _) in zip(tracks, translations, strict=True)
    ]


def _step(name: str, engine: Engine | None, given: Mapping[str, Any]) -> Step:
    stage = stages.load(name)
    options = registry.options_of(stage.options, given, owner=name)
    keyed, tuning = split_options(options)
    return Step(
        stage=name,
        version=stage.version,
        options=canonical(keyed if tuning else options),
        inputs=channels.inputs_of(name, options),
        engine=engine,
        # exactly as given: canonical text is composed (NFC), and a folder's name need not be
        tuning=json.dumps(msgspec.to_builtins(tuning), sort_keys=True),
        reads=stage.reads,
        lenient=stage.lenient,
        titled=name == READ and options.titled,
    )


__all__ = [
    "MEDIA",
    "OF_PICTURES",
    "PREFERRED_ASR",
    "PROFILES",
    "VOICES",
    "Permission",
    "Wish",
    "parse_section",
    "parse_speakers",
    "recipe",
]
