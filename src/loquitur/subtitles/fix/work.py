"""Cues under repair: their views, where they come from, and what was done to them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from loquitur.subtitles.check.scene import link, view_of
from loquitur.subtitles.check.speech import spoken_spans

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.model.captions import Cue
    from loquitur.subtitles.check.scene import Scene, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """One thing that was put right.

    Args:
        code: The check that had found it.
        cue: The number of the cue in the file as it was, from 1.
        start_ms: Where the cue started then or starts now.
        message: What was done, in a few words.
        dropped: Text that was taken out because it was there twice; empty for none.
    """

    code: str
    cue: int
    start_ms: int
    message: str
    dropped: str = ""


@dataclass(slots=True, kw_only=True)
class Work:
    """The state of a repair. Steps change the scene's views and keep them linked.

    Args:
        scene: Whose views are being changed.
        origins: For each view, the place of its cue in the file, once that is sorted.
        numbers: For each place, the number of the cue in the file as it was.
        done: What was put right so far.
        changed: Whether the present round changed anything.
    """

    scene: Scene
    origins: list[int]
    numbers: list[int]
    done: list[Repair] = field(default_factory=list)
    changed: bool = False

    def on(self, *codes: str) -> bool:
        """Whether one of the checks is on."""
        return any(code in self.scene.rules.severities for code in codes)

    def note(self, code: str, at: int, message: str, dropped: str = "") -> None:
        """Keep what was done to the cue at a place."""
        self.changed = True
        view = self.scene.views[at]
        self.done.append(
            Repair(
                code=code,
                cue=self.numbers[self.origins[at]],
                start_ms=view.start_ms,
                message=message,
                dropped=dropped,
            )
        )

    def set_times(self, view: View, start_ms: int, end_ms: int) -> None:
        """Give a cue other times."""
        view.cue = replace(view.cue, start_ms=start_ms, end_ms=end_ms)
        view.start_ms, view.end_ms = start_ms, end_ms

    def set_payload(self, at: int, payload: str) -> None:
        """Give the cue at a place another text."""
        views = self.scene.views
        self.put(at, replace(views[at].cue, payload=payload))

    def put(self, at: int, cue: Cue) -> None:
        """Another cue at a place; neighbours are linked by `relink`."""
        self.scene.views[at] = view_of(cue, at, self.scene.limits.counting)

    def keep(self, wanted: Callable[[int], bool]) -> None:
        """Keep only the views at some places."""
        pairs = [
            (view, origin)
            for at, (view, origin) in enumerate(zip(self.scene.views, self.origins, strict=True))
            if wanted(at)
        ]
        self.scene.views = [view for view, _ in pairs]
        self.origins = [origin for _, origin in pairs]

    def relink(self) -> None:
        """Find the neighbours anew, after cues came, went or changed."""
        scene = self.scene
        for at, view in enumerate(scene.views):
            view.index = at
            view.above = view.before = view.next = view.lane_next = view.heard = None
        scene.timed = link(scene.views)
        if scene.words:
            spans = spoken_spans([view.text for view in scene.timed], scene.words)
            for view, span in zip(scene.timed, spans, strict=True):
                view.heard = span
