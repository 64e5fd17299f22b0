"""A file to be read as captions: its bytes, its text, and what is known of it beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import msgspec

from loquitur.conversion import decoder
from loquitur.errors import InputError
from loquitur.formats.encoding import Decoded, decode
from loquitur.model.captions import Diagnostic
from loquitur.text import display

if TYPE_CHECKING:
    from pathlib import Path

Form = TypeVar("Form", bound=msgspec.Struct)
MOST_BYTES = 512 * 1024**2
"""No caption file is larger: ten hours of word-timed captions have some 50 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What a reader is given.

    Args:
        data: The bytes of the file.
        name: What it is called, in messages.
        language: BCP 47 tag where the user or the file's name says it; it helps to guess encodings.
        encoding: How the text is encoded, where the user says it.
        fps: Frames per second, for formats that count frames; None for what the file says.
    """

    data: bytes = field(repr=False)
    name: str = "captions"
    language: str = ""
    encoding: str = ""
    fps: float | None = None

    @classmethod
    def of_text(cls, text: str, *, name: str = "captions", language: str = "") -> Document:
        """A document whose text is at hand."""
        data = text.encode("utf-8", "replace")
        return cls(data=data, name=name, language=language, encoding="utf-8")

    @classmethod
    def load(
        cls,
        path: Path,
        *,
        language: str = "",
        encoding: str = "",
        fps: float | None = None,
    ) -> Document:
        """The file at a path.

        Raises:
            InputError: It cannot be read, or is larger than any caption file.
        """
        name = display(str(path))
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError as exc:
            raise InputError(f"cannot read {name}: {exc.strerror}") from exc
        if len(data) > MOST_BYTES:
            raise InputError(
                f"{name} is larger than {MOST_BYTES // 1024**2} MB: no caption file is",
                hint="is it the medium itself? `loquitur subs extract` reads the tracks inside one",
            )
        language = language or language_in(path)
        return cls(data=data, name=name, language=language, encoding=encoding, fps=fps)

    def decoded(self) -> Decoded:
        """The text, the encoding it was read with, and what was strange about that.

        Raises:
            InputError: The user named an encoding that does not exist or does not fit.
        """
        return decode(self.data, language=self.language, encoding=self.encoding, name=self.name)

    def of_schema(self, form: type[Form], schema: str) -> Form:
        """What is in a file of JSON that has a schema of ours.

        Raises:
            InputError: It is not what its schema says.
        """
        text = self.decoded().text.removeprefix("\ufeff")
        try:
            return decoder(form).decode(text.encode("utf-8", "replace"))
        except (msgspec.MsgspecError, ValueError, RecursionError) as exc:
            raise self.refused(str(exc), f"JSON of schema {schema}") from exc

    def refused(self, found: str, expected: str, *, line: int = 1, hint: str = "") -> InputError:
        """The error of a file that its format's rules refuse."""
        return InputError(
            f"{self.name}: line {line}: {display(found[:80])!r}, expected {expected}", hint=hint
        )


def language_in(path: Path) -> str:
    """The language that a file's name says (`talk.pt-BR.srt`); empty where it says none.

    >>> from pathlib import Path
    >>> language_in(Path("talk.pt-BR.srt")), language_in(Path("my.talk.srt"))
    ('pt-BR', '')
    """
    from loquitur.languages import is_tag

    suffixes = path.name.split(".")
    return suffixes[-2] if len(suffixes) > 2 and is_tag(suffixes[-2]) else ""


def normal_lines(text: str) -> str:
    r"""The text with line feeds as its only line ends (CRLF and CR become one)."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


class Findings:
    """What a reader finds strange, gathered: at most `MOST` of one kind are kept one by one."""

    MOST = 100

    def __init__(self, found: tuple[Diagnostic, ...] = ()) -> None:
        self._list = list(found)
        self._counts: dict[str, int] = {}

    def add(self, code: str, line: int, message: str) -> None:
        """Note one."""
        count = self._counts[code] = self._counts.get(code, 0) + 1
        if count <= self.MOST:
            self._list.append(Diagnostic(code=code, line=line, message=message))

    def all(self) -> tuple[Diagnostic, ...]:
        """All, in their order; kinds with too many end with how many more there were."""
        more = [
            Diagnostic(code=code, line=0, message=f"and {count - self.MOST} more of these")
            for code, count in self._counts.items()
            if count > self.MOST
        ]
        return (*self._list, *more)
