"""The front: which of the server's counters a request goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.emulator.admin import Admin
from loquitur.emulator.batch import batched
from loquitur.emulator.desk import Desk
from loquitur.emulator.login import Login
from loquitur.emulator.uploads import Uploads
from loquitur.emulator.wire import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from loquitur.emulator.exchange import Handler
    from loquitur.emulator.wire import Call
    from loquitur.emulator.world import World

_KEYLESS = ("/api/timedtext", "/emulator/tracks")
_LOST = b"<html><title>Error 404 (Not Found)!!1</title></html>\n"


class Front:
    """Everything the server answers, in one world."""

    def __init__(self, world: World, handlers: Mapping[str, Handler]) -> None:
        self.world = world
        self.desk = Desk(world, handlers)
        self.uploads = Uploads(self.desk)
        self.login = Login(world, self.desk)
        self.admin = Admin(world, self.desk, self.login)

    def answer(self, call: Call) -> Answer:
        """The answer to a request."""
        path = call.path
        if path in _KEYLESS:
            from loquitur.emulator import timed_text

            return timed_text.answer(path, dict(call.pairs()), self.world) or _lost()
        if path.startswith("/youtube/"):
            return self.desk.answer(call) or _lost()
        if path.startswith(("/upload/", "/resumable/upload/")):
            return self.uploads.answer(call) or _lost()
        if path.startswith("/emulator/"):
            return self.admin.answer(call)
        if path == "/batch" or path.startswith("/batch/"):
            return batched(call, self.answer)
        return self.login.answer(call) or _lost()


def _lost() -> Answer:
    return Answer(status=404, headers={"Content-Type": "text/html; charset=UTF-8"}, body=_LOST)
