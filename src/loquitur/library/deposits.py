"""What a library was made of, kept in the store: an index that is lost is made anew from it.

A deposit is a document (what was said or written of a volume, before it is cut to passages) as
compressed JSON, an object of the store; its record has the stage `index`, the volume's media id,
and, as options, of which library and part it is. A part has one deposit; where a process died
between two, the last made counts.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from loquitur import codec
from loquitur.conversion import decoder
from loquitur.errors import CorruptError
from loquitur.insight.spoken.fragments import Spoken
from loquitur.library.documents import Document, Remarks
from loquitur.library.passages.remarks import Remark
from loquitur.model.library import Part, Volume
from loquitur.model.speech import Chapter
from loquitur.model.work import Record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from loquitur.store.folder import Store

STAGE = "index"
SCHEMA = "loquitur/volume/1"
VERSION = 1
_OUTPUT = "volume"
_MOST_BYTES = 1 << 30
"""Of one document's JSON: a day of speech with all its words has 20 MB."""


class _Wire(msgspec.Struct):
    schema: str
    volume: Volume
    part: Part
    titled: bool
    chapters: tuple[Chapter, ...]
    spoken: Spoken | None = None
    remarks: tuple[Remark, ...] = ()
    together: bool = False


class _Place(msgspec.Struct):
    """The options of a deposit's record."""

    library: str
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit:
    """A document in the store; `key` is its record's."""

    key: str
    media_id: str
    part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposits:
    """The deposits of one library.

    Args:
        store: Where they are.
        library: What it is known by there: its name, its file's path, its server's address.
    """

    store: Store
    library: str

    def put(self, document: Document, *, anew: bool = False) -> Deposit:
        """Deposit a document; the same one is deposited once.

        Args:
            document: What was said or written.
            anew: Make it the last of its volume's, since it changes what is known of that: the
                order of deposits is that in which they are added again.

        Raises:
            FullError: No space, or no right to write.
        """
        media_id, part = document.volume.media_id, document.part.name
        plain = encoded(document)
        told = "\0".join((STAGE, str(VERSION), self.library, media_id, part))
        started = dt.datetime.now(dt.UTC).isoformat()
        key = hashlib.sha256(told.encode() + b"\0" + plain).hexdigest()
        if anew and self.store.record(key) is not None:
            key = hashlib.sha256(f"{key}\0{started}".encode()).hexdigest()
        if self.store.record(key) is None:
            digest = self.store.put(zlib.compress(plain, 6))
            self.store.publish(
                Record(
                    key=key,
                    stage=STAGE,
                    stage_version=VERSION,
                    outputs=((_OUTPUT, digest),),
                    options=codec.canonical({"library": self.library, "part": part}),
                    media_id=media_id,
                    title=document.volume.title,
                    started=started,
                )
            )
        return Deposit(key=key, media_id=media_id, part=part)

    def of(self, media_id: str, part: str = "") -> Iterator[Deposit]:
        """The deposits of a volume, or of one part of it, the last made first."""
        for record in self.store.of_stage(STAGE, media_id=media_id, fresh=False):
            if (found := self._deposit(record)) is not None and part in ("", found.part):
                yield found

    def all(self) -> Iterator[Deposit]:
        """Every part of the library once, by its last deposit, in the order they were made."""
        seen: dict[tuple[str, str], Deposit] = {}
        for record in self.store.of_stage(STAGE):
            if (found := self._deposit(record)) is not None:
                seen.setdefault((found.media_id, found.part), found)
        yield from reversed(seen.values())

    def doubled(self) -> dict[tuple[str, str], Deposit]:
        """The parts with more than one deposit, by media id and name: the last made of each."""
        last: dict[tuple[str, str], Deposit] = {}
        found: dict[tuple[str, str], Deposit] = {}
        for record in self.store.of_stage(STAGE, fresh=False):
            if (one := self._deposit(record)) is not None:
                place = (one.media_id, one.part)
                if place in last:
                    found[place] = last[place]
                last.setdefault(place, one)
        return found

    def read(self, deposit: Deposit) -> Document | None:
        """A document; None where it is gone from the store, or damaged there.

        Raises:
            InputError: A newer Loquitur wrote it.
        """
        record = self.store.record(deposit.key)
        if record is None:
            return None
        try:
            return decoded(self.store.read(dict(record.outputs)[_OUTPUT]))
        except (CorruptError, KeyError):
            return None

    def remove(self, media_id: str, part: str = "", *, keep: str = "") -> int:
        """Take out the deposits of a volume, or of one part of it; how many those were.

        Args:
            media_id: Of the volume.
            part: The part's name; all of them where empty.
            keep: The key of one that stays.
        """
        gone = [one.key for one in self.of(media_id, part) if one.key != keep]
        for key in gone:
            self.store.retire(key, fresh=False)
        return len(gone)

    def _deposit(self, record: Record) -> Deposit | None:
        try:
            place = decoder(_Place).decode(record.options)
        except msgspec.MsgspecError:  # of no library
            return None
        if place.library != self.library:
            return None
        return Deposit(key=record.key, media_id=record.media_id, part=place.part)


def encoded(document: Document) -> bytes:
    """A document as JSON."""
    return msgspec.json.encode(_wire(document))


def content_of(document: Document) -> str:
    """The sha256 of what passages are cut from, whatever the volume is called."""
    nameless = replace(document, volume=Volume(media_id="", title=""), titled=True)
    return hashlib.sha256(encoded(nameless)).hexdigest()


def decoded(data: bytes) -> Document:
    """A document of what was deposited.

    Raises:
        CorruptError: It is none.
    """
    try:
        unpacking = zlib.decompressobj()
        plain = unpacking.decompress(data, _MOST_BYTES)
        if unpacking.unconsumed_tail or not unpacking.eof:
            raise CorruptError("a deposit of a library is cut off, or too large")
        wire = decoder(_Wire).decode(plain)
    except (zlib.error, msgspec.MsgspecError, ValueError, RecursionError) as exc:
        raise CorruptError(
            f"a deposit of a library is damaged: {exc}", hint="add its source again"
        ) from exc
    if wire.schema != SCHEMA:
        raise CorruptError(
            f"a deposit of schema '{wire.schema[:40]}', not {SCHEMA}",
            hint="upgrade: pip install -U loquitur",
        )
    source = wire.spoken or Remarks(remarks=wire.remarks, together=wire.together)
    return Document(
        volume=wire.volume, part=wire.part, source=source, chapters=wire.chapters,
        titled=wire.titled,
    )  # fmt: skip


def _wire(document: Document) -> _Wire:
    source = document.source
    return _Wire(
        schema=SCHEMA,
        volume=document.volume,
        part=replace(document.part, digest=""),
        titled=document.titled,
        chapters=document.chapters,
        spoken=source if isinstance(source, Spoken) else None,
        remarks=() if isinstance(source, Spoken) else source.remarks,
        together=not isinstance(source, Spoken) and source.together,
    )
