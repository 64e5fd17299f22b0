"""Features of one's own videos, as `label features` makes them: pictures, sound and words.

Each is a stage (`features`, `hear`, `read`), so that what is in the store is not made again, and a
run that was stopped goes on. A video that lacks a stream has none of it; one of which nothing can
be made is told, and stops no other.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur import api
from loquitur.errors import InputError, LoquiturError, UsageError
from loquitur.pipeline.events import ignore
from loquitur.pipeline.recipes import (
    EMBEDDED_ENCODER,
    EMBEDDED_HEARER,
    EMBEDDED_READER,
    FEATURES,
    HEAR,
    READ,
)
from loquitur.pipeline.tasks import open_store
from loquitur.settings import resolve
from loquitur.vision import encoders
from loquitur.vision.labels.dataset import DatasetInfo, StreamInfo
from loquitur.vision.labels.examples import PICTURES, SOUND, WORDS, Examples
from loquitur.vision.labels.own.gathered import Failure, Gathered, StreamRows
from loquitur.vision.labels.own.making import examples_of
from loquitur.vision.labels.own.projection import read_projection
from loquitur.vision.labels.own.videos import LabelledVideo
from loquitur.vision.labels.own.words import Cut, Said, encode_pieces, pieces
from loquitur.vision.labels.published import check_close

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from loquitur.model.media import MediaRef
    from loquitur.pipeline.events import Listener
    from loquitur.pipeline.recipes import Wish
    from loquitur.settings import Settings

NONE = "none"
"""In the place of an engine, or of a transcript: the stream is left out."""
RUN, STORED = "run", "stored"
_STREAM_OF = {FEATURES: PICTURES, HEAR: SOUND, READ: WORDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoders:
    """What looks, listens and reads.

    Args:
        pictures: `NAME[:MODEL]` of the kind `vision`, or `none`; the embedded descriptor where
            empty.
        sound: Of the kind `audio`, or `none`; `logmel` where empty.
        words: Of the kind `embedding`, or `none`; hashed letters where empty.
        transcript: Where words come from: `run` (the recogniser), `stored` (where it was run
            before), a file, a folder of transcripts or captions named by ids, or `none`.
        cut: What a row of words is.
        rate_hz: Pictures a second.
        parameters: `STAGE.KEY` -> value, of the stages `features`, `hear`, `read` and those they
            need.
    """

    pictures: str = ""
    sound: str = ""
    words: str = ""
    transcript: str = RUN
    cut: Cut = field(default_factory=Cut)
    rate_hz: float = 1.0
    parameters: Mapping[str, str] = field(default_factory=dict)

    def stages(self) -> tuple[str, ...]:
        """The stages that are run for every video."""
        found = [FEATURES] if self.pictures != NONE else []
        found += [HEAR] if self.sound != NONE else []
        found += [READ] if self.reads and self.transcript in (RUN, STORED) else []
        return tuple(found)

    @property
    def reads(self) -> bool:
        """Whether there is a stream of words."""
        texts = self.cut.title or self.cut.description
        return self.words != NONE and (self.transcript != NONE or texts)


def stream_infos(wanted: Encoders, settings: Settings) -> tuple[StreamInfo, ...]:
    """What a data set says of the streams of some encoders; they are loaded for it.

    Raises:
        UsageError: There is no such engine or model, or nothing is left.
        MissingError: A package or model is absent, with the command that brings it.
    """
    resources = api.place_of(settings).resources
    found = []
    for stage, kind, name, embedded in _engines(wanted):
        own = _own(wanted.parameters, settings, stage)
        load, stamp = encoders.resolve(kind, name or embedded, resources, options=own)
        engine = load()
        rate_hz = {FEATURES: wanted.rate_hz, READ: 0.0}.get(stage)
        found.append(
            StreamInfo(
                name=_STREAM_OF[stage],
                dimension=engine.dimension,
                rate_hz=1000 / engine.step_ms if rate_hz is None else rate_hz,
                encoder=stamp,
                preprocessing=engine.preprocessing if stage == FEATURES else None,
                cut=str(wanted.cut) if stage == READ else "",
            )
        )
    if not found:
        raise UsageError("nothing is left to be made of a video", hint="one stream at least")
    return tuple(found)


def gather(
    videos: Sequence[LabelledVideo],
    wanted: Encoders,
    *,
    settings: Settings | None = None,
    listener: Listener = ignore,
) -> tuple[Gathered, ...]:
    """What the encoders make of videos, in their order; what fails is told with the video.

    Raises:
        LoquiturError: Something is wrong with the wish or the store, not with one video.
    """
    settings = settings or resolve().settings
    streams: dict[str, dict[str, StreamRows]] = {one.video_id: {} for one in videos}
    failures: dict[str, list[Failure]] = {one.video_id: [] for one in videos}
    left = list(videos)
    for stage in wanted.stages():
        asked = left
        if stage == READ and wanted.transcript == STORED:
            asked = _known(left, wanted, settings)
        for video, result in _run(asked, stage, wanted, settings, listener):
            if result is None:
                what = InputError("it stands for several videos, or for none")
                failures[video.video_id].append(_failure(video, stage, what))
            elif result.error is None:
                streams[video.video_id][_STREAM_OF[stage]] = _rows(result.artifact, settings)
            elif result.media is None:
                failures[video.video_id].append(_failure(video, "", result.error))
                left = [one for one in left if one is not video]
            elif not _lacks(result.media, stage):
                failures[video.video_id].append(_failure(video, stage, result.error))
    if wanted.reads:
        _read(left, wanted, streams, failures, settings)
    return tuple(
        Gathered(
            video=one,
            streams=streams[one.video_id],
            failures=tuple(failures[one.video_id]) or _nothing(one, streams[one.video_id]),
        )
        for one in videos
    )


def features_of(
    media: Iterable[str | Path],
    info: DatasetInfo,
    *,
    projections: Mapping[str, bytes] | None = None,
    wanted: Encoders | None = None,
    settings: Settings | None = None,
    listener: Listener = ignore,
) -> Examples:
    """Media as a data set has them: by its encoders, through its projections, in its form.

    Args:
        media: Files or addresses, each one medium.
        info: Of the data set (or of what a model was trained on).
        projections: By stream, its projection files (`own.projection.projections_in`).
        wanted: The encoders; those that the data set names where None.
        settings: Resolved settings.
        listener: Told what happens.

    Raises:
        UsageError: The encoders are not those of the data set.
        InputError: One of the media has nothing that the data set has.
        LoquiturError: Whatever stopped it; see `loquitur.errors`.
    """
    videos = tuple(LabelledVideo(video=str(one), video_id=str(one)) for one in media)
    found = gather(videos, wanted or encoders_of(info), settings=settings, listener=listener)
    for one in found:
        if not one.streams:
            reason = one.failures[0].reason if one.failures else "nothing in it"
            raise InputError(f"{one.video.video}: {reason}")
        for stream in info.streams:
            rows = one.streams.get(stream.name)
            if rows is not None and stream.encoder is not None:
                what = f"'{stream.name}' of {one.video.video}"
                check_close(stream.encoder, rows.encoder, what=what)
    read = {name: read_projection(data) for name, data in (projections or {}).items()}
    return examples_of(found, info, read, {})


def encoders_of(info: DatasetInfo) -> Encoders:
    """The encoders that a data set names.

    Raises:
        UsageError: It names none.
    """
    named: dict[str, str] = {PICTURES: NONE, SOUND: NONE, WORDS: NONE}
    parameters: dict[str, str] = {}
    stage_of = {stream: stage for stage, stream in _STREAM_OF.items()}
    for stream in info.streams:
        stamp = stream.encoder
        if stamp is None or stream.name not in named:
            raise UsageError(
                f"nobody knows how '{stream.name}' of {info.name} was made",
                hint="train on what `loquitur label features` makes",
                code="LQ-OTHER-ENCODER",
            )
        named[stream.name] = stamp.name + (f":{stamp.model}" if stamp.model else "")
        for key, value in encoders.options_in(stamp).items():
            if key != "model":
                parameters[f"{stage_of[stream.name]}.{key}"] = value
    cut = next((one.cut for one in info.streams if one.name == WORDS), "")
    rate_hz = next((one.rate_hz for one in info.streams if one.name == PICTURES), 1.0)
    return Encoders(
        pictures=named[PICTURES],
        sound=named[SOUND],
        words=named[WORDS],
        transcript=NONE if named[WORDS] == NONE else RUN,
        cut=Cut.of(cut),
        rate_hz=rate_hz,
        parameters=parameters,
    )


# --- running the stages ------------------------------------------------------------------------


def _engines(wanted: Encoders) -> list[tuple[str, str, str, str]]:
    """Stage, kind of engine, its name, the embedded one, of each stream that is made."""
    found = []
    if wanted.pictures != NONE:
        found.append((FEATURES, encoders.KIND, wanted.pictures, EMBEDDED_ENCODER))
    if wanted.sound != NONE:
        found.append((HEAR, "audio", wanted.sound, EMBEDDED_HEARER))
    if wanted.reads:
        found.append((READ, "embedding", wanted.words, EMBEDDED_READER))
    return found


def _own(given: Mapping[str, str], settings: Settings, stage: str) -> dict[str, Any]:
    """The options of a stage's engine, without those of the stage itself."""
    dot = f"{stage}."
    every = {**settings.set, **given}
    stage_own = {
        FEATURES: {"by", "count", "rate_hz", "per_shot", "start_ms", "end_ms", "most", "fast"},
        READ: {"cut"},
    }.get(stage, set())
    return {
        name.removeprefix(dot): value
        for name, value in every.items()
        if name.startswith(dot) and name.removeprefix(dot) not in stage_own
    }


