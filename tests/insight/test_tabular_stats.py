"""`stats`: results whole, in memory and by DuckDB, and what is told of them."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pandas
import polars
import pytest

from loquitur.errors import InputError, MissingError, UsageError
from loquitur.insight.tabular import large
from loquitur.insight.tabular.analysis import stats
from loquitur.text import number

SEED = Path(__file__).parents[3] / "shared" / "data" / "seeds" / "busan_10_videos.csv"


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(3)
    n = 700
    views = np.floor(random.lognormal(9, 2, n))
    return polars.DataFrame({
        "video_id": [f"v{i % (n - 5)}" for i in range(n)],
        "title": [f"=t{i}" if i % 7 else None for i in range(n)],
        "duration": [f"PT{i % 50}M{i % 59}S" for i in range(n)],
        "views": [None if i % 60 == 0 else int(v) for i, v in enumerate(views)],
        "likes": [int(v) for v in views * random.uniform(0, 0.1, n)],
        "dislikes": [0] * n,
        "published_at": [f"2024-0{1 + i % 9}-1{i % 9}T0{i % 9}:00:00+09:00" for i in range(n)],
        "collected_at": ["2025-01-01T00:00:00Z"] * n,
        "channel": ["abc"[i % 3] for i in range(n)],
        "mixed": [["1,234", "n/a", "-5.5", "7"][i % 4] if i % 11 else "oops" for i in range(n)],
    })  # fmt: skip


@pytest.mark.skipif(not SEED.is_file(), reason="the shared data are not here")
def test_the_table_of_the_course():
    """Of the 50 rows that the course describes, 10 are printed: held against pandas' figures."""
    theirs = pandas.read_csv(SEED).describe()
    plain = stats(SEED).plain()
    assert plain["rows"] == 10
    for name in ("views", "likes", "dislikes", "favorites", "comments"):
        column = plain["columns"][name]
        for figure in ("count", "mean", "std", "min", "25%", "50%", "75%", "max"):
            assert column[figure] == theirs[name][figure], (name, figure)
    assert plain["columns"]["duration_s"]["max"] == 17 * 60 + 57
    assert "not published" in plain["columns"]["dislikes"]["note"]
    assert plain["columns"]["views"]["heavy_tail"]["verdict"] == "too few to say"
    assert plain["not_derived"]["views_per_day_derived"]["missing_columns"] == [
        "published_at", "collected_at",
    ]  # fmt: skip


def test_plain_values_are_json_without_nan(frame):
    text = json.dumps(stats(frame, by="channel").plain(), allow_nan=False)
    plain = json.loads(text)
    views = plain["columns"]["views"]
    assert views["missing"] == 12
    assert views["heavy_tail"].keys() >= {"verdict", "alpha", "xmin", "n_tail", "comparisons"}
    assert plain["duplicates"]["repeated_keys"] == 5
    assert plain["by"]["tests"]["views"]["method"] == "Kruskal-Wallis"
    assert plain["engagement"]["like_rate_derived"]["derived"] is True


@pytest.mark.parametrize("suffix", [
    pytest.param("csv", marks=pytest.mark.slow),
    pytest.param("jsonl", marks=pytest.mark.slow),
    "parquet",
])  # fmt: skip
def test_duckdb_gives_the_same_figures(frame, tmp_path, monkeypatch, suffix):
    path = tmp_path / f"it's a table.{suffix}"
    write = {"csv": frame.write_csv, "jsonl": frame.write_ndjson, "parquet": frame.write_parquet}
    write[suffix](path)
    held = stats(path, by="channel").plain()
    monkeypatch.setattr(large, "is_large", lambda _path: True)
    other = stats(path, by="channel").plain()
    assert other["engine"] == "duckdb"
    assert list(other["columns"]) == list(held["columns"])
    for name, column in held["columns"].items():
        for figure, value in column.items():
            if figure == "approximate":
                continue
            wanted = pytest.approx(value, rel=1e-9) if isinstance(value, float) else value
            assert other["columns"][name][figure] == wanted, (name, figure)
    for part in ("engagement", "not_derived"):
        assert other[part] == held[part]
    for name, found in held["extremes"].items():
        assert other["extremes"][name]["top"] == found["top"], name
    for mine, theirs in zip(held["by"]["groups"], other["by"]["groups"], strict=True):
        assert (mine["value"], mine["rows"]) == (theirs["value"], theirs["rows"])
        assert mine["columns"]["views"]["mean"] == pytest.approx(theirs["columns"]["views"]["mean"])
    assert "sample" in other["remarks"][0]


