"""`label features`: one's own videos as label data."""

from __future__ import annotations

import dataclasses
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loquitur.cli import completing
from loquitur.cli.failures import exit_code_of
from loquitur.cli.label_features_report import document, tell_end, tell_nothing
from loquitur.cli.label_streams import dimensions_of
from loquitur.cli.options import everywhere, parameters_of, settings_of, take_globals, with_options
from loquitur.cli.output import print_json, tell
from loquitur.errors import InputError, UsageError, near
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.settings import Settings
    from loquitur.video_features import Encoders
    from loquitur.vision.labels.dataset import StreamInfo
    from loquitur.vision.labels.own.gathered import Failure, Gathered
    from loquitur.vision.labels.own.likeness import Likeness
    from loquitur.vision.labels.own.making import Form, Written
    from loquitur.vision.labels.own.videos import LabelledVideo
    from loquitur.vision.labels.vocabulary import LabelVocabulary

_TABLES = (".csv", ".jsonl", ".ndjson")
_STAGES = ("features", "hear", "read")
_TEXTS = ("title", "description")

_WHAT = (
    click.argument(
        "inputs",
        nargs=-1,
        required=True,
        metavar="VIDEO...|TABLE",
        shell_complete=completing.files,
    ),
    click.option(
        "-o",
        "output",
        required=True,
        metavar="DIR",
        shell_complete=completing.folders,
        help="The data set; the same command goes on where it stopped.",
    ),
    click.option(
        "--encoder",
        default="",
        metavar="NAME[:MODEL]",
        shell_complete=completing.names(completing.engines("vision")),
        help="Of pictures; the embedded descriptor by default, none for no pictures.",
    ),
    click.option(
        "--audio",
        default="",
        metavar="NAME[:MODEL]",
        shell_complete=completing.names(completing.engines("audio")),
        help="Of sound; logmel by default, none for no sound.",
    ),
    click.option(
        "--embedding",
        default="",
        metavar="NAME[:MODEL]",
        shell_complete=completing.names(completing.engines("embedding")),
        help="Of words; hashed letters by default, none for no words.",
    ),
    click.option(
        "--transcript",
        default="run",
        show_default=True,
        metavar="run|stored|none|FILE|DIR",
        help="Where words come from: the recogniser, the store, a file, a folder of files by id.",
    ),
    click.option(
        "--asr",
        default="",
        metavar="NAME[:MODEL]",
        shell_complete=completing.names(completing.engines("asr")),
        help="The recogniser, where it runs.",
    ),
    click.option(
        "--words-by",
        type=click.Choice(["phrase", "word"]),
        default="phrase",
        show_default=True,
        help="What a row of words is.",
    ),
    click.option(
        "--texts",
        default="",
        metavar="LIST",
        help="title, description: rows of words too. They often hold the labels themselves.",
    ),
    click.option(
        "--rate", type=click.FloatRange(0.01, 30), default=1.0, show_default=True, metavar="HZ",
        help="Pictures a second.",
    ),
)  # fmt: skip
_HOW = (
    click.option(
        "--like",
        metavar="RUN|MODEL|DATASET",
        shell_complete=completing.folders,
        help="Encoders, projections, vocabulary, level and rate as there: for its model to read.",
    ),
    click.option(
        "--vocabulary",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Of the labels; those that the table names where none is given.",
    ),
    click.option(
        "--projection",
        default="fit",
        show_default=True,
        metavar="fit|none|DATASET",
        help="Fitted on the training videos, none (float32 is kept), or that of a data set.",
    ),
    click.option(
        "--dimensions",
        default="",
        metavar="LIST",
        help="Components of a PCA, such as rgb=256,audio=64; others keep their numbers.",
    ),
    click.option(
        "--level",
        type=click.Choice(["frame", "video"]),
        default="frame",
        show_default=True,
        help="All rows, or the mean of them.",
    ),
    click.option(
        "--split",
        default="80,10,10",
        show_default=True,
        metavar="A,B,C",
        help="Shares of training, validation and test, by id, where the table says no part.",
    ),
    click.option("--shards", type=click.IntRange(1), default=1, show_default=True, metavar="N"),
    click.option("--gzip", "zipped", is_flag=True, help="Compressed files."),
    click.option("--jobs", type=click.IntRange(1, 256), metavar="N", help="Videos side by side."),
    click.option("--device", default="", metavar="NAME", help="auto, cpu, cuda, cuda:1, mps."),
    click.option(
        "--set",
        "parameters",
        multiple=True,
        metavar="STAGE.KEY=VALUE",
        help="Another option of a stage: features, hear, read, transcribe ...",
    ),
)


