"""The desk: who calls, what it costs, whether it fits, who answers - and what goes wrong."""

from __future__ import annotations

import importlib
import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from loquitur.emulator import credentials as owners
from loquitur.emulator import fields, gate, quota
from loquitur.emulator.errors import FIRST_PROJECT, Wrong, answer_of, written
from loquitur.emulator.exchange import Refusal, Reply, Request
from loquitur.emulator.faults import Fault, Faults
from loquitur.emulator.handlers import HANDLERS
from loquitur.emulator.parts import etag_of
from loquitur.emulator.record import Entry, Record
from loquitur.emulator.wire import RESET, Answer, Call
from loquitur.youtube.methods import document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from loquitur.emulator.exchange import Handler
    from loquitur.emulator.world import World
    from loquitur.youtube.methods import Method

_SECRET = ("key", "access_token", "oauth_token")


@dataclass(slots=True, kw_only=True)
class Visit:
    """What is known of a call while it is served; becomes an entry of the record.

    Args:
        call: The request.
        method: What it calls.
        at: When it came.
        number: The how-manieth call it is.
        name: What the record and the faults call it; the method's id unless said.
        paid: Whether an earlier call paid for it, as for the chunks of an upload.
    """

    call: Call
    method: Method
    at: float
    number: int
    name: str = ""
    paid: bool = False
    given: dict[str, str] | None = None
    cost: quota.Price | None = None
    project: int = 0
    reason: str = ""
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """A call that passed the gate, with what is to be left of its answer."""

    request: Request
    mask: fields.Mask | None
    pretty: bool = False


