"""Words x turns x feelings -> utterances: who spoke what, when, and in what mood."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from loquitur.model.speech import Speaker, SpokenWord, Transcript, Utterance
from loquitur.speech.assignment import assign
from loquitur.speech.moods import summarize
from loquitur.timing import overlap_ms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from loquitur.model.media import MediaRef
    from loquitur.model.speech import Feeling, Feelings, Provenance, Turn, Turns, Word, Words

    Numbers = NDArray[np.int64]

ONLY_SPEAKER = "SPEAKER_00"
TAKEN_MS = 300
"""A pause in which another one speaks ends an utterance; a shorter one is between two words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeaveOptions:
    """How words become utterances.

    Args:
        pause_ms: A silence of at least this length between words begins a new utterance.
        overlap_ms: How much of another speaker's turn must lie on a word for the word to name that
            speaker in `overlap` (the whole word, where it is shorter). The default is one frame
            of the coarsest word clock we have (Parakeet: 80 ms).
        flip_ms: A single word shorter than this whose two neighbours belong to one other speaker
            and are nearer than this is given to them. 0, the default, is never: such words are
            as often a listener's "yes" as an error of the diarizer, and the rule of the
            midpoint should stay checkable.
    """

    pause_ms: int = 2_000
    overlap_ms: int = 80
    flip_ms: int = 0

    def __post_init__(self) -> None:
        if self.pause_ms <= 0 or self.overlap_ms <= 0 or self.flip_ms < 0:
            raise ValueError(f"weave lengths must be positive: {self}")


