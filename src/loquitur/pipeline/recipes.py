"""Which stages and engines serve a wish: profiles, defaults, what is said where one is missing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loquitur import registry, stages
from loquitur.codec import canonical
from loquitur.errors import LoquiturError, MissingError, UsageError, near
from loquitur.pipeline.engines import choose, known_languages, media_engine
from loquitur.pipeline.plan import MEDIA, Recipe, Step
from loquitur.timing import Span, parse_clock

if TYPE_CHECKING:
    from loquitur.model.work import Engine
    from loquitur.protocols import Resources
    from loquitur.registry import EngineSpec

# Engines per profile; "auto" is decided by `_auto_asr`. `best` is what ranks highest of what the
# registry holds today.
PROFILES: Mapping[str, Mapping[str, str]] = {
    "auto": {"asr": "", "diarization": "dvector", "emotion": "prosody"},
    "offline": {"asr": "pocketsphinx", "diarization": "dvector", "emotion": "prosody"},
    "light": {"asr": "onnx-asr", "diarization": "dvector", "emotion": "prosody"},
    "best": {"asr": "onnx-asr", "diarization": "dvector", "emotion": "prosody"},
}
EMBEDDED_ASR = "pocketsphinx"
PREFERRED_ASR = ("onnx-asr:parakeet-tdt-0.6b-v3", "onnx-asr:parakeet-tdt-0.6b-v2")
NONE = "none"
AUTO = "auto"
ACQUIRE = "acquire"
SUBTITLE = "subtitle"

Permission = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a user asks for, in the words of the command line.

    `asr`, `diarizer` and `emotion` are `NAME[:MODEL]`, empty for the profile's choice; `parameters`
    map `STAGE.KEY` to a value; `until` is the last stage wanted.
    """

    profile: str = "auto"
    asr: str = ""
    diarizer: str = ""
    emotion: str = ""
    language: str = AUTO
    speakers: str = ""
    section: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    until: str = SUBTITLE


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
    parameters = _by_stage(wish)
    reached = _reached(wish.until)
    for stage in parameters.keys() - reached:
        _check_idle(stage, parameters[stage], wish, resources)
    if not reached:
        return Recipe(steps=())
    chooser = _Chooser(wish, resources, permit, parameters, _Notices(tell))
    engines: dict[str, Engine | None] = {"decode": media_engine()}
    if "detect" in reached:
        engines["detect"] = chooser.always("detect", "vad", "silero")
    if "transcribe" in reached:
        engines["transcribe"] = chooser.asr()
    if "diarize" in reached:
        engines["diarize"] = chooser.optional("diarize", "diarization", wish.diarizer)
    if "emotion" in reached:
        engines["emotion"] = chooser.optional("emotion", "emotion", wish.emotion)
    without = {stage for stage, engine in engines.items() if engine is None}
    for stage in parameters.keys() & without:
        _check_idle(stage, parameters[stage], wish, resources)
    if wish.until in without:
        raise UsageError(f"nothing to do: the stage '{wish.until}' is switched off")
    steps = tuple(
        _step(name, engines.get(name), chooser.own_options(name))
        for name in stages.STAGES
        if name in reached - without
    )
    return Recipe(steps=steps, notices=tuple(chooser.notices.lines))


def parse_speakers(text: str) -> tuple[int | None, int | None]:
    """`N` or `MIN-MAX` as bounds, `(None, None)` for nothing.

    Raises:
        UsageError: Not such a text, or not 1 <= MIN <= MAX.

    >>> parse_speakers("2"), parse_speakers("1-4")
    ((2, 2), (1, 4))
    """
    if not text:
        return None, None
    low, dash, high = text.partition("-")
    try:
        minimum, maximum = int(low), int(high) if dash else int(low)
    except ValueError as exc:
        raise UsageError(f"not a number of speakers: '{text}' (expected N or MIN-MAX)") from exc
    if not 1 <= minimum <= maximum:
        raise UsageError(f"not a number of speakers: '{text}' (expected 1 <= MIN <= MAX)")
    return minimum, maximum


def parse_section(text: str) -> Span | None:
    """`HH:MM:SS-HH:MM:SS` as a span of media time, None for nothing.

    Raises:
        UsageError: Not such a text, or it ends before it starts.
    """
    if not text:
        return None
    start, _, end = text.partition("-")
    try:
        return Span(start_ms=parse_clock(start), end_ms=parse_clock(end))
    except ValueError as exc:
        raise UsageError(f"{exc}", hint="expected HH:MM:SS-HH:MM:SS, start before end") from exc


