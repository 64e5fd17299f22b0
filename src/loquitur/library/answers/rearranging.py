"""Words of a sentence in other places of it: subject for object, one figure for another.

A claim may turn a sentence round (`on Monday it rained`, the passive voice), and then whole parts
of it change places. What is looked for is a copy in which two parts stand in each other's place
around a third that stays, in which a word stands where the passage has another, or in which a
figure stands behind a word that has another figure behind it there. Languages of free order, where
endings say who does what, are left: `ORDERED` names those whose order says it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from loquitur.languages import primary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.answers.wording import Wording

ORDERED = frozenset(("en", "und", "fr", "es", "it", "pt", "nl", "sv", "da", "no", "nb"))
COPIED = 0.6
"""From this share of a claim's words in one sentence of the passage on their order is compared."""
_STRANGE = 0.2
_NEAR = 6
_SLACK = 2
"""Words of a sentence that may stand between three parts, beside theirs."""
_WORD = re.compile(r"\w+")
_BY = re.compile(r"\b(?:by|of|par|du|de|des|por|del|da|dal|dalla|do|van|door|av|af)\b|['\u2019]s\b")
_AGENT = re.compile(r"\b(?:by|par|por|da|dal|dalla|door|av|af)\b")
_BEING = re.compile(
    r"\b(?:am|is|are|was|were|be|been|being|got|est|sont|fut|été|fue|fueron|sido|es|foi|foram|fu|"
    r"furono|stato|stata|è|werd|werden|wordt|blev|blir|bliver)\b"
)
_JOINING = re.compile(r"[\s,;&]*(?:and|or|et|ou|y|o|e|en|och|og|eller)?[\s,;&]*")
_CONTRAST = re.compile(
    r"\b(?:but|whereas|while|mais|tandis|pero|mientras|ma|mentre|mas|enquanto|maar|terwijl|men)\b|;"
)
_MONTH_NAMES = (
    "january february march april may june july august september october november december janvier"
    " février mars avril mai juin juillet août septembre octobre novembre décembre enero febrero"
    " marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre gennaio febbraio"
    " aprile maggio giugno luglio settembre ottobre dicembre janeiro fevereiro março maio junho"
    " julho setembro outubro novembro dezembro januari februari maart mei juni juli augustus"
    " oktober"
)
_MONTHS = frozenset(_MONTH_NAMES.split())


class _Items:
    """The content words and figures of a sentence in their order."""

    def __init__(self, sentence: Wording) -> None:
        self.text = sentence.text
        found = [(word.start, word.end, word.stem) for word in sentence.words]
        found += [
            (one.start, one.end, f"#{min(one.values)}") for one in sentence.figures if one.sure
        ]
        found.sort()
        self.spans = [(first, end) for first, end, _ in found]
        self.keys = [key for *_, key in found]
        counted: dict[str, int] = {}
        for key in self.keys:
            counted[key] = counted.get(key, 0) + 1
        self.places = {key: at for at, key in enumerate(self.keys) if counted[key] == 1}

    def __len__(self) -> int:
        return len(self.keys)

    def written(self, at: int) -> str:
        """An item as it stands."""
        return self.text[slice(*self.spans[at])].strip()

    def between(self, a: int, b: int) -> str:
        """What stands between two items."""
        a, b = min(a, b), max(a, b)
        return self.text[self.spans[a][1] : self.spans[b][0]].lower()


def rearranged(
    claim: Wording,
    support: Sequence[Wording],
    every: Sequence[Wording],
    before: frozenset[str],
    language: str,
) -> str:
    """What stands in another's place in a claim that is otherwise copied; empty for nothing.

    Args:
        claim: A sentence of a claim.
        support: The sentences that it quotes.
        every: All sentences of the cited passages.
        before: What a subject may be told by: words of titles, names, sentences right before.
        language: Of the passage, BCP 47.
    """
    if (primary(language) or "und") not in ORDERED:
        return ""
    own = _Items(claim)
    said = frozenset().union(*(one.stems for one in every))
    reasons = []
    for sentence in support:
        theirs = _Items(sentence)
        if len(own) < 3 or sum(key in theirs.keys for key in own.keys) < COPIED * len(own):
            continue
        reason = _voice(own, theirs) or _voice(theirs, own)
        if not reason and _is_copied(claim, sentence):
            reason = (
                _exchanged(own, theirs)
                or _replaced(own, theirs, said, before)
                or _other_subject(own, theirs, said - before)
                or _across(own, theirs)
                or _figure_of_another(own, theirs)
            )
        if not reason:
            return ""
        reasons.append(reason)
    return reasons[0] if reasons else ""


def _is_copied(claim: Wording, sentence: Wording) -> bool:
    """Whether nearly all words of a claim, small ones too, are those of a sentence."""
    said = {word.lower() for word in _WORD.findall(sentence.text)}
    words = [word.lower() for word in _WORD.findall(claim.text)]
    return sum(word not in said for word in words) <= max(1, _STRANGE * len(words))


