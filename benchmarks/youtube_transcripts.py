"""Words of YouTube's automatic captions: how many are right, and what ten hours of them cost.

    python benchmarks/youtube_transcripts.py [--hours 10] [--data ../shared/data/youtube]

The first table holds what each reader makes of a track against its truth: words, and the share of
words that would have to be changed (edit distance, as a word error rate). Peers (webvtt-py,
pysubs2, youtube-transcript-api) are taken where they are installed. The second writes an automatic
track of that length in the service's own layout and reads it, each form in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from measuring import peak_mb

VIDEO = "dQw4w9WgXcQ"
FORMS = ("json3", "vtt", "srv1")
LINE = "the river bends here and we follow its bank until old stones show where a mill stood"
WORDS = LINE.split()


def changed(reference: list[str], found: list[str]) -> int:
    """The edit distance of two lists of words."""
    row = list(range(len(found) + 1))
    for at, word in enumerate(reference, 1):
        before, row[0] = row[0], at
        for to, other in enumerate(found, 1):
            before, row[to] = row[to], min(row[to] + 1, row[to - 1] + 1, before + (word != other))
    return row[-1]


def ours(path: Path, form: str) -> tuple[str, list[tuple[str, int | None]]]:
    """The text, and the words with their times, as `youtube transcript --words` has them."""
    from loquitur.youtube.keyless.bodies import Body, track_of
    from loquitur.youtube.keyless.reading import whole_lines
    from loquitur.youtube.keyless.said import text_of, words_of

    track = track_of(Body(data=path.read_bytes(), form=form), video_id=VIDEO)
    lines, _ = whole_lines(track, generated=True)
    words = words_of(lines, timed=form != "srv1")
    return text_of(words), [(word.text, word.start_ms) for word in words]


def webvtt_py(path: Path) -> list[str]:
    """What webvtt-py reads as ordinary WebVTT."""
    import webvtt

    return " ".join(caption.text for caption in webvtt.read(str(path))).split()


def pysubs2_text(path: Path) -> list[str]:
    """What pysubs2 reads as ordinary WebVTT."""
    import pysubs2

    return " ".join(line.plaintext for line in pysubs2.load(str(path), format_="vtt")).split()


def transcript_api(path: Path) -> list[str]:
    """What youtube-transcript-api makes of srv1."""
    from youtube_transcript_api._transcripts import _TranscriptParser

    found = _TranscriptParser().parse(path.read_text("utf-8"))
    return " ".join(one.text for one in found).split()


PEERS: tuple[tuple[str, str, Callable[[Path], list[str]]], ...] = (
    ("webvtt-py", "vtt", webvtt_py),
    ("pysubs2", "vtt", pysubs2_text),
    ("youtube-transcript-api", "srv1", transcript_api),
)


@dataclass
class Score:
    """What a reader made of the tracks: words there and read, wrong ones, and tracks that fit."""

    there: int = 0
    read: int = 0
    wrong: int = 0
    tracks: int = 0
    texts: int = 0
    times: int | None = None

    def add(self, reference: list[str], found: list[str]) -> None:
        """One more track."""
        self.there += len(reference)
        self.read += len(found)
        self.wrong += changed(reference, found)
        self.tracks += 1
        self.texts += reference == found


def exactness(data: Path) -> None:
    """Print what each reader makes of the tracks whose truth is known."""
    scores: dict[str, Score] = {}
    for place in sorted((data / "asr_synthetic").glob("*.truth.json")):
        truth = json.loads(place.read_text("utf-8"))
        stem = place.name.removesuffix(".truth.json")
        said = [(word["word"], word["start_ms"]) for word in truth["words"]]
        reference = truth["text"].split()
        for form in FORMS:
            text, words = ours(place.with_name(f"{stem}.{form}"), form)
            score = scores.setdefault(f"loquitur, {form}", Score())
            score.add(reference, text.split())
            if form != "srv1":  # which has no times of words
                score.times = (score.times or 0) + (words == said)
        for name, form, read in PEERS:
            try:
                found = read(place.with_name(f"{stem}.{form}"))
            except ImportError:
                continue
            scores.setdefault(f"{name}, {form}", Score()).add(reference, found)
    print(f"{'reader':32}{'words':>7}{'read':>7}{'WER':>7}{'texts':>9}{'word times':>13}")
    for name, score in scores.items():
        times = "-" if score.times is None else f"{score.times} of {score.tracks}"
        print(
            f"{name:32}{score.there:7}{score.read:7}{score.wrong / score.there:7.2f}"
            f"{f'{score.texts} of {score.tracks}':>9}{times:>13}"
        )


def written(path: Path, form: str, hours: float) -> int:
    """Write an automatic track of so many hours; gives its number of words."""
    from loquitur.emulator import rolling_captions as rolling
    from loquitur.emulator.rolling_captions import Line

    dice, lines, at, count = random.Random(1), [], 500, 0
    while at < hours * 3_600_000:
        words = []
        for _ in range(dice.randrange(4, 9)):
            words.append((dice.choice(WORDS), at))
            at += dice.randrange(20, 60) * 10
        count += len(words)
        lines.append(Line(words=tuple(words)))
        at += 50
    if form == "json3":
        body = rolling.json3(lines, at)
    elif form == "vtt":
        body = rolling.vtt(lines, at, language="en")
    else:
        body = rolling.srv1(rolling.spans(lines, at))
    path.write_bytes(body)
    return count


def measure(path: Path, form: str) -> None:
    """Read one file in this process; prints a line of JSON."""
    from loquitur.youtube.keyless import bodies, said
    from loquitur.youtube.keyless.reading import whole_lines

    bodies.track_of(
        bodies.Body(data=b'{"events":[{"segs":[{"utf8":"x"}]}]}', form="json3"), video_id=VIDEO
    )  # imports are not counted
    idle_mb = peak_mb()
    begun = time.process_time()
    track = bodies.track_of(bodies.Body(data=path.read_bytes(), form=form), video_id=VIDEO)
    read = time.process_time()
    lines, _ = whole_lines(track, generated=True)
    whole = time.process_time()
    words = said.words_of(lines, timed=form != "srv1")
    print(
        json.dumps(
            {"read": read - begun, "lines": whole - read, "words": time.process_time() - whole,
             "count": len(words), "idle_mb": idle_mb,
             "peak_mb": peak_mb()}
        )
    )  # fmt: skip


def long_tracks(hours: float) -> None:
    """Print what an automatic track of so many hours costs, by form."""
    print(f"\n{hours:g} hours{'':8}{'words':>9}{'MB':>7}{'read s':>8}{'lines s':>9}{'words s':>9}"
          f"{'peak MB':>9}")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        for form in FORMS:
            path = Path(folder) / f"track.{form}"
            count = written(path, form, hours)
            told = subprocess.run(
                [sys.executable, __file__, "--measure", str(path), "--form", form],
                check=True, capture_output=True, text=True,
            )  # fmt: skip
            row = json.loads(told.stdout)
            if row["count"] != count:
                raise SystemExit(f"{form}: {row['count']} words of {count}")
            print(f"{form:16}{count:9,}{path.stat().st_size / 1e6:7.1f}{row['read']:8.2f}"
                  f"{row['lines']:9.2f}{row['words']:9.2f}"
                  f"{row['peak_mb']:9.0f} ({row['idle_mb']:.0f} before)")  # fmt: skip


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/youtube"))
    parser.add_argument("--measure", type=Path)
    parser.add_argument("--form", default="json3")
    given = parser.parse_args()
    if given.measure:
        measure(given.measure, given.form)
        return
    if (given.data / "asr_synthetic").is_dir():
        exactness(given.data)
    long_tracks(given.hours)


if __name__ == "__main__":
    main()
