"""What a whole stage must do with any engine: long sound, progress, a stop, going on, provenance.

The real stage is run on made sound with a store in memory; see `loquitur.testing.conformance` for
what an engine must do by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from loquitur import stages
from loquitur.model.media import Audio
from loquitur.model.speech import Activity, EngineStamp, Turn, Turns
from loquitur.testing import signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from loquitur.model.speech import Feelings, Words

_TURN_MS = 8_000
_PAUSE_MS = 2_000
_FRAME_MS = 32  # of made activity; its last frame may reach beyond the sound


class Stopped(Exception):  # noqa: N818 - an interruption, no error
    """Raised by the progress of a run that is to be stopped."""


@dataclass(slots=True, kw_only=True)
class MemoryWork:
    """What a stage is handed (`loquitur.protocols.Work`), with its parts kept in memory.

    Args:
        options: The stage's.
        engine: Made and ready.
        stamp: Whose work it is.
        inputs: Artifacts by parameter name.
        sound: The decoded sound.
        kept: Parts by name; hand them on to go on after a stop.
        stop_after: How many reports of progress to take before stopping; None for never.
    """

    options: Any
    engine: Any
    stamp: EngineStamp
    inputs: dict[str, Any]
    sound: signals.ArraySamples
    kept: dict[str, bytes] = field(default_factory=dict)
    stop_after: int | None = None
    made: int = 0
    told: list[tuple[int, int]] = field(default_factory=list)

    @property
    def parts(self) -> MemoryWork:
        """Resumable pieces: this object keeps them."""
        return self

    def fetch(self, name: str, make: Callable[[], bytes]) -> bytes:
        """A part, made where it is not kept."""
        if name not in self.kept:
            self.made += 1
            self.kept[name] = make()
        return self.kept[name]

    def progress(self, done_ms: int, total_ms: int) -> None:
        """Notes how far it is, and stops where it is told to."""
        self.told.append((done_ms, total_ms))
        if self.stop_after is not None and len(self.told) > self.stop_after:
            raise Stopped

    def has(self, name: str) -> bool:
        """Whether there is such an input."""
        return name in self.inputs

    def take(self, name: str, kind: type) -> Any:
        """An input."""
        found = self.inputs[name]
        assert isinstance(found, kind), f"{name} is a {kind.__name__}"
        return found

    def samples(self, audio: Audio) -> signals.ArraySamples:
        """The sound."""
        return self.sound


def check_transcribe_stage(engine: Any, *, language: str = "en", minutes: float = 3.0) -> Words:
    """A long sound in chunks, stopped half way, gone on with, and alike each time.

    Args:
        engine: A transcriber, made and ready.
        language: One that it knows.
        minutes: How much sound.

    Returns:
        The words of the whole.
    """
    stage: Any = stages.load("transcribe")
    options = stage.options(language=language, part_ms=30_000, max_chunk_ms=20_000)
    whole = _work(options, engine, minutes)
    words: Words = stage.run(whole)
    assert whole.made >= 3, "long sound is worked on in parts"
    done = [done_ms for done_ms, _ in whole.told]
    assert done == sorted(done), "progress does not go back"
    assert done[-1] <= whole.sound.end_ms + _FRAME_MS, "progress ends at the end"
    assert words.engine == whole.stamp, "the words say whose they are"
    for word in words.words:
        assert whole.sound.offset_ms <= word.start_ms, f"before the sound: {word!r}"
        assert word.end_ms <= whole.sound.end_ms + _FRAME_MS, f"after the sound: {word!r}"
    stopped = _work(options, engine, minutes)
    stopped.stop_after = len(whole.told) // 2
    is_stopped = False
    try:
        stage.run(stopped)
    except Stopped:
        is_stopped = True
    assert is_stopped, "a stage stops where it is told to"
    resumed = _work(options, engine, minutes)
    resumed.kept = dict(stopped.kept)
    assert resumed.kept, "what was done before the stop is kept"
    again: Words = stage.run(resumed)
    assert again == words, "a resumed run says what a whole one says"
    assert resumed.made == whole.made - len(stopped.kept), "what is kept is not made again"
    return words


def check_emotion_stage(engine: Any, *, minutes: float = 1.0) -> Feelings:
    """Feelings of many turns, progress told, a stop obeyed, and alike each time.

    Args:
        engine: An emotion reader, made and ready.
        minutes: How much sound.

    Returns:
        The feelings of the whole.
    """
    stage: Any = stages.load("emotion")
    whole = _work(stage.options(), engine, minutes)
    feelings: Feelings = stage.run(whole)
    assert feelings.feelings, "there are turns, so there are feelings"
    assert whole.told, "progress is told"
    assert feelings.engine == whole.stamp, "the feelings say whose they are"
    stopped = _work(stage.options(), engine, minutes)
    stopped.stop_after = 1
    is_stopped = False
    try:
        stage.run(stopped)
    except Stopped:
        is_stopped = True
    assert is_stopped, "a stage stops where it is told to"
    assert stage.run(_work(stage.options(), engine, minutes)) == feelings, "alike each time"
    return feelings


def _work(options: Any, engine: Any, minutes: float) -> MemoryWork:
    """Turns of two made voices with pauses between, in sound that starts at 500 ms."""
    count = max(2, round(minutes * 60_000 / (_TURN_MS + _PAUSE_MS)))
    voices = [signals.voice(_TURN_MS, f0_hz=pitch_hz, seed=9) for pitch_hz in (110.0, 205.0)]
    pause = signals.silence(_PAUSE_MS)
    sound = signals.ArraySamples(
        sound=np.concatenate([piece for at in range(count) for piece in (pause, voices[at % 2])]),
        offset_ms=500,
    )
    starts = [sound.offset_ms + _PAUSE_MS + at * (_TURN_MS + _PAUSE_MS) for at in range(count)]
    stamp = EngineStamp(name="tried", version="1", model="tiny", model_digest="0" * 64)
    turns = tuple(
        Turn(start_ms=start, end_ms=start + _TURN_MS, speaker=f"S{at % 2}")
        for at, start in enumerate(starts)
    )
    activity: Activity = signals.activity(
        [(turn.start_ms, turn.end_ms) for turn in turns],
        duration_ms=sound.end_ms - sound.offset_ms,
        offset_ms=sound.offset_ms,
    )
    return MemoryWork(
        options=options,
        engine=engine,
        stamp=stamp,
        inputs={
            "audio": _audio(sound),
            "activity": activity,
            "turns": Turns(turns=turns, engine=stamp),
        },
        sound=sound,
    )


def _audio(sound: signals.ArraySamples) -> Audio:
    return Audio(
        media_id="sha256:" + "0" * 64,
        samples="0" * 64,
        sample_count=len(sound.sound),
        offset_ms=sound.offset_ms,
        duration_ms=sound.end_ms - sound.offset_ms,
        track_index=0,
    )
