"""What needs no server: addresses, the server's errors as ours, terms as it keeps them."""

from __future__ import annotations

import pytest

from loquitur.errors import (
    CorruptError,
    FullError,
    LockedError,
    MissingError,
    RemoteError,
    StoreError,
    UsageError,
)
from loquitur.library.index.postgres import PostgresIndex
from loquitur.library.index.postgres.addresses import address_of
from loquitur.library.index.postgres.connection import translated
from loquitur.library.index.postgres.lexemes import lexeme_of, quoted, words_of
from loquitur.library.index.postgres.rows import clean, packed, unpacked
from loquitur.library.places import open_index, place_of


@pytest.mark.parametrize(
    ("url", "conninfo", "schema"),
    [
        ("postgresql://h/db", "postgresql://h/db", "loquitur_library"),
        ("postgres://a@h:5433/db?library=a%20b", "postgres://a@h:5433/db", "loquitur_a b"),
        ("postgresql://h/db?library=c++", "postgresql://h/db", "loquitur_c++"),
        ("postgresql:///db?schema=own&host=/tmp", "postgresql:///db?host=/tmp", "own"),
        (
            "postgresql://h1:1,h2:2/db?sslmode=verify-full&library=%E6%9D%B1&service=x",
            "postgresql://h1:1,h2:2/db?sslmode=verify-full&service=x",
            "loquitur_東",
        ),
    ],
)  # fmt: skip
def test_an_address_is_a_server_and_a_schema(url, conninfo, schema):
    found = address_of(url)
    assert (found.conninfo, found.schema) == (conninfo, schema)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://a:geheim@h/db",
        "postgresql://h/db?password=geheim",
        "postgresql://h/db?library=x&sslpassword=geheim",
        "mysql://a:geheim@h/db?password=geheim",
        "postgresql://[a:geheim@h/db?password=geheim",
        "postgresql://h/db?password=geheim&&=",
        "postgresql://a:ge#geheim@h/db",
        "postgresql://a:ge/geheim@h/db",
        "postgresql://a:ge?geheim@h/db",
        "postgresql://a:ge@geheim@h/db",
    ],
)
def test_a_password_in_an_address_is_refused_and_not_repeated(url):
    with pytest.raises(UsageError) as caught:
        address_of(url)
    assert "geheim" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://h/db?library=",
        "postgresql://h/db?schema=%20",
        "postgresql://h/db?schema=pg_catalog",
        "postgresql://h/db?library=x&schema=y",
        f"postgresql://h/db?library={'x' * 60}",
        f"postgresql://h/db?library={'%E6%9D%B1' * 20}",
        "postgresql://h/db?library=a%00b",
        "postgresql://h/db?novalue",
        "postgresql://h/db?library=x&library=y",
        "postgresql://h/db?library=x#y",
        "postgresql://h/db?schema=$user",
        "postgresql",
    ],
)
def test_what_names_no_library_is_refused(url):
    with pytest.raises(UsageError):
        address_of(url)


def test_a_missing_driver_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(MissingError) as caught:
        open_index(place_of("postgresql://h/db?library=x", None))
    assert caught.value.hint == 'pip install "loquitur[postgres]"'


def test_a_server_that_is_not_there_is_one_line(tmp_path):
    pytest.importorskip("psycopg")
    with pytest.raises(RemoteError) as caught:
        PostgresIndex(f"postgresql://anna@/db?host={tmp_path}&library=x")
    assert "\n" not in caught.value.message
    assert "cannot be reached" in caught.value.message
    assert caught.value.hint


class SaidError(Exception):
    def __init__(self, sqlstate):
        super().__init__("said\n\x1b[31mred")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (None, RemoteError), ("08006", RemoteError), ("57P01", RemoteError), ("28P01", RemoteError),
        ("3D000", RemoteError), ("53300", RemoteError), ("53100", FullError),
        ("55P03", LockedError), ("57014", StoreError), ("25006", StoreError), ("42501", StoreError),
        ("42P01", CorruptError), ("XX001", CorruptError), ("23505", StoreError),
        ("58030", StoreError),
    ],
)  # fmt: skip
def test_the_errors_of_a_server_are_ours(state, kind):
    error = translated(SaidError(state), "postgresql://h/db?library=x")
    assert type(error) is kind
    assert error.message.startswith("postgresql://h/db?library=x")
    assert error.hint
    assert not {"\n", "\x1b"} & set(error.message)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("FATAL:  the database system is shutting down", "cannot be reached"),
        ("FATAL:  the database system is starting up", "cannot be reached"),
        ("FATAL:  sorry, too many clients already", "has no room"),
        ('FATAL:  role "anna" does not exist', "lets nobody in"),
        ('FATAL:  password authentication failed for user "anna"', "lets nobody in"),
        ("could not translate host name", "cannot be reached"),
    ],
)
def test_a_connection_that_is_refused_says_why(said, told):
    assert told in translated(OSError(said), "postgresql://h/db?library=x").message


def test_texts_keep_their_length_without_what_a_server_cannot_hold():
    assert clean("a\0b\ud800c\U0001f600") == "a\ufffdb\ufffdc\U0001f600"
    for numbers in ((), (0,), (1, 2**32 - 1), (5, 2**40)):
        assert unpacked(packed(numbers)) == numbers


def test_words_are_places_and_weights():
    found = words_of(7, text="red apples, red", chapter="Apples", title="Red", language="en")
    assert found.vector == "'red':1 'appl':2 'red':3 'appl':6B 'red':9A"
    assert found.counts == {"red": 8, "appl": 5}
    assert found.length == 5


def test_a_long_term_stays_itself():
    first, second = lexeme_of("東" * 3_000), lexeme_of("東" * 3_001)
    assert first != second
    assert max(len(one.encode()) for one in (first, second)) < 300
    assert quoted("a'b\\c") == "'a''b\\\\c'"


def test_an_endless_text_is_cut_where_a_server_would_refuse_it():
    text = " ".join(f"word{number}" for number in range(60_000))
    found = words_of(1, text=text, chapter="", title="last", language="ja")
    assert found.length == 60_001
    assert 30_000 < len(found.counts) < 60_000
    assert len(found.vector) < 1_048_576
