"""Captions as JSON, schema loquitur/cues/1: cues with their payload, settings and tree.

It carries everything: what is written in it reads back as the same track.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from loquitur.conversion import convert, decoder
from loquitur.formats import snippets, utterances, words_json
from loquitur.formats.snippets import is_snippets
from loquitur.formats.written import Written, encodable
from loquitur.markup import NOTATIONS
from loquitur.model.captions import (
    PLAIN_SETTINGS,
    Block,
    CaptionTrack,
    Cue,
    Diagnostic,
    Node,
    Region,
    Settings,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loquitur.formats.document import Document

SCHEMA = "loquitur/cues/1"


def write(track: CaptionTrack) -> Written:
    """A track as JSON; nothing is lost."""
    document = {
        "schema": SCHEMA,
        "format": track.format,
        "language": track.language,
        "name": track.name,
        "kind": track.kind,
        "header": list(track.header),
        "cues": [_cue(cue) for cue in track.cues],
        "regions": [_region(region) for region in track.regions],
        "styles": list(track.styles),
        "notes": list(track.notes),
        "blocks": [_block(block) for block in track.blocks],
        "extra": dict(track.extra),
        "diagnostics": [
            {"code": one.code, "line": one.line, "message": one.message}
            for one in track.diagnostics
        ],
    }
    text = json.dumps(document, ensure_ascii=False, indent=1)
    return Written(text=encodable(text) + "\n")


def _cue(cue: Cue) -> dict[str, Any]:
    found = {
        "id": cue.id,
        "start_ms": cue.start_ms,
        "end_ms": cue.end_ms,
        "text": cue.text,
        "payload": cue.payload,
        "notation": cue.notation,
        "settings": _settings(cue.settings),
        "tree": _tree(cue.tree),
    }
    if cue.extra:
        found["extra"] = dict(cue.extra)
    if cue.source_line:
        found["line"] = cue.source_line
    return found


def _settings(settings: Settings) -> dict[str, Any]:
    return {
        "vertical": settings.vertical,
        "line": "auto" if settings.line is None else settings.line,
        "snap_to_lines": settings.snap_to_lines,
        "line_align": settings.line_align,
        "position": "auto" if settings.position is None else settings.position,
        "position_align": settings.position_align,
        "size": settings.size,
        "align": settings.align,
        "region": settings.region or None,
    }


def _tree(items: Iterable[str | Node]) -> list[Any]:
    return [item if isinstance(item, str) else _node(item) for item in items]


def _node(node: Node) -> dict[str, Any]:
    if node.tag == "time":
        return {"tag": "time", "start_ms": node.start_ms, "children": _tree(node.children)}
    return {
        "tag": node.tag,
        "classes": list(node.classes),
        "annotation": node.annotation,
        "children": _tree(node.children),
    }


def _region(region: Region) -> dict[str, Any]:
    return {
        "id": region.id,
        "width": region.width,
        "lines": region.lines,
        "region_anchor": list(region.region_anchor),
        "viewport_anchor": list(region.viewport_anchor),
        "scroll": region.scroll,
    }


def _block(block: Block) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": block.kind, "text": block.text, "before": block.before}
    if block.region is not None:
        found["region"] = _region(block.region)
    return found


class _CueForm(msgspec.Struct, kw_only=True):
    start_ms: int
    end_ms: int
    payload: str | None = None
    text: str = ""
    notation: str = "vtt"
    id: str = ""
    settings: dict[str, Any] = {}
    extra: dict[str, str] = {}
    line: int = 0


class _BlockForm(msgspec.Struct, kw_only=True):
    kind: str
    text: str
    before: int = 0
    region: dict[str, Any] | None = None


class _Form(msgspec.Struct, kw_only=True):
    schema: str
    cues: list[_CueForm]
    format: str = ""
    language: str = ""
    name: str = ""
    kind: str = "captions"
    header: list[str] = []
    blocks: list[_BlockForm] = []
    extra: dict[str, str] = {}
    diagnostics: list[dict[str, Any]] = []


def read(document: Document) -> CaptionTrack:
    """A track from JSON of this schema, or a transcript: of this package, or as YouTube has them.

    Raises:
        InputError: It is no JSON, of another schema, or a value is not what the schema says.
    """
    text = document.decoded().text
    if words_json.is_words(text):
        return words_json.read(document)
    if is_snippets(text):
        return snippets.read(document)
    if utterances.is_transcript(text):
        return utterances.read(document)
    try:
        form = decoder(_Form).decode(text.encode("utf-8", "replace"))
        if form.schema != SCHEMA:
            raise document.refused(f"schema {form.schema}", SCHEMA)
        return CaptionTrack(
            language=form.language or document.language,
            cues=tuple(_read_cue(cue) for cue in form.cues),
            name=form.name,
            kind=form.kind,
            format=form.format,
            header=tuple(form.header),
            blocks=tuple(_read_block(block) for block in form.blocks),
            extra=tuple(form.extra.items()),
            diagnostics=tuple(convert(one, Diagnostic) for one in form.diagnostics),
        )
    except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
        hint = "words with times are cut into captions by `loquitur subs segment`"
        raise document.refused(str(exc), f"JSON of schema {SCHEMA}", hint=hint) from exc


def _read_cue(form: _CueForm) -> Cue:
    if form.notation not in NOTATIONS:
        raise ValueError(f"there is no notation {form.notation!r}")
    plain = form.payload is None
    return Cue(
        start_ms=form.start_ms,
        end_ms=form.end_ms,
        payload=form.text if form.payload is None else form.payload,
        notation="plain" if plain else form.notation,  # type: ignore[arg-type]
        id=form.id,
        settings=_read_settings(form.settings),
        extra=tuple(form.extra.items()),
        source_line=form.line,
    )


def _read_settings(form: dict[str, Any]) -> Settings:
    values = {
        name: (None if name in ("line", "position") and value == "auto" else value)
        for name, value in form.items()
    }
    if values.get("region", "") is None:
        values["region"] = ""
    settings = convert(values, Settings)
    return PLAIN_SETTINGS if settings == PLAIN_SETTINGS else settings


def _read_block(form: _BlockForm) -> Block:
    return convert(
        {"kind": form.kind, "text": form.text, "before": form.before, "region": form.region},
        Block,
    )
