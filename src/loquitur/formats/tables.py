"""Cues as a table: CSV for spreadsheets, TSV, and the labels of Audacity.

The columns of CSV and TSV are `id, start, end, speaker, text`, and of a transcript `start, end,
speaker, emotion, confidence, text` with a row for each utterance. Tables of other makers are read
by the names of their columns; whole numbers are milliseconds as in Whisper's TSV, others seconds.

A cell of CSV or TSV that a spreadsheet would run as a formula is guarded, as `tables.cells` says.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from loquitur.formats.document import Document, Findings, normal_lines
from loquitur.formats.losing import Losses, PlainTexts
from loquitur.formats.reading import display_name, draft_notice
from loquitur.formats.written import Written, clean, encodable, one_line
from loquitur.markup import Node
from loquitur.markup import write as write_tree
from loquitur.model.captions import CaptionTrack, Cue
from loquitur.tables.cells import guarded, unguarded
from loquitur.tables.rows import CsvRows
from loquitur.timing import clock, from_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.model.speech import Transcript, Utterance

_CLOCK = re.compile(r"(-?)(?:(\d{1,9}):)?(\d{1,9}):(\d{1,2})(?:[.,](\d{1,6}))?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,15}(?:[.,]\d{1,9})?", re.ASCII)
_LABEL = re.compile(
    r"(-?\d{1,12}(?:[.,]\d{1,9})?)\t(-?\d{1,12}(?:[.,]\d{1,9})?)(?:\t(.*))?", re.ASCII
)
_COLUMNS = ("id", "start", "end", "speaker", "text")
_NAMES = {
    "id": ("id", "index", "number", "#", "cue"),
    "start": ("start", "start_ms", "start_s", "begin", "in", "start time", "start_time", "from"),
    "end": ("end", "end_ms", "end_s", "out", "end time", "end_time", "to"),
    "speaker": ("speaker", "voice", "name", "who"),
    "text": ("text", "caption", "subtitle", "transcript", "content", "label"),
}  # fmt: skip
_MOST_COLUMNS = 200
_MOST_CELL = 10_000_000


def read_csv(document: Document) -> CaptionTrack:
    """A track from CSV (comma or semicolon).

    Raises:
        InputError: It has no columns `start`, `end` and `text`.
    """
    return _read(document, "csv")


def read_tsv(document: Document) -> CaptionTrack:
    """A track from TSV, Whisper's too.

    Raises:
        InputError: It has no columns `start`, `end` and `text`.
    """
    return _read(document, "tsv")


def _read(document: Document, form: str) -> CaptionTrack:
    decoded = document.decoded()
    findings = Findings(decoded.diagnostics)
    text = normal_lines(decoded.text.replace("\0", "\ufffd")).removeprefix("\ufeff")
    first = text.partition("\n")[0]
    separator = "\t" if form == "tsv" else ";" if first.count(";") > first.count(",") else ","
    lines = io.StringIO(text, newline="")
    rows = CsvRows(lines, separator=separator, most_cell=_MOST_CELL)
    cues: list[Cue] = []
    try:
        head = next(rows, [])
        where = {
            name: at
            for at, cell in enumerate(head[:_MOST_COLUMNS])
            for name, known in _NAMES.items()
            if cell.strip().lower() in known
        }
        if not {"start", "end", "text"} <= set(where):
            raise document.refused(first, "a first row with the columns start, end and text")
        cues.extend(
            cue for row in rows if row and (cue := _row(row, where, head, rows.line_num, findings))
        )
    except csv.Error as exc:
        findings.add("table.row", rows.line_num, f"the rest is no table: {exc}")
    return CaptionTrack(
        language=document.language, cues=tuple(cues), format=form, diagnostics=findings.all()
    )


def _row(
    row: list[str], where: dict[str, int], head: list[str], line: int, findings: Findings
) -> Cue | None:
    cells = {name: unguarded(row[at]) if at < len(row) else "" for name, at in where.items()}
    times = [_ms(cells[name], head[where[name]]) for name in ("start", "end")]
    if times[0] is None or times[1] is None:
        findings.add("table.time", line, f"a row without times: '{','.join(row)[:60]}'; left out")
        return None
    text, name = cells["text"].strip("\n"), one_line(cells.get("speaker", ""))
    if name:
        tree: tuple[str | Node, ...] = (
            Node(tag="v", annotation=name, children=(text,) if text else ()),
        )
        payload, _ = write_tree(tree, "vtt")
    return Cue(
        start_ms=times[0], end_ms=times[1], payload=payload if name else text,
        notation="vtt" if name else "plain", id=cells.get("id", ""), source_line=line,
    )  # fmt: skip


def _ms(cell: str, column: str) -> int | None:
    """A time: a clock, whole milliseconds, or seconds; what the column's name says goes first."""
    cell = cell.strip()
    if match := _CLOCK.fullmatch(cell):
        sign, hours, minutes, seconds, fraction = match.groups()
        ms = (int((fraction or "").ljust(6, "0")) + 500) // 1000
        ms += int(hours or 0) * 3_600_000 + int(minutes) * 60_000 + int(seconds) * 1000
        return -ms if sign else ms
    if not _NUMBER.fullmatch(cell):
        return None
    whole = cell.lstrip("-").isdigit()
    column = column.strip().lower()
    if whole and not column.endswith("_s"):
        return int(cell)
    number = float(cell.replace(",", "."))
    return int(number) if column.endswith("_ms") else from_seconds(number)


