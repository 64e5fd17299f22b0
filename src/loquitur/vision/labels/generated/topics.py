"""The labels of a drawing: how frequent, of which genre, under which other, and how noticed.

Frequencies fall as in the vocabulary of YouTube-8M (788,288 videos for the first label, 123 for the
last of 3,862: close to one over the rank); genres have their shares of the labels there; in each
genre labels form a tree of which the more frequent is above.

By its *manner* a label is noticed by

- `seen`, `heard`, `said`: one sense, and no other;
- `shown`: any of the three, in each but faintly;
- `joint`: two senses together. Four labels share two events of one sense and two of another, and
  each is one of the four pairs: either sense alone leaves two of them;
- `ordered`: the order in time. Two labels share two events of one sense, and differ in which of
  them comes first: their means are alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from loquitur.vision.labels.examples import PICTURES, SOUND, WORDS
from loquitur.vision.labels.generated.dice import Dice

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loquitur.vision.labels.generated.design import Design

Manner = Literal["seen", "heard", "said", "shown", "joint", "ordered"]
_SENSES: dict[Manner, tuple[str, ...]] = {
    "seen": (PICTURES,),
    "heard": (SOUND,),
    "said": (WORDS,),
    "shown": (PICTURES, SOUND, WORDS),
}
_PATTERN: tuple[Manner, ...] = (
    *("shown", "seen", "said", "heard"),
    *("joint", "joint", "joint", "joint"),
    *("seen", "said", "ordered", "ordered", "heard", "seen"),
    *("said", "shown", "heard", "seen", "said", "seen"),
)
"""By rank, over and over: so each manner has frequent labels and rare ones."""
_PAIRS = ((PICTURES, SOUND), (PICTURES, WORDS), (SOUND, WORDS))
_ORDERED = (PICTURES, WORDS, SOUND)
_SAID = {PICTURES: "seen", SOUND: "heard", WORDS: "said"}
_OFFSET, _FALL = 1.5, 1.05
_BRANCHES = 4

GENRES = (
    ("Games", 734),
    ("Arts & Entertainment", 525),
    ("Autos & Vehicles", 466),
    ("Computers & Electronics", 302),
    ("Food & Drink", 278),
    ("Business & Industrial", 259),
    ("Sports", 167),
    ("Pets & Animals", 150),
    ("Hobbies & Leisure", 132),
    ("Home & Garden", 120),
    ("Shopping", 116),
    ("Science", 116),
    ("Beauty & Fitness", 86),
    ("Travel", 48),
    ("People & Society", 46),
    ("Reference", 41),
    ("Law & Government", 32),
    ("Internet & Telecom", 26),
    ("Books & Literature", 20),
    ("News", 18),
    ("Health", 14),
    ("Jobs & Education", 12),
    ("Finance", 10),
    ("Real Estate", 6),
)
"""The 24 verticals, and how many labels of YouTube-8M's vocabulary have each as their first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One label.

    Args:
        name: It says how the label is noticed.
        genre: Index into `GENRES`.
        parent: The label above it, in the same genre; -1 for the first of a genre.
        manner: By what it is noticed.
        events: What is to be noticed: a stream and the number of an event of it; of `ordered` in
            the order of time.
        group: Labels of one group share events, and a video has one of them at most; -1: none.
    """

    name: str
    genre: int
    parent: int
    manner: Manner
    events: tuple[tuple[str, int], ...]
    group: int = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Topics:
    """All labels of a drawing.

    Args:
        topics: By number, the most frequent first.
        weights: How often each is what a video is about, adding up to 1.
        members: By genre, the numbers of its labels.
        events: By stream, how many events it knows.
    """

    topics: tuple[Topic, ...]
    weights: NDArray[np.float64]
    members: tuple[NDArray[np.int64], ...]
    events: dict[str, int]

    def genres_of(self, labels: NDArray[np.int64]) -> tuple[int, ...]:
        """The genres of some labels, each once, in their order."""
        return tuple(dict.fromkeys(self.topics[label].genre for label in labels.tolist()))


def draw_topics(design: Design) -> Topics:
    """The labels of a drawing."""
    genres = _genres(design)
    events = {PICTURES: 0, SOUND: 0, WORDS: 0}
    noticed = _noticed(design.labels, events)
    members: list[list[int]] = [[] for _ in GENRES]
    topics = []
    genre_of: dict[int, int] = {}
    for label, (drawn, (manner, what, group)) in enumerate(zip(genres, noticed, strict=True)):
        kin = design.kin and group >= 0
        genre = genre_of.setdefault(group, drawn) if kin else drawn
        siblings = members[genre]
        parent = siblings[(len(siblings) - 1) // _BRANCHES] if siblings else -1
        siblings.append(label)
        topics.append(
            Topic(
                name=f"{GENRES[genre][0]} {len(siblings)}, {_told(manner, what)}",
                genre=genre,
                parent=parent,
                manner=manner,
                events=what,
                group=group,
            )
        )
    weights = 1.0 / (np.arange(design.labels) + 1 + _OFFSET) ** _FALL
    return Topics(
        topics=tuple(topics),
        weights=weights / weights.sum(),
        members=tuple(np.asarray(one, dtype=np.int64) for one in members),
        events=events,
    )


def _genres(design: Design) -> list[int]:
    """The genre of each label: few labels have few genres, each with a label at least."""
    known = min(len(GENRES), max(2, design.labels // 4))
    shares = np.cumsum([count for _, count in GENRES[:known]], dtype=np.float64)
    dice = Dice(design.seed, 1)
    drawn = np.searchsorted(shares / shares[-1], dice.uniform(design.labels), side="right")
    first = np.minimum(np.arange(design.labels), known - 1)
    found = np.where(np.arange(design.labels) < known, first, drawn)
    return [int(one) for one in found]


Noticed = tuple[Manner, tuple[tuple[str, int], ...], int]


def _noticed(labels: int, events: dict[str, int]) -> list[Noticed]:
    """How each label is noticed, by rank; `events` are counted up."""

    def new(stream: str) -> tuple[str, int]:
        events[stream] += 1
        return stream, events[stream] - 1

    found: list[Noticed] = []
    groups = {"joint": 0, "ordered": 0}
    while len(found) < labels:
        manner = _PATTERN[len(found) % len(_PATTERN)]
        left = labels - len(found)
        group = groups["joint"] + groups["ordered"]
        if manner == "joint" and left >= 4:
            one, other = _PAIRS[groups["joint"] % len(_PAIRS)]
            ones, others = (new(one), new(one)), (new(other), new(other))
            found += [(manner, (a, b), group) for a in ones for b in others]
            groups["joint"] += 1
        elif manner == "ordered" and left >= 2:
            stream = _ORDERED[groups["ordered"] % len(_ORDERED)]
            a, b = new(stream), new(stream)
            found += [(manner, (a, b), group), (manner, (b, a), group)]
            groups["ordered"] += 1
        else:
            manner = "seen" if manner in groups else manner
            found.append((manner, tuple(new(sense) for sense in _SENSES[manner]), -1))
    return found


def _told(manner: Manner, what: tuple[tuple[str, int], ...]) -> str:
    senses = " and ".join(dict.fromkeys(_SAID[stream] for stream, _ in what))
    if manner == "shown":
        return "seen, heard and said"
    return f"{senses} in order" if manner == "ordered" else senses
