"""Texts of others in a line of ours."""

from __future__ import annotations

_SEEN = 8
"""So many times what is kept is looked at, for blanks go: a text may have megabytes."""


def cut(text: str, most: int) -> str:
    r"""As much of a text as has room, on one line; an ellipsis says that there is more.

    Args:
        text: Of anybody.
        most: Characters to keep at most, the ellipsis counted.

    >>> cut("to be\n or not", 20), cut("to be or not", 7), cut(" " * 100 + "x", 5)
    ('to be or not', 'to be…', '…')
    """
    line = " ".join(text[: _SEEN * most].split())
    if len(line) <= most and len(text) <= _SEEN * most:
        return line
    return line[: most - 1].rstrip() + "…"
