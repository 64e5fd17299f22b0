"""Claims read out of what a model writes while it writes: each as soon as its object is closed.

A model may think aloud first, put a fence around its JSON, break off, or never end. So nothing is
parsed as a whole: objects of the list `claims` are cut out where their braces close, and what is
none is left. Memory and time are bounded by `MOST_SIGNS`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from loquitur.library.answers.checking import Claim

MOST_SIGNS = 64 * 1024
"""A longer answer is no answer; what came before that counts."""
_LIST = re.compile(r'"claims"\s*:\s*\[')
_ANSWERABLE = re.compile(r'"answerable"\s*:\s*(true|false)')
_MARKS = re.compile(r'[\\"{}\]]')
_THINKS = re.compile(r"\s*<(think|thinking|thought|thoughts|reasoning)>", re.IGNORECASE)
_BEGINS = re.compile(r"\s*<\w{0,10}$")
_MOST_CITES = 20


@dataclass(slots=True)
class ClaimReader:
    """Reads one answer piece by piece."""

    answerable: bool | None = None
    ended: bool = False
    broken: int = 0
    signs: int = 0
    _text: str = ""
    _at: int = 0
    _depth: int = 0
    _first: int = -1
    _quoted: bool = False
    _escape_ends: int = -1
    _listed: bool = field(default=False)

    @property
    def overlong(self) -> bool:
        """Whether the answer is longer than any."""
        return self.signs > MOST_SIGNS

    @property
    def begun(self) -> bool:
        """Whether it has anything of the shape that was asked for."""
        return self._listed or self.answerable is not None

    def feed(self, piece: str) -> list[Claim]:
        """The claims that end in the next piece of an answer."""
        self.signs += len(piece)
        if self.ended or self.overlong:
            return []
        self._text += piece
        if not self._listed and not self._find_list():
            return []
        return list(self._objects())

    def _find_list(self) -> bool:
        start = 0
        while thinks := _THINKS.match(self._text, start):
            end = self._text.lower().find(f"</{thinks[1].lower()}>", thinks.end())
            if end < 0:
                return False
            start = end + len(thinks[1]) + 3
        if _BEGINS.match(self._text, start):
            return False
        found = _LIST.search(self._text, start)
        # what stands behind the list is not waited for, and so never counts
        stop = found.start() if found else len(self._text)
        if said := _ANSWERABLE.search(self._text, start, stop):
            self.answerable = said[1] == "true"
        if found is None:
            return False
        self._listed, self._at = True, found.end()
        return True

    def _objects(self) -> list[Claim]:
        found: list[Claim] = []
        for match in _MARKS.finditer(self._text, self._at):
            self._at = match.end()
            if not self._in_text(match[0]):
                found += self._structure(match[0])
            if self.ended:
                break
        else:
            self._at = len(self._text)
        if self._depth == 0:  # what was read is let go
            self._text, self._at, self._escape_ends = self._text[self._at :], 0, -1
        return found

    def _in_text(self, mark: str) -> bool:
        """Whether a mark is inside of a string, or begins or ends one."""
        if self._escape_ends == self._at:
            return True  # it was escaped
        if mark == "\\":
            self._escape_ends = self._at + 1 if self._quoted else -1
            return True
        if mark == '"':
            self._quoted = not self._quoted
            return True
        return self._quoted

    def _structure(self, mark: str) -> list[Claim]:
        """What a bracket outside of strings ends."""
        if mark == "{":
            if self._depth == 0:
                self._first = self._at - 1
            self._depth += 1
        elif mark == "}" and self._depth:
            self._depth -= 1
            if self._depth == 0:
                claim = _claim(self._text[self._first : self._at])
                if claim is not None:
                    return [claim]
                self.broken += 1
        elif mark == "]" and self._depth == 0:
            self.ended = True
        return []


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object none of whose members is said twice: nobody knows which one is meant.

    Raises:
        ValueError: One is.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member twice")
    return found


def _claim(text: str) -> Claim | None:
    """One object as a claim; None where it is none."""
    try:
        found: Any = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    said, cites, quote = found.get("claim"), found.get("cites"), found.get("quote")
    if not isinstance(said, str) or not isinstance(quote, str) or not isinstance(cites, list):
        return None
    numbers = [one for one in cites if isinstance(one, int) and not isinstance(one, bool)]
    if len(numbers) != len(cites) or len(numbers) > _MOST_CITES:
        return None
    return Claim(text=said, cites=tuple(numbers), quote=quote)
