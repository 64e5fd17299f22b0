"""Timed text: cues and tracks, rich enough for WebVTT, which is the richest format we write."""

from __future__ import annotations

from dataclasses import dataclass

from loquitur.timing import check_span


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A tag of cue text: `tag` is one of c i b u v lang ruby rt, or `time` with `start_ms`."""

    tag: str
    classes: tuple[str, ...] = ()
    annotation: str = ""
    start_ms: int | None = None
    children: tuple[str | Node, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    r"""One caption on screen during `[start_ms, end_ms)`.

    `tree` is the text: plain strings (lines separated by `\n`) and tags.
    """

    start_ms: int
    end_ms: int
    tree: tuple[str | Node, ...]
    id: str = ""
    settings: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)

    @property
    def text(self) -> str:
        """The text without its tags."""
        return "".join(_plain(item) for item in self.tree)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionTrack:
    """A caption track: cues in time order, and what its format must give back.

    `notes` are comments for the reader of the file; `header` are format header lines.
    """

    language: str
    cues: tuple[Cue, ...]
    name: str = ""
    kind: str = "captions"
    header: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _plain(item: str | Node) -> str:
    if isinstance(item, str):
        return item
    return "".join(_plain(child) for child in item.children)
