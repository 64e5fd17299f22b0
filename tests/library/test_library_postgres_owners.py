"""What a library on a server leaves alone, and what it sees of what others do there."""

from __future__ import annotations

import os
from urllib.parse import quote

import numpy as np
import pytest

from loquitur.errors import StoreError
from loquitur.library.index.postgres import PostgresIndex, exists
from loquitur.model.library import ALL, Encoding, Part, Passage, Volume
from loquitur.testing.index_ranking import found, put, word

pytestmark = pytest.mark.slow
ENCODING = Encoding(engine="made-up", dimension=3, place="/models/ours")


def shelve(index, media_id="a"):
    index.replace(
        Volume(media_id=media_id, title="A"),
        Part(),
        [Passage(media_id=media_id, part="speech:und", number=0, start_ms=0, end_ms=1, text="red")],
        vectors=np.eye(3, dtype=np.float32)[:1],
        encoding=ENCODING,
    )


def near(index):
    return len(index.by_vector(np.eye(3, dtype=np.float32)[0], filters=ALL, limit=5))


@pytest.fixture
def fresh(postgres):
    """The address of a library in a database that has no pgvector yet."""
    if postgres.wheel is None:
        pytest.skip("no databases are made on the server of LOQUITUR_TEST_POSTGRES")
    postgres.execute("DROP DATABASE IF EXISTS fresh")
    postgres.execute("CREATE DATABASE fresh")
    yield postgres.url.replace("/postgres?", "/fresh?")
    postgres.execute("DROP DATABASE fresh WITH (FORCE)")


def test_a_reader_that_was_there_before_the_first_vectors(fresh):
    reader = PostgresIndex(f"{fresh}&library=x")
    assert near(reader) == 0
    writer = PostgresIndex(f"{fresh}&library=x")
    shelve(writer)
    assert near(reader) == 1
    assert reader.encoding.place == "/models/ours"
    shelve(reader, "b")
    assert near(writer) == 2
    for index in (reader, writer):
        index.close()


def test_tables_of_others_in_public_are_theirs(postgres, fresh):
    other = type(postgres)(url=fresh, wheel=postgres.wheel)
    other.execute("CREATE EXTENSION vector")
    for name in ("vectors", "words", "passages", "about"):
        other.execute(f"CREATE TABLE public.{name} (passage integer)")
        other.execute(f"INSERT INTO public.{name} SELECT generate_series(1, 9)")
    index = PostgresIndex(f"{fresh}&library=x")
    put(index, "a", "red apples", "green pears")
    put(index, "a", "red apples")
    assert index.verify() == ()
    index.forget_vectors()
    shelve(index)
    index.rebuild()
    assert index.verify() == ()
    index.forget_vectors()
    assert index.remove("a")
    assert not exists(f"{fresh}&schema=public")
    with pytest.raises(StoreError, match="others"):
        PostgresIndex(f"{fresh}&schema=public")
    index.close()
    for name in ("vectors", "words", "passages", "about"):
        assert other.execute(f"SELECT count(*) FROM public.{name}") == [(9,)], name


def test_a_schema_of_others_is_not_taken(postgres, server_library):
    theirs = f"theirs_{os.getpid()}"
    postgres.execute(f"CREATE SCHEMA {theirs}")
    there = f"{server_library.partition('library=')[0]}schema={theirs}"
    try:
        postgres.execute(f"CREATE VIEW {theirs}.words AS SELECT 1 AS passage")
        with pytest.raises(StoreError, match="others") as caught:
            PostgresIndex(there)
        assert caught.value.hint
        postgres.execute(f"DROP VIEW {theirs}.words")
        index = PostgresIndex(there)
        put(index, "a", "red apples")
        assert found(index, word("red")) == ["red apples"], "an empty one may be made for us"
        index.close()
    finally:
        postgres.execute(f"DROP SCHEMA {theirs} CASCADE")


@pytest.mark.parametrize(
    "name",
    ['a"; DROP SCHEMA public; --', "a'b", "100%s {x}", "a, public", "$user", "c++", "東京", "A b"],
)
def test_any_name_is_a_name(postgres, name):
    there = postgres.library(quote(name, safe=""))
    index = PostgresIndex(there)
    try:
        shelve(index)
        assert near(index) == 1
        assert found(index, word("red")) == ["red"]
        assert index.verify() == ()
        index.rebuild()
        (row,) = postgres.execute(
            "SELECT count(*) FROM pg_namespace WHERE"
            f" nspname = '{index.address.schema.replace(chr(39), chr(39) * 2)}'"
        )
        assert row == (1,)
        assert index.address.schema == f"loquitur_{name}"
        assert exists(there)
    finally:
        index.close()
        schema = index.address.schema.replace('"', '""')
        postgres.execute(f'DROP SCHEMA "{schema}" CASCADE')
