"""Cues and lines against those of professional captioners, beside simpler ways to cut.

    python benchmarks/segmentation.py [--folds 6] [--words 100000] [--data DIR]

1. Break F1 on the talks of google-captions (32 x 2). With `--folds` the weights are fitted anew for
   each fold without its talks (`segmentation_fitting.py`): these are the figures to quote. Without,
   the package's own weights cut the talks they were fitted on; such figures say so.
2. The same talks without marks and capitals.
3. Lines over the limit, cues within the reading speed where the next cue leaves time, CPU time.
4. Other languages: cues of human captions taken apart and cut again, by the limits of the language.
5. Ten hours of words: time, and memory by its peak.
"""

from __future__ import annotations

import argparse
import re
import time
import tracemalloc
from itertools import pairwise
from pathlib import Path

from loquitur import formats
from loquitur.subtitles.fit import needed_ms
from loquitur.subtitles.graphemes import measure
from loquitur.subtitles.limits import Limits
from loquitur.subtitles.phrases import NEVER_FIRST, NEVER_LAST, has_unspaced
from loquitur.subtitles.recut import recut, words_of
from loquitur.subtitles.rules import DEFAULT_RULES, load_rules
from loquitur.subtitles.units import TimedText
from segmentation_corpus import (
    DATA,
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
    unseen,
)  # fmt: skip
from segmentation_fitting import held_out


def filled(talk: Talk, *, sentences: bool, limit: int = WIDTH) -> list[int]:
    """Fill lines, then cues; begin afresh after a sentence where wished."""
    made, width, line = [], -1, 0
    for index, text in enumerate(talk.texts):
        ends = (
            sentences and made and talk.texts[index - 1].rstrip("\"'”’)").endswith((".", "!", "?"))
        )
        if made and (ends or width + 1 + len(text) > limit):
            line = 0 if ends or line + 1 == LINES else line + 1
            made[-1] = 1 if line else 2
            width = -1
        width += 1 + len(text)
        made.append(0)
    made[-1] = 2
    return made


def breaks_of(cues, count: int) -> list[int]:
    """The break behind each word of cues."""
    made = []
    for cue in cues:
        for line in cue.text.split("\n"):
            made += [0] * (len(line.split()) - 1) + [1]
        made[-1] = 2
    assert len(made) == count
    return made


def timed(talk: Talk) -> list[TimedText]:
    return [
        TimedText(start_ms=start, end_ms=end, text=text)
        for text, start, end in zip(talk.texts, talk.starts, talk.ends, strict=True)
    ]


def against_people(every: list[Talk], folds: int) -> None:
    for marked in (True, False):
        some = every if marked else [stripped(talk) for talk in every]
        print("talks as they are (P R F1)" if marked else "without marks and capitals (P R F1)")
        for name, sentences in (("greedy fill", False), ("sentences, then greedy", True)):
            total = NO_HITS
            for talk in some:
                total = added(total, hits(talk.breaks, filled(talk, sentences=sentences)))
            print("  " + shown_hits(name, total))
        total, lines, since = NO_HITS, 0, time.process_time()
        for talk in some:
            cues = recut(timed(talk), limits=Limits(line_width=WIDTH), language="en")
            total = added(total, hits(talk.breaks, breaks_of(cues, len(talk.texts))))
            lines += sum(len(one) > WIDTH for cue in cues for one in cue.text.split("\n"))
        spent = time.process_time() - since
        print("  " + shown_hits("package, talks SEEN in fitting, own clock", total))
        print(f"  {spent:.2f} s of CPU, {lines} lines over the limit")
        if folds:
            held_out(every, folds, marked=marked)


def never_seen() -> None:
    """Talks of other captioners, at the width of each, with the package's weights."""
    totals = {True: NO_HITS, False: NO_HITS}
    peers = dict(totals)
    for talk in unseen():
        longest = max(map(len, lines_of(talk)))
        limits = Limits(line_width=longest, speed_cps=None, shortest_ms=1, gap_ms=0)
        for marked in (True, False):
            shown = talk if marked else stripped(talk)
            cues = recut(timed(shown), limits=limits, language="en")
            found = hits(talk.breaks, breaks_of(cues, len(talk.texts)))
            totals[marked] = added(totals[marked], found)
            if marked:
                name = f"{talk.name[:26]}, {len(talk.texts)} words, {longest} wide"
                print("  " + shown_hits(name, found))
            greedy = hits(talk.breaks, filled(talk, sentences=marked, limit=longest))
            peers[marked] = added(peers[marked], greedy)
    print("  " + shown_hits("greedy fill", peers[False]))
    print("  " + shown_hits("sentences, then greedy", peers[True]))
    print("  " + shown_hits("NEVER SEEN", totals[True]))
    print("  " + shown_hits("NEVER SEEN, without marks and capitals", totals[False]))


