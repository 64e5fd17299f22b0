"""Broken files: mutations of good ones, and hostile inputs that parsers stumble over."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PIECES = (
    b"-->", b"<", b">", b"</", b"&", b"&#", b"\n", b"\n\n", b"\r", b"\r\n", b"\0", b"\xff", b"\xfe",
    b"\xef\xbb\xbf", b"{", b"}", b"[", b"]", b'"', b":", b",", b".", b"0", b"99999999999999999999",
    b"-1", b"1e999", b"<v ", b"<00:", b"{\\an8}", b"<![CDATA[", b"<!--", b"&x;", b"\xc3",
    b"\xe2\x80", b"NOTE", b"STYLE\n", b"REGION\n", b"WEBVTT", b"null", b"\t", b" " * 40,
)  # fmt: skip


def mutated(seeds: Sequence[bytes], count: int, *, seed: int = 0) -> Iterator[bytes]:
    """Broken copies of files: bytes flipped, pieces put in, cut out, doubled, two files crossed.

    Args:
        seeds: Good files; at least one.
        count: How many to make.
        seed: Of the drawing; the same gives the same files.
    """
    rng = random.Random(seed)  # noqa: S311 - no secret depends on it
    for _ in range(count):
        data = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 6)):
            _change(data, rng, seeds)
        yield bytes(data)


def _change(data: bytearray, rng: random.Random, seeds: Sequence[bytes]) -> None:
    at = rng.randint(0, len(data))
    kind = rng.randrange(6)
    if kind == 0 and data:
        data[at % len(data)] = rng.randrange(256)
    elif kind == 1:
        data[at:at] = rng.choice(PIECES)
    elif kind == 2:
        del data[at : at + rng.randint(1, 30)]
    elif kind == 3:
        piece = data[at : at + rng.randint(1, 60)]
        data[at:at] = piece * rng.randint(1, 3)
    elif kind == 4:
        other = rng.choice(seeds)
        start = rng.randint(0, len(other))
        data[at:] = other[start:]
    else:
        data[at : at + 1] = rng.choice(PIECES)


def hostile(size: int) -> Iterator[tuple[str, bytes]]:
    """Inputs of about `size` bytes that make careless parsers slow, each with a name."""
    for name, piece in {
        "angles": b"<", "tags": b"<b>", "closings": b"</b>", "blanks": b" ", "tabs": b"\t",
        "digits": b"0", "nines": b"9", "newlines": b"\n", "returns": b"\r", "colons": b"00:",
        "arrows": b"-->", "timings": b"00:00:01.000 --> ", "ampersands": b"&", "entities": b"&amp;",
        "numbers": b"&#99", "braces": b"{", "overrides": b"{\\an8}", "brackets": b"[",
        "quotes": b'"', "commas": b",", "elements": b"<a>", "nul": b"\0", "high": b"\xff",
        "marks": b"\xef\xbb\xbf", "dots": b"<c.", "voices": b"<v ", "dashes": b"-",
        "lines": b"a\n", "spaces": b" \n",
    }.items():  # fmt: skip
        yield name, piece * (size // len(piece))
