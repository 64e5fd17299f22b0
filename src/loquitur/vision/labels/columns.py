"""Examples taken apart and put together: some of them, or several one behind the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur.vision.labels.examples import Examples, Stream, offsets_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]


def taken(examples: Examples, videos: Numbers, wanted: Collection[str] | None = None) -> Examples:
    """Some of the examples, in the order asked for; rated segments are left out.

    Args:
        examples: All of them.
        videos: Which ones, int64 [n].
        wanted: Streams by name; all where None.
    """
    labels, label_offsets = _ragged(examples.labels, examples.label_offsets, videos)
    streams = {}
    for name, stream in examples.streams.items():
        if wanted is not None and name not in wanted:
            continue
        rows, offsets = _ragged(stream.rows, stream.offsets, videos)
        times = stream.times_ms
        streams[name] = Stream(
            rows=rows,
            offsets=offsets,
            times_ms=None if times is None else _ragged(times, stream.offsets, videos)[0],
        )
    return Examples(
        video_ids=tuple(examples.video_ids[video] for video in videos),
        labels=labels,
        label_offsets=label_offsets,
        streams=streams,
        texts={
            name: tuple(column[video] for video in videos)
            for name, column in examples.texts.items()
        },
    )


def joined(several: Sequence[Examples]) -> Examples:
    """Examples one behind the other; rated segments are left out.

    A stream that some do not have is absent in their videos, times that some do not know are
    unknown in all.

    Raises:
        ValueError: There are none, or streams of different widths.
    """
    if not several:
        raise ValueError("nothing to join")
    if len(several) == 1:
        return several[0]
    names = dict.fromkeys(name for one in several for name in one.streams)
    texts = dict.fromkeys(name for one in several for name in one.texts)
    return Examples(
        video_ids=tuple(video for one in several for video in one.video_ids),
        labels=np.concatenate([one.labels for one in several]),
        label_offsets=_chained([one.label_offsets for one in several]),
        streams={name: _stream([(one.streams.get(name), len(one)) for one in several])
                 for name in names},
        texts={
            name: tuple(
                text for one in several for text in one.texts.get(name, ("",) * len(one))
            )
            for name in texts
        },
    )  # fmt: skip


def _stream(parts: Sequence[tuple[Stream | None, int]]) -> Stream:
    """Rows of several examples; the number of videos tells how long an absent one is."""
    known = [stream for stream, _ in parts if stream is not None]
    kept = [stream for stream in known if len(stream.rows)] or known[:1]
    times = [stream.times_ms for stream in kept]
    return Stream(
        rows=np.concatenate([stream.rows for stream in kept]),
        offsets=_chained(
            [np.zeros(many + 1, np.int64) if one is None else one.offsets for one, many in parts]
        ),
        times_ms=(
            None
            if any(one is None for one in times)
            else np.concatenate([one for one in times if one is not None])
        ),
    )


def _chained(offsets: Sequence[Numbers]) -> Numbers:
    """Offsets of columns one behind the other."""
    return offsets_of(np.concatenate([np.diff(one) for one in offsets]))


def _ragged(rows: NDArray[Any], offsets: Numbers, chosen: Numbers) -> tuple[NDArray[Any], Numbers]:
    """The rows of some entries, and where each begins among them."""
    lengths = (offsets[1:] - offsets[:-1])[chosen]
    new = offsets_of(lengths)
    if len(chosen) and (np.diff(chosen) == 1).all():  # neighbours: no copy
        return rows[offsets[chosen[0]] : offsets[chosen[-1] + 1]], new
    at = np.arange(new[-1]) + np.repeat(offsets[:-1][chosen] - new[:-1], lengths)
    return rows[at], new
