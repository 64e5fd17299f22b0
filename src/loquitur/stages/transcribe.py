"""transcribe: sound to words, chunk by chunk; a finished part is never decoded again."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from loquitur.codec import decode, encode
from loquitur.model.media import Audio
from loquitur.model.speech import Activity, Passage, Words
from loquitur.speech.guards import add_repairs
from loquitur.speech.hearing import AUTO, HearOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from loquitur.protocols import Samples, Work
    from loquitur.speech.chunks import Chunk

VERSION = 2
ENGINE = "asr"
RESULT = Words
INPUTS = {"audio": "decode", "activity": "detect"}
UNDETERMINED = "und"  # BCP 47's word for a language nobody told


Options = HearOptions


def run(work: Work) -> Words:
    """The words of the whole sound, in media time."""
    from loquitur.speech.chunks import group, join, split
    from loquitur.speech.hearing import to_hear

    options: Options = work.options
    samples = work.samples(work.take("audio", Audio))
    activity = work.take("activity", Activity)
    chunks = split(to_hear(activity, samples, options), samples, options=options.cutting)
    heard: list[tuple[Chunk, Words]] = []
    for number, part in enumerate(group(chunks, part_ms=options.part_ms)):
        make = partial(_transcribed, part, samples, activity, work)
        data = work.parts.fetch(_name(number, part), make)
        lines = data.split(b"\n")
        heard.extend((chunk, decode(line, Words)) for chunk, line in zip(part, lines, strict=True))
        work.progress(part[-1].core.end_ms, samples.end_ms)
    return Words(
        words=join((chunk, words.words) for chunk, words in heard),
        language=_most([words for _, words in heard]) or _language(work),
        engine=work.stamp,
        repairs=add_repairs(*(words.repairs for _, words in heard)),
        passages=_passages(heard) if options.context_ms == 0 else (),
        findings=tuple(finding for _, words in heard for finding in words.findings),
    )


def _passages(heard: list[tuple[Chunk, Words]]) -> tuple[Passage, ...]:
    """What each chunk said, for `align`: without context no word is another chunk's."""
    return tuple(
        Passage(start_ms=chunk.span.start_ms, end_ms=chunk.span.end_ms, count=len(words.words))
        for chunk, words in heard
        if words.words
    )


def _name(number: int, part: tuple[Chunk, ...]) -> str:
    """What a part is stored under: it tells the chunks, so that it never meets others."""
    first, last = part[0].span, part[-1].span
    return f"{number}-{first.start_ms}-{last.end_ms}-{len(part)}"


def _transcribed(
    part: tuple[Chunk, ...], samples: Samples, activity: Activity, work: Work
) -> bytes:
    """The words of each chunk of a part, one artifact a line."""
    from loquitur.speech.activity import regions
    from loquitur.speech.hearing import hear, voice_in
    from loquitur.speech.listening import listen
    from loquitur.speech.loudness import apply

    options: Options = work.options
    spoken = regions(activity, options=options.regions)
    gain_db = activity.gain_db if options.level else 0.0
    language = _asked(options.language)

    def sound(chunk: Chunk) -> NDArray[np.float32]:
        return apply(samples.read(chunk.span.start_ms, chunk.span.end_ms), gain_db)

    lines = []
    for chunk, first in listen(work.engine, part, sound, language=language):
        said = hear(
            work.engine,
            first,
            partial(sound, chunk),
            voice_in(activity, spoken, chunk.span),
            language=language,
            options=options.guards,
        )
        lines.append(
            encode(
                Words(
                    words=said.words,
                    language=_language(work),
                    engine=work.stamp,
                    repairs=said.repairs,
                    findings=said.findings,
                )
            )
        )
        work.progress(chunk.core.end_ms, samples.end_ms)
    return b"\n".join(lines)


def _asked(language: str) -> str:
    return "" if language == AUTO else language


def _language(work: Work) -> str:
    """The language asked for, else the engine's only one, else what it found in the last chunk."""
    asked: str = _asked(work.options.language)
    known: tuple[str, ...] = work.engine.languages
    found: str = getattr(work.engine, "detected", "") or UNDETERMINED
    return asked or (known[0] if len(known) == 1 else found)


def _most(heard: list[Words]) -> str:
    """The language of most words; empty where there are none."""
    count: Counter[str] = Counter()
    for words in heard:
        count[words.language] += len(words.words)
    return count.most_common(1)[0][0] if count.total() else ""
