r"""The text of ASS events: override blocks in braces, `\N` for a new line, and everything else.

What WebVTT has too becomes tags (bold, italics, underline, its eight colours, the times of
karaoke); the rest of an override stays in the raw text, which the reader keeps beside the cue.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from loquitur.markup import Node
from loquitur.markup.nodes import plain_text

_BLOCK = re.compile(r"\{([^{}]*)\}")
_TAG = re.compile(
    r"\\(?:(?P<switch>[bius])(?P<on>-?\d{0,4})(?![a-z])|(?P<an>an?)(?P<place>\d{1,2})"
    r"|(?:1?c)(?:&H(?P<colour>[0-9A-Fa-f]{1,8})&?)?(?![a-z])|(?P<reset>r)(?P<style>[^\\]*)"
    r"|(?P<karaoke>[kK][fo]?)(?P<length>\d{1,6})|p(?P<drawing>\d{1,2})(?![a-z]))",
    re.ASCII,
)
_ESCAPE = re.compile(r"\\([Nnh])")
_LEGACY = {1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6}
COLOURS = {
    "FFFFFF": "white", "00FF00": "lime", "FFFF00": "cyan", "0000FF": "red", "00FFFF": "yellow",
    "FF00FF": "magenta", "FF0000": "blue", "000000": "black",
}  # fmt: skip
"""ASS writes blue, green, red."""
_NUMBERS = {name: digits for digits, name in COLOURS.items()}
_ORDER = ("b", "i", "u", "s")


@dataclass(slots=True, kw_only=True)
class Text:
    r"""What an event's text says: its tree, its place (`\anN`, 0 for none), what was left out."""

    tree: tuple[str | Node, ...]
    place: int = 0
    lost: tuple[str, ...] = ()


@dataclass(slots=True)
class _State:
    """What is switched on while a text is gone through."""

    on: dict[str, bool] = field(default_factory=dict)
    colour: str = ""
    drawing: bool = False


def read_text(raw: str, start_ms: int, *, italic: bool = False, underline: bool = False) -> Text:
    """The tree of an event's text.

    Args:
        raw: The last field of the event.
        start_ms: When it starts; karaoke counts from there.
        italic: Whether its style is.
        underline: Whether its style is.
    """
    reader = _Reader(start_ms, {"i": italic, "u": underline})
    position = 0
    for block in _BLOCK.finditer(raw):
        reader.say(raw[position : block.start()])
        reader.override(block[1])
        position = block.end()
    reader.say(raw[position:])
    return Text(tree=tuple(reader.items), place=reader.place, lost=tuple(reader.lost))


class _Reader:
    """Goes through a text once; each stretch of one style becomes one item."""

    def __init__(self, start_ms: int, style: dict[str, bool]) -> None:
        self.items: list[str | Node] = []
        self.place = 0
        self.lost: dict[str, None] = {}
        self._style = style
        self._state = _State(on=dict(style))
        self._karaoke_ms = start_ms
        self._due: int | None = None

    def say(self, raw: str) -> None:
        """Add a stretch of text."""
        if not raw:
            return
        if self._state.drawing:
            self.lost["drawings"] = None
            return
        text: str | Node = _ESCAPE.sub(
            lambda match: {"N": "\n", "n": " ", "h": "\u00a0"}[match[1]], raw
        )
        if self._due is not None:
            self.items.append(Node(tag="time", start_ms=self._due))
            self._due = None
        for tag in reversed(_ORDER):
            if self._state.on.get(tag):
                text = _node(tag, text)
        if self._state.colour:
            text = Node(tag="c", classes=(self._state.colour,), children=(text,))
        last = self.items[-1] if self.items else None
        if isinstance(text, str) and isinstance(last, str):
            self.items[-1] = last + text
        else:
            self.items.append(text)

    def override(self, inside: str) -> None:
        """Take the tags of a block; what WebVTT has no word for is told."""
        end = 0
        for match in _TAG.finditer(inside):
            if "\\" in inside[end : match.start()]:
                self.lost["overrides"] = None
            end = match.end()
            self._take(match)
        if "\\" in inside[end:]:
            self.lost["overrides"] = None
        elif inside and not _TAG.search(inside):
            self.lost["comments in braces"] = None

    def _take(self, match: re.Match[str]) -> None:
        state = self._state
        if match["switch"]:
            digits = match["on"]
            value = int(digits) if digits not in ("", "-") else None
            usual = self._style.get(match["switch"], False)
            state.on[match["switch"]] = usual if value is None else value == 1 or value >= 600
        elif match["an"]:
            number = int(match["place"])
            self.place = self.place or (number if match["an"] == "an" else _LEGACY.get(number, 2))
        elif match["reset"]:
            state.on, state.colour = dict(self._style), ""
            if match["style"].strip():
                self.lost["changes of style"] = None
        elif match["karaoke"]:
            self._due = self._karaoke_ms
            self._karaoke_ms += int(match["length"]) * 10
        elif match["drawing"]:
            state.drawing = int(match["drawing"]) > 0
        else:
            digits = (match["colour"] or "").upper().rjust(6, "0")[-6:]
            state.colour = COLOURS.get(digits, "") if match["colour"] else ""
            if match["colour"] and not state.colour:
                self.lost["colours that WebVTT has no name for"] = None
            state.colour = "" if state.colour == "white" else state.colour