def test_columns_may_have_the_names_of_queries(tmp_path, monkeypatch):
    path = tmp_path / "t.parquet"
    views = [float(at * at) for at in range(1, 10)]
    cells = {"views": views, "v": range(9), "g": ["a", "b", "c"] * 3, "row_number": range(9, 0, -1)}
    polars.DataFrame(cells).write_parquet(path)
    held = stats(path, by="g")
    monkeypatch.setattr(large, "is_large", lambda _path: True)
    other = stats(path, by="g")
    assert other.engine == "duckdb"
    assert [one.mean for one in other.numbers()] == [one.mean for one in held.numbers()]
    assert [one.top_tenth for one in other.numbers()] == [None] * 3  # of nine, a tenth is none
    assert [one.top for one in other.extremes] == [one.top for one in held.extremes]
    assert [[one.mean for one in group.profiles] for group in other.grouping.groups] == [
        [one.mean for one in group.profiles] for group in held.grouping.groups
    ]


@pytest.mark.slow
def test_duckdb_samples_and_says_so(frame, tmp_path, monkeypatch):
    path = tmp_path / "t.parquet"
    polars.concat([frame] * 2).write_parquet(path)
    monkeypatch.setattr(large, "MOST_ROWS", 600)
    monkeypatch.setattr(large, "SAMPLE_ROWS", 500)
    found = [stats(path) for _ in range(2)]
    assert found[0].plain() == found[1].plain()
    assert found[0].rows == 1_400
    assert found[0].copies.rows == 700
    (told,) = (one for one in found[0].account().sections[-1].says if "wholly equal" in one)
    assert "earlier one: 700. They" in told  # which rows they are is not known there
    assert found[0].numbers()[1].tail.n < 1_000
    assert stats(path, unique=True).rows == 700


def test_columns_and_times_are_chosen(frame):
    found = stats(frame, columns=["duration", "likes"])
    assert [one.name for one in found.profiles] == ["duration_s", "likes"]
    assert [one.first for one in (stats(frame, columns=["likes"]).correlations)] == []
    with pytest.raises(InputError, match="no column 'vews'") as told:
        stats(frame, columns=["vews"])
    assert "views" in told.value.hint
    with pytest.raises(UsageError, match="not a time"):
        stats(frame, as_of="yesterday")
    with pytest.raises(UsageError, match="top"):
        stats(frame, top=-1)


def test_the_account_tells_all(frame):
    account = stats(frame, by="channel", name="videos").account()
    assert account.kind == "stats"
    assert account.says[0].startswith("Half of the videos (of 688 that have a value) have ")
    assert "Gini 0." in account.says[0]
    titles = [section.title for section in account.sections]
    assert titles[0] == "Columns"
    assert {"views", "Heavy tails", "What goes together", "Largest values and outliers",
            "By channel", "Cautions"} <= set(titles)  # fmt: skip
    figures = [figure for section in account.sections for figure in section.figures]
    assert {"histogram-views", "ccdf-views", "published-at-hours"} & {one.name for one in figures}
    for figure in figures:
        for series in figure.series:
            points = [*series.x, *(y for y in series.y if y is not None)]
            assert np.isfinite(points).all()
            if figure.x.scale == "log":
                assert min(series.x) > 0
            if figure.y.scale == "log":
                assert min(series.y) > 0
    assert len({figure.name for figure in figures}) == len(figures)


