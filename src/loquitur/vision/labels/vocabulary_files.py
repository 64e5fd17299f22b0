"""Vocabularies as files: YouTube-8M's, our own, lists of names.

- `vocabulary.csv` of YouTube-8M: Index, TrainVideoCount, KnowledgeGraphId, Name, WikiUrl,
  Vertical1..3, WikiDescription; descriptions have commas, quotes and line breaks in them, and 56
  of the 3,862 names are empty (deleted entities: their Knowledge Graph id is their name).
- `label_names_2018.csv`: label_id, label_name, in no order; cells of either may also be parted by
  tabs or semicolons.
- JSON: ours (`loquitur/label-vocabulary/1`), or a list of names.
- Any other text: a name a line.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from loquitur.conversion import convert
from loquitur.errors import InputError
from loquitur.tables.reading import separator_in
from loquitur.tables.rows import CsvRows
from loquitur.tables.writing import replacing
from loquitur.text import display
from loquitur.vision.labels.records import remote
from loquitur.vision.labels.vocabulary import UNKNOWN, Label, LabelVocabulary

if TYPE_CHECKING:
    from loquitur.vision.labels.dataset import DatasetInfo

SCHEMA = "loquitur/label-vocabulary/1"
_MOST_BYTES = 1 << 28
_NUMBERS = ("index", "label_id", "label", "id")
_NAMES = ("name", "label_name", "displayname", "display_name")
_CSV = ("Index", "TrainVideoCount", "KnowledgeGraphId", "Name", "WikiUrl",
        "Vertical1", "Vertical2", "Vertical3", "WikiDescription")  # fmt: skip


def read_vocabulary(path: Path) -> LabelVocabulary:
    """The labels in a file of any of the forms above, told by what stands in it.

    Raises:
        InputError: It is not there, or no such file: numbers with gaps, one number twice, a
            negative one, no label at all; the message names the place.
    """
    return parse_vocabulary(_bytes_of(path), str(path))


def parse_vocabulary(data: bytes, where: str) -> LabelVocabulary:
    """The labels in the bytes of a file; see `read_vocabulary`.

    Args:
        data: Of the file.
        where: It lies, for messages.

    Raises:
        InputError: As of `read_vocabulary`.
    """
    shown = display(where)
    text = _text_of(data, shown)
    try:
        if text.lstrip()[:1] in ("{", "["):
            return _read_json(text, shown)
        first = text.split("\n", 1)[0]
        separator = "\t" if "\t" in first else separator_in(first)
        header = {cell.strip(' "').lower() for cell in first.split(separator)}
        if header & set(_NUMBERS) and header & set(_NAMES):
            return _read_csv(text, separator, shown)
        table = len(header) > 1 and where.lower().endswith((".csv", ".tsv"))
        return _read_list(text, shown, table=table)
    except InputError as exc:
        if shown in exc.message:
            raise
        raise InputError(f"{shown}: {exc.message}", hint=exc.hint) from exc


def vocabulary_of_data(
    info: DatasetInfo, place: str, given: Path | None = None
) -> LabelVocabulary | None:
    """The vocabulary of a data set: the one that is named, else its own; None where there is none.

    Args:
        info: Of the data set.
        place: Its folder or address.
        given: A file that was named.

    Raises:
        InputError: It cannot be read, or is another one than the labels are of.
    """
    found, path = find_vocabulary(info, place, given)
    if found is not None and (
        len(found) != info.labels or (info.vocabulary and info.vocabulary != found.digest)
    ):
        raise InputError(
            f"{display(path)}: is another vocabulary ({len(found):,} labels) than that of the"
            f" data set '{display(info.name)}' ({info.labels:,} labels)",
            hint="the same number would mean another label: name the vocabulary of these data",
            code="LQ-OTHER-VOCABULARY",
        )
    return found


def find_vocabulary(
    info: DatasetInfo, place: str, given: Path | None = None
) -> tuple[LabelVocabulary | None, str]:
    """As `vocabulary_of_data`, and where it lies; whether it is the right one is not asked.

    Raises:
        InputError: It cannot be read.
    """
    if given is not None:
        return read_vocabulary(given), str(given)
    if not info.vocabulary_file:
        return None, ""
    if remote.is_remote(place):
        path = remote.joined(place, info.vocabulary_file)
        return parse_vocabulary(remote.read_small(path), path), path
    folder = Path(place).expanduser()
    beside = (folder if folder.is_dir() else folder.parent) / info.vocabulary_file
    return read_vocabulary(beside), str(beside)


def write_vocabulary(path: Path, vocabulary: LabelVocabulary) -> None:
    """Write labels as YouTube-8M does where the name ends in .csv, as our own JSON else.

    Raises:
        FullError: No space, or no right to write there.
        InputError: CSV of a label that has more than three verticals.
    """
    as_csv = path.suffix.lower() == ".csv"
    text = _csv_text(vocabulary) if as_csv else _json_text(vocabulary)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def read_label_ids(path: Path, *, labels: int) -> tuple[int, ...]:
    """The labels that segments were rated for: `segment_label_ids.csv`, one `Index` a line.

    Args:
        path: The file.
        labels: Size of the vocabulary.

    Raises:
        InputError: A line is no label, or a label stands twice.
    """
    shown = display(str(path))
    found: list[int] = []
    for number, line in enumerate(_text_of(_bytes_of(path), shown).splitlines(), 1):
        cell = line.strip().rstrip(",")
        if not cell or (number == 1 and not cell.isdigit()):
            continue
        if not cell.isdigit() or int(cell) >= labels:
            raise InputError(f"{shown}, line {number}: '{display(cell[:40])}' is none of {labels}")
        found.append(int(cell))
    if len(set(found)) < len(found) or not found:
        raise InputError(f"{shown}: " + ("a label stands twice" if found else "no labels in it"))
    return tuple(found)


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{display(str(path))}: too large for a vocabulary")
        return path.read_bytes()
    except OSError as exc:
        raise InputError(f"{display(str(path))}: {exc.strerror}") from exc


def _text_of(data: bytes, shown: str) -> str:
    try:
        # ends of lines as a text file is read, whoever wrote it
        return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as exc:
        raise InputError(f"{shown}: not UTF-8 at byte {exc.start}") from exc


def _read_json(text: str, shown: str) -> LabelVocabulary:
    try:
        plain: Any = msgspec.json.decode(text)
        if isinstance(plain, list):
            return LabelVocabulary.of(convert(plain, list[str]))
        if plain.get("schema") != SCHEMA:
            raise InputError(
                f"{shown}: schema '{display(str(plain.get('schema')))[:60]}', expected {SCHEMA}"
            )
        return LabelVocabulary(labels=convert(plain.get("labels"), tuple[Label, ...]))
    except (msgspec.MsgspecError, RecursionError) as exc:
        raise InputError(f"{shown}: no vocabulary: {display(str(exc))}") from exc


def _read_list(text: str, shown: str, *, table: bool) -> LabelVocabulary:
    """A name a line; a file that is called a table and has several columns is no list."""
    if table:
        first = text.split("\n", 1)[0]
        raise InputError(
            f"{shown}: no column of numbers and none of names in '{display(first[:80])}'",
            hint="Index and Name; a list of names, one a line, ends in .txt",
        )
    names = [" ".join(line.split()) for line in text.splitlines()]
    return LabelVocabulary.of([name for name in names if name])


def _read_csv(text: str, separator: str, shown: str) -> LabelVocabulary:
    try:
        # descriptions have no bound
        rows = CsvRows(io.StringIO(text, newline=""), separator=separator, most_cell=_MOST_BYTES)
        header = [name.strip().lower() for name in next(rows)]
        found: dict[int, Label] = {}
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            cells = dict(zip(header, row, strict=False))
            place = f"{shown}, line {rows.line_num}"
            number = _number(cells, _NUMBERS, place)
            if number in found:
                raise InputError(f"{place}: label {number} stands twice")
            found[number] = _label(cells, number)
    except csv.Error as exc:
        raise InputError(f"{shown}: no CSV: {display(str(exc))}") from exc
    if not found:
        raise InputError(f"{shown}: no labels in it")
    gap = next((number for number in range(len(found)) if number not in found), None)
    if gap is not None:
        raise InputError(
            f"{shown}: label {gap} is missing, the highest is {max(found)}",
            hint="numbers run from 0 without gaps; the file was cut?",
        )
    return LabelVocabulary(labels=tuple(found[number] for number in range(len(found))))


def _number(cells: dict[str, str], names: tuple[str, ...], place: str) -> int:
    cell = next((cells[name].strip() for name in names if name in cells), "")
    if not (cell.isascii() and cell.isdigit() and len(cell) < 10):
        raise InputError(f"{place}: '{display(cell[:40])}' is no number of a label")
    return int(cell)


def _label(cells: dict[str, str], number: int) -> Label:
    name = next((" ".join(cells[one].split()) for one in _NAMES if one in cells), "")
    entity = cells.get("knowledgegraphid", "").strip()
    verticals = [cells.get(f"vertical{at}", "").strip() for at in (1, 2, 3)]
    count = cells.get("trainvideocount", "").strip()
    return Label(
        name=name or entity or f"label {number}",
        entity=entity,
        verticals=tuple(dict.fromkeys(one for one in verticals if one and one != UNKNOWN)),
        videos=int(count) if count.isascii() and count.isdigit() else 0,
    )


def _json_text(vocabulary: LabelVocabulary) -> str:
    labels = [
        {
            "name": one.name,
            "entity": one.entity,
            "verticals": list(one.verticals),
            "videos": one.videos,
        }
        for one in vocabulary.labels
    ]
    return json.dumps({"schema": SCHEMA, "labels": labels}, ensure_ascii=False, indent=1) + "\n"


def _csv_text(vocabulary: LabelVocabulary) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(_CSV)
    for number, one in enumerate(vocabulary.labels):
        if len(one.verticals) > 3:
            raise InputError(
                f"'{display(one.name)}' has {len(one.verticals)} verticals, the CSV has room for 3",
                hint="write .json",
            )
        name = "" if one.name == one.entity else one.name
        verticals = (*(one.verticals or (UNKNOWN,)), "", "", "")[:3]
        writer.writerow([number, one.videos, one.entity, name, "", *verticals, ""])
    return file.getvalue()
