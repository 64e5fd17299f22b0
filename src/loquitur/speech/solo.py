"""Where one speaker speaks alone: what a voice can be learnt from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.timing import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from loquitur.model.speech import Turn


def solo_spans(
    turns: Iterable[Turn], *, most_ms: int, piece_ms: int
) -> dict[str, tuple[Span, ...]]:
    """The longest stretches of each speaker in which nobody else speaks, up to a total length.

    Args:
        turns: In any order; they may overlap, of one speaker too.
        most_ms: No more than this of each speaker; the last stretch taken is shortened to it.
        piece_ms: Shorter stretches are left out.

    Returns:
        Spans sorted by time, for every speaker who has any.

    >>> from loquitur.model.speech import Turn
    >>> both = [Turn(start_ms=0, end_ms=900, speaker="A"), Turn(start_ms=600, end_ms=800,
    ...     speaker="B")]
    >>> solo_spans(both, most_ms=9000, piece_ms=200)
    {'A': (Span(start_ms=0, end_ms=600),)}
    """
    found: dict[str, tuple[Span, ...]] = {}
    for speaker, stretches in _alone(turns).items():
        taken: list[Span] = []
        left_ms = most_ms
        for span in sorted(stretches, key=lambda item: (-item.duration_ms, item.start_ms)):
            length_ms = min(span.duration_ms, left_ms)
            if length_ms < piece_ms:
                break
            taken.append(Span(start_ms=span.start_ms, end_ms=span.start_ms + length_ms))
            left_ms -= length_ms
        if taken:
            found[speaker] = tuple(sorted(taken))
    return found


def _alone(turns: Iterable[Turn]) -> dict[str, list[Span]]:
    """All stretches in which exactly one speaker speaks, by speaker."""
    events: list[tuple[int, int, str]] = []
    for turn in turns:
        events += [(turn.start_ms, 1, turn.speaker), (turn.end_ms, -1, turn.speaker)]
    found: dict[str, list[Span]] = {}
    speaking: dict[str, int] = {}
    since_ms, who = 0, ""
    events.sort(key=lambda event: event[0])
    for index, (time_ms, step, speaker) in enumerate(events):
        speaking[speaker] = speaking.get(speaker, 0) + step
        if not speaking[speaker]:
            del speaking[speaker]
        if index + 1 < len(events) and events[index + 1][0] == time_ms:
            continue  # who speaks from here on is known when all events of this moment are
        now = next(iter(speaking)) if len(speaking) == 1 else ""
        if now == who:
            continue
        if who:
            found.setdefault(who, []).append(Span(start_ms=since_ms, end_ms=time_ms))
        since_ms, who = time_ms, now
    return found
