"""XML from strangers: no entity is expanded or fetched, nesting is bounded, breakage is survived.

A document that declares entities is refused: captions need none, and every attack by XML does
(billion laughs, external entities). One that breaks off is read up to there. `expat` does the
parsing; nothing is ever opened by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from loquitur.errors import InputError
from loquitur.formats.encoding import decode
from loquitur.model.captions import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.formats.document import Document

MOST_DEEP = 100
_DECLARED = re.compile(
    rb"""\A(?:\xef\xbb\xbf)?\s{0,99}<\?xml[^>]{1,200}?encoding\s?=\s?["']([A-Za-z0-9._-]{1,40})["']"""
)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,400}\?>")
XML = "http://www.w3.org/XML/1998/namespace"
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 cannot hold in any way (section 2.2)."""


@dataclass(slots=True, kw_only=True)
class Element:
    """An element: names are `(namespace, local name)`; `line` is where it begins, from 1."""

    space: str
    name: str
    attributes: dict[tuple[str, str], str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)
    line: int = 0

    def get(self, name: str, space: str = "", default: str = "") -> str:
        """The value of an attribute."""
        return self.attributes.get((space, name), default)

    def elements(self, name: str = "") -> Iterator[Element]:
        """The child elements, of one local name or all."""
        for child in self.children:
            if isinstance(child, Element) and name in ("", child.name):
                yield child

    def find(self, name: str) -> Element | None:
        """The first child element of a local name."""
        return next(self.elements(name), None)

    def text(self) -> str:
        """All text inside."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A document's root, and what was strange."""

    root: Element
    diagnostics: tuple[Diagnostic, ...] = ()


def parse(document: Document, expected: str) -> Tree:
    """The tree of an XML document.

    Args:
        document: What to read.
        expected: What its root should be, for the error.

    Raises:
        InputError: It declares entities, is nested too deep, or has no root.
    """
    encoding = document.encoding
    if not encoding and (declared := _DECLARED.match(document.data)):
        encoding = _known(declared[1].decode("ascii"), document.data)
    decoded = decode(
        document.data, language=document.language, encoding=encoding, name=document.name
    )
    text = _DECLARATION.sub("", decoded.text.lstrip("\ufeff"), count=1)
    lines = decoded.text.count("\n", 0, len(decoded.text) - len(text))
    builder = _Builder(document, lines)
    try:
        builder.parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as exc:
        if builder.root is None:
            raise document.refused(text[:60].strip(), expected) from exc
        told = Diagnostic(
            code="xml.broken",
            line=exc.lineno + lines,
            message=f"the XML breaks off here ({expat.ErrorString(exc.code)}): no more is read",
        )
        return Tree(root=builder.root, diagnostics=(*decoded.diagnostics, told))
    if builder.root is None:
        raise document.refused(text[:60].strip(), expected)
    return Tree(root=builder.root, diagnostics=decoded.diagnostics)


def _known(encoding: str, data: bytes) -> str:
    """What the XML declares, where that is an encoding of text and the bytes are in it."""
    try:
        data.decode(encoding)
    except (LookupError, UnicodeError, ValueError):
        return ""
    return "" if encoding.lower().replace("_", "-").startswith("utf") else encoding


class _Builder:
    """Builds the tree from what expat meets."""

    def __init__(self, document: Document, lines: int) -> None:
        self.root: Element | None = None
        self.parser = expat.ParserCreate("utf-8", " ")
        self._document, self._lines = document, lines
        self._open: list[Element] = []
        self.parser.buffer_text = True
        self.parser.ordered_attributes = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.EntityDeclHandler = self._entity
        self.parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)

    def _entity(self, *declared: object) -> None:
        raise InputError(
            f"{self._document.name}: line {self._line()}: it declares an XML entity, which no "
            "captions need and attacks use",
            hint="take the <!DOCTYPE ...> out if you know where the file comes from",
            code="LQ-INPUT-XML-ENTITY",
        )

    def _line(self) -> int:
        return self.parser.CurrentLineNumber + self._lines

    def _start(self, name: str, attributes: list[str]) -> None:
        if len(self._open) >= MOST_DEEP:
            raise InputError(
                f"{self._document.name}: line {self._line()}: XML is nested deeper than {MOST_DEEP}"
            )
        space, _, local = name.rpartition(" ")
        element = Element(space=space, name=local, line=self._line())
        for at in range(0, len(attributes), 2):
            space, _, local = attributes[at].rpartition(" ")
            element.attributes[space, local] = attributes[at + 1]
        if self._open:
            self._open[-1].children.append(element)
        elif self.root is None:
            self.root = element
        self._open.append(element)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, text: str) -> None:
        if self._open:
            self._open[-1].children.append(text)


def written(element: Element, prefixes: dict[str, str]) -> str:
    """An element as XML without declarations of namespaces.

    Args:
        element: What to write.
        prefixes: The prefix of each namespace; elements and attributes of others are left out.
    """
    if element.space not in prefixes:
        return ""
    name = _named(element.space, element.name, prefixes)
    attributes = "".join(
        f" {_named(space, local, prefixes)}={quoted(value)}"
        for (space, local), value in element.attributes.items()
        if not space or space in prefixes
    )
    inside = "".join(
        escaped(child) if isinstance(child, str) else written(child, prefixes)
        for child in element.children
    )
    return f"<{name}{attributes}>{inside}</{name}>" if inside else f"<{name}{attributes}/>"


def _named(space: str, name: str, prefixes: dict[str, str]) -> str:
    prefix = prefixes.get(space, "") if space else ""
    return f"{prefix}:{name}" if prefix else name


def escaped(text: str) -> str:
    """A text as XML content."""
    return escape(UNWRITABLE.sub("\ufffd", text), {"\r": "&#13;"})


def quoted(text: str) -> str:
    """A text as the value of an attribute, with its quotes."""
    return quoteattr(UNWRITABLE.sub("\ufffd", text), {"\r": "&#13;"})
