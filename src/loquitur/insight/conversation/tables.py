"""A conversation's figures as plain values and as tables."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

from loquitur.tables.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.insight.conversation.answering import Answers
    from loquitur.insight.conversation.floor import FloorTurn
    from loquitur.insight.conversation.talk import SpeakerTalk, Talk
    from loquitur.tables.table import Cell


def _column(name: str, kind: Any, description: str, unit: str = "") -> Column:
    return Column(name=name, type=kind, description=description, unit=unit, derived=True)


SPEAKERS = (
    Column(name="file", description="What it was read from"),
    Column(name="conversation", description="Title or recording"),
    Column(name="speaker", description="Name or label"),
    _column("speaking_s", "float", "Length of their speech", "s"),
    _column("speaking_share", "float", "Of the speaking time of all"),
    _column("turns", "int", "How often they held the floor"),
    _column("turns_1s", "int", "Turns that were not shorter than a backchannel may be"),
    _column("turn_mean_s", "float", "Length of a turn, pauses included", "s"),
    _column("turn_median_s", "float", "Length of a turn, pauses included", "s"),
    _column("turn_longest_s", "float", "Their longest turn", "s"),
    _column("words", "int", "Tokens; missing without a text"),
    _column("words_per_min", "float", "Of speaking time", "1/min"),
    _column("pauses", "int", "Silences inside turns; missing where ends are not known"),
    _column("pause_median_s", "float", "Length of such a silence", "s"),
    _column("paused_s", "float", "All of them together", "s"),
    _column("overlap_s", "float", "Speech while another speaks", "s"),
    _column("response_median_s", "float", "Offset of taking the floor; below 0 in overlap", "s"),
    _column("interruptions", "int", "Overlaps by which they took the floor"),
    _column("interruptions_unsuccessful", "int", "Overlaps of 1 s and more that did not take it"),
    _column("interrupted", "int", "How often the floor was taken from them so"),
    _column("backchannels", "int", "Speech under 1 s inside others' turns"),
    _column("laughs", "int", "Marks of laughter; missing without a text"),
    _column("first_s", "float", "Their first speech, media time", "s"),
    _column("last_s", "float", "The end of their last", "s"),
    _column("mood", "text", "The mood of the most of their time; missing where none is known"),
    _column("mood_share", "float", "Of the time whose mood is known"),
    _column("mood_known_share", "float", "Of their time, that whose mood is known"),
    _column("arousal_mean", "float", "0..1, weighted by time"),
    _column("valence_mean", "float", "0..1, weighted by time"),
    Column(name="mood_engine", description="The methods that told moods"),
)
_SHORT = (
    "speaker", "speaking_s", "speaking_share", "turns", "turn_median_s", "turn_longest_s",
    "words_per_min", "interruptions", "interrupted", "backchannels", "overlap_s", "mood",
)  # fmt: skip


def speakers_table(talks: Sequence[Talk]) -> Table:
    """One row for each speaker of each conversation."""
    rows = [_row(talk, one) for talk in talks for one in talk.speakers]
    return Table.from_rows("voices", SPEAKERS, rows)


def short_table(talk: Talk) -> Table:
    """The columns of `speakers_table` that a page has room for."""
    whole = speakers_table([talk])
    columns = tuple(column for column in SPEAKERS if column.name in _SHORT)
    return Table(
        name="speakers", columns=columns, data=tuple(whole[column.name] for column in columns)
    )


def turns_table(talk: Talk, *, most: int | None = None) -> Table:
    """The turns in time order: the first `most`, or all."""
    columns = (
        _column("start_s", "float", "Media time", "s"),
        _column("end_s", "float", "Media time", "s"),
        Column(name="speaker", description="Who has the floor"),
        _column("speaking_s", "float", "Without pauses", "s"),
        _column("pauses", "int", "Silences inside"),
    )
    rows = [
        (_s(one.start_ms), _s(one.end_ms), one.speaker, _s(one.speaking_ms), len(one.pauses_ms))
        for one in talk.floor.turns[:most]
    ]
    return Table.from_rows("turns", columns, rows)


def answers_table(answers: Answers) -> Table:
    """A row for each pair that could answer: observed, expected, their ratio."""
    columns = (
        Column(name="before", description="Who had the floor"),
        Column(name="after", description="Who took it"),
        _column("times", "int", "How often"),
        _column("expected", "float", "If everybody answered everybody alike"),
        _column("ratio", "float", "Of times to expected; missing where nothing is expected"),
    )
    rows = [
        (one.before, one.after, one.times, one.expected,
         one.times / one.expected if one.expected > 0 else None)
        for one in pairs_of(answers)
    ]  # fmt: skip
    return Table.from_rows("answers", columns, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """How often `after` took the floor from `before`, and what would be expected."""

    before: str
    after: str
    times: int
    expected: float


def pairs_of(answers: Answers) -> list[Pair]:
    """Every pair that could answer, the most frequent first."""
    pairs = [
        Pair(before=before, after=after, times=count, expected=due)
        for before, counts, dues in zip(
            answers.speakers, answers.counts, answers.expected, strict=True
        )
        for after, count, due in zip(answers.speakers, counts, dues, strict=True)
        if after != before
    ]
    return sorted(pairs, key=lambda one: -one.times)


def moods_table(talk: Talk) -> Table:
    """A row for each mood of each speaker."""
    columns = (
        Column(name="speaker", description="Name or label"),
        Column(name="mood", description="The label"),
        _column("share", "float", "Of their time whose mood is known"),
        _column("time_s", "float", "How long", "s"),
    )
    rows = [
        (one.name, label, share, _s(share * one.mood.known_ms))
        for one in talk.speakers
        for label, share in one.mood.shares
    ]
    return Table.from_rows("moods", columns, rows)


def spread_of(values: Sequence[float]) -> dict[str, float] | None:
    """Quartiles of ms (linear between the values, as pandas has it); None of none."""
    if not values:
        return None
    low, middle, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else [
        values[0]
    ] * 3  # fmt: skip
    return {"count": len(values), "p25_ms": low, "median_ms": middle, "p75_ms": high}


def plain(talk: Talk) -> dict[str, Any]:
    """What `--json` prints of a conversation."""
    offsets = spread_of(talk.offsets_ms)
    if offsets is not None:
        overlaps = sum(offset < 0 for offset in talk.offsets_ms)
        offsets["overlap_share"] = overlaps / len(talk.offsets_ms)
    return {
        "file": talk.spoken.name,
        "title": talk.spoken.title,
        "source": talk.spoken.source,
        "start_ms": talk.start_ms,
        "end_ms": talk.end_ms,
        "speech_ms": talk.speech_ms,
        "overlap_ms": talk.overlap_ms,
        "silence_ms": talk.silence_ms,
        "unnamed_ms": talk.unnamed_ms,
        "gini": talk.gini,
        "evenness": talk.evenness,
        "turns": len(talk.floor.turns),
        "floor_transfer_offset": offsets,
        "pauses": spread_of([ms for one in talk.speakers for ms in one.pauses_ms]),
        "interruptions": [
            {"start_ms": one.start_ms, "end_ms": one.end_ms, "speaker": one.speaker,
             "into": one.into, "successful": one.kind == "successful"}
            for one in talk.floor.entries
            if one.kind != "backchannel"
        ],
        "answers": _answers(talk.answers),
        "speakers": [_speaker(one) for one in talk.speakers],
        "strange_moods": list(talk.strange_moods),
        "limits_ms": {"pause": talk.limits.pause_ms, "short": talk.limits.short_ms,
                      "terminal": talk.limits.terminal_ms},
        "notes": list(talk.notes),
    }  # fmt: skip


def _answers(answers: Answers) -> dict[str, Any]:
    return {
        "speakers": list(answers.speakers),
        "counts": [list(line) for line in answers.counts],
        "expected": [list(line) for line in answers.expected],
        "chi2": answers.chi2,
        "degrees": answers.degrees,
        "p": answers.p,
    }


def _speaker(one: SpeakerTalk) -> dict[str, Any]:
    return {
        "speaker": one.name,
        "speaking_ms": one.speaking_ms,
        "speaking_share": one.share,
        "turns": one.turns,
        "turns_1s": one.long_turns,
        "turn_mean_ms": one.turn_mean_ms,
        "turn_median_ms": one.turn_median_ms,
        "longest_turn": _turn(one.longest),
        "words": one.words,
        "words_per_min": one.words_per_min,
        "pauses": spread_of(one.pauses_ms),
        "overlap_ms": one.overlapped_ms,
        "response_median_ms": one.response_median_ms,
        "interruptions": one.interruptions,
        "interruptions_unsuccessful": one.tries,
        "interrupted": one.interrupted,
        "backchannels": one.backchannels,
        "laughs": one.laughs,
        "first_ms": one.speech[0][0],
        "last_ms": one.speech[-1][1],
        "moods": dict(one.mood.shares),
        "mood_known_ms": one.mood.known_ms,
        "mood_unknown_ms": one.mood.unknown_ms,
        "arousal_mean": one.mood.arousal,
        "valence_mean": one.mood.valence,
        "mood_engines": list(one.mood.sources),
        "mood_curve": None
        if one.curve is None
        else {"start_ms": one.curve.start_ms, "window_ms": one.curve.window_ms,
              "arousal": list(one.curve.arousal), "valence": list(one.curve.valence)},
    }  # fmt: skip


def _turn(turn: FloorTurn | None) -> dict[str, int] | None:
    return None if turn is None else {"start_ms": turn.start_ms, "end_ms": turn.end_ms}


def _row(talk: Talk, one: SpeakerTalk) -> tuple[Cell, ...]:
    mood, mood_share = one.mood.shares[0] if one.mood.shares else (None, None)
    felt = one.mood.known_ms + one.mood.unknown_ms
    pauses = one.pauses_ms if talk.spoken.pauses_known else None
    return (
        talk.spoken.name,
        talk.spoken.title,
        one.name,
        _s(one.speaking_ms),
        one.share,
        one.turns,
        one.long_turns,
        _s(one.turn_mean_ms),
        _s(one.turn_median_ms),
        _s(one.longest.duration_ms if one.longest else None),
        one.words,
        one.words_per_min,
        None if pauses is None else len(pauses),
        _s(median(pauses)) if pauses else None,
        None if pauses is None else _s(sum(pauses)),
        _s(one.overlapped_ms),
        _s(one.response_median_ms),
        one.interruptions,
        one.tries,
        one.interrupted,
        one.backchannels,
        one.laughs,
        _s(one.speech[0][0]),
        _s(one.speech[-1][1]),
        mood,
        mood_share,
        one.mood.known_ms / felt if felt else None,
        one.mood.arousal,
        one.mood.valence,
        ", ".join(one.mood.sources) or None,
    )


def _s(ms: float | None) -> float | None:
    return None if ms is None else ms / 1000
