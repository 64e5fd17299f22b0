"""Conversations out of files that tell who speaks.

Transcripts and captions with voices hold one each; the formats of diarization (RTTM, STM, SegLST)
may hold several recordings.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur import formats
from loquitur.errors import InputError, UsageError, near
from loquitur.evaluation import reading
from loquitur.evaluation.entries import in_order
from loquitur.formats.voices import speaker_of
from loquitur.insight.conversation.floor import Limits
from loquitur.insight.conversation.talk import Talk, laughs_in, measure
from loquitur.insight.links import origin_of
from loquitur.insight.spoken.fragments import Fragment, Spoken
from loquitur.insight.spoken.reading import read_spoken
from loquitur.model.speech import SpokenWord, Transcript
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.evaluation.entries import Entry, Sheet

_DIARIZED = (".rttm", ".stm", ".seglst.json")
_HEAD_BYTES = 4096
_SEGLST = re.compile(rb'\A(?:\xef\xbb\xbf)?\s*\[\s*\{[^{}]*"session_id"')
_MANY_NAMED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """What was said in one recording, and what a reader should know of its source.

    `laughs` are the marks of laughter by speaker, where they do not stand in the text; None where
    they do, if anywhere.
    """

    spoken: Spoken
    notes: tuple[str, ...] = ()
    laughs: Mapping[str, int] | None = None


def voices(
    given: str | Path | Spoken | Transcript,
    *,
    recording: str = "",
    video_id: str = "",
    language: str = "",
    limits: Limits | None = None,
) -> Talk:
    """Who speaks how long, how the floor goes round, who answers whom, who felt how.

    ```python
    talk = lq.insight.voices("meeting.json")
    talk.speakers[0].words_per_min;  talk.table().to_pandas();  talk.floor.turns
    ```

    Args:
        given: A file (a transcript of `loquitur run`, captions with voices, RTTM, STM, SegLST), or
            what was read or made of one.
        recording: Which, where a file has several.
        video_id: Of YouTube, for links, where the file does not say it.
        language: BCP 47 tag, where the file does not say it.
        limits: Where pauses, backchannels and interruptions begin (see `conversation.floor`).

    Raises:
        InputError: It cannot be read, tells no times, or has several recordings.
        UsageError: It has no such recording.
        MissingError: The format needs a package that is not installed.
    """
    if isinstance(given, Spoken):
        return measure(_timed(given), limits=limits)
    if isinstance(given, Transcript):
        return measure(spoken_of(given), limits=limits, notes=given.notes)
    found = conversations(given, video_id=video_id, language=language)
    chosen = _chosen(found, recording, str(given))
    return measure_all([chosen], limits=limits)[0]


def conversations(
    path: str | Path, *, video_id: str = "", language: str = ""
) -> tuple[Conversation, ...]:
    """The conversations of a file, one for each recording in it.

    Args:
        path: As in `voices`.
        video_id: Of YouTube, for links; where there is one recording.
        language: BCP 47 tag; empty for what the file says.

    Raises:
        InputError: It cannot be read, is not of its format, or tells no times.
        MissingError: The format needs a package that is not installed.
    """
    place = Path(path)
    if place.name.lower().endswith(_DIARIZED) or _is_seglst(place):
        return _of_sheet(reading.read(place, turns=True), place, video_id)
    spoken = read_spoken(place, video_id=video_id, language=language)
    laughs = _laughs_of_track(place) if spoken.source == "captions" else None
    long = tuple(one for one in _timed(spoken).fragments if one.end_ms - one.start_ms > 1)
    notes = _dropped(len(spoken.fragments) - len(long), "length")
    return (Conversation(spoken=replace(spoken, fragments=long), notes=notes, laughs=laughs),)


def measure_all(found: Sequence[Conversation], *, limits: Limits | None = None) -> tuple[Talk, ...]:
    """Each conversation in figures."""
    return tuple(
        measure(one.spoken, limits=limits, notes=one.notes, laughs=one.laughs) for one in found
    )


def spoken_of(transcript: Transcript) -> Spoken:
    """A transcript of this package as what was said; speakers by name where they have one."""
    names = {one.id: one.name or one.id for one in transcript.speakers}
    return Spoken(
        name=transcript.title,
        title=transcript.title,
        fragments=tuple(
            Fragment(
                start_ms=said.start_ms,
                end_ms=said.end_ms,
                text=said.text,
                speaker=names.get(said.speaker, said.speaker),
                feeling=said.feeling,
                words=said.words,
            )
            for said in sorted(transcript.utterances, key=lambda one: (one.start_ms, one.end_ms))
        ),
        language=transcript.language or "und",
        origin=origin_of(video_id=transcript.video_id),
        source="transcript",
        video_id=transcript.video_id,
        duration_ms=transcript.duration_ms or None,
    )


def _timed(spoken: Spoken) -> Spoken:
    if not spoken.times_known:
        raise InputError(
            f"{display(spoken.name)}: no times, expected to know when each speaks",
            hint="give a transcript, captions with voices, or RTTM",
        )
    return spoken


def _is_seglst(path: Path) -> bool:
    """Whether a file of the general suffix is SegLST; what cannot be read is told by its reader."""
    if path.suffix.lower() != ".json":
        return False
    try:
        with path.open("rb") as file:
            return _SEGLST.match(file.read(_HEAD_BYTES)) is not None
    except OSError:
        return False


def _of_sheet(sheet: Sheet, path: Path, video_id: str) -> tuple[Conversation, ...]:
    if not sheet.entries:
        raise InputError(f"{display(str(path))}: nobody speaks in it")
    by_recording: dict[str, list[Entry]] = {}
    for entry in sheet.entries:
        by_recording.setdefault(entry.recording, []).append(entry)
    laughs = _laughs_of_rttm(path) if path.suffix.lower() == ".rttm" else {}
    found = []
    for recording, entries in by_recording.items():
        said = in_order(entries)
        timed = [one for one in said if one.start_ms is not None and one.end_ms is not None]
        if not timed:
            raise InputError(
                f"{display(str(path))}: recording '{display(recording)}' has no times",
                hint="expected start and end of each segment",
            )
        fragments = tuple(one for entry in timed if (one := _fragment(entry)) is not None)
        spoken = Spoken(
            name=path.name,
            title=recording or path.name,
            fragments=fragments,
            language=sheet.language or "und",
            origin=origin_of(video_id=video_id or None) if len(by_recording) == 1 else "",
            source="turns",
            video_id=video_id or None,
        )
        notes = (*sheet.notes, *_dropped(len(said) - len(timed), "time"),
                 *_dropped(len(timed) - len(fragments), "length"))  # fmt: skip
        found.append(Conversation(spoken=spoken, notes=notes, laughs=laughs.get(recording)))
    return tuple(found)


def _laughs_of_track(path: Path) -> Mapping[str, int]:
    """Marks of laughter by voice: what was said is read without sounds in brackets."""
    found: Counter[str] = Counter()
    for cue in formats.read(path).cues:
        count = laughs_in(cue.text)
        if count:
            found[speaker_of(cue)] += count
    return found


def _laughs_of_rttm(path: Path) -> Mapping[str, Mapping[str, int]]:
    """Rows `NON-LEX ... laugh SPEAKER` (RT-09 evaluation plan), of each recording that has some."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for _, line in reading.open_content(path).lines():
        fields = line.split()
        if len(fields) > 7 and fields[0] == "NON-LEX":
            found[fields[1]][fields[7]] += fields[6] == "laugh"
    return found


