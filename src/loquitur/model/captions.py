"""Timed text as a document: cues, and all that their file said around them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from loquitur.markup import Node, Notation, parse, text, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "PLAIN_SETTINGS", "Block", "CaptionTrack", "Cue", "Diagnostic", "Node", "Region", "Settings",
    "noted", "notes_of",
]  # fmt: skip


def _tidy(number: float | None) -> float | None:
    """A number in its one form: whole ones are integers, so that equal values are written alike."""
    if isinstance(number, float):
        if not math.isfinite(number):
            raise ValueError(f"not a place on screen: {number}")
        if number.is_integer() and abs(number) < 2**53:
            return int(number)
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where a cue stands, in WebVTT's terms (W3C WebVTT, section 3.1 and 6.3).

    Args:
        vertical: Empty for horizontal text, else `rl` or `lr`: which way lines grow.
        line: A line number where `snap_to_lines`, else a percentage; None for "auto".
        snap_to_lines: Whether `line` counts lines.
        line_align: `start`, `center` or `end`: which edge of the box stands at `line`.
        position: Percentage of the width; None for "auto".
        position_align: `line-left`, `center`, `line-right` or `auto`.
        size: Percentage of the width.
        align: `start`, `center`, `end`, `left` or `right`.
        region: Id of the region it belongs to; empty for none.
    """

    vertical: Literal["", "rl", "lr"] = ""
    line: float | None = None
    snap_to_lines: bool = True
    line_align: Literal["start", "center", "end"] = "start"
    position: float | None = None
    position_align: Literal["line-left", "center", "line-right", "auto"] = "auto"
    size: float = 100
    align: Literal["start", "center", "end", "left", "right"] = "center"
    region: str = ""

    def __post_init__(self) -> None:
        for name in ("line", "position", "size"):
            object.__setattr__(self, name, _tidy(getattr(self, name)))


PLAIN_SETTINGS = Settings()
"""What a cue has of which the file says nothing; shared by most cues."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One caption on screen during `[start_ms, end_ms)`, as a file has it.

    A file may say anything: a cue that ends before it starts, or starts before zero, is kept as it
    is and found by `check`; what this package makes has `0 <= start_ms < end_ms`.

    Args:
        start_ms: When it appears, in media time.
        end_ms: When it goes.
        payload: Its text as it stands in the file.
        notation: How the payload is written.
        id: What the file calls it.
        settings: Where it stands.
        extra: What else its format said of it, by name (`srt.coordinates`, `ass.style`).
        source_line: The line of the file where its times stand, from 1; 0 for none. It does not
            count where cues are compared.
    """

    start_ms: int
    end_ms: int
    payload: str = ""
    notation: Notation = "vtt"
    id: str = ""
    settings: Settings = PLAIN_SETTINGS
    extra: tuple[tuple[str, str], ...] = ()
    source_line: int = field(default=0, compare=False)

    @classmethod
    def of(
        cls,
        *,
        start_ms: int,
        end_ms: int,
        tree: Iterable[str | Node],
        id: str = "",  # noqa: A002 - the field's name in every format
        settings: Settings = PLAIN_SETTINGS,
        extra: tuple[tuple[str, str], ...] = (),
    ) -> Cue:
        """A cue whose text is given as a tree."""
        payload, _ = write(tree, "vtt")
        return cls(
            start_ms=start_ms, end_ms=end_ms, payload=payload, id=id, settings=settings, extra=extra
        )

    @property
    def tree(self) -> tuple[str | Node, ...]:
        """The text as a tree, made anew each time."""
        return parse(self.payload, self.notation)

    @property
    def text(self) -> str:
        r"""The text without its tags, lines separated by `\n`."""
        return text(self.payload, self.notation)

    @property
    def duration_ms(self) -> int:
        """How long it is shown; zero or less where the file says so."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A region of the picture that cues may belong to (W3C WebVTT, section 3.2).

    `width` and the anchors (x, y) are percentages; `lines` counts lines.
    """

    id: str = ""
    width: float = 100
    lines: float = 3
    region_anchor: tuple[float, float] = (0, 100)
    viewport_anchor: tuple[float, float] = (0, 100)
    scroll: Literal["", "up"] = ""

    def __post_init__(self) -> None:
        for name in ("width", "lines"):
            object.__setattr__(self, name, _tidy(getattr(self, name)))
        for name in ("region_anchor", "viewport_anchor"):
            across, down = getattr(self, name)
            object.__setattr__(self, name, (_tidy(across), _tidy(down)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    r"""What stands in a file beside its cues.

    Args:
        kind: `note` (a comment), `style` (CSS), `region`, `other` (a block that the format knows
            no meaning of) or `dropped` (a cue that the format's rules refuse, as it stood).
        text: Without its keyword, lines separated by `\n`.
        before: How many cues stand before it.
        region: What a `region` says.
    """

    kind: Literal["note", "style", "region", "other", "dropped"]
    text: str
    before: int = 0
    region: Region | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """Something a reader mended, passed over or found strange.

    Args:
        code: Dotted name, as `srt.time.dot`.
        line: Of the file, from 1; 0 for the whole.
        message: One line for people.
    """

    code: str
    line: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionTrack:
    """A caption track, with what its format must give back.

    Args:
        language: BCP 47 tag; empty where unknown.
        cues: In the order of the file.
        name: What the user calls it.
        kind: captions, subtitles, descriptions, chapters or metadata.
        format: The format it was read from; empty for one made here.
        header: Lines of the file's head.
        blocks: Comments, style sheets, regions and what has no meaning, in their order.
        extra: What else its format said of the whole, by name.
        diagnostics: What the reader mended; they do not count where tracks are compared.
    """

    language: str
    cues: tuple[Cue, ...] = ()
    name: str = ""
    kind: str = "captions"
    format: str = ""
    header: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    extra: tuple[tuple[str, str], ...] = ()
    diagnostics: tuple[Diagnostic, ...] = field(default=(), compare=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """The comments."""
        return tuple(block.text for block in self.blocks if block.kind == "note")

    @property
    def styles(self) -> tuple[str, ...]:
        """The style sheets."""
        return tuple(block.text for block in self.blocks if block.kind == "style")

    @property
    def regions(self) -> tuple[Region, ...]:
        """The regions; of several with one id the last one counts."""
        return tuple(block.region for block in self.blocks if block.region is not None)


def notes_of(texts: Sequence[str]) -> tuple[Block, ...]:
    """Comments at the head of a track."""
    return tuple(Block(kind="note", text=text) for text in texts)


def noted(track: CaptionTrack, texts: Sequence[str]) -> CaptionTrack:
    """The track with further comments behind those at its head; none twice."""
    known = set(track.notes)
    fresh = [text for text in dict.fromkeys(texts) if text not in known]
    heads = [block for block in track.blocks if block.before == 0]
    rest = [block for block in track.blocks if block.before != 0]
    return replace(track, blocks=(*heads, *notes_of(fresh), *rest))