def _node(tag: str, text: str | Node) -> Node:
    if tag == "s":
        return Node(tag="c", classes=("line-through",), children=(text,))
    return Node(tag=tag, children=(text,))


def write_text(
    tree: tuple[str | Node, ...],
    times: tuple[int, int],
    *,
    italic: bool = False,
    underline: bool = False,
) -> tuple[str, tuple[str, ...]]:
    """A tree as an event's text, and what of it ASS has no word for.

    Names of voices are not written: the field for names, or the text, has them.

    Args:
        tree: What is written.
        times: Start and end of the event, for karaoke.
        italic: Whether its style is.
        underline: Whether its style is.
    """
    writer = _Writer(times, frozenset(tag for tag, on in (("i", italic), ("u", underline)) if on))
    return writer.write(tree), tuple(writer.lost)


class _Writer:
    def __init__(self, times: tuple[int, int], style: frozenset[str]) -> None:
        self.lost: dict[str, None] = {}
        self._start_ms, self._end_ms = times
        self._style = style
        self._runs: list[tuple[int | None, frozenset[str], str, str]] = []
        self._due: int | None = None

    def write(self, tree: tuple[str | Node, ...]) -> str:
        self._walk(tree, frozenset(), "")
        pieces, on, shown = [], self._style, ""
        karaoke = self._lengths()
        for (_, styles, colour, text), length in zip(self._runs, karaoke, strict=True):
            tags = "" if length is None else f"\\k{length}"
            for tag in _ORDER:
                if (tag in styles) != (tag in on):
                    tags += f"\\{tag}{int(tag in styles)}"
            if colour != shown:
                tags += f"\\c&H{_NUMBERS[colour]}&" if colour else "\\c"
            on, shown = styles, colour
            pieces.append((f"{{{tags}}}" if tags else "") + self._escaped(text))
        return "".join(pieces)

    def _lengths(self) -> list[int | None]:
        """The hundredths of a second of each run that begins a syllable; None inside one."""
        lengths: list[int | None] = [None] * len(self._runs)
        begun = [
            (at, max(((run[0] or 0) - self._start_ms + 5) // 10, 0))
            for at, run in enumerate(self._runs)
            if run[0] is not None
        ]
        if not begun:
            return lengths
        if begun[0][0] > 0:
            begun.insert(0, (0, 0))
        elif begun[0][1] > 0:
            self.lost["a time before the first word of a cue"] = None
        now = 0
        end = (self._end_ms - self._start_ms + 5) // 10
        for (at, _), (_, later) in zip(begun, [*begun[1:], (0, end)], strict=True):
            lengths[at] = max(later - now, 0)
            now += max(later - now, 0)
        return lengths

    def _walk(self, items: tuple[str | Node, ...], styles: frozenset[str], colour: str) -> None:
        for item in items:
            if isinstance(item, str):
                if item:
                    self._runs.append((self._due, styles, colour, item))
                    self._due = None
            elif item.tag == "time":
                self._due = item.start_ms
            elif item.tag == "rt":
                self.lost["ruby text"] = None
                self._walk((f"({plain_text(item)})",), styles, colour)
            else:
                inner, shade = self._inside(item, styles, colour)
                self._walk(item.children, inner, shade)

    def _inside(
        self, item: Node, styles: frozenset[str], colour: str
    ) -> tuple[frozenset[str], str]:
        if item.tag in _ORDER:
            return styles | {item.tag}, colour
        for name in item.classes:
            if name in _NUMBERS:
                colour = "" if name == "white" else name
            elif name == "line-through":
                styles |= {"s"}
            else:
                self.lost["classes"] = None
        if item.tag in ("lang", "ruby", "font"):
            self.lost[
                {"lang": "languages inside cues", "ruby": "ruby text"}.get(item.tag, "fonts")
            ] = None
        return styles, colour

    def _escaped(self, text: str) -> str:
        kept = text.replace("{", "(").replace("}", ")")
        kept = re.sub(r"\\(?=[Nnh])", "\\\u2060", kept)
        if kept != text:
            self.lost["braces and backslashes said as text (written with other signs)"] = None
        return kept.replace("\n", "\\N").replace("\u00a0", "\\h")
