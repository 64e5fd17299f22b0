"""Text put right: what is there twice, tags, blanks and signs. No word said once is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.subtitles.check.edits import EDITS, ODD_ONLY
from loquitur.subtitles.check.pairs import doubled, is_rolling, rolls
from loquitur.subtitles.check.tags import stray_tags
from loquitur.subtitles.fix.cells import balanced, cells_of, edited, joined, without_tag

if TYPE_CHECKING:
    from loquitur.subtitles.check.scene import View
    from loquitur.subtitles.fix.work import Work

_ROUNDS = 4


def drop_repetitions(work: Work) -> None:
    """Take out what a cue shows again: lines of rolling captions, entries that are there twice."""
    if not work.on("X016"):
        return
    scene = work.scene
    rolling = is_rolling(scene)
    counts: list[tuple[View, int]] = []
    for view in scene.timed:
        before = view.before
        if before is None or view.lines[0] not in before.lines:
            continue
        count = rolls(before, view) if rolling else 0
        if not count and doubled(before, view):
            count = len(view.lines)
        if count:
            counts.append((view, count))
    gone: set[int] = set()
    for view, count in counts:
        _drop(work, view, count, gone)
    if counts:
        work.keep(lambda at: at not in gone)
        work.relink()


def _drop(work: Work, view: View, count: int, gone: set[int]) -> None:
    dropped = "\n".join(view.lines[:count])
    if count < len(view.lines):
        payload = _without_lines(view, count)
        if payload is not None:
            work.note("X016", view.index, "lines shown before taken out", dropped)
            work.set_payload(view.index, payload)
        return
    holder = view.before
    while holder is not None and holder.index in gone:
        holder = holder.before
    work.note("X016", view.index, "the same again taken out", dropped)
    gone.add(view.index)
    if holder is not None:
        # its view may have been replaced when its own lines were taken out
        kept = work.scene.views[holder.index]
        work.set_times(kept, kept.start_ms, max(kept.end_ms, view.end_ms))


def _without_lines(view: View, count: int) -> str | None:
    """The payload without its first lines that can be seen."""
    cue = view.cue
    cells = cells_of(cue.payload, cue.notation)
    if cells is None:
        return None
    seen = 0
    position = 0
    for line in view.text.split("\n"):
        position += len(line) + 1
        seen += bool(line.strip()) and line.strip() in view.lines
        if seen == count:
            break
    left = position
    kept = []
    for cell in cells:
        if not cell.plain or left <= 0:
            kept.append(cell)
        left -= len(cell.plain)
    return joined(kept)


def mend_tags(work: Work) -> None:
    """Close tags, drop those that close nothing, and italics where the language has none."""
    close, straighten = work.on("X009"), work.on("X021") and not work.scene.style.italics
    if not (close or straighten):
        return
    for at, view in enumerate(work.scene.views):
        payload, notation = view.cue.payload, view.cue.notation
        if "<" not in payload and "{" not in payload:
            continue
        if close and any(stray_tags(payload, notation)):
            payload = balanced(payload, notation)
            _change(work, at, "X009", payload, "tags put in pairs")
        if straighten and (upright := without_tag(payload, notation, "i")) != payload:
            _change(work, at, "X021", upright, "italics taken off")


def _change(work: Work, at: int, code: str, payload: str, message: str) -> None:
    """Another payload that shows the same words."""
    shown = work.scene.views[at].text
    before = work.scene.views[at]
    work.set_payload(at, payload)
    if work.scene.views[at].text == shown:
        work.note(code, at, message)
    else:
        work.scene.views[at] = before


def mend_texts(work: Work) -> None:
    """Make the edits of all checks that are on, in their order."""
    active = [(code, edits) for code, edits in EDITS.items() if work.on(code)]
    scene = work.scene
    for at, first in enumerate(scene.views):
        view = first
        for code, edits in active:
            if code in ODD_ONLY and not view.odd:
                continue
            found = list(edits(view.text, scene))
            if not found or view.empty:
                continue
            cells = cells_of(view.cue.payload, view.cue.notation)
            if cells is None:
                break
            changed = joined(edited(cells, found, view.cue.notation))
            if changed == view.cue.payload:
                continue
            work.set_payload(at, changed)
            work.note(code, at, _MESSAGES.get(code, "punctuation put right"))
            view = scene.views[at]
    work.relink()


_MESSAGES = {
    "X001": "blanks taken out", "X019": "characters nobody sees taken out",
    "X011": "I written large", "S002": "a line for each speaker", "S003": "dashes in the style",
    "S004": "a dash taken off", "D001": "brackets in the style", "D003": "music in the style",
}  # fmt: skip
