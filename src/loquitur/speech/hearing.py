"""One chunk of sound through a recogniser: valid words, past the guards against invented text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from loquitur.model.speech import Finding, Word
from loquitur.speech.activity import RegionOptions, regions
from loquitur.speech.chunks import ChunkOptions
from loquitur.speech.guards import Repairs, guard
from loquitur.speech.inventions import (
    GuardOptions,
    Voice,
    amount,
    inspect,
    is_looping,
    is_sparse,
    retried,
)
from loquitur.speech.listening import listen
from loquitur.speech.loudness import apply
from loquitur.timing import Span, overlap_ms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.model.speech import Activity, RawWord
    from loquitur.protocols import Samples, Transcriber
    from loquitur.speech.chunks import Chunk

AUTO = "auto"
MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class HearOptions:
    """What is heard, and how it is cut up for the engine.

    Args:
        by: `mix`, or `channel`: each channel of the sound is heard alone.
        language: A BCP 47 tag, or `auto`.
        onset: Speech probability at which a region begins, 0..1.
        offset: Speech probability below which it ends.
        max_chunk_ms: The longest stretch an engine is given at once.
        join_ms: Stretches of speech with a shorter pause between them share a chunk.
        pad_ms: Sound from the pause that a chunk keeps on either side of its speech.
        part_ms: About how much sound is lost at most when a run is interrupted.
        level: Bring the sound to a common loudness, as `detect` measured it.
        context_ms: Sound from beyond a cut through speech that both sides hear. 0 for engines
            without word times, whose words could not be told apart there.
        guard_silence: Where nobody speaks, nothing is decoded.
        guard_loops: Words that a decoder repeats without end are heard again, else cut.
        guard_omissions: Speech of which hardly a word was written is heard again.
        guard_closings: Known last lines of subtitles are removed on silence and music.
        guard_outside: Words where no voice was heard are flagged.
        guard_rate: More words than can be said are flagged; words of many seconds are shortened.
    """

    by: Literal["mix", "channel"] = "mix"
    language: str = AUTO
    onset: float = 0.5
    offset: float = 0.35
    max_chunk_ms: int = 30_000
    join_ms: int = 1_000
    pad_ms: int = 200
    part_ms: int = 120_000
    level: bool = True
    context_ms: int = 500
    guard_silence: bool = True
    guard_loops: bool = True
    guard_omissions: bool = True
    guard_closings: bool = True
    guard_outside: bool = True
    guard_rate: bool = True

    def __post_init__(self) -> None:
        _ = self.regions, self.cutting  # say what does not fit before anything runs
        if self.part_ms <= 0:
            raise ValueError(f"part_ms must be positive, not {self.part_ms}")

    @property
    def asked(self) -> str:
        """The language asked for, empty for detection."""
        return "" if self.language == AUTO else self.language

    @property
    def regions(self) -> RegionOptions:
        """Where somebody speaks."""
        return RegionOptions(onset=self.onset, offset=self.offset)

    @property
    def cutting(self) -> ChunkOptions:
        """How regions become chunks."""
        return ChunkOptions(
            max_chunk_ms=self.max_chunk_ms,
            join_ms=self.join_ms,
            pad_ms=self.pad_ms,
            context_ms=self.context_ms,
        )

    @property
    def guards(self) -> GuardOptions:
        """Which guards stand."""
        return GuardOptions(
            loops=self.guard_loops,
            omissions=self.guard_omissions,
            closings=self.guard_closings,
            outside=self.guard_outside,
            rate=self.guard_rate,
        )


def to_hear(activity: Activity, samples: Samples, options: HearOptions) -> tuple[Span, ...]:
    """Where to listen: where somebody speaks; everywhere where that guard does not stand."""
    if options.guard_silence or samples.end_ms <= samples.offset_ms:
        return regions(activity, options=options.regions)
    return (Span(start_ms=samples.offset_ms, end_ms=samples.end_ms),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a chunk says: its words in media time, what was mended, what the guards met."""

    words: tuple[Word, ...]
    repairs: Repairs
    findings: tuple[Finding, ...]


