"""What speaks for a label: each stream alone, and the spans that its score needs, or that suffice.

A window of rows is taken away (occlusion: Zeiler and Fergus 2014, https://arxiv.org/abs/1311.2901),
and it is left alone in its stream. Its weight is the mean of two numbers: by how much the label's
log odds fall without it, and by how much they are above those of the stream's middle (median)
window where each is left alone. Either by itself misleads: of two windows that show the same none
is needed, and one alone does not show what only many tell. ERASER (DeYoung et al. 2020,
https://arxiv.org/abs/1911.03429) measures by the same two, comprehensiveness and sufficiency. It is
a measure of the model, not of the video.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.media.frames import uniform_indices
from loquitur.model.labels import STREAM_NAMES, LabelScore, Moment
from loquitur.vision.labels.examples import Examples, Stream
from loquitur.vision.labels.feeding.batch import LabelBatch
from loquitur.vision.labels.graph import LOGITS
from loquitur.vision.labels.modelfile import batch_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from loquitur.vision.labels.modelcard import LabelModelCard
    from loquitur.vision.labels.modelfile import LabelModel, Scores

WINDOWS = 20
"""Into how many windows the rows of a stream are cut: of a five-minute video 15 s each."""
_ALL = 1 << 30
_TOGETHER = 32
"""Copies of a video that are labelled side by side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """How much is told.

    Args:
        labels: How many labels, highest score first.
        genres: How many genres.
        moments: How many spans of each label; 0 spares the search for them.
        windows: See `WINDOWS`.
    """

    labels: int = 10
    genres: int = 5
    moments: int = 3
    windows: int = WINDOWS

    def __post_init__(self) -> None:
        if min(self.labels, self.genres, self.moments) < 0 or not 1 <= self.windows <= 1000:
            raise ValueError(f"nothing is told so: {self}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """One stream of a video with what is shown of it.

    Args:
        rows: [t, d], as the model reads them.
        times_ms: int64 [t]: where each row begins.
        ends_ms: int64 [t]: where it ends.
        texts: What was said in each row; empty for pictures and sound.
    """

    rows: NDArray[Any]
    times_ms: NDArray[np.int64]
    ends_ms: NDArray[np.int64]
    texts: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a model says of one video.

    Args:
        labels: Highest score first.
        genres: Alike; empty where the model knows none.
        streams: What it was given.
        warnings: What a user should know.
    """

    labels: tuple[LabelScore, ...]
    genres: tuple[LabelScore, ...]
    streams: tuple[str, ...]
    warnings: tuple[str, ...] = field(default=())


def explain(model: LabelModel, tracks: Mapping[str, Track], asked: Asked | None = None) -> Told:
    """The labels of one video, and what speaks for each.

    Args:
        model: Whose.
        tracks: Its streams by name; those the model does not read are left alone.
        asked: How much is told.

    Raises:
        InputError: Rows of another size or kind, or with NaN.
        EngineError: The net gave no numbers.
    """
    asked = asked or Asked()
    card = model.card
    # what is laid in time loses no row
    most = _ALL if card.net.timed else card.net.most_rows
    kept = {
        one.name: _thinned(tracks[one.name], most)
        for one in card.net.inputs
        if one.name in tracks and len(tracks[one.name].rows)
    }
    whole = model.judge(_copies([kept], kept, card))
    alone = {name: _alone(model, kept, name) for name in kept}
    first = _highest(whole.labels[0], asked.labels)
    weights = _weights(model, kept, first, asked) if asked.moments and len(first) else []
    labels = tuple(
        LabelScore(
            label=card.labels[at].name,
            score=float(whole.labels[0, at]),
            index=int(at),
            verticals=card.labels[at].verticals,
            branches=tuple((name, float(one.labels[0, at])) for name, one in alone.items()),
            moments=tuple(_moments(weights, column, asked.moments)),
        )
        for column, at in enumerate(first)
    )
    genres = tuple(
        LabelScore(
            label=card.genres[at],
            score=float(whole.genres[0, at]),
            branches=tuple((name, float(one.genres[0, at])) for name, one in alone.items()),
        )
        for at in _highest(whole.genres[0], asked.genres)
    )
    return Told(
        labels=labels, genres=genres, streams=tuple(kept), warnings=tuple(_warnings(card, kept))
    )


def track_of(examples: Examples, video: int, name: str, *, rate_hz: float = 1.0) -> Track:
    """A stream of a video out of a data set; rows that say no time are `rate_hz` a second."""
    stream = examples.streams[name]
    rows = stream.of(video)
    step_ms = round(1000 / rate_hz) if rate_hz > 0 else 1000
    if stream.times_ms is None:
        times_ms = np.arange(len(rows), dtype=np.int64) * step_ms
    else:
        times_ms = stream.times_ms[stream.offsets[video] : stream.offsets[video + 1]]
    return Track(rows=rows, times_ms=times_ms, ends_ms=ends_of(times_ms, step_ms))


def ends_of(times_ms: NDArray[np.int64], step_ms: int) -> NDArray[np.int64]:
    """Where rows end: where the next one begins, but no later than `step_ms` on."""
    ends = times_ms + max(1, step_ms)
    if len(times_ms) > 1:
        following = np.append(times_ms[1:], ends[-1])
        ends = np.where(following > times_ms, np.minimum(ends, following), ends)
    return ends


def _thinned(track: Track, most: int) -> Track:
    """At most so many rows, spread evenly; each then stands for what follows up to the next."""
    if len(track.rows) <= most:
        return track
    rows = np.asarray(uniform_indices(len(track.rows), most))
    ends = np.append(track.times_ms[rows[1:]], track.ends_ms[-1])
    return Track(
        rows=track.rows[rows],
        times_ms=track.times_ms[rows],
        ends_ms=np.maximum(ends, track.ends_ms[rows]),
        texts=[track.texts[row] for row in rows] if track.texts else (),
    )


def _alone(model: LabelModel, kept: Mapping[str, Track], name: str) -> Scores:
    """What is said of one stream alone."""
    own = {name: kept[name]}
    return model.judge(_copies([own], own, model.card), only=(name,))


def _copies(
    copies: Sequence[Mapping[str, Track]], kept: Mapping[str, Track], card: LabelModelCard
) -> LabelBatch:
    """Copies of one video side by side, as the model reads them."""
    if card.net.timed:
        return batch_of(_examples(copies, kept), range(len(copies)), card)
    streams: dict[str, NDArray[Any]] = {}
    lengths: dict[str, NDArray[np.int64]] = {}
    for name, track in kept.items():
        sizes = [len(copy[name].rows) for copy in copies]
        rows = np.zeros((len(copies), max(1, *sizes), track.rows.shape[1]), track.rows.dtype)
        for at, copy in enumerate(copies):
            rows[at, : sizes[at]] = copy[name].rows
        streams[name], lengths[name] = rows, np.array(sizes, np.int64)
    return LabelBatch(
        video_ids=("",) * len(copies),
        streams=streams,
        lengths=lengths,
        labels=np.full((len(copies), 1), -1, np.int64),
    )


def _examples(copies: Sequence[Mapping[str, Track]], kept: Mapping[str, Track]) -> Examples:
    """Copies of one video as examples."""
    streams = {}
    for name in kept:
        mine = [copy[name] for copy in copies]
        streams[name] = Stream(
            rows=np.concatenate([one.rows for one in mine]),
            offsets=np.cumsum([0, *(len(one.rows) for one in mine)]),
            times_ms=np.concatenate([one.times_ms for one in mine]),
        )
    return Examples(
        video_ids=("",) * len(copies),
        labels=np.zeros(0, np.int64),
        label_offsets=np.zeros(len(copies) + 1, np.int64),
        streams=streams,
    )


def _highest(scores: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Where the highest ones stand; of equal ones the first comes first."""
    return np.argsort(-scores, kind="stable")[:count]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Window:
    """Rows of a stream, and what they weigh for each label: [labels]."""

    stream: str
    start_ms: int
    end_ms: int
    text: str
    weights: NDArray[np.float32]


def _weights(
    model: LabelModel, kept: Mapping[str, Track], first: NDArray[np.int64], asked: Asked
) -> list[_Window]:
    """Every window of every stream, with what it weighs for some labels."""
    windows: list[_Window] = []
    own = _log_odds(model, _copies([kept], kept, model.card), first)[0]
    for name, track in kept.items():
        spans = list(_spans(len(track.rows), asked.windows))
        if not spans:
            continue
        without = _odds_of(model, kept, name, [_without(track, *span) for span in spans], first)
        alone = _odds_of(model, kept, name, [_only(track, *span) for span in spans], first)
        found = (own - without + alone - np.median(alone, axis=0)) / 2
        windows += [
            _Window(
                stream=name,
                start_ms=int(track.times_ms[start]),
                end_ms=int(track.ends_ms[end - 1]),
                text=" ".join(track.texts[start:end]),
                weights=found[at],
            )
            for at, (start, end) in enumerate(spans)
        ]
    return windows


def _odds_of(
    model: LabelModel,
    kept: Mapping[str, Track],
    name: str,
    tracks: Sequence[Track],
    first: NDArray[np.int64],
) -> NDArray[np.float32]:
    """Log odds [tracks, labels] of a video with each of some tracks as its stream `name`."""
    parts = []
    for at in range(0, len(tracks), _TOGETHER):
        copies = [{**kept, name: track} for track in tracks[at : at + _TOGETHER]]
        parts.append(_log_odds(model, _copies(copies, kept, model.card), first))
    return np.concatenate(parts)


def _spans(rows: int, windows: int) -> Iterator[tuple[int, int]]:
    """Rows cut into so many windows at most; none where taking one away would leave nothing."""
    count = min(rows, windows)
    if count < 2:
        return
    edges = np.linspace(0, rows, count + 1).round().astype(int).tolist()
    yield from itertools.pairwise(edges)


def _without(track: Track, start: int, end: int) -> Track:
    return _with_rows(track, np.r_[:start, end : len(track.rows)])


def _only(track: Track, start: int, end: int) -> Track:
    return _with_rows(track, np.r_[start:end])


def _with_rows(track: Track, rows: NDArray[np.int64]) -> Track:
    """Some rows of a track, without what is shown of them."""
    return Track(rows=track.rows[rows], times_ms=track.times_ms[rows], ends_ms=track.ends_ms[rows])


def _log_odds(
    model: LabelModel, batch: LabelBatch, columns: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Log odds [b, columns] of some labels."""
    logits = model.outputs(batch)[LOGITS][:, columns]
    found: NDArray[np.float32] = logits / np.float32(model.card.temperature)
    return found


def _moments(windows: Sequence[_Window], column: int, count: int) -> Iterator[Moment]:
    """The windows that weigh most for a label, strongest first; of equal ones the first."""
    ordered = sorted(windows, key=lambda one: -float(one.weights[column]))
    for one in ordered[:count]:
        weight = float(one.weights[column])
        if weight <= 0:
            return
        yield Moment(
            start_ms=one.start_ms, end_ms=max(one.end_ms, one.start_ms + 1), weight=weight,
            stream=one.stream, text=one.text,
        )  # fmt: skip


def _warnings(card: LabelModelCard, kept: Mapping[str, Track]) -> Iterator[str]:
    absent = [one.name for one in card.net.inputs if one.name not in kept]
    if not kept:
        yield "nothing was given that the model reads: these are the scores of any video"
        return
    if absent:
        names = " and ".join(STREAM_NAMES.get(name, name) for name in absent)
        yield f"labelled without {names}, which the model reads too"
        if not card.net.branch_dropout:
            yield "it was trained with all streams there: without one its scores are a guess"
