"""Writes ASS and SSA: the head as it stood, or a plain one, and an event for each cue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.formats.ass.styles import Style, styles_of
from loquitur.formats.ass.text import read_text, write_text
from loquitur.formats.losing import Losses
from loquitur.formats.placement import number_of, settings_of
from loquitur.formats.voices import Voices
from loquitur.formats.written import Written, encodable, one_line
from loquitur.markup import Node, parse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.captions import CaptionTrack, Cue

_HEAD = """[Script Info]
ScriptType: v4.00+
WrapStyle: 0
ScaledBorderAndShadow: yes
PlayResX: 1920
PlayResY: 1080

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,64,&H00FFFFFF,&H000000FF,&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,3,1,2,\
60,60,54,1"""
_HEAD_SSA = """[Script Info]
ScriptType: v4.00
PlayResX: 1920
PlayResY: 1080

[V4 Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, TertiaryColour, BackColour, \
Bold, Italic, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, AlphaLevel, \
Encoding
Style: Default,Arial,64,16777215,255,0,0,0,0,1,3,1,2,60,60,54,0,1"""
FIELDS = (
    "Layer", "Start", "End", "Style", "Name", "MarginL", "MarginR", "MarginV", "Effect", "Text",
)  # fmt: skip
"""The fields of an event; SSA calls the first one `Marked`."""
SECTION = re.compile(r"[ \t\ufeff]*\[([^\[\]]{1,80})\][ \t]*")


def write(track: CaptionTrack) -> Written:
    """A track as ASS; one read from SSA stays SSA."""
    return _Writer(track, old=track.format == "ssa").write()


def write_ssa(track: CaptionTrack) -> Written:
    """A track as SSA; of one read from ASS the head is written anew."""
    return _Writer(track, old=track.format != "ass").write()


def text_of(
    tree: tuple[str | Node, ...], place: int, style: Style, times: tuple[int, int]
) -> tuple[str, tuple[str, ...]]:
    r"""An event's text for a tree at a place (`\anN`), and what it could not say."""
    text, lost = write_text(tree, times, italic=style.italic, underline=style.underline)
    return (f"{{\\an{place}}}{text}" if place != style.place else text), lost


class _Writer:
    def __init__(self, track: CaptionTrack, *, old: bool) -> None:
        self._track = track
        self._own = track.format in ("ass", "ssa")
        self._old = old
        self._losses = Losses()
        self._head: Sequence[str] = track.header if self._own and track.header else ()
        self._styles, _ = styles_of(self._head)
        self._voices = Voices(track, "vtt")

    def write(self) -> Written:
        track = self._track
        self._losses.of_track(track, form=track.format if self._own else "ass")
        head = list(map(encodable, self._head))
        if not head and not self._own:
            head = (_HEAD_SSA if self._old else _HEAD).split("\n")
            if track.name:
                head.insert(1, f"Title: {one_line(track.name)}")
            if track.language:
                head.insert(1, f"Language: {one_line(track.language)}")
        said = dict(track.extra).get("ass.format", "") if self._own else ""
        self._fields = tuple(said.split(",")) if said else FIELDS
        names = ", ".join(self._fields)
        names = names.replace("Layer", "Marked") if self._old else names
        lines = [*head, *([""] if head else []), "[Events]", f"Format: {names}"]
        blocks = sorted(track.blocks, key=lambda block: block.before) if self._own else []
        tail: list[str] = []
        for count, cue in enumerate(track.cues):
            while blocks and blocks[0].before <= count:
                lines.append(encodable(blocks.pop(0).text))
            lines.append(self._event(cue))
        for block in blocks:
            text = encodable(block.text)
            if SECTION.fullmatch(text.partition("\n")[0]):
                tail += ["", text]
            else:
                lines.append(text)
        return Written(text="\n".join([*lines, *tail]) + "\n", losses=self._losses.all())

    def _event(self, cue: Cue) -> str:
        extra = dict(cue.extra)
        style_name = _field(extra.get("ass.style", "Default"))
        style = self._styles.get(style_name.lstrip("*"), Style())
        name, text = self._spoken(cue, style, extra.get("ass.text"))
        self._losses.of_cue(
            cue, kept=("settings", *(key for key, _ in cue.extra if key.startswith("ass.")))
        )
        if settings_of(number_of(cue.settings)) != cue.settings:
            self._losses.add("cue settings (the nearest of nine places is kept)")
        start_ms, end_ms = cue.start_ms, cue.end_ms
        if not self._own:
            start_ms, end_ms = self._losses.times(cue)
        if start_ms % 10 or end_ms % 10:
            self._losses.add("thousandths of seconds")
        layer = _field(extra.get("ass.layer", "0"))
        if one_line(extra.get("ass.name", "")) == name:
            name = extra.get("ass.name", name)
        values = {
            "Layer": f"Marked={layer}" if self._old else layer,
            "Start": _clock(start_ms),
            "End": _clock(end_ms),
            "Style": style_name,
            "Name": _field(name),
            "Effect": _field(extra.get("ass.effect", "")),
            "Text": text,
        }
        for side in "LRV":
            values[f"Margin{side}"] = _field(extra.get(f"ass.margin{side.lower()}", "0"))
        return "Dialogue: " + ",".join(values.get(field, "") for field in self._fields)

    def _spoken(self, cue: Cue, style: Style, raw: str | None) -> tuple[str, str]:
        """The name and the text of an event; the raw text where it still says what the cue says."""
        tree = cue.tree
        alone = len(tree) == 1 and isinstance(tree[0], Node) and tree[0].tag == "v"
        name = one_line(tree[0].annotation) if alone and isinstance(tree[0], Node) else ""
        inner = tree[0].children if alone and isinstance(tree[0], Node) else tree
        if raw is not None:
            said = read_text(
                raw, max(cue.start_ms, 0), italic=style.italic, underline=style.underline
            )
            same = _payload(said.tree) == _payload(inner)
            if same and settings_of(said.place or style.place) == cue.settings:
                return name, encodable(raw).replace("\n", "\\N")
            self._losses.add("overrides of cues that were changed")
        if not alone and any(isinstance(item, Node) and item.tag == "v" for item in tree):
            (payload, _), told = self._voices.prefixed(cue)
            self._losses.add(*told)
            inner = parse(payload, "vtt")
        times = (max(cue.start_ms, 0), cue.end_ms)
        text, lost = text_of(inner, number_of(cue.settings), style, times)
        self._losses.add(*lost)
        return name, encodable(text)


def _payload(tree: tuple[str | Node, ...]) -> str:
    from loquitur.markup import write as write_tree

    return write_tree(tree, "vtt")[0]


def _field(text: str) -> str:
    """A field before the text, in which no comma may stand."""
    return encodable(text).replace("\n", " ").replace(",", ";")


def _clock(ms: int) -> str:
    sign, ms = ("-", -ms) if ms < 0 else ("", ms)
    cs = (ms + 5) // 10
    return f"{sign}{cs // 360_000}:{cs // 6000 % 60:02d}:{cs // 100 % 60:02d}.{cs % 100:02d}"
