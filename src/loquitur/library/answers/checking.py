"""Whether a claim of a language model is what the passages say that it cites: by rules, no model.

A claim has a quotation that stands in a passage it cites, and says nothing that those passages do
not: its figures, names and negations are all there, and nearly all of its other content words
(citation recall in ALCE, Gao et al. 2023, with words and figures in the place of its model of
entailment). Rules of words cannot see every wrong inference: they see invented figures and names,
wrong passages, orders obeyed and sentences turned round. What they cannot see is in
`docs/library-answers.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from loquitur.languages import primary
from loquitur.library.answers.cleaning import plain_claim, visible
from loquitur.library.answers.copies import put_in
from loquitur.library.answers.figures import Figure
from loquitur.library.answers.identity import QUOTED, speaks_as_person
from loquitur.library.answers.naming import before_quoted, strange_name
from loquitur.library.answers.negations import denies
from loquitur.library.answers.orders import ordered
from loquitur.library.answers.quotes import locate
from loquitur.library.answers.rearranging import rearranged
from loquitur.library.answers.weighing import outweighed
from loquitur.library.answers.wording import (
    Wording,
    is_cjk,
    sentences,
    wording,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loquitur.model.library import Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """The least shares of a claim's content words in all it cites, and in what it quotes."""

    anywhere: float
    quoted: float


