"""YouTube's own timed text as its formats json3 and srv3 share it: events, windows, pens.

An event with text is a cue. Times inside it are the offsets of its segments; bold, italics,
underline and the eight colours of WebVTT are tags; windows that stand elsewhere than at the bottom
give the cue its place. Everything else is kept under the names of json3 in `extra`: the tables of
pens and windows (`youtube.head`), and of a cue its window, pens and confidences.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from loquitur.formats.losing import Losses
from loquitur.formats.voices import Voices
from loquitur.markup import Node, parse
from loquitur.markup.nodes import plain_text
from loquitur.model.captions import PLAIN_SETTINGS, CaptionTrack, Cue, Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.formats.document import Findings

_COLOURS = {
    0xFFFFFF: "white", 0x00FF00: "lime", 0x00FFFF: "cyan", 0xFF0000: "red", 0xFFFF00: "yellow",
    0xFF00FF: "magenta", 0x0000FF: "blue", 0x000000: "black",
}  # fmt: skip
COLOUR_NUMBERS = {name: number for number, name in _COLOURS.items()}
_TAGS = (("bAttr", "b"), ("iAttr", "i"), ("uAttr", "u"))
_LEAST, _MOST, _DIGITS = -(10**15), 10**15, 16
_LINE = ("start", "center", "end")
_POSITION = ("line-left", "center", "line-right")
_ALIGN = ("left", "center", "right")


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of an event's text; `pen` is a place in the table of pens, -1 for the event's."""

    text: str
    offset_ms: int = 0
    confidence: int | None = None
    pen: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event: text during a time, or (where `segments` is None) a window that is set up.

    `fields` are the other fields by the names of json3 (`wWinId`, `pPenId`, `aAppend` ...).
    """

    start_ms: int
    duration_ms: int
    fields: dict[str, Any]
    segments: tuple[Segment, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """The pens, window styles and window positions, each a list of json3's objects."""

    pens: Sequence[dict[str, Any]] = ()
    styles: Sequence[dict[str, Any]] = ()
    positions: Sequence[dict[str, Any]] = ()


def number(value: object, default: int = 0) -> int:
    """A whole number within reason, also one in quotation marks; anything else is the default."""
    if isinstance(value, str):  # browsers' captures say "29000"
        digits = value.strip().removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= _DIGITS):
            return default
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return default
    return int(value) if _LEAST <= value <= _MOST else default  # NaN is neither


