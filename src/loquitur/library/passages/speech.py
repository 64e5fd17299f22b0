"""Passages of speech: sentences and speakers over words with times."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING

from loquitur.insight.spoken.sentences import punctuated, sentences
from loquitur.insight.spoken.timeline import timeline
from loquitur.insight.tokens import in_pairs
from loquitur.library.passages.cutting import MOST, MOST_MS, WORD, Unit, windows
from loquitur.model.library import Passage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.insight.spoken.fragments import Spoken
    from loquitur.insight.spoken.timeline import Timeline
    from loquitur.model.speech import Chapter

SILENCE_MS = 10_000
"""A silence no passage goes across."""
_LETTERS = 24
"""A piece without a blank weighs another word for every so many signs: addresses, noise."""
_PAUSED = re.compile("[,;:\u2014\u3001\uff0c\u060c]$")
_UNKNOWN_MOODS = frozenset({"", "unknown"})
_LONE = re.compile("[\0\ud800-\udfff]")


def passages_of(
    spoken: Spoken, *, media_id: str, part: str, chapters: Sequence[Chapter] = ()
) -> tuple[Passage, ...]:
    """What was said, cut to passages: every word in one at least, at its own time.

    Args:
        spoken: From `insight.spoken.reading`: lines that rolled stand in it once.
        media_id: Of the volume.
        part: The part's name, `speech:en`.
        chapters: Ascending by start; no passage goes across the beginning of one.

    Returns:
        In the order of time, numbered from 0. Where a text came without full stops, those that
        were put back stand in it; its words are as they were.
    """
    line = punctuated(spoken, timeline(spoken))
    if not len(line):
        return ()
    starts = [one.start_ms for one in chapters]
    if not spoken.times_known:
        starts = []
    named = _chapters(line, starts)
    units = _units(spoken, line, named)
    return tuple(
        _passage(
            spoken, line, units[first:end], media_id=media_id, part=part, number=number,
            chapter=_title(chapters, named[units[first].first]),
        )
        for number, (first, end) in enumerate(windows(units))
    )  # fmt: skip


def whole(text: str) -> str:
    r"""A text that every store takes: halves of characters and NUL become U+FFFD, one for one.

    >>> whole("a\0b")
    'a�b'
    """
    return _LONE.sub("\ufffd", text)


def _chapters(line: Timeline, starts: Sequence[int]) -> list[int]:
    """The number of the chapter each piece is in, from 1; 0 before the first. Never falling."""
    if not starts:
        return [0] * len(line)
    found: list[int] = []
    latest = 0
    for start_ms in line.starts_ms:
        latest = max(latest, bisect_right(starts, start_ms))
        found.append(latest)
    return found


def _title(chapters: Sequence[Chapter], number: int) -> str:
    return " ".join(whole(chapters[number - 1].title).split()) if number else ""


def _units(spoken: Spoken, line: Timeline, named: Sequence[int]) -> list[Unit]:
    """Sentences, cut where they are too long, at chapters and at long silences."""
    weights = _weights(line)
    walls = _walls(spoken, line, named)
    units: list[Unit] = []
    for first, end in sentences(spoken, line):
        for begin, until in _pieces(line, weights, walls, first, end):
            units.append(
                Unit(
                    first=begin,
                    end=until,
                    weight=sum(weights[begin:until]),
                    start_ms=min(line.starts_ms[begin:until]),
                    end_ms=max(line.ends_ms[begin:until]),
                    speaker=spoken.fragments[line.fragments[begin]].speaker or "",
                    opens=begin == first,
                    walled=begin in walls,
                )
            )
    return units


def _weights(line: Timeline) -> list[int]:
    """Of each piece in halves of a word: a character of a script without blanks is half one."""
    found: list[int] = []
    for text, count in zip(line.texts, line.counts, strict=True):
        if text.isascii():
            found.append(WORD * max(count, len(text) // _LETTERS))
        else:
            unspaced = in_pairs([text])
            found.append(max(1 if unspaced else WORD * count, WORD * (len(text) // _LETTERS)))
    return found


def _walls(spoken: Spoken, line: Timeline, named: Sequence[int]) -> set[int]:
    """The pieces before which no passage goes on."""
    found: set[int] = set()
    reached_ms = line.ends_ms[0]
    for at in range(1, len(line)):
        silent = spoken.times_known and line.starts_ms[at] - reached_ms > SILENCE_MS
        if silent or named[at] != named[at - 1]:
            found.add(at)
        reached_ms = max(reached_ms, line.ends_ms[at])
    return found


def _pieces(
    line: Timeline, weights: Sequence[int], walls: set[int], first: int, end: int
) -> Iterator[tuple[int, int]]:
    """A sentence, whole where it fits; else cut: at walls, behind a comma, between captions."""
    begin, weight = first, 0
    for at in range(first, end):
        over = at > begin and (
            weight + weights[at] > MOST or line.ends_ms[at] - line.starts_ms[begin] > MOST_MS
        )
        if at > begin and (at in walls or over):
            until = at if at in walls else _rest(line, begin, at)
            yield begin, until
            begin, weight = until, sum(weights[until:at])
        weight += weights[at]
    yield begin, end


def _rest(line: Timeline, begin: int, end: int) -> int:
    """The best place to cut what is too long, in its second half."""
    half = begin + (end - begin) // 2
    for at in range(end, half, -1):
        if _PAUSED.search(line.texts[at - 1]) and not line.glued[at]:
            return at
    for at in range(end, half, -1):
        if line.fragments[at] != line.fragments[at - 1]:
            return at
    return end


def _passage(
    spoken: Spoken, line: Timeline, units: Sequence[Unit], *, media_id: str, part: str,
    number: int, chapter: str,
) -> Passage:  # fmt: skip
    first, end = units[0].first, units[-1].end
    offsets: list[int] = []
    at = 0
    for place in range(first, end):
        at += not line.glued[place] and place > first
        offsets.append(at)
        at += len(line.texts[place])
    speakers = Counter[str]()
    for unit in units:
        speakers[whole(unit.speaker)] += unit.weight
    ordered = tuple(dict.fromkeys(whole(unit.speaker) for unit in units if unit.speaker))
    return Passage(
        media_id=media_id,
        part=part,
        number=number,
        start_ms=min(unit.start_ms for unit in units),
        end_ms=max(unit.end_ms for unit in units),
        text=whole(line.text(first, end)),
        speaker=speakers.most_common(1)[0][0],
        speakers=ordered,
        chapter=chapter,
        language=spoken.language,
        emotion=_mood(spoken, line, first, end),
        sentences=tuple(
            offsets[unit.first - first] for unit in units if unit.opens or unit is units[0]
        ),
        offsets=tuple(offsets),
        times_ms=tuple(line.starts_ms[first:end]),
        timed=spoken.times_known,
    )


def _mood(spoken: Spoken, line: Timeline, first: int, end: int) -> str:
    """The mood of most of it, where moods are known."""
    told: Counter[str] = Counter()
    for fragment in line.fragments[first:end]:
        feeling = spoken.fragments[fragment].feeling
        if feeling is not None and feeling.label not in _UNKNOWN_MOODS:
            told[feeling.label] += 1
    return told.most_common(1)[0][0] if told else ""
