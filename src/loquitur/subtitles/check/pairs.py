"""Two cues that follow each other: what they repeat, and whether they could be one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.subtitles.check.relaying import relaid
from loquitur.subtitles.layout import ends_sentence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.subtitles.check.scene import Scene, View

_VOICE = re.compile(r"<v[.\s]([^>]*)>")
LABEL = re.compile(r"[\[(（【].*[\])）】]|[♪♫#].*")
ROLLING_SHARE = 0.3
ROLLING_LEAST = 3


def voices(view: View) -> tuple[str, ...]:
    """The names of a cue's voices, in their order, as its file writes them."""
    if "<v" not in view.cue.payload or view.cue.notation == "plain":
        return ()
    return tuple(" ".join(name.split()) for name in _VOICE.findall(view.cue.payload))


def joinable(view: View, other: View, scene: Scene) -> bool:
    """Whether a cue and the one that comes over it fit on the screen as one, line above line."""
    limits = scene.limits
    if view.lane != other.lane or view.cue.notation != other.cue.notation:
        return False
    if other.start_ms - view.start_ms >= limits.shortest_ms:
        return False
    if len(view.lines) + len(other.lines) > limits.line_count:
        return False
    if max(*view.lengths, *other.lengths) > limits.line_width:
        return False
    end_ms = max(view.end_ms, other.end_ms)
    mixed = voices(view) != voices(other)
    return end_ms - view.start_ms <= limits.longest_ms and not (mixed and limits.dashes == "none")


def orphan(view: View, scene: Scene) -> bool:
    """Whether a cue is one short word that ends, or goes on with, the sentence before it."""
    before = view.before
    if before is None or len(view.lines) != 1 or " " in view.lines[0]:
        return False
    word, last = view.lines[0], before.lines[-1].split()[-1]
    if not any(map(str.isalpha, word)) or LABEL.fullmatch(word) or not word[0].islower():
        return False
    gap = view.start_ms - before.end_ms
    return gap < max(scene.limits.chain_ms, 1) and not ends_sentence(last)


def absorbs(before: View, view: View, scene: Scene) -> bool:
    """Whether the cue before can take this one's words without breaking a rule."""
    limits = scene.limits
    if before.lane != view.lane or before.cue.notation != view.cue.notation:
        return False
    if voices(before) or voices(view) or view.end_ms <= before.start_ms:
        return False
    time = view.end_ms - before.start_ms
    size = before.size + view.size + 1
    if time > limits.longest_ms or (limits.speed_cps and size * 1000 > limits.speed_cps * time):
        return False
    text = before.text + " " + view.text.strip()
    return relaid(text, limits, scene.language) is not None


def repeated_lines(above: Sequence[str], lines: Sequence[str]) -> int:
    """How many lines at the head of a cue are the last ones of the cue above; whole lines.

    >>> repeated_lines(["a b", "c d"], ["c d", "e f"]), repeated_lines(["a"], ["a b"])
    (1, 0)
    """
    for count in range(min(len(above), len(lines)), 0, -1):
        if list(above[-count:]) == list(lines[:count]):
            return count
    return 0


def rolls(before: View, view: View) -> int:
    """How many lines a cue repeats of the one before it, which is on screen until it comes."""
    if view.lines[0] not in before.lines or view.start_ms > before.end_ms + 100:
        return 0
    return repeated_lines(before.lines, view.lines)


def is_rolling(scene: Scene) -> bool:
    """Whether this is a track of automatic captions that roll: lines come twice, once above.

    Nearly a third of its cues must repeat lines of the cue before; a refrain is no proof.
    """
    pairs = sum(1 for view in scene.timed if view.before is not None and rolls(view.before, view))
    return pairs >= ROLLING_LEAST and pairs >= ROLLING_SHARE * len(scene.timed)


def doubled(before: View, view: View) -> bool:
    """Whether two cues show the same at the same time: one entry too many, nothing said twice."""
    return before.lines == view.lines and before.lane == view.lane and view.start_ms < before.end_ms
