"""One shard from its server to a file, whole and right by its MD5, or not at all.

What has come lies in a `.part` file whose name has the MD5 of the plan: a shard that changes in the
plan is another file, so two versions are never joined. A cut is taken up with `Range` (RFC 9110,
14.2), also without an entity tag: the MD5 of the whole says whether the halves belong together.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import RemoteError, TransientError
from loquitur.media.exchange import Deadline, ask
from loquitur.media.transfer import FetchOptions, Pace
from loquitur.media.urls import shown
from loquitur.store import writing

if TYPE_CHECKING:
    from loquitur.media.exchange import Answer

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)
_BLOCK = 1 << 20
_GAIN_BYTES = 64 << 10
_LONGEST_WAIT_S = 300.0
_MOST_WRONG = 2
"""So often the whole may come with wrong bytes from one mirror, or it may contradict itself."""


class WrongBytesError(RemoteError):
    """What came whole is not what the plan promises."""

    default_code = "LQ-REMOTE-WRONG-BYTES"


class _Contradiction(TransientError):  # noqa: N818 - told as what it is a kind of
    """A server that says something else than it was asked or said before; nothing of it is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """One shard to bring.

    Args:
        url: Where from.
        part: Where its bytes are collected.
        target: Where it lies in the end, on the same disk.
        md5: Of the whole.
        options: Limits, proxy, retries.
        pace: The clock and how to wait.
        admit: Told from which byte on and up to which (None where nobody says) the bytes are
            going to come; raises where there is no room for them.
        progress: Told how many bytes are here, and of how many (None where nobody says).
    """

    url: str
    part: Path
    target: Path
    md5: str
    options: FetchOptions
    pace: Pace
    admit: Callable[[int, int | None], None]
    progress: Callable[[int, int | None], None]

    @property
    def here_bytes(self) -> int:
        """How much has come."""
        try:
            return self.part.stat().st_size
        except FileNotFoundError:
            return 0


def bring(errand: Errand) -> int:
    """Bring a shard; what was cut goes on where it stopped, now or in the next call.

    Returns:
        How many bytes it has.

    Raises:
        WrongBytesError: The server has other bytes than the plan says, each time.
        TransientError: The network or server still failed after all retries.
        RemoteError: The server refuses, or the time is up.
        FullError: The disk is full; what came is kept.
    """
    deadline = Deadline(at=errand.pace.now() + errand.options.timeout_s, pace=errand.pace)
    failures = wrong = 0
    sizes: set[int] = set()
    while True:
        before = errand.here_bytes
        try:
            with writing.translated(errand.part):
                return _attempt(errand, deadline, sizes)
        except (WrongBytesError, _Contradiction) as error:
            wrong += 1  # however much comes in between: else such a server were asked for ever
            if wrong >= _MOST_WRONG:
                raise
            sizes.clear()  # nothing of it is here any more
            if isinstance(error, _Contradiction):
                deadline.wait(error, wrong, longest_s=_LONGEST_WAIT_S)
        except TransientError as error:
            failures = 1 if errand.here_bytes - before >= _GAIN_BYTES else failures + 1
            if failures > errand.options.retries:
                raise
            deadline.wait(error, failures, longest_s=_LONGEST_WAIT_S)


def _attempt(errand: Errand, deadline: Deadline, sizes: set[int]) -> int:
    """Ask once; `sizes` are those of the whole that the server has said."""
    here = errand.here_bytes
    headers = {"Range": f"bytes={here}-"} if here else {}
    with ask(errand.url, headers=headers, options=errand.options, deadline=deadline) as answer:
        if answer.status == 416 and here:
            return _settle(errand, md5_of(errand.part))
        if answer.status not in (200, 206):
            raise answer.refusal(shown(errand.url))
        begin, total = _agreed(errand, answer, here)
        sizes |= set() if total is None else {total}
        if len(sizes) > 1:
            errand.part.unlink(missing_ok=True)
            raise _Contradiction(f"{shown(errand.url)}: the server says another size each time")
        if total is not None and total > errand.options.max_bytes:
            raise RemoteError(f"{shown(errand.url)}: {total} bytes, which is no shard")
        errand.admit(begin, total)
        digest = _written(errand, answer, begin, total)
    return _settle(errand, digest)


def _agreed(errand: Errand, answer: Answer, here: int) -> tuple[int, int | None]:
    """From which byte on the answer goes, and how many the whole has, as far as it says."""
    answer.check_identity(shown(errand.url))
    if answer.status == 200:
        return 0, answer.length
    match = _RANGE.fullmatch(answer.headers.get("content-range", "").strip())
    if match is None or int(match[1]) != here or not here:
        errand.part.unlink(missing_ok=True)
        raise _Contradiction(f"{shown(errand.url)}: the server sent another range than asked for")
    return here, None if match[3] == "*" else int(match[3])


def _written(errand: Errand, answer: Answer, begin: int, total: int | None) -> str:
    """Put the answer behind what is here; the MD5 of all of it.

    Raises:
        TransientError: Less came than was said; what came is kept.
    """
    digest = hashlib.md5(usedforsecurity=False)
    with errand.part.open("r+b" if begin else "wb") as file:
        _feed(digest, file.read, begin)
        file.truncate(begin)
        file.seek(begin)
        done, begun_at = begin, errand.pace.now()
        try:
            for chunk in answer.chunks:
                done += len(chunk)
                if done > errand.options.max_bytes:
                    raise RemoteError(f"{shown(errand.url)}: does not end")
                file.write(chunk)
                digest.update(chunk)
                errand.progress(done, total)
                _slow_down(errand, done - begin, begun_at)
        finally:
            file.flush()
        os.fsync(file.fileno())
    if total is not None and done < total:
        raise TransientError(f"{shown(errand.url)}: {done} of {total} bytes came")
    found = digest.hexdigest()
    if total is None and found != errand.md5 and done > begin:
        # nobody said where it ends: perhaps it was cut, and the rest can be asked for
        raise TransientError(f"{shown(errand.url)}: ended after {done} bytes")
    return found


def _slow_down(errand: Errand, came: int, begun_at: float) -> None:
    limit = errand.options.rate_limit_bytes_s
    if limit:
        ahead_s = came / limit - (errand.pace.now() - begun_at)
        if ahead_s > 0:
            errand.pace.sleep(ahead_s)


def _settle(errand: Errand, md5: str) -> int:
    """Give what is whole its name; drop what is wrong."""
    if md5 != errand.md5:
        errand.part.unlink(missing_ok=True)
        raise WrongBytesError(
            f"{shown(errand.url)}: other bytes than the plan says (MD5 {md5}, expected"
            f" {errand.md5})",
            hint="take another mirror, or try again later",
        )
    errand.part.replace(errand.target)
    writing.sync_folder(errand.target.parent)
    return errand.target.stat().st_size


def md5_of(path: Path) -> str:
    """The MD5 of a file, read in blocks."""
    digest = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as file:
        _feed(digest, file.read, path.stat().st_size)
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, read: Callable[[int], bytes], left: int) -> None:
    while left > 0:
        block = read(min(_BLOCK, left))
        if not block:
            return
        digest.update(block)
        left -= len(block)
