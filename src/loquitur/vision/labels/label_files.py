"""Labels as files: the JSON of `label predict`, and CSV with a row a label and genre.

The JSON is what a library, a report and `eval label` take: `{"video", "media_id", "labels":
[{"label", "score", "index", "verticals", "branches", "moments"}], "genres": [...]}`.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from loquitur.errors import UsageError, near
from loquitur.text import display

if TYPE_CHECKING:
    from loquitur.model.labels import Labels, LabelScore

FORMS = ("json", "csv")
"""What labels are written as."""
_DIGITS = 6


def forms_of(text: str) -> tuple[str, ...]:
    """`json,csv` as names, each known, in their order and once.

    Raises:
        UsageError: One of them is none; near names are offered.
    """
    found = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    for name in found:
        if name not in FORMS:
            raise UsageError(f"labels are not written as '{display(name)}'", hint=near(name, FORMS))
    return found


def document_of(
    labels: Labels, *, video: str, title: str = "", duration_ms: int | None = None
) -> dict[str, Any]:
    """Labels as the JSON document of `label predict`.

    Args:
        labels: What was found.
        video: An id of YouTube, or the path or address of the medium.
        title: Of the medium.
        duration_ms: Its length; None where nobody knows.
    """
    stamp = labels.source
    return {
        "video": video,
        "media_id": labels.media_id,
        "title": title or None,
        "duration_ms": duration_ms,
        "model": {
            "name": stamp.name,
            "version": stamp.version,
            "model": stamp.model or None,
            "digest": stamp.model_digest or None,
        },
        "streams": list(labels.streams),
        "labels": [_plain(one) for one in labels.labels],
        "genres": [_plain(one) for one in labels.genres],
        "warnings": list(labels.warnings),
    }


def _plain(one: LabelScore) -> dict[str, Any]:
    return {
        "label": one.label,
        "score": round(one.score, _DIGITS),
        "index": one.index,
        "verticals": list(one.verticals),
        "branches": {name: round(score, _DIGITS) for name, score in one.branches},
        "moments": [
            {
                "start_ms": each.start_ms,
                "end_ms": each.end_ms,
                "weight": round(each.weight, _DIGITS),
                "stream": each.stream,
                "text": each.text,
            }
            for each in one.moments
        ],
    }


def content_of(
    labels: Labels, form: str, *, video: str, title: str = "", duration_ms: int | None = None
) -> bytes:
    """A file's bytes; see `document_of`."""
    if form == "json":
        document = document_of(labels, video=video, title=title, duration_ms=duration_ms)
        return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["video", "kind", "label", "score", "index", "verticals", *labels.streams])
    for kind, ones in (("label", labels.labels), ("genre", labels.genres)):
        for one in ones:
            alone = dict(one.branches)
            writer.writerow([
                video, kind, one.label, f"{one.score:.6f}",
                "" if one.index is None else one.index, "|".join(one.verticals),
                *(f"{alone[name]:.6f}" if name in alone else "" for name in labels.streams),
            ])  # fmt: skip
    return file.getvalue().encode()
