"""Which words are looked for in which stretch of sound, so that an aligner never hears too much.

From words without times: each passage as it was heard. From words with times: groups cut at
pauses. From a script: the words that a recogniser heard too are anchors; what lies between two of
them is looked for between them, what cannot have been said there is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from loquitur.model.speech import Finding
from loquitur.speech import anchors
from loquitur.speech.spelling import pieces
from loquitur.timing import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from loquitur.model.speech import Word, Words

SCRIPT = "script"
_PREFERRED_MS = 12_000  # a window is cut at the next good place after half of this
_ROOMY_MS = 24_000
_PAD_MS = 200
_PAUSE_MS = 1_500  # a silence that ends a window
_SLACK_MS = 300  # how far a recogniser's word times may be off
_LETTERS_A_SECOND = 28.0  # faster nobody speaks (record holders: 11 words a second, about 50)
_SLOW_LETTER_MS = 150
_UNWRITTEN_WORDS = 4
_NEAR_WORDS = 15
_SUPPORT_LETTERS = 40
_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Words `[first, last)` of a row, to be found in `[start_ms, end_ms)` of media time."""

    first: int
    last: int
    start_ms: int
    end_ms: int

    @property
    def span(self) -> Span:
        """The stretch of sound."""
        return Span(start_ms=self.start_ms, end_ms=self.end_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """A script laid onto what was heard.

    `words` are those that may have been said, as they are to be shown; `windows` hold all of them
    in order; `known` has the heard span of each word, None where it was not heard; `findings` tell
    what of the script was not said, and what was said and is not in the script.
    """

    words: tuple[str, ...]
    windows: tuple[Window, ...]
    known: tuple[Span | None, ...]
    findings: tuple[Finding, ...]
    match: float


@dataclass(slots=True, kw_only=True)
class _Unit:
    """Words that share one stretch: one anchored word, or those between two anchors."""

    words: list[int]
    start_ms: int
    end_ms: int
    anchored: bool
    heard: tuple[int, int] = (0, 0)


def of_passages(words: Words) -> tuple[Window, ...]:
    """One window for each passage with a word whose times are a guess."""
    found = []
    first = 0
    for passage in words.passages:
        last = first + passage.count
        if any(word.timing == "interpolated" for word in words.words[first:last]):
            found.append(
                Window(first=first, last=last, start_ms=passage.start_ms, end_ms=passage.end_ms)
            )
        first = last
    return tuple(found)


def of_times(words: Sequence[Word], *, end_ms: int) -> tuple[Window, ...]:
    """Groups of words by their own times, cut at pauses, with a margin from the pause."""
    units = [
        _Unit(
            words=[at],
            start_ms=word.start_ms,
            end_ms=word.end_ms,
            anchored=True,
            heard=(at, at + 1),
        )
        for at, word in enumerate(words)
    ]
    return tuple(_windows(units, 0, end_ms))


def cast(script: Sequence[str], heard: Words, *, bounds: Span) -> Cast:
    """A script laid onto what a recogniser heard.

    Args:
        script: The words to show.
        heard: What was heard, with times.
        bounds: The sound.
    """
    language = heard.language
    mine = [(piece, at) for at, word in enumerate(script) for piece in pieces(word, language)]
    theirs = [
        (piece, at) for at, word in enumerate(heard.words) for piece in pieces(word.text, language)
    ]
    texts, others = [piece for piece, _ in mine], [piece for piece, _ in theirs]
    pairs = anchors.reliable(anchors.match(texts, others), texts)
    owned: dict[int, list[tuple[int, int]]] = {}
    for a, b in pairs:
        owned.setdefault(mine[a][1], []).append((b, theirs[b][1]))
    needed = dict.fromkeys(range(len(script)), 0)
    for _, at in mine:
        needed[at] += 1
    units = [
        _Unit(
            words=[at],
            start_ms=heard.words[found[0][1]].start_ms,
            end_ms=heard.words[found[-1][1]].end_ms,
            anchored=True,
            heard=(found[0][1], found[-1][1] + 1),
        )
        for at, found in sorted(owned.items())
        # all of a word's pieces were heard, and in a row
        if len(found) == needed[at] == found[-1][0] - found[0][0] + 1
    ]
    filled, findings = _filled(units, script, heard, bounds)
    kept = [at for unit in filled for at in unit.words]
    known = {
        unit.words[0]: Span(start_ms=unit.start_ms, end_ms=unit.end_ms)
        for unit in filled
        if unit.anchored
    }
    place = {at: number for number, at in enumerate(kept)}
    for unit in filled:
        unit.words = [place[at] for at in unit.words]
    return Cast(
        words=tuple(script[at] for at in kept),
        windows=tuple(_windows(filled, bounds.start_ms, bounds.end_ms)),
        known=tuple(known.get(at) for at in kept),
        findings=tuple(findings),
        match=anchors.score(pairs, texts, others),
    )


def _filled(
    units: list[_Unit], script: Sequence[str], heard: Words, bounds: Span
) -> tuple[list[_Unit], list[Finding]]:
    """The anchors with what lies between them, as far as it can have been said there."""
    head = _Unit(words=[-1], start_ms=0, end_ms=bounds.start_ms, anchored=False)
    count = len(heard.words)
    tail = _Unit(
        words=[len(script)],
        start_ms=bounds.end_ms,
        end_ms=bounds.end_ms,
        anchored=False,
        heard=(count, count),
    )
    chain = _believed([head, *units, tail], script)
    filled: list[_Unit] = []
    findings: list[Finding] = []
    for before, after in pairwise(chain):
        gap = range(before.words[-1] + 1, after.words[0])
        start_ms, end_ms = before.end_ms, max(before.end_ms, after.start_ms)
        between = heard.words[before.heard[1] : after.heard[0]]
        if gap and _fits(gap, script, start_ms, end_ms):
            filled.append(_between(gap, script, start_ms, end_ms, at_end=before is head))
        elif gap:
            text = " ".join(script[at] for at in gap)
            findings.append(_finding("removed", start_ms, end_ms, text, bounds))
        if len(between) - 2 * len(gap) >= _UNWRITTEN_WORDS:
            text = " ".join(word.text for word in between)
            findings.append(_finding("flagged", start_ms, end_ms, text, bounds))
        if after is not tail:
            filled.append(after)
    return filled, findings


def _believed(units: list[_Unit], script: Sequence[str]) -> list[_Unit]:
    """The anchors without those that contradict more text than speaks for them.

    Between two anchors there must be time for the words between them. Where there is not, those
    words were not said, if many anchors near say so; else one of the two is a chance match.
    """
    chain = units[:1]
    for number, after in enumerate(units[1:], start=1):
        while True:
            before = chain[-1]
            gap = range(before.words[-1] + 1, after.words[0])
            if _fits(gap, script, before.end_ms, after.start_ms):
                chain.append(after)
                break
            needed = min(_letters(gap, script), _SUPPORT_LETTERS)
            left = _support(reversed(chain), before.words[0], script)
            right = _support(iter(units[number:]), after.words[0], script)
            first, last = len(chain) == 1, number == len(units) - 1
            if (first or left >= needed) and (last or right >= needed):
                chain.append(after)
                break
            if not first and (last or left < right):
                chain.pop()
            else:
                break
    return chain


def _support(units: Iterator[_Unit], place: int, script: Sequence[str]) -> int:
    """How many letters of the script near a place were heard, on the side of the units."""
    letters = 0
    for unit in units:
        if abs(unit.words[0] - place) > _NEAR_WORDS:
            break
        letters += _letters(unit.words, script) if unit.anchored else 0
    return letters


def _letters(places: Iterable[int], script: Sequence[str]) -> int:
    return sum(sum(sign.isalnum() for sign in script[at]) for at in places)


def _fits(gap: Sequence[int], script: Sequence[str], start_ms: int, end_ms: int) -> bool:
    """Whether the words of a gap can be said in a time.

    Of all the time, voiced or not: voice detectors miss quiet speech.
    """
    time_ms = end_ms - start_ms + _SLACK_MS
    return not gap or _letters(gap, script) * 1000 <= time_ms * _LETTERS_A_SECOND


def _between(
    gap: Sequence[int], script: Sequence[str], start_ms: int, end_ms: int, *, at_end: bool
) -> _Unit:
    """The words between two anchors, and where to look for them.

    Of a long time, its beginning is taken, or its end where only an anchor after it is known.
    """
    longest_ms = _letters(gap, script) * _SLOW_LETTER_MS + _PREFERRED_MS
    if end_ms - start_ms > longest_ms:
        start_ms = end_ms - longest_ms if at_end else start_ms
        end_ms = start_ms + longest_ms
    return _Unit(words=list(gap), start_ms=start_ms, end_ms=end_ms, anchored=False)


def _finding(action: str, start_ms: int, end_ms: int, text: str, bounds: Span) -> Finding:
    start_ms = min(start_ms, bounds.end_ms - 1)
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."
    return Finding(
        guard=SCRIPT,
        action="removed" if action == "removed" else "flagged",
        start_ms=start_ms,
        end_ms=max(end_ms, start_ms + 1),
        text=shown,
    )


def _windows(units: list[_Unit], low_ms: int, high_ms: int) -> Iterable[Window]:
    """Runs of units, cut between anchors only, at the longest pause there is in time."""
    groups: list[list[_Unit]] = []
    held: list[_Unit] = []
    for unit in units:
        if held and _must_cut(held[-1], unit):
            groups.append(held)
            held = []
        elif held and unit.end_ms - held[0].start_ms > _PREFERRED_MS:
            at = _best_cut([*held, unit])
            if at:
                groups.append(held[:at])
                held = held[at:]
        held.append(unit)
    if held:
        groups.append(held)
    for number, group in enumerate(groups):
        start_ms, end_ms = group[0].start_ms, group[-1].end_ms
        before_ms = groups[number - 1][-1].end_ms if number else low_ms
        after_ms = groups[number + 1][0].start_ms if number + 1 < len(groups) else high_ms
        left_ms = before_ms if not number else (before_ms + start_ms) // 2
        right_ms = after_ms if number + 1 == len(groups) else (end_ms + after_ms) // 2
        start_ms = max(start_ms - _PAD_MS, min(left_ms, start_ms), low_ms)
        end_ms = min(end_ms + _PAD_MS, max(right_ms, end_ms), high_ms)
        yield Window(
            first=group[0].words[0],
            last=group[-1].words[-1] + 1,
            start_ms=start_ms,
            end_ms=max(end_ms, start_ms + 1),
        )


def _must_cut(before: _Unit, after: _Unit) -> bool:
    """Whether a pause or unwritten speech lies between two units."""
    both = before.anchored and after.anchored
    unwritten = both and after.heard[0] - before.heard[1] >= _UNWRITTEN_WORDS
    return unwritten or after.start_ms - before.end_ms >= _PAUSE_MS


def _best_cut(units: list[_Unit]) -> int:
    """Before which unit to cut: the longest pause between anchors, as late as may be; 0 for none.

    Between neighbours on both sides that are no chance, as long as there is room for more.
    """
    half_ms = units[0].start_ms + _PREFERRED_MS // 2
    places = [at for at in range(1, len(units)) if units[at - 1].anchored and units[at].anchored]
    if units[-1].end_ms - units[0].start_ms <= _ROOMY_MS:
        joined = [at for at in places if _adjoin(units[at - 1], units[at])]
        places = [at for at in joined if at - 1 in joined or at + 1 in joined]
    late = [at for at in places if units[at].start_ms >= half_ms] or places
    return max(
        late,
        key=lambda at: (units[at].start_ms - units[at - 1].end_ms, at),
        default=0,
    )


def _adjoin(before: _Unit, after: _Unit) -> bool:
    """Whether nothing lies between two anchors, neither in the script nor in what was heard."""
    return after.words[0] == before.words[-1] + 1 and after.heard[0] == before.heard[1]
