"""What is put right inside a text, by code: `check` asks whether there is anything, `fix` does it.

No edit takes, adds or changes a word: they move blanks and signs. Places are those of the plain
text of a cue.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from loquitur.subtitles.check.relaying import DENSE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loquitur.subtitles.check.scene import Scene


class Edit(NamedTuple):
    """The characters from `start` to `end` become `text`."""

    start: int
    end: int
    text: str


EDITS: dict[str, Callable[[str, Scene], Iterator[Edit]]] = {}
"""In the order in which `fix` takes them."""
ODD_ONLY = frozenset({"X001", "X002", "X003", "X004", "X005", "X006", "X008", "X019"})
"""Those that find nothing in the plain prose that most texts are (`View.odd`)."""


def edits(code: str) -> Callable[[Callable[[str, Scene], Iterator[Edit]]], object]:
    """Put a function into the table."""

    def put(function: Callable[[str, Scene], Iterator[Edit]]) -> object:
        EDITS[code] = function
        return function

    return put


def first_edit(code: str, text: str, scene: Scene) -> Edit | None:
    """The first thing to put right; None where there is nothing."""
    return next(EDITS[code](text, scene), None)


def _replaced(pattern: re.Pattern[str], text: str, into: str) -> Iterator[Edit]:
    for found in pattern.finditer(text):
        yield Edit(found.start(), found.end(), into)


_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff]")
_ZERO_WIDTH = re.compile("\u200b")
_LINE_ENDS = re.compile("[\x0b\x0c\x85\u2028\u2029]")
USES_ZERO_WIDTH = frozenset({"th", "km", "lo", "my"})


@edits("X019")
def _unshown(text: str, scene: Scene) -> Iterator[Edit]:
    if text.isascii() and text.isprintable():
        return
    yield from _replaced(_CONTROLS, text, "")
    if scene.language not in USES_ZERO_WIDTH:
        yield from _replaced(_ZERO_WIDTH, text, "")
    yield from _replaced(_LINE_ENDS, text, "\n")


_BLANKS = re.compile(r"\A[ \t\n]+|[ \t\n]+\Z|[ \t]*\n[ \t\n]*|[ \t]{2,}")


@edits("X001")
def _blanks(text: str, scene: Scene) -> Iterator[Edit]:
    del scene
    for found in _BLANKS.finditer(text):
        if found[0] == "\n" and 0 < found.start() < len(text) - 1:
            continue
        edge = found.start() == 0 or found.end() == len(text)
        yield Edit(found.start(), found.end(), "" if edge else "\n" if "\n" in found[0] else " ")


_AFTER = r"(?:[\s\"'”’»)\]]|\Z)"
_BEFORE_SIGN = re.compile(rf"(?<=\w)[ \t]+(?=[,.;:!?]{_AFTER})")
_BEFORE_STOP = re.compile(rf"(?<=\w)[ \t]+(?=[,.]{_AFTER})")


@edits("X002")
def _before_punctuation(text: str, scene: Scene) -> Iterator[Edit]:
    if " " in text:
        pattern = _BEFORE_STOP if scene.language == "fr" else _BEFORE_SIGN
        yield from _replaced(pattern, text, "")


_UNSPACED_SIGN = re.compile(r"(?<=[^\W\d_]{2})[,;!?](?=[^\W\d_]{2})")


@edits("X003")
def _after_punctuation(text: str, scene: Scene) -> Iterator[Edit]:
    del scene
    for found in _UNSPACED_SIGN.finditer(text):
        start = max(text.rfind(" ", 0, found.start()), text.rfind("\n", 0, found.start())) + 1
        word = text[start:].split(None, 1)[0]
        if any(sign in word for sign in "/@.=&") or DENSE.search(word):
            continue
        yield Edit(found.end(), found.end(), " ")


_REPEATED = re.compile(r"(?P<sign>[,;])(?P=sign)+|!{2,}|\?{2,}|(?<!\.)\.{4,}")


@edits("X006")
def _repeated(text: str, scene: Scene) -> Iterator[Edit]:
    del scene
    for found in _REPEATED.finditer(text):
        yield Edit(found.start(), found.end(), "..." if found[0][0] == "." else found[0][0])


_DOTS = re.compile(r"(?<!\.)\.{3}(?!\.)")
_ONE_SIGN = re.compile("(?<!…)…(?!…)")


@edits("X004")
def _ellipses(text: str, scene: Scene) -> Iterator[Edit]:
    wanted: str = scene.style.ellipsis
    if "..." not in text and "…" not in text:
        return
    if wanted == "any":
        wanted = usage(scene).ellipsis
    if wanted == "…":
        yield from _replaced(_DOTS, text, "…")
    elif wanted == "...":
        yield from _replaced(_ONE_SIGN, text, "...")


_HYPHENS = re.compile(r"(?<=[\w,.!?'’\"”])--(?![->])|(?<=\s)--(?=\s)")
_LONG_DASH = re.compile(r"(?<=[\w,'’])[—–](?=[\s\"”]|\Z)")


@edits("X005")
def _interruptions(text: str, scene: Scene) -> Iterator[Edit]:
    if "--" not in text and "—" not in text and "–" not in text:
        return
    wanted: str = scene.style.interruption
    if wanted == "any":
        wanted = usage(scene).interruption
    if wanted == "--":
        yield from _replaced(_LONG_DASH, text, "--")
    elif wanted in ("—", "–"):
        yield from _replaced(_HYPHENS, text, wanted)


_TWO_APOSTROPHES = re.compile(r"(?<!')''(?!')")


@edits("X008")
def _two_apostrophes(text: str, scene: Scene) -> Iterator[Edit]:
    del scene
    if "''" in text:
        yield from _replaced(_TWO_APOSTROPHES, text, '"')


_APOSTROPHE = re.compile(r"(?<=[^\W\d_])['’](?=[^\W\d_])")
_CURLY_QUOTES = re.compile("[“”]")
ENGLISH_QUOTES = frozenset({"en", "es", "pt", "it", "tr", "id", "ms", "vi", "nl"})
"""Languages whose curly quotes are “ and ”; „German“ ones have another meaning for each."""


@edits("X007")
def _quotes(text: str, scene: Scene) -> Iterator[Edit]:
    used = usage(scene)
    if not (used.apostrophe or used.quote) or not any(sign in text for sign in "'’“”"):
        return
    if used.apostrophe:
        for found in _APOSTROPHE.finditer(text):
            if found[0] != used.apostrophe:
                yield Edit(found.start(), found.end(), used.apostrophe)
    if used.quote == '"' and scene.language in ENGLISH_QUOTES:
        yield from _replaced(_CURLY_QUOTES, text, '"')


_LONE_I = re.compile(r"(?<![\w.'’/-])i(?=[\s,!?]|['’](?:m|ll|ve|d)\b|\Z)")


@edits("X011")
def _lone_i(text: str, scene: Scene) -> Iterator[Edit]:
    if scene.language == "en" and "i" in text:
        yield from _replaced(_LONE_I, text, "I")


_FRENCH = re.compile(r"(?<=[^\W\d_]) ?(?=[;!?](?:[\s»\"]|\Z))|(?<=[^\W\d_]) ?(?=:(?:\s|\Z))")
_INSIDE_GUILLEMETS = re.compile(r"(?<=«) |(?<=\S) (?=»)")


@edits("X013")
def _french_blanks(text: str, scene: Scene) -> Iterator[Edit]:
    if scene.language != "fr":
        return
    found = [*_replaced(_INSIDE_GUILLEMETS, text, "\u00a0")]
    if scene.tag.replace("_", "-").lower() != "fr-ca":
        found += _replaced(_FRENCH, text, "\u00a0")
    yield from sorted(set(found))


_WHOLE_ROUND = re.compile(r"^\([^()\n]*\)$", re.MULTILINE)
_WHOLE_SQUARE = re.compile(r"^\[[^\[\]\n]*\]$", re.MULTILINE)


@edits("D001")
def _label_brackets(text: str, scene: Scene) -> Iterator[Edit]:
    style = scene.style.label
    if style == "any" or not ("(" in text or "[" in text):
        return
    pattern = _WHOLE_ROUND if style == "[]" else _WHOLE_SQUARE
    for found in pattern.finditer(text):
        yield Edit(found.start(), found.start() + 1, style[0])
        yield Edit(found.end() - 1, found.end(), style[1])


_NOTES = re.compile("[♫♬♩]")
_SONG_NUMBER = re.compile(r"^#(?=\s)|(?<=\s)#$", re.MULTILINE)
_ANY_NOTE = re.compile("[♪♫♬♩]")


@edits("D003")
def _music_signs(text: str, scene: Scene) -> Iterator[Edit]:
    style = scene.style.music
    if style == "any" or not any(sign in text for sign in "#♪♫♬♩"):
        return
    if style == "#":
        yield from _replaced(_ANY_NOTE, text, "#")
    else:
        found = [*_replaced(_NOTES, text, "♪"), *_replaced(_SONG_NUMBER, text, "♪")]
        yield from sorted(found)


DASH = re.compile(r"(?P<dash>[-\u2010\u2013\u2014])[ \t]?(?=[^\W\d_]|[\"'“‘«¿¡\[(♪…])")
"""A speaker's dash at the head of a line; `-5` is a number."""
INNER = re.compile(
    r"(?<=[.!?…\"”»])[ \t]+(?=[-\u2010\u2013\u2014][ \t]?[^\W\d_])|(?<=\S)[ \t]+(?=>>)"
)


