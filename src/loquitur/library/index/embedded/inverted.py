"""The words of a large library once more in a tantivy index, which skips what cannot be the best.

That is block-max WAND (Ding and Suel 2011, "Faster top-k document retrieval using block-max
indexes").

FTS5 scores every passage that has a word of the query; that is fast up to some 100,000 passages.
The scores are BM25 with the same k1 and b, on one field in which chapter and title stand twice.
"""

from __future__ import annotations

import math
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from loquitur.library.index.contract import Scored
from loquitur.library.index.embedded import changing, schema, side
from loquitur.model.library import AllOf, AnyOf, Phrase, Prefix, Term
from loquitur.store import writing

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from pathlib import Path

    from loquitur.model.library import Node

NAME = "words"
LEAST_ROWS = 200_000
"""From here on it is worth its place."""
LEAST = 10_000
"""Passages that are looked up in the library beside it without harm."""
_BATCH = 2000
_MEMORY = 64 << 20
_BETWEEN = "\x1f"
"""Stands between text, chapter and title, so that no phrase runs across."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inverted:
    """The words of the passages up to an id.

    Args:
        state: How far it has come.
        index: tantivy's.
    """

    state: side.State
    index: Any


def opened(folder: Path, key: str, known: Inverted | None) -> Inverted | None:
    """The side index; None where there is none, where it is not whole, or without tantivy."""
    state = side.read(folder, NAME, key)
    if state is None or find_spec("tantivy") is None:
        return None
    if known is not None and known.state == state:
        return known
    import tantivy

    place = _place(folder, state)
    try:
        if not place.is_dir() or not tantivy.Index.exists(str(place)):
            return None
        return Inverted(state=state, index=tantivy.Index(_fields(), str(place), reuse=True))
    except (OSError, ValueError):
        return None


def extend(db: sqlite3.Connection, folder: Path, key: str) -> None:
    """Bring it up to the state of the library that a reader sees; nothing without tantivy.

    Raises:
        StoreError: It cannot be written.
    """
    if find_spec("tantivy") is None:
        return
    import tantivy

    generation = int(schema.about(db, "generation"))
    known = opened(folder, key, None)
    if known is not None and not agrees(db, known):
        known = None  # whatever has made it so: it is made anew
    state = known.state if known else side.State(key=key, generation=0, last=0)
    place = _place(folder, state)
    try:
        if known is None:
            shutil.rmtree(place, ignore_errors=True)  # what a killed one has left
            writing.ensure_folder(place)
        index = known.index if known else tantivy.Index(_fields(), str(place), reuse=False)
        writer = _writer(index)
        for first, last in (*side.gone(db, state), (state.last + 1, None)):
            writer.delete_documents_by_query(_between(index.schema, first, last))
        (highest,) = db.execute("SELECT coalesce(max(id), 0) FROM passages").fetchone()
        for first in range(state.last + 1, highest + 1, _BATCH):
            for cut in changing.cut(db, first, min(first + _BATCH - 1, highest)):
                writer.add_document(_document(cut))
        writer.commit()
        writer.wait_merging_threads()
    except (OSError, ValueError) as exc:
        raise writing.full_error(place, f"the side index cannot be written: {exc}") from exc
    side.note(folder, NAME, side.State(key=key, generation=generation, last=highest))


def best(inverted: Inverted, query: Node, *, limit: int) -> list[Scored] | None:
    """The best of the passages it holds: gone ones, and some beyond its state, may be among them.

    None where it cannot take the query, or where its files were taken away or written anew by
    another process since they were opened.
    """
    import tantivy

    asked = _query(tantivy, inverted.index, query)
    if asked is None:
        return None
    try:
        searcher = inverted.index.searcher()
        hits = searcher.search(asked, limit, count=False).hits
        ids = searcher.fast_field_values("id", [address for _, address in hits])
    except (OSError, ValueError):
        return None
    return [Scored(id=one, score=score) for one, (score, _) in zip(ids, hits, strict=True)]


def agrees(db: sqlite3.Connection, inverted: Inverted) -> bool:
    """Whether it holds the passages the library had when it was made.

    What a killed writer has put in or taken out beyond its state does no harm.
    """
    (held,) = db.execute(
        "SELECT coalesce(sum(last - first + 1), 0) FROM parts WHERE first <= ?",
        (inverted.state.last,),
    ).fetchone()
    searcher, fields = inverted.index.searcher(), inverted.index.schema

    def number(first: int, last: int) -> int:
        return int(searcher.search(_between(fields, first, last), 1, count=True).count)

    went = sum(number(*ids) for ids in side.gone(db, inverted.state))
    return number(0, inverted.state.last) - went == int(held)


def _query(tantivy: Any, index: Any, query: Node) -> Any:
    """A query of tantivy's; None where one of its parts is none."""
    if isinstance(query, Prefix):
        return None
    if isinstance(query, Term):
        either = _forms(tantivy, index, query.forms())
        return either if query.weight == 1.0 else tantivy.Query.boost_query(either, query.weight)
    if isinstance(query, Phrase):
        if len(query.terms) == 1:
            return tantivy.Query.term_query(index.schema, "words", query.terms[0], "freq")
        return (
            tantivy.Query.phrase_query(index.schema, "words", [*query.terms])
            if query.terms
            else None
        )
    if isinstance(query, AllOf | AnyOf):
        parts = [_query(tantivy, index, part) for part in query.parts]
        if any(part is None for part in parts):
            return None
        occur = tantivy.Occur.Must if isinstance(query, AllOf) else tantivy.Occur.Should
        return _of(tantivy, occur, parts)
    wanted, unwanted = _query(tantivy, index, query.node), _query(tantivy, index, query.unwanted)
    if wanted is None or unwanted is None:
        return None
    return tantivy.Query.boolean_query(
        [(tantivy.Occur.Must, wanted), (tantivy.Occur.MustNot, unwanted)]
    )


