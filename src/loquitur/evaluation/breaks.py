"""Where captions are cut, held against a reference: precision, recall and F1 of breaks.

A break stands after a word: the end of a cue, or of a line inside one. The last word's is not
counted. As in the evaluation of subtitle segmentation on equal text (Matusov, Wilken and
Georgakopoulou 2019; precision and recall of break symbols in EvalSubtitle, Karakanta and others
2022), all breaks count alike. Where the texts differ, words are matched by edit distance and breaks
beside matched words alone are counted; `matched` says how many those are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import msgspec

from loquitur import formats
from loquitur.conversion import decoder
from loquitur.evaluation.counting import align
from loquitur.evaluation.normalizing import UNSPACED, primary
from loquitur.evaluation.pairing import paired_files
from loquitur.model.captions import CaptionTrack, Cue
from loquitur.timing import from_seconds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


Kind = Literal["any", "cue", "line"]
_LINE, _CUE = 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakCounts:
    """Breaks of one kind: found where they are, found where none is, and missed."""

    right: int = 0
    extra: int = 0
    missed: int = 0

    def __add__(self, other: BreakCounts) -> BreakCounts:
        return BreakCounts(
            right=self.right + other.right,
            extra=self.extra + other.extra,
            missed=self.missed + other.missed,
        )

    @property
    def precision(self) -> float | None:
        """Of the breaks made, the share that the reference has; None where none was made."""
        made = self.right + self.extra
        return self.right / made if made else None

    @property
    def recall(self) -> float | None:
        """Of the reference's breaks, the share that was made; None where it has none."""
        true = self.right + self.missed
        return self.right / true if true else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both; None where there is no break on either side."""
        total = 2 * self.right + self.extra + self.missed
        return 2 * self.right / total if total else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileBreaks:
    """The breaks of one file, and how many words it has (`matched`: on both sides)."""

    name: str
    words: int
    matched: int
    any: BreakCounts
    cue: BreakCounts
    line: BreakCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakScore:
    """The breaks of all files, micro over their words."""

    files: tuple[FileBreaks, ...]
    any: BreakCounts
    cue: BreakCounts
    line: BreakCounts


def segmentation(reference: Path, hypothesis: Path, *, language: str = "") -> BreakScore:
    """Break F1 of caption files.

    Args:
        reference: A caption file, or a folder of them.
        hypothesis: The same; folders are matched by stem.
        language: BCP 47 tag; what the files tell where empty. Japanese, Chinese and Thai are
            compared by characters.

    Raises:
        InputError: A file cannot be read, or nothing belongs together.
        UsageError: One side is a file, the other a folder.
        MissingError: The texts differ, and a package of the extra `eval` is absent.
    """
    found = []
    for name, true_path, made_path in paired_files(reference, hypothesis, counts=_is_captions):
        true = _read(true_path, language)
        made = _read(made_path, language)
        spoken = language or true.language or made.language
        found.append(compare(name, true, made, characters=primary(spoken) in UNSPACED))
    return BreakScore(
        files=tuple(found),
        any=sum((one.any for one in found), BreakCounts()),
        cue=sum((one.cue for one in found), BreakCounts()),
        line=sum((one.line for one in found), BreakCounts()),
    )


class _BreakList(msgspec.Struct):
    """Words with what stands behind each: `[text, start_s, end_s, 0 | 1 line | 2 cue]`."""

    words: list[tuple[str, float, float, int]]


def _read(path: Path, language: str) -> CaptionTrack:
    """A caption file, or a JSON file of words with their breaks, as captions."""
    if path.suffix.lower() != ".json":
        return formats.read(path, language=language)
    document = formats.Document.load(path, language=language)
    try:
        words = decoder(_BreakList).decode(document.data).words
    except msgspec.MsgspecError:
        return formats.read(document, form="json")
    cues, said = [], ""
    for text, start_s, end_s, kind in words:
        said += text + {_LINE: "\n", _CUE: ""}.get(kind, " ")
        if kind == _CUE:
            times = (from_seconds(start_s), from_seconds(end_s))
            cues.append(Cue(start_ms=times[0], end_ms=times[1], payload=said, notation="plain"))
            said = ""
    if said.strip():
        cues.append(Cue(start_ms=0, end_ms=0, payload=said.strip(), notation="plain"))
    return CaptionTrack(language=language, cues=tuple(cues))


def compare(
    name: str, true: CaptionTrack, made: CaptionTrack, *, characters: bool = False
) -> FileBreaks:
    """The breaks of one track against another's of the same text."""
    true_words, true_breaks = tokens(true, characters=characters)
    made_words, made_breaks = tokens(made, characters=characters)
    pairs = _matched(true_words, made_words)
    both = [
        (true_breaks[at], made_breaks[to])
        for at, to in pairs
        if at + 1 < len(true_words) or to + 1 < len(made_words)
    ]
    return FileBreaks(
        name=name,
        words=len(true_words),
        matched=len(pairs),
        any=_counted(((a > 0, b > 0) for a, b in both)),
        cue=_counted(((a == _CUE, b == _CUE) for a, b in both)),
        line=_counted(((a == _LINE, b == _LINE) for a, b in both)),
    )


def tokens(track: CaptionTrack, *, characters: bool = False) -> tuple[list[str], list[int]]:
    """The words (or characters) of a track, folded, and the break after each: 0, 1 line, 2 cue."""
    words: list[str] = []
    breaks: list[int] = []
    for cue in track.cues:
        for line in cue.text.split("\n"):
            said = ["".join(line.split())] if characters else line.split()
            said = [sign for text in said for sign in text] if characters else said
            words += [word.casefold() for word in said]
            breaks += [0] * len(said)
            if said:
                breaks[-1] = _LINE
        if breaks:
            breaks[-1] = _CUE
    return words, breaks


def _matched(true: list[str], made: list[str]) -> list[tuple[int, int]]:
    if true == made:
        return [(at, at) for at in range(len(true))]
    return [
        (block.reference_start + step, block.hypothesis_start + step)
        for block in align(true, made)
        if block.kind == "equal"
        for step in range(block.reference_end - block.reference_start)
    ]


def _counted(pairs: Iterable[tuple[bool, bool]]) -> BreakCounts:
    right = extra = missed = 0
    for true, made in pairs:
        right += true and made
        extra += made and not true
        missed += true and not made
    return BreakCounts(right=right, extra=extra, missed=missed)


def _is_captions(path: Path) -> bool:
    return bool(formats.find(formats.format_of(path) or "txt").reader)
