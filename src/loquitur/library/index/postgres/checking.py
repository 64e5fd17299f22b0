"""What a library on a server holds, whether its parts agree, and making anew what is derived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.library.index.agreement import rules
from loquitur.library.index.contract import Counts, Finding
from loquitur.library.index.postgres import nearest, postings, schema, spelling
from loquitur.library.index.postgres.lexemes import words_of
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.library.index.postgres.addresses import Address
    from loquitur.library.index.postgres.lexemes import Words

DERIVED = ("words", "segments", "blocks", "spellings", "tongues")
"""Tables that are made of the passages."""
_BATCH = 1_000
_SAMPLED = 200
"""Passages whose words are cut anew to see whether they are the ones that are kept."""

_QUESTIONS = (
    (
        "words-missing",
        (
            "SELECT count(*) FROM passages p WHERE NOT EXISTS"
            " (SELECT FROM words w WHERE w.passage = p.id)"
        ),
        "{} without words",
    ),
    (
        "words-unknown",
        (
            "SELECT count(*) FROM words w WHERE NOT EXISTS"
            " (SELECT FROM passages p WHERE p.id = w.passage)"
        ),
        "words of {} that are not there",
    ),
    (
        "passages-unknown",
        (
            "SELECT count(*) FROM passages p WHERE NOT EXISTS"
            " (SELECT FROM parts t WHERE t.id = p.part AND t.volume = p.volume)"
        ),
        "{} of no part",
    ),
    (
        "totals",
        (
            "SELECT abs(t.passages - w.passages) + abs(t.length - w.length) FROM totals t,"
            " (SELECT count(*) AS passages, coalesce(sum(length), 0) AS length FROM words) w"
        ),
        "totals that do not agree with {}",
    ),
)
_FREQUENCIES = """
SELECT count(*) FROM ts_stat('SELECT terms FROM words') w FULL JOIN (
    SELECT term, sum(octet_length(postings) / 8) AS passages FROM blocks GROUP BY term
) b ON b.term = w.word WHERE b.passages IS DISTINCT FROM w.ndoc
"""
_TONGUES = "SELECT split_part(language, '-', 1) AS tag, count(*) FROM passages GROUP BY tag"
_SPELLINGS = """
SELECT count(*) FROM spellings s
WHERE NOT EXISTS (SELECT FROM blocks b WHERE b.term = s.term)
"""


def counts(db: Any, address: Address) -> Counts:
    """How much a library holds, and what it takes on the server's disk."""
    row = db.execute(
        "SELECT (SELECT count(*) FROM volumes), (SELECT count(*) FROM parts), passages, vectors,"
        " (SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname = %s AND relkind = 'r')"
        " FROM totals",
        (address.schema,),
    ).fetchone()
    volumes, parts, passages, vectors, size = row
    return Counts(volumes=volumes, parts=parts, passages=passages, vectors=vectors, size_bytes=size)


def findings(db: Any, address: Address) -> tuple[Finding, ...]:
    """What does not agree; it may take longer than a search."""
    db.execute("SET LOCAL statement_timeout = 0")
    return tuple(_found(db, address))


def _found(db: Any, address: Address) -> Iterator[Finding]:
    there = {
        row[0]
        for row in db.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", (address.schema,)
        )
    }
    missing = [name for name in schema.TABLES if name not in there]
    if missing:
        yield Finding(code="tables-missing", message=f"no table of {', '.join(missing)}")
        return
    if schema.about(db, "terms") != rules():
        yield Finding(code="rules", message="its words were cut by other rules: rebuild it")
        return
    for code, query, message in _QUESTIONS:
        count = int(db.execute(query).fetchone()[0])
        if count:
            yield Finding(code=code, message=message.format(counted(count, "passage")))
    for query in (_FREQUENCIES, _SPELLINGS):
        count = int(db.execute(query).fetchone()[0])
        if count:
            yield Finding(code="frequencies", message=f"{counted(count, 'term')} counted wrongly")
    yield from _sampled(db)
    counted_so = set(db.execute("SELECT tag, passages FROM tongues").fetchall())
    if counted_so != set(db.execute(_TONGUES).fetchall()):
        yield Finding(code="languages", message="passages of languages counted wrongly")
    if nearest.encoding_of(db, address) is not None and not nearest.exists(db):
        yield Finding(code="vectors-missing", message="the vectors are gone")
    elif nearest.exists(db):
        query = "SELECT abs((SELECT count(*) FROM vectors) - vectors) FROM totals"
        if count := int(db.execute(query).fetchone()[0]):
            yield Finding(code="totals", message=f"{counted(count, 'vector')} counted wrongly")


def _sampled(db: Any) -> Iterator[Finding]:
    """Whether the words of some passages are those that our rules give."""
    query = "SELECT id FROM passages ORDER BY hashint4(id) LIMIT %s"
    ids = [row[0] for row in db.execute(query, (_SAMPLED,))]
    wrong = 0
    for one in _cut(db, ids):
        row = db.execute(
            "SELECT count(*) FROM words"
            " WHERE passage = %s AND length = %s AND terms = %s::tsvector",
            (one.passage, one.length, one.vector),
        ).fetchone()
        wrong += not row[0]
    if wrong:
        yield Finding(
            code="words-wrong",
            message=f"{wrong} of {counted(len(ids), 'passage')} have other words than their text",
        )


def derive(db: Any, passages: Sequence[int]) -> None:
    """Make the words of passages that have none."""
    for at in range(0, len(passages), _BATCH):
        postings.add(db, _cut(db, passages[at : at + _BATCH]))


def _cut(db: Any, passages: Sequence[int]) -> list[Words]:
    found = db.execute(
        "SELECT p.id, p.text, p.chapter, v.title, p.language FROM passages p"
        " JOIN volumes v ON v.id = p.volume WHERE p.id = ANY(%s) ORDER BY p.id",
        (list(passages),),
    ).fetchall()
    return [
        words_of(passage, text=text, chapter=chapter, title=title, language=language)
        for passage, text, chapter, title, language in found
    ]


def rebuild(db: Any, address: Address) -> str:
    """Make all that is derived anew; the statement of an index of near vectors that is due."""
    db.execute(schema.DERIVED)
    spelling.clear(db)
    for table in DERIVED:
        db.execute(f"DELETE FROM {table}")
    db.execute("UPDATE totals SET passages = 0, length = 0")
    if nearest.exists(db):
        db.execute("UPDATE totals SET vectors = (SELECT count(*) FROM vectors)")
    else:
        nearest.forget(db)
    db.execute(f"INSERT INTO tongues {_TONGUES}")
    last = 0
    while True:
        query = "SELECT id FROM passages WHERE id > %s ORDER BY id LIMIT %s"
        ids = [row[0] for row in db.execute(query, (last, _BATCH))]
        if not ids:
            break
        last = ids[-1]
        derive(db, ids)
    db.execute(
        "INSERT INTO about VALUES ('terms', %s) ON CONFLICT (name) DO UPDATE"
        " SET value = excluded.value",
        (rules(),),
    )
    return nearest.due(db, address)
