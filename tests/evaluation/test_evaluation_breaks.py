"""Break F1: counted by hand on small files, and its promises on larger ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from loquitur.cli.main import cli
from loquitur.errors import InputError, UsageError
from loquitur.evaluation.breaks import segmentation

TRUE = """1
00:00:01,000 --> 00:00:02,000
one two
three four

2
00:00:03,000 --> 00:00:04,000
five six
"""
MADE = """WEBVTT

00:01.000 --> 00:02.000
ONE two
three

00:03.000 --> 00:04.000
<v A>four
five six
"""


@pytest.fixture
def files(tmp_path):
    true, made = tmp_path / "a.srt", tmp_path / "b.vtt"
    true.write_text(TRUE)
    made.write_text(MADE)
    return true, made


def test_breaks_are_counted_by_kind(files):
    """Line after two; cue after four in the reference; cue after three, line after four here."""
    score = segmentation(*files)
    assert (score.any.right, score.any.extra, score.any.missed) == (2, 1, 0)
    assert (score.cue.right, score.cue.extra, score.cue.missed) == (0, 1, 1)
    assert (score.line.right, score.line.extra, score.line.missed) == (1, 1, 0)
    assert score.any.f1 == pytest.approx(0.8)
    assert score.files[0].words == score.files[0].matched == 6


def test_words_that_differ_are_left_out(files):
    true, made = files
    made.write_text(MADE.replace("three", "tree"))
    score = segmentation(true, made)
    assert (score.files[0].words, score.files[0].matched) == (6, 5)
    assert (score.any.right, score.any.extra) == (2, 0)


def test_a_file_against_itself_is_perfect_and_without_breaks_has_no_rate(files, tmp_path):
    assert segmentation(files[0], files[0]).any.f1 == 1.0
    (tmp_path / "c.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nword\n")
    assert segmentation(tmp_path / "c.srt", tmp_path / "c.srt").any.f1 is None


def test_japanese_is_compared_by_characters(tmp_path):
    true, made = tmp_path / "a.ja.srt", tmp_path / "b.ja.srt"
    true.write_text("1\n00:00:01,000 --> 00:00:02,000\n今日は\n晴れ\n", encoding="utf-8")
    made.write_text("1\n00:00:01,000 --> 00:00:02,000\n今日\nは晴れ\n", encoding="utf-8")
    score = segmentation(true, made)
    assert (score.any.right, score.any.extra, score.any.missed) == (0, 1, 1)


def test_folders_are_matched_by_stem_and_a_file_is_no_folder(files, tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "h").mkdir()
    (tmp_path / "r" / "x.srt").write_text(TRUE)
    with pytest.raises(InputError, match="has the name of one"):
        segmentation(tmp_path / "r", tmp_path / "h")
    (tmp_path / "h" / "x.vtt").write_text(MADE)
    assert [one.name for one in segmentation(tmp_path / "r", tmp_path / "h").files] == ["x"]
    with pytest.raises(UsageError):
        segmentation(tmp_path / "r", files[1])


def test_the_verb_prints_a_table_and_json(files):
    done = CliRunner().invoke(cli, ["eval", "segmentation", *map(str, files)])
    assert "0.8000" in done.output
    done = CliRunner().invoke(cli, ["eval", "segmentation", *map(str, files), "--json"])
    document = json.loads(done.stdout)
    assert document["any"]["f1"] == 0.8
    assert document["files"][0]["matched"] == 6


def test_paths_are_not_needed_to_be_strings(files):
    assert segmentation(Path(files[0]), Path(files[1])).files