@click.command(
    "features",
    help="Label data of your own videos, in the files of YouTube-8M: a picture a second, sound and"
    " words by encoders that the data set names. TABLE is what `label data videos` writes.",
)
@partial(with_options, options=(*_WHAT, *_HOW))
@everywhere
@click.pass_context
def features(ctx: click.Context, /, **given: Any) -> None:
    """Make label data of videos."""
    from loquitur.vision.labels.own.making import check_form, check_place

    globals_ = take_globals(ctx, given)
    settings = settings_of(globals_, jobs=given["jobs"], asr=given["asr"])
    quiet = bool(globals_["quiet"]) or bool(given["as_json"])
    like = _likeness(ctx, given)
    wanted = _encoders(given, like)
    videos = _videos(given, settings)
    form = _form(given, videos, like)
    vocabulary = _vocabulary(given, videos, like)
    folder = Path(given["output"]).expanduser()
    began = time.monotonic()
    streams = _streams(wanted, settings, like, quiet=quiet)
    check_form(streams, form)
    check_place(folder)
    gathered = _gathered(videos, wanted, settings, quiet=quiet, verbose=globals_["verbose"] or 0)
    written, failures = _write(folder, gathered, streams, form, vocabulary, quiet=quiet)
    code = exit_code_of(one.exit_code for one in failures)
    if written is None:
        tell_nothing(failures, as_json=given["as_json"])
        code = code or InputError.exit_code
    elif given["as_json"]:
        print_json(document(folder, written, failures, vocabulary))
    elif not quiet:
        tell_end(folder, written, failures, time.monotonic() - began)
    ctx.exit(code)


_BY_LIKENESS = ("rate", "words_by", "texts", "vocabulary", "projection", "dimensions", "level")


def _likeness(ctx: click.Context, given: dict[str, Any]) -> Likeness | None:
    """What the features must be like."""
    from loquitur.vision.labels.own.likeness import read_likeness

    if not given["like"]:
        return None
    for name in _BY_LIKENESS:
        if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            option = name.replace("_", "-")
            raise UsageError(f"--{option} and --like at once", hint="--like says it already")
    return read_likeness(Path(given["like"]).expanduser())


def _encoders(given: dict[str, Any], like: Likeness | None) -> Encoders:
    """What looks, listens and reads."""
    from loquitur.video_features import Encoders, encoders_of
    from loquitur.vision.labels.own.words import Cut

    texts = [one.strip() for one in given["texts"].split(",") if one.strip()]
    for name in texts:
        if name not in _TEXTS:
            raise UsageError(f"no text is called '{name}'", hint=near(name, _TEXTS))
    transcript = given["transcript"]
    if transcript not in ("run", "stored", "none") and not Path(transcript).expanduser().exists():
        raise UsageError(
            f"--transcript '{transcript}': no such file or folder", hint="or: run, stored, none"
        )
    parameters = parameters_of(given["parameters"])
    if given["device"]:
        for stage, option in zip(_STAGES, ("encoder", "audio", "embedding"), strict=True):
            if _has_device(given[option], option):
                parameters.setdefault(f"{stage}.device", given["device"])
    if like is not None:
        found = encoders_of(like.info)
        return dataclasses.replace(
            found,
            pictures=given["encoder"] or found.pictures,
            sound=given["audio"] or found.sound,
            words=given["embedding"] or found.words,
            transcript="none" if found.words == "none" else transcript,
            parameters={**found.parameters, **parameters},
        )
    cut = Cut(by=given["words_by"], title="title" in texts, description="description" in texts)
    return Encoders(
        pictures=given["encoder"],
        sound=given["audio"],
        words=given["embedding"],
        transcript=transcript,
        cut=cut,
        rate_hz=given["rate"],
        parameters=parameters,
    )


def _has_device(wanted: str, option: str) -> bool:
    """Whether an engine runs on a device of choice; the embedded ones do not."""
    from loquitur import registry

    name = wanted.partition(":")[0]
    if name in ("", "none"):
        return False
    kind = {"encoder": "vision", "audio": "audio", "embedding": "embedding"}[option]
    options = registry.load(registry.find(kind, name)).Options
    return "device" in {one.name for one in dataclasses.fields(options)}


def _videos(given: dict[str, Any], settings: Settings) -> tuple[LabelledVideo, ...]:
    """The videos, each with its part."""
    from loquitur.vision.labels.own.parts import part_for, shares_of

    shares = shares_of(given["split"])
    tables = [one for one in given["inputs"] if Path(one).suffix.lower() in _TABLES]
    if not tables:
        return _bare(given["inputs"], settings)
    if len(given["inputs"]) > 1:
        raise UsageError("a table is given alone", hint="one TABLE, or VIDEO...")
    return tuple(
        dataclasses.replace(one, part=one.part or part_for(one.video_id, shares))
        for one in _in_table(Path(tables[0]).expanduser())
    )


def _in_table(path: Path) -> tuple[LabelledVideo, ...]:
    """The videos of a table; paths are beside it where they are not here."""
    from loquitur.vision.labels.own.videos import read_videos

    found = []
    for one in read_videos(path):
        beside = path.parent / one.video
        is_there = "://" not in one.video and not Path(one.video).exists() and beside.exists()
        found.append(dataclasses.replace(one, video=str(beside)) if is_there else one)
    if not found:
        raise InputError(f"{display(str(path))}: no videos in it")
    return tuple(found)


