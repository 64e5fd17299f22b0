"""What a user says about speakers: names and merges of a medium, and voices to be known again.

Names and merges are edits in the store, of one diarization each. Known voices lie in a folder of
the user's own (`loquitur.people`). The verbs of `loquitur speakers` call these functions.
"""

from __future__ import annotations

import dataclasses
import datetime
from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.api import place_of, run_many, wish_of
from loquitur.codec import stage_key
from loquitur.errors import InputError, MissingError, UsageError, near
from loquitur.media.sources import Unusable, single
from loquitur.model.media import MediaRef
from loquitur.model.speakers import Enrolment, SpeakerEdits, Voices
from loquitur.model.speech import Turns
from loquitur.model.work import Task
from loquitur.people import People, comparable
from loquitur.pipeline.events import Event, Kind, Listener, Unit, ignore
from loquitur.pipeline.naming import DIARIZE, edits_of, matching_of
from loquitur.pipeline.recipes import VOICES, recipe
from loquitur.pipeline.tasks import open_store, run_task
from loquitur.pipeline.work import load_artifact
from loquitur.speech.naming import Naming, grouped, naming_of, ranked
from loquitur.text import display, person_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.model.speakers import Person
    from loquitur.model.work import Record
    from loquitur.pipeline.plan import Step
    from loquitur.settings import Settings
    from loquitur.store import Store

