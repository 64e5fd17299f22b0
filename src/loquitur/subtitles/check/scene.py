"""A track as the checks look at it: each cue's text and lines once, its neighbours, the limits."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from loquitur.languages import primary
from loquitur.model.captions import PLAIN_SETTINGS
from loquitur.subtitles.check.relaying import BLANKS
from loquitur.subtitles.check.speech import spoken_spans
from loquitur.subtitles.graphemes import measure
from loquitur.subtitles.guessing import language_of
from loquitur.subtitles.rules import load_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.captions import CaptionTrack, Cue
    from loquitur.subtitles.check.edits import Usage
    from loquitur.subtitles.limits import Counting, Limits
    from loquitur.subtitles.rules import Rules, Shots, SpeechRules, Style

Lane = tuple[object, ...]
_PLAIN_LANE: Lane = ()
NO_END = 1 << 60
"""Where nothing follows: later than any time of a file."""
ODD = re.compile(
    r"\A\s|\s\Z|[ \t][ \t\n]|\n[ \t\n]|[ \t][,.;:!?]|[,;!?][^\W\d_]|[,;!?]{2}|\.\.|--|''|"
    r"[^\w \n\t\u00a0\u202f\u3000.,;:!?'’\"()-]"
)
"""What no check of blanks and signs needs to look for in a text where this finds nothing."""


class Spoken(Protocol):
    """A word that was heard: `model.speech` has several of this shape."""

    @property
    def start_ms(self) -> int:
        """When it begins."""

    @property
    def end_ms(self) -> int:
        """When it ends."""

    @property
    def text(self) -> str:
        """What is said."""


class Speaking(Protocol):
    """A stretch of one speaker."""

    @property
    def start_ms(self) -> int:
        """When it begins."""

    @property
    def end_ms(self) -> int:
        """When it ends."""

    @property
    def speaker(self) -> str:
        """Who."""


@dataclass(slots=True, kw_only=True)
class View:
    """A cue among its neighbours. Not frozen: neighbours are linked once all are made.

    Args:
        index: Of the cue in the file, from 0.
        cue: As the file has it.
        start_ms: When it appears.
        end_ms: When it goes.
        text: Without tags.
        lines: Of the text, without those that are blank.
        lengths: Of each line, as the guideline counts.
        lane: Where on screen it stands; cues of one lane cannot be shown together.
        odd: Whether its blanks and signs are other than those of plain prose; most texts are.
        above: The cue before it in the file.
        before: The cue with text that starts before it, in time.
        next: The cue with text that starts after it, in time.
        lane_next: The next one in its lane.
        heard: When its words are said, where that is known.
    """

    index: int
    cue: Cue
    start_ms: int
    end_ms: int
    text: str
    lines: list[str]
    lengths: list[float]
    lane: Lane
    odd: bool
    above: View | None = field(default=None, repr=False)
    before: View | None = field(default=None, repr=False)
    next: View | None = field(default=None, repr=False)
    lane_next: View | None = field(default=None, repr=False)
    heard: tuple[int, int] | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing of it can be seen."""
        return not self.lines

    @property
    def size(self) -> float:
        """The length of its text, as the guideline counts."""
        return sum(self.lengths)

    @property
    def duration_ms(self) -> int:
        """How long it is shown."""
        return self.end_ms - self.start_ms


@dataclass(slots=True, kw_only=True)
class Scene:
    """All that checks look at.

    Args:
        track: As it was read.
        rules: The guideline.
        limits: For the language and audience.
        style: For the language.
        language: The primary subtag; empty where it is not known.
        tag: The whole tag.
        views: In the order of the file.
        timed: Those with text, by start.
        words: What was heard.
        cuts: Where the picture changes, sorted, in ms; none where the guideline does not ask.
        turns: Who speaks when.
        duration_ms: Of the medium; None where it is not known.
        usage: Which signs the track writes mostly, once that is counted.
    """

    track: CaptionTrack
    rules: Rules
    limits: Limits
    style: Style
    language: str
    tag: str
    views: list[View]
    timed: list[View]
    speech: SpeechRules
    shots: Shots
    words: Sequence[Spoken] = ()
    cuts: Sequence[int] = ()
    turns: Sequence[Speaking] = ()
    duration_ms: int | None = None
    usage: Usage | None = None

    @property
    def frame_ms(self) -> float:
        """How long one frame is shown."""
        return 1000 / self.limits.fps

    @property
    def end_ms(self) -> int:
        """When the medium ends; later than any time where that is not known."""
        return NO_END if self.duration_ms is None else self.duration_ms


def lane_of(cue: Cue) -> Lane:
    """Where on screen a cue stands."""
    settings = cue.settings
    if settings is PLAIN_SETTINGS:
        return _PLAIN_LANE
    lane = (settings.vertical, settings.line, settings.position, settings.region)
    return _PLAIN_LANE if lane == ("", None, None, "") else lane


def _seen(line: str) -> bool:
    if line.isascii() and line.isprintable():
        return bool(line) and not line.isspace()
    return any(
        not char.isspace() and unicodedata.category(char) not in ("Cc", "Cf", "Zl", "Zp")
        for char in line
    )


def view_of(cue: Cue, index: int, counting: Counting) -> View:
    """A cue alone, its text taken apart."""
    text = cue.text
    odd = ODD.search(text) is not None
    if odd:
        lines = [line.strip(BLANKS) for line in text.split("\n") if _seen(line)]
    else:
        lines = text.split("\n") if text else []
    return View(
        index=index,
        cue=cue,
        start_ms=cue.start_ms,
        end_ms=cue.end_ms,
        text=text,
        lines=lines,
        lengths=[measure(line, counting) for line in lines],
        lane=lane_of(cue),
        odd=odd,
    )


def link(views: Sequence[View]) -> list[View]:
    """The neighbours of each view, and those with text in the order of time."""
    above: View | None = None
    for view in views:
        view.above, above = above, view
    timed = sorted((view for view in views if not view.empty), key=lambda view: view.start_ms)
    following: View | None = None
    lanes: dict[Lane, View] = {}
    for view in reversed(timed):
        view.next, view.lane_next = following, lanes.get(view.lane)
        if following is not None:
            following.before = view
        following = lanes[view.lane] = view
    return timed


def scene_of(  # noqa: PLR0913 - each is a thing that checks look at
    track: CaptionTrack,
    rules: Rules | str,
    *,
    language: str = "",
    audience: str = "",
    fps: float = 24.0,
    words: Sequence[Spoken] | None = None,
    cuts: Sequence[int] | None = None,
    duration_ms: int | None = None,
    turns: Sequence[Speaking] | None = None,
) -> Scene:
    """A track made ready for the checks.

    Raises:
        UsageError: There is no such guideline or audience.
    """
    rules = load_rules(rules) if isinstance(rules, str) else rules
    tag = language_of(track, language)
    limits = rules.limits(tag, audience, fps)
    views = [view_of(cue, index, limits.counting) for index, cue in enumerate(track.cues)]
    timed = link(views)
    if words:
        for view, span in zip(
            timed, spoken_spans([view.text for view in timed], words), strict=True
        ):
            view.heard = span
    return Scene(
        track=track,
        rules=rules,
        limits=limits,
        style=rules.style(tag),
        language=primary(tag),
        tag=tag,
        views=views,
        timed=timed,
        speech=rules.speech,
        shots=rules.shots,
        words=words or (),
        cuts=sorted(cuts or ()) if "T011" in rules.severities else (),
        turns=turns or (),
        duration_ms=duration_ms,
    )