def lines_of(talk: Talk) -> list[str]:
    lines, words = [], []
    for text, kind in zip(talk.texts, talk.breaks, strict=True):
        words.append(text)
        if kind:
            lines.append(" ".join(words))
            words = []
    return lines


def readable(every: list[Talk]) -> None:
    """How many cues can be read in time, of those the next cue leaves time for."""
    for width in (WIDTH, 42):
        limits = Limits(line_width=width)
        fast = able = total = 0
        for talk in every:
            cues = recut(timed(talk), limits=limits, language="en")
            for cue, after in pairwise(cues):
                need = needed_ms(cue.text.split("\n"), limits)
                room = after.start_ms - limits.gap_ms - cue.start_ms
                total += 1
                able += room >= need
                fast += room >= need and cue.duration_ms >= need
        print(f"  {width} x 2: {fast} of {able} cues that have time for 20 cps use it"
              f" ({fast / able:.1%}); {able / total:.0%} have it")  # fmt: skip


def languages() -> None:
    folder = DATA / "google-captions"
    files = [
        path for path in sorted(folder.glob("*/*.srt")) if path.parent.name not in ("en", "odd")
    ] + sorted((DATA / "elephants-dream").glob("captions.*.vtt"))
    for path in files:
        tag = path.parent.name if path.suffix == ".srt" else path.name.split(".")[1]
        track = formats.read(path)
        words = words_of(track)
        limits = load_rules(DEFAULT_RULES).limits(tag)
        cues = recut(words, limits=limits, language=tag)
        lines = [line for cue in cues for line in cue.text.split("\n")]
        over = [one for one in lines if measure(one, limits.counting) > limits.line_width]
        kinsoku = sum(
            one[0] in NEVER_FIRST or one[-1] in NEVER_LAST for one in lines if has_unspaced(one)
        )
        counts = f"{len(track.cues):4} -> {len(cues):4} cues, {len(over)} lines over"
        figures = f"kinsoku {kinsoku}, F1 {agreement(track.cues, cues)}"
        print(f"  {tag:6} {path.stem[:30]:30} {counts}, {figures}")


def agreement(human, made) -> str:
    """F1 of breaks by their place among the letters, spaces aside."""

    def places(cues, mark: str) -> set[int]:
        at, found = 0, set()
        for cue in cues:
            for line in cue.text.split("\n"):
                at += len(re.sub(r"\s", "", line))
                if mark == "any":
                    found.add(at)
            found.add(at)
        return found

    figures = []
    for mark in ("any", "cue"):
        one, two = places(human, mark), places(made, mark)
        figures.append(f"{mark} {2 * len(one & two) / (len(one) + len(two)):.2f}")
    return " ".join(figures)


def hours(every: list[Talk], count: int) -> None:
    words: list[TimedText] = []
    while len(words) < count:
        for talk in every:
            offset = words[-1].end_ms + 100 if words else 0
            words += [
                TimedText(start_ms=offset + w.start_ms, end_ms=offset + w.end_ms, text=w.text)
                for w in timed(talk)
            ]
    for size in (count // 4, count):
        since = time.process_time()
        cues = recut(words[:size], language="en")
        spent = time.process_time() - since
        tracemalloc.start()
        recut(words[:size], language="en")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        print(f"  {size} words, {words[size - 1].end_ms / 3.6e6:.1f} h: {spent:.2f} s CPU, "
              f"{len(cues)} cues, peak {peak / 1e6:.0f} MB")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folds", type=int, default=0)
    parser.add_argument("--words", type=int, default=100_000)
    parser.add_argument("--data", type=Path, default=DEV)
    wish = parser.parse_args()
    every = talks(wish.data)
    against_people(every, wish.folds)
    print("talks that no weights were fitted on (P R F1)")
    never_seen()
    print("reading speed")
    readable(every)
    print("other languages, limits of the language, by place among the letters")
    languages()
    print("hours")
    hours(every, wish.words)


if __name__ == "__main__":
    main()