def _wish(stage: str, wanted: Encoders, settings: Settings) -> Wish:
    parameters: dict[str, Any] = {**settings.set, **wanted.parameters}
    if stage == FEATURES:
        parameters |= {"features.by": "rate", "features.rate_hz": str(wanted.rate_hz)}
    if stage == READ:
        # titles in the store's results would be those of whoever came first
        parameters["read.cut"] = wanted.cut.by
    return dataclasses.replace(
        api.wish_of(settings),
        until=stage,
        section="",
        parameters=parameters,
        encoder="" if wanted.pictures == NONE else wanted.pictures,
        hearer="" if wanted.sound == NONE else wanted.sound,
        reader="" if wanted.words == NONE else wanted.words,
    )


def _run(
    videos: Sequence[LabelledVideo],
    stage: str,
    wanted: Encoders,
    settings: Settings,
    listener: Listener,
) -> Iterable[tuple[LabelledVideo, Any]]:
    """The result of a stage for each video, None where it stands for several."""
    by_place: dict[str, list[LabelledVideo]] = {}
    for one in videos:
        by_place.setdefault(one.video, []).append(one)
    if not by_place:
        return
    results = api.run_many(
        list(by_place), _wish(stage, wanted, settings), settings, listener=listener
    )
    with contextlib.closing(results):
        for result in results:
            for one in by_place.pop(result.input, ()):
                yield one, result
    for some in by_place.values():
        for one in some:
            yield one, None


