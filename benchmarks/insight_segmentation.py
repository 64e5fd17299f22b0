"""Borders of topics: ours, each kind of evidence alone, and the trivial ones, by Pk and WindowDiff.

    python benchmarks/insight_segmentation.py [--data DIR] [--quick]

1. QMSum val (meetings, topics marked by people): those of at most 1,200 turns, and the first 20 of
   them as in the notes; borders are the starts of topic spans; the number given, then open. The
   defaults were chosen with these meetings in sight; so:
2. the same with weights and threshold chosen anew for each fold without its meetings.
3. Articles of XQuAD (six languages) and JaQuAD joined to one text: borders are certain.
4. A planted change of subject is found, shuffled speech has no chapters: of 100 each.
5. Ten hours of captions: time and memory.
"""

from __future__ import annotations

import argparse
import itertools
import json
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from loquitur.evaluation import topics
from loquitur.insight.chapters.borders import WEIGHTS, evidence, standard
from loquitur.insight.chapters.dividing import (
    chance,
    changes,
    chosen,
    divide,
    side_tokens,
    usual_ms,
    worth,
)
from loquitur.insight.chapters.latent import vectors
from loquitur.insight.chapters.pieces import Piece
from loquitur.insight.tokens import tokens
from measuring import peak_mb, stopwatch, timed

DATA = Path(__file__).parents[2] / "shared" / "data"
MS_PER_TOKEN = 400  # QMSum has no times: 150 words a minute
_SENTENCE = re.compile(r"(?<=[.!?\u061f\u0964])\s+|(?<=[\u3002\uff01\uff1f])")
_NOISE = re.compile(r"\{[^}]*\}|<[^>]*>")


class Text:
    """Pieces with the borders people set; what is computed of them is kept."""

    def __init__(self, pieces: list[Piece], borders: list[int], language: str = "en") -> None:
        self.pieces, self.borders, self.language = pieces, borders, language
        self.sizes = np.array([len(piece.tokens) for piece in pieces])
        self.span = pieces[-1].end_ms
        self.latent = vectors([piece.tokens for piece in pieces])
        self.kept = {}

    def usual(self, known: bool) -> int:
        """How long parts are: of the number given, or as the length of the whole lets expect."""
        return self.span // (len(self.borders) + 1) if known else usual_ms(self.span)

    def evidence(self, known: bool):
        """What there is to say for each border."""
        if known not in self.kept:
            side = side_tokens(self.sizes, self.usual(known), self.span)
            self.kept[known] = evidence(self.pieces, self.latent, side=side, language=self.language)
        return self.kept[known]

    def score(self, made) -> topics.Agreement:
        """Borders held against those of people."""
        return topics.agreement(self.borders, sorted(made), length=len(self.pieces))

    def ours(self, known: bool, weights=WEIGHTS, threshold: float | None = None) -> list[int]:
        """Our borders by other weights; without the permutation test."""
        kinds = self.evidence(known)
        parts = [weights.get(name, 0) * standard(values) for name, values in kinds.kinds.items()]
        scores = worth(replace(kinds, score=standard(np.sum(parts, axis=0))))
        more = {} if threshold is None else {"threshold": threshold}
        count = len(self.borders) + 1 if known else None
        return chosen(self.pieces, scores, usual=self.usual(known), count=count, **more)


def spoken(parts, language: str) -> Text:
    """Parts, each a list of (speaker, text), as one text."""
    pieces, borders, at_ms = [], [], 0
    for part in parts:
        if pieces:
            borders.append(len(pieces))
        for speaker, text in part:
            words = tuple(tokens(text))
            if words or speaker:
                end_ms = at_ms + MS_PER_TOKEN * max(1, len(words))
                pieces.append(Piece(start_ms=at_ms, end_ms=end_ms, text=text, tokens=words,
                                    speaker=speaker))  # fmt: skip
                at_ms = end_ms
    return Text(pieces, borders, language)


