"""Captions put right where that is safe, and nothing else touched.

No word is lost or moved to another place in the text: blanks, signs, line breaks and times change,
and what is shown twice is shown once. What only a person can decide stays, and `check` lists it.
Mending what is mended changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from loquitur.subtitles.check.files import SAID_BY_CHECKS, file_code
from loquitur.subtitles.check.scene import scene_of
from loquitur.subtitles.fix.layouts import join_cues, lay_out
from loquitur.subtitles.fix.texts import drop_repetitions, mend_tags, mend_texts
from loquitur.subtitles.fix.timing import order, time_cues
from loquitur.subtitles.fix.work import Repair, Work
from loquitur.subtitles.rules import DEFAULT_RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.captions import Block, CaptionTrack
    from loquitur.subtitles.check.scene import Speaking, Spoken
    from loquitur.subtitles.rules import Rules

__all__ = ["Fixed", "Repair", "fix"]

MOST_ROUNDS = 12
"""One repair may make room for another; three rounds are usual, the last one finds nothing."""
_MENDED = frozenset({"F001", "F002", "F003", "F006"})
"""What is gone once the file is written anew."""
_SPOKEN = frozenset({"captions", "subtitles", ""})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """A track put right, and what was done, in order."""

    track: CaptionTrack
    done: tuple[Repair, ...] = ()


def fix(  # noqa: PLR0913 - as `check` takes them
    track: CaptionTrack,
    rules: Rules | str = DEFAULT_RULES,
    *,
    language: str = "",
    audience: str = "",
    fps: float = 24.0,
    words: Sequence[Spoken] | None = None,
    cuts: Sequence[int] | None = None,
    duration_ms: int | None = None,
    turns: Sequence[Speaking] | None = None,
) -> Fixed:
    """Put right what a guideline objects to, where that is safe; only checks that are on count.

    Args:
        track: What to mend.
        rules: The guideline, its name, or the path of a TOML file.
        language: BCP 47 tag; empty for what the track says.
        audience: One of the guideline's; empty for its first.
        fps: Frames per second of the picture.
        words: What was heard, with times: starts and ends follow it.
        cuts: Where the picture changes, in ms.
        duration_ms: Of the medium.
        turns: Who speaks when, sorted.

    Returns:
        The track and what was done. Comments, styles and regions keep their places among the cues.

    Raises:
        UsageError: There is no such guideline or audience.
    """
    scene = scene_of(
        track, rules, language=language, audience=audience, fps=fps, words=words, cuts=cuts,
        duration_ms=duration_ms, turns=turns,
    )  # fmt: skip
    count = len(track.cues)
    work = Work(scene=scene, origins=list(range(count)), numbers=list(range(1, count + 1)))
    spoken = track.kind in _SPOKEN
    for _ in range(MOST_ROUNDS):
        work.changed = False
        _round(work, spoken=spoken)
        if not work.changed:
            break
    mended = replace(
        track,
        cues=tuple(view.cue for view in scene.views),
        blocks=_placed(track.blocks, work.origins),
        diagnostics=tuple(
            one
            for one in track.diagnostics
            if not one.code.startswith(SAID_BY_CHECKS) and file_code(one.code) not in _MENDED
        ),
    )
    return Fixed(track=mended, done=tuple(work.done))


def _round(work: Work, *, spoken: bool) -> None:
    work.scene.usage = None
    order(work)
    if spoken:
        drop_repetitions(work)
    mend_tags(work)
    mend_texts(work)
    if spoken:
        join_cues(work)
        lay_out(work)
        time_cues(work)


def _placed(blocks: tuple[Block, ...], origins: list[int]) -> tuple[Block, ...]:
    """The blocks, each before the cue that it stood before, or what became of it."""
    if not blocks:
        return blocks
    starts: list[int] = []
    wanted = max(block.before for block in blocks)
    at = 0
    for origin in range(wanted + 1):
        while at < len(origins) and origins[at] < origin:
            at += 1
        starts.append(at)
    return tuple(replace(block, before=starts[block.before]) for block in blocks)
