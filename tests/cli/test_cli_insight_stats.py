"""`loquitur insight stats`: what it prints and writes, and its exit codes."""

from __future__ import annotations

import pytest

ROWS = "video_id,title,duration,views,likes,comments\n" + "".join(
    f"v{i},=cmd|{i},PT{i}M,{(i + 1) ** 4},{i * 3},{i % 5}\n" for i in range(40)
)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "videos.csv"
    path.write_text(ROWS)
    return path


def test_json_has_the_keys_of_the_contract(loquitur, table):
    answer = loquitur("insight", "stats", table, "--json")
    assert answer.code == 0
    document = answer.json
    assert document["rows"] == 40
    views = document["columns"]["views"]
    assert views.keys() >= {"count", "missing", "mean", "std", "min", "25%", "50%", "75%", "max"}
    assert views["heavy_tail"].keys() >= {"verdict", "alpha", "xmin"}
    assert document["columns"]["duration_s"]["max"] == 39 * 60
    assert document["columns"]["title"]["top"][0]["value"].startswith("=cmd")


def test_the_terminal_gets_describe_and_sentences(loquitur, table):
    answer = loquitur("insight", "stats", table)
    assert answer.code == 0
    assert answer.out.splitlines()[0].split()[:4] == ["column", "count", "missing", "mean"]
    assert "Half of the videos have" in answer.out
    assert "views_per_day_derived was not derived: no column published_at" in answer.out


@pytest.mark.slow
def test_files_by_suffix(loquitur, table, tmp_path):
    for suffix in ("csv", "jsonl", "parquet"):
        answer = loquitur("insight", "stats", table, "-o", tmp_path / f"out.{suffix}")
        assert answer.code == 0, answer.err
        again = loquitur("insight", "stats", tmp_path / f"out.{suffix}", "--json")
        assert again.json["columns"]["column"]["distinct"] == 8
    by = loquitur("insight", "stats", table, "--by", "title", "-o", tmp_path / "by.csv")
    assert by.code == 0
    assert "'=cmd|0" in (tmp_path / "by.csv").read_text()
    loquitur("insight", "stats", table, "--by", "title", "--no-guard", "-o", tmp_path / "by.csv")
    assert "'=cmd|0" not in (tmp_path / "by.csv").read_text()


def test_slips_are_told(loquitur, table, tmp_path):
    assert loquitur("insight", "stats", tmp_path / "no.csv").code == 4
    assert loquitur("insight", "stats", tmp_path / "no.xlsx").code == 2
    assert loquitur("insight", "stats", table, "-o", "out.docx").code == 2
    answer = loquitur("insight", "stats", table, "--by", "titel", "--json")
    assert answer.code == 4
    assert "title" in answer.error["hint"]
    assert loquitur("insight", "stats", table, "--as-of", "soon").code == 2


def test_what_is_chosen(loquitur, table):
    answer = loquitur(
        "insight", "stats", table, "--column", "views", "--top", "2", "--goodness", "5", "--json"
    )
    assert list(answer.json["columns"]) == ["views"]
    assert len(answer.json["extremes"]["views"]["top"]) == 2
    assert answer.json["columns"]["views"]["heavy_tail"]["goodness_sets"] == 5


def test_a_table_of_groups_is_guarded(loquitur, table, tmp_path):
    for option, there in (("--guard", True), ("--no-guard", False)):
        wanted = ("--column", "views", "--by", "title", option, "-o", tmp_path / "by.csv")
        assert loquitur("insight", "stats", table, *wanted).code == 0
        assert ("'=cmd|0" in (tmp_path / "by.csv").read_text()) is there
