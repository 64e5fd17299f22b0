"""Words, turns, feelings, and the transcript woven from them. Times are media time in ms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loquitur.timing import check_span

Timing = Literal["engine", "aligned", "interpolated"]

UNKNOWN_MOOD = "unknown"
"""The label of a feeling that an engine could not tell; it is not shown to people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStamp:
    """Which engine made an artifact: enough to name it, compare it and make it again.

    `model_digest` is the sha256 of the model's files, `options` the complete options as canonical
    JSON; `draft` marks results that are below publishing quality by the engine's own word.
    """

    name: str
    version: str
    model: str = ""
    model_digest: str = ""
    options: str = "{}"
    draft: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Voice activity: one probability in 0..255 (255 = certain) per frame of `frame_ms`.

    Frame `i` covers `[offset_ms + i * frame_ms, ...)`. `gain_db` is the level correction that was
    applied before listening, and that every later listener applies too.
    """

    frame_ms: int
    offset_ms: int
    probabilities: bytes
    gain_db: float
    engine: EngineStamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Who speaks on which channel: voice activity of each, without what is heard of the others.

    `notes` say what a reader should know of the channels.
    """

    lines: tuple[Activity, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One spoken word. `confidence` is a posterior in 0..1 or None where the engine gives none."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float | None = None
    timing: Timing = "engine"

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)
        if not self.text or self.text != self.text.strip():
            raise ValueError(f"a word has text without outer blanks: {self.text!r}")
        if self.confidence is not None and not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence out of 0..1: {self.confidence}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawWord:
    """One word as an engine says it, before `speech.guards` has mended it: nothing is promised.

    Times are ms from the start of what the engine was given, whole or not, None where it gives
    none; they may be NaN, out of order or outside the sound. `confidence` may leave 0..1.
    """

    start_ms: float | None
    end_ms: float | None
    text: str
    confidence: float | None = None
    timing: Timing = "engine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """How many words an engine heard in a stretch in which it gave none of them a time."""

    start_ms: int
    end_ms: int
    count: int

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a guard against invented text met: `text` was removed, or is there and doubtful."""

    guard: str
    action: Literal["removed", "flagged", "retried"]
    start_ms: int
    end_ms: int
    text: str

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All words of a medium in time order. `repairs` counts what the validator had to mend.

    `passages` are there where the engine gives no word times: their counts add up to the words.
    `findings` are what the guards met, `notes` what a reader should know, and `match` how far a
    given text is what was heard, 0..1, where there was one. `speakers` names the speaker of each
    word where every speaker was heard alone, on a channel of their own; else it is empty.
    """

    words: tuple[Word, ...]
    language: str
    engine: EngineStamp
    repairs: tuple[tuple[str, int], ...] = ()
    passages: tuple[Passage, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    match: float | None = None
    speakers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.speakers and len(self.speakers) != len(self.words):
            raise ValueError("every word has a speaker, or none has")
        starts = [word.start_ms for word in self.words]
        if starts != sorted(starts):
            raise ValueError("words must be sorted by start")
        if self.passages and sum(item.count for item in self.passages) != len(self.words):
            raise ValueError("the passages do not add up to the words")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A stretch in which one speaker speaks; turns of different speakers may overlap.

    `score` is the engine's confidence in the label, 0..1, or None.
    """

    start_ms: int
    end_ms: int
    speaker: str
    score: float | None = None

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)
        if not self.speaker:
            raise ValueError("a turn has a speaker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """All turns of a medium, sorted by start. `notes` say what a reader should know of them."""

    turns: tuple[Turn, ...]
    engine: EngineStamp
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        starts = [turn.start_ms for turn in self.turns]
        if starts != sorted(starts):
            raise ValueError("turns must be sorted by start")

    @property
    def speakers(self) -> tuple[str, ...]:
        """The labels, in order of first appearance."""
        return tuple(dict.fromkeys(turn.speaker for turn in self.turns))


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeling:
    """The mood of a stretch of speech.

    `scores` is the whole distribution as (label, score) pairs; `arousal` and `valence` are in
    0..1 or None where the engine cannot tell; `source` names the method, `confidence` its worth;
    `raw` are the model's own outputs under its own labels, where there is a model.
    """

    start_ms: int
    end_ms: int
    label: str
    score: float
    scores: tuple[tuple[str, float], ...] = ()
    arousal: float | None = None
    valence: float | None = None
    source: str = ""
    confidence: Literal["low", "medium", "high"] = "low"
    speaker: str | None = None
    raw: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feelings:
    """All feelings of a medium, sorted by start."""

    feelings: tuple[Feeling, ...]
    engine: EngineStamp

    def __post_init__(self) -> None:
        starts = [feeling.start_ms for feeling in self.feelings]
        if starts != sorted(starts):
            raise ValueError("feelings must be sorted by start")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenWord:
    """A word inside an utterance; `overlap` names the other speakers who spoke meanwhile."""

    start_ms: int
    end_ms: int
    text: str
    confidence: float | None = None
    timing: Timing = "engine"
    overlap: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """Consecutive words of one speaker in one mood.

    `start_ms` and `end_ms` are the extremes of its words.
    """

    start_ms: int
    end_ms: int
    speaker: str
    words: tuple[SpokenWord, ...]
    feeling: Feeling | None = None

    def __post_init__(self) -> None:
        check_span(self.start_ms, self.end_ms)
        if not self.words:
            raise ValueError("an utterance has words")

    @property
    def text(self) -> str:
        """The words joined by single spaces."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerMood:
    """How a speaker felt over the whole medium.

    `scores` is the mean of the distributions of what was heard, weighted by its length
    `heard_ms`, without what was too short to tell; `label` and `score` are its largest share.
    """

    label: str
    score: float
    scores: tuple[tuple[str, float], ...]
    heard_ms: int
    arousal: float | None = None
    valence: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A speaker's label and, where known, name and mood."""

    id: str
    name: str | None = None
    mood: SpeakerMood | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """One stage's share in an artifact; `parameters` are the complete options as JSON text.

    `findings` are what its guards removed or doubt; `match` is how far a given text is what was
    heard, 0..1; `tokens` are those that a language model read and wrote for it.
    """

    stage: str
    engine: str
    version: str
    model: str = ""
    parameters: str = "{}"
    draft: bool = False
    findings: tuple[Finding, ...] = ()
    match: float | None = None
    tokens: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Where a chapter begins, in ms of media time, and what it is called."""

    start_ms: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What a language model says a transcript is about: its own words, not the speakers'.

    `paragraphs` are the starts, in ms, of words with which a paragraph begins; `findings` are the
    parts that were refused. What there is none of is empty.
    """

    title: str
    summary: str
    chapters: tuple[Chapter, ...]
    paragraphs: tuple[int, ...]
    engine: EngineStamp
    findings: tuple[Finding, ...] = ()
    tokens: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        starts = [chapter.start_ms for chapter in self.chapters]
        if starts != sorted(set(starts)) or list(self.paragraphs) != sorted(set(self.paragraphs)):
            raise ValueError("chapters and paragraphs must be sorted by start, and begin once")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Who spoke what, when, and in what mood: the one woven result of the speech stages.

    `outline` is added on delivery where one was made; a transcript in the store has none.
    """

    media_id: str
    title: str
    language: str
    duration_ms: int
    speakers: tuple[Speaker, ...]
    utterances: tuple[Utterance, ...]
    provenance: tuple[Provenance, ...] = ()
    notes: tuple[str, ...] = ()
    source: str = ""
    video_id: str | None = None
    outline: Outline | None = None

    @property
    def draft(self) -> bool:
        """Whether any stage marked its result as draft quality."""
        return any(item.draft for item in self.provenance)