def weave(
    words: Words,
    turns: Turns | None = None,
    feelings: Feelings | None = None,
    *,
    media: MediaRef,
    duration_ms: int | None = None,
    provenance: tuple[Provenance, ...] = (),
    notes: tuple[str, ...] = (),
    options: WeaveOptions | None = None,
) -> Transcript:
    """Weave a transcript; nothing given is changed, and the order of equal starts is no matter.

    A word belongs to the turn that holds its midpoint, else to the turn that overlaps it most,
    else to the nearest, earlier first (`speech.assignment`). It takes the feeling of its speaker by
    the same rule, else, where that speaker has none, anybody's. A new utterance begins at another
    speaker, at a pause and where the feeling's label changes; its feeling is, of those its words
    took, the one that overlaps it most.

    Words that say whose they are (`Words.speakers`) belong to that speaker. Two such speakers may
    speak at once: then each has an utterance of their own, and neither is cut at every word of the
    other; it ends where another one speaks in a pause of at least `TAKEN_MS`.

    Args:
        words: What is said.
        turns: Who speaks when; without any turn all words are by `SPEAKER_00`.
        feelings: In what mood, or None.
        media: The medium.
        duration_ms: Its length; without it the container's word, else the end of the last word.
        provenance: What the stages before say of themselves, passed through.
        notes: What a reader should know; the turns' own notes are added.
        options: The lengths that decide; the defaults where None.

    Returns:
        Speakers in order of first appearance among the turns (all of them, so that none whom the
        diarizer heard is lost), utterances in order of their first words.
    """
    options = options or WeaveOptions()
    heard = _heard(turns, words.speakers)
    moods = sorted(feelings.feelings, key=_feeling_order) if feelings else []
    # None of what is made here can be garbage yet; the collector would walk it several times.
    with _collector_at_rest():
        utterances = tuple(_utterances(words, heard, moods, options))
    # the only speaker is an assumption, and where nobody speaks there is nobody
    labels = heard.labels if utterances or (turns and turns.turns) else ()
    summaries = summarize(moods)
    return Transcript(
        media_id=media.media_id,
        title=media.title,
        language=words.language,
        duration_ms=_duration(duration_ms, media, utterances),
        speakers=tuple(Speaker(id=label, mood=summaries.get(label)) for label in labels),
        utterances=utterances,
        provenance=provenance,
        notes=tuple(dict.fromkeys(notes + (turns.notes if turns else ()))),
        source=media.source,
        video_id=media.video_id,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Heard:
    """The turns as columns in one order, whatever order they came in: start, end, speaker.

    `labels` are the speakers by first appearance; `speakers` has an index into it per turn, and
    `own` one per word where the words say whose they are.
    """

    labels: tuple[str, ...]
    speakers: Numbers
    starts: Numbers
    ends: Numbers
    own: Numbers | None = None


def _heard(turns: Turns | None, said_by: tuple[str, ...] = ()) -> _Heard:
    ordered = sorted(turns.turns, key=attrgetter("start_ms", "end_ms", "speaker")) if turns else []
    codes: dict[str, int] = {}
    speakers = np.array([codes.setdefault(turn.speaker, len(codes)) for turn in ordered], np.int64)
    starts, ends = _columns(ordered)
    own = [codes.setdefault(speaker, len(codes)) for speaker in said_by]
    return _Heard(
        labels=tuple(codes) or (ONLY_SPEAKER,),
        speakers=speakers,
        starts=starts,
        ends=ends,
        own=np.array(own, np.int64) if said_by else None,
    )


def _utterances(
    said: Words, heard: _Heard, moods: list[Feeling], options: WeaveOptions
) -> Iterable[Utterance]:
    words = said.words
    if not words:
        return ()
    starts, ends = _columns(words)
    speakers, overlaps = _voices(starts, ends, heard, options)
    taken = _moods_of_words(starts, ends, speakers, heard.labels, moods)
    labels = _mood_codes(moods)[taken]
    spoken = _spoken(words, overlaps)
    if heard.own is None:
        cuts = _cuts(starts, ends, speakers, labels, options.pause_ms)
        return _cut_up(spoken, (starts, ends, speakers, taken), cuts, heard, moods)
    order = np.lexsort((starts, speakers))
    starts, ends, speakers, taken = (column[order] for column in (starts, ends, speakers, taken))
    cuts = _cuts_apart(starts, ends, speakers, labels[order], options.pause_ms)
    ordered = [spoken[index] for index in order.tolist()]
    found = _cut_up(ordered, (starts, ends, speakers, taken), cuts, heard, moods)
    return sorted(found, key=attrgetter("start_ms", "end_ms", "speaker"))


def _cut_up(
    spoken: list[SpokenWord],
    columns: tuple[Numbers, Numbers, Numbers, Numbers],
    cuts: Numbers,
    heard: _Heard,
    moods: list[Feeling],
) -> Iterator[Utterance]:
    """The utterances between cuts; columns are starts, ends, speakers, and feelings taken."""
    starts, ends, speakers, taken = columns
    for (begin, end), start_ms, end_ms, speaker, feeling in zip(
        pairwise(cuts.tolist()),
        starts[cuts[:-1]].tolist(),
        np.maximum.reduceat(ends, cuts[:-1]).tolist(),
        speakers[cuts[:-1]].tolist(),
        _moods_of_utterances(starts, ends, cuts, taken, moods),
        strict=True,
    ):
        yield Utterance(
            start_ms=start_ms,
            end_ms=end_ms,
            speaker=heard.labels[speaker],
            words=tuple(spoken[begin:end]),
            feeling=feeling,
        )


def _columns(spans: Sequence[Word] | Sequence[Turn] | Sequence[Feeling]) -> tuple[Numbers, Numbers]:
    return (
        np.fromiter(map(attrgetter("start_ms"), spans), np.int64, len(spans)),
        np.fromiter(map(attrgetter("end_ms"), spans), np.int64, len(spans)),
    )


def _voices(
    starts: Numbers, ends: Numbers, heard: _Heard, options: WeaveOptions
) -> tuple[Numbers, list[tuple[str, ...]]]:
    """The speaker of each word, as an index into the labels, and who else speaks meanwhile."""
    count = len(starts)
    overlaps: list[tuple[str, ...]] = [()] * count
    if not len(heard.starts):
        alone = np.zeros(count, np.int64) if heard.own is None else heard.own
        return alone, overlaps
    assignment = assign(starts, ends, heard.starts, heard.ends)
    by_turn = heard.speakers[assignment.span]
    speakers = heard.own
    if speakers is None:
        speakers = _unflip(by_turn, starts, ends, options.flip_ms)
    sizes = np.fromiter(map(len, assignment.meetings), np.int64, len(assignment.meetings))
    rows = np.flatnonzero((sizes[assignment.meeting] > 1) | (speakers != by_turn))
    columns = (rows, assignment.meeting[rows], assignment.straddling[rows], speakers[rows])
    table: dict[tuple[int, int], tuple[str, ...]] = {}
    codes, turn_starts, turn_ends = (
        heard.speakers.tolist(),
        heard.starts.tolist(),
        heard.ends.tolist(),
    )
    for row, meeting, straddling, speaker in zip(*(c.tolist() for c in columns), strict=True):
        others = table.get((meeting, speaker))
        if others is None:
            met: Iterable[int] = assignment.meetings[meeting]
            if straddling:  # the others lie wholly inside the turns they meet
                start, end = int(starts[row]), int(ends[row])
                least = min(options.overlap_ms, end - start)
                met = [
                    turn
                    for turn in met
                    if overlap_ms(start, end, turn_starts[turn], turn_ends[turn]) >= least
                ]
            present = sorted({codes[turn] for turn in met} - {speaker})
            others = table[meeting, speaker] = tuple(heard.labels[code] for code in present)
        overlaps[row] = others
    return speakers, overlaps


def _unflip(speakers: Numbers, starts: Numbers, ends: Numbers, flip_ms: int) -> Numbers:
    """Give short lone words to their neighbours, from left to right; a new array."""
    if not flip_ms or len(speakers) < 3:
        return speakers
    short = ends - starts < flip_ms
    close = starts[1:] - ends[:-1] < flip_ms
    candidates = 1 + np.flatnonzero(
        short[1:-1] & close[:-1] & close[1:] & (speakers[1:-1] != speakers[2:])
    )
    result = speakers.copy()
    for index in candidates.tolist():
        if result[index - 1] == result[index + 1]:
            result[index] = result[index + 1]
    return result


def _feeling_order(feeling: Feeling) -> tuple[object, ...]:
    return (
        feeling.start_ms,
        feeling.end_ms,
        feeling.label,
        feeling.speaker or "",
        feeling.score,
        feeling.scores,
        feeling.source,
        feeling.confidence,
    )


def _moods_of_words(
    starts: Numbers, ends: Numbers, speakers: Numbers, labels: tuple[str, ...], moods: list[Feeling]
) -> Numbers:
    """The index of the feeling each word takes; zeros where there is no feeling at all."""
    taken = np.zeros(len(starts), np.int64)
    if not moods:
        return taken
    mood_starts, mood_ends = _columns(moods)
    own: dict[str | None, list[int]] = {}
    for index, mood in enumerate(moods):
        own.setdefault(mood.speaker, []).append(index)
    by_speaker = np.argsort(speakers, kind="stable")
    borders = 1 + np.flatnonzero(np.diff(speakers[by_speaker]))
    for rows in np.split(by_speaker, borders):
        choice = np.array(own.get(labels[speakers[rows[0]]], range(len(moods))), np.int64)
        found = assign(starts[rows], ends[rows], mood_starts[choice], mood_ends[choice])
        taken[rows] = choice[found.span]
    return taken


def _mood_codes(moods: list[Feeling]) -> Numbers:
    codes: dict[str, int] = {}
    return np.array([codes.setdefault(mood.label, len(codes)) for mood in moods] or [0], np.int64)


def _cuts(
    starts: Numbers, ends: Numbers, speakers: Numbers, labels: Numbers, pause_ms: int
) -> Numbers:
    """Where utterances begin, and the number of words at the end.

    A pause is silence: it begins where the last of all words so far ends.
    """
    silence = starts[1:] - np.maximum.accumulate(ends)[:-1]
    new = (silence >= pause_ms) | (speakers[1:] != speakers[:-1]) | (labels[1:] != labels[:-1])
    return np.concatenate(([0], 1 + np.flatnonzero(new), [len(starts)]))


def _cuts_apart(
    starts: Numbers, ends: Numbers, speakers: Numbers, labels: Numbers, pause_ms: int
) -> Numbers:
    """Where utterances begin in words sorted by speaker, and the number of words at the end."""
    apart = speakers * (int(ends.max()) + pause_ms)  # no speaker's words reach into another's
    cuts = _cuts(starts + apart, ends + apart, speakers, labels, pause_ms)
    middles = np.sort((starts + ends) // 2)
    between = np.searchsorted(middles, starts[1:], "left") > np.searchsorted(middles, ends[:-1])
    pauses = starts[1:] - ends[:-1] >= TAKEN_MS
    return np.union1d(cuts, 1 + np.flatnonzero(between & pauses))


def _moods_of_utterances(
    starts: Numbers, ends: Numbers, cuts: Numbers, taken: Numbers, moods: list[Feeling]
) -> list[Feeling | None]:
    """Of the feelings that an utterance's words took, the one that overlaps it most."""
    if not moods:
        return [None] * (len(cuts) - 1)
    first, last = (way.reduceat(taken, cuts[:-1]) for way in (np.minimum, np.maximum))
    found: list[Feeling | None] = [moods[index] for index in first.tolist()]
    utterance_ends = np.maximum.reduceat(ends, cuts[:-1])
    for row in np.flatnonzero(first != last).tolist():
        begin, end = cuts[row : row + 2].tolist()
        start_ms, end_ms = int(starts[begin]), int(utterance_ends[row])
        candidates = [moods[index] for index in sorted(set(taken[begin:end].tolist()))]
        shared = [overlap_ms(start_ms, end_ms, one.start_ms, one.end_ms) for one in candidates]
        found[row] = candidates[shared.index(max(shared))]
    return found


def _spoken(words: tuple[Word, ...], overlaps: list[tuple[str, ...]]) -> list[SpokenWord]:
    """The words with who else speaks, their fields set directly.

    The constructor would cost more than all the rest of the weaving. The one promise it checks,
    `0 <= start_ms < end_ms`, was checked when the `Word` was made.
    """
    new, cls = object.__new__, SpokenWord
    names = ("start_ms", "end_ms", "text", "confidence", "timing", "overlap")
    start, end, text, confidence, timing, overlap = (cls.__dict__[name].__set__ for name in names)

    spoken = []
    for word, others in zip(words, overlaps, strict=True):
        made = new(cls)
        start(made, word.start_ms)
        end(made, word.end_ms)
        text(made, word.text)
        confidence(made, word.confidence)
        timing(made, word.timing)
        overlap(made, others)
        spoken.append(made)
    return spoken


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _duration(duration_ms: int | None, media: MediaRef, utterances: tuple[Utterance, ...]) -> int:
    if duration_ms is not None:
        return duration_ms
    if media.duration_ms is not None:
        return media.duration_ms
    return max((utterance.end_ms for utterance in utterances), default=0)
