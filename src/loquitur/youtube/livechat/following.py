"""A live chat followed through the API: streamed where the service streams, polled otherwise.

A call of `liveChatMessages.list` costs 5 units, and so does a connection of the streaming method,
which may last for hours: so the stream is tried first. Polling never calls before the interval
that the last answer asked for has passed, counted from when that answer came; where the units left
would not last, it waits longer, and says so.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from loquitur.errors import QuotaError, RemoteError, TransientError
from loquitur.youtube import pacific
from loquitur.youtube.complaints import ClosedError, GoneError, RefusedInputError
from loquitur.youtube.costs import cost
from loquitur.youtube.livechat import items
from loquitur.youtube.livechat.log import Gap
from loquitur.youtube.livechat.rooms import check_open, find_room, switched_off

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from loquitur.model.chat import ChatMessage
    from loquitur.youtube.caller import Caller
    from loquitur.youtube.livechat.log import ChatLog
    from loquitur.youtube.livechat.rooms import Room

Way = Literal["auto", "stream", "poll"]
End = Literal["ended", "stopped"]

PAGE = 2000
"""Messages asked for at once: the most there are."""
_PARTS = "id,snippet,authorDetails"
_BARREN = 3
"""So many connections without an answer, and the stream is given up."""
_PATIENCE_S = 900.0
"""So long a service that fails is tried again."""
_LONGEST_WAIT_S = 60.0
_LEAST_MS = 1000
_MOST_MS = 600_000
_HOUR_S = 3600.0
_STREAM, _LIST = "liveChatMessages.stream", "liveChatMessages.list"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a listener hears.

    Args:
        kind: `page` (messages came), `wait` (the pace changed), `trouble` (a failure that is tried
            again), `gap` (messages may be missing), `way` (stream or poll from now on), `ended`.
        text: One line for people; empty for a page.
        messages: The new ones of a page.
        interval_s: The pace of polling from now on; None while streaming.
        units_left: Of today, as far as is known.
    """

    kind: Literal["page", "wait", "trouble", "gap", "way", "ended"]
    text: str = ""
    messages: tuple[ChatMessage, ...] = ()
    interval_s: float | None = None
    units_left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time and waiting, given so that tests need not wait.

    Args:
        now: Seconds that only ever rise.
        wall: Unix seconds.
        sleep: Waits for seconds.
    """

    now: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowOptions:
    """How a chat is followed.

    Args:
        way: `stream`, `poll`, or `auto`: the stream, and polling where that is not to be had.
        most_s: Stop after so many seconds; None for the end of the chat.
        once: Read what is there now, by polling, and stop.
        units_left: Tells the units that are left today; None where nobody counts them.
        clock: Of waiting.
    """

    way: Way = "auto"
    most_s: float | None = None
    once: bool = False
    units_left: Callable[[], int | None] = lambda: None
    clock: Clock = field(default_factory=Clock)


def ignore(news: News) -> None:
    """The listener who does not care."""


def follow(
    caller: Caller,
    room: Room,
    log: ChatLog,
    *,
    options: FollowOptions | None = None,
    listen: Callable[[News], None] = ignore,
) -> End:
    """Follow a chat until it is over, into its log; where the log has a place, from there on.

    Args:
        caller: Calls the service.
        room: Of `rooms.find_room`.
        log: What is known of this chat, and where every page goes at once.
        options: How.
        listen: Hears what happens.

    Returns:
        `ended` where the chat is over, `stopped` where the time given is.

    Raises:
        InputError: The video has no chat to follow.
        ClosedError: The chat is switched off.
        QuotaError: No unit is left; what came is in the log, and the next run goes on there.
        RemoteError: The service keeps failing, or refuses.
    """
    chat_id = check_open(room)
    if log.get("chat_id") not in (None, chat_id):
        log.put({"token": None})
    start_us = room.start_us or log.get("start_us")
    log.put({"chat_id": chat_id, "title": room.title, "start_us": start_us})
    follower = _Follower(caller, room, chat_id, log, options or FollowOptions(), listen)
    try:
        return follower.run()
    finally:
        follower.learn_start()


class _Follower:
    """One run. Its state that must survive is in the log."""

    def __init__(
        self,
        caller: Caller,
        room: Room,
        chat_id: str,
        log: ChatLog,
        options: FollowOptions,
        listen: Callable[[News], None],
    ) -> None:
        self._caller = caller
        self._room = room
        self._chat_id = chat_id
        self._log = log
        self._options = options
        self._clock = options.clock
        self._listen = listen
        self._began_s = self._clock.now()
        self._ready_s = self._clock.now() + self._left_of_last_run_s()
        self._last_page_s: float | None = None
        self._told_s: float | None = None
        self._failing_since_s: float | None = None
        self._failures = 0
        self._pages = 0

    def run(self) -> End:
        if self._options.way != "poll" and not self._options.once:
            done = self._streamed()
            if done is not None:
                return done
        return self._polled()

    def learn_start(self) -> None:
        """A chat that was joined before the stream began learns when that was; a unit, if any."""
        if self._log.get("start_us") is not None or not len(self._log):
            return
        try:
            room = find_room(self._caller, self._room.video_id)
        except RemoteError as exc:
            self._tell("trouble", f"when the stream began is not known yet: {exc.message}")
            return
        if room.start_us is not None:
            self._log.put({"start_us": room.start_us})

    # --- polling ---------------------------------------------------------------------------------

    def _polled(self) -> End:
        while True:
            if not self._wait():
                return "stopped"
            try:
                page = self._caller.call(_LIST, **self._given())
            except ClosedError as exc:
                return self._closed(exc)
            except GoneError as exc:
                return self._gone(exc)
            except RefusedInputError as exc:
                self._lost_place(exc)
                continue
            except TransientError as exc:
                self._again(exc)
                continue
            if self._take(page):
                return "ended"
            if self._options.once and len(items.listed(page)) < PAGE:
                return "stopped"
            self._pace(page)

    def _wait(self) -> bool:
        """Wait until the service may be asked; False where the time given is over before."""
        while True:
            left_s = self._ready_s - self._clock.now()
            if self._is_late(max(left_s, 0.0)):
                return False
            if left_s <= 0:
                return True
            self._clock.sleep(left_s)

    def _is_late(self, ahead_s: float = 0.0) -> bool:
        most_s = self._options.most_s
        return most_s is not None and self._clock.now() + ahead_s - self._began_s >= most_s

    def _pace(self, page: dict[str, Any]) -> None:
        """When to ask next, counted from now, when the answer is here."""
        asked_s = _interval_s(page)
        left = self._options.units_left()
        wait_s = max(asked_s, min(self._stretched_s(left), self._bearable_s(page)))
        self._ready_s = self._clock.now() + wait_s
        if self._told_s is None or abs(wait_s - self._told_s) > 0.2 * self._told_s:
            self._told_s = wait_s
            text = f"asking every {wait_s:.0f} s, as the service wishes"
            if wait_s > asked_s:
                text = (
                    f"asking every {wait_s:.0f} s instead of {asked_s:.0f} s: the {left:,} units "
                    "left today would not last until the end"
                )
            self._listen(News(kind="wait", text=text, interval_s=wait_s, units_left=left))

    def _bearable_s(self, page: dict[str, Any]) -> float:
        """How long may be waited until about half a page has come; units are worth less than that.

        The service keeps a limited time of a chat: what overflows a page may be gone.
        """
        before_s, self._last_page_s = self._last_page_s, self._clock.now()
        count = len(items.listed(page))
        if before_s is None or count >= PAGE:
            return 0.0
        if not count:
            return _MOST_MS / 1000
        return PAGE / 2 * (self._last_page_s - before_s) / count

    def _stretched_s(self, left: int | None) -> float:
        """The pace at which the units left last as long as the stream may."""
        if left is None:
            return 0.0
        wall_s = self._clock.wall()
        until_reset_s = pacific.reset_s(wall_s) - wall_s
        calls = max(left // cost(_LIST).units, 1)
        return min(min(self._expected_s(), until_reset_s) / calls, _MOST_MS / 1000)

    def _expected_s(self) -> float:
        """How long it will go on: as scheduled or limited, else as long as it went so far.

        What has lasted for a time lasts as long again, half of the time; an hour at least.
        """
        now_us = self._clock.wall() * 1e6
        most_s = self._options.most_s
        if most_s is not None:
            return max(most_s - (self._clock.now() - self._began_s), 0.0)
        if self._room.scheduled_end_us is not None and self._room.scheduled_end_us > now_us:
            return (self._room.scheduled_end_us - now_us) / 1e6
        start_us = self._log.get("start_us")
        return max((now_us - start_us) / 1e6 if start_us is not None else 0.0, _HOUR_S)

    # --- streaming -------------------------------------------------------------------------------

    def _streamed(self) -> End | None:
        """Follow the stream; None where it is not to be had, and polling must do."""
        barren = 0
        while True:
            if not self._wait():
                return "stopped"
            self._pages = 0
            try:
                end = self._connected()
                if end is not None:
                    return end
                error: RemoteError | RefusedInputError = TransientError("the stream is silent")
            except ClosedError as exc:
                return self._closed(exc)
            except (RemoteError, RefusedInputError) as exc:
                if isinstance(exc, GoneError) and exc.reason == "liveChatNotFound":
                    return self._gone(exc)
                error = exc
            barren = 0 if self._pages else barren + 1
            if not self._goes_on(error, barren):
                return None

    def _connected(self) -> End | None:
        """What one connection brings; None where it ends before the chat does."""
        for page in self._connection():
            self._pages += 1
            if self._take(page):
                return "ended"
            # Polling, should it come to that, may begin when this answer says so.
            self._ready_s = self._clock.now() + _interval_s(page)
            if self._is_late():
                return "stopped"
        return None

    def _goes_on(self, error: RemoteError | RefusedInputError, barren: int) -> bool:
        """Whether another connection may mend a failure; False where polling must do.

        Raises:
            QuotaError: No unit is left.
            RemoteError: It fails for too long, or nothing but the stream was wanted.
        """
        if isinstance(error, QuotaError):
            raise error
        if isinstance(error, RefusedInputError) and self._log.get("token"):
            self._lost_place(error)
            return True
        is_only = self._options.way == "stream"
        if isinstance(error, TransientError) and (barren < _BARREN or is_only):
            self._again(error, at_once=self._pages > 0)
            return True
        if is_only:
            raise error
        self._failures, self._failing_since_s = 0, None
        self._tell("way", f"no stream to be had ({error.message}); polling instead")
        return False

    def _connection(self) -> Iterator[dict[str, Any]]:
        stream = self._caller.stream(_STREAM, **self._given())
        close = getattr(stream, "close", None)
        if close is None:
            yield from stream
            return
        with closing(stream):  # type: ignore[type-var]
            yield from stream

    # --- both ------------------------------------------------------------------------------------

    def _given(self) -> dict[str, Any]:
        given: dict[str, Any] = {"liveChatId": self._chat_id, "part": _PARTS, "maxResults": PAGE}
        token = self._log.get("token")
        return {**given, "pageToken": token} if token else given

    def _take(self, page: dict[str, Any]) -> bool:
        """Keep a page; True where it is the last."""
        self._failures, self._failing_since_s = 0, None
        collected_us = int(self._clock.wall() * 1e6)
        rows, unknown = items.page_of(
            page,
            video_id=self._room.video_id,
            start_us=self._log.get("start_us"),
            collected_us=collected_us,
        )
        before_us = self._log.last_us() if self._log.get("is_lost") else None
        facts = {
            "token": page.get("nextPageToken") or self._log.get("token"),
            "ready_at_s": self._clock.wall() + _interval_s(page),
        }
        new = self._log.add(rows, facts, unknown=unknown)
        if self._log.get("is_lost"):
            self._find_gap(rows, new, before_us)
        if new:
            self._listen(News(kind="page", messages=tuple(new),
                              units_left=self._options.units_left()))  # fmt: skip
        is_over = any(row.type == "ended" for row in rows)
        if is_over or (page.get("offlineAt") and not items.listed(page)):
            self._end("the stream is over")
            return True
        return False

    def _find_gap(
        self, rows: list[ChatMessage], new: list[ChatMessage], before_us: int | None
    ) -> None:
        """After the place was lost: a page that overlaps what is there says that nothing is."""
        if not rows:
            return
        self._log.put({"is_lost": False})
        if len(new) < len(rows) or before_us is None:
            return
        gap = Gap(from_us=before_us, to_us=new[0].timestamp_us, why="the page token had expired")
        self._log.note_gap(gap)
        missing_s = ((gap.to_us or 0) - before_us) / 1e6
        self._tell("gap", f"messages of {missing_s:.0f} s may be missing: {gap.why}")

    def _lost_place(self, exc: RefusedInputError) -> None:
        """The token is too old: go on at the newest page, and look what is missing.

        Raises:
            RefusedInputError: There was no token: something else is refused.
        """
        if not self._log.get("token"):
            raise exc
        self._log.put({"token": None, "is_lost": True})

    def _closed(self, exc: ClosedError) -> End:
        """The service says that the chat is over, or off.

        Raises:
            ClosedError: It is off.
        """
        if exc.closing != "ended":
            raise switched_off(self._room, method_id=exc.method_id, status=exc.status) from exc
        self._end("the chat is over")
        return "ended"

    def _gone(self, exc: GoneError) -> End:
        """No such chat any more: of one that was read before, that is its end.

        Raises:
            GoneError: It was never read.
        """
        if not len(self._log):
            raise exc
        self._end("the chat is there no more")
        return "ended"

    def _end(self, text: str) -> None:
        self._log.put({"is_over": True, "ready_at_s": None})
        self._tell("ended", text)

    def _again(self, exc: TransientError, *, at_once: bool = False) -> None:
        """Wait after a failure, longer each time; `at_once` after a stream that brought something.

        Raises:
            TransientError: It has failed for too long.
        """
        now_s = self._clock.now()
        self._failing_since_s = now_s if self._failing_since_s is None else self._failing_since_s
        if now_s - self._failing_since_s > _PATIENCE_S:
            raise exc
        self._failures += 1
        backoff_s = 0.0 if at_once else min(2.0 ** (self._failures - 1), _LONGEST_WAIT_S)
        wait_s = exc.retry_after_s or backoff_s
        self._ready_s = max(self._ready_s, now_s + wait_s)
        self._tell("trouble", f"{exc.message}; again in {max(self._ready_s - now_s, 0):.0f} s")

    def _tell(self, kind: Literal["trouble", "gap", "way", "ended"], text: str) -> None:
        self._listen(News(kind=kind, text=text, units_left=self._options.units_left()))

    def _left_of_last_run_s(self) -> float:
        """What is left of the interval that the last run, killed or stopped, was told to keep."""
        at_s = self._log.get("ready_at_s")
        if at_s is None:
            return 0.0
        return min(max(float(at_s) - self._clock.wall(), 0.0), _MOST_MS / 1000)


def _interval_s(page: dict[str, Any]) -> float:
    """The interval that an answer asks for, in seconds; one that asks for nothing gets a second."""
    asked = page.get("pollingIntervalMillis")
    known = asked if isinstance(asked, int) and not isinstance(asked, bool) else _LEAST_MS
    return float(max(0, min(known, _MOST_MS))) / 1000
