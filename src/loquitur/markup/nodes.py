"""The tree of a cue's text: strings, and nodes with a tag."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MOST_DEEP = 64
"""Levels of nesting that a tree keeps; a file with more is an attack, not a caption."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A tag of cue text.

    Args:
        tag: One of c i b u v lang ruby rt (WebVTT), s and font (SubRip), or `time`, an instant
            inside the cue, which has no children.
        classes: In the order in which they stand.
        annotation: The speaker of `v`, the BCP 47 tag of `lang`, the attributes of `font`.
        start_ms: Of `time`, in media time.
        children: What stands inside.
    """

    tag: str
    classes: tuple[str, ...] = ()
    annotation: str = ""
    start_ms: int | None = None
    children: tuple[str | Node, ...] = ()


def plain_text(item: str | Node) -> str:
    """The words of one item of a tree, without tags."""
    if isinstance(item, str):
        return item
    return "".join(plain_text(child) for child in item.children)


def mapped(tree: Iterable[str | Node], change: Callable[[str], str]) -> tuple[str | Node, ...]:
    """The tree with each of its strings changed; strings that become empty are left out."""
    result: list[str | Node] = []
    for item in tree:
        if isinstance(item, str):
            if changed := change(item):
                result.append(changed)
        else:
            result.append(
                Node(
                    tag=item.tag,
                    classes=item.classes,
                    annotation=item.annotation,
                    start_ms=item.start_ms,
                    children=mapped(item.children, change),
                )
            )
    return tuple(result)


class Builder:
    """Builds a tree from the start tags, end tags and strings of a text, in their order."""

    def __init__(self) -> None:
        self._open: list[tuple[Node, list[str | Node]]] = []
        self._top: list[str | Node] = []
        self._too_deep: list[str] = []

    @property
    def current(self) -> str:
        """The tag that is open innermost; empty at the top."""
        return self._open[-1][0].tag if self._open else ""

    def add(self, item: str | Node) -> None:
        """Put an item inside what is open."""
        (self._open[-1][1] if self._open else self._top).append(item)

    def open(self, node: Node) -> None:
        """Begin a node without children yet."""
        if len(self._open) >= MOST_DEEP:
            self._too_deep.append(node.tag)
        else:
            self._open.append((node, []))

    def close(self, tag: str) -> bool:
        """End the innermost node if it has this tag; says whether it did."""
        if self._too_deep:
            if self._too_deep[-1] == tag:
                self._too_deep.pop()
            return True
        if self.current != tag:
            return False
        node, children = self._open.pop()
        self.add(
            Node(
                tag=node.tag,
                classes=node.classes,
                annotation=node.annotation,
                start_ms=node.start_ms,
                children=tuple(children),
            )
        )
        return True

    def finish(self) -> tuple[str | Node, ...]:
        """The tree; what is still open ends here."""
        while self._open:
            self._too_deep.clear()
            self.close(self.current)
        return tuple(self._top)
