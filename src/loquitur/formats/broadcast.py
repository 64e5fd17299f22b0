"""EBU STL and Scenarist SCC, read through ttconv (the extra `broadcast`) by way of TTML.

What ttconv makes of them is written as TTML and read as such: regions, italics, underline and
colours come along. SCC's paint-on and roll-up captions become a cue for each state on screen.
"""

from __future__ import annotations

import io
import logging
import struct
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from loquitur.errors import MissingError
from loquitur.formats import ttml
from loquitur.formats.document import Document
from loquitur.model.captions import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loquitur.model.captions import CaptionTrack

_DAMAGED = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, ArithmeticError, RecursionError,
    StopIteration, NotImplementedError, AssertionError, struct.error,
)  # fmt: skip
"""What ttconv raises on damaged files, which is of no one kind."""
_MOST_BYTES = 32 * 1024**2


def read_stl(document: Document) -> CaptionTrack:
    """A track from EBU STL (Tech 3264).

    Raises:
        InputError: It is no STL.
        MissingError: The extra `broadcast` is not installed.
    """
    if document.data[3:6] != b"STL":
        raise document.refused(
            document.data[:12].decode("ascii", "replace"), "STL25.01 or STL30.01"
        )
    reader = _module("ttconv.stl.reader")
    return _read(document, "stl", lambda: reader.to_model(io.BytesIO(document.data)))


def read_scc(document: Document) -> CaptionTrack:
    """A track from Scenarist SCC (CEA-608 captions).

    Raises:
        InputError: It is no SCC.
        MissingError: The extra `broadcast` is not installed.
    """
    text = document.decoded().text.lstrip("\ufeff \t\r\n")
    if not text.startswith("Scenarist_SCC"):
        raise document.refused(text[:60], "Scenarist_SCC V1.0")
    reader = _module("ttconv.scc.reader")
    return _read(document, "scc", lambda: reader.to_model(text))


def _module(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as exc:
        raise MissingError(
            "STL and SCC are read by ttconv, which is not installed",
            hint='pip install "loquitur[broadcast]"',
        ) from exc


def _read(document: Document, form: str, model: Callable[[], Any]) -> CaptionTrack:
    if len(document.data) > _MOST_BYTES:
        raise document.refused(f"{len(document.data)} bytes", f"at most {_MOST_BYTES}")
    writer = _module("ttconv.imsc.writer")
    with _heard() as said:
        try:
            tree = writer.from_model(model())
        except _DAMAGED as exc:
            raise document.refused(f"{type(exc).__name__}: {exc}", f"{form.upper()}") from exc
        file = io.BytesIO()
        tree.write(file, encoding="utf-8", xml_declaration=True)
    track = ttml.read(
        Document(data=file.getvalue(), name=document.name, language=document.language)
    )
    told = tuple(Diagnostic(code=f"{form}.ttconv", line=0, message=one) for one in said)
    return replace(
        track, format=form, extra=(), diagnostics=(*told, *track.diagnostics),
        language=track.language or document.language,
        cues=tuple(replace(cue, source_line=0, extra=(), id="") for cue in track.cues),
    )  # fmt: skip


@contextmanager
def _heard() -> Iterator[list[str]]:
    """What ttconv logs meanwhile, each thing once; it goes to no one else."""
    said: dict[str, None] = {}

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if len(said) < 100:
                said[record.getMessage()] = None

    logger, listener = logging.getLogger("ttconv"), Listener(logging.WARNING)
    before = logger.propagate
    logger.addHandler(listener)
    logger.propagate = False
    heard: list[str] = []
    try:
        yield heard
    finally:
        logger.removeHandler(listener)
        logger.propagate = before
        heard += said
