"""Tables: what is written comes back, missing stays missing, nothing runs in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loquitur.errors import FullError, InputError, MissingError, UsageError
from loquitur.tables import writing as writing_room
from loquitur.tables.cells import as_text, from_text, read_time
from loquitur.tables.table import Column, Table
from loquitur.tables.writing import writing

COLUMNS = (
    Column(name="video_id", identifier=True),
    Column(name="title", description="As its owner wrote it"),
    Column(name="views", type="int"),
    Column(name="rate", type="float", derived=True),
    Column(name="live", type="bool"),
    Column(name="published_at", type="time", unit=""),
    Column(name="tags", type="list"),
)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROWS = [
    ("-abcdefghij", "=1+1", 10, 0.5, True, NOON, ("a", 'b"')),
    ("abcdefghijk", None, None, None, None, None, None),
    ("bbbbbbbbbbb", "it's, a\nline \N{GRINNING FACE}", 0, 0.0, False, NOON, ()),
]


@pytest.fixture
def table():
    return Table.from_rows("videos", COLUMNS, ROWS)


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_what_is_written_is_read_back(table, tmp_path, suffix):
    path = tmp_path / f"videos.{suffix}"
    getattr(table, f"to_{suffix}")(path)
    assert Table.read(path, columns=COLUMNS) == table


def test_parquet_knows_its_columns(table, tmp_path):
    table.to_parquet(tmp_path / "videos.parquet")
    assert Table.read(tmp_path / "videos.parquet").columns == COLUMNS


def test_types_are_found_where_nobody_says_them(table, tmp_path):
    for name in ("videos.csv", "videos.jsonl"):
        table.to_csv(tmp_path / name) if name.endswith("csv") else table.to_jsonl(tmp_path / name)
        found = Table.read(tmp_path / name)
        assert [column.type for column in found.columns] == [item.type for item in COLUMNS]
        assert found.data == table.data


def test_missing_is_empty_or_null_and_never_zero(table, tmp_path):
    table.to_csv(tmp_path / "t.csv")
    rows = list(csv.DictReader((tmp_path / "t.csv").open()))
    assert rows[1]["views"] == ""
    assert rows[2]["views"] == "0"
    table.to_jsonl(tmp_path / "t.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "t.jsonl").open()]
    assert lines[1]["views"] is None
    assert lines[2] == {
        "video_id": "bbbbbbbbbbb", "title": ROWS[2][1], "views": 0, "rate": 0.0, "live": False,
        "published_at": "2026-03-01T12:00:00Z", "tags": [],
    }  # fmt: skip


def test_spreadsheets_run_nothing_and_ids_stay_ids(table, tmp_path):
    table.to_csv(tmp_path / "t.csv")
    first = next(csv.DictReader((tmp_path / "t.csv").open()))
    assert first["title"] == "'=1+1"
    assert first["video_id"] == "-abcdefghij"
    hostile = Column(name="video_id", identifier=True)
    assert as_text(hostile, "=HYPERLINK(1)") == "'=HYPERLINK(1)"
    table.to_csv(tmp_path / "t.csv", guard=False)
    assert next(csv.DictReader((tmp_path / "t.csv").open()))["title"] == "=1+1"


@given(st.text(max_size=20).filter(bool))
def test_guarding_is_undone_exactly(text):
    column = Column(name="title")
    written = as_text(column, text)
    assert written[:1] not in ("=", "+", "-", "@", "\t", "\r")
    assert from_text(column, written) == text.encode("utf-16", "surrogatepass").decode(
        "utf-16", "replace"
    )


def test_half_an_emoji_is_written_as_a_replacement(tmp_path):
    table = Table.from_rows("t", (Column(name="text"),), [("a\ud83d",)])
    for suffix in ("csv", "jsonl", "parquet"):
        getattr(table, f"to_{suffix}")(tmp_path / f"t.{suffix}")
        assert Table.read(tmp_path / f"t.{suffix}")["text"] == ("a\ufffd",)


def test_data_frames_know_missing_values(table):
    frame = table.to_pandas()
    assert [str(kind) for kind in frame.dtypes] == [
        "string", "string", "Int64", "Float64", "boolean", "datetime64[ns, UTC]", "object",
    ]  # fmt: skip
    assert frame["views"].isna().tolist() == [False, True, False]
    assert frame["views"].mean() == 5
    assert frame.attrs["derived"] == ["rate"]
    polars = table.to_polars()
    assert polars["views"].to_list() == [10, None, 0]
    assert str(polars["published_at"].dtype) == "Datetime(time_unit='ms', time_zone='UTC')"


def test_an_empty_table_has_its_columns(tmp_path):
    empty = Table.from_rows("videos", COLUMNS, [])
    assert len(empty) == 0
    assert len(empty.to_pandas().columns) == len(COLUMNS)
    for suffix in ("csv", "parquet"):
        getattr(empty, f"to_{suffix}")(tmp_path / f"t.{suffix}")
        assert Table.read(tmp_path / f"t.{suffix}", columns=COLUMNS, name="videos") == empty


def test_a_table_shows_itself(table):
    text = repr(table)
    assert text.startswith("Table videos: 3 rows x 7 columns")
    assert "rate float, derived" in text
    assert max(map(len, text.splitlines()[2:])) <= 110
    html = Table.from_rows("t", (Column(name="x"),), [("<script>",)])._repr_html_()
    assert "&lt;script&gt;" in html


def test_wrong_cells_are_refused():
    with pytest.raises(InputError, match="'views' is int, not str"):
        Table.from_rows("t", (Column(name="views", type="int"),), [("1",)])
    with pytest.raises(InputError, match="two columns"):
        Table.from_rows("t", (Column(name="a"), Column(name="a")), [])
    with pytest.raises(InputError, match="no column 'view'"):
        Table.from_rows("t", (Column(name="views"),), [])["view"]


def write_and_fail(target):
    with writing(target, COLUMNS) as writer:
        writer.write(ROWS[1])
        raise ZeroDivisionError


def write_many(target):
    with writing(target, COLUMNS) as writer:
        for _ in range(5000):
            writer.write(ROWS[0])


def test_the_target_is_whole_or_as_it_was(tmp_path):
    path = tmp_path / "out" / "t.csv"
    with writing(path, COLUMNS) as writer:
        writer.write(ROWS[0])
    before = path.read_bytes()
    for suffix in ("csv", "jsonl", "parquet"):
        target = path.with_suffix("." + suffix)
        with pytest.raises(ZeroDivisionError):
            write_and_fail(target)
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.iterdir()] == ["t.csv"]


def test_a_link_stays_a_link_and_rights_are_kept(tmp_path):
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    with writing(link, COLUMNS) as writer:
        writer.write(ROWS[0])
    assert link.is_symlink()
    assert real.read_text().startswith("video_id,")
    assert real.stat().st_mode & 0o777 == 0o640


def test_streams_take_text_and_say_what_they_cannot_take():
    stream = io.StringIO()
    with writing(stream, COLUMNS, form="jsonl") as writer:
        writer.write(ROWS[0])
    assert json.loads(stream.getvalue())["views"] == 10
    with pytest.raises(UsageError, match="no text"), writing(stream, COLUMNS, form="parquet"):
        raise AssertionError


@pytest.mark.parametrize(
    ("name", "kind", "word"),
    [("t.xlsx", UsageError, "not a format"), ("t", UsageError, "not a format"),
     ("folder.csv", InputError, "is a folder"), ("file.csv/t.csv", InputError, "File exists")],
)  # fmt: skip
def test_places_that_cannot_be_written(tmp_path, name, kind, word):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file.csv").write_text("x")
    with pytest.raises(kind, match=word), writing(tmp_path / name, COLUMNS):
        raise AssertionError


def test_a_full_disk_is_said(tmp_path):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    (tmp_path / "t.csv").symlink_to("/dev/full")
    with pytest.raises(FullError, match="no space"):
        write_many(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("text", "word"),
    [("", "no header"), ("a,b\n1\n", "line 2: 1 cells"), ("a\n\xff", "cannot be read")],
)
def test_files_that_are_no_tables(tmp_path, text, word):
    (tmp_path / "t.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError, match=word):
        Table.read(tmp_path / "t.csv")
    with pytest.raises(InputError, match="No such file"):
        Table.read(tmp_path / "none.jsonl")
    (tmp_path / "t.parquet").write_text("no")
    with pytest.raises(InputError, match="not Parquet"):
        Table.read(tmp_path / "t.parquet")


def test_without_polars_the_way_to_it_is_said(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(MissingError, match="polars") as caught:
        Table.from_rows("t", COLUMNS, ROWS).to_parquet(tmp_path / "t.parquet")
    assert "loquitur[tables]" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_memory_does_not_grow_with_rows(tmp_path):
    def peak(rows):
        tracemalloc.start()
        with writing(tmp_path / "t.csv", COLUMNS) as writer:
            for _ in range(rows):
                writer.write(ROWS[0])
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return top

    peak(10)
    assert peak(10_000) < peak(1000) + 200_000


def test_parquet_is_joined_from_pieces_in_order(tmp_path, monkeypatch):
    monkeypatch.setattr(writing_room, "_PIECE_ROWS", 100)
    column = Column(name="n", type="int")
    with writing(tmp_path / "t.parquet", (column,)) as writer:
        for number in range(1050):
            writer.write((number,))
    assert Table.read(tmp_path / "t.parquet")["n"] == tuple(range(1050))
    assert [item.name for item in tmp_path.iterdir()] == ["t.parquet"]


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01T00:00:00Z", "2026-03-01"])
def test_what_is_no_time_is_none(text):
    assert read_time(text) is None
