"""Weaving 100,000 words with 3,300 turns and 3,300 feelings: seconds as a whole and in parts.

    python benchmarks/weave_speed.py [--words 100000] [--turns 3300] [--repeat 7]

The bar is 0.1 s for words x turns. Times are the best of the runs, one thread: by the clock, and of
the processor alone, which other work on the machine disturbs less. Calling the constructor of every
woven word, and nothing else, is the yardstick. The words and turns are drawn from a fixed seed:
about ten hours of six speakers who overlap.
"""

from __future__ import annotations

import argparse
import random

import numpy as np

from loquitur.model.media import MediaRef
from loquitur.model.speech import (
    EngineStamp,
    Feeling,
    Feelings,
    SpokenWord,
    Turn,
    Turns,
    Word,
    Words,
)
from loquitur.speech.assignment import assign
from loquitur.speech.weaving import WeaveOptions, weave
from loquitur.subtitles.segment import segment
from measuring import best_of

BAR_S = 0.1
STAMP = EngineStamp(name="drawn", version="1")


def scene(word_count: int, turn_count: int) -> tuple[Words, Turns, Feelings]:
    """Words of 80-500 ms, turns back to back, one in six reaching into the next one's time."""
    rng = random.Random(7)
    words, now = [], 500
    for index in range(word_count):
        length = rng.randint(80, 500)
        words.append(Word(start_ms=now, end_ms=now + length, text=f"word{index % 9973}"))
        now += length + (rng.randint(2_000, 4_000) if rng.random() < 0.01 else rng.randint(0, 60))
    borders = sorted(rng.sample(range(500, now), turn_count - 1))
    turns, feelings = [], []
    for start, end in zip([0, *borders], [*borders, now], strict=True):
        reach = rng.randint(200, 1_500) if rng.random() < 1 / 6 else 0
        speaker = f"SPEAKER_{rng.randrange(6):02d}"
        turns.append(Turn(start_ms=start, end_ms=end + reach, speaker=speaker))
        label = rng.choice(("neutral", "excited", "calm"))
        feelings.append(
            Feeling(start_ms=start, end_ms=end + reach, label=label, score=0.5, speaker=speaker)
        )
    return (
        Words(words=tuple(words), language="en", engine=STAMP),
        Turns(turns=tuple(turns), engine=STAMP),
        Feelings(feelings=tuple(feelings), engine=STAMP),
    )


def constructed(words: Words) -> list[SpokenWord]:
    return [
        SpokenWord(
            start_ms=word.start_ms,
            end_ms=word.end_ms,
            text=word.text,
            confidence=word.confidence,
            timing=word.timing,
        )
        for word in words.words
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=3_300)
    parser.add_argument("--repeat", type=int, default=7)
    wish = parser.parse_args()
    words, turns, feelings = scene(wish.words, wish.turns)
    media = MediaRef(
        media_id="sha256:0",
        title="",
        source="",
        size_bytes=0,
        container="",
        tracks=(),
        has_video=False,
    )
    columns = [
        np.array([getattr(span, name) for span in spans], np.int64)
        for spans in (words.words, turns.turns)
        for name in ("start_ms", "end_ms")
    ]
    transcript = weave(words, turns, feelings, media=media)
    jobs = {
        "weave words x turns": lambda: weave(words, turns, media=media),
        "weave words x turns x feelings": lambda: weave(words, turns, feelings, media=media),
        "weave with flips mended": lambda: weave(
            words, turns, media=media, options=WeaveOptions(flip_ms=400)
        ),
        "assignment alone (columns)": lambda: assign(*columns),
        "yardstick: constructors alone": lambda: constructed(words),
        "segment into cues": lambda: segment(transcript),
    }
    print(
        f"{len(words.words)} words, {len(turns.turns)} turns, "
        f"{len(transcript.utterances)} utterances"
    )
    for name, job in jobs.items():
        took = best_of(wish.repeat, job)
        verdict = f"  (bar {BAR_S} s)" if name == "weave words x turns" else ""
        print(f"{name:32} {took.wall_s:.3f} s  processor {took.cpu_s:.3f} s{verdict}")


if __name__ == "__main__":
    main()
