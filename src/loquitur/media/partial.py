"""The beginning of a download that was cut, and whether its rest may be asked for.

Beside `NAME.part` lies `NAME.part.json`: the address, the server's word for this very version of
the file (RFC 9110, 8.8: a strong entity tag, or the date of its last change) and how many bytes
are safely on the disk. Without such a word nothing is resumed: two halves of different versions
would make a file that never was.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial:
    """What there is of a target: `size_bytes` of the version that `validator` names."""

    target: Path
    url: str
    size_bytes: int = 0
    validator: str = ""

    @property
    def path(self) -> Path:
        """Where the bytes are."""
        return self.target.with_name(self.target.name + ".part")

    def append(self) -> IO[bytes]:
        """The file, open for writing after its `size_bytes`; anything behind them is dropped."""
        file = self.path.open("r+b" if self.size_bytes else "wb")
        file.truncate(self.size_bytes)
        file.seek(self.size_bytes)
        return file

    def record(self, file: IO[bytes]) -> None:
        """Make what was written last, so that it can be resumed even after a power failure."""
        if not self.validator:
            return
        file.flush()
        os.fsync(file.fileno())
        state = {"url": self.url, "validator": self.validator, "size_bytes": file.tell()}
        fresh = self._note.with_name(self._note.name + ".new")
        fresh.write_text(json.dumps(state), encoding="utf-8")
        fresh.replace(self._note)

    def discard(self) -> Partial:
        """Forget what there is."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        return Partial(target=self.target, url=self.url)

    def finish(self) -> Path:
        """Give the complete file its name."""
        self.path.replace(self.target)
        self._note.unlink(missing_ok=True)
        return self.target

    @property
    def _note(self) -> Path:
        return self.target.with_name(self.target.name + ".part.json")


def find(target: Path, url: str) -> Partial:
    """What an earlier try left of a target; nothing where it cannot be trusted."""
    empty = Partial(target=target, url=url)
    note = target.with_name(target.name + ".part.json")
    try:
        state: Any = json.loads(note.read_text(encoding="utf-8"))
        there_bytes = empty.path.stat().st_size
    except (OSError, ValueError):
        return empty
    if not isinstance(state, dict) or state.get("url") != url:
        return empty
    size_bytes, validator = state.get("size_bytes"), state.get("validator")
    if not isinstance(size_bytes, int) or not isinstance(validator, str) or not validator:
        return empty
    if not 0 < size_bytes <= there_bytes:
        return empty
    return Partial(target=target, url=url, size_bytes=size_bytes, validator=validator)


def validator_of(headers: dict[str, str]) -> str:
    """What names this version of a file in `If-Range`; empty where nothing does it safely."""
    tag = headers.get("etag", "")
    if len(tag) > 1 and tag.startswith('"') and tag.isprintable():
        return tag
    if headers.get("content-encoding", "identity").lower() != "identity":
        return ""
    return headers.get("last-modified", "")
