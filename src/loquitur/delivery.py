"""What comes of a run: artifacts loaded, given the name the medium has this time, and written."""

from __future__ import annotations

import dataclasses
import errno
import functools
import html
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur import formats, stages
from loquitur.codec import encode
from loquitur.errors import FullError, LoquiturError
from loquitur.media.sources import Source, Unusable
from loquitur.model.captions import CaptionTrack, noted
from loquitur.model.media import MediaRef
from loquitur.model.speech import Outline, Transcript
from loquitur.pipeline.naming import named
from loquitur.pipeline.polishing import OUTLINE, REFINE, TRANSLATE
from loquitur.pipeline.recipes import VOICES
from loquitur.pipeline.wishes import SUBTITLE
from loquitur.pipeline.work import load_artifact
from loquitur.speech.differences import Difference, differences
from loquitur.stages import VARIANT
from loquitur.store import writing
from loquitur.store.owners import Owner, myself
from loquitur.text import display, safe_stem
from loquitur.timing import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from loquitur.model.speakers import Person
    from loquitur.pipeline.plan import Recipe
    from loquitur.pipeline.runner import Outcome, StageRun
    from loquitur.store import Store

    Naming = Callable[[Transcript, CaptionTrack | None], tuple[Transcript, CaptionTrack | None]]

WEAVE = "weave"
_BESIDE = ".loquitur-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What was said in another language: a transcript, and its captions where they were made."""

    language: str
    transcript: Transcript
    track: CaptionTrack | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One input's run: what came of it, and how each stage went.

    `transcript` and `track` are None where an earlier stage was the last one asked for, or the
    input failed; then `error` says why and `failed_stage` where. `losses` tell what a written
    format could not carry. `changes` are what refining changed, where it was the last stage.
    """

    input: str
    media: MediaRef | None
    stages: tuple[StageRun, ...]
    transcript: Transcript | None = None
    track: CaptionTrack | None = None
    artifact: Any = None
    translations: tuple[Translation, ...] = ()
    changes: tuple[Difference, ...] | None = None
    outputs: tuple[tuple[str, Path], ...] = ()
    losses: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    error: LoquiturError | None = None
    failed_stage: str = ""

    def __repr__(self) -> str:
        if self.error is not None:
            return f"<Result {self.input}: failed in {self.failed_stage}: {self.error}>"
        cached = sum(stage.cached for stage in self.stages)
        said = f", {len(self.transcript.utterances)} utterances" if self.transcript else ""
        return f"<Result {self.input}: {len(self.stages)} stages, {cached} from the store{said}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: who said what, when and in what mood."""
        head = f"<p>{html.escape(display(repr(self)))}</p>"
        if self.transcript is None:
            return head
        names = {speaker.id: speaker.name or speaker.id for speaker in self.transcript.speakers}
        rows = "".join(
            _html_row(
                clock(said.start_ms),
                names.get(said.speaker, said.speaker),
                said.feeling.label if said.feeling else "",
                said.text,
            )
            for said in self.transcript.utterances
        )
        notes = [*(("draft quality",) if self.transcript.draft else ()), *self.transcript.notes]
        told = "".join(f"<p>{html.escape(display(note))}</p>" for note in notes)
        return f"{head}{told}<table>{_html_row('time', 'speaker', 'mood', 'text')}{rows}</table>"


def _html_row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{html.escape(display(cell))}</td>' for cell in cells)}</tr>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Where results go: a folder and the formats to write there; no folder, no files."""

    folder: Path | None = None
    formats: tuple[str, ...] = ()


class FileNames:
    """The file names of a run, without suffix: two media of one title get different ones.

    Of several files of one title the one taken first has the plain name, whichever is done first,
    so that names are the same with any number of jobs.
    """

    def __init__(self) -> None:
        self._owners: dict[str, str] = {}

    def noted(self, sources: Iterable[Source | Unusable]) -> Iterator[Source | Unusable]:
        """The sources as they are, each file's name claimed where it is taken."""
        for source in sources:
            if isinstance(source, Source) and source.path is not None:
                self._claim(source.path)
            yield source

    def stem(self, source: Source | Unusable, media: MediaRef) -> str:
        """The name for a source's results; UTF-8 on the disk, whatever the locale's encoding."""
        if isinstance(source, Source) and source.path is not None:
            stem, mine = self._claim(source.path)
        else:
            stem = safe_stem(media.title, ident=media.video_id or media.digest[:8])
            mine = self._owners.setdefault(stem, media.media_id) == media.media_id
        if not mine:
            stem = safe_stem(media.title, ident=media.digest[:12])
        return os.fsdecode(stem.encode())

    def _claim(self, path: Path) -> tuple[str, bool]:
        """The plain name for a file, and whether it is this file's."""
        stem, owner = safe_stem(display(path.stem)), os.path.realpath(path)
        return stem, self._owners.setdefault(stem, owner) == owner


