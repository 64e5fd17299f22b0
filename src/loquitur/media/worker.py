"""The child process in which foreign files are demuxed and decoded, with bounds on what it takes.

`python -P -m loquitur.media.worker` reads one request, a line of JSON, and answers in lines of
JSON: any number of `{"progress": [done_ms, total_ms]}`, then one `{"result": ...}` or
`{"error": ...}`. What is large goes before the last as `{"piece": [header, size]}` and so many
bytes. A request that says `"more"` is followed by another one. It ends when its parent does. The
parent's side is `loquitur.media.isolation`.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loquitur.errors import LoquiturError, MissingError
from loquitur.timing import Span

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Answer a request, and more of them where it says so."""
    # Whatever a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    request = json.loads(sys.stdin.buffer.readline())
    requests = follow_parent()
    given = _given_limits()

    def say(kind: str, value: Any, content: Any = b"") -> None:
        for part in (json.dumps({kind: value}).encode("ascii") + b"\n", content):
            rest = memoryview(part).cast("B")
            while len(rest):  # a signal may cut a write short
                rest = rest[answers.write(rest) :]

    while True:
        bind(request["limits"], given=given)
        _reply(request, say)
        if not request.get("more"):
            return 0
        request = json.loads(requests.get())


def _reply(request: dict[str, Any], say: Any) -> None:
    try:
        say("result", asdict(_answer(request, say)))
    except LoquiturError as error:
        say("error", [type(error).__name__, error.message, error.hint, error.code])
    except MemoryError:
        from loquitur.media.containers import damaged

        over = damaged(Path(request["path"]), MemoryError())
        say("error", [type(over).__name__, over.message, over.hint, over.code])


def _given_limits() -> dict[int, tuple[int, int]]:
    """The limits this process was started with, by kind."""
    if sys.platform == "win32":
        return {}
    import resource

    kinds = (resource.RLIMIT_CORE, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_AS)
    return {kind: resource.getrlimit(kind) for kind in kinds}


def bind(limits: dict[str, int], *, given: dict[int, tuple[int, int]] | None = None) -> None:
    """Lower this process's own limits; never raises them. Does nothing where there are none.

    Args:
        limits: `memory_bytes`, `processor_s` (from now on), `file_bytes`.
        given: The limits that are not raised, by kind; those that hold where None.
    """
    # One thread of linear algebra: every further one reserves address space, and none is used.
    os.putenv("OPENBLAS_NUM_THREADS", "1")
    if sys.platform == "win32":
        return
    import resource

    wanted = [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_CPU, limits["processor_s"] + int(time.process_time())),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
    ]
    if sys.platform == "linux":  # elsewhere it is refused, or has no effect
        wanted.append((resource.RLIMIT_AS, limits["memory_bytes"]))
    for kind, value in wanted:
        soft, hard = (given or {}).get(kind) or resource.getrlimit(kind)
        present = [bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY]
        # The soft limit only: its signal (SIGXCPU) tells why, the hard one's (SIGKILL) does not.
        resource.setrlimit(kind, (min([value, *present]), hard))
    # Python ignores SIGXFSZ, so that a write beyond the bound is an error like a full disk.


def follow_parent() -> queue.SimpleQueue[bytes]:
    """End when the parent does: its end of our input closes, and on Linux the kernel sees to it.

    Returns:
        The lines that still come in.
    """
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_watch, args=(lines,), daemon=True).start()
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return lines


def _watch(lines: queue.SimpleQueue[bytes]) -> None:
    rest = b""
    while come := os.read(0, 65536):
        *whole, rest = (rest + come).split(b"\n")
        for line in whole:
            lines.put(line)
    os._exit(1)


def _answer(request: dict[str, Any], say: Any) -> Any:
    path = Path(request["path"])
    try:
        import av  # noqa: F401 - whether it is usable at all
    except ImportError as error:
        raise MissingError(
            f"the media library is not usable: {error}", hint="pip install 'av>=18.1'"
        ) from error
    return _OPERATIONS[request["operation"]](path, request, say)


def _telling(say: Callable[..., None]) -> Callable[[int, int], None]:
    """What tells the parent how far it is, done and total ms."""
    return lambda done_ms, total_ms: say("progress", [done_ms, total_ms])


def _probe(path: Path, request: dict[str, Any], say: Any) -> Any:
    from loquitur.media.probe import inspect

    del request, say
    return inspect(path)


def _captions(path: Path, request: dict[str, Any], say: Any) -> Any:
    from loquitur.media.caption_tracks import read_here

    return read_here(path, Path(request["target"]), texts=request["texts"], tell=_telling(say))


def _shots(path: Path, request: dict[str, Any], say: Any) -> Any:
    from loquitur.media.shots import look_here

    return look_here(path, request["options"], tell=_telling(say))


def _film(path: Path, request: dict[str, Any], say: Any) -> Any:
    from loquitur.media.frames.film import look_here

    return look_here(path, keys=request["keys"], tell=_telling(say))


def _frames(path: Path, request: dict[str, Any], say: Any) -> Any:
    from loquitur.media.frames.sending import send_here

    return send_here(path, request, say)


def _decode(path: Path, request: dict[str, Any], say: Any) -> Any:
    from loquitur.media.decoding import decode_here

    section = request["section"]
    return decode_here(
        path,
        Path(request["target"]),
        track=request["track"],
        section=Span(start_ms=section[0], end_ms=section[1]) if section else None,
        most_ms=request["most_ms"],
        channel=request.get("channel"),
        tell=_telling(say),
    )


_OPERATIONS = {
    "probe": _probe,
    "decode": _decode,
    "captions": _captions,
    "shots": _shots,
    "film": _film,
    "frames": _frames,
}


if __name__ == "__main__":
    sys.exit(main())
