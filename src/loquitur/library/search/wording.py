"""A query as an index takes it: stems in the library's languages, no words of grammar, a bound.

What goes in decides what a query costs: BM25 reads every passage that has one of its terms.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING

from loquitur.library import terms as rules
from loquitur.library.search import guesses
from loquitur.library.search.queries import Group, Piece
from loquitur.library.search.stop_words import asked_in, stop_words
from loquitur.library.terms import Word
from loquitur.model.library import AllOf, AnyOf, Phrase, Prefix, Term, Without

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loquitur.library.index.contract import Index
    from loquitur.library.search.queries import Tree
    from loquitur.model.library import Node

MOST_TERMS = 32
"""Terms that are looked for; of a longer query the rarest."""
_MOST_READ = 5_000
"""Words of a query whose frequency is looked up."""
_MOST_LANGUAGES = 6
_OTHER_SCRIPTS = frozenset({"ar", "el", "fa", "hi", "hy", "ne", "ru", "ta", "yi"})
"""Languages with a stemmer that leaves Latin letters alone: they cost a query nothing."""
_MOST_GUESSES = 6
"""Words that nobody says and that are guessed at; a query of more is no question."""
_KANA = re.compile("[\u3040-\u30ff]")
_HIRAGANA = re.compile("[\u3040-\u309f]{2}")
_PAIR = re.compile("[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]{2}")
_GRAMMAR = 3.0
_HYPHENS = ("-", "\u2010", "\u2011")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A query in terms.

    Args:
        node: For the index; None where nothing in it can be looked for.
        plain: Whether it is wishes alone, which what is only near in meaning may answer too.
        counts: In how many passages each term stands that was typed.
        weights: What each term tells, rare ones more; guessed ones less.
        prefixes: Terms that begin so fit as well.
        phrases: What must stand there word for word, as typed.
        also: What is looked for beside what was typed: (typed, taken).
        runs: Whether most of it is of scripts without blanks.
        misheard: Whether words are looked for as misheard too.
    """

    node: Node | None
    plain: bool = True
    counts: Mapping[str, int] = field(default_factory=dict)
    weights: Mapping[str, float] = field(default_factory=dict)
    prefixes: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    also: tuple[tuple[str, str], ...] = ()
    runs: bool = False
    misheard: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tongue:
    """The languages that a query's words may be of, and its words of grammar."""

    languages: tuple[str, ...]
    stop: frozenset[str]

    def stems(self, word: Word) -> tuple[str, ...]:
        """The terms a word may be in the index; those of a run, in their order."""
        if word.run:
            return tuple(rules.terms(word.text, language=self.languages[0]))
        stems = (rules.terms(word.text, language=tag) for tag in self.languages)
        return tuple(dict.fromkeys(term for found in stems for term in found))


def worded(index: Index, tree: Group, *, fuzzy: bool = True) -> Wording:
    """A query in the terms of an index.

    Args:
        index: Whose languages and frequencies it goes by.
        tree: The query.
        fuzzy: Whether words that the index does not know are taken for the nearest it knows.
    """
    languages = _languages(index.languages())
    typed = [word for piece in _pieces(tree) for word in rules.words(piece.text)]
    texts = [word.text for word in typed]
    known = [tag for tag in languages if tag != "und"]
    stop = stop_words(asked_in(texts[:_MOST_READ], known))
    if all(text in stop for text in texts):
        stop = frozenset()
    tongue = _Tongue(languages=languages, stop=stop)
    spelled = dict(islice(_wishes(tree, tongue), _MOST_READ))
    frequencies = dict(index.frequencies([*{term for one in spelled for term in one.any_of}]))
    also: list[tuple[str, str]] = []
    taken: dict[Term, Node | None] = {}
    heard: dict[Term, Term] = {}
    unknown = 0
    for wish in _rarest([*spelled], frequencies):
        taken[wish] = wish
        if known_forms := tuple(term for term in wish.any_of if frequencies.get(term)):
            heard[wish] = replace(wish, any_of=known_forms)  # fewer are faster
            continue
        unknown += 1
        if fuzzy and unknown <= _MOST_GUESSES:
            taken[wish] = guesses.guessed(
                index,
                wish,
                typed=spelled[wish],
                language=languages[0],
                frequencies=frequencies,
                also=also,
            )
    misheard = guesses.misheard(index, [*heard.values()], frequencies) if fuzzy else {}
    taken |= {wish: misheard.get(known, known) for wish, known in heard.items()}
    weights = {
        term: weight / (1.0 + math.log1p(frequencies.get(term, 1)))
        for one in taken.values()
        for term, weight in _told(one)
    }
    phrases, prefixes = [], []
    for piece in _pieces(tree):
        if piece.how == "phrase":
            phrases.append(piece.text)
        elif piece.how == "prefix":
            prefixes += _last_terms(piece.text)
    return Wording(
        node=_node(tree, tongue, taken),
        plain=tree.plain,
        counts={term: frequencies[term] for term in weights if frequencies.get(term)},
        weights=weights,
        prefixes=tuple(prefixes),
        phrases=tuple(phrases),
        also=tuple(also),
        runs=2 * sum(len(word.text) for word in typed if word.run) > sum(map(len, texts)),
        misheard=bool(misheard),
    )


