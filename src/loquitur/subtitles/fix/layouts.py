"""Cues joined, broken into lines anew, or split."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loquitur.subtitles.check.lines import (
    better_breaks,
    fits_one_line,
    hanging,
    movable,
    unbalanced,
)
from loquitur.subtitles.check.pairs import absorbs, joinable, orphan
from loquitur.subtitles.check.relaying import relaid
from loquitur.subtitles.check.scene import view_of
from loquitur.subtitles.check.splitting import split_plan
from loquitur.subtitles.fix.cells import balanced, cells_of, cut, edited, joined, relaying_edits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.captions import Cue
    from loquitur.subtitles.check.finding import CueCheck
    from loquitur.subtitles.check.scene import Scene, View
    from loquitur.subtitles.check.splitting import Part
    from loquitur.subtitles.fix.work import Work


def join_cues(work: Work) -> None:
    """Make one cue of two that come at once, and put a lone word to its sentence."""
    taken: set[int] = set()
    gone: set[int] = set()
    for view in work.scene.timed:
        found = None if view.index in taken else _partner(view, work)
        if found is None or found[0].index in taken:
            continue
        other, code, message, between = found
        work.note(code, view.index, message)
        work.put(view.index, _joined(view.cue, other.cue, between))
        taken |= {view.index, other.index}
        gone.add(other.index)
    if gone:
        work.keep(lambda at: at not in gone)
        work.relink()


def _partner(view: View, work: Work) -> tuple[View, str, str, str] | None:
    """The cue that one is joined with, why, and what comes between their texts."""
    other = view.lane_next
    if other is not None and work.on("T002") and _at_once(view, other, work.scene):
        return other, "T002", "joined with the cue shown at the same time", "\n"
    other = view.next
    alone = other is not None and work.on("L006") and orphan(other, work.scene)
    if alone and other is not None and absorbs(view, other, work.scene):
        return other, "L006", "took the lone word behind it", " "
    return None


def _at_once(view: View, other: View, scene: Scene) -> bool:
    """Whether cutting the first would leave it less time than a cue needs, and both fit as one."""
    end_ms = max(view.end_ms, view.start_ms + 1)
    return other.start_ms < end_ms and joinable(view, other, scene)


def _joined(cue: Cue, other: Cue, between: str) -> Cue:
    payload = balanced(cue.payload, cue.notation, voices=True)
    return replace(
        cue,
        end_ms=max(cue.end_ms, other.end_ms),
        payload=f"{payload.rstrip()}{between}{other.payload.lstrip()}",
    )


def lay_out(work: Work) -> None:
    """Break lines anew where they are too long or end badly; split what does not fit."""
    scene = work.scene
    parts: dict[int, list[Cue]] = {}
    for view in scene.timed:
        over = _too_large(view, scene) and work.on("L001", "L002")
        if over and movable(view):
            breaks = relaid(view.text, scene.limits, scene.language)
            if breaks is not None and _break(work, view, breaks):
                continue
        long = view.duration_ms > scene.limits.longest_ms and work.on("T004")
        if over or long:
            plan = split_plan(view, scene)
            pieces = _pieces(view, plan) if plan else None
            if pieces:
                parts[view.index] = pieces
                code = "T004" if not over else "L002"
                work.note(code, view.index, f"split into {len(pieces)}")
                continue
        if not over and len(view.lines) > 1:
            _improve(work, view)
    if parts:
        _put_parts(work, parts)
    work.relink()


def _too_large(view: View, scene: Scene) -> bool:
    limits = scene.limits
    return len(view.lines) > limits.line_count or max(view.lengths) > limits.line_width


_IMPROVING: tuple[tuple[str, CueCheck], ...] = (
    ("L003", fits_one_line),
    ("L004", unbalanced),
    ("L005", hanging),
)


def _improve(work: Work, view: View) -> None:
    """Move the line breaks of a cue whose lines could be better."""
    for code, look in _IMPROVING:
        mark = look(view, work.scene) if work.on(code) else None
        if mark is not None and mark.fix:
            breaks = better_breaks(view, work.scene)
            if breaks is not None:
                _break(work, view, breaks, code)
            return


def _break(work: Work, view: View, breaks: Sequence[int], code: str = "L001") -> bool:
    """Break a cue's text at these places; says whether that could be done."""
    cue = view.cue
    cells = cells_of(cue.payload, cue.notation)
    if cells is None:
        return False
    payload = joined(edited(cells, relaying_edits(view.text, breaks), cue.notation))
    if payload == cue.payload:
        return False
    # what the edit could not reach (a reference that is two characters) leaves it as it was
    changed = view_of(replace(cue, payload=payload), view.index, work.scene.limits.counting)
    if code == "L001" and _too_large(changed, work.scene):
        return False
    work.set_payload(view.index, payload)
    work.note(code, view.index, "lines broken anew")
    return True


def _pieces(view: View, plan: Sequence[Part]) -> list[Cue] | None:
    """The cues that a plan makes of one; the first keeps its id."""
    cue = view.cue
    cells = cells_of(cue.payload, cue.notation)
    if cells is None:
        return None
    payloads = cut(cells, [(part.start, part.end) for part in plan])
    return [
        replace(
            cue,
            start_ms=part.start_ms,
            end_ms=part.end_ms,
            payload=payload,
            id=cue.id if number == 0 else "",
        )
        for number, (part, payload) in enumerate(zip(plan, payloads, strict=True))
    ]


def _put_parts(work: Work, parts: dict[int, list[Cue]]) -> None:
    """Put the parts of split cues in their places, each broken into lines."""
    scene = work.scene
    views: list[View] = []
    origins: list[int] = []
    for view, origin in zip(scene.views, work.origins, strict=True):
        cues = parts.get(view.index)
        if cues is None:
            views.append(view)
            origins.append(origin)
            continue
        for cue in cues:
            views.append(view_of(_laid(cue, scene), 0, scene.limits.counting))
            origins.append(origin)
    scene.views, work.origins = views, origins


def _laid(cue: Cue, scene: Scene) -> Cue:
    shown = cue.text
    breaks = relaid(shown, scene.limits, scene.language)
    cells = cells_of(cue.payload, cue.notation)
    if breaks is None or cells is None:
        return cue
    payload = joined(edited(cells, relaying_edits(shown, breaks), cue.notation))
    return replace(cue, payload=payload)