def _forms(tantivy: Any, index: Any, forms: Mapping[str, float]) -> Any:
    """A word in whichever form: the best one counts, at the IDF of all together."""
    found = {form: tantivy.Query.term_query(index.schema, "words", form, "freq") for form in forms}
    if len(found) < 2:
        return _of(tantivy, tantivy.Occur.Should, [*found.values()])
    searcher = index.searcher()
    either = _of(tantivy, tantivy.Occur.Should, [*found.values()])
    whole, together = searcher.num_docs, searcher.search(either, 1, count=True).count
    return tantivy.Query.disjunction_max_query(
        [
            tantivy.Query.boost_query(
                query, forms[form] * _idf(whole, together) / _idf(whole, count)
            )
            for form, query in found.items()
            if (count := searcher.doc_freq("words", form))
        ]
    )


def _idf(whole: int, count: int) -> float:
    """As tantivy counts it, and Lucene."""
    return math.log1p(max(0.0, whole - count + 0.5) / (count + 0.5))


def _of(tantivy: Any, occur: Any, parts: list[Any]) -> Any:
    return tantivy.Query.boolean_query([(occur, part) for part in parts])


def _writer(index: Any) -> Any:
    """A writer whose every change is later than the last commit, that of a killed one too.

    tantivy (0.27) gives the first change of a writer the stamp of the commit before it. Where a
    killed writer left segments that were not merged yet, they are merged up to that stamp while the
    new one writes; a segment whose own removals bear it counts as up to date, and the first removal
    is lost in it. So a commit of nothing takes that stamp; what the killed one left half written
    goes with it.
    """
    writer = index.writer(_MEMORY, 1)
    writer.commit()
    return writer


def _fields() -> Any:
    import tantivy

    made = tantivy.SchemaBuilder()
    made.add_unsigned_field("id", indexed=True, fast=True)
    made.add_text_field("words", tokenizer_name="whitespace", index_option="position")
    return made.build()


def _between(fields: Any, first: int, last: int | None) -> Any:
    import tantivy

    return tantivy.Query.range_query(
        fields, "id", tantivy.FieldType.Unsigned, lower_bound=first, upper_bound=last
    )


def _document(cut: changing.Cut) -> Any:
    import tantivy

    made = tantivy.Document()
    made.add_unsigned("id", cut.id)
    twice = [_BETWEEN, *cut.chapter, _BETWEEN, *cut.title] * 2 if cut.chapter or cut.title else []
    made.add_text("words", " ".join([*cut.text, *twice]))
    return made


def _place(folder: Path, state: side.State) -> Path:
    return folder / f"{NAME}-{state.serial}"
