"""Known voices: one file per person in a folder of the user's own, and nowhere else.

A voice is a biometric fact about somebody (docs/speakers.md says what that asks of you). So the
folder is the user's alone (0700, files 0600), a file is called by the hash of the name, all there
is of a person lies in one file, and forgetting removes it with whatever a killed process left of
it. Nothing here leaves the machine.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import unicodedata
from typing import TYPE_CHECKING

from loquitur import codec
from loquitur.errors import FullError, InputError, StoreError, UsageError, near
from loquitur.model.speakers import Enrolment, Person
from loquitur.store import writing
from loquitur.text import display, person_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from loquitur.model.speech import EngineStamp

MOST_ENROLMENTS = 32
"""Of one person; the oldest goes when another comes."""

_MOST_BYTES = 4 << 20
_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
_PLACE = "set LOQUITUR_VOICES to a folder of yours that can be written"


class People:
    """The folder of known voices; it need not exist before somebody is enrolled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def all(self) -> tuple[Person, ...]:
        """Everybody, sorted by name.

        Raises:
            InputError: A file cannot be read: it is damaged, or of a newer Loquitur.
            StoreError: The folder cannot be read.
        """
        with _translated(self.folder):
            try:
                names = sorted(os.listdir(self.folder))  # noqa: PTH208 - names, not paths
            except FileNotFoundError:
                return ()
            paths = [self.folder / name for name in names if _is_person(name)]
        found = [person for path in paths if (person := _read(path)) is not None]
        return tuple(sorted(found, key=lambda person: (person.name.casefold(), person.name)))

    def find(self, name: str) -> Person | None:
        """Somebody by name, whatever its case; None where nobody is called that."""
        return _read(self._path(person_name(name)))

    def enroll(self, name: str, enrolment: Enrolment, engine: EngineStamp) -> Person:
        """Add a voice to somebody, who need not be known yet; gives all that is known then.

        The same speaker of the same medium takes the place of what was enrolled before.

        Raises:
            UsageError: Not a name.
            InputError: This person was enrolled with another engine: the two cannot be compared.
            FullError: The folder cannot be written.
        """
        name = person_name(name)
        with self._locked():
            known = _read(self._path(name))
            if known is not None and known.engine != engine:
                raise InputError(
                    f"{known.name} was enrolled with {described(known.engine)},"
                    f" and this is {described(engine)}: their voices cannot be compared",
                    hint=f'loquitur speakers forget "{known.name}", then enroll again',
                    code="LQ-VOICE-ENGINE",
                )
            before = known.enrolments if known is not None else ()
            source = (enrolment.media_id, enrolment.speaker)
            kept = [one for one in before if (one.media_id, one.speaker) != source]
            person = Person(
                name=known.name if known is not None else name,
                engine=engine,
                enrolments=(*kept, enrolment)[-MOST_ENROLMENTS:],
            )
            self._write(person)
        return person

    def forget(self, name: str) -> tuple[Enrolment, ...]:
        """Remove all that is known of somebody; gives what was enrolled, empty if unreadable.

        Raises:
            UsageError: Nobody is called that; near names are offered.
            FullError: The folder cannot be written.
        """
        path = self._path(person_name(name))
        if not os.path.lexists(path):
            raise UsageError(
                f"no known voice is called '{display(name)}'",
                hint=near(name, [person.name for person in self._readable()]),
                code="LQ-NO-PERSON",
            )
        with self._locked():
            enrolments: tuple[Enrolment, ...] = ()
            with contextlib.suppress(InputError, StoreError):  # damaged: forgotten all the same
                person = _read(path)
                enrolments = person.enrolments if person is not None else ()
            with _translated(path):
                for left in self.folder.glob(f"{path.stem}*"):
                    left.unlink(missing_ok=True)
                writing.sync_folder(self.folder)
        return enrolments

    def names(self) -> tuple[str, ...]:
        """The names of those whose files can be read."""
        return tuple(person.name for person in self._readable())

    def _readable(self) -> Iterator[Person]:
        with contextlib.suppress(InputError, StoreError):
            yield from self.all()

    def _path(self, name: str) -> Path:
        plain = unicodedata.normalize("NFKC", name).casefold()
        return self.folder / f"{hashlib.sha256(plain.encode()).hexdigest()[:32]}.json"

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with _translated(self.folder):
            self.folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            if not os.access(self.folder, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        with writing.locked(self.folder / ".lock", exclusive=True):
            for left in self.folder.glob("*.new"):  # by a killed process: writers hold the lock
                left.unlink(missing_ok=True)
            yield

    def _write(self, person: Person) -> None:
        """Write a file whole or not at all: beside its place, on the disk, then renamed."""
        path = self._path(person.name)
        beside = path.with_suffix(f".{secrets.token_hex(4)}.new")
        with _translated(path):
            try:
                writing.point("people.create")
                flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
                with os.fdopen(os.open(beside, flags, _FILE_MODE), "wb") as file:
                    writing.point("people.write")
                    file.write(codec.encode(person))
                    file.flush()
                    writing.point("people.fsync")
                    os.fsync(file.fileno())
                writing.point("people.rename")
                beside.replace(path)
                writing.point("people.folder")
                writing.sync_folder(self.folder)
            finally:
                beside.unlink(missing_ok=True)


def described(engine: EngineStamp) -> str:
    """An engine in a few words that tell it from another one."""
    model = f":{engine.model}" if engine.model else ""
    return f"{engine.name}{model} {engine.version} ({engine.model_digest[:8]}, {engine.options})"


def comparable(
    people: tuple[Person, ...], engine: EngineStamp
) -> tuple[tuple[Person, ...], tuple[str, ...]]:
    """Those who were enrolled with an engine, and what to tell of all others."""
    fitting = tuple(person for person in people if person.engine == engine)
    told = tuple(
        f"{person.name} was enrolled with {described(person.engine)}, not {described(engine)}:"
        f' to be known again, loquitur speakers forget "{person.name}", then enroll'
        for person in people
        if person.engine != engine
    )
    return fitting, told


def _is_person(name: str) -> bool:
    stem, dot, suffix = name.partition(".")
    return dot + suffix == ".json" and len(stem) == 32 and not stem.strip("0123456789abcdef")


def _read(path: Path) -> Person | None:
    """The person of a file, None where there is none."""
    with _translated(path):
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as file:
            data = file.read(_MOST_BYTES)
    try:
        person = codec.decode(data, Person)
        person_name(person.name)
    except (InputError, UsageError) as exc:
        hint = f"remove the file {display(str(path))}, then enroll again"
        raise InputError(
            f"a known voice cannot be read: {display(str(path))}: {exc.message}",
            hint=exc.hint if exc.code == "LQ-INPUT-SCHEMA" and exc.hint else hint,
            code="LQ-VOICE-FILE",
        ) from exc
    return person


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    """The system's errors as ours, with what to do about the folder of known voices."""
    try:
        yield
    except OSError as exc:
        shown = display(str(path))
        unwritable = (*writing.NO_SPACE, errno.EROFS, errno.EACCES, errno.EPERM)
        kind = FullError if exc.errno in unwritable else StoreError
        raise kind(f"{shown}: {exc.strerror or exc}", hint=_PLACE, code="LQ-VOICES") from exc
