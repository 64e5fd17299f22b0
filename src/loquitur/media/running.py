"""A child process that answers requests: started, asked, listened to and ended.

What it sends are lines of JSON and, after a line that announces them, bytes.
"""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from loquitur.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE_BYTES = 16 << 20
_PIPE_BYTES = 1 << 20
"""A pipe holds 64 KiB on Linux where nobody asks for more, a sixteenth of this."""
_PIECE_START = b'{"piece": '


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Something large that a worker sends before its last word: what it is, and its bytes."""

    header: Any
    content: bytearray


class Running:
    """A worker, what it complains of, and the thread that reads what it sends."""

    def __init__(self, command: Sequence[str]) -> None:
        self.complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - until the end
        try:
            self.child = _start(command, self.complaints)
        except EngineError:
            self.complaints.close()
            raise
        self.come: queue.Queue[bytes | Piece] = queue.Queue(maxsize=1)
        self._over = threading.Event()
        self._flow = _Flow(self.child.stdout, self.come, self._over)
        self._pump = threading.Thread(target=self._flow.run, daemon=True)
        self._pump.start()

    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self.child.poll() is None and self.come.empty()

    def ask(self, line: str, *, most_bytes: int, ahead: int) -> None:
        """Send a request; a worker that is gone says so by what it does not send.

        Args:
            line: The request.
            most_bytes: A larger piece is refused.
            ahead: How many words or pieces are read before they are taken.
        """
        self._flow.most_bytes, self.come.maxsize = most_bytes, max(1, ahead)
        with suppress(BrokenPipeError):
            self.child.stdin.write(line.encode("ascii") + b"\n")  # type: ignore[union-attr]
            self.child.stdin.flush()  # type: ignore[union-attr]

    def end(self) -> None:
        """Kill it."""
        self._over.set()
        _end(self.child, self._pump)
        self.complaints.close()


class _Flow:
    """Moves lines and pieces from a pipe to a queue; an empty line marks the end."""

    def __init__(
        self,
        stdout: IO[bytes] | None,
        come: queue.Queue[bytes | Piece],
        over: threading.Event,
    ) -> None:
        self._stdout = stdout
        self._come = come
        self._over = over
        self.most_bytes = 0

    def run(self) -> None:
        """Move all there is."""
        while not self._over.is_set():
            line = self._stdout.readline(_LINE_BYTES)  # type: ignore[union-attr]
            if len(line) < _LINE_BYTES and not line.endswith(b"\n"):
                line = b""  # it ended in the middle of a word
            piece = self._piece(line) if line.startswith(_PIECE_START) else line
            self._put(piece)
            if isinstance(piece, bytes) and not piece.endswith(b"\n"):
                return

    def _piece(self, line: bytes) -> bytes | Piece:
        """The piece that a line announces; an empty line where it is not wholly there.

        A line that announces none, or too large a one, is given back without its end.
        """
        try:
            header, size = json.loads(line)["piece"]
        except (ValueError, TypeError, KeyError):
            return _PIECE_START
        if not isinstance(size, int) or not 0 <= size <= self.most_bytes:
            return _PIECE_START
        content = bytearray(size)
        got, place = 0, memoryview(content)
        while got < size:
            count = self._stdout.readinto(place[got:])  # type: ignore[union-attr]
            if not count:
                return b""
            got += count
        return Piece(header=header, content=content)

    def _put(self, item: bytes | Piece) -> None:
        while not self._over.is_set():
            try:
                self._come.put(item, timeout=0.05)
            except queue.Full:
                continue
            return


def _start(command: Sequence[str], complaints: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        child = subprocess.Popen(  # noqa: S603 our own command
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=complaints
        )
    except OSError as error:
        raise EngineError(f"cannot start the media worker: {error.strerror}") from error
    if sys.platform == "linux" and child.stdout is not None:
        import fcntl

        with suppress(OSError):  # a bound of the user's: then pieces come in smaller bites
            fcntl.fcntl(child.stdout, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return child


def _end(child: subprocess.Popen[bytes], pump: threading.Thread) -> None:
    child.kill()
    child.wait()
    pump.join()  # the child's end of the pipe is closed, so it ends
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