def _languages(found: Sequence[str]) -> tuple[str, ...]:
    """Those in which words are stemmed: the most frequent, and all that change no Latin word."""
    most, rest = tuple(found[:_MOST_LANGUAGES]), found[_MOST_LANGUAGES:]
    return (*most, *(tag for tag in rest if tag in _OTHER_SCRIPTS)) or ("und",)


def _pieces(tree: Tree) -> Iterator[Piece]:
    """All that is looked for, and nothing that is shut out."""
    if isinstance(tree, Piece):
        yield tree
        return
    for part in (*tree.wanted, *tree.required):
        yield from _pieces(part)


def _told(node: Node | None) -> Iterator[tuple[str, float]]:
    """The terms that stand for a word, with what each weighs beside one that was typed."""
    if isinstance(node, Term):
        yield from ((term, node.weight * share) for term, share in node.forms().items())
    elif isinstance(node, Phrase):
        yield from ((term, 0.5) for term in node.terms)
    elif isinstance(node, AnyOf):
        for part in node.parts:
            yield from _told(part)


def _wishes(tree: Tree, tongue: _Tongue) -> Iterator[tuple[Term, str]]:
    """Each word that may be looked for by itself, once, and how it was typed."""
    seen: set[tuple[str, ...]] = set()
    for piece in _pieces(tree):
        if piece.how != "words":
            continue
        for wish, typed in _terms(piece, tongue):
            if wish.any_of not in seen:
                seen.add(wish.any_of)
                yield wish, typed


def _terms(piece: Piece, tongue: _Tongue) -> Iterator[tuple[Term, str]]:
    before: Word | None = None
    for word in rules.words(piece.text):
        if before is not None and piece.text[before.end : word.start] in _HYPHENS:
            joined = Word(text=before.text + word.text, start=before.start, end=word.end, run=False)
            yield Term(any_of=tongue.stems(joined)), joined.text
        before = None if word.run else word
        if word.text in tongue.stop:
            continue
        stems = tongue.stems(word)
        if word.run:
            yield from ((Term(any_of=(stem,)), stem) for stem in stems)
        elif stems:
            yield Term(any_of=stems), word.text


def _rarest(wishes: Sequence[Term], frequencies: Mapping[str, int]) -> list[Term]:
    """In their order; of too many those that stand in the fewest passages, but in some.

    Kana by themselves are in every passage of Japanese, and pairs of hiragana that are much
    commoner than the query's other pairs are its grammar: neither is looked for beside others.
    """
    pairs = [wish.any_of[0] for wish in wishes if _PAIR.fullmatch(wish.any_of[0])]
    content = [frequencies.get(pair, 0) for pair in pairs if not _HIRAGANA.fullmatch(pair)]
    if content:
        common = _GRAMMAR * max(1.0, median(content))
        wishes = [
            wish
            for wish in wishes
            if not _KANA.fullmatch(wish.any_of[0])
            and not (
                _HIRAGANA.fullmatch(wish.any_of[0]) and frequencies.get(wish.any_of[0], 0) > common
            )
        ]
    if len(wishes) <= MOST_TERMS:
        return [*wishes]

    def told(wish: Term) -> tuple[bool, int]:
        count = sum(frequencies.get(term, 0) for term in wish.any_of)
        return not count, count

    kept = set(sorted(wishes, key=told)[:MOST_TERMS])
    return [wish for wish in wishes if wish in kept]


