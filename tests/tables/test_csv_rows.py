from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from loquitur.formats.document import Document
from loquitur.formats.tables import read_csv
from loquitur.tables.reading import read
from loquitur.tables.rows import CsvRows
from loquitur.vision.corpora.material import Material

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_limit_is_of_these_rows_alone() -> None:
    before = csv.field_size_limit()
    rows = CsvRows(io.StringIO(f"a,{'x' * 200_000}\nb,c\n"), most_cell=300_000)
    assert len(next(rows)[1]) == 200_000
    assert csv.field_size_limit() == before
    assert list(rows) == [["b", "c"]]
    assert rows.line_num == 2


def test_the_limit_is_put_back_after_an_error() -> None:
    before = csv.field_size_limit()
    rows = CsvRows(["a,b\n", "c,dddd\n"], most_cell=3)
    with pytest.raises(csv.Error, match="field larger"):
        list(rows)
    assert (csv.field_size_limit(), rows.line_num) == (before, 2)


@pytest.mark.parametrize(
    "reading",
    [
        read,
        lambda path: list(Material(path).rows()),
        lambda path: read_csv(Document.load(path)),
    ],
)
def test_no_reader_changes_what_others_accept(
    tmp_path: Path, reading: Callable[[Path], object]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"start,end,text\n0.5,1.5,{'x' * 200_000}\n", "utf-8")
    before = csv.field_size_limit()
    assert reading(path)
    assert csv.field_size_limit() == before
