"""Which part of the hypothesis is held against which part of the reference.

Both sides are a file or a folder. A recording is known by the name its format gives it (CTM, STM,
RTTM, SegLST), else by the file's stem; in folders always by the stem, where a file holds one only.
Two sides of one recording each belong together whatever they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from loquitur.errors import InputError, UsageError
from loquitur.evaluation.entries import Sheet
from loquitur.evaluation.reading import open_content, read, stem_of, suffix_of, suffixes
from loquitur.evaluation.rows import read_uem
from loquitur.text import display
from loquitur.timing import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One recording: what is true, what was heard, and where it counts (None: everywhere)."""

    name: str
    reference: Sheet
    hypothesis: Sheet
    uem: tuple[Span, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """All pairs in order of the reference, and what a reader of the figures should know."""

    pairs: tuple[Pair, ...]
    notices: tuple[str, ...] = ()


def pair_up(
    reference: Path, hypothesis: Path, *, turns: bool = False, uem: Path | None = None
) -> Pairing:
    """The recordings of two files or folders, each with its counterpart.

    A recording without hypothesis counts as one in which nothing was heard; a hypothesis without
    reference cannot be scored. Notices say so of both.

    Args:
        reference: A file, or a folder of files.
        hypothesis: A file, or a folder of files.
        turns: Whether turns are compared; words otherwise.
        uem: A file of the stretches to be scored; else the `.uem` beside each reference file.

    Raises:
        InputError: A file cannot be read, or nothing belongs together.
    """
    true, true_notes = recordings(reference, turns=turns)
    heard, heard_notes = recordings(hypothesis, turns=turns)
    notices = [*true_notes, *heard_notes]
    if len(true) == 1 and len(heard) == 1:
        ((name, _),), ((other, sheet),) = true.items(), heard.items()
        if _named(true) and _named(heard) and sheet.entries and name != other:
            notices.append(f"'{other}' of the hypothesis is taken for '{name}'")
        heard = {name: sheet}
    elif heard and not true.keys() & heard.keys():
        raise InputError(
            f"no recording of {display(str(hypothesis))} is in {display(str(reference))}: "
            f"found {_listed(heard)}, expected {_listed(true)}",
            code="LQ-EVAL-PAIRS",
        )
    if silent := [name for name in true if name not in heard]:
        notices.append(f"no hypothesis, counted as silence: {_listed(silent)}")
    if unknown := [name for name in heard if name not in true]:
        notices.append(f"no reference, not scored: {_listed(unknown)}")
    maps = _maps(true, uem) if turns else {}
    pairs = tuple(
        Pair(
            name=name,
            reference=sheet,
            hypothesis=heard.get(name) or Sheet(path="", entries=()),
            uem=maps.get(name),
        )
        for name, sheet in true.items()
    )
    return Pairing(pairs=pairs, notices=tuple(notices))


def paired_files(
    reference: Path, hypothesis: Path, *, counts: Callable[[Path], bool]
) -> list[tuple[str, Path, Path]]:
    """Two files, or those of two folders that have one stem: the stem, and the file of each side.

    Args:
        reference: A file, or a folder of files.
        hypothesis: The same as `reference` is.
        counts: Whether a file of a folder is one to be compared.

    Raises:
        InputError: No file of the one folder has a counterpart in the other.
        UsageError: One side is a file and the other a folder.
    """
    if reference.is_dir() != hypothesis.is_dir():
        raise UsageError("one side is a folder and the other is not: give two files or two folders")
    if not reference.is_dir():
        return [(reference.stem, reference, hypothesis)]
    true, made = (
        {path.stem: path for path in sorted(side.iterdir()) if path.is_file() and counts(path)}
        for side in (reference, hypothesis)
    )
    both = [(stem, true[stem], made[stem]) for stem in true if stem in made]
    if not both:
        raise InputError(
            f"no file of {display(str(hypothesis))} has the name of one in "
            f"{display(str(reference))}",
            code="LQ-EVAL-PAIRS",
        )
    return both


def recordings(
    place: Path, *, turns: bool = False, formats: Sequence[str] = ()
) -> tuple[dict[str, Sheet], list[str]]:
    """What a file or folder says, by recording, and what is to be told of it.

    Args:
        place: A file, or a folder of files.
        turns: Whether turns are wanted; words otherwise.
        formats: The suffixes that count in a folder, the preferred first; all where empty.

    Raises:
        InputError: Nothing there can be read, or a recording is in two files.
    """
    if not place.exists():
        raise InputError(f"{display(str(place))}: no such file or folder", code="LQ-EVAL-READ")
    if not place.is_dir():
        whole = read(place, turns=turns)
        names = whole.recordings or (stem_of(place),)
        return {name: whole.of(name) for name in names}, list(whole.notes)
    files = _files(place, formats or suffixes(turns=turns))
    found: dict[str, Sheet] = {}
    notes: list[str] = []
    for stem, paths in files.items():
        path, sheet = _first_readable(paths, notes, turns=turns)
        if sheet is None:
            continue
        notes += sheet.notes
        names = sheet.recordings
        known = {stem: sheet.of(names[0] if names else stem)}
        if len(names) > 1:
            known = {name: sheet.of(name) for name in names}
        if doubled := found.keys() & known.keys():
            raise InputError(
                f"{display(str(path))}: the recording {_listed(doubled)} is in another file too",
                code="LQ-EVAL-PAIRS",
            )
        found |= known
    if not found:
        raise InputError(
            f"{display(str(place))}: no file to score in this folder",
            hint="expected files that end in " + ", ".join(suffixes(turns=turns)),
            code="LQ-EVAL-EMPTY",
        )
    return found, notes


def _first_readable(
    paths: Sequence[Path], notes: list[str], *, turns: bool
) -> tuple[Path, Sheet | None]:
    """The first of the files that can be read; other JSON may lie there, and is told and passed."""
    for path in paths:
        try:
            return path, read(path, turns=turns)
        except InputError as exc:
            if path.suffix.lower() != ".json":
                raise
            notes.append(f"passed over: {exc.message}")
    return paths[0], None


def beside(medium: Path, formats: Sequence[str]) -> Path | None:
    """The file beside a medium that has its stem and the first of these suffixes, if any."""
    paths = (medium.with_name(medium.stem + suffix) for suffix in formats)
    return next((path for path in paths if path != medium and path.is_file()), None)


def _files(folder: Path, order: Sequence[str]) -> dict[str, list[Path]]:
    """By stem the files of a format that counts here, those that tell most first."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        suffix = suffix_of(path)
        if suffix not in order or not path.is_file():
            continue
        found.setdefault(stem_of(path), []).append(path)
    for paths in found.values():
        paths.sort(key=lambda path: order.index(suffix_of(path)))
    return found


def _maps(true: dict[str, Sheet], given: Path | None) -> dict[str, tuple[Span, ...]]:
    """The stretches to be scored of each recording that has a map."""
    if given is not None:
        maps = read_uem(open_content(given))
        if len(maps) == 1 and len(true) == 1:
            return dict.fromkeys(true, next(iter(maps.values())))
        absent = [name for name in true if name not in maps]
        if absent:
            raise InputError(
                f"{display(str(given))}: no map for {_listed(absent)}, found {_listed(maps)}",
                code="LQ-EVAL-PAIRS",
            )
        return maps
    return maps_beside(true)


def maps_beside(true: Mapping[str, Sheet]) -> dict[str, tuple[Span, ...]]:
    """The stretches to be scored, from the `.uem` beside each reference file that has one.

    Raises:
        InputError: Such a file is no UEM.
    """
    found: dict[str, tuple[Span, ...]] = {}
    for name, sheet in true.items():
        path = Path(sheet.path)
        path = path.with_name(stem_of(path) + ".uem")
        if not path.is_file():
            continue
        maps = read_uem(open_content(path))
        spans = maps.get(name) or (next(iter(maps.values())) if len(maps) == 1 else None)
        if spans is not None:
            found[name] = spans
    return found


def _named(sheets: dict[str, Sheet]) -> bool:
    return all(sheet.named for sheet in sheets.values())


def _listed(names: Iterable[str]) -> str:
    known = [display(name) for name in names]
    return ", ".join(known[:5]) + (f" and {len(known) - 5} more" if len(known) > 5 else "")
