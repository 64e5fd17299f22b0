"""Markdown (CommonMark): title, speakers, and paragraphs with their times."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.reading import display_name, draft_notice, losses, paragraphs, voice
from loquitur.formats.written import Written, one_line
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.model.speech import Chapter, Transcript

# CommonMark 0.31, section 2.4: any ASCII punctuation may be escaped. `|`, `~`, `$` are GitHub's.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#|~&$!]")
_LINE_START = re.compile(r"([-+=:])|(\d{1,9})([.)])")


def write(transcript: Transcript) -> Written:
    """A transcript as Markdown; a draft says so in the first line."""
    notice = draft_notice(transcript)
    blocks = [f"> {escaped(notice)}"] if notice else []
    blocks.append("# " + (escaped(one_line(transcript.title)) or "Transcript"))
    blocks.append("\n".join(_facts(transcript)))
    blocks += _outline(transcript)
    headings = _headings(transcript)
    speaking = ""
    for utterance in transcript.utterances:
        while headings and headings[0].start_ms < utterance.end_ms:
            blocks.append(f"## {escaped(one_line(headings.pop(0).title))}")
        who = voice(transcript, utterance)
        head = f"**{escaped(who)}** " if who != speaking else ""
        speaking = who
        time = f"`{short_clock(utterance.start_ms)}`"
        first, *others = paragraphs(transcript, utterance)
        blocks.append(f"{head}{time}\n{escaped(first)}")
        blocks += [escaped(other) for other in others]
    return Written(text="\n\n".join(blocks) + "\n", losses=losses(transcript))


def _outline(transcript: Transcript) -> Iterator[str]:
    """What a language model says it is about, said to be its words."""
    outline = transcript.outline
    if outline is None or not (outline.title or outline.summary):
        return
    engine = one_line(f"{outline.engine.name} {outline.engine.model}".strip())
    texts = [f"*{escaped(one_line(outline.title))}*" if outline.title else ""]
    texts.append(escaped(one_line(outline.summary)))
    yield "\n\n".join(text for text in texts if text) + f"\n\n(Summary by {escaped(engine)}.)"


def _headings(transcript: Transcript) -> list[Chapter]:
    return list(transcript.outline.chapters) if transcript.outline is not None else []


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