# Chosen on the odd articles of XQuAD and JaQuAD: question and answer put together as a claim (a
# paraphrase that somebody wrote) against the right passage, and sentences against the passage
# beside it; see `benchmarks/library_citations.py`, which reports the others.
CASED = Least(anywhere=0.7, quoted=0.45)
CASELESS = Least(anywhere=0.75, quoted=0.4)
CJK = Least(anywhere=0.5, quoted=0.35)
MOST_SIGNS = 1000
"""A longer claim is no sentence."""
_NEAR = 0.3
_STEM = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a model wrote: a sentence, the numbers it cites, the words it quotes."""

    text: str
    cites: tuple[int, ...]
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A passage as a model was given it, under its number.

    Args:
        n: The number, from 1.
        passage: The passage, as the index has it.
        title: The volume's.
    """

    n: int
    passage: Passage
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where a claim is from: characters `[start, end)` of the passage with this number."""

    n: int
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A claim that may be shown.

    Args:
        text: In plain words, without markup, addresses and numbers in brackets.
        evidence: Of each passage it cites, in the order of its citing.
        notices: What was left out of it.
    """

    text: str
    evidence: tuple[Evidence, ...]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """A claim that is not shown, and why, in one line."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Source:
    """A cited passage, read."""

    given: Given
    sentences: tuple[Wording, ...]
    quoted: tuple[int, int] | None
    beside: frozenset[str]


def check(claim: Claim, given: Mapping[int, Given]) -> Kept | Dropped:
    """Hold a claim against the passages it cites.

    Args:
        claim: As the model wrote it.
        given: The passages it was given, by their numbers.
    """
    text, had_address = plain_claim(claim.text[: 4 * MOST_SIGNS])
    reason = _malformed(claim, text, given)
    if reason:
        return Dropped(text=text[:MOST_SIGNS], reason=reason)
    cites = tuple(dict.fromkeys(claim.cites))
    sources = [_source(given[n], claim.quote) for n in cites]
    reason = _unsupported(text, sources)
    if reason:
        return Dropped(text=text, reason=reason)
    needed = [source for source in sources if source.quoted or _is_needed(text, source, sources)]
    idle = [source.given.n for source in sources if source not in needed]
    notices = [
        f"[{n}] was cited beside {_numbers(needed)} and adds nothing to it: left out" for n in idle
    ]
    if had_address:
        notices.append("an address was left out of the answer: links come from the library alone")
    return Kept(
        text=text,
        evidence=tuple(_evidence(text, source) for source in needed),
        notices=tuple(notices),
    )


def _numbers(sources: Sequence[_Source]) -> str:
    return "".join(f"[{source.given.n}]" for source in sources)


def _malformed(claim: Claim, text: str, given: Mapping[int, Given]) -> str:
    """What is wrong with a claim before any passage is read; empty for nothing."""
    if not any(map(str.isalnum, text)):
        return "it says nothing"
    if len(text) > MOST_SIGNS:
        return f"it has more than {MOST_SIGNS} characters"
    if not claim.cites:
        return "it cites nothing"
    if unknown := [n for n in claim.cites if n not in given]:
        return f"it cites [{unknown[0]}], and there are {len(given)} passages"
    if not any(map(str.isalnum, claim.quote)):
        return "it quotes nothing"
    language = given[claim.cites[0]].passage.language
    if words := speaks_as_person(text, language):
        return f"it speaks as the person ('{words}')"
    return ""


def _source(given: Given, quote: str) -> _Source:
    passage = given.passage
    spans = sentences(passage.text, passage.sentences)
    read = tuple(
        wording(passage.text[first:end], language=passage.language, start=first)
        for first, end in spans
    )
    beside = " ".join((given.title, passage.speaker, *passage.speakers, passage.chapter))
    return _Source(
        given=given,
        sentences=read,
        quoted=locate(visible(quote), passage.text),
        beside=wording(beside, language=passage.language).stems if beside.strip() else frozenset(),
    )


def _unsupported(text: str, sources: Sequence[_Source]) -> str:
    """Why the cited passages do not bear a claim out; empty where they do."""
    if not any(source.quoted for source in sources):
        return f"its quotation is not in {_numbers(sources)}"
    for match in QUOTED.finditer(text):
        inner = match[0][1:-1]
        if len(inner.split()) > 2 and not any(
            locate(inner, source.given.passage.text) for source in sources
        ):
            return "it puts words in quotation marks that nobody said"
    if any(_is_ordered(source) for source in sources if source.quoted):
        return "its quotation is of words that give orders to a model"
    language = next(source.given.passage.language for source in sources if source.quoted)
    for first, end in sentences(text):
        sentence = wording(text[first:end].strip(), language=language)
        for rule in (_unknown_figure, _unknown_words, _turned_round, _told_otherwise):
            if reason := rule(sentence, sources):
                return reason
    return ""


def _is_ordered(source: _Source) -> bool:
    """Whether what is quoted touches a sentence that gives orders to a model."""
    flags = ordered([sentence.text for sentence in source.sentences])
    quoted = {id(one) for one in _support(source)}
    return any(
        flag and id(one) in quoted for flag, one in zip(flags, source.sentences, strict=True)
    )


# --- figures ---


def _unknown_figure(claim: Wording, sources: Sequence[_Source]) -> str:
    """A figure that the passages lack, or have of something else."""
    for figure in claim.figures:
        if not figure.sure:
            continue
        shown = claim.text[figure.start : figure.end].strip()
        places = [
            (sentence, other)
            for source in sources
            for sentence in source.sentences
            for other in sentence.figures
            if other.agrees(figure)
        ]
        if not places:
            return f"the figure {shown} is not in {_numbers(sources)}"
        if figure.kind and not any(
            other.kind == figure.kind or _has_kind(sentence, figure) for sentence, other in places
        ):
            return f"{shown} is not what {_numbers(sources)} counts"
        if all(_counts_other(claim, figure, sentence, other) for sentence, other in places):
            return f"{shown} stands for something else in {_numbers(sources)}"
        if not any(_is_about(claim, sentence) for sentence, _ in places):
            return f"{shown} is said of something else in {_numbers(sources)}"
    return ""


def _has_kind(sentence: Wording, figure: Figure) -> bool:
    """Whether the unit stands with another figure of the sentence: `5 to 10 km`."""
    return any(other.kind == figure.kind for other in sentence.figures)


def _counted(sentence: Wording, figure: Figure, count: int = 3) -> list[str]:
    """The content words behind a figure, before the next one."""
    stop = min(
        (other.start for other in sentence.figures if other.start >= figure.end), default=1 << 30
    )
    return [word.stem for word in sentence.words if figure.end <= word.start < stop][:count]


def _is_of_other(claim: Wording, figure: Figure, sentence: Wording, other: Figure) -> bool:
    """Whether the words right behind a figure name two things that have nothing in common."""
    mine, theirs = _right_behind(claim, figure), _right_behind(sentence, other)
    if not mine or not theirs or is_cjk(claim.text) or figure.ordinal:
        return False
    if all(len(value) < 2 or 1000 < _whole(value) < 2100 for value in figure.values):
        return False  # a small number, or a year: what stands behind it need not be what it counts
    return not (
        mine in sentence.stems
        or theirs in claim.stems
        or _has_like(mine, sentence.stems, 0.65)
        or _has_like(theirs, claim.stems, 0.65)
    )


def _whole(value: str) -> int:
    return int(value) if value.isdecimal() and len(value) < 9 else 0


def _right_behind(sentence: Wording, figure: Figure) -> str:
    """The content word that stands right behind a figure."""
    for word in sentence.words:
        if word.start >= figure.end:
            return "" if sentence.text[figure.end : word.start].strip(" -") else word.stem
    return ""


def _counts_other(claim: Wording, figure: Figure, sentence: Wording, other: Figure) -> bool:
    """Whether what the claim counts is what another figure of the sentence counts."""
    if _is_of_other(claim, figure, sentence, other):
        return True
    things = _counted(claim, figure, 1)
    if not things or things[0] in _counted(sentence, other):
        return False
    return any(
        things[0] in _counted(sentence, third, 1)
        for third in sentence.figures
        if not third.agrees(figure)
    )


def _is_about(claim: Wording, sentence: Wording) -> bool:
    """Whether a sentence shares enough with a claim for its figures to be the claim's."""
    stems = claim.stems
    if not stems:
        return True
    return len(stems & sentence.stems) >= max(1, round(_NEAR * len(stems)))


