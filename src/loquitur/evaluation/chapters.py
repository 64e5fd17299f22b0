"""Chapters held against a reference, in time: Pk, WindowDiff, borders found.

Units are seconds of media time. Beside each file stand the trivial segmentations of its reference
(see `topics`), for a figure alone says little.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import msgspec

from loquitur import formats
from loquitur.conversion import decoder
from loquitur.errors import InputError
from loquitur.evaluation import topics
from loquitur.evaluation.pairing import paired_files
from loquitur.formats import chapter_list
from loquitur.text import display

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SUFFIXES = (".json", ".txt", ".md", ".vtt", ".srt")
_NEAR_S = 10
_CUES = (".vtt", ".srt")


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChapters:
    """The chapters of one file.

    Args:
        name: The stem of the file.
        duration_s: Of the video, in whole seconds.
        known: Whether the files say how long it is; else it is a guess from the last chapter.
        reference: How many borders the reference has.
        found: Of these, how many have a border of the hypothesis within 10 s.
        made: How many borders the hypothesis has.
        score: Of the hypothesis.
        trivial: `none`, `even` and `random`, with as many borders as the reference has.
    """

    name: str
    duration_s: int
    known: bool
    reference: int
    found: int
    made: int
    score: topics.Agreement
    trivial: dict[str, topics.Agreement]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChapterScore:
    """The chapters of all files; figures are means over files."""

    files: tuple[FileChapters, ...]
    score: topics.Agreement
    trivial: dict[str, topics.Agreement]


class _Entry(msgspec.Struct):
    start_ms: int
    end_ms: int | None = None
    title: str = ""


class _Outline(msgspec.Struct):
    chapters: list[_Entry] = []


class _Document(msgspec.Struct):
    """What `insight transcript --json` prints, or a transcript with an outline."""

    chapters: list[_Entry] | None = None
    outline: _Outline | None = None
    duration_ms: int | None = None


def chapters(
    reference: Path, hypothesis: Path, *, duration_ms: int | None = None, seed: int = 0
) -> ChapterScore:
    """How well chapters agree with those of a reference.

    Args:
        reference: A list as YouTube has it (`0:00 Title`), JSON with `chapters`, a transcript with
            an outline, or chapters as captions; or a folder of them.
        hypothesis: The same; folders are matched by stem.
        duration_ms: Of the video, where the files do not say it.
        seed: Of the random borders beside it.

    Raises:
        InputError: A file cannot be read, or nothing belongs together.
        UsageError: One side is a file and the other a folder.
    """
    found = [
        _compared(name, _read(true), _read(made), duration_ms, seed)
        for name, true, made in paired_files(reference, hypothesis, counts=_is_list)
    ]
    return ChapterScore(
        files=tuple(found),
        score=topics.mean_of([one.score for one in found]),
        trivial={
            name: topics.mean_of([one.trivial[name] for one in found]) for name in found[0].trivial
        },
    )


def _compared(
    name: str,
    true: tuple[list[int], int | None],
    made: tuple[list[int], int | None],
    duration_ms: int | None,
    seed: int,
) -> FileChapters:
    starts, ends = (true[0], made[0]), [end for _, end in (true, made) if end is not None]
    last = max((start for side in starts for start in side), default=0)
    known = duration_ms or max(ends, default=0)
    guessed = last + last // max(1, len(true[0]) - 1)
    length = max((known or guessed) // 1000, last // 1000 + 1, 2)
    borders, others = (_borders(side, length) for side in starts)
    found, _, _ = topics.near_borders(borders, others, within=_NEAR_S)
    return FileChapters(
        name=name,
        duration_s=length,
        known=bool(known),
        reference=len(borders),
        found=found,
        made=len(others),
        score=topics.agreement(borders, others, length=length),
        trivial=topics.trivial(borders, length=length, seed=seed),
    )


def _borders(starts_ms: Sequence[int], length: int) -> list[int]:
    return sorted({start // 1000 for start in starts_ms} & set(range(1, length)))


def _read(path: Path) -> tuple[list[int], int | None]:
    """The starts of a file's chapters, and where the last one ends if it says so."""
    if path.suffix.lower() in _CUES:
        return _of_cues(path)
    document = formats.Document.load(path)
    if path.suffix.lower() != ".json":
        listed = chapter_list.read(document.decoded().text)
        if not listed:
            raise InputError(
                f"{document.name}: no line begins with a time",
                hint="expected chapters as YouTube has them: 0:00 Title",
            )
        return [one.start_ms for one in listed], None
    return _of_json(document)


def _is_list(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES


def _of_cues(path: Path) -> tuple[list[int], int | None]:
    """A cue for each chapter; captions of speech would be hundreds of them."""
    cues = formats.read(path).cues
    if cues and median(cue.end_ms - cue.start_ms for cue in cues) < chapter_list.SHORTEST_MS:
        raise InputError(
            f"{display(str(path))}: most cues are shorter than 10 seconds: captions, no chapters",
            hint="expected a cue for each chapter",
        )
    return [cue.start_ms for cue in cues], max((cue.end_ms for cue in cues), default=None)


def _of_json(document: formats.Document) -> tuple[list[int], int | None]:
    text = document.decoded().text
    try:
        if text.lstrip().startswith("["):
            told = _Document(chapters=decoder(list[_Entry]).decode(text))
        else:
            told = decoder(_Document).decode(text)
    except msgspec.MsgspecError as exc:
        raise _strange(document, str(exc)) from exc
    entries, length = told.chapters, told.duration_ms
    if entries is None and told.outline is not None:
        entries = told.outline.chapters
    if entries is None:
        raise _strange(document, "it has no `chapters`")
    if any(entry.start_ms < 0 for entry in entries):
        raise _strange(document, "a chapter begins before 0")
    ends = [entry.end_ms for entry in entries if entry.end_ms is not None]
    return [entry.start_ms for entry in entries], length or max(ends, default=None)


def _strange(document: formats.Document, why: str) -> InputError:
    return InputError(
        f"{document.name}: {display(why[:120])}",
        hint="expected what `insight transcript --json` prints, or a list with start_ms",
    )
