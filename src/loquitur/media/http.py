"""A medium straight from a web server, with the rest after a cut instead of all again."""

from __future__ import annotations

import email.message
import email.utils
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING

from loquitur.errors import InputError, RemoteError, TransientError
from loquitur.media import partial
from loquitur.media.exchange import Answer, Deadline, ask
from loquitur.media.inflation import inflate
from loquitur.media.transfer import (
    DEFAULTS,
    PAGE_CODE,
    REAL_TIME,
    Fetched,
    FetchOptions,
    Pace,
    Progress,
    check_online,
    full,
    is_disk_error,
    silent,
    too_large,
)
from loquitur.media.urls import MEDIA_SUFFIXES, canonical, last_name, parse, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHECKPOINT_BYTES = 32 * 1024**2
_GAIN_BYTES = 64 * 1024
_MAX_WAIT_S = 600.0
_SPARE_BYTES = 16 * 1024**2
_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.ASCII)
_LISTS = ("mpegurl", "dash+xml", "vnd.ms-sstr")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    url: str
    target: Path
    options: FetchOptions
    progress: Progress
    deadline: Deadline

    @property
    def name(self) -> str:
        return canonical(self.url)

    @property
    def shown(self) -> str:
        return shown(self.url)


def download(
    url: str,
    target: Path,
    *,
    options: FetchOptions = DEFAULTS,
    progress: Progress = silent,
    pace: Pace = REAL_TIME,
) -> Fetched:
    """Bring the file at an address to a path.

    A connection that breaks is taken up again where it broke (`Range` with `If-Range`, RFC 9110,
    13.1.5), in this run or the next one with the same target. Nothing lies at the target until
    all of it is there.

    Args:
        url: An http or https address.
        target: Where the file goes; its folder exists.
        options: Limits, cookies, proxy.
        progress: Told the bytes that are here.
        pace: The clock and how to wait.

    Raises:
        InputError: The address is malformed or inside the own network, gives a web page
            (`code == PAGE_CODE`), or more than `max_bytes`.
        TransientError: The network or server still failed after all retries.
        RemoteError: The server refuses, or the time is up.
        FullError: The disk is full or fails.
    """
    url = parse(url)
    check_online(shown(url), options)
    deadline = Deadline(at=pace.now() + options.timeout_s, pace=pace)
    job = _Job(url=url, target=target, options=options, progress=progress, deadline=deadline)
    failures = 0
    while True:
        before_bytes = partial.find(target, job.name).size_bytes
        try:
            return _try(job)
        except TransientError as error:
            gained_bytes = partial.find(target, job.name).size_bytes - before_bytes
            failures = 1 if gained_bytes >= _GAIN_BYTES else failures + 1
            if failures > options.retries:
                raise
            deadline.wait(error, failures, longest_s=_MAX_WAIT_S)
        except OSError as exc:
            if is_disk_error(exc):
                partial.find(target, job.name).discard()
            raise full(target.parent, exc.strerror or "it fails") from exc


def _try(job: _Job) -> Fetched:
    part = partial.find(job.target, job.name)
    headers = {}
    if part.size_bytes:
        headers = {"Range": f"bytes={part.size_bytes}-", "If-Range": part.validator}
    with ask(job.url, headers=headers, options=job.options, deadline=job.deadline) as answer:
        if answer.status == 416 and part.size_bytes:
            return _range_refused(job, part, answer)
        if answer.status not in {200, 206}:
            raise answer.refusal(job.shown)
        part, total_bytes = _agree(job, part, answer)
        _check_room(job, part, total_bytes)
        chunks = _decoded(job, answer)
        if not part.size_bytes:
            chunks = _checked(job, answer, chunks)
        with part.append() as file:
            _write(job, part, file, chunks, total_bytes)
        return _fetched(job, part, answer)


def _range_refused(job: _Job, part: partial.Partial, answer: Answer) -> Fetched:
    """Status 416: either all is here already, or what is here fits nothing that is there."""
    if answer.headers.get("content-range", "") == f"bytes */{part.size_bytes}":
        return _fetched(job, part, answer)
    part.discard()
    raise TransientError(f"{job.shown}: the file changed while it was fetched", hint="try again")


