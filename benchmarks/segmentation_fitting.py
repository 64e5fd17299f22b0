"""Fits the numbers of `subtitles/weights.json` on captions made by professionals.

    python benchmarks/segmentation_fitting.py [--folds 6] [--write]

A semi-Markov conditional random field over the very features and curves that `subtitles.cutting`
decodes with: the likelihood of the human's cues and lines against all others within the limits,
with a Gaussian prior, by L-BFGS. Cross-validated by talk (`--folds`): each fold is cut by weights
that never saw its talks, and its figures are printed. `--write` fits on all talks and replaces the
file. Clocks play no part: the corpus has no times of words.

A line break inside a cue that fits on one line counts as none while fitting: guidelines want it so
(Netflix: "text should usually be kept to one line"), the captioners made 13 % of theirs there.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np

import loquitur.subtitles
from loquitur.subtitles import breaks
from loquitur.subtitles.cutting import cut
from loquitur.subtitles.features import features_of
from loquitur.subtitles.grammar import grammar_of
from loquitur.subtitles.limits import Limits
from loquitur.subtitles.tokens import Reader
from loquitur.subtitles.units import TimedText, units_of
from loquitur.subtitles.weights import SHAPES, STEPS, Weights, weights_of
from segmentation_corpus import (
    DEV,
    LINES,
    NO_HITS,
    WIDTH,
    Talk,
    added,
    hits,
    shown_hits,
    stripped,
    talks,
)

FILE = Path(loquitur.subtitles.__file__).parent / "weights.json"
MOST_WORDS = 12
"""Words of a line while fitting; the longest of the corpus has 11."""
CHUNK = 300
RARE = 25
PRIOR = 3.0
SHAPE_PRIOR = 0.3
ROUNDS = 80
SMALL = 0.1
"""Weights below this are left out of the file."""


def features(talk: Talk, *, marked: bool) -> list[tuple[str, ...]]:
    read = Reader(grammar_of("en"), bare=not marked).read
    return [*features_of([read(text) for text in talk.texts], words=True), ()]


class Corpus:
    """Talks as arcs (a word, words of the upper line, words of the lower one) with features."""

    def __init__(self, some: list[Talk], names: dict[str, int], *, marked: bool) -> None:
        self.names = names
        rows, truth, self.parts, base = [], [], [], 0
        for talk in some:
            rows += [[names[n] for n in row if n in names] for row in features(talk, marked=marked)]
            truth += talk.breaks
            begin = base
            for index, kind in enumerate(talk.breaks):
                end = base + index + 1
                if kind == 2 and (end - begin >= CHUNK or index + 1 == len(talk.breaks)):
                    self.parts.append((begin, end))
                    begin = end
            base += len(talk.texts)
        self.count = base
        self.table = np.full((base, max(map(len, rows))), len(names))
        for index, row in enumerate(rows):
            self.table[index, : len(row)] = row
        size = np.array([len(text) for talk in some for text in talk.texts]) + 1
        self.sums = np.concatenate([[0], np.cumsum(size)])
        self.part_end = np.zeros(base, dtype=int)
        for begin, end in self.parts:
            self.part_end[begin:end] = end
        self._arcs()
        self._curves()
        self._truth(truth)

    def _arcs(self) -> None:
        one = np.arange(self.count)[:, None]
        length = np.arange(MOST_WORDS + 1)[None, :]
        end = np.minimum(one + length, self.count)
        width = self.sums[end] - self.sums[one] - 1
        fits = (one + length <= self.part_end[:, None]) & ((width <= WIDTH) | (length == 1))
        found = []
        for upper in range(1, MOST_WORDS + 1):
            at = np.nonzero(fits[:, upper])[0]
            found.append(np.stack([at, np.full_like(at, upper), np.zeros_like(at)]))
            at = at[at + upper < self.part_end[at]]
            for lower in range(1, MOST_WORDS + 1):
                some = at[fits[at + upper, lower]]
                whole = self.sums[some + upper + lower] - self.sums[some] - 1
                some = some[whole > WIDTH]
                found.append(np.stack([some, np.full_like(some, upper), np.full_like(some, lower)]))
        arcs = np.concatenate(found, axis=1)
        cell = arcs[0] * (2 * MOST_WORDS + 1) + arcs[1] + arcs[2]
        order = np.argsort(cell, kind="stable")
        self.at, self.upper, self.lower = arcs[:, order]
        cell = cell[order]
        self.first = np.nonzero(np.r_[True, cell[1:] != cell[:-1]])[0]
        self.cells = cell[self.first]
        self.repeat = np.diff(np.r_[self.first, len(cell)])

    def _curves(self) -> None:
        middle, end = self.at + self.upper, self.at + self.upper + self.lower
        fill = np.minimum(self.sums[middle] - self.sums[self.at] - 1, WIDTH) / WIDTH
        below = np.minimum(
            self.sums[end] - self.sums[np.minimum(middle, self.count - 1)] - 1, WIDTH
        )
        self.two = self.lower > 0
        below = np.where(self.two, below / WIDTH, 0.0)
        whole = (self.sums[end] - self.sums[self.at] - 1) / WIDTH
        self.curves = []
        every = np.ones_like(self.two)
        for place, (name, mask, value, low, high) in enumerate(
            (
                ("single", ~self.two, fill, 0, 1),
                ("upper", self.two, fill, 0, 1),
                ("lower", self.two, below, 0, 1),
                ("cue", every, whole, 0, 2),
            )
        ):
            assert SHAPES[place] == name
            which = np.nonzero(mask)[0]
            step = (np.clip(value[which], low, high) - low) / (high - low) * (STEPS - 1)
            left = np.minimum(step.astype(int), STEPS - 2)
            self.curves.append((which, left + place * STEPS, step - left))

    def _truth(self, truth: list[int]) -> None:
        place = {arc: i for i, arc in enumerate(zip(self.at, self.upper, self.lower, strict=True))}
        found, at, lines, begin = [], 0, [], 0
        for index, kind in enumerate(truth):
            if kind:
                lines.append(index + 1 - begin)
                begin = index + 1
            if kind == 2:
                if len(lines) == 2 and (at, *lines) not in place:
                    lines = [sum(lines)]
                arc = (at, lines[0], lines[1] if len(lines) > 1 else 0)
                if len(lines) <= 2 and arc in place:
                    found.append(place[arc])
                lines, at = [], index + 1
        self.gold = np.zeros(len(self.at))
        self.gold[found] = 1.0

    @property
    def size(self) -> int:
        """How many numbers are fitted."""
        return 2 * len(self.names) + len(SHAPES) * STEPS

    def scores(self, values: np.ndarray) -> np.ndarray:
        """What each arc is worth."""
        known = len(self.names)
        line = np.append(values[:known], 0.0)[self.table].sum(1)
        cue = np.append(values[known : 2 * known], 0.0)[self.table].sum(1)
        shape = values[2 * known :]
        found = np.where(self.two, line[self.at + self.upper - 1], 0.0)
        found += cue[self.at + self.upper + self.lower - 1]
        for which, left, share in self.curves:
            found[which] += shape[left] * (1 - share) + shape[left + 1] * share
        return found

    def gradient(self, weight: np.ndarray) -> np.ndarray:
        """How often each feature stands in arcs that count by their weight."""
        known, width = len(self.names), self.table.shape[1]
        found = np.zeros(self.size)
        ends = (
            (0, self.at + self.upper - 1, weight * self.two),
            (known, self.at + self.upper + self.lower - 1, weight),
        )
        for begin, where, share in ends:
            words = np.bincount(where, weights=share, minlength=self.count)
            found[begin : begin + known] = np.bincount(
                self.table.ravel(), weights=np.repeat(words, width), minlength=known + 1
            )[:known]
        for which, left, share in self.curves:
            for column, part in ((left, 1 - share), (left + 1, share)):
                found[2 * known :] += np.bincount(
                    column, weights=weight[which] * part, minlength=len(SHAPES) * STEPS
                )
        return found

    def posterior(self, scores: np.ndarray) -> tuple[float, np.ndarray]:
        """The log of the sum over all segmentations, and how likely each arc is."""
        most = 2 * MOST_WORDS
        top = np.maximum.reduceat(scores, self.first)
        cell = top + np.log(
            np.add.reduceat(np.exp(scores - np.repeat(top, self.repeat)), self.first)
        )
        table = np.full(self.count * (most + 1), -np.inf)
        table[self.cells] = cell
        table = table.reshape(self.count, most + 1)[:, 1:]
        lengths = np.array([end - begin for begin, end in self.parts])
        longest = lengths.max()
        block = np.full((len(self.parts), longest, most), -np.inf)
        for row, (begin, end) in enumerate(self.parts):
            block[row, : end - begin] = table[begin:end]
        ahead = np.full((len(self.parts), longest + most + 1), -np.inf)
        behind = ahead.copy()
        ahead[:, 0] = 0.0
        for step in range(longest):
            into = ahead[:, step + 1 : step + 1 + most]
            np.logaddexp(into, ahead[:, step : step + 1] + block[:, step], out=into)
        behind[np.arange(len(lengths)), lengths] = 0.0
        for step in range(longest - 1, -1, -1):
            value = block[:, step] + behind[:, step + 1 : step + 1 + most]
            peak = value.max(1)
            live = (step < lengths) & np.isfinite(peak)
            behind[live, step] = peak[live] + np.log(np.exp(value[live] - peak[live, None]).sum(1))
        whole = behind[:, 0]
        tails = np.stack([behind[:, 1 + m : 1 + m + longest] for m in range(most)], 2)
        likely = np.exp(ahead[:, :longest, None] + block + tails - whole[:, None, None])
        spread = np.zeros((self.count, most + 1))
        for row, (begin, end) in enumerate(self.parts):
            spread[begin:end, 1:] = likely[row, : end - begin]
        cells = spread.reshape(-1)[self.cells]
        each = np.exp(scores - np.repeat(cell, self.repeat)) * np.repeat(cells, self.repeat)
        return float(whole.sum()), each


def minimised(function, start: np.ndarray, rounds: int) -> np.ndarray:
    """L-BFGS with ten pairs and halved steps (Nocedal, Wright: Numerical Optimization, 7.2)."""
    point, (value, slope) = start, function(start)
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    for _ in range(rounds):
        way, shares = slope.copy(), []
        for step, change in reversed(pairs):
            share = step @ way / (step @ change)
            shares.append(share)
            way -= share * change
        if pairs:
            step, change = pairs[-1]
            way *= step @ change / (change @ change)
        else:
            way /= max(1.0, float(np.linalg.norm(way)))
        for (step, change), share in zip(pairs, reversed(shares), strict=True):
            way += step * (share - change @ way / (step @ change))
        length = 1.0
        while True:
            trial = point - length * way
            new, new_slope = function(trial)
            if new <= value - 1e-4 * length * (slope @ way) or length < 1e-6:
                break
            length /= 2
        step, change = trial - point, new_slope - slope
        if value - new < 1e-7 * abs(value):
            return trial
        if step @ change > 1e-10:
            pairs = [*pairs[-9:], (step, change)]
        point, value, slope = trial, new, new_slope
    return point


def fit(some: list[Talk], *, marked: bool) -> dict:
    """Weights fitted on some talks, as the file has them."""
    some = some if marked else [stripped(talk) for talk in some]
    seen = Counter(
        chain.from_iterable(chain.from_iterable(features(t, marked=marked) for t in some))
    )
    names = {
        name: i
        for i, name in enumerate(n for n, c in seen.items() if c >= RARE and n not in breaks.HAND)
    }
    corpus = Corpus(some, names, marked=marked)
    prior = np.full(corpus.size, PRIOR)
    prior[2 * len(names) :] = SHAPE_PRIOR
    target = corpus.gradient(corpus.gold)

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        scores = corpus.scores(values)
        whole, each = corpus.posterior(scores)
        value = whole - float(scores @ corpus.gold) + 0.5 * float(prior @ values**2)
        return value, corpus.gradient(each) - target + prior * values

    values = np.round(minimised(loss, np.zeros(corpus.size), ROUNDS), 2)
    known = len(names)
    shape = values[2 * known :].reshape(len(SHAPES), STEPS)
    return {
        "breaks": {
            name: [float(values[i]), float(values[known + i])]
            for name, i in sorted(names.items())
            if max(abs(values[i]), abs(values[known + i])) >= SMALL
        },
        "shape": {name: row.tolist() for name, row in zip(SHAPES, shape, strict=True)},
    }


def cut_talk(
    talk: Talk, weights: Weights, *, marked: bool, limits: Limits, clock: bool = False
) -> list[int]:
    """The breaks that a talk gets, by an even clock that gives nothing away, or by its own."""
    times = zip(talk.starts, talk.ends, strict=True) if clock else (
        (400 * index, 400 * index + 400) for index in range(len(talk.texts))
    )  # fmt: skip
    words = [
        TimedText(start_ms=start, end_ms=end, text=text)
        for text, (start, end) in zip(talk.texts, times, strict=True)
    ]
    units = units_of(words, limits)
    breaks.stop_at(units, limits.pause_ms)
    pairs = breaks.of_words(units.texts, grammar_of("en"), weights, bare=not marked)
    line, cue = np.array([*pairs, (0.0, 0.0)]).T.copy()
    breaks.of_pauses(units, line, cue)
    cues = []
    start = 0
    for ends in cut(units, line, cue, weights, limits):
        cues.append([units.line(a, b) for a, b in zip((start, *ends), ends, strict=False)])
        start = ends[-1]
    made: list[int] = []
    for lines in cues:
        for one in lines:
            made += [0] * (len(one.split()) - 1) + [1]
        made[-1] = 2
    return made


def held_out(every: list[Talk], folds: int, *, marked: bool) -> None:
    """Prints the figures of each talk, cut by weights that were fitted without it."""
    blind = Limits(line_width=WIDTH, line_count=LINES, speed_cps=None, shortest_ms=1, gap_ms=0)
    totals = {False: NO_HITS, True: NO_HITS}
    for fold in range(folds):
        weights = weights_of(
            fit([talk for i, talk in enumerate(every) if i % folds != fold], marked=marked)
        )
        for talk in every[fold::folds]:
            shown = talk if marked else stripped(talk)
            for clock in (False, True):
                limits = Limits(line_width=WIDTH, line_count=LINES) if clock else blind
                made = cut_talk(shown, weights, marked=marked, limits=limits, clock=clock)
                found = hits(talk.breaks, made)
                totals[clock] = added(totals[clock], found)
                if not clock:
                    print(
                        f"  held out, fold {fold}: {shown_hits(talk.name[:28], found)}", flush=True
                    )
    if folds:
        print("  " + shown_hits(f"HELD OUT, {folds} folds, even clock", totals[False]))
        print("  " + shown_hits(f"HELD OUT, {folds} folds, the cues' clock", totals[True]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=6)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--data", type=Path, default=DEV)
    wish = parser.parse_args()
    every = talks(wish.data)
    for marked in (True, False):
        print("text as it is" if marked else "without marks and capitals")
        held_out(every, wish.folds, marked=marked)
    if wish.write:
        tables = {kind: fit(every, marked=kind == "marked") for kind in ("marked", "bare")}
        note = "fitted by benchmarks/segmentation_fitting.py; [at a line's end, at a cue's end]"
        rows = [f'"about": {json.dumps(note)}']
        for kind, table in tables.items():
            pairs = ",\n".join(
                f"{json.dumps(name)}: {json.dumps(pair)}" for name, pair in table["breaks"].items()
            )
            shape = ",\n".join(
                f"{json.dumps(name)}: {json.dumps(row)}" for name, row in table["shape"].items()
            )
            rows.append(f'"{kind}": {{"breaks": {{\n{pairs}\n}}, "shape": {{\n{shape}\n}}}}')
        FILE.write_text("{" + ",\n".join(rows) + "}\n", encoding="utf-8")
        print(f"{FILE.name}: {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
