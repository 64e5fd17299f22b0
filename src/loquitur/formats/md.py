"""Markdown (CommonMark): title, speakers, and paragraphs with their times."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.reading import display_name, draft_notice, losses, voice
from loquitur.formats.written import Written, one_line
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.model.speech import Transcript

# CommonMark 0.31, section 2.4: any ASCII punctuation may be escaped. `|`, `~`, `$` are GitHub's.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~&$!]")
_LINE_START = re.compile(r"([-+=:])|(\d{1,9})([.)])")


def write(transcript: Transcript) -> Written:
    """A transcript as Markdown; a draft says so in the first line."""
    notice = draft_notice(transcript)
    blocks = [f"> {escaped(notice)}"] if notice else []
    blocks.append("# " + (escaped(one_line(transcript.title)) or "Transcript"))
    blocks.append("\n".join(_facts(transcript)))
    speaking = ""
    for utterance in transcript.utterances:
        who = voice(transcript, utterance)
        head = f"**{escaped(who)}** " if who != speaking else ""
        speaking = who
        time = f"`{short_clock(utterance.start_ms)}`"
        blocks.append(f"{head}{time}\n{escaped(one_line(utterance.text))}")
    return Written(text="\n\n".join(blocks) + "\n", losses=losses(transcript))


def escaped(line: str) -> str:
    r"""A line that Markdown shows as it stands.

    >>> print(escaped("1. *this* <b> &amp;"))
    1\. \*this\* \<b\> \&amp;
    """
    line = _SPECIAL.sub(r"\\\g<0>", line)
    if start := _LINE_START.match(line):
        at = start.start(1) if start[1] else start.start(3)
        line = f"{line[:at]}\\{line[at:]}"
    return line


def _moods(transcript: Transcript) -> Iterator[str]:
    """Of each speaker whose mood is known the largest shares, at most three."""
    for one in transcript.speakers:
        if one.mood is not None:
            shares = [f"{mood} {share:.0%}" for mood, share in one.mood.scores[:3] if share >= 0.05]
            yield f"{display_name(one)} {', '.join(shares)}"


def _facts(transcript: Transcript) -> list[str]:
    speakers = ", ".join(escaped(display_name(one)) for one in transcript.speakers)
    facts = {
        "Speakers": speakers,
        "Language": escaped(one_line(transcript.language)),
        "Length": short_clock(transcript.duration_ms),
        "Moods": escaped("; ".join(_moods(transcript))),
    }
    return [f"- {name}: {value}" for name, value in facts.items() if value]