def _dropped(count: int, what: str) -> tuple[str, ...]:
    return (f"Stretches without {what} that were left out: {count}.",) if count else ()


def _fragment(entry: Entry) -> Fragment | None:
    """An entry; None where it is of no length."""
    if entry.start_ms is None or entry.end_ms is None or entry.end_ms <= entry.start_ms:
        return None
    return Fragment(
        start_ms=entry.start_ms,
        end_ms=entry.end_ms,
        text=" ".join(entry.text.split()),
        speaker=entry.speaker or None,
        words=tuple(
            SpokenWord(start_ms=word.start_ms, end_ms=word.end_ms, text=word.text)
            for word in entry.words
            if word.end_ms > word.start_ms
        ),
    )


def _chosen(found: Sequence[Conversation], recording: str, shown: str) -> Conversation:
    names = [one.spoken.title for one in found]
    if recording:
        if recording not in names:
            raise UsageError(
                f"{display(shown)} has no recording '{display(recording)}'",
                hint=near(recording, names),
            )
        return found[names.index(recording)]
    if len(found) > 1:
        listed = ", ".join(map(display, names[:_MANY_NAMED]))
        raise InputError(
            f"{display(shown)} has {len(found)} recordings: {listed}",
            hint="say which with recording=, or take `insight.conversation.analysis.conversations`",
        )
    return found[0]
