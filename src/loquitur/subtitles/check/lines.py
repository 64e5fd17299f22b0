"""L: how long lines are, how many, and where they end."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from loquitur.subtitles.check.endings import hangs
from loquitur.subtitles.check.finding import Mark, of_cue
from loquitur.subtitles.check.pairs import absorbs, orphan, voices
from loquitur.subtitles.check.relaying import MARKED, UNSPACED, breakable, relaid, unspaced
from loquitur.subtitles.check.splitting import splittable
from loquitur.subtitles.graphemes import blank_length, measure
from loquitur.subtitles.layout import ends_phrase, ends_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.subtitles.check.scene import Scene, View

UNBALANCED = 0.4
"""Two lines are out of balance where the shorter has less than this share of the longer."""


@of_cue("L001")
def line_too_long(view: View, scene: Scene) -> Mark | None:
    """It does not fit the screen."""
    found, limit = max(view.lengths, default=0), scene.limits.line_width
    if found <= limit:
        return None
    message = f"a line of {found:g} characters, at most {limit:g}"
    return Mark(message, mending(view, scene), found, limit, "characters")


@of_cue("L002")
def too_many_lines(view: View, scene: Scene) -> Mark | None:
    """They hide the picture."""
    found, limit = len(view.lines), scene.limits.line_count
    if found <= limit:
        return None
    return Mark(f"{found} lines, at most {limit}", mending(view, scene), found, limit, "lines")


def mending(view: View, scene: Scene) -> str:
    """What can be done about a cue that does not fit; empty where nothing can."""
    if movable(view) and relaid(view.text, scene.limits, scene.language) is not None:
        return "break the lines anew"
    return "split the cue" if splittable(view, scene) else ""


def movable(view: View) -> bool:
    """Whether the line breaks of a cue are ours to move."""
    return len(voices(view)) < 2 and breakable(view.text)


def _free(view: View) -> bool:
    """Whether a cue has several lines, and none that must stay as it is."""
    if len(view.lines) < 2 or any(map(MARKED.match, view.lines)) or not movable(view):
        return False
    return view.text.isascii() or not UNSPACED.search(view.text)


@of_cue("L003")
def fits_one_line(view: View, scene: Scene) -> Mark | None:
    """A second line for nothing."""
    if len(view.lines) < 2:
        return None
    blank = blank_length(scene.limits)
    size = view.size + blank * (len(view.lines) - 1)
    if size > scene.limits.line_width or not _free(view):
        return None
    if any(ends_sentence(line.split()[-1]) for line in view.lines[:-1]):
        return None  # the next line may well be somebody else's
    found = len(view.lines)
    return Mark(f"{found} lines that would fit on one ({size:g} characters)", True,
                found, 1, "lines")  # fmt: skip


@of_cue("L004")
def unbalanced(view: View, scene: Scene) -> Mark | None:
    """One line long, the other short, and no comma asks for it."""
    if len(view.lines) != 2:
        return None
    short, long = sorted(view.lengths)
    if short >= UNBALANCED * long or long <= scene.limits.line_width / 2:
        return None
    last = view.lines[0].split()[-1]
    if ends_phrase(last) or ends_sentence(last) or not _free(view) or not improves(view, scene):
        return None
    found = round(short / long, 2)
    return Mark(f"lines of {view.lengths[0]:g} and {view.lengths[1]:g} characters", True,
                found, UNBALANCED)  # fmt: skip


@of_cue("L005")
def hanging(view: View, scene: Scene) -> Mark | None:
    """A line ends with what belongs to the next one."""
    if len(view.lines) < 2:
        return None
    words = _hanging(view.lines, scene.language)
    if not words:
        return None
    return Mark(f"a line ends with '{words[0][:30]}'", _free(view) and improves(view, scene))


def _hanging(lines: Sequence[str], language: str) -> list[str]:
    found = []
    for line, below in pairwise(lines):
        word, following = line.split()[-1], below.split()[0]
        if not MARKED.match(below) and hangs(word, following, language):
            found.append(word)
    return found


def faults(lines: Sequence[str], lengths: Sequence[float], scene: Scene) -> tuple[int, int, int]:
    """How bad the lines of a cue are: too many, hanging, out of balance; less is better."""
    uneven = 0
    if len(lines) == 2:
        short, long = sorted(lengths)
        last = lines[0].split()[-1]
        asked = ends_phrase(last) or ends_sentence(last)
        wide = long > scene.limits.line_width / 2
        uneven = int(short < UNBALANCED * long and wide and not asked)
    return len(lines), len(_hanging(lines, scene.language)), uneven


def improves(view: View, scene: Scene) -> bool:
    """Whether breaking the lines anew makes them fewer, or better without making them more."""
    return better_breaks(view, scene) is not None


def better_breaks(view: View, scene: Scene) -> list[int] | None:
    """The breaks that are better than those a cue has; None where there are none.

    An empty list means one line.
    """
    breaks = relaid(view.text, scene.limits, scene.language)
    if breaks is None:
        return None
    lines = broken(view.text, breaks)
    lengths = [measure(line, scene.limits.counting) for line in lines]
    is_better = faults(lines, lengths, scene) < faults(view.lines, view.lengths, scene)
    return breaks if is_better else None


def broken(text: str, breaks: Sequence[int]) -> list[str]:
    """The lines of a text with breaks at these places and nowhere else."""
    pieces = [text[a:b] for a, b in zip((0, *breaks), (*breaks, len(text)), strict=True)]
    return [_one_line(piece) for piece in pieces]


def _one_line(piece: str) -> str:
    lines = [" ".join(line.split()) for line in piece.split("\n") if line.strip()]
    joined = lines[0] if lines else ""
    for line in lines[1:]:
        joined += line if unspaced(joined[-1], line[0]) else " " + line
    return joined


@of_cue("L006")
def lone_word(view: View, scene: Scene) -> Mark | None:
    """One word of a sentence, alone on screen."""
    if len(view.lines) != 1 or not orphan(view, scene):
        return None
    before = view.before
    mendable = before is not None and absorbs(before, view, scene)
    return Mark(f"'{view.lines[0][:30]}' stands alone", mendable, 1, 2, "words")
