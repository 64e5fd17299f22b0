"""Times put right: starts, then ends, then gaps. What is said where is not changed.

The order converges: starts to words and cuts; ends for reading time, before the next cue, the cut
and the end of the medium; starts a little earlier where a cue is still too short; gaps closed last.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.subtitles.check.times import chained_end, earlier, planned_end, started

if TYPE_CHECKING:
    from loquitur.subtitles.check.scene import View
    from loquitur.subtitles.fix.work import Work


def order(work: Work) -> None:
    """Take out cues without text, bring times before zero to it, and sort by start."""
    scene = work.scene
    if work.on("X015") and any(view.empty for view in scene.views):
        empties = {view.index for view in scene.views if view.empty}
        for at in empties:
            work.note("X015", at, "without text: taken out")
        work.keep(lambda at: at not in empties)
        work.relink()
    if work.on("T013"):
        for view in scene.views:
            if view.start_ms < 0:
                work.note("T013", view.index, "starts at zero")
                work.set_times(view, 0, max(view.end_ms, 0))
    if work.on("T007") and any(
        view.above is not None and view.start_ms < view.above.start_ms for view in scene.views
    ):
        for view in scene.views:
            if view.above is not None and view.start_ms < view.above.start_ms:
                work.note("T007", view.index, "put where its time is")
        pairs = sorted(
            zip(scene.views, work.origins, strict=True), key=lambda pair: pair[0].start_ms
        )
        scene.views = [view for view, _ in pairs]
        work.numbers = [work.numbers[origin] for _, origin in pairs]
        work.origins = list(range(len(pairs)))
    work.relink()


def time_cues(work: Work) -> None:
    """Mend starts and ends."""
    scene = work.scene
    if work.on("T009", "T011") and (scene.words or scene.cuts):
        for view in scene.timed:
            start = started(view, scene)
            if start != view.start_ms and start < max(view.end_ms, view.start_ms):
                code = "T009" if view.heard and work.on("T009") else "T011"
                work.note(code, view.index, f"starts {start - view.start_ms:+d} ms")
                work.set_times(view, start, view.end_ms)
        work.relink()
    for view in scene.timed:
        _end(work, view, planned_end(view, scene))
    if work.on("T003"):
        for view in scene.timed:
            if 0 < view.duration_ms < scene.limits.shortest_ms:
                start = earlier(view, scene)
                if start != view.start_ms:
                    work.note("T003", view.index, f"starts {start - view.start_ms:+d} ms")
                    work.set_times(view, start, view.end_ms)
    if work.on("T006"):
        for view in scene.timed:
            end = chained_end(view, scene)
            if end != view.end_ms:
                work.note("T006", view.index, "gap closed")
                work.set_times(view, view.start_ms, end)


def _end(work: Work, view: View, end: int) -> None:
    if end == view.end_ms:
        return
    code = _reason(work, view, end)
    if not work.on(code):
        return
    work.note(code, view.index, f"ends {end - view.end_ms:+d} ms")
    work.set_times(view, view.start_ms, end)


def _reason(work: Work, view: View, end: int) -> str:
    """The check whose finding a new end mends."""
    scene, old = work.scene, view.end_ms
    if old <= view.start_ms:
        return "T001"
    if end > old:
        if view.duration_ms < scene.limits.shortest_ms:
            return "T003"
        size = view.size * 1000
        fast = scene.limits.speed_cps is not None and size > scene.limits.speed_cps * (
            old - view.start_ms
        )
        return "R001" if fast else "R002" if scene.limits.speed_wpm else "T011"
    if view.next is not None and view.next.start_ms < old:
        return "T002"
    if scene.duration_ms is not None and old > scene.duration_ms >= end:
        return "T008"
    if view.duration_ms > scene.limits.longest_ms:
        return "T004"
    if view.next is not None and view.next.start_ms - old < scene.limits.gap_ms:
        return "T005"
    if view.heard is not None and old - view.heard[1] > scene.speech.lag_ms:
        return "T010"
    return "T011"