def _exchanged(own: _Items, theirs: _Items) -> str:
    """Two parts in each other's place around a third."""
    both = [key for key in own.keys if key in own.places and key in theirs.places]
    order = sorted(both, key=theirs.places.__getitem__)
    rank = {key: at for at, key in enumerate(order)}
    runs: list[list[int]] = []
    for key in both:
        if runs and runs[-1][-1] + 1 == rank[key]:
            runs[-1].append(rank[key])
        else:
            runs.append([rank[key]])
    for first, middle, last in zip(runs, runs[1:], runs[2:], strict=False):
        if first[0] != middle[-1] + 1 or middle[0] != last[-1] + 1:
            continue
        a, z = own.places[order[first[-1]]], own.places[order[last[0]]]
        m = own.places[order[middle[0]]], own.places[order[middle[-1]]]
        there = theirs.places[order[last[-1]]], theirs.places[order[first[0]]]
        spread = [theirs.places[order[one]] for run in (last, middle, first) for one in run]
        if spread[-1] - spread[0] > len(spread) - 1 + _SLACK:
            continue  # from all over a long sentence
        here = own.between(a, z)
        if bool(_BY.search(here)) != bool(_BY.search(theirs.between(*there))):
            continue  # the passive voice, or `the King's horse`
        gaps = own.between(a, m[0]), own.between(m[1], z)
        if all(gap.strip() and _JOINING.fullmatch(gap) for gap in gaps):
            continue  # a list
        return f"'{own.written(a)}' and '{own.written(z)}' have changed places"
    return ""


def _voice(own: _Items, theirs: _Items) -> str:
    """A passive voice in one of both alone, and nothing has changed places."""
    for at in range(len(own) - 2):
        keys = own.keys[at : at + 3]
        if any(key not in theirs.places or key not in own.places for key in keys):
            continue
        a, m, z = (theirs.places[key] for key in keys)
        if not a < m < z or not _BEING.search(own.between(at, at + 1)):
            continue
        if not _AGENT.search(own.between(at + 1, at + 2)):
            continue
        if not _AGENT.search(theirs.between(m, z)) and not _BEING.search(theirs.between(a, m)):
            return f"'{own.written(at)}' and '{own.written(at + 2)}' have changed places"
    return ""


def _replaced(own: _Items, theirs: _Items, said: frozenset[str], before: frozenset[str]) -> str:
    """A word where the passage has another one, between the same two."""
    mine = frozenset(own.keys)
    for at, key in enumerate(own.keys):
        left, right = own.keys[at - 1] if at else "", own.keys[at + 1 : at + 2]
        if not right or right[0] not in theirs.places:
            continue
        if key not in said and not key.startswith("#"):
            continue  # a word of nobody's: others see to it
        there = theirs.places[right[0]] - 1
        if there < 0 or theirs.keys[there] == key or theirs.keys[there] in mine:
            continue
        if at:
            held = there > 0 and theirs.keys[there - 1] == left
        else:  # what begins it: the next two have to be those of the passage
            follows = own.keys[1:3] == theirs.keys[1:3] and len(own) > 2
            later = theirs.places.get(key, len(theirs)) < theirs.places.get(own.keys[-1], 0)
            held = there == 0 and follows and key not in before and not later
        if held and not _alike(key, theirs.keys[there]):
            return f"'{own.written(at)}' stands where '{theirs.written(there)}' was said"
    return ""


def _other_subject(own: _Items, theirs: _Items, said: frozenset[str]) -> str:
    """A first word from elsewhere, where all others are of one sentence."""
    first, rest = own.keys[0], own.keys[1:]
    if first not in said or first in theirs.keys:
        return ""
    if any(key not in theirs.keys for key in rest) or any(
        _alike(first, key) for key in theirs.keys
    ):
        return ""
    if theirs.places.get(rest[0], 0) == 0:
        return ""  # nothing stands before it there: `he`, `it`
    return f"'{own.written(0)}' is not what that is said of"


def _across(own: _Items, theirs: _Items) -> str:
    """The beginning of one side of a `but` with the end of the other."""
    mine = frozenset(own.keys)
    for at, (one, two) in enumerate(zip(own.keys, own.keys[1:], strict=False)):
        a, b = theirs.places.get(one, 0), theirs.places.get(two, 0)
        turn = _CONTRAST.search(theirs.between(a, b)) if a + 1 < b <= a + _NEAR else None
        if turn is None or _CONTRAST.search(own.between(at, at + 1)):
            continue
        here = theirs.spans[a][1] + turn.start()
        left_out = [
            theirs.spans[item][0] < here
            for item in range(a + 1, b)
            if theirs.keys[item] not in mine
        ]
        if True in left_out and False in left_out:
            return f"'{own.written(at)}' and '{own.written(at + 1)}' are of two sides of a contrast"
    return ""


def _alike(a: str, b: str) -> bool:
    return a[:4] == b[:4] and not a.startswith("#")


def _figure_of_another(own: _Items, theirs: _Items) -> str:
    """A figure behind a word that has another figure right behind it in the passage."""
    mine = frozenset(own.keys)
    for at, (word, figure) in enumerate(zip(own.keys, own.keys[1:], strict=False)):
        if not figure.startswith("#") or word not in theirs.places or figure not in theirs.places:
            continue
        there = theirs.places[word] + 1
        stop = theirs.places[figure]
        if there >= stop or not theirs.keys[there].startswith("#") or theirs.keys[there] in mine:
            continue
        between = range(there + 1, stop)
        if any(
            not theirs.keys[one].startswith("#") and theirs.written(one).lower() not in _MONTHS
            for one in between
        ):
            return (
                f"'{own.written(at)}' is said of {theirs.written(there)}, not of"
                f" {own.written(at + 1)}"
            )
    return ""
