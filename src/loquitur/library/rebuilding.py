"""A library made anew: from its own passages, and from the store where they are lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import CorruptError, StoreError
from loquitur.library import adding
from loquitur.library.adding import Added, Writing, ignore
from loquitur.library.encoding import NONE, encoder_for, make_encoder
from loquitur.library.index.contract import Finding
from loquitur.library.places import exists, no_library, open_index, place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loquitur.library.deposits import Deposit, Deposits
    from loquitur.library.encoding import Encoder
    from loquitur.library.index.contract import Index
    from loquitur.model.library import Part
    from loquitur.settings import Settings

_MOST_SET_ASIDE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """What was made anew.

    Args:
        parts: How many parts the library has now.
        passages: How many passages.
        vectors: How many of them have one.
        restored: Parts that came back from the store alone, as (media id, part).
        set_aside: The folder to which a damaged file was moved; empty where it was mended.
        findings: What is still wrong; empty where all agrees.
    """

    parts: int
    passages: int
    vectors: int
    restored: tuple[tuple[str, str], ...] = ()
    set_aside: str = ""
    findings: tuple[Finding, ...] = ()


def rebuild(
    name: str,
    settings: Settings,
    *,
    deposits: Deposits | None,
    embedding: str = "",
    progress: Callable[[Added], None] = ignore,
) -> Rebuilt:
    """Make a library anew, by its name: also one whose file is damaged or lost.

    What can be mended in place is; a file that cannot is moved aside, and a new one is filled from
    the store. It is searched by words meanwhile; killed, it is done again by the same command.

    Args:
        name: As for `open_library`.
        settings: Of this place.
        deposits: Where its sources are.
        embedding: Another engine of its vectors, `NAME[:MODEL]`, or `none` for words alone; as it
            was where empty.
        progress: Told of each part as it is done.

    Raises:
        UsageError: No such library, nor a source of one; no such engine; or its own has other rules
            by now, and which one is meant must be said.
        StoreError: It cannot be written, or a newer version of this package made it.
    """
    place = place_of(name, settings)
    if not exists(place) and not _has_some(deposits):
        raise no_library(name, settings)
    index, set_aside = _opened(place)
    try:
        found = rebuild_open(
            index, settings, name=name, deposits=deposits, embedding=embedding, progress=progress
        )
    finally:
        index.close()
    return replace(found, set_aside=set_aside)


def rebuild_open(
    index: Index,
    settings: Settings,
    *,
    name: str,
    deposits: Deposits | None,
    embedding: str = "",
    progress: Callable[[Added], None] = ignore,
) -> Rebuilt:
    """Make an index anew that could be opened; see `rebuild`."""
    encoder, anew = _encoder(index, settings, embedding, name)
    to = Writing(index=index, encoder=encoder, deposits=deposits)
    restored = rebuild_index(to, anew=anew, progress=progress)
    counts = index.counts()
    return Rebuilt(
        parts=counts.parts,
        passages=counts.passages,
        vectors=counts.vectors,
        restored=restored,
        findings=check(to),
    )


def rebuild_index(
    to: Writing, *, anew: bool, progress: Callable[[Added], None] = ignore
) -> tuple[tuple[str, str], ...]:
    """Bring an index in step with the deposits; all vectors anew where asked for.

    Returns:
        The parts that were in the store alone, as (media id, part).
    """
    restored: list[tuple[str, str]] = []
    done: set[tuple[str, str]] = set()
    for deposit in to.deposits.all() if to.deposits is not None else ():
        document = to.deposits.read(deposit) if to.deposits is not None else None
        if document is None:
            continue
        known = {part.name for part in to.index.parts(deposit.media_id)}
        for one in adding.add(to, [document], anew=anew):
            if one.part not in known:
                restored.append((one.media_id, one.part))
            done.add((one.media_id, one.part))
            progress(one)
    if anew:
        for one in _own(to, done):
            progress(one)
    return tuple(restored)


def check(to: Writing) -> tuple[Finding, ...]:
    """What is wrong with a library: its index, and whether its sources are in the store."""
    found = list(to.index.verify())
    if to.deposits is None:
        return tuple(found)
    held = {(one.media_id, one.part) for one in to.deposits.all()}
    doubled = to.deposits.doubled()
    for volume in to.index.volumes():
        for part in to.index.parts(volume.media_id):
            place = (volume.media_id, part.name)
            if part.digest and place not in held:
                found.append(_finding("no-source", *place, "its source is not in the store"))
            elif place in doubled and not _is_last(to, doubled[place], part):
                found.append(
                    _finding("not-indexed", *place, "its last source is in the store alone")
                )
            held.discard(place)
    for media_id, name in sorted(held):
        found.append(_finding("not-indexed", media_id, name, "it is in the store alone"))
    return tuple(found)


def _is_last(to: Writing, deposit: Deposit, part: Part) -> bool:
    """Whether the index has what was deposited last: a process may have died between the two."""
    document = to.deposits.read(deposit) if to.deposits is not None else None
    return document is None or adding.is_indexed(to, document, part)


def _finding(code: str, media_id: str, part: str, what: str) -> Finding:
    return Finding(code=code, message=f"{media_id} {part}: {what}")


def _encoder(
    index: Index, settings: Settings, embedding: str, name: str
) -> tuple[Encoder | None, bool]:
    """What makes the vectors, and whether all of them are to be made: an index that is ready."""
    if embedding:
        encoder = None if embedding == NONE else make_encoder(embedding, settings)
        index.forget_vectors()
        if index.verify():  # else every part is put in anew anyway
            index.rebuild()
        return encoder, True
    encoder = encoder_for(index, settings, library=name)
    index.rebuild()
    counts = index.counts()
    return encoder, encoder is not None and counts.vectors < counts.passages


def _own(to: Writing, done: set[tuple[str, str]]) -> Iterator[Added]:
    """Parts that have no deposit, out of their own passages, with vectors anew."""
    for volume in tuple(to.index.volumes()):
        for part in to.index.parts(volume.media_id):
            if (volume.media_id, part.name) in done:
                continue
            passages = tuple(to.index.passages_of(volume.media_id, part.name))
            adding.replace_part(to, volume, part, passages)
            yield Added(
                media_id=volume.media_id, part=part.name, title=volume.title,
                passages=len(passages), state="changed",
            )  # fmt: skip


def _has_some(deposits: Deposits | None) -> bool:
    return deposits is not None and any(True for _ in deposits.all())


def _opened(place: Path | str) -> tuple[Index, str]:
    """The index at a place; a new one where it is damaged beyond mending."""
    if not isinstance(place, Path):
        return open_index(place), ""
    try:
        index = open_index(place)
    except CorruptError:
        set_aside = _set_aside(place)
        return open_index(place), set_aside
    if _is_mended(index):
        return index, ""
    index.close()
    set_aside = _set_aside(place)
    return open_index(place), set_aside


def _is_mended(index: Index) -> bool:
    """Whether all of an index agrees, after what is derived was made anew if need be."""
    try:
        if not index.verify():
            return True
        index.rebuild()
        return not index.verify()
    except CorruptError:
        return False


def _set_aside(path: Path) -> str:
    """Move a file, and what lies beside it under its name, into a folder of their own."""
    for number in range(1, _MOST_SET_ASIDE):
        folder = path.with_name(f"{path.name}.damaged-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        except OSError as exc:
            raise StoreError(f"{path}: cannot be moved aside: {exc.strerror}") from exc
        for beside in sorted(path.parent.iterdir()):
            if beside.name.startswith(path.name) and ".damaged-" not in beside.name:
                beside.replace(folder / beside.name)
        return str(folder)
    raise StoreError(f"{path}: too many damaged ones lie beside it", hint="remove some of them")
