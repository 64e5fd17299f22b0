"""Documents of labels: what a video is about, each label where it is seen, heard or said most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.insight.labels.reading import GivenLabel, LabelledMoment, read_labels
from loquitur.insight.links import origin_of
from loquitur.library.documents import Document, Remarks, day_of, media_id_of, title_of
from loquitur.library.documents_written import document_of_file
from loquitur.library.passages.remarks import Remark
from loquitur.library.passages.speech import whole
from loquitur.model.library import Part, Volume

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from loquitur.library.documents import Said
    from loquitur.model.labels import Labels

LEAST = 0.05
"""Labels of a lower score are not put into a library ..."""
SHARE = 0.5
"""... nor those of less than this share of the highest score: a search would find what is not
there."""


def labels(path: Path, said: Said) -> tuple[Document, ...]:
    """The labels of a video (JSON with `video` and `labels`), each by itself."""
    found = read_labels(path)
    source = Remarks(remarks=_remarks(found.labels, found.genres))
    if not source.remarks:
        return ()
    return document_of_file(
        path, said, "labels", source, video=found.video or "", media_id=found.media_id or "",
        title=found.title or "", duration_ms=found.duration_ms,
    )  # fmt: skip


def labelled_media(
    found: Labels, *, said: Said, media_id: str, origin: str = "", duration_ms: int | None = None
) -> Document:
    """The labels of a medium, beside what is said in it.

    Args:
        found: With what speaks for each.
        said: What is known of the medium: its id, title, channel, day.
        media_id: Of what has no id of YouTube.
        origin: Where the moments of such a one lead.
        duration_ms: Its length.
    """
    return Document(
        volume=Volume(
            media_id=media_id_of(said.video_id) or media_id,
            title=title_of(said.title),
            channel=whole(said.channel),
            published=day_of(said.published),
            language=said.language or "und",
            origin=origin_of(video_id=said.video_id) if said.video_id else whole(origin),
            duration_ms=duration_ms,
        ),
        part=Part(kind="labels", source="labels"),
        source=Remarks(remarks=_remarks(_given(found, "labels"), _given(found, "genres"))),
        titled=bool(said.title),
    )


def _given(found: Labels, which: str) -> tuple[GivenLabel, ...]:
    return tuple(
        GivenLabel(
            label=one.label,
            score=one.score,
            verticals=one.verticals,
            moments=tuple(
                LabelledMoment(start_ms=each.start_ms, end_ms=each.end_ms) for each in one.moments
            ),
        )
        for one in (found.labels if which == "labels" else found.genres)
    )


def _remarks(*several: Sequence[GivenLabel]) -> tuple[Remark, ...]:
    """A line a label, at the moment that speaks most for it; a genre is of the whole."""
    kept = [one for ones in several for one in _likely(ones)]
    seen: dict[str, Remark] = {}
    for one in kept:
        first = next(iter(one.moments), None)
        genres = [each for each in one.verticals if each != one.label]
        text = one.label + (f" ({', '.join(genres)})" if genres else "")
        seen.setdefault(
            one.label.casefold(),
            Remark(
                text=whole(text),
                start_ms=first.start_ms if first else None,
                end_ms=first.end_ms if first else None,
            ),
        )
    return tuple(seen.values())


def _likely(ones: Iterable[GivenLabel]) -> list[GivenLabel]:
    """Those that are likely enough to be looked for, highest first."""
    ordered = sorted(ones, key=lambda one: -one.score)
    bound = max(LEAST, SHARE * ordered[0].score) if ordered else 0.0
    return [one for one in ordered if one.score >= bound]
