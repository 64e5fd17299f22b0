"""A stream on an emulator, a client that follows its chat, and what was truly said in it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import Any

from loquitur.emulator import Emulator
from loquitur.emulator.live_chat import Chats
from loquitur.settings import Settings
from loquitur.youtube.chat.following import FollowOptions, News, follow
from loquitur.youtube.chat.log import ChatLog
from loquitur.youtube.chat.rooms import find_room
from loquitur.youtube.sessions import open_client


@dataclass
class Stage:
    """One stream."""

    emulator: Emulator
    settings: Settings
    news: list[News] = field(default_factory=list)

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

    def heard(self, kind: str) -> list[str]:
        return [news.text for news in self.news if news.kind == kind]

    def follow(self, log: ChatLog, **options: Any) -> str:
        with open_client(self.settings) as client:
            room = find_room(client, self.video.id)
            return follow(
                client, room, log, options=FollowOptions(**options), listen=self.news.append
            )

    def log(self, path: Any = None) -> ChatLog:
        return ChatLog(path, video_id=self.video.id)


def plan_of(
    *, begins_s: float, lasts_s: float, chat: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """A world with one stream that is called `show`."""
    show = {"key": "show", "title": "The show", "live": "upcoming", "starts_in_s": begins_s,
            "lasts_s": lasts_s}  # fmt: skip
    return {"video": [show], "chats": [{"video": "show", **chat}], **more}


@contextlib.contextmanager
def stage(
    tmp_path: Any, *, begins_s: float = 0.0, lasts_s: float = 1.0, seed: int = 1,
    more: dict[str, Any] | None = None, **chat: Any,
):  # fmt: skip
    """A stream that begins and lasts so long, its chat as the plan's table says."""
    chat = {"per_minute": 6000.0, "interval_ms": 100, "pace_ms": 50} | chat
    plan = plan_of(begins_s=begins_s, lasts_s=lasts_s, chat=chat, **(more or {}))
    with Emulator(seed=seed, plan=plan) as emulator:
        settings = Settings(store=tmp_path / "store", youtube_endpoint=emulator.endpoint)
        yield Stage(emulator=emulator, settings=settings)
