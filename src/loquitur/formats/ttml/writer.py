"""Writes TTML in the shape of IMSC's text profile; what was read from TTML keeps its head."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from loquitur.errors import InputError
from loquitur.formats import safe_xml
from loquitur.formats.document import Document
from loquitur.formats.losing import Losses
from loquitur.formats.safe_xml import XML, Element, escaped, quoted
from loquitur.formats.ttml.names import PREFIXES, TT, TTM, TTP, TTS, adopt, name_spaces, ours
from loquitur.formats.ttml.reader import agents_of
from loquitur.formats.ttml.regions import place_of, region_of, screen_of
from loquitur.formats.ttml.styles import PLAIN, Look, Styles, class_colour
from loquitur.formats.written import Written, one_line
from loquitur.markup import Node, parse, translate
from loquitur.timing import clock

if TYPE_CHECKING:
    from loquitur.model.captions import CaptionTrack, Cue, Settings

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,200}", re.ASCII)
_BLANK = re.compile("[\t\n\r ]")
_PROFILE = "http://www.w3.org/ns/ttml/profile/imsc1.1/text"
_MARKED = {"b": "bold", "i": "italic", "u": "underline"}


def write(track: CaptionTrack) -> Written:
    """A track as TTML."""
    return _Writer(track).write()


class _Writer:
    def __init__(self, track: CaptionTrack) -> None:
        self._track = track
        self._losses = Losses()
        made = {} if track.format == "ttml" else {(TTP, "contentProfiles"): _PROFILE}
        self._root = _kept(track, "ttml.root") or Element(space=TT, name="tt", attributes=made)
        self._head = _kept(track, "ttml.head") or Element(space=TT, name="head")
        self._styles = Styles(self._head)
        self._plain = PLAIN.with_(self._styles.initial)
        self._screen = screen_of(self._root)
        self._regions = {
            region.get("id", XML): region
            for layout in ours(self._head, "layout")
            for region in ours(layout, "region")
        }
        self._agents = {name: ident for ident, name in agents_of(self._head)}
        self._ids: set[str] = set(_ids(self._head))

    def write(self) -> Written:
        track = self._track
        self._losses.of_track(track, form="ttml")
        if track.name and not _has_title(self._head):
            self._metadata().children.append(
                Element(space=TTM, name="title", children=[one_line(track.name)])
            )
        if not self._regions and any(self._needs_region(cue) for cue in track.cues):
            self._region(track.cues[0].settings)  # all need one where one has one
        lines = [self._paragraph(cue) for cue in track.cues]
        spaces = dict(PREFIXES)
        name_spaces(self._head, spaces)
        name_spaces(self._root, spaces)
        head = safe_xml.written(self._head, spaces | {"": ""})
        declared = "".join(
            f" xmlns{':' + prefix if prefix else ''}={quoted(space)}"
            for space, prefix in spaces.items()
            if space and space != XML
        )
        attributes = "".join(
            f" {spaces[space]}:{name}={quoted(value)}"
            for (space, name), value in self._root.attributes.items()
        )
        body = "\n".join(["<body><div>", *lines, "</div></body>"])
        text = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<tt{declared}{attributes} xml:lang={quoted(track.language)} "
            f'xml:space="preserve">\n{head}\n{body}\n</tt>\n'
        )
        return Written(text=text, losses=self._losses.all())

    def _needs_region(self, cue: Cue) -> bool:
        return place_of(None, {"textAlign": cue.settings.align}, self._screen) != cue.settings

    def _paragraph(self, cue: Cue) -> str:
        extra = dict(cue.extra)
        self._losses.of_cue(cue, kept=("id", "settings", "ttml.region", "ttml.style", "ttml.role"))
        start_ms, end_ms = self._losses.times(cue)
        attributes = {"begin": clock(start_ms), "end": clock(end_ms)}
        if cue.id:
            own = self._track.format == "ttml" and not _BLANK.search(cue.id)
            if (own or _NAME.fullmatch(cue.id)) and cue.id not in self._ids:
                attributes["xml:id"] = cue.id
                self._ids.add(cue.id)
            else:
                self._losses.add("cue ids that XML cannot hold")
        names = [name for name in extra.get("ttml.style", "").split() if name in self._styles]
        if names:
            attributes["style"] = " ".join(names)
        if role := extra.get("ttml.role"):
            attributes["ttm:role"] = role
        attributes |= self._placed(cue.settings, extra.get("ttml.region", ""), names)
        tree = cue.tree
        if cue.notation == "srt":
            payload, lost = translate(cue.payload, "srt", "vtt")
            self._losses.add(*lost)
            tree = parse(payload, "vtt")
        if not cue.text.strip():
            self._losses.add("cues without text")
        look = self._look(attributes)
        said = "".join(f" {name}={quoted(value)}" for name, value in attributes.items())
        return f"<p{said}>{self._inside(tree, PLAIN, look)}</p>"

    def _look(self, attributes: dict[str, str]) -> Look:
        """The look that a paragraph has by its region and its styles."""
        region = self._regions.get(attributes.get("region", ""))
        look = self._plain if region is None else self._plain.with_(self._styles.said(region))
        style = attributes.get("style", "")
        return look.with_(self._styles.said(_styled(style))) if style else look

    def _placed(self, settings: Settings, region: str, names: list[str]) -> dict[str, str]:
        """The attributes that put a paragraph in its place."""
        said: dict[str, str] = {}
        for name in names:
            said |= self._styles.said(Element(space=TT, name="p", attributes={("", "style"): name}))
        found = self._regions.get(region)
        of_region = None if found is None else self._styles.said(found)
        inherited = {} if of_region is None else {
            key: value for key, value in of_region.items() if key == "textAlign"
        }  # fmt: skip
        if found is not None or not self._regions:
            own = {"region": region} if found is not None else {}
            if place_of(of_region, inherited | said, self._screen) == settings:
                return own
            aligned = inherited | said | {"textAlign": settings.align}
            if place_of(of_region, aligned, self._screen) == settings:
                return own | {"tts:textAlign": settings.align}
        if not self._regions:
            return {"tts:textAlign": settings.align}
        made = {"region": self._region(settings)}
        if said.get("textAlign", settings.align) != settings.align:
            made["tts:textAlign"] = settings.align
        return made

    def _region(self, settings: Settings) -> str:
        """The region for some settings; a new one where none is for them yet."""
        look = region_of(settings)
        for name, region in self._regions.items():
            if {key: region.get(key, TTS) for key in look} == look:
                return name
        if settings.vertical or (settings.region and "region" not in look):
            self._losses.add("the direction and region of cues")
        number = len(self._regions) + 1
        while f"r{number}" in self._ids:
            number += 1
        name = f"r{number}"
        self._ids.add(name)
        region = Element(space=TT, name="region", attributes={(XML, "id"): name})
        region.attributes |= {(TTS, key): value for key, value in look.items()}
        layout = next(ours(self._head, "layout"), None)
        if layout is None:
            layout = Element(space=TT, name="layout")
            self._head.children.append(layout)
        layout.children.append(region)
        self._regions[name] = region
        if place_of(look, {"textAlign": settings.align}, self._screen) != settings:
            self._losses.add("cue settings (a region near them is written)")
        return name

    def _metadata(self) -> Element:
        found = next(ours(self._head, "metadata"), None)
        if found is None:
            found = Element(space=TT, name="metadata")
            self._head.children.insert(0, found)
        return found

    def _inside(self, items: tuple[str | Node, ...], want: Look, have: Look) -> str:
        """Items as TTML.

        Args:
            items: What is written.
            want: The look that the tags around them ask for.
            have: The look that the elements around them give.
        """
        return "".join(
            self._text(item, want, have) if isinstance(item, str) else self._node(item, want, have)
            for item in items
        )

    def _text(self, text: str, want: Look, have: Look) -> str:
        said = "<br/>".join(map(escaped, text.replace("\r", "\n").split("\n")))
        return said if want == have else _span(_changes(want, have), said)

    def _node(self, item: Node, want: Look, have: Look) -> str:
        attributes: dict[str, str] = {}
        if item.tag == "time":
            self._losses.add("times inside cues")
        elif item.tag in ("ruby", "rt"):
            return self._ruby(item, want, have)
        elif item.tag == "v" and (name := one_line(item.annotation)):
            attributes["ttm:agent"] = self._agent(name)
        elif item.tag == "lang" and item.annotation:
            attributes["xml:lang"] = item.annotation
        if item.tag in _MARKED:
            want = replace(want, **{_MARKED[item.tag]: True})  # type: ignore[arg-type]
        for name in item.classes:
            if class_colour(name):
                want = replace(want, colour=name)
            elif name == "line-through":
                want = replace(want, strike=True)
            else:
                self._class(name, attributes)
        if style := attributes.get("style"):
            have = have.with_(self._styles.said(_styled(style)))
        if item.tag in _MARKED or item.classes:
            attributes |= _changes(want, have)
            have = want
        inside = self._inside(item.children, want, have)
        return _span(attributes, inside) if attributes else inside

    def _class(self, name: str, attributes: dict[str, str]) -> None:
        if _NAME.fullmatch(name) and (name in self._styles or name not in self._ids):
            if name not in self._styles:
                self._style(name)
            attributes["style"] = f"{attributes.get('style', '')} {name}".strip()
        else:
            self._losses.add("classes that XML cannot hold")

    def _style(self, name: str) -> None:
        """An empty style for a class, so that its name stays."""
        styling = next(ours(self._head, "styling"), None)
        if styling is None:
            styling = Element(space=TT, name="styling")
            at = 1 if next(ours(self._head, "metadata"), None) is not None else 0
            self._head.children.insert(at, styling)
        styling.children.append(Element(space=TT, name="style", attributes={(XML, "id"): name}))
        self._ids.add(name)
        self._styles = Styles(self._head)

    def _agent(self, name: str) -> str:
        if name not in self._agents:
            number = len(self._agents) + 1
            while f"a{number}" in self._ids:
                number += 1
            self._ids.add(f"a{number}")
            self._agents[name] = f"a{number}"
            said = Element(
                space=TTM, name="name", attributes={("", "type"): "full"}, children=[name]
            )
            self._metadata().children.append(
                Element(
                    space=TTM, name="agent",
                    attributes={("", "type"): "person", (XML, "id"): f"a{number}"},
                    children=[said],
                )
            )  # fmt: skip
        return self._agents[name]

    def _ruby(self, item: Node, want: Look, have: Look) -> str:
        if item.tag == "rt":
            return _span({"tts:ruby": "text"}, self._inside(item.children, want, have))
        pieces: list[str] = []
        base: list[str | Node] = []
        for child in (*item.children, None):
            if child is not None and not (isinstance(child, Node) and child.tag == "rt"):
                base.append(child)
                continue
            if base:
                inside = self._inside(tuple(base), want, have)
                pieces.append(_span({"tts:ruby": "base"}, inside))
                base = []
            if child is not None:
                pieces.append(self._node(child, want, have))
        return _span({"tts:ruby": "container"}, "".join(pieces))


def _span(attributes: dict[str, str], inside: str) -> str:
    said = "".join(f" {name}={quoted(value)}" for name, value in attributes.items())
    return f"<span{said}>{inside}</span>"


def _styled(names: str) -> Element:
    return Element(space=TT, name="span", attributes={("", "style"): names})


def _changes(want: Look, have: Look) -> dict[str, str]:
    """The attributes of a span that turn one look into another."""
    found: dict[str, str] = {}
    if want.colour != have.colour:
        found["tts:color"] = class_colour(want.colour)
    if want.italic != have.italic:
        found["tts:fontStyle"] = "italic" if want.italic else "normal"
    if want.bold != have.bold:
        found["tts:fontWeight"] = "bold" if want.bold else "normal"
    lines = []
    if want.underline != have.underline:
        lines.append("underline" if want.underline else "noUnderline")
    if want.strike != have.strike:
        lines.append("lineThrough" if want.strike else "noLineThrough")
    if lines:
        found["tts:textDecoration"] = " ".join(lines)
    return found


def _kept(track: CaptionTrack, name: str) -> Element | None:
    """What was kept of the file that a track was read from."""
    text = dict(track.extra).get(name)
    if not text or track.format != "ttml":
        return None
    try:
        root = safe_xml.parse(Document.of_text(text), name).root
    except InputError:
        return None
    adopt(root, bare=False)
    return root


def _ids(element: Element) -> list[str]:
    found: list[str] = []
    todo = [element]
    while todo:
        one = todo.pop()
        found += filter(None, [one.get("id", XML)])
        todo += one.elements()
    return found


def _has_title(head: Element) -> bool:
    return any(True for metadata in ours(head, "metadata") for _ in metadata.elements("title"))