def targets_of(until: str, chosen: Recipe) -> frozenset[str]:
    """The stages whose artifacts `deliver` loads when `until` is the last one asked for."""
    targets = {until}
    names = [step.stage for step in chosen.steps]
    if until in (SUBTITLE, REFINE):
        targets |= {_spoken(names), WEAVE} if until == REFINE else {_spoken(names)}
        targets |= {name for name in names if name == OUTLINE or VARIANT in name}
    return frozenset(targets | ({VOICES} if VOICES in names else set()))


def _spoken(stages_done: Iterable[str]) -> str:
    """The stage whose transcript is shown: the refined one where there is one."""
    return REFINE if REFINE in set(stages_done) else WEAVE


def unwritten(until: str, names: Iterable[str]) -> tuple[str, ...]:
    """Of some formats, those that nothing can be written in when `until` is the last stage."""
    if until == "subtitle":
        return ()
    if until in (WEAVE, REFINE):
        return tuple(name for name in names if formats.find(name).takes == "track")
    return tuple(name for name in names if name != "json")


def deliver(
    outcome: Outcome,
    chosen: Recipe,
    store: Store,
    until: str,
    delivery: Delivery,
    names: FileNames,
    *,
    known: tuple[Person, ...] = (),
) -> Result:
    """The outcome of one input as a result: the artifact of the last stage, and the files.

    `names` are the file names of the run, `known` the known voices. Speakers have the names that
    the user gave them, or that their voices have; the artifacts in the store stay as they are.
    A failure to write is the result's `error`, and stops no other input.
    """
    partial = Result(
        input=outcome.input,
        media=outcome.media,
        stages=outcome.stages,
        notices=chosen.notices,
        error=outcome.error,
        failed_stage=outcome.failed_stage,
    )
    if outcome.error is not None or outcome.media is None:
        return partial
    try:
        done = _loaded(partial, outcome, chosen, store, until, known)
        return _filed(done, outcome, until, delivery, names)
    except LoquiturError as exc:
        return dataclasses.replace(partial, error=exc, failed_stage="write")


def _loaded(
    partial: Result,
    outcome: Outcome,
    chosen: Recipe,
    store: Store,
    until: str,
    known: tuple[Person, ...],
) -> Result:
    """The result with its artifacts, under the names that medium and speakers have this time."""
    media = outcome.media
    if media is None or until == "acquire":
        return dataclasses.replace(partial, artifact=media)
    done = [run.stage for run in outcome.stages]
    artifact: Any = load_artifact(store, outcome.key(until), stages.load(until).result)
    if not isinstance(artifact, CaptionTrack | Transcript):
        return dataclasses.replace(partial, artifact=artifact)
    track = artifact if isinstance(artifact, CaptionTrack) else None
    transcript = (
        artifact
        if isinstance(artifact, Transcript)
        else load_artifact(store, outcome.key(_spoken(done)), Transcript)
    )
    changes = None
    if until == REFINE:
        changes = differences(load_artifact(store, outcome.key(WEAVE), Transcript), transcript)
    outline = load_artifact(store, outcome.key(OUTLINE), Outline) if OUTLINE in done else None
    naming: Naming = functools.partial(
        named, outcome=outcome, chosen=chosen, store=store, known=known
    )
    transcript, track = naming(transcript, track)
    transcript = dataclasses.replace(_named(transcript, media), outline=outline)
    track = None if track is None else _noted(track, media)
    artifact = transcript if track is None else track
    return dataclasses.replace(
        partial,
        artifact=artifact,
        transcript=transcript,
        track=track,
        changes=changes,
        translations=tuple(_translations(outcome, media, store, naming)),
    )


def _translations(
    outcome: Outcome, media: MediaRef, store: Store, naming: Naming
) -> Iterator[Translation]:
    """What the run made in other languages, under the same names."""
    done = [run.stage for run in outcome.stages]
    for name in done:
        stage, _, language = name.partition(VARIANT)
        if stage != TRANSLATE:
            continue
        said = load_artifact(store, outcome.key(name), Transcript)
        captions = f"{SUBTITLE}{VARIANT}{language}"
        track = (
            load_artifact(store, outcome.key(captions), CaptionTrack) if captions in done else None
        )
        said, track = naming(said, track)
        yield Translation(
            language=language,
            transcript=_named(said, media),
            track=None if track is None else _noted(track, media),
        )


