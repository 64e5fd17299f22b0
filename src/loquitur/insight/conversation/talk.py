"""A conversation in figures: who speaks how long, how the floor goes round, who felt how."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING, Any

from loquitur.insight.account import Told
from loquitur.insight.conversation import tables
from loquitur.insight.conversation.answering import Answers, answers_of, evenness
from loquitur.insight.conversation.feelings import (
    MoodCurve,
    MoodTime,
    mood_curve,
    mood_time,
    strange_labels,
    window_for,
)
from loquitur.insight.conversation.floor import (
    Floor,
    FloorTurn,
    Limits,
    Stretch,
    floor_of,
    length_ms,
    shared,
    united,
)
from loquitur.insight.tokens import tokens
from loquitur.insight.unevenness import gini

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from loquitur.insight.account import Account
    from loquitur.insight.spoken.fragments import Fragment, Spoken
    from loquitur.tables.table import Table

MOST_ANSWERING = 40
"""The matrix of who answers whom has so many rows at most: of those with the most turns."""
_LAUGHTER = re.compile(
    r"[\[(<{*](?:[^\])>}*]{0,20}\b)?"
    r"(?:laugh\w*|giggl\w*|chuckl\w*|lacht|lachen|gelächter|rires?|rit|risas?|risos|risate|웃음|笑\w*)"
    r"[^\])>}*]{0,20}[\])>}*]",
    re.IGNORECASE,
)
"""How transcripts mark laughter: the word in brackets, in the languages of this package's rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerTalk:
    """One speaker. Times are ms; None is what cannot be told.

    Args:
        name: Name or label.
        speech: When they speak, united.
        speaking_ms: The length of that.
        share: Of the speaking time of all speakers.
        turns: How often they held the floor.
        long_turns: Turns of at least `Limits.short_ms`.
        turn_mean_ms: With the pauses inside.
        turn_median_ms: As `turn_mean_ms`.
        longest: The longest turn.
        words: Tokens spoken; None without a text.
        words_per_min: Of speaking time, not of turns.
        pauses_ms: The silences inside turns.
        overlapped_ms: How long they speak while another does.
        response_median_ms: Of the offsets with which they take the floor.
        interruptions: Into others, successful; `tries` are those that were not.
        tries: See `interruptions`.
        interrupted: How often another took the floor from them.
        backchannels: Short speech inside others' turns.
        laughs: Marks of laughter in the text; None without a text.
        mood: How they felt.
        curve: Arousal and valence over time; None where nothing is known.
    """

    name: str
    speech: tuple[Stretch, ...]
    speaking_ms: int
    share: float
    turns: int
    long_turns: int
    turn_mean_ms: float | None
    turn_median_ms: float | None
    longest: FloorTurn | None
    words: int | None
    words_per_min: float | None
    pauses_ms: tuple[int, ...]
    overlapped_ms: int
    response_median_ms: float | None
    interruptions: int
    tries: int
    interrupted: int
    backchannels: int
    laughs: int | None
    mood: MoodTime
    curve: MoodCurve | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk(Told):
    """A conversation, measured.

    Args:
        spoken: What it was made of.
        limits: Where the lines were drawn.
        speakers: Who spoke most first.
        floor: Turns, transfers, entries.
        answers: Who answers whom.
        start_ms: Of the first speech.
        end_ms: Of the last.
        speech_ms: While anybody speaks.
        overlap_ms: While several do.
        silence_ms: While nobody does, between first and last; None where pauses are not known.
        unnamed_ms: Speech of which nobody says whose.
        gini: Of speaking times, 0 all alike.
        evenness: Of speaking times, 1 all alike; None under two speakers.
        strange_moods: Labels that are not of the known set.
        notes: What a reader should know of the source.
    """

    spoken: Spoken
    limits: Limits
    speakers: tuple[SpeakerTalk, ...]
    floor: Floor
    answers: Answers
    start_ms: int
    end_ms: int
    speech_ms: int
    overlap_ms: int
    silence_ms: int | None
    unnamed_ms: int
    gini: float | None
    evenness: float | None
    strange_moods: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def offsets_ms(self) -> tuple[int, ...]:
        """The floor transfer offsets; empty where ends are not known."""
        if not self.spoken.pauses_known:
            return ()
        return tuple(transfer.offset_ms for transfer in self.floor.transfers)

    def plain(self) -> dict[str, Any]:
        """What `--json` prints."""
        return tables.plain(self)

    def table(self) -> Table:
        """One row a speaker."""
        return tables.speakers_table([self])

    def account(self) -> Account:
        """What a person reads."""
        from loquitur.insight.conversation.telling import account_of

        return account_of(self)


