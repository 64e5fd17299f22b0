"""Text that leaves the program: names of files and lines for a terminal. No input or output here.

Titles and names come from strangers. What is done to them follows from where they go: a file name
must be one name on every system, a line for people must stay one line and show nothing but itself.
All of it runs in time linear in the length of the text.
"""

from __future__ import annotations

import re
import unicodedata

from loquitur.errors import UsageError

STEM_MAX_BYTES = 200
_IDENT_MAX_BYTES = 64
_READ_MAX_CHARS = 4096
"""Ordering combining marks is quadratic in their number, so a title is read only so far."""
_REPLACEMENT = "\ufffd"
_JOINERS = "\u200c\u200d"
"""Zero-width joiners: Persian words and emoji families are wrong without them."""

NAME_MAX_CHARS = 80
_LIKE_LABEL = re.compile(r"speaker[_ ]?\d+", re.IGNORECASE)
_LIKE_MOOD = re.compile(r".*\([a-z][a-z _-]*\)")
"""How captions write a mood behind a name: `Name (calm)`."""

_UNSAFE = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))
_DIGITS = "123456789¹²³"
_DOS_NAMES = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [device + digit for device in ("com", "lpt") for digit in _DIGITS]
)
"""Names Windows keeps for devices, whatever follows the first dot (Microsoft, "Naming Files")."""


def safe_stem(title: str, *, ident: str = "") -> str:
    r"""A file name without its suffix, safe on every file system, from any title.

    Never empty, never a path, at most 200 bytes of UTF-8 with ` [ident]` included, the same after
    a second pass. Control characters and bidirectional overrides are gone.

    Args:
        title: What a stranger called it.
        ident: What tells two media of one title apart; put behind the title in brackets.

    >>> safe_stem("../../etc/passwd"), safe_stem("AC/DC: Live?", ident="dQw4w9WgXcQ")
    ('_.._etc_passwd', 'AC_DC_ Live_ [dQw4w9WgXcQ]')
    >>> safe_stem("con.txt"), safe_stem(" .\t\n. "), len(safe_stem("日" * 300).encode())
    ('_con.txt', 'untitled', 198)
    """
    mark = _cut(_plain(ident), _IDENT_MAX_BYTES)
    tail = f" [{mark}]" if mark else ""
    stem = _cut(_plain(title), STEM_MAX_BYTES - len(tail.encode())) or "untitled"
    if stem.split(".", 1)[0].rstrip().lower() in _DOS_NAMES:
        stem = _cut("_" + stem, STEM_MAX_BYTES - len(tail.encode()))
    return stem + tail


def person_name(text: str) -> str:
    """A name for somebody as it may be kept and shown: one line, in Unicode form NFC.

    Raises:
        UsageError: It is empty, too long, holds characters that steer a terminal, or reads like a
            diarizer's label or like a name with its mood.

    >>> person_name("  Ada   Lovelace ")
    'Ada Lovelace'
    """
    shown = display(text[:NAME_MAX_CHARS])
    if len(text) > 4 * NAME_MAX_CHARS:
        raise UsageError(f"a name has at most {NAME_MAX_CHARS} characters: '{shown}'")
    if any(_steers(char) for char in text):
        raise UsageError(
            f"a name is one line without control characters: '{shown}'", hint="type it again"
        )
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or not any(char.isalnum() for char in name):
        raise UsageError(f"not a name: '{shown}'", hint="a name has a letter or digit")
    if len(name) > NAME_MAX_CHARS:
        raise UsageError(f"a name has at most {NAME_MAX_CHARS} characters: '{shown}'")
    if _LIKE_LABEL.fullmatch(name):
        raise UsageError(f"'{shown}' is how a diarizer labels speakers", hint="choose another name")
    if _LIKE_MOOD.fullmatch(name):
        raise UsageError(
            f"captions write moods like the end of '{shown}'",
            hint="leave the brackets out, or begin them with a capital",
        )
    return name


def display(text: str) -> str:
    r"""One line that shows what is in a text and cannot steer a terminal.

    Control and formatting characters (escape sequences, bidirectional overrides), line breaks and
    lone surrogates (bytes of a file name that are not UTF-8) become the replacement character.

    >>> ascii(display("a\x1b[31mb\nc"))
    "'a\\ufffd[31mb\\ufffdc'"
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_REPLACEMENT if _steers(char) else char for char in text)


def _plain(text: str) -> str:
    kept: list[str] = []
    for char in unicodedata.normalize("NFC", text[:_READ_MAX_CHARS]):
        if char.isspace():
            kept.append(" ")
        elif unicodedata.category(char) == "Cs":
            kept.append("_")
        elif not _steers(char):
            kept.append(char)
    composed = unicodedata.normalize("NFC", "".join(kept)).translate(_UNSAFE)
    return " ".join(composed.split()).lstrip(". " + _JOINERS).rstrip(". " + _JOINERS)


def _steers(char: str) -> bool:
    if char in _JOINERS:
        return False
    return unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}


def _cut(text: str, max_bytes: int) -> str:
    data = text.encode()
    if len(data) <= max_bytes:
        return text
    return data[:max_bytes].decode(errors="ignore").rstrip(". " + _JOINERS)
