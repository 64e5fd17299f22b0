"""A text in pieces: what matters in it, told from what stands around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def pieces(text: str, marks: Iterable[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    """The pieces of a text in their order, and whether each is marked.

    Args:
        text: The text.
        marks: Half-open ranges of its characters; one that overlaps another, or leaves the text, is
            passed over.

    >>> [*pieces("in the year 1832.", [(12, 16)])]
    [('in the year ', False), ('1832', True), ('.', False)]
    """
    at = 0
    for start, end in sorted(marks):
        if at <= start < end <= len(text):
            if at < start:
                yield text[at:start], False
            yield text[start:end], True
            at = end
    if at < len(text):
        yield text[at:], False
