"""Who has the floor: from stretches of speech to turns, pauses, gaps, overlaps, interruptions.

The words are those of Heldner and Edlund 2010 ("Pauses, gaps and overlaps in conversations",
Journal of Phonetics 38): a silence between stretches of one speaker is a pause, one between
speakers a gap; an overlap either hands the floor over ("between") or lies inside the other's
stretch ("within"). Gaps and the overlaps that hand over are one scale, the floor transfer offset:
positive ms of silence, negative ms of overlap.

Stretches of one speaker with less than 200 ms between them are one (after Brady 1968, "A
statistical analysis of on-off patterns in sixteen conversations"): shorter ones are consonants.

Times alone do not tell what an overlap meant. The rules here, and after whom:

- Speech under 1 s inside another's stretch is a backchannel (after Jayagopi et al. 2009, "Modeling
  dominance in group conversations using nonverbal activity cues"). It takes no floor.
- Longer speech inside another's stretch is an interruption that did not succeed: the other went on
  (the "butting-in" of Ferguson 1977, "Simultaneous speech, interruptions and dominance").
- Speech of at least 1 s that begins more than 400 ms before the other stops, and goes on after, is
  an interruption that succeeded: two syllables before the end or more, at five a second (after West
  and Zimmerman 1983, "Small insults").
- Any other overlap that hands over is terminal: the end was foreseen.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Stretch = tuple[int, int]
"""Start and end in ms, half-open."""

_TOLD = "\0"
"""No speaker's name: who speaks besides is not said."""

Kind = Literal["backchannel", "unsuccessful", "successful"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Where the rules draw lines, in ms.

    Args:
        pause_ms: Shorter silences of a speaker are none.
        short_ms: Shorter speech inside another's claims no floor.
        terminal_ms: Overlaps up to this are no interruptions.
    """

    pause_ms: int = 200
    short_ms: int = 1000
    terminal_ms: int = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorTurn:
    """One speaker's hold of the floor, from the first stretch to the end of the last.

    `pauses_ms` are the silences inside it; `speaking_ms` is its length without them.
    """

    start_ms: int
    end_ms: int
    speaker: str
    speaking_ms: int
    pauses_ms: tuple[int, ...] = ()

    @property
    def duration_ms(self) -> int:
        """With its pauses."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """The floor goes from one speaker to another; `offset_ms` is below 0 where they overlap."""

    at_ms: int
    before: str
    after: str
    offset_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Speech that began while another had the floor: by whom, into whose, and what came of it."""

    start_ms: int
    end_ms: int
    speaker: str
    into: str
    kind: Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """What a conversation consists of, all in time order."""

    turns: tuple[FloorTurn, ...]
    transfers: tuple[Transfer, ...]
    entries: tuple[Entry, ...]

    @property
    def interruptions(self) -> list[Entry]:
        """The entries that took the floor, the longest first."""
        won = [entry for entry in self.entries if entry.kind == "successful"]
        return sorted(won, key=lambda one: (one.start_ms - one.end_ms, one.start_ms))


def united(stretches: Iterable[Stretch], *, bridged_ms: int = 0) -> list[Stretch]:
    """The union of stretches, sorted.

    Those that meet, or have less than `bridged_ms` between them, are one.

    >>> united([(5, 9), (0, 5), (20, 30)]), united([(0, 5), (7, 9)], bridged_ms=3)
    ([(0, 9), (20, 30)], [(0, 9)])
    """
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start - found[-1][1] < max(bridged_ms, 1):
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def length_ms(stretches: Iterable[Stretch]) -> int:
    """The length of stretches that do not overlap."""
    return sum(end - start for start, end in stretches)


def shared(
    speech: Mapping[str, Sequence[Stretch]], told: Sequence[Stretch] = ()
) -> tuple[dict[int, int], dict[str, int]]:
    """How long how many speak at once, and how long each speaks while another does.

    Args:
        speech: The stretches of each speaker, united.
        told: Where the source says that several speak, whoever; united. One speaker there counts
            as two.

    Returns:
        ms by the number of speakers, 0 for the silences between the first word and the last; ms of
        overlap by speaker.
    """
    borders = sorted(
        (at, step, who)
        for who, stretches in [*speech.items(), (_TOLD, told)]
        for start, end in stretches
        for at, step in ((start, 1), (end, -1))
    )
    together: Counter[int] = Counter()
    overlapped = dict.fromkeys(speech, 0)
    speaking: set[str] = set()
    several = False
    before = borders[0][0] if borders else 0
    for at, step, who in borders:
        if at > before:
            count = max(len(speaking), 2 if several and speaking else 0)
            together[count] += at - before
            if count > 1:
                for one in speaking:
                    overlapped[one] += at - before
            before = at
        if who == _TOLD:
            several = step > 0
        elif step > 0:
            speaking.add(who)
        else:
            speaking.discard(who)
    return dict(together), overlapped


def floor_of(speech: Mapping[str, Sequence[Stretch]], limits: Limits | None = None) -> Floor:
    """Turns, transfers of the floor and entries into others' speech, in one pass.

    Args:
        speech: The stretches of each speaker.
        limits: Where the lines are drawn.
    """
    limits = limits or Limits()
    units = sorted(
        (start, -end, who)  # of those that begin together the longest has the floor
        for who, stretches in speech.items()
        for start, end in united(stretches, bridged_ms=limits.pause_ms)
    )
    turns: list[_Open] = []
    transfers: list[Transfer] = []
    entries: list[Entry] = []
    for start, negative_end, who in units:
        end = -negative_end
        holder = turns[-1] if turns else None
        if holder is None:
            turns.append(_Open(who, start, end))
            continue
        if holder.speaker == who:
            holder.go_on(start, end)
            continue
        long = end - start >= limits.short_ms
        if end <= holder.end_ms:
            kind: Kind = "unsuccessful" if long else "backchannel"
            entries.append(_entry(start, end, who, holder, kind))
            continue
        offset = start - holder.end_ms
        if long and offset < -limits.terminal_ms:
            entries.append(_entry(start, end, who, holder, "successful"))
        transfers.append(Transfer(at_ms=start, before=holder.speaker, after=who, offset_ms=offset))
        turns.append(_Open(who, start, end))
    return Floor(
        turns=tuple(turn.closed() for turn in turns),
        transfers=tuple(transfers),
        entries=tuple(entries),
    )


def _entry(start: int, end: int, who: str, holder: _Open, kind: Kind) -> Entry:
    return Entry(start_ms=start, end_ms=end, speaker=who, into=holder.speaker, kind=kind)


class _Open:
    """A turn that may go on."""

    __slots__ = ("end_ms", "pauses_ms", "speaker", "speaking_ms", "start_ms")

    def __init__(self, speaker: str, start_ms: int, end_ms: int) -> None:
        self.speaker = speaker
        self.start_ms = start_ms
        self.end_ms = end_ms
        self.speaking_ms = end_ms - start_ms
        self.pauses_ms: list[int] = []

    def go_on(self, start_ms: int, end_ms: int) -> None:
        self.pauses_ms.append(start_ms - self.end_ms)
        self.speaking_ms += end_ms - start_ms
        self.end_ms = end_ms

    def closed(self) -> FloorTurn:
        return FloorTurn(
            start_ms=self.start_ms,
            end_ms=self.end_ms,
            speaker=self.speaker,
            speaking_ms=self.speaking_ms,
            pauses_ms=tuple(self.pauses_ms),
        )
