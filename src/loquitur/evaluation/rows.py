"""Formats with one row per line and fields between blanks: CTM, STM, RTTM, UEM (NIST).

CTM: recording, channel, start, length, word [, confidence]. STM: recording, channel, speaker,
start, end [, <labels>], text. RTTM: type, recording, channel, start, length, -, -, speaker.
UEM: recording, channel, start, end. Times are seconds; lines that open with `;;` are comments.
Channels of one recording are taken together.
"""

from __future__ import annotations

from collections.abc import Iterator

from loquitur.evaluation.content import Content
from loquitur.evaluation.entries import Entry, Sheet, TimedWord
from loquitur.timing import Span, from_seconds

RTTM_TYPES = frozenset(
    {"SPEAKER", "SPKR-INFO", "LEXEME", "NON-LEX", "NON-SPEECH", "FILLER", "EDIT", "SEGMENT"}
    | {"NOSCORE", "NO_RT_METADATA", "IP", "CB", "SU", "A/P", "IN_SU"}
)
UNSCORED = "ignore_time_segment_in_scoring"
_EXCLUDED = frozenset({"excluded_region", "inter_segment_gap"})


def read_ctm(content: Content) -> Sheet:
    """Words with times; one entry per word.

    Raises:
        InputError: A row is no CTM row.
    """
    entries = []
    for number, fields in _rows(content):
        if len(fields) < 5:
            raise content.wrong(number, " ".join(fields), "recording, channel, start, length, word")
        if fields[4].startswith("<ALT"):
            raise content.wrong(number, " ".join(fields), "one word for each time, no alternatives")
        start_ms, end_ms = content.span_ms(fields[2], fields[3], number)
        word = TimedWord(start_ms=start_ms, end_ms=end_ms, text=fields[4])
        entries.append(
            Entry(
                recording=fields[0],
                text=word.text,
                start_ms=start_ms,
                end_ms=end_ms,
                words=(word,),
            )
        )
    return Sheet(path=str(content.path), entries=tuple(entries), named=True)


def read_stm(content: Content) -> Sheet:
    """Segments of speakers; those marked as not to be scored are left out, and a note says so.

    Raises:
        InputError: A row is no STM row.
    """
    entries, left_out = [], 0
    for number, fields in _rows(content, most=5):
        if len(fields) < 5:
            raise content.wrong(number, " ".join(fields), "recording, channel, speaker, start, end")
        start_ms, end_ms = _borders(content, fields[3], fields[4], number)
        text = fields[5] if len(fields) > 5 else ""
        if text.startswith("<") and ">" in text:
            text = text.partition(">")[2]
        if fields[2] in _EXCLUDED or text.strip().lower() == UNSCORED:
            left_out += 1
            continue
        entries.append(
            Entry(
                recording=fields[0],
                speaker=fields[2],
                start_ms=start_ms,
                end_ms=end_ms,
                text=" ".join(text.split()),
            )
        )
    notes: tuple[str, ...] = ()
    if left_out:
        told = (
            f"{left_out} segments of {content.path.name} are not to be scored and were left out; "
            "what the hypothesis says there counts as inserted"
        )
        notes = (told,)
    return Sheet(
        path=str(content.path), entries=tuple(entries), named=True, whole=True, notes=notes
    )


def read_rttm(content: Content) -> Sheet:
    """Turns; rows of other types and turns without length are passed over.

    Raises:
        InputError: A row is no RTTM row.
    """
    entries = []
    for number, fields in _rows(content):
        if fields[0] not in RTTM_TYPES:
            raise content.wrong(number, fields[0], "an RTTM row such as SPEAKER")
        if fields[0] != "SPEAKER":
            continue
        if len(fields) < 8 or fields[7] == "<NA>":
            raise content.wrong(
                number,
                " ".join(fields),
                "SPEAKER, recording, channel, start, length, <NA>, <NA>, speaker",
            )
        start_ms, end_ms = content.span_ms(fields[3], fields[4], number)
        if end_ms > start_ms:
            entries.append(
                Entry(recording=fields[1], speaker=fields[7], start_ms=start_ms, end_ms=end_ms)
            )
    return Sheet(path=str(content.path), entries=tuple(entries), named=True)


def read_uem(content: Content) -> dict[str, tuple[Span, ...]]:
    """The stretches to be scored, in ms, by recording.

    Raises:
        InputError: A row is no UEM row.
    """
    found: dict[str, list[Span]] = {}
    for number, fields in _rows(content):
        if len(fields) < 4:
            raise content.wrong(number, " ".join(fields), "recording, channel, start, end")
        start_ms, end_ms = _borders(content, fields[2], fields[3], number)
        found.setdefault(fields[0], [])
        if end_ms > start_ms:
            found[fields[0]].append(Span(start_ms=start_ms, end_ms=end_ms))
    return {name: tuple(spans) for name, spans in found.items()}


def _borders(content: Content, start: str, end: str, line: int) -> tuple[int, int]:
    start_ms = from_seconds(content.seconds(start, line, "a start"))
    end_ms = from_seconds(content.seconds(end, line, "an end"))
    if end_ms < start_ms:
        raise content.wrong(line, f"{start} {end}", "an end that is not before its start")
    return start_ms, end_ms


def _rows(content: Content, *, most: int = -1) -> Iterator[tuple[int, list[str]]]:
    for number, line in content.lines():
        fields = line.split(None, most)
        if fields and not fields[0].startswith((";;", "#")):
            yield number, fields
