"""`/emulator/...`: what a test asks of and tells the emulator; no such thing is on the service."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from loquitur.emulator.credentials import FORCE_SSL
from loquitur.emulator.errors import NAMES, answer_of, wrong
from loquitur.emulator.faults import KINDS
from loquitur.emulator.login import secrets
from loquitur.emulator.population import Population
from loquitur.emulator.quota import next_day_s, pacific_day
from loquitur.emulator.summary import world_summary
from loquitur.emulator.wire import Answer, json_answer

if TYPE_CHECKING:
    from loquitur.emulator.desk import Desk
    from loquitur.emulator.login import Login
    from loquitur.emulator.wire import Call
    from loquitur.emulator.world import World


_UNFIT = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
"""What a request that does not fit runs into; all is read here, none is trusted."""


class Admin:
    """The emulator's own endpoints. A GET tells, a POST changes, a DELETE forgets."""

    def __init__(self, world: World, desk: Desk, login: Login) -> None:
        self._world = world
        self._desk = desk
        self._login = login

    def answer(self, call: Call) -> Answer:
        """The answer to a call of `/emulator/...`."""
        name = call.path.removeprefix("/emulator/").strip("/")
        query = dict(call.pairs())
        table: dict[tuple[str, str], Callable[[], Answer | dict[str, Any]]] = {
            ("GET", "credentials"): self._desk.credentials.told,
            ("GET", "client_secrets.json"): lambda: secrets(call.address),
            ("GET", "clock"): self._clock,
            ("POST", "clock"): lambda: self._move(_table(call)),
            ("GET", "calls"): lambda: self._calls(query),
            ("DELETE", "calls"): self._forget_calls,
            ("GET", "quota"): self._quota,
            ("POST", "quota"): lambda: self._set_quota(_table(call)),
            ("GET", "faults"): self._faults,
            ("POST", "faults"): lambda: self._plan_faults(_json(call)),
            ("DELETE", "faults"): self._forget_faults,
            ("POST", "keys"): lambda: self._add_key(_table(call)),
            ("POST", "tokens"): lambda: self._add_token(_table(call)),
            ("DELETE", "tokens"): lambda: {"killed": self._login.kill()},
            ("GET", "login"): self._login.told,
            ("POST", "login"): lambda: self._set_login(_table(call)),
            ("GET", "errors"): lambda: {"errors": list(NAMES)},
            ("GET", "world"): lambda: world_summary(self._world),
            ("GET", "truth"): lambda: _truth(self._world, query),
            ("GET", "replay"): lambda: _replay(self._world, query.get("video", "")),
            ("POST", "delete"): lambda: self._delete(query.get("id", "")),
            ("POST", "reset"): self._reset,
        }
        if call.verb == "GET" and name.startswith("errors/"):
            return _error(name.removeprefix("errors/"))
        serve = table.get((call.verb, name))
        if serve is None:
            known = sorted(f"{verb} /emulator/{path}" for verb, path in table)
            return json_answer(404, {"error": f"no {call.verb} {call.path[:100]}", "known": known})
        try:
            found = serve()
            return found if isinstance(found, Answer) else json_answer(200, found)
        except _UNFIT as exc:
            return json_answer(400, {"error": f"{call.verb} {call.path}: {exc}"})

    def _clock(self) -> dict[str, Any]:
        now = self._world.now()
        return {"now": now, "pacific_day": pacific_day(now)}

    def _move(self, given: dict[str, Any]) -> dict[str, Any]:
        """`seconds` ahead, `to` a time in Unix seconds, or into the quota's `next_day`."""
        if given.get("next_day"):
            now = self._world.now()
            self._world.move(next_day_s(now) - now)
        if "to" in given:
            self._world.move(float(given["to"]) - self._world.now())
        self._world.move(float(given.get("seconds", 0)))
        return self._clock()

    def _calls(self, query: dict[str, str]) -> dict[str, Any]:
        entries = self._desk.record.calls(query.get("method", ""))
        last = int(query.get("last", "1000"))
        if last < 0:
            raise ValueError("last counts from 0")
        shown = entries[-last:] if last else []
        return {"count": len(entries), "calls": [entry.plain() for entry in shown]}

    def _forget_calls(self) -> dict[str, Any]:
        self._desk.record.forget()
        return {}

    def _quota(self) -> dict[str, Any]:
        desk, now = self._desk, self._world.now()
        projects = sorted({key.project for key in desk.credentials.keys.values()
                           if key.state == "good"})  # fmt: skip
        return {
            "pacific_day": pacific_day(now),
            "limits": desk.quota.limits,
            "per_minute": desk.quota.per_minute,
            "today": {
                str(project): {
                    bucket: desk.quota.spent(project, bucket, now) for bucket in desk.quota.limits
                }
                for project in projects
            },
            "days": desk.quota.days(),
        }

    def _set_quota(self, given: dict[str, Any]) -> dict[str, Any]:
        """`limits`, `per_minute`, `spent` of buckets of the project of `key`."""
        desk = self._desk
        limits = {bucket: int(units) for bucket, units in given.get("limits", {}).items()}
        spent = {bucket: int(units) for bucket, units in given.get("spent", {}).items()}
        for bucket in (*limits, *spent):
            if bucket not in desk.quota.limits:
                raise ValueError(f"no bucket is called '{bucket}': {', '.join(desk.quota.limits)}")
        project = desk.credentials.keys[given.get("key", desk.credentials.good[0])].project
        desk.quota.per_minute = int(given.get("per_minute", desk.quota.per_minute))
        desk.quota.limits.update(limits)
        for bucket, units in spent.items():
            desk.quota.spend(project, bucket, units, self._world.now())
        return self._quota()

    def _faults(self) -> dict[str, Any]:
        faults = self._desk.faults
        return {"rate": faults.rate, "schedule": faults.pending(), "kinds": list(KINDS)}

    def _plan_faults(self, given: Any) -> dict[str, Any]:
        """A list of faults, or `{"rate": RATE}`, or both in one object with `schedule`."""
        faults = self._desk.faults
        if isinstance(given, dict):
            rate = float(given["rate"]) if "rate" in given else None
            faults.plan(given.get("schedule", []), rate=rate)
        else:
            faults.plan(given)
        return self._faults()

    def _forget_faults(self) -> dict[str, Any]:
        self._desk.faults.forget()
        return self._faults()

    def _add_key(self, given: dict[str, Any]) -> dict[str, Any]:
        """A new key with `state` and `project`, or another `state` for the `key` given."""
        credentials = self._desk.credentials
        state = str(given.get("state", "good"))
        if "key" in given:
            key = credentials.set_state(str(given["key"]), state)
        else:
            first = credentials.keys[credentials.good[0]].project
            key = credentials.add_key(project=int(given.get("project", first)), state=state)
        return {"api_key": key.text, "project": key.project, "state": key.state}

    def _add_token(self, given: dict[str, Any]) -> dict[str, Any]:
        """A token for `channel` with `scopes` that `expires_in` so many seconds."""
        life = given.get("expires_in")
        token = self._desk.credentials.add_token(
            channel=str(given.get("channel", self._world.owners()[0])),
            scopes=tuple(given.get("scopes", (FORCE_SSL,))),
            expires=float("inf") if life is None else self._world.now() + float(life),
        )
        return {"token": token.text, "channel": token.channel, "scopes": list(token.scopes)}

    def _set_login(self, given: dict[str, Any]) -> dict[str, Any]:
        self._login.set(given)
        return self._login.told()

    def _delete(self, video_id: str) -> dict[str, Any]:
        """A video goes, now."""
        return {"deleted": self._world.room(Population).delete(video_id)}

    def _reset(self) -> dict[str, Any]:
        """Full buckets, no faults, an empty record; what is in the world stays."""
        self._desk.quota.forget()
        self._desk.faults.forget()
        self._desk.record.forget()
        return {}


def _json(call: Call) -> Any:
    return json.loads(call.body or b"{}")


def _table(call: Call) -> dict[str, Any]:
    found = _json(call)
    if not isinstance(found, dict):
        raise ValueError(f"expected an object, not {str(found)[:40]!r}")  # noqa: TRY004 - a 400
    return found


def _error(name: str) -> Answer:
    """An error body by its name, as it would come."""
    if name not in NAMES:
        known = list(NAMES)
        return json_answer(404, {"error": f"no error is called '{name[:60]}'", "known": known})
    return answer_of(wrong(name))


def _truth(world: World, query: dict[str, str]) -> dict[str, Any]:
    from loquitur.emulator.truth import told  # with everything of which it knows the truth

    return told(query, world)


def _replay(world: World, video_id: str) -> Answer:
    """A stream's chat as yt-dlp would write it, line by line; once the stream is over."""
    from loquitur.emulator.live_chat import replay_lines, replay_state

    state = replay_state(world, video_id)
    if state != "there":
        return json_answer(404, {"error": {"reason": state}})
    headers = {"Content-Type": "application/x-ndjson"}
    return Answer(status=200, headers=headers, pieces=replay_lines(world, video_id))
