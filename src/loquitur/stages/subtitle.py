"""subtitle: a transcript to a caption track."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.model.captions import CaptionTrack
from loquitur.model.speech import Transcript
from loquitur.subtitles.segment import SegmentOptions, segment

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 1
ENGINE = ""
RESULT = CaptionTrack
INPUTS = {"transcript": "weave", "refined": "refine"}
Options = SegmentOptions


def run(work: Work) -> CaptionTrack:
    """The cues of the transcript."""
    name = "refined" if work.has("refined") else "transcript"
    return segment(work.take(name, Transcript), options=work.options)
