"""transcribe: sound to words, chunk by chunk; a finished part is never decoded again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from loquitur.codec import decode, encode
from loquitur.model.media import Audio, Channels
from loquitur.model.speech import Activity, Lines, Passage, Words
from loquitur.speech.guards import add_repairs
from loquitur.speech.hearing import HearOptions

if TYPE_CHECKING:
    from loquitur.model.speech import Word
    from loquitur.protocols import Samples, Work
    from loquitur.speech.chunks import Chunk

VERSION = 2
ENGINE = "asr"
RESULT = Words
INPUTS = {"audio": "decode", "activity": "detect", "channels": "separate", "lines": "monitor"}
UNDETERMINED = "und"  # BCP 47's word for a language nobody told


Options = HearOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """What is heard as one: the mix, or the `number`-th of `count` channels."""

    sound: Audio
    activity: Activity
    number: int = 0
    count: int = 1

    def tell(self, work: Work, done_ms: int, total_ms: int) -> None:
        """Say how far the work on all channels is."""
        work.progress(self.number * total_ms + done_ms, self.count * total_ms)


def run(work: Work) -> Words:
    """The words of the whole sound, in media time; by channel, each with whose it is."""
    from loquitur.speech.chunks import join
    from loquitur.speech.crosstalk import speaker_of

    lines = _lines(work)
    heard: list[tuple[Chunk, Words]] = []
    said: list[tuple[int, Word]] = []
    for line in lines:
        own = _heard(work, line)
        heard += own
        said += [(line.number, word) for word in join((chunk, words.words) for chunk, words in own)]
    alone = len(lines) > 1
    if alone:  # what is said at once is all there, in the order of its starts
        said.sort(key=lambda item: (item[1].start_ms, item[0]))
    return Words(
        words=tuple(word for _, word in said),
        language=_most([words for _, words in heard]) or _language(work),
        engine=work.stamp,
        repairs=add_repairs(*(words.repairs for _, words in heard)),
        passages=_passages(heard) if work.options.context_ms == 0 and not alone else (),
        findings=tuple(finding for _, words in heard for finding in words.findings),
        speakers=tuple(speaker_of(number) for number, _ in said) if alone else (),
    )


def _lines(work: Work) -> list[_Line]:
    if work.options.by == "mix":
        return [_Line(sound=work.take("audio", Audio), activity=work.take("activity", Activity))]
    sounds, heard = work.take("channels", Channels).channels, work.take("lines", Lines).lines
    pairs = enumerate(zip(sounds, heard, strict=True))
    return [
        _Line(sound=sound, activity=activity, number=number, count=len(sounds))
        for number, (sound, activity) in pairs
    ]


def _heard(work: Work, line: _Line) -> list[tuple[Chunk, Words]]:
    """What is said in each chunk of a line."""
    from loquitur.speech.chunks import group, split
    from loquitur.speech.hearing import to_hear

    samples, options = work.samples(line.sound), work.options
    chunks = split(to_hear(line.activity, samples, options), samples, options=options.cutting)
    heard: list[tuple[Chunk, Words]] = []
    for number, part in enumerate(group(chunks, part_ms=options.part_ms)):
        make = partial(_transcribed, part, samples, line, work)
        data = work.parts.fetch(_name(line, number, part), make)
        lines = data.split(b"\n")
        heard.extend((chunk, decode(one, Words)) for chunk, one in zip(part, lines, strict=True))
        line.tell(work, part[-1].core.end_ms, samples.end_ms)
    return heard


def _passages(heard: list[tuple[Chunk, Words]]) -> tuple[Passage, ...]:
    """What each chunk said, for `align`: without context no word is another chunk's."""
    return tuple(
        Passage(start_ms=chunk.span.start_ms, end_ms=chunk.span.end_ms, count=len(words.words))
        for chunk, words in heard
        if words.words
    )


def _name(line: _Line, number: int, part: tuple[Chunk, ...]) -> str:
    """What a part is stored under: it tells the chunks, so that it never meets others."""
    first, last = part[0].span, part[-1].span
    channel = f"channel-{line.number}-" if line.count > 1 else ""
    return f"{channel}{number}-{first.start_ms}-{last.end_ms}-{len(part)}"


def _transcribed(part: tuple[Chunk, ...], samples: Samples, line: _Line, work: Work) -> bytes:
    """The words of each chunk of a part, one artifact a line."""
    from loquitur.speech.hearing import hear_all

    lines = []
    for chunk, said in hear_all(work.engine, part, samples, line.activity, work.options):
        words = Words(
            words=said.words,
            language=_language(work),
            engine=work.stamp,
            repairs=said.repairs,
            findings=said.findings,
        )
        lines.append(encode(words))
        line.tell(work, chunk.core.end_ms, samples.end_ms)
    return b"\n".join(lines)


def _language(work: Work) -> str:
    """The language asked for, else the engine's only one, else what it found in the last chunk."""
    asked: str = work.options.asked
    known: tuple[str, ...] = work.engine.languages
    found: str = getattr(work.engine, "detected", "") or UNDETERMINED
    return asked or (known[0] if len(known) == 1 else found)


def _most(heard: list[Words]) -> str:
    """The language of most words; empty where there are none."""
    count: Counter[str] = Counter()
    for words in heard:
        count[words.language] += len(words.words)
    return count.most_common(1)[0][0] if count.total() else ""