# --- words ---


def _unknown_words(claim: Wording, sources: Sequence[_Source]) -> str:
    """A name that the passages lack, or too many other words, or one in a copied sentence."""
    where = _numbers(sources)
    said = frozenset().union(
        *(sentence.stems for source in sources for sentence in source.sentences),
        *(source.beside for source in sources),
    )
    loose = primary(sources[0].given.passage.language) not in ("en", "und", None)
    cjk = is_cjk(claim.text)
    missing = []
    for word in claim.words:
        if word.stem in said:
            continue
        if word.name or (cjk and not is_cjk(word.stem)):
            if not (loose and _has_like(word.stem, said, 0.75)):
                return f"'{claim.text[word.start : word.end]}' is not in {where}"
        elif not _has_like(word.stem, said, 0.65):
            missing.append(word)
    total = len(claim.words)
    if not total:
        return "" if claim.figures else "it says nothing that could be checked"
    least = _least(claim)
    few = ", ".join(claim.text[word.start : word.end] for word in missing[:4])
    if 1 - len(missing) / total < least.anywhere:
        return f"{len(missing)} of its {total} words are not in {where} ({few})"
    support = [one for source in sources for one in _support(source)]
    near = frozenset().union(*(one.stems for one in support))
    shared = sum(word.stem in near or _has_like(word.stem, near, 0.65) for word in claim.words)
    if shared / total < least.quoted:
        return f"it is about something else than its quotation of {where}"
    if odd := put_in(claim, missing, support, said):
        return f"it is copied from {where}, but for '{odd}'"
    return ""


def _least(claim: Wording) -> Least:
    if is_cjk(claim.text):
        return CJK
    capital = any(sign.lower() != sign.upper() for sign in claim.text if sign.isalpha())
    return CASED if capital else CASELESS


def _has_like(stem: str, said: frozenset[str], share: float) -> bool:
    """Whether a word of the same beginning is there: another form of it."""
    if len(stem) < _STEM:
        return False
    start = stem[:_STEM]
    for other in said:
        if other.startswith(start):
            common = _common(stem, other)
            if common >= share * max(len(stem), len(other)):
                return True
    return False


def _common(a: str, b: str) -> int:
    for at, (one, two) in enumerate(zip(a, b, strict=False)):
        if one != two:
            return at
    return min(len(a), len(b))


# --- what is denied ---


