"""What a writer gives back, and the cleaning every writer does: text comes from strangers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LINE_END = re.compile(r"\r\n?")
# What some readers take for a line end and others do not: VT, FF, FS, GS, RS, NEL, LS, PS.
_OTHER_LINE_END = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
# What UTF-8 cannot hold or no reader shows: controls except tab and line feed, lone surrogates.
_UNSHOWN = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A file's text, and what of the content the format could not carry, in words for people.

    The text has line feeds alone, ends with one, and encodes to UTF-8. A format that is no text has
    `data` in its place.
    """

    text: str = ""
    losses: tuple[str, ...] = ()
    data: bytes = field(default=b"", repr=False)

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return self.data or encodable(self.text).encode()


def clean(text: str) -> str:
    r"""A text with line feeds as its only line ends, without controls and lone surrogates.

    >>> clean("a\r\nb\x00\u2028c")
    'a\nb\ufffd c'
    """
    text = _OTHER_LINE_END.sub(" ", _LINE_END.sub("\n", text))
    return _UNSHOWN.sub("\ufffd", text)


def encodable(text: str) -> str:
    r"""A text without lone surrogates, which UTF-8 cannot hold.

    >>> encodable("a\ud800")
    'a\ufffd'
    """
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def one_line(text: str) -> str:
    """A cleaned text on one line, runs of white space as one blank."""
    return " ".join(clean(text).split())


def full_lines(text: str) -> list[str]:
    """The lines of a cleaned text that are not blank; a blank line would end a cue."""
    return [line for line in clean(text).split("\n") if line.strip()]
