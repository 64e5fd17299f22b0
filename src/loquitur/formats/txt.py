"""Plain text: one line per utterance, with its time, its speaker and, where known, the mood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.formats.reading import draft_notice, losses, voice
from loquitur.formats.written import Written, one_line
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from loquitur.model.speech import Transcript


def write(transcript: Transcript) -> Written:
    """A transcript as plain text; a draft says so in the first line."""
    heads = [draft_notice(transcript), one_line(transcript.title)]
    lines = [
        f"[{short_clock(utterance.start_ms)}] {voice(transcript, utterance)}: "
        + one_line(utterance.text)
        for utterance in transcript.utterances
    ]
    blocks = [head for head in heads if head] + (["\n".join(lines)] if lines else [])
    return Written(text="\n\n".join(blocks) + "\n", losses=losses(transcript))
