"""Texts that are judged one by one: windows of what was said, comments, messages of a chat.

Where they come from differs; from here on they are alike: a text, the video it belongs to, its
author or speaker, its moment where it has one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from loquitur.errors import InputError, near
from loquitur.insight.account import Moment
from loquitur.insight.column_names import ALIASES
from loquitur.insight.links import moment, origin_of
from loquitur.media.urls import is_video_id
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.tables.table import Cell, Table

TABLES = (".csv", ".jsonl", ".parquet")
_REPLAY = ".live_chat.json"
MESSAGES = "messages"
"""The unit of a recorded chat."""
_TEXTS = (*ALIASES["text"], "review", "body")
_VIDEOS = (*ALIASES["video_id"], "video")
_AUTHORS = (
    "author_channel_id", "authorChannelId", "author_id", "author_name", "authorChannelName",
    "author", "speaker",
)  # fmt: skip
_STARTS = ("offset_ms", "start_ms")
_LEAST_VIDEOS = 10
_LEAST_AUTHORS = 20
_STRETCH = 5
_BY_SENSE = ("sentence", "paragraph")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A text that is judged by itself.

    Args:
        text: Of strangers.
        video: What it belongs to: an id of a video, or the file's name.
        author: Who wrote or said it, where known.
        start_ms: Its moment in the video; None where it has none.
        end_ms: Exclusive.
        url: The link to its moment.
        language: BCP 47, `und` where nobody said.
        position: Its place among those of its file.
    """

    text: str
    video: str
    author: str | None = None
    start_ms: int | None = None
    end_ms: int | None = None
    url: str = ""
    language: str = "und"
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """The passages of some files.

    Args:
        passages: In the order of the files.
        unit: What one is: `sentences`, `windows of words:300`, `texts`.
        sources: The files' names.
        notes: What was left out, a sentence each.
    """

    passages: tuple[Passage, ...]
    unit: str
    sources: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def videos(self) -> int:
        """How many videos (or files) they belong to."""
        return len({one.video for one in self.passages})

    @property
    def subject(self) -> str:
        """The files on one line: the first, and how many more."""
        rest = len(self.sources) - 1
        return f"{self.sources[0]} and {rest} more" if rest > 0 else "".join(self.sources)

    def counted(self, count: int | None = None) -> str:
        """So many of them, all unless told: `1 sentence`, `2,000 windows of words:300`."""
        count = len(self.passages) if count is None else count
        return f"{count:,} {self.unit_of(count)}"

    def unit_of(self, count: int) -> str:
        """What so many of them are called: `sentence`, `windows of words:300`."""
        first, blank, rest = self.unit.partition(" ")
        return f"{first.removesuffix('s') if count == 1 else first}{blank}{rest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clustered:
    """What each passage belongs to, so that what resembles one another counts together.

    Args:
        labels: Of each passage.
        kind: `videos`, `authors`, `stretches of 5 in a row`.
    """

    labels: tuple[str, ...]
    kind: str


def shown(
    labelled: Iterable[tuple[str, Passage]],
) -> tuple[tuple[str, ...], tuple[Moment, ...]]:
    """Passages in an account: those with a time as moments, the others as sentences.

    Args:
        labelled: What is said of each, its words in it.
    """
    says, moments = [], []
    for label, one in labelled:
        if one.start_ms is None or one.start_ms < 0:
            says.append(label)
            continue
        end_ms = one.start_ms if one.end_ms is None else one.end_ms
        moments.append(Moment(start_ms=one.start_ms, end_ms=end_ms, label=label, url=one.url))
    return tuple(says), tuple(moments)


def gather(
    paths: Sequence[str | Path],
    *,
    window: str = "sentence",
    column: str = "",
    language: str = "",
) -> Gathered:
    """The passages of files.

    Args:
        paths: Transcripts and captions, recorded chats (`.live_chat.json`), tables with a column
            of texts (`.csv`, `.jsonl`, `.parquet`).
        window: How speech is cut: `words:300`, `time:5m`, `sentence`, `paragraph`.
        column: Of a table; found by its name where empty.
        language: Of all of them; what the files say, else found out, where empty.

    Raises:
        InputError: A file cannot be read, or a table has no such column.
        UsageError: No such window.
    """
    passages: list[Passage] = []
    notes: list[str] = []
    units: dict[str, None] = {}
    for path in map(Path, paths):
        if path.suffix.lower() in TABLES:
            found, note = _rows(path, column)
            units["texts"] = None
        elif path.name.lower().endswith(_REPLAY):
            found, note = _messages(path)
            units[MESSAGES] = None
        else:
            found, unit = _windows(path, window, language)
            note = []
            units[unit] = None
        passages += [replace(one, language=language) for one in found] if language else found
        notes += note
    return Gathered(
        passages=tuple(passages),
        unit=" and ".join(units),
        sources=tuple(Path(path).name for path in paths),
        notes=tuple(notes),
    )


