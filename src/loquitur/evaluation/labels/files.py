"""Files that say labels of videos: what holds, and what any tool predicts.

Predictions: the challenge's CSV (`VideoId,LabelConfidencePairs`), JSON Lines or JSON of
`{"video", "labels": [{"label", "score"}]}` as `label predict` writes them, CSV with a row for each
label (`video,label,score`), matrices (`matrices.py`). What holds: JSON Lines or JSON of
`{"video", "labels": [...]}`, CSV with a column of labels (joined by `|`, `;` or blanks of
numbers), matrices. What a file is follows from what stands in it. Read once, a line at a time.
"""

from __future__ import annotations

import csv
from contextlib import contextmanager
from itertools import chain
from typing import IO, TYPE_CHECKING, Any

import msgspec

from loquitur.errors import InputError
from loquitur.evaluation.labels import matrices
from loquitur.evaluation.labels.columns import Lists, Predictions, Truth, padded
from loquitur.tables.reading import separator_in
from loquitur.tables.rows import CsvRows
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.evaluation.labels.numbering import Numbering

VIDEOS = ("video_id", "videoid", "video", "id", "name", "path", "file", "media_id")
"""What the video's column or key may be called, first the ones that say most."""
LABELS = ("labels", "label", "labelconfidencepairs", "label_confidence_pairs", "tags", "classes")
SCORES = ("score", "confidence", "probability", "p")
_MOST_CELL = 1 << 22
_MOST_JSON = 1 << 30
_LONGEST_NUMBER = 12
_ARGUED = 'JSON Lines of {"video", "labels"}, CSV with a header, .npz or .safetensors'


def read_predictions(path: Path, numbering: Numbering) -> Predictions:
    """What a file predicts.

    Args:
        path: The file, of any of the forms above.
        numbering: Turns its labels to numbers.

    Raises:
        InputError: It is not there, or not such a file; the message names the line.
        MissingError: safetensors is not installed.
    """
    if path.suffix.lower() in matrices.SUFFIXES:
        found = matrices.read_matrix(path)
        return found.renumbered(_columns(numbering, found.classes, path))
    into = Lists(path.name)

    def take(video: str, said: Any, place: str) -> None:
        labels, scores = _pairs(said, numbering, place)
        into.take(video, labels, scores, place)

    with _opened(path) as file:
        if _first(file) in "[{":
            for video, row, place in _json_rows(file, path):
                take(video, _value(row, LABELS, place), place)
        else:
            _csv_predictions(file, path, take)
    return into.result()


def read_truth(path: Path, numbering: Numbering) -> Truth:
    """What holds of videos, as a file says.

    Args:
        path: The file, of any of the forms above.
        numbering: Turns its labels to numbers.

    Raises:
        InputError: It is not there, or not such a file; the message names the line.
        MissingError: safetensors is not installed.
    """
    if path.suffix.lower() in matrices.SUFFIXES:
        truth = matrices.read_truth_matrix(path)
        _columns(numbering, int(truth.labels.max(initial=-1)) + 1, path)
        return truth
    found: dict[str, list[int]] = {}
    with _opened(path) as file:
        rows = _json_rows(file, path) if _first(file) in "[{" else _csv_truth(file, path)
        for video, row, place in rows:
            if video in found:
                raise InputError(f"{place}: the video '{display(video[:60])}' stands twice")
            said = _value(row, LABELS, place)
            found[video] = [_number(one, numbering, place) for one in _listed(said, place)]
    if not found:
        raise InputError(f"{display(str(path))}: no videos in it, expected {_ARGUED}")
    return Truth(name=path.name, video_ids=tuple(found), labels=padded(list(found.values())))


def _columns(numbering: Numbering, count: int, path: Path) -> NDArray[np.int64]:
    """What the columns of a matrix, which say no names, are as labels."""
    try:
        return numbering.columns(count)
    except InputError as exc:
        raise InputError(f"{display(path.name)}: {exc.message}", hint=exc.hint) from exc


