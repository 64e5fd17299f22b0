"""`insight keywords` and `insight reviews` from the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"

SEEDS = SHARED / "seeds"


@pytest.fixture
def comments(tmp_path):
    path = tmp_path / "comments.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["comment_id", "video_id", "author_name", "text"])
        for at in range(240):
            good = ("great", "good", "wonderful")[at % 7 % 3]
            bad = ("terrible", "bad", "horrible")[at % 7 % 3]
            text = f"the tutorial is {good}" if at % 3 else f"the price is {bad} (really)"
            writer.writerow([at, f"v{at % 11}", f"a{at}", text])
        writer.writerow([0, "v0", "a0", "the tutorial is great"])
        writer.writerow([999, "v0", "a0", ""])
    return path


def test_keywords_of_comments(loquitur, comments, tmp_path):
    found = loquitur("insight", "keywords", comments, "--term", "tutorial", "--json")
    assert found.code == 0
    assert found.json["videos"] == 11
    assert found.json["notes"] == [
        "comments.csv: 1 row left out (twice)",
        "comments.csv: 1 row left out (without text)",
    ]
    (term,) = found.json["terms"]
    assert term["polarity_textblob"]["verdict"] == "higher"
    assert term["polarity_textblob"]["difference"]["level"] == 0.95
    out = tmp_path / "terms.csv"
    assert loquitur("insight", "keywords", comments, "-o", out, "--seed", "3").code == 0
    assert out.read_text("utf-8").startswith("term,measure,texts,")


def test_reviews_of_comments(loquitur, comments, tmp_path):
    found = loquitur("insight", "reviews", comments)
    assert found.code == 0
    assert "Complained of most: price (80 texts)." in found.out
    page = tmp_path / "page.html"
    assert loquitur("insight", "reviews", comments, "-o", page).code == 0
    assert "price is " in page.read_text("utf-8")
    live = loquitur("insight", "reviews", comments, "--preset", "live-shopping", "--json")
    assert live.json["preset"] == "live-shopping"


@pytest.mark.parametrize("verb", ["keywords", "reviews"])
def test_bad_input_is_named(loquitur, tmp_path, verb):
    bare = tmp_path / "bare.csv"
    bare.write_text("views,likes\n1,2\n", "utf-8")
    refused = loquitur("insight", verb, bare, "--json")
    assert refused.code == 4
    assert "no column of texts" in refused.error["message"]
    assert "views, likes" in refused.error["hint"]
    wrong = loquitur("insight", verb, bare, "--column", "view", "--json")
    assert "views" in wrong.error["hint"]
    empty = tmp_path / "empty.csv"
    empty.write_text("text\n", "utf-8")
    assert "no text in empty.csv" in loquitur("insight", verb, empty, "--json").error["message"]
    assert loquitur("insight", verb, tmp_path / "none.srt", "--json").code == 4
    assert loquitur("insight", verb, bare, "-o", "x.docx", "--json").code == 2


def test_terms_that_are_none_are_usage(loquitur, comments):
    refused = loquitur("insight", "keywords", comments, "--term", "*", "--json")
    assert (refused.code, refused.error["code"]) == (2, "LQ-USAGE")
    assert loquitur("insight", "reviews", comments, "--preset", "x", "--json").code == 2


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the shared data is not here")
def test_one_video_against_another(loquitur):
    found = loquitur(
        "insight", "keywords", SEEDS / "siraj_t5qgjJIBy9g.en.srt", "--term", "memory",
        "--against", SEEDS / "equivariant_2bP_KuBrXSc.en.json", "--json",
    )  # fmt: skip
    assert found.code == 0
    words = {one["term"]: one["ratio_log2"] for one in found.json["against"]["words"]}
    assert words["memory"] > 0 > words["symmetry"]
    assert json.dumps(found.json["terms"]).count("too few to say") == 2


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the shared data is not here")
def test_a_recorded_chat_is_read(loquitur):
    chat = SHARED / "youtube" / "live_chat" / "replay_49.live_chat.json"
    found = loquitur("insight", "reviews", chat, "--language", "en", "--json")
    assert found.code == 0
    assert found.json["unit"] == "messages"
    assert found.json["texts"] > 20