def _filed(
    done: Result, outcome: Outcome, until: str, delivery: Delivery, names: FileNames
) -> Result:
    """The result with its files, where there is a folder for them."""
    if delivery.folder is None or done.media is None:
        return done
    stem = names.stem(outcome.source, done.media)
    if done.transcript is None:
        path = delivery.folder / f"{stem}.{until}.json"
        write_file(path, encode(done.artifact))
        return dataclasses.replace(done, outputs=(("json", path),))
    return _written(done, delivery.folder, stem, delivery.formats)


def _written(done: Result, folder: Path, stem: str, names: tuple[str, ...]) -> Result:
    """The transcript and track in each format; without a track, in those that need none."""
    outputs: list[tuple[str, Path]] = []
    losses: list[str] = []
    own = [("", done.transcript, done.track)]
    own += [(item.language, item.transcript, item.track) for item in done.translations]
    for language, transcript, track in own:
        mark = f".{language}" if language else ""
        for name in names:
            if track is None and formats.find(name).takes == "track":
                continue
            written = formats.write(name, transcript, track)
            path = folder / f"{stem}{mark}.{formats.find(name).suffix}"
            write_file(path, written.content)
            outputs.append((f"{name}{mark}", path))
            losses.extend(f"{name}{mark}: {loss}" for loss in written.losses)
    return dataclasses.replace(done, outputs=tuple(outputs), losses=tuple(losses))


def _named(transcript: Transcript, media: MediaRef) -> Transcript:
    """The transcript under the name its medium has this time; artifacts know only the content."""
    return dataclasses.replace(
        transcript,
        title=media.title,
        source=media.source,
        video_id=media.video_id,
        notes=tuple(dict.fromkeys(media.notes + transcript.notes)),
    )


def _noted(track: CaptionTrack, media: MediaRef) -> CaptionTrack:
    """The captions with the notes on how their medium was fetched this time."""
    return noted(track, media.notes)


def check_folder(folder: Path) -> None:
    """Hold that results can be written to a folder, before hours of work; nothing is made yet.

    Raises:
        FullError: It cannot be made or written.
    """
    whole = folder.absolute()
    place = next(item for item in (whole, *whole.parents) if os.path.lexists(item))
    if not place.is_dir():
        reason = f"{display(str(place))} is a file, not a folder"
    elif not os.access(place, os.W_OK | os.X_OK):
        read_only = os.statvfs(place).f_flag & os.ST_RDONLY
        reason = os.strerror(errno.EROFS if read_only else errno.EACCES)
    else:
        return
    raise FullError(
        f"cannot write {display(str(folder))}: {reason}", hint="choose another folder with -o"
    )


def sweep_folder(folder: Path) -> None:
    """Remove what killed runs on this machine have left half written among results."""
    with suppress(OSError):  # there is no such folder yet, or it is not ours to tidy
        for left in folder.glob(f"{_BESIDE}*"):
            with suppress(ValueError):  # somebody else's name
                place, pid, start, _ = left.name.removeprefix(_BESIDE).split("-")
                if Owner(place=place, pid=int(pid), start=int(start)).dead:
                    writing.discard(left)


def write_file(path: Path, data: bytes) -> None:
    """A file written whole or not at all: beside its place, then renamed, and on the disk.

    Raises:
        FullError: It cannot be written there.
    """
    me = myself()
    unique = f"{me.place}-{me.pid}-{me.start}-{secrets.token_hex(4)}"
    beside = path.with_name(_BESIDE + unique)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            writing.point("deliver.create")
            with beside.open("wb") as file:
                writing.point("deliver.write")
                file.write(data)
                file.flush()
                writing.point("deliver.fsync")
                os.fsync(file.fileno())
            writing.point("deliver.rename")
            beside.replace(path)
            writing.point("deliver.folder")
            with suppress(PermissionError):  # a folder that may be written, not read
                writing.sync_folder(path.parent)
            writing.point("deliver.done")
        finally:
            beside.unlink(missing_ok=True)
    except OSError as exc:
        raise FullError(
            f"cannot write {path}: {_obstacle(path, exc)}", hint="choose another folder with -o"
        ) from exc


def _obstacle(path: Path, exc: OSError) -> str:
    """Why a file could not be written, in a person's words."""
    if isinstance(exc, FileExistsError | NotADirectoryError):
        blocking = next((item for item in path.parents if item.exists()), path.parent)
        return f"{blocking} is a file, not a folder"
    if isinstance(exc, IsADirectoryError):
        return "it is a folder"
    return exc.strerror or str(exc)
