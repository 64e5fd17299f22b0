"""A file of a corpus: its lines, its JSON, its rows, each error with its place."""

from __future__ import annotations

import codecs
import csv
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from loquitur.conversion import convert
from loquitur.errors import InputError
from loquitur.tables.reading import separator_in
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

MOST_LINE_BYTES = 16 * 1024**2
"""No row is longer, and no sentence."""
HEAD_BYTES = 1 << 20
"""By so much of a file it is found out what it is."""
MOST_JSON_BYTES = 2 * 1024**3
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Material:
    """One file, opened when it is asked for something."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = display(str(path))

    def lines(self) -> Iterator[tuple[int, str]]:
        """Lines with their numbers, without their ends; UTF-8, or UTF-16 where a mark says so.

        Raises:
            InputError: It cannot be read, is no such text, or has an endless line.
        """
        try:
            with self.path.open("rb") as file:
                if file.read(2) in _UTF16:
                    yield from enumerate(self._wide(), 1)
                    return
                file.seek(0)
                number = 0
                while line := file.readline(MOST_LINE_BYTES + 1):
                    number += 1
                    if len(line) > MOST_LINE_BYTES:
                        raise self.wrong("a line of more than 16 MB", number)
                    yield number, self._text(line, number)
        except OSError as exc:
            raise self._unread(exc) from exc

    def _text(self, line: bytes, number: int) -> str:
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as exc:
            raise self.wrong("not UTF-8", number, hint="save it as UTF-8") from exc
        return text.rstrip("\r\n")

    def _wide(self) -> list[str]:
        try:
            return self._bytes().decode("utf-16").splitlines()
        except UnicodeDecodeError as exc:
            raise self.wrong("not UTF-16, as its first bytes say", hint="save it as UTF-8") from exc

    def head(self) -> str:
        """The first line that is not empty; of a longer one, a whole document, its beginning."""
        try:
            with self.path.open("rb") as file:
                data = file.read(HEAD_BYTES)
        except OSError as exc:
            raise self._unread(exc) from exc
        text = data.decode("utf-16" if data[:2] in _UTF16 else "utf-8-sig", "replace")
        return next((line for line in text.splitlines() if line.strip()), "")

    def rows(self, separator: str = "") -> Iterator[tuple[int, list[str]]]:
        """Rows of a CSV file with the number of their last line; found out what parts the cells.

        Raises:
            InputError: It is no CSV.
        """
        csv.field_size_limit(MOST_LINE_BYTES)
        apart = separator or separator_in(self.head())
        raw: list[str] = []  # of the row that is being read
        rows = csv.reader(self._kept(raw), delimiter=apart)
        try:
            for row in rows:
                if len(raw) > 1:
                    self._check_closed(raw, apart, rows.line_num)
                raw.clear()
                if any(cell.strip() for cell in row):
                    yield rows.line_num, row
        except csv.Error as exc:
            raise self.wrong(str(exc), rows.line_num) from exc

    def _kept(self, raw: list[str]) -> Iterator[str]:
        for _, line in self.lines():
            raw.append(f"{line}\n")
            yield raw[-1]

    def _check_closed(self, raw: list[str], apart: str, last: int) -> None:
        """A row of several lines ends with its quote, not with the file: else rows would be lost.

        Raises:
            InputError: It does not.
        """
        try:
            next(csv.reader(raw, delimiter=apart, strict=True))
        except csv.Error as exc:
            if "unexpected end" in str(exc):  # other slips are read as they stand
                first = last - len(raw) + 1
                raise self.wrong("a quote begins here that is never closed", first) from exc

    @cached_property
    def document(self) -> object:
        """Its JSON as plain values.

        Raises:
            InputError: It is none.
        """
        data = self._bytes()
        if data[:2] in _UTF16:
            data = "\n".join(self._wide()).encode()
        try:
            return msgspec.json.decode(data.removeprefix(codecs.BOM_UTF8))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            raise self.wrong(f"not JSON: {exc}") from exc

    def as_kind(self, kind: type[T], what: str) -> T:
        """Its JSON as what is expected of it.

        Raises:
            InputError: It is not so; the message names the place in the document.
        """
        try:
            return convert(self.document, kind)
        except (msgspec.ValidationError, RecursionError) as exc:
            raise self.wrong(f"not {what}: {exc}") from exc

    def wrong(self, what: str, line: int | None = None, *, hint: str = "") -> InputError:
        """An error in this file, with its line where one is known."""
        place = self.name if line is None else f"{self.name}, line {line}"
        return InputError(f"{place}: {display(what)[:300]}", hint=hint, code="LQ-INPUT-CORPUS")

    def _bytes(self) -> bytes:
        try:
            size = self.path.stat().st_size
            if size > MOST_JSON_BYTES:
                raise self.wrong(f"{size} bytes, the most is {MOST_JSON_BYTES}")
            return self.path.read_bytes()
        except OSError as exc:
            raise self._unread(exc) from exc

    def _unread(self, exc: OSError) -> InputError:
        return self.wrong(f"cannot be read: {exc.strerror or exc}", hint="check the path")
