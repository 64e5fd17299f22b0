"""The sentiment of texts and files as results: shares, examples, tables, accounts."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("textblob")
pytest.importorskip("vaderSentiment")
pytest.importorskip("py3langid")

from loquitur.errors import InputError
from loquitur.insight.inference import wilson
from loquitur.insight.texts.readings import Reading, Readings, sentiment
from loquitur.insight.texts.sides import side_of
from loquitur.tables.table import Table

HOSTILE = '<script>alert("good")</script> =1+1 great'


def test_one_text():
    found = sentiment("a really good day")
    assert isinstance(found, Reading)
    assert found.plain() == {
        "polarity": 0.7,
        "subjectivity": 0.6000000000000001,
        "coverage": 0.5,
        "language": "en",
        "engine": "textblob",
        "assessments": [[["really", "good"], 0.7, 0.6000000000000001, None]],
    }
    assert found.table().names[:5] == (
        "text", "language", "polarity_textblob", "subjectivity_textblob", "coverage_textblob",
    )  # fmt: skip
    assert "Polarity +0.700, subjectivity 0.600 by textblob" in found.account().says[0]


def test_what_is_not_scored_says_why():
    assert "knows no token of it" in sentiment("the train at nine").account().says[0]
    assert "language ko" in sentiment("정말 좋아요").account().says[0]
    assert sentiment("").plain()["polarity"] is None


def test_many_texts_have_shares_with_wilsons_intervals():
    texts = ["good"] * 6 + ["bad"] * 3 + ["actually"] + ["train"] * 2 + ["정말 좋아요"]
    found = sentiment(texts)
    assert isinstance(found, Readings)
    assert found.counts == {"positive": 6, "negative": 3, "neutral": 1, "unscored": 3}
    assert found.shares["positive"] == wilson(6, 10)
    assert found.shares["unscored"] == wilson(3, 13)
    plain = found.plain()
    assert plain["shares"]["negative"]["method"] == "Wilson"
    assert plain["languages"]["ko"] == 1
    assert [row["polarity"] for row in plain["rows"]][-1] is None
    said = found.account().says
    assert said[0].startswith("Of 10 scored texts, 60.0 %")
    assert any(line.startswith("Unscored: 3 of 13") for line in said)
    json.dumps(plain)


def test_sides():
    assert [side_of(value) for value in (0.06, -0.06, 0.0, 0.05, -0.05, None)] == [
        "positive", "negative", "neutral", "neutral", "neutral", "unscored",
    ]  # fmt: skip


def test_chat_rows_have_the_text_and_a_copy(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_text("LETS GOOO\n\nㅋㅋㅋ 최고\n" + HOSTILE + "\n", encoding="utf-8")
    table = sentiment(path, engine="chat").table()
    assert table["text"] == ("LETS GOOO", "ㅋㅋㅋ 최고", HOSTILE)
    assert table["normalised"][:2] == ("let us go", "(laughter) the best")
    assert "compound_chat" in table.names
    assert all(value > 0 for value in table["polarity_chat"])
    table.to_csv(tmp_path / "out.csv")
    assert Table.read(tmp_path / "out.csv")["text"] == table["text"]


def test_a_table_with_authors_settles_languages(tmp_path):
    path = tmp_path / "comments.csv"
    rows = ["id,text,author_name"]
    rows += [f"{at},I really love what you have done here,ann" for at in range(6)]
    rows += ["7,sick play,ann", "7,sick play,ann", "8,,ann"]
    path.write_text("\n".join(rows) + "\n")
    found = sentiment(path, engine="chat")
    assert [one.language for one in found.sentiments] == ["en"] * 7
    assert found.gathered.notes == (
        "comments.csv: 1 row left out (twice)",
        "comments.csv: 1 row left out (without text)",
    )
    with pytest.raises(InputError, match="has no column 'txt'"):
        sentiment(path, column="txt")


def test_captions_keep_their_moments(tmp_path):
    path = tmp_path / "talk [dQw4w9WgXcQ].en.srt"
    path.write_text(
        "1\n00:00:01,000 --> 00:00:04,000\nThis is a really good day for us all.\n\n"
        "2\n00:01:05,000 --> 00:01:09,000\nThat was the worst thing of them all.\n"
    )
    found = sentiment(path)
    rows = found.plain()["rows"]
    assert [row["start_ms"] for row in rows] == [1000, 65_000]
    assert rows[1]["url"] == "https://youtu.be/dQw4w9WgXcQ?t=65"
    assert rows[1]["polarity"] < 0 < rows[0]["polarity"]
    negative = found.account().sections[-1]
    assert negative.title == "The most negative"
    assert negative.moments[0].url == rows[1]["url"]
    whole = sentiment(path, window="words:300").account().says[0]
    assert whole.startswith("Of 1 scored window of words:300, ")


def test_empty_files_are_refused(tmp_path):
    path = tmp_path / "empty.txt"
    path.write_text("  \n\n")
    with pytest.raises(InputError, match="holds no text"):
        sentiment(path)


def test_accounts_are_drawn_and_hostile_text_stays_text():
    html = sentiment([HOSTILE, "bad", "good"] * 5)._repr_html_()
    assert "<script>alert" not in html
    assert sentiment(HOSTILE)._repr_html_()


def test_equal_texts_are_shown_once():
    found = sentiment(["good day", "Good day"] * 4 + ["great day", "a bad day"])
    sections = {one.title: one.says for one in found.account().sections}
    assert len(sections["The most positive"]) == 2
    assert len(sections["The most negative"]) == 1