@pytest.mark.parametrize("cells", [
    {"views": []}, {"views": [5]}, {"views": [3] * 20}, {"views": [0] * 20}, {"views": [None] * 5},
    {"views": [-1, -5] * 10}, {"name": ["a", None]}, {"views": [float("inf"), 1.0, float("nan")]},
    {"flag": [True, False]}, {"when": ["2024-01-01", "2024-01-02"]}, {"t": [["a"], []]},
    {"views": [1, 10**15] * 8, "likes": [0, 1] * 8, "comments": [1, 1] * 8},
])  # fmt: skip
def test_odd_tables_are_told_without_failing(cells):
    found = stats(polars.DataFrame(cells, strict=False))
    json.dumps(found.plain(), allow_nan=False)
    account = found.account()
    assert account.says
    assert len(found.table()) == len(found.profiles)
    assert repr(found)


@pytest.mark.parametrize(("name", "content", "reason"), [
    ("a.csv", b"", "no header"),
    ("a.csv", b"a,a\n1,2\n", "two columns are called 'a'"),
    ("a.csv", b"a,b\n1,2,3\n", "line 2: 3 cells under 2 columns"),
    ("a.csv", b"a,b\n\xe9,1\n", "cannot be read as a table"),
    ("a.parquet", b"nope", "not Parquet"),
    ("a.jsonl", b'{"a": 1}\n[2]\n', "line 2: expected an object"),
])  # fmt: skip
def test_files_that_are_no_tables(tmp_path, name, content, reason):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason):
        stats(path)


def test_a_file_of_semicolons_and_blank_lines(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("views;likes\n1;2\n\n3;4\n")
    assert stats(path).rows == 2


def test_the_table_of_a_result_is_written_and_read(frame, tmp_path):
    found = stats(frame, by="channel")
    table = found.table()
    assert table.names[0] == "group"
    table.to_csv(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    views = [row for row in rows if row["column"] == "views"]
    assert [row["group"] for row in views] == ["a", "b", "c"]
    assert stats(frame).table().names[0] == "column"


def test_figures_for_people():
    assert [number(value) for value in (0, 66844.5, 1e7, 0.00035, None, 1e20)] == [
        "0", "66,844.5", "10,000,000", "0.00035", "-", "1e+20",
    ]  # fmt: skip


def test_a_comment_is_named_by_its_own_id_and_not_by_its_videos():
    rows = {"comment_id": [f"c{at}" for at in range(12)], "video_id": ["v"] * 12}
    result = stats(polars.DataFrame(rows | {"likes": [*range(1, 12), 10**6]}))
    assert result.copies.keys == 0
    assert result.extremes[0].top[0].label == "c11"


def test_what_was_derived_before_is_marked_when_it_is_read_again(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("views,like_rate_derived\n1,0.5\n2,0.25\n")
    assert [one.derived for one in stats(path).numbers()] == [False, True]


def test_equal_values_are_shared_out_evenly_whatever_is_rounded():
    assert stats(polars.DataFrame({"x": [3 / 7] * 60})).numbers()[0].gini == 0


def test_a_weekday_is_told_of_a_week_or_more_alone():
    def told(days):
        cells = [f"2024-01-{1 + at * days // 9:02d}T10:00:00Z" for at in range(10)]
        return str(stats(polars.DataFrame({"taken_at": cells})).account().sections)

    assert "most on a" in told(14)
    assert "most on a" not in told(5)


def test_a_missing_library_is_named_before_the_table_is_read(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(MissingError, match="scipy") as caught:
        stats("no_such_table.csv")
    assert "loquitur[insight]" in caught.value.hint
    assert caught.value.code == "LQ-NO-PACKAGE"


def test_without_duckdb_a_large_table_says_what_it_needs(frame, tmp_path, monkeypatch):
    frame.write_parquet(tmp_path / "t.parquet")
    monkeypatch.setattr(large, "MOST_ROWS", 600)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingError, match="DuckDB") as caught:
        stats(tmp_path / "t.parquet")
    assert caught.value.hint == 'pip install "loquitur[insight]"'
