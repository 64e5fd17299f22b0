"""A stream on an emulator, a client that follows its chat, and what was truly said in it.

Nobody waits: where the client would sleep, the emulator's clock moves on.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass, field
from typing import Any

from loquitur.emulator import Emulator
from loquitur.emulator.live_chat import Chats
from loquitur.settings import Settings
from loquitur.youtube.livechat.following import Clock, FollowOptions, News, follow
from loquitur.youtube.livechat.log import ChatLog
from loquitur.youtube.livechat.rooms import find_room
from loquitur.youtube.retrying import Patience
from loquitur.youtube.sessions import open_client


@dataclass
class Stage:
    """One stream. `hurry_s` is what the clock moves with every page that comes."""

    emulator: Emulator
    settings: Settings
    hurry_s: float = 0.0
    news: list[News] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    @property
    def chats(self) -> Chats:
        return self.emulator.world.room(Chats)

    @property
    def video(self) -> Any:
        return next(v for v in self.chats.population.named if v.named.key == "show")

    @property
    def truth(self) -> list[Any]:
        """All that was said so far."""
        script = self.chats.script(self.video)
        return [script.event(n) for n in range(script.count(self.emulator.world.now()))]

    @property
    def clock(self) -> Clock:
        return Clock(
            now=lambda: time.monotonic() + sum(self.slept),
            wall=lambda: self.emulator.world.now(),  # noqa: PLW0108 - it moves
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.emulator.move(seconds)

    def hear(self, news: News) -> None:
        self.news.append(news)
        if news.kind == "page" and self.hurry_s:
            self.sleep(self.hurry_s)

    def heard(self, kind: str) -> list[str]:
        return [news.text for news in self.news if news.kind == kind]

    def follow(self, log: ChatLog, **options: Any) -> str:
        patience = Patience(sleep=lambda seconds: None)
        known = FollowOptions(**{"clock": self.clock, **options})
        with open_client(self.settings, patience=patience) as client:
            room = find_room(client, self.video.id)
            return follow(client, room, log, options=known, listen=self.hear)

    def log(self, path: Any = None) -> ChatLog:
        return ChatLog(path, video_id=self.video.id)


@contextlib.contextmanager
def stage(
    tmp_path: Any, *, begins_s: float = 0.0, lasts_s: float = 20.0, hurry_s: float = 0.0,
    quota: int = 10_000, **chat: Any,
):  # fmt: skip
    """A stream that begins and lasts so long, its chat as the plan's table says."""
    chat = {"video": "show", "per_minute": 600.0, "interval_ms": 2000, "pace_ms": 50} | chat
    show = {"key": "show", "title": "The show", "live": "upcoming", "starts_in_s": begins_s,
            "lasts_s": lasts_s}  # fmt: skip
    with Emulator(plan={"video": [show], "chats": [chat], "quota": {"shared": quota}}) as emulator:
        settings = Settings(store=tmp_path / "store", youtube_endpoint=emulator.endpoint)
        yield Stage(emulator=emulator, settings=settings, hurry_s=hurry_s)
