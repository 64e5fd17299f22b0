"""What `label features` says: how far it is, what it wrote, what failed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from loquitur.cli.output import tell, tell_error
from loquitur.errors import InputError
from loquitur.model.labels import STREAM_NAMES
from loquitur.text import counted, display
from loquitur.vision.encoders import said

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from loquitur.model.speech import EngineStamp
    from loquitur.vision.labels.own.gathered import Failure
    from loquitur.vision.labels.own.making import Written
    from loquitur.vision.labels.vocabulary import LabelVocabulary

TOLD = 5
"""So many failures are told on the terminal; the file has all."""


def document(
    folder: Path,
    written: Written,
    failures: Sequence[Failure],
    vocabulary: LabelVocabulary | None,
) -> dict[str, Any]:
    """What was written, as JSON."""
    return {
        "dataset": str(folder),
        "level": written.info.level,
        "videos": dict(written.videos),
        "labels": len(vocabulary.labels) if vocabulary is not None else 0,
        "streams": [
            {
                "name": one.name,
                "dimension": one.dimension,
                "quantised": one.quantised,
                "rows": written.rows[one.name],
                "absent": written.absent[one.name],
                "encoder": dataclasses.asdict(one.encoder) if one.encoder is not None else None,
                "projection": one.projection,
                "kept": round(written.projections[one.name].kept, 4)
                if one.name in written.projections
                else None,
            }
            for one in written.info.streams
        ],
        "shards": list(written.shards),
        "failures": [dataclasses.asdict(one) for one in failures],
    }


def tell_nothing(failures: Sequence[Failure], *, as_json: bool) -> None:
    """Say that no data set came of it, and why."""
    for failure in failures[:TOLD]:
        tell(f"{display(failure.video_id)}: {display(failure.reason)}")
    error = InputError("of no video anything could be made")
    tell_error(error.message, hint=error.hint, code=error.code, as_json=as_json)


def tell_end(folder: Path, written: Written, failures: Sequence[Failure], seconds: float) -> None:
    """Say what was written."""
    parts = ", ".join(f"{part} {many}" for part, many in written.videos.items() if many)
    total = sum(written.videos.values())
    tell(f"{display(str(folder))}: {counted(total, 'video')} ({parts}) in {seconds:.1f} s")
    for one in written.info.streams:
        absent = written.absent[one.name]
        lacking = f"; {counted(absent, 'video')} without" if absent else ""
        found = written.projections.get(one.name)
        kept = f", {found.kept:.0%} of the variance" if found and found.kind == "pca" else ""
        tell(
            f"  {STREAM_NAMES[one.name]}: {written.rows[one.name]} rows x {one.dimension}{kept}, by"
            f" {_called(one.encoder)}{lacking}"
        )
    for failure in failures[:TOLD]:
        what = STREAM_NAMES.get(failure.stream, "nothing") if failure.stream else "nothing"
        said = f"no {what}" if failure.stream else what
        tell(f"{display(failure.video_id)}: {said}: {display(failure.reason)}")
    if failures:
        tell(f"{counted(len(failures), 'failure')}: {display(str(folder))}/failures.jsonl")


def _called(encoder: EngineStamp | None) -> str:
    """An encoder for people, with the digest of its files where it has any."""
    if encoder is None:
        return "?"
    return said(encoder) if encoder.model_digest else display(encoder.name)
