"""YouTube's srv3 (`fmt=srv3`, XML `timedtext` of format 3): what json3 says, as XML.

Attributes have short names here; the model keeps those of json3, so that a track goes from one to
the other. Names that are not in the table stay as they are. The older srv1 and srv2 are read too:
their text is escaped twice, and what is escaped once only is a tag.
"""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from loquitur.formats import safe_xml
from loquitur.formats.document import Document, Findings
from loquitur.formats.losing import Losses
from loquitur.formats.written import Written
from loquitur.formats.youtube import Event, Segment, events_of, number, tables_of, track_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.formats.safe_xml import Element
    from loquitur.model.captions import CaptionTrack

_PEN = {
    "b": "bAttr", "i": "iAttr", "u": "uAttr", "fc": "fcForeColor", "fo": "foForeAlpha",
    "bc": "bcBackColor", "bo": "boBackAlpha", "sz": "szPenSize", "fs": "fsFontStyle",
    "et": "etEdgeType", "ec": "ecEdgeColor", "of": "ofOffset", "rb": "rbRuby", "hg": "hgHorizGroup",
}  # fmt: skip
_STYLE = {
    "ju": "juJustifCode", "pd": "pdPrintDir", "sd": "sdScrollDir", "mh": "mhModeHint",
    "wfc": "wfcWinFillColor", "wfo": "wfoWinFillAlpha",
}  # fmt: skip
_POSITION = {
    "ap": "apPoint", "ah": "ahHorPos", "av": "avVerPos", "rc": "rcRows", "cc": "ccCols",
}  # fmt: skip
_EVENT = {"w": "wWinId", "p": "pPenId", "wp": "wpWinPosId", "ws": "wsWinStyleId", "a": "aAppend"}
_COLOURS = {"fcForeColor", "bcBackColor", "ecEdgeColor", "wfcWinFillColor"}
_TIMES = ("t", "d")
_OLD_TAG = re.compile(r"(</?[biu]>)", re.IGNORECASE)
_OLD_PENS: dict[str, dict[str, int]] = {
    style: {f"{name}Attr": 1 for name in style}
    for style in ("", "b", "i", "u", "bi", "bu", "iu", "biu")
}
"""The pens of srv1 and srv2, which have no table of them: by the tags that are open."""


def read(document: Document) -> CaptionTrack:
    """A track from srv3.

    Raises:
        InputError: It is no XML of YouTube's timed text.
    """
    tree = safe_xml.parse(document, "XML with <timedtext>")
    if tree.root.name not in ("timedtext", "transcript"):
        raise document.refused(f"<{tree.root.name}>", "<timedtext>")
    findings = Findings(tree.diagnostics)
    head, body = tree.root.find("head"), tree.root.find("body")
    events = []
    for element in (body or tree.root).elements():
        if element.name == "w":
            events.append(_event(element, None))
        elif element.name == "p":
            events.append(_event(element, tuple(_segments(element))))
        elif element.name == "text":
            events.append(_old(element))
        elif element.name not in ("head", "body"):
            findings.add("srv3.element", element.line, f"<{element.name}> has no meaning here")
    tables = tables_of(
        {
            "pens": _pens(head, events),
            "wsWinStyles": _table(head, "ws", _STYLE),
            "wpWinPositions": _table(head, "wp", _POSITION),
        }
    )
    return track_of(events, tables, form="srv3", language=document.language, findings=findings)


def _pens(head: Element | None, events: list[Event]) -> list[dict[str, Any]]:
    """The table of the head; the old formats have none, and get one where text is styled."""
    styled = head is None and any(
        segment.pen > 0 for event in events for segment in event.segments or ()
    )
    return [dict(pen) for pen in _OLD_PENS.values()] if styled else _table(head, "pen", _PEN)


def _table(head: Element | None, name: str, names: dict[str, str]) -> list[dict[str, Any]]:
    """A table of the head; entries stand at the places that their ids name."""
    found: dict[int, dict[str, Any]] = {}
    for element in head.elements(name) if head else ():
        values = _values(element, names)
        at = _whole(element.get("id"), len(found))
        if 0 <= at < 10_000:
            found[at] = {name: value for name, value in values.items() if name != "id"}
    return [found.get(at, {}) for at in range(max(found, default=-1) + 1)]


def _values(element: Element, names: dict[str, str]) -> dict[str, Any]:
    return {
        names.get(name, name): _value(value)
        for (space, name), value in element.attributes.items()
        if not space
    }


def _value(text: str) -> int | str:
    """A number, also that of a colour; text that is neither stays."""
    if len(text) == 7 and text[0] == "#":
        try:
            return int(text[1:], 16)
        except ValueError:
            return text
    return _whole(text, None) if _whole(text, None) is not None else text


