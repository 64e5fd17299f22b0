"""What a reader types, as a tree: words, "phrases", AND OR NOT, -word, ( ), prefix*, field:value.

Words side by side are a wish each: the more of them, the better. A phrase or an AND is a demand.
Whatever cannot be read so is words: nothing that is typed is an error, but nothing at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from loquitur.library.search.narrowing import narrowed
from loquitur.model.library import ALL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.library import Filters

MOST_CHARACTERS = 10_000
"""Of a query; what is behind them is not read."""
_DEEPEST = 12
_MOST_SYNTAX = 64
"""Of a query: one with more brackets, phrases and the like is text that was pasted."""
_JOINING = ("AND", "OR", "NOT")
_PIECES = re.compile(
    r"(?P<space>\s+)|(?P<open>\()|(?P<close>\))"
    r"|(?P<not>-(?=[^\W\d_]|[\"\u201c(]))"
    r"|\"(?P<quoted>[^\"]*)\"|\u201c(?P<curled>[^\u201d]*)\u201d"
    r"|(?P<field>[a-z-]{2,12}):(?P<value>\"[^\"]*\"|[^\s()\"]+)"
    r"|(?P<word>[^\s()\"\u201c]+|[\"\u201c])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some words as they were typed, none of which is syntax."""

    text: str
    how: Literal["words", "phrase", "prefix"] = "words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What is asked for together.

    Args:
        wanted: Wishes: one of them at least, where nothing is demanded.
        required: Demands: each of them.
        unwanted: None of these.
    """

    wanted: tuple[Tree, ...] = ()
    required: tuple[Tree, ...] = ()
    unwanted: tuple[Tree, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether it is wishes through and through, so that nothing is shut out."""
        nested = all(part.plain for part in self.wanted if isinstance(part, Group))
        return nested and not self.required and not self.unwanted

    @property
    def said(self) -> str:
        """All that is looked for, without syntax, on one line."""
        return " ".join(
            part.text.strip() if isinstance(part, Piece) else part.said
            for part in (*self.wanted, *self.required)
        ).strip()


Tree = Piece | Group


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A query that was read.

    Args:
        tree: What is looked for.
        filters: Where, as far as the query itself says so; None where nothing fits it.
    """

    tree: Group
    filters: Filters | None = ALL


@dataclass(slots=True, kw_only=True)
class _Reader:
    """The pieces of a query, and how far they are read."""

    pieces: Sequence[tuple[str, str]]
    at: int = 0
    filters: Filters | None = ALL

    def next(self) -> tuple[str, str]:
        return self.pieces[self.at] if self.at < len(self.pieces) else ("end", "")

    def group(self, depth: int) -> Group:
        """Wishes and demands up to the closing bracket."""
        wanted: list[Tree] = []
        required: list[Tree] = []
        unwanted: list[Tree] = []
        while self.next()[0] != "end" and not (depth and self.next()[0] == "close"):
            refused = self.refusal()
            part = self.alternatives(depth)
            if part is None:
                continue
            if refused:
                unwanted.append(part)
            elif _demanding(part):
                required.append(part)
            else:
                wanted.append(part)
        if not wanted and not required:  # nobody looks for all but a word
            wanted, unwanted = unwanted, []
        return Group(wanted=tuple(wanted), required=tuple(required), unwanted=tuple(unwanted))

    def refusal(self) -> bool:
        """Whether a minus or NOT stands here, before something."""
        kind, text = self.next()
        if kind == "not" or ((kind, text) == ("word", "NOT") and self.operand(self.at + 1)):
            self.at += 1
            return True
        return False

    def alternatives(self, depth: int) -> Tree | None:
        """One part, or several with OR between."""
        parts = [self.conjunction(depth)]
        while self.next() == ("word", "OR") and parts[-1] and self.operand(self.at + 1):
            self.at += 1
            parts.append(self.conjunction(depth))
        found = tuple(part for part in parts if part is not None)
        return Group(wanted=found) if len(found) > 1 else next(iter(found), None)

    def conjunction(self, depth: int) -> Tree | None:
        """One part, or several with AND between; `AND NOT` shuts out."""
        first = self.part(depth)
        required = [first] if first is not None else []
        unwanted: list[Tree] = []
        while self.next() == ("word", "AND") and required and self.operand(self.at + 1):
            self.at += 1
            refused = self.refusal()
            part = self.part(depth)
            if part is not None:
                (unwanted if refused else required).append(part)
        if len(required) + len(unwanted) > 1:
            return Group(required=tuple(required), unwanted=tuple(unwanted))
        return required[0] if required else None

    def operand(self, at: int) -> bool:
        """Whether what stands there can be joined."""
        return at < len(self.pieces) and self.pieces[at][0] not in ("close", "field")

    def part(self, depth: int) -> Tree | None:
        kind, text = self.next()
        self.at += 1
        if kind == "open" and depth < _DEEPEST:
            inner = self.group(depth + 1)
            self.at += self.next()[0] == "close"
            return inner if inner.wanted or inner.required else None
        if kind == "field":
            name, _, value = text.partition(":")
            found = narrowed(self.filters, name, value.strip('"'))
            if found is not False:
                self.filters = found
                return None
            return Piece(text=f"{name} {value}")
        if kind == "phrase":
            return Piece(text=text, how="phrase") if text.strip() else None
        if kind != "word":
            return None
        if len(text) > 1 and text.endswith("*") and text[-2].isalnum():
            return Piece(text=text[:-1], how="prefix")
        return Piece(text=text)


def _demanding(part: Tree) -> bool:
    if isinstance(part, Piece):
        return part.how == "phrase"
    return not part.plain or (bool(part.wanted) and all(map(_demanding, part.wanted)))


def asked(text: str) -> Asked:
    """Read what was typed.

    >>> asked('"gauge theory" symmetry -flavour').tree.required
    (Piece(text='gauge theory', how='phrase'),)
    >>> asked("NEAR(a b) speaker:Anna").filters.speakers
    ('Anna',)
    """
    pieces = [*_pieces(text[:MOST_CHARACTERS])]
    if sum(kind != "word" or word in _JOINING for kind, word in pieces) > _MOST_SYNTAX:
        return Asked(tree=in_words(text))
    reader = _Reader(pieces=pieces)
    tree = reader.group(0)
    return Asked(tree=tree, filters=reader.filters)


def in_words(text: str) -> Group:
    """A question: its words, and no syntax."""
    return Group(wanted=(Piece(text=text[:MOST_CHARACTERS]),))


def _pieces(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for match in _PIECES.finditer(text):
        kind = match.lastgroup or ""
        if kind in ("quoted", "curled"):
            found.append(("phrase", match[kind]))
        elif kind == "value":
            found.append(("field", f"{match['field']}:{match['value']}"))
        elif kind != "space":
            found.append((kind, match[0]))
    return found
