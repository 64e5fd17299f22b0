"""Captions held against a guideline: one small function per code, and what each finds.

`check` reads nothing and changes nothing; it takes a track as a reader made it (what the reader
mended is among the findings), a guideline from `subtitles.rules`, and what is known of the medium:
words with times, cuts, speakers, its length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.subtitles.check import doubles, files, lines, speakers, spelling, times
from loquitur.subtitles.check.edits import ODD_ONLY
from loquitur.subtitles.check.finding import CUE_CHECKS, TRACK_CHECKS, Finding, Mark
from loquitur.subtitles.check.scene import Scene, Speaking, Spoken, View, scene_of
from loquitur.subtitles.rules import DEFAULT_RULES
from loquitur.subtitles.rules.codes import CODES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.model.captions import CaptionTrack
    from loquitur.subtitles.check.finding import CueCheck
    from loquitur.subtitles.rules import Rules, Severity

__all__ = ["Finding", "Speaking", "Spoken", "check", "findings_of"]

CHECKERS = (doubles, files, lines, speakers, spelling, times)
"""The modules that put their functions into the tables."""

_OF_SPOKEN_TEXT = frozenset({"captions", "subtitles", ""})
_OF_ANY_TEXT = ("F", "T001", "T007", "T008", "T013", "X001", "X009", "X014", "X015", "X019")
"""What goes for chapters, descriptions and metadata too."""


def check(  # noqa: PLR0913 - each is a thing that may be known of the medium
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
) -> tuple[Finding, ...]:
    """What a guideline objects to in a track; the time is linear in its cues.

    Args:
        track: What to look at.
        rules: The guideline, its name, or the path of a TOML file.
        language: BCP 47 tag; empty for what the track says.
        audience: One of the guideline's; empty for its first.
        fps: Frames per second of the picture.
        words: What was heard, with times: starts and ends are held against it.
        cuts: Where the picture changes, in ms.
        duration_ms: Of the medium.
        turns: Who speaks when, sorted.

    Returns:
        What is about the whole first, then by cue and code.

    Raises:
        UsageError: There is no such guideline or audience.
    """
    scene = scene_of(
        track, rules, language=language, audience=audience, fps=fps, words=words, cuts=cuts,
        duration_ms=duration_ms, turns=turns,
    )  # fmt: skip
    return findings_of(scene)


def findings_of(scene: Scene) -> tuple[Finding, ...]:
    """What the guideline of a scene objects to."""
    on = _severities(scene)
    found = [
        _finding(code, severity, place, mark)
        for code, severity in on.items()
        if code in TRACK_CHECKS
        for place, mark in TRACK_CHECKS[code](scene)
    ]
    checks = [(code, on[code], CUE_CHECKS[code]) for code in on if code in CUE_CHECKS]
    found += _each(scene, checks)
    return tuple(sorted(found, key=_place))


def _place(finding: Finding) -> tuple[int, str, int]:
    return finding.cue, finding.code, finding.source_line


def _severities(scene: Scene) -> dict[str, Severity]:
    on = scene.rules.severities
    if scene.track.kind in _OF_SPOKEN_TEXT:
        return dict(on)
    return {code: on[code] for code in on if code.startswith(_OF_ANY_TEXT)}


_OF_SEVERAL_LINES = frozenset({"L002", "L003", "L004", "L005", "S003", "S005"})


def _idle(scene: Scene) -> set[str]:
    """The checks that can find nothing here: what they look at is not known, or not there."""
    idle = set()
    if not scene.words:
        idle |= {"T009", "T010"}
    if not scene.cuts:
        idle.add("T011")
    if scene.duration_ms is None:
        idle.add("T008")
    if not scene.turns:
        idle.add("S001")
    for code, language in (("X011", "en"), ("X013", "fr")):
        if scene.language != language:
            idle.add(code)
    return idle


def _each(scene: Scene, checks: list[tuple[str, Severity, CueCheck]]) -> Iterator[Finding]:
    idle = _idle(scene)
    usual = [check for check in checks if check[0] not in idle]
    by_kind = {
        (odd, several): [
            check
            for check in usual
            if (odd or check[0] not in ODD_ONLY) and (several or check[0] not in _OF_SEVERAL_LINES)
        ]
        for odd in (False, True)
        for several in (False, True)
    }
    for view in scene.views:
        for code, severity, look in by_kind[view.odd, len(view.lines) > 1]:
            mark = look(view, scene)
            if mark is not None:
                yield _finding(code, severity, view, mark)


def _finding(code: str, severity: Severity, place: View | int, mark: Mark) -> Finding:
    fix = mark.fix if isinstance(mark.fix, str) else CODES[code].repair if mark.fix else ""
    view = place if isinstance(place, View) else None
    return Finding(
        code=code,
        # a check may find one case graver or lighter; a guideline that plays it down is obeyed
        severity=mark.severity if mark.severity and severity != "info" else severity,
        cue=view.index + 1 if view else 0,
        source_line=place.cue.source_line if isinstance(place, View) else place,
        start_ms=view.start_ms if view else None,
        message=mark.message,
        found=mark.found,
        limit=mark.limit,
        unit=mark.unit,
        fix=fix,
    )
