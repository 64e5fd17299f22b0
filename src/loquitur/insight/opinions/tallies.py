"""What is liked and what is complained of: opinions of many texts counted, with quotes.

A text counts once for an aspect on each side; the same text by the same author counts once. Shares
are of the texts that judge the aspect, with Wilson's interval.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loquitur.errors import InputError
from loquitur.insight.account import Told
from loquitur.insight.inference import Interval, wilson
from loquitur.insight.opinions.discoveries import Discovered, Read, discovered
from loquitur.insight.opinions.lists import load_preset
from loquitur.insight.opinions.reading import opinions_in
from loquitur.insight.quoting import cut
from loquitur.insight.texts.identification import CANDIDATES, UNKNOWN, identify, majority
from loquitur.insight.tokens import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from loquitur.insight.account import Account
    from loquitur.insight.opinions.lists import Preset
    from loquitur.insight.opinions.reading import Opinion, Sign
    from loquitur.insight.texts.passages import Gathered, Passage
    from loquitur.tables.table import Table

LEAST_JUDGING = 5
"""Texts that judge an aspect; with fewer nothing is said of its share."""
_QUOTES = 3
_ALIKE = 0.6
"""Share of words that two quotes have in common at most."""
_FIT_WORDS = (4, 30)
_CHARS_ENOUGH = 8
_MOST_QUOTED = 240
_SHORT = 8
"""Words: of so few a language is chosen among those of the lists alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A sentence that says it, and where.

    Args:
        text: Of a stranger, on one line, cut where it is long.
        passage: The text it stands in.
        words: What decided.
    """

    text: str
    passage: Passage
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One aspect.

    Args:
        name: Its name.
        title: For people.
        texts: How many texts name or judge it.
        liked: How many like something about it.
        complained: How many complain.
        unjudged: How many name it without a judgement.
        questions: How many ask about it.
        authors: Of those that judge it, where authors are known.
        share_liked: Of texts that judge it on one side alone, those that like it.
        quotes_liked: The sentences most like the others, each from someone else.
        quotes_complained: Likewise.
        quotes_asked: Likewise.
    """

    name: str
    title: str
    texts: int
    liked: int
    complained: int
    unjudged: int
    questions: int
    authors: int
    share_liked: Interval
    quotes_liked: tuple[Quote, ...]
    quotes_complained: tuple[Quote, ...]
    quotes_asked: tuple[Quote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What viewers want.

    Args:
        name: Of the intent.
        title: For people.
        texts: How many say so.
        share: Of all texts.
        quotes: Who says so.
    """

    name: str
    title: str
    texts: int
    share: Interval
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinions(Told):
    """What texts say of aspects.

    Args:
        gathered: The texts.
        preset: The lists.
        read: How many texts were read, each text of an author once.
        twice: How many were left out as said again by the same author.
        uncovered: Texts in languages without lists, by language.
        opinionated: How many judge anything.
        questions: How many ask anything.
        tallies: Of each aspect that is named, the commonest first.
        wanted: Intents.
        discovered: What no list has.
    """

    gathered: Gathered
    preset: Preset
    read: int
    twice: int
    uncovered: tuple[tuple[str, int], ...]
    opinionated: int
    questions: int
    tallies: tuple[Tally, ...]
    wanted: tuple[Wanted, ...]
    discovered: tuple[Discovered, ...]

    def plain(self) -> dict[str, Any]:
        """Plain values: what `--json` prints."""
        from loquitur.insight.opinions.telling import plain_of

        return plain_of(self)

    def table(self) -> Table:
        """A row for each aspect."""
        from loquitur.insight.opinions.telling import table_of

        return table_of(self)

    def account(self) -> Account:
        """What a person reads."""
        from loquitur.insight.opinions.telling import account_of

        return account_of(self)


def reviews_of(
    gathered: Gathered, *, preset: str = "product", aspects: str = "", level: float = 0.95
) -> Opinions:
    """What is liked and what is complained of.

    Args:
        gathered: Texts: reviews, comments, messages, sentences of a transcript.
        preset: `product` or `live-shopping`; empty for the user's own aspects alone.
        aspects: A file of the user's own aspects; empty for none.
        level: Of confidence.

    Raises:
        InputError: There is no text, or the file of aspects is none.
        UsageError: No such preset.
    """
    lists = load_preset(preset, aspects)
    if not gathered.passages:
        raise InputError(
            f"no text in {', '.join(gathered.sources)}", hint="empty files have no opinions"
        )
    passages = _each_once(gathered.passages)
    languages = _languages(passages, tuple(lists.lists))
    read = [
        Read(
            passage=one,
            opinions=tuple(opinions_in(one.text, lists.lists[tag])) if tag in lists.lists else (),
            language=tag,
        )
        for one, tag in zip(passages, languages, strict=True)
    ]
    uncovered = Counter(one.language for one in read if one.language not in lists.lists)
    return Opinions(
        gathered=gathered,
        preset=lists,
        read=len(read),
        twice=len(gathered.passages) - len(passages),
        uncovered=tuple(uncovered.most_common()),
        opinionated=sum(any(said.sign for said in one.opinions) for one in read),
        questions=sum(_asks(one) for one in read),
        tallies=tuple(_tallies(read, lists, level)),
        wanted=tuple(_wanted(read, lists, level)),
        discovered=discovered(read, lists),
    )


def _asks(one: Read) -> bool:
    return any(sign in one.passage.text for sign in "?？") or any(
        said.question for said in one.opinions
    )


def _each_once(passages: Sequence[Passage]) -> list[Passage]:
    seen: set[tuple[str, str | None, str]] = set()
    kept = []
    for one in passages:
        # What nobody is known to have written is said anew each time it is said at another moment.
        who = one.author or f"\n{one.start_ms}\n{one.position}"
        key = (one.video, who, " ".join(one.text.lower().split()))
        if key not in seen:
            seen.add(key)
            kept.append(one)
    return kept


def _languages(passages: Sequence[Passage], known: tuple[str, ...]) -> list[str]:
    """The language of each text: its own; short ones are taken for one of the lists' languages."""
    found = [one.language.partition("-")[0] for one in passages]
    open_ = [at for at, tag in enumerate(found) if tag == UNKNOWN]
    texts = [passages[at].text for at in open_]
    told = identify(texts, candidates=CANDIDATES)
    usual = majority(told)
    usual = usual if usual in known else ("en" if "en" in known else known[0])
    short = [at for at, text in enumerate(texts) if len(text.split()) <= _SHORT]
    again = identify([texts[at] for at in short], candidates=known, usual=usual)
    for at, tag in zip(short, again, strict=True):
        told[at] = tag
    for at, tag in zip(open_, told, strict=True):
        found[at] = usual if tag == UNKNOWN else tag
    return found


def _tallies(read: Sequence[Read], preset: Preset, level: float) -> Iterable[Tally]:
    said: dict[str, list[tuple[Read, Opinion]]] = {}
    for one in read:
        for opinion in one.opinions:
            if opinion.kind == "aspect":
                said.setdefault(opinion.aspect, []).append((one, opinion))
    tallies = [_tally(name, rows, preset, level) for name, rows in said.items()]
    return sorted(tallies, key=lambda one: (-one.liked - one.complained, -one.texts, one.name))


def _tally(name: str, rows: Sequence[tuple[Read, Opinion]], preset: Preset, level: float) -> Tally:
    texts = {id(one): one for one, _ in rows}
    sides: dict[Sign, set[int]] = {
        sign: {id(one) for one, opinion in rows if opinion.sign == sign} for sign in (1, -1)
    }
    judged = sides[1] | sides[-1]
    asked = [(one, opinion) for one, opinion in rows if opinion.question]
    only = sides[1] - sides[-1], sides[-1] - sides[1]
    return Tally(
        name=name,
        title=preset.aspects.get(name, name),
        texts=len(texts),
        liked=len(sides[1]),
        complained=len(sides[-1]),
        unjudged=len(texts) - len(judged),
        questions=len({id(one) for one, _ in asked}),
        authors=len({texts[at].passage.author for at in judged if texts[at].passage.author}),
        share_liked=wilson(len(only[0]), len(only[0]) + len(only[1]), level=level),
        quotes_liked=quotes([row for row in rows if row[1].sign == 1]),
        quotes_complained=quotes([row for row in rows if row[1].sign == -1]),
        quotes_asked=quotes(asked),
    )


def _wanted(read: Sequence[Read], preset: Preset, level: float) -> Iterable[Wanted]:
    for name, title in preset.intents.items():
        rows = [
            (one, opinion)
            for one in read
            for opinion in one.opinions
            if opinion.kind == "intent" and opinion.aspect == name
        ]
        texts = len({id(one) for one, _ in rows})
        if texts:
            share = wilson(texts, len(read), level=level)
            yield Wanted(name=name, title=title, texts=texts, share=share, quotes=quotes(rows))


def quotes(rows: Sequence[tuple[Read, Opinion]], most: int = _QUOTES) -> tuple[Quote, ...]:
    """The sentences most like the others, from different people, none like another.

    A sentence's worth is its cosine with all of them together, words weighed down by how common
    they are; long and very short ones come last.

    Args:
        rows: Texts with the opinion that is to be shown.
        most: How many.
    """
    words = [set(tokens(opinion.sentence[:_MOST_QUOTED])) for _, opinion in rows]
    uses = Counter(word for some in words for word in some)
    weights = {word: count * math.log(1 + len(rows) / count) for word, count in uses.items()}

    def worth(at: int) -> tuple[int, float, int]:
        some = words[at]
        fits = _FIT_WORDS[0] <= len(some) <= _FIT_WORDS[1]
        fits = fits or _CHARS_ENOUGH <= len(rows[at][1].sentence) <= _MOST_QUOTED
        value = sum(weights[word] for word in some) / math.sqrt(len(some) or 1)
        return (int(fits), value, -at)

    chosen: list[int] = []
    people: set[tuple[str, str | None]] = set()
    for at in sorted(range(len(rows)), key=worth, reverse=True):
        passage = rows[at][0].passage
        who = (passage.video, passage.author)
        if passage.author is not None and who in people:
            continue
        if any(_alike(words[at], words[other]) for other in chosen):
            continue
        chosen.append(at)
        people.add(who)
        if len(chosen) == most:
            break
    return tuple(
        Quote(
            text=cut(rows[at][1].sentence, _MOST_QUOTED),
            passage=rows[at][0].passage,
            words=rows[at][1].words,
        )
        for at in chosen
    )


def _alike(first: set[str], second: set[str]) -> bool:
    return len(first & second) >= _ALIKE * max(1, min(len(first), len(second)))
