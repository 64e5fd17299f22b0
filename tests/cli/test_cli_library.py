"""`loquitur library add|remove|list|stats|verify|rebuild`, as they are typed."""

from __future__ import annotations

import sqlite3
import sys

import pytest

from loquitur.insight.texts import identification
from loquitur.library.documents import Said
from loquitur.library.documents_written import described_video

VIDEO = "t5qgjJIBy9g"
TALK = "1\n00:00:01,000 --> 00:00:04,000\nA group has one identity.\n"


@pytest.fixture
def typed(loquitur, monkeypatch, tmp_path):
    """A command line on a library of this test's own."""
    monkeypatch.setenv("LOQUITUR_LIBRARIES", str(tmp_path / "libraries"))
    monkeypatch.setenv("LOQUITUR_EMBEDDING", "none")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / f"talk [{VIDEO}].en.srt").write_text(TALK)
    (tmp_path / "in" / "other.en.srt").write_text(TALK.replace("group", "ring"))
    return loquitur


def test_a_folder_is_added_and_seen(typed, tmp_path):
    answer = typed("library", "add", "in")
    assert (answer.code, answer.err) == (0, "main: 2 of 2 parts new or changed\n")
    lines = answer.out.splitlines()
    assert lines[0].split() == ["passages", "part", "id", "title"]
    assert f"youtube:{VIDEO}" in answer.out
    assert typed("library", "add", "in", "-q").err == ""
    answer = typed("library", "list", "--json")
    assert [(one["title"], one["parts"]) for one in answer.json] == [
        ("other", ["speech:en"]), ("talk", ["speech:en"]),
    ]  # fmt: skip
    assert "talk" in typed("library", "list").out
    stats = typed("library", "stats", "--json").json
    assert (stats["volumes"], stats["kinds"], stats["embedding"]) == (2, {"speech": 2}, "")
    assert "speech 2" in typed("library", "stats").out
    assert typed("library", "verify").out == "main: all agrees\n"
    assert typed("library", "verify", "--json").json == {"clean": True, "findings": []}


def test_a_bad_file_stops_no_other(typed, tmp_path):
    (tmp_path / "in" / "empty.vtt").write_text("")
    answer = typed("library", "add", "nowhere.srt", "in", "--json")
    assert answer.code == 4
    assert [one["state"] for one in answer.json["added"]] == ["new", "new"]
    assert [one["input"].rpartition("/")[2] for one in answer.json["failed"]] == [
        "nowhere.srt", "empty.vtt",
    ]  # fmt: skip
    answer = typed("library", "add", "in", "nowhere.srt")
    assert answer.code == 4
    assert "error: nowhere.srt: no such file or folder" in answer.err
    assert "2 inputs failed" in answer.err


def test_nothing_to_put_in_makes_no_library(typed, tmp_path):
    answer = typed("library", "add", "nowhere.srt", "--library", "x")
    assert answer.code == 4
    assert answer.err.splitlines() == [
        "error: nowhere.srt: no such file or folder", "x: nothing new; 1 input failed",
    ]  # fmt: skip
    leaving_nothing = ("library", "add", f"https://youtu.be/{VIDEO}", "--captions-only")
    assert typed(*leaving_nothing, "--no-captions").code == 2
    server = "postgresql://a:geheim@h/db?library=x"
    answer = typed("library", "add", "nowhere.srt", "--library", server)
    assert answer.code == 2
    assert "geheim" not in answer.out + answer.err
    assert not (tmp_path / "libraries").exists()


def test_without_the_package_of_languages_what_is_said_stands(typed, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "py3langid.langid", None)
    monkeypatch.setattr(identification, "_classifier", identification._classifier.__wrapped__)
    (tmp_path / "comments.csv").write_text(
        "video_id,comment_id,text\n" + VIDEO + ",1,Kurs Gruppen\n"
    )
    answer = typed("library", "add", "comments.csv")
    assert answer.code == 3
    assert '(pip install "loquitur[insight]", or say the language (--language))' in answer.err
    answer = typed("library", "add", "comments.csv", "--language", "de", "--json")
    assert (answer.code, answer.json["added"][0]["passages"]) == (0, 1)
    found = described_video(VIDEO, title="Kurs Gruppen", description="", said=Said())
    assert [one.language for one in found.source.remarks] == ["und"]


