"""What a Python user calls; the command line calls the same functions.

Functions take values and return values; nothing is printed, nothing is kept between calls but the
store.
"""

from __future__ import annotations

import dataclasses
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur import formats, registry
from loquitur.delivery import (
    Delivery,
    FileNames,
    Result,
    check_folder,
    deliver,
    sweep_folder,
    targets_of,
)
from loquitur.environments.places import made_environments
from loquitur.errors import CorruptError, LoquiturError, UsageError, near
from loquitur.formats.script import read_script
from loquitur.media.prospects import Prospects
from loquitur.media.sources import Source, Unusable, expand, single
from loquitur.media.transfer import options_of
from loquitur.people import People
from loquitur.pipeline import costs, executors
from loquitur.pipeline.events import Event, Listener, ignore
from loquitur.pipeline.plan import Recipe, followers, plan, unmet
from loquitur.pipeline.preferences import has_gpu
from loquitur.pipeline.recipes import LABEL, OF_PICTURES, Permission, Wish, recipe
from loquitur.pipeline.runner import ACQUIRE, Runner
from loquitur.pipeline.tasks import Place, open_store
from loquitur.protocols import Resources
from loquitur.settings import AUTO, HERE, Settings, resolve
from loquitur.stages import VARIANT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    from loquitur.media.transfer import FetchOptions
    from loquitur.model.media import MediaRef
    from loquitur.model.speakers import Person
    from loquitur.stages.acquire import Found
    from loquitur.store import Store

