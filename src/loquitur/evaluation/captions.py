"""Text and captions: TXT, SRT and WebVTT, as far as scoring needs them.

Mark-up is taken off; a voice in WebVTT is the speaker. What Loquitur itself writes in front of
words (mood behind a name, stamp and name in a text) is not scored as words.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from loquitur.evaluation.content import Content
from loquitur.evaluation.entries import Entry, Sheet
from loquitur.timing import parse_clock

_ARROW = "-->"
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>")
_TAG = re.compile(r"<[^>]*>")
_OVERRIDE = re.compile(r"\{\\[^}]*\}")
_MOOD = re.compile(r"\s*\([^()]*\)$")
_STAMPED = re.compile(r"\[(?:\d+:)?\d+:\d\d\] (.+?): (.*)")
_UNTIMED = ("NOTE", "STYLE", "REGION")


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
    entries = []
    for number, block in _blocks(content):
        at = next((n for n, line in enumerate(block[:2]) if _ARROW in line), None)
        if at is None:
            raise content.wrong(number, block[0], "a cue: number, times, text")
        start_ms, end_ms = _times(content, number + at, block[at])
        text = _OVERRIDE.sub("", _TAG.sub("", " ".join(block[at + 1 :])))
        entries.append(
            Entry(
                recording=content.stem,
                start_ms=start_ms,
                end_ms=end_ms,
                text=" ".join(text.split()),
            )
        )
    return Sheet(path=str(content.path), entries=tuple(entries))


def read_vtt(content: Content) -> Sheet:
    """WebVTT cues; a cue with several voices becomes as many entries.

    Raises:
        InputError: It has no signature, or a line of times is none.
    """
    if not re.match(r"WEBVTT(?:[ \t\r\n]|$)", content.text):
        raise content.wrong(1, content.text.split("\n", 1)[0], "WEBVTT")
    entries = []
    for number, block in _blocks(content):
        if number == 1 or block[0].split()[0] in _UNTIMED:
            continue
        at = next((n for n, line in enumerate(block[:2]) if _ARROW in line), None)
        if at is None:
            raise content.wrong(number, block[0], "a cue, with an arrow between its times")
        start_ms, end_ms = _times(content, number + at, block[at])
        for speaker, text in _voices(" ".join(block[at + 1 :])):
            entries.append(
                Entry(
                    recording=content.stem,
                    speaker=speaker,
                    start_ms=start_ms,
                    end_ms=end_ms,
                    text=text,
                )
            )
    return Sheet(path=str(content.path), entries=tuple(entries))


def _voices(payload: str) -> Iterator[tuple[str, str]]:
    pieces = _VOICE.split(payload)
    for name, text in (("", pieces[0]), *zip(pieces[1::2], pieces[2::2], strict=True)):
        said = " ".join(html.unescape(_TAG.sub("", text)).split())
        if said:
            yield _MOOD.sub("", " ".join(html.unescape(name).split())), said


def _times(content: Content, number: int, line: str) -> tuple[int, int]:
    before, _, after = line.partition(_ARROW)
    try:
        start_ms = parse_clock(before)
        end_ms = parse_clock(after.split()[0] if after.split() else "")
    except ValueError as exc:
        raise content.wrong(number, line, "HH:MM:SS.mmm --> HH:MM:SS.mmm") from exc
    if end_ms < start_ms:
        raise content.wrong(number, line, "an end that is not before its start")
    return start_ms, end_ms


def _blocks(content: Content) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines that are not blank, with the number of the first."""
    block: list[str] = []
    first = 1
    for number, line in content.lines():
        if line.strip():
            if not block:
                first = number
            block.append(line)
        elif block:
            yield first, block
            block = []
    if block:
        yield first, block
