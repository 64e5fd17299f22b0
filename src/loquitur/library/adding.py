"""Adding to a library and taking out of it: deposit first, then the index, part by part.

Whatever crashes in between leaves whole parts alone: a part is one transaction of the index, and a
deposit that is not yet indexed is brought in by `rebuilding`. Taking out goes the same way: the
deposit goes first, so that nothing comes back.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Protocol

from loquitur.library.deposits import content_of
from loquitur.library.passages import cutting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from loquitur.library.deposits import Deposit, Deposits
    from loquitur.library.documents import Document
    from loquitur.library.index.contract import Index
    from loquitur.model.library import Encoding, Part, Passage, Volume
    from loquitur.model.speech import Chapter

State = Literal["new", "changed", "same", "emptied"]


class Encodes(Protocol):
    """What makes vectors of passages (`library.encoding.Encoder`)."""

    @property
    def encoding(self) -> Encoding:
        """Whose vectors they are."""

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One of unit length for each text, shape [n, d]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of one document.

    Args:
        media_id: Of its volume.
        part: The part's name.
        title: The volume's.
        passages: How many it has now.
        state: `new`, `changed`, `same` (nothing was done), or `emptied` (it says nothing now).
        warnings: What a reader of its source should know.
    """

    media_id: str
    part: str
    title: str
    passages: int
    state: State
    warnings: tuple[str, ...] = ()


def ignore(added: Added) -> None:
    """Hear of a document and do nothing."""
    del added


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """Where documents go.

    Args:
        index: Of the library.
        encoder: Makes the passages' vectors; None for words alone.
        deposits: Where the sources are kept; None to keep none.
    """

    index: Index
    encoder: Encodes | None = None
    deposits: Deposits | None = None


def add(
    to: Writing,
    documents: Iterable[Document],
    *,
    anew: bool = False,
    progress: Callable[[Added], None] = ignore,
) -> tuple[Added, ...]:
    """Put documents into a library, each in the place of the part of its name.

    Args:
        to: The library's index, encoder and deposits.
        documents: One after the other; nothing of one is kept when the next is asked for.
        anew: Put passages and vectors into the index again even where nothing has changed.
        progress: Told of each, as soon as it is done.

    Returns:
        What became of each, in their order; a speech that new chapters of its video cut anew stands
        behind the document that brought them.

    Raises:
        UsageError: The vectors are of another model than those the library holds.
        StoreError: The index or the store cannot be written; what was done before stays.
    """
    found: list[Added] = []
    for document in documents:
        for one in _added(to, document, anew=anew):
            progress(one)
            found.append(one)
    return tuple(found)


def remove(to: Writing, media_id: str, *, part: str = "") -> bool:
    """Take a volume, or one part of it, out of a library: nothing of it stays.

    Args:
        to: The library's index and deposits.
        media_id: The volume's, as `volumes` gives it.
        part: The part's name; all of them where empty.

    Returns:
        False where there was none.
    """
    was_kept = to.deposits is not None and to.deposits.remove(media_id, part) > 0
    return to.index.remove(media_id, part) or was_kept


def _added(to: Writing, document: Document, *, anew: bool = False) -> Iterator[Added]:
    known = to.index.volume(document.volume.media_id)
    parts = to.index.parts(known.media_id) if known else ()
    document = replace(document, volume=_merged(known, document))
    is_news = known is not None and known != document.volume
    deposit = to.deposits.put(document, anew=is_news) if to.deposits is not None else None
    old = next((one for one in parts if one.name == document.part.name), None)
    yield _put(to, _with_chapters(to, document, parts), known, old, anew=anew)
    _drop_old(to, document, parts, deposit)
    if document.part.kind == "metadata" and document.chapters:
        for part in parts:
            if part.kind == "speech":
                yield from _cut_anew(to, document, part)


