"""The tables of a library on a server, and how an older library becomes a newer one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.errors import StoreError
from loquitur.library.index import agreement
from loquitur.text import display

if TYPE_CHECKING:
    from loquitur.library.index.postgres.addresses import Address

# Texts are compared by their bytes everywhere: the order of a server's locale changes with its
# system's libraries (PostgreSQL 18, 23.2), and prefixes need it.
DERIVED = """
CREATE TABLE IF NOT EXISTS words (
    passage integer PRIMARY KEY REFERENCES passages (id), length integer NOT NULL,
    terms tsvector NOT NULL
);
CREATE TABLE IF NOT EXISTS tongues (tag text COLLATE "C" PRIMARY KEY, passages integer NOT NULL);
CREATE TABLE IF NOT EXISTS segments (
    id integer PRIMARY KEY, first integer NOT NULL, last integer NOT NULL, size integer NOT NULL
);
CREATE TABLE IF NOT EXISTS blocks (
    term text COLLATE "C" NOT NULL, segment integer NOT NULL, postings bytea NOT NULL,
    PRIMARY KEY (term, segment)
);
ALTER TABLE blocks ALTER COLUMN postings SET STORAGE EXTERNAL; -- nothing in it repeats
CREATE INDEX IF NOT EXISTS blocks_segment ON blocks (segment);
CREATE TABLE IF NOT EXISTS spellings (
    term text COLLATE "C" PRIMARY KEY, signs smallint NOT NULL, size smallint NOT NULL,
    grams tsvector NOT NULL
);
CREATE INDEX IF NOT EXISTS spellings_grams ON spellings USING gin (grams);
"""
"""What is made of the passages, and can be made anew."""
_FIRST = """
CREATE TABLE about (name text COLLATE "C" PRIMARY KEY, value text NOT NULL);
CREATE TABLE volumes (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, media_id text COLLATE "C" NOT NULL UNIQUE,
    title text COLLATE "C" NOT NULL, channel text NOT NULL, channel_key text COLLATE "C" NOT NULL,
    published text COLLATE "C" NOT NULL, language text NOT NULL, duration_ms bigint,
    origin text NOT NULL
);
CREATE INDEX volumes_channel ON volumes (channel_key);
CREATE INDEX volumes_published ON volumes (published);
CREATE TABLE parts (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    volume integer NOT NULL REFERENCES volumes (id), name text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL, language text NOT NULL, digest text NOT NULL,
    source text NOT NULL, UNIQUE (volume, name)
);
CREATE TABLE passages (
    id integer PRIMARY KEY, volume integer NOT NULL, part integer NOT NULL REFERENCES parts (id),
    number integer NOT NULL, start_ms bigint NOT NULL, end_ms bigint NOT NULL, text text NOT NULL,
    speaker text NOT NULL, speakers text[] NOT NULL, voices text[] COLLATE "C" NOT NULL,
    chapter text NOT NULL, language text COLLATE "C" NOT NULL, emotion text COLLATE "C" NOT NULL,
    sentences bytea NOT NULL, offsets bytea NOT NULL, times_ms bytea NOT NULL,
    timed boolean NOT NULL, UNIQUE (part, number)
);
CREATE INDEX passages_volume ON passages (volume);
CREATE INDEX passages_voices ON passages USING gin (voices);
CREATE TABLE totals (
    passages integer NOT NULL, length bigint NOT NULL, vectors integer NOT NULL,
    next integer NOT NULL
);
INSERT INTO totals VALUES (0, 0, 0, 1);
"""

MIGRATIONS = (_FIRST + DERIVED,)
"""From each version to the next; what stands here was released and is never changed."""
VERSION = len(MIGRATIONS)
TABLES = (
    *("about", "volumes", "parts", "passages", "words", "segments", "blocks", "spellings"),
    *("tongues", "totals"),
)


def version_of(db: Any, schema: str) -> int:
    """The version of a library's tables; 0 where there are none, or only those of others."""
    row = db.execute(
        "SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = %s"
        " AND relname = 'about' AND relkind = 'r' AND attname IN ('name', 'value')",
        (schema,),
    ).fetchone()
    if row[0] != 2:
        return 0
    version = about(db, "version")
    return int(version) if version.isdecimal() else 0


def about(db: Any, name: str) -> str:
    """What a library says about itself; empty where it says nothing."""
    row = db.execute("SELECT value FROM about WHERE name = %s", (name,)).fetchone()
    return str(row[0]) if row else ""


def check_version(version: int, address: Address) -> None:
    """Refuse what a newer version made.

    Raises:
        StoreError: It is newer.
    """
    if version > VERSION:
        raise StoreError(
            f"{address.shown}: library version {version}, this Loquitur reads up to {VERSION}",
            hint="upgrade: pip install -U loquitur",
        )


def check_empty(db: Any, address: Address) -> None:
    """Refuse a schema that holds what is not ours; an empty one may have been made for us.

    Raises:
        StoreError: It does.
    """
    row = db.execute(
        "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE nspname = %s)",
        (address.schema,),
    ).fetchone()
    if row[0]:
        raise StoreError(
            f"{address.shown}: no library, and its schema '{display(address.schema)}' holds tables"
            " of others",
            hint="take another name: ?library=NAME",
        )


def migrate(db: Any, address: Address) -> None:
    """Bring a library to this version, or make it; the caller holds its lock in a transaction.

    Raises:
        StoreError: A newer version made it, or the schema is of others.
    """
    from psycopg import sql

    db.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(address.schema)))
    version = version_of(db, address.schema)
    check_version(version, address)
    if not version:
        check_empty(db, address)
    for statements in MIGRATIONS[version:]:
        db.execute(statements)
    for name, value in (("version", str(VERSION)), ("terms", agreement.rules())):
        keep = "NOTHING" if name == "terms" else "UPDATE SET value = excluded.value"
        db.execute(f"INSERT INTO about VALUES (%s, %s) ON CONFLICT (name) DO {keep}", (name, value))
