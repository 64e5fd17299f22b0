"""Text and captions: TXT, SRT and WebVTT, as far as scoring needs them.

Mark-up is taken off; a voice in WebVTT is the speaker. What Loquitur itself writes in front of
words (mood behind a name, stamp and name in a text) is not scored as words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from loquitur import formats
from loquitur.evaluation.content import Content
from loquitur.evaluation.entries import Entry, Sheet
from loquitur.markup import Node
from loquitur.model.captions import CaptionTrack, Cue

_DASH = re.compile(r"\A[-\u2010-\u2015] ?(?=\S)")
_MOOD = re.compile(r"\s*\([^()]*\)$")
_STAMPED = re.compile(r"\[(?:\d+:)?\d+:\d\d\] (.+?): (.*)")


def read_txt(content: Content) -> Sheet:
    """Plain text: one entry per line, without times.

    A text as `loquitur run --format txt` writes it is known by its stamps; its title, names and
    stamps are not words.
    """
    lines = [" ".join(line.split()) for _, line in content.lines()]
    first = next((n for n, line in enumerate(lines) if _STAMPED.fullmatch(line)), None)
    stamped = [_STAMPED.fullmatch(line) for line in lines[first:] if line] if lines else []
    if first is None or not all(stamped):
        entries = [Entry(recording=content.stem, text=line) for line in lines if line]
        return Sheet(path=str(content.path), entries=tuple(entries))
    entries = [
        Entry(recording=content.stem, speaker=_MOOD.sub("", found[1]), text=found[2])
        for found in stamped
        if found
    ]
    return Sheet(path=str(content.path), entries=tuple(entries), whole=True)


def read_srt(content: Content) -> Sheet:
    """SubRip cues.

    Raises:
        InputError: A line of times is none, or there is text and no cue at all.
    """
    track = _read(content, "srt")
    for number, line in () if track.cues else content.lines():
        if line.strip("\ufeff \t\f\v"):
            raise content.wrong(number, line, "a cue: number, times, text")
    entries = []
    for cue in track.cues:
        text = " ".join(html.unescape(cue.text).split())
        entries.append(
            Entry(recording=content.stem, start_ms=cue.start_ms, end_ms=cue.end_ms, text=text)
        )
    return Sheet(path=str(content.path), entries=tuple(entries))


def read_vtt(content: Content) -> Sheet:
    """WebVTT cues; a cue with several voices becomes as many entries.

    Raises:
        InputError: It has no signature, or a line of times is none.
    """
    if not re.match(r"WEBVTT(?:[ \t\r\n]|$)", content.text):
        raise content.wrong(1, content.text.split("\n", 1)[0], "WEBVTT")
    entries = [
        Entry(
            recording=content.stem,
            speaker=speaker,
            start_ms=cue.start_ms,
            end_ms=cue.end_ms,
            text=text,
        )
        for cue in _read(content, "vtt").cues
        for speaker, text in _voices(cue)
    ]
    return Sheet(path=str(content.path), entries=tuple(entries))


_REFUSED = {
    "srt.time.broken": "HH:MM:SS,mmm --> HH:MM:SS,mmm",
    "vtt.time": "HH:MM:SS.mmm --> HH:MM:SS.mmm",
    "vtt.junk": "a cue, with an arrow between its times",
    "cue.end-before-start": "an end that is not before its start",
}
"""What readers mend or pass over, and a score must not: it would be of other words."""


def _read(content: Content, form: str) -> CaptionTrack:
    document = formats.Document.of_text(content.text, name=str(content.path))
    track = formats.read(document, form=form)
    lines = content.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for one in track.diagnostics:
        if expected := _REFUSED.get(one.code):
            line = lines[one.line - 1] if one.line else ""
            if one.code == "cue.end-before-start" and _spanned(track, one.line):
                continue
            if line.startswith("NOTE"):  # a comment, whatever is written in it
                continue
            raise content.wrong(one.line, line, expected)
    return track


def _spanned(track: CaptionTrack, line: int) -> bool:
    """Whether the cue at a line is of no length, which a score can live with."""
    return any(cue.source_line == line and cue.start_ms == cue.end_ms for cue in track.cues)


def _voices(cue: Cue) -> Iterator[tuple[str, str]]:
    said: list[tuple[str, list[str]]] = []
    _gather(cue.tree, "", said)
    shared = len({speaker for speaker, texts in said if "".join(texts).strip()}) > 1
    for speaker, texts in said:
        text = " ".join("".join(texts).split())
        if shared and speaker:  # the dash of a dialogue is no word
            text = _DASH.sub("", text)
        if text:
            yield _MOOD.sub("", " ".join(speaker.split())), text


def _gather(items: Iterable[str | Node], speaker: str, said: list[tuple[str, list[str]]]) -> None:
    """What each voice says, in order; text inside no voice is nobody's."""
    for item in items:
        if isinstance(item, Node):
            _gather(item.children, item.annotation if item.tag == "v" else speaker, said)
        elif said and said[-1][0] == speaker:
            said[-1][1].append(item)
        else:
            said.append((speaker, [item]))
