"""Scoring ten hours: 100,000 words and 100,000 turns; seconds, memory, and how both grow.

    python benchmarks/scoring_speed.py [--words 100000] [--turns 100000]

Each measure runs in a process of its own over files it reads, as `loquitur eval` does: a tenth of
the size first, then all of it. Words: drawn from 5,000 different ones, 3 % and 15 % of them wrong,
and all of them wrong (the worst case). Turns: six speakers who overlap, against other borders.
Bars, by the clock of the processor: 20 s and 500 MB each.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import peak_mb, stopwatch

BAR_S = 20.0
BAR_MB = 500
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def heard(words: list[str], vocabulary: list[str], wrong: float, rng: random.Random) -> list[str]:
    """The words with a share of errors, a third each of the three kinds."""
    out: list[str] = []
    for word in words:
        dice = rng.random() / wrong
        if dice >= 1:
            out.append(word)
        elif dice > 2 / 3:
            out.append(rng.choice(vocabulary))
        elif dice > 1 / 3:
            out += [word, rng.choice(vocabulary)]
    return out


def write_stm(path: Path, segments: list[list[str]]) -> None:
    """Fifteen words of the reference to a segment, four speakers in turn."""
    rows = [
        f"talk 1 S{at % 4} {at * 5.4:.2f} {at * 5.4 + 5.4:.2f} {' '.join(words)}"
        for at, words in enumerate(segments)
    ]
    path.write_text("\n".join(rows) + "\n")


def write_rttm(path: Path, count: int, rng: random.Random) -> None:
    rows = [
        f"SPEAKER talk 1 {at * 3.6 + rng.random():.3f} {2 + 2 * rng.random():.3f} <NA> <NA> "
        f"S{rng.randrange(6)} <NA> <NA>"
        for at in range(count)
    ]
    path.write_text("\n".join(rows) + "\n")


def make(folder: Path, words: int, turns: int) -> None:
    rng = random.Random(5)
    vocabulary = ["".join(rng.choices(LETTERS, k=7)) for _ in range(5000)]
    said = [[rng.choice(vocabulary) for _ in range(15)] for _ in range(words // 15)]
    write_stm(folder / "ref.stm", said)
    for percent in (3, 15):
        wrong = [heard(segment, vocabulary, percent / 100, rng) for segment in said]
        write_stm(folder / f"{percent}.stm", wrong)
    write_stm(folder / "100.stm", [[rng.choice(vocabulary) for _ in part] for part in said])
    for name in ("ref", "sys"):
        write_rttm(folder / f"{name}.rttm", turns, rng)


CASES = {
    "WER, 3 % wrong": ("wer", "ref.stm", "3.stm", {"normalizer": "plain"}),
    "WER, 15 % wrong": ("wer", "ref.stm", "15.stm", {"normalizer": "plain"}),
    "WER, all wrong": ("wer", "ref.stm", "100.stm", {"normalizer": "plain"}),
    "WER, 15 %, English normal form": ("wer", "ref.stm", "15.stm", {"normalizer": "english"}),
    "cpWER, 15 % wrong": ("cpwer", "ref.stm", "15.stm", {"normalizer": "plain"}),
    "tcpWER, 15 %, 5 s collar": (
        "cpwer", "ref.stm", "15.stm", {"normalizer": "plain", "collar_ms": 5000},
    ),
    "DER, 0.25 s collar": ("der", "ref.rttm", "sys.rttm", {"collar_ms": 250}),
}  # fmt: skip


def one(name: str, folder: Path) -> None:
    """Run one case here and print what it took."""
    from loquitur import evaluation

    measure, reference, hypothesis, options = CASES[name]
    with stopwatch() as took:
        report = getattr(evaluation, measure)(folder / reference, folder / hypothesis, **options)
    score = report.score
    rate = score.error.rate if measure == "der" else score.counts.rate
    print(json.dumps({"seconds": took.cpu_s, "mb": peak_mb(), "rate": rate}))


def measured(name: str, folder: Path) -> dict | None:
    command = [sys.executable, __file__, "--case", name, "--folder", str(folder)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if "MissingError" in ended.stderr:
        return None
    ended.check_returncode()
    return json.loads(ended.stdout)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--words", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=100_000)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.case:
        one(given.case, given.folder)
        return 0
    failed = False
    print(f"{given.words} words, {given.turns} turns; before, a tenth of them")
    print(f"{'':32} {'rate':>7} {'tenth s':>8} {'all s':>7} {'tenth MB':>9} {'all MB':>7}")
    with tempfile.TemporaryDirectory() as temporary:
        small, large = Path(temporary) / "small", Path(temporary) / "large"
        for folder, share in ((small, 10), (large, 1)):
            folder.mkdir()
            make(folder, given.words // share, given.turns // share)
        for name in CASES:
            before, found = measured(name, small), measured(name, large)
            if before is None or found is None:
                print(f"{name:32} not measured: the extra `eval` is not installed")
                continue
            print(
                f"{name:32} {found['rate']:7.4f} {before['seconds']:8.2f} {found['seconds']:7.2f}"
                f" {before['mb']:9.0f} {found['mb']:7.0f}"
            )
            failed |= found["seconds"] > BAR_S or found["mb"] > BAR_MB
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
