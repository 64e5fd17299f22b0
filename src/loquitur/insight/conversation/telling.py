"""What a person reads of a conversation: sentences, a time line, offsets, answers, moods."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

from loquitur.insight.account import Account, Moment, Section
from loquitur.insight.conversation import figures, tables
from loquitur.insight.conversation.tables import spread_of
from loquitur.insight.links import moment
from loquitur.insight.quoting import cut
from loquitur.text import counted
from loquitur.timing import short_clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.insight.conversation.talk import Talk
    from loquitur.insight.spoken.fragments import Fragment

_MOST_MOMENTS = 5
_MOST_CHARS = 240
_MOST_TURNS = 2000
_FEW_TRANSFERS = 10
"""Under so many changes of the floor no median is told."""
_NAMED = 3


def account_of(talk: Talk) -> Account:
    """The account of a conversation, for a page or a terminal."""
    return Account(
        kind="voices",
        subject=talk.spoken.title,
        says=tuple(_summary(talk)),
        sections=tuple(_sections(talk)),
        methods=tuple(_methods(talk)),
        limits=tuple(_limits(talk)),
        source=talk.spoken.origin or talk.spoken.name,
    )


def _sections(talk: Talk) -> Iterator[Section]:
    if not talk.speakers:
        return
    yield Section(
        title="Who speaks",
        says=tuple(_shares(talk)),
        figures=figures.timeline(talk),
        moments=tuple(_monologues(talk)),
        tables=(tables.short_table(talk),),
    )
    if len(talk.speakers) > 1:
        yield Section(
            title="How the floor changes",
            says=tuple(_floor(talk)),
            figures=figures.offsets(talk),
            moments=tuple(_interruptions(talk)),
            tables=(tables.turns_table(talk, most=_MOST_TURNS),),
        )
        yield Section(
            title="Who answers whom",
            says=tuple(_answers(talk)),
            tables=(tables.answers_table(talk.answers),),
        )
    yield Section(
        title="Moods",
        says=tuple(_moods(talk)),
        figures=figures.moods(talk),
        tables=(tables.moods_table(talk),) if _felt(talk) else (),
    )


def _summary(talk: Talk) -> Iterator[str]:
    if not talk.spoken.fragments:
        yield "Nothing is said in it."
        return
    length = short_clock(talk.end_ms - talk.start_ms)
    if not talk.speakers:
        yield (
            f"No speaker is named in it: {length} from the first word to the last, of which "
            f"{short_clock(talk.speech_ms)} is speech; who says what cannot be told. "
            "`loquitur run` finds the speakers of a medium."
        )
        return
    first, *rest = talk.speakers
    if not rest:
        yield (
            f"One speaker, {first.name}, speaks for {short_clock(first.speaking_ms)} of {length}; "
            "there is nobody to take the floor."
        )
    else:
        yield (
            f"{len(talk.speakers)} speakers hold the floor {len(talk.floor.turns)} times in "
            f"{length}; {first.name} has {_percent(first.share)} of the speaking time, "
            f"{talk.speakers[-1].name} {_percent(talk.speakers[-1].share)}."
        )
    silence = talk.silence_ms
    still = "" if silence is None else f"nobody in {_part(silence, talk)} of the time, "
    if rest:
        yield (
            f"Several speak in {_part(talk.overlap_ms, talk)} of the time, {still}".rstrip(", ")
            + "."
        )
    elif silence is not None:
        yield f"Nobody speaks in {_part(silence, talk)} of the time."
    if rest:
        yield _interrupting(talk)
    if talk.unnamed_ms:
        yield f"Of {short_clock(talk.unnamed_ms)} of speech it is not said whose it is."


def _shares(talk: Talk) -> Iterator[str]:
    for one in talk.speakers[:8]:
        pace = "" if one.words_per_min is None else f", {one.words_per_min:.0f} words per minute"
        turn = "" if one.turn_median_ms is None else f" of {_s(one.turn_median_ms)} (median)"
        yield (
            f"{one.name}: {short_clock(one.speaking_ms)} ({_percent(one.share)}), "
            f"{counted(one.turns, 'turn')}{turn}{pace}."
        )
    if len(talk.speakers) > 1 and talk.gini is not None and talk.evenness is not None:
        yield (
            f"Gini of the speaking times {talk.gini:.2f} (0: all alike), evenness "
            f"{talk.evenness:.2f} (1: all alike)."
        )
    first, last = talk.spoken.fragments[0], max(talk.spoken.fragments, key=lambda one: one.end_ms)
    if first.speaker and last.speaker:
        yield f"{first.speaker} has the first word, {last.speaker} the last."
    laughs = [(one.name, one.laughs) for one in talk.speakers if one.laughs]
    if laughs:
        yield "Laughter is marked: " + ", ".join(f"{who} {n}" for who, n in laughs) + "."


def _floor(talk: Talk) -> Iterator[str]:
    offsets = talk.offsets_ms
    if not talk.spoken.pauses_known:
        yield "Ends of speech are not known in such captions: pauses and gaps cannot be told."
    elif len(offsets) < _FEW_TRANSFERS:
        yield f"{counted(len(offsets), 'change')} of the floor: too few to say how quickly."
    elif (spread := spread_of(offsets)) is not None:
        overlaps = sum(offset < 0 for offset in offsets)
        yield (
            f"The floor changes {len(offsets)} times, by a median offset of "
            f"{spread['median_ms']:+.0f} ms (half between {spread['p25_ms']:+.0f} and "
            f"{spread['p75_ms']:+.0f} ms); {_percent(overlaps / len(offsets))} of the changes "
            "overlap."
        )
    pauses = [ms for one in talk.speakers for ms in one.pauses_ms]
    if (spread := spread_of(pauses)) is not None:
        yield (
            f"{counted(len(pauses), 'pause')} inside turns, median {spread['median_ms']:.0f} ms, "
            f"together {short_clock(sum(pauses))}."
        )
    yield _interrupting(talk)
    for one in talk.speakers[:_NAMED]:
        if one.interruptions or one.interrupted:
            yield (
                f"{one.name} takes the floor by interruption {_times(one.interruptions)} and loses "
                f"it so {_times(one.interrupted)}."
            )


def _interrupting(talk: Talk) -> str:
    counts = Counter(entry.kind for entry in talk.floor.entries)
    said = (
        f"{counted(counts['successful'], 'interruption')} took the floor, "
        f"{counts['unsuccessful']} did not"
        if counts["successful"] or counts["unsuccessful"]
        else "Nobody is interrupted"
    )
    return f"{said}; {counted(counts['backchannel'], 'backchannel')}."


def _answers(talk: Talk) -> Iterator[str]:
    answers = talk.answers
    if len(answers.speakers) < 3:
        yield "With two speakers each answers the other; there is nothing to compare."
        return
    if len(talk.speakers) > len(answers.speakers):
        yield f"The {len(answers.speakers)} with the most turns are compared."
    if answers.p is None:
        yield (
            "Too few changes of the floor to say whether some answer others more than their "
            "number of turns explains."
        )
    else:
        verdict = "differs from" if answers.p < 0.05 else "does not differ from"
        yield (
            f"Who answers whom {verdict} everybody answering everybody alike "
            f"(chi-square {answers.chi2:.1f}, {answers.degrees} degrees of freedom, "
            f"p = {answers.p:.3g})."
        )
    for pair in tables.pairs_of(answers)[:_NAMED]:
        yield (
            f"{pair.after} follows {pair.before} {_times(pair.times)}; "
            f"{pair.expected:.1f} would be expected."
        )


def _moods(talk: Talk) -> Iterator[str]:
    if not _felt(talk):
        yield "No mood is known of anybody in it."
        return
    for one in talk.speakers:
        mood = one.mood
        if not mood.shares:
            yield f"{one.name}: no mood is known."
            continue
        label, share = mood.shares[0]
        known = mood.known_ms / (mood.known_ms + mood.unknown_ms)
        sizes = [
            f"{name} {value:.2f}"
            for name, value in (("arousal", mood.arousal), ("valence", mood.valence))
            if value is not None
        ]
        more = f"; mean {', '.join(sizes)}" if sizes else ""
        yield (
            f"{one.name}: {label} for {_percent(share)} of the time whose mood is known "
            f"({_percent(known)} of all){more}."
        )
    if talk.strange_moods:
        yield "Labels that are not of the known set: " + ", ".join(talk.strange_moods) + "."


def _felt(talk: Talk) -> bool:
    return any(one.mood.shares for one in talk.speakers)


def _monologues(talk: Talk) -> Iterator[Moment]:
    longest = sorted(talk.floor.turns, key=lambda one: (-one.duration_ms, one.start_ms))
    said = _Said(talk)
    for turn in longest[:_MOST_MOMENTS]:
        yield Moment(
            start_ms=turn.start_ms,
            end_ms=turn.end_ms,
            label=f"{turn.speaker} speaks for {_s(turn.duration_ms)}",
            text=said.text(turn.speaker, turn.start_ms, turn.end_ms),
            url=moment(talk.spoken.origin, turn.start_ms),
        )


def _interruptions(talk: Talk) -> Iterator[Moment]:
    said = _Said(talk)
    for entry in talk.floor.interruptions[:_MOST_MOMENTS]:
        yield Moment(
            start_ms=entry.start_ms,
            end_ms=entry.end_ms,
            label=f"{entry.speaker} takes the floor from {entry.into}",
            text=said.text(entry.speaker, entry.start_ms, entry.end_ms),
            url=moment(talk.spoken.origin, entry.start_ms),
        )


class _Said:
    """What a speaker says in a stretch, found without reading everything."""

    def __init__(self, talk: Talk) -> None:
        self._of: dict[str, list[Fragment]] = {}
        for fragment in talk.spoken.fragments:
            self._of.setdefault(fragment.speaker or "", []).append(fragment)
        self._starts = {who: [one.start_ms for one in own] for who, own in self._of.items()}

    def text(self, speaker: str, start_ms: int, end_ms: int) -> str:
        """The words, cut where they are many; empty without a text."""
        at = bisect_left(self._starts[speaker], start_ms)
        found: list[str] = []
        size = 0
        for fragment in self._of[speaker][at:]:
            if fragment.start_ms >= end_ms or size > _MOST_CHARS:
                break
            found += [fragment.text] if fragment.text else []
            size += len(fragment.text) + 1
        return cut(" ".join(found), _MOST_CHARS)


def _methods(talk: Talk) -> Iterator[str]:
    limits = talk.limits
    yield (
        "Speaking time is the union of a speaker's words (silences under "
        f"{limits.pause_ms} ms bridged, after Brady 1968), or of the stretches as the source has "
        "them where words have no times; shares are of the sum over speakers, so overlap counts "
        "for each."
    )
    yield (
        "A turn lasts until another speaker takes the floor; pauses, gaps and floor transfer "
        "offsets after Heldner and Edlund 2010 (an offset below 0 is an overlap)."
    )
    yield (
        f"An interruption is at least {limits.short_ms} ms of speech that begins more than "
        f"{limits.terminal_ms} ms before the other stops: successful if the other stops first "
        "(after Ferguson 1977, West and Zimmerman 1983). Shorter speech inside a turn is a "
        "backchannel (after Jayagopi et al. 2009)."
    )
    yield "Words are counted as tokens, per minute of speaking time."
    yield (
        "Expected answers: quasi-independence, rows and columns keep their sums and nobody "
        "answers himself (Goodman 1968)."
    )
    yield "Shares of moods are weighted by time; what is unknown is left out of them and told."


def _limits(talk: Talk) -> Iterator[str]:
    yield from talk.notes
    yield (
        "Times alone do not tell what an overlap meant: many who begin early support the speaker "
        "and do not compete."
    )
    if talk.spoken.source in ("captions", "automatic captions"):
        yield (
            "Captions stay on screen before and after the words: speaking times are too long, "
            "gaps too short, and overlaps are missing unless cues overlap."
        )
    elif talk.speakers and not any(fragment.words for fragment in talk.spoken.fragments):
        yield "Words have no times here: pauses inside a stretch are counted as speech."
    if any(one.mood.sources == ("prosody",) for one in talk.speakers):
        yield "Moods from prosody alone are a hint: arousal shows in it, valence does not."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _part(ms: int, talk: Talk) -> str:
    length = talk.end_ms - talk.start_ms
    return f"{100 * ms / length:.1f} %" if length else "0 %"


def _s(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms < 60_000 else f"{short_clock(round(ms))} min"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times" if count else "never"
