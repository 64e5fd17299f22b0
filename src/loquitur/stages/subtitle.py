"""subtitle: a transcript to a caption track."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.model.captions import CaptionTrack
from loquitur.model.media import Shots
from loquitur.model.speech import Transcript
from loquitur.subtitles.segment import SegmentOptions, segment

if TYPE_CHECKING:
    from loquitur.protocols import Work

VERSION = 3
ENGINE = ""
RESULT = CaptionTrack
INPUTS = {"transcript": "weave", "refined": "refine", "shots": "shots"}
Options = SegmentOptions


def run(work: Work) -> CaptionTrack:
    """The cues of the transcript."""
    name = "refined" if work.has("refined") else "transcript"
    transcript = work.take(name, Transcript)
    options = work.options
    cuts = work.take("shots", Shots).cuts_ms if work.has("shots") else ()
    return segment(
        transcript,
        limits=options.limits(transcript.language),
        cuts=cuts,
        dialogues=options.dialogues,
        karaoke=options.karaoke,
    )
