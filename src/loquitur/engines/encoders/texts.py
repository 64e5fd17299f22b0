"""What all engines of both kinds do with texts and vectors, with a network of their own or none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


MOST_SIGNS = 1 << 14
"""Of a text that a model on this machine reads: most of them take no more than 512 tokens."""
_AT_ONCE = 1024


def plain(text: str, most: int = MOST_SIGNS) -> str:
    """A text as a tokenizer or a server can take it.

    Args:
        text: Lone surrogates in it are no characters: each becomes a question mark.
        most: Characters that are kept.
    """
    return text[:most].encode("utf-8", "replace").decode("utf-8")


def told(texts: Sequence[str]) -> Iterator[tuple[list[int], list[str]]]:
    """Those of the texts that say something, as `plain` has them, and their numbers; some at once.

    >>> list(told(["one", " ", "two"]))
    [([0, 2], ['one', 'two'])]
    """
    for at in range(0, len(texts), _AT_ONCE):
        some = enumerate(map(plain, texts[at : at + _AT_ONCE]), at)
        if found := [(number, text) for number, text in some if text.strip()]:
            yield [number for number, _ in found], [text for _, text in found]
