"""Text that leaves the program: names of files, lines for people, figures, characters as read.

No input or output here. Titles and names come from strangers. What is done to them follows from
where they go: a file name must be one name on every system, a line for people must stay one line
and show nothing but itself. All of it runs in time linear in the length of the text.
"""

from __future__ import annotations

import math
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

_SMALLEST, _WHOLE, _LARGEST = 1e-4, 1e5, 1e15
"""Figures are written out from the first to the last, and without a fraction from the second on."""

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


def counted(count: int, noun: str, plural: str = "") -> str:
    """So many of a thing, whose plural ends in `s` where none is given.

    >>> counted(1, "cue"), counted(2_000, "cue"), counted(0, "analysis", "analyses")
    ('1 cue', '2000 cues', '0 analyses')
    """
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def number(value: float | None) -> str:
    """A figure for people: digits in threes, four that count or one decimal, no more than it has.

    >>> number(1257913), number(66844.5), number(0.123456), number(1.2e-7), number(None)
    ('1,257,913', '66,844.5', '0.1235', '1.2e-07', '-')
    """
    if value is None:
        return "-"
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if size >= _LARGEST or 0 < size < _SMALLEST:
        return f"{value:.4g}"
    if value == int(value):
        return f"{int(value):,}"
    if size >= _WHOLE:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if size >= 1_000 else f"{value:,.4g}"


def listed(text: str) -> tuple[str, ...]:
    """The names in a text that has commas between them.

    >>> listed("en, de,")
    ('en', 'de')
    """
    return tuple(part.strip() for part in text.split(",") if part.strip())


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


_CONSONANTS = (
    (0x0915, 0x0939), (0x0958, 0x095F), (0x0978, 0x097F), (0x0995, 0x09B9), (0x09DC, 0x09DF),
    (0x0A95, 0x0AB9), (0x0B15, 0x0B39), (0x0B5C, 0x0B5F), (0x0C15, 0x0C39), (0x0C58, 0x0C5A),
    (0x0D15, 0x0D3A),
)  # fmt: skip
_JOINING_VIRAMAS = frozenset({0x094D, 0x09CD, 0x0ACD, 0x0B4D, 0x0C4D, 0x0D4D})
_PICTURES = (
    (0x00A9, 0x00A9), (0x00AE, 0x00AE), (0x203C, 0x203C), (0x2049, 0x2049), (0x2122, 0x2122),
    (0x2139, 0x2139), (0x2194, 0x21AA), (0x231A, 0x23FF), (0x24C2, 0x24C2), (0x25AA, 0x27BF),
    (0x2934, 0x2935), (0x2B05, 0x2BFF), (0x3030, 0x303D), (0x3297, 0x3299), (0x1F000, 0x1F1E5),
    (0x1F200, 0x1F3FA), (0x1F400, 0x1FAFF),
)  # fmt: skip
_LEADING_JAMO = ((0x1100, 0x115F), (0xA960, 0xA97C))
_VOWEL_JAMO = ((0x1160, 0x11A7), (0xD7B0, 0xD7C6))
_TRAILING_JAMO = ((0x11A8, 0x11FF), (0xD7CB, 0xD7FB))
_EXTENDING = frozenset({0x200C, 0x0E33, 0x0EB3, 0xFF9E, 0xFF9F})


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def _kind(code: int) -> str:
    """One letter for what a character does to its neighbours (the properties of UAX #29)."""
    kind = "."
    category = unicodedata.category(chr(code))
    if code == 0x200D:
        kind = "Z"
    elif code in _JOINING_VIRAMAS:
        kind = "N"
    elif category[0] == "M" or code in _EXTENDING or 0x1F3FB <= code <= 0x1F3FF:
        kind = "E"
    elif category in ("Cc", "Zl", "Zp", "Cs"):
        kind = "C"
    elif category == "Cf":
        kind = "E" if 0xE0020 <= code <= 0xE007F else "0"
    elif 0x1F1E6 <= code <= 0x1F1FF:
        kind = "R"
    elif 0xAC00 <= code <= 0xD7A3:
        kind = "Y" if (code - 0xAC00) % 28 == 0 else "X"
    else:
        for letter, ranges in (
            ("K", _CONSONANTS), ("P", _PICTURES), ("L", _LEADING_JAMO), ("V", _VOWEL_JAMO),
            ("T", _TRAILING_JAMO),
        ):  # fmt: skip
            if _within(code, ranges):
                kind = letter
    return kind


class _Kinds(dict[int, str]):
    """The letters of the characters met so far, for `str.translate`."""

    def __missing__(self, code: int) -> str:
        found = self[code] = _kind(code)
        return found


_KINDS = _Kinds()
_CLUSTER = re.compile(
    r"[C0]|(?:RR|K(?:[ENZ]*N[ENZ]*K)*|P(?:[EN]*ZP)*|L*(?:V+|YV*|X)T*|L+|T+|.)[ENZ]*", re.DOTALL
)
_UNSEEN = ("C", "0")


def graphemes(text: str) -> list[str]:
    r"""What a reader takes for the characters of a text (extended grapheme clusters of UAX #29).

    A letter with its marks is one, so are a Hindi conjunct, a Hangul syllable in parts, a flag and
    a family of emoji. Rare prepended marks are clusters of their own.

    >>> len(graphemes("e\u0301")), len(graphemes("क्षि")), len(graphemes("👩‍👩‍👧"))
    (1, 1, 1)
    """
    if text.isascii():
        return list(text)
    return [text[found.start() : found.end()] for found in _CLUSTER.finditer(_kinds(text))]


def grapheme_count(text: str) -> int:
    r"""How many characters a reader sees, blanks among them.

    Controls, line feeds, zero-width blanks and marks of direction are none.

    >>> grapheme_count("talk"), grapheme_count("นี้"), grapheme_count("a\u200eb\n")
    (4, 1, 2)
    """
    if text.isascii():
        return len(text) if text.isprintable() else sum(map(str.isprintable, text))
    return sum(found[0][0] not in _UNSEEN for found in _CLUSTER.finditer(_kinds(text)))


def _kinds(text: str) -> str:
    return text.translate(_KINDS)
