"""transcribe: sound to words, chunk by chunk; a finished part is never decoded again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from loquitur.codec import decode, encode
from loquitur.model.media import Audio
from loquitur.model.speech import Activity, Words
from loquitur.speech.guards import add_repairs, guard

if TYPE_CHECKING:
    from loquitur.protocols import Samples, Work
    from loquitur.speech.activity import RegionOptions
    from loquitur.speech.chunks import Chunk, ChunkOptions

VERSION = 1
ENGINE = "asr"
RESULT = Words
INPUTS = {"audio": "decode", "activity": "detect"}
AUTO = "auto"
UNDETERMINED = "und"  # BCP 47's word for a language nobody told


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is heard, and how it is cut up for the engine.

    Args:
        language: A BCP 47 tag, or `auto`.
        onset: Speech probability at which a region begins, 0..1.
        offset: Speech probability below which it ends.
        max_chunk_ms: The longest stretch an engine is given at once.
        part_ms: About how much sound is lost at most when a run is interrupted.
        level: Bring the sound to a common loudness, as `detect` measured it.
    """

    language: str = AUTO
    onset: float = 0.5
    offset: float = 0.35
    max_chunk_ms: int = 30_000
    part_ms: int = 120_000
    level: bool = True

    def __post_init__(self) -> None:
        _cutting(self)  # says what does not fit before anything runs
        if self.part_ms <= 0:
            raise ValueError(f"part_ms must be positive, not {self.part_ms}")


def run(work: Work) -> Words:
    """The words of the whole sound, in media time."""
    from loquitur.speech.activity import regions
    from loquitur.speech.chunks import group, join, split

    options: Options = work.options
    samples = work.samples(work.take("audio", Audio))
    activity = work.take("activity", Activity)
    region_options, chunk_options = _cutting(options)
    chunks = split(regions(activity, options=region_options), samples, options=chunk_options)
    gain_db = activity.gain_db if options.level else 0.0
    heard: list[tuple[Chunk, Words]] = []
    for number, part in enumerate(group(chunks, part_ms=options.part_ms)):
        make = partial(_transcribed, part, samples, gain_db, work)
        data = work.parts.fetch(_name(number, part), make)
        lines = data.split(b"\n")
        heard.extend((chunk, decode(line, Words)) for chunk, line in zip(part, lines, strict=True))
        work.progress(part[-1].core.end_ms, samples.end_ms)
    return Words(
        words=join((chunk, words.words) for chunk, words in heard),
        language=_language(work),
        engine=work.stamp,
        repairs=add_repairs(*(words.repairs for _, words in heard)),
    )


def _cutting(options: Options) -> tuple[RegionOptions, ChunkOptions]:
    """The part of the options that says how sound is cut up.

    Raises:
        ValueError: They contradict one another.
    """
    from loquitur.speech.activity import RegionOptions
    from loquitur.speech.chunks import ChunkOptions

    return (
        RegionOptions(onset=options.onset, offset=options.offset),
        ChunkOptions(max_chunk_ms=options.max_chunk_ms),
    )


def _name(number: int, part: tuple[Chunk, ...]) -> str:
    """What a part is stored under: it tells the chunks, so that it never meets others."""
    first, last = part[0].span, part[-1].span
    return f"{number}-{first.start_ms}-{last.end_ms}-{len(part)}"


def _transcribed(part: tuple[Chunk, ...], samples: Samples, gain_db: float, work: Work) -> bytes:
    """The words of each chunk of a part, one artifact a line."""
    from loquitur.speech.listening import listen
    from loquitur.speech.loudness import apply

    def sound(chunk: Chunk) -> Any:
        return apply(samples.read(chunk.span.start_ms, chunk.span.end_ms), gain_db)

    lines = []
    for chunk, said in listen(work.engine, part, sound, language=_asked(work.options.language)):
        words, repairs = guard(said, span=chunk.span)
        lines.append(
            encode(Words(words=words, language=_language(work), engine=work.stamp, repairs=repairs))
        )
        work.progress(chunk.core.end_ms, samples.end_ms)
    return b"\n".join(lines)


def _asked(language: str) -> str:
    return "" if language == AUTO else language


def _language(work: Work) -> str:
    """The language asked for, else the engine's only one, else undetermined."""
    asked: str = _asked(work.options.language)
    known: tuple[str, ...] = work.engine.languages
    return asked or (known[0] if len(known) == 1 else UNDETERMINED)
