"""A cue's text broken into lines anew: `check` asks whether it would help, `fix` does it.

This module alone decides where.

Texts are units: words, and in scripts without blanks single characters, except where a line may
not begin or end with one (kinsoku). What begins with a mark of its own (a dash, `>>`, a label, a
song) keeps its line, and so does what follows a line break in a script without blanks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from loquitur.subtitles.check.endings import hangs, seam
from loquitur.subtitles.graphemes import blank_length, measure
from loquitur.subtitles.layout import ends_phrase, ends_sentence, reaches
from loquitur.text import graphemes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.subtitles.limits import Limits

BLANKS = " \t\n\r\f\v"
"""Where a line may break; an unbreakable blank is none of these."""
_RUN = re.compile(f"[{BLANKS}]+")
MARKED = re.compile(
    r"[-\u2010\u2013\u2014\u2015]\s?(?=[^\W\d_]|[\"'“‘«¿¡\[(♪…])|>>|[♪♫]|[\[(（].*[\])）]$|"
    r"[^\W\d_][\w .'’-]{0,30}[:：](?:\s|$)"
)
"""How a line begins that is another speaker's, a sound or a song."""
_EMBEDDING = re.compile("[\u202a-\u202e\u2066-\u2069]")
_DENSE = (
    "\u2e80-\u303f\u3040-\u30ff\u3100-\u312f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\uff00-\uff60\uffe0-\uffe6\U00020000-\U0003ffff"
)
"""Scripts that are written without blanks and may break anywhere: Han, Kana, full-width signs."""
DENSE = re.compile(f"[{_DENSE}]")
UNSPACED = re.compile(f"[{_DENSE}\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
"""Scripts without blanks between words."""
_NOT_FIRST = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー）〕］｝〉》」』】〙〗〟’”»ぁぃぅぇぉっゃゅょゎゕゖ"
    "ァィゥェォッャュョヮヵヶ…‥％,.!?:;)]}%~～"
)
_NOT_LAST = frozenset("（〔［｛〈《「『【〘〖〝‘“«$¥￥＄([{#＃")
_MANY_LINES = 12
"""More lines than this are filled one after another: such a cue is cut anyway."""

HANG_COST = 0.6
SENTENCE_WORTH = 0.5
PHRASE_WORTH = 0.25
TOP_HEAVY_COST = 0.1


class Unit(NamedTuple):
    """What no line break parts. `start` and `end` are its place in the text it was taken from."""

    text: str
    start: int
    end: int
    spaced: bool
    """Whether a blank stands before it on one line."""
    forced: bool
    """Whether it must begin a line."""


def units_of(text: str) -> list[Unit]:
    """The units of a text; the white space between them is in none.

    >>> [unit.text for unit in units_of("Say 「はい」!")]
    ['Say', '「は', 'い」!']
    """
    units: list[Unit] = []
    position, last = 0, ""
    while position < len(text):
        blank = _RUN.match(text, position)
        gap = blank[0] if blank else ""
        position += len(gap)
        if position >= len(text):
            break
        found = _RUN.search(text, position)
        end = found.start() if found else len(text)
        glued = "\n" in gap and " " not in gap and unspaced(last, text[position])
        # without blanks and full stops, a line break is all that parts two sentences
        forced = glued or (
            "\n" in gap and bool(MARKED.match(text[position : _line_end(text, position)]))
        )
        spaced = bool(gap) and bool(units) and not glued
        for piece in _pieces(text[position:end]):
            units.append(Unit(piece, position, position + len(piece), spaced, forced))
            position += len(piece)
            spaced = forced = False
        last = text[end - 1]
    return units


