"""RealText (`.rt`): text between `<time begin= end=>` tags, of which captions were once made."""

from __future__ import annotations

import html
import re

from loquitur.formats.document import Document, Findings, normal_lines
from loquitur.markup import translate
from loquitur.model.captions import CaptionTrack, Cue

_TIME = re.compile(r"<time\b([^<>]{0,200})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""\b(begin|end)\s{0,9}=\s{0,9}["']?([\d:.]{1,30})""", re.IGNORECASE)
_SHOWN = re.compile(r"<(/?)(b|i|u)>", re.IGNORECASE)
_BREAK = re.compile(r"<(?:br|p)\b[^<>]{0,200}>", re.IGNORECASE)
_OTHER = re.compile(r"</?[a-z][^<>]{0,400}>", re.IGNORECASE)
_SECONDS = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,4}):)?(\d{1,7})(?:\.(\d{1,6}))?", re.ASCII)
_LAST_MS = 4000


def read(document: Document) -> CaptionTrack:
    """A track from RealText.

    Raises:
        InputError: There is no `<time>` tag in it.
    """
    decoded = document.decoded()
    findings = Findings(decoded.diagnostics)
    text = normal_lines(decoded.text.replace("\0", "\ufffd"))
    tags = list(_TIME.finditer(text))
    if not tags:
        raise document.refused(text.partition("\n")[0], '<time begin="..."> tags')
    cues: list[Cue] = []
    line, seen = 1, 0
    for tag, after in zip(tags, [*tags[1:], None], strict=True):
        line += text.count("\n", seen, tag.start())
        seen = tag.start()
        said = {name.lower(): _ms(value) for name, value in _ATTRIBUTE.findall(tag[1])}
        start_ms = said.get("begin")
        if start_ms is None:
            findings.add("rt.time", line, f"a time without begin: '{tag[0][:60]}'; left out")
            continue
        follows = _ATTRIBUTE.search(after[1]) if after else None
        end_ms = said.get("end")
        if end_ms is None:
            end_ms = _ms(follows[2]) if follows and follows[1].lower() == "begin" else None
        if end_ms is None:
            end_ms = start_ms + _LAST_MS
        payload = _payload(text[tag.end() : after.start() if after else len(text)])
        if payload:
            cues.append(Cue(start_ms=start_ms, end_ms=end_ms, payload=payload, source_line=line))
    return CaptionTrack(
        language=document.language, cues=tuple(cues), format="rt", diagnostics=findings.all()
    )


def _payload(text: str) -> str:
    """The text of a cue in WebVTT's notation: its lines, and what is bold, italic or underlined."""
    text = _OTHER.sub(
        lambda tag: tag[0].lower() if _SHOWN.fullmatch(tag[0]) else "", _BREAK.sub("\n", text)
    )
    lines = (" ".join(line.split()) for line in html.unescape(text).split("\n"))
    payload, _ = translate("\n".join(line for line in lines if line), "srt", "vtt")
    return payload.strip("\n")


def _ms(text: str) -> int | None:
    match = _SECONDS.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    ms = (int((fraction or "").ljust(6, "0")) + 500) // 1000
    return int(hours or 0) * 3_600_000 + int(minutes or 0) * 60_000 + int(seconds) * 1000 + ms
