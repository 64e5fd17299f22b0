"""align: when the words were said that an engine gave no times, or all of a given script."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from loquitur.codec import decode, encode
from loquitur.errors import InputError
from loquitur.model.media import Audio
from loquitur.model.speech import Activity, Words
from loquitur.speech.guards import add_repairs, guard
from loquitur.timing import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.model.speech import Word
    from loquitur.protocols import Samples, Work
    from loquitur.speech.placing import Search
    from loquitur.speech.windows import Cast, Window

VERSION = 1
ENGINE = "alignment"
RESULT = Words
INPUTS = {"audio": "decode", "activity": "detect", "words": "transcribe"}
PART_MS = 120_000
UNDETERMINED = "und"
JUDGED_WORDS = 6  # fewer words, of script or sound, are too few to say that they do not fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is aligned.

    Args:
        always: Align every word, also where the recogniser gave times.
        script: The sha256 of a text in the store that is said in the sound; empty for none.
        least_match: The share of the script that must have been heard, 0..1; below it the script
            is refused as not of this sound. 0 refuses nothing. Measured with the embedded
            recogniser: texts of other sounds up to 0.06 (of ten words or more), right ones from
            0.17 (spontaneous speech, four of five words misheard) to 1.00.
    """

    always: bool = False
    script: str = ""
    least_match: float = 0.1

    def __post_init__(self) -> None:
        if not 0.0 <= self.least_match <= 1.0:
            raise ValueError(f"least_match is not within 0..1: {self.least_match}")


def run(work: Work) -> Words:
    """The words of the whole sound, in media time, each with a time of its own.

    Raises:
        InputError: The script is not of this sound.
    """
    from loquitur.speech.placing import in_order, notes_on
    from loquitur.speech.windows import of_passages, of_times

    heard = work.take("words", Words)
    samples = work.samples(work.take("audio", Audio))
    if work.options.script:
        laid = _laid(work, heard, samples)
        found = _placed(work, samples, laid.words, laid.windows, heard.language, laid)
        parts = list(found)
        return Words(
            words=tuple(in_order(word for _, part in parts for word in part.words)),
            language=heard.language,
            engine=work.stamp,
            repairs=add_repairs(*(part.repairs for _, part in parts)),
            findings=laid.findings,
            notes=tuple(notes_on(laid)),
            match=laid.match,
        )
    always = work.options.always
    windows = of_times(heard.words, end_ms=samples.end_ms) if always else of_passages(heard)
    words: list[Word] = list(heard.words)
    repairs = []
    texts = [word.text for word in words]
    for window, part in _placed(work, samples, texts, windows, heard.language):
        repairs.append(part.repairs)
        for at, word in enumerate(part.words, start=window.first):
            words[at] = replace(word, confidence=words[at].confidence)  # of what, not of when
    return Words(
        words=tuple(in_order(words)),
        language=heard.language,
        engine=work.stamp,
        repairs=add_repairs(*repairs),
    )


def _laid(work: Work, heard: Words, samples: Samples) -> Cast:
    """The script on what was heard, if it is of this sound at all."""
    from loquitur.speech.spelling import split_text
    from loquitur.speech.windows import cast

    script = split_text(work.text(work.options.script))
    bounds = Span(start_ms=samples.offset_ms, end_ms=max(samples.end_ms, samples.offset_ms + 1))
    laid = cast(script, heard, bounds=bounds)
    enough = min(len(script), len(heard.words)) >= JUDGED_WORDS
    if not laid.words or (enough and laid.match < work.options.least_match):
        raise InputError(
            f"the text is not of this sound: {laid.match:.0%} of it was heard there",
            hint="give the right text, or --set align.least_match=0 to align it all the same",
            code="LQ-NOT-THIS-TEXT",
        )
    return laid


def _placed(
    work: Work,
    samples: Samples,
    texts: Sequence[str],
    windows: Sequence[Window],
    language: str,
    laid: Cast | None = None,
) -> Iterator[tuple[Window, Words]]:
    """Each window with its words in media time; a finished part is never aligned again."""
    from loquitur.speech.placing import Search, in_parts

    search = Search(
        engine=work.engine,
        samples=samples,
        gain_db=work.take("activity", Activity).gain_db,
        texts=texts,
        language="" if language == UNDETERMINED else language,
        laid=laid,
    )
    for number, part in enumerate(in_parts(windows, part_ms=PART_MS)):
        name = f"{number}-{part[0].start_ms}-{part[-1].end_ms}-{len(part)}"
        data = work.parts.fetch(name, partial(_made, part, search, language, work))
        for window, line in zip(part, data.split(b"\n"), strict=True):
            yield window, decode(line, Words)
        work.progress(part[-1].end_ms, samples.end_ms)


def _made(part: Sequence[Window], search: Search, language: str, work: Work) -> bytes:
    """The words of each window of a part, one artifact a line."""
    lines = []
    for window in part:
        words, repairs = guard(search.find(window), span=window.span)
        found = Words(words=words, language=language, engine=work.stamp, repairs=repairs)
        lines.append(encode(found))
        work.progress(window.end_ms, search.samples.end_ms)
    return b"\n".join(lines)
