"""The little play: who says what, in which mood, at which distance from what came before."""

from __future__ import annotations

from dataclasses import dataclass

TITLE = "HARBOUR MORNING"
SUBTITLE = "A SAMPLE FOR LOQUITUR"
DURATION_MS = 50_000
OPENING_MS = 2_200
VOICES = {"Mary": "slt", "Peter": "rms"}
PAN = {"Mary": 0.42, "Peter": 0.58}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mood:
    """How a line is spoken. `pitch` and `stretch` multiply the voice's own, `gain_db` adds."""

    pitch: float = 1.0
    stretch: float = 1.0
    gain_db: float = 0.0


MOODS = {
    "neutral": Mood(),
    "calm": Mood(pitch=0.93, stretch=1.08, gain_db=-3.0),
    "excited": Mood(pitch=1.25, stretch=0.9, gain_db=4.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One turn. `gap_ms` counts from the end of the line before; below zero it speaks into it."""

    speaker: str
    sentences: tuple[str, ...]
    mood: str = "neutral"
    gap_ms: int = 450


LINES = (
    Line(
        speaker="Mary",
        sentences=("Hello, Peter.", "What a beautiful morning!"),
    ),
    Line(
        speaker="Peter",
        sentences=(
            "Good morning, Mary.",
            "Are you ready to take the boat out today?",
        ),
    ),
    Line(
        speaker="Mary",
        sentences=("The radio said that the weather will be better in the afternoon.",),
    ),
    Line(
        speaker="Peter",
        sentences=("Then we should wait here for an hour and have some coffee.",),
    ),
    Line(
        speaker="Mary",
        mood="calm",
        gap_ms=3_000,
        sentences=("It is very quiet now.", "I like to sit here and look at the water."),
    ),
    Line(
        speaker="Peter",
        mood="calm",
        gap_ms=600,
        sentences=("My father used to bring me here when I was a little boy.",),
    ),
    Line(
        speaker="Mary",
        mood="excited",
        gap_ms=700,
        sentences=("Oh my goodness!", "There is something big in the water!"),
    ),
    Line(
        speaker="Peter",
        mood="excited",
        gap_ms=300,
        sentences=("Yes, I can see it!", "Where is the camera?", "We need a picture!"),
    ),
    Line(
        speaker="Mary",
        mood="excited",
        gap_ms=-1_000,
        sentences=("That is amazing!", "I have never seen anything like it!"),
    ),
    Line(
        speaker="Peter",
        gap_ms=700,
        sentences=("We should go home now and tell the children all about it.",),
    ),
    Line(
        speaker="Mary",
        sentences=("Yes, but will they believe us?",),
    ),
    Line(
        speaker="Peter",
        sentences=("They will believe it when they see the picture.",),
    ),
)