def _agree(job: _Job, part: partial.Partial, answer: Answer) -> tuple[partial.Partial, int | None]:
    """Where writing goes on, and how large the whole will be as far as the server says."""
    validator = partial.validator_of(answer.headers)
    if answer.status == 200:
        encoded = answer.encoding != "identity"
        fresh = replace(part.discard(), validator="" if encoded else validator)
        return fresh, None if encoded else answer.length
    match = _RANGE.fullmatch(answer.headers.get("content-range", "").strip())
    # Some servers give a range of whatever lies there now and do not look at If-Range.
    is_other = validator not in {"", part.validator}
    if match is None or int(match[1]) != part.size_bytes or not part.size_bytes or is_other:
        part.discard()
        raise TransientError(f"{job.shown}: the file changed, or the server sent another range")
    return part, None if match[3] == "*" else int(match[3])


def _check_room(job: _Job, part: partial.Partial, total_bytes: int | None) -> None:
    if total_bytes is None:
        return
    if total_bytes > job.options.max_bytes:
        raise too_large(job.shown, total_bytes, job.options.max_bytes)
    needed_bytes = total_bytes - part.size_bytes
    if shutil.disk_usage(job.target.parent).free < needed_bytes + _SPARE_BYTES:
        raise full(job.target.parent, "the disk is too full", needed_bytes=needed_bytes)


def _decoded(job: _Job, answer: Answer) -> Iterator[bytes]:
    if answer.encoding == "identity":
        return answer.chunks
    if answer.status == 206:
        raise RemoteError(f"{job.shown}: the server compresses a part of a file")
    return inflate(answer.chunks, encoding=answer.encoding, shown_url=job.shown)


def _checked(job: _Job, answer: Answer, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same chunks, once it is clear that they are no web page and no playlist."""
    held: list[bytes] = []
    for chunk in chunks:
        held.append(chunk)
        if sum(map(len, held)) >= 512:
            break
    _check_kind(job, answer, b"".join(held)[:512])
    yield from held
    yield from chunks


def _check_kind(job: _Job, answer: Answer, head: bytes) -> None:
    kind = answer.headers.get("content-type", "").split(";")[0].strip().lower()
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    is_html = text.startswith((b"<!doctype html", b"<html", b"<head", b"<!--"))
    if is_html or (kind in {"text/html", "application/xhtml+xml"} and text.startswith(b"<")):
        raise InputError(
            f"{job.shown}: that address is a web page, not a media file",
            hint="give the address of the file itself, or of a page with a video",
            code=PAGE_CODE,
        )
    if text.startswith((b"#extm3u", b"<mpd")) or any(word in kind for word in _LISTS):
        raise InputError(
            f"{job.shown}: that address is a list of pieces, not a media file", code=PAGE_CODE
        )


def _write(
    job: _Job,
    part: partial.Partial,
    file: IO[bytes],
    chunks: Iterator[bytes],
    total_bytes: int | None,
) -> None:
    begun_at, begun_bytes = job.deadline.pace.now(), part.size_bytes
    done_bytes = recorded_bytes = begun_bytes
    keep = True
    try:
        for chunk in chunks:
            done_bytes += len(chunk)
            if done_bytes > job.options.max_bytes:
                raise too_large(job.shown, done_bytes, job.options.max_bytes)
            file.write(chunk)
            if done_bytes - recorded_bytes >= _CHECKPOINT_BYTES:
                part.record(file)
                recorded_bytes = done_bytes
            job.progress(done_bytes, total_bytes)
            _slow_down(job, done_bytes - begun_bytes, begun_at)
    except InputError:
        keep = False
        part.discard()
        raise
    finally:
        # Whatever stopped it, an interruption too, the next run goes on from here.
        if keep and done_bytes > recorded_bytes:
            part.record(file)
    if not done_bytes:
        part.discard()
        raise RemoteError(f"{job.shown}: the server sent an empty file")
    if total_bytes is not None and done_bytes != total_bytes:
        raise TransientError(f"{job.shown}: {done_bytes} of {total_bytes} bytes came")


def _slow_down(job: _Job, bytes_so_far: int, begun_at: float) -> None:
    limit = job.options.rate_limit_bytes_s
    if limit:
        ahead_s = bytes_so_far / limit - (job.deadline.pace.now() - begun_at)
        if ahead_s > 0:
            job.deadline.pace.sleep(min(ahead_s, job.deadline.left_s))


def _fetched(job: _Job, part: partial.Partial, answer: Answer) -> Fetched:
    path = part.finish()
    message = email.message.Message()
    message["Content-Disposition"] = answer.headers.get("content-disposition", "")
    name = PurePosixPath(message.get_filename("") or last_name(job.url))
    title = name.stem if name.suffix.lower() in MEDIA_SUFFIXES else name.name
    return Fetched(path=path, title=title, source=job.name, extractor="http")
