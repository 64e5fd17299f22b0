"""What a user asks for, in the words of the command line, and what those words mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loquitur import stages
from loquitur.errors import UsageError
from loquitur.timing import Span, parse_clock

if TYPE_CHECKING:
    from collections.abc import Mapping

NONE = "none"
AUTO = "auto"
ACQUIRE = "acquire"
SUBTITLE = "subtitle"
VOICES = "voices"
_OF_LIBRARIES = frozenset({"embedding", "reranking", "llm"})
"""Engines that a library asks, and no stage: a project file sets their options beside the stages'.

They are checked where a library is opened with them.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a user asks for, in the words of the command line.

    `asr`, `diarizer`, `emotion`, `aligner`, `describer`, `encoder` (of frames), `hearer` (the same
    of sound), `reader` (of what is said) and `matcher` (labels nobody was trained on) are
    `NAME[:MODEL]`, empty for the profile's choice;
    `llm` is one too, empty for punctuation without a model where the recogniser gives none;
    `translate` are the languages of further tracks, with commas between;
    `parameters` map `STAGE.KEY` to a value; `until` is the last stage wanted. `script` is the
    sha256 of a text in the store that is said in every input. With `voices` the voices of the
    speakers are wanted too, if the transcript is, to know people again.
    """

    profile: str = "auto"
    asr: str = ""
    diarizer: str = ""
    emotion: str = ""
    aligner: str = ""
    llm: str = ""
    translate: str = ""
    script: str = ""
    language: str = AUTO
    speakers: str = ""
    section: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    until: str = SUBTITLE
    voice: str = ""
    voices: bool = False
    describer: str = ""
    encoder: str = ""
    hearer: str = ""
    reader: str = ""
    matcher: str = ""


def parse_speakers(text: str) -> tuple[int | None, int | None]:
    """`N` or `MIN-MAX` as bounds, `(None, None)` for nothing.

    Raises:
        UsageError: Not such a text, or not 1 <= MIN <= MAX.

    >>> parse_speakers("2"), parse_speakers("1-4")
    ((2, 2), (1, 4))
    """
    if not text:
        return None, None
    low, dash, high = text.partition("-")
    try:
        minimum, maximum = int(low), int(high) if dash else int(low)
    except ValueError as exc:
        raise UsageError(f"not a number of speakers: '{text}' (expected N or MIN-MAX)") from exc
    if not 1 <= minimum <= maximum:
        raise UsageError(f"not a number of speakers: '{text}' (expected 1 <= MIN <= MAX)")
    return minimum, maximum


def parse_section(text: str) -> Span | None:
    """`HH:MM:SS-HH:MM:SS` as a span of media time, None for nothing.

    Raises:
        UsageError: Not such a text, or it ends before it starts.
    """
    if not text:
        return None
    start, _, end = text.partition("-")
    try:
        return Span(start_ms=parse_clock(start), end_ms=parse_clock(end))
    except ValueError as exc:
        raise UsageError(f"{exc}", hint="expected HH:MM:SS-HH:MM:SS, start before end") from exc


def by_stage(wish: Wish) -> dict[str, dict[str, Any]]:
    """All parameters of stages, by stage; the named options of the wish among them.

    Raises:
        UsageError: One is of no stage; near names are offered.
    """
    grouped: dict[str, dict[str, Any]] = {}
    for name, value in wish.parameters.items():
        stage, dot, key = name.partition(".")
        if not dot or not key:
            raise UsageError(f"not a parameter: '{name}'", hint="expected STAGE.KEY=VALUE")
        if stage in _OF_LIBRARIES:
            continue
        stages.load(stage)
        grouped.setdefault(stage, {})[key] = value
    minimum, maximum = parse_speakers(wish.speakers)
    if minimum is not None:
        grouped.setdefault("diarize", {}).update(min_speakers=minimum, max_speakers=maximum)
    section = parse_section(wish.section)
    if section is not None:
        given = {"start_ms": section.start_ms, "end_ms": section.end_ms}
        grouped.setdefault("decode", {}).update(given)
    if wish.script:
        grouped.setdefault("align", {})["script"] = wish.script
    elif wish.aligner not in ("", NONE) or wish.until == "align":
        grouped.setdefault("align", {}).setdefault("always", True)  # who names one wants it used
    if wish.language != AUTO:
        grouped.setdefault("transcribe", {})["language"] = wish.language
    return grouped
