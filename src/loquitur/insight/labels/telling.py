"""The account of a video's labels, for a report or a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.insight import links
from loquitur.insight.account import Account, Axis, Figure, Moment, Section, Series
from loquitur.media.urls import is_url, is_video_id
from loquitur.tables.cells import Column
from loquitur.tables.table import Table
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.insight.labels.reading import GivenLabel, LabelsFile

CALLED = {"rgb": "pictures", "audio": "sound", "words": "words"}
"""What people call the streams of a data set."""
_SCORES = (
    "A score is the probability that a model gives: of a net trained on labelled videos, or of an"
    " image-text model that compares frames with the label's text."
)
_OCCLUSION = (
    "A moment is a span without which the label's log odds fall, or that says it by itself"
    " (occlusion: Zeiler and Fergus 2014; comprehensiveness and sufficiency: DeYoung et al. 2020);"
    " of an image-text model, a frame that fits better than the mean."
)
_LIMITS = (
    "A model knows the labels it was trained on and no others; its scores say how likely a label is"
    " by what it has seen, not that it is right."
)
_NAMED = 3
_SHOWN = 20
_LEAST = 0.1
"""Below this share of the best score a label says nothing of a video, and has no moment to show."""
_MOMENTS = 12
_LIKELY = 0.5


def account_of(found: LabelsFile, *, name: str = "") -> Account:
    """What a video is about, in sentences, bars, moments and a table.

    Args:
        found: Its labels.
        name: Of the file.
    """
    origin = _origin(found)
    return Account(
        kind="labels",
        subject=found.title or found.video or name,
        says=tuple(_summary(found)),
        sections=(
            Section(
                title="What it is about",
                figures=(_bars(found.labels, "labels", "Labels"),) if found.labels else (),
                moments=tuple(_moments(found, origin)),
                tables=(_table(found),) if found.labels else (),
            ),
            *_genres(found.genres),
        ),
        methods=(_SCORES, _OCCLUSION),
        limits=(_LIMITS,),
        source=origin or found.video or name,
    )


def _origin(found: LabelsFile) -> str:
    video = (found.video or "").removeprefix("youtube:")
    if is_video_id(video):
        return links.origin_of(video_id=video)
    return video if is_url(video) else ""


def _summary(found: LabelsFile) -> Iterator[str]:
    if not found.labels:
        yield "No label was given."
        return
    likely = [one for one in found.labels if one.score >= _LIKELY]
    named = ", ".join(f"{one.label} ({one.score:.2f})" for one in found.labels[:_NAMED])
    if likely:
        yield f"{counted(len(likely), 'label')} likelier than not; the first: {named}."
    else:
        yield f"No label is likelier than not; the first: {named}."
    if found.genres:
        genres = ", ".join(f"{one.label} ({one.score:.2f})" for one in found.genres[:_NAMED])
        yield f"Genres: {genres}."
    streams = [CALLED.get(name, name) for name in found.streams]
    if streams:
        yield f"The model was given {', '.join(streams)}."


def _bars(labels: Sequence[GivenLabel], name: str, title: str) -> Figure:
    """Scores as bars, with those by each stream alone beside them."""
    shown = labels[:_SHOWN]
    places = tuple(float(at) for at in range(len(shown)))
    streams = list(dict.fromkeys(stream for one in shown for stream in one.branches))
    series = [Series(name="all together", x=places, y=tuple(one.score for one in shown),
                     drawn="bars")]  # fmt: skip
    if len(streams) > 1:
        series += [
            Series(
                name=f"{CALLED.get(stream, stream)} alone",
                x=places,
                y=tuple(one.branches.get(stream) for one in shown),
                drawn="points",
            )
            for stream in streams
        ]
    first = shown[0]
    return Figure(
        name=name,
        title=title,
        says=f"{first.label} has the highest score, {first.score:.2f}.",
        x=Axis(label="label", names=tuple(one.label for one in shown)),
        y=Axis(label="score"),
        series=tuple(series),
    )


def _moments(found: LabelsFile, origin: str) -> Iterator[Moment]:
    """The strongest span of each label that counts beside the best, in the order of the labels."""
    least = _LEAST * max((one.score for one in found.labels), default=0.0)
    for one in found.labels[:_MOMENTS]:
        if one.score < least:
            continue
        for each in one.moments[:1]:
            stream = CALLED.get(each.stream, each.stream)
            yield Moment(
                start_ms=each.start_ms,
                end_ms=each.end_ms,
                label=f"{one.label}, by {stream}" if stream else one.label,
                text=each.text,
                url=links.moment(origin, each.start_ms, duration_ms=found.duration_ms),
            )


def _table(found: LabelsFile) -> Table:
    streams = list(dict.fromkeys(stream for one in found.labels for stream in one.branches))
    columns = (
        Column(name="label", description="Its name"),
        Column(name="score", type="float", description="Probability"),
        *(
            Column(
                name=f"{CALLED.get(stream, stream)}_alone",
                type="float",
                description=f"Probability by {CALLED.get(stream, stream)} alone",
            )
            for stream in streams
        ),
        Column(name="genre", description="The first genre that it belongs to"),
    )
    rows = [
        (one.label, one.score, *(one.branches.get(stream) for stream in streams),
         one.verticals[0] if one.verticals else None)
        for one in found.labels
    ]  # fmt: skip
    return Table.from_rows("labels", columns, rows)


def _genres(genres: Sequence[GivenLabel]) -> Iterator[Section]:
    if genres:
        yield Section(title="Genres", figures=(_bars(genres, "genres", "Genres"),))
