"""Small words that weigh: how many, how sure, on what condition, more or less than a figure.

They are few and all over, so that the other rules pass them: `all` for `half of`, `is` for `may
be`, `less than 5` for `more than 5`. They are known of the languages of `weights.toml`; of others
nothing is compared.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from loquitur.languages import primary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loquitur.library.answers.figures import Figure
    from loquitur.library.answers.wording import Wording

_NEAR = 28
"""Signs before a figure in which a word may bound it."""


def outweighed(claim: Wording, support: Sequence[Wording], language: str) -> str:
    """What a claim says of more, or surer, than the sentences that it quotes; empty for nothing.

    Args:
        claim: A sentence of a claim.
        support: The sentences that it quotes.
        language: Of the passage, BCP 47.
    """
    classes = _classes(primary(language) or "en")
    if not classes or not support:
        return ""
    return (
        _amount(claim, support, classes)
        or _certainty(claim, support, classes)
        or _bound(claim, support, classes)
    )


def _amount(claim: Wording, support: Sequence[Wording], classes: dict[str, re.Pattern[str]]) -> str:
    """Another share of the same things."""
    said = " ".join(one.text for one in support)
    for name in ("all", "most", "half", "few"):
        found = classes[name].search(claim.text)
        if found is None or classes[name].search(said):
            continue
        if name == "half" and any(one.kind == "percent" for one in claim.figures):
            continue  # a figure, and held against theirs
        if name == "all" and not any(
            classes[other].search(said) for other in ("most", "half", "few", "some", "only")
        ):
            continue  # `both groups` of two that were named, `the whole course`: nothing limits it
        return f"'{found[0].strip()}' is not said there"
    for name in ("half", "few"):
        found = classes[name].search(said)
        if found is None or _is_shared_behind(claim, said, found.end()) is False:
            continue
        weighed = any(
            classes[one].search(claim.text) for one in ("all", "most", "half", "few", "some")
        )
        if not weighed and not claim.figures:
            return f"'{found[0].strip()}' is left out"
    if (found := classes["some"].search(claim.text)) and not classes["some"].search(said):
        for name in ("all", "most", "few", "half"):
            if other := classes[name].search(said):
                return f"'{found[0].strip()}' stands for '{other[0].strip()}'"
    return ""


def _is_shared_behind(claim: Wording, said: str, at: int) -> bool:
    """Whether one of the next words is a claim's too."""
    words = {claim.text[one.start : one.end].lower() for one in claim.words}
    return any(word.lower() in words for word in re.findall(r"\w+", said[at : at + 40])[:4])


def _certainty(
    claim: Wording, support: Sequence[Wording], classes: dict[str, re.Pattern[str]]
) -> str:
    """A doubt or a condition that is left out, or a certainty that is put in."""
    for name, same in (("sure", "sure"), ("must", "duty")):
        found = classes[name].search(claim.text)
        if found and not any(classes[same].search(one.text) for one in support):
            return f"'{found[0].strip()}' is not said there"
    stems = claim.stems
    for name in ("doubt", "condition"):
        if classes[name].search(claim.text) or (
            name == "condition" and classes["when"].search(claim.text)
        ):
            continue
        bare = []
        for sentence in support:
            shared = [word for word in sentence.words if word.stem in stems]
            if not shared:
                continue
            marks = [
                mark
                for mark in classes[name].finditer(sentence.text)
                if _bears(name, mark.end(), sentence, stems)
            ]
            bare.append(marks[0][0].strip() if marks else "")
        if bare and all(bare):
            return f"'{bare[0]}' is left out"
    return ""


def _bears(name: str, at: int, sentence: Wording, stems: frozenset[str]) -> bool:
    """Whether a word of doubt, or of a condition, bears on what a claim says.

    It is of the clause that it stands in. Of a condition nearly all words have to be the claim's:
    `if you look at this, ...` is none.
    """
    for first, end in sentence.clauses:
        if first <= at <= end:
            behind = [word for word in sentence.words if at <= word.start < end]
            shared = sum(word.stem in stems for word in behind)
            if name == "condition":
                return shared >= 2 and shared >= 0.6 * len(behind)
            return bool(behind) and behind[0].stem in stems and shared >= 2
    return False


def _bound(claim: Wording, support: Sequence[Wording], classes: dict[str, re.Pattern[str]]) -> str:
    """A figure as the least where it was the most; `from` for `to`."""
    for figure in claim.figures:
        here = _bounds(claim, figure, classes)
        if not here:
            continue
        there = [
            _bounds(sentence, other, classes)
            for sentence in support
            for other in sentence.figures
            if other.agrees(figure)
        ]
        if there and all(_conflict(here, one) for one in there):
            shown = claim.text[figure.start : figure.end].strip()
            return f"{shown} is bounded in another way there"
    return ""


_SIDES = (("least", "most"), ("before", "after"), ("from", "to"), ("by", "to"), ("by", "from"))


def _conflict(here: frozenset[str], there: frozenset[str]) -> bool:
    for one, two in _SIDES:
        if (one in here and two in there) or (two in here and one in there):
            return True
    return bool(here & {"least", "most", "before", "after"} - there)


def _bounds(
    sentence: Wording, figure: Figure, classes: dict[str, re.Pattern[str]]
) -> frozenset[str]:
    """How a figure is bounded by the words right before it."""
    last = max((one.end for one in sentence.figures if one.end <= figure.start), default=0)
    text = sentence.text[max(last, figure.start - _NEAR) : figure.start].rstrip(" $€£¥₩")
    text = text.lower().removesuffix(" the")
    return _named(text, classes)


def _named(text: str, classes: dict[str, re.Pattern[str]]) -> frozenset[str]:
    found = set()
    for name, side in (
        ("at_least", "least"), ("at_most", "most"), ("before", "before"), ("after", "after"),
        ("from", "from"), ("to", "to"), ("by", "by"),
    ):  # fmt: skip
        if any(not text[match.end() :].strip() for match in classes[name].finditer(text)):
            found.add(side)
    if "least" in found and "most" in found:  # `no more than`, `not less than`
        at_most = max(match.start() for match in classes["at_most"].finditer(text))
        at_least = max(match.start() for match in classes["at_least"].finditer(text))
        found.discard("least" if at_most < at_least else "most")
    return frozenset(found)


@lru_cache(maxsize=32)
def _classes(language: str) -> dict[str, re.Pattern[str]]:
    """The words of a language by what they do; empty where nobody wrote them down."""
    text = (
        resources.files("loquitur.library.answers")
        .joinpath("weights.toml")
        .read_text(encoding="utf-8")
    )
    known = tomllib.loads(text)
    words = known.get("en" if language == "und" else language)
    if words is None:
        return {}
    return {
        name: re.compile(rf"(?<!\w)(?:{words.get(name) or '(?!)'})(?!\w)", re.IGNORECASE)
        for name in known["en"]
    }
