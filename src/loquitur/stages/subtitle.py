"""subtitle: a transcript to a caption track."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.model.captions import CaptionTrack
from loquitur.model.speech import Transcript
from loquitur.subtitles.segment import SegmentOptions, segment

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 2
ENGINE = ""
RESULT = CaptionTrack
INPUTS = {"transcript": "weave"}
Options = SegmentOptions


def run(work: Work) -> CaptionTrack:
    """The cues of the transcript."""
    return segment(work.take("transcript", Transcript), options=work.options)
