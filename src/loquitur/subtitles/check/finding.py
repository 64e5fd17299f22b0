"""What a check finds, and the tables that checks are put into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from loquitur.subtitles.check.scene import Scene, View
    from loquitur.subtitles.rules.codes import Severity

    CueCheck = Callable[[View, Scene], "Mark | None"]
    TrackCheck = Callable[[Scene], Iterable[tuple["View | int", "Mark"]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a guideline objects to.

    Args:
        code: Of the check, as `T003`.
        severity: error, warning or info.
        cue: The number of the cue in the file, from 1; 0 where it is about the whole.
        source_line: Where it stands in the file, from 1; 0 where that is not known.
        start_ms: When the cue starts; None where it is about the whole.
        message: One line for people: what is there, and what the guideline asks.
        found: The value found, in `unit`; None where there is none.
        limit: What the guideline allows, in `unit`.
        unit: ms, cps, wpm, characters, lines; empty where there is no value.
        fix: What `fix` would do about it; empty where it cannot.
    """

    code: str
    severity: Severity
    cue: int = 0
    source_line: int = 0
    start_ms: int | None = None
    message: str
    found: float | None = None
    limit: float | None = None
    unit: str = ""
    fix: str = ""


class Mark(NamedTuple):
    """What a check says of one cue; `fix` tells whether it can be mended, or how."""

    message: str
    fix: bool | str = False
    found: float | None = None
    limit: float | None = None
    unit: str = ""
    severity: Severity | None = None


CUE_CHECKS: dict[str, CueCheck] = {}
TRACK_CHECKS: dict[str, TrackCheck] = {}


def of_cue(code: str) -> Callable[[CueCheck], CueCheck]:
    """Put a function that looks at one cue into the table."""

    def put(function: CueCheck) -> CueCheck:
        CUE_CHECKS[code] = function
        return function

    return put


def of_track(code: str) -> Callable[[TrackCheck], TrackCheck]:
    """Put a function that looks at the whole track into the table.

    It gives pairs: the cue or the line of the file (0 for none), and what it says of it.
    """

    def put(function: TrackCheck) -> TrackCheck:
        TRACK_CHECKS[code] = function
        return function

    return put