def _line_starts(text: str) -> list[int]:
    return [0, *(at + 1 for at, char in enumerate(text) if char == "\n")]


@edits("S002")
def _second_speaker(text: str, scene: Scene) -> Iterator[Edit]:
    if "-" not in text and ">>" not in text and "–" not in text and "—" not in text:
        return
    lines = text.count("\n") + 1
    for found in INNER.finditer(text):
        head = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        dashed = text[found.end()] != ">"
        if dashed and not DASH.match(head):
            continue
        if lines < scene.limits.line_count:
            lines += 1
            yield Edit(found.start(), found.end(), "\n")


@edits("S003")
def _dashes(text: str, scene: Scene) -> Iterator[Edit]:
    style, starts = scene.limits.dashes, _line_starts(text)
    if style == "none" or len(starts) != 2:
        return
    first, second = DASH.match(text), DASH.match(text, starts[1])
    if second is None or (first is None and text[:1] in "->\u2010\u2013\u2014"):
        return
    mark = "- " if style.endswith("spaced") else "-"
    upper = mark if style.startswith("both") else ""
    if (first[0] if first else "") != upper:
        yield Edit(0, first.end() if first else 0, upper)
    if second[0] != mark:
        yield Edit(second.start(), second.end(), mark)


@edits("S004")
def _needless_dash(text: str, scene: Scene) -> Iterator[Edit]:
    del scene
    found = DASH.match(text)
    if found and "\n" not in text and not INNER.search(text):
        yield Edit(0, found.end(), "")


class Usage(NamedTuple):
    """What a track writes mostly; empty where it is of one mind, or has none."""

    ellipsis: str
    interruption: str
    apostrophe: str
    quote: str


_COUNTED = re.compile(r"\.\.\.|…|(?<=\w)--|(?<=\w)—|(?<=[^\W\d_])['’](?=[^\W\d_])|[\"“”]")


def usage(scene: Scene) -> Usage:
    """What the track writes mostly, counted once."""
    if scene.usage is None:
        counts: Counter[str] = Counter()
        for view in scene.views:
            counts.update(_COUNTED.findall(view.text))
        scene.usage = Usage(
            _more(counts, "...", "…"),
            _more(counts, "--", "—"),
            _more(counts, "'", "’"),
            _more(counts, '"', "“", "”"),
        )
    return scene.usage


def _more(counts: Counter[str], plain: str, *others: str) -> str:
    fancy = sum(counts[other] for other in others)
    if not counts[plain] or not fancy:
        return ""
    return plain if counts[plain] >= fancy else others[0]
