"""Which words of a sentence are most likely the answer.

Every run of up to `MOST_PIECES` words that no full stop parts is weighed by a linear model over
what can be seen without a grammar: whether it looks like what the question wants (figures,
capitals), how near it is to the words it shares with the question, how it begins and ends. That is
the baseline of Rajpurkar et al. ("SQuAD", EMNLP 2016, section 4) without its parse trees. The
weights are in `calibration.toml`.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from loquitur.library.answers.figures import figures
from loquitur.library.search.stop_words import stop_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from loquitur.library.excerpts.evidence import Sentence
    from loquitur.library.excerpts.questions import Question

MOST_PIECES = 8
FEATURES = (
    "figure_wanted", "figure_unwanted", "year_wanted", "name_person", "name_place", "name_other",
    "plain_name_wanted", "near", "nearest", "asked", "length", "long", "opens", "closes",
    "small_words", "quoted", "first", "after_asked",
)  # fmt: skip
"""What is seen of a run of words, in the order of the columns of `features`."""

_PIECE = re.compile(
    "[\u30a0-\u30ff\u31f0-\u31ff]+|[\u3041-\u309f]+|[\u3400-\u9fff\uf900-\ufaff\u3005]+"
    "|\\d[\\d.,]*\\d|\\d+|(?:(?![\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff])[^\\W\\d_]['\u2019\\w.&/+-]*)"
)
_HIRAGANA = re.compile("[\u3041-\u309f]+")
_YEAR = re.compile(r"(?:1\d|20)\d\d")
_BORDER = re.compile(
    '[.!?;:()\\[\\]"\u201c\u201d\u00ab\u00bb\u2026\u3002\uff1b\uff1a\uff08\uff09\u300c\u300d\u060c\u061b'
    "\u061f\u0964\u3001\uff0c]"
)
_OPENS_QUOTE = re.compile('["\u201c\u00ab\u300c(\uff08]\\s*$')


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A word of a sentence, or a run of one script of Chinese and Japanese."""

    start: int
    end: int
    text: str
    asked: float
    small: bool
    capital: bool
    figure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Some words side by side, by their numbers, `[first, last]`, and their characters."""

    first: int
    last: int
    start: int
    end: int


def runs_of(sentence: Sentence, question: Question) -> tuple[list[Run], NDArray[np.float64]]:
    """The runs of words of a sentence that may be the answer, and what is seen of each.

    Returns:
        Runs with places in the sentence, and their features, shape [runs, len(FEATURES)].
    """
    pieces = _pieces(sentence)
    text = sentence.text
    runs = []
    for first in range(len(pieces)):
        if pieces[first].small:
            continue
        for last in range(first, min(len(pieces), first + MOST_PIECES)):
            if last > first and _parted(text, pieces[last - 1], pieces[last]):
                break
            inside = pieces[first : last + 1]
            if not pieces[last].small and not all(one.asked or one.small for one in inside):
                runs.append(
                    Run(first=first, last=last, start=pieces[first].start, end=pieces[last].end)
                )
    rows = [_seen(run, pieces, text, question) for run in runs]
    return runs, np.array(rows, np.float64).reshape(len(runs), len(FEATURES))


def _pieces(sentence: Sentence) -> list[Piece]:
    text, found = sentence.text, sentence.found
    small = stop_words(found.passage.language)
    weights = {
        one.term: one.weight * share
        for one, share in zip(found.asked, sentence.matched, strict=True)
        if share
    }
    tokens = [one for one in found.tokens if sentence.start <= one.start < sentence.end]
    pieces = []
    at = 0
    for match in _PIECE.finditer(text):
        word = match[0].rstrip(".,'\u2019-&/+")
        first, end = match.start(), match.start() + len(word)
        asked = 0.0
        while at < len(tokens) and tokens[at].start < sentence.start + first:
            at += 1
        ahead = at
        while ahead < len(tokens) and tokens[ahead].start < sentence.start + end:
            asked = max(asked, weights.get(tokens[ahead].term, 0.0))
            ahead += 1
        pieces.append(
            Piece(
                start=first,
                end=end,
                text=word,
                asked=asked,
                small=word.lower() in small or bool(_HIRAGANA.fullmatch(word)),
                capital=word[0].isupper(),
                figure=any(sign.isdigit() for sign in word),
            )
        )
    return pieces


def _parted(text: str, one: Piece, other: Piece) -> bool:
    between = text[one.end : other.start]
    if _BORDER.search(between):
        return True
    return "," in between and not (other.figure or (one.capital and other.capital))


def _seen(run: Run, pieces: Sequence[Piece], text: str, question: Question) -> list[float]:
    inside = pieces[run.first : run.last + 1]
    wanted = question.wanted
    figure = any(one.figure for one in inside)
    name = all(one.capital or one.small or one.figure for one in inside) and any(
        one.capital and one.start > 0 for one in inside
    )
    near, nearest = _distances(run, pieces)
    before = pieces[run.first - 1] if run.first else None
    after = pieces[run.last + 1] if run.last + 1 < len(pieces) else None
    year = any(_YEAR.fullmatch(one.text) for one in inside)
    return [
        float(figure and wanted in ("number", "time")),
        float(figure and wanted not in ("number", "time")),
        float(year and wanted == "time") - float(year and wanted == "number"),
        float(name and wanted == "person"),
        float(name and wanted == "place"),
        float(name and wanted in ("other", "meaning")),
        float(name and not figure and wanted in ("number", "time")),
        near,
        nearest,
        sum(one.asked > 0 for one in inside) / len(inside),
        math.log(len(inside)),
        float(len(inside) > 4),
        float(before is None or _ends(before) or _parted(text, before, inside[0])),
        float(after is None or _ends(after) or _parted(text, inside[-1], after)),
        sum(one.small for one in inside) / len(inside),
        float(bool(_OPENS_QUOTE.search(text[max(0, run.start - 3) : run.start]))),
        float(run.first == 0),
        float(before is not None and before.asked > 0),
    ]


def _ends(beside: Piece) -> bool:
    """Whether a run may end before a word: one of grammar, or of the question."""
    return beside.small or beside.asked > 0


def _distances(run: Run, pieces: Sequence[Piece]) -> tuple[float, float]:
    """How near the words of the question are: by weight, and the nearest one."""
    total = sum(one.asked for one in pieces)
    if not total:
        return 0.0, 0.0
    near, least = 0.0, len(pieces)
    for at, one in enumerate(pieces):
        if one.asked and not run.first <= at <= run.last:
            away = run.first - at if at < run.first else at - run.last
            near += one.asked / (1 + away)
            least = min(least, away)
    return near / total, 1 / (1 + least)


def likeliest(
    sentence: Sentence, question: Question, weights: NDArray[np.float64]
) -> tuple[int, int] | None:
    """Where the likeliest answer stands in a sentence; None where nothing could be one.

    How many is answered by a number, in figures or in words, or by no words in particular.
    """
    runs, seen = runs_of(sentence, question)
    scores = seen @ weights
    if question.wanted == "number":
        numbers = [(one.start, one.end) for one in figures(sentence.text) if one.sure]
        for at, run in enumerate(runs):
            if not any(start < run.end and run.start < end for start, end in numbers):
                scores[at] = -np.inf
    if not runs or not np.isfinite(scores.max()):
        return None
    best = runs[int(np.argmax(scores))]
    return best.start, best.end


def looks_wanted(sentence: Sentence, question: Question) -> float:
    """Whether a sentence has anything of the kind that is wanted beyond the question's words.

    1 where it has, 0 where it has not; a half where a question wants nothing one can see.
    """
    if question.wanted in ("other", "meaning"):
        return 0.5
    pieces = [one for one in _pieces(sentence) if not one.asked]
    if question.wanted in ("number", "time"):
        return float(any(one.figure for one in pieces))
    unicase = not any(one.text.lower() != one.text.upper() for one in pieces)
    return 0.5 if unicase else float(any(one.capital and one.start > 0 for one in pieces))
