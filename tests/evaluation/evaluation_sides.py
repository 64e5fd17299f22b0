"""Short ways to say what is held against what."""

from __future__ import annotations

from loquitur.evaluation.entries import Entry, Sheet, TimedWord
from loquitur.evaluation.pairing import Pair


def said(*rows, whole=True):
    """A sheet of (speaker, start_ms, end_ms, text) rows of one recording."""
    entries = [
        Entry(recording="r", speaker=speaker, start_ms=start, end_ms=end, text=text)
        for speaker, start, end, text in rows
    ]
    return Sheet(path="", entries=tuple(entries), whole=whole).of("r")


def timed(*words):
    """A sheet of (start_ms, text) words, as a CTM has them."""
    entries = [
        Entry(
            recording="r",
            text=text,
            start_ms=start,
            end_ms=start + 100,
            words=(TimedWord(start_ms=start, end_ms=start + 100, text=text),),
        )
        for start, text in words
    ]
    return Sheet(path="", entries=tuple(entries), named=True)


def text(content):
    """A sheet of one text without times."""
    entries = (Entry(recording="r", text=content),) if content else ()
    return Sheet(path="", entries=entries, whole=True)


def pair(reference, hypothesis, name="r"):
    return Pair(name=name, reference=reference, hypothesis=hypothesis)