def _whole(text: str, default: Any) -> Any:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 16 else default


def _event(element: Element, segments: tuple[Segment, ...] | None) -> Event:
    return Event(
        start_ms=_whole(element.get("t"), 0),
        duration_ms=_whole(element.get("d"), 0),
        segments=segments,
        fields={
            name: value for name, value in _values(element, _EVENT).items() if name not in _TIMES
        },
    )


def _segments(element: Element) -> list[Segment]:
    found = []
    whole = any(isinstance(child, safe_xml.Element) for child in element.children)
    for child in element.children:
        if isinstance(child, str):
            if child.strip(" \t\n") or not whole:  # white space between <s> is the file's layout
                found.append(Segment(text=child))
            continue
        if child.name == "br":
            found.append(Segment(text="\n"))
            continue
        confidence = _whole(child.get("ac"), None)
        found.append(
            Segment(
                text=child.text(), offset_ms=number(_whole(child.get("t"), 0)),
                confidence=confidence, pen=number(_whole(child.get("p"), -1), -1),
            )
        )  # fmt: skip
    return found


def _old(element: Element) -> Event:
    """`<text start= dur=>` of srv1 in seconds, `<text t= d=>` of srv2 in milliseconds."""

    def ms(name: str) -> int:
        text = element.get(name)
        whole, _, fraction = text.partition(".")
        thousandths = _whole((fraction + "000")[:3], 0)
        return int(_whole(whole or "0", 0) * 1000 + thousandths)

    by_ms = element.get("t") != ""
    return Event(
        start_ms=_whole(element.get("t"), 0) if by_ms else ms("start"),
        duration_ms=_whole(element.get("d"), 0) if by_ms else ms("dur"),
        fields={"aAppend": 1} if element.get("append") == "1" else {},
        segments=tuple(_styled(element.text())),
    )  # fmt: skip


def _styled(text: str) -> Iterator[Segment]:
    """The stretches of an old format's text between its tags, which are bold, italics, underline.

    Whatever else looks like a tag was said: "3 < 5 and 7 > 2".
    """
    opened = {"b": 0, "i": 0, "u": 0}
    for at, piece in enumerate(_OLD_TAG.split(text)):
        if at % 2:
            name = piece.strip("</>").lower()
            opened[name] = max(0, opened[name] + (-1 if piece[1] == "/" else 1))
        elif piece:
            style = "".join(name for name, depth in opened.items() if depth)
            pen = list(_OLD_PENS).index(style) if style else -1
            yield Segment(text=html.unescape(piece), pen=pen)


def write(track: CaptionTrack) -> Written:
    """A track as srv3."""
    losses = Losses()
    events, head = events_of(track, losses, "srv3")
    tables = tables_of(head)
    lines = ['<?xml version="1.0" encoding="utf-8"?>', '<timedtext format="3">', "<head>"]
    for table, name, names in (
        (tables.pens, "pen", _PEN),
        (tables.styles, "ws", _STYLE),
        (tables.positions, "wp", _POSITION),
    ):
        short = {long: key for key, long in names.items()}
        for at, entry in enumerate(table or [{}]):
            lines.append(f'<{name} id="{at}"{_attributes(entry, short)}/>')
    lines += ["</head>", "<body>"]
    short = {long: key for key, long in _EVENT.items()}
    for event in events:
        times = f' t="{event.start_ms}" d="{event.duration_ms}"'
        rest = times + _attributes(event.fields, short)
        if event.segments is None:
            lines.append(f"<w{rest}/>")
        else:
            inside = "".join(map(_written, event.segments))
            lines.append(f"<p{rest}>{inside}</p>")
    lines += ["</body>", "</timedtext>"]
    return Written(text="\n".join(lines) + "\n", losses=losses.all())


def _attributes(fields: dict[str, Any], short: dict[str, str]) -> str:
    found = ""
    for name, value in fields.items():
        key = short.get(name, name)
        if not key.isidentifier() or not isinstance(value, (int, str)):
            continue
        said = f"#{value:06X}" if name in _COLOURS and isinstance(value, int) else str(value)
        found += f" {key}={safe_xml.quoted(said)}"
    return found


def _written(segment: Segment) -> str:
    attributes = f' t="{segment.offset_ms}"' if segment.offset_ms else ""
    if segment.confidence is not None:
        attributes += f' ac="{segment.confidence}"'
    if segment.pen >= 0:
        attributes += f' p="{segment.pen}"'
    text = safe_xml.escaped(segment.text)
    return f"<s{attributes}>{text}</s>" if attributes or not segment.text.strip() else text
