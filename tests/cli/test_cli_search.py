"""`loquitur search`, as it is typed."""

from __future__ import annotations

import re

import pytest

VIDEO = "t5qgjJIBy9g"
TALK = """1
00:00:01,000 --> 00:00:04,000
A group has one identity.
"""
OTHER = TALK.replace("A group has one identity", "Every \x1b[31m group \x1b[0m acts on itself")
KEYS = ["rank", "score", "media_id", "title", "speaker", "start_ms", "end_ms", "text", "url"]


@pytest.fixture
def typed(loquitur, monkeypatch, tmp_path):
    """A command line on a library of this test's own, with two talks."""
    monkeypatch.setenv("LOQUITUR_LIBRARIES", str(tmp_path / "libraries"))
    monkeypatch.setenv("LOQUITUR_EMBEDDING", "none")
    (tmp_path / f"talk [{VIDEO}].en.srt").write_text(TALK)
    (tmp_path / "other.en.srt").write_text(OTHER)
    assert loquitur("library", "add", f"talk [{VIDEO}].en.srt", "other.en.srt", "-q").code == 0
    return loquitur


def test_json_has_the_keys_of_the_contract(typed):
    answer = typed("search", "group identity", "--json", "--flat")
    assert answer.code == 0
    assert answer.json["query"] == "group identity"
    assert [list(hit)[:9] for hit in answer.json["hits"]] == [KEYS, KEYS]
    first = answer.json["hits"][0]
    assert (first["rank"], first["media_id"], first["title"]) == (1, f"youtube:{VIDEO}", "talk")
    assert first["url"] == f"https://youtu.be/{VIDEO}?t={first['start_ms'] // 1000}"
    assert first["start_ms"] < first["end_ms"]
    marked = [first["text"][start:end] for start, end in first["marks"]]
    assert marked == ["group", "identity"]
    like = typed("search", "--like", str(first["passage"]["id"]), "--json")
    assert [hit["rank"] for hit in like.json["hits"]] == [1]


def test_hits_for_people_hold_nothing_that_steers(typed):
    answer = typed("search", "identity")
    assert answer.code == 0
    assert re.search(r"1\.  0:0\d  talk", answer.out)
    assert "A group has one *identity*." in answer.out
    assert f"https://youtu.be/{VIDEO}?t=" in answer.out
    acts = typed("search", "acts").out
    assert "*acts*" in acts
    assert "\x1b" not in acts


def test_what_was_searched_instead_is_told(typed):
    answer = typed("search", "identitty")
    assert answer.err == "nobody says 'identitty'; also searched: identity\n"
    assert "*identity*" in answer.out
    answer = typed("search", "identitty", "--exact")
    assert (answer.code, answer.out, answer.err) == (0, "", "nothing found\n")


def test_pages_follow_one_another(typed):
    first = typed("search", "group", "--flat", "-k", "1", "--json").json
    second = typed("search", "group", "--flat", "-k", "1", "--json", "--page", first["cursor"]).json
    assert [hit["rank"] for hit in second["hits"]] == [2]
    assert second["cursor"] is None
    assert "--page" in typed("search", "group", "--flat", "-k", "1").err
    assert typed("search", "ring", "--page", first["cursor"]).code == 2


def test_filters(typed):
    assert typed("search", "group", "--in", f"youtube:{VIDEO}", "--json").json["hits"]
    assert not typed("search", "group", "--speaker", "Anna", "--json").json["hits"]
    assert typed("search", "group", "--after", "tomorrow").code == 2
    [bare] = typed("search", "group", "--in", VIDEO, "--json").json["hits"]
    assert bare["media_id"] == f"youtube:{VIDEO}"
    assert not typed("search", "group", "--after", "2024-05", "--json").json["hits"]  # no day known


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        (["search", ""], 2, "nothing to search for"),
        (["search", "speaker:Anna"], 2, "words beside its filters"),
        (["search", "x", "--like", "1"], 2, "one of them"),
        (["search", "--like", "77"], 2, "no passage has the number 77"),
        (["search", "x", "--mode", "meaning"], 2, "no vectors"),
        (["search", "x", "--library", "nowhere"], 2, "nowhere"),
    ],
)
def test_what_cannot_be_searched_is_told_in_a_line(typed, given, code, told):
    answer = typed(*given)
    assert (answer.code, answer.out) == (code, "")
    assert told in answer.err
    assert answer.err.count("\n") == 1


def test_an_empty_library_says_how_to_fill_it(typed):
    ids = [one["media_id"] for one in typed("library", "list", "--json").json]
    assert typed("library", "remove", *ids).code == 0
    answer = typed("search", "group")
    assert answer.code == 4
    assert "is empty" in answer.err
    assert "loquitur library add" in answer.err