def meetings(data: Path) -> list[Text]:
    found = []
    for line in (data / "qa/qmsum/val.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        turns = row["meeting_transcripts"]
        if len(turns) > 1200:
            continue
        text = spoken(
            [[(turn["speaker"], _NOISE.sub("", turn["content"])) for turn in turns]], "en"
        )
        spans = (span for topic in row["topic_list"] for span in topic["relevant_text_span"])
        text.borders = sorted({int(span[0]) for span in spans} - {0} - {len(turns)})
        found.append(text)
    return found


def articles(data: Path, language: str) -> list[list[str]]:
    if language == "ja":
        paths = sorted((data / "qa/jaquad").glob("*.json"))
        listed = [one for path in paths for one in json.loads(path.read_text("utf-8"))["data"]]
    else:
        listed = json.loads((data / f"qa/xquad/xquad.{language}.json").read_text("utf-8"))["data"]
    return [[one["context"] for one in article["paragraphs"]] for article in listed]


def joined(data: Path, language: str, count: int, seed: int) -> list[Text]:
    """Three to nine articles in a row, two to five paragraphs of each."""
    rng = random.Random(seed)
    every = [one for one in articles(data, language) if len(one) >= 2]
    found = []
    for _ in range(count):
        parts = []
        for article in rng.sample(every, rng.randint(3, 9)):
            size = rng.randint(2, min(5, len(article)))
            first = rng.randint(0, len(article) - size)
            text = " ".join(article[first : first + size])
            parts.append([(None, one) for one in _SENTENCE.split(text) if one.strip()])
        found.append(spoken(parts, language))
    return found


def tiling(text: Text, units: int) -> list[int]:
    """Lexical TextTiling (Hearst 1997): depth of the cosine of word counts, `units` on a side."""
    index = {}
    rows = [[index.setdefault(word, len(index)) for word in one.tokens] for one in text.pieces]
    counts = np.zeros((len(rows) + 1, len(index)), np.float32)
    for at, row in enumerate(rows):
        np.add.at(counts[at + 1], row, 1)
    total = np.cumsum(counts, axis=0)
    similar = np.ones(len(rows))
    for at in range(1, len(rows)):
        left = total[at] - total[max(0, at - units)]
        right = total[min(len(rows), at + units)] - total[at]
        norm = np.linalg.norm(left) * np.linalg.norm(right)
        similar[at] = left @ right / norm if norm else 0
    depth = np.zeros(len(rows))
    for at in range(1, len(rows)):
        low = at
        while low > 1 and similar[low - 1] >= similar[low]:
            low -= 1
        high = at
        while high < len(rows) - 1 and similar[high + 1] >= similar[high]:
            high += 1
        depth[at] = similar[low] + similar[high] - 2 * similar[at]
    return sorted(int(at) for at in np.argsort(-depth, kind="stable")[: len(text.borders)])


def shown(name: str, scores: list[topics.Agreement], first: int = 0) -> None:
    mean = topics.mean_of(scores)
    line = f"  {name:34} Pk {mean.pk:.3f}  WD {mean.window_diff:.3f}  borders {mean.borders:4.1f}"
    if first:
        few = topics.mean_of(scores[:first])
        line += f"   first {first}: Pk {few.pk:.3f}  WD {few.window_diff:.3f}"
    print(line, flush=True)


def table(texts: list[Text], first: int = 0) -> None:
    people = sum(len(text.borders) for text in texts) / len(texts)
    print(f"  {len(texts)} texts, {people:.1f} borders set by people")
    base = [topics.trivial(text.borders, length=len(text.pieces)) for text in texts]
    for name in ("none", "even", "random"):
        shown(name, [one[name] for one in base], first)
    for units in (10, 20, 40):
        shown(
            f"lexical TextTiling, {units} units", [t.score(tiling(t, units)) for t in texts], first
        )
    kinds = [name for name in WEIGHTS if name != "embeddings"]
    alone = [name for name in kinds if any(t.evidence(True).kinds[name].any() for t in texts)]
    for name in alone:
        one = {name: 1.0}
        shown(f"{name} alone, number given", [t.score(t.ours(True, one)) for t in texts], first)
    for known, said in ((True, "number given"), (False, "number open")):
        count = {id(t): len(t.borders) + 1 if known else None for t in texts}
        found = [changes(t.pieces, t.latent, count=count[id(t)]) for t in texts]
        shown(f"ruptures (kernel), {said}", scored(texts, found), first)
        found = [divide(t.pieces, count=count[id(t)], language=t.language).borders for t in texts]
        shown(f"ours, {said}", scored(texts, found), first)


def scored(texts: list[Text], found) -> list[topics.Agreement]:
    return [text.score(made) for text, made in zip(texts, found, strict=True)]


def held_out(texts: list[Text], first: int) -> None:
    """Weights and threshold chosen on four fifths, judged on the last; five drawings of folds."""
    grid = [
        {"words": 1.0, "cue": cue, "speakers": speakers, "novelty": novelty,
         "turn": turn}
        for cue, speakers, novelty, turn in itertools.product(
            (0.0, 0.1, 0.25), (0.0, 0.5, 1.0), (0.0, 0.15, 0.5), (0.0, 0.25, 0.5))
    ]  # fmt: skip
    for known, thresholds in ((True, (None,)), (False, (2.0, 2.25, 2.5, 3.0))):
        choices = list(itertools.product(grid, thresholds))
        found = [[t.score(t.ours(known, w, limit)) for t in texts] for w, limit in choices]
        pks = np.array([[one.pk for one in row] for row in found])
        for seed in range(5):
            order = np.random.default_rng(seed).permutation(len(texts))
            held: list = [None] * len(texts)
            for fold in range(5):
                test = order[fold::5]
                best = int(np.argmin(np.delete(pks, test, axis=1).mean(axis=1)))
                for at in test:
                    held[at] = found[best][at]
            shown(f"held out, {'given' if known else 'open'}, folds {seed}", held, first)
        spread = np.percentile(pks.mean(axis=1), [0, 50, 100])
        print(f"  all {len(choices)} choices: Pk {spread[0]:.3f} to {spread[2]:.3f}, "
              f"median {spread[1]:.3f}")  # fmt: skip


def planted_and_shuffled(data: Path, times: int) -> None:
    """Two articles in a row; one article's words in random order."""
    rng = random.Random(7)
    every = [one for one in articles(data, "en") if sum(len(p.split()) for p in one[:5]) > 500]
    found = near = raised = 0
    for _ in range(times):
        parts = [[(None, one) for one in _SENTENCE.split(" ".join(article[:5]))]
                 for article in rng.sample(every, 2)]  # fmt: skip
        text = spoken(parts, "en")
        made = divide(text.pieces, language="en").borders
        reach = [abs(text.pieces[at].start_ms - text.pieces[text.borders[0]].start_ms)
                 for at in made]  # fmt: skip
        found += bool(made)
        near += any(one <= 30_000 for one in reach)
        words = [word for piece in text.pieces for word in piece.tokens]
        rng.shuffle(words)
        left = iter(words)
        mixed = [replace(one, tokens=tuple(next(left) for _ in one.tokens)) for one in text.pieces]
        raised += bool(divide(mixed, language="en").borders)
    print(f"  {times} planted: {found} have a border, {near} within 30 s of the change; "
          f"{times} shuffled: {raised} have a border")  # fmt: skip


def hours(data: Path) -> None:
    sentences = [s for article in articles(data, "en") for p in article for s in _SENTENCE.split(p)]
    pieces, at_ms = [], 0
    rng = random.Random(0)
    while at_ms < 36_000_000:
        text = rng.choice(sentences)
        words = tuple(tokens(text))
        end_ms = at_ms + MS_PER_TOKEN * max(1, len(words))
        pieces.append(Piece(start_ms=at_ms, end_ms=end_ms, text=text, tokens=words))
        at_ms = end_ms
    for count in (None, 60):
        with stopwatch() as took:
            made = divide(pieces, language="en", count=count).borders
        print(f"  {len(pieces):,} pieces, count {count}: {took.cpu_s:.1f} s of "
              f"CPU, {len(made)} borders; this process so far {peak_mb():.0f} MB")  # fmt: skip
    _, took = timed(lambda: chance(pieces, 2000))
    print(f"  of which the permutation test {took.cpu_s:.1f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--quick", action="store_true", help="without choosing anew")
    given = parser.parse_args()
    texts = meetings(given.data)
    print("QMSum val, meetings of at most 1,200 turns (defaults chosen with them in sight)")
    table(texts, 20)
    if not given.quick:
        print("QMSum val, weights and threshold chosen without the fold")
        held_out(texts, 20)
    for language in ("en", "es", "ru", "ar", "hi", "zh", "ja"):
        print(f"joined articles, {language}")
        table(joined(given.data, language, 10, seed=11))
    print("planted and shuffled")
    planted_and_shuffled(given.data, 100)
    print("ten hours")
    hours(given.data)


if __name__ == "__main__":
    main()
