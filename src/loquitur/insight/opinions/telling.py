"""What opinions say: plain values, a table, an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loquitur.insight.account import Account, Axis, Figure, Section, Series
from loquitur.insight.opinions.tallies import LEAST_JUDGING
from loquitur.insight.texts.passages import shown
from loquitur.tables.table import Column, Table
from loquitur.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from loquitur.insight.inference import Interval
    from loquitur.insight.opinions.tallies import Opinions, Quote, Tally
    from loquitur.insight.texts.passages import Passage

_MOST_DRAWN = 20
_MOST_NAMED = 4
_METHODS = (
    (
        "Aspects and judgements are found by word lists, clause by clause (after Hu and Liu 2004); "
        "denials turn a judgement round, wishes are complaints, questions judge nothing."
    ),
    (
        "A text counts once for an aspect on each side, and once if its author repeats it. Shares "
        "leave out texts that do both; their intervals are Wilson's, at {level} %."
    ),
    "Quotes are the sentences most like the others on their side, each from someone else.",
)
_LIMITS = (
    (
        "Word lists know no irony, no pictures and no word that is not in them; of the project's "
        "own labelled sentences, about one judgement in eight was wrong."
    ),
    "Those who write are not all who watch or buy; shares are of those who judged.",
    "The intervals take texts for independent; people who answer one another are not.",
)


def plain_of(found: Opinions) -> dict[str, Any]:
    """Plain values."""
    return {
        "sources": list(found.gathered.sources),
        "unit": found.gathered.unit,
        "preset": found.preset.name,
        "texts": found.read,
        "repeated_left_out": found.twice,
        "opinionated": found.opinionated,
        "questions": found.questions,
        "languages_without_lists": dict(found.uncovered),
        "aspects": [_plain_tally(one) for one in found.tallies],
        "intents": [
            {
                "name": one.name,
                "title": one.title,
                "texts": one.texts,
                "share": one.share.plain(),
                "quotes": [_plain_quote(quote) for quote in one.quotes],
            }
            for one in found.wanted
        ],
        "discovered": [
            {
                "term": one.term,
                "texts": one.texts,
                "liked": one.liked,
                "complained": one.complained,
            }
            for one in found.discovered
        ],
        "notes": list(found.gathered.notes),
    }


def table_of(found: Opinions) -> Table:
    """A row for each aspect."""
    columns = (
        Column(name="aspect", identifier=True),
        Column(name="texts", type="int", description="that name or judge it"),
        Column(name="liked", type="int", description="texts that like it"),
        Column(name="complained", type="int", description="texts that complain of it"),
        Column(name="unjudged", type="int", description="texts that only name it"),
        Column(name="questions", type="int", description="texts that ask about it"),
        Column(name="authors", type="int", description="known authors who judge it"),
        Column(name="share_liked", type="float", description="of one-sided texts", derived=True),
        Column(name="share_liked_low", type="float", description="Wilson's", derived=True),
        Column(name="share_liked_high", type="float", description="Wilson's", derived=True),
        Column(name="level", type="float", description="of confidence"),
        Column(name="quote_liked", description="a sentence that likes it"),
        Column(name="quote_liked_url", description="its moment"),
        Column(name="quote_complained", description="a sentence that complains"),
        Column(name="quote_complained_url", description="its moment"),
    )
    rows = [
        (
            one.name, one.texts, one.liked, one.complained, one.unjudged, one.questions,
            one.authors, one.share_liked.value, one.share_liked.low, one.share_liked.high,
            one.share_liked.level, *_first(one.quotes_liked), *_first(one.quotes_complained),
        )
        for one in found.tallies
    ]  # fmt: skip
    return Table.from_rows("reviews", columns, rows, about={"preset": found.preset.name})


def account_of(found: Opinions) -> Account:
    """What a person reads."""
    judged = [one for one in found.tallies if one.liked or one.complained]
    sections = []
    if judged:
        sections.append(
            Section(
                title="Liked and complained of, by aspect",
                figures=(_bars(judged),),
                tables=(_short_table(found.tallies),),
            )
        )
    sections += [_of_aspect(one) for one in judged]
    sections += list(_others(found))
    level = judged[0].share_liked.level if judged else 0.95
    return Account(
        kind="reviews",
        subject=found.gathered.subject,
        says=tuple(_summary(found)),
        sections=tuple(sections),
        methods=tuple(method.format(level=f"{100 * level:g}") for method in _METHODS),
        limits=(*_uncovered(found), *_LIMITS),
        source=", ".join(found.gathered.sources),
    )


def _summary(found: Opinions) -> Iterator[str]:
    for side, word in (("liked", "Liked most"), ("complained", "Complained of most")):
        ranked = sorted(found.tallies, key=lambda one: (-getattr(one, side), one.name))
        named = [
            f"{one.title} ({getattr(one, side):,} {'text' if getattr(one, side) == 1 else 'texts'})"
            for one in ranked[:_MOST_NAMED]
            if getattr(one, side)
        ]
        if named:
            yield f"{word}: {', '.join(named)}."
    if not found.opinionated:
        yield f"No judgement was found in {found.gathered.counted(found.read)}."
    for one in found.wanted:
        counts = f"{one.texts:,} of {found.read:,} texts"
        yield f"{one.title.capitalize()}: {counts} ({_share(one.share)})."
    yield (
        f"Read: {found.gathered.counted(found.read)}, of which {found.opinionated:,} judge "
        f"something and {found.questions:,} ask something; lists: {found.preset.title}"
        + (f"; {found.twice:,} repeated by their author left out." if found.twice else ".")
    )
    yield from found.gathered.notes


def _of_aspect(one: Tally) -> Section:
    judging = one.liked + one.complained
    counts = f"{one.liked:,} liked, {one.complained:,} complained"
    says = [f"{counts}; {one.unjudged:,} only named it, {one.questions:,} asked."]
    if one.share_liked.units < LEAST_JUDGING:
        says.append(f"Too few to say more: {counted(judging, 'judgement')}.")
    else:
        says.append(f"Of the texts that judge it on one side, {_share(one.share_liked)} like it.")
    quoted, moments = shown(
        _labelled("liked", one.quotes_liked) + _labelled("complained", one.quotes_complained)
    )
    return Section(title=one.title.capitalize(), says=(*says, *quoted), moments=moments)


def _others(found: Opinions) -> Iterator[Section]:
    for one in found.wanted:
        says = f"{counted(one.texts, 'text')}, {_share(one.share)} of all."
        quoted, moments = shown(_labelled(one.title, one.quotes))
        yield Section(title=one.title.capitalize(), says=(says, *quoted), moments=moments)
    asked = [(one.title, quote) for one in found.tallies for quote in one.quotes_asked]
    if asked:
        yield Section(
            title="Asked",
            says=tuple(f"{title}: “{quote.text}”" for title, quote in asked[:_MOST_DRAWN]),
        )
    if found.discovered:
        columns = (
            Column(name="term"),
            Column(name="texts", type="int"),
            Column(name="liked", type="int"),
            Column(name="complained", type="int"),
        )
        rows = [(one.term, one.texts, one.liked, one.complained) for one in found.discovered]
        yield Section(
            title="Spoken of, and in no list",
            says=(
                "Judged too, by the sentences they stand in: "
                + ", ".join(
                    f"'{one.term}' ({one.liked:,} liked, {one.complained:,} complained)"
                    for one in found.discovered
                )
                + ".",
            ),
            tables=(Table.from_rows("discovered", columns, rows),),
        )


def _bars(tallies: Sequence[Tally]) -> Figure:
    drawn = tallies[:_MOST_DRAWN]
    places = tuple(map(float, range(len(drawn))))
    liked, complained = sum(one.liked for one in drawn), sum(one.complained for one in drawn)
    return Figure(
        name="aspects",
        title="Texts that like and that complain, by aspect",
        says=f"{liked:,} times an aspect was liked, {complained:,} times it was complained of.",
        x=Axis(label="aspect", names=tuple(one.title for one in drawn)),
        y=Axis(label="texts"),
        series=(
            Series(name="liked", x=places, y=tuple(float(one.liked) for one in drawn),
                   drawn="bars"),
            Series(name="complained", x=places, y=tuple(float(one.complained) for one in drawn),
                   drawn="bars"),
        ),
    )  # fmt: skip


def _short_table(tallies: Sequence[Tally]) -> Table:
    columns = (
        Column(name="aspect"),
        Column(name="liked", type="int"),
        Column(name="complained", type="int"),
        Column(name="unjudged", type="int"),
        Column(name="questions", type="int"),
        Column(name="share_liked", type="float", derived=True),
        Column(name="low", type="float", derived=True),
        Column(name="high", type="float", derived=True),
    )
    rows = [
        (one.title, one.liked, one.complained, one.unjudged, one.questions,
         one.share_liked.value, one.share_liked.low, one.share_liked.high)
        for one in tallies
    ]  # fmt: skip
    return Table.from_rows("aspects", columns, rows)


def _labelled(label: str, quotes: Sequence[Quote]) -> list[tuple[str, Passage]]:
    return [(f"{label}: “{quote.text}”", quote.passage) for quote in quotes]


def _uncovered(found: Opinions) -> Iterator[str]:
    if found.uncovered:
        tags = ", ".join(f"{tag} {count:,}" for tag, count in found.uncovered[:5])
        yield (
            f"There are no lists for {sum(count for _, count in found.uncovered):,} texts "
            f"({tags}): nothing is known of what they say."
        )


def _plain_tally(one: Tally) -> dict[str, Any]:
    return {
        "name": one.name,
        "title": one.title,
        "texts": one.texts,
        "liked": one.liked,
        "complained": one.complained,
        "unjudged": one.unjudged,
        "questions": one.questions,
        "authors": one.authors,
        "share_liked": one.share_liked.plain(),
        "quotes": {
            "liked": [_plain_quote(quote) for quote in one.quotes_liked],
            "complained": [_plain_quote(quote) for quote in one.quotes_complained],
            "asked": [_plain_quote(quote) for quote in one.quotes_asked],
        },
    }


def _plain_quote(quote: Quote) -> dict[str, Any]:
    passage = quote.passage
    return {
        "text": quote.text,
        "words": list(quote.words),
        "video": passage.video,
        "start_ms": passage.start_ms,
        "url": passage.url,
    }


def _first(quotes: Sequence[Quote]) -> tuple[str | None, str | None]:
    return (quotes[0].text, quotes[0].passage.url or None) if quotes else (None, None)


def _share(interval: Interval) -> str:
    if interval.value is None or interval.low is None or interval.high is None:
        return "unknown"
    return (
        f"{100 * interval.value:.1f} %, {100 * interval.level:g} % interval "
        f"{100 * interval.low:.1f} to {100 * interval.high:.1f}"
    )
