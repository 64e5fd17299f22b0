"""Shards at addresses of http and https, read by ranges; a server without ranges is read whole.

A file that changes while it is read is told by its entity tag, its date or its size: two versions
are never mixed.
"""

from __future__ import annotations

import math
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import InputError, RemoteError, TransientError
from loquitur.media.exchange import Deadline, ask
from loquitur.media.partial import validator_of
from loquitur.media.transfer import PRIVATE_CODE, REAL_TIME
from loquitur.media.urls import shown
from loquitur.store import writing
from loquitur.vision.labels.records.blocks import BLOCK_BYTES, SPAN_BYTES, Blocks
from loquitur.vision.labels.records.sources import LocalSource

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from loquitur.media.exchange import Answer
    from loquitur.media.transfer import FetchOptions, Pace

    T = TypeVar("T")

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)
_READ_S = 300.0
_WHOLE_S = 3 * 3600.0


class WebSource:
    """A file at an address (`sources.ByteSource`).

    Args:
        url: Of http or https.
        options: Proxy, retries, whether the own network may be asked.
        pace: The clock and how to wait.

    Raises:
        InputError: No such address, or nothing is there.
        RemoteError: The server refuses; `TransientError` where it still failed after all retries.
        FullError: The server gives no ranges, and the disk has no room for the whole.
    """

    span_bytes = SPAN_BYTES

    def __init__(self, url: str, options: FetchOptions, *, pace: Pace = REAL_TIME) -> None:
        self._url, self._pace = url, pace
        self._options = replace(options, timeout_s=min(options.timeout_s, _WHOLE_S))
        self._whole: LocalSource | None = None
        self._validator = ""
        self.size = 0
        self.version = ""
        self._blocks = Blocks(0, self._range)
        self._patiently(self._open)

    @property
    def address(self) -> str:
        """Without a password or a query."""
        return shown(self._url)

    def read(self, offset: int, length: int) -> memoryview | bytes:
        """Bytes from a place on; fewer where the file ends.

        Raises:
            RemoteError: The server refused, went away, or has another file there by now.
        """
        return (self._blocks if self._whole is None else self._whole).read(offset, length)

    def close(self) -> None:
        """Forget what was read."""
        self._blocks.clear()
        if self._whole is not None:
            self._whole.close()

    def _open(self) -> None:
        """The size, and the first block with it."""
        deadline = Deadline(at=self._pace.now() + self._options.timeout_s, pace=self._pace)
        asked = {"Range": f"bytes=0-{BLOCK_BYTES - 1}"}
        with ask(self._url, headers=asked, options=self._options, deadline=deadline) as answer:
            self._check(answer)
            self._validator = validator_of(answer.headers)
            if answer.status == 416:  # of nothing no byte can be given
                if answer.headers.get("content-range", "").strip() != "bytes */0":
                    raise RemoteError(f"{self.address}: the server refuses to give its first byte")
                self.version = f"{self._validator}-0"
                return
            if answer.status == 200:
                self._take_whole(answer)
                return
            total = self._agreed(answer, 0)
            data = self._body(answer, min(BLOCK_BYTES, total))
        self.size, self.version = total, f"{self._validator or 'size'}-{total}"
        self._blocks = Blocks(total, self._range)
        if total:
            self._blocks.keep(0, data)

    def _take_whole(self, answer: Answer) -> None:
        """A server that gives no ranges gives all of it, onto the disk while it is open."""
        said, got = answer.length, 0
        with tempfile.NamedTemporaryFile(prefix="loquitur-") as file:
            with writing.translated(Path(file.name)):
                for chunk in answer.chunks:
                    got += file.write(chunk)
                    if got > self._options.max_bytes:
                        raise RemoteError(f"{self.address}: does not end")
                file.flush()
            if said is not None and said != got:
                raise TransientError(f"{self.address}: {got} of {said} bytes came")
            self._whole = LocalSource(Path(file.name))  # open: it needs no name from here on
        self.size, self.version = got, f"{self._validator or 'size'}-{got}"

    def _range(self, begin: int, end: int) -> bytes:
        return self._patiently(lambda: self._asked(begin, end))

    def _asked(self, begin: int, end: int) -> bytes:
        deadline = Deadline(at=self._pace.now() + _READ_S, pace=self._pace)
        headers = {"Range": f"bytes={begin}-{end - 1}"}
        with ask(self._url, headers=headers, options=self._options, deadline=deadline) as answer:
            self._check(answer)
            validator = validator_of(answer.headers)
            if answer.status != 206 or validator != self._validator:
                raise self._changed()
            if self._agreed(answer, begin) != self.size:
                raise self._changed()
            return self._body(answer, end - begin)

    def _check(self, answer: Answer) -> None:
        if answer.status not in (200, 206, 416):
            raise answer.refusal(self.address)
        answer.check_identity(self.address)

    def _agreed(self, answer: Answer, begin: int) -> int:
        """How many bytes the file has; the answer begins where it was asked to."""
        match = _RANGE.fullmatch(answer.headers.get("content-range", "").strip())
        if match is None or int(match[1]) != begin:
            raise RemoteError(f"{self.address}: the server sent another range than asked for")
        return int(match[3])

    def _body(self, answer: Answer, length: int) -> bytes:
        found = bytearray()
        for chunk in answer.chunks:
            found += chunk
            if len(found) > length:
                raise RemoteError(f"{self.address}: the server sent more than it was asked for")
        if len(found) < length:
            raise TransientError(f"{self.address}: {len(found)} of {length} bytes came")
        return bytes(found)

    def _changed(self) -> RemoteError:
        return RemoteError(
            f"{self.address}: the file changed while it was read", hint="run it again"
        )

    def _patiently(self, call: Callable[[], T]) -> T:
        """Try again what may pass, with growing waits."""
        deadline = Deadline(at=math.inf, pace=self._pace)  # of each wait, not of all together
        failures = 0
        while True:
            try:
                return call()
            except TransientError as error:
                failures += 1
                if failures > self._options.retries:
                    raise
                deadline.wait(error, failures, longest_s=_READ_S)
            except InputError as error:
                if error.code != PRIVATE_CODE:
                    raise
                hint = "if you trust it: LOQUITUR_ALLOW_PRIVATE=true"
                raise InputError(error.message, hint=hint, code=error.code) from error