def track_of(
    events: Iterable[Event], tables: Tables, *, form: str, language: str, findings: Findings
) -> CaptionTrack:
    """The track of some events."""
    events = list(events)
    cues: list[Cue] = []
    appended: list[list[int]] = []
    windows = [
        {"tStartMs": event.start_ms, "dDurationMs": event.duration_ms} | event.fields
        for event in events
        if event.segments is None
    ]
    places = {number(window.get("id")): _place(window, tables) for window in windows}
    for event in events:
        if event.segments is None:
            continue
        blank = not any(segment.text.strip() for segment in event.segments)
        window = number(event.fields.get("wWinId"))
        if event.fields.get("aAppend") and blank:
            appended.append([len(cues), event.start_ms, event.duration_ms, window])
            continue
        place = places.get(window, PLAIN_SETTINGS)
        if "wpWinPosId" in event.fields:
            place = _place(event.fields, tables)
        if event.start_ms < 0:
            findings.add("cue.negative", 0, "an event before zero is moved to zero")
        cues.append(_cue(event, tables, place))
    head: dict[str, Any] = {
        name: value
        for name, value in (
            ("pens", list(tables.pens)), ("wsWinStyles", list(tables.styles)),
            ("wpWinPositions", list(tables.positions)), ("windows", windows),
            ("appended", appended),
        )
        if value not in ([], [{}])  # a table of one empty entry says nothing
    }  # fmt: skip
    extra = (("youtube.head", _json(head)),) if head else ()
    return CaptionTrack(
        language=language, cues=tuple(cues), format=form, extra=extra, diagnostics=findings.all()
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def _cue(event: Event, tables: Tables, place: Settings) -> Cue:
    start_ms = max(event.start_ms, 0)
    tree: list[str | Node] = []
    segments = _joined(event.segments or ())
    for segment in segments:
        if segment.offset_ms:
            tree.append(Node(tag="time", start_ms=start_ms + segment.offset_ms))
        pen = segment.pen if segment.pen >= 0 else number(event.fields.get("pPenId"))
        tree.append(_styled(segment, _at(tables.pens, pen)))
    fields = dict(event.fields)
    confidences = [segment.confidence for segment in segments]
    if any(one is not None for one in confidences):
        fields["acAsrConf"] = confidences
    extra = (("youtube.event", _json(fields)),) if fields else ()
    return Cue.of(
        start_ms=start_ms, end_ms=max(start_ms + event.duration_ms, 0), tree=tree, settings=place,
        extra=extra,
    )  # fmt: skip


def _joined(segments: Iterable[Segment]) -> list[Segment]:
    """The segments that a reader can tell apart: by their times or their pens."""
    joined: list[Segment] = []
    for segment in segments:
        if not segment.text:
            continue
        offset_ms = max(segment.offset_ms, 0)
        if joined and not offset_ms and segment.pen == joined[-1].pen:
            known = [one for one in (joined[-1].confidence, segment.confidence) if one is not None]
            joined[-1] = replace(
                joined[-1], text=joined[-1].text + segment.text,
                confidence=min(known, default=None),
            )  # fmt: skip
        else:
            joined.append(replace(segment, offset_ms=offset_ms))
    return joined


def _at(table: Sequence[dict[str, Any]], at: int) -> dict[str, Any]:
    return table[at] if 0 <= at < len(table) else {}


def _styled(segment: Segment, pen: dict[str, Any]) -> str | Node:
    """The text with the tags of its pen; a pen of its own is a class, `pen3`."""
    item: str | Node = segment.text
    for name, tag in reversed(_TAGS):
        if pen.get(name):
            item = Node(tag=tag, children=(item,))
    colour = _COLOURS.get(number(pen.get("fcForeColor"), -1))
    classes: tuple[str, ...] = (f"pen{segment.pen}",) if segment.pen >= 0 else ()
    if colour and colour != "white":
        classes += (colour,)
    return Node(tag="c", classes=classes, children=(item,)) if classes else item


def _place(fields: dict[str, Any], tables: Tables) -> Settings:
    """The settings of a window: its anchor (0 to 8, by rows from the top) and where that is."""
    position = _at(tables.positions, number(fields.get("wpWinPosId")))
    if not position:
        return PLAIN_SETTINGS
    anchor = number(position.get("apPoint"), 7)
    row, column = divmod(anchor if 0 <= anchor <= 8 else 7, 3)
    across = min(max(number(position.get("ahHorPos"), 50), 0), 100)
    down = min(max(number(position.get("avVerPos"), 100), 0), 100)
    place = PLAIN_SETTINGS
    if not (row == 2 and down >= 90):
        place = replace(place, line=down, snap_to_lines=False, line_align=_LINE[row])  # type: ignore[arg-type]
    style = _at(tables.styles, number(fields.get("wsWinStyleId")))
    justified = number(style.get("juJustifCode"), 2)
    align = {0: "left", 1: "right"}.get(justified, "center")
    if (column, across) != (1, 50):
        place = replace(place, position=across, position_align=_POSITION[column])  # type: ignore[arg-type]
        align = align if justified in (0, 1) else _ALIGN[column]
    return place if align == "center" else replace(place, align=align)  # type: ignore[arg-type]


# Writing


def events_of(track: CaptionTrack, losses: Losses, form: str) -> tuple[list[Event], dict[str, Any]]:
    """The events of a track, and the tables they point to, by the names of json3."""
    head = _head(track)
    writer = _Writer(track, head, losses)
    events = [
        Event(
            start_ms=number(window.get("tStartMs")),
            duration_ms=number(window.get("dDurationMs")),
            fields={
                name: value
                for name, value in window.items()
                if name not in ("tStartMs", "dDurationMs")
            },
        )
        for window in head.pop("windows", [])
        if isinstance(window, dict)
    ]
    appended = [
        item for item in head.pop("appended", [])
        if isinstance(item, list) and len(item) == 4
    ]  # fmt: skip
    losses.of_track(replace(track, extra=()), form=form)
    for count, cue in enumerate(track.cues):
        while appended and number(appended[0][0]) <= count:
            events.append(_append(appended.pop(0)))
        events.append(writer.event(cue))
    events += map(_append, appended)
    return events, writer.head


def _append(item: list[Any]) -> Event:
    fields: dict[str, Any] = {"aAppend": 1}
    if number(item[3]):
        fields["wWinId"] = number(item[3])
    return Event(
        start_ms=number(item[1]), duration_ms=number(item[2]), segments=(Segment(text="\n"),),
        fields=fields,
    )  # fmt: skip


def _head(track: CaptionTrack) -> dict[str, Any]:
    try:
        head = json.loads(dict(track.extra).get("youtube.head", "{}"))
    except ValueError:
        return {}
    return head if isinstance(head, dict) else {}


class _Writer:
    """Makes events of cues; pens and windows that are missing are added to the tables."""

    def __init__(self, track: CaptionTrack, head: dict[str, Any], losses: Losses) -> None:
        self.head = head
        self._losses = losses
        self._voices = Voices(track, "vtt")
        self._windows = {
            number(window.get("id")): window
            for window in head.get("windows", [])
            if isinstance(window, dict)
        }

    def event(self, cue: Cue) -> Event:
        """The event of a cue."""
        losses = self._losses
        losses.of_cue(cue, kept=("settings", "youtube.event"))
        losses.of_tags(cue, kept=("v", "b", "i", "u", "s", "c", "font", "time"))
        start_ms, end_ms = losses.times(cue)
        fields = self._fields(cue)
        known = fields.pop("acAsrConf", [])
        confidences = known if isinstance(known, list) else []
        (payload, lost), told = self._voices.prefixed(cue)
        losses.add(*told, *lost)
        tables, segments = self._tables(), []
        default = number(fields.get("pPenId"))
        for at, run in enumerate(_runs(parse(payload, "vtt"), start_ms)):
            pen = run.pen
            if _styles_of(_at(tables.pens, pen if pen >= 0 else default)) != run.styles:
                pen = self._pen(run.styles)
            heard = confidences[at] if at < len(confidences) else None
            segments.append(
                Segment(
                    text=run.text, offset_ms=run.offset_ms, pen=pen,
                    confidence=None if heard is None else number(heard),
                )
            )  # fmt: skip
        return Event(
            start_ms=start_ms, duration_ms=end_ms - start_ms, segments=tuple(segments),
            fields=fields,
        )  # fmt: skip

    def _tables(self) -> Tables:
        return tables_of(self.head)

    def _fields(self, cue: Cue) -> dict[str, Any]:
        """The event's other fields; where the cue has another place than its window, a new one."""
        try:
            fields = json.loads(dict(cue.extra).get("youtube.event", "{}")) if cue.extra else {}
        except ValueError:
            fields = {}
        fields = fields if isinstance(fields, dict) else {}
        tables = self._tables()
        if "wpWinPosId" in fields:
            place = _place(fields, tables)
        else:
            place = _place(self._windows.get(number(fields.get("wWinId")), {}), tables)
        if place != cue.settings:
            self._move(fields, cue.settings)
        return fields

    def _move(self, fields: dict[str, Any], settings: Settings) -> None:
        if settings.vertical or settings.size != 100 or settings.region:
            self._losses.add("the width, region and direction of cues")
        row = _row(settings)
        down = 100 if settings.line is None else _percent(settings)
        across = 50 if settings.position is None else round(settings.position)
        side: str = settings.position_align
        if side == "auto":
            side = {"left": "line-left", "start": "line-left", "right": "line-right",
                    "end": "line-right"}.get(settings.align, "center")  # fmt: skip
            across = (
                across
                if settings.position is not None
                else {"line-left": 0, "line-right": 100}.get(side, 50)
            )
        position = {
            "apPoint": row * 3 + _POSITION.index(side), "ahHorPos": across, "avVerPos": down,
        }  # fmt: skip
        fields["wpWinPosId"] = _index(self.head.setdefault("wpWinPositions", [{}]), position)
        justified = {"left": 0, "start": 0, "right": 1, "end": 1}.get(settings.align, 2)
        fields["wsWinStyleId"] = _index(
            self.head.setdefault("wsWinStyles", [{}]), {"juJustifCode": justified}
        )

    def _pen(self, styles: frozenset[str]) -> int:
        pen: dict[str, Any] = {name: 1 for name, tag in _TAGS if tag in styles}
        colour = next((one for one in COLOUR_NUMBERS if one in styles), "")
        if colour:
            pen["fcForeColor"] = COLOUR_NUMBERS[colour]
        return _index(self.head.setdefault("pens", [{}]), pen)


def tables_of(head: dict[str, Any]) -> Tables:
    """The tables of a head, whatever stands in it."""

    def table(name: str) -> list[dict[str, Any]]:
        found = head.get(name, [])
        return (
            [one if isinstance(one, dict) else {} for one in found]
            if isinstance(found, list)
            else []
        )

    return Tables(
        pens=table("pens"), styles=table("wsWinStyles"), positions=table("wpWinPositions")
    )


def _index(table: list[Any], entry: dict[str, Any]) -> int:
    if entry not in table:
        table.append(entry)
    return table.index(entry)


def _row(settings: Settings) -> int:
    if settings.line is None:
        return 2
    if settings.snap_to_lines:
        return 0 if 0 <= settings.line < 5 else 1 if 5 <= settings.line < 10 else 2
    return _LINE.index(settings.line_align)


def _percent(settings: Settings) -> int:
    """Where a line stands, in percent of the height; of 15 lines as in television captions."""
    line = min(max(settings.line or 0, -100), 100)
    if not settings.snap_to_lines:
        return round(line)
    return min(max(round((line if line >= 0 else 15 + line) * 100 / 15), 0), 100)


def _styles_of(pen: dict[str, Any]) -> frozenset[str]:
    found = {tag for name, tag in _TAGS if pen.get(name)}
    colour = _COLOURS.get(number(pen.get("fcForeColor"), -1))
    return frozenset(found | ({colour} if colour and colour != "white" else set()))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A stretch of text between two tags: when it comes, in which style and pen (-1 for none)."""

    text: str
    offset_ms: int
    styles: frozenset[str]
    pen: int


_PEN = re.compile(r"pen(\d{1,4})", re.ASCII)
_PLAIN: frozenset[str] = frozenset()


def _runs(
    tree: Iterable[str | Node], start_ms: int, styles: frozenset[str] = _PLAIN, pen: int = -1
) -> list[_Run]:
    """The stretches of a text in their order; a time counts for the stretch after it."""
    runs: list[_Run] = []
    offset_ms = 0
    for item in tree:
        if isinstance(item, str):
            runs.append(_Run(text=item, offset_ms=offset_ms, styles=styles, pen=pen))
        elif item.tag == "time":
            offset_ms = max((item.start_ms or 0) - start_ms, 0)
            continue
        else:
            children = item.children if item.tag != "rt" else (f"({plain_text(item)})",)
            inner, own = set(styles), pen
            inner |= {item.tag} & {"b", "i", "u"}
            inner |= {one for one in item.classes if one in COLOUR_NUMBERS and one != "white"}
            for match in filter(None, map(_PEN.fullmatch, item.classes)):
                own = int(match[1])
            found = _runs(children, start_ms, frozenset(inner), own)
            if found and offset_ms and not found[0].offset_ms:
                found[0] = replace(found[0], offset_ms=offset_ms)
            runs += found
            offset_ms = offset_ms if not found else 0
        if isinstance(item, str):
            offset_ms = 0
    return runs