class _Notices:
    """Lines for the user: kept for the recipe, or, of a fetch under way, told at once."""

    def __init__(self, tell: Callable[[str], None] | None) -> None:
        self._tell = tell
        self.lines: list[str] = []

    def append(self, line: str) -> None:
        """Keep a line."""
        self.lines.append(line)

    def say(self, line: str) -> None:
        """Tell a line now."""
        if self._tell is not None:
            self._tell(line)


@dataclass(frozen=True, slots=True)
class _Chooser:
    """Finds the engine of each stage, and says what it could not find."""

    wish: Wish
    resources: Resources
    permit: Permission | None
    parameters: dict[str, dict[str, Any]]
    notices: _Notices
    _theirs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def always(self, stage: str, kind: str, wanted: str) -> Engine:
        """A named engine; what it lacks is the user's to bring, unless a fetch is permitted."""
        given = self._engine_options(stage, kind, wanted)
        try:
            return choose(kind, wanted, given, self.resources)
        except MissingError:
            if not self._fetched(kind, wanted):
                raise
        return choose(kind, wanted, given, self.resources)

    def optional(self, stage: str, kind: str, wanted: str) -> Engine | None:
        """An engine whose absence costs one notice, unless it was asked for by name."""
        if wanted == NONE:
            return None
        if wanted:
            return self.always(stage, kind, wanted)
        name = PROFILES[self.wish.profile][kind]
        try:
            return self.always(stage, kind, name)
        except MissingError as exc:
            if stage == self.wish.until:
                raise
            loss = {"diarization": "speakers are not told apart", "emotion": "no moods"}[kind]
            self.notices.append(f"{loss}: {exc.message} ({exc.hint})")
            return None

    def asr(self) -> Engine:
        """The recogniser asked for, the profile's, or the best that is here.

        Raises:
            UsageError: It does not know the language asked for.
        """
        wanted = self.wish.asr or PROFILES[self.wish.profile]["asr"] or self._auto_asr()
        engine = self.always("transcribe", "asr", wanted)
        self._check_language(engine)
        return engine

    def own_options(self, stage: str) -> dict[str, Any]:
        """Of the parameters for a stage, those that are not its engine's."""
        theirs = self._theirs.get(stage, {})
        given = self.parameters.get(stage, {})
        return {key: value for key, value in given.items() if key not in theirs}

    def _auto_asr(self) -> str:
        """The preferred recogniser that is here or may be fetched, else the embedded one."""
        known = [wanted for wanted in PREFERRED_ASR if self._suits(wanted)]
        for wanted in known:
            try:
                choose("asr", wanted, {}, self.resources)
            except MissingError:
                continue
            return wanted
        if known and self._fetched("asr", known[0]):
            return known[0]
        asked = self.permit is not None and not self.resources.offline
        self.notices.append(
            f"draft quality: {EMBEDDED_ASR} is used, since no Parakeet model is in the cache"
            f" (loquitur models pull {PREFERRED_ASR[0]}"
            f"{'; --profile offline does not ask' if asked else ''})"
        )
        return EMBEDDED_ASR

    def _suits(self, wanted: str) -> bool:
        """Whether a model may know the language: one for a single language knows no other."""
        name, _, model = wanted.partition(":")
        said = next(m.languages for m in registry.find("asr", name).models if m.name == model)
        primary = _primary(self.wish.language)
        return primary in ("", AUTO, said) or not said.isalpha()

    def _check_language(self, engine: Engine) -> None:
        """Hold the language against what the engine knows, before anything is decoded."""
        known = known_languages(engine, self.resources)
        language = str(self.parameters.get("transcribe", {}).get("language", AUTO))
        primaries = {_primary(item) for item in known}
        if not known or _primary(language) in ("", AUTO, "und", *primaries):
            return
        pull = f"loquitur models pull {PREFERRED_ASR[0]} (25 European languages), or another --asr"
        raise UsageError(
            f"the asr engine '{engine.name}' does not know the language '{language}'",
            hint=pull if len(known) == 1 else near(language, known),
            code="LQ-NO-LANGUAGE",
        )

    def _fetched(self, kind: str, wanted: str) -> bool:
        """Whether a missing model was brought, with the user's consent, just now."""
        name, _, model = wanted.partition(":")
        spec = registry.find(kind, name, self.resources.environments)
        if self.permit is None or self.resources.offline or not _installed(spec):
            return False
        known = [item for item in spec.models if model in ("", item.name)]
        if not known or not known[0].size_mb:
            return False
        item = known[0]
        if not self.permit(f"fetch {item.name} for {name} (about {item.size_mb} MB)?"):
            return False
        try:
            registry.load(spec).pull(item.name, self.resources, self.notices.say)
        except LoquiturError as exc:
            self.notices.append(f"{item.name} could not be fetched: {exc.message}")
            return False
        return True

    def _engine_options(self, stage: str, kind: str, wanted: str) -> dict[str, Any]:
        """Of the parameters for a stage, those its own options do not know: the engine's.

        Raises:
            UsageError: Neither knows one of them; near names are offered.
        """
        given = self.parameters.get(stage, {})
        own = _field_names(stages.load(stage).options)
        theirs = {key: value for key, value in given.items() if key not in own}
        if theirs:
            name = wanted.partition(":")[0]
            spec = registry.find(kind, name, self.resources.environments)
            engine_class = registry.load(spec)
            known = own | _field_names(engine_class.Options)
            for key in theirs:
                if key not in known:
                    raise _no_option(stage, key, known)
        self._theirs[stage] = theirs
        return theirs