def _known(
    videos: Sequence[LabelledVideo], wanted: Encoders, settings: Settings
) -> list[LabelledVideo]:
    """Those whose words are in the store."""
    wish = _wish(READ, wanted, settings)
    planned = api.plan_inputs([one.video for one in videos], wish, settings)
    heard = {one.input for one in planned if one.stage == "transcribe" and one.cached}
    return [one for one in videos if one.video in heard]


def _lacks(media: MediaRef, stage: str) -> bool:
    """Whether a medium has not what a stage is of: then that it fails is no failure."""
    if stage == FEATURES:
        return not media.has_video
    return not any(track.kind == "audio" for track in media.tracks)


def _rows(artifact: Any, settings: Settings) -> StreamRows:
    """A stage's artifact as rows."""
    times = artifact.start_ms if hasattr(artifact, "start_ms") else artifact.times_ms
    return StreamRows(
        encoder=artifact.encoder,
        dimension=artifact.dimension,
        times_ms=tuple(times),
        load=partial(_matrix, artifact.matrix, artifact.dimension, settings),
    )


def _matrix(digest: str, dimension: int, settings: Settings) -> NDArray[np.float32]:
    """The rows of an artifact, read anew each time."""
    data = np.frombuffer(open_store(settings.store).read(digest), dtype="<f2")
    return data.reshape(-1, dimension).astype(np.float32)


