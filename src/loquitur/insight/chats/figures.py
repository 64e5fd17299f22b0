"""The figures of a chat's account."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from loquitur.insight.account import Axis, Figure, Mark, Series
from loquitur.insight.chats.phrasing import DAY_MS, HOUR_MS, every, many, pace, when
from loquitur.insight.chats.plain_values import top_authors
from loquitur.insight.quoting import cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.insight.chats.minutes import Minutes
    from loquitur.insight.chats.result import ChatResult, Reaction

_MARKED = 12
_BARS = 15
_LABEL = 18


def figures_of_rate(result: ChatResult) -> tuple[Figure, ...]:
    """The rate with its bursts, and who is new."""
    minutes = result.minutes
    if minutes is None or len(minutes) < 2:
        return ()
    axis, x = _time_axis(minutes)
    loudest = int(minutes.messages.argmax())
    times, unit = pace(result)
    mean = (result.rate_per_min or 0.0) * times
    rates_shown = minutes.rates * times
    strong = sorted(result.bursts, key=lambda one: -one.burst.weight)[:_MARKED]
    marks = tuple(
        Mark(
            x=_at(minutes, one.burst.start_ms),
            label=f"{one.burst.messages:,} messages"
            + (f": {', '.join(word.word for word in one.words[:3])}" if one.words else ""),
            url=one.url,
        )
        for one in sorted(strong, key=lambda one: one.burst.start_ms)
    )
    begin = when(result, int(minutes.starts_ms[loudest]))
    rates = Figure(
        name="rate", title=f"Messages per {unit}", x=axis, marks=marks, origin=_origin(result),
        y=Axis(label=f"messages per {unit}"),
        says=f"{mean:,.1f} messages per {unit} on average, {float(rates_shown[loudest]):,.1f} in "
        f"the loudest {every(minutes.every_ms)} ({begin}); {many(len(result.bursts), 'burst')}.",
        series=(
            Series(name=f"messages per {unit}", x=x, y=_floats(rates_shown), drawn="steps"),
        ),
    )  # fmt: skip
    if not result.fairness.authors:
        return (rates,)
    returning = minutes.authors - minutes.new
    people = Figure(
        name="authors-over-time", title="Authors", x=axis, origin=_origin(result),
        y=Axis(label=f"authors per {every(minutes.every_ms)}"),
        says=f"{minutes.all_authors:,} authors, {minutes.once:,} of them in one "
        f"{every(minutes.every_ms)} alone; at most {int(minutes.authors.max()):,} at once.",
        series=(
            Series(name="returning", x=x, y=_floats(returning), drawn="steps"),
            Series(name="new", x=x, y=_floats(minutes.new), drawn="steps"),
        ),
    )  # fmt: skip
    return rates, people


def figures_of_mood(result: ChatResult) -> tuple[Figure, ...]:
    """The sentiment over time, with its band."""
    minutes, mood = result.minutes, result.mood
    if minutes is None or mood is None or len(minutes) < 2 or not mood.scored:
        return ()
    axis, x = _time_axis(minutes)
    known = [value for value in mood.by_minute.tolist() if math.isfinite(value)]
    return (
        Figure(
            name="sentiment", title=f"Polarity over time ({mood.engine})", x=axis,
            origin=_origin(result), y=Axis(label=f"mean polarity ({mood.engine})"),
            says=f"Mean polarity of a {every(minutes.every_ms)} runs from {min(known):+.2f} to "
            f"{max(known):+.2f}; the band is the interval at 95 % with authors as clusters.",
            series=(
                Series(
                    name=f"polarity ({mood.engine})", x=x, y=_gaps(mood.by_minute.tolist()),
                    low=_gaps(mood.low.tolist()), high=_gaps(mood.high.tolist()),
                ),
            ),
        ),
    )  # fmt: skip


def figures_of_authors(result: ChatResult) -> tuple[Figure, ...]:
    """Lorenz's curve and the busiest authors."""
    fair = result.fairness
    if fair.gini is None or fair.authors < 2:
        return ()
    even = ((0.0, 1.0), (0.0, 1.0))
    lorenz = Figure(
        name="lorenz", title="How messages are spread over authors",
        x=Axis(label="share of authors, the quietest first"), y=Axis(label="share of messages"),
        says=f"Gini {fair.gini:.2f}: the busiest tenth of {fair.authors:,} authors wrote "
        f"{fair.top_10 or 0:.0%} of the messages, the busiest hundredth {fair.top_1 or 0:.0%}.",
        series=(
            Series(name="this chat", x=tuple(point[0] for point in fair.lorenz),
                   y=tuple(point[1] for point in fair.lorenz)),
            Series(name="all alike", x=even[0], y=even[1]),
        ),
    )  # fmt: skip
    top = top_authors(result, _BARS)
    first = top[0]
    bars = _bars(
        "top-authors", "Who wrote most", "messages",
        [(str(one["author"]), float(one["messages"])) for one in top],
        f"{first['author']} ({first['role']}) wrote most: {first['messages']:,} messages, "
        f"{first['share']:.1%} of all.",
    )  # fmt: skip
    return lorenz, bars


