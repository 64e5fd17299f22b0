"""Files that come with a call: whole, as two parts, or in chunks to an address of their own."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from loquitur.emulator import gate
from loquitur.emulator.desk import Admitted, Visit, resource_of
from loquitur.emulator.exchange import Refusal
from loquitur.emulator.multipart import parts_of
from loquitur.emulator.wire import RESET, Answer, Call

if TYPE_CHECKING:
    from loquitur.emulator.desk import Desk
    from loquitur.emulator.faults import Fault

CHUNK = 256 * 1024
"""Chunks are multiples of this, but for the last one."""
LIFE_S = 7 * 24 * 3600
"""How long an upload's address is good."""


@dataclass(slots=True, kw_only=True)
class Session:
    """A resumable upload under way.

    Args:
        admitted: The call that began it, which passed the gate and is paid for.
        began: When, on the world's clock.
        total: The file's size as announced; None where it was not.
        media_type: What the file is said to be.
        stored: What came so far.
        answer: What the finished upload got, None before that.
    """

    admitted: Admitted
    began: float
    total: int | None
    media_type: str
    stored: bytearray = field(default_factory=bytearray)
    answer: Answer | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Uploads:
    """All uploads of one emulator."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._sessions: dict[str, Session] = {}

    def answer(self, call: Call) -> Answer | None:
        """The answer to a call of an upload path; None where it is none."""
        found = gate.route(call.verb, call.path)
        query = dict(call.pairs())
        if "upload_id" in query and call.verb in ("PUT", "DELETE"):
            return self._continued(call, query["upload_id"])
        if found is None or not found.upload:
            return None
        world, desk = self._desk.world, self._desk
        visit = Visit(call=call, method=found.method, at=world.now(), number=desk.record.next())
        return desk.served(visit, lambda: self._begun(visit, query.get("uploadType", "")))

    def _begun(self, visit: Visit, form: str) -> Answer:
        admitted = self._desk.admit(visit, {})
        if isinstance(admitted, Answer):
            return admitted
        call, method = visit.call, visit.method
        kind = call.header("content-type")
        if form == "resumable":
            return self._opened(visit, admitted)
        if form == "multipart":
            try:
                resource, media = parts_of(call.body, kind)[:2]
            except ValueError as exc:
                raise _bad(f"Malformed multipart body. {exc}") from exc
            return self._finished(
                admitted,
                call,
                resource=resource_of(method, resource.body),
                media=media.body,
                media_type=media.header("content-type"),
            )
        if form == "media":
            return self._finished(admitted, call, resource={}, media=call.body, media_type=kind)
        raise _bad(f"Unknown uploadType '{form[:40]}'.")

    def _opened(self, visit: Visit, admitted: Admitted) -> Answer:
        call = visit.call
        resource: dict[str, Any] = resource_of(visit.method, call.body) if call.body else {}
        size = call.header("x-upload-content-length")
        if size and not (size.isascii() and size.isdigit() and len(size) < 18):
            raise _bad("X-Upload-Content-Length is no number.")
        if size:
            _check_size(admitted, int(size))
        name = self._desk.credentials.letters(48)
        self._sessions[name] = Session(
            admitted=replace(admitted, request=replace(admitted.request, resource=resource)),
            began=visit.at,
            total=int(size) if size else None,
            media_type=call.header("x-upload-content-type"),
        )
        query = f"{call.query}&upload_id={name}" if call.query else f"upload_id={name}"
        query = "&".join(
            pair for pair in query.split("&") if not pair.startswith(("key=", "access_token="))
        )
        headers = {"Location": f"{call.address}{call.path}?{query}", "X-GUploader-UploadID": name}
        return Answer(status=200, headers=headers)

    def _continued(self, call: Call, name: str) -> Answer:
        """A chunk, a question how far it is, or the end."""
        session = self._sessions.get(name)
        now = self._desk.world.now()
        if session is None or now - session.began > LIFE_S:
            return Answer(status=404, headers={"Content-Type": "text/plain"}, body=b"Not Found")
        method = session.admitted.request.method
        visit = Visit(
            call=call,
            method=method,
            at=now,
            number=self._desk.record.next(),
            name=f"{method.id}#chunk",
            paid=True,
        )
        visit.given = {"content-range": call.header("content-range"), "size": str(len(call.body))}
        with session.lock:
            return self._desk.served(visit, lambda: self._chunk(session, call, visit.fault, name))

    def _chunk(self, session: Session, call: Call, fault: Fault | None, name: str) -> Answer:
        if call.verb == "DELETE" or (fault and fault.kind == "expired_upload"):
            self._sessions.pop(name, None)
            gone = 499 if call.verb == "DELETE" else 404
            return Answer(status=gone, headers={"Content-Type": "text/plain"}, body=b"Not Found")
        if session.answer is not None:
            return session.answer
        first, last, total = _range(call, session)
        session.total = total if total is not None else session.total
        if first is None:
            return _so_far(session)
        if last - first + 1 != len(call.body):
            raise _bad("Content-Range does not fit the size of the chunk.")
        if total is not None and last >= total:
            raise _bad("Content-Range goes beyond the whole.")
        whole = total is not None and last + 1 == total
        if not whole and len(call.body) % CHUNK:
            raise _bad(f"Chunks must be multiples of {CHUNK} bytes, but for the last one.")
        if first != len(session.stored):
            return _so_far(session)
        _check_size(session.admitted, last + 1)
        if fault and fault.kind == "partial":
            session.stored += call.body[: len(call.body) // 2 // CHUNK * CHUNK]
            return RESET
        session.stored += call.body
        if not whole:
            return _so_far(session)
        request = session.admitted.request
        try:
            session.answer = self._finished(
                session.admitted,
                call,
                resource=request.resource,
                media=bytes(session.stored),
                media_type=session.media_type or call.header("content-type"),
            )
        except Refusal:
            self._sessions.pop(name, None)
            raise
        session.stored.clear()
        return session.answer

    def _finished(
        self,
        admitted: Admitted,
        call: Call,
        *,
        resource: dict[str, Any],
        media: bytes,
        media_type: str,
    ) -> Answer:
        _check_size(admitted, len(media))
        request = replace(admitted.request, resource=resource, media=media, media_type=media_type)
        return self._desk.handled(replace(admitted, request=request), call)


def _range(call: Call, session: Session) -> tuple[int | None, int, int | None]:
    """First byte, last byte, and size of the whole; no first byte means a question."""
    text = call.header("content-range")
    if not text:
        return 0, len(call.body) - 1, len(call.body)
    found = re.fullmatch(r"bytes (?:(\d{1,18})-(\d{1,18})|\*)/(\d{1,18}|\*)", text.strip())
    if found is None:
        raise _bad(f"Invalid Content-Range '{text[:60]}'.")
    first, last, total = found.groups()
    size = None if total == "*" else int(total)
    if size is not None and session.total is not None and size != session.total:
        raise _bad("Content-Range names another size than the upload began with.")
    if first is None:
        return None, -1, size
    return int(first), int(last), size


def _so_far(session: Session) -> Answer:
    """308 with what is stored; nothing stored means no `Range`."""
    stored = len(session.stored)
    headers = {"Range": f"bytes=0-{stored - 1}"} if stored else {}
    return Answer(status=308, headers=headers)


def _check_size(admitted: Admitted, size: int) -> None:
    most = admitted.request.method.upload_bytes
    if size > most:
        message = f"The file is too large: {size} bytes; the limit is {most}."
        raise Refusal(413, "uploadTooLarge", message, domain="global")


def _bad(message: str) -> Refusal:
    return Refusal(400, "badRequest", message, domain="global", rpc="INVALID_ARGUMENT")