def test_what_is_typed_is_no_comment(typed, tmp_path):
    (tmp_path / "#1.en.srt").write_text(TALK)
    assert typed("library", "add", "-", "--json", stdin="# mine\n #two\n").json["added"] == []
    (added,) = typed("library", "add", "#1.en.srt", "--json").json["added"]
    assert added["title"] == "#1"


def test_what_is_known_beside_a_file(typed, tmp_path):
    (tmp_path / "chapters.txt").write_text("0:00 All of it\n")
    answer = typed(
        "library", "add", "-", "--video", f"https://youtu.be/{VIDEO}", "--title", "Groups",
        "--channel", "Ada", "--published", "2024-02-29", "--chapters", "chapters.txt",
        "--kind", "speech", "--language", "en-GB", stdin="in/other.en.srt\n\n",
    )  # fmt: skip
    assert answer.code == 0
    (volume,) = typed("library", "list", "--json").json
    assert volume == {
        "media_id": f"youtube:{VIDEO}", "title": "Groups", "channel": "Ada",
        "published": "2024-02-29", "language": "en-GB", "duration_ms": None,
        "origin": f"https://youtu.be/{VIDEO}", "parts": ["speech:en-GB"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["add", "in", "--video", "x"], 2, "video id"),
        (["add", "in", "--published", "today"], 2, "not a day"),
        (["add", "in", "--chapters", "plain.txt"], 4, "no chapters"),
        (["add", f"https://youtu.be/{VIDEO}"], 5, "fetching is switched off"),
        (["add", f"https://youtu.be/{VIDEO}", "--video", VIDEO], 2, "say it themselves"),
        (["add", "x" * 5_000], 4, "no such file"),
        (["add", "-wQw4w9WgXc"], 5, "fetching is switched off"),
        (["list", "--library", "nope"], 2, "there is no library 'nope'"),
        (["verify", "--library", "a/b:c*"], 2, "there is no library"),
        (["add", "in", "--library", "***"], 2, "no name for a library"),
        (["rebuild", "--library", "nope"], 2, "there is no library 'nope'"),
    ],
)
def test_what_is_refused(typed, tmp_path, arguments, code, word):
    (tmp_path / "plain.txt").write_text("no times here\n")
    answer = typed("library", *arguments)
    assert answer.code == code
    assert word in answer.err
    assert "Traceback" not in answer.err
    assert len(answer.err.splitlines()) <= 3


def test_removing(typed):
    typed("library", "add", "in")
    assert typed("library", "remove", VIDEO).out == f"removed youtube:{VIDEO}\n"
    answer = typed("library", "remove", "in/other.en.srt", "-wQw4w9WgXc", "--json")
    assert answer.code == 4
    assert len(answer.json["removed"]) == 1
    assert answer.json["missing"] == ["-wQw4w9WgXc"]
    assert typed("library", "list").err.startswith("the library is empty")
    assert "is called" in typed("library", "remove", VIDEO).err


def test_what_is_wrong_is_found_and_mended(typed, tmp_path):
    typed("library", "add", "in")
    path = tmp_path / "libraries" / "main.library"
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM vocabulary")
        db.execute("DELETE FROM languages")
    db.close()
    answer = typed("library", "verify")
    assert answer.code == 1
    assert "loquitur library rebuild" in answer.err
    assert typed("library", "verify", "--json").json["findings"][0].keys() == {"code", "message"}
    assert typed("library", "rebuild").out == "2 parts, 2 passages, 0 vectors\n"
    assert typed("library", "verify").code == 0
    path.write_bytes(b"no library at all" * 1_000)
    assert typed("library", "verify").code == 1
    answer = typed("library", "rebuild", "--json")
    assert answer.code == 0
    assert len(answer.json["restored"]) == 2
    assert answer.json["set_aside"].endswith("main.library.damaged-1")
    assert typed("library", "rebuild", "--embedding", "hashing").out == (
        "2 parts, 2 passages, 2 vectors\n"
    )
    assert "nope" in typed("library", "rebuild", "--embedding", "nope").err
    answer = typed("library", "add", "in", "--embedding", "none")
    assert answer.code == 2
    assert "loquitur library rebuild --library main --embedding none" in answer.err


def test_the_store_shows_sources(typed):
    typed("library", "add", "in")
    rows = typed("store", "ls", "--stage", "index", "--json").json
    assert sorted(one["title"] for one in rows) == ["other", "talk"]
