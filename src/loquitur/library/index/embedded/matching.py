"""Queries as FTS5 takes them, every term in quotes, so that nothing of a user's is ever syntax."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.errors import UsageError
from loquitur.model.library import AllOf, AnyOf, Phrase, Prefix, Term

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.model.library import Node

_DEEPEST = 30
"""FTS5's parser gives up at about 100 levels of parentheses."""


def expression(query: Node, *, depth: int = 0) -> str:
    """A query in FTS5's syntax; empty where nothing can fit it.

    Raises:
        UsageError: It is nested too deeply.

    >>> expression(AllOf(parts=(Term(any_of=("a", "b")), Phrase(terms=("NEAR", "c")))))
    '(("a" OR "b") AND "NEAR c")'
    """
    if depth > _DEEPEST:
        raise UsageError(
            f"the query is nested more than {_DEEPEST} deep", hint="use fewer parentheses"
        )
    if isinstance(query, Term):
        return _joined(" OR ", [_quoted(term) for term in query.forms()])
    if isinstance(query, Phrase):
        return _quoted(" ".join(query.terms))
    if isinstance(query, Prefix):
        start = _quoted(query.start)
        return f"{start}*" if start else ""
    if isinstance(query, AllOf):
        parts = [expression(part, depth=depth + 1) for part in query.parts]
        return _joined(" AND ", parts) if all(parts) else ""
    if isinstance(query, AnyOf):
        return _joined(" OR ", [expression(part, depth=depth + 1) for part in _alternatives(query)])
    wanted, unwanted = (expression(part, depth=depth + 1) for part in (query.node, query.unwanted))
    return f"({wanted} NOT {unwanted})" if wanted and unwanted else wanted


def weights(query: Node) -> dict[float, list[Node]]:
    """What adds to the score of a query by FTS5's own count, by weight; in its order."""
    found: dict[float, list[Node]] = {}
    for leaf in _leaves(query):
        if isinstance(leaf, Term) and len(leaf.forms()) > 1:
            continue
        found.setdefault(leaf.weight if isinstance(leaf, Term) else 1.0, []).append(leaf)
    return found


def many_formed(query: Node) -> list[Term]:
    """The words of a query that have more than one form, each of which FTS5 would count apart."""
    terms = (leaf for leaf in _leaves(query) if isinstance(leaf, Term))
    return [term for term in terms if len(term.forms()) > 1]


def _leaves(query: Node) -> Iterator[Term | Phrase | Prefix]:
    if isinstance(query, Term | Phrase | Prefix):
        yield query
    elif isinstance(query, AllOf | AnyOf):
        for part in query.parts:
            yield from _leaves(part)
    else:
        yield from _leaves(query.node)


def _alternatives(query: AnyOf) -> Iterator[Node]:
    for part in query.parts:
        if isinstance(part, AnyOf):
            yield from _alternatives(part)
        else:
            yield part


def _joined(word: str, parts: list[str]) -> str:
    parts = [part for part in parts if part]
    return f"({word.join(parts)})" if len(parts) > 1 else "".join(parts)


def _quoted(text: str) -> str:
    """A string of FTS5; empty where it holds nothing that could be a term."""
    text = "".join(" " if sign < " " else sign for sign in text).encode(errors="ignore").decode()
    return '"' + text.replace('"', '""') + '"' if text.strip() else ""