def _turned_round(claim: Wording, sources: Sequence[_Source]) -> str:
    """A negation that is in one of both, claim and passage, alone."""
    support = [(source, one) for source in sources for one in _support(source)]
    where = _numbers([source for source, _ in support])
    if is_cjk(claim.text):
        if support and not any(_agrees_cjk(claim, one) for _, one in support):
            return f"it says the opposite of {where}, or a negation is missing"
        return ""
    for word in claim.words:
        held = [
            other.denied
            for _, sentence in support
            for other in sentence.words
            if other.stem == word.stem
        ]
        if held and word.denied not in held:
            written = claim.text[word.start : word.end]
            return f"'{written}' is denied " + (
                f"here and not in {where}" if word.denied else f"in {where} and not here"
            )
    said = frozenset().union(*(sentence.stems for _, sentence in support))
    unknown = [word for word in claim.words if word.stem not in said]
    denied_here = any(word.denied for word in claim.words) or claim.denials > 0
    denied_there = any(
        word.denied and word.stem not in claim.stems and _beside(claim, sentence, word.start)
        for _, sentence in support
        for word in sentence.words
    )
    some = any(
        sentence.denials or any(word.denied for word in sentence.words) for _, sentence in support
    )
    if denied_here and not some:
        return f"it denies what {where} does not"
    if unknown and denied_there and not denied_here:
        return f"{where} denies something, and it does not"
    return ""


def _told_otherwise(claim: Wording, sources: Sequence[_Source]) -> str:
    """Words of the passage in other places, with another weight, or of somebody else."""
    quoted = [source for source in sources if source.quoted]
    where = _numbers(quoted)
    support = [one for source in quoted for one in _support(source)]
    language = quoted[0].given.passage.language
    told = frozenset().union(
        *(source.beside for source in sources),
        *(before_quoted(source.sentences, [*_support(source)]) for source in quoted),
    )
    every = [one for source in sources for one in source.sentences]
    if name := strange_name(claim, support, every, told):
        return f"'{name}' is not spoken of together with the rest in {_numbers(sources)}"
    why = outweighed(claim, support, language) or rearranged(claim, support, every, told, language)
    return f"it does not say what {where} does: {why}" if why else ""


def _beside(claim: Wording, sentence: Wording, at: int) -> bool:
    """Whether a place of a sentence is in a clause that has a word of the claim."""
    for first, end in sentence.clauses:
        if first <= at < end:
            stems = claim.stems
            return any(word.stem in stems and first <= word.start < end for word in sentence.words)
    return False


def _support(source: _Source) -> Iterator[Wording]:
    """The sentences of a passage that a claim is from: those of its quotation."""
    if source.quoted is None:
        return
    first, end = source.quoted
    for sentence in source.sentences:
        if sentence.start < end and first < sentence.start + len(sentence.text):
            yield sentence


def _agrees_cjk(claim: Wording, sentence: Wording) -> bool:
    """Whether claim and sentence both deny or both affirm, in the clauses they have in common."""
    stems = claim.stems
    near = [
        sentence.text[first:end]
        for first, end in sentence.clauses
        if any(word.stem in stems and first <= word.start < end for word in sentence.words)
    ] or [sentence.text]
    denied = [denies(clause) for clause in near]
    here = denies(claim.text)
    return any(denied) if here else not all(denied)


# --- evidence ---


def _is_needed(text: str, source: _Source, sources: Sequence[_Source]) -> bool:
    """Whether a passage without the quotation has something of the claim that no other has."""
    language = source.given.passage.language
    read = [wording(text[first:end], language=language) for first, end in sentences(text)]
    stems = frozenset().union(*(one.stems for one in read))
    own = frozenset().union(*(one.stems for one in source.sentences))
    others = frozenset().union(
        *(one.stems for other in sources if other is not source for one in other.sentences)
    )
    return bool((stems & own) - others)


def _evidence(text: str, source: _Source) -> Evidence:
    """The quotation's place; of a passage without it the sentence that has most of the claim."""
    if source.quoted:
        return Evidence(n=source.given.n, start=source.quoted[0], end=source.quoted[1])
    language = source.given.passage.language
    stems = frozenset().union(
        *(wording(text[a:z], language=language).stems for a, z in sentences(text))
    )
    best = max(source.sentences, key=lambda one: len(stems & one.stems))
    end = best.start + len(best.text.rstrip())
    return Evidence(n=source.given.n, start=best.start, end=max(end, best.start + 1))
