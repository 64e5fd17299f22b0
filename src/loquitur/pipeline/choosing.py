"""Which engine serves each stage of a wish: profiles, and what is said where one is missing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loquitur import licences, registry, stages
from loquitur.errors import InputError, LoquiturError, MissingError, UsageError, near
from loquitur.languages import ANY
from loquitur.pipeline.election import Election, elect
from loquitur.pipeline.engines import choose, gives_times, known_languages, must_be_told
from loquitur.pipeline.plan import Choice
from loquitur.pipeline.preferences import (
    BEST,
    DRAFT_ASR,
    EMBEDDED,
    EMBEDDED_ASR,
    OFFLINE,
    PREFERRED_ASR,
    PROFILES,
    VOICE_ENGINE,
)
from loquitur.pipeline.wishes import AUTO, NONE, VOICES, Wish

if TYPE_CHECKING:
    from loquitur.model.work import Engine
    from loquitur.protocols import Resources
    from loquitur.registry import EngineSpec

# Aligners in the order they are taken in; the last knows every language and hears nothing.
PREFERRED_ALIGNERS = ("ctc", "pocketsphinx", "voiced")
_LOSSES = {
    "diarization": "speakers are not told apart",
    "emotion": "no moods",
    "voice": "known voices are not recognised",
}

Permission = Callable[[str], bool]


class Notices:
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
class Chooser:
    """Finds the engine of each stage, and says what it could not find."""

    wish: Wish
    resources: Resources
    permit: Permission | None
    parameters: dict[str, dict[str, Any]]
    notices: Notices
    choices: list[Choice] = field(default_factory=list)
    _theirs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def always(self, stage: str, kind: str, wanted: str, *, ask: bool = True) -> Engine:
        """A named engine; what it lacks is the user's to bring, unless a fetch is permitted."""
        given = self._engine_options(stage, kind, wanted)
        try:
            return choose(kind, wanted, given, self.resources)
        except MissingError:
            if not (ask and self._fetched(kind, wanted)):
                raise
        return choose(kind, wanted, given, self.resources)

    def optional(self, stage: str, kind: str, wanted: str) -> Engine | None:
        """An engine whose absence costs one notice, unless it was asked for by name."""
        if wanted == NONE:
            return None
        if wanted:
            return self.always(stage, kind, wanted)
        name = PROFILES[self.wish.profile].get(kind, VOICE_ENGINE)
        try:
            return self._first(stage, kind, name) if name else self._elected(stage, kind)
        except MissingError as exc:
            if self.wish.until in (stage, VOICES):  # which come to nothing without it
                raise
            self.notices.append(f"{_LOSSES[kind]}: {exc.message} ({exc.hint})")
            return None

    def _elected(self, stage: str, kind: str) -> Engine:
        """The best that is here, else the embedded one, which may be fetched."""
        found = elect(
            kind, self._language(), self.resources, lambda name: self._used(stage, kind, name)
        )
        if found.engine is not None:
            self.choices.append(found.choice)
            return found.engine
        try:
            engine = self._first(stage, kind, PROFILES[OFFLINE][kind])
        except (MissingError, UsageError) as exc:
            raise (found.error or exc) from None  # an option was given that none of them has
        self.choices.append(dataclasses.replace(found.choice, wanted=engine.name, why="fetched"))
        return engine

    def _used(self, stage: str, kind: str, wanted: str) -> Engine:
        """An engine as `always` gives it, but nothing is fetched for it."""
        return choose(kind, wanted, self._engine_options(stage, kind, wanted), self.resources)

    def _language(self) -> str:
        """The language asked for, by its option or among the parameters."""
        return str(self.parameters.get("transcribe", {}).get("language", AUTO))

    def _first(self, stage: str, kind: str, name: str) -> Engine:
        """A profile's engine, or the embedded one of its kind where that is here and it is not."""
        try:
            return self.always(stage, kind, name)
        except MissingError as exc:
            refused = _installed(registry.find(kind, name, self.resources.environments))
            for other in EMBEDDED[kind]:
                if other == name:
                    continue
                try:  # who refused to fetch the better one is not asked about the other
                    found = self.always(stage, kind, other, ask=not refused)
                except MissingError:
                    refused = True
                    continue
                if kind != "voice":  # which comes with the diarizer: of that it was said
                    self.notices.append(f"{other} is used: {exc.message} ({exc.hint})")
                return found
            raise  # the better one is what to bring

    def asr(self) -> Engine:
        """The recogniser asked for, the profile's, or the best that is here.

        Raises:
            UsageError: It does not know the language asked for.
        """
        wanted = self.wish.asr or PROFILES[self.wish.profile]["asr"]
        if wanted == EMBEDDED_ASR and not self.wish.asr:
            wanted, why = self._embedded_asr()
            if why:
                self.notices.append(f"draft quality: {wanted} is used: {why}")
        engine = self.always("transcribe", "asr", wanted) if wanted else self._elected_asr()
        self._check_language(engine)
        return engine

    def aligner(self, recogniser: Engine) -> Engine | None:
        """The aligner asked for, or the best that is here and knows the language; None if needless.

        It is needed for a script, where the recogniser gives no word times, and where asked for.
        """
        wanted = self.wish.aligner
        given = {"always": self.parameters.get("align", {}).get("always", False)}
        always = registry.options_of(stages.load("align").options, given, owner="align").always
        asked = wanted or self.wish.script or always or self.wish.until == "align"
        if wanted == NONE or not (asked or not gives_times(recogniser, self.resources)):
            return None
        if wanted:
            return self.always("align", "alignment", wanted)
        language = self._language_of(recogniser)
        for name in PREFERRED_ALIGNERS[:-1]:
            try:
                engine = self.always("align", "alignment", name)
            except (MissingError, UsageError):  # no model, or an option that is another engine's
                continue
            known = known_languages(engine, self.resources)
            if not known or _primary(language) in {_primary(item) for item in known}:
                return engine
        self.notices.append(
            f"word times are shared out by letters: no aligner for the language '{language}' is"
            " here (--aligner ctc:FOLDER takes any CTC model)"
        )
        return self.always("align", "alignment", PREFERRED_ALIGNERS[-1])

    def _language_of(self, recogniser: Engine) -> str:
        """The language asked for, else the recogniser's only one."""
        language = self._language()
        known = known_languages(recogniser, self.resources)
        return known[0] if _primary(language) in ("", AUTO) and len(known) == 1 else language

    def own_options(self, stage: str) -> dict[str, Any]:
        """Of the parameters for a stage, those that are not its engine's."""
        theirs = self._theirs.get(stage, {})
        given = self.parameters.get(stage, {})
        return {key: value for key, value in given.items() if key not in theirs}

    def _elected_asr(self) -> Engine:
        """The best recogniser that is here or may be fetched; else, of `auto`, the embedded one.

        Raises:
            MissingError: The profile is `best`, and nothing of it is here.
            UsageError: An option given is none of any that is here.
        """
        found = elect(
            "asr",
            self._language(),
            self.resources,
            lambda name: self._used("transcribe", "asr", name),
        )
        if found.engine is not None:
            self.choices.append(found.choice)
            if self.wish.profile == BEST and not self.resources.gpu:
                self.notices.append(
                    f"no GPU is seen here: {found.choice.wanted} is the best that keeps up"
                    " without one"
                )
            return found.engine
        if found.error is not None:
            return self._embedded_with_options(found)
        if found.offered and self._fetched("asr", found.offered):
            self.choices.append(
                dataclasses.replace(found.choice, wanted=found.offered, why="fetched just now")
            )
            return self.always("transcribe", "asr", found.offered)
        offered = found.offered or PREFERRED_ASR[0]
        if self.wish.profile == BEST:
            raise MissingError(
                "no recogniser of the profile best is here with its model",
                hint=f"loquitur models pull {offered}",
                code="LQ-NO-MODEL",
            )
        engine, why = self._embedded_asr(ask=False)  # a better one was refused just now
        said = (
            f"the profile auto falls back to the embedded {engine}: no better"
            f" recogniser's model is here (loquitur models pull {offered})"
        )
        self.notices.append(f"draft quality: {said}; {why}" if why else said)
        self.choices.append(
            dataclasses.replace(
                found.choice, wanted=engine, why="embedded; no better model is here"
            )
        )
        return self.always("transcribe", "asr", engine)

    def _embedded_with_options(self, found: Election) -> Engine:
        """The embedded recogniser, where an option was given that none of the better ones has.

        Raises:
            UsageError: It has no such option either, or the profile is `best`.
        """
        if self.wish.profile != BEST:
            with suppress(MissingError, UsageError):
                engine = self.always("transcribe", "asr", EMBEDDED_ASR)
                why = "embedded; the only one here with these options"
                self.choices.append(dataclasses.replace(found.choice, wanted=EMBEDDED_ASR, why=why))
                return engine
        raise found.error or UsageError("an option is none of any recogniser's that is here")

    def _embedded_asr(self, *, ask: bool = True) -> tuple[str, str]:
        """The embedded recogniser; or the one that needs no fetch, and why not the other."""
        try:
            choose("asr", EMBEDDED_ASR, {}, self.resources)
        except (MissingError, InputError) as exc:  # not here, damaged, or not to be read
            if ask and self._fetched("asr", EMBEDDED_ASR):
                return EMBEDDED_ASR, ""
            return DRAFT_ASR, f"{exc.message} ({exc.hint})"
        return EMBEDDED_ASR, ""

    def _check_language(self, engine: Engine) -> None:
        """Hold the language against what the engine knows, before anything is decoded."""
        known = known_languages(engine, self.resources)
        language = self._language()
        if _primary(language) in ANY and must_be_told(engine, self.resources):
            raise UsageError(
                f"the asr engine '{engine.name}' with {engine.model} cannot find out the language",
                hint=f"--language CODE: one of {' '.join(known)}" if known else "--language CODE",
                code="LQ-NO-LANGUAGE",
            )
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
        if not licences.is_accepted(item.licence, self.resources.licences):
            return False  # a yes to a fetch is none to a licence that forbids commercial use
        licence = licences.name_of(item.licence)
        if not self.permit(f"fetch {item.name} for {name} (about {item.size_mb} MB, {licence})?"):
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
        own = field_names(stages.load(stage).options)
        theirs = {key: value for key, value in given.items() if key not in own}
        if theirs:
            name = wanted.partition(":")[0]
            spec = registry.find(kind, name, self.resources.environments)
            engine_class = registry.load(spec)
            known = own | field_names(engine_class.Options)
            for key in theirs:
                if key not in known:
                    raise _no_option(stage, key, known)
        self._theirs[stage] = theirs
        return theirs