@contextmanager
def _opened(path: Path) -> Iterator[IO[str]]:
    shown = display(str(path))
    try:
        if path.is_dir():
            raise InputError(f"{shown}: is a folder", hint=f"expected {_ARGUED}")
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield file
    except OSError as exc:
        raise InputError(f"{shown}: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise InputError(f"{shown}: not UTF-8, expected {_ARGUED}") from exc


def _first(file: IO[str]) -> str:
    """The first sign that is no blank; the file is where it was."""
    head = file.read(4096).lstrip()
    file.seek(0)
    if not head:
        raise InputError(f"{display(file.name)}: is empty, expected {_ARGUED}")
    return head[0]


def _json_rows(file: IO[str], path: Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Video, row and place of each object: one a line, or of one document."""
    shown = display(str(path))
    whole = _document(file, shown)
    if whole is not None:
        numbered: Iterator[tuple[int, Any]] = enumerate(whole, 1)
        what = "row"
    else:
        file.seek(0)
        numbered, what = _json_lines(file, shown), "line"
    for number, row in numbered:
        place = f"{shown}, {what} {number}"
        if not isinstance(row, dict):
            raise InputError(f'{place}: expected an object {{"video", "labels"}}')
        yield _video(row, place), row, place


def _document(file: IO[str], shown: str) -> list[Any] | None:
    """The rows of a file that is one JSON document; None of JSON Lines."""
    line = next((one for one in file if one.strip()), "")
    try:
        found = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        text = line + file.read(_MOST_JSON)
        try:
            found = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as exc:
            if line.rstrip().endswith("}"):
                return None  # a broken first line: it is told with its number
            raise InputError(f"{shown}: not JSON: {exc}") from exc
    else:
        if isinstance(found, dict) and any(one.strip() for one in file):
            return None
    if isinstance(found, dict):
        inner = next(
            (found[key] for key in ("results", "predictions", "videos", "rows")
             if isinstance(found.get(key), list)), None
        )  # fmt: skip
        return inner if inner is not None else [found]
    return found if isinstance(found, list) else [found]


def _json_lines(file: IO[str], shown: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(file, 1):
        if line.strip():
            try:
                yield number, msgspec.json.decode(line)
            except (msgspec.DecodeError, RecursionError) as exc:
                raise InputError(f"{shown}, line {number}: not JSON: {exc}") from exc


def _csv_rows(file: IO[str], path: Path) -> tuple[list[str], Iterator[tuple[list[str], str]]]:
    """The columns in small letters, and the cells of each row with their place."""
    shown = display(str(path))
    header = next(file, "")
    separator = "\t" if "\t" in header else separator_in(header)
    rows = CsvRows(chain([header], file), separator=separator, most_cell=_MOST_CELL)
    names = [name.strip().lower() for name in next(rows, [])]
    if not set(names) & set(VIDEOS) or not set(names) & set(LABELS):
        raise InputError(
            f"{shown}: the first line is '{display(header.strip()[:80])}', expected {_ARGUED}",
            hint="columns video and labels, or VideoId,LabelConfidencePairs",
        )

    def cells() -> Iterator[tuple[list[str], str]]:
        try:
            for row in rows:
                if not row:
                    continue
                place = f"{shown}, line {rows.line_num}"
                if len(row) != len(names):
                    raise InputError(f"{place}: {len(row)} cells, the header has {len(names)}")
                yield row, place
        except csv.Error as exc:
            raise InputError(f"{shown}, line {rows.line_num}: {display(str(exc))}") from exc

    return names, cells()


def _csv_predictions(file: IO[str], path: Path, take: Callable[[str, Any, str], None]) -> None:
    """Pairs in a cell; or a row for each label, the rows of a video one after another."""
    names, rows = _csv_rows(file, path)
    video = _column(names, VIDEOS)
    said = _column(names, LABELS)
    score = next((names.index(one) for one in SCORES if one in names), None)
    if score is None:
        for row, place in rows:
            take(row[video].strip(), row[said], place)
        return
    current, at = "", ""
    pairs: list[dict[str, Any]] = []
    for row, place in rows:
        name = row[video].strip()
        if pairs and name != current:
            take(current, pairs, at)
            pairs = []
        current, at = name, place
        pairs.append({"label": row[said], "score": _score(row[score], place)})
    if pairs:
        take(current, pairs, at)


def _csv_truth(file: IO[str], path: Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    names, rows = _csv_rows(file, path)
    video = _column(names, VIDEOS)
    for row, place in rows:
        cells: dict[str, Any] = dict(zip(names, row, strict=True))
        yield row[video].strip(), cells, place


def _column(names: list[str], known: tuple[str, ...]) -> int:
    return next(names.index(one) for one in known if one in names)


def _video(row: dict[str, Any], place: str) -> str:
    found = _value(row, VIDEOS, place)
    if not isinstance(found, str | int) or not str(found).strip():
        raise InputError(f"{place}: '{display(str(found)[:40])}' names no video")
    return str(found).strip()


def _value(row: dict[str, Any], names: tuple[str, ...], place: str) -> Any:
    for name in names:
        if row.get(name) is not None:
            return row[name]
    folded = {str(key).lower(): value for key, value in row.items() if value is not None}
    for name in names:
        if name in folded:
            return folded[name]
    there = display(", ".join(map(str, row))[:80]) or "nothing"
    raise InputError(f"{place}: no {names[0]}, it has {there}", hint=f"expected {_ARGUED}")


def _pairs(said: Any, numbering: Numbering, place: str) -> tuple[list[int], list[float]]:
    """Labels and scores: `9 0.5 2 0.3`, a list of objects, or of pairs, or a mapping."""
    if isinstance(said, str):
        words = said.split()
        found = _plain_pairs(words, numbering)
        if found is not None:
            return found
        if len(words) % 2:
            raise InputError(f"{place}: '{display(said[-40:])}' is not pairs of label and score")
        said = list(zip(map(_numeral, words[::2]), words[1::2], strict=True))
    elif isinstance(said, dict):
        said = list(said.items())
    if not isinstance(said, list):
        raise InputError(f"{place}: '{display(str(said)[:40])}' is no list of labels")
    labels: list[int] = []
    scores: list[float] = []
    for one in said:
        if isinstance(one, dict):
            label, score = one, _value(one, SCORES, place)
        elif isinstance(one, list | tuple) and len(one) == 2:
            label, score = one
        else:
            raise InputError(f"{place}: '{display(str(one)[:40])}' is no label with its score")
        scores.append(_score(score, place))
        labels.append(_number(label, numbering, place))
    if len(set(labels)) < len(labels):
        raise InputError(f"{place}: a label stands twice")
    return labels, scores


def _plain_pairs(words: list[str], numbering: Numbering) -> tuple[list[int], list[float]] | None:
    """Labels and scores where nothing is wrong with them; None where each has to be looked at."""
    try:
        labels = [numbering.number(_numeral(one)) for one in words[::2]]
        scores = [float(one) for one in words[1::2]]
    except (ValueError, InputError):
        return None
    fine = len(labels) == len(scores) and len(set(labels)) == len(labels)
    return (labels, scores) if fine and all(0 <= one <= 1 for one in scores) else None


def _numeral(word: str) -> str | int:
    """A number in a cell of pairs is one, even where a label is called so."""
    return int(word) if word.isascii() and word.isdigit() and len(word) < _LONGEST_NUMBER else word


def _score(said: Any, place: str) -> float:
    try:
        value = float("nan") if isinstance(said, bool) else float(said)
    except (TypeError, ValueError):
        value = float("nan")
    if not 0 <= value <= 1:
        raise InputError(
            f"{place}: the score '{display(str(said)[:40])}' is no probability, 0 to 1",
            hint="a net's logits become probabilities by a sigmoid",
        )
    return value


def _number(said: Any, numbering: Numbering, place: str) -> int:
    """The number of a label: as text, as a number, or as an object of either."""
    index: Any = None
    if isinstance(said, dict):
        index, said = said.get("index"), _value(said, ("label", "name", "index", "id"), place)
    if isinstance(said, bool) or not isinstance(said, str | int):
        raise InputError(f"{place}: '{display(str(said)[:40])}' is no label")
    try:
        found = numbering.number(said)
    except InputError as exc:
        raise InputError(f"{place}: {exc.message}", hint=exc.hint) from exc
    if numbering.known and isinstance(index, int) and index != found:
        raise InputError(
            f"{place}: '{display(str(said)[:60])}' is label {index} there, {found} here",
            hint="the predictions are of another version of the vocabulary",
        )
    return found


def _listed(said: Any, place: str) -> list[Any]:
    """The labels of a cell or a list."""
    if isinstance(said, list):
        return said
    if isinstance(said, int) and not isinstance(said, bool):
        return [said]
    if not isinstance(said, str):
        raise InputError(f"{place}: '{display(str(said)[:40])}' is no list of labels")
    for separator in ("|", ";"):
        if separator in said:
            return [part.strip() for part in said.split(separator) if part.strip()]
    words = said.replace(",", " ").split()
    if words and all(word.isascii() and word.isdigit() for word in words):
        return words
    return [said.strip()] if said.strip() else []