def _node(tree: Tree, tongue: _Tongue, taken: Mapping[Term, Node | None]) -> Node | None:
    if isinstance(tree, Piece):
        return _any(_of_piece(tree, tongue, taken))
    wanted = [node for part in tree.wanted for node in _wanted(part, tongue, taken)]
    required = [node for part in tree.required if (node := _demand(part, tongue, taken))]
    unwanted = [node for part in tree.unwanted if (node := _demand(part, tongue, taken))]
    found: Node | None
    if required and wanted:  # wishes move what fits the demands
        found = AllOf(parts=(*required, AnyOf(parts=(*required, *wanted))))
    elif required:
        found = AllOf(parts=tuple(required)) if len(required) > 1 else required[0]
    else:
        found = _any(wanted)
    if found is None or not unwanted:
        return found
    shut = AnyOf(parts=tuple(unwanted)) if len(unwanted) > 1 else unwanted[0]
    return Without(node=found, unwanted=shut)


def _wanted(part: Tree, tongue: _Tongue, taken: Mapping[Term, Node | None]) -> list[Node]:
    """The nodes of a wish: those of words lie open, so that none is counted twice."""
    if isinstance(part, Piece):
        return _of_piece(part, tongue, taken)
    if part.plain:
        return [node for inner in part.wanted for node in _wanted(inner, tongue, taken)]
    node = _node(part, tongue, taken)
    return [node] if node else []


def _of_piece(piece: Piece, tongue: _Tongue, taken: Mapping[Term, Node | None]) -> list[Node]:
    if piece.how == "words":
        return [one for wish, _ in _terms(piece, tongue) if (one := taken.get(wish)) is not None]
    if piece.how == "phrase":
        node = _phrase(piece.text, tongue)
        return [node] if node else []
    words = [*rules.words(piece.text)]
    found: list[Node] = [node for word in words[:-1] if (node := _whole(word, tongue))]
    for word in words[-1:]:
        if node := _whole(word, tongue):
            starts = [] if word.run else [Prefix(start=one) for one in _last_terms(piece.text)]
            found.append(AnyOf(parts=(node, *starts)))
    return found


def _demand(
    part: Tree,
    tongue: _Tongue,
    taken: Mapping[Term, Node | None],
) -> Node | None:
    """The node of what must be there, all of it."""
    if isinstance(part, Group):
        return _node(part, tongue, taken)
    if part.how != "words":
        return _all(_of_piece(part, tongue, taken))
    found: list[Node] = []
    for word in rules.words(part.text):
        node: Node | None = _whole(word, tongue)
        if isinstance(node, Term):
            node = taken.get(node) or node
        if isinstance(node, Term):  # what is demanded is not wished for in other words
            node = replace(node, misheard=())
        if node is not None:
            found.append(node)
    return _all(found)


def _whole(word: Word, tongue: _Tongue) -> Term | Phrase | None:
    stems = tongue.stems(word)
    if word.run and len(stems) > 1:
        return Phrase(terms=stems)
    return Term(any_of=stems) if stems else None


def _phrase(text: str, tongue: _Tongue) -> Node | None:
    forms = dict.fromkeys(tuple(rules.terms(text, language=tag)) for tag in tongue.languages)
    return _any([Phrase(terms=form[:MOST_TERMS]) for form in forms if form])


def _last_terms(text: str) -> list[str]:
    return rules.terms(text, language="zxx")[-1:]


def _any(parts: Sequence[Node]) -> Node | None:
    found = tuple(dict.fromkeys(parts))
    return AnyOf(parts=found) if len(found) > 1 else next(iter(found), None)


def _all(parts: Sequence[Node]) -> Node | None:
    found = tuple(dict.fromkeys(parts))
    return AllOf(parts=found) if len(found) > 1 else next(iter(found), None)