def clustered(passages: Sequence[Passage], *, least_videos: int = _LEAST_VIDEOS) -> Clustered:
    """What to draw together: videos where there are ten; else authors where there are twenty.

    Where there are few of both, it is stretches of five passages in a row: neighbours resemble one
    another; what is then said holds for these videos alone.

    Args:
        passages: In their order.
        least_videos: So many are enough.
    """
    if len({one.video for one in passages}) >= least_videos:
        return Clustered(labels=tuple(one.video for one in passages), kind="videos")
    authors = Counter((one.video, one.author) for one in passages if one.author)
    if len(authors) >= _LEAST_AUTHORS and authors.total() == len(passages):
        labels = tuple(f"{one.video}\n{one.author}" for one in passages)
        return Clustered(labels=labels, kind="authors")
    labels = tuple(f"{one.video}\n{one.position // _STRETCH}" for one in passages)
    return Clustered(labels=labels, kind=f"stretches of {_STRETCH} in a row")


def _rows(path: Path, column: str) -> tuple[list[Passage], list[str]]:
    from loquitur.tables.table import Table

    table = Table.read(path)
    texts = table[_text_column(table, column)]
    videos, authors = _first(table, _VIDEOS), _first(table, _AUTHORS)
    starts, ends = _first(table, _STARTS), _first(table, ("end_ms",))
    languages = _first(table, ("language",))
    gone = _first(table, ("is_deleted",))
    ids = _first(table, ALIASES["id"])
    seen: set[Cell] = set()
    passages: list[Passage] = []
    counts: Counter[str] = Counter()
    for at, text in enumerate(texts):
        ident = ids[at] if ids else None
        if not isinstance(text, str) or not text.strip():
            counts["without text"] += 1
        elif gone and gone[at] is True:
            counts["deleted"] += 1
        elif ident is not None and ident in seen:
            counts["twice"] += 1
        else:
            passages.append(
                _passage(
                    text,
                    video=_cell(videos, at) or path.name,
                    author=_cell(authors, at),
                    start=starts[at] if starts else None,
                    end=ends[at] if ends else None,
                    language=_cell(languages, at) or "und",
                    position=at,
                )
            )
        seen.add(ident)
    notes = [f"{path.name}: {counted(n, 'row')} left out ({why})" for why, n in counts.items()]
    return passages, notes


def _text_column(table: Table, column: str) -> str:
    if column:
        if column not in table.names:
            raise InputError(
                f"table {table.name} has no column '{column}'",
                hint=near(column, table.names) or "it has " + ", ".join(table.names[:12]),
            )
        return column
    for name in _TEXTS:
        if name in table.names:
            return name
    raise InputError(
        f"table {table.name} has no column of texts (text, comment, message, review ...)",
        hint=f"name it with --column; it has {', '.join(table.names[:12])}",
    )


def _first(table: Table, names: Sequence[str]) -> tuple[Cell, ...]:
    return next((table[name] for name in names if name in table.names), ())


def _cell(cells: Sequence[Cell], at: int) -> str | None:
    cell = cells[at] if cells else None
    return None if cell is None or cell == "" else str(cell)


def _passage(
    text: str, *, video: str, author: str | None, start: Cell, end: Cell, language: str,
    position: int,
) -> Passage:  # fmt: skip
    origin = origin_of(video_id=video if is_video_id(video) else None)
    start_ms = start if isinstance(start, int) and not isinstance(start, bool) else None
    known = start_ms is not None and start_ms >= 0
    last = end if isinstance(end, int) and start_ms is not None and end >= start_ms else None
    return Passage(
        text=text,
        video=video,
        author=author,
        start_ms=start_ms,
        end_ms=last,
        url=moment(origin, start_ms) if known and start_ms is not None else origin,
        language=language,
        position=position,
    )


def _messages(path: Path) -> tuple[list[Passage], list[str]]:
    from loquitur.youtube.livechat.replay import Replay

    replay = Replay(path)
    video = replay.video_id or path.name
    found = [
        _passage(
            message.text,
            video=video,
            author=message.author_channel_id or message.author_name,
            start=message.offset_ms,
            end=None,
            language="und",
            position=at,
        )
        for at, message in enumerate(replay)
        if message.text and message.text.strip() and not message.is_deleted
    ]
    return found, []


def _windows(path: Path, window: str, language: str) -> tuple[list[Passage], str]:
    from loquitur.insight.spoken.reading import read_spoken
    from loquitur.insight.spoken.windows import parse_window, windows_of

    rule = parse_window(window)
    spoken = read_spoken(path, language=language)
    found = [
        Passage(
            text=one.text,
            video=spoken.video_id or spoken.name,
            author=one.speaker,
            start_ms=one.start_ms if spoken.times_known else None,
            end_ms=one.end_ms if spoken.times_known else None,
            url=one.url,
            language=spoken.language,
            position=position,
        )
        for position, one in enumerate(windows_of(spoken, rule))
    ]
    return found, f"{rule.kind}s" if rule.kind in _BY_SENSE else f"windows of {rule.said}"