def _line_end(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end


def unspaced(last: str, first: str) -> bool:
    """Whether lines of these characters are joined without a blank."""
    return bool(last and UNSPACED.match(last) and UNSPACED.match(first))


def _pieces(word: str) -> list[str]:
    """A word without blanks, in pieces that a line may end with."""
    if word.isascii() or not DENSE.search(word):
        return [word]
    pieces: list[str] = []
    for cluster in graphemes(word):
        if pieces and (
            cluster[0] in _NOT_FIRST
            or pieces[-1][-1] in _NOT_LAST
            or not (DENSE.match(pieces[-1][-1]) or DENSE.match(cluster))
            or (pieces[-1][-1] in "—…‥" and pieces[-1][-1] == cluster[0])
        ):
            pieces[-1] += cluster
        else:
            pieces.append(cluster)
    return pieces


def breakable(text: str) -> bool:
    """Whether lines may be broken anew at all: not inside embedded text of another direction."""
    return text.isascii() or not _EMBEDDING.search(text)


def relaid(text: str, limits: Limits, language: str) -> list[int] | None:
    r"""Where the lines of a text end best: places in the text after which a line break goes.

    Args:
        text: Of a cue, with the line breaks it has; blanks and breaks are the same here.
        limits: How long lines and how many there may be.
        language: Primary subtag; words that should not end a line are known by it.

    Returns:
        The ends of the units before each break; None where it cannot fit.

    >>> from loquitur.subtitles.limits import Limits
    >>> relaid("to be or not to be", Limits(line_width=10), "en")
    [8]
    """
    if not breakable(text):
        return None
    if measure("".join(text.split()), limits.counting) > limits.line_width * limits.line_count:
        return None
    units = units_of(text)
    cuts = lines_of(units, limits, language)
    widths = [_width(units[start:end], limits) for start, end in _between(cuts, len(units))]
    if len(widths) > limits.line_count or max(widths, default=0) > limits.line_width:
        return None
    return [units[cut - 1].end for cut in cuts]


def _between(cuts: Sequence[int], count: int) -> list[tuple[int, int]]:
    return list(zip((0, *cuts), (*cuts, count), strict=True))


def lines_of(units: Sequence[Unit], limits: Limits, language: str) -> list[int]:
    """The indices of the units that begin a new line, the first unit's aside; lines as few as fit.

    A unit that is longer than a line has one of its own.
    """
    cuts: list[int] = []
    starts = [at for at, unit in enumerate(units) if unit.forced]
    for start, end in _between(starts, len(units)) if units else ():
        if start:
            cuts.append(start)
        cuts += [start + cut for cut in _block(units[start:end], limits, language)]
    return sorted(set(cuts))


def _width(units: Sequence[Unit], limits: Limits) -> float:
    """How long some units are on one line."""
    blank = blank_length(limits)
    inside = sum(measure(unit.text, limits.counting) for unit in units)
    return inside + blank * sum(unit.spaced for unit in units[1:])


def _block(units: Sequence[Unit], limits: Limits, language: str) -> list[int]:
    """The breaks of what may share lines."""
    if _width(units, limits) <= limits.line_width:
        return []
    blank = blank_length(limits)
    sizes = [measure(unit.text, limits.counting) for unit in units]
    offsets = [0.0]
    for unit, size in zip(units, sizes, strict=True):
        offsets.append(offsets[-1] + size + (blank if unit.spaced else 0))
    reach = _reaches(units, sizes, offsets, limits.line_width)
    greedy, position = [], reach[0]
    while position < len(units):
        greedy.append(position)
        position = reach[position]
    if len(greedy) >= _MANY_LINES:
        return greedy
    return _balanced(
        units, sizes, offsets, reach, count=len(greedy) + 1, limits=limits, language=language
    )


def _reaches(
    units: Sequence[Unit], sizes: Sequence[float], offsets: Sequence[float], width: float
) -> list[int]:
    """For each unit, the index after the last one that fits on a line beginning with it."""
    whole = all(float(number).is_integer() for number in (width, *sizes))
    if whole and all(unit.spaced for unit in units[1:]):
        return reaches([int(size) for size in sizes], int(width))
    reach, end = [], 0
    for start in range(len(units)):
        end = max(end, start + 1)
        first = offsets[start + 1] - sizes[start]
        while end < len(units) and offsets[end + 1] - first <= width:
            end += 1
        reach.append(end)
    return reach


def _balanced(
    units: Sequence[Unit],
    sizes: Sequence[float],
    offsets: Sequence[float],
    reach: Sequence[int],
    *,
    count: int,
    limits: Limits,
    language: str,
) -> list[int]:
    """The breaks of least cost on as few lines as hold the units."""
    target = offsets[-1] / count
    worth = [_break_cost(units, at, language) for at in range(len(units))]
    best: list[dict[int, tuple[float, int]]] = [{len(units): (0.0, len(units))}]
    for lines in range(1, count + 1):
        layer: dict[int, tuple[float, int]] = {}
        for start in range(len(units) - 1, -1, -1):
            first = offsets[start + 1] - sizes[start]
            for end in range(start + 1, reach[start] + 1):
                below = best[lines - 1].get(end)
                if below is None:
                    continue
                off = (offsets[end] - first - target) / limits.line_width
                cost = 2 * off * off + below[0]
                if end < len(units):
                    cost += worth[end - 1] + (TOP_HEAVY_COST if off > 0 else 0)
                if start not in layer or cost < layer[start][0]:
                    layer[start] = (cost, end)
        best.append(layer)
    cuts, position = [], 0
    for lines in range(count, 1, -1):
        position = best[lines][position][1]
        cuts.append(position)
    return cuts


def _break_cost(units: Sequence[Unit], at: int, language: str) -> float:
    """What it costs to end a line with a unit; less than nothing where one should."""
    word = units[at].text
    if ends_sentence(word):
        return -SENTENCE_WORTH
    if ends_phrase(word):
        return -PHRASE_WORTH
    following = units[at + 1].text if at + 1 < len(units) else ""
    return HANG_COST if hangs(word, following, language) else seam(word, following)
