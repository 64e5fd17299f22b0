"""`loquitur insight voices`, as it is typed."""

from __future__ import annotations

import json

import pytest

from loquitur.cli.main import _run

RTTM = "samples/harbour_dialogue.rttm"


def test_prints_sentences(capsys):
    assert _run(["insight", "voices", RTTM]) == 0
    out = capsys.readouterr().out
    assert "2 speakers hold the floor 12 times" in out
    assert "Mary takes the floor from Peter" in out


def test_json(capsys):
    assert _run(["insight", "voices", RTTM, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [one["speaking_ms"] for one in document["speakers"]] == [21339, 17021]
    assert document["answers"]["counts"] == [[0, 5], [6, 0]]
    assert document["interruptions"][0]["successful"] is True


def test_several_files_make_one_table_and_a_bad_one_is_told(tmp_path, capsys):
    captions = tmp_path / "talk.vtt"
    captions.write_text(
        "WEBVTT\n\n00:00.000 --> 00:02.000\n<v Ann>=SUM(1) is what I said\n\n"
        "00:02.500 --> 00:04.000\n<v Bob>Was it?\n"
    )
    broken = tmp_path / "broken.rttm"
    broken.write_text("nonsense\n")
    table = tmp_path / "voices.csv"
    code = _run(["insight", "voices", RTTM, str(captions), str(broken), "-o", str(table)])
    assert code == 4
    assert "broken.rttm, line 1" in capsys.readouterr().err
    rows = table.read_text().splitlines()
    assert len(rows) == 5
    assert rows[0].startswith("file,conversation,speaker,speaking_s,speaking_share,turns")
    assert [row.split(",")[2] for row in rows[1:]] == ["Peter", "Mary", "Ann", "Bob"]


def test_lines_can_be_drawn_elsewhere(capsys):
    assert _run(["insight", "voices", RTTM, "--json", "--terminal", "2000"]) == 0
    assert json.loads(capsys.readouterr().out)["interruptions"] == []


@pytest.mark.parametrize("name", ["x.xlsx", "x"])
def test_an_unknown_kind_of_output_is_refused_first(name, capsys):
    assert _run(["insight", "voices", "nowhere.rttm", "-o", name]) == 2
    assert "no such kind of file" in capsys.readouterr().err
