"""Accounts to draw: figures of every kind, and texts of strangers who mean harm."""

from __future__ import annotations

import itertools
import math
import random

from loquitur.insight.account import Account, Axis, Figure, Mark, Moment, Section, Series
from loquitur.tables.cells import Column
from loquitur.tables.table import Table

ORIGIN = "https://youtu.be/t5qgjJIBy9g"
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(2)</script>",
    "<!--<script>",
    '" onmouseover="alert(3)',
    "'><svg onload=alert(4)>",
    "javascript:alert(5)",
    "</title></style><b>",
    "$\\frac{1}{0}$ $x^",
    "a\u202eb\u2066c",
    "\ud800 half",
    "nul\x00 esc\x1b[31m",
    "=HYPERLINK(1)",
    "한국어 日本語 😀👨‍👩‍👧 שלום",
    "&lt;&amp;#x3c;",
    "x" * 3000,
)


def curve(count=200, *, seed=1):
    chance = random.Random(seed)
    return tuple(20 + 15 * math.sin(at / 9) + chance.random() * 9 for at in range(count))


def clock_figure(name="rate", *, count=200, label="burst", origin=ORIGIN, url=ORIGIN + "?t=600"):
    y = curve(count)
    return Figure(
        name=name, title="Messages a minute", says="About 25 a minute, 44 at most.",
        x=Axis(label="time", scale="clock"), y=Axis(label="messages", unit="per min"),
        series=(
            Series(
                name="messages", x=tuple(at * 30_000.0 for at in range(count)), y=y,
                low=tuple(value - 5 for value in y), high=tuple(value + 5 for value in y),
            ),
        ),
        marks=(Mark(x=600_000.0, label=label, url=url),), origin=origin,
    )  # fmt: skip


def histogram():
    edges = tuple(10 ** (at / 4) for at in range(8, 25))
    return Figure(
        name="views", title="Views", says="Half have fewer than 10,000.",
        x=Axis(label="views", scale="log"), y=Axis(label="videos"),
        series=(
            Series(
                name="videos", drawn="bars", edges=edges,
                x=tuple(math.sqrt(a * b) for a, b in itertools.pairwise(edges)),
                y=tuple(float(at) for at in range(16)),
            ),
        ),
    )  # fmt: skip


def tail():
    values = tuple(1000.0 * 1.05**at for at in range(150))
    return Figure(
        name="ccdf", title="Tail", says="Share with at least so many.",
        x=Axis(label="views", scale="log"), y=Axis(label="share", scale="log"),
        series=(
            Series(name="data", drawn="points", x=values,
                   y=tuple(1 - at / 150 for at in range(150))),
            Series(name="power law", x=(1000.0, 1_000_000.0), y=(1.0, 0.001)),
        ),
        marks=(Mark(x=2000.0, label="xmin"),),
    )  # fmt: skip


def categories(names=("one", "two", "three"), *, drawn="bars"):
    places = tuple(float(at) for at in range(len(names)))
    return Figure(
        name="authors", title="Authors", says="Three wrote all.",
        x=Axis(label="author", names=names), y=Axis(label="messages"),
        series=(
            Series(name="messages", x=places, y=tuple(at - 1.0 for at in places), drawn=drawn,
                   low=tuple(at - 2.0 for at in places), high=tuple(at + 0.5 for at in places)),
        ),
    )  # fmt: skip


def steps():
    return Figure(
        name="entropy", title="Entropy", says="Highest at the end.",
        x=Axis(label="time", scale="clock"), y=Axis(label="entropy", unit="bits"),
        series=(Series(name="H", x=(0.0, 3e5, 6e5, 9e5), y=(7.3, None, 7.4, 7.5), drawn="steps"),),
    )  # fmt: skip


FIGURES = {
    "clock": clock_figure(), "histogram": histogram(), "tail": tail(), "bars": categories(),
    "points": categories(drawn="points"), "steps": steps(),
}  # fmt: skip


def table(count=12, *, text="a title"):
    columns = (
        Column(name="video_id", identifier=True), Column(name="title"),
        Column(name="views", type="int"), Column(name="likes_per_view", type="float", derived=True),
        Column(name="start_ms", type="int", unit="ms"),
    )  # fmt: skip
    rows = [
        (f"abcdefgh{at:03d}", text, None if at == 3 else at * at * 1000, 1 / (at + 1), at * 1000)
        for at in range(count)
    ]
    return Table.from_rows("top_videos", columns, rows)


def account(text="plain", *, figures=(), rows=12, kind="chat", url=ORIGIN + "?t=5"):
    """An account with that text wherever a stranger's may stand."""
    return Account(
        kind=kind, subject=text, says=(f"It has 12 messages: {text}", text), source=text,
        sections=(
            Section(
                title=text, says=(text,), figures=tuple(figures),
                moments=(Moment(start_ms=5000, end_ms=9000, label=text, text=text, url=url),),
                tables=(table(rows, text=text),),
            ),
        ),
        methods=(text,), limits=("It is small.",),
    )  # fmt: skip
