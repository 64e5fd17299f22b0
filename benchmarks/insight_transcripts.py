"""Many transcripts: windows, sentiment by a lexicon and novelty, beside the straightforward ways.

    python benchmarks/insight_transcripts.py [--count 400] [--jobs 2] [--beside 20]
    python benchmarks/insight_transcripts.py --count 10000     # the bar itself: at most 300 s

Transcripts of about 3,000 words are made as key-less clients give them (rolling lines): a tenth of
the words are of one of 40 subjects, which change twice in a talk, the rest by Zipf's law out of
4,000 others with the course's usual share of words that a lexicon knows. Read from the disk, cut
into windows of 300 words, scored and held against 99 shuffled orders each.

Beside it, for `--beside` of the same files: a data frame of windows with spaCy and spacytextblob by
row, as the course has it (where they are installed; without a model, which only makes it faster),
and one with TextBlob by row; entropy by `value_counts`, no shuffled orders at all.

Bar: 10,000 transcripts in at most 5 minutes on 2 cores, in memory that does not grow with them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import random
import resource
import sys
import tempfile
import time
from itertools import accumulate
from pathlib import Path

from loquitur.insight.transcripts.analysis import TranscriptOptions, transcripts

BAR_S, BAR_COUNT = 300.0, 10_000
WORDS, WINDOW, TOPICS = 3_000, 300, 40
_SYLLABLES = [a + b for a in "bcdfghjklmnprstvw" for b in ("a", "e", "i", "o", "u", "ai", "ou")]
_JUDGED_SAID = """
good great bad really very interesting nice hard easy best better most important new simple
beautiful terrible amazing wrong right first many much happy sad worst specific different
"""
_JUDGED = _JUDGED_SAID.split()
_PLAIN_SAID = """
the of and to a in is you that it for on are as with they be at this have from or one had by but not
what all were we when your can said there use an each which she do how their if will
"""
_PLAIN = _PLAIN_SAID.split()


def vocabulary(dice: random.Random, count: int) -> list[str]:
    """Words that nobody knows, each another."""
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(dice.choices(_SYLLABLES, k=dice.choice((2, 2, 3, 4))))] = None
    return list(found)


class Talks:
    """Makes transcripts, always the same ones."""

    def __init__(self) -> None:
        dice = random.Random(6)
        made = vocabulary(dice, 4_000 + TOPICS * 60)
        rest = made[: 4_000 - len(_JUDGED)] + _JUDGED
        dice.shuffle(rest)
        self.common = _PLAIN + rest
        self.topics = [made[4_000 + 60 * at : 4_060 + 60 * at] for at in range(TOPICS)]
        self.weights = list(accumulate(1 / (at + 2.7) for at in range(len(self.common))))
        self.own = list(accumulate(1 / (at + 1.0) for at in range(60)))

    def write(self, folder: Path, number: int) -> Path:
        """One transcript."""
        dice = random.Random(number)
        count = round(dice.gauss(WORDS, 300))
        words = dice.choices(self.common, cum_weights=self.weights, k=count)
        chosen = dice.sample(self.topics, 3)
        for at in range(count):
            if dice.random() < 0.1:
                own = chosen[3 * at // count]
                words[at] = dice.choices(own, cum_weights=self.own)[0]
            elif dice.random() < 0.06:
                words[at] = dice.choice(_JUDGED)
        snippets, start = [], 0.0
        for at in range(0, count, 6):
            snippets.append(
                {"text": " ".join(words[at : at + 6]), "start": round(start, 3), "duration": 4.5}
            )
            start += 2.3
        place = folder / f"talk-{number:05d}.json"
        head = {"video_id": f"{number:011d}", "language_code": "en", "is_generated": True}
        place.write_text(json.dumps(head | {"snippets": snippets}))
        return place


def memory_mb() -> float:
    """The most that this process or one of its children had."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(kind).ru_maxrss for kind in kinds) / 1024


def ours(paths: list[Path], jobs: int) -> None:
    """The analysis, in processes of its own."""
    options = TranscriptOptions(chapters=False, terms=False)
    begun = time.perf_counter()
    windows = moments = scored = 0
    for outcome in transcripts(paths, options, jobs=jobs):
        if outcome.result is None:
            raise SystemExit(str(outcome.error))
        windows += len(outcome.result.passages)
        scored += sum(one.polarity is not None for one in outcome.result.passages)
        moments += len(outcome.result.novelty.moments)
    took = time.perf_counter() - begun
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = children.ru_utime + children.ru_stime if jobs > 1 else time.process_time()
    told(f"loquitur, {jobs} processes", took, len(paths))
    print(
        f"  {cpu / len(paths) * 1000:.1f} ms of CPU each; {windows} windows, {scored} with "
        f"sentiment, {moments} moments; at most {memory_mb():.0f} MB in one process"
    )
    if len(paths) >= BAR_COUNT:
        print(f"  bar {BAR_S:.0f} s: {'held' if took <= BAR_S else 'MISSED'}")


def told(name: str, took: float, count: int) -> None:
    """A line of the report."""
    print(
        f"{name:36} {count:6} transcripts {took:8.1f} s {count / took:8.1f} a second, "
        f"{took / count * BAR_COUNT:8.0f} s for {BAR_COUNT:,}"
    )


def by_row(paths: list[Path], way: str) -> None:
    """Windows as rows of a data frame, each scored by a function: as people write it."""
    if importlib.util.find_spec("pandas") is None:
        print(f"{way}: pandas is not installed; left out")
        return
    import pandas as pd

    score = _spacy() if way == "spaCy" else _textblob()
    if score is None:
        print(f"{way}: spacy and spacytextblob are not installed; left out")
        return
    begun, used = time.perf_counter(), time.process_time()
    for path in paths:
        said = " ".join(one["text"] for one in json.loads(path.read_text())["snippets"])
        words = said.split()
        frame = pd.DataFrame(
            {"text": [" ".join(words[at : at + WINDOW]) for at in range(0, len(words), WINDOW)]}
        )
        frame["sentiment"] = frame["text"].apply(score)
        frame["entropy"] = frame["text"].apply(
            lambda text: (
                -sum(
                    share * math.log2(share)
                    for share in pd.Series(text.split()).value_counts(normalize=True)
                )
            )
        )
    told(f"{way} by row, pandas, one process", time.perf_counter() - begun, len(paths))
    print(f"  {(time.process_time() - used) / len(paths) * 1000:.1f} ms of CPU each, no novelty")


def _spacy():
    """The course's pipe; None where it is not installed."""
    if not all(importlib.util.find_spec(name) for name in ("spacy", "spacytextblob")):
        return None
    import spacy
    from spacytextblob.spacytextblob import SpacyTextBlob  # noqa: F401 - registers the pipe

    pipe = spacy.blank("en")
    pipe.add_pipe("spacytextblob")
    return lambda text: pipe(text)._.blob.polarity


def _textblob():
    from textblob import TextBlob

    return lambda text: TextBlob(text).sentiment.polarity


def main() -> int:
    """Measure and print."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--count", type=int, default=400)
    ask.add_argument("--jobs", type=int, default=2)
    ask.add_argument("--beside", type=int, default=20)
    given = ask.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        talks = Talks()
        paths = [talks.write(Path(folder), number) for number in range(given.count)]
        ours(paths, given.jobs)
        for way in ("spaCy", "TextBlob"):
            by_row(paths[: given.beside], way)
    return 0


if __name__ == "__main__":
    sys.exit(main())
