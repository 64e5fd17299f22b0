"""MSVD (Chen and Dolan, "Collecting Highly Parallel Data for Paraphrase Evaluation", ACL 2011).

Four files are known: `video_corpus.csv` (eight columns, the last a sentence in any of some forty
languages), `AllVideoDescriptions.txt` (English, `VideoID_Start_End sentence`), the Chinese
sentences of MSVD-CN (`sentence id, video id, sentence`, by commas or tabs), and
`youtube_mapping.txt` (`VideoID_Start_End vidN`), by whose numbers the usual split goes.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from loquitur.media.urls import is_video_id
from loquitur.vision.corpora.language_names import tag_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.vision.corpora.gathering import Gathering
    from loquitur.vision.corpora.material import Material

COLUMNS = (
    "VideoID", "Start", "End", "WorkerID", "Source", "AnnotationTime", "Language", "Description",
)  # fmt: skip
TRAIN, VALIDATION, ALL = 1200, 1300, 1970
"""The last numbers of the usual split: 1-1200, 1201-1300, 1301-1970 (Venugopalan et al. 2015)."""

_HEADER = ",".join(name.lower() for name in COLUMNS)
_ROW = re.compile(r'"?[^",\t]{1,64}"?,"?\d+(?:\.\d+)?"?,"?\d+(?:\.\d+)?"?,')
_SPAN = re.compile(r"(?P<video>\S{1,64})_(?P<start>\d+)_(?P<end>\d+)")
_MAPPED = re.compile(r"(\S+_\d+_\d+)\s+v(?:id|ideo)(\d+)\s*")
_TOLD = re.compile(r"(\S+_\d+_\d+)\s+(\S.*)")
_CHINESE = re.compile(
    r'\ufeff?"?\d+"?\s*[,\t]\s*"?(?:vid)?(?P<number>\d+)"?\s*[,\t]\s*(?P<said>.*)'
)


def form_of(head: str) -> str:
    """Which of the four files begins with this line: `csv`, `text`, `chinese`, `mapping`, or none.

    >>> form_of("VideoID,Start,End,WorkerID,Source,AnnotationTime,Language,Description")
    'csv'
    >>> form_of("-4wsuPCjDBc_5_15 vid1"), form_of("mv89psg6zh4_33_46 a bird is bathing")
    ('mapping', 'text')
    """
    plain = head.strip()
    if _is_header(plain) or (_ROW.match(plain) and plain.count(",") >= 7):
        return "csv"
    if _MAPPED.fullmatch(plain):
        return "mapping"
    if _TOLD.fullmatch(plain):
        return "text"
    return "chinese" if re.match(r'"?\d+"?\s*[,\t]\s*"?vid\d+"?\s*[,\t]', plain) else ""


def form_in(material: Material) -> str:
    """Which of the four a file is; before its first row may stand comments and a header."""
    for number, (_, line) in enumerate(material.lines()):
        if number >= 200:
            break
        plain = line.strip()
        if not plain or plain.startswith("#"):
            continue
        if form := form_of(plain):
            return form
        if number > 0:
            break
    return ""


def gather(files: Sequence[Material], into: Gathering) -> None:
    """All sentences of the files given, one clip for each span of a video."""
    forms = [(form_in(one), one) for one in files]
    numbers: dict[str, int] = {}
    for form, one in forms:
        if form == "mapping":
            numbers.update(mapping(one))
    clips = {number: name for name, number in numbers.items()}
    for form, one in forms:
        if form == "csv":
            _table(one, into, numbers)
        elif form == "text":
            _text(one, into, numbers)
        elif form == "chinese":
            _chinese(one, into, clips)
        elif form != "mapping":
            raise one.wrong(
                "none of MSVD's files",
                hint="video_corpus.csv, AllVideoDescriptions.txt, MSVD-CN or youtube_mapping.txt",
            )


def mapping(material: Material) -> dict[str, int]:
    """The numbers of clips, counted from 1; a list that counts from 0 is moved by one.

    Raises:
        InputError: A line is no such pair, or a number comes twice.
    """
    found: dict[str, int] = {}
    for line_number, line in material.lines():
        if not line.strip() or line.startswith("#"):
            continue
        pair = _MAPPED.fullmatch(line.strip())
        if pair is None:
            raise material.wrong("not a line of a mapping: VideoID_Start_End vidN", line_number)
        found[pair[1]] = int(pair[2])
    if len(set(found.values())) < len(found):
        raise material.wrong("two clips have one number")
    if found and min(found.values()) == 0:
        return {name: number + 1 for name, number in found.items()}
    return found


def usual_split(number: int | None) -> str:
    """The split of a clip by its number in the mapping; empty for one that has none."""
    if number is None or not 1 <= number <= ALL:
        return ""
    if number <= TRAIN:
        return "train"
    return "validation" if number <= VALIDATION else "test"


def _table(material: Material, into: Gathering, numbers: dict[str, int]) -> None:
    """`video_corpus.csv`. Seven plain cells come before the sentence, whatever its quotes."""
    for line_number, cells in _rows(material):
        if len(cells) != len(COLUMNS):
            into.drop("row without eight cells", f"line {line_number}")
            continue
        video, start, end, *_, language, text = cells
        span = _second(start), _second(end)
        if not video or span[0] is None or span[1] is None:
            into.drop("row without a span", f"line {line_number}")
            continue
        name = f"{video}_{start.strip()}_{end.strip()}"
        if _opened(into, name, video, span[0], span[1], numbers):
            into.say(name, text, tag_of(language))


def _rows(material: Material) -> Iterator[tuple[int, list[str]]]:
    """Rows, a line each; only a sentence whose quote is open goes on in a line that is no row."""
    begun: list[str] = []
    at = 0
    for line_number, line in material.lines():
        if not line.strip() or (line_number == 1 and _is_header(line)):
            continue
        if begun and _is_open(begun) and not _ROW.match(line):
            begun.append(line.strip())
            continue
        if begun:
            yield at, _cells(" ".join(begun))
        begun, at = [line], line_number
    if begun:
        yield at, _cells(" ".join(begun))


def _is_header(line: str) -> bool:
    return line.lower().replace('"', "").replace(" ", "").startswith(_HEADER)


def _is_open(lines: Sequence[str]) -> bool:
    """Whether the last cell began with a quote that has not been closed."""
    first = lines[0].split(",", len(COLUMNS) - 1)[-1].lstrip()
    last = (first if len(lines) == 1 else lines[-1]).rstrip()
    return first.startswith('"') and not (last.endswith('"') and (len(lines) > 1 or len(last) > 1))


def _cells(row: str) -> list[str]:
    return [_unquoted(cell) for cell in row.split(",", len(COLUMNS) - 1)]


def _unquoted(cell: str) -> str:
    plain = cell.strip()
    if plain[:1] != '"':
        return plain
    inner = plain[1:].replace('""', '"') if plain != '""' else ""
    # where the quotes inside are in pairs, the last one closes the cell; else it closes one of them
    return inner[:-1] if inner[-1:] == '"' and inner.count('"') % 2 else inner


def _text(material: Material, into: Gathering, numbers: dict[str, int]) -> None:
    for line_number, line in material.lines():
        if not line.strip() or line.startswith("#"):
            continue
        told = _TOLD.fullmatch(line.strip())
        span = _SPAN.fullmatch(told[1]) if told else None
        if told is None or span is None:
            into.drop("line that is no sentence of a clip", f"line {line_number}")
            continue
        start, end = float(span["start"]), float(span["end"])
        if _opened(into, told[1], span["video"], start, end, numbers):
            into.say(told[1], told[2], "en")


def _chinese(material: Material, into: Gathering, clips: dict[int, str]) -> None:
    for line_number, line in material.lines():
        told = _CHINESE.fullmatch(line.strip())
        if told is None:
            if line.strip() and line_number > 1:
                into.drop("line that is no sentence of a clip", f"line {line_number}")
            continue
        number = int(told["number"])
        name = clips.get(number, f"vid{number}")
        span = _SPAN.fullmatch(name)
        if span is not None:
            taken = _opened(
                into, name, span["video"], float(span["start"]), float(span["end"]), {name: number}
            )
        else:
            taken = into.clip(name, video_id=name, split=usual_split(number))
        if taken:
            into.say(name, _unquoted(told["said"]), "zh")


def _opened(
    into: Gathering, name: str, video: str, start_s: float, end_s: float, numbers: dict[str, int]
) -> bool:
    return into.clip(
        name,
        video_id=video,
        source=video if is_video_id(video) else "",
        start_s=start_s,
        end_s=end_s,
        split=usual_split(numbers.get(name)),
    )


def _second(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None
