"""`loquitur insight report` as a user types it; media whose transcripts the store has."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from loquitur.cli.main import cli

pytest.importorskip("matplotlib")
TABLE = "id,views\n" + "".join(f"{at},{at * at}\n" for at in range(30))


def run(*arguments):
    return CliRunner().invoke(cli, ["insight", "report", *map(str, arguments)])


def test_a_page_is_written_and_its_json_says_what_is_on_it(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    done = run(tmp_path / "t.csv", tmp_path / "gone.srt", "-o", tmp_path / "p.html", "--json")
    assert done.exit_code == 4
    told = json.loads(done.stdout)
    assert told["bytes"] == (tmp_path / "p.html").stat().st_size
    assert [one["kind"] for one in told["accounts"]] == ["stats"]
    assert json.loads(done.stderr)["error"]["message"].endswith("gone.srt: no such file")


def test_another_suffix_is_refused_before_any_work(tmp_path):
    done = run(tmp_path / "t.csv", "-o", tmp_path / "p.pdf")
    assert done.exception is not None
    assert not (tmp_path / "p.pdf").exists()


def test_a_medium_is_told_by_the_transcript_in_the_store(finished, tmp_path):
    from loquitur.insight.reports.analysis import report

    settings = finished.settings
    found = report(finished.clip, tmp_path / "p.html", settings=settings)
    assert found.problems == ()
    assert "transcript" in [one.kind for one in found.accounts]
    assert found.accounts[0].subject.startswith(finished.clip.stem)


def test_a_medium_that_was_never_transcribed_says_what_to_type(tmp_path):
    (tmp_path / "talk.mp4").write_bytes(b"x")
    (tmp_path / "t.csv").write_text(TABLE)
    done = run(tmp_path / "talk.mp4", tmp_path / "t.csv", "-o", tmp_path / "p.html", "--store",
               tmp_path / "store")  # fmt: skip
    assert done.exit_code == 4
    assert "the store has no transcript of it" in done.stderr
    assert "loquitur run" in done.stderr