# --- words that come from elsewhere ------------------------------------------------------------


def _read(
    videos: Sequence[LabelledVideo],
    wanted: Encoders,
    streams: Mapping[str, dict[str, StreamRows]],
    failures: Mapping[str, list[Failure]],
    settings: Settings,
) -> None:
    """Rows of transcripts in files, and of titles and descriptions, before those there are."""
    from_files = wanted.transcript not in (RUN, STORED, NONE)
    if not from_files and not wanted.cut.title and not wanted.cut.description:
        return
    own = _own(wanted.parameters, settings, READ)
    resources = api.place_of(settings).resources
    load, stamp = encoders.resolve(
        "embedding", wanted.words or EMBEDDED_READER, resources, options=own
    )
    engine = load()
    for video in videos:
        said: tuple[Said, ...] = pieces(
            (), wanted.cut, title=video.title, description=video.description
        )
        if from_files:
            try:
                said += _in_file(video, wanted)
            except LoquiturError as exc:
                failures[video.video_id].append(_failure(video, READ, exc))
        rows = encode_pieces(engine, said)
        before = rows.vectors.astype(np.float16).astype(np.float32)
        after = streams[video.video_id].get(WORDS)
        times = tuple(rows.times_ms.tolist()) + (after.times_ms if after is not None else ())
        if not times:
            continue
        streams[video.video_id][WORDS] = StreamRows(
            encoder=stamp,
            dimension=engine.dimension,
            times_ms=times,
            load=partial(_behind, before, after.load if after is not None else None),
        )


def _behind(before: NDArray[np.float32], load: Any) -> NDArray[np.float32]:
    return before if load is None else np.concatenate([before, load()])


def _in_file(video: LabelledVideo, wanted: Encoders) -> tuple[Said, ...]:
    """What is said, by a file of one's own; nothing where the folder has none of this video."""
    from loquitur.insight.spoken.reading import read_spoken
    from loquitur.insight.spoken.timeline import timeline
    from loquitur.model.speech import Word

    place = Path(wanted.transcript).expanduser()
    if place.is_dir():
        names = {video.video_id, Path(video.video).stem}
        found = sorted(
            one for one in place.iterdir() if one.is_file() and one.name.split(".")[0] in names
        )
        if not found:
            return ()
        place = found[0]
    line = timeline(read_spoken(place))
    words = [
        Word(start_ms=start, end_ms=end, text=text.strip())
        for text, start, end in zip(line.texts, line.starts_ms, line.ends_ms, strict=True)
        if text.strip() and end > start
    ]
    return pieces(words, Cut(by=wanted.cut.by))


# --- what failed -------------------------------------------------------------------------------


def _failure(video: LabelledVideo, stage: str, error: LoquiturError) -> Failure:
    return Failure(
        video_id=video.video_id,
        stream=_STREAM_OF.get(stage, ""),
        reason=error.message + (f" ({error.hint})" if error.hint else ""),
        exit_code=error.exit_code,
    )


def _nothing(video: LabelledVideo, found: Mapping[str, StreamRows]) -> tuple[Failure, ...]:
    """That nothing was found in a video, where nothing else says why."""
    if any(rows.times_ms for rows in found.values()):
        return ()
    return (_failure(video, "", InputError("nothing that is seen, heard or said in it")),)
