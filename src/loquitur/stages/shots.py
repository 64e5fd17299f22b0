"""shots: a medium to the times at which its pictures are cut, for captions that shall heed them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.media.shots import ShotOptions, find_shots
from loquitur.model.media import Shots

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 1
ENGINE = ""
RESULT = Shots
INPUTS = {"media": "media"}
Options = ShotOptions


def run(work: Work) -> Shots:
    """The cuts of the pictures; none where the medium has sound alone."""
    if not work.media.has_video:
        return Shots(media_id=work.media.media_id)
    looked = find_shots(work.media_path, options=work.options, progress=work.progress)
    damaged = f"{looked.damaged} damaged packets of the pictures skipped"
    return Shots(
        media_id=work.media.media_id,
        cuts_ms=looked.cuts_ms,
        frame_count=looked.frame_count,
        end_ms=looked.end_ms,
        frame_rate_hz=looked.frame_rate_hz,
        warnings=(damaged,) if looked.damaged else (),
    )
