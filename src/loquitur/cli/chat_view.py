"""A live chat in the terminal: how fast it goes, who writes, what is paid, what was said last."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, Self

from loquitur.cli.output import tell
from loquitur.text import display
from loquitur.timing import short_clock
from loquitur.youtube.livechat.tally import BIN_S, Tally

if TYPE_CHECKING:
    from types import TracebackType

    from loquitur.model.chat import ChatMessage
    from loquitur.youtube.livechat.following import News

_BARS = " ▁▂▃▄▅▆▇█"
_WIDTH = 48
_ROWS = 6
_SAID = 8
_LINE_EVERY_S = 15.0
_STYLES = {
    "paid": "bold yellow", "sticker": "yellow", "gift": "yellow", "donation": "yellow",
    "membership": "green", "milestone": "green", "gift_purchase": "bold green",
    "gift_redemption": "green", "ban": "red", "deletion": "red", "mode_change": "magenta",
    "poll": "magenta", "system": "dim", "placeholder": "dim", "held": "dim", "ended": "bold",
}  # fmt: skip


class ChatView:
    """Hears the news of a chat: draws on a terminal, else says a line now and then.

    Args:
        title: Of the stream.
        quiet: Say nothing but what went wrong.
        already: Messages of earlier runs.
        console: Where it draws; stderr where it is a terminal.
    """

    def __init__(
        self, title: str, *, quiet: bool = False, already: int = 0, console: Any = None
    ) -> None:
        self.tally = Tally()
        self._title = title
        self._quiet = quiet
        self._already = already
        self._console = console
        self._live: Any = None
        self._began_s = time.monotonic()
        self._said_s = self._began_s
        self._way = "streaming"
        self._left: int | None = None
        self._notes: list[str] = []

    def __enter__(self) -> Self:
        if not self._quiet and (self._console is not None or sys.stderr.isatty()):
            from rich.console import Console
            from rich.live import Live

            console = self._console or Console(stderr=True)
            self._live = Live(
                console=console,
                get_renderable=self.drawn,
                refresh_per_second=4,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, news: News) -> None:
        """Hear something."""
        self.tally.add(news.messages)
        self._left = news.units_left if news.units_left is not None else self._left
        if news.kind == "wait" and news.interval_s is not None:
            self._way = f"asking every {news.interval_s:.0f} s"
        if news.kind == "way":
            self._way = "polling"
        if news.text:
            self._notes = [*self._notes[-2:], news.text]
            if self._live is None and not self._quiet:
                tell(news.text)
        if news.kind == "page":
            self._say_line()

    def _say_line(self) -> None:
        """Where nothing is drawn: a line every so often."""
        now_s = time.monotonic()
        if self._live is None and not self._quiet and now_s - self._said_s >= _LINE_EVERY_S:
            self._said_s = now_s
            tell(f"{short_clock(int((now_s - self._began_s) * 1000))}  {self.line()}")

    def line(self) -> str:
        """What there is, in one line."""
        tally = self.tally
        money = ", ".join(f"{currency} {total:,}" for currency, total in _money(tally))
        parts = [f"{tally.messages:,} messages", f"{tally.per_minute():,} a minute", money]
        if self._left is not None:
            parts.append(f"{self._left:,} units left today")
        return ", ".join(filter(None, parts))

    # --- drawing ---------------------------------------------------------------------------------

    def drawn(self) -> Any:
        """All of it, for rich."""
        from rich.columns import Columns
        from rich.console import Group
        from rich.panel import Panel
        from rich.text import Text

        tables = Columns([self._types(), self._authors(), self._sums()], padding=(0, 3))
        notes = [Text(display(note), style="dim") for note in self._notes[-2:]]
        body = Group(self._head(), self._chart(), Text(""), tables, Text(""), *self._said(), *notes)
        return Panel(body, title=Text(display(self._title)[:60]), title_align="left")

    def _head(self) -> Any:
        from rich.text import Text

        lasted = short_clock(int((time.monotonic() - self._began_s) * 1000))
        parts = [f"{self.tally.messages:,} messages", lasted, self._way]
        if self._already:
            parts.insert(1, f"{self._already:,} before")
        if self._left is not None:
            parts.append(f"{self._left:,} units left today")
        return Text("  ·  ".join(parts), style="bold")

    def _chart(self) -> Any:
        from rich.text import Text

        rates = self.tally.rates(_WIDTH)
        top = max([*rates, 1])
        bars = "".join(_BARS[-(-rate * (len(_BARS) - 1) // top)] for rate in rates)
        found = Text(bars, style="cyan")
        found.append(f"  {self.tally.per_minute():,} a minute", style="bold")
        found.append(f"  (a bar is {BIN_S} s, the highest {top:,})", style="dim")
        return found

    def _types(self) -> Any:
        return _table("type", [(name, f"{n:,}") for name, n in
                               self.tally.types.most_common(_ROWS)], _STYLES)  # fmt: skip

    def _authors(self) -> Any:
        authors = self.tally.authors.most_common(_ROWS)
        return _table("author", [(display(name)[:24], f"{n:,}") for name, n in authors], {})

    def _sums(self) -> Any:
        return _table("money", [(name, f"{n:,}") for name, n in _money(self.tally)[:_ROWS]], {})

    def _said(self) -> list[Any]:
        return [_message(each) for each in list(self.tally.newest)[-_SAID:]]


def _money(tally: Tally) -> list[tuple[str, Any]]:
    """Sums by currency; their order compares numbers of different currencies, and says no more."""
    return sorted(tally.money.items(), key=lambda pair: (-pair[1], pair[0]))


def _table(head: str, rows: list[tuple[str, str]], styles: dict[str, str]) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 1), show_header=True, header_style="dim")
    table.add_column(head, no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    for name, count in rows:
        table.add_row(Text(name, style=styles.get(name, "")), count)
    return table


def _message(message: ChatMessage) -> Any:
    from rich.text import Text

    style = _STYLES.get(message.type, "")
    when = "" if message.offset_ms is None else _at(message.offset_ms)
    found = Text(f"{when:>8} ", style="dim", no_wrap=True, overflow="ellipsis")
    marks = ("★" if message.is_owner else "") + ("🔧" if message.is_moderator else "")
    found.append(f"{marks}{display(message.author_name or message.type)[:24]} ", style="bold")
    if message.amount_text:
        found.append(f"{display(message.amount_text)} ", style="bold yellow")
    found.append(display(message.text or message.sticker or message.notice)[:200], style=style)
    return found


def _at(offset_ms: int) -> str:
    return ("-" if offset_ms < 0 else "") + short_clock(abs(offset_ms))
