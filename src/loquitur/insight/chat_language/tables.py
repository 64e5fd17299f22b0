"""The tables of chat language: what a token is, what it says, and why the row is there.

A table is a TSV file: comments begin with `#`, then comes the header. One row is one token:

| column | |
|---|---|
| token | as it is looked up; two or more words are a phrase |
| kind | `emote`, `emoji`, `emoji-either`, `slang`, `abbreviation`, `laughter`, `crying`, `applause`, `negation`, `negation-after` |
| language | BCP 47, empty for any |
| match | `any`, `exact` (upper and lower case count), `word` (a whole run of Hangul), `part` (inside a run of Hangul or kana), `run` (found by pattern) |
| polarity | -1 to 1; empty: known, and without opinion |
| expansion | plain words for the normalised copy; empty: it stays |
| why | its source |
"""  # noqa: E501 - a table

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = ("token", "kind", "language", "match", "polarity", "expansion", "why")
KINDS = (
    *("emote", "emoji", "emoji-either", "slang", "abbreviation", "laughter", "crying"),
    *("applause", "negation", "negation-after"),
)
MATCHES = ("any", "exact", "word", "part", "run")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of a table; see the module.

    Args:
        token: As it is looked up.
        kind: One of `KINDS`.
        language: BCP 47, empty for any.
        match: One of `MATCHES`.
        polarity: -1..1; None for no opinion.
        expansion: Plain words; empty where it stays as it is.
        why: Its source.
    """

    token: str
    kind: str
    language: str
    match: str
    polarity: float | None
    expansion: str
    why: str


def read_table(path: Path) -> tuple[Entry, ...]:
    """The rows of a table.

    Raises:
        InputError: It cannot be read, or a row is wrong; the line is named.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise InputError(f"{path} cannot be read as a chat table: {exc}") from exc
    return tuple(_rows(path, lines))


def _rows(path: Path, lines: list[str]) -> Iterator[Entry]:
    header = False
    for number, line in enumerate(lines, 1):
        if not line.strip() or (line.startswith("#") and "\t" not in line):
            continue
        cells = tuple(cell.strip() for cell in line.split("\t"))
        if not header:
            if cells != COLUMNS:
                raise InputError(
                    f"{path}, line {number}: no chat table",
                    hint="its columns are " + ", ".join(COLUMNS),
                )
            header = True
            continue
        problem = _problem(cells)
        if problem:
            raise InputError(f"{path}, line {number}: {problem}")
        token, kind, language, match, polarity, expansion, why = cells
        yield Entry(
            token=token, kind=kind, language=language, match=match,
            polarity=float(polarity) if polarity else None, expansion=expansion, why=why,
        )  # fmt: skip


def _problem(cells: tuple[str, ...]) -> str:
    if len(cells) != len(COLUMNS):
        return f"{len(cells)} cells, expected {len(COLUMNS)}"
    if not cells[0]:
        return "no token"
    if cells[1] not in KINDS:
        return f"kind '{cells[1]}', expected one of {', '.join(KINDS)}"
    if cells[3] not in MATCHES:
        return f"match '{cells[3]}', expected one of {', '.join(MATCHES)}"
    if not cells[6]:
        return "no reason (`why`)"
    try:
        within = not cells[4] or -1.0 <= float(cells[4]) <= 1.0
    except ValueError:
        within = False
    return "" if within else f"polarity '{cells[4]}', expected -1 to 1 or nothing"


@lru_cache(maxsize=1)
def own_tables() -> tuple[Entry, ...]:
    """The rows of the tables that come with Loquitur, file by file."""
    return tuple(entry for path in own_files() for entry in read_table(path))


def own_files() -> list[Path]:
    """The tables that come with Loquitur."""
    return sorted(Path(__file__).parent.glob("*.tsv"))