__all__ = [
    "Diarized",
    "Heard",
    "enroll",
    "find",
    "forget",
    "known",
    "look",
    "merge",
    "name",
    "reset",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diarized:
    """A medium as one diarization has it: the record of that stage, and its turns.

    `given` is what the user called the medium, empty where it is the newest one of the store.
    """

    given: str
    title: str
    record: Record
    turns: Turns

    @property
    def key(self) -> str:
        """The key of the diarization, under which its edits are kept."""
        return self.record.key


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One speaker of a medium.

    `into` is the label this one was merged into, empty for a speaker of its own; `share` the part
    of all turns' time, 0..1; `speech_ms` how much of the voice was heard, 0 where it was too
    little, None where no voice could be heard here. `nearest` are the known voices by likeness,
    the nearest first, and `by_voice` says that the name comes from there.
    """

    label: str
    name: str
    into: str
    share: float
    speech_ms: int | None
    nearest: tuple[tuple[str, float], ...]
    by_voice: bool


def find(settings: Settings, given: str = "", *, listener: Listener | None = None) -> Diarized:
    """The newest diarization of a medium, or of the whole store where none is named.

    Args:
        settings: Resolved settings.
        given: A media file, URL or id.
        listener: Told what happens where the medium must be diarized first; without a listener it
            is not, and that is an error.

    Raises:
        UsageError: `given` is several media.
        InputError: Nothing was diarized yet.
        LoquiturError: Whatever stopped the run.
    """
    store = open_store(settings.store)
    if not given:
        record = store.newest(DIARIZE)
        if record is None:
            raise InputError(
                "nothing in the store has speakers yet",
                hint="loquitur run INPUT",
                code="LQ-NO-TURNS",
            )
        return _diarized(store, record, "")
    media = _media(settings, store, given)
    record = store.newest(DIARIZE, media_id=media.media_id) if media is not None else None
    if record is None and listener is not None:
        record = _made(settings, store, given, listener)
    if record is None:
        raise InputError(
            f"{display(given)}: its speakers are not told apart yet",
            hint="loquitur run, or loquitur diarize, with this input",
            code="LQ-NO-TURNS",
        )
    return _diarized(store, record, given)


def look(
    settings: Settings, medium: Diarized, *, listener: Listener = ignore
) -> tuple[tuple[Heard, ...], tuple[str, ...]]:
    """The speakers of a medium with what is known of them, and what to tell the user.

    Where the voice engine's model is not here, that is told, and nothing is said of voices.

    Raises:
        InputError: The sound is not in the store any more.
        StoreError: The edits are damaged.
    """
    store = open_store(settings.store)
    labels = medium.turns.speakers
    edits, told = edits_of(store, medium.key)
    voices, matching = Voices(voices=(), engine=medium.turns.engine), None
    fitting: tuple[Person, ...] = ()
    try:
        voices, step = _voices(settings, store, medium, listener)
    except MissingError as exc:
        told += (f"voices are not heard: {exc.message} ({exc.hint})",)
    else:
        matching = matching_of(step)
        fitting, strange = comparable(People(settings.voices).all(), voices.engine)
        told += strange
    naming = naming_of(labels, edits, voices=voices, known=fitting, matching=matching)
    likely = grouped(labels, voices, Naming())
    times_ms = _times_ms(medium.turns)
    total_ms = sum(times_ms.values())
    heard = []
    for label in labels:
        voice, root = voices.of(label), naming.root(label)
        near_ones = ranked(likely[label], fitting) if voice is not None else []
        heard.append(
            Heard(
                label=label,
                name=naming.names.get(root, ""),
                into="" if root == label else root,
                share=round(times_ms[label] / total_ms, 4),
                speech_ms=None if matching is None else voice.speech_ms if voice else 0,
                nearest=tuple((one, round(score, 3)) for score, one in near_ones),
                by_voice=root in naming.scores,
            )
        )
    return tuple(heard), told


def name(settings: Settings, medium: Diarized, label: str, called: str) -> str:
    """Call a speaker of a medium something; gives the label that has the name.

    Args:
        settings: Resolved settings.
        medium: Whose speaker.
        label: The diarizer's label; of a merged speaker, the one it was merged into is meant.
        called: The name; empty for a speaker who shall have none, whatever the voice.

    Raises:
        UsageError: No such speaker, or not a name.
        StoreError: The edits are damaged, or cannot be written.
    """
    _check_label(medium, label)
    text = person_name(called) if called else ""
    others = [other for other in medium.turns.speakers if other != label]
    if text.casefold() in {other.casefold() for other in others}:
        raise UsageError(f"'{text}' is the label of another speaker", hint="choose another name")
    changed = []

    def change(edits: SpeakerEdits) -> SpeakerEdits:
        root = dict(edits.merges).get(label, label)
        changed.append(root)
        names = {**dict(edits.names), root: text}
        return dataclasses.replace(edits, names=tuple(sorted(names.items())))

    _change(settings, medium, change)
    return changed[-1]


def merge(settings: Settings, medium: Diarized, label: str, into: str) -> str:
    """Say that two speakers of a medium are one; gives the label that stands for both.

    Raises:
        UsageError: No such speaker, or they are one already.
        StoreError: The edits are damaged, or cannot be written.
    """
    _check_label(medium, label)
    _check_label(medium, into)
    changed = []

    def change(edits: SpeakerEdits) -> SpeakerEdits:
        merges = dict(edits.merges)
        origin, root = merges.get(label, label), merges.get(into, into)
        if origin == root:
            raise UsageError(f"{label} and {into} are one speaker already")
        changed.append(root)
        moved = {one: root for one, target in merges.items() if target == origin}
        merges |= moved | {origin: root}
        return dataclasses.replace(edits, merges=tuple(sorted(merges.items())))

    _change(settings, medium, change)
    return changed[-1]


def reset(settings: Settings, medium: Diarized) -> bool:
    """Forget the names and merges of a medium's speakers; gives whether there were any.

    Raises:
        StoreError: The edits are damaged, or cannot be written.
    """
    store = open_store(settings.store)
    there = store.edits.load(medium.key) is not None
    store.change_edits(medium.key, lambda _: None)
    return there


def enroll(
    settings: Settings,
    called: str,
    medium: Diarized,
    *,
    label: str = "",
    listener: Listener = ignore,
) -> tuple[Person, str]:
    """Keep a voice of a medium under a name, to know it again; gives all known of it, and whose.

    Args:
        settings: Resolved settings.
        called: The name.
        medium: In which the voice is heard.
        label: The speaker; may be empty where there is but one, or one has this name already.
        listener: Told what happens.

    Raises:
        UsageError: Not a name, no such speaker, or it is not clear which.
        InputError: Too little is heard of the speaker, or the person was enrolled with another
            engine.
        StoreError: The folder of known voices cannot be written.
    """
    text = person_name(called)
    store = open_store(settings.store)
    edits, _ = edits_of(store, medium.key)
    naming = naming_of(medium.turns.speakers, edits)
    chosen = naming.root(_chosen(medium, naming, label, text))
    voices, _ = _voices(settings, store, medium, listener)
    members = [one for one in medium.turns.speakers if naming.root(one) == chosen]
    voice = _joint(voices, members)
    if voice is None:
        raise InputError(
            f"too little is heard of {chosen} alone to know the voice again",
            hint="take a medium in which this person speaks longer",
            code="LQ-VOICE-SHORT",
        )
    embedding, speech_ms = voice
    enrolment = Enrolment(
        embedding=embedding,
        speech_ms=speech_ms,
        media_id=medium.record.media_id,
        title=medium.title,
        speaker=chosen,
        when=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )
    return People(settings.voices).enroll(text, enrolment, voices.engine), chosen


def forget(settings: Settings, called: str) -> tuple[Enrolment, ...]:
    """Remove a known voice, and what the store keeps of the voices of the media it came from.

    Raises:
        UsageError: Nobody is called that; near names are offered.
        StoreError: The folder or the store cannot be written.
    """
    gone = People(settings.voices).forget(called)
    store = open_store(settings.store)
    for media_id in dict.fromkeys(enrolment.media_id for enrolment in gone):
        for record in store.find(media_id):
            if record.stage == VOICES and record.media_id == media_id:
                store.retire(record.key)
    return gone


def known(settings: Settings) -> tuple[Person, ...]:
    """Everybody whose voice is known, sorted by name.

    Raises:
        InputError: A file of a known voice cannot be read.
        StoreError: The folder cannot be read.
    """
    return People(settings.voices).all()


def _media(settings: Settings, store: Store, given: str) -> MediaRef | None:
    """The medium of an input as far as it is known without fetching it.

    Raises:
        UsageError: It is several.
        InputError: It cannot be read.
    """
    from loquitur.stages.acquire import identify

    options = place_of(settings).fetching
    found = single(given, options=options, hint="name one file, URL or id")
    if isinstance(found, Unusable):
        raise found.error
    return identify(found, store, options).media


def _made(settings: Settings, store: Store, given: str, listener: Listener) -> Record | None:
    """The record of the diarization of a medium that has none yet, made now."""
    wish = dataclasses.replace(wish_of(settings), until=VOICES)
    (result,) = run_many([given], wish, settings, listener=listener)
    if result.error is not None:
        raise result.error
    return store.record(next(run.key for run in result.stages if run.stage == DIARIZE))


def _diarized(store: Store, record: Record, given: str) -> Diarized:
    turns = load_artifact(store, record.key, Turns)
    return Diarized(given=given, title=record.title, record=record, turns=turns)


def _voices(
    settings: Settings, store: Store, medium: Diarized, listener: Listener
) -> tuple[Voices, Step]:
    """The voices of a diarization's speakers, heard now where they were not, and their step."""
    place = place_of(settings)
    wish = dataclasses.replace(wish_of(settings), until=VOICES)
    step = recipe(wish, place.resources).step(VOICES)
    if step is None:
        raise UsageError("voices cannot be heard where diarization is switched off")
    taken = {"turns": medium.key, **dict(medium.record.inputs)}
    inputs = tuple((parameter, taken[parameter]) for parameter, _ in step.inputs)
    key = stage_key(
        stage=step.stage,
        stage_version=step.version,
        engine=step.engine,
        options=step.options,
        inputs=inputs,
    )
    if store.record(key) is None and store.record(taken["audio"]) is None and medium.given:
        _made(settings, store, medium.given, listener)  # brings the sound back, and hears it
    if store.record(key) is None:
        if store.record(taken["audio"]) is None:
            raise InputError(
                f"the sound of {display(medium.title)} is not in the store any more",
                hint="the command that diarized it, with --force diarize, brings it back",
                code="LQ-NO-SOUND",
            )
        task = Task(
            key=key,
            stage=step.stage,
            stage_version=step.version,
            options=step.options,
            inputs=inputs,
            engine=step.engine,
            media=_about(medium.record),
        )
        run_task(task, place, report=_reporting(medium, listener))
    return load_artifact(store, key, Voices), step


def _about(record: Record) -> MediaRef:
    """The medium of a record, as far as a stage that does not read it must know."""
    return MediaRef(
        media_id=record.media_id,
        title=record.title,
        source="",
        size_bytes=0,
        container="",
        tracks=(),
        has_video=False,
    )


def _reporting(medium: Diarized, listener: Listener) -> Callable[..., None]:
    """What a task tells, as events of a run."""

    def report(kind: Kind, done: int = 0, total: int = 0, unit: Unit = "ms") -> None:
        source = medium.given or medium.title
        listener(Event(kind=kind, input=source, stage=VOICES, done=done, total=total, unit=unit))

    return report


def _chosen(medium: Diarized, naming: Naming, label: str, text: str) -> str:
    """The speaker to enroll: the one named, the one who has this name, or the only one."""
    if label:
        _check_label(medium, label)
        return label
    roots = list(dict.fromkeys(naming.root(one) for one in medium.turns.speakers))
    called = [root for root in roots if naming.called(root).casefold() == text.casefold()]
    fitting = called or roots
    if len(fitting) != 1:
        raise UsageError(
            f"whose voice is {text}'s? There is {', '.join(fitting) or 'nobody'}",
            hint="say which with --speaker; loquitur speakers list INPUT shows them",
        )
    return fitting[0]


def _joint(voices: Voices, members: list[str]) -> tuple[tuple[float, ...], int] | None:
    """The voice of speakers who are one, unit length, and for how long it was heard."""
    heard = [voice for one in members if (voice := voices.of(one)) is not None]
    if not heard:
        return None
    merged = Naming(into=dict.fromkeys(members[1:], members[0]))
    (embedding,) = grouped(members, voices, merged).values()
    length = sum(value * value for value in embedding) ** 0.5
    unit = tuple(round(value / length, 6) for value in embedding)
    return unit, sum(voice.speech_ms for voice in heard)


def _check_label(medium: Diarized, label: str) -> None:
    known_labels = medium.turns.speakers
    if label not in known_labels:
        raise UsageError(
            f"{display(medium.title)} has no speaker '{display(label[:80])}'",
            hint=near(label, known_labels),
            code="LQ-NO-SPEAKER",
        )


def _change(
    settings: Settings, medium: Diarized, change: Callable[[SpeakerEdits], SpeakerEdits]
) -> None:
    """Change the edits of a medium; those of another result of the same key are left behind."""
    store = open_store(settings.store)
    turns = dict(medium.record.outputs)["artifact"]

    def fresh(edits: SpeakerEdits | None) -> SpeakerEdits:
        usable = edits is not None and edits.turns == turns
        return change(edits if usable and edits is not None else SpeakerEdits(turns=turns))

    store.change_edits(medium.key, fresh)


def _times_ms(turns: Turns) -> dict[str, int]:
    times_ms: dict[str, int] = {}
    for turn in turns.turns:
        times_ms[turn.speaker] = times_ms.get(turn.speaker, 0) + turn.end_ms - turn.start_ms
    return times_ms