def measure(
    spoken: Spoken,
    *,
    limits: Limits | None = None,
    notes: Sequence[str] = (),
    laughs: Mapping[str, int] | None = None,
) -> Talk:
    """A conversation in figures, in time that grows with its length (but for one sorting).

    Args:
        spoken: What was said; fragments without a speaker are speech of nobody.
        limits: Where the rules of `floor` draw lines.
        notes: What a reader should know of the source.
        laughs: Marks of laughter by speaker; None to count those of the text.
    """
    limits = limits or Limits()
    said: defaultdict[str, list[Fragment]] = defaultdict(list)
    unnamed: list[Stretch] = []
    for fragment in spoken.fragments:
        if fragment.speaker:
            said[fragment.speaker].append(fragment)
        else:
            unnamed += _speech([fragment], limits)
    speech = {who: _speech(own, limits) for who, own in said.items()}
    floor = floor_of(speech, limits)
    together, overlapped = shared(speech, _told_overlap(spoken.fragments))
    whole = united([*unnamed, *(one for own in speech.values() for one in own)])
    start_ms, end_ms = (whole[0][0], whole[-1][1]) if whole else (0, 0)
    room = _Room(
        speech,
        floor,
        overlapped,
        (start_ms, end_ms),
        limits=limits,
        pauses_known=spoken.pauses_known,
        laughs=laughs,
    )
    speakers = [_speaker(who, own, room) for who, own in said.items()]
    speakers.sort(key=lambda one: (-one.speaking_ms, one.name))
    times = [one.speaking_ms for one in speakers]
    most = sorted(speakers, key=lambda one: -one.turns)[:MOST_ANSWERING]
    shown = {one.name for one in most}
    return Talk(
        spoken=spoken,
        limits=limits,
        speakers=tuple(speakers),
        floor=floor,
        answers=answers_of(
            (
                (one.before, one.after)
                for one in floor.transfers
                if {one.before, one.after} <= shown
            ),
            [one.name for one in speakers if one.name in shown],
        ),
        start_ms=start_ms,
        end_ms=end_ms,
        speech_ms=length_ms(whole),
        overlap_ms=sum(ms for count, ms in together.items() if count > 1),
        silence_ms=end_ms - start_ms - length_ms(whole) if spoken.pauses_known else None,
        unnamed_ms=length_ms(united(unnamed)),
        gini=gini(times),
        evenness=evenness(times),
        strange_moods=strange_labels(spoken.fragments),
        notes=tuple(notes),
    )


def laughs_in(text: str) -> int:
    """How many marks of laughter a text has.

    >>> laughs_in("[laughs] no (Laughter), ha ha"), laughs_in("(웃음)"), laughs_in("he laughed")
    (2, 1, 0)
    """
    return len(_LAUGHTER.findall(text)) if any(sign in text for sign in "[(<{*") else 0


def _speech(fragments: Sequence[Fragment], limits: Limits) -> list[Stretch]:
    """When somebody speaks: by words where they have times, else as the source has it."""
    found: list[Stretch] = []
    for fragment in fragments:
        if fragment.words:
            words = [(word.start_ms, word.end_ms) for word in fragment.words]
            found += united(words, bridged_ms=limits.pause_ms)
        else:
            found.append((fragment.start_ms, fragment.end_ms))
    return united(found)