def _put(
    to: Writing, document: Document, known: Volume | None, old: Part | None, *, anew: bool
) -> Added:
    media_id, name = document.volume.media_id, document.part.name
    part = replace(document.part, digest=digest_of(document))
    is_same = old == part and known == document.volume
    passages = tuple(to.index.passages_of(media_id, name)) if is_same else document.passages
    if anew or not is_same or _lacks_vectors(to, passages):
        replace_part(to, document.volume, part, passages)
    changed: State = "changed" if passages else "emptied"
    return Added(
        media_id=media_id,
        part=name,
        title=document.volume.title,
        passages=len(passages),
        state="new" if old is None else "same" if is_same else changed,
        warnings=document.warnings,
    )


def _drop_old(
    to: Writing, document: Document, parts: Sequence[Part], deposit: Deposit | None
) -> None:
    """What the document takes the place of: its older deposits, a file's speech of before."""
    media_id, name = document.volume.media_id, document.part.name
    for other in parts:
        if other.name == name and deposit is not None and to.deposits is not None:
            to.deposits.remove(media_id, name, keep=deposit.key)
        elif _gives_way(document, other):
            remove(to, media_id, part=other.name)


def is_indexed(to: Writing, document: Document, part: Part) -> bool:
    """Whether a part of the index is what a document makes of it now."""
    parts = to.index.parts(document.volume.media_id)
    known = to.index.volume(document.volume.media_id)
    document = replace(document, volume=_merged(known, document))
    return digest_of(_with_chapters(to, document, parts)) == part.digest


def replace_part(to: Writing, volume: Volume, part: Part, passages: Sequence[Passage]) -> None:
    """Put passages into an index, with their vectors where there is an encoder."""
    if to.encoder is None:
        to.index.replace(volume, part, passages)
        return
    to.index.replace(
        volume,
        part,
        passages,
        vectors=to.encoder.encode_passages([one.text for one in passages]) if passages else None,
        encoding=to.encoder.encoding,
    )


def digest_of(document: Document) -> str:
    """What tells a part's passages from others: source, chapters, and the rules' version."""
    length = document.volume.duration_ms if document.part.kind != "speech" else None
    told = "\0".join((content_of(document), cutting.VERSION, str(length)))
    return hashlib.sha256(told.encode()).hexdigest()


def _merged(known: Volume | None, document: Document) -> Volume:
    """What is known of a video: what a part does not know stays as it was."""
    new = document.volume
    if known is None:
        return new
    is_speech = document.part.kind == "speech"
    tells = new.language != "und" and (is_speech or known.language == "und")
    return replace(
        new,
        title=new.title if document.titled or not known.title else known.title,
        channel=new.channel or known.channel,
        published=new.published or known.published,
        language=new.language if tells else known.language,
        duration_ms=known.duration_ms if new.duration_ms is None else new.duration_ms,
        origin=new.origin or known.origin,
    )


def _with_chapters(to: Writing, document: Document, parts: Sequence[Part]) -> Document:
    """Speech without chapters takes those of the video's description."""
    if document.part.kind != "speech" or document.chapters or to.deposits is None:
        return document
    if not any(part.kind == "metadata" for part in parts):
        return document
    return replace(document, chapters=_described(document.volume.media_id, to.deposits))


def _described(media_id: str, deposits: Deposits) -> tuple[Chapter, ...]:
    for deposit in deposits.of(media_id):
        if deposit.part.startswith("metadata:"):
            found = deposits.read(deposit)
            if found is not None:
                return found.chapters
    return ()


def _cut_anew(to: Writing, described: Document, part: Part) -> Iterator[Added]:
    """A speech that has no chapters of its own, by those that a description now brings."""
    if to.deposits is None:
        return
    for deposit in to.deposits.of(described.volume.media_id, part.name):
        document = to.deposits.read(deposit)
        if document is not None and not document.chapters:
            yield from (one for one in _added(to, document) if one.state != "same")
        return


def _gives_way(document: Document, other: Part) -> bool:
    """Whether a part is the same file's from before: its language was then read otherwise."""
    is_file = document.volume.media_id.startswith("file:")
    is_speech = document.part.kind == other.kind == "speech"
    return is_file and is_speech and other.name != document.part.name


def _lacks_vectors(to: Writing, passages: Sequence[Passage]) -> bool:
    """Whether an encoder came since, and these passages have none yet."""
    if to.encoder is None or not passages:
        return False
    return to.index.encoding is None or to.index.vectors([passages[0].id]) is None
