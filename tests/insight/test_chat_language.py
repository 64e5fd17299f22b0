"""Tables of chat language, look-up, and the copy in plain words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loquitur.insight.chat_language import Matcher, normalise, own_tables
from loquitur.insight.chat_language.normalising import matcher_of
from loquitur.insight.chat_language.tables import Entry, own_files, read_table


def test_every_row_has_a_reason_and_every_table_a_source():
    for path in own_files():
        head = path.read_text(encoding="utf-8").partition("token\t")[0]
        assert "Source:" in head, path.name
        assert all(entry.why for entry in read_table(path))
    assert len(own_tables()) > 1500


def test_no_token_stands_twice_for_a_language():
    seen = {}
    for entry in own_tables():
        place = (entry.token, entry.language, entry.match)
        assert place not in seen, f"{place}: {seen.get(place)} and {entry.kind}"
        seen[place] = entry.kind


def test_every_emoji_is_looked_up_by_itself():
    matcher = matcher_of("en")
    for entry in own_tables():
        if entry.kind.startswith("emoji"):
            (unit,) = matcher.units(entry.token + "\ufe0f")
            assert unit.entry == entry, entry.token


def test_every_row_that_is_looked_up_by_word_is_found():
    for entry in own_tables():
        if entry.match in ("any", "exact", "word"):
            language = entry.language or "en"
            found = [unit.entry for unit in matcher_of(language).units(entry.token)]
            assert found, entry
            assert all(one is not None for one in found), entry
            assert entry in found or entry.match == "any", entry


def test_the_copy_is_in_plain_words_and_says_what_stood_where():
    text = "LETS GOOO bro ㅋㅋㅋ ❤️ W"
    found = normalise(text, "en")
    assert found.original == text
    assert found.text == "let us go bro (laughter) love win"
    assert [(text[one.start : one.end], one.plain) for one in found.changes] == [
        ("LETS GOOO", "let us go"),
        ("ㅋㅋㅋ", "(laughter)"),
        ("❤️", "love"),
        ("W", "win"),
    ]
    assert normalise("plain words here").changes == ()


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("abgoWLㅋㅠ최고👍🏽❤️\u200d👨草:-_ \n'\x00\ud800"), max_size=40))
def test_the_original_is_never_altered_and_changes_are_its_places(text):
    found = normalise(text)
    assert found.original == text
    at, rebuilt = 0, []
    for one in found.changes:
        assert text[one.start : one.end] == one.surface
        rebuilt += [text[at : one.start], one.plain]
        at = one.end
    assert "".join([*rebuilt, text[at:]]) == found.text


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_units_stand_in_order_and_do_not_overlap(text):
    at = 0
    for unit in matcher_of("und").units(text):
        assert at <= unit.start < unit.end <= len(text)
        assert text[unit.start : unit.end] == unit.surface
        at = unit.end


def _entry(token, **given):
    known = {"kind": "slang", "language": "en", "match": "any", "polarity": 0.5}
    return Entry(token=token, expansion="", why="test", **(known | given))


def test_phrases_go_before_words_and_longer_ones_before_shorter():
    matcher = Matcher([_entry("no"), _entry("no cap"), _entry("no cap at all")], language="en")
    assert [unit.key for unit in matcher.units("no cap at all no CAP no")] == [
        "no cap at all",
        "no cap",
        "no",
    ]


def test_a_lexicon_lies_beneath_the_tables():
    matcher = Matcher(
        [_entry("sick")], language="en", lexicon={"sick": -2.0, "good": 1.9, ":)": 2.0}
    )
    sick, good, smile = matcher.units("sick gooood :)")
    assert (sick.entry.token, sick.said) == ("sick", None)
    assert (good.key, good.said, smile.said) == ("good", 1.9, 2.0)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("ㄱㅅㄱㅅ", ["ㄱㅅ"]),
        ("ㅅㅂㅅㅂㅅㅂ", ["ㅅㅂ"]),
        ("ㄱㅅㅋㅋ", ["ㄱㅅ", "laughter-ko"]),
        ("ㄱㅅㄱㅅㅠㅠ", ["ㄱㅅ", "crying-ko"]),
        ("ㅇㅋㅇㅋ", ["ㅇㅋ"]),
    ],
)
def test_consonants_for_a_word_again_and_again_and_beside_laughter(text, tokens):
    units = matcher_of("ko").units(text)
    assert [unit.entry and unit.entry.token for unit in units] == tokens
    assert "".join(unit.surface for unit in units) == text


def test_liking_is_an_opinion_where_somebody_likes_and_not_where_it_compares():
    matcher = matcher_of("en")

    def told(text):
        return [unit.entry.polarity for unit in matcher.units(text)
                if unit.entry is not None and unit.entry.polarity]  # fmt: skip

    assert told("I don't like it") == told("they didnt like it") == [-0.4]
    assert told("i like that one") == [0.4]
    assert told("it was like that") == told("like 5 of them") == []
