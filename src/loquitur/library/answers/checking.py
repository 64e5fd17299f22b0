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
from loquitur.library.answers.counting import miscounted
from loquitur.library.answers.identity import QUOTED, speaks_as_person
from loquitur.library.answers.naming import before_quoted, strange_name
from loquitur.library.answers.opposites import turned_round
from loquitur.library.answers.orders import ordered
from loquitur.library.answers.quotes import locate
from loquitur.library.answers.rearranging import rearranged
from loquitur.library.answers.weighing import outweighed
from loquitur.library.answers.wording import Wording, has_like, is_cjk, sentences, wording

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    """A cited passage, read.

    Args:
        given: The passage.
        sentences: Of it.
        quoted: The half-open range of characters that a claim quotes; None for none of it.
        support: The sentences that the quotation is of.
        beside: Words of its title, speakers and chapter.
    """

    given: Given
    sentences: tuple[Wording, ...]
    quoted: tuple[int, int] | None
    support: tuple[Wording, ...]
    beside: frozenset[str]

    @property
    def language(self) -> str:
        return self.given.passage.language


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
    quoted = locate(visible(quote), passage.text)
    first, end = quoted or (0, 0)
    beside = " ".join((given.title, passage.speaker, *passage.speakers, passage.chapter))
    return _Source(
        given=given,
        sentences=read,
        quoted=quoted,
        support=tuple(one for one in read if one.start < end and first < one.start + len(one.text)),
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
    if any(_is_ordered(source) for source in sources):
        return "its quotation is of words that give orders to a model"
    quoted = [source for source in sources if source.quoted]
    support = [one for source in quoted for one in source.support]
    every = [one for source in sources for one in source.sentences]
    for first, end in sentences(text):
        sentence = wording(text[first:end].strip(), language=quoted[0].language)
        reason = (
            miscounted(sentence, every, _numbers(sources))
            or _unknown_words(sentence, sources)
            or turned_round(sentence, support, _numbers(quoted))
            or _told_otherwise(sentence, sources)
        )
        if reason:
            return reason
    return ""


def _is_ordered(source: _Source) -> bool:
    """Whether what is quoted touches a sentence that gives orders to a model."""
    flags = ordered([sentence.text for sentence in source.sentences])
    return any(
        flag and one in source.support for flag, one in zip(flags, source.sentences, strict=True)
    )


def _unknown_words(claim: Wording, sources: Sequence[_Source]) -> str:
    """A name that the passages lack, or too many other words, or one in a copied sentence."""
    where = _numbers(sources)
    said = frozenset().union(
        *(sentence.stems for source in sources for sentence in source.sentences),
        *(source.beside for source in sources),
    )
    loose = primary(sources[0].language) not in ("en", "und", None)
    cjk = is_cjk(claim.text)
    missing = []
    for word in claim.words:
        if word.stem in said:
            continue
        if word.name or (cjk and not is_cjk(word.stem)):
            if not (loose and has_like(word.stem, said, 0.75)):
                return f"'{claim.text[word.start : word.end]}' is not in {where}"
        elif not has_like(word.stem, said, 0.65):
            missing.append(word)
    total = len(claim.words)
    if not total:
        return "" if claim.figures else "it says nothing that could be checked"
    least = _least(claim)
    few = ", ".join(claim.text[word.start : word.end] for word in missing[:4])
    if 1 - len(missing) / total < least.anywhere:
        return f"{len(missing)} of its {total} words are not in {where} ({few})"
    support = [one for source in sources for one in source.support]
    near = frozenset().union(*(one.stems for one in support))
    shared = sum(word.stem in near or has_like(word.stem, near, 0.65) for word in claim.words)
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


def _told_otherwise(claim: Wording, sources: Sequence[_Source]) -> str:
    """Words of the passage in other places, with another weight, or of somebody else."""
    quoted = [source for source in sources if source.quoted]
    where = _numbers(quoted)
    support = [one for source in quoted for one in source.support]
    language = quoted[0].language
    told = frozenset().union(
        *(source.beside for source in sources),
        *(before_quoted(source.sentences, source.support) for source in quoted),
    )
    every = [one for source in sources for one in source.sentences]
    if name := strange_name(claim, support, every, told):
        return f"'{name}' is not spoken of together with the rest in {_numbers(sources)}"
    why = outweighed(claim, support, language) or rearranged(claim, support, every, told, language)
    return f"it does not say what {where} does: {why}" if why else ""


def _is_needed(text: str, source: _Source, sources: Sequence[_Source]) -> bool:
    """Whether a passage without the quotation has something of the claim that no other has."""
    own = frozenset().union(*(one.stems for one in source.sentences))
    others = frozenset().union(
        *(one.stems for other in sources if other is not source for one in other.sentences)
    )
    return bool((_stems(text, source.language) & own) - others)


def _evidence(text: str, source: _Source) -> Evidence:
    """The quotation's place; of a passage without it the sentence that has most of the claim."""
    if source.quoted:
        return Evidence(n=source.given.n, start=source.quoted[0], end=source.quoted[1])
    stems = _stems(text, source.language)
    best = max(source.sentences, key=lambda one: len(stems & one.stems))
    end = best.start + len(best.text.rstrip())
    return Evidence(n=source.given.n, start=best.start, end=max(end, best.start + 1))


def _stems(text: str, language: str) -> frozenset[str]:
    """The content words of a claim as a passage of a language has them."""
    return frozenset().union(
        *(wording(text[first:end], language=language).stems for first, end in sentences(text))
    )