def check_idle(stage: str, given: Mapping[str, Any], wish: Wish, resources: Resources) -> None:
    """Hold the parameters of a stage that is not run against the names that it could take.

    Those of every engine of its kind count: a project file sets them for all verbs. Where the
    engine wished for cannot be asked, its names are not known, and nothing is said.

    Raises:
        UsageError: Nothing knows one of them; near names are offered.
    """
    loaded = stages.load(stage)
    known = field_names(loaded.options)
    if given.keys() <= known:
        return
    wanted = {
        "asr": wish.asr,
        "alignment": wish.aligner,
        "diarization": wish.diarizer,
        "emotion": wish.emotion,
        "voice": wish.voice,
        "description": wish.describer,
        "vision": wish.encoder,
        "audio": wish.hearer,
        "embedding": wish.reader,
        "zeroshot": wish.matcher,
        "llm": "" if wish.llm == AUTO else wish.llm,
    }
    name = wanted.get(loaded.engine_kind, "").partition(":")[0]
    kind, environments = loaded.engine_kind, resources.environments
    for spec in registry.specs(kind, environments) if kind else ():
        with suppress(LoquiturError):
            known |= field_names(registry.load(spec).Options)
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


def _primary(language: str) -> str:
    """The first subtag of a BCP 47 tag, in lower case."""
    return language.replace("_", "-").split("-")[0].lower()


def field_names(options: type) -> frozenset[str]:
    """The names of an options dataclass."""
    return frozenset(item.name for item in dataclasses.fields(options))