__all__ = [
    "Delivery",
    "Event",
    "PlannedStage",
    "Result",
    "plan_inputs",
    "run",
    "run_many",
    "with_script",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStage:
    """What `plan` says of one stage of one input: `known` is False before the bytes are here.

    `tokens` are about those that a language model would read and write, `cost_usd` about what they
    cost by its price list (0 on a server of the user's own); None where nobody knows.
    `why` says why a profile took the engine; empty where it was named.
    `error` says why nothing can be planned for the input; it is the input's only row then.
    """

    input: str
    stage: str
    engine: str
    model: str
    key: str
    cached: bool
    known: bool = True
    estimate_s: float | None = None
    tokens: tuple[int, int] | None = None
    cost_usd: float | None = None
    why: str = ""
    error: LoquiturError | None = None


def run(  # noqa: PLR0913 - the facade: one keyword for each thing a user may want to say
    source: str | Path,
    *,
    profile: str = "",
    asr: str = "",
    diarizer: str = "",
    emotion: str = "",
    llm: str = "",
    translate: str = "",
    language: str = "",
    speakers: str | int = "",
    section: str = "",
    parameters: Mapping[str, object] | None = None,
    force: Iterable[str] = (),
    output: str | Path | None = None,
    format: str = "",  # noqa: A002 - the command line's word
    settings: Settings | None = None,
    listener: Listener = ignore,
) -> Result:
    """Everything for one input, every stage from the store where it is there.

    Args:
        source: A media file, a URL, or a YouTube id.
        profile: auto, offline, light or best; the settings' where empty, as all that follow.
        asr: `NAME[:MODEL]` of the recogniser.
        diarizer: `NAME[:MODEL]` or `none`.
        emotion: `NAME[:MODEL]` or `none`.
        llm: `NAME[:MODEL]` of what polishes, or `none`; without one, punctuation alone is restored
            where the recogniser gives none. Named ones may send the words elsewhere.
        translate: Languages of further caption tracks, BCP 47, with commas between.
        language: A BCP 47 tag or `auto`.
        speakers: `N` or `MIN-MAX`.
        section: `HH:MM:SS-HH:MM:SS` of it alone; nothing of the settings.
        parameters: `{"STAGE.KEY": value}`, over those of the settings.
        force: Stages to run again, with all that follow.
        output: A folder to write files to; nothing is written without it.
        format: `vtt,srt,...`, what to write there.
        settings: Resolved settings; those of this place where None.
        listener: Told what happens, from any thread.

    Raises:
        LoquiturError: Whatever stopped it; see `loquitur.errors`.
    """
    settings = settings or resolve().settings
    known = wish_of(settings)
    wish = dataclasses.replace(
        known,
        profile=profile or known.profile,
        asr=asr or known.asr,
        diarizer=diarizer or known.diarizer,
        emotion=emotion or known.emotion,
        llm=llm or known.llm,
        translate=translate or known.translate,
        language=language or known.language,
        speakers=str(speakers or known.speakers),
        section=section,
        parameters={**known.parameters, **{k: str(v) for k, v in (parameters or {}).items()}},
    )
    folder = Path(output) if output else None
    wanted = format_names(format or settings.format)
    delivery = Delivery(folder=folder, formats=wanted if folder else ())
    fetching = place_of(settings).fetching
    single(str(source), options=fetching, hint="use run_many for a collection")
    (result,) = run_many(
        [str(source)], wish, settings, delivery=delivery, force=force, listener=listener
    )
    if result.error is not None:
        raise result.error
    return result


def run_many(  # noqa: PLR0913 - as `run`
    inputs: Iterable[str | Path],
    wish: Wish,
    settings: Settings,
    *,
    delivery: Delivery | None = None,
    force: Iterable[str] = (),
    stdin: Iterable[str] | None = None,
    permit: Permission | None = None,
    notify: Callable[[str], None] | None = None,
    listener: Listener = ignore,
) -> Generator[Result, None, None]:
    """Results as inputs end; one input's failure is its result's `error` and stops no other.

    Args:
        inputs: Files, folders, URLs, ids, `-`; expanded lazily.
        wish: What to do with each.
        settings: Resolved settings.
        delivery: Where to write what.
        force: Stages to run again, with all that follow.
        stdin: Lines that stand for the input `-`.
        permit: Asked before a model is fetched; see `pipeline.recipes.recipe`.
        notify: Told what the user should know, one line each, when the first input is here.
        listener: Told what happens, from any thread.

    Raises:
        LoquiturError: Something is wrong with the wish or the store, not with one input.
    """
    delivery = delivery or Delivery()
    for wanted in delivery.formats:
        formats.find(wanted)
    if delivery.folder is not None:
        check_folder(delivery.folder)
        sweep_folder(delivery.folder)
    place = place_of(settings)
    names = FileNames()
    given = (os.fspath(item) for item in inputs)
    sources = Prospects(
        names.noted(expand(given, stdin=stdin, options=place.fetching)),
        heard=wish.until not in (*OF_PICTURES, LABEL),
    )
    asking = None if permit is None else lambda question: sources.promising() and permit(question)
    wish, known, strange = _knowing(wish, settings)
    chosen = recipe(wish, place.resources, permit=asking, tell=notify)
    chosen = dataclasses.replace(chosen, notices=strange + chosen.notices)
    forced = _forced(force, chosen)
    place = _seeing(place, chosen)
    store = open_store(place.store)
    where = "local" if settings.executor == AUTO else settings.executor
    executor = executors.create(where, _workers(settings.jobs))
    runner = Runner(
        place,
        chosen,
        executor,
        targets=targets_of(wish.until, chosen),
        jobs=settings.jobs,
        force=forced,
        listener=_announcing(chosen.notices, notify, listener),
    )
    finished = False
    try:
        for outcome in runner.run(sources):
            result = deliver(outcome, chosen, store, wish.until, delivery, names, known=known)
            if isinstance(result.error, CorruptError) and outcome.error is None:
                # the damaged object is in quarantine now, so one more run makes it again
                again = next(runner.run([outcome.source]))
                result = deliver(again, chosen, store, wish.until, delivery, names, known=known)
            yield result
        finished = True
    finally:
        executor.shutdown(cancel=not finished)


def with_script(wish: Wish, text: Path, settings: Settings) -> Wish:
    """The wish, with a text that is said in its inputs: its words are aligned with their sound.

    Args:
        wish: What else to do.
        text: A file of plain text, SubRip or WebVTT.
        settings: Where the store is, which keeps the text.

    Raises:
        InputError: It cannot be read, or holds no words.
        StoreError: The store cannot be written.
    """
    said = read_script(text)
    store = open_store(place_of(settings).store)
    return dataclasses.replace(wish, script=store.put(said.encode()))


def plan_inputs(
    inputs: Iterable[str],
    wish: Wish,
    settings: Settings,
    *,
    force: Iterable[str] = (),
    stdin: Iterable[str] | None = None,
    notify: Callable[[str], None] | None = None,
) -> Iterator[PlannedStage]:
    """What would run and what is in the store already; runs nothing, fetches nothing.

    `cached` is said of every stage that a run would leave out; `notify` is told what a run would
    tell the user of the engines it takes, one line each.

    Raises:
        LoquiturError: Something is wrong with the wish or the store, not with one input.
    """
    place = place_of(settings)
    wish, _, _ = _knowing(wish, settings)
    chosen = recipe(wish, place.resources)
    if notify is not None:
        for line in chosen.notices:
            notify(line)
    again = _forced(force, chosen)
    forced = followers(chosen, again)
    place = _seeing(place, chosen)
    store = open_store(place.store)
    for source in expand(inputs, stdin=stdin, options=place.fetching):
        try:
            found, media = _looked_at(source, store, place.fetching)
        except LoquiturError as exc:
            yield PlannedStage(
                input=source.given, stage="acquire", engine="", model="", key="", cached=False,
                known=False, error=exc,
            )  # fmt: skip
            continue
        yield PlannedStage(
            input=source.given,
            stage="acquire",
            engine=found.engine,
            model="",
            key=found.key,
            cached=found.cached and "acquire" not in again,
        )
        yield from _stages_of(source.given, media, chosen, wish, forced, store, place.resources)


def _stages_of(  # noqa: PLR0917 - what a plan of one input needs
    given: str,
    media: MediaRef | None,
    chosen: Recipe,
    wish: Wish,
    forced: frozenset[str],
    store: Store,
    resources: Resources,
) -> Iterator[PlannedStage]:
    """The stages of a recipe for one input; without keys where the medium is not known yet."""
    tasks = {task.stage: task for task in plan(chosen, media)} if media else {}
    said = costs.known_transcript(store, tasks)
    stored = {stage for stage, task in tasks.items() if store.record(task.key)} - forced
    running = unmet(chosen, targets_of(wish.until, chosen), stored)
    for step in chosen.steps:
        if tasks and step.stage not in tasks:
            continue  # the medium has nothing for it
        key = tasks[step.stage].key if tasks else ""
        cached = bool(key) and step.stage not in running
        tokens, cost = (None, None) if cached else costs.bill(step, said, media, resources)
        yield PlannedStage(
            input=given,
            stage=step.stage,
            engine=step.engine.name if step.engine else "",
            model=step.engine.model if step.engine else "",
            key=key,
            cached=cached,
            known=bool(key),
            estimate_s=0.0 if cached else costs.estimate_s(step, media),
            tokens=tokens,
            cost_usd=cost,
            why=chosen.why(step.engine.kind) if step.engine else "",
        )


def _looked_at(
    source: Source | Unusable, store: Store, options: FetchOptions
) -> tuple[Found, MediaRef | None]:
    """What is known of an input; a local file is probed, an address not fetched stays unknown."""
    from loquitur.stages.acquire import identify, preview

    if isinstance(source, Unusable):
        raise source.error
    try:
        found = identify(source, store, options)
    except CorruptError:  # it is in quarantine now, and counts as not there
        found = identify(source, store, options)
    return found, preview(source, found)


def wish_of(settings: Settings) -> Wish:
    """The wish that the settings alone express."""
    return Wish(
        profile=settings.profile,
        asr=settings.asr,
        diarizer=settings.diarizer,
        emotion=settings.emotion,
        aligner=settings.aligner,
        llm=settings.llm,
        translate=settings.translate,
        voice=settings.voice,
        language=settings.language,
        speakers=settings.speakers,
        parameters=settings.set,
    )


def format_names(text: str) -> tuple[str, ...]:
    """`vtt,srt` as names, each known.

    Raises:
        UsageError: One of them is not a format; near names are offered.
    """
    names = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    for name in names:
        formats.find(name)
    return names


def place_of(settings: Settings) -> Place:
    """The part of the settings that workers need."""
    cores = os.cpu_count() or 1
    return Place(
        store=settings.store,
        resources=Resources(
            models=settings.models,
            threads=min(settings.threads, cores) or max(1, cores // 2),
            offline=settings.offline,
            environments=environments_of(settings),
            gpu=has_gpu() if settings.gpu == AUTO else settings.gpu == "yes",
            hub=settings.hub,
            licences=tuple(part.strip() for part in settings.licences.split(",") if part.strip()),
        ),
        fetching=options_of(settings),
    )


def _seeing(place: Place, chosen: Recipe) -> Place:
    """The place where pictures come along with what is fetched, if a stage looks at them."""
    if not any(step.stage in OF_PICTURES for step in chosen.steps):
        return place
    return dataclasses.replace(place, fetching=dataclasses.replace(place.fetching, pictures=True))


def _knowing(wish: Wish, settings: Settings) -> tuple[Wish, tuple[Person, ...], tuple[str, ...]]:
    """The wish for voices where some are known, the known ones, and what to tell.

    A file of a known voice that cannot be read costs a notice, and no captions.
    """
    try:
        known = People(settings.voices).all()
    except LoquiturError as exc:
        return wish, (), (f"known voices are not looked for: {exc.message} ({exc.hint})",)
    return dataclasses.replace(wish, voices=wish.voices or bool(known)), known, ()


def environments_of(settings: Settings) -> tuple[tuple[str, str], ...]:
    """Which engines run in an environment of their own: those made for them, and the settings'.

    Raises:
        UsageError: The settings name something that cannot be an engine.
    """
    places = {**made_environments(settings.environment_root), **settings.environments}
    for full in places:
        kind, dot, name = full.partition(".")
        if kind not in registry.KINDS or not name:
            raise UsageError(
                f"the settings give an environment to '{full}', which is no KIND.NAME",
                hint=near(kind, registry.KINDS) if dot else "",
            )
    return tuple(sorted((full, place) for full, place in places.items() if place != HERE))


def _workers(jobs: int) -> int:
    """Stages that run at once: one more than inputs, but no crowd that memory cannot hold."""
    return max(2, min(jobs + 1, 2 * (os.cpu_count() or 1)))


def _announcing(
    notices: tuple[str, ...], notify: Callable[[str], None] | None, listener: Listener
) -> Listener:
    """The listener, with the notices told once there is something they are about."""
    untold = list(notices)
    telling = threading.Lock()  # two inputs may begin at once

    def listen(event: Event) -> None:
        if notify and untold and event.stage != ACQUIRE:
            with telling:
                while untold:
                    notify(untold.pop(0))
        listener(event)

    return listen


def _forced(names: Iterable[str], chosen: Recipe) -> frozenset[str]:
    """The steps that names of stages mean: of a stage with variants all of them.

    Raises:
        UsageError: No such stage in this run.
    """
    steps = {"acquire", *(step.stage for step in chosen.steps)}
    found: set[str] = set()
    for name in names:
        meant = {step for step in steps if name in (step, step.partition(VARIANT)[0])}
        if not meant:
            raise UsageError(
                f"cannot force '{name}': no such stage in this run", hint=near(name, steps)
            )
        found |= meant
    return frozenset(found)
