"""STM (NIST, "Segment Time Marked"): a stretch of speech on each line, with speaker and text.

`file channel speaker start end [<labels>] text`; comments begin with `;;`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.ctm import CHANNEL, token
from loquitur.formats.document import Document, Findings, normal_lines
from loquitur.formats.losing import Losses
from loquitur.formats.reading import display_name
from loquitur.formats.voices import speaker_of
from loquitur.formats.written import Written, one_line
from loquitur.markup import Node
from loquitur.model.captions import CaptionTrack, Cue
from loquitur.timing import from_seconds

if TYPE_CHECKING:
    from loquitur.model.speech import Transcript

_LINE = re.compile(
    r"(\S+)[ \t]+(\S+)[ \t]+(\S+)[ \t]+(\d{1,9}(?:\.\d{1,9})?)[ \t]+(\d{1,9}(?:\.\d{1,9})?)"
    r"(?:[ \t]+<[^<> \t]{0,200}>)?(?:[ \t]+(.*))?",
    re.ASCII,
)
NOBODY = "unknown"
_SILENT = "ignore_time_segment_in_scoring"


def read(document: Document) -> CaptionTrack:
    """A track from STM; each line is a cue.

    Raises:
        InputError: No line is one of STM.
    """
    decoded = document.decoded()
    findings = Findings(decoded.diagnostics)
    lines = normal_lines(decoded.text.replace("\0", "\ufffd")).removeprefix("\ufeff").split("\n")
    cues, name = [], ""
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith(";;"):
            continue
        match = _LINE.fullmatch(line.strip())
        if match is None:
            findings.add("stm.junk", number, f"not a line of STM: '{line[:60]}'; left out")
            continue
        text = one_line(match[6] or "")
        if text.lower() == _SILENT:
            continue
        name = name or token(match[1])
        said = (text,) if text else ()
        who = one_line(match[3].replace("_", " "))
        tree: tuple[str | Node, ...] = (
            said if who in (NOBODY, "") else (Node(tag="v", annotation=who, children=said),)
        )
        cue = Cue.of(
            start_ms=from_seconds(float(match[4])), end_ms=from_seconds(float(match[5])), tree=tree
        )
        cues.append(
            Cue(start_ms=cue.start_ms, end_ms=cue.end_ms, payload=cue.payload, source_line=number)
        )
    if not cues and any(line.strip() and not line.startswith(";;") for line in lines):
        raise document.refused(lines[0], "file channel speaker start end text")
    return CaptionTrack(
        language=document.language, cues=tuple(cues), name=name, format="stm",
        diagnostics=findings.all(),
    )  # fmt: skip


def write_transcript(transcript: Transcript) -> Written:
    """The utterances of a transcript as STM."""
    names = {one.id: token(display_name(one)) for one in transcript.speakers}
    rows = [
        (said.start_ms, said.end_ms, names.get(said.speaker, token(said.speaker)), said.text)
        for said in transcript.utterances
    ]
    losses = ("word times and confidences", "feelings", "provenance and notes") if rows else ()
    return Written(text=_text(token(transcript.title) or "media", rows), losses=losses)


def write(track: CaptionTrack) -> Written:
    """The cues of captions as STM."""
    losses = Losses()
    losses.of_track(track, form="stm")
    rows = []
    for cue in track.cues:
        losses.of_cue(cue)
        losses.of_tags(cue, kept=("v",))
        if "\n" in cue.text:
            losses.add("line breaks inside cues")
        start_ms, end_ms = losses.times(cue)
        rows.append((start_ms, end_ms, token(speaker_of(cue)), cue.text))
    return Written(text=_text(token(track.name) or "media", rows), losses=losses.all())


def _text(name: str, rows: list[tuple[int, int, str, str]]) -> str:
    lines = [
        f"{name} {CHANNEL} {who or NOBODY} {start / 1000:.3f} {end / 1000:.3f} <o> "
        + one_line(text)
        for start, end, who, text in rows
    ]
    return "\n".join(line.rstrip() for line in [f";; {name}", *lines]) + "\n"