def _bare(inputs: Sequence[str], settings: Settings) -> tuple[LabelledVideo, ...]:
    """Videos without labels: nobody trains on them, so all are of the part test."""
    from loquitur.api import place_of
    from loquitur.media.sources import Unusable, expand
    from loquitur.media.urls import youtube_id
    from loquitur.vision.labels.own.videos import LabelledVideo

    found: dict[str, LabelledVideo] = {}
    for source in expand(inputs, stdin=sys.stdin, options=place_of(settings).fetching):
        place = source.given
        if isinstance(source, Unusable):  # why is found again, and told with the others that fail
            found[place] = LabelledVideo(video=place, video_id=place, part="test")
            continue
        name = youtube_id(place) or (Path(place).stem if source.path is not None else place)
        name = name if name not in found else place
        title = source.title or (Path(place).stem if source.path is not None else "")
        found[name] = LabelledVideo(video=place, video_id=name, part="test", title=title)
    return tuple(found.values())


def _form(given: dict[str, Any], videos: Sequence[LabelledVideo], like: Likeness | None) -> Form:
    """In which form they are kept."""
    from loquitur.vision.labels.own.making import Form

    if like is not None:
        return Form(
            level=like.info.level,
            projections=like.projections,
            quantised=bool(like.projections) or any(one.quantised for one in like.info.streams),
            shards=given["shards"],
            compressed=given["zipped"],
        )
    projections: dict[str, bytes] = {}
    chosen = given["projection"]
    training = any(one.part == "train" for one in videos)
    if chosen == "fit" and not training:
        source = click.get_current_context().get_parameter_source("projection")
        if source is click.core.ParameterSource.COMMANDLINE:
            raise UsageError(
                "a projection is fitted on training videos, and there are none",
                hint="--projection DATASET takes the one of your training data",
            )
        chosen = "none"
    if chosen not in ("fit", "none"):
        projections = _projections_of(Path(chosen).expanduser())
    return Form(
        level=given["level"],
        dimensions=dimensions_of(given["dimensions"], such_as="rgb=256,audio=64"),
        projections=projections,
        quantised=chosen != "none",
        shards=given["shards"],
        compressed=given["zipped"],
    )


def _projections_of(folder: Path) -> dict[str, bytes]:
    from loquitur.vision.labels.dataset_files import open_dataset
    from loquitur.vision.labels.own.projection import projections_in

    info, _ = open_dataset(folder)
    found = projections_in(folder, info)
    if not found:
        raise InputError(f"{display(str(folder))}: its features went through no projection")
    return found


def _vocabulary(
    given: dict[str, Any], videos: Sequence[LabelledVideo], like: Likeness | None
) -> LabelVocabulary | None:
    """The labels: those of the file, or all that the table names, the frequent ones first."""
    from collections import Counter

    from loquitur.vision.labels.vocabulary import Label, LabelIndex, LabelVocabulary
    from loquitur.vision.labels.vocabulary_files import read_vocabulary

    counts = Counter(label for one in videos for label in one.labels)
    known = like.vocabulary if like is not None else None
    if given["vocabulary"] is not None or known is not None:
        vocabulary = known or read_vocabulary(given["vocabulary"])
        index = LabelIndex(vocabulary)
        for label in counts:
            index.find(label)
        return vocabulary
    if not counts:
        return None
    training = Counter(label for one in videos if one.part == "train" for label in one.labels)
    names = sorted(counts, key=lambda name: (-counts[name], name))
    return LabelVocabulary(labels=tuple(Label(name=name, videos=training[name]) for name in names))


def _gathered(
    videos: Sequence[LabelledVideo],
    wanted: Encoders,
    settings: Settings,
    *,
    quiet: bool,
    verbose: int,
) -> tuple[Gathered, ...]:
    from loquitur import video_features
    from loquitur.cli.progress import listening

    with listening(quiet=quiet, verbose=verbose) as (listener, _):
        return video_features.gather(videos, wanted, settings=settings, listener=listener)


def _streams(
    wanted: Encoders, settings: Settings, like: Likeness | None, *, quiet: bool
) -> tuple[StreamInfo, ...]:
    """What is known of the streams, before any video is looked at."""
    from loquitur import video_features
    from loquitur.vision.labels.own.likeness import check_likeness

    found = video_features.stream_infos(wanted, settings)
    if like is not None:
        for one in check_likeness(found, like.info, what=like.info.name):
            if not quiet:
                tell(one)
    return found


def _write(
    folder: Path,
    gathered: Sequence[Gathered],
    streams: Sequence[StreamInfo],
    form: Form,
    vocabulary: LabelVocabulary | None,
    *,
    quiet: bool,
) -> tuple[Written | None, list[Failure]]:
    """The data set of the videos that have anything, if one has, and what the others failed by."""
    from loquitur.cli.progress import Teller
    from loquitur.vision.labels.own.making import write_failures, write_features

    failures = [failure for one in gathered for failure in one.failures]
    usable = [one for one in gathered if any(rows.times_ms for rows in one.streams.values())]
    if not usable:
        return None, failures
    there = [one for one in streams if any(one.name in item.streams for item in usable)]
    written = write_features(
        folder, usable, there, form, vocabulary=vocabulary, tell=Teller("video", quiet=quiet)
    )
    write_failures(folder, failures)
    return written, failures
