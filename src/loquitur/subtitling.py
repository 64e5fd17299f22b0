"""Captions made of a transcript, and files cut anew, for whoever has one.

```python
track = lq.subtitle(result.transcript, rules="netflix")
better = lq.resegment("old.srt", options=lq.SegmentOptions(rules="vertical"))
```
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur import formats
from loquitur.captions import Reading, read
from loquitur.errors import InputError
from loquitur.formats.words import read_words
from loquitur.languages import primary
from loquitur.markup import write
from loquitur.markup.nodes import mapped
from loquitur.model.captions import CaptionTrack
from loquitur.speech.punctuation import is_punctuated, restore
from loquitur.subtitles.guessing import likely_language
from loquitur.subtitles.recut import recut, words_of
from loquitur.subtitles.rolling import unrolled
from loquitur.subtitles.rules import DEFAULT_RULES
from loquitur.subtitles.segment import SegmentOptions
from loquitur.subtitles.segment import segment as cut_transcript
from loquitur.subtitles.units import TimedText
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.model.captions import Block, Cue, Diagnostic
    from loquitur.model.speech import Transcript

_TOKEN = re.compile(r"\S+")
_DASH = re.compile(r"[-\u2010-\u2015](?=\S)")
_DASH_ALONE = re.compile(r"[-\u2010-\u2015]")


def subtitle(
    transcript: Transcript,
    *,
    rules: str = DEFAULT_RULES,
    audience: str = "",
    dialogues: bool = True,
    karaoke: bool = False,
    cuts: Sequence[int] = (),
) -> CaptionTrack:
    """Captions of a transcript, cut and timed as a guideline asks.

    Args:
        transcript: What was said.
        rules: The guideline (`netflix`, `bbc`, `vertical` ...), or the path of a TOML file.
        audience: One of the guideline's; empty for its first.
        dialogues: Whether two speakers of a short exchange share a cue behind dashes.
        karaoke: Whether each word has its moment before it.
        cuts: Where the picture changes, ms: starts and ends heed them.

    Raises:
        UsageError: There is no such guideline or audience.
    """
    options = SegmentOptions(rules=rules, audience=audience)
    return cut_transcript(
        transcript,
        limits=options.limits(transcript.language),
        cuts=cuts,
        dialogues=dialogues,
        karaoke=karaoke,
    )


def resegment(
    path: str | Path,
    *,
    options: SegmentOptions | None = None,
    reading: Reading | None = None,
    punctuate: bool = False,
    cuts: Sequence[int] = (),
) -> CaptionTrack:
    """A file's words cut into captions anew: every word once, in order.

    Args:
        path: Captions (their words share a cue's time where they have none of their own; rolling
            lines are made whole first), or words with times: a transcript of this package, json3,
            CTM, a list of `[text, start_s, end_s]`, the JSON of Whisper, WhisperX, Deepgram or
            AssemblyAI.
        options: The guideline and what stands in its place.
        reading: How the file is read. Where neither it nor the file says the language, that is
            found out by script and small words.
        punctuate: Whether the marks and capitals by which words without any are cut are shown too
            (English).
        cuts: Where the picture changes, ms.

    Raises:
        InputError: It cannot be read, or holds no words.
        UsageError: There is no such format or guideline.
    """
    chosen, told = options or SegmentOptions(), reading or Reading()
    found = _words(Path(path), told)
    language = told.language or found.language or likely_language(one.text for one in found.words)
    if not found.words:
        raise InputError(f"{display(str(path))} holds no words")
    # words without marks are cut by marks that are thought in, whether these are shown or not
    words = _punctuated(found.words, language)
    cues = recut(
        words,
        limits=chosen.limits(language),
        language=language,
        cuts=cuts,
        dialogues=chosen.dialogues,
        inner_times=chosen.karaoke,
    )
    if words is not found.words and not punctuate:
        cues = _as_said(cues, found.words)
    blocks = tuple(replace(block, before=0) for block in found.blocks if block.kind != "dropped")
    return CaptionTrack(language=language, cues=cues, blocks=blocks, diagnostics=found.diagnostics)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    """The words of a file, and what else of it goes into new captions."""

    words: Sequence[TimedText]
    language: str = ""
    blocks: tuple[Block, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def _words(path: Path, told: Reading) -> _Words:
    """Captions keep their voices and tags; lists of words are read by whoever knows their shape."""
    named = told.form or formats.format_of(path)
    if named and named not in ("json", "json3", "ctm", "txt") and formats.find(named).reader:
        track = unrolled(
            read(path, form=named, language=told.language, encoding=told.encoding, fps=told.fps)
        )
        return _Words(
            words=words_of(track.track),
            language=track.track.language,
            blocks=track.track.blocks,
            diagnostics=track.track.diagnostics,
        )
    timed = read_words(path, form=told.form, language=told.language, encoding=told.encoding)
    words = [
        TimedText(
            start_ms=word.start_ms,
            end_ms=word.end_ms,
            text=word.text,
            voice=word.speaker,
            joined=word.glued,
        )
        for word in timed.words
    ]
    return _Words(words=words, language=timed.language, diagnostics=timed.diagnostics)


def _as_said(cues: Sequence[Cue], words: Sequence[TimedText]) -> tuple[Cue, ...]:
    """Cues with their words as they were before marks and capitals were thought in."""
    tokens = [token for word in words for token in word.text.split()]
    tokens.reverse()

    def told(match: re.Match[str]) -> str:
        shown = match[0]
        if not tokens or (_DASH_ALONE.fullmatch(shown) and tokens[-1] != shown):
            return shown
        return _said(shown, tokens.pop())

    def restored(text: str) -> str:
        return _TOKEN.sub(told, text)

    return tuple(
        replace(cue, payload=write(mapped(cue.tree, restored), "vtt")[0], notation="vtt")
        for cue in cues
    )


def _said(shown: str, told: str) -> str:
    """The word as it was told, behind the dash of a dialogue where one was put before it."""
    dash = _DASH.match(shown)
    return (dash[0] if dash and not _DASH.match(told) else "") + told


def _punctuated(words: Sequence[TimedText], language: str) -> Sequence[TimedText]:
    """The words with marks and capitals; as they are where they have some, or are not English."""
    texts = [word.text for word in words]
    single = all(len(text.split()) == 1 for text in texts)
    if primary(language) != "en" or not single or is_punctuated(texts):
        return words
    pairs = list(itertools.pairwise(words))
    gaps: list[int | None] = [after.start_ms - word.end_ms for word, after in pairs]
    ends = [at for at, (word, after) in enumerate(pairs) if word.voice != after.voice]
    marked = restore(texts, language=language, gaps_ms=[*gaps, None], ends=ends)
    return [replace(word, text=text) for word, text in zip(words, marked, strict=True)]
