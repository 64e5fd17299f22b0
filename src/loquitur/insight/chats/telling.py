"""A chat in sentences: what a person reads of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loquitur.insight import links
from loquitur.insight.account import Account, Moment, Section
from loquitur.insight.chats import figures
from loquitur.insight.chats.disclosure import limits, methods
from loquitur.insight.chats.money import shown
from loquitur.insight.chats.moods import SIGNS
from loquitur.insight.chats.phrasing import HOUR_MS, dated, every, few, lasted, many, pace, when
from loquitur.insight.chats.tabling import table
from loquitur.tables.table import Table

if TYPE_CHECKING:
    from loquitur.insight.chats.moments import Agreement, LoudMoment, Typical
    from loquitur.insight.chats.reactions import Lag
    from loquitur.insight.chats.result import ChatResult, FlagTold, Reaction

_TOLD = 10
_ROWS = 50
_FEW = 20
_INSTANT_MS = 1_000
_SAID = 120
_FLAGGED = {
    "regular": (
        "1 author writes in a rhythm and looks automated",
        "{:,} authors write in a rhythm and look automated",
    ),
    "repeats": (
        "1 author writes one text again and again",
        "{:,} authors write one text again and again",
    ),
    "fast": (
        "1 author wrote 30 messages or more within a minute",
        "{:,} authors wrote 30 messages or more within a minute",
    ),
    "copies": (
        "1 text was written by several authors at once: copied, or a raid",
        "{:,} texts were written by several authors at once: copied, or a raid",
    ),
}


def account(result: ChatResult) -> Account:
    """What a person reads: the summary, sections with figures, how it was made, what it hides."""
    sections = (
        _rate(result), _authors(result), _mood(result), _words(result), _money(result),
        _moderation(result), _flags(result), _reaction(result.reaction), _file(result),
    )  # fmt: skip
    return Account(
        kind="comments" if result.source == "comments" else "chat",
        subject=result.name, says=_summary(result),
        sections=tuple(section for section in sections if section is not None),
        methods=methods(result), limits=limits(result), source=result.origin or result.name,
    )  # fmt: skip


def _summary(result: ChatResult) -> tuple[str, ...]:
    if not result.messages:
        return ("There are no messages: nothing can be said of this chat.",)
    fair = result.fairness
    by = f" by {many(fair.authors, 'author')}" if fair.authors else ""
    said = f"{many(result.messages, 'message')}{by}"
    lines = []
    mean = result.rate_per_min
    if mean is not None and result.first_ms is not None and result.last_ms is not None:
        times, unit = pace(result)
        length = lasted(result.last_ms - result.first_ms)
        lines.append(f"{said} in {length}: {few(mean * times)} per {unit} on average.")
    else:
        at = result.first_ms
        lines.append(f"{said}." if at is None or result.messages < 2 else
                     f"{said}, all at {when(result, at)}: there is no rate.")  # fmt: skip
    if result.messages < _FEW:
        lines.append("That is too few to say more than what was written.")
    if result.bursts:
        best = max(result.bursts, key=lambda one: one.burst.weight)
        words = ", ".join(f"“{word.word}”" for word in best.words[:3])
        lines.append(
            f"{many(len(result.bursts), 'burst')}; the clearest at "
            f"{when(result, best.burst.start_ms)} with {_loudness(best)}"
            + (f" ({words})." if words else ".")
        )
    if result.mood is not None and result.mood.messages:
        lines.append(_mood_in_short(result))
    if fair.gini is not None and fair.authors > 1:
        lines.append(
            f"Gini {fair.gini:.2f}: the busiest tenth of the authors wrote {fair.top_10 or 0:.0%}."
        )
    lines += _money_in_short(result)
    regular = sum(one.flag.kind == "regular" for one in result.flags)
    if regular:
        lines.append(f"{many(regular, 'author')} {'looks' if regular == 1 else 'look'} "
                     "automated; the reasons are told below.")  # fmt: skip
    if result.reaction is not None:
        lines.append(_reaction_in_short(result.reaction))
    return tuple(lines)


# --- sections -------------------------------------------------------------------------------------


def _rate(result: ChatResult) -> Section | None:
    minutes = result.minutes
    if minutes is None:
        return None
    says = []
    empty = int((minutes.messages == 0).sum())
    span = every(minutes.every_ms)
    if len(minutes) > 1:
        each = f"one {span}" if span.isalpha() else span
        silent = f"{empty:,} of them" if empty else "none"
        says.append(f"{len(minutes):,} rows of {each} each; {silent} without a message.")
    if not result.bursts and len(minutes) > 1:
        says.append("No bursts: the rate does not rise enough for long enough.")
    if result.agreement is not None and minutes.every_ms < HOUR_MS:
        says += _agreement_told(result.agreement)
    strong = sorted(result.bursts, key=lambda one: -one.burst.weight)[:_TOLD]
    moments = tuple(
        Moment(
            start_ms=one.burst.start_ms, end_ms=one.burst.end_ms, url=one.url,
            label=_loudness(one) + (f", {many(one.authors, 'author')}" if one.authors else ""),
            at=dated(result, one.burst.start_ms),
            text=_burst_text(one.words, one.messages, one.said),
        )
        for one in sorted(strong, key=lambda one: one.burst.start_ms)
    )  # fmt: skip
    tables = (table(result, "minutes"), *((table(result, "bursts"),) if result.bursts else ()))
    return Section(
        title="Rate and bursts", says=tuple(says), moments=moments, tables=tables,
        figures=figures.figures_of_rate(result),
    )  # fmt: skip


def _agreement_told(one: Agreement) -> list[str]:
    """What the second measure says of the bursts; of comments over months it says nothing."""
    measure = "The robust z-score of counts of 10 s"
    if one.bursts:
        of_all = f"{one.also_loud:,} of the {one.bursts:,} bursts"
        if one.also_loud == 0 or one.bursts == 1:
            of_all = "the burst too" if one.also_loud else "no burst"
        return [f"{measure} finds {of_all}, and {one.loud_alone or 'none'} elsewhere."]
    if one.loud_alone:
        return [f"{measure} finds {many(one.loud_alone, 'loud stretch', 'loud stretches')}."]
    return []


def _loudness(one: LoudMoment) -> str:
    """How much was written in a burst; a rate says nothing of what came in one instant."""
    length_ms = one.burst.end_ms - one.burst.start_ms
    said = many(one.burst.messages, "message")
    if length_ms < _INSTANT_MS:
        return f"{said} at once"
    return f"{said} in {lasted(length_ms)}, {one.ratio:,.1f} times the usual rate"


def _burst_text(
    words: tuple[Typical, ...], messages: tuple[tuple[str, int], ...], said: str
) -> str:  # fmt: skip
    parts = []
    if words:
        parts.append("Typical: " + ", ".join(word.word for word in words) + ".")
    if messages:
        most = ", ".join(f"“{text}” ({count:,})" for text, count in messages[:3])
        parts.append(f"Written most: {most}.")
    if said:
        parts.append(f"Said just before: “{_end_of(said)}”")
    return " ".join(parts)


def _end_of(said: str) -> str:
    """The end of what was said: what is nearest to the burst."""
    if len(said) <= _SAID:
        return said
    return "... " + said[-_SAID:].partition(" ")[2]


def _authors(result: ChatResult) -> Section | None:
    fair = result.fairness
    if not fair.authors:
        return None
    each = fair.messages / fair.authors
    said = f"{many(fair.messages, 'message')} by {many(fair.authors, 'author')}"
    says = [f"{said}."]
    if fair.authors > 1:
        single = f"{fair.single:,}" if fair.single else "none"
        says = [f"{said}: {each:.1f} each on average; {single} wrote only one."]
    minutes = result.minutes
    if minutes is not None and minutes.all_authors and len(minutes) > 1:
        back = minutes.all_authors - minutes.once
        span = every(minutes.every_ms)
        again = f"another {span}" if span.isalpha() else f"another row of {span}"
        says.append(f"{many(back, 'author') if back else 'No author'} came back in {again}.")
    roles = [
        f"{role} {people:,} ({many(messages, 'message')})"
        for role, (people, messages) in result.roles.items()
        if people and role != "viewer"
    ]
    if roles:
        says.append("Roles: " + ", ".join(roles) + ".")
    whole = table(result, "authors")
    return Section(
        title="Authors", says=tuple(says), figures=figures.figures_of_authors(result),
        tables=(_head(whole, _ROWS),),
    )  # fmt: skip


def _head(whole: Table, most: int) -> Table:
    """The first rows of a table, with how many there are."""
    return Table(
        name=whole.name, columns=whole.columns, data=tuple(cells[:most] for cells in whole.data),
        about={**whole.about, "rows": len(whole)},
    )  # fmt: skip


def _mood(result: ChatResult) -> Section | None:
    mood = result.mood
    if mood is None or not mood.messages:
        return None
    says = [_mood_in_short(result)]
    shares = ", ".join(
        f"{sign} {share.value or 0:.1%} [{share.low or 0:.1%}, {share.high or 0:.1%}]"
        for sign, share in mood.shares.items()
    )
    says.append(
        f"Of {many(mood.messages, 'message')}: {shares} (Wilson, 95 %). Unscored is not neutral."
    )
    if mood.coverage is not None:
        says.append(f"The engine knew {mood.coverage:.0%} of a message's tokens on average.")
    moments = tuple(
        Moment(
            start_ms=quote.at_ms or 0, end_ms=(quote.at_ms or 0) + 1,
            url=quote.url, text=quote.text,
            at=dated(result, quote.at_ms or 0),
            label=quote.sign
            + (f" {quote.polarity:+.2f}" if quote.polarity is not None else "")
            + (f", {quote.author}" if quote.author else ""),
        )
        for sign in SIGNS
        for quote in result.examples
        if quote.sign == sign
    )  # fmt: skip
    return Section(
        title=f"Sentiment ({mood.engine})", says=tuple(says), moments=moments,
        figures=figures.figures_of_mood(result),
    )  # fmt: skip


def _mood_in_short(result: ChatResult) -> str:
    mood = result.mood
    if mood is None:
        return ""
    mean = mood.mean
    if mean.value is None:
        said = many(mood.messages, "message")
        return f"Sentiment ({mood.engine}): nothing in {said} could be scored."
    band = (
        f" [{mean.low:+.2f}, {mean.high:+.2f}]"
        if mean.low is not None and mean.high is not None
        else " (no interval: too few authors, or all alike)"
    )
    share = {sign: one.value or 0.0 for sign, one in mood.shares.items()}
    return (
        f"Mean polarity ({mood.engine}) {mean.value:+.2f}{band}; {share['positive']:.0%} positive, "
        f"{share['negative']:.0%} negative, {share['unscored']:.0%} unscored."
    )


def _words(result: ChatResult) -> Section | None:
    found = figures.figures_of_words(result)
    if not found:
        return None
    tables = (_head(table(result, "emotes"), _ROWS),) if result.pictures else ()
    return Section(
        title="Emotes and languages", says=tuple(one.says for one in found), figures=found,
        tables=tables,
    )  # fmt: skip


def _money_in_short(result: ChatResult) -> list[str]:
    money = result.money
    if not money.currencies:
        return []
    sums = ", ".join(f"{one.currency} {shown(one.total)}" for one in money.currencies[:6])
    count = sum(one.count for one in money.currencies)
    return [f"{many(count, 'payment')}, by currency: {sums}."]


def _money(result: ChatResult) -> Section | None:
    money = result.money
    if not (money.currencies or money.unread or money.events):
        return None
    says = _money_in_short(result)
    if len(money.currencies) > 1:
        says.append("Amounts are not added over currencies.")
    assumed = sum(one.assumed for one in money.currencies)
    if assumed:
        says.append(f"The sign of {many(assumed, 'payment')} is shared by several currencies; the "
                    "commonest one was taken.")  # fmt: skip
    unread = sum(count for _, count in money.unread)
    if unread:
        says.append(f"{many(unread, 'amount')} could not be read, such as “{money.unread[0][0]}”.")
    if money.events:
        events = ", ".join(
            f"{count:,} {name.replace('_', ' ')}" for name, count in money.events.items()
        )
        says.append(f"Members and gifts: {events}.")
    if money.gifted:
        bought = "was" if money.gifted == 1 else "were"
        says.append(f"{many(money.gifted, 'membership')} {bought} bought for others.")
    moments = tuple(
        Moment(
            start_ms=one.largest_ms, end_ms=one.largest_ms + 1,
            url=links.moment(result.origin, one.largest_ms),
            at=dated(result, one.largest_ms),
            label=f"the largest in {one.currency}: {shown(one.largest)}",
        )
        for one in money.currencies[:_TOLD]
        if one.largest_ms is not None
    )  # fmt: skip
    tables = (table(result, "money"),) if money.currencies or money.unread else ()
    return Section(title="Money and members", says=tuple(says), moments=moments, tables=tables)


def _moderation(result: ChatResult) -> Section | None:
    one = result.moderation
    if not (one.deleted or one.events):
        return None
    says = []
    if one.deleted:
        says.append(
            f"{many(one.deleted, 'message')} ({one.deleted / max(1, result.messages):.2%}) "
            f"{'was' if one.deleted == 1 else 'were'} taken away later: counted in the rate, and "
            "in no sentiment and no example."
        )
    if one.median_s is not None:
        says.append(f"They stood for {one.median_s:,.0f} s in the middle.")
    if one.events:
        events = ", ".join(f"{name} {count:,}" for name, count in one.events.items())
        says.append(f"Rows of moderation: {events}.")
    return Section(title="Moderation", says=tuple(says))


def _flags(result: ChatResult) -> Section | None:
    if not result.messages:
        return None
    if not result.flags:
        return Section(
            title="Repeated and automated", says=("No author looks automated, no text is copied.",)
        )
    says = []
    for kind, (one_does, many_do) in _FLAGGED.items():
        count = sum(one.flag.kind == kind for one in result.flags)
        if count:
            says.append(f"{one_does if count == 1 else many_do.format(count)}.")
    says.append("These are figures, no accusations: channels run bots, fans repeat cheers.")
    moments = tuple(
        Moment(
            start_ms=one.flag.start_ms or 0,
            end_ms=max((one.flag.start_ms or 0) + 1, one.flag.end_ms or 0),
            at=dated(result, one.flag.start_ms or 0),
            label=(f"{one.author} ({one.role}): " if one.author else "") + one.flag.reason,
            text=one.text, url=one.url,
        )
        for one in _mixed(result)
    )  # fmt: skip
    return Section(
        title="Repeated and automated", says=tuple(says), moments=moments,
        tables=(_head(table(result, "flags"), _ROWS),),
    )  # fmt: skip


def _mixed(result: ChatResult) -> list[FlagTold]:
    """The first of every kind."""
    return [
        one
        for kind in _FLAGGED
        for one in [flag for flag in result.flags if flag.flag.kind == kind][:3]
    ]


def _reaction_in_short(reaction: Reaction) -> str:
    if reaction.why_not:
        return f"No reaction to the transcript can be told: {reaction.why_not}."
    best = next((lag for lag in reaction.lags if lag.events == reaction.chosen), None)
    if best is None or best.lag_s is None:
        return "No clear lag of the chat behind what is said."
    return (
        f"The chat stirs {best.lag_s:.0f} s after {best.events} "
        f"[{best.low_s or 0:.0f}, {best.high_s or 0:.0f}]; that one causes the other is not told."
    )


def _reaction(reaction: Reaction | None) -> Section | None:
    if reaction is None:
        return None
    if reaction.why_not:
        return Section(
            title="Reaction to what is said", says=(_reaction_in_short(reaction),)
        )  # fmt: skip
    moments = tuple(
        Moment(
            start_ms=one.spark.at_ms, end_ms=one.spark.at_ms + 1, url=one.url,
            label=f"{one.spark.messages:,} messages where "
            f"{one.spark.usual:.1f} are usual",
            text=(f"{one.speaker}: " if one.speaker else "") + one.said,
        )
        for one in reaction.sparks
    )  # fmt: skip
    return Section(
        title="Reaction to what is said",
        says=tuple(_lag_told(lag) for lag in reaction.lags),
        moments=moments, figures=figures.figures_of_reaction(reaction),
    )  # fmt: skip


def _lag_told(lag: Lag) -> str:
    if lag.why_not:
        return f"After {lag.events}: {lag.why_not}."
    top = max(lag.curve)
    if lag.lag_s is not None:
        return (
            f"After {lag.events} ({lag.count:,} times) the rate is highest {lag.lag_s:.1f} s later "
            f"[{lag.low_s or 0:.1f}, {lag.high_s or 0:.1f}], {top:.2f} of its spreads above the "
            f"usual, where chance stays below {lag.band or 0:.2f}."
        )
    return (
        f"After {lag.events} ({lag.count:,} times): no clear lag; the highest point, {top:.2f} of "
        f"the rate's spreads, lies within what chance gives ({lag.band or 0:.2f})."
    )


def _file(result: ChatResult) -> Section | None:
    kinds = ", ".join(f"{name} {count:,}" for name, count in result.rows.items())
    says = (f"Rows by type: {kinds}.",) if result.rows else ()
    if not (says or result.remarks):
        return None
    return Section(title="The file", says=(*says, *result.remarks))
