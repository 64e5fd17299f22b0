from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from loquitur import formats
from loquitur.cli.main import cli
from loquitur.errors import InputError, UsageError

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "harbour_dialogue.mp4"
BAD = """1
00:00:01.000 --> 00:00:05,000
this  is said first and it is rather long for a line

2
00:00:04,000 --> 00:00:04,000
yes.

3
00:00:08,000 --> 00:00:10,000
Good words are here.
"""


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.en.srt").write_text(BAD)

    def call(*arguments, code=0):
        result = CliRunner().invoke(cli, ["subs", "check", *(str(item) for item in arguments)])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result.stdout

    return call


def test_findings_of_a_file(run):
    out = run("bad.en.srt", code=4)
    lines = out.splitlines()
    assert lines[0].split() == ["severity", "code", "cue", "time", "found", "fix"]
    assert any(
        line.startswith("error") and "T001" in line and "00:00:04.000" in line for line in lines
    )
    assert "netflix, adult, en: 3 errors" in lines[-1]


def test_json_names_all_of_a_finding(run):
    document = json.loads(run("bad.en.srt", "--json", "--rules", "bbc", code=4))
    assert document["rules"] == "bbc"
    assert document["files"][0]["counts"]["error"] >= 2
    zero = next(one for one in document["findings"] if one["code"] == "T001")
    assert zero == {
        "file": "bad.en.srt", "code": "T001", "severity": "error", "cue": 2, "line": 6,
        "start_ms": 4000, "time": "00:00:04.000", "message": "ends when it starts", "found": 0,
        "limit": 1, "unit": "ms", "fix": "give it time",
    }  # fmt: skip
    assert "F006" in {one["code"] for one in document["findings"]}


def test_fix_writes_what_has_no_errors(run, tmp_path):
    out = run("bad.en.srt", "--fix", "good.en.srt")
    assert "written to good.en.srt" in out
    assert "0 errors" in out.splitlines()[-1]
    track = formats.read(tmp_path / "good.en.srt")
    said = " ".join(" ".join(cue.text for cue in track.cues).split())
    assert said == "this is said first and it is rather long for a line yes. Good words are here."
    document = json.loads(run("good.en.srt", "--fix", "again.en.srt", "--json"))
    assert document["files"][0]["repairs"] == []
    assert (tmp_path / "again.en.srt").read_bytes() == (tmp_path / "good.en.srt").read_bytes()


def test_fix_into_another_format(run, tmp_path):
    run("bad.en.srt", "--fix", "good.vtt")
    assert (tmp_path / "good.vtt").read_text().startswith("WEBVTT")


def test_several_files_and_one_that_is_none(run, tmp_path):
    (tmp_path / "fine.en.srt").write_text(BAD.split("\n\n")[2].replace("3\n", "1\n", 1))
    out = run("fine.en.srt", "missing.srt", "bad.en.srt", "--fix", "out", code=4)
    assert "out/fine.en.srt" in out
    assert (tmp_path / "out" / "bad.en.srt").is_file()


def test_sarif_for_ci(run, tmp_path):
    run("bad.en.srt", "--sarif", "log.sarif", code=4)
    log = json.loads((tmp_path / "log.sarif").read_text())
    (run_,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert {"T001", "T002"} <= {rule["id"] for rule in run_["tool"]["driver"]["rules"]}
    levels = {result["ruleId"]: result["level"] for result in run_["results"]}
    assert levels["T001"] == "error"
    assert levels["X001"] == "note"


def test_less_grave_ones_left_out(run):
    document = json.loads(run("bad.en.srt", "--json", "--severity", "error", code=4))
    assert {one["severity"] for one in document["findings"]} == {"error"}


def test_the_medium_says_where_it_ends(run, tmp_path):
    (tmp_path / "late.srt").write_text("1\n00:59:00,000 --> 00:59:02,000\nToo late, that is.\n")
    out = run("late.srt", "--media", SAMPLE, code=4)
    assert "T008" in out


def test_rules_are_listed_with_their_sources(run):
    listed = json.loads(run("--list-rules", "--json"))
    assert {"netflix", "bbc", "wcag-minimum"} <= {one["name"] for one in listed}
    assert all(one["source"] and one["read"] for one in listed)
    assert "Netflix Partner Help Center" in run("--list-rules")


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (["bad.en.srt", "--rules", "netflx"], UsageError, "netflix"),
        (["bad.en.srt", "--audience", "kids"], UsageError, "children"),
        (["missing.srt"], InputError, ""),
        ([], UsageError, "--list-rules"),
        (["bad.en.srt", "--rules", "own.toml"], InputError, ""),
    ],
)
def test_slips(run, arguments, error, hint):
    with pytest.raises(error) as slip:
        run(*arguments)
    assert hint in slip.value.hint


FILM = (
    Path(__file__).resolve().parents[3] / "shared" / "data" / "media" / "video" / "nasa_13013.mp4"
)
NEAR_A_CUT = "1\n00:00:08,200 --> 00:00:10,000\nGood words are here.\n"


def test_shots_need_a_medium(run):
    with pytest.raises(UsageError, match="needs the medium"):
        run("bad.en.srt", "--shots")


@pytest.mark.slow
@pytest.mark.skipif(not FILM.exists(), reason="the film is not here")
def test_a_start_behind_a_cut_is_found_where_shots_count(run, tmp_path, monkeypatch):
    monkeypatch.setenv("LOQUITUR_STORE", str(tmp_path / "store"))
    (tmp_path / "near.en.srt").write_text(NEAR_A_CUT)

    def codes(*more):
        found = json.loads(run("near.en.srt", "--media", FILM, "--json", *more))["findings"]
        return {one["code"] for one in found}

    assert "T011" not in codes()
    assert "T011" in codes("--shots")
