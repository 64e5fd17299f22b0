"""Texts whose breaks a professional captioner made, as the scripts on segmentation read them.

The folder is that of google-captions as lists of words (see the data's SOURCES.md): each word with
a start and an end in seconds and its break: 0 none, 1 a line ends, 2 a cue ends.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "shared/data/subtitles"
DEV = DATA / "segmentation-dev"
WIDTH, LINES = 32, 2
_TIME = re.compile(r"(?:\*TC )?\d+:\d\d:\d\d[.:;]\d+")
_MARKS = re.compile(r"[^\w\s'’%$&+#@/]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """A talk: its words, the break behind each, and their times in ms."""

    name: str
    texts: tuple[str, ...]
    breaks: tuple[int, ...]
    starts: tuple[int, ...] = ()
    ends: tuple[int, ...] = ()


def talks(folder: Path = DEV) -> list[Talk]:
    """The talks of a folder, by name."""
    found = []
    for path in sorted(folder.glob("*.json")):
        words = json.loads(path.read_text(encoding="utf-8"))["words"]
        found.append(
            Talk(
                name=path.stem,
                texts=tuple(word[0] for word in words),
                breaks=(*(word[3] for word in words[:-1]), 2),
                starts=tuple(round(word[1] * 1000) for word in words),
                ends=tuple(round(word[2] * 1000) for word in words),
            )
        )
    return found


def unseen(folder: Path = DATA / "google-captions/odd") -> list[Talk]:
    """English talks with human breaks that no weights were fitted on, out of odd formats.

    Blocks of a time and lines, apart by blank lines. Files with lines of more than 40
    characters are transcripts and not captions, and left out; the words get an even clock.
    """
    found = []
    for path in sorted([*folder.glob("*.stc"), *folder.glob("*.txt")]):
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        texts: list[str] = []
        breaks: list[int] = []
        longest = 0
        for block in re.split(r"\n\s*\n", text.replace("\r", "")):
            lines = [line.strip() for line in block.strip().split("\n")]
            lines = [line for line in lines if line and not _TIME.match(line)]
            for line in lines:
                longest = max(longest, len(line))
                texts += line.split()
                breaks += [0] * (len(line.split()) - 1) + [1]
            if lines:
                breaks[-1] = 2
        if longest <= 40 and texts:
            clock = range(0, 400 * len(texts), 400)
            found.append(
                Talk(
                    name=path.stem,
                    texts=tuple(texts),
                    breaks=tuple(breaks),
                    starts=tuple(clock),
                    ends=tuple(start + 400 for start in clock),
                )
            )
    return found


def bare(text: str) -> str:
    """A word without marks and capitals; one of marks alone stays."""
    return _MARKS.sub("", text).lower().strip("'’") or text


def stripped(talk: Talk) -> Talk:
    """A talk without marks and capitals."""
    return Talk(
        name=talk.name,
        texts=tuple(map(bare, talk.texts)),
        breaks=talk.breaks,
        starts=talk.starts,
        ends=talk.ends,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """How many breaks were right, there, and made."""

    right: int = 0
    there: int = 0
    made: int = 0

    def __add__(self, other: Hits) -> Hits:
        return Hits(
            right=self.right + other.right,
            there=self.there + other.there,
            made=self.made + other.made,
        )

    @property
    def precision(self) -> float:
        """Of the breaks that were made, how many are right."""
        return self.right / self.made if self.made else 0.0

    @property
    def recall(self) -> float:
        """Of the breaks that are there, how many were made."""
        return self.right / self.there if self.there else 0.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.right / (self.there + self.made) if self.there + self.made else 0.0


def hits(truth: list[int] | tuple[int, ...], made: list[int] | tuple[int, ...]) -> dict[str, Hits]:
    """Any break, cue breaks and line breaks; the end of the text counts as a cue break."""
    found = {}
    for name, kinds in (("any", (1, 2)), ("cue", (2,)), ("line", (1,))):
        pairs = [(one in kinds, two in kinds) for one, two in zip(truth, made, strict=True)]
        found[name] = Hits(
            right=sum(one and two for one, two in pairs),
            there=sum(one for one, _ in pairs),
            made=sum(two for _, two in pairs),
        )
    return found


NO_HITS = dict.fromkeys(("any", "cue", "line"), Hits())


def added(total: dict[str, Hits], found: dict[str, Hits]) -> dict[str, Hits]:
    return {name: total[name] + one for name, one in found.items()}


def shown_hits(name: str, total: dict[str, Hits]) -> str:
    """Precision, recall and F1 of each kind on one line."""
    figures = "   ".join(
        f"{kind} {one.precision:.3f} {one.recall:.3f} {one.f1:.3f}" for kind, one in total.items()
    )
    return f"{name:46} {figures}"
