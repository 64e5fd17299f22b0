"""Words of captions as JSON (loquitur/words/1): lines, and words with their times if they have any.

`youtube transcript --words` writes it (the published schema is `docs/words.schema.json`). As
captions it is read a cue for each line, with the moments of its words; `formats.words.json_lists`
reads the words themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from loquitur.markup import Node
from loquitur.model.captions import CaptionTrack, Cue

if TYPE_CHECKING:
    from loquitur.formats.document import Document

SCHEMA = "loquitur/words/1"


class _Line(msgspec.Struct):
    start_ms: int
    end_ms: int
    text: str


class _Word(msgspec.Struct):
    text: str
    line: int
    start_ms: int | None = None
    end_ms: int | None = None
    glued: bool = False


class _Form(msgspec.Struct):
    schema: str
    lines: list[_Line]
    words: list[_Word] = []
    language: str = ""
    title: str | None = None


def is_words(text: str) -> bool:
    """Whether a JSON text says that it is one."""
    return f'"{SCHEMA}"' in text[:4096]


def read(document: Document) -> CaptionTrack:
    """A track of its lines.

    Raises:
        InputError: It is not what its schema says.
    """
    form = document.of_schema(_Form, SCHEMA)
    inside: dict[int, list[_Word]] = {}
    for word in form.words:
        inside.setdefault(word.line, []).append(word)
    cues = tuple(
        Cue.of(
            start_ms=line.start_ms,
            end_ms=line.end_ms,
            tree=_tree(line, inside.get(at, [])),
        )
        for at, line in enumerate(form.lines)
    )
    return CaptionTrack(
        language=form.language or document.language, cues=cues, name=form.title or "", format="json"
    )


def _tree(line: _Line, words: list[_Word]) -> tuple[str | Node, ...]:
    """The line with the moments of its words; as it stands where they have none."""
    if not any(word.start_ms is not None for word in words):
        return (line.text,)
    items: list[str | Node] = []
    for at, word in enumerate(words):
        if at and word.start_ms is not None:
            items.append(Node(tag="time", start_ms=max(word.start_ms, 0)))
        items.append(("" if word.glued or not at else " ") + word.text)
    return tuple(items)
