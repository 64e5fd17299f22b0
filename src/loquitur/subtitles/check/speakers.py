"""S and D: who speaks, and what is heard beside speech."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from loquitur.subtitles.check.edits import DASH, INNER, first_edit
from loquitur.subtitles.check.finding import Mark, of_cue, of_track
from loquitur.subtitles.check.pairs import voices

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.subtitles.check.scene import Scene, View

_NAMED = re.compile(r"[^\W\d_][\w .'’-]{0,30}:\s|>>|[♪♫\[(]")
_LABEL = re.compile(r"[\[(]([^\[\]()]*)[\])]")
_SOUND = re.compile(r"\[[^\[\]]+\]|\([^()]+\)|[♪♫♬]|#\s.*#$")
SOUNDS_ASKED = 20
"""A track of fewer cues may well have no sound to tell of."""


@of_cue("S001")
def unmarked_change(view: View, scene: Scene) -> Mark | None:
    """Another speaker, and nothing says so."""
    if not scene.turns or view.before is None or view.empty:
        return None
    speaker, earlier = _speaker(view, scene), _speaker(view.before, scene)
    if not speaker or not earlier or speaker == earlier or voices(view):
        return None
    line = view.lines[0]
    if DASH.match(line) or _NAMED.match(line):
        return None
    return Mark("the speaker changes without a dash, a name or a voice")


def _speaker(view: View, scene: Scene) -> str:
    middle = (view.start_ms + view.end_ms) // 2
    at = bisect_right(scene.turns, middle, key=lambda turn: turn.start_ms) - 1
    return scene.turns[at].speaker if at >= 0 and middle < scene.turns[at].end_ms else ""


@of_cue("S002")
def two_on_a_line(view: View, scene: Scene) -> Mark | None:
    """Nobody sees where the second one begins."""
    if INNER.search(view.text):
        for line in view.lines:
            second = INNER.search(line)
            if second and (line[second.end()] == ">" or DASH.match(line)):
                mendable = first_edit("S002", view.text, scene) is not None
                return Mark("two speakers on one line", mendable, 2, 1, "speakers")
    if len(set(voices(view))) > len(view.lines):
        return Mark("more voices than lines", False, len(set(voices(view))), len(view.lines),
                    "speakers")  # fmt: skip
    return None


@of_cue("S003")
def dash_style(view: View, scene: Scene) -> Mark | None:
    """Two speakers, their dashes not as the guideline has them."""
    if len(view.lines) != 2 or view.lines[1][0] not in "-\u2010\u2013\u2014":
        return None
    if not DASH.match(view.lines[1]):
        return None
    if scene.limits.dashes == "none":
        return Mark("two speakers share a cue, which this guideline does not have")
    if first_edit("S003", view.text, scene) is None:
        return None
    first, second = (line[:12] for line in view.lines)
    example = _EXAMPLES[scene.limits.dashes]
    return Mark(f"written '{first} / {second}', not as '{example}'", True)


_EXAMPLES = {
    "both": "-I / -You", "both-spaced": "- I / - You", "second": "I / -You",
    "second-spaced": "I / - You", "none": "",
}  # fmt: skip


@of_cue("S004")
def needless_dash(view: View, scene: Scene) -> Mark | None:
    """One speaker needs none."""
    if view.empty or view.lines[0][0] not in "-\u2010\u2013\u2014" or len(view.lines) > 2:
        return None
    if not DASH.match(view.lines[0]) or INNER.search(view.lines[0]):
        return None
    if len(view.lines) == 2 and DASH.match(view.lines[1]):
        return None
    mendable = first_edit("S004", view.text, scene) is not None
    return Mark("a dash, but only one speaks", mendable)


@of_cue("S005")
def crowd(view: View, scene: Scene) -> Mark | None:
    """Three speakers in one cue: nobody can tell who is who."""
    del scene
    if len(view.lines) < 3:
        return None
    found = max(
        sum(1 for line in view.lines if DASH.match(line)),
        sum(1 for line in view.lines if line.startswith(">>")),
        len(set(voices(view))),
    )
    return Mark(f"{found} speakers", False, found, 2, "speakers") if found > 2 else None


@of_cue("D001")
def label_brackets(view: View, scene: Scene) -> Mark | None:
    """Sounds stand in one kind of brackets."""
    edit = first_edit("D001", view.text, scene)
    if edit is None:
        return None
    label = view.text[edit.start :].split("\n")[0]
    return Mark(f"'{label[:30]}', not in {scene.style.label}", True)


@of_cue("D002")
def label_case(view: View, scene: Scene) -> Mark | None:
    """Sounds are written small, or in capitals."""
    style = scene.style.label_case
    if style == "any" or not ("[" in view.text or "(" in view.text):
        return None
    for label in _LABEL.findall(view.text):
        if sum(map(str.isalpha, label)) < 3:
            continue
        if (style == "lower" and label.isupper()) or (style == "upper" and label.islower()):
            asked = "small letters" if style == "lower" else "capitals"
            return Mark(f"'{label[:30]}', not in {asked}")
    return None


@of_cue("D003")
def music_sign(view: View, scene: Scene) -> Mark | None:
    """Songs stand between the style's signs."""
    if first_edit("D003", view.text, scene) is None:
        return None
    return Mark(f"'{view.lines[0][:20]}', not with {scene.style.music}", True)


@of_track("D004")
def no_sounds(scene: Scene) -> Iterator[tuple[int, Mark]]:
    """Captions tell what is heard, not only what is said."""
    if len(scene.timed) < SOUNDS_ASKED:
        return
    if not any(_SOUND.search(view.text) for view in scene.timed):
        yield 0, Mark("no sound, music or label anywhere: is nothing heard but speech?")
