"""`loquitur insight transcript` as it is typed."""

from __future__ import annotations

import csv
import json

import pytest
from click.testing import CliRunner

from loquitur.cli.main import cli
from loquitur.errors import InputError, UsageError

CUE = "{0}\n00:{1:02d}:{2:02d},000 --> 00:{1:02d}:{2:02d},900\n{3}\n\n"
GOOD, BAD = "this is a really good and happy day", "that was the worst and most horrible night"


def srt(*texts):
    return "".join(CUE.format(at + 1, at // 60, at % 60, text) for at, text in enumerate(texts))


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "talk [dQw4w9WgXcQ].en.srt").write_text(srt(*[GOOD] * 40, *[BAD] * 40))
    (tmp_path / "short.srt").write_text(srt("hello there"))
    (tmp_path / "empty.srt").write_text("")

    def call(*arguments):
        words = ["insight", "transcript", *arguments]
        result = CliRunner().invoke(cli, words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return call


TALK = "talk [dQw4w9WgXcQ].en.srt"


def test_json_is_what_the_contract_says(run):
    found = json.loads(run(TALK, "--json", "--window", "words:80").stdout)
    assert {"windows", "chapters"} <= found.keys()
    assert len(found["windows"]) == 8
    first = found["windows"][0]
    assert first["text"].startswith("this is a really good")
    assert first["polarity"] > 0.5 > -0.4 > found["windows"][-1]["polarity"]
    assert first["url"] == "https://youtu.be/dQw4w9WgXcQ?t=0"
    assert found["windows"][4]["novelty"] > 1
    assert found["moments"][0]["window"] == 4
    assert found["engine"] == "textblob"


def test_sentences_on_the_terminal(run):
    said = run(TALK, "--window", "words:80", "--no-chapters").stdout
    assert "640 words" in said
    assert "https://youtu.be/dQw4w9WgXcQ?t=40" in said
    assert "Chapters" not in said


def test_a_table_of_several_files(run, tmp_path):
    assert run(TALK, "short.srt", "-o", "out.csv", "--engine", "vader").exit_code == 0
    rows = list(csv.DictReader((tmp_path / "out.csv").open()))
    assert {row["file"] for row in rows} == {TALK, "short.srt"}
    assert rows[0]["polarity_vader"]
    assert rows[0]["novelty_bits"] == "", "there is nothing before the first window"


def test_several_files_are_a_list_and_a_bad_one_gives_the_exit_code(run):
    result = run(TALK, "empty.srt", "short.srt", "--json", "--no-chapters")
    found = json.loads(result.stdout)
    assert [one["file"] for one in found] == [TALK, "short.srt"]
    assert json.loads(result.stderr)["error"]["code"] == "LQ-INPUT"
    assert result.exit_code == 4


def test_a_bad_file_alone_is_an_error(run):
    with pytest.raises(InputError, match="is empty"):
        run("empty.srt")


def test_all_files_bad_is_an_empty_list(run):
    result = run("empty.srt", "none.srt", "--json")
    assert json.loads(result.stdout) == []
    assert result.exit_code == 4


def test_a_folder_stands_for_the_files_in_it(run, tmp_path):
    (tmp_path / "empty.srt").unlink()
    found = json.loads(run(".", "--json", "--no-chapters").stdout)
    assert [one["file"] for one in found] == ["short.srt", TALK]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--window", "lines"), "no such window"),
        (("--window", "time:5"), "not a length of time"),
        (("--engine", "nonesuch"), "nonesuch"),
        (("--video", "nope"), "not a video id"),
        (("-o", "a.xls"), "no such kind of file"),
    ],
)
def test_what_is_typed_wrong_is_told_before_the_work(run, arguments, told):
    with pytest.raises(UsageError, match=told):
        run("short.srt", *arguments)


def test_one_id_is_not_that_of_several_files(run):
    with pytest.raises(UsageError, match="one video"):
        run("short.srt", TALK, "--video", "dQw4w9WgXcQ")


def test_a_short_last_window_is_kept_on_request(run):
    merged = json.loads(run(TALK, "--json", "--no-chapters", "--window", "words:600").stdout)
    kept = json.loads(
        run(TALK, "--json", "--no-chapters", "--window", "words:600", "--last", "keep").stdout
    )
    assert [len(one["windows"]) for one in (merged, kept)] == [1, 2]
    assert kept["windows"][1]["short"]