class Desk:
    """Serves the methods of the API in one world."""

    def __init__(self, world: World, handlers: Mapping[str, Handler]) -> None:
        self.world = world
        self._handlers = handlers
        self.credentials = owners.Credentials(world)
        plan = world.plan
        self.quota = quota.Quota(
            {name: int(units) for name, units in plan.get("quota", {}).items()},
            per_minute=int(plan.get("per_minute", 0)),
        )
        self.faults = Faults(world)
        self.record = Record()

    def answer(self, call: Call) -> Answer | None:
        """The answer to a call of the API; None where the path is none of the API's."""
        call = overridden(call)
        found = gate.route(call.verb, call.path)
        if found is None:
            return None
        visit = Visit(
            call=call, method=found.method, at=self.world.now(), number=self.record.next()
        )
        return self.served(visit, lambda: self._reply(visit, found))

    def served(self, visit: Visit, serve: Callable[[], Answer]) -> Answer:
        """Serve a visit under the faults that are due, and record it.

        Args:
            visit: The call; `serve` fills in what it learns.
            serve: Gives the answer; may raise `Refusal`.
        """
        visit.name = visit.name or visit.method.id
        visit.fault = self.faults.draw(visit.name)
        try:
            answer = self._with_fault(visit, serve)
        except Refusal as exc:
            visit.reason = exc.reason
            answer = answer_of(written(exc))
        given = {name: value for name, value in (visit.given or {}).items() if name not in _SECRET}
        self.record.add(
            Entry(
                at=visit.at,
                method=visit.name,
                given=given,
                status=answer.status,
                cost=visit.cost.units if visit.cost else 0,
                bucket=visit.cost.bucket if visit.cost else "",
                project=visit.project,
                reason=visit.reason,
                fault=visit.fault.kind if visit.fault else "",
                number=visit.number,
                key_at=_key_at(visit),
            )
        )
        return answer

    def _with_fault(self, visit: Visit, serve: Callable[[], Answer]) -> Answer:
        fault = visit.fault
        if fault is None or fault.kind in ("partial", "expired_upload"):
            return serve()
        if fault.kind == "slow":
            self.world.closing.wait(fault.seconds)
            return serve()
        if fault.kind == "cut":
            answer = serve()
            return replace(answer, cut=len(answer.body) // 2)
        if fault.after:
            serve()
        elif not visit.paid and not fault.kind.startswith("per_minute"):
            self.charge_only(visit)
        if fault.kind in ("reset", "lost_answer"):
            return RESET
        return fault.answer(visit.project or FIRST_PROJECT)

    def charge_only(self, visit: Visit) -> None:
        """What a call that fails inside the service costs all the same."""
        given = gate.gathered(visit.call.pairs(), visit.method)
        visit.given = given
        caller = self.credentials.of(visit.call, given)
        if isinstance(caller, owners.Caller):
            self.pay(visit, caller)

    def pay(self, visit: Visit, caller: owners.Caller) -> Wrong | None:
        """Charge a visit, or the answer where the bucket is empty."""
        price = quota.price(visit.method)
        visit.project = caller.project
        empty = self.quota.charge(caller.project, price, visit.at)
        if empty is None:
            visit.cost = price
        return empty

    def admit(self, visit: Visit, inside: dict[str, str]) -> Admitted | Answer:
        """Let a call in: who it is from, what it pays, whether it fits.

        Raises:
            Refusal: Its parameters do not fit the table.
        """
        method, call = visit.method, visit.call
        given = gate.gathered(call.pairs(), method)
        visit.given = {**given, **inside}
        caller = self.credentials.of(call, given)
        if isinstance(caller, Wrong):
            return self._refused(visit, caller)
        refused = owners.allowed(method, caller, given) or self.pay(visit, caller)
        if refused:
            return self._refused(visit, refused)
        mask = gate.mask_of(method, given)
        request = Request(
            method=method,
            given=gate.checked(method, visit.given),
            world=self.world,
            now=visit.at,
            address=call.address,
            named=frozenset(visit.given),
            actor=caller.token.channel if caller.token else None,
        )
        return Admitted(request=request, mask=mask, pretty=given.get("prettyPrint") == "true")

    def _refused(self, visit: Visit, error: Wrong) -> Answer:
        visit.reason = reason_of(error)
        return answer_of(error)

    def _reply(self, visit: Visit, found: gate.Route) -> Answer:
        admitted = self.admit(visit, found.inside)
        if isinstance(admitted, Answer):
            return admitted
        request = admitted.request
        if visit.call.body and visit.method.verb != "GET":
            request = replace(request, resource=resource_of(visit.method, visit.call.body))
        return self.handled(replace(admitted, request=request), visit.call)

    def handled(self, admitted: Admitted, call: Call) -> Answer:
        """What the method's handler says, as an answer.

        Raises:
            Refusal: The handler's, or 501 where the method has none.
        """
        name = admitted.request.method.id
        handler = self._handlers.get(name) or handler_of(name)
        return finished(handler(admitted.request), admitted, call)


def _key_at(visit: Visit) -> str:
    if "key" in (visit.given or {}):
        return "query"
    return "header" if visit.call.header("x-goog-api-key") else ""


@lru_cache(maxsize=128)
def handler_of(method_id: str) -> Handler:
    """The function that answers a method.

    Raises:
        Refusal: 501; it has none.
    """
    if method_id not in HANDLERS:
        message = f"The emulator does not answer {method_id}."
        raise Refusal(501, "notImplemented", message, domain="emulator", rpc="UNIMPLEMENTED")
    module, _, name = HANDLERS[method_id].partition(":")
    handler: Handler = getattr(importlib.import_module(module), name)
    return handler


def overridden(call: Call) -> Call:
    """A POST that stands for another verb as that: its form is the query."""
    verb = call.header("x-http-method-override").upper()
    if call.verb != "POST" or not verb:
        return call
    form = call.header("content-type").startswith("application/x-www-form-urlencoded")
    extra = call.body.decode("utf-8", "replace") if form else ""
    query = "&".join(text for text in (call.query, extra) if text)
    return replace(call, verb=verb, query=query, body=b"" if form else call.body)


def resource_of(method: Method, body: bytes) -> dict[str, Any]:
    """The JSON of a request, held against the method's schema.

    Raises:
        Refusal: It is no JSON, or does not fit.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as exc:
        message = f"Invalid JSON payload received. {exc}"
        raise Refusal(400, "parseError", message, domain="global", rpc="INVALID_ARGUMENT") from exc
    gate.check_resource(method, found)
    return found if isinstance(found, dict) else {}


def reason_of(error: Wrong) -> str:
    """The reason of an error's body, empty where it has none."""
    if isinstance(error.body, str) or not isinstance(error.body.get("error"), dict):
        return ""
    return str(error.body["error"]["errors"][0]["reason"])


def finished(reply: Reply, admitted: Admitted, call: Call) -> Answer:
    """A reply as it goes back: selected fields, ETag, 304, a range of a file."""
    headers = {
        "Content-Type": "application/json; charset=UTF-8",
        "Cache-Control": "private",
        "Vary": "Origin, X-Origin, Referer",
    }
    if reply.pieces is not None:
        return Answer(status=reply.status, headers=headers | reply.headers, pieces=reply.pieces)
    if isinstance(reply.body, bytes):
        headers["Content-Type"] = "application/octet-stream"
        answer = Answer(status=reply.status, headers=headers | reply.headers, body=reply.body)
        return ranged(answer, call.header("range"))
    if reply.body is None:
        return Answer(status=204 if reply.status == 200 else reply.status, headers=reply.headers)
    body, tag = tagged(reply.body, admitted)
    headers["ETag"] = f'"{tag}"'
    if call.verb == "GET" and _matches(call.header("if-none-match"), tag):
        kept = {name: headers[name] for name in ("ETag", "Cache-Control", "Vary")}
        return Answer(status=304, headers=kept)
    return Answer(status=reply.status, headers=headers | reply.headers, body=body)


def tagged(body: dict[str, Any], admitted: Admitted) -> tuple[bytes, str]:
    """A body as bytes with the selected fields and its `etag` in it, and that tag."""
    mask = admitted.mask
    if mask is not None:
        body = fields.select(mask, body)
    given = body.get("etag") if mask is None else None
    plain = {name: value for name, value in body.items() if name != "etag"}
    text = json.dumps(plain, separators=(",", ":"))
    tag = given or etag_of(text.encode())
    wanted = mask is None or "etag" in mask or "*" in mask
    if wanted and _has_etag(admitted.request.method.response or ""):
        text = f'{{"etag":"{tag}"' + (f",{text[1:]}" if plain else "}")
    if admitted.pretty:
        text = json.dumps(json.loads(text), indent=2) + "\n"
    return text.encode(), tag


@lru_cache(maxsize=256)
def _has_etag(schema: str) -> bool:
    return "etag" in document()["schemas"].get(schema, {}).get("properties", {})


def _matches(header: str, tag: str) -> bool:
    if not header:
        return False
    tags = [one.strip().removeprefix("W/").strip('"') for one in header.split(",")]
    return tag in tags or "*" in tags


def ranged(answer: Answer, header: str) -> Answer:
    """The bytes of a file that a `Range` header asks for; the whole where it asks for none."""
    found = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header.strip()) if header else None
    total = len(answer.body)
    if answer.status != 200 or found is None or not any(found.groups()):
        return answer
    first, last = found.groups()
    start = int(first) if first else max(0, total - int(last))
    end = min(int(last), total - 1) if first and last else total - 1
    if start >= total or end < start:
        headers = {"Content-Range": f"bytes */{total}"}
        return Answer(status=416, headers=headers)
    headers = answer.headers | {"Content-Range": f"bytes {start}-{end}/{total}"}
    return replace(answer, status=206, headers=headers, body=answer.body[start : end + 1])