def figures_of_words(result: ChatResult) -> tuple[Figure, ...]:
    """Emoji and emotes, languages."""
    found = []
    if result.pictures:
        name, count = result.pictures[0]
        found.append(
            _bars(
                "emotes", "Emoji and emotes", "times",
                [(one, float(times)) for one, times in result.pictures[:_BARS]],
                f"{name} is the commonest ({many(count, 'time')}); "
                f"{result.picture_share or 0:.0%} of messages have an emoji or emote.",
            )
        )  # fmt: skip
    mood = result.mood
    if mood is not None and mood.languages:
        shown = [(_language(one), float(times)) for one, times in mood.languages[:_BARS]]
        says = _languages_told(mood.languages, max(1, mood.messages))
        found.append(_bars("languages", "Languages", "messages", shown, says))
    return tuple(found)


def _language(code: str) -> str:
    return "not told" if code == "und" else code


def _languages_told(languages: Sequence[tuple[str, int]], messages: int) -> str:
    """The commonest known language, and how much is too short for any."""
    told = [(code, count) for code, count in languages if code != "und"]
    untold = sum(count for code, count in languages if code == "und")
    rest = f"{untold / messages:.0%} of messages are too short to tell, or in no language"
    if not told:
        return f"No language could be told: {rest}."
    code, count = told[0]
    first = f"{code} is the commonest language, with {count / messages:.0%} of messages"
    return f"{first}; {rest}." if untold else f"{first}."


def figures_of_reaction(reaction: Reaction) -> tuple[Figure, ...]:
    """The curves of lags with what chance gives."""
    found = []
    for number, lag in enumerate(reaction.lags):
        if not lag.curve or lag.band is None:
            continue
        x = tuple(float(second) for second in range(len(lag.curve)))
        says = (
            f"The chat stirs {lag.lag_s:.0f} s after {lag.events}, beyond what chance gives."
            if lag.lag_s is not None
            else f"After {lag.events} nothing rises above what chance gives."
        )
        found.append(
            Figure(
                name=f"lag-{number}", title=f"Chat after {lag.events}", says=says,
                x=Axis(label="seconds after it was said", unit="s"),
                y=Axis(label="rate, in its spreads"),
                marks=(Mark(x=lag.lag_s, label=f"{lag.lag_s:.0f} s"),)
                if lag.lag_s is not None else (),
                series=(
                    Series(name="the chat", x=x, y=lag.curve),
                    Series(name="what chance gives at most", x=(x[0], x[-1]),
                           y=(lag.band, lag.band)),
                ),
            )
        )  # fmt: skip
    return tuple(found)


def _bars(
    name: str, title: str, unit: str, values: list[tuple[str, float]], says: str
) -> Figure:  # fmt: skip
    labels = tuple(cut(one, _LABEL) for one, _ in values)
    return Figure(
        name=name, title=title, says=says, x=Axis(label="", names=labels), y=Axis(label=unit),
        series=(
            Series(name=unit, x=tuple(float(at) for at in range(len(values))),
                   y=tuple(value for _, value in values), drawn="bars"),
        ),
    )  # fmt: skip


def _time_axis(minutes: Minutes) -> tuple[Axis, tuple[float, ...]]:
    starts = minutes.starts_ms
    if minutes.every_ms < HOUR_MS:
        return Axis(label="time", scale="clock"), tuple(float(at) for at in starts)
    return Axis(label="days since the start", unit="d"), tuple(float(at / DAY_MS) for at in starts)


def _at(minutes: Minutes, ms: int) -> float:
    return float(ms) if minutes.every_ms < HOUR_MS else ms / DAY_MS


def _origin(result: ChatResult) -> str:
    minutes = result.minutes
    return result.origin if minutes is not None and minutes.every_ms < HOUR_MS else ""


def _floats(values: Iterable[float]) -> tuple[float | None, ...]:
    return tuple(float(value) for value in values)


def _gaps(values: list[float]) -> tuple[float | None, ...]:
    return tuple(value if math.isfinite(value) else None for value in values)