def write_csv(track: CaptionTrack) -> Written:
    """A track as CSV."""
    return _written(track, "csv")


def write_tsv(track: CaptionTrack) -> Written:
    """A track as TSV."""
    return _written(track, "tsv")


def _written(track: CaptionTrack, form: str) -> Written:
    losses = Losses()
    losses.of_track(track, form=form)
    rows = []
    for cue, speaker, text in _spoken(track, losses):
        losses.of_cue(cue, kept=("id",))
        rows.append((cue.id, _clock(cue.start_ms), _clock(cue.end_ms), speaker, text))
    return Written(text=_table(form, _COLUMNS, rows), losses=losses.all())


def _spoken(track: CaptionTrack, losses: Losses) -> Iterable[tuple[Cue, str, str]]:
    """Each cue with its speaker (and feeling, as captions write it) and its text."""
    for cue in track.cues:
        text = encodable(cue.text).replace("\r\n", "\n").replace("\r", "\n").strip("\n")
        speaker = ""
        if "<" in cue.payload or "{" in cue.payload:
            tree = cue.tree
            voices = [one for one in tree if isinstance(one, Node) and one.tag == "v"]
            speaker = one_line(voices[0].annotation) if voices else ""
            if len(voices) == len(tree) == 1 and not voices[0].classes:
                tree = voices[0].children
            if any(isinstance(item, Node) for item in tree):
                losses.add("tags of the text")
        yield cue, speaker, text


def _clock(ms: int) -> str:
    return clock(ms) if ms >= 0 else "-" + clock(-ms)


def _table(form: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter="\t" if form == "tsv" else ",", lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([guarded(encodable(cell)) for cell in row])
    return file.getvalue()


def transcript_csv(transcript: Transcript) -> Written:
    """A transcript as CSV, one row for each utterance."""
    return _transcript(transcript, "csv")


def transcript_tsv(transcript: Transcript) -> Written:
    """A transcript as TSV, one row for each utterance."""
    return _transcript(transcript, "tsv")


def _transcript(transcript: Transcript, form: str) -> Written:
    losses = Losses()
    names = {one.id: display_name(one) for one in transcript.speakers}
    rows = []
    for said in transcript.utterances:
        if any(word.overlap for word in said.words):
            losses.add("who speaks at the same time")
        rows.append(
            (
                _clock(said.start_ms),
                _clock(said.end_ms),
                names.get(said.speaker, one_line(said.speaker)),
                one_line(said.feeling.label) if said.feeling else "",
                _confidence(said),
                one_line(said.text),
            )
        )
    if rows:
        losses.add("word times and confidences")
    if transcript.title or transcript.provenance or transcript.notes:
        losses.add("title, provenance and notes")
    if draft_notice(transcript):
        losses.add("the mark of draft quality")
    columns = ("start", "end", "speaker", "emotion", "confidence", "text")
    return Written(text=_table(form, columns, rows), losses=losses.all())


def _confidence(said: Utterance) -> str:
    known = [word.confidence for word in said.words if word.confidence is not None]
    return f"{sum(known) / len(known):.3f}" if known else ""


def read_labels(document: Document) -> CaptionTrack:
    """A track from Audacity's labels: seconds, seconds, text.

    Raises:
        InputError: No line is a label.
    """
    decoded = document.decoded()
    findings = Findings(decoded.diagnostics)
    lines = normal_lines(decoded.text.replace("\0", "\ufffd")).removeprefix("\ufeff").split("\n")
    cues = []
    for number, line in enumerate(lines, 1):
        if match := _LABEL.fullmatch(line):
            start_ms, end_ms = (from_seconds(float(match[at].replace(",", "."))) for at in (1, 2))
            cues.append(
                Cue(
                    start_ms=start_ms, end_ms=end_ms, payload=match[3] or "", notation="plain",
                    source_line=number,
                )
            )  # fmt: skip
        elif line.startswith("\\\t"):
            findings.add("labels.frequencies", number, "the frequencies of a label are left out")
        elif line.strip():
            findings.add("labels.junk", number, f"not a label: '{line[:60]}'; left out")
    if not cues and any(line.strip() for line in lines):
        raise document.refused(lines[0], "seconds, a tab, seconds, a tab and a label")
    return CaptionTrack(
        language=document.language, cues=tuple(cues), format="audacity",
        diagnostics=findings.all(),
    )  # fmt: skip


def write_labels(track: CaptionTrack) -> Written:
    """A track as Audacity's labels, which have one line each."""
    losses = Losses()
    losses.of_track(track, form="audacity")
    texts = PlainTexts(track, losses)
    lines = []
    for cue in track.cues:
        losses.of_cue(cue)
        if cue.notation == "plain" and track.format == "audacity":
            said = encodable(cue.payload).replace("\n", " ").replace("\r", " ")
        else:
            found = texts.lines(cue)
            if len(found) > 1:
                losses.add("line breaks inside cues")
            said = clean(" ".join(found)).replace("\t", " ")
        start, end = (f"{ms / 1000:.6f}" for ms in (cue.start_ms, cue.end_ms))
        lines.append(f"{start}\t{end}\t{said}")
    return Written(text="\n".join(lines) + "\n", losses=losses.all())
