"""Pseudonyms: the same key gives the same ones, and nothing tells a name."""

from __future__ import annotations

import json

import pytest
from chat_making import jsonl, row

from loquitur.errors import InputError
from loquitur.insight.chats.analysis import ChatOptions, chat
from loquitur.insight.chats.pseudonyms import Names, read_key

KEY = b"a key of sixteen characters"
ROWS = [
    *(row(n * 1_000, f"hello @Mallory.Smith and walrus_king number {n}", "walrus_king")
      for n in range(12)),
    *(row(20_000 + n * 900, "the walrus_king is the WALRUS_KING of all of our hearts", f"fan{n}")
      for n in range(8)),
    row(40_000, "see UCwalrus_kingxxxxxxxxxxx and @walrus_king, @nobodyelse", "Zoë"),
    row(41_000, "zoë is here", "이철수"),
    row(42_000, "이철수님 최고", "bob", type="paid", amount=3.0, currency="USD"),
]  # fmt: skip
SECRET = ("walrus", "mallory", "smith", "fan0", "fan7", "zoë", "이철수", "nobodyelse", "@bob")


def hidden(tmp_path, key=KEY):
    path = jsonl(tmp_path / "a.jsonl", ROWS)
    return chat(path, options=ChatOptions(pseudonymise=True, key=key))


def test_nothing_of_the_names_is_anywhere(tmp_path):
    result = hidden(tmp_path)
    tables = [result.table(which) for which in ("minutes", "authors", "bursts", "flags")]
    said = [
        json.dumps(result.plain(), ensure_ascii=False),
        result._repr_html_(),
        repr(result.account()),
    ]
    said += [str(list(table.rows())) for table in tables]
    for name in SECRET:
        for text in said:
            assert name not in text.casefold(), name
    assert "anon-" in said[0]


def test_a_key_gives_the_same_pseudonyms_and_another_other_ones(tmp_path):
    one, two = hidden(tmp_path), hidden(tmp_path)
    authors = one.table("authors")["author"]
    assert authors == two.table("authors")["author"]
    assert len(set(authors)) == len(authors)
    assert set(authors).isdisjoint(hidden(tmp_path, key=None).table("authors")["author"])
    assert set(one.table("authors")["author_channel_id"]) == {None}


def test_a_mention_has_the_pseudonym_of_its_author():
    names = Names(["@Ann", None], ["UCann", "UCbob"], key=KEY)
    assert names.text("hi @ann!") == f"hi @{names.author(0)}!"
    assert names.text("Ann and ANN, annoyed") == f"{names.author(0)} and {names.author(0)}, annoyed"
    assert names.author(1).startswith("anon-")
    assert names.author(-1) is None
    assert names.tells("ann")
    assert not names.tells("annoyed")


def test_a_mention_of_a_name_of_several_words_is_hidden_whole():
    names = Names(["Ann Miller", "Ann"], ["UCann", "UCother"], key=KEY)
    assert (
        names.text("@Ann Miller hi, @ann too") == f"@{names.author(0)} hi, @{names.author(1)} too"
    )
    assert names.text("@Ann Millers") == f"@{names.author(0)}s"


def test_without_a_key_names_stay():
    names = Names(["@Ann"], ["UCann"])
    assert (names.author(0), names.text("hi @ann"), names.tells("ann")) == (
        "@Ann",
        "hi @ann",
        False,
    )


def test_a_key_file_is_made_for_the_owner_alone(tmp_path):
    path = tmp_path / "key"
    key, told = read_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(key) == 64
    assert "new key" in told[0]
    assert read_key(path) == (key, ())
    path.chmod(0o644)
    assert "chmod 600" in read_key(path)[1][0]
    path.write_text("short")
    with pytest.raises(InputError, match="at least 16 characters") as caught:
        read_key(path)
    assert "short" not in str(caught.value)


def test_the_key_is_in_no_repr_of_the_options():
    options = ChatOptions(pseudonymise=True, key=b"a secret of sixteen")
    assert "secret" not in repr(options)


@pytest.mark.parametrize("key", [b"", b"short"])
def test_a_key_that_can_be_guessed_is_refused_from_python_too(tmp_path, key):
    path = tmp_path / "chat.csv"
    path.write_text("offset_ms,author_name,text\n0,ann,hi\n", encoding="utf-8")
    with pytest.raises(InputError, match="at least 16"):
        chat(path, options=ChatOptions(engine="", pseudonymise=True, key=key))