def _check_idle(stage: str, given: Mapping[str, Any], wish: Wish, resources: Resources) -> None:
    """Hold the parameters of a stage that is not run against the names that it could take.

    Those of every engine of its kind count: a project file sets them for all verbs. Where the
    engine wished for cannot be asked, its names are not known, and nothing is said.

    Raises:
        UsageError: Nothing knows one of them; near names are offered.
    """
    loaded = stages.load(stage)
    known = _field_names(loaded.options)
    if given.keys() <= known:
        return
    wanted = {"asr": wish.asr, "diarization": wish.diarizer, "emotion": wish.emotion}
    name = wanted.get(loaded.engine_kind, "").partition(":")[0]
    kind, environments = loaded.engine_kind, resources.environments
    for spec in registry.specs(kind, environments) if kind else ():
        with suppress(LoquiturError):
            known |= _field_names(registry.load(spec).Options)
            name = "" if spec.name == name else name
    for key in given:
        if key not in known and name in ("", NONE):
            raise _no_option(stage, key, known)


def _installed(spec: EngineSpec) -> bool:
    """Whether an engine has the packages that it needs, wherever it runs."""
    try:
        return not registry.missing(spec)
    except LoquiturError:  # its environment is broken; whoever needs it is told
        return False


def _no_option(stage: str, key: str, known: frozenset[str]) -> UsageError:
    return UsageError(f"{stage} has no option '{key}'", hint=near(key, known), code="LQ-NO-OPTION")


def _reached(until: str) -> frozenset[str]:
    """The stage and all that it depends on, acquisition aside."""
    found = {until}
    for name in reversed(stages.STAGES):
        if name in found:
            found.update(source for _, source in stages.load(name).inputs)
    return frozenset(found & set(stages.STAGES))


def _primary(language: str) -> str:
    """The first subtag of a BCP 47 tag, in lower case."""
    return language.replace("_", "-").split("-")[0].lower()


def _by_stage(wish: Wish) -> dict[str, dict[str, Any]]:
    """All parameters, grouped by stage; the named options of the wish among them."""
    grouped: dict[str, dict[str, Any]] = {}
    for name, value in wish.parameters.items():
        stage, dot, key = name.partition(".")
        if not dot or not key:
            raise UsageError(f"not a parameter: '{name}'", hint="expected STAGE.KEY=VALUE")
        stages.load(stage)
        grouped.setdefault(stage, {})[key] = value
    minimum, maximum = parse_speakers(wish.speakers)
    if minimum is not None:
        grouped.setdefault("diarize", {}).update(min_speakers=minimum, max_speakers=maximum)
    section = parse_section(wish.section)
    if section is not None:
        given = {"start_ms": section.start_ms, "end_ms": section.end_ms}
        grouped.setdefault("decode", {}).update(given)
    if wish.language != AUTO:
        grouped.setdefault("transcribe", {})["language"] = wish.language
    return grouped


def _step(name: str, engine: Engine | None, given: Mapping[str, Any]) -> Step:
    stage = stages.load(name)
    options = registry.options_of(stage.options, given, owner=name)
    return Step(
        stage=name,
        version=stage.version,
        options=canonical(options),
        inputs=stage.inputs,
        engine=engine,
    )


def _field_names(options: type) -> frozenset[str]:
    return frozenset(item.name for item in dataclasses.fields(options))


__all__ = ["MEDIA", "PROFILES", "Permission", "Wish", "parse_section", "parse_speakers", "recipe"]
