"""`insight chat` as it is typed: what is printed and written, and what is refused."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from loquitur.tables.table import Table

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "youtube" / "live_chat"
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def path(tmp_path):
    rows = [
        {"id": f"i{n}", "offset_ms": n * 9_000 - 20_000, "text": f"so good {n % 3}",
         "author_name": f"@person{n % 5}", "video_id": "abcdefghijk"}
        for n in range(40)
    ]  # fmt: skip
    rows.append({**rows[-1], "id": "last", "text": HOSTILE, "author_name": "=evil()"})
    file = tmp_path / "chat.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def test_it_is_told_in_sentences(loquitur, path):
    answer = loquitur("insight", "chat", path)
    assert answer.code == 0
    assert "41 messages by 6 authors in 5:51" in answer.out
    assert "Mean polarity (chat)" in answer.out
    assert "\n  -0:2" not in answer.err


def test_moments_are_printed_with_what_is_said_and_comments_with_their_day(loquitur, tmp_path):
    file = tmp_path / "comments.jsonl"
    rows = [
        {"comment_id": f"c{n}", "author_name": f"P{n}", "text": f"I love number {n} so much",
         "published_at": f"2026-03-{1 + n:02}T10:00:00Z"}
        for n in range(8)
    ]  # fmt: skip
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    lines = loquitur("insight", "chat", file).out.splitlines()
    at = next(n for n, line in enumerate(lines) if " positive +" in line)
    assert lines[at].startswith("  2026-03-0")
    assert lines[at + 1].startswith("    I love number")
    assert "0:00" not in lines[at].replace(" 10:00", "")
    assert loquitur("insight", "chat", file, "-o", tmp_path / "a.html", "--names").code == 0
    page = (tmp_path / "a.html").read_text()
    assert ">2026-03-0" in page or " 2026-03-0" in page
    assert "–0:00:00" not in page


def test_the_document_has_the_figures(loquitur, path):
    document = loquitur("insight", "chat", path, "--json").json
    assert document["messages"] == 41
    assert document["minutes"][0]["start_ms"] == -60_000
    assert sum(row["messages"] for row in document["minutes"]) == 41
    assert document["authors"]["different"] == 6
    assert document["authors"]["top"][0]["author"] == "@person0"
    assert document["sentiment"]["engine"] == "chat"
    assert document["sentiment"]["polarity"]["value"] > 0.3
    assert document["pseudonyms"] is False


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_the_table_is_that_of_minutes_or_the_one_asked_for(loquitur, path, tmp_path, form):
    target = tmp_path / f"t.{form}"
    assert loquitur("insight", "chat", path, "-o", target).code == 0
    assert "rate_per_min" in Table.read(target).names
    assert loquitur("insight", "chat", path, "-o", target, "--table", "authors").code == 0
    table = Table.read(target)
    assert table["messages"] == (8, 8, 8, 8, 8, 1)
    assert table["author"][-1] == "=evil()"
    if form == "csv":
        assert [row[1] for row in csv.reader(target.open())][-1] == "'=evil()"


def test_a_page_hides_names_unless_they_are_asked_for(loquitur, path, tmp_path):
    page = tmp_path / "p.html"
    assert loquitur("insight", "chat", path, "-o", page).code == 0
    text = page.read_text()
    assert "person0" not in text
    assert "anon-" in text
    assert HOSTILE not in text
    assert loquitur("insight", "chat", path, "-o", page, "--names").code == 0
    assert "@person0" in page.read_text()


def test_a_key_of_the_environment_or_a_file_gives_the_same_names(
    loquitur, path, tmp_path, monkeypatch
):
    def first(*more):
        answer = loquitur("insight", "chat", path, "--json", "--pseudonymise", *more)
        assert "person" not in answer.out
        return answer.json["authors"]["top"][0]["author"]

    assert first() != first()
    key = tmp_path / "key"
    assert first("--key-file", key) == first("--key-file", key)
    assert key.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("LOQUITUR_PSEUDONYM_KEY", "a key of sixteen letters")
    assert first() == first() != first("--key-file", key)
    monkeypatch.setenv("LOQUITUR_PSEUDONYM_KEY", "short")
    answer = loquitur("insight", "chat", path, "--json", "--pseudonymise")
    assert answer.code == 4
    assert "short" not in answer.error["message"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["--names", "--pseudonymise"], 2, "contradict"),
        (["--event", "goal"], 2, "--event needs the transcript"),
        (["--every", "soon"], 2, "not a length of time"),
        (["--start", "yesterday"], 2, "not a time"),
        (["--engine", "vadr"], 2, "vadr"),
        (["--burst-scale", "1"], 2, "no automaton"),
        (["-o", "x.pdf"], 2, "no such kind of file"),
        (["--transcript", "nowhere.srt"], 4, "nowhere.srt"),
    ],
)
def test_what_makes_no_sense_is_refused(loquitur, path, words, code, says):
    answer = loquitur("insight", "chat", path, "--json", *words)
    assert answer.code == code
    assert says in answer.error["message"]


def test_captions_are_no_chat(loquitur, tmp_path):
    file = tmp_path / "a.vtt"
    file.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nhello\n")
    answer = loquitur("insight", "chat", file, "--json")
    assert answer.code == 4
    assert "these are captions (vtt), not a chat" in answer.error["message"]
    assert "--transcript" in answer.error["hint"]


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
def test_a_replay_by_its_truth(loquitur):
    truth = json.loads((SHARED / "modern_synthetic.truth.json").read_text())
    path = SHARED / "modern_synthetic.live_chat.json"
    document = loquitur("insight", "chat", path, "--json", "--engine", "none").json
    money = {name: float(one["total"]) for name, one in document["money"]["currencies"].items()}
    assert money == truth["paid"] | {"JPY": money["JPY"]}
    assert document["money"]["memberships_gifted"] == truth["gifts_bought"]
    assert document["rows"]["text"] == truth["unique_text_messages"]
    assert document["moderation"]["deleted"] == len(truth["deleted_ids"])
    assert document["counts"]["repeated"] == truth["duplicates_dropped"]
    assert document["sentiment"] is None