def hear_all(
    engine: Any, part: Sequence[Chunk], samples: Samples, activity: Activity, options: HearOptions
) -> Iterator[tuple[Chunk, Heard]]:
    """What is said in each chunk, in their order.

    Args:
        engine: A `loquitur.protocols.Transcriber`, or one that hears several chunks at once.
        part: The chunks.
        samples: The sound that they are cut from.
        activity: Where somebody speaks in it, and the gain it needs.
        options: How to listen.
    """
    spoken = regions(activity, options=options.regions)
    gain_db = activity.gain_db if options.level else 0.0

    def sound(chunk: Chunk) -> NDArray[np.float32]:
        return apply(samples.read(chunk.span.start_ms, chunk.span.end_ms), gain_db)

    for chunk, first in listen(engine, part, sound, language=options.asked):
        yield (
            chunk,
            hear(
                engine,
                first,
                partial(sound, chunk),
                voice_in(activity, spoken, chunk.span),
                language=options.asked,
                options=options.guards,
            ),
        )


def hear(
    engine: Transcriber,
    said: Iterable[RawWord | Word],
    sound: Callable[[], NDArray[np.float32]],
    voice: Voice,
    *,
    language: str,
    options: GuardOptions,
) -> Heard:
    """The words of one chunk.

    Where they loop, or are far fewer than the speech, and the engine can listen again with other
    settings (`protocols.SecondTry`), the first words that do not are taken, or that are twice as
    many; where none helps, a loop is cut.

    Args:
        engine: The recogniser.
        said: What it said of the chunk, times in ms from the chunk's start.
        sound: Reads the chunk, to listen again: float32, 16 kHz mono, shape [n].
        voice: Where the chunk lies, and what the voice detector heard there.
        language: A BCP 47 tag, or empty.
        options: Which guards stand.
    """
    words, repairs = guard(said, span=voice.span, speech=voice.regions)
    again: tuple[Finding, ...] = ()
    loops = options.loops and is_looping(words)
    if loops or (options.omissions and is_sparse(words, voice)):
        fits = _speaks if loops else partial(_says_more, words, voice)
        better = _heard_again(engine, sound, voice, language, fits)
        if better is not None:
            again = (retried(words, voice, "loops" if loops else "omissions"),)
            words, repairs = better
    kept, findings = inspect(words, voice, language=language, options=options)
    return Heard(words=kept, repairs=repairs, findings=again + findings)


def _speaks(other: Sequence[Word]) -> bool:
    return bool(other)


def _says_more(words: Sequence[Word], voice: Voice, other: Sequence[Word]) -> bool:
    """Whether an attempt has at least twice what was said, and enough for the speech there."""
    return amount(other) >= 2 * amount(words) and not is_sparse(other, voice)


def _heard_again(
    engine: Transcriber,
    sound: Callable[[], NDArray[np.float32]],
    voice: Voice,
    language: str,
    fits: Callable[[Sequence[Word]], bool],
) -> tuple[tuple[Word, ...], Repairs] | None:
    """The first words of another attempt that do not loop, and that fit."""
    listen = getattr(engine, "transcribe_again", None)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        anew = listen(sound(), language=language, attempt=attempt) if listen else None
        if anew is None:
            return None
        other, mended = guard(anew, span=voice.span, speech=voice.regions)
        if fits(other) and not is_looping(other):
            return other, mended
    return None


def voice_in(activity: Activity, spoken: Sequence[Span], span: Span) -> Voice:
    """What the voice detector heard in a stretch.

    Args:
        activity: The probabilities of the whole sound.
        spoken: Its stretches of speech, sorted.
        span: The stretch asked for.
    """
    first = max(0, span.start_ms - activity.offset_ms) // activity.frame_ms
    last = max(0, span.end_ms - activity.offset_ms) // activity.frame_ms + 1
    return Voice(
        span=span,
        regions=tuple(
            region
            for region in spoken
            if overlap_ms(span.start_ms, span.end_ms, region.start_ms, region.end_ms)
        ),
        frames=activity.probabilities[first:last],
        frame_ms=activity.frame_ms,
    )