def _told_overlap(fragments: Sequence[Fragment]) -> list[Stretch]:
    """Where a transcript says that others spoke meanwhile, whose words it may not have."""
    return united(
        (word.start_ms, word.end_ms)
        for fragment in fragments
        for word in fragment.words
        if word.overlap
    )


class _Room:
    """What is known of all speakers together, by speaker."""

    def __init__(
        self,
        speech: Mapping[str, Sequence[Stretch]],
        floor: Floor,
        overlapped: Mapping[str, int],
        span: Stretch,
        *,
        limits: Limits,
        pauses_known: bool,
        laughs: Mapping[str, int] | None,
    ) -> None:
        self.speech, self.overlapped, self.span, self.limits = speech, overlapped, span, limits
        self.pauses_known, self.laughs = pauses_known, laughs
        self.total_ms = sum(map(length_ms, speech.values()))
        self.window_ms = window_for(span[1] - span[0])
        self.turns: defaultdict[str, list[FloorTurn]] = defaultdict(list)
        self.offsets: defaultdict[str, list[int]] = defaultdict(list)
        self.entries: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.interrupted: defaultdict[str, int] = defaultdict(int)
        for turn in floor.turns:
            self.turns[turn.speaker].append(turn)
        for transfer in floor.transfers if pauses_known else ():
            self.offsets[transfer.after].append(transfer.offset_ms)
        for entry in floor.entries:
            self.entries[entry.speaker, entry.kind] += 1
            self.interrupted[entry.into] += entry.kind == "successful"


def _speaker(name: str, fragments: Sequence[Fragment], room: _Room) -> SpeakerTalk:
    turns = room.turns[name]
    lengths = [turn.duration_ms for turn in turns]
    offsets = room.offsets[name]
    speaking_ms = length_ms(room.speech[name])
    texts = [fragment.text for fragment in fragments if fragment.text]
    words = sum(len(tokens(_LAUGHTER.sub(" ", text))) for text in texts) if texts else None
    pauses = (ms for turn in turns for ms in turn.pauses_ms) if room.pauses_known else ()
    return SpeakerTalk(
        name=name,
        speech=tuple(room.speech[name]),
        speaking_ms=speaking_ms,
        share=speaking_ms / room.total_ms,
        turns=len(turns),
        long_turns=sum(length >= room.limits.short_ms for length in lengths),
        turn_mean_ms=fmean(lengths) if lengths else None,
        turn_median_ms=median(lengths) if lengths else None,
        longest=max(turns, key=lambda turn: turn.duration_ms, default=None),
        words=words,
        words_per_min=None if words is None else words * 60_000 / speaking_ms,
        pauses_ms=tuple(pauses),
        overlapped_ms=room.overlapped[name],
        response_median_ms=median(offsets) if offsets else None,
        interruptions=room.entries[name, "successful"],
        tries=room.entries[name, "unsuccessful"],
        interrupted=room.interrupted[name],
        backchannels=room.entries[name, "backchannel"],
        laughs=_laughs(name, texts, room),
        mood=mood_time(fragments),
        curve=_curve(fragments, room),
    )


def _laughs(name: str, texts: Sequence[str], room: _Room) -> int | None:
    if room.laughs is not None:
        return room.laughs.get(name, 0)
    return sum(map(laughs_in, texts)) if texts else None


def _curve(fragments: Sequence[Fragment], room: _Room) -> MoodCurve | None:
    start_ms, end_ms = room.span
    curve = mood_curve(fragments, start_ms=start_ms, end_ms=end_ms, window_ms=room.window_ms)
    known = any(value is not None for value in (*curve.arousal, *curve.valence))
    return curve if known else None
