"""Files that say sentences of clips, by whatever tool: references and predictions alike.

Known are JSON Lines and CSV with a column for the clip and one for the sentence, our own clips and
predictions, COCO's annotations and results, MSR-VTT's json and its challenge's, ActivityNet's, a
mapping of clip to sentences, `id<TAB>sentence`, and lists or plain text, a sentence a line, whose
clips are their numbers. What a file is follows from what stands in it, not from its name. A file
that holds both sides (rows of `describe eval --rows`) gives the one that is asked for.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

from loquitur.errors import InputError
from loquitur.evaluation.reading import open_content
from loquitur.languages import ENGLISH_NAMES, primary
from loquitur.tables.reading import separator_in
from loquitur.tables.rows import CsvRows
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Role = Literal["references", "predictions"]

IDS = ("clip", "clip_id", "video_id", "image_id", "videoID", "id", "video", "name", "file",
       "video_name", "video_path", "file_name", "filename", "path")  # fmt: skip
_SAID = ("prediction", "hypothesis", "output", "caption", "sentence", "text", "description",
         "descriptions", "captions", "sentences", "references", "enCap", "pred", "predicted",
         "predicted_caption", "generated", "generated_caption", "generated_text", "hyp",
         "candidate")  # fmt: skip
_WANTED = ("references", "captions", "sentences", "caption", "sentence", "text", "description",
           "enCap", "descriptions", "hypothesis", "prediction", "output")  # fmt: skip
_WRAPPERS = ("annotations", "sentences", "result", "results", "predictions", "hypotheses",
             "references", "captions")  # fmt: skip
_MOST_CELL = 1 << 17
_EXPECTED = "JSON Lines, JSON, CSV with a header, id<TAB>sentence, or a sentence a line"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentenceFile:
    """What a file says of clips, in its order.

    Args:
        name: The file's name.
        sentences: Clip to its sentences.
        splits: Clip to its split, where the file tells it.
        sources: Clip to where its pictures are, where the file tells it.
        by_line: Whether clips are line numbers, because the file names none.
    """

    name: str
    sentences: dict[str, list[str]]
    splits: dict[str, str]
    sources: dict[str, str]
    by_line: bool = False

    def of(self, split: str) -> dict[str, list[str]]:
        """The clips of one split; all of them where `split` is empty.

        Raises:
            InputError: The file has no clip of that split.
        """
        if not split:
            return dict(self.sentences)
        found = {one: said for one, said in self.sentences.items() if self.splits.get(one) == split}
        if not found:
            there = sorted(set(self.splits.values()) - {""})
            raise InputError(
                f"{display(self.name)}: no clip of the split '{display(split)}'",
                hint=f"it has {', '.join(map(display, there))}" if there else "it tells no splits",
            )
        return found

    def single(self) -> tuple[dict[str, str], list[str]]:
        """One sentence of each clip, the first; and the clips that have several."""
        several = [one for one, said in self.sentences.items() if len(said) > 1]
        return {one: said[0] for one, said in self.sentences.items() if said}, several


@dataclass(slots=True)
class _Gathered:
    """Rows as they are read."""

    sentences: dict[str, list[str]]
    splits: dict[str, str]
    sources: dict[str, str]
    texts: tuple[str, ...]
    language: str
    numbered: bool = False
    wordless: tuple[str, ...] = ()

    def take(self, clip: str, text: str) -> None:
        self.sentences.setdefault(clip, []).append(" ".join(text.split()))


def read_sentences(path: Path, *, role: Role, language: str = "") -> SentenceFile:
    """What a file says of clips.

    Args:
        path: The file.
        role: Which side it is read for.
        language: Of sentences that tell their language, only those in it (primary subtag).

    Raises:
        InputError: It is not there, or nothing in it is a sentence of a clip; the message names
            the file, and the line where there is one.
    """
    content = open_content(path)
    shown = display(str(path))
    texts = _WANTED if role == "references" else _SAID
    if primary(language) == "zh":  # VATEX has both languages in a row
        texts = ("chCap", *texts)
    into = _Gathered({}, {}, {}, texts, language)
    text = content.text
    if not text.strip():
        raise InputError(f"{shown}: is empty, expected {_EXPECTED}")
    if text.lstrip()[0] in "[{":
        _read_json(text, into, shown)
    else:
        lines = [line for _, line in content.lines()]
        if not lines[-1]:
            lines.pop()
        named = _header(lines[0], into.texts)
        if named is not None:
            _read_csv(text, named, into, shown)
        elif any("\t" in line for line in lines):
            _read_tabs(lines, into, shown)
        else:
            into.numbered = True
            for number, line in enumerate(lines, 1):
                into.take(str(number), line)
    if not into.sentences:
        raise InputError(
            f"{shown}: no sentence of a clip in it, expected {_EXPECTED}",
            hint=f"its rows have {display(', '.join(into.wordless)[:200])}; a sentence is called "
            f"{', '.join(texts[:5])} or the like" if into.wordless else "",
        )  # fmt: skip
    return SentenceFile(
        name=path.name,
        sentences=into.sentences,
        splits=into.splits,
        sources=into.sources,
        by_line=into.numbered,
    )


def same_ids(references: Iterable[str], predictions: dict[str, str]) -> tuple[dict[str, str], bool]:
    """Predictions under the references' ids, where those of a file differ by folder and suffix.

    `clips/video7.mp4` and `video7` are one clip, if no id is the same as it stands and each is
    then of one clip alone. The second value tells whether ids were changed.
    """
    known = set(references)
    if not known or known & predictions.keys():
        return predictions, False
    short = {_short(one): one for one in known}
    ours = {one: short.get(_short(one), one) for one in predictions}
    unique = len(short) == len(known) and len(set(ours.values())) == len(ours)
    if not unique or not known & set(ours.values()):
        return predictions, False
    return {ours[one]: text for one, text in predictions.items()}, True


def _short(clip: str) -> str:
    name = PurePosixPath(clip.replace("\\", "/")).name
    stem, dot, suffix = name.rpartition(".")
    return stem if dot and stem and suffix.isalnum() and len(suffix) <= 5 else name


def _read_json(text: str, into: _Gathered, shown: str) -> None:
    try:
        documents: list[Any] = [json.loads(text)]
    except (ValueError, RecursionError):
        documents = [_line(line, number, shown) for number, line in _filled(text)]
    _take(documents[0] if len(documents) == 1 else documents, into)


def _filled(text: str) -> Iterator[tuple[int, str]]:
    return ((at, line) for at, line in enumerate(text.split("\n"), 1) if line.strip())


def _line(line: str, number: int, shown: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise InputError(f"{shown}, line {number}: not JSON: {exc}") from exc


def _take(document: Any, into: _Gathered, depth: int = 4) -> None:
    """Whatever in a document says a sentence of a clip."""
    if not depth:
        return
    if isinstance(document, list):
        for number, one in enumerate(document, 1):
            if isinstance(one, dict) and _field(one, IDS) is not None:
                if _field(one, into.texts) is not None:
                    _take(one, into, depth - 1)
                else:  # a clip of which nothing is said
                    into.wordless = into.wordless or tuple(map(str, one))
            else:  # a list without names: its clips are numbers
                into.numbered = True
                for sentence in _texts(one, into):
                    into.take(str(number), sentence)
    elif isinstance(document, dict):
        clip, text = _field(document, IDS), _field(document, into.texts)
        if clip is not None and text is not None:
            _row(str(clip), document, into)
            for sentence in _texts(text, into):
                into.take(str(clip), sentence)
        else:
            _take_mapping(document, into, depth - 1)


def _take_mapping(document: dict[str, Any], into: _Gathered, depth: int) -> None:
    """A document that wraps the rows, or one of clip to sentences."""
    order = sorted(_WRAPPERS, key=lambda one: into.texts[0] not in one)
    for name in order:
        if isinstance(document.get(name), list | dict):
            _take(document[name], into, depth)
            for video in _rows(document.get("videos")):
                _row(str(_field(video, IDS)), video, into)
            return
    for name, said in document.items():
        if name not in ("schema", "version", "info", "external_data"):
            for sentence in _texts(said, into):
                into.take(name, sentence)


def _row(clip: str, row: dict[str, Any], into: _Gathered) -> None:
    """The split and the source of a clip, where its row tells them."""
    for name, kept in (("split", into.splits), ("source", into.sources)):
        if isinstance(row.get(name), str) and row[name]:
            kept[clip] = row[name]


def _rows(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _field(row: dict[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        value = row.get(name)
        if value is not None and not isinstance(value, bool):
            return value
    return None


def _texts(value: Any, into: _Gathered, depth: int = 4) -> Iterator[str]:
    """The sentences in a value: a string, a list of them, or of objects that hold one."""
    if isinstance(value, str):
        yield value
    elif not depth:
        return
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, into, depth - 1)
    elif isinstance(value, dict):
        said = value.get("language")
        if not isinstance(said, str) or _spoken(said, into.language):
            yield from _texts(_field(value, into.texts), into, depth - 1)


def _spoken(said: str, wanted: str) -> bool:
    """Whether a language that a file tells (a tag, or its English name) is the one wanted."""
    if not wanted or not said:
        return True
    tag = primary(said)
    return ENGLISH_NAMES.get(tag, tag) == primary(wanted)


def _header(line: str, texts: tuple[str, ...]) -> tuple[str, str] | None:
    """The columns of clip and sentence, where a line is the header of a CSV file."""
    cells = [cell.strip().strip('"') for cell in line.split(_separator(line))]
    lowered = {cell.lower(): cell for cell in reversed(cells)}
    clip = next((lowered[one.lower()] for one in IDS if one.lower() in lowered), None)
    text = next((lowered[one.lower()] for one in texts if one.lower() in lowered), None)
    return (clip, text) if clip is not None and text is not None else None


def _separator(header: str) -> str:
    return "\t" if "\t" in header else separator_in(header)


def _read_csv(text: str, named: tuple[str, str], into: _Gathered, shown: str) -> None:
    clip, said = named
    reader = CsvRows(
        io.StringIO(text, newline=""), separator=_separator(text.partition("\n")[0]),
        most_cell=_MOST_CELL, skip_blanks=True,
    )  # fmt: skip
    try:
        names = next(reader)
        for cells in reader:
            row = dict(zip(names, cells, strict=False))
            told = {(name or "").lower(): value for name, value in row.items() if name}
            tongue = told.get("language") or ""
            if tongue and not _spoken(tongue, into.language):
                continue
            if row.get(clip) and row.get(said) is not None:
                _row(row[clip], told, into)
                into.take(row[clip], row[said])
    except csv.Error as exc:
        raise InputError(f"{shown}, line {reader.line_num}: {exc}") from exc


def _read_tabs(lines: list[str], into: _Gathered, shown: str) -> None:
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        clip, tab, said = line.partition("\t")
        if not tab:
            raise InputError(
                f"{shown}, line {number}: no tab between a clip and its sentence, as other lines "
                "have it"
            )
        into.take(clip.strip(), said)
