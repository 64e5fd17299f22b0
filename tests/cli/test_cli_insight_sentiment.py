"""`loquitur insight sentiment`, as it is typed."""

from __future__ import annotations

import io
import json
import sys

import pytest

pytest.importorskip("textblob")
pytest.importorskip("vaderSentiment")
pytest.importorskip("py3langid")

from loquitur.cli.main import _run

REFERENCE = (
    "I had a really horrible day. It was the worst day ever! But every now and then I have a "
    "really good day that makes me happy."
)


def asked(capsys, *arguments, code=0):
    assert _run(["insight", "sentiment", *arguments]) == code
    said = capsys.readouterr()
    return said.out if code == 0 else said.err


def test_the_courses_sentence_as_json(capsys):
    document = json.loads(asked(capsys, REFERENCE, "--json"))
    assert document == {
        "polarity": -0.125,
        "subjectivity": 0.9,
        "coverage": 6 / 27,
        "language": "en",
        "engine": "textblob",
        "assessments": [
            [["really", "horrible"], -1.0, 1.0, None],
            [["worst", "!"], -1.0, 1.0, None],
            [["really", "good"], 0.7, 0.6000000000000001, None],
            [["happy"], 0.8, 1.0, None],
        ],
    }


def test_two_engines_disagree_and_each_says_its_name(capsys):
    document = json.loads(asked(capsys, REFERENCE, "--engine", "vader", "--json"))
    assert (document["polarity"], document["subjectivity"]) == (0.7707, None)
    assert document["engine"] == "vader"
    assert "by textblob" in asked(capsys, REFERENCE)


def test_a_language_that_is_not_known_is_null(capsys):
    document = json.loads(asked(capsys, "ㅋㅋㅋ 최고", "--json"))
    assert (document["polarity"], document["language"]) == (None, "ko")
    document = json.loads(asked(capsys, "ㅋㅋㅋ 최고", "--engine", "chat", "--json"))
    assert document["polarity"] > 0.3
    said = asked(capsys, "good", "--language", "fr", "--json")
    assert json.loads(said)["polarity"] is None


def test_lines_of_a_file_and_of_stdin(tmp_path, capsys, monkeypatch):
    path = tmp_path / "lines.txt"
    path.write_text("good day\nbad day\nthe train\n")
    document = json.loads(asked(capsys, str(path), "--json"))
    assert document["counts"] == {"positive": 1, "negative": 1, "neutral": 0, "unscored": 1}
    assert [row["text"] for row in document["rows"]] == ["good day", "bad day", "the train"]
    stdin = io.TextIOWrapper(io.BytesIO(b"good day\nbad \xff day\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert json.loads(asked(capsys, "-", "--json"))["texts"] == 2


def test_a_table_in_and_a_table_out_with_cells_made_safe(tmp_path, capsys):
    path = tmp_path / "c.jsonl"
    path.write_text('{"body": "=1+1 good"}\n{"body": "\\u0000 awful \\ud83d\\udd25"}\n')
    out = tmp_path / "out.csv"
    asked(capsys, str(path), "--column", "body", "-o", str(out))
    text = out.read_text(encoding="utf-8")
    assert "polarity_textblob" in text.splitlines()[0]
    assert "'=1+1 good" in text
    page = tmp_path / "out.html"
    asked(capsys, str(path), "--column", "body", "-o", str(page))
    assert page.stat().st_size < 500_000


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["folder/missing.csv"], 4, "there is no such file"),
        (["missing.srt"], 4, "add --text"),
        (["."], 0, ""),
        (["src"], 4, "is a folder"),
        (["good", "--engine", "textblop"], 2, "textblob"),
        (["good", "--engine", "vader:x"], 2, "has no models"),
        (["good", "--set", "sentiment.size=1"], 2, "no option 'size'"),
        (["good", "--set", "transcribe.size=1"], 2, "no stage is called"),
        (["good", "-o", "out.xlsx"], 2, "no such kind of file"),
        (["good", "--engine", "onnx"], 3, ""),
        (["good", "--language", "xx!!"], 2, "not a language: 'xx!!'"),
        (["good", "--window", "word:300"], 2, "words:300"),
    ],
)
def test_what_is_wrongly_asked(capsys, arguments, code, said):
    assert said in asked(capsys, *arguments, code=code)


@pytest.mark.parametrize(
    "text",
    ["", " ", "🔥" * 50, "مرحبا بالعالم الجميل", "a\tb\x07", "good " * 4_000, "@x", "\ud800"],
)
def test_any_text_is_told(capsys, text):
    for engine in ("textblob", "vader", "chat"):
        document = json.loads(asked(capsys, text, "--text", "--json", "--engine", engine))
        assert document["engine"] == engine


def test_a_file_name_is_scored_as_text_where_that_is_said(capsys):
    assert json.loads(asked(capsys, "good.txt", "--text", "--json"))["engine"] == "textblob"
