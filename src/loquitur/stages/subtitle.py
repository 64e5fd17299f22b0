"""subtitle: a transcript to a caption track."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.model.captions import CaptionTrack
from loquitur.model.speech import Transcript
from loquitur.subtitles.defaults import default_limits
from loquitur.subtitles.segment import SegmentOptions, segment

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 3
ENGINE = ""
RESULT = CaptionTrack
INPUTS = {"transcript": "weave"}
Options = SegmentOptions


def run(work: Work) -> CaptionTrack:
    """The cues of the transcript."""
    transcript = work.take("transcript", Transcript)
    options = work.options
    return segment(
        transcript,
        limits=options.over(default_limits(transcript.language)),
        dialogues=options.dialogues,
        karaoke=options.karaoke,
    )
